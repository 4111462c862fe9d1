//! Elements that are not text: drawn pictures, codes, signs.

use tamis_core::rng::Rng;
use tamis_draw::Color;
use tamis_draw::kurbo::{BezPath, Circle, Line, Point, Rect};
use tamis_draw::scene::{Gradient, Node, Outline, Paint, Stroke};
use tamis_draw::text;

use super::paint::{Canvas, MIDDLE};

const SKIES: [(u32, u32); 5] =
    [(0x87b5d9, 0xe9f1f5), (0xf2b880, 0xfbe9c9), (0x33415c, 0x8d99ae), (0xa8c6b8, 0xf1f5e8), (0xd8b4c8, 0xf9ecef)];
const LANDS: [u32; 6] = [0x4f772d, 0x6b705c, 0x3d5a3c, 0x7f5539, 0x52796f, 0x8a8d5a];

/// A landscape, a chart or a diagram.
pub(super) fn figure(canvas: &mut Canvas<'_>, room: Rect) {
    match canvas.rng.below(4) {
        0 | 1 => landscape(canvas, room),
        2 => chart(canvas, room),
        _ => diagram(canvas, room),
    }
}

fn fill(canvas: &mut Canvas<'_>, role: &'static str, outline: impl Into<Outline>, paint: impl Into<Paint>) {
    let (outline, paint) = (outline.into(), paint.into());
    canvas.push(role, |id| Node::fill(id, role, outline, paint));
}

/// Sky, sun, ranges of hills, perhaps a house.
fn landscape(canvas: &mut Canvas<'_>, room: Rect) {
    let (high, low) = SKIES[canvas.rng.below(SKIES.len())];
    let sky = Gradient {
        from: Point::new(room.x0, room.y0),
        to: Point::new(room.x0, room.y1),
        from_color: Color::rgb(high),
        to_color: Color::rgb(low),
    };
    fill(canvas, "sky", room, Paint::Gradient(sky));
    let r = 0.08 * room.width().min(room.height());
    let sun = Point::new(
        canvas.rng.range(room.x0 + 2.0 * r, room.x1 - 2.0 * r),
        room.y0 + canvas.rng.range(0.15, 0.35) * room.height(),
    );
    fill(canvas, "sun", Circle::new(sun, r), Color::rgb(0xfff3c4));
    let land = Color::rgb(LANDS[canvas.rng.below(LANDS.len())]);
    for layer in 0..3 {
        let base = room.y0 + room.height() * (0.5 + 0.16 * f64::from(layer));
        let hills = hills(canvas.rng, room, base, 0.1 * room.height());
        fill(canvas, "hills", hills, land.mix(Color::rgb(low), 0.55 - 0.25 * f64::from(layer)));
    }
    if canvas.rng.unit() < 0.6 {
        let s = 0.12 * room.height().min(room.width());
        let (x, y) = (canvas.rng.range(room.x0 + s, room.x1 - 2.0 * s), room.y1 - 1.4 * s);
        fill(canvas, "house", Rect::new(x, y, x + 1.2 * s, y + s), Color::rgb(0xf4ede1));
        let roof =
            Outline::polygon(&[(x - 0.1 * s, y).into(), (x + 0.6 * s, y - 0.6 * s).into(), (x + 1.3 * s, y).into()]);
        fill(canvas, "roof", roof, Color::rgb(0x9b4a3c));
        fill(canvas, "door", Rect::new(x + 0.45 * s, y + 0.45 * s, x + 0.7 * s, y + s), Color::rgb(0x5a4334));
    }
}

fn hills(rng: &mut Rng, room: Rect, base: f64, swing: f64) -> BezPath {
    let mut path = BezPath::new();
    let (a, b, p, q) = (rng.range(1.0, 2.5), rng.range(3.0, 6.0), rng.range(0.0, 6.0), rng.range(0.0, 6.0));
    path.move_to((room.x0, room.y1));
    for i in 0..=40 {
        let t = f64::from(i) / 40.0;
        let y = base - swing * ((a * 6.3 * t + p).sin() * 0.7 + (b * 6.3 * t + q).sin() * 0.3);
        path.line_to((room.x0 + t * room.width(), y.min(room.y1)));
    }
    path.line_to((room.x1, room.y1));
    path.close_path();
    path
}

