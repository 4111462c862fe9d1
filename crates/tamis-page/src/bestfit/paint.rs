//! Pictures of elements: each painter fills a box of a given size with something of its class.

use tamis_core::rng::Rng;
use tamis_draw::Color;
use tamis_draw::kurbo::{Rect, Size as Extent};
use tamis_draw::scene::{Node, Scene};
use tamis_draw::text::{self, Anchor, Font, Height, Line, Style};

use super::classes::Painter;
use super::pictures;
use super::prose::{self, Prose};
use crate::formula::{self, FormulaSpec};
use crate::table::{self, Room};

const INKS: [u32; 5] = [0x111111, 0x1d1d1d, 0x202a38, 0x000000, 0x2b2320];
const ACCENTS: [u32; 7] = [0x8c1c13, 0x0b4f6c, 0x2f5d3a, 0x5b3a8c, 0xb35c00, 0x14213d, 0x7a1f3d];
const SERIF: [&str; 4] = ["Tinos", "Libertinus Serif", "Noto Serif", "Tamis Computer Modern"];
const SANS: [&str; 5] = ["Arimo", "Open Sans", "Roboto", "Lato", "Noto Sans"];

/// A canvas of one element.
pub(super) struct Canvas<'a> {
    pub scene: Scene,
    pub rng: &'a mut Rng,
    pub prose: &'static Prose,
    pub family: &'static str,
    pub ink: Color,
    pub accent: Color,
}

/// An element as a scene of `width` x `height` pixels.
pub(super) fn element(painter: Painter, width: u32, height: u32, rng: &mut Rng) -> Option<Scene> {
    let prose = prose::any(rng)?;
    let family = if rng.unit() < 0.6 { SERIF[rng.below(SERIF.len())] } else { SANS[rng.below(SANS.len())] };
    let (ink, accent) = (Color::rgb(INKS[rng.below(INKS.len())]), Color::rgb(ACCENTS[rng.below(ACCENTS.len())]));
    let mut canvas = Canvas { scene: Scene::new(width, height, Color::WHITE), rng, prose, family, ink, accent };
    canvas.paint(painter);
    Some(canvas.scene)
}

