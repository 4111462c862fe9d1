//! What a `when` makes of the fields behind a step.

use tamis_core::{Field, Schema, Type};

use crate::diagnostic::Code;
use crate::place::Place;
use crate::shape::Shape;

impl<'a> Place<'a> {
    /// The fields behind a step that some records skip: a new field may be missing, one that changes has to fit both.
    pub(super) fn behind_condition(&self, shape: &Shape<'a>, before: &Schema, after: Schema) -> Schema {
        let mut joined = Schema::new();
        for (name, old) in before.iter() {
            let field = match after.get(name) {
                Some(new) => self.join(shape, name, old, new),
                None => Field { ty: Type::optional(old.ty.clone()), of: old.of.clone() },
            };
            joined.set(name.clone(), field);
        }
        for (name, new) in after.iter().filter(|(name, _)| !before.contains(name)) {
            joined.set(name.clone(), Field { ty: Type::optional(new.ty.clone()), of: new.of.clone() });
        }
        joined
    }

    fn join(&self, shape: &Shape<'a>, name: &str, old: &Field, new: &Field) -> Field {
        let span = shape.when.map_or(shape.operator.key_span, |when| when.span);
        let help = || Some(format!("write another field than `{name}`, or let all records through this step"));
        if old.of != new.of {
            let message = format!("`{name}` belongs to another image behind this step, but some records skip the step");
            self.tell(Code::Type, span, message, help());
            return old.clone();
        }
        match old.ty.join(&new.ty) {
            Some(ty) => Field { ty, of: old.of.clone() },
            None => {
                let message = format!(
                    "`{name}` is {} before this step and {} behind it, but some records skip the step",
                    old.ty, new.ty
                );
                self.tell(Code::Type, span, message, help());
                old.clone()
            }
        }
    }
}
