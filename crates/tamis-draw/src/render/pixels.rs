//! Pixels by tiny-skia: antialiased, the same bytes on any number of threads.

use kurbo::{Affine, BezPath, PathEl, Rect, Shape as _};
use tiny_skia as skia;

use crate::color::Color;
use crate::render::clip::Clip;
use crate::render::pen::Pen;
use crate::render::rect::{self, Area};
use crate::scene::ink::is_upright;
use crate::scene::{
    Cap, Content, Gradient, Group, Hatch, HatchKind, Image, Join, Node, Outline, Paint, Pixels, Scene, Shape, Stroke,
};
use crate::text::{TextRun, outline};

/// Draws a scene. The result is opaque.
///
/// A scene of no width or height, or too large for memory, gives `None`.
pub fn pixels(scene: &Scene) -> Option<Pixels> {
    let mut canvas = Canvas::over(scene.background, scene.width, scene.height)?;
    scene.nodes.iter().for_each(|n| canvas.node(n, Affine::IDENTITY, None));
    // Everything lies over an opaque ground, so premultiplied is plain.
    Some(Pixels { width: scene.width, height: scene.height, rgba: canvas.pixmap.take() })
}

/// How far one node covers each pixel, 0 to 255, row by row: its mask, as if nothing lay over it.
/// `None` when there is no such node.
pub fn mask(scene: &Scene, id: &str) -> Option<Vec<u8>> {
    let mut canvas = Canvas::new(scene.width, scene.height)?;
    let found = scene.nodes.iter().any(|n| canvas.only(n, id, Affine::IDENTITY, None));
    found.then(|| canvas.pixmap.data().chunks_exact(4).map(|p| p[3]).collect())
}

/// How far the point of a sharp turn may stand out, in widths of the stroke.
const MITER_LIMIT: f32 = 4.0;

struct Canvas {
    pixmap: skia::Pixmap,
    pen: Pen,
}

impl Canvas {
    fn new(width: u32, height: u32) -> Option<Canvas> {
        Some(Canvas { pixmap: skia::Pixmap::new(width, height)?, pen: Pen::default() })
    }

    /// A white ground is written once: what is new need not be cleared before it is filled.
    fn over(background: Color, width: u32, height: u32) -> Option<Canvas> {
        let ground = skia::ColorU8::from_rgba(background.r, background.g, background.b, background.a).premultiply();
        let ground = [ground.red(), ground.green(), ground.blue(), ground.alpha()];
        let (size, count) = (skia::IntSize::from_wh(width, height)?, (width as usize).checked_mul(height as usize)?);
        let mut pixels = Vec::new();
        pixels.try_reserve_exact(count.checked_mul(4)?).ok()?;
        pixels.resize(4 * count, ground[0]);
        if ground != [ground[0]; 4] {
            pixels.as_chunks_mut().0.fill(ground);
        }
        Some(Canvas { pixmap: skia::Pixmap::from_vec(pixels, size)?, pen: Pen::default() })
    }

    fn node(&mut self, node: &Node, to: Affine, clip: Option<&Clip<'_>>) {
        match &node.content {
            Content::Group(group) => self.group(group, to, clip, |canvas, to, clip| {
                group.children.iter().for_each(|n| canvas.node(n, to, clip));
            }),
            Content::Shape(shape) => self.shape(shape, to, clip),
            Content::Text(run) => self.text(run, to, clip),
            Content::Image(image) => self.image(image, to, clip),
        }
    }

    /// Draws the node of this id and nothing else; says whether it was found.
    fn only(&mut self, node: &Node, id: &str, to: Affine, clip: Option<&Clip<'_>>) -> bool {
        if node.id == id {
            self.node(node, to, clip);
            return true;
        }
        let Content::Group(group) = &node.content else { return false };
        let mut found = false;
        self.group(group, to, clip, |canvas, to, clip| {
            found = group.children.iter().any(|n| canvas.only(n, id, to, clip));
        });
        found
    }

