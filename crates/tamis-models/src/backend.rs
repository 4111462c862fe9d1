//! What every backend does: one exchange. Limits, retries, budgets and the journal are around it, not in it.

use std::sync::Arc;

use futures::future::BoxFuture;
use serde_json::Value as Json;
use tamis_core::media::{Bytes, MediaStore};
use tamis_core::model::{Message, Reply, Request, Sampling, Usage};

use crate::fault::Fault;
use crate::limits::concurrency::OnSend;

/// What is sent.
pub(crate) struct Ask<'a> {
    /// what is asked; of a kind that the backend plays, see [`crate::bindings::BackendKind::plays`]
    pub(crate) request: &'a Request,
    /// the recipe's sampling over the binding's, where the role writes text; its `extra` for roles that paint
    pub(crate) sampling: &'a Sampling,
    /// where pictures are read
    pub(crate) media: &'a dyn MediaStore,
}

/// What a role is asked that writes text, be it an answer or the rest of a message.
#[derive(Clone, Copy)]
pub(crate) struct Talk<'a> {
    pub(crate) messages: &'a [Message],
    /// how many answers, at least 1
    pub(crate) n: u32,
    pub(crate) seed: u64,
    pub(crate) schema: Option<&'a Arc<Json>>,
    pub(crate) logprobs: Option<u8>,
    /// what the recipe says of sampling
    pub(crate) sampling: &'a Sampling,
    /// a continuation that is not written but scored
    pub(crate) forced: Option<&'a str>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) reply: Reply,
    /// tokens, if the server said
    pub(crate) usage: Option<Usage>,
    /// what was changed on the way, for the receipt
    pub(crate) notes: Vec<String>,
    /// the bytes of the pictures that the reply names by hash; they are put into the run's media store before the reply
    /// is kept
    pub(crate) pictures: Vec<Bytes>,
}

/// One server, or the simulator.
pub(crate) trait Backend: Send + Sync {
    /// One exchange, at most as long as the binding's timeout. `on_send` is dropped when the request is on its way.
    fn send<'a>(&'a self, ask: &'a Ask<'a>, on_send: OnSend) -> BoxFuture<'a, Result<Answered, Fault>>;
}

/// The talk of a request, if it is one.
pub(crate) fn talk(request: &Request) -> Option<Talk<'_>> {
    match request {
        Request::Chat(chat) => Some(Talk {
            messages: &chat.messages,
            n: chat.n.max(1),
            seed: chat.seed,
            schema: chat.schema.as_ref(),
            logprobs: chat.logprobs,
            sampling: &chat.sampling,
            forced: None,
        }),
        Request::Complete(complete) => Some(Talk {
            messages: &complete.messages,
            n: complete.n.max(1),
            seed: complete.seed,
            schema: None,
            logprobs: None,
            sampling: &complete.sampling,
            forced: complete.forced.as_deref(),
        }),
        Request::Embed(_) | Request::Image(_) | Request::Ocr(_) | Request::Code(_) => None,
    }
}
