//! The shape of a record: which fields it has, and how many records it becomes.

pub mod compute;
pub mod count;
pub mod drop;
pub mod explode;
pub mod rename;
pub mod select;

use tamis_core::bind::Scope;
use tamis_core::{Name, Schema};

/// Tells of geometry whose image would go while it stays: its coordinates would mean nothing.
pub(crate) fn check_frames(scope: &mut Scope<'_>, at: &str, left: &Schema) -> bool {
    let stray = |(name, field): (&Name, &tamis_core::Field)| {
        let image = field.of.clone().filter(|image| !left.contains(image))?;
        Some((name.clone(), image))
    };
    let stray: Vec<(Name, Name)> = left.iter().filter_map(stray).collect();
    for (name, image) in &stray {
        scope.problem(at, format!("`{name}` is in the grid of `{image}`, which goes; let both stay or both go"));
    }
    stray.is_empty()
}

/// Reads field names of a list; told if it is empty, a name is unknown or there twice.
pub(crate) fn read_names(scope: &mut Scope<'_>, at: &str, names: &[String]) -> Option<Vec<Name>> {
    if names.is_empty() {
        scope.problem(at, "expected at least one field, found none");
        return None;
    }
    let mut read = Vec::new();
    for (i, name) in names.iter().enumerate() {
        let at = format!("{at}[{i}]");
        if names[..i].contains(name) {
            scope.problem(&at, format!("`{name}` is there twice"));
        } else if name.contains('.') {
            scope.problem(&at, format!("expected a whole field, found the member `{name}`"));
        } else {
            read.extend(scope.read_any(&at, name).map(|field| field.name));
        }
    }
    (read.len() == names.len()).then_some(read)
}
