//! Why a run did not start, or did not end.

use tamis_core::error::StopReason;

/// Why a run did not start, or did not end.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// nothing was begun: bad arguments, bad input, a directory in use
    #[error("{message}")]
    Refused {
        /// what was expected and what was found
        message: String,
        /// what to do
        help: Option<String>,
    },
    /// the run stopped before its end and can be resumed
    #[error("{0}")]
    Stopped(StopReason),
    /// files of the run are damaged
    #[error("{0}")]
    Damaged(String),
}

impl EngineError {
    /// A refusal without a suggestion.
    pub fn refused(message: impl Into<String>) -> EngineError {
        EngineError::Refused { message: message.into(), help: None }
    }

    /// The same refusal with a suggestion.
    pub fn help(self, text: impl Into<String>) -> EngineError {
        match self {
            EngineError::Refused { message, .. } => EngineError::Refused { message, help: Some(text.into()) },
            other => other,
        }
    }

    /// The machine cannot go on.
    pub fn machine(what: &str, error: &std::io::Error) -> EngineError {
        let disk = if error.kind() == std::io::ErrorKind::StorageFull {
            "; free some space and resume: nothing that was committed or paid for is lost"
        } else {
            ""
        };
        EngineError::Stopped(StopReason::Machine(format!("{what}: {error}{disk}")))
    }
}

impl From<StopReason> for EngineError {
    fn from(reason: StopReason) -> EngineError {
        EngineError::Stopped(reason)
    }
}
