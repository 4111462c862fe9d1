//! How many requests are in flight at one server: found out by asking, with as few refusals as possible.
//!
//! The ceiling comes from the binding. Starts above the level that is known to be accepted are spaced, in time and by
//! waiting until the requests before are on their way (a busy machine sends later than it starts), so that when a
//! server refuses at some level only the few requests behind the refused one are refused too. A refusal sets the limit
//! to what was accepted; from there it is probed upwards by one, at intervals that double with each refusal.
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
/// How far the spacing may catch up after a late timer, which ticks in milliseconds.
const CATCH_UP: Duration = Duration::from_millis(1);
/// Requests above the accepted level that may be started and not yet be on their way.
const UNSENT: usize = 2;
/// How long a start waits for the one before to be sent: connecting to a server far away takes longer.
const UNSENT_WAIT: Duration = Duration::from_millis(5);
/// The first interval between probes; doubled by the refusal that ends the ramp.
const FIRST_PROBE: Duration = Duration::from_secs(1);
const FASTEST_PROBE: Duration = Duration::from_millis(250);
const SLOWEST_PROBE: Duration = Duration::from_secs(64);
/// The pause after refusals at an accepted level when the server names none.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
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
    on_send: Option<OnSend>,
}

/// Dropped when a request is on its way to the server.
#[derive(Default)]
pub(crate) struct OnSend(Option<Arc<Gate>>);

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
    /// requests that were started and are not on their way yet
    unsent: usize,
    last_start: Instant,
    next_start: Instant,
    /// when somebody will look for waiting requests that may start
    alarm: Option<Instant>,
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
            unsent: 0,
            last_start: now,
            next_start: now,
            alarm: None,
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
        match self.queue(urgent).await {
            Ok(permit) => permit,
            // The sender lives in the gate that `self` holds and is dropped by handing over a permit only.
            Err(_) => unreachable!("a gate outlives those who wait at it"),
        }
    }

    /// How many may be in flight now.
    #[cfg(test)]
    pub(crate) fn limit(&self) -> usize {
        self.lock().limit
    }

    fn queue(self: &Arc<Self>, urgent: bool) -> oneshot::Receiver<Permit> {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.lock();
        match urgent {
            true => state.waiting.push_front(sender),
            false => state.waiting.push_back(sender),
        }
        self.admit(&mut state, Instant::now());
        receiver
    }

    fn admit(self: &Arc<Self>, state: &mut State, now: Instant) {
        while !state.waiting.is_empty() && state.has_room(now) {
            let start = state.earliest_start();
            if start > now {
                return self.set_alarm(state, start);
            }
            let Some(next) = state.waiting.pop_front() else { return };
            let permit = self.grant(state, now);
            if let Err(mut unclaimed) = next.send(permit) {
                // Whoever waited is gone. The permit must not be dropped here: its drop takes the lock that is held.
                unclaimed.level = 0;
                unclaimed.on_send.take().map(|mut on_send| on_send.0.take());
                state.in_flight -= 1;
                state.unsent -= 1;
                self.meter.add_in_flight(-1);
            }
        }
    }

    fn grant(self: &Arc<Self>, state: &mut State, now: Instant) -> Permit {
        state.in_flight += 1;
        state.unsent += 1;
        state.saturated |= state.in_flight >= state.limit;
        self.meter.add_in_flight(1);
        if state.in_flight > state.accepted {
            state.last_start = now;
            state.next_start = state.next_start.max(now - CATCH_UP) + SPACING;
        }
        let on_send = Some(OnSend(Some(self.clone())));
        Permit { gate: self.clone(), level: state.in_flight, started: now, outcome: None, on_send }
    }

    fn sent(self: &Arc<Self>) {
        let mut state = self.lock();
        state.unsent -= 1;
        self.admit(&mut state, Instant::now());
    }

    /// Looks for requests that may start at `at`, unless somebody does earlier.
    fn set_alarm(self: &Arc<Self>, state: &mut State, at: Instant) {
        if state.alarm.is_some_and(|alarm| alarm <= at) {
            return;
        }
        state.alarm = Some(at);
        let gate = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep_until(at).await;
            if let Some(gate) = gate.upgrade() {
                let mut state = gate.lock();
                state.alarm = state.alarm.filter(|alarm| *alarm != at);
                gate.admit(&mut state, Instant::now());
            }
        });
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
                state.on_refusal(level, started, now, wish);
                if let Some(until) = state.paused_until.filter(|until| *until > now) {
                    self.set_alarm(&mut state, until);
                }
            }
            Outcome::Broken => state.on_error(now, 0.1, 0.5),
            Outcome::TimedOut => state.on_error(now, 0.4, 0.3),
            Outcome::Abandoned => {}
        }
        self.meter.add_limit(state.limit as i64 - before as i64);
        self.admit(&mut state, now);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn has_room(&self, now: Instant) -> bool {
        self.in_flight < self.limit && self.paused_until.is_none_or(|until| now >= until)
    }

    /// When the next request may start: at once up to the accepted level, above it in its turn.
    fn earliest_start(&self) -> Instant {
        match self.in_flight < self.accepted {
            true => self.last_start,
            false if self.unsent < UNSENT => self.next_start,
            false => self.next_start.max(self.last_start + UNSENT_WAIT),
        }
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

    fn on_refusal(&mut self, level: usize, started: Instant, now: Instant, wish: Option<Duration>) {
        let same_burst = self.reduced.is_some_and(|reduced| started <= reduced);
        if same_burst || level > self.accepted {
            return self.reduce_to(self.in_flight, now, same_burst);
        }
        self.refused_in_a_row += 1;
        self.refusals = 0.9 * self.refusals + 0.1;
        if self.refused_in_a_row >= 3 || self.refusals > 0.25 {
            self.refusals = 0.0;
            self.reduce_to(self.in_flight, now, false);
        }
        if self.refused_in_a_row >= 3 {
            // It refuses what it took before.
            self.refused_in_a_row = 0;
            self.paused_until = Some(now + wish.unwrap_or(PAUSE).min(LONGEST_PAUSE));
        }
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
    /// What to drop when the request is on its way.
    pub(crate) fn on_send(&mut self) -> OnSend {
        self.on_send.take().unwrap_or_default()
    }

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

impl Drop for OnSend {
    fn drop(&mut self) {
        if let Some(gate) = self.0.take() {
            gate.sent();
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
mod tests;
