//! Why a question is not asked.

use thiserror::Error;

/// Why a program has no answer that a careful reader of the picture must agree with, or cannot run at all.
///
/// The words are the reasons counted in [`crate::Asked::refused`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Error)]
pub enum Refusal {
    /// Two values that decide are equal.
    #[error("a tie")]
    Tie,
    /// Two values that decide differ by less than a reader can tell (2% of the axis).
    #[error("values nearly alike")]
    Near,
    /// The answer cannot be read well enough to be held to.
    #[error("answer unreadable")]
    Unreadable,
    /// A value that decides is missing.
    #[error("a missing value")]
    Missing,
    /// Two labels that tell data apart are equal, or hold nothing.
    #[error("labels alike")]
    Labels,
    /// No datum is left to answer from.
    #[error("no datum left")]
    Empty,
    /// What is asked for occurs several times.
    #[error("several answers")]
    Several,
    /// No clear trend.
    #[error("no clear trend")]
    Trend,
    /// A divisor of 0.
    #[error("division by zero")]
    Zero,
    /// A number that does not fit.
    #[error("a number too large")]
    Overflow,
    /// The quantities are of different units.
    #[error("units differ")]
    Units,
    /// The program names something that is not there.
    #[error("nothing called `{0}`")]
    Unknown(String),
    /// The program uses a value as what it is not.
    #[error("{0}")]
    Type(String),
    /// More or fewer steps than wanted.
    #[error("steps not as wanted")]
    Steps,
    /// Enough questions were asked about what is not there.
    #[error("enough asked of what is not there")]
    NothingAgain,
    /// A text that is asked for was not drawn.
    #[error("a text that is not drawn")]
    NotDrawn,
    /// One of the names that an answer lists holds the comma that parts them.
    #[error("a name with a comma in a list")]
    Comma,
    /// The answer is empty or too long.
    #[error("answer too long")]
    Long,
    /// The program is too long to run.
    #[error("the program takes too many steps")]
    Budget,
}

impl Refusal {
    /// The reason as it is counted: without the names in it.
    pub fn reason(&self) -> String {
        match self {
            Refusal::Unknown(_) => "nothing of this name".to_owned(),
            Refusal::Type(_) => "types do not meet".to_owned(),
            other => other.to_string(),
        }
    }
}
