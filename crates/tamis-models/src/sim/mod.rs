//! The simulator: a model that answers at once, for nothing, the same to the same request, and plausibly: text drawn
//! from the prompt, JSON that satisfies the schema. In this process as a backend, or as an HTTP server with knobs for
//! everything that goes wrong with servers.

mod asked;
mod batch;
mod embed;
mod faults;
mod form;
mod hook;
mod in_process;
mod judgement;
mod likely;
mod material;
mod ocr;
mod opened;
pub(crate) mod paint;
mod reply;
mod schema;
mod server;
mod stats;
mod wire;
mod write;

pub use batch::BatchOptions;
pub(crate) use in_process::InProcess;
pub use reply::{Completion, Knobs, Written, reply};
pub use server::{Options, Running, run, spawn};
pub use wire::{Ask, Spoken};

/// The name under which the simulator serves, unless told otherwise.
pub const MODEL: &str = "tamis-sim";
