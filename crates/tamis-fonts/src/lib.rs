//! The fonts that Tamis draws with, embedded, so that a page looks the same on every machine.
//!
//! The files lie in `assets/fonts`, each family beside its licence. `assets/fonts/make.py` makes them, the manifest and
//! the table in `faces.rs`; a test compares the three.

mod faces;

/// All faces, in an order which stays the same from run to run: families as the manifest lists them, upright before
/// italic, light before bold.
#[must_use]
pub fn faces() -> &'static [Face] {
    faces::FACES
}

/// The name of every family, once, in the order of [`faces`].
pub fn families() -> impl Iterator<Item = &'static str> {
    // Faces of one family stand together, so a name is new where it differs from the one before.
    let before = std::iter::once(None).chain(faces().iter().map(|face| Some(face.family)));
    faces().iter().zip(before).filter(|(face, before)| Some(face.family) != *before).map(|(face, _)| face.family)
}

/// One font file: a single weight and posture of a family, with static outlines.
#[derive(Clone, Copy)]
pub struct Face {
    /// the family, exactly as the font's own name table has it
    pub family: &'static str,
    /// 400 is regular, 700 bold
    pub weight: u16,
    /// italic or oblique
    pub italic: bool,
    /// what the family looks like
    pub kind: Kind,
    /// scripts that the face covers, as ISO 15924 codes (`Zmth` mathematics, `Zsye` emoji, `Zsym` symbols)
    pub scripts: &'static [&'static str],
    /// the licence as an SPDX expression
    pub licence: &'static str,
    /// the font file, TrueType or OpenType
    pub data: &'static [u8],
}

impl std::fmt::Debug for Face {
    // Without the bytes, which would fill many screens.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Face")
            .field("family", &self.family)
            .field("weight", &self.weight)
            .field("italic", &self.italic)
            .field("kind", &self.kind)
            .field("scripts", &self.scripts)
            .field("licence", &self.licence)
            .field("bytes", &self.data.len())
            .finish()
    }
}

/// What a family looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// without serifs
    Sans,
    /// with serifs
    Serif,
    /// all advances equal
    Mono,
    /// like hand-writing
    Hand,
    /// for headlines
    Display,
    /// with the tables that formulas need
    Math,
    /// pictures rather than letters
    Symbol,
}
