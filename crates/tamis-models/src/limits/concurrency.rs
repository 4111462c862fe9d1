//! How many requests are in flight at one server: found out by asking, with as few refusals as possible.
//!
//! The ceiling comes from the binding. Starts above the level that is known to be accepted are spaced, so that when a
//! server refuses at some level only the one or two requests behind the refused one are refused too. A refusal sets the
//! limit to what was accepted; from there it is probed upwards by one, at intervals that double with each refusal.
//! A server that refuses at levels it accepted before counts requests by the minute: then starting is paused, and the
//! limit stays about where it was.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::meter::Meter;

/// Time between two starts above the accepted level: 64 are in flight after 32 ms.
const SPACING: Duration = Duration::from_micros(500);
/// The first interval between probes; doubled by the refusal that ends the ramp.
const FIRST_PROBE: Duration = Duration::from_secs(1);
const FASTEST_PROBE: Duration = Duration::from_millis(250);
const SLOWEST_PROBE: Duration = Duration::from_secs(64);
/// The pause after refusals at an accepted level when the server names none.
const PAUSE: Duration = Duration::from_secs(1);
/// Fewest milliseconds between two reductions because of errors.
const ERROR_INTERVAL: Duration = Duration::from_secs(1);

/// The gate in front of one server.
pub(crate) struct Gate {
    ceiling: usize,
    meter: Arc<Meter>,
    state: Mutex<State>,
}

/// The right to have one request in flight. Dropping it gives the place back.
pub(crate) struct Permit {
    gate: Arc<Gate>,
    level: usize,
    started: Instant,
    outcome: Option<Outcome>,
}

/// How a request ended, as far as the server's load is concerned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// it was answered
    Answered,
    /// 429, with the server's wish
    Refused(Option<Duration>),
    /// 5xx, a broken connection or a broken answer
    Broken,
    /// no answer in time
    TimedOut,
    /// it says nothing about the load: a bad request, or one that was given up
    Abandoned,
}

struct State {
    limit: usize,
    in_flight: usize,
    /// the level at which answers came
    accepted: usize,
    waiting: VecDeque<oneshot::Sender<Permit>>,
    next_start: Instant,
    next_probe: Instant,
    probe_interval: Duration,
    probed: bool,
    saturated: bool,
    reduced: Option<Instant>,
    refused_in_a_row: u32,
    refusals: f64,
    errors: f64,
    paused_until: Option<Instant>,
}

impl Gate {
    /// A gate that lets at most `ceiling` through at once.
    pub(crate) fn new(ceiling: usize, meter: Arc<Meter>) -> Arc<Gate> {
        let now = Instant::now();
        meter.add_limit(ceiling as i64);
        let state = State {
            limit: ceiling,
            in_flight: 0,
            accepted: 0,
            waiting: VecDeque::new(),
            next_start: now,
            next_probe: now,
            probe_interval: FIRST_PROBE,
            probed: false,
            saturated: false,
            reduced: None,
            refused_in_a_row: 0,
            refusals: 0.0,
            errors: 0.0,
            paused_until: None,
        };
        Arc::new(Gate { ceiling, meter, state: Mutex::new(state) })
    }

    /// Waits for a place. `urgent` requests, those that were sent before, go first.
    pub(crate) async fn enter(self: &Arc<Self>, urgent: bool) -> Permit {
        let permit = match self.try_enter(urgent) {
            Ok(permit) => permit,
            Err(turn) => match turn.await {
                Ok(permit) => permit,
                // The sender lives in the gate that `self` holds and is dropped by handing over a permit only.
                Err(_) => unreachable!("a gate outlives those who wait at it"),
            },
        };
        if permit.started > Instant::now() {
            tokio::time::sleep_until(permit.started).await;
        }
        permit
    }

    /// How many may be in flight now.
    #[cfg(test)]
    pub(crate) fn limit(&self) -> usize {
        self.lock().limit
    }

