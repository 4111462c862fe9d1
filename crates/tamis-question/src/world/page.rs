//! Tables as text, forms and pages, as plain data: whoever lays them out fills these.

use super::World;
use super::facts::Facts;
use crate::refusal::Refusal;

/// A table as text: a header row and a column of row names over cells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    /// The header of each column; several levels joined by " / ". The first names the column of row names.
    pub columns: Vec<String>,
    /// Whether each row is its name and then its cells, none merged: it can be read out.
    pub plain: bool,
    /// The rows; each as long as `columns`, its first cell its name.
    pub rows: Vec<Vec<GridCell>>,
}

/// One cell of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GridCell {
    /// As it is written.
    pub text: String,
    /// The id of its element.
    pub element: String,
    /// Whether it says the same for several rows or columns: it is never asked for alone.
    pub merged: bool,
}

/// One field of a form.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FormField {
    /// The name of the field, without a colon.
    pub key: String,
    /// What is filled in; empty where nothing is.
    pub value: String,
    /// The id of the element of the value.
    pub element: String,
}

/// One block of a page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// What it is: "title", "section heading", "paragraph", "caption", "list".
    pub role: String,
    /// Its text; for a paragraph whole, the questions shorten it.
    pub text: String,
    /// The id of its element.
    pub element: String,
}

/// A page or a form as text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageText {
    /// The title and the id of its element.
    pub title: Option<(String, String)>,
    /// What kind of document it is, in words: "invoice".
    pub kind: String,
    /// Blocks in reading order.
    pub blocks: Vec<Block>,
    /// Fields.
    pub fields: Vec<FormField>,
    /// The whole in Markdown, where that is asked for.
    pub markdown: Option<String>,
}

impl World {
    /// What a page shows.
    pub fn of_page(page: PageText) -> World {
        let mut facts = Facts::default();
        let headings: Vec<&Block> = page.blocks.iter().filter(|b| b.role.contains("heading")).collect();
        let elements: Vec<String> = headings.iter().map(|b| b.element.clone()).collect();
        facts.put("number of headings", headings.len(), elements.clone());
        if (1..=12).contains(&headings.len()) {
            facts.put("headings", headings.iter().map(|b| b.text.clone()).collect::<Vec<_>>(), elements);
        }
        if let Some((title, element)) = page.title {
            facts.put("document title", title, [element]);
        }
        if !page.kind.is_empty() {
            facts.put("document kind", page.kind, []);
        }
        if let Some(markdown) = page.markdown {
            facts.put("as Markdown", markdown, []);
        }
        World { facts, fields: page.fields, blocks: page.blocks, ..World::default() }
    }
}

impl Grid {
    /// The place of the only column of this header.
    pub fn column(&self, name: &str) -> Result<usize, Refusal> {
        one((0..self.columns.len()).filter(|c| self.columns[*c] == name), name)
    }

    /// The cells of the only row of this name.
    pub fn row(&self, name: &str) -> Result<&[GridCell], Refusal> {
        one(self.rows.iter().filter(|r| r.first().is_some_and(|c| c.text == name)), name).map(Vec::as_slice)
    }

    /// The cell where a row and a column meet.
    pub fn lookup(&self, row: &str, column: &str) -> Result<&GridCell, Refusal> {
        let cell = self.row(row)?.get(self.column(column)?).ok_or(Refusal::Missing)?;
        if cell.text.trim().is_empty() { Err(Refusal::Missing) } else { Ok(cell) }
    }

    /// The only cell of this text outside the row names: the cell, and the names of its row and its column.
    pub fn locate(&self, text: &str) -> Result<(&GridCell, Vec<String>), Refusal> {
        let cells = self.rows.iter().flat_map(|r| r.iter().enumerate().skip(1).map(move |(c, cell)| (r, c, cell)));
        let (row, c, cell) = one(cells.filter(|(_, _, cell)| cell.text == text), text)
            .map_err(|e| if e == Refusal::Labels { Refusal::Several } else { e })?;
        Ok((cell, vec![row[0].text.clone(), self.columns.get(c).cloned().unwrap_or_default()]))
    }
}

fn one<T>(mut found: impl Iterator<Item = T>, name: &str) -> Result<T, Refusal> {
    let first = found.next().ok_or_else(|| Refusal::Unknown(name.to_owned()))?;
    if name.is_empty() || found.next().is_some() { Err(Refusal::Labels) } else { Ok(first) }
}
