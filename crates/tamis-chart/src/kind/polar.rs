//! Circles: sectors, names around them, rings of values.

use tamis_draw::kurbo::{Arc, BezPath, Point, Rect, Vec2};
use tamis_draw::scene::{Node, Outline, Stroke};
use tamis_draw::text::{Anchor, Height};

use crate::cell::text::shape;
use crate::cell::words::{Words, measure};
use crate::cell::{Cell, Layer};
use crate::frame::ticks::{self, Range, Ticks};
use crate::layout::AxisView;

/// A point at an angle: degrees clockwise from the top.
pub(super) fn at(center: Point, radius: f64, degrees: f64) -> Point {
    center + direction(degrees) * radius
}

/// The direction of an angle, clockwise from the top.
pub(super) fn direction(degrees: f64) -> Vec2 {
    let (sin, cos) = degrees.to_radians().sin_cos();
    Vec2::new(sin, -cos)
}

/// The part of a ring (a disc for an inner radius of 0) between two angles, clockwise from the top.
pub(super) fn sector(center: Point, radii: [f64; 2], degrees: [f64; 2]) -> Outline {
    let [inner, outer] = radii;
    let [from, to] = degrees;
    let sweep = (to - from).clamp(-360.0, 360.0);
    let whole = sweep.abs() > 359.999;
    let mut path = BezPath::new();
    let arc = |path: &mut BezPath, radius: f64, start: f64, sweep: f64| {
        let arc = Arc::new(center, (radius, radius), (start - 90.0).to_radians(), sweep.to_radians(), 0.0);
        arc.append_iter(0.02).for_each(|e| path.push(e));
    };
    path.move_to(at(center, outer, from));
    arc(&mut path, outer, from, sweep);
    if inner <= 0.0 {
        if !whole {
            path.line_to(center);
        }
        path.close_path();
        return path.into();
    }
    if whole {
        path.close_path();
        path.move_to(at(center, inner, to));
    } else {
        path.line_to(at(center, inner, to));
    }
    arc(&mut path, inner, to, -sweep);
    path.close_path();
    path.into()
}

/// The anchor of a text that stands outside a circle in a direction.
pub(super) fn outward(degrees: f64) -> Anchor {
    let d = direction(degrees);
    let x = if d.x > 0.2 {
        0.0
    } else if d.x < -0.2 {
        1.0
    } else {
        0.5
    };
    let y = if d.y > 0.8 {
        Height::Top
    } else if d.y < -0.8 {
        Height::Bottom
    } else {
        Height::Middle
    };
    Anchor { x, y }
}

/// The box of words with their anchor at a point.
pub(super) fn box_of(parts: &[Words], at: Point, anchor: Anchor) -> Rect {
    let (w, h) = measure(parts);
    let size = parts.iter().flat_map(|p| &p.lines).map(|l| l.size).fold(0.0, f64::max);
    let x0 = at.x - anchor.x * w;
    let y0 = match anchor.y {
        Height::Top => at.y,
        Height::Middle => at.y - h / 2.0,
        Height::Bottom | Height::Baseline => at.y - h,
    };
    // Descents and accents stand out of the box of capitals.
    Rect::new(x0, y0 - size * 0.22, x0 + w, y0 + h + size * 0.26)
}

/// The largest circle in a room that leaves place for these words around it, at angles clockwise from the top. `gap` is
/// between the circle and the words. The words may still overlap each other where there are many.
pub(super) fn circle_within(room: Rect, words: &[(f64, Vec<Words>)], gap: f64) -> (Point, f64) {
    let mut radius = room.width().min(room.height()) / 2.0;
    let least = radius * 0.3;
    loop {
        let unit = Rect::from_center_size(Point::ORIGIN, (2.0 * radius, 2.0 * radius));
        let all = words.iter().filter(|(_, w)| !w.is_empty()).fold(unit, |all, (degrees, parts)| {
            all.union(box_of(parts, at(Point::ORIGIN, radius + gap, *degrees), outward(*degrees)))
        });
        if (all.width() <= room.width() && all.height() <= room.height()) || radius <= least {
            let center = room.center() - all.center().to_vec2();
            return (center, radius);
        }
        radius = (radius * 0.98).max(least);
    }
}

/// A disc with rings at values from 0 outwards.
pub(super) struct Rings {
    pub(crate) center: Point,
    pub(crate) radius: f64,
    pub(crate) ticks: Ticks,
}

impl Rings {
    /// Rings for values up to `highest`.
    pub(crate) fn new(cell: &Cell, center: Point, radius: f64, highest: f64) -> Rings {
        let spec = &cell.chart.y;
        let data = [0.0, if highest > 0.0 { highest } else { 1.0 }];
        let fixed = [Some(0.0), spec.max.map(|m| m.max(data[1]))];
        let range = Range { data, fixed, zero: true, slack: 0.0, ends_at_ticks: true };
        let count = (radius / (cell.style.text.tick.size * 2.6)).clamp(2.0, 5.0);
        Rings { center, radius, ticks: ticks::linear(range, count) }
    }