    fn try_enter(self: &Arc<Self>, urgent: bool) -> Result<Permit, oneshot::Receiver<Permit>> {
        let mut state = self.lock();
        let now = Instant::now();
        if (urgent || state.waiting.is_empty()) && state.has_room(now) {
            return Ok(self.grant(&mut state, now));
        }
        let (sender, receiver) = oneshot::channel();
        match urgent {
            true => state.waiting.push_front(sender),
            false => state.waiting.push_back(sender),
        }
        Err(receiver)
    }

    fn grant(self: &Arc<Self>, state: &mut State, now: Instant) -> Permit {
        state.in_flight += 1;
        state.saturated |= state.in_flight >= state.limit;
        self.meter.add_in_flight(1);
        let level = state.in_flight;
        let started = if level > state.accepted { state.next_start.max(now) } else { now };
        if level > state.accepted {
            state.next_start = started + SPACING;
        }
        Permit { gate: self.clone(), level, started, outcome: None }
    }

    fn admit(self: &Arc<Self>, state: &mut State, now: Instant) {
        while state.has_room(now) {
            let Some(next) = state.waiting.pop_front() else { return };
            let permit = self.grant(state, now);
            if let Err(mut unclaimed) = next.send(permit) {
                // Whoever waited is gone. The permit must not be dropped here: its drop takes the lock that is held.
                unclaimed.level = 0;
                state.in_flight -= 1;
                self.meter.add_in_flight(-1);
            }
        }
    }

    fn leave(self: &Arc<Self>, level: usize, started: Instant, outcome: Outcome) {
        let mut state = self.lock();
        let now = Instant::now();
        let before = state.limit;
        state.in_flight -= 1;
        self.meter.add_in_flight(-1);
        match outcome {
            Outcome::Answered => state.on_answer(level, now, self.ceiling),
            Outcome::Refused(wish) => {
                if let Some(pause) = state.on_refusal(level, started, now, wish) {
                    self.pause(pause);
                }
            }
            Outcome::Broken => state.on_error(now, 0.1, 0.5),
            Outcome::TimedOut => state.on_error(now, 0.4, 0.3),
            Outcome::Abandoned => {}
        }
        self.meter.add_limit(state.limit as i64 - before as i64);
        self.admit(&mut state, now);
    }

