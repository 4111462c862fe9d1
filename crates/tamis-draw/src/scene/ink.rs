//! Where the ink of a node is: exact boxes, computed from geometry and never from pixels.

use kurbo::{Affine, BezPath, Point, Rect, Shape as _};

use crate::render;
use crate::scene::node::{Content, Node, Outline, Shape};
use crate::scene::paint::{Cap, Stroke};
use crate::text::TextRun;

/// How far a flattened stroke may be from the true one, in pixels.
const TOLERANCE: f64 = 0.1;

/// The box of what a leaf draws, `to` being the way from its frame to the scene's; `None` when it draws nothing.
pub(crate) fn bounds(node: &Node, to: Affine) -> Option<Rect> {
    match &node.content {
        Content::Group(_) => None,
        Content::Shape(shape) => shape_bounds(shape, to),
        Content::Text(run) => text_bounds(run, to),
        Content::Image(image) => Some(to.transform_rect_bbox(image.rect)),
    }
}

fn text_bounds(run: &TextRun, to: Affine) -> Option<Rect> {
    if run.color.a == 0 {
        return None;
    }
    let to = to * run.transform();
    if is_upright(to) {
        return Some(to.transform_rect_bbox(run.ink()?));
    }
    // A turned text's box is that of its outlines, which is smaller than that of its turned box.
    let glyphs = run.glyphs.iter().filter_map(|glyph| {
        let outline = crate::text::outline::outline(glyph.face, glyph.id)?;
        let place = to * Affine::translate((glyph.x, glyph.y)) * Affine::scale(run.size);
        Some((place * outline.path.clone()).bounding_box())
    });
    glyphs.reduce(|a, b| a.union(b))
}

fn shape_bounds(shape: &Shape, to: Affine) -> Option<Rect> {
    let fill = shape.fill.as_ref().filter(|f| f.is_visible()).and_then(|_| fill_bounds(&shape.outline, to));
    let stroke = shape.stroke.as_ref().filter(|s| s.color.a > 0 && s.width > 0.0);
    let stroke = stroke.and_then(|s| stroke_bounds(&shape.outline, s, to));
    match (fill, stroke) {
        (Some(a), Some(b)) => Some(a.union(b)),
        (a, b) => a.or(b),
    }
}

fn fill_bounds(outline: &Outline, to: Affine) -> Option<Rect> {
    let rect = match outline {
        Outline::Line(_) => return None,
        Outline::Rect(rect) => to.transform_rect_bbox(rect.abs()),
        Outline::Circle(circle) if is_upright(to) => to.transform_rect_bbox(circle.bounding_box()),
        Outline::Circle(circle) => (to * circle.to_path(TOLERANCE / 10.0)).bounding_box(),
        Outline::Path(path) if path.elements().len() < 2 => return None,
        Outline::Path(path) if is_upright(to) => to.transform_rect_bbox(path.bounding_box()),
        Outline::Path(path) => (to * path.clone()).bounding_box(),
    };
    (rect.width() > 0.0 && rect.height() > 0.0).then_some(rect)
}

fn stroke_bounds(outline: &Outline, stroke: &Stroke, to: Affine) -> Option<Rect> {
    let half = stroke.width / 2.0;
    match outline {
        Outline::Rect(rect) if is_upright(to) && stroke.dashes.is_empty() => {
            Some(to.transform_rect_bbox(rect.abs().inflate(half, half)))
        }
        Outline::Circle(c) if is_upright(to) && stroke.dashes.is_empty() => {
            Some(to.transform_rect_bbox(c.bounding_box().inflate(half, half)))
        }
        Outline::Line(line) if stroke.dashes.is_empty() => line_bounds(line.p0, line.p1, stroke, to),
        _ => render::stroke_bounds(outline, stroke, to),
    }
}

/// The band of a straight line; exact for butt and square ends, and for round ones too.
fn line_bounds(a: Point, b: Point, stroke: &Stroke, to: Affine) -> Option<Rect> {
    let half = stroke.width / 2.0;
    let along = b - a;
    let length = along.hypot();
    if length == 0.0 && stroke.cap == Cap::Butt {
        return None;
    }
    let unit = if length > 0.0 { along / length } else { kurbo::Vec2::new(1.0, 0.0) };
    if stroke.cap == Cap::Round {
        let disc = |p: Point| fill_bounds(&Outline::Circle(kurbo::Circle::new(p, half)), to);
        return Some(disc(a)?.union(disc(b)?));
    }
    let beyond = if stroke.cap == Cap::Square { unit * half } else { kurbo::Vec2::ZERO };
    let side = kurbo::Vec2::new(-unit.y, unit.x) * half;
    let corners = [a - beyond + side, a - beyond - side, b + beyond + side, b + beyond - side].map(|p| to * p);
    let start = Rect::from_points(corners[0], corners[1]);
    Some(corners[2..].iter().fold(start, |r, p| r.union_pt(*p)))
}

impl Outline {
    /// The outline as a path.
    pub fn path(&self) -> BezPath {
        match self {
            Outline::Rect(rect) => rect.to_path(TOLERANCE),
            Outline::Circle(circle) => circle.to_path(TOLERANCE / 10.0),
            Outline::Line(line) => line.to_path(TOLERANCE),
            Outline::Path(path) => path.clone(),
        }
    }
}

/// Whether level and upright lines stay so, and keep their directions.
pub(crate) fn is_upright(to: Affine) -> bool {
    let [_, b, c, _, _, _] = to.as_coeffs();
    b == 0.0 && c == 0.0
}
