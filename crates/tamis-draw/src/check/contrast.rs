//! How well text stands out from what lies below it.

use kurbo::{Point, Rect, Shape as _};

use crate::check::{FaultKind, Rules};
use crate::color::Color;
use crate::scene::{Content, Leaf, Outline, Paint, Scene};
use crate::text::TextRun;

pub(super) fn faults(scene: &Scene, leaves: &[Leaf<'_>], rules: &Rules) -> Vec<(usize, FaultKind)> {
    let mut faults = Vec::new();
    for (i, leaf) in leaves.iter().enumerate() {
        let (Content::Text(run), Some(seen)) = (&leaf.node.content, leaf.seen) else { continue };
        let below: Vec<_> = leaves[..i].iter().filter(|l| l.seen.is_some_and(|s| s.overlaps(seen))).collect();
        let contrast = |at: Point| {
            let ground = ground(scene.background, &below, at);
            let ink = Color { a: (f64::from(run.color.a) * leaf.opacity).round() as u8, ..run.color };
            ink.over(ground).contrast(ground)
        };
        let least = probes(run, leaf).into_iter().map(contrast).fold(f64::INFINITY, f64::min);
        if least < rules.least_contrast {
            faults.push((i, FaultKind::LowContrast(least)));
        }
    }
    faults
}

/// Where the ground is looked at: the middles of the first, the middle and the last glyph.
fn probes(run: &TextRun, leaf: &Leaf<'_>) -> Vec<Point> {
    let boxes: Vec<Rect> = run.glyphs.iter().filter_map(|g| g.ink(run.size)).collect();
    let place = leaf.to * run.transform();
    let last = boxes.len().saturating_sub(1);
    [0, last / 2, last].into_iter().filter_map(|i| boxes.get(i)).map(|b| place * b.center()).collect()
}

/// The colour at a point after these leaves are painted. Lines and text are left out: they are too thin to be a ground.
fn ground(background: Color, below: &[&Leaf<'_>], at: Point) -> Color {
    below.iter().fold(background, |ground, leaf| match over(leaf, at) {
        Some(color) => Color { a: (f64::from(color.a) * leaf.opacity).round() as u8, ..color }.over(ground),
        None => ground,
    })
}

fn over(leaf: &Leaf<'_>, at: Point) -> Option<Color> {
    if !leaf.seen?.contains(at) {
        return None;
    }
    let own = leaf.to.inverse() * at;
    match &leaf.node.content {
        Content::Shape(shape) => {
            let fill = shape.fill.as_ref()?;
            let inside = match &shape.outline {
                Outline::Rect(rect) => rect.abs().contains(own),
                Outline::Circle(circle) => circle.contains(own),
                Outline::Line(_) => false,
                Outline::Path(path) => path.contains(own),
            };
            inside.then(|| paint_at(fill, own))
        }
        Content::Image(image) => {
            let (u, v) = ((own.x - image.rect.x0) / image.rect.width(), (own.y - image.rect.y0) / image.rect.height());
            let (w, h) = (image.pixels.width, image.pixels.height);
            let (x, y) = ((u * f64::from(w)) as u32, (v * f64::from(h)) as u32);
            let start = (y.min(h.checked_sub(1)?) as usize * w as usize + x.min(w.checked_sub(1)?) as usize) * 4;
            let p = image.pixels.rgba.get(start..start + 4)?;
            Some(Color { r: p[0], g: p[1], b: p[2], a: p[3] })
        }
        Content::Group(_) | Content::Text(_) => None,
    }
}

fn paint_at(paint: &Paint, at: Point) -> Color {
    match paint {
        Paint::Gradient(g) => {
            let along = g.to - g.from;
            let share = if along.hypot2() > 0.0 { (at - g.from).dot(along) / along.hypot2() } else { 0.0 };
            g.from_color.mix(g.to_color, share)
        }
        // A hatch is seen as the mean of its ink and its ground.
        Paint::Hatch(h) => {
            let share = (h.width / h.spacing).clamp(0.0, 1.0);
            let ground = h.ground.unwrap_or(Color { a: 0, ..h.color });
            ground.mix(h.color, share)
        }
        Paint::Solid(color) => *color,
    }
}
