//! Title, subtitle and note: wrapped, above and below all else.

use tamis_draw::kurbo::{Point, Rect};
use tamis_draw::scene::Node;
use tamis_draw::text::{Line, Style as TextStyle};

use super::text::wrapped;
use super::{Cell, Layer};
use crate::look::TitleAlign;

/// Lines that wait for the plot to be known, which they are aligned with.
#[derive(Clone, Debug)]
pub(super) struct Block {
    part: &'static str,
    lines: Vec<Line>,
    top: f64,
    right: bool,
}

impl Cell<'_> {
    /// Takes room for titles off the top and for the note off the foot.
    pub(super) fn reserve_titles(&mut self) {
        let style = self.style;
        if let Some(color) = style.flag {
            let k = style.scale;
            let flag = Rect::new(self.page.x0, self.page.y0, self.page.x0 + 34.0 * k, self.page.y0 + 8.0 * k);
            self.push(Layer::Ground, Node::fill(self.id("flag"), "ornament", flag, color));
            self.room.y0 += 16.0 * k;
        }
        let gap = style.text.title.size * 0.35;
        let title = self.reserve_above("title", &self.chart.title, &style.text.title, 3);
        let subtitle = self.reserve_above("subtitle", &self.chart.subtitle, &style.text.subtitle, 2);
        if title || subtitle {
            self.room.y0 += gap;
        }
        let lines = wrapped(&self.chart.note, &style.text.note, self.page.width(), 2);
        if let Some(first) = lines.first() {
            let height = first.size * 1.25 * lines.len() as f64;
            self.room.y1 -= height;
            self.titles.push(Block { part: "note", lines, top: self.room.y1, right: style.note_right });
            self.room.y1 -= style.text.note.size * 0.7;
        }
    }

    fn reserve_above(&mut self, part: &'static str, text: &str, style: &TextStyle, most: usize) -> bool {
        let lines = wrapped(text, style, self.page.width(), most);
        let Some(first) = lines.first() else { return false };
        let (top, height) = (self.room.y0, first.size * 1.25 * lines.len() as f64);
        self.room.y0 += height;
        self.titles.push(Block { part, lines, top, right: false });
        true
    }

    /// Writes them, now that the plot is known.
    pub(super) fn draw_titles(&mut self) {
        let (page, plot) = (self.page, self.frame.as_ref().map_or(self.page, |f| f.plot));
        for block in std::mem::take(&mut self.titles) {
            let widest = block.lines.iter().map(|l| l.width).fold(0.0, f64::max);
            let (x, align) = match self.style.title_align {
                _ if block.right => (page.x1, 1.0),
                _ if block.part == "note" => (page.x0, 0.0),
                TitleAlign::Left => (page.x0, 0.0),
                TitleAlign::Plot => (plot.x0.min(page.x1 - widest).max(page.x0), 0.0),
                TitleAlign::PlotCenter => (within(plot.center().x, widest, page), 0.5),
                TitleAlign::Center => (page.center().x, 0.5),
            };
            let step = block.lines.first().map_or(0.0, |l| l.size * 1.25);
            let anchor = tamis_draw::text::Anchor { x: align, y: tamis_draw::text::Height::Baseline };
            let runs = block.lines.into_iter().enumerate();
            let runs = runs.map(|(i, line)| {
                let y = block.top + line.size * 0.9 + step * i as f64;
                line.at(Point::new(x, y), anchor)
            });
            let runs = runs.collect();
            let id = self.id(block.part);
            self.texts_of(Layer::Legend, id, block.part, runs);
        }
    }
}

/// The middle nearest to `middle` of something this wide that does not leave the page.
fn within(middle: f64, width: f64, page: Rect) -> f64 {
    middle.min(page.x1 - width / 2.0).max(page.x0 + width / 2.0)
}
