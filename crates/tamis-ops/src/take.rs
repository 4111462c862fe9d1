//! Fields of other records that a step takes over.

use indexmap::IndexMap;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::value::Fields;
use tamis_core::{Name, Record, Type, Value};

/// What is taken, by the name under which it is put down.
pub(crate) struct Take(Vec<(Name, FieldRef)>);

impl Take {
    /// Finds the fields; told if one is unknown or has coordinates, which mean nothing away from their picture.
    pub(crate) fn bind(scope: &mut Scope<'_>, take: &IndexMap<String, String>) -> Option<Take> {
        let mut bound = Vec::new();
        for (name, path) in take {
            let at = format!("take.{name}");
            let Some(field) = scope.read_any(&at, path) else { continue };
            if field.ty.holds_geometry() && field.of.is_some() {
                scope
                    .problem(&at, format!("`{path}` has coordinates in a picture of its own record and stays with it"));
                continue;
            }
            bound.push((Name::from(name.as_str()), field));
        }
        (bound.len() == take.len()).then_some(Take(bound))
    }

    /// The names and types, in order.
    pub(crate) fn types(&self) -> impl Iterator<Item = (&Name, &Type)> {
        self.0.iter().map(|(name, field)| (name, &field.ty))
    }

    /// What is taken of a record.
    pub(crate) fn of(&self, record: &Record) -> Fields {
        self.0.iter().map(|(name, field)| (name.clone(), field.get(record).clone())).collect::<IndexMap<Name, Value>>()
    }
}
