//! What a block is, in the words of layout data sets.

use serde::{Deserialize, Serialize};

/// The class of a block: those of DocLayNet (Pfitzmann et al. 2022, table 1), with its page furniture told apart
/// (page number) and the parts of forms and letters added (key, value, stamp, signature, logo).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// The title of the document.
    Title,
    /// A heading of a section.
    Heading,
    /// A paragraph or any other running text.
    Text,
    /// One item of a list.
    ListItem,
    /// A table.
    Table,
    /// A chart, picture or drawing.
    Figure,
    /// What stands above or below a table or figure to explain it.
    Caption,
    /// A formula that stands on its own.
    Formula,
    /// What is repeated at the top of pages.
    Header,
    /// What is repeated at the bottom of pages.
    Footer,
    /// The number of the page.
    PageNumber,
    /// A note at the foot of a page.
    Footnote,
    /// The label of a field.
    Key,
    /// What is filled into a field.
    Value,
    /// A stamp.
    Stamp,
    /// A signature.
    Signature,
    /// The sign of a company.
    Logo,
}

impl Class {
    /// In words: "list item".
    pub fn name(self) -> &'static str {
        match self {
            Class::Title => "title",
            Class::Heading => "heading",
            Class::Text => "text",
            Class::ListItem => "list item",
            Class::Table => "table",
            Class::Figure => "figure",
            Class::Caption => "caption",
            Class::Formula => "formula",
            Class::Header => "header",
            Class::Footer => "footer",
            Class::PageNumber => "page number",
            Class::Footnote => "footnote",
            Class::Key => "key",
            Class::Value => "value",
            Class::Stamp => "stamp",
            Class::Signature => "signature",
            Class::Logo => "logo",
        }
    }

    /// Whether it stands outside the text that a reader follows.
    pub fn is_furniture(self) -> bool {
        matches!(self, Class::Header | Class::Footer | Class::PageNumber)
    }
}