    /// How far from the centre a value is.
    pub(crate) fn reach(&self, value: f64) -> f64 {
        (value / self.ticks.max).clamp(0.0, 1.0) * self.radius
    }

    /// Where a value is at an angle.
    pub(crate) fn point(&self, degrees: f64, value: f64) -> Point {
        at(self.center, self.reach(value), degrees)
    }

    /// Values of the rings, from inside outwards, 0 left out.
    pub(crate) fn values(&self) -> impl Iterator<Item = f64> {
        self.ticks.values.iter().copied().filter(|v| *v > 0.0)
    }

    /// The line of rings and spokes: thin, in the grid's colour, visible on the ground.
    pub(crate) fn stroke(&self, cell: &Cell) -> Stroke {
        let grid = &cell.style.grid.stroke;
        let ground = cell.below();
        let seen = grid.color.over(ground).contrast(ground) >= 1.15;
        let color = if seen { grid.color } else { cell.style.text.tick.color.with_alpha(0.22) };
        Stroke::new(color, grid.width.clamp(0.6, 1.2))
    }

    /// Writes the values at the rings along an angle.
    pub(crate) fn labels(&self, cell: &mut Cell, degrees: f64) {
        let values: Vec<f64> = self.values().collect();
        let written = cell.style.numbers.axis(&values, self.ticks.step);
        let style = cell.style.text.tick.sized((cell.style.text.tick.size * 0.82).max(7.0));
        let mut shown = Vec::new();
        for (i, (value, text)) in values.iter().zip(written).enumerate() {
            let point = self.point(degrees, *value);
            let mut run = shape(&text, &style).at(point, Anchor::CENTER);
            let ground = cell.below();
            run.color = cell.style.readable(run.color, ground);
            let Some(bbox) = run.ink().map(|b| run.transform().transform_rect_bbox(b)) else { continue };
            if !cell.is_free(bbox) {
                continue;
            }
            // Data below the number would make it hard to read.
            let veil = Node::fill(
                cell.id(format_args!("y/veil/{i}")),
                "veil",
                bbox.inflate(1.5, 1.0),
                ground.with_alpha(0.72),
            );
            cell.push(Layer::Labels, veil);
            cell.text(Layer::Labels, cell.id(format_args!("y/tick/{i}")), "tick label", run);
            shown.push(*value);
        }
        cell.view.y = Some(AxisView::Numbers { min: 0.0, max: self.ticks.max, log: false, ticks: shown });
    }
}

/// Names around a circle, at angles clockwise from the top: wrapped, elided where they are long, and only every so many
/// where they would overlap. Gives the circle and which names are written in full.
pub(super) struct Rim {
    pub(crate) center: Point,
    pub(crate) radius: f64,
    names: Vec<(f64, Vec<Words>)>,
    gap: f64,
}

impl Rim {
    pub(crate) fn new(cell: &Cell, room: Rect, names: &[(f64, String)]) -> Rim {
        let style = &cell.style.text.tick;
        let gap = style.size * 0.6;
        let around = std::f64::consts::PI * room.width().min(room.height()) * 0.8;
        let every = (names.len() as f64 * style.size * 1.5 / around).ceil().max(1.0) as usize;
        let width = (room.width() * 0.24).max(style.size * 3.0);
        let words = names.iter().enumerate().map(|(i, (degrees, name))| {
            let id = cell.id(format_args!("x/tick/{i}"));
            let words = (i % every == 0).then(|| cell.wrap(id, "tick label", name, style, width, 2));
            (*degrees, words.into_iter().filter(|w| !w.lines.is_empty()).collect())
        });
        let names: Vec<(f64, Vec<Words>)> = words.collect();
        let (center, radius) = circle_within(room, &names, gap);
        Rim { center, radius, names, gap }
    }

    /// Writes the names.
    pub(crate) fn draw(self, cell: &mut Cell, whole: &[(f64, String)]) {
        let mut written = Vec::with_capacity(whole.len());
        for ((degrees, parts), (_, name)) in self.names.iter().zip(whole) {
            let spot = crate::cell::Spot::new(at(self.center, self.radius + self.gap, *degrees), outward(*degrees));
            let done = !parts.is_empty() && cell.words(parts, &[spot]);
            written.push(done && is_whole(parts, name));
        }
        cell.view.x = Some(AxisView::Categories { written });
    }
}

/// Whether words say all of a name.
pub(super) fn is_whole(parts: &[Words], name: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
    parts.iter().flat_map(|p| &p.lines).map(|l| letters(&l.text)).sum::<usize>() == letters(name)
        && parts.iter().flat_map(|p| &p.lines).all(|l| !l.text.ends_with('\u{2026}') || name.ends_with('\u{2026}'))
}
