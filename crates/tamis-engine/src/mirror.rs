//! Run directories that are copies of one elsewhere: in a bucket, where other machines find what this one did.
//!
//! The engine works on files, here as there; a copy is told when something was committed, and asked before something is
//! looked for. A run directory of its own has no mirror, and nothing of this happens.

use std::any::Any;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tamis_core::error::StopReason;
use tamis_core::media::Elsewhere;

use crate::error::EngineError;
use crate::layout::Shard;

/// What keeps a copy and what it is a copy of alike. Names of files are relative to the run directory.
pub trait Mirror: fmt::Debug + Send + Sync {
    /// What it is a copy of, as a person names it.
    fn url(&self) -> &str;

    /// The name of this copy, which no other copy has: part of the names of files that grow.
    fn name(&self) -> &str;

    /// Takes the right to work on this share, until what is returned is dropped. While it is held, what grows (answers,
    /// events) is copied every now and then.
    ///
    /// Errors: [`io::ErrorKind::WouldBlock`] when another process has it.
    fn hold(&self, shard: &Shard) -> io::Result<Box<dyn Any + Send + Sync>>;

    /// Brings what is small and needed: what the run is, its recipe, counts of its parts, indexes, answers.
    fn pull(&self) -> io::Result<()>;

    /// Says that the run was begun here; false when another copy was first. What an earlier process did not get out goes
    /// out too.
    fn begin(&self) -> io::Result<bool>;

    /// Brings one file that is not here.
    fn fetch(&self, file: &Path) -> io::Result<()>;

    /// Brings the counts of parts that others committed in a stage since.
    fn refresh(&self, stage: usize) -> io::Result<()>;

    /// A part was committed here.
    fn committed(&self, stage: usize, part: u64) -> io::Result<()>;

    /// A committed part was changed here.
    fn replaced(&self, stage: usize, part: u64) -> io::Result<()>;

    /// A committed part was taken back here.
    fn removed(&self, stage: usize, part: u64) -> io::Result<()>;

    /// A small file was written here.
    fn wrote(&self, file: &Path) -> io::Result<()>;

    /// Brings the decisions that stand before a stage, if there are any.
    fn decisions(&self, stage: usize) -> io::Result<()>;

    /// Decisions were made here; when others were first, theirs take their place.
    fn decided(&self, stage: usize) -> io::Result<()>;

    /// How long to wait before looking for the work of others again.
    fn pause(&self) -> Duration;

    /// The packs of media that are not here.
    fn packs(&self) -> Arc<dyn Elsewhere>;
}

/// An error of a mirror stops the run; it can be taken up when the server answers again.
pub(crate) fn stopped(error: io::Error) -> EngineError {
    EngineError::Stopped(StopReason::Machine(error.to_string()))
}
