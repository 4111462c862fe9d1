//! From frames (points, nested) to pieces (pixels, in paint order, in the frame of the page).

use kurbo::{Affine, BezPath, Point, Rect};
use tamis_draw::Color;
use tamis_draw::scene::{Cap, Join, Outline, Shape, Stroke};
use tamis_draw::text::{Glyph, TextRun};
use typst::layout::{Abs, Frame, FrameItem, Transform};
use typst::text::TextItem;
use typst::visualize::{self, CurveItem, FixedStroke, Geometry, LineCap, LineJoin};

use crate::error::Error;
use crate::typeset::fonts::Fonts;
use crate::typeset::world::Compiled;

/// One thing on a page.
pub(crate) struct Piece {
    /// What.
    pub content: Content,
    /// From the piece's frame to the page's; the identity for all that is upright.
    pub transform: Affine,
}

/// What a [`Piece`] is.
pub(crate) enum Content {
    /// A line of text, or a part of one.
    Text {
        /// As it is drawn.
        run: TextRun,
        /// For each glyph, where in the source its character was written: (byte of the literal, byte in its text).
        source: Vec<SourcePlace>,
    },
    /// A shape that shows.
    Shape(Shape),
    /// A place of known size: the number written by [`marker`].
    Marker(usize, Rect),
}

/// Where in the source a character was written: byte of the literal, byte in its text.
pub(crate) type SourcePlace = (u32, u32);

/// The paint of a rectangle that only marks a place: it is not drawn, and its colour is its number.
pub(crate) fn marker(number: usize) -> String {
    format!("rgb(\"#{number:06x}01\")")
}

/// All that one page shows, in paint order; `scale` is pixels per point.
pub(crate) fn pieces(compiled: &Compiled, page: usize, scale: f64) -> Result<Vec<Piece>, Error> {
    let mut walk = Walk { compiled, scale, out: Vec::new(), last: None };
    walk.frame(&compiled.document.pages()[page].frame, Affine::IDENTITY)?;
    Ok(walk.out)
}

struct Walk<'a> {
    compiled: &'a Compiled,
    scale: f64,
    out: Vec<Piece>,
    /// The last span and its position: neighbours mostly share it.
    last: Option<(typst::syntax::Span, u32)>,
}

