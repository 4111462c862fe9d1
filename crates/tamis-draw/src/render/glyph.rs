//! Glyphs as pixels: the exact area that an outline covers of each.
//!
//! Text is most of what is drawn, in outlines of a few pixels' size. The general rasteriser sorts edges and samples each
//! row four times; adding up signed areas along the outline takes a fraction of that, and knows 256 levels.

use ab_glyph_rasterizer::{Rasterizer, point};
use kurbo::{Affine, Rect};
use tiny_skia as skia;

use crate::color::Color;
use crate::text::outline::GlyphOutline;

/// A glyph with more pixels than this is left to the general rasteriser.
const LARGEST: f64 = 1_048_576.0;

/// Paints glyphs; holds the room that it adds up areas in.
pub(super) struct Pen {
    areas: Rasterizer,
}

impl Default for Pen {
    fn default() -> Pen {
        Pen { areas: Rasterizer::new(0, 0) }
    }
}

/// The pixels a glyph may cover: whole numbers, a pixel wider than its ink at each side.
#[derive(Clone, Copy)]
struct Room {
    left: i64,
    top: i64,
    width: usize,
    height: usize,
}

impl Room {
    /// `None` for a glyph that is not in the picture, too large, or nowhere.
    fn of(ink: Rect, height: u32) -> Option<Room> {
        let ink = ink.inflate(1.0, 1.0).expand();
        let (top, low) = (ink.y0.max(0.0), ink.y1.min(f64::from(height)));
        let seen = ink.is_finite() && low > top && (low - top) * ink.width() <= LARGEST;
        seen.then(|| Room {
            left: ink.x0 as i64,
            top: top as i64,
            width: ink.width() as usize,
            height: (low - top) as usize,
        })
    }
}

impl Pen {
    /// Paints a glyph, `place` being the way from its em to the picture. Says whether it did: what is too large is not
    /// for a pen.
    pub(super) fn paint(
        &mut self,
        picture: &mut skia::Pixmap,
        glyph: &GlyphOutline,
        place: Affine,
        color: Color,
        clip: Option<&skia::Mask>,
    ) -> bool {
        let ink = place.transform_rect_bbox(glyph.bounds);
        let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
        if !ink.overlaps(Rect::new(-1.0, -1.0, width + 1.0, height + 1.0)) {
            return true;
        }
        let Some(room) = Room::of(ink, picture.height()) else { return false };
        self.add(glyph, place, room);
        self.blend(picture, room, color, clip);
        true
    }

    fn add(&mut self, glyph: &GlyphOutline, place: Affine, room: Room) {
        self.areas.reset(room.width, room.height);
        let [a, b, c, d, e, f] = place.as_coeffs();
        let (e, f) = (e - room.left as f64, f - room.top as f64);
        let at = |[x, y]: [f64; 2]| point((a * x + c * y + e) as f32, (b * x + d * y + f) as f32);
        let pixels_per_em = (a * d - b * c).abs().sqrt();
        for contour in glyph.contours(pixels_per_em).iter() {
            let Some(last) = contour.last() else { continue };
            let mut from = at(*last);
            for to in contour {
                let to = at(*to);
                self.areas.draw_line(from, to);
                from = to;
            }
        }
    }

    fn blend(&self, picture: &mut skia::Pixmap, room: Room, color: Color, clip: Option<&skia::Mask>) {
        let width = i64::from(picture.width());
        let ink = [color.r, color.g, color.b, 255];
        let data = picture.data_mut().as_chunks_mut::<4>().0;
        let (mut x, mut y) = (room.left, room.top);
        let end = room.left + room.width as i64;
        self.areas.for_each_pixel(|_, area| {
            if area > 0.5 / 255.0 && x >= 0 && x < width {
                let at = (y * width + x) as usize;
                let mut alpha = over_255(u32::from(color.a) * (area.min(1.0) * 255.0 + 0.5) as u32);
                if let Some(clip) = clip {
                    alpha = over_255(alpha * u32::from(clip.data()[at]));
                }
                let under = 255 - alpha;
                for (p, ink) in data[at].iter_mut().zip(ink) {
                    *p = over_255(u32::from(ink) * alpha + u32::from(*p) * under) as u8;
                }
            }
            x += 1;
            if x == end {
                (x, y) = (room.left, y + 1);
            }
        });
    }
}

/// A product of two bytes as a byte, to the nearest.
fn over_255(product: u32) -> u32 {
    let v = product + 128;
    (v + (v >> 8)) >> 8
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
