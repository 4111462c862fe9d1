//! Identical requests at the same time are sent once.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tamis_core::model::{CallError, Receipt, Reply};
use tokio::sync::watch;

use crate::journal::Key;

pub(crate) type Outcome = Result<(Reply, Receipt), CallError>;

/// The requests under way.
#[derive(Default)]
pub(crate) struct Flights(Mutex<HashMap<Key, watch::Receiver<Option<Outcome>>>>);

/// Whose turn it is to ask.
pub(crate) enum Turn<'a> {
    /// ask, then [`Flight::land`]
    Ask(Flight<'a>),
    /// somebody else asked
    Shared(Outcome),
}

/// A request under way. Dropped without landing, the next in line asks.
pub(crate) struct Flight<'a> {
    flights: &'a Flights,
    key: Key,
    result: watch::Sender<Option<Outcome>>,
}

impl Flights {
    /// Waits for an identical request that is under way, or starts one.
    pub(crate) async fn join(&self, key: Key) -> Turn<'_> {
        loop {
            let mut waiting = {
                let mut flights = self.lock();
                match flights.get(&key) {
                    Some(flight) => flight.clone(),
                    None => {
                        let (result, receiver) = watch::channel(None);
                        flights.insert(key, receiver);
                        return Turn::Ask(Flight { flights: self, key, result });
                    }
                }
            };
            if let Ok(outcome) = waiting.wait_for(Option::is_some).await
                && let Some(outcome) = outcome.clone()
            {
                return Turn::Shared(outcome);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, watch::Receiver<Option<Outcome>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flight<'_> {
    /// Hands the outcome to everybody who waits for it.
    pub(crate) fn land(self, outcome: &Outcome) {
        if self.result.receiver_count() > 1 {
            let _ = self.result.send(Some(outcome.clone()));
        }
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.flights.lock().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn when_the_one_who_asks_goes_away_the_next_asks() {
        let flights = Flights::default();
        let key = blake3::hash(b"x");
        let Turn::Ask(first) = flights.join(key).await else { panic!("nobody else asks") };
        let second = flights.join(key);
        tokio::pin!(second);
        assert!(futures::poll!(&mut second).is_pending());
        drop(first);
        assert!(matches!(second.await, Turn::Ask(_)));
    }
}
