//! Kinds of documents, one file each: what they say and how their parts stand.

mod contract;
mod exam;
mod form;
mod invoice;
mod letter;
mod menu;
mod newspaper;
mod paper;
mod receipt;
mod report;
mod resume;
mod slides;
mod statement;
mod timetable;

use serde::{Deserialize, Serialize};
use tamis_core::rng::Rng;

use crate::content::Author;
use crate::spec::{Block, DocumentSpec, Language, PageSpec};

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A business letter.
    Letter,
    /// An invoice with tax and totals.
    Invoice,
    /// A till receipt.
    Receipt,
    /// A form filled in by hand.
    Form,
    /// A contract of numbered clauses.
    Contract,
    /// A business report with tables and charts.
    Report,
    /// A scientific paper in one column.
    Paper,
    /// A scientific paper in two columns.
    TwoColumnPaper,
    /// The front page of a newspaper.
    Newspaper,
    /// An examination paper.
    Exam,
    /// A deck of slides.
    Slides,
    /// The menu of a restaurant.
    Menu,
    /// A résumé.
    Resume,
    /// A bank statement.
    Statement,
    /// A timetable.
    Timetable,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 15] = [
        Kind::Letter,
        Kind::Invoice,
        Kind::Receipt,
        Kind::Form,
        Kind::Contract,
        Kind::Report,
        Kind::Paper,
        Kind::TwoColumnPaper,
        Kind::Newspaper,
        Kind::Exam,
        Kind::Slides,
        Kind::Menu,
        Kind::Resume,
        Kind::Statement,
        Kind::Timetable,
    ];

    /// In words: "two-column paper".
    pub fn name(self) -> &'static str {
        match self {
            Kind::Letter => "letter",
            Kind::Invoice => "invoice",
            Kind::Receipt => "receipt",
            Kind::Form => "form",
            Kind::Contract => "contract",
            Kind::Report => "report",
            Kind::Paper => "paper",
            Kind::TwoColumnPaper => "two-column paper",
            Kind::Newspaper => "newspaper",
            Kind::Exam => "exam",
            Kind::Slides => "slides",
            Kind::Menu => "menu",
            Kind::Resume => "résumé",
            Kind::Statement => "bank statement",
            Kind::Timetable => "timetable",
        }
    }

    /// How many pages one has on average: what it takes to draw kinds so that each holds as many pages.
    pub fn pages(self) -> f64 {
        match self {
            Kind::Slides => 4.4,
            Kind::Paper => 3.0,
            Kind::Report | Kind::TwoColumnPaper => 2.0,
            Kind::Exam => 1.9,
            Kind::Statement => 1.4,
            Kind::Contract | Kind::Resume => 1.2,
            _ => 1.0,
        }
    }

    /// Whether its looks are those of an office.
    fn is_sober(self) -> bool {
        !matches!(self, Kind::Menu | Kind::Slides | Kind::Newspaper | Kind::Resume | Kind::Timetable)
    }
}

/// What a sampled document may be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Its language; one of all where there is none.
    pub language: Option<Language>,
    /// Pixels per inch.
    pub dpi: f64,
    /// The artist draws charts; pictures stand in for them otherwise.
    pub charts: bool,
    /// The artist draws formulas; documents have none otherwise.
    pub formulas: bool,
    /// The artist draws tables; those of the typesetter are taken otherwise.
    pub tables: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { language: None, dpi: 144.0, charts: false, formulas: false, tables: false }
    }
}

/// Header, body and footer of a document, its sheet and its title.
pub(crate) struct Draft {
    pub title: String,
    pub page: PageSpec,
    pub header: Vec<Block>,
    pub body: Vec<Block>,
    pub footer: Vec<Block>,
}

impl Draft {
    fn new(title: impl Into<String>, page: PageSpec, body: Vec<Block>) -> Draft {
        Draft { title: title.into(), page, header: Vec::new(), body, footer: Vec::new() }
    }
}

/// A document of a kind, in a look and with contents drawn from `rng`.
pub fn sample(kind: Kind, options: &Options, rng: &mut Rng) -> DocumentSpec {
    let language = match options.language {
        Some(language) => language,
        None => Language::ALL[rng.below(Language::ALL.len())],
    };
    let seed = rng.seed();
    let mut author = Author::new(language, kind.is_sober(), options, rng);
    let draft = match kind {
        Kind::Letter => letter::write(&mut author),
        Kind::Invoice => invoice::write(&mut author),
        Kind::Receipt => receipt::write(&mut author),
        Kind::Form => form::write(&mut author),
        Kind::Contract => contract::write(&mut author),
        Kind::Report => report::write(&mut author),
        Kind::Paper => paper::write(&mut author, 1),
        Kind::TwoColumnPaper => paper::write(&mut author, 2),
        Kind::Newspaper => newspaper::write(&mut author),
        Kind::Exam => exam::write(&mut author),
        Kind::Slides => slides::write(&mut author),
        Kind::Menu => menu::write(&mut author),
        Kind::Resume => resume::write(&mut author),
        Kind::Statement => statement::write(&mut author),
        Kind::Timetable => timetable::write(&mut author),
    };
    let page = PageSpec { dpi: options.dpi, ..draft.page };
    DocumentSpec {
        kind,
        language,
        seed,
        title: draft.title,
        page,
        look: author.look,
        header: draft.header,
        footer: draft.footer,
        body: draft.body,
        facts: author.facts,
    }
}

/// Upright A4, or Letter for English, with margins that vary.
fn sheet(author: &mut Author<'_>) -> PageSpec {
    let mut page = PageSpec::a4();
    if author.language == Language::En && author.rng.below(2) == 0 {
        (page.width, page.height) = (215.9, 279.4);
    }
    let side = author.rng.range(18.0, 26.0).round();
    page.margins = [author.rng.range(20.0, 27.0).round(), side, author.rng.range(20.0, 26.0).round(), side];
    page
}

/// A page number at the foot, as the language writes it or in figures alone.
fn numbered(author: &mut Author<'_>, page: &PageSpec) -> Vec<Block> {
    use crate::spec::Align::{Center, End};
    let pattern = match author.rng.below(3) {
        0 => author.label("page"),
        1 => "{n}".to_string(),
        _ => "– {n} –".to_string(),
    };
    let align = if author.rng.below(2) == 0 { Center } else { End };
    vec![author.page_number(&pattern, align, page.text_width())]
}

/// Columns side by side that share the width.
fn side_by_side(columns: Vec<(f64, Vec<Block>, crate::spec::Align)>, gap: f64) -> Block {
    use crate::spec::{Align, Column, Width};
    let columns = columns
        .into_iter()
        .map(|(share, blocks, align)| Column { width: Width::Share(share), blocks, align })
        .collect();
    Block::Row { columns, gap, align: Align::Start }
}
