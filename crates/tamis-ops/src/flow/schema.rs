//! The fields inside and behind a loop, whose rounds find what earlier ones have written.

use tamis_core::bind::Scope;
use tamis_core::{Field, Schema, Type};

/// The fields at the beginning of any round: those before the loop, and those that an earlier round has written.
pub(super) fn any_round(scope: &mut Scope<'_>) -> Option<Schema> {
    /// Each further look can only make types wider; lists of lists of optionals are rare.
    const LOOKS: usize = 8;
    let outside = scope.schema().clone();
    let mut before = outside.clone();
    for _ in 0..LOOKS {
        let behind = scope.surroundings().probe("steps", &scope.step, &before);
        let next = joined(scope, &outside, &behind)?;
        if next == before {
            return Some(before);
        }
        before = next;
    }
    scope.problem("steps", "the types of the fields change from round to round without end");
    None
}

fn joined(scope: &mut Scope<'_>, outside: &Schema, behind: &Schema) -> Option<Schema> {
    let mut any = Schema::new();
    for (name, field) in outside.iter() {
        let ty = match behind.get(name) {
            Some(later) => field.ty.join(&later.ty),
            None => Some(Type::optional(field.ty.clone())),
        };
        let Some(ty) = ty else {
            let later = behind.get(name).map(|later| later.ty.to_string()).unwrap_or_default();
            let message = format!("`{name}` is {} in the first round and {later} in the second", field.ty);
            scope.problem("steps", message);
            return None;
        };
        any.set(name.clone(), Field { ty, of: field.of.clone() });
    }
    for (name, field) in behind.iter().filter(|(name, _)| !outside.contains(name)) {
        any.set(name.clone(), Field { ty: Type::optional(field.ty.clone()), of: field.of.clone() });
    }
    Some(any)
}
