//! Steps that the parameters decide about: a `when` that looks at no record is decided by the check.

use std::sync::Arc;

use tamis_core::media::MemoryStore;
use tamis_core::template::{Expression, Vars};
use tamis_core::{Field, Schema, Type};

use super::{Counts, Level};
use crate::node::{Kind, Node};
use crate::place::Place;
use crate::shape::Shape;

/// What steps that are left out would have written: what further ones that are left out find before them.
#[derive(Default)]
pub(super) struct Unset(Schema);

impl Unset {
    /// A step that is there has its own say about the fields that it changes.
    pub(super) fn forget(&mut self, before: &Schema, after: &Schema) {
        let changed: Vec<_> = self.0.names().filter(|name| before.get(name) != after.get(name)).cloned().collect();
        changed.iter().for_each(|name| drop(self.0.remove(name)));
    }
}

impl<'a> Place<'a> {
    /// Whether the step's `when` holds, if parameters and data alone decide it.
    pub(super) fn decided(&self, shape: &Shape<'a>) -> Option<bool> {
        let Kind::Text(source) = &shape.when?.kind else { return None };
        let constants = &self.recipe.constants;
        let expression = Expression::compile(source.trim()).ok()?;
        let known = |name: &String| constants.iter().any(|(constant, _)| **constant == **name);
        let decided = !expression.names().is_empty() && expression.names().iter().all(known);
        let nobody = Vars::new(Vec::new(), Arc::new(MemoryStore::new()));
        decided.then(|| expression.seeing(constants).holds(&nobody).ok()).flatten()
    }

    /// Checks a step that no record sees in this setting, as if it were there, and leaves it out of the plan. Its new
    /// fields may be missing behind it; roles that only such steps ask for need no model. Whether the step is whole.
    pub(super) fn left_out(
        &self,
        shape: &Shape<'a>,
        item: &Node,
        before: &mut Schema,
        unset: &mut Unset,
        level: &Level,
        counts: &mut Counts,
    ) -> bool {
        let mut there = before.clone();
        unset.0.iter().for_each(|(name, field)| there.set(name.clone(), field.clone()));
        let (step, after) = self.folder.session.leaving_out(|| self.step(&shape.always(), &there, level, counts));
        for (name, field) in after.iter().filter(|(name, field)| there.get(name) != Some(field)) {
            unset.0.set(name.clone(), field.clone());
            if !before.contains(name) {
                before.set(name.clone(), Field { ty: Type::optional(field.ty.clone()), of: field.of.clone() });
            }
        }
        if step.is_none() {
            self.silence(item);
        }
        step.is_some()
    }
}
