//! What every backend does: one exchange. Limits, retries, budgets and the journal are around it, not in it.

use futures::future::BoxFuture;
use tamis_core::media::MediaStore;
use tamis_core::model::{ChatRequest, Reply, Sampling, Usage};

use crate::fault::Fault;
use crate::limits::concurrency::OnSend;

/// What is sent.
pub(crate) struct Ask<'a> {
    /// the messages, schema, n and seed
    pub(crate) chat: &'a ChatRequest,
    /// the recipe's sampling over the binding's
    pub(crate) sampling: &'a Sampling,
    /// where pictures are read
    pub(crate) media: &'a dyn MediaStore,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) reply: Reply,
    /// tokens, if the server said
    pub(crate) usage: Option<Usage>,
    /// what was changed on the way, for the receipt
    pub(crate) notes: Vec<String>,
}

/// One server, or the simulator.
pub(crate) trait Backend: Send + Sync {
    /// One exchange, at most as long as the binding's timeout. `on_send` is dropped when the request is on its way.
    fn send<'a>(&'a self, ask: &'a Ask<'a>, on_send: OnSend) -> BoxFuture<'a, Result<Answered, Fault>>;
}
