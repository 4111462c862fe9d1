//! Requests or tokens per minute.
//!
//! An own bucket instead of a crate for rate limits: what a request weighs in tokens is known only after its answer, so
//! the bucket must take corrections afterwards, in both directions, and may go into debt.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A bucket that fills with `per_minute` units each minute and holds at most those of one second.
pub(crate) struct Rate {
    per_second: f64,
    state: Mutex<State>,
}

struct State {
    level: f64,
    at: Instant,
}

impl Rate {
    pub(crate) fn new(per_minute: f64) -> Rate {
        let per_second = per_minute / 60.0;
        Rate { per_second, state: Mutex::new(State { level: per_second.max(1.0), at: Instant::now() }) }
    }

    /// Takes `units` and waits until they are there. Units are taken at once, so that waiting is first come, first
    /// served; more units than the bucket ever holds wait in proportion.
    pub(crate) async fn take(&self, units: f64) {
        let wait = self.change(-units);
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Corrects an earlier `take(expected)` by what it really was.
    pub(crate) fn settle(&self, expected: f64, actual: f64) {
        self.change(expected - actual);
    }

    fn change(&self, units: f64) -> Duration {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let filled = state.level + (now - state.at).as_secs_f64() * self.per_second;
        state.level = filled.min(self.per_second.max(1.0)) + units;
        state.at = now;
        match state.level < 0.0 {
            true => Duration::from_secs_f64((-state.level / self.per_second).min(86_400.0)),
            false => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn sixty_a_minute_are_one_a_second() {
        let (rate, start) = (Rate::new(60.0), Instant::now());
        for _ in 0..11 {
            rate.take(1.0).await;
        }
        assert_eq!(start.elapsed().as_secs(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_taken_too_much_is_given_back() {
        let (rate, start) = (Rate::new(600.0), Instant::now());
        rate.take(10.0).await;
        rate.settle(10.0, 0.0);
        rate.take(10.0).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        rate.settle(0.0, 100.0);
        rate.take(1.0).await;
        assert!(start.elapsed() > Duration::from_secs(9), "{:?}", start.elapsed());
    }
}
