//! From the spec to pages: holes are drawn, the text is set around them, and both become scenes with their truth.

mod check;
mod compose;
mod hand;
mod holes;
mod merge;
mod words;

pub(crate) use compose::Composed;
pub(crate) use holes::Drawings;
pub(crate) use words::Fragment;

use tamis_draw::scene::Scene;

use crate::artist::Artist;
use crate::error::Error;
use crate::spec::DocumentSpec;
use crate::truth::{self, PageTruth};
use crate::{source, typeset};

/// A typeset document.
#[derive(Clone, Debug)]
pub struct Document {
    /// In order; at least one.
    pub pages: Vec<Page>,
    /// All of it, page furniture left out.
    pub markdown: String,
}

/// One page.
#[derive(Clone, Debug)]
pub struct Page {
    /// What is drawn. Each block is a group with the block's id and its class as role.
    pub scene: Scene,
    /// What is known of it.
    pub truth: PageTruth,
}

/// The most pages a document may have.
const MOST_PAGES: usize = 60;

/// Sets a document in pages. The same spec and artist give the same pages, on any thread.
///
/// # Errors
/// When the spec contradicts itself, a character has no glyph, something does not fit its page, or a hole stays empty.
pub fn lay_out(spec: &DocumentSpec, artist: &mut dyn Artist) -> Result<Document, Error> {
    check::spec(spec)?;
    let drawings = holes::draw(spec, artist)?;
    let source = source::write(spec, &drawings);
    let compiled = typeset::compile(source.text.clone())?;
    let total = compiled.document.pages().len();
    if total > MOST_PAGES {
        return Err(Error::TooLarge { what: "pages", found: total, most: MOST_PAGES });
    }
    let mut pages = Vec::with_capacity(total);
    for number in 1..=total {
        let pieces = typeset::pieces(&compiled, number - 1, spec.page.dpi / 72.0)?;
        let composed = compose::page(spec, &source, &drawings, pieces, number, total)?;
        pages.push(composed);
    }
    let pages = truth::assemble(spec, &source, &drawings, pages);
    pages.iter().try_for_each(check::page)?;
    let markdown = truth::document_markdown(spec, &drawings);
    Ok(Document { pages, markdown })
}
