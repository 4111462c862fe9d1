//! Documents with known truth: **spec -> scene**, page by page.
//!
//! A [`spec::DocumentSpec`] says everything there is to know: what the document says, how it looks, on which sheet.
//! [`sample`] makes one of a [`Kind`] in a language from a stream of random numbers; users may write their own.
//! [`lay_out`] typesets it: for each page a [`tamis_draw::scene::Scene`] and its [`truth::PageTruth`] (words, lines,
//! blocks with class and reading order, tables, fields, Markdown). What is said comes from the spec, where it stands
//! comes from the scene; nothing is read back from pixels.
//!
//! Charts, formulas and tables of other crates are put in through an [`Artist`].

mod artist;
mod content;
mod error;
mod ink;
mod kind;
mod layout;
mod source;
pub mod spec;
pub mod truth;
mod typeset;

pub use artist::{Artist, Drawing, NoArtist};
pub use error::Error;
pub use ink::Subject;
pub use kind::{Kind, Options, sample};
pub use layout::{Document, Page, lay_out};