    fn group(
        &mut self,
        group: &Group,
        to: Affine,
        clip: Option<&Clip<'_>>,
        children: impl FnOnce(&mut Canvas, Affine, Option<&Clip<'_>>),
    ) {
        let to = to * group.transform;
        let size = [self.pixmap.width(), self.pixmap.height()];
        let own = group.clip.map(|rect| Clip::new(clip, rect, to, size));
        let clip = own.as_ref().or(clip);
        if group.opacity >= 1.0 {
            return children(self, to, clip);
        }
        let Some(mut layer) = Canvas::new(self.pixmap.width(), self.pixmap.height()) else { return };
        children(&mut layer, to, clip);
        let paint = skia::PixmapPaint { opacity: group.opacity.max(0.0) as f32, ..Default::default() };
        self.pixmap.draw_pixmap(0, 0, layer.pixmap.as_ref(), &paint, skia::Transform::identity(), None);
    }

    fn shape(&mut self, shape: &Shape, to: Affine, clip: Option<&Clip<'_>>) {
        if let Some(fill) = shape.fill.as_ref().filter(|f| f.is_visible()) {
            self.fill(&shape.outline, fill, to, clip);
        }
        if let Some(stroke) = shape.stroke.as_ref().filter(|s| s.color.a > 0 && s.width > 0.0) {
            self.stroke(&shape.outline, stroke, to, clip);
        }
    }

    fn fill(&mut self, outline: &Outline, fill: &Paint, to: Affine, clip: Option<&Clip<'_>>) {
        match fill {
            Paint::Solid(c) => self.fill_solid(outline, *c, to, clip),
            Paint::Gradient(g) => {
                if let Some(shader) = gradient(g) {
                    self.fill_with(outline, shader, to, clip);
                }
            }
            Paint::Hatch(hatch) => {
                if let Some(ground) = hatch.ground {
                    self.fill_solid(outline, ground, to, clip);
                }
                if let Some(tile) = tile(hatch) {
                    let repeat = skia::SpreadMode::Repeat;
                    let quality = skia::FilterQuality::Nearest;
                    let still = skia::Transform::identity();
                    let shader = skia::Pattern::new(tile.as_ref(), repeat, quality, 1.0, still);
                    self.fill_with(outline, shader, to, clip);
                }
            }
        }
    }

    fn fill_solid(&mut self, outline: &Outline, ink: Color, to: Affine, clip: Option<&Clip<'_>>) {
        match outline {
            Outline::Rect(rect) if is_upright(to) => self.area(rect.abs().into(), ink, to, clip),
            _ => {
                let path = outline.path();
                if !self.pen.path(&mut self.pixmap, path.elements().iter().copied(), to, ink, clip) {
                    self.fill_with(outline, skia::Shader::SolidColor(color(ink)), to, clip);
                }
            }
        }
    }

    /// An area that is upright in the picture.
    fn area(&mut self, area: Area, ink: Color, to: Affine, clip: Option<&Clip<'_>>) {
        let [whole, hole] = [area.whole, area.hole].map(|rect| to.transform_rect_bbox(rect));
        rect::paint(&mut self.pixmap, Area { whole, hole }, ink, clip.and_then(|clip| clip.cuts(whole)));
    }

    fn fill_with(&mut self, outline: &Outline, shader: skia::Shader<'_>, to: Affine, clip: Option<&Clip<'_>>) {
        let paint = skia::Paint { shader, ..Default::default() };
        let clip = clip.and_then(|clip| clip.cuts(to.transform_rect_bbox(reach(outline))));
        if let Outline::Rect(rect) = outline {
            let r = rect.abs();
            if let Some(r) = skia::Rect::from_ltrb(r.x0 as f32, r.y0 as f32, r.x1 as f32, r.y1 as f32) {
                self.pixmap.fill_rect(r, &paint, transform(to), clip);
            }
        } else if let Some(path) = skia_path(&outline.path()) {
            self.pixmap.fill_path(&path, &paint, skia::FillRule::Winding, transform(to), clip);
        }
    }

    fn stroke(&mut self, outline: &Outline, stroke: &Stroke, to: Affine, clip: Option<&Clip<'_>>) {
        // Gridlines, spines, frames and rules: rectangles are painted many times faster than a stroked path.
        if let Some(areas) = rect::of_stroke(outline, stroke).filter(|_| is_upright(to)) {
            return areas.into_iter().for_each(|area| self.area(area, stroke.color, to, clip));
        }
        let style = skia_stroke(stroke);
        let Some(path) = skia_path(&outline.path()) else { return };
        if stroked(&path, &style, to)
            .is_none_or(|area| self.pen.path(&mut self.pixmap, elements(&area), to, stroke.color, clip))
        {
            return;
        }
        let wide = stroke.width * if stroke.join == Join::Miter { f64::from(MITER_LIMIT) / 2.0 } else { 1.0 };
        let clip = clip.and_then(|clip| clip.cuts(to.transform_rect_bbox(reach(outline).inflate(wide, wide))));
        self.pixmap.stroke_path(&path, &solid(stroke.color), &style, transform(to), clip);
    }

    fn text(&mut self, run: &TextRun, to: Affine, clip: Option<&Clip<'_>>) {
        let to = to * run.transform();
        let paint = solid(run.color);
        for glyph in &run.glyphs {
            let Some(outline) = outline::outline(glyph.face, glyph.id) else { continue };
            let place = to * Affine::translate((glyph.x, glyph.y)) * Affine::scale(run.size);
            if !self.pen.glyph(&mut self.pixmap, &outline, place, run.color, clip) {
                let clip = clip.and_then(|clip| clip.cuts(place.transform_rect_bbox(outline.bounds)));
                self.pixmap.fill_path(&outline.skia, &paint, skia::FillRule::Winding, transform(place), clip);
            }
        }
    }

    fn image(&mut self, image: &Image, to: Affine, clip: Option<&Clip<'_>>) {
        let Some(source) = premultiplied(&image.pixels) else { return };
        let (sx, sy) =
            (image.rect.width() / f64::from(image.pixels.width), image.rect.height() / f64::from(image.pixels.height));
        let place = to * Affine::translate(image.rect.origin().to_vec2()) * Affine::scale_non_uniform(sx, sy);
        let paint = skia::PixmapPaint { quality: skia::FilterQuality::Bilinear, ..Default::default() };
        let clip = clip.and_then(|clip| clip.cuts(to.transform_rect_bbox(image.rect)));
        self.pixmap.draw_pixmap(0, 0, source.as_ref(), &paint, transform(place), clip);
    }
}

/// A box around an outline, no smaller than it.
fn reach(outline: &Outline) -> Rect {
    match outline {
        Outline::Rect(rect) => rect.abs(),
        Outline::Circle(circle) => circle.bounding_box(),
        Outline::Line(line) => Rect::from_points(line.p0, line.p1),
        Outline::Path(path) => path.control_box(),
    }
}

fn premultiplied(pixels: &Pixels) -> Option<skia::Pixmap> {
    let mut pixmap = skia::Pixmap::new(pixels.width, pixels.height)?;
    for (to, from) in pixmap.pixels_mut().iter_mut().zip(pixels.rgba.chunks_exact(4)) {
        *to = skia::ColorU8::from_rgba(from[0], from[1], from[2], from[3]).premultiply();
    }
    Some(pixmap)
}

fn gradient(g: &Gradient) -> Option<skia::Shader<'static>> {
    let at = |p: kurbo::Point| skia::Point::from_xy(p.x as f32, p.y as f32);
    let stops =
        vec![skia::GradientStop::new(0.0, color(g.from_color)), skia::GradientStop::new(1.0, color(g.to_color))];
    skia::LinearGradient::new(at(g.from), at(g.to), stops, skia::SpreadMode::Pad, skia::Transform::identity())
}

