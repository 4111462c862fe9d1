//! Why a document cannot be made.

/// Why a document cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No font of ours has a character.
    #[error("no font has the character {character:?} (U+{:04X}) of {id:?}; take it out, or write it in letters we have", *character as u32)]
    MissingGlyph {
        /// Which.
        character: char,
        /// The text it stands in.
        id: String,
    },
    /// A text or drawing reaches out of the page.
    #[error(
        "{id:?} reaches out of its cell or of page {page}: its box is {found:?}, the page is {width} x {height} pixels; use a larger page, shorter words or a smaller font"
    )]
    Overflow {
        /// What.
        id: String,
        /// From 1.
        page: usize,
        /// Its box in pixels.
        found: [f64; 4],
        /// Of the page, in pixels.
        width: u32,
        /// Of the page, in pixels.
        height: u32,
    },
    /// Two ids are alike.
    #[error("the id {0:?} is used twice; ids are unique in a document")]
    RepeatedId(String),
    /// A number of the spec is out of its range.
    #[error("{what} is {found}, expected {expected}")]
    Range {
        /// Which.
        what: String,
        /// What it is.
        found: f64,
        /// What it may be.
        expected: &'static str,
    },
    /// More than is sensible.
    #[error("the document has {found} {what}, at most {most} are made; split it")]
    TooLarge {
        /// Of what.
        what: &'static str,
        /// How many it has.
        found: usize,
        /// How many it may have.
        most: usize,
    },
    /// Nobody draws a hole.
    #[error("nothing was drawn for {id:?} ({what}); give an artist that draws it, or leave it out of the spec")]
    Undrawn {
        /// Which hole.
        id: String,
        /// What it asks for.
        what: &'static str,
    },
    /// A table's row does not fill its columns.
    #[error("row {row} of table {id:?} covers {found} columns, the table has {expected}")]
    Ragged {
        /// Which table.
        id: String,
        /// From 0.
        row: usize,
        /// Columns covered.
        found: usize,
        /// Columns there are.
        expected: usize,
    },
    /// A family that is not ours.
    #[error("there is no font family {0:?}; `tamis_fonts::families()` lists those there are")]
    UnknownFont(String),
    /// The typesetter complains about what we wrote: a defect of ours.
    #[error("typesetting failed: {message} (at {at:?})")]
    Typesetting {
        /// What it says.
        message: String,
        /// The source there.
        at: String,
    },
    /// A defect of ours.
    #[error("internal error: {0}")]
    Internal(String),
}
