//! Errors at the door: what went wrong, what to do, and the exit code.

use std::process::ExitCode;

use tamis_engine::EngineError;

/// 1: it ran, but something failed. 2: refused before running.
pub const FAILED: u8 = 1;
/// See [`FAILED`].
pub const REFUSED: u8 = 2;

/// What a command came to.
pub type Outcome = Result<ExitCode, Error>;

/// An error with what to do about it.
#[derive(Debug)]
pub struct Error {
    /// what was expected and what was found; printed as it is
    pub message: String,
    /// what to do
    pub help: Option<String>,
    /// the exit code
    pub code: u8,
}

impl Error {
    /// A refusal before anything ran.
    pub fn refused(message: impl Into<String>) -> Error {
        Error { message: message.into(), help: None, code: REFUSED }
    }

    /// The same with a suggestion.
    pub fn help(mut self, help: impl Into<String>) -> Error {
        self.help = Some(help.into());
        self
    }

    /// Prints it and gives the exit code.
    pub fn print(&self) -> ExitCode {
        if !self.message.is_empty() {
            eprintln!("{} {}", crate::human::red("error:"), self.message);
        }
        if let Some(help) = &self.help {
            eprintln!("  {} {help}", crate::human::cyan("help:"));
        }
        ExitCode::from(self.code)
    }
}

impl From<EngineError> for Error {
    fn from(error: EngineError) -> Error {
        match error {
            EngineError::Refused { message, help } => Error { message, help, code: REFUSED },
            other => Error { message: other.to_string(), help: None, code: FAILED },
        }
    }
}

impl From<tamis_core::source::SourceError> for Error {
    fn from(error: tamis_core::source::SourceError) -> Error {
        Error { message: error.message, help: error.help, code: REFUSED }
    }
}

impl From<tamis_models::BindingError> for Error {
    fn from(error: tamis_models::BindingError) -> Error {
        Error::refused(error.to_string())
    }
}