/// One period of a hatch. Its side is a whole number of pixels, so that tiles meet without a seam.
fn tile(hatch: &Hatch) -> Option<skia::Pixmap> {
    let diagonal = matches!(hatch.kind, HatchKind::Rising | HatchKind::Falling | HatchKind::Crossed);
    let period = if diagonal { hatch.spacing * std::f64::consts::SQRT_2 } else { hatch.spacing };
    let side = period.round().clamp(2.0, 256.0);
    let mut canvas = Canvas::new(side as u32, side as u32)?;
    let stroke = Stroke { cap: Cap::Square, ..Stroke::new(hatch.color, hatch.width) };
    let mut line = |x0: f64, y0: f64, x1: f64, y1: f64| {
        let line = kurbo::Line::new((x0 * side, y0 * side), (x1 * side, y1 * side));
        canvas.stroke(&Outline::Line(line), &stroke, Affine::IDENTITY, None);
    };
    if matches!(hatch.kind, HatchKind::Rising | HatchKind::Crossed) {
        [-1.0, 0.0, 1.0].iter().for_each(|k| line(k - 1.0, 2.0, k + 2.0, -1.0));
    }
    if matches!(hatch.kind, HatchKind::Falling | HatchKind::Crossed) {
        [-1.0, 0.0, 1.0].iter().for_each(|k| line(k - 1.0, -1.0, k + 2.0, 2.0));
    }
    if matches!(hatch.kind, HatchKind::Horizontal | HatchKind::Grid) {
        line(-1.0, 0.5, 2.0, 0.5);
    }
    if matches!(hatch.kind, HatchKind::Vertical | HatchKind::Grid) {
        line(0.5, -1.0, 0.5, 2.0);
    }
    if hatch.kind == HatchKind::Dots {
        let dot = Outline::Circle(kurbo::Circle::new((side / 2.0, side / 2.0), hatch.width / 2.0));
        canvas.fill(&dot, &Paint::Solid(hatch.color), Affine::IDENTITY, None);
    }
    Some(canvas.pixmap)
}

