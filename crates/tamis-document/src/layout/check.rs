//! What a spec must be before it is set, and a page after.

use std::collections::BTreeSet;

use crate::error::Error;
use crate::layout::Page;
use crate::spec::{Block, DocumentSpec, Table, visit};
use crate::truth::PageTruth;

/// The most characters a document may have: about 60 full pages.
const MOST_CHARACTERS: usize = 300_000;
/// How far ink may reach over the page's edge, in pixels: nothing that a reader would see.
const TOLERANCE: f64 = 0.5;

/// Refuses what cannot be set.
pub(crate) fn spec(spec: &DocumentSpec) -> Result<(), Error> {
    let page = &spec.page;
    range("page.width (mm)", page.width, 20.0..=1200.0, "20 to 1200")?;
    range("page.height (mm)", page.height, 20.0..=2400.0, "20 to 2400")?;
    range("page.dpi", page.dpi, 36.0..=600.0, "36 to 600")?;
    for margin in page.margins {
        range("page.margins (mm)", margin, 0.0..=300.0, "0 to 300")?;
    }
    range("the width between the margins (mm)", page.text_width(), 10.0..=1200.0, "at least 10")?;
    range("the height between the margins (mm)", page.text_height(), 10.0..=2400.0, "at least 10")?;
    range("page.columns", f64::from(page.columns), 1.0..=8.0, "1 to 8")?;
    range("the width of a column (mm)", page.column_width(), 8.0..=1200.0, "at least 8")?;
    range("look.size (points)", spec.look.size, 4.0..=96.0, "4 to 96")?;
    let (width, height) = page.pixels();
    let pixels = width as usize * height as usize;
    if pixels > MOST_PIXELS {
        return Err(Error::TooLarge { what: "pixels a page", found: pixels, most: MOST_PIXELS });
    }
    fonts(spec)?;
    let mut seen = Seen::default();
    let mut blocks = Vec::new();
    visit::everywhere(spec, &mut |block| blocks.push(block));
    blocks.into_iter().try_for_each(|b| seen.block(b))?;
    if seen.characters > MOST_CHARACTERS {
        return Err(Error::TooLarge { what: "characters", found: seen.characters, most: MOST_CHARACTERS });
    }
    Ok(())
}

const MOST_PIXELS: usize = 64_000_000;

fn range(what: &str, found: f64, wanted: std::ops::RangeInclusive<f64>, expected: &'static str) -> Result<(), Error> {
    if wanted.contains(&found) { Ok(()) } else { Err(Error::Range { what: what.into(), found, expected }) }
}

fn fonts(spec: &DocumentSpec) -> Result<(), Error> {
    let look = &spec.look;
    for family in look.body.iter().chain(&look.display).chain(&look.mono).chain(&look.hand) {
        if !tamis_fonts::faces().iter().any(|f| f.family == family) {
            return Err(Error::UnknownFont(family.clone()));
        }
    }
    Ok(())
}

#[derive(Default)]
struct Seen<'a> {
    ids: BTreeSet<&'a str>,
    characters: usize,
}

impl<'a> Seen<'a> {
    fn id(&mut self, id: &'a str) -> Result<(), Error> {
        if self.ids.insert(id) { Ok(()) } else { Err(Error::RepeatedId(id.into())) }
    }

    fn block(&mut self, block: &'a Block) -> Result<(), Error> {
        for (text, marker) in block.texts() {
            range("a text's size (points)", text.style.size, 3.0..=400.0, "3 to 400")?;
            self.id(&text.id)?;
            self.characters += marker.len() + text.plain().len();
        }
        block.holes().into_iter().try_for_each(|hole| self.id(&hole.id))?;
        match block {
            Block::Table(table) => self.table(table),
            _ => Ok(()),
        }
    }

    fn table(&mut self, table: &'a Table) -> Result<(), Error> {
        self.id(&table.id)?;
        let expected = table.columns.len();
        for (row, cells) in table.rows.iter().enumerate() {
            let found = cells.iter().map(|c| c.columns.max(1)).sum();
            if found != expected {
                return Err(Error::Ragged { id: table.id.clone(), row, found, expected });
            }
            self.characters += cells.iter().map(|c| c.plain().len()).sum::<usize>();
        }
        Ok(())
    }
}

/// Refuses a page that something reaches out of.
pub(crate) fn page(page: &Page) -> Result<(), Error> {
    let truth = &page.truth;
    let (width, height) = (f64::from(truth.width), f64::from(truth.height));
    for block in &truth.blocks {
        if !within(block.bbox, [0.0, 0.0, width, height]) {
            return Err(overflow(truth, &block.id, block.bbox));
        }
    }
    for table in &truth.tables {
        for line in truth.lines.iter().filter(|l| l.block == table.block) {
            let [x0, y0, x1, y1] = line.bbox;
            // A word that is too wide for its cell reaches into the next one.
            if !table.cells.iter().any(|c| within([x0, (y0 + y1) / 2.0, x1, (y0 + y1) / 2.0], c.bbox)) {
                return Err(overflow(truth, &table.id, line.bbox));
            }
        }
    }
    Ok(())
}

fn within([x0, y0, x1, y1]: [f64; 4], outer: [f64; 4]) -> bool {
    x0 >= outer[0] - TOLERANCE && y0 >= outer[1] - TOLERANCE && x1 <= outer[2] + TOLERANCE && y1 <= outer[3] + TOLERANCE
}

fn overflow(truth: &PageTruth, id: &str, found: [f64; 4]) -> Error {
    Error::Overflow { id: id.into(), page: truth.number, found, width: truth.width, height: truth.height }
}
