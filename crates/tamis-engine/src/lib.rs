//! Runs checked plans. Parts are worked on side by side and committed whole; a run that is killed at any instant is
//! taken up where it stopped; every record ends as accepted, rejected or failed, and [`verify`] proves it.
//!
//! - [`run`]: stages, parts, records; [`input`] reads, `between` decides at barriers, `finish` commits; [`host`] serves
//!   the steps, [`stop`] ends it early
//! - [`layout`], [`part`], [`row`]: what stands where on disk; [`mirror`]: when it is the copy of a run elsewhere
//! - [`digest`], [`summary`], [`verify`], [`dataset`]: what came out, and the proof of it
//! - [`table`]: rows beside the input
//! - [`progress`], [`events`]: what is going on

mod accept;
mod before;
mod between;
pub mod dataset;
pub mod digest;
pub mod error;
pub mod events;
mod finish;
pub mod host;
pub mod input;
pub mod layout;
pub mod mirror;
pub mod part;
pub mod progress;
mod remote;
pub mod row;
pub mod run;
pub mod stop;
pub mod summary;
pub mod table;
pub mod verify;

pub use digest::Digest;
pub use error::EngineError;
pub use layout::{Identity, RunDir, RunFile, Shard};
pub use mirror::Mirror;
pub use progress::Progress;
pub use run::{Job, Options, Rebind, execute};
pub use stop::Stop;
pub use summary::Summary;
pub use table::DiskTable;