fn chart(canvas: &mut Canvas<'_>, room: Rect) {
    let ink = canvas.ink;
    let plot = Rect::new(
        room.x0 + 0.08 * room.width(),
        room.y0 + 0.05 * room.height(),
        room.x1 - 2.0,
        room.y1 - 0.1 * room.height(),
    );
    for k in 0..5 {
        let y = plot.y0 + plot.height() * f64::from(k) / 5.0;
        fill(canvas, "gridline", Rect::new(plot.x0, y, plot.x1, y + 1.0), Color::rgb(0xd9d9d9));
    }
    let count = 4 + canvas.rng.below(6);
    let step = plot.width() / count as f64;
    let accent = canvas.accent;
    let bars = canvas.rng.unit() < 0.5;
    let mut points = Vec::new();
    for i in 0..count {
        let top = plot.y1 - plot.height() * canvas.rng.range(0.15, 0.95);
        let x = plot.x0 + step * (i as f64 + 0.5);
        if bars {
            fill(canvas, "bar", Rect::new(x - 0.32 * step, top, x + 0.32 * step, plot.y1), accent);
        }
        points.push(Point::new(x, top));
        let style = canvas.style((0.07 * room.height()).clamp(8.0, 18.0));
        let label = text::line(&(i + 1).to_string(), &style);
        let at = Point::new(x, plot.y1 + 0.05 * room.height());
        canvas.push("tick label", |id| Node::text(id, "tick label", label.at(at, MIDDLE)));
    }
    if !bars {
        canvas
            .push("line", |id| Node::stroke(id, "line", Outline::polyline(&points), Stroke::new(accent, 3.0).round()));
    }
    fill(canvas, "axis", Rect::new(plot.x0, plot.y1 - 1.5, plot.x1, plot.y1), ink);
    fill(canvas, "axis", Rect::new(plot.x0, plot.y0, plot.x0 + 1.5, plot.y1), ink);
}

/// Boxes with words, joined by lines.
fn diagram(canvas: &mut Canvas<'_>, room: Rect) {
    let columns = if room.width() > 1.3 * room.height() { 3 } else { 2 };
    let rows = 2;
    let (w, h) = (room.width() / f64::from(columns), room.height() / f64::from(rows));
    let at = |c: i32, r: i32| Point::new(room.x0 + w * (f64::from(c) + 0.5), room.y0 + h * (f64::from(r) + 0.5));
    let ink = canvas.ink;
    for r in 0..rows {
        for c in 0..columns {
            let ends = [(c + 1 < columns).then(|| at(c + 1, r)), (r + 1 < rows).then(|| at(c, r + 1))];
            for end in ends.into_iter().flatten() {
                let line = Line::new(at(c, r), end);
                canvas.push("edge", |id| Node::stroke(id, "edge", line, Stroke::new(ink, 2.0)));
            }
        }
    }
    for r in 0..rows {
        for c in 0..columns {
            let rect = Rect::from_center_size(at(c, r), (0.72 * w, 0.5 * h));
            let ground = canvas.accent.mix(Color::WHITE, 0.82);
            let accent = canvas.accent;
            canvas
                .push("node", |id| Node::shape(id, "node", rect, Some(ground.into()), Some(Stroke::new(accent, 2.0))));
            let word = canvas.prose.node(canvas.rng).to_string();
            let style = canvas.style((0.16 * h).clamp(8.0, 22.0));
            let line = text::line(&word, &style);
            let line = if line.width > 0.66 * w {
                text::line(&word, &style.sized(style.size * 0.66 * w / line.width))
            } else {
                line
            };
            canvas.push("label", |id| Node::text(id, "label", line.at(at(c, r), MIDDLE)));
        }
    }
}

