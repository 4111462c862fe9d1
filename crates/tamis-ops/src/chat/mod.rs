//! Steps that ask a chat role.
//!
//! One file for each operator. What they share: `prompt` (what is shown), `call` (asking, the repair turn), `answer` (typed
//! answers), `messages` (texts, pictures and turns as messages), `variants` (files named by a field), `open` (a message
//! that is gone on with), `tokens` (log-probabilities), `shots`, `refusal` and `axis`.

mod answer;
pub mod ask;
mod axis;
mod call;
pub mod complete;
pub mod judge;
#[cfg(test)]
pub(crate) mod kit;
pub mod likelihood;
pub(crate) mod messages;
mod open;
pub mod probability;
mod prompt;
mod refusal;
mod shots;
mod tokens;
mod variants;
