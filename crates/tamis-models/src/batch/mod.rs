//! The batch API of OpenAI's protocol: requests that would be sent one by one are gathered into files, for half the
//! price and an answer within a day.
//!
//! Each caller waits in [`Batcher::call`] as if it were one request. Its line goes to a file beside the journal; a full
//! file, or one to which nothing was added for a while, becomes a batch ([`job`]). What a batch holds is written to a
//! log ([`log`]) before it is submitted, with a tag by which the server finds it again: a run that was killed at any
//! instant takes its batches up and submits none twice. Answers are journaled as they are read from the output file,
//! whether or not somebody waits for them yet.

mod call;
mod events;
mod job;
mod log;
mod settle;
mod spool;
mod wire;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tamis_core::error::StopReason;
use tokio::sync::{OnceCell, oneshot};
use tokio::task::JoinSet;

use crate::bindings::{BatchSpec, ModelSpec, Services};
use crate::client::{Http, OpenAi};
use crate::fault::Fault;
use crate::journal::{Entry, Journal, Key};

pub(crate) use call::Outcome;
pub use events::{Batches, Tell};
use log::{Line, Log};
use spool::Spool;

/// The batches of one model at one server. Dropped, it stops waiting for them; the server goes on.
pub(crate) struct Batcher {
    inner: Arc<Inner>,
}

struct Inner {
    client: OpenAi,
    spec: BatchSpec,
    attempts: u32,
    journal: Option<Arc<Journal>>,
    services: Services,
    /// the log and the files that are gathered
    log_path: Option<PathBuf>,
    opened: OnceCell<Result<(), StopReason>>,
    state: Mutex<State>,
    tasks: Mutex<JoinSet<()>>,
    has_answered: AtomicBool,
    /// batches in a row without any answer
    fruitless: AtomicU32,
}

#[derive(Default)]
struct State {
    log: Option<Log>,
    /// the file that is being filled
    gathering: Option<Spool>,
    /// requests in the file that is being filled, or in a batch
    waiting: HashMap<Key, Waiting>,
    /// how requests ended that nobody had asked for again yet, answers aside
    late: HashMap<Key, Ended>,
}

struct Waiting {
    line: Line,
    callers: Vec<oneshot::Sender<Ended>>,
}

/// How a request ended in its batch.
#[derive(Clone, Debug)]
enum Ended {
    /// answered, and in the journal
    Answered(Arc<Entry>),
    /// no answer, and another try may help
    Again(Fault),
    /// it will never be answered
    Refused(Fault),
    /// the batch was never submitted
    Lost,
    /// the run has to stop
    Stop(StopReason),
}

impl Batcher {
    /// The batches of a model. Sends nothing, opens nothing.
    pub(crate) fn new(spec: &ModelSpec, batch: &BatchSpec, client: OpenAi, services: &Services) -> Batcher {
        let log_path = services.journal.as_ref().map(|journal| {
            let model = spec.model.as_deref().unwrap_or_default();
            journal.dir().join(log::file_name(client.http().address(), model))
        });
        let inner = Inner {
            client,
            spec: batch.clone(),
            attempts: spec.limits.attempts,
            journal: services.journal.clone(),
            services: services.clone(),
            log_path,
            opened: OnceCell::new(),
            state: Mutex::default(),
            tasks: Mutex::default(),
            has_answered: AtomicBool::new(false),
            fruitless: AtomicU32::new(0),
        };
        Batcher { inner: Arc::new(inner) }
    }
}

impl Drop for Batcher {
    fn drop(&mut self) {
        self.inner.tasks.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn http(&self) -> &Http {
        self.client.http()
    }

    /// Starts work that ends with the batcher.
    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(work);
    }
}
