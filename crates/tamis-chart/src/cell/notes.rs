//! Annotations: thresholds, bands, callouts with arrows, highlights.

use tamis_draw::Color;
use tamis_draw::kurbo::{BezPath, Point, Rect, Vec2};
use tamis_draw::scene::{Node, Outline, Stroke};
use tamis_draw::text::{Anchor, Height, Line};

use super::text::{elided, wrapped};
use super::{Cell, Layer};
use crate::frame::axes::value_line;
use crate::frame::{Frame, ScaleKind};
use crate::look::readable;
use crate::spec::{Annotation, Channel};

impl Cell<'_> {
    /// Draws the chart's annotations over its data.
    pub(super) fn draw_notes(&mut self) {
        let chart = self.chart;
        for (i, annotation) in chart.annotations.iter().enumerate() {
            let drawn = match annotation {
                Annotation::Threshold { value, label } => self.threshold(i, *value, label),
                Annotation::Band { from, to, label } => self.band(i, [*from, *to], label),
                Annotation::Callout { series, row, label } => self.callout(i, series, *row, label),
                Annotation::Highlight { series, row } => self.highlight(i, series, *row),
            };
            self.view.annotations.push(drawn);
        }
    }

    fn value_frame(&self, value: f64) -> Option<Frame> {
        self.frame.clone().filter(|f| f.y.holds(value) && (f.y.kind == ScaleKind::Linear || value > 0.0))
    }

    fn threshold(&mut self, i: usize, value: f64, label: &str) -> bool {
        let Some(frame) = self.value_frame(value) else { return false };
        let k = self.style.scale;
        let color = self.style.palette.accent;
        let stroke = Stroke::new(color, 1.5 * k).dashed(&[6.0 * k, 4.0 * k]);
        let line = value_line(&frame, value, stroke.width);
        let id = self.id(format_args!("annotation/{i}"));
        let mut nodes = vec![Node::stroke(format!("{id}/line"), "threshold line", line, stroke)];
        let text = self.note_line(label, frame.plot.width() * 0.5);
        let run = if frame.horizontal {
            self.beside_upright(&text, line.p0.x, frame.plot)
        } else {
            self.along_level(&text, line.p0.y, frame.plot)
        };
        let drawn = run.is_some();
        if let Some(at) = run {
            nodes.extend(self.note_text(&id, text, at, color));
        }
        self.push(Layer::Notes, Node::group(id, "threshold", nodes));
        drawn
    }

    /// A place for a text just above or below a level line.
    fn along_level(&self, text: &Line, y: f64, plot: Rect) -> Option<Point> {
        let gap = text.size * 0.35;
        let heights = [y - gap - text.size * 0.25, y + gap + text.size * 0.78];
        let steps = 12;
        let across = (0..=steps)
            .rev()
            .map(|s| plot.x0 + gap + (plot.width() - text.width - 2.0 * gap) * f64::from(s) / f64::from(steps));
        let spots = across.flat_map(|x| heights.map(|y| Point::new(x, y)));
        self.best(text, spots, plot)
    }

    /// A place for a text beside an upright line.
    fn beside_upright(&self, text: &Line, x: f64, plot: Rect) -> Option<Point> {
        let gap = text.size * 0.4;
        let sides = [x + gap, x - gap - text.width];
        let steps = 14;
        let down = (0..=steps)
            .map(|s| plot.y0 + text.size + (plot.height() - text.size * 1.4) * f64::from(s) / f64::from(steps));
        let spots = down.flat_map(|y| sides.map(|x| Point::new(x, y)));
        self.best(text, spots, plot)
    }

    /// The spot for the start of a baseline that covers the least data and no text; the earliest of equals.
    fn best(&self, text: &Line, spots: impl Iterator<Item = Point>, within: Rect) -> Option<Point> {
        let ink = text.ink()?;
        let mut best: Option<(f64, Point)> = None;
        for spot in spots {
            let bbox = (ink + spot.to_vec2()).inflate(2.0, 1.0);
            let inside = bbox.x0 >= within.x0 && bbox.x1 <= within.x1 && bbox.y0 >= within.y0 && bbox.y1 <= within.y1;
            if !inside || !self.is_free(bbox) {
                continue;
            }
            let share = self.inks.share(bbox);
            if best.is_none_or(|(s, _)| share + 0.02 < s) {
                best = Some((share, spot));
            }
        }
        best.map(|(_, at)| at)
    }

    fn note_line(&self, text: &str, width: f64) -> Line {
        elided(text, &self.style.text.annotation, width.max(self.style.text.annotation.size * 4.0))
    }

    /// A note's text over a veil of the ground's colour where data lie below it.
    fn note_text(&mut self, id: &str, text: Line, at: Point, color: Color) -> Vec<Node> {
        let ground = self.style.ground();
        let mut run = text.at(at, Anchor::START);
        run.color = readable(color, ground, 4.0);
        let mut nodes = Vec::new();
        let bbox = run.ink().map(|i| run.transform().transform_rect_bbox(i));
        if let Some(bbox) = bbox.filter(|b| self.inks.share(*b) > 0.0) {
            nodes.push(Node::fill(format!("{id}/veil"), "veil", bbox.inflate(2.0, 1.5), ground.with_alpha(0.88)));
        }
        self.keep_free(&run);
        nodes.push(Node::text(format!("{id}/text"), "annotation text", run));
        nodes
    }

    fn band(&mut self, i: usize, [from, to]: [f64; 2], label: &str) -> bool {
        let Some(frame) = self.frame.clone() else { return false };
        let (low, high) = (from.min(to).max(frame.y.min), from.max(to).min(frame.y.max));
        if low >= high {
            return false;
        }
        let plot = frame.plot;
        let (a, b) = (frame.y.at(low), frame.y.at(high));
        let area = if frame.horizontal {
            Rect::new(a.min(b), plot.y0, a.max(b), plot.y1)
        } else {
            Rect::new(plot.x0, a.min(b), plot.x1, a.max(b))
        };
        let color = self.style.palette.accent;
        let id = self.id(format_args!("annotation/{i}"));
        let text = self.note_line(
            label,
            (if frame.horizontal { plot.width() * 0.4 } else { plot.width() * 0.6 }).max(area.width() * 0.9),
        );
        let (left, top) = (area.x0 + text.size * 0.4, area.y0 + text.size * 1.0);
        let steps = 8;
        let spots = (0..=steps).flat_map(|row| {
            (0..=steps)
                .rev()
                .map(move |column| (f64::from(row) / f64::from(steps), f64::from(column) / f64::from(steps)))
        });
        let spots = spots.map(|(r, c)| {
            let x = left + (area.width() - text.width - text.size * 0.8).max(0.0) * c;
            Point::new(x, top + (area.height() - text.size * 1.3).max(0.0) * r)
        });
        let at = self.best(&text, spots, plot);
        let veil = Node::fill(format!("{id}/area"), "band", area, color.with_alpha(0.13));
        // The area lies behind the data, its words over them.
        self.push(Layer::Grid, veil);
        let Some(at) = at else { return false };
        let nodes = self.note_text(&id, text, at, color);
        self.push(Layer::Notes, Node::group(id, "band label", nodes));
        true
    }

    /// The box of a datum by the name of its series.
    fn datum_box(&self, series: &str, row: usize) -> Option<Rect> {
        let rank = self.chart.columns(Channel::Y).chain(self.chart.columns(Channel::Y2)).position(|c| c == series);
        let rank = rank.unwrap_or(0);
        self.anchors.iter().find(|a| a.series == rank && a.row == row).map(|a| a.bbox)
    }

    fn callout(&mut self, i: usize, series: &str, row: usize, label: &str) -> bool {
        let Some(target) = self.datum_box(series, row) else { return false };
        let plot = self.frame.as_ref().map_or(self.room, |f| f.plot);
        let style = &self.style.text.annotation;
        let lines = wrapped(label, style, (plot.width() * 0.4).min(style.size * 16.0), 3);
        let Some((at, size)) = self.place_callout(&lines, target, plot) else { return false };
        let id = self.id(format_args!("annotation/{i}"));
        let color = readable(self.style.palette.accent, self.style.ground(), 3.2);
        let area = Rect::from_origin_size(at, size);
        let mut nodes = self.arrow(&id, area, target, color);
        nodes.push(Node::fill(
            format!("{id}/veil"),
            "veil",
            area.inflate(3.0, 2.0),
            self.style.ground().with_alpha(0.85),
        ));
        let step = style.size * 1.18;
        let ink = readable(style.color, self.style.ground(), 4.5);
        for (n, line) in lines.into_iter().enumerate() {
            let anchor = Anchor { x: 0.5, y: Height::Baseline };
            let mut run = line.at((area.center().x, area.y0 + step * n as f64 + style.size * 0.84), anchor);
            run.color = ink;
            self.keep_free(&run);
            nodes.push(Node::text(format!("{id}/text/{n}"), "annotation text", run));
        }
        self.push(Layer::Notes, Node::group(id, "callout", nodes));
        true
    }

    /// A box for the words around the target that covers no text and little data.
    fn place_callout(&self, lines: &[Line], target: Rect, plot: Rect) -> Option<(Point, tamis_draw::kurbo::Size)> {
        let size = self.style.text.annotation.size;
        let width = lines.iter().map(|l| l.width).fold(0.0, f64::max);
        let height = lines.len() as f64 * size * 1.18;
        // The arrow points at the near end of the datum, not into the middle of a long bar.
        let tip = Point::new(target.center().x, target.y0);
        let mut best: Option<(f64, Point)> = None;
        for ring in [3.2, 4.6, 6.5, 9.0, 12.0] {
            for step in 0..12 {
                let angle = f64::from(step) * 30.0 - 60.0;
                let (sin, cos) = angle.to_radians().sin_cos();
                let reach =
                    Vec2::new(cos * (size * ring * 0.9 + width / 2.0), -sin * (size * ring * 0.8 + height / 2.0));
                let center = tip + reach;
                let area = Rect::from_center_size(center, (width, height));
                let room = area.inflate(6.0, 5.0);
                let inside = room.x0 >= plot.x0 && room.x1 <= plot.x1 && room.y0 >= plot.y0 && room.y1 <= plot.y1;
                if !inside || !self.is_free(room) {
                    continue;
                }
                let cost = self.inks.share(room) * 4.0 + ring * 0.04;
                if best.is_none_or(|(b, _)| cost < b) {
                    best = Some((cost, area.origin()));
                }
            }
        }
        best.map(|(_, at)| (at, tamis_draw::kurbo::Size::new(width, height)))
    }

    /// An arrow from the edge of the words to just before the datum.
    fn arrow(&self, id: &str, words: Rect, target: Rect, color: Color) -> Vec<Node> {
        let k = self.style.scale;
        let from_center = words.center();
        let tip = Point::new(target.center().x, if from_center.y > target.y1 { target.y1 } else { target.y0 });
        let tip = if target.width() < 14.0 * k { target.center() } else { tip };
        let way = tip - from_center;
        let unit = way / way.hypot().max(1e-6);
        let start = from_center + unit * leave(words.inflate(3.0, 2.0), unit);
        let end = tip
            - unit
                * (4.0 * k + if target.width() < 14.0 * k { target.width().min(target.height()) / 2.0 } else { 0.0 });
        if (end - start).dot(unit) < 4.0 * k {
            return Vec::new();
        }
        let (head, side) = (unit * 7.0 * k, Vec2::new(-unit.y, unit.x) * 3.2 * k);
        let mut shaft = BezPath::new();
        shaft.move_to(start);
        shaft.line_to(end - head * 0.8);
        let point = Outline::polygon(&[end, end - head + side, end - head - side]);
        vec![
            Node::stroke(format!("{id}/shaft"), "arrow", shaft, Stroke::new(color, 1.3 * k)),
            Node::fill(format!("{id}/head"), "arrow head", point, color),
        ]
    }

    fn highlight(&mut self, i: usize, series: &str, row: usize) -> bool {
        let Some(target) = self.datum_box(series, row) else { return false };
        let k = self.style.scale;
        let color = self.style.palette.accent;
        let id = self.id(format_args!("annotation/{i}"));
        let stroke = Stroke::new(color, 2.2 * k);
        let least = 9.0 * k;
        let node = if target.width() <= 2.0 * least && target.height() <= 2.0 * least {
            let radius = target.width().max(target.height()) / 2.0 + 4.0 * k;
            Node::stroke(id, "highlight", tamis_draw::kurbo::Circle::new(target.center(), radius.max(least)), stroke)
        } else {
            Node::stroke(id, "highlight", target.inflate(2.0 * k, 2.0 * k), stroke)
        };
        self.push(Layer::Notes, node);
        true
    }
}

/// How far it is from the middle of a box to its edge in a direction.
fn leave(rect: Rect, unit: Vec2) -> f64 {
    let x = if unit.x.abs() > 1e-9 { rect.width() / 2.0 / unit.x.abs() } else { f64::INFINITY };
    let y = if unit.y.abs() > 1e-9 { rect.height() / 2.0 / unit.y.abs() } else { f64::INFINITY };
    x.min(y)
}
