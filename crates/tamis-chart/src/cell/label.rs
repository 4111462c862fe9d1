//! Texts in a chart: none may lie over another.

use tamis_draw::Color;
use tamis_draw::kurbo::{Point, Rect};
use tamis_draw::scene::{Node, Role};
use tamis_draw::text::{self, Anchor, TextRun};

use super::text::shape;
use super::{Cell, Layer};

/// A place where a value could be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    /// Where the anchor is put.
    pub at: Point,
    /// Which point of the text is put there.
    pub anchor: Anchor,
    /// What lies below the text; `None` for the plot's ground.
    pub over: Option<Color>,
    /// The text must fit in this box (a bar, a slice, a cell); `None` for the plot.
    pub within: Option<Rect>,
}

impl Spot {
    /// A place on the plot's ground.
    pub(crate) fn new(at: impl Into<Point>, anchor: Anchor) -> Spot {
        Spot { at: at.into(), anchor, over: None, within: None }
    }

    /// A place in the middle of an area of this colour.
    pub(crate) fn inside(area: Rect, color: Color) -> Spot {
        Spot { at: area.center(), anchor: Anchor::CENTER, over: Some(color), within: Some(area) }
    }
}

impl Cell<'_> {
    /// Writes a datum's value (`label/S.R`) at the first of the spots where it fits and lies over no other text; says
    /// whether it did. Only where the chart wants value labels.
    pub(crate) fn label(&mut self, series: usize, row: usize, text: &str, spots: &[Spot]) -> bool {
        self.chart.value_labels && self.caption(series, row, "value label", text, spots)
    }

    /// The same for texts that belong to the kind (names in a treemap), whatever the chart says of values.
    pub(crate) fn caption(
        &mut self,
        series: usize,
        row: usize,
        role: impl Into<Role>,
        text: &str,
        spots: &[Spot],
    ) -> bool {
        let line = shape(text, &self.style.text.label);
        let bounds = self.bounds();
        for spot in spots {
            let over = spot.over.map_or(self.style.ground(), |c| c.over(self.style.ground()));
            let mut run = line.clone().at(spot.at, spot.anchor);
            run.color = self.style.readable(if spot.over.is_some() { contrasting(over) } else { run.color }, over);
            let bbox = run_box(&run, &line);
            let bounds = spot.within.unwrap_or(bounds);
            let fits = bounds.contains(bbox.origin()) && bounds.contains(Point::new(bbox.x1 - 0.01, bbox.y1 - 0.01));
            // Over data that are not said to be below it a text would be hard to read.
            let clear = spot.over.is_some() || self.inks.share(bbox.inflate(1.0, 1.0)) == 0.0;
            if fits && clear && self.is_free(bbox) {
                self.texts.push(bbox);
                let id = self.id(format_args!("label/{series}.{row}"));
                self.view.labels.push((series, row));
                self.push(Layer::Labels, Node::text(id, role, run));
                return true;
            }
        }
        false
    }

    /// Where texts at marks may stand: not where titles, legends or names at the ends of lines will.
    fn bounds(&self) -> Rect {
        let Some(plot) = self.frame.as_ref().map(|f| f.plot) else { return self.room };
        let right = if self.direct_room() > 0.0 { plot.x1 } else { self.room.x1 };
        Rect::new(self.room.x0, plot.y0 - 2.0, right, self.room.y1)
    }

    /// Writes a text that must be written, and keeps others away from it.
    pub(crate) fn text(&mut self, layer: Layer, id: String, role: impl Into<Role>, run: TextRun) {
        self.keep_free(&run);
        self.push(layer, Node::text(id, role, run));
    }

    /// Several lines under one id: a text where there is one, else a group of lines `id/0`, `id/1`, ...
    pub(crate) fn texts_of(&mut self, layer: Layer, id: String, role: &'static str, mut runs: Vec<TextRun>) {
        runs.iter().for_each(|run| self.keep_free(run));
        let node = match runs.len() {
            0 => return,
            1 => Node::text(id, role, runs.remove(0)),
            _ => {
                let lines = runs.into_iter().enumerate();
                let lines = lines.map(|(i, run)| Node::text(format!("{id}/{i}"), "text line", run)).collect();
                Node::group(id, role, lines)
            }
        };
        self.push(layer, node);
    }

    /// Keeps other texts away from this one.
    pub(crate) fn keep_free(&mut self, run: &TextRun) {
        if let Some(ink) = run.ink() {
            self.texts.push(run.transform().transform_rect_bbox(ink));
        }
    }

    /// Whether no text lies there.
    pub(crate) fn is_free(&self, bbox: Rect) -> bool {
        let with_gap = bbox.inflate(1.5, 0.5);
        self.texts.iter().all(|t| !t.overlaps(with_gap))
    }
}

/// The box a placed line keeps for itself: as wide as its ink, as high as its capitals and descents.
fn run_box(run: &TextRun, line: &text::Line) -> Rect {
    let ink = line.ink().unwrap_or(Rect::ZERO);
    run.transform().transform_rect_bbox(ink)
}

/// Black or white, whichever is read better.
pub(crate) fn contrasting(below: Color) -> Color {
    // White is preferred down to a contrast of 3.2, as designers do.
    if Color::WHITE.contrast(below) >= 3.2 { Color::WHITE } else { Color::rgb(0x1a1a1a) }
}
