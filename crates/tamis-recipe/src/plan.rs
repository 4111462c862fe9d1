//! The checked plan: a recipe whose types meet, cut into stages at its barriers.

use std::collections::BTreeMap;
use std::sync::Arc;

use tamis_core::block::{Block, Step, StepInfo};
use tamis_core::model::RoleKind;
use tamis_core::template::Constants;
use tamis_core::{Name, Schema};

/// A recipe that may run. It only comes out of a check without errors.
pub struct Plan {
    /// the recipe's name
    pub name: String,
    /// the paper, as written: `arXiv:2304.08485`
    pub paper: Option<String>,
    /// what it does, in a line
    pub about: Option<String>,
    /// the licence note for datasets made with it
    pub licence: Option<String>,
    /// content address of the recipe's folder and the parameters given for this run
    pub digest: String,
    /// the roles it asks for
    pub roles: BTreeMap<Name, RoleKind>,
    /// the fields it asks of its input
    pub inputs: Schema,
    /// rows beside the input
    pub tables: BTreeMap<Name, TablePlan>,
    /// the stages, in order, at least one
    pub stages: Vec<Stage>,
    /// every step, nested ones too
    pub all_steps: Vec<StepInfo>,
    /// the fields of a sample
    pub output: Schema,
    /// data and parameters
    pub constants: Constants,
    /// the recipe's files as run, path and text, for the copy in the run directory
    pub files: Arc<Vec<(String, Vec<u8>)>>,
}

/// A table that a recipe looks things up in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TablePlan {
    /// the fields of a row; none where it takes any
    pub schema: Schema,
    /// whether it takes any columns; then a run may name it or not
    pub any: bool,
    /// the file of [`Plan::files`] that it is read from; `None` for one that each run names
    pub file: Option<String>,
    /// whether a run may leave it out
    pub optional: bool,
}

/// The steps between two barriers.
pub struct Stage {
    /// record-wise steps, in order
    pub block: Block,
    /// the barrier behind them; `None` in the last stage
    pub barrier: Option<Step>,
    /// the fields of records that come out of the record-wise steps, which is what the stage writes to disk
    pub schema: Schema,
}

impl Plan {
    /// Every step, nested ones excluded, with its stage.
    pub fn steps(&self) -> impl Iterator<Item = (usize, &Step)> {
        self.stages
            .iter()
            .enumerate()
            .flat_map(|(i, stage)| stage.block.steps.iter().chain(&stage.barrier).map(move |step| (i, step)))
    }
}
