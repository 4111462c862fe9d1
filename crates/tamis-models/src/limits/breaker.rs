//! When a server is given up: a run must not write thousands of failures because a server is gone.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::fault::{Fault, FaultKind};

/// Calls that have to fail before a server that never answered is given up.
const FAILED_AT_FIRST: u32 = 8;
/// Calls in a row that have to fail before a server that did answer is given up.
const FAILED_IN_A_ROW: u32 = 50;
/// After this time a server that was given up is tried again, if there are others to fall back on.
const REST: Duration = Duration::from_secs(30);
/// How long a failed call waits for company before it is blamed on its record.
const VERDICT: Duration = Duration::from_secs(5);

/// Counts what became of the calls to one server.
#[derive(Default)]
pub(crate) struct Breaker {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    last_success: Option<Instant>,
    failed_in_a_row: u32,
    given_up: Option<(Instant, String)>,
}

impl Breaker {
    /// When the server last answered anything.
    pub(crate) fn last_success(&self) -> Option<Instant> {
        self.lock().last_success
    }

    /// Why the server was given up, unless it is time to try it again.
    pub(crate) fn given_up(&self) -> Option<String> {
        let state = self.lock();
        state.given_up.as_ref().filter(|(at, _)| at.elapsed() < REST).map(|(_, why)| why.clone())
    }

    /// Why the server was given up, however long ago.
    pub(crate) fn reason(&self) -> Option<String> {
        self.lock().given_up.as_ref().map(|(_, why)| why.clone())
    }

    /// A call was answered.
    pub(crate) fn answered(&self) {
        let mut state = self.lock();
        let news = state.last_success.is_none() || state.given_up.is_some();
        *state = State { last_success: Some(Instant::now()), failed_in_a_row: 0, given_up: None };
        drop(state);
        if news {
            self.changed.notify_waiters();
        }
    }

    /// A call failed for good, after its retries.
    pub(crate) fn failed(&self, fault: &Fault) {
        let mut state = self.lock();
        state.failed_in_a_row += 1;
        if let Some((at, _)) = &mut state.given_up {
            *at = Instant::now();
            return;
        }
        let failed = state.failed_in_a_row;
        let hopeless = matches!(fault.kind, FaultKind::Unusable | FaultKind::Unreachable);
        let why = match state.last_success {
            None if hopeless => format!("nothing can be asked: {}", fault.message),
            None if failed >= FAILED_AT_FIRST => {
                format!("none of the first {failed} requests was answered; the last: {}", fault.message)
            }
            Some(_) if failed >= FAILED_IN_A_ROW => {
                format!("the last {failed} requests all failed; the last of them: {}", fault.message)
            }
            _ => return,
        };
        state.given_up = Some((Instant::now(), why));
        drop(state);
        self.changed.notify_waiters();
    }

    /// Waits for it to show whether a call failed because of itself or because the server never answers anybody, so
    /// that records are not marked as failed for a server's sake. At most [`VERDICT`]; at once when it did answer.
    pub(crate) async fn verdict(&self) {
        let changed = self.changed.notified();
        let open = {
            let state = self.lock();
            state.last_success.is_none() && state.given_up.is_none()
        };
        if open {
            let _ = tokio::time::timeout(VERDICT, changed).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_that_never_answered_is_given_up_after_eight_failures() {
        let breaker = Breaker::default();
        (0..7).for_each(|_| breaker.failed(&Fault::broken("500")));
        assert_eq!(breaker.given_up(), None);
        breaker.failed(&Fault::broken("500"));
        assert!(breaker.given_up().unwrap().contains("first 8"));
    }

    #[tokio::test]
    async fn a_wrong_key_gives_up_at_once_and_fifty_failures_in_a_row_later() {
        let breaker = Breaker::default();
        breaker.failed(&Fault::new(FaultKind::Unusable, "401"));
        assert!(breaker.given_up().is_some());
        breaker.answered();
        (0..49).for_each(|_| breaker.failed(&Fault::broken("500")));
        assert_eq!(breaker.given_up(), None);
        breaker.failed(&Fault::broken("500"));
        assert!(breaker.given_up().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_failures_wait_until_it_is_clear_whose_fault_it_is() {
        let breaker = std::sync::Arc::new(Breaker::default());
        let waiting = tokio::spawn({
            let breaker = breaker.clone();
            async move {
                breaker.failed(&Fault::broken("500"));
                breaker.verdict().await;
                breaker.given_up().is_some()
            }
        });
        tokio::task::yield_now().await;
        (0..7).for_each(|_| breaker.failed(&Fault::broken("500")));
        assert!(waiting.await.unwrap());
    }
}