impl Canvas<'_> {
    pub(super) fn size(&self) -> Extent {
        Extent::new(f64::from(self.scene.width), f64::from(self.scene.height))
    }

    pub(super) fn style(&self, size: f64) -> Style {
        Style::new(Font::new(self.family), size, self.ink)
    }

    pub(super) fn push(&mut self, role: &'static str, make: impl FnOnce(String) -> Node) {
        let id = format!("{role}/{}", self.scene.nodes.len());
        self.scene.push(make(id));
    }

    pub(super) fn write(&mut self, line: Line, x: f64, baseline: f64) {
        self.push("line", |id| Node::text(id, "line", line.at((x, baseline), Anchor::START)));
    }

    fn paint(&mut self, painter: Painter) {
        let whole = Rect::from_origin_size((0.0, 0.0), self.size());
        match painter {
            Painter::Heading => self.heading(whole, true),
            Painter::Prose => self.prose(whole, None),
            Painter::Small => self.small(whole),
            Painter::Line => self.heading(whole, false),
            Painter::Quote => self.quote(whole),
            Painter::Verse => self.verse(whole),
            Painter::Dialogue => self.items(whole, |i| ["ANNA. ", "OTTO. ", "MRS REED. "][i % 3].to_string()),
            Painter::Bullets => self.items(whole, |_| "• ".to_string()),
            Painter::Numbers => self.items(whole, |i| format!("{}. ", i + 1)),
            Painter::Options => self.items(whole, |i| format!("{}. ", char::from(b'A' + (i % 26) as u8))),
            Painter::References => self.items(whole, |i| format!("[{}] ", i + 1)),
            Painter::Contents => self.contents(whole),
            Painter::Form => self.form(whole),
            Painter::Table => self.table(None),
            Painter::Bill => self.table(Some("prices")),
            Painter::Formula => self.formula(),
            Painter::Code => self.code(whole),
            Painter::Capital => self.capital(whole),
            Painter::Teaser => self.teaser(whole),
            Painter::Masthead => self.masthead(whole),
            Painter::Picture => pictures::figure(self, whole),
            Painter::Portrait => pictures::portrait(self, whole),
            Painter::Advertisement => pictures::advertisement(self, whole),
            Painter::Matrix => pictures::matrix(self, whole),
            Painter::Bars => pictures::bars(self, whole),
            Painter::Bracket => pictures::bracket(self, whole),
            Painter::Rule => pictures::rule(self, whole),
            Painter::Blank => pictures::blank(self, whole),
            Painter::Weather => pictures::weather(self, whole),
            Painter::Seal => pictures::seal(self, whole),
        }
    }

    /// A size at which text of a page of this width reads well.
    pub(super) fn body(&mut self) -> f64 {
        self.rng.range(17.0, 24.0).round()
    }

    /// One or two lines that fill the height.
    pub(super) fn heading(&mut self, room: Rect, bold: bool) {
        let words = if bold { self.prose.title(self.rng) } else { self.prose.line(self.rng) }.to_string();
        let mut style = self.style(room.height() * 0.74);
        if bold {
            style = style.bold();
            style.color = if self.rng.unit() < 0.25 { self.accent } else { self.ink };
        }
        // Long words on a narrow place become smaller, a tall place takes more lines.
        for lines in 1..=3usize {
            let size = room.height() / lines as f64 * 0.74;
            let set = text::paragraph(&words, &style.sized(size), room.width());
            if set.len() <= lines && set.iter().all(|l| l.width <= room.width()) || lines == 3 {
                return self.stack(words, style.sized(size), room);
            }
        }
    }

    /// The text in the box, smaller until it fits.
    fn stack(&mut self, words: String, mut style: Style, room: Rect) {
        for _ in 0..24 {
            let lines = text::paragraph(&words, &style, room.width());
            let step = lines.iter().map(Line::height).fold(1.15 * style.size, f64::max);
            let fits =
                step * lines.len() as f64 <= room.height() + 0.5 && lines.iter().all(|l| l.width <= room.width());
            if fits || style.size < 7.0 {
                let top = room.y0 + (room.height() - step * lines.len() as f64) / 2.0;
                for (i, line) in lines.into_iter().enumerate() {
                    let baseline = top + step * i as f64 + (step + line.ascent - line.descent) / 2.0;
                    self.write(line, room.x0, baseline);
                }
                return;
            }
            style.size *= 0.92;
        }
    }

    /// Lines of running text from top to bottom; returns where the next would begin.
    pub(super) fn prose(&mut self, room: Rect, size: Option<f64>) {
        let size = size.unwrap_or_else(|| self.body()).min(room.height() * 0.8).max(8.0);
        let style = self.style(size);
        let length = (room.area() / (size * size) * 3.2) as usize + 60;
        let words = self.prose.text(length, self.rng);
        let lines = text::paragraph(&words, &style, room.width());
        let step = lines.iter().map(Line::height).fold(1.3 * size, f64::max);
        let count = ((room.height() / step).floor() as usize).max(1);
        let spare = (room.height() - count as f64 * step) / count as f64;
        let justified = self.rng.unit() < 0.7;
        for (i, line) in lines.into_iter().take(count).enumerate() {
            let baseline = room.y0 + (step + spare) * i as f64 + (step + line.ascent - line.descent) / 2.0;
            let line = if justified && i + 1 < count { stretched(line, room.width()) } else { line };
            self.write(line, room.x0, baseline);
        }
    }

    fn small(&mut self, room: Rect) {
        let size = self.rng.range(13.0, 17.0);
        self.prose(room, Some(size));
    }

    fn quote(&mut self, room: Rect) {
        let accent = self.accent;
        let bar = Rect::new(room.x0, room.y0, room.x0 + (room.width() * 0.02).max(3.0), room.y1);
        self.push("bar", |id| Node::fill(id, "bar", bar, accent));
        let words = format!("“{}”", self.prose.text(40, self.rng));
        let mut style = self.style(room.height() * 0.22);
        style.font.italic = true;
        style.color = accent;
        self.stack(words, style, Rect::new(room.x0 + room.width() * 0.06, room.y0, room.x1, room.y1));
    }

    fn verse(&mut self, room: Rect) {
        let size = self.body().max(18.0);
        let style = self.style(size);
        let step = 1.45 * style.size;
        let mut y = room.y0 + step * 0.8;
        let mut row = 0;
        while y < room.y1 - 0.3 * step {
            if row % 5 != 4 {
                let words = self.prose.text(18, self.rng);
                let part: String = words.chars().take_while(|c| !".。".contains(*c)).collect();
                let line = text::paragraph(&part, &style, room.width()).swap_remove(0);
                self.write(line, room.x0, y);
            }
            (y, row) = (y + step, row + 1);
        }
    }

    /// Items with a sign before each, hanging.
    fn items(&mut self, room: Rect, sign: impl Fn(usize) -> String) {
        let size = self.body().min(room.height() * 0.7);
        let style = self.style(size);
        let (mut y, mut i) = (room.y0, 0);
        while y + 1.3 * style.size <= room.y1 + 1.0 {
            let mark = text::line(&sign(i), &style);
            let indent = mark.width.max(1.4 * style.size) + 0.2 * style.size;
            let words = self.prose.text(20, self.rng);
            let lines = text::paragraph(&words, &style, (room.width() - indent).max(style.size * 3.0));
            for (k, line) in lines.into_iter().enumerate() {
                let step = line.height().max(1.3 * style.size);
                if y + step > room.y1 + 1.0 {
                    return;
                }
                let baseline = y + (step + line.ascent - line.descent) / 2.0;
                if k == 0 {
                    self.write(mark.clone(), room.x0, baseline);
                }
                self.write(line, room.x0 + indent, baseline);
                y += step;
            }
            (y, i) = (y + 0.25 * style.size, i + 1);
        }
    }

    /// Titles, dots, page numbers.
    fn contents(&mut self, room: Rect) {
        let size = self.body();
        let style = self.style(size);
        let step = 1.6 * style.size;
        let (mut y, mut page) = (room.y0 + step * 0.75, 1 + self.rng.below(9));
        while y < room.y1 - 0.2 * step {
            page += 1 + self.rng.below(14);
            let number = text::line(&page.to_string(), &style);
            let end = room.x1 - number.width;
            self.write(number, end, y);
            let title = text::paragraph(self.prose.title(self.rng), &style, room.width() * 0.75).swap_remove(0);
            let from = room.x0 + title.width + 0.5 * style.size;
            self.write(title, room.x0, y);
            let dot = text::line(".", &style);
            let count = ((end - 0.5 * style.size - from) / (dot.width * 1.6)).max(0.0) as usize;
            let dots = text::line(&". ".repeat(count), &style);
            if dots.width < end - from {
                self.write(dots, from, y);
            }
            y += step;
        }
    }

    fn form(&mut self, room: Rect) {
        let rows = (room.height() / 42.0).floor().max(1.0);
        let step = room.height() / rows;
        let style = self.style((step * 0.55).min(22.0));
        let ink = self.ink;
        for row in 0..rows as usize {
            let baseline = room.y0 + step * (row as f64 + 0.72);
            let fields = (room.width() / 260.0).floor().max(1.0);
            for field in 0..fields as usize {
                let x = room.x0 + room.width() / fields * field as f64;
                let label = text::line(&format!("{}:", self.prose.label(self.rng)), &style);
                let from = x + label.width + 6.0;
                self.write(label, x, baseline);
                let to = x + room.width() / fields - 14.0;
                let line = Rect::new(from.min(to - 20.0), baseline + 2.0, to, baseline + 3.4);
                self.push("field", |id| Node::fill(id, "field", line, ink));
            }
        }
    }

    fn table(&mut self, domain: Option<&str>) {
        let size = self.size();
        for _ in 0..6 {
            let Some(spec) = table::sample_table(domain, None, self.rng) else { continue };
            let mut draft = spec.into_draft();
            draft.caption.clear();
            draft.subtitle.clear();
            draft.source.clear();
            draft.footnotes.clear();
            draft.cells.iter_mut().for_each(|c| c.note = None);
            let Ok(spec) = table::TableSpec::new(draft) else { continue };
            let Ok(drawn) = table::draw_table(&spec, &Room { width: size.width, margin: 0.0, scale: 1.0 }) else {
                continue;
            };
            let (w, h) = (f64::from(drawn.scene.width), f64::from(drawn.scene.height));
            let ratio = (w / h) / (size.width / size.height);
            if !(0.45..2.2).contains(&ratio) {
                continue;
            }
            let fit = tamis_draw::kurbo::Affine::scale_non_uniform(size.width / w, size.height / h);
            self.scene.background = drawn.scene.background;
            self.scene.nodes.extend(drawn.scene.nodes.into_iter().map(|n| n.transformed(fit)));
            return;
        }
        pictures::grid(self, Rect::from_origin_size((0.0, 0.0), size));
    }

    fn formula(&mut self) {
        let size = self.size();
        for _ in 0..12 {
            let sampled = formula::sample(None, self.rng);
            let spec = FormulaSpec { size: 40.0, margin: 0.1, ..FormulaSpec::new(sampled.latex) };
            let Ok((scene, _)) = formula::formula_scene(&spec) else { continue };
            let (w, h) = (f64::from(scene.width), f64::from(scene.height));
            let scale = (size.width / w).min(size.height / h);
            if w * scale < 0.55 * size.width || h * scale < 0.5 * size.height {
                continue;
            }
            let place =
                tamis_draw::kurbo::Affine::translate(((size.width - w * scale) / 2.0, (size.height - h * scale) / 2.0))
                    * tamis_draw::kurbo::Affine::scale(scale);
            self.scene.nodes.extend(scene.nodes.into_iter().map(|n| n.transformed(place)));
            return;
        }
        self.heading(Rect::from_origin_size((0.0, 0.0), size), false);
    }

    fn code(&mut self, room: Rect) {
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
        let ground = Color::rgb([0xf6f6f6, 0xffffff, 0xf3f5f9][self.rng.below(3)]);
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

    fn capital(&mut self, room: Rect) {
        let letter = char::from(b'A' + self.rng.below(26) as u8).to_string();
        let mut style = self.style(room.height() * 1.2).bold();
        style.color = if self.rng.unit() < 0.5 { self.accent } else { self.ink };
        let line = text::line(&letter, &style);
        let Some(ink) = line.ink() else { return };
        let scale = (room.width() / ink.width()).min(room.height() / ink.height()).min(1.0);
        let line = text::line(&letter, &style.sized(style.size * scale));
        let Some(ink) = line.ink() else { return };
        self.write(line, room.center().x - ink.center().x, room.center().y - ink.center().y);
    }

    /// A picture, a title and some lines.
    fn teaser(&mut self, room: Rect) {
        let ground = Color::rgb([0xf3efe6, 0xeaf1f5, 0xf4f4f4, 0xffffff][self.rng.below(4)]);
        self.push("panel", |id| Node::fill(id, "panel", room, ground));
        let inner = room.inset(-0.04 * room.width().min(room.height()));
        let (w, h) = (inner.width(), inner.height());
        if w > 1.6 * h {
            let side = Rect::new(inner.x0, inner.y0, inner.x0 + 0.35 * w, inner.y1);
            pictures::figure(self, side);
            let x = inner.x0 + 0.38 * w;
            self.heading(Rect::new(x, inner.y0, inner.x1, inner.y0 + 0.3 * h), true);
            return self.prose(Rect::new(x, inner.y0 + 0.36 * h, inner.x1, inner.y1), Some(17.0));
        }
        pictures::figure(self, Rect::new(inner.x0, inner.y0, inner.x1, inner.y0 + 0.4 * h));
        self.heading(Rect::new(inner.x0, inner.y0 + 0.43 * h, inner.x1, inner.y0 + 0.56 * h), true);
        self.prose(Rect::new(inner.x0, inner.y0 + 0.6 * h, inner.x1, inner.y1), Some(17.0));
    }

    fn masthead(&mut self, room: Rect) {
        self.family = "Playfair Display";
        let names = ["The Morning Courier", "Harbour Gazette", "Daily Observer", "City Herald", "The Northern Star"];
        let style = self.style(room.height() * 0.7).bold();
        let words = names[self.rng.below(names.len())].to_string();
        self.stack(words, style, Rect::new(room.x0, room.y0, room.x1, room.y1 - 4.0));
        let ink = self.ink;
        let line = Rect::new(room.x0, room.y1 - 3.0, room.x1, room.y1);
        self.push("rule", |id| Node::fill(id, "rule", line, ink));
    }
}

/// A line whose spaces are widened so that it ends at `width`; as it is if it would look torn.
fn stretched(mut line: Line, width: f64) -> Line {
    let spaces = line.glyphs.iter().filter(|g| line.text.as_bytes().get(g.range.start) == Some(&b' ')).count();
    let lack = width - line.width;
    if spaces == 0 || lack <= 0.0 || lack / spaces as f64 > 0.8 * line.size {
        return line;
    }
    let each = lack / spaces as f64;
    let mut shift = 0.0;
    for glyph in &mut line.glyphs {
        glyph.x += shift;
        if line.text.as_bytes().get(glyph.range.start) == Some(&b' ') {
            shift += each;
        }
    }
    line.width = width;
    line
}

/// The middle of a line's height, for texts in boxes.
pub(super) const MIDDLE: Anchor = Anchor { x: 0.5, y: Height::Middle };