impl Walk<'_> {
    fn px(&self, length: Abs) -> f64 {
        length.to_pt() * self.scale
    }

    fn frame(&mut self, frame: &Frame, at: Affine) -> Result<(), Error> {
        for (position, item) in frame.items() {
            let here = at * Affine::translate((self.px(position.x), self.px(position.y)));
            match item {
                FrameItem::Group(group) => self.frame(&group.frame, here * self.affine(group.transform))?,
                FrameItem::Text(text) => self.text(text, here)?,
                FrameItem::Shape(shape, _) => self.shape(shape, here)?,
                FrameItem::Image(..) | FrameItem::Link(..) | FrameItem::Tag(_) => {}
            }
        }
        Ok(())
    }

    fn affine(&self, t: Transform) -> Affine {
        Affine::new([t.sx.get(), t.ky.get(), t.kx.get(), t.sy.get(), self.px(t.tx), self.px(t.ty)])
    }

    fn text(&mut self, item: &TextItem, at: Affine) -> Result<(), Error> {
        let unknown = || Error::Internal(format!("a glyph of a font that is not ours in {:?}", item.text));
        let face = Fonts::get().face(&item.font).ok_or_else(unknown)?;
        let size = self.px(item.size);
        let (mut glyphs, mut source, mut x) = (Vec::with_capacity(item.glyphs.len()), Vec::new(), 0.0);
        for glyph in &item.glyphs {
            let advance = glyph.x_advance.get() * size;
            glyphs.push(Glyph {
                face,
                id: glyph.id,
                x: x + glyph.x_offset.get() * size,
                y: -glyph.y_offset.get() * size,
                advance,
                range: glyph.range(),
            });
            source.push((self.position(glyph.span.0), u32::from(glyph.span.1)));
            x += advance;
        }
        let (upright, transform) = split(at);
        let run = TextRun {
            text: item.text.to_string(),
            size,
            color: solid(&item.fill)?,
            glyphs,
            origin: upright,
            angle: 0.0,
        };
        self.out.push(Piece { content: Content::Text { run, source }, transform });
        Ok(())
    }

    fn position(&mut self, span: typst::syntax::Span) -> u32 {
        match self.last {
            Some((last, position)) if last == span => position,
            _ => {
                let position = self.compiled.position(span).map_or(u32::MAX, |p| p as u32);
                self.last = Some((span, position));
                position
            }
        }
    }

    fn shape(&mut self, shape: &visualize::Shape, at: Affine) -> Result<(), Error> {
        let (origin, transform) = split(at);
        let outline = self.outline(&shape.geometry, origin);
        let fill = shape.fill.as_ref().map(solid).transpose()?;
        if let (Some(Color { r, g, b, a: 1 }), Outline::Rect(rect)) = (fill, &outline) {
            let number = usize::from(r) << 16 | usize::from(g) << 8 | usize::from(b);
            self.out.push(Piece { content: Content::Marker(number, *rect), transform });
            return Ok(());
        }
        let stroke = shape.stroke.as_ref().map(|s| self.stroke(s)).transpose()?.filter(|s| s.width > 0.0);
        if fill.is_some() || stroke.is_some() {
            let shape = Shape { outline, fill: fill.map(Into::into), stroke };
            self.out.push(Piece { content: Content::Shape(shape), transform });
        }
        Ok(())
    }

    fn outline(&self, geometry: &Geometry, origin: Point) -> Outline {
        let point = |p: &typst::layout::Point| Point::new(origin.x + self.px(p.x), origin.y + self.px(p.y));
        match geometry {
            Geometry::Line(to) => Outline::Line(kurbo::Line::new(origin, point(to))),
            Geometry::Rect(size) => {
                Outline::Rect(Rect::from_origin_size(origin, (self.px(size.x), self.px(size.y))).abs())
            }
            Geometry::Curve(curve) => {
                let mut path = BezPath::new();
                for item in &curve.0 {
                    match item {
                        CurveItem::Move(p) => path.move_to(point(p)),
                        CurveItem::Line(p) => path.line_to(point(p)),
                        CurveItem::Cubic(a, b, p) => path.curve_to(point(a), point(b), point(p)),
                        CurveItem::Close => path.close_path(),
                    }
                }
                Outline::Path(path)
            }
        }
    }

    fn stroke(&self, stroke: &FixedStroke) -> Result<Stroke, Error> {
        Ok(Stroke {
            color: solid(&stroke.paint)?,
            width: self.px(stroke.thickness),
            dashes: stroke.dash.iter().flat_map(|d| d.array.iter().map(|l| self.px(*l))).collect(),
            cap: match stroke.cap {
                LineCap::Butt => Cap::Butt,
                LineCap::Round => Cap::Round,
                LineCap::Square => Cap::Square,
            },
            join: match stroke.join {
                LineJoin::Miter => Join::Miter,
                LineJoin::Round => Join::Round,
                LineJoin::Bevel => Join::Bevel,
            },
        })
    }
}

/// A shift alone becomes the origin, so that what is upright needs no transform; anything else stays one.
fn split(at: Affine) -> (Point, Affine) {
    let [a, b, c, d, e, f] = at.as_coeffs();
    let upright = (a - 1.0).abs() < 1e-12 && b.abs() < 1e-12 && c.abs() < 1e-12 && (d - 1.0).abs() < 1e-12;
    if upright { (Point::new(e, f), Affine::IDENTITY) } else { (Point::ORIGIN, at) }
}

fn solid(paint: &visualize::Paint) -> Result<Color, Error> {
    match paint {
        visualize::Paint::Solid(color) => {
            let [r, g, b, a] = color.to_vec4_u8();
            Ok(Color { r, g, b, a })
        }
        other => Err(Error::Internal(format!("a paint our templates do not use: {other:?}"))),
    }
}