/// Head and shoulders before a plain ground.
pub(super) fn portrait(canvas: &mut Canvas<'_>, room: Rect) {
    let (high, low) = SKIES[canvas.rng.below(SKIES.len())];
    fill(canvas, "ground", room, Color::rgb(high).mix(Color::rgb(low), 0.5));
    let skin = Color::rgb([0xf1c9a5, 0xd9a071, 0x8d5a3b, 0xc68863, 0x5f3b26][canvas.rng.below(5)]);
    let hair = Color::rgb([0x2b1d14, 0x6b4423, 0xb08850, 0x8a8a8a, 0x151515][canvas.rng.below(5)]);
    let s = room.width().min(room.height());
    let middle = Point::new(room.center().x, room.y1 - 0.53 * s);
    let mut coat = BezPath::new();
    coat.move_to((middle.x - 0.36 * s, room.y1));
    coat.curve_to(
        (middle.x - 0.34 * s, room.y1 - 0.22 * s),
        (middle.x - 0.14 * s, room.y1 - 0.24 * s),
        (middle.x, room.y1 - 0.26 * s),
    );
    coat.curve_to(
        (middle.x + 0.14 * s, room.y1 - 0.24 * s),
        (middle.x + 0.34 * s, room.y1 - 0.22 * s),
        (middle.x + 0.36 * s, room.y1),
    );
    coat.close_path();
    fill(canvas, "hair", Circle::new(Point::new(middle.x, middle.y - 0.05 * s), 0.21 * s), hair);
    fill(
        canvas,
        "neck",
        Rect::new(middle.x - 0.07 * s, middle.y + 0.08 * s, middle.x + 0.07 * s, room.y1 - 0.2 * s),
        skin.mix(Color::BLACK, 0.12),
    );
    let accent = canvas.accent;
    fill(canvas, "coat", coat, accent);
    fill(canvas, "face", Circle::new(middle, 0.18 * s), skin);
    for side in [-1.0, 1.0] {
        fill(
            canvas,
            "eye",
            Circle::new(Point::new(middle.x + side * 0.065 * s, middle.y - 0.02 * s), 0.016 * s),
            Color::rgb(0x241a14),
        );
    }
    let mut mouth = BezPath::new();
    mouth.move_to((middle.x - 0.06 * s, middle.y + 0.075 * s));
    mouth.quad_to((middle.x, middle.y + 0.11 * s), (middle.x + 0.06 * s, middle.y + 0.075 * s));
    canvas.push("mouth", |id| {
        Node::stroke(id, "mouth", mouth, Stroke::new(Color::rgb(0x7a3b33), (0.015 * s).max(1.0)).round())
    });
}

/// A coloured ground, a picture, a slogan, a price.
pub(super) fn advertisement(canvas: &mut Canvas<'_>, room: Rect) {
    let accent = canvas.accent;
    fill(canvas, "ground", room, accent);
    let ink = canvas.ink;
    let pad = 0.05 * room.width().min(room.height());
    let inner = room.inset(-pad);
    let wide = inner.width() > 1.5 * inner.height();
    let (picture, words) = if wide {
        let x = inner.x0 + 0.45 * inner.width();
        (Rect::new(inner.x0, inner.y0, x, inner.y1), Rect::new(x + pad, inner.y0, inner.x1, inner.y1))
    } else {
        let y = inner.y0 + 0.5 * inner.height();
        (Rect::new(inner.x0, inner.y0, inner.x1, y), Rect::new(inner.x0, y + pad, inner.x1, inner.y1))
    };
    landscape(canvas, picture);
    canvas.ink = Color::WHITE;
    canvas.accent = Color::WHITE;
    let h = words.height();
    canvas.heading(Rect::new(words.x0, words.y0, words.x1, words.y0 + 0.42 * h));
    canvas.class = "kicker";
    canvas.short_line(Rect::new(words.x0, words.y0 + 0.52 * h, words.x1, words.y0 + 0.64 * h));
    let price = format!("{}.{}", 3 + canvas.rng.below(96), ["50", "90", "95", "99"][canvas.rng.below(4)]);
    let badge = Rect::new(words.x0, words.y0 + 0.74 * h, words.x0 + (0.9 * h).min(words.width()), words.y1);
    fill(canvas, "badge", badge, Color::rgb(0xffd447));
    let line = text::line(&price, &canvas.style(badge.height() * 0.7).bold().colored(Color::rgb(0x222222)));
    let line = if line.width > 0.9 * badge.width() {
        text::line(
            &price,
            &canvas.style(badge.height() * 0.63 * badge.width() / line.width).bold().colored(Color::rgb(0x222222)),
        )
    } else {
        line
    };
    canvas.push("price", |id| Node::text(id, "price", line.at(badge.center(), MIDDLE)));
    (canvas.ink, canvas.accent) = (ink, accent);
}

