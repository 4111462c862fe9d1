//! Steps that ask a chat role.
//!
//! One file for each operator. What they share: `call` (asking, the repair turn), `answer` (typed answers), `messages`
//! (texts, pictures and turns as messages), `variants` (files named by a field), `shots`, `refusal` and `axis`.

mod answer;
pub mod ask;
mod axis;
mod call;
pub mod judge;
#[cfg(test)]
pub(crate) mod kit;
pub(crate) mod messages;
mod refusal;
mod shots;
mod variants;
