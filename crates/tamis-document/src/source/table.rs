//! Tables as typst.

use std::fmt::Write as _;

use tamis_draw::Color;

use crate::source::Marker;
use crate::source::flow::width;
use crate::source::write::{Opening, Writer, alignment, color, number, pt};
use crate::spec::{Align, Cell, Class, Look, Ruling, Table};

impl Writer<'_> {
    pub(crate) fn table(&mut self, table: &Table) {
        let widths: Vec<_> = table.columns.iter().map(|c| width(c.0)).collect();
        self.put("#block(width: 100%)[");
        let _ = write!(self.out, "#set text(size: {})\n#set par(justify: false, leading: 0.5em)\n", pt(table.size));
        self.within(Opening::block(&table.id, Class::Table), |w| {
            let _ = write!(
                w.out,
                "#table(columns: ({},), stroke: none, inset: (x: {}, y: {})",
                widths.join(", "),
                pt(table.inset[0]),
                pt(table.inset[1])
            );
            if table.header_rows > 0 {
                w.put(", table.header(repeat: true");
                w.rows(table, 0..table.header_rows.min(table.rows.len()));
                w.put(")");
            }
            w.rows(table, table.header_rows.min(table.rows.len())..table.rows.len());
            w.put(")");
        });
        self.put("]\n");
    }

    fn rows(&mut self, table: &Table, rows: std::ops::Range<usize>) {
        for r in rows {
            let mut column = 0;
            for cell in &table.rows[r] {
                self.cell(table, cell, r, column);
                column += cell.columns.max(1);
            }
        }
    }

    fn cell(&mut self, table: &Table, cell: &Cell, row: usize, column: usize) {
        let dress = dress(&self.spec.look, table, cell, row);
        let align = cell.align.or(table.columns.get(column).map(|c| c.1)).unwrap_or(Align::Start);
        let id = format!("{}/r{row}c{column}", table.id);
        let opening = Opening { is_block: false, ..Opening::block(&id, Class::Table) };
        self.within(opening, |w| {
            let marker = w.marker(|region| Marker::Cell { region, fill: dress.fill });
            let _ = write!(
                w.out,
                ", table.cell(colspan: {}, breakable: false, align: {} + horizon, fill: {marker}, stroke: (top: {}, bottom: {}, left: {}, right: {}))[",
                cell.columns.max(1),
                alignment(align),
                line(dress.top, dress.line),
                line(dress.bottom, dress.line),
                line(dress.sides, dress.line),
                line(dress.sides, dress.line),
            );
            let mut rules = String::new();
            if dress.bold {
                rules.push_str("weight: 700, ");
            }
            if let Some(ink) = dress.ink {
                let _ = write!(rules, "fill: {}, ", color(ink));
            }
            if rules.is_empty() {
                w.inlines(&cell.inlines);
            } else {
                let _ = write!(w.out, "#text({rules})[");
                w.inlines(&cell.inlines);
                w.put("];");
            }
            w.put("]");
        });
    }
}

fn line(width: f64, ink: Color) -> String {
    if width > 0.0 { format!("{}pt + {}", number(width), color(ink)) } else { "none".into() }
}

/// How one cell is drawn; widths of lines in points.
struct Dress {
    fill: Option<Color>,
    ink: Option<Color>,
    bold: bool,
    line: Color,
    top: f64,
    bottom: f64,
    sides: f64,
}

fn dress(look: &Look, table: &Table, cell: &Cell, row: usize) -> Dress {
    let is_header = row < table.header_rows;
    let (first, last) = (row == 0, row + 1 == table.rows.len());
    let closes_header = row + 1 == table.header_rows;
    let quiet = look.ink.mix(look.paper, 0.65);
    let mut dress =
        Dress { fill: None, ink: None, bold: is_header || cell.bold, line: quiet, top: 0.0, bottom: 0.0, sides: 0.0 };
    match table.ruling {
        Ruling::Book => {
            dress.line = look.ink;
            dress.top = if first { 1.0 } else { 0.0 };
            dress.bottom = if last {
                1.0
            } else if closes_header {
                0.6
            } else {
                0.0
            };
        }
        Ruling::Grid => (dress.top, dress.bottom, dress.sides) = (0.6, 0.6, 0.6),
        Ruling::Rows => dress.bottom = if closes_header { 1.0 } else { 0.5 },
        Ruling::Stripes => {
            if is_header {
                (dress.fill, dress.ink) = (Some(look.accent), Some(look.paper));
            } else if (row - table.header_rows) % 2 == 1 {
                dress.fill = Some(look.tint);
            }
        }
        Ruling::Banner => {
            if is_header {
                (dress.fill, dress.ink) = (Some(look.accent), Some(look.paper));
            }
            dress.bottom = 0.5;
        }
        Ruling::Open => dress.ink = is_header.then_some(look.accent),
    }
    if let Some(width) = cell.line_above {
        dress.top = width;
        dress.line = look.ink;
    }
    if cell.fill.is_some() {
        dress.fill = cell.fill;
    }
    dress
}