    /// Opens the gate again after `pause`; whoever leaves in between does not.
    fn pause(self: &Arc<Self>, pause: Duration) {
        let gate = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            if let Some(gate) = gate.upgrade() {
                let mut state = gate.lock();
                state.paused_until = None;
                gate.admit(&mut state, Instant::now());
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn has_room(&self, now: Instant) -> bool {
        self.in_flight < self.limit && self.paused_until.is_none_or(|until| now >= until)
    }

    fn on_answer(&mut self, level: usize, now: Instant, ceiling: usize) {
        self.refused_in_a_row = 0;
        self.refusals *= 0.9;
        self.errors *= 0.9;
        self.accepted = self.accepted.max(level).min(self.limit);
        if self.limit < ceiling && self.saturated && now >= self.next_probe {
            self.probe(now);
        }
    }

    fn probe(&mut self, now: Instant) {
        if self.probed {
            self.probe_interval = (self.probe_interval / 2).max(FASTEST_PROBE);
        }
        self.probed = true;
        self.saturated = false;
        self.limit += 1;
        self.next_probe = now + self.probe_interval;
    }

    /// Returns how long to pause, if the server refuses what it took before.
    fn on_refusal(&mut self, level: usize, started: Instant, now: Instant, wish: Option<Duration>) -> Option<Duration> {
        let same_burst = self.reduced.is_some_and(|reduced| started <= reduced);
        if same_burst || level > self.accepted {
            self.reduce_to(self.in_flight, now, same_burst);
            return None;
        }
        self.refused_in_a_row += 1;
        self.refusals = 0.9 * self.refusals + 0.1;
        if self.refused_in_a_row >= 3 || self.refusals > 0.25 {
            self.refusals = 0.0;
            self.reduce_to(self.in_flight, now, false);
        }
        if self.refused_in_a_row < 3 || self.paused_until.is_some() {
            return None;
        }
        self.refused_in_a_row = 0;
        let pause = wish.unwrap_or(PAUSE).min(Duration::from_secs(60));
        self.paused_until = Some(now + pause);
        Some(pause)
    }

    fn on_error(&mut self, now: Instant, weight: f64, tolerated: f64) {
        self.errors = (1.0 - weight) * self.errors + weight;
        let rested = self.reduced.is_none_or(|reduced| now - reduced > ERROR_INTERVAL);
        if self.errors > tolerated && rested {
            self.reduce_to((self.limit * 7 / 10).max(1), now, false);
        }
    }

    fn reduce_to(&mut self, level: usize, now: Instant, same_burst: bool) {
        self.limit = level.clamp(1, self.limit);
        self.accepted = self.accepted.min(self.limit);
        self.saturated = false;
        if same_burst {
            return;
        }
        self.probed = false;
        self.reduced = Some(now);
        self.probe_interval = (self.probe_interval * 2).min(SLOWEST_PROBE);
        self.next_probe = now + self.probe_interval;
    }
}

impl Permit {
    /// Gives the place back and tells how it went.
    pub(crate) fn leave(mut self, outcome: Outcome) {
        self.outcome = Some(outcome);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.level > 0 {
            self.gate.leave(self.level, self.started, self.outcome.unwrap_or(Outcome::Abandoned));
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.meter.add_limit(-(state.limit as i64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(ceiling: usize) -> Arc<Gate> {
        Gate::new(ceiling, Arc::new(Meter::default()))
    }

    #[tokio::test(start_paused = true)]
    async fn the_ceiling_is_reached_within_forty_milliseconds() {
        let gate = gate(64);
        let start = Instant::now();
        let mut held = Vec::new();
        for _ in 0..64 {
            held.push(gate.enter(false).await);
        }
        assert!(start.elapsed() < Duration::from_millis(40), "{:?}", start.elapsed());
        let late = tokio::time::timeout(Duration::from_secs(1), gate.enter(false)).await;
        assert!(late.is_err(), "a 65th request got in");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_sets_the_limit_to_what_was_accepted() {
        let gate = gate(64);
        let mut held = Vec::new();
        for _ in 0..18 {
            held.push(gate.enter(false).await);
        }
        for refused in held.split_off(16) {
            refused.leave(Outcome::Refused(None));
        }
        assert_eq!(gate.limit(), 16);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_was_refused_goes_first_when_a_place_is_free() {
        let gate = gate(1);
        let held = gate.enter(false).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let ask = |name: &'static str, urgent| {
            let (gate, order) = (gate.clone(), order.clone());
            tokio::spawn(async move {
                let permit = gate.enter(urgent).await;
                order.lock().unwrap().push(name);
                permit.leave(Outcome::Answered);
            })
        };
        let patient = ask("patient", false);
        tokio::task::yield_now().await;
        let urgent = ask("urgent", true);
        tokio::task::yield_now().await;
        held.leave(Outcome::Answered);
        patient.await.unwrap();
        urgent.await.unwrap();
        assert_eq!(*order.lock().unwrap(), ["urgent", "patient"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_counts_by_the_minute_is_left_alone_until_it_takes_requests_again() {
        let gate = gate(8);
        for _ in 0..20 {
            let mut held = Vec::new();
            for _ in 0..8 {
                held.push(gate.enter(false).await);
            }
            held.into_iter().for_each(|permit| permit.leave(Outcome::Answered));
        }
        for _ in 0..3 {
            gate.enter(false).await.leave(Outcome::Refused(Some(Duration::from_secs(5))));
        }
        let start = Instant::now();
        gate.enter(false).await.leave(Outcome::Answered);
        assert!(start.elapsed() >= Duration::from_secs(5), "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiter_that_gives_up_leaves_its_place_to_the_next() {
        let gate = gate(1);
        let held = gate.enter(false).await;
        let gone = tokio::spawn({
            let gate = gate.clone();
            async move { gate.enter(false).await.level }
        });
        tokio::task::yield_now().await;
        gone.abort();
        let _ = gone.await;
        held.leave(Outcome::Answered);
        gate.enter(false).await.leave(Outcome::Answered);
    }
}
