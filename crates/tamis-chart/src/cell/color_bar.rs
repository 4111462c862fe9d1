//! Scales of colours beside the plot.

use tamis_draw::Color;
use tamis_draw::kurbo::{BezPath, Point, Rect};
use tamis_draw::scene::{Gradient, Node, Paint};
use tamis_draw::text::{Anchor, Line};

use super::legend::Legend;
use super::text::{elided, shape};
use super::{Cell, Layer};
use crate::frame::ticks::{self, Range};
use crate::layout::DrawError;

/// Colours for values, with a scale of its own.
#[derive(Clone, Debug)]
pub(crate) struct ColorBar {
    /// What the values are.
    pub title: String,
    /// The value of the first colour.
    pub low: f64,
    /// The value of the last colour.
    pub high: f64,
    /// From low to high, evenly spaced.
    pub colors: Vec<Color>,
}

/// A scale of colours with its measured labels.
#[derive(Clone, Debug)]
pub(super) struct LaidBar {
    bar: ColorBar,
    labels: Vec<(f64, Line)>,
    title: Option<Line>,
    room: Rect,
    breadth: f64,
}

impl Cell<'_> {
    /// A scale of colours at the right of the plot; to be called before [`Cell::axes`] or [`Cell::plain`].
    pub(crate) fn color_bar(&mut self, bar: ColorBar) {
        self.legend = Some(Legend::Bar(bar));
    }

    pub(super) fn reserve_bar(&mut self, bar: ColorBar) -> Result<(), DrawError> {
        let style = self.style;
        let text = &style.text.tick;
        let high = if bar.high > bar.low { bar.high } else { bar.low + 1.0 };
        let range = Range {
            data: [bar.low, high],
            fixed: [Some(bar.low), Some(high)],
            zero: false,
            slack: 0.0,
            ends_at_ticks: false,
        };
        let ticks = ticks::linear(range, (self.room.height() / (style.ticks.every * 1.2)).clamp(2.0, 8.0));
        let written = style.numbers.axis(&ticks.values, ticks.step);
        let labels: Vec<(f64, Line)> =
            ticks.values.iter().copied().zip(written.iter().map(|t| shape(t, text))).collect();
        let widest = labels.iter().map(|(_, l)| l.width).fold(0.0, f64::max);
        let breadth = (self.room.width() * 0.035).clamp(text.size * 0.8, text.size * 1.6);
        let title = (!bar.title.is_empty()).then(|| elided(&bar.title, &style.text.axis, self.room.height() * 0.8));
        let title_width = title.as_ref().map_or(0.0, |t| t.size * 1.7);
        let all = breadth + style.ticks.length + style.ticks.gap + widest + title_width;
        let room = Rect { x0: self.room.x1 - all, ..self.room };
        self.room.x1 = room.x0 - text.size * 1.2;
        self.bar = Some(LaidBar { bar: ColorBar { high, ..bar }, labels, title, room, breadth });
        self.view.names = true;
        Ok(())
    }

    /// Draws the scale of colours as high as the plot.
    pub(super) fn draw_bar(&mut self) {
        let Some(laid) = self.bar.take() else { return };
        let style = self.style;
        let plot = self.frame.as_ref().map_or(laid.room, |f| f.plot);
        // Labels at the ends stand out by half their height.
        let spare = if self.frame.is_some() { 0.0 } else { laid.room.height() * 0.12 };
        let bar = Rect::new(laid.room.x0, plot.y0 + spare, laid.room.x0 + laid.breadth, plot.y1 - spare);
        let mut nodes = self.colors(&laid.bar, bar);
        let length = style.ticks.length.max(style.scale * 2.0);
        let mut marks = BezPath::new();
        for (i, (value, line)) in laid.labels.into_iter().enumerate() {
            let y = bar.y1 - (value - laid.bar.low) / (laid.bar.high - laid.bar.low) * bar.height();
            marks.move_to((bar.x1, y));
            marks.line_to((bar.x1 + length, y));
            let run = line.at((bar.x1 + length + style.ticks.gap, y), Anchor::LEFT);
            self.keep_free(&run);
            nodes.push(Node::text(self.id(format_args!("legend/tick/{i}")), "tick label", run));
        }
        if !marks.elements().is_empty() {
            nodes.push(Node::stroke(self.id("legend/marks"), "tick marks", marks, style.ticks.stroke.clone()));
        }
        if let Some(title) = laid.title {
            // A title longer than the bar stays between the chart's titles and its note.
            let half = title.width / 2.0;
            let (top, bottom) = (laid.room.y0 + half, laid.room.y1 - half);
            let middle = if top <= bottom { bar.center().y.clamp(top, bottom) } else { laid.room.center().y };
            let at = Point::new(laid.room.x1 - title.size * 0.28, middle);
            let anchor = Anchor { x: 0.5, y: tamis_draw::text::Height::Baseline };
            let run = title.turned(at, anchor, 90.0);
            self.keep_free(&run);
            nodes.push(Node::text(self.id("legend/title"), "axis title", run));
        }
        let node = Node::group(self.id("legend"), "colour scale", nodes);
        self.push(Layer::Legend, node);
    }

    fn colors(&self, bar: &ColorBar, room: Rect) -> Vec<Node> {
        let pieces = bar.colors.len().saturating_sub(1).max(1);
        let step = room.height() / pieces as f64;
        let color = |i: usize| bar.colors.get(i).or(bar.colors.last()).copied().unwrap_or(Color::BLACK);
        let mut nodes: Vec<Node> = (0..pieces)
            .map(|i| {
                let bottom = room.y1 - step * i as f64;
                // Pieces overlap a little, so that no seam shows.
                let seam = if i + 1 < pieces { 0.6 } else { 0.0 };
                let piece = Rect::new(room.x0, bottom - step - seam, room.x1, bottom);
                let paint = Gradient {
                    from: Point::new(room.x0, bottom),
                    to: Point::new(room.x0, bottom - step),
                    from_color: color(i),
                    to_color: color(i + 1),
                };
                Node::fill(self.id(format_args!("legend/color/{i}")), "colour", piece, Paint::Gradient(paint))
            })
            .collect();
        if self.style.spines.right || self.style.spines.left {
            nodes.push(Node::stroke(self.id("legend/frame"), "legend frame", room, self.style.spines.stroke.clone()));
        }
        nodes
    }
}
