//! The recipe language: parse, check, plan. Nothing here runs a recipe or asks a model.
//!
//! ```text
//! files --node--> tree with places --recipe--> document --steps--> bound steps --check--> plan
//!                        \________________ problems with file:line:column _______________/
//! ```
//!
//! - [`check()`] takes the files of a recipe and the registry of operators and gives a [`plan::Plan`] or every problem
//!   at once; [`bind_steps`] does the same for a bare list of steps
//! - [`files`]: a folder on disk or in memory; nothing is read outside of it
//! - [`node`], [`source`]: YAML with its places, within limits
//! - [`diagnostic`]: problems for people and for machines
//! - [`mod@reference`], [`schema`]: the operators' manual and the editors' schema, from the operators' config structs

pub mod diagnostic;
pub mod files;
pub mod node;
pub mod plan;
pub mod reference;
pub mod schema;
pub mod source;

mod check;
mod finish;
mod place;
mod recipe;
mod session;
mod shape;
mod steps;
mod subrecipe;
mod wording;

pub use check::{Beside, Checked, Options, bind_steps, check, no_files};
pub use diagnostic::{Code, Diagnostic, Severity};
pub use files::{DiskFolder, Files, MemoryFolder};
pub use plan::{Plan, Stage, TablePlan};
pub use recipe::FILE;
pub use session::{Library, NoLibrary};
