//! What can go wrong in a step, and the words for it.

use crate::value::Name;

/// Why a step did not finish with a record.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StepError {
    /// The record fails: it goes to the failures with this text, the run goes on.
    #[error("{message}")]
    Failed {
        /// what was expected, what was found, what to do
        message: String,
        /// the field at fault, where there is one
        field: Option<Name>,
        /// how often it was tried (1 unless retried)
        attempts: u32,
    },
    /// The run has to stop here; the record is neither done nor failed and is taken up again on resume.
    #[error("{0}")]
    Stop(StopReason),
}

/// Why a whole run stops before its end. All are resumable.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum StopReason {
    /// a budget given on the command line is used up
    #[error("the budget is used up: {0}")]
    Budget(String),
    /// a model's server answers nothing but errors
    #[error("{0}")]
    BackendDown(String),
    /// somebody pressed Ctrl-C
    #[error("interrupted")]
    Interrupted,
    /// data was handed to others, who have not handed anything back yet
    #[error("{step} has handed its records over in {place} and waits for a model")]
    HandedOver {
        /// the step's id
        step: String,
        /// the folder with the data
        place: String,
    },
    /// the machine cannot go on: disk full, directory gone
    #[error("{0}")]
    Machine(String),
}

impl StepError {
    /// A failure of this record.
    pub fn failed(message: impl Into<String>) -> StepError {
        StepError::Failed { message: message.into(), field: None, attempts: 1 }
    }

    /// A failure of this record because of one field.
    pub fn field(field: &str, message: impl Into<String>) -> StepError {
        StepError::Failed { message: message.into(), field: Some(Name::from(field)), attempts: 1 }
    }
}

/// `; did you mean `x`?` for the nearest of `candidates`, or nothing when none is near.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, candidates).map(|best| format!("; did you mean `{best}`?")).unwrap_or_default()
}

/// The candidate most like `word`, if it is alike enough to be meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness > 0.78)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
