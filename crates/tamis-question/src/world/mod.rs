//! What questions are asked of: charts, tables, forms and pages as plain data, taken from specs.

mod chart;
mod facts;
mod page;
mod sheet;
mod table;

pub use chart::{ChartView, View};
pub use facts::{Fact, FactValue, Facts};
pub use page::{Block, FormField, Grid, GridCell, PageText};
pub use sheet::{Cell, Reading, Series, Sheet, VISIBLE};

/// Everything a picture or a page shows that questions can be asked of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct World {
    /// What is known of the whole: its title, its grid, its topic.
    pub facts: Facts,
    /// Charts, tables or formulas, in the order in which they are numbered.
    pub parts: Vec<Part>,
    /// Fields of a form.
    pub fields: Vec<FormField>,
    /// Blocks of a page, in reading order.
    pub blocks: Vec<Block>,
}

/// A chart, a table or a formula.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// A family of kinds that templates name: "values", "samples", "cloud", "flow", "prices", "tasks", "table", "formula".
    pub family: &'static str,
    /// What the kind is called in text: "bar", "table".
    pub kind: String,
    /// What it is called in a sentence: "bar chart".
    pub noun: String,
    /// How a reader finds it among others, in several ways: "the chart titled ...", "the top left chart"; empty when it
    /// is the only one.
    pub places: Vec<String>,
    /// What is known of it.
    pub facts: Facts,
    /// Its data, where they can be read off.
    pub sheet: Sheet,
    /// Its cells as text, where it is a table.
    pub grid: Option<Grid>,
}

impl World {
    /// Whether it is a page or a form, rather than charts, a table or a formula.
    pub fn is_page(&self) -> bool {
        self.parts.is_empty()
    }
}
