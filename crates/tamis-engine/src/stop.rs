//! How a run is told to stop, by anybody, once.

use std::sync::{Mutex, PoisonError};

use tamis_core::error::StopReason;
use tokio::sync::Notify;

/// A stop that anybody may ask for. The first reason counts.
#[derive(Debug, Default)]
pub struct Stop {
    reason: Mutex<Option<StopReason>>,
    asked: Notify,
}

impl Stop {
    /// Asks for a stop: no new record is begun, calls in flight may end.
    pub fn ask(&self, reason: StopReason) {
        self.reason.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(reason);
        self.asked.notify_waiters();
    }

    /// Why the run shall stop, if it shall.
    pub fn reason(&self) -> Option<StopReason> {
        self.reason.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until a stop is asked for.
    pub async fn asked(&self) {
        loop {
            let asked = self.asked.notified();
            if self.reason().is_some() {
                return;
            }
            asked.await;
        }
    }
}
