//! One file for each command.

pub mod check;
pub mod export;
pub mod list;
pub mod new;
pub mod ops;
pub mod plan;
pub mod resume;
pub mod run;
pub mod schema;
pub mod sheet;
pub mod show;
pub mod sim;
pub mod stats;
pub mod test;
pub mod verify;
