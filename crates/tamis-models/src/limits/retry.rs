//! When a request is sent again, and when not any more.

use std::time::Duration;

use tokio::time::Instant;

use crate::fault::{Fault, FaultKind};

const FIRST_DELAY: Duration = Duration::from_millis(250);
const LONGEST_DELAY: Duration = Duration::from_secs(8);
/// How long a request is repeated at a server that never answered anything.
const PATIENCE_WITH_A_DEAD_SERVER: Duration = Duration::from_secs(10);
/// How long a server may refuse everything with 429. Such refusals do not count as attempts.
const PATIENCE_WITH_A_BUSY_SERVER: Duration = Duration::from_secs(600);

/// How often and how long one request is tried.
pub(crate) struct Retries {
    attempts: u32,
    failed: u32,
    refused: u32,
    seed: [u8; 32],
    began: Instant,
}

/// What to do after a fault.
#[derive(Debug, PartialEq)]
pub(crate) enum Next {
    /// send it again after this time
    Again(Duration),
    /// it failed
    GiveUp,
}

impl Retries {
    /// At most `attempts` attempts; `seed` spreads the delays, the same for the same request.
    pub(crate) fn new(attempts: u32, seed: [u8; 32]) -> Retries {
        Retries { attempts, failed: 0, refused: 0, seed, began: Instant::now() }
    }

    /// Decides after a fault. `last_success` is the server's last answer to anybody, if there was one.
    pub(crate) fn after(&mut self, fault: &Fault, last_success: Option<Instant>) -> Next {
        let delay = match fault.kind {
            FaultKind::Rejected | FaultKind::Unusable | FaultKind::Unsendable => return Next::GiveUp,
            FaultKind::Busy { wish } => {
                self.refused += 1;
                return self.after_refusal(wish, last_success);
            }
            FaultKind::Broken { wish } => {
                self.failed += 1;
                self.delay(self.failed).max(wish.unwrap_or_default())
            }
            FaultKind::TimedOut | FaultKind::Unreachable => {
                self.failed += 1;
                self.delay(self.failed)
            }
        };
        let dead = last_success.is_none() && self.began.elapsed() + delay > PATIENCE_WITH_A_DEAD_SERVER;
        if self.failed >= self.attempts || dead { Next::GiveUp } else { Next::Again(delay) }
    }

    fn after_refusal(&self, wish: Option<Duration>, last_success: Option<Instant>) -> Next {
        let delay = wish.unwrap_or_else(|| self.delay(self.refused + 1));
        let quiet_since = last_success.map_or(self.began, |at| at.max(self.began));
        match quiet_since.elapsed() + delay > PATIENCE_WITH_A_BUSY_SERVER {
            true => Next::GiveUp,
            false => Next::Again(delay),
        }
    }

    /// A quarter of a second, doubled each time, give or take a quarter of itself.
    fn delay(&self, time: u32) -> Duration {
        let mut hasher = blake3::Hasher::new_derive_key("tamis retry delay");
        hasher.update(&self.seed);
        hasher.update(&time.to_le_bytes());
        let spread = f64::from(hasher.finalize().as_bytes()[0]) / 255.0;
        let doubled = FIRST_DELAY.saturating_mul(1 << (time - 1).min(10)).min(LONGEST_DELAY);
        doubled.mul_f64(0.75 + 0.5 * spread)
    }
}

/// Reads `Retry-After`: seconds, or a date, which is compared with the server's own `Date` so that no local clock
/// matters. A date without `Date` beside it says nothing.
pub(crate) fn retry_after(value: &str, date: Option<&str>) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse::<f64>() {
        return (seconds.is_finite() && seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(1e6)));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let now = httpdate::parse_http_date(date?).ok()?;
    Some(until.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(kind: FaultKind) -> Fault {
        Fault { kind, message: "test".into() }
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date_against_the_servers_own_clock() {
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(retry_after("3", None), Some(Duration::from_secs(3)));
        assert_eq!(retry_after("0.5", None), Some(Duration::from_millis(500)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:47 GMT", date), Some(Duration::from_secs(10)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:07 GMT", date), Some(Duration::ZERO));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:47 GMT", None), None);
        assert_eq!(retry_after("soon", date), None);
        assert_eq!(retry_after("-1", None), None);
    }

    #[tokio::test(start_paused = true)]
    async fn delays_double_and_are_the_same_for_the_same_request() {
        let delays = |seed| {
            let mut retries = Retries::new(8, [seed; 32]);
            let fault = fault(FaultKind::Broken { wish: None });
            let success = Some(Instant::now());
            std::iter::from_fn(|| match retries.after(&fault, success) {
                Next::Again(delay) => Some(delay),
                Next::GiveUp => None,
            })
            .collect::<Vec<_>>()
        };
        assert_eq!(delays(1), delays(1));
        assert_ne!(delays(1), delays(2));
        assert_eq!(delays(1).len(), 7);
        assert!(delays(1)[3] > delays(1)[0] * 4);
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_are_no_attempts_but_end_after_ten_minutes_without_any_answer() {
        let mut retries = Retries::new(2, [0; 32]);
        let busy = fault(FaultKind::Busy { wish: Some(Duration::from_secs(30)) });
        for _ in 0..19 {
            assert_eq!(retries.after(&busy, None), Next::Again(Duration::from_secs(30)));
            tokio::time::advance(Duration::from_secs(30)).await;
        }
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(retries.after(&busy, None), Next::GiveUp);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_never_answered_is_given_up_within_ten_seconds() {
        let mut retries = Retries::new(100, [0; 32]);
        let start = Instant::now();
        while let Next::Again(delay) = retries.after(&fault(FaultKind::Broken { wish: None }), None) {
            tokio::time::advance(delay).await;
        }
        assert!(start.elapsed() <= PATIENCE_WITH_A_DEAD_SERVER);
    }
}
