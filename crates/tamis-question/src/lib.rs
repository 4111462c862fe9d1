//! Questions whose answers cannot be wrong, over charts, tables and documents of known truth.

mod ask;
mod choice;
pub mod emit;
mod number;
pub mod program;
mod question;
mod refusal;
pub mod script;
mod template;
mod wording;
pub mod world;

pub use ask::{Ask, Asked, ask, ask_world};
pub use number::{Exact, MOST_DECIMALS};
pub use question::{NumberAnswer, Question, QuestionKind, QuestionType, ROUNDING, SubQuestion};
pub use refusal::Refusal;
pub use template::Template;
