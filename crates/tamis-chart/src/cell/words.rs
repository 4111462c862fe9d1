//! Several lines that are written together or not at all: a name and its value in a slice, a cell, at a node.

use tamis_draw::Color;
use tamis_draw::kurbo::{Point, Rect};
use tamis_draw::text::{Anchor, Height, Line, Style as TextStyle, TextRun};

use super::label::{Spot, contrasting};
use super::text::{elided, wrapped};
use super::{Cell, Layer};

/// Lines of one id.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    pub id: String,
    pub role: &'static str,
    pub lines: Vec<Line>,
}

/// From one line to the next, in sizes.
const STEP: f64 = 1.18;
/// Height of capitals, in sizes.
const CAP: f64 = 0.72;

impl Cell<'_> {
    /// Words of one line.
    pub(crate) fn word(&self, id: String, role: &'static str, text: &str, style: &TextStyle, width: f64) -> Words {
        let lines = if text.is_empty() { Vec::new() } else { vec![elided(text, style, width)] };
        Words { id, role, lines }
    }

    /// Words on as many lines as they need, at most `most`.
    pub(crate) fn wrap(
        &self,
        id: String,
        role: &'static str,
        text: &str,
        style: &TextStyle,
        width: f64,
        most: usize,
    ) -> Words {
        Words { id, role, lines: wrapped(text, style, width, most) }
    }

    /// Writes blocks of words below each other, anchored at the first of the spots where all of it fits and lies over
    /// no other text; says whether it did. That the spots lie on what they say they do is up to the caller.
    pub(crate) fn words(&mut self, parts: &[Words], spots: &[Spot]) -> bool {
        spots.iter().any(|spot| self.words_at(parts, spot))
    }

    fn words_at(&mut self, parts: &[Words], spot: &Spot) -> bool {
        let placed = place(parts, spot.at, spot.anchor);
        let bounds = spot.within.unwrap_or(self.page);
        let boxes: Vec<Rect> = placed.iter().flatten().filter_map(ink).collect();
        let fits = |b: &Rect| b.x0 >= bounds.x0 && b.y0 >= bounds.y0 && b.x1 <= bounds.x1 && b.y1 <= bounds.y1;
        if boxes.is_empty() || !boxes.iter().all(|b| fits(b) && self.is_free(*b)) {
            return false;
        }
        let ground = self.below();
        let over = spot.over.map_or(ground, |c| c.over(ground));
        for (part, mut runs) in parts.iter().zip(placed) {
            for run in &mut runs {
                run.color = self.ink_over(run.color, over, spot.over.is_some());
            }
            self.texts_of(Layer::Labels, part.id.clone(), part.role, runs);
        }
        true
    }

    /// What lies below data and their words: the plot's ground where there is a plot.
    pub(crate) fn below(&self) -> Color {
        if self.frame.is_some() { self.style.ground() } else { self.style.background }
    }

    /// The ink for a text on an area of this colour, or on the ground.
    pub(crate) fn ink_over(&self, wanted: Color, below: Color, is_area: bool) -> Color {
        self.style.readable(if is_area { contrasting(below) } else { wanted }, below)
    }

    /// Says that the value of a datum stands at its mark.
    pub(crate) fn value_written(&mut self, series: usize, row: usize) {
        self.view.labels.push((series, row));
    }
}

/// The width and height of blocks below each other, from the capitals of the first line to the baseline of the last.
pub(crate) fn measure(parts: &[Words]) -> (f64, f64) {
    let lines = || parts.iter().flat_map(|p| &p.lines);
    let width = lines().map(|l| l.width).fold(0.0, f64::max);
    let sizes: Vec<f64> = lines().map(|l| l.size).collect();
    let between: f64 = sizes.windows(2).map(|s| step(s[0], s[1])).sum();
    (width, lines().next().map_or(0.0, |l| l.size * CAP) + between)
}

/// From the baseline of a line to that of the next: descents of the one and ascents of the other keep apart.
fn step(above: f64, below: f64) -> f64 {
    (below * STEP).max(above * 0.26 + below * 0.92)
}

/// The lines of each block where they stand.
fn place(parts: &[Words], at: Point, anchor: Anchor) -> Vec<Vec<TextRun>> {
    let (_, height) = measure(parts);
    let top = match anchor.y {
        Height::Top => at.y,
        Height::Middle => at.y - height / 2.0,
        Height::Bottom | Height::Baseline => at.y - height,
    };
    let mut last: Option<(f64, f64)> = None;
    let line_anchor = Anchor { x: anchor.x, y: Height::Baseline };
    let block = |part: &Words| {
        let line = |line: &Line| {
            let y = last.map_or(top + line.size * CAP, |(y, size)| y + step(size, line.size));
            last = Some((y, line.size));
            line.clone().at((at.x, y), line_anchor)
        };
        part.lines.iter().map(line).collect()
    };
    parts.iter().map(block).collect()
}

fn ink(run: &TextRun) -> Option<Rect> {
    run.ink().map(|i| run.transform().transform_rect_bbox(i))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tamis_draw::text::Font;

    #[test]
    fn a_block_is_as_high_as_its_lines() {
        let style = TextStyle::new(Font::new("DejaVu Sans"), 10.0, Color::BLACK);
        let part = |text: &str| Words { id: text.into(), role: "name", lines: vec![elided(text, &style, 500.0)] };
        let parts = [part("HH"), part("HHHH")];
        let (width, height) = measure(&parts);
        assert!((height - (7.2 + 11.8)).abs() < 1e-9 && width > 20.0);
        let placed = place(&parts, Point::new(100.0, 100.0), Anchor::CENTER);
        let boxes: Vec<Rect> = placed.iter().flatten().filter_map(ink).collect();
        let all = boxes[0].union(boxes[1]);
        assert!((all.center() - Point::new(100.0, 100.0)).hypot() < 1.0, "{all:?}");
    }
}
