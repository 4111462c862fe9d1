//! What the simulator counts: the truth of tests and benchmarks.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value as Json, json};
use tokio::time::Instant;

use super::server::Options;

/// Counters and admission of one server.
pub(super) struct Stats {
    born: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    requests: u64,
    answered: u64,
    refused: u64,
    errors: u64,
    in_flight: u64,
    peak_in_flight: u64,
    first_request: Option<Instant>,
    last_answer: Option<Instant>,
    repeated: u64,
    images: u64,
    body_bytes: u64,
    /// how often each request was let in
    arrivals: HashMap<[u8; 16], u32>,
    /// how often each question was answered
    answers: HashMap<[u8; 16], u32>,
    /// when the current minute of the rate limit began, and how many came in it
    minute: Option<(Instant, u32)>,
}

/// A request in flight; dropped when it is answered or its client is gone.
pub(super) struct Admitted<'a> {
    stats: &'a Stats,
    /// how often the same request was let in before
    pub(super) time: u32,
}

/// Why a request was not let in, with `Retry-After` in seconds.
pub(super) struct Refused(pub(super) Option<f64>);

impl Stats {
    pub(super) fn new() -> Stats {
        Stats { born: Instant::now(), state: Mutex::default() }
    }

    /// A request's head has come.
    pub(super) fn begin(&self) {
        let mut state = self.lock();
        state.requests += 1;
        state.first_request.get_or_insert_with(Instant::now);
    }

    /// A request's body has come: lets it in, or refuses it.
    pub(super) fn admit(&self, options: &Options, digest: [u8; 16], bytes: usize) -> Result<Admitted<'_>, Refused> {
        let mut state = self.lock();
        state.body_bytes += bytes as u64;
        if options.max_in_flight.is_some_and(|most| state.in_flight >= most) {
            state.refused += 1;
            return Err(Refused(options.retry_after_s));
        }
        if let Some(wait) = options.requests_per_minute.and_then(|most| state.over_the_rate(most)) {
            state.refused += 1;
            return Err(Refused(options.retry_after_s.map(|least| wait.max(least))));
        }
        state.in_flight += 1;
        state.peak_in_flight = state.peak_in_flight.max(state.in_flight);
        let arrivals = state.arrivals.entry(digest).or_default();
        *arrivals += 1;
        let time = *arrivals - 1;
        Ok(Admitted { stats: self, time })
    }

    /// A question was answered with status 200.
    pub(super) fn answered(&self, question: [u8; 16], images: usize) {
        let mut state = self.lock();
        state.answered += 1;
        state.images += images as u64;
        state.last_answer = Some(Instant::now());
        let answers = state.answers.entry(question).or_default();
        *answers += 1;
        let again = *answers > 1;
        state.repeated += u64::from(again);
    }

    /// A request was answered with an error.
    pub(super) fn failed(&self) {
        self.lock().errors += 1;
    }

    /// Forgets everything but what is in flight.
    pub(super) fn reset(&self) {
        let mut state = self.lock();
        *state = State { in_flight: state.in_flight, peak_in_flight: state.in_flight, ..State::default() };
    }

    /// The counters; times are milliseconds since the server was started.
    pub(super) fn as_json(&self) -> Json {
        let state = self.lock();
        let since = |at: Option<Instant>| at.map(|at| (at - self.born).as_secs_f64() * 1e3);
        json!({
            "requests": state.requests,
            "answered": state.answered,
            "refused": state.refused,
            "errors": state.errors,
            "in_flight": state.in_flight,
            "peak_in_flight": state.peak_in_flight,
            "first_request_ms": since(state.first_request),
            "last_answer_ms": since(state.last_answer),
            "distinct": state.answers.len(),
            "repeated": state.repeated,
            "images": state.images,
            "body_bytes": state.body_bytes,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Seconds until the next minute, if this one is used up.
    fn over_the_rate(&mut self, most: u32) -> Option<f64> {
        let now = Instant::now();
        let (began, count) = match self.minute {
            Some((began, count)) if (now - began).as_secs() < 60 => (began, count),
            _ => (now, 0),
        };
        self.minute = Some((began, (count + 1).min(most)));
        (count >= most).then(|| (60.0 - (now - began).as_secs_f64()).max(0.0).ceil())
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        self.stats.lock().in_flight -= 1;
    }
}