/// Squares like a QR code: three finders, timing lines, random cells.
pub(super) fn matrix(canvas: &mut Canvas<'_>, room: Rect) {
    let n = 21 + 4 * canvas.rng.below(4);
    let (w, h) = (room.width() / n as f64, room.height() / n as f64);
    let finder = |r: usize, c: usize| -> Option<bool> {
        [(0, 0), (0, n - 7), (n - 7, 0)].iter().find_map(|(fr, fc)| {
            let (r, c) = (r.checked_sub(fr.saturating_sub(1))?, c.checked_sub(fc.saturating_sub(1))?);
            let (r, c) = (r as i64 - i64::from(*fr > 0), c as i64 - i64::from(*fc > 0));
            if !(-1..=7).contains(&r) || !(-1..=7).contains(&c) {
                return None;
            }
            let ring = (r - 3).abs().max((c - 3).abs());
            Some(ring != 2 && ring < 4)
        })
    };
    let mut path = BezPath::new();
    for r in 0..n {
        for c in 0..n {
            let on = finder(r, c)
                .unwrap_or_else(|| if r == 6 || c == 6 { (r + c) % 2 == 0 } else { canvas.rng.unit() < 0.5 });
            if on {
                let (x, y) = (room.x0 + c as f64 * w, room.y0 + r as f64 * h);
                path.move_to((x, y));
                [(x + w, y), (x + w, y + h), (x, y + h)].into_iter().for_each(|p| path.line_to(p));
                path.close_path();
            }
        }
    }
    fill(canvas, "modules", path, Color::BLACK);
}

/// Bars like a barcode, with digits below.
pub(super) fn bars(canvas: &mut Canvas<'_>, room: Rect) {
    let foot = 0.24 * room.height();
    let module = room.width() / 95.0;
    let mut x = 0.0;
    while x < 95.0 {
        let (on, off) = (1 + canvas.rng.below(3), 1 + canvas.rng.below(3));
        let width = (on as f64).min(95.0 - x);
        let bar = Rect::new(room.x0 + x * module, room.y0, room.x0 + (x + width) * module, room.y1 - foot);
        fill(canvas, "bar", bar, Color::BLACK);
        x += (on + off) as f64;
    }
    let digits: String = (0..13).map(|_| char::from(b'0' + canvas.rng.below(10) as u8)).collect();
    let style = canvas.style(0.8 * foot);
    let line = text::line(&digits, &style);
    let line = if line.width > room.width() {
        text::line(&digits, &style.sized(style.size * room.width() / line.width))
    } else {
        line
    };
    let at = Point::new(room.center().x, room.y1 - 0.45 * foot);
    canvas.push("digits", |id| Node::text(id, "digits", line.at(at, MIDDLE)));
}

pub(super) fn bracket(canvas: &mut Canvas<'_>, room: Rect) {
    let line = text::line("(    )", &canvas.style(room.height()));
    let scale = (0.95 * room.width() / line.width).min(0.8);
    let line = text::line("(    )", &canvas.style(room.height() * scale));
    canvas.push("bracket", |id| Node::text(id, "bracket", line.at(room.center(), MIDDLE)));
}

pub(super) fn rule(canvas: &mut Canvas<'_>, room: Rect) {
    let ink = canvas.ink;
    fill(canvas, "line", Rect::new(room.x0, room.y1 - (0.12 * room.height()).max(1.5), room.x1, room.y1), ink);
}

