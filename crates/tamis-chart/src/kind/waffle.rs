//! Waffles: a hundred squares, one for each percent.

use tamis_draw::kurbo::{Circle, Rect, RoundedRect, Shape as _};
use tamis_draw::scene::{Node, Outline};
use tamis_draw::text::{Anchor, Line};

use super::parts::{numbers, written};
use super::pie::{sample, solid};
use crate::cell::text::{elided, shape};
use crate::cell::words::Words;
use crate::cell::{Cell, Entry, Layer, Spot};
use crate::layout::DrawError;
use crate::spec::Channel;
use crate::table::Column;

const SIDE: usize = 10;

/// Ten rows of ten squares.
pub(super) fn waffle(cell: &mut Cell) -> Result<(), DrawError> {
    let (x, y) = (cell.column(Channel::X)?, cell.column(Channel::Y)?);
    let values: Vec<f64> = numbers(y).into_iter().map(|v| v.unwrap_or(0.0)).collect();
    // Values stand beside their names; so do names without a legend.
    let listed = cell.chart.value_labels || !cell.chart.legend;
    if !listed {
        let entry = |row: usize| Entry { series: row, name: x.written(row), sample: sample(cell, row) };
        let entries = (0..x.len()).map(entry).collect();
        cell.legend(entries);
    }
    let room = cell.plain()?;
    let list = listed.then(|| List::new(cell, room, x, y, &values));
    let beside = list.as_ref().map_or(0.0, |l| l.width);
    let gap = cell.style.text.label.size * 1.5;
    let side = room.height().min(room.width() - if listed { beside + gap } else { 0.0 });
    if side < 40.0 {
        return Err(DrawError::TooSmall {
            what: "a waffle beside its names".into(),
            needed: 40.0,
            found: side.max(0.0),
        });
    }
    let all = side + if listed { beside + gap } else { 0.0 };
    let left = room.center().x - all / 2.0;
    let plot = Rect::new(left, room.center().y - side / 2.0, left + side, room.center().y + side / 2.0);
    let by_column = cell.rng.unit() < 0.4;
    let round = cell.rng.unit() < 0.18;
    let mut squares = squares(plot, by_column).into_iter();
    for (row, value) in values.iter().enumerate() {
        let mine: Vec<Rect> = squares.by_ref().take(value.round().max(0.0) as usize).collect();
        let Some(bbox) = mine.iter().copied().reduce(|a, b| a.union(b)) else {
            cell.anchor(0, row, plot.center());
            continue;
        };
        let color = solid(cell, cell.color(row));
        let parts = mine.into_iter().enumerate().map(|(i, square)| {
            let outline = outline(square, cell.style.bars.corner.min(square.width() * 0.25), round);
            Node::fill(cell.part(0, row, i), "square", outline, color)
        });
        let parts = parts.collect();
        cell.mark_group(0, row, "squares", bbox, parts);
    }
    if let Some(list) = list {
        list.draw(cell, plot, gap);
    }
    Ok(())
}

fn outline(square: Rect, corner: f64, round: bool) -> Outline {
    match (round, corner >= 0.5) {
        (true, _) => Circle::new(square.center(), square.width() / 2.0).into(),
        (_, true) => RoundedRect::from_rect(square, corner).to_path(0.05).into(),
        _ => square.into(),
    }
}

/// The squares from the upper left one on, row by row or column by column.
fn squares(plot: Rect, by_column: bool) -> Vec<Rect> {
    let step = plot.width() / SIDE as f64;
    let gap = step * 0.1;
    let square = |i: usize| {
        let (a, b) = (i / SIDE, i % SIDE);
        let (row, column) = if by_column { (b, a) } else { (a, b) };
        let (x, y) = (plot.x0 + step * column as f64, plot.y0 + step * row as f64);
        Rect::new(x + gap / 2.0, y + gap / 2.0, x + step - gap / 2.0, y + step - gap / 2.0)
    };
    (0..SIDE * SIDE).map(square).collect()
}

/// Names with their values, below each other.
struct List {
    rows: Vec<(usize, Line, Option<Line>)>,
    step: f64,
    width: f64,
    whole: bool,
}

impl List {
    fn new(cell: &Cell, room: Rect, x: &Column, y: &Column, values: &[f64]) -> List {
        let (style, bold) = (&cell.style.text.legend, cell.style.text.label.bold());
        let step = (style.size * 1.7).min(room.height() / x.len() as f64);
        let longest = room.width() * 0.34;
        let fit = (room.height() / (style.size * 1.25)).floor() as usize;
        let row = |row: usize| {
            let value = cell.chart.value_labels.then(|| shape(&written(cell, y, values[row]), &bold));
            (row, elided(&x.written(row), style, longest), value)
        };
        let rows: Vec<_> = (0..x.len().min(fit)).map(row).collect();
        let whole = rows.len() == x.len() && rows.iter().all(|(row, line, _)| line.text == x.written(*row));
        let values = rows.iter().filter_map(|r| r.2.as_ref()).map(|l| l.width).fold(0.0, f64::max);
        let names = rows.iter().map(|r| r.1.width).fold(0.0, f64::max);
        let width = style.size * 1.5 + names + if values > 0.0 { values + style.size } else { 0.0 };
        List { rows, step, width, whole }
    }

    fn draw(self, cell: &mut Cell, plot: Rect, gap: f64) {
        let size = cell.style.text.legend.size;
        let x = plot.x1 + gap;
        let mut y = plot.center().y - self.step * (self.rows.len() as f64 - 1.0) / 2.0;
        let mut nodes = Vec::new();
        for (row, name, value) in self.rows {
            let square = Rect::from_center_size((x + size * 0.45, y), (size * 0.85, size * 0.85));
            let id = cell.id(format_args!("legend/{row}"));
            let sample = Node::fill(format!("{id}/sample"), "legend sample", square, solid(cell, cell.color(row)));
            let run = name.at((x + size * 1.5, y), Anchor::LEFT);
            cell.keep_free(&run);
            nodes.push(Node::group(
                id.clone(),
                "legend entry",
                vec![sample, Node::text(format!("{id}/name"), "legend label", run)],
            ));
            if let Some(value) = value {
                let word =
                    Words { id: cell.id(format_args!("label/0.{row}")), role: "value label", lines: vec![value] };
                if cell.words(&[word], &[Spot::new((x + self.width, y), Anchor::RIGHT)]) {
                    cell.value_written(0, row);
                }
            }
            y += self.step;
        }
        cell.view.names = self.whole;
        let node = Node::group(cell.id("legend"), "legend", nodes);
        cell.push(Layer::Legend, node);
    }
}
