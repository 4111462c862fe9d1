//! How wide columns and how high rows are, and the lines of text in each cell.

use tamis_draw::text::{self, Font, Line, Style};

use super::spec::{Align, Cell, CellKind, RowRole, TableSpec};
use super::theme::{Block, HeadAlign, Look};

/// A cell's text in lines, and how it stands.
pub(super) struct Content {
    pub lines: Vec<Line>,
    /// The mark of its note, at the end of the last line.
    pub mark: Option<Line>,
    pub align: Align,
}

/// Edges of columns and rows in pixels, from 0; one more than there are columns or rows.
pub(super) struct Grid {
    pub x: Vec<f64>,
    pub y: Vec<f64>,
    pub contents: Vec<Content>,
}

/// Size of a note's mark by that of the text.
const MARK: f64 = 0.68;

/// Columns as wide as their texts if they fit into `width`, else narrower with wrapped texts.
pub(super) fn measure(table: &TableSpec, look: &Look, width: f64) -> Grid {
    let styles: Vec<Style> = table.cells().iter().map(|c| style(table, look, c)).collect();
    let natural: Vec<f64> =
        table.cells().iter().zip(&styles).map(|(c, s)| natural(table, c, s) + 2.0 * look.pad[0]).collect();
    let mut columns = spread(table, &natural, |c| (c.column, c.column_span), table.columns());
    let sum: f64 = columns.iter().sum();
    if sum > width {
        columns = narrowed(table, look, &styles, &columns, width);
    } else if look.slack > 0.0 {
        let more = (sum * look.slack).min(width - sum) / columns.len() as f64;
        columns.iter_mut().for_each(|c| *c += more);
    }
    let x = edges(&columns);
    let contents: Vec<Content> = table
        .cells()
        .iter()
        .zip(&styles)
        .map(|(c, s)| content(table, look, c, s, x[c.column + c.column_span] - x[c.column] - 2.0 * look.pad[0]))
        .collect();
    let heights: Vec<f64> = contents.iter().zip(&styles).map(|(c, s)| height(c, s, look) + 2.0 * look.pad[1]).collect();
    let rows = spread(table, &heights, |c| (c.row, c.row_span), table.rows());
    Grid { y: edges(&rows), x, contents }
}

fn edges(lengths: &[f64]) -> Vec<f64> {
    let mut at = 0.0;
    // Whole pixels, so that rules are sharp.
    std::iter::once(0.0)
        .chain(lengths.iter().map(|l| {
            at += l.ceil();
            at
        }))
        .collect()
}

/// Lengths of tracks that hold all cells: those of one track first, then what spanning cells need more, evenly.
fn spread(table: &TableSpec, needs: &[f64], track: impl Fn(&Cell) -> (usize, usize), count: usize) -> Vec<f64> {
    let mut tracks = vec![0.0f64; count];
    let mut order: Vec<usize> = (0..needs.len()).collect();
    order.sort_by_key(|i| track(&table.cells()[*i]).1);
    for i in order {
        let (first, span) = track(&table.cells()[i]);
        let lack = needs[i] - tracks[first..first + span].iter().sum::<f64>();
        if lack > 0.0 {
            tracks[first..first + span].iter_mut().for_each(|t| *t += lack / span as f64);
        }
    }
    tracks
}

/// Columns that share the lack in proportion to what they can give: none gets narrower than its longest word.
fn narrowed(table: &TableSpec, look: &Look, styles: &[Style], wide: &[f64], width: f64) -> Vec<f64> {
    let least: Vec<f64> =
        table.cells().iter().zip(styles).map(|(c, s)| longest_word(table, c, s) + 2.0 * look.pad[0]).collect();
    let narrow = spread(table, &least, |c| (c.column, c.column_span), table.columns());
    let (sum, floor): (f64, f64) = (wide.iter().sum(), narrow.iter().sum());
    let share = if sum > floor { ((width - floor) / (sum - floor)).clamp(0.0, 1.0) } else { 1.0 };
    narrow.iter().zip(wide).map(|(n, w)| n + (w - n).max(0.0) * share).collect()
}

