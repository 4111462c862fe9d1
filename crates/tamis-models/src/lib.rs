//! Models: who plays the roles of a recipe, and how they are asked.
//!
//! - [`bindings`]: `models.yaml`, from which everything else is made by [`Bindings::connect`]
//! - [`journal`], [`budget`], [`meter`]: what was paid for, what may be spent, what is going on
//! - [`tokens`]: what requests cost before they are made
//! - [`sim`]: the simulator, in this process or as an HTTP server
//! - [`scripted`]: the replies of a recipe's fixtures
//!
//! A call goes down these rooms and its answer comes back up: `role` (journal, identical requests, budget, one model
//! after the other) -> `bound` (one model: its servers, attempts) -> `endpoint` (one server: rates, places in flight,
//! giving up) -> `client` or `sim` (one exchange).

mod backend;
mod batch;
pub mod bindings;
mod bound;
pub mod budget;
mod chat_template;
mod client;
mod digest;
mod endpoint;
mod fault;
mod flight;
pub mod journal;
mod limits;
mod local;
pub mod meter;
mod painted;
mod role;
pub mod scripted;
mod secret;
pub mod sim;
pub mod tokens;

pub use batch::{Batches, Tell};
pub use bindings::{BindingError, Bindings, Services};
pub use budget::Budget;
pub use journal::{Journal, JournalError};
pub use meter::Meter;
pub use scripted::Scripted;
