//! Budgets: what a run may spend on models. Reserved before a request, settled after its answer.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tamis_core::error::StopReason;
use tokio::sync::Notify;

/// What may be spent; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// answers paid for; repetitions of a request that was refused or failed are free
    pub requests: Option<u64>,
    /// tokens read and written
    pub tokens: Option<u64>,
    /// US dollars by the bindings' prices
    pub usd: Option<f64>,
}

/// What was, or will be, spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Spent {
    /// answers
    pub requests: u64,
    /// tokens read and written
    pub tokens: u64,
    /// US dollars
    pub usd: f64,
}

/// The purse of a run, shared by all its models.
#[derive(Debug, Default)]
pub struct Budget {
    limits: Limits,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    spent: Spent,
    reserved: Spent,
    open: usize,
    used_up: bool,
}

/// Money set aside for one request. Dropped without [`Reservation::settle`] it goes back.
#[derive(Debug)]
pub(crate) struct Reservation<'a> {
    budget: &'a Budget,
    cost: Spent,
    actual: Option<Spent>,
}

impl Budget {
    /// A purse without a bottom.
    pub fn unlimited() -> Budget {
        Budget::default()
    }

    /// A purse with these limits.
    pub fn new(limits: Limits) -> Budget {
        Budget { limits, ..Budget::default() }
    }

    /// The same purse after `spent` was spent already, as by the same run before it was resumed.
    pub fn already(self, spent: Spent) -> Budget {
        self.lock().spent = spent;
        self
    }

    /// What was spent until now.
    pub fn spent(&self) -> Spent {
        self.lock().spent
    }

    /// Sets `cost` aside, an upper bound of what a request will cost.
    ///
    /// While others are under way that may cost less than they set aside, it waits for them; so the budget is used to
    /// the last request that fits. When nothing is under way and the rest is too small, the budget is used up: this
    /// call and all later ones stop the run.
    pub(crate) async fn reserve(&self, cost: Spent) -> Result<Reservation<'_>, StopReason> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            {
                let mut state = self.lock();
                if state.used_up {
                    return Err(self.stop(&state.spent));
                }
                if self.fits(&state, cost) {
                    state.reserved = state.reserved.plus(cost);
                    state.open += 1;
                    return Ok(Reservation { budget: self, cost, actual: None });
                }
                if state.open == 0 {
                    state.used_up = true;
                    self.changed.notify_waiters();
                    return Err(self.stop(&state.spent));
                }
            }
            changed.await;
        }
    }

    fn fits(&self, state: &State, cost: Spent) -> bool {
        let total = state.spent.plus(state.reserved).plus(cost);
        self.limits.requests.is_none_or(|limit| total.requests <= limit)
            && self.limits.tokens.is_none_or(|limit| total.tokens <= limit)
            && self.limits.usd.is_none_or(|limit| total.usd <= limit)
    }

    fn stop(&self, spent: &Spent) -> StopReason {
        let mut parts = Vec::new();
        let of = |limit: Option<String>| limit.map_or(String::new(), |limit| format!(" of {limit}"));
        parts.push(format!("{}{} answers", spent.requests, of(self.limits.requests.map(|n| n.to_string()))));
        parts.push(format!("{}{} tokens", spent.tokens, of(self.limits.tokens.map(|n| n.to_string()))));
        if spent.usd > 0.0 || self.limits.usd.is_some() {
            parts.push(format!("{:.4}{} USD", spent.usd, of(self.limits.usd.map(|n| n.to_string()))));
        }
        StopReason::Budget(format!("spent {}, and the next request does not fit", parts.join(", ")))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reservation<'_> {
    /// Spends `actual` and gives the rest back.
    pub(crate) fn settle(mut self, actual: Spent) {
        self.actual = Some(actual);
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        let mut state = self.budget.lock();
        state.reserved = state.reserved.minus(self.cost);
        state.open -= 1;
        if state.open == 0 {
            // Sums of floats drift; nothing is reserved now.
            state.reserved = Spent::default();
        }
        state.spent = state.spent.plus(self.actual.unwrap_or_default());
        drop(state);
        self.budget.changed.notify_waiters();
    }
}

impl Spent {
    fn plus(self, other: Spent) -> Spent {
        Spent {
            requests: self.requests + other.requests,
            tokens: self.tokens + other.tokens,
            usd: self.usd + other.usd,
        }
    }

    fn minus(self, other: Spent) -> Spent {
        Spent {
            requests: self.requests - other.requests,
            tokens: self.tokens - other.tokens,
            usd: self.usd - other.usd,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(tokens: u64) -> Spent {
        Spent { requests: 1, tokens, usd: 0.0 }
    }

    #[tokio::test]
    async fn what_was_set_aside_too_much_is_spent_by_others() {
        let budget = Budget::new(Limits { tokens: Some(100), ..Limits::default() });
        let first = budget.reserve(cost(80)).await.unwrap();
        let second = budget.reserve(cost(80));
        tokio::pin!(second);
        assert!(futures::poll!(&mut second).is_pending());
        first.settle(cost(10));
        second.await.unwrap().settle(cost(80));
        let stop = budget.reserve(cost(80)).await.unwrap_err();
        assert!(stop.to_string().contains("90 of 100 tokens"), "{stop}");
        assert!(budget.reserve(cost(1)).await.is_err(), "a stop is a stop");
    }

    #[tokio::test]
    async fn a_request_that_failed_costs_nothing() {
        let budget = Budget::new(Limits { requests: Some(1), ..Limits::default() });
        drop(budget.reserve(cost(5)).await.unwrap());
        budget.reserve(cost(5)).await.unwrap().settle(cost(5));
        assert_eq!(budget.spent(), cost(5));
        assert!(budget.reserve(cost(5)).await.is_err());
    }
}