/// The style of a cell's text.
pub(super) fn style(table: &TableSpec, look: &Look, cell: &Cell) -> Style {
    let block = block(table, look, cell);
    let mut font = Font::new(look.family.clone());
    let (bold, italic) = block.map_or((false, false), |b| (b.bold, b.italic));
    if bold {
        font = font.bold();
    }
    if italic {
        font = font.italic();
    }
    Style::new(font, look.size, block.and_then(|b| b.ink).unwrap_or(look.theme.ink))
}

/// What kind of block a cell belongs to; `None` for plain data.
pub(super) fn block<'a>(table: &TableSpec, look: &'a Look, cell: &Cell) -> Option<&'a Block> {
    let theme = &look.theme;
    match (table.kind(cell), table.draft().rows[cell.row]) {
        (CellKind::ColumnHeader | CellKind::Corner, _) => Some(&theme.head),
        (CellKind::Group, _) => Some(&theme.group),
        (_, RowRole::Total) => Some(&theme.total),
        (_, RowRole::Subtotal) => Some(&theme.subtotal),
        (CellKind::RowHeader, _) => Some(&theme.stub),
        _ => None,
    }
}

fn mark(table: &TableSpec, cell: &Cell, style: &Style) -> Option<Line> {
    let note = table.draft().footnotes.get(cell.note?)?;
    Some(text::line(&note.mark, &style.sized(style.size * MARK)))
}

fn natural(table: &TableSpec, cell: &Cell, style: &Style) -> f64 {
    let widest = cell.text.split('\n').map(|t| text::line(t, style).width).fold(0.0, f64::max);
    // A long text is no reason for a column as wide as the page: it wraps.
    let limit = if table.kind(cell) == CellKind::Group { f64::INFINITY } else { 22.0 * style.size };
    widest.min(limit) + mark_width(table, cell, style)
}

fn mark_width(table: &TableSpec, cell: &Cell, style: &Style) -> f64 {
    mark(table, cell, style).map_or(0.0, |m| m.width + 0.1 * style.size)
}

fn longest_word(table: &TableSpec, cell: &Cell, style: &Style) -> f64 {
    if cell.number.is_some() {
        return natural(table, cell, style);
    }
    let words = cell.text.split_whitespace().map(|w| text::line(w, style).width.min(14.0 * style.size));
    words.fold(0.0, f64::max) + mark_width(table, cell, style)
}

fn content(table: &TableSpec, look: &Look, cell: &Cell, style: &Style, width: f64) -> Content {
    let mark = mark(table, cell, style);
    let room = width - mark.as_ref().map_or(0.0, |m| m.width + 0.1 * style.size);
    let lines = if cell.text.trim().is_empty() {
        Vec::new()
    } else {
        // Half a pixel for rounding: what was measured as fitting must not wrap.
        text::paragraph(&cell.text, style, room.max(1.0) + 0.5)
    };
    Content { lines, mark, align: align(table, look, cell) }
}

fn align(table: &TableSpec, look: &Look, cell: &Cell) -> Align {
    let own = table.draft().columns[cell.column].align;
    let column = if look.theme.centered && cell.column >= table.stub() { Align::Center } else { own };
    match table.kind(cell) {
        CellKind::Group => Align::Start,
        CellKind::Corner => {
            if look.theme.head_align == HeadAlign::Center {
                Align::Center
            } else {
                Align::Start
            }
        }
        CellKind::ColumnHeader => match look.theme.head_align {
            HeadAlign::Center => Align::Center,
            HeadAlign::Start => Align::Start,
            HeadAlign::Column if cell.column_span > 1 => Align::Center,
            HeadAlign::Column => column,
        },
        _ if cell.column_span > 1 => Align::Center,
        _ => column,
    }
}

/// From line to line of a cell's text.
pub(super) fn leading(lines: &[Line], style: &Style, look: &Look) -> f64 {
    lines.iter().map(Line::height).fold(look.theme.leading * style.size, f64::max)
}

fn height(content: &Content, style: &Style, look: &Look) -> f64 {
    content.lines.len().max(1) as f64 * leading(&content.lines, style, look)
}
