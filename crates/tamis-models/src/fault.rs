//! What goes wrong between a request and its answer, sorted by what helps.

use std::time::Duration;

/// One failed exchange with a server.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// what helps
    pub(crate) kind: FaultKind,
    /// what came back and what to do, without secrets
    pub(crate) message: String,
}

/// What helps against a fault.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum FaultKind {
    /// 429: waiting, as long as the server wishes
    Busy {
        /// `Retry-After`
        wish: Option<Duration>,
    },
    /// 408, 409, 425, 5xx, a connection that broke, an answer that makes no sense: asking again
    Broken {
        /// `Retry-After`
        wish: Option<Duration>,
    },
    /// no answer in time: asking again, and less at once
    TimedOut,
    /// no connection: asking again, soon another server
    Unreachable,
    /// 400, 413, 422, ...: changing this request
    Rejected,
    /// a picture that cannot be read: nothing was sent, no server is to blame
    Unsendable,
    /// 401, 403, 404, a web page: changing the binding; every request fails alike
    Unusable,
}

impl Fault {
    pub(crate) fn new(kind: FaultKind, message: impl Into<String>) -> Fault {
        Fault { kind, message: message.into() }
    }

    /// An exchange that may go better next time.
    pub(crate) fn broken(message: impl Into<String>) -> Fault {
        Fault::new(FaultKind::Broken { wish: None }, message)
    }

    /// A request that could not even be sent.
    pub(crate) fn unsendable(message: impl Into<String>) -> Fault {
        Fault::new(FaultKind::Unsendable, message)
    }
}

/// The start of a text from a server, on one line, fit for a message.
pub(crate) fn shorten(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}
