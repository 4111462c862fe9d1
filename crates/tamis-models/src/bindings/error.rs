//! What is wrong with bindings.

/// Why bindings cannot be used: where, what was expected and found, what to do.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}{message}", self.place())]
pub struct BindingError {
    /// the file, where there is one
    pub file: Option<String>,
    /// line and column, both from 1
    pub position: Option<(u64, u64)>,
    /// what was expected and found, and what to do
    pub message: String,
}

impl BindingError {
    pub(crate) fn plain(message: impl Into<String>) -> BindingError {
        BindingError { file: None, position: None, message: message.into() }
    }

    pub(crate) fn of_file(file: &str, message: impl Into<String>) -> BindingError {
        BindingError { file: Some(file.into()), position: None, message: message.into() }
    }

    fn place(&self) -> String {
        match (&self.file, self.position) {
            (Some(file), Some((line, column))) => format!("{file}:{line}:{column}: "),
            (Some(file), None) => format!("{file}: "),
            (None, _) => String::new(),
        }
    }
}
