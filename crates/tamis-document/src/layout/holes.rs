//! Fills the holes of a document before it is set.

use std::collections::BTreeMap;

use crate::artist::{Artist, Drawing};
use crate::error::Error;
use crate::ink;
use crate::spec::{DocumentSpec, Hole, HoleKind, visit};

/// The holes of a document with their drawings, by id.
pub(crate) type Drawings<'a> = BTreeMap<&'a str, Filled<'a>>;

/// A hole and what is in it.
pub(crate) struct Filled<'a> {
    /// As in the spec.
    pub hole: &'a Hole,
    /// In pixels.
    pub drawing: Drawing,
}

/// Draws all holes.
pub(crate) fn draw<'a>(spec: &'a DocumentSpec, artist: &mut dyn Artist) -> Result<Drawings<'a>, Error> {
    let mut holes = Vec::new();
    visit::everywhere(spec, &mut |block| holes.extend(block.holes()));
    let scale = spec.page.scale();
    let mut drawings = BTreeMap::new();
    for hole in holes {
        let drawing = match artist.draw(hole, scale) {
            Some(drawing) => drawing,
            None => ink::draw(hole, scale).ok_or(Error::Undrawn { id: hole.id.clone(), what: name(&hole.kind) })?,
        };
        if drawings.insert(&*hole.id, Filled { hole, drawing }).is_some() {
            return Err(Error::RepeatedId(hole.id.clone()));
        }
    }
    Ok(drawings)
}

fn name(kind: &HoleKind) -> &'static str {
    match kind {
        HoleKind::Chart { .. } => "a chart",
        HoleKind::Table { .. } => "a table",
        HoleKind::Formula { .. } => "a formula",
        HoleKind::Barcode { .. } => "a barcode of characters that it cannot hold",
        _ => "a drawing",
    }
}