fn solid(c: Color) -> skia::Paint<'static> {
    skia::Paint { shader: skia::Shader::SolidColor(color(c)), ..Default::default() }
}

fn color(c: Color) -> skia::Color {
    skia::Color::from_rgba8(c.r, c.g, c.b, c.a)
}

pub(super) fn transform(to: Affine) -> skia::Transform {
    let [a, b, c, d, e, f] = to.as_coeffs().map(|v| v as f32);
    skia::Transform::from_row(a, b, c, d, e, f)
}

/// A path for the renderer; `None` when it is empty or not finite.
pub(crate) fn skia_path(path: &BezPath) -> Option<skia::Path> {
    let mut builder = skia::PathBuilder::new();
    for element in path.elements() {
        match element {
            PathEl::MoveTo(p) => builder.move_to(p.x as f32, p.y as f32),
            PathEl::LineTo(p) => builder.line_to(p.x as f32, p.y as f32),
            PathEl::QuadTo(a, p) => builder.quad_to(a.x as f32, a.y as f32, p.x as f32, p.y as f32),
            PathEl::CurveTo(a, b, p) => {
                builder.cubic_to(a.x as f32, a.y as f32, b.x as f32, b.y as f32, p.x as f32, p.y as f32);
            }
            PathEl::ClosePath => builder.close(),
        }
    }
    builder.finish()
}

/// A path of the renderer as one of ours.
fn elements(path: &skia::Path) -> impl Iterator<Item = PathEl> + Clone {
    let at = |p: skia::Point| kurbo::Point::new(p.x.into(), p.y.into());
    path.segments().map(move |segment| match segment {
        skia::PathSegment::MoveTo(p) => PathEl::MoveTo(at(p)),
        skia::PathSegment::LineTo(p) => PathEl::LineTo(at(p)),
        skia::PathSegment::QuadTo(a, p) => PathEl::QuadTo(at(a), at(p)),
        skia::PathSegment::CubicTo(a, b, p) => PathEl::CurveTo(at(a), at(b), at(p)),
        skia::PathSegment::Close => PathEl::ClosePath,
    })
}

fn skia_stroke(stroke: &Stroke) -> skia::Stroke {
    let dashes = stroke.dashes.iter().map(|d| *d as f32).collect();
    skia::Stroke {
        width: stroke.width as f32,
        miter_limit: MITER_LIMIT,
        line_cap: match stroke.cap {
            Cap::Butt => skia::LineCap::Butt,
            Cap::Round => skia::LineCap::Round,
            Cap::Square => skia::LineCap::Square,
        },
        line_join: match stroke.join {
            Join::Miter => skia::LineJoin::Miter,
            Join::Round => skia::LineJoin::Round,
            Join::Bevel => skia::LineJoin::Bevel,
        },
        dash: skia::StrokeDash::new(dashes, 0.0),
    }
}

/// What a stroke covers, in the frame of its path; `None` where that is nothing.
fn stroked(path: &skia::Path, style: &skia::Stroke, to: Affine) -> Option<skia::Path> {
    let scale = skia::PathStroker::compute_resolution_scale(&transform(to));
    match &style.dash {
        Some(dash) => path.dash(dash, scale)?.stroke(style, scale),
        None => path.stroke(style, scale),
    }
}

/// The box of a stroked outline as the renderer widens it: at sharp turns of a curve stroking is a matter of taste, and
/// boxes have to follow the one that draws.
pub(crate) fn stroke_bounds(outline: &Outline, stroke: &Stroke, to: Affine) -> Option<Rect> {
    let (path, style) = (skia_path(&outline.path())?, skia_stroke(stroke));
    let area = stroked(&path, &style, to)?.transform(transform(to))?;
    let b = area.compute_tight_bounds()?;
    Some(Rect::new(b.left().into(), b.top().into(), b.right().into(), b.bottom().into()))
}