pub(super) fn blank(canvas: &mut Canvas<'_>, room: Rect) {
    let ink = canvas.ink;
    let frame = room.inset(-1.0);
    canvas.push("frame", |id| Node::stroke(id, "frame", frame, Stroke::new(ink, 1.6)));
}

/// Days with a sun or a cloud and two temperatures.
pub(super) fn weather(canvas: &mut Canvas<'_>, room: Rect) {
    fill(canvas, "panel", room, Color::rgb(0xe3eef8));
    let days = if room.width() > 1.4 * room.height() { 4 } else { 2 };
    let w = room.width() / f64::from(days);
    for day in 0..days {
        let middle = room.x0 + w * (f64::from(day) + 0.5);
        let r = 0.16 * w.min(room.height());
        let y = room.y0 + 0.42 * room.height();
        fill(canvas, "sun", Circle::new((middle - 0.3 * r, y - 0.2 * r), r), Color::rgb(0xf4b942));
        if canvas.rng.unit() < 0.6 {
            for (dx, dy, s) in [(-0.4, 0.5, 0.6), (0.3, 0.25, 0.75), (0.9, 0.55, 0.55)] {
                fill(canvas, "cloud", Circle::new((middle + dx * r, y + dy * r), s * r), Color::rgb(0xb9c4cf));
            }
        }
        let style = canvas.style((0.12 * room.height()).min(0.2 * w).max(8.0));
        let name = text::line(["Mon", "Tue", "Wed", "Thu"][day as usize], &style.bold());
        canvas.push("day", |id| Node::text(id, "day", name.at((middle, room.y0 + 0.13 * room.height()), MIDDLE)));
        let low = canvas.rng.below(15) as i64 - 3;
        let high = low + 4 + canvas.rng.below(9) as i64;
        let line = text::line(&format!("{low}° / {high}°"), &style);
        canvas.push("temperatures", |id| {
            Node::text(id, "temperatures", line.at((middle, room.y1 - 0.13 * room.height()), MIDDLE))
        });
    }
}

/// The dashed line of an examination paper, with words along it.
pub(super) fn seal(canvas: &mut Canvas<'_>, room: Rect) {
    let ink = canvas.ink;
    let x = room.x0 + 0.75 * room.width();
    let line = Line::new((x, room.y0), (x, room.y1));
    canvas.push("line", |id| Node::stroke(id, "line", line, Stroke::new(ink, 2.0).dashed(&[10.0, 7.0])));
    let words = "SEAL     NAME ____________     NUMBER ____________";
    let style = canvas.style(0.4 * room.width());
    let set = text::line(words, &style);
    let scale = (0.9 * room.height() / set.width).min(1.0);
    let set = text::line(words, &style.sized(style.size * scale));
    let at = Point::new(room.x0 + 0.3 * room.width(), room.center().y);
    canvas.push("words", |id| Node::text(id, "words", set.turned(at, MIDDLE, 90.0)));
}

/// Ruled cells, where no table fits.
pub(super) fn grid(canvas: &mut Canvas<'_>, room: Rect) {
    let ink = canvas.ink;
    let (columns, rows) = (3 + canvas.rng.below(3), (room.height() / 40.0).clamp(3.0, 18.0) as usize);
    for r in 0..=rows {
        let y = (room.y0 + room.height() * r as f64 / rows as f64).min(room.y1 - 1.2);
        fill(canvas, "rule", Rect::new(room.x0, y, room.x1, y + 1.2), ink);
    }
    let (w, h) = (room.width() / columns as f64, room.height() / rows as f64);
    for r in 0..rows {
        for c in 0..columns {
            let word = if c == 0 || r == 0 {
                canvas.prose.label(canvas.rng).to_string()
            } else {
                canvas.rng.below(999).to_string()
            };
            let style = canvas.style((0.5 * h).min(0.16 * w));
            let line = text::line(&word, &style);
            let at = Point::new(room.x0 + w * (c as f64 + 0.5), room.y0 + h * (r as f64 + 0.5));
            canvas.push("cell", |id| Node::text(id, "cell", line.at(at, MIDDLE)));
        }
    }
}
