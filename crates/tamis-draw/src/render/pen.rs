//! Glyphs and other outlines of one colour as pixels.

use kurbo::{Affine, PathEl, Point, Rect};
use tiny_skia as skia;

use crate::color::Color;
use crate::render::areas::{Areas, Begun};
use crate::render::clip::Clip;
use crate::text::outline::GlyphOutline;

/// How far straight lines may be from the curve that they stand for, in pixels.
const TOLERANCE: f64 = 1.0 / 16.0;

/// Paints outlines; holds the room that areas are added up in.
#[derive(Default)]
pub(super) struct Pen {
    areas: Areas,
}

impl Pen {
    /// Paints a glyph, `place` being the way from its em to the picture. Says whether it did: what is too large is not
    /// for a pen.
    pub(super) fn glyph(
        &mut self,
        picture: &mut skia::Pixmap,
        glyph: &GlyphOutline,
        place: Affine,
        color: Color,
        clip: Option<&Clip<'_>>,
    ) -> bool {
        let ink = place.transform_rect_bbox(glyph.bounds);
        let begun = self.areas.begin(ink, picture);
        if begun == Begun::Yes {
            let pixels_per_em = place.determinant().abs().sqrt();
            for contour in glyph.contours(pixels_per_em) {
                self.areas.contour(contour.iter().map(|[x, y]| place * Point::new(*x, *y)));
            }
            self.areas.paint(picture, color, clip.and_then(|clip| clip.cuts(ink)));
        }
        begun != Begun::No
    }

    /// The same of what a path encloses, by the non-zero rule.
    pub(super) fn path(
        &mut self,
        picture: &mut skia::Pixmap,
        path: impl Iterator<Item = PathEl> + Clone,
        to: Affine,
        color: Color,
        clip: Option<&Clip<'_>>,
    ) -> bool {
        let placed = path.map(|element| to * element);
        let Some(ink) = reach(placed.clone()) else { return true };
        let begun = self.areas.begin(ink, picture);
        if begun == Begun::Yes {
            let (mut first, mut last) = (Point::ZERO, Point::ZERO);
            kurbo::flatten(placed, TOLERANCE, |element| match element {
                PathEl::LineTo(point) => {
                    self.areas.line(last, point);
                    last = point;
                }
                PathEl::MoveTo(point) => {
                    self.areas.line(last, first);
                    (first, last) = (point, point);
                }
                // What is filled is closed.
                _ => {
                    self.areas.line(last, first);
                    last = first;
                }
            });
            self.areas.line(last, first);
            self.areas.paint(picture, color, clip.and_then(|clip| clip.cuts(ink)));
        }
        begun != Begun::No
    }
}

/// A box around a path, no smaller than it; `None` for an empty one.
fn reach(path: impl Iterator<Item = PathEl>) -> Option<Rect> {
    let points = |element: PathEl| match element {
        PathEl::MoveTo(p) | PathEl::LineTo(p) => [Some(p), None, None],
        PathEl::QuadTo(a, p) => [Some(a), Some(p), None],
        PathEl::CurveTo(a, b, p) => [Some(a), Some(b), Some(p)],
        PathEl::ClosePath => [None; 3],
    };
    let boxes = path.flat_map(points).flatten().map(|p| Rect::from_points(p, p));
    boxes.reduce(|a, b| a.union(b))
}

#[cfg(test)]
mod tests {
    use kurbo::Shape as _;

    use crate::render::mask;
    use crate::scene::{Node, Scene};
    use crate::text::outline::outline;
    use crate::text::{Anchor, Font, Style, line};

    use super::*;

    #[test]
    fn ink_is_the_area_of_the_outlines_wherever_they_stand() {
        for (text, size, angle, at) in
            [("S", 11.3, 0.0, (20.3, 40.7)), ("g8", 30.0, 37.0, (40.25, 60.5)), ("&", 52.9, 180.0, (60.0, 30.1))]
        {
            let run =
                line(text, &Style::new(Font::new("Open Sans"), size, Color::BLACK)).turned(at, Anchor::CENTER, angle);
            let outlines = run.glyphs.iter().filter_map(|g| outline(g.face, g.id));
            let area: f64 = outlines.map(|o| o.path.area().abs() * size * size).sum();
            let mut scene = Scene::new(100, 90, Color::WHITE);
            scene.push(Node::text("text", "text", run));
            let ink: f64 = mask(&scene, "text").unwrap_or_default().iter().map(|a| f64::from(*a) / 255.0).sum();
            assert!((ink - area).abs() < 0.01 * area, "{text}: {ink} pixels of ink, {area} of outline");
        }
    }

    #[test]
    fn a_glyph_that_is_cut_off_loses_nothing_else() {
        let drawn = |width: u32, height: u32, shift: f64| {
            let run = line("@", &Style::new(Font::new("Open Sans"), 40.0, Color::BLACK));
            let mut scene = Scene::new(width, height, Color::WHITE);
            scene.push(Node::text("text", "text", run.at((30.0 - shift, 30.0 - shift), Anchor::CENTER)));
            mask(&scene, "text").unwrap_or_default()
        };
        // The same glyph in a frame that begins at (25, 25) and ends at (40, 38) of the larger one.
        let (whole, part) = (drawn(60, 60, 0.0), drawn(15, 13, 25.0));
        for (i, a) in part.iter().enumerate() {
            let there = whole[(i / 15 + 25) * 60 + i % 15 + 25];
            assert!(a.abs_diff(there) <= 1, "pixel {i}: {a} instead of {there}");
        }
        assert!(part.iter().any(|a| *a > 200) && part.contains(&0));
    }
}
