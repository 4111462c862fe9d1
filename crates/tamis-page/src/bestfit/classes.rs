//! The 74 classes of M6Doc, and how elements of each are made.

/// What draws the elements of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Painter {
    Heading,
    Prose,
    Small,
    Line,
    Quote,
    Verse,
    Dialogue,
    Bullets,
    Numbers,
    Options,
    Contents,
    References,
    Table,
    Bill,
    Form,
    Formula,
    Code,
    Picture,
    Portrait,
    Advertisement,
    Matrix,
    Bars,
    Capital,
    Bracket,
    Rule,
    Blank,
    Weather,
    Seal,
    Teaser,
    Masthead,
}

/// One class: its name, its painter, and the range of its widths and heights as parts of a page.
pub(super) struct Class {
    pub name: &'static str,
    pub painter: Painter,
    pub width: [f64; 2],
    pub height: [f64; 2],
}

const fn class(name: &'static str, painter: Painter, width: [f64; 2], height: [f64; 2]) -> Class {
    Class { name, painter, width, height }
}

/// All classes in the order of their numbers.
pub(super) static CLASSES: [Class; 74] = [
    class("QR code", Painter::Matrix, [0.05, 0.2], [0.05, 0.17]),
    class("advertisement", Painter::Advertisement, [0.2, 0.95], [0.12, 0.6]),
    class("algorithm", Painter::Code, [0.4, 0.85], [0.12, 0.4]),
    class("answer", Painter::Prose, [0.3, 0.8], [0.02, 0.12]),
    class("author", Painter::Line, [0.12, 0.6], [0.012, 0.03]),
    class("barcode", Painter::Bars, [0.1, 0.25], [0.03, 0.09]),
    class("bill", Painter::Bill, [0.25, 0.6], [0.15, 0.45]),
    class("blank", Painter::Blank, [0.1, 0.4], [0.015, 0.05]),
    class("bracket", Painter::Bracket, [0.02, 0.06], [0.02, 0.08]),
    class("breakout", Painter::Quote, [0.2, 0.45], [0.06, 0.2]),
    class("byline", Painter::Line, [0.08, 0.3], [0.01, 0.02]),
    class("caption", Painter::Small, [0.15, 0.7], [0.012, 0.05]),
    class("catalogue", Painter::Contents, [0.35, 0.85], [0.25, 0.8]),
    class("chapter title", Painter::Heading, [0.3, 0.8], [0.04, 0.1]),
    class("code", Painter::Code, [0.35, 0.85], [0.08, 0.45]),
    class("correction", Painter::Small, [0.2, 0.45], [0.03, 0.08]),
    class("credit", Painter::Line, [0.06, 0.25], [0.01, 0.018]),
    class("dateline", Painter::Line, [0.08, 0.3], [0.01, 0.02]),
    class("drop cap", Painter::Capital, [0.03, 0.09], [0.03, 0.08]),
    class("editor's note", Painter::Prose, [0.25, 0.8], [0.04, 0.12]),
    class("endnote", Painter::Small, [0.3, 0.8], [0.02, 0.12]),
    class("examinee information", Painter::Form, [0.3, 0.85], [0.03, 0.12]),
    class("fifth-level title", Painter::Heading, [0.15, 0.5], [0.012, 0.022]),
    class("figure", Painter::Picture, [0.2, 0.9], [0.12, 0.55]),
    class("first-level question number", Painter::Line, [0.04, 0.3], [0.012, 0.025]),
    class("first-level title", Painter::Heading, [0.25, 0.75], [0.02, 0.05]),
    class("flag", Painter::Masthead, [0.3, 0.95], [0.05, 0.14]),
    class("folio", Painter::Line, [0.03, 0.12], [0.01, 0.018]),
    class("footer", Painter::Line, [0.15, 0.7], [0.01, 0.022]),
    class("footnote", Painter::Small, [0.35, 0.85], [0.015, 0.07]),
    class("formula", Painter::Formula, [0.15, 0.7], [0.025, 0.11]),
    class("fourth-level section title", Painter::Heading, [0.15, 0.5], [0.013, 0.024]),
    class("fourth-level title", Painter::Heading, [0.15, 0.5], [0.013, 0.025]),
    class("header", Painter::Line, [0.15, 0.8], [0.01, 0.025]),
    class("headline", Painter::Heading, [0.25, 0.95], [0.03, 0.13]),
    class("index", Painter::Contents, [0.2, 0.45], [0.2, 0.75]),
    class("inside", Painter::Teaser, [0.15, 0.4], [0.1, 0.35]),
    class("institute", Painter::Line, [0.2, 0.65], [0.012, 0.03]),
    class("jump line", Painter::Line, [0.06, 0.2], [0.01, 0.017]),
    class("kicker", Painter::Line, [0.1, 0.35], [0.012, 0.03]),
    class("lead", Painter::Prose, [0.25, 0.85], [0.04, 0.12]),
    class("marginal note", Painter::Small, [0.1, 0.2], [0.03, 0.2]),
    class("matching", Painter::Options, [0.3, 0.75], [0.1, 0.3]),
    class("mugshot", Painter::Portrait, [0.07, 0.2], [0.07, 0.2]),
    class("option", Painter::Options, [0.2, 0.75], [0.02, 0.1]),
    class("ordered list", Painter::Numbers, [0.3, 0.85], [0.06, 0.35]),
    class("other question number", Painter::Line, [0.03, 0.12], [0.011, 0.02]),
    class("page number", Painter::Line, [0.015, 0.06], [0.011, 0.018]),
    class("paragraph", Painter::Prose, [0.22, 0.85], [0.06, 0.55]),
    class("part", Painter::Heading, [0.15, 0.5], [0.02, 0.05]),
    class("play", Painter::Dialogue, [0.35, 0.8], [0.15, 0.6]),
    class("poem", Painter::Verse, [0.25, 0.55], [0.12, 0.5]),
    class("reference", Painter::References, [0.35, 0.85], [0.1, 0.6]),
    class("sealing line", Painter::Seal, [0.02, 0.05], [0.5, 0.95]),
    class("second-level question number", Painter::Line, [0.03, 0.1], [0.011, 0.02]),
    class("second-level title", Painter::Heading, [0.2, 0.6], [0.018, 0.04]),
    class("section", Painter::Line, [0.1, 0.4], [0.014, 0.035]),
    class("section title", Painter::Heading, [0.2, 0.7], [0.018, 0.045]),
    class("sidebar", Painter::Teaser, [0.18, 0.4], [0.2, 0.75]),
    class("sub section title", Painter::Heading, [0.2, 0.6], [0.016, 0.035]),
    class("subhead", Painter::Heading, [0.2, 0.7], [0.018, 0.05]),
    class("subsub section title", Painter::Heading, [0.15, 0.5], [0.014, 0.028]),
    class("supplementary note", Painter::Small, [0.25, 0.8], [0.02, 0.1]),
    class("table", Painter::Table, [0.35, 0.9], [0.12, 0.55]),
    class("table caption", Painter::Line, [0.2, 0.7], [0.012, 0.03]),
    class("table note", Painter::Small, [0.3, 0.8], [0.012, 0.05]),
    class("teasers", Painter::Teaser, [0.2, 0.9], [0.08, 0.25]),
    class("third-level question number", Painter::Line, [0.03, 0.08], [0.011, 0.02]),
    class("third-level title", Painter::Heading, [0.2, 0.55], [0.015, 0.032]),
    class("title", Painter::Heading, [0.4, 0.9], [0.04, 0.12]),
    class("translator", Painter::Line, [0.08, 0.3], [0.011, 0.02]),
    class("underscore", Painter::Rule, [0.1, 0.5], [0.01, 0.02]),
    class("unordered list", Painter::Bullets, [0.3, 0.85], [0.06, 0.35]),
    class("weather forecast", Painter::Weather, [0.2, 0.6], [0.1, 0.3]),
];

/// The names of the classes, in the order of their numbers.
pub fn class_names() -> impl Iterator<Item = &'static str> {
    CLASSES.iter().map(|c| c.name)
}

/// The class of this name; `None` if it is none of the 74.
pub(super) fn class_named(name: &str) -> Option<&'static Class> {
    CLASSES.iter().find(|c| c.name == name)
}

impl Class {
    /// How many times more often it comes than a rare class, as pages have it.
    pub(super) fn abundance(&self) -> u32 {
        match self.name {
            "paragraph" => 12,
            "figure" | "option" => 6,
            "table" | "headline" | "ordered list" | "unordered list" | "advertisement" => 4,
            "formula" | "lead" | "sidebar" | "section title" | "title" | "caption" => 3,
            _ => 1,
        }
    }

    /// Height by width in pixels of elements that have one form whatever their size.
    pub(super) fn form(&self) -> Option<f64> {
        match self.painter {
            Painter::Matrix => Some(1.0),
            Painter::Portrait => Some(1.25),
            Painter::Capital => Some(1.1),
            Painter::Bracket => Some(0.5),
            _ => None,
        }
    }
}
