//! Elements made of others: tables, formulas, listings, teasers.

use tamis_draw::Color;
use tamis_draw::kurbo::{Affine, Rect};
use tamis_draw::scene::{Node, Scene};
use tamis_draw::text::{self, Font, Style};

use super::paint::Canvas;
use super::pictures;
use crate::formula::{self, FormulaSpec};
use crate::table::{self, Room};

impl Canvas<'_> {
    /// A table of some domain, of several the one whose shape is most like that of the picture.
    pub(super) fn table(&mut self, domain: Option<&str>) {
        let size = self.size();
        let drawn = self.most_alike(8, |canvas| {
            let mut draft = table::sample_table(domain, None, canvas.rng)?.into_draft();
            draft.caption.clear();
            draft.subtitle.clear();
            draft.source.clear();
            draft.footnotes.clear();
            draft.cells.iter_mut().for_each(|c| c.note = None);
            let spec = table::TableSpec::new(draft).ok()?;
            let room = Room { width: size.width, margin: 0.0, scale: 1.0 };
            table::draw_table(&spec, &room).ok().map(|drawn| drawn.scene)
        });
        match drawn {
            Some(drawn) => {
                self.scene.background = drawn.background;
                let (x, y) = (size.width / f64::from(drawn.width), size.height / f64::from(drawn.height));
                self.take(drawn, Affine::scale_non_uniform(x, y));
            }
            None => pictures::grid(self, Rect::from_origin_size((0.0, 0.0), size)),
        }
    }

    pub(super) fn formula(&mut self) {
        let size = self.size();
        let drawn = self.most_alike(12, |canvas| {
            let sampled = formula::sample(None, canvas.rng);
            let spec = FormulaSpec { size: 40.0, margin: 0.1, ..FormulaSpec::new(sampled.latex) };
            formula::formula_scene(&spec).ok().map(|(scene, _)| scene)
        });
        match drawn {
            Some(drawn) => {
                let scale = (size.width / f64::from(drawn.width)).min(size.height / f64::from(drawn.height));
                self.take(drawn, Affine::scale(scale));
            }
            None => self.short_line(Rect::from_origin_size((0.0, 0.0), size)),
        }
    }

    /// Of some drawings the one whose sides are most alike to those of the picture; `None` if none is at all.
    fn most_alike(&mut self, tries: usize, mut draw: impl FnMut(&mut Self) -> Option<Scene>) -> Option<Scene> {
        let wanted = (self.size().width / self.size().height).ln();
        let mut best: Option<(f64, Scene)> = None;
        for _ in 0..tries {
            let Some(drawn) = draw(self) else { continue };
            let apart = ((f64::from(drawn.width) / f64::from(drawn.height)).ln() - wanted).abs();
            if best.as_ref().is_none_or(|(known, _)| apart < *known) {
                best = Some((apart, drawn));
            }
            if apart < 0.2 {
                break;
            }
        }
        best.filter(|(apart, _)| *apart < 0.8).map(|(_, drawn)| drawn)
    }

    fn take(&mut self, drawn: Scene, place: Affine) {
        self.scene.nodes.extend(drawn.nodes.into_iter().map(|node| node.transformed(place)));
    }

    pub(super) fn code(&mut self, room: Rect) {
        const LINES: [&str; 12] = [
            "def merge(left, right):",
            "    out = []",
            "    while left and right:",
            "        if left[0] <= right[0]:",
            "            out.append(left.pop(0))",
            "        else:",
            "            out.append(right.pop(0))",
            "    return out + left + right",
            "",
            "for k in range(n):",
            "    total += weight[k] * value[k]",
            "print(total)",
        ];
        let size = (room.width() / 24.0).min(self.body());
        let style = Style::new(Font::new("DejaVu Sans Mono"), size, self.ink);
        let ground = Color::rgb([0xf6f6f6, 0xf3f4ee, 0xf0f3f8][self.rng.below(3)]);
        self.push("panel", |id| Node::fill(id, "panel", room, ground));
        let step = 1.4 * size;
        let (mut y, mut i) = (room.y0 + step, self.rng.below(LINES.len()));
        while y < room.y1 - 0.3 * step {
            let line = text::line(LINES[i % LINES.len()], &style);
            if line.width < room.width() - size {
                self.write(line, room.x0 + 0.6 * size, y);
            }
            (y, i) = (y + step, i + 1);
        }
    }

    /// A picture, a title and some lines.
    pub(super) fn teaser(&mut self, room: Rect) {
        let ground = Color::rgb([0xf3efe6, 0xeaf1f5, 0xf4f4f4, 0xffffff][self.rng.below(4)]);
        self.push("panel", |id| Node::fill(id, "panel", room, ground));
        let inner = room.inset(-0.04 * room.width().min(room.height()));
        let (w, h) = (inner.width(), inner.height());
        if w > 1.6 * h {
            let side = Rect::new(inner.x0, inner.y0, inner.x0 + 0.35 * w, inner.y1);
            pictures::figure(self, side);
            let x = inner.x0 + 0.38 * w;
            self.heading(Rect::new(x, inner.y0, inner.x1, inner.y0 + 0.3 * h));
            return self.prose(Rect::new(x, inner.y0 + 0.36 * h, inner.x1, inner.y1), Some(17.0));
        }
        pictures::figure(self, Rect::new(inner.x0, inner.y0, inner.x1, inner.y0 + 0.4 * h));
        self.heading(Rect::new(inner.x0, inner.y0 + 0.43 * h, inner.x1, inner.y0 + 0.56 * h));
        self.prose(Rect::new(inner.x0, inner.y0 + 0.6 * h, inner.x1, inner.y1), Some(17.0));
    }
}
