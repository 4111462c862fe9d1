//! Elements of running text: paragraphs, notes, quotes, verse, lists, contents.

use tamis_draw::kurbo::Rect;
use tamis_draw::scene::Node;
use tamis_draw::text::{self, Line, Style};

use super::classes::Painter;
use super::paint::Canvas;

/// Texts of at most so many lines end with a sentence if they can; longer ones go on in the next column.
const FEW_LINES: usize = 6;

impl Canvas<'_> {
    /// Lines of running text from top to bottom.
    pub(super) fn prose(&mut self, room: Rect, size: Option<f64>) {
        let size = size.unwrap_or_else(|| self.body()).min(room.height() * 0.8).max(8.0);
        let style = self.style(size);
        let (mut lines, count) = self.filling(room, &style);
        let whole = lines.len() <= count;
        lines.truncate(count);
        let step = room.height() / count as f64;
        let justified = self.rng.unit() < 0.7;
        let last = lines.len() - 1;
        for (i, line) in lines.into_iter().enumerate() {
            let baseline = room.y0 + step * i as f64 + (step + line.ascent - line.descent) / 2.0;
            let ends = whole && i == last;
            let line = if justified && !ends { stretched(line, room.width()) } else { line };
            self.write(line, room.x0, baseline);
        }
    }

    /// Sentences in lines, and how many lines the room has: exactly so many if they are few and the last one can end with
    /// a sentence, more otherwise.
    fn filling(&mut self, room: Rect, style: &Style) -> (Vec<Line>, usize) {
        let mut words = self.prose.prefix(self.class, self.rng) + &self.prose.sentence(self.rng);
        let step = text::line(&words, style).height().max(1.3 * style.size);
        let count = ((room.height() / step).floor() as usize).max(1);
        let per_line = room.width() / (self.prose.character() * style.size);
        let missing = (1.2 * per_line * count as f64) as usize;
        let mut before = Vec::new();
        loop {
            let lines = text::paragraph(&words, style, room.width());
            if lines.len() > count {
                return (if before.len() == count { before } else { lines }, count);
            }
            before = lines;
            words.push_str(self.prose.gap());
            // Sentence by sentence only where the end shows: each time all lines are broken anew.
            words.push_str(&self.prose.text(if count <= FEW_LINES { 1 } else { missing }, self.rng));
        }
    }

    pub(super) fn small(&mut self, room: Rect) {
        let size = self.rng.range(13.0, 17.0);
        self.prose(room, Some(size));
    }

    pub(super) fn quote(&mut self, room: Rect) {
        let accent = self.accent;
        let bar = Rect::new(room.x0, room.y0, room.x0 + (room.width() * 0.02).max(3.0), room.y1);
        self.push("bar", |id| Node::fill(id, "bar", bar, accent));
        let words = format!("“{}”", self.prose.text(45, self.rng));
        // Of so many characters, about half as wide as high, lines of 1.3 times their size fill the room.
        let mut style = self.style((room.area() / (0.65 * words.chars().count() as f64)).sqrt());
        style.font.italic = true;
        style.color = accent;
        self.stack(words, style, Rect::new(room.x0 + room.width() * 0.06, room.y0, room.x1, room.y1));
    }

    /// Lines with a blank one after every fourth.
    pub(super) fn verse(&mut self, room: Rect) {
        let base = self.style(20.0);
        let lines: Vec<Line> = (0..40)
            .map(|_| {
                let sentence = self.prose.sentence(self.rng);
                text::line(sentence.trim_end_matches(['.', '。']), &base)
            })
            .collect();
        // As large as the longest line allows; a low room shows few of them.
        let widest = lines.iter().map(|line| line.width).fold(1.0, f64::max);
        let size = (20.0 * room.width() / widest).clamp(12.0, 40.0);
        let (step, style) = (1.45 * size, base.sized(size));
        let count = (room.height() / step).floor().max(1.0) as usize;
        let step = room.height() / count as f64;
        for row in (0..count.min(lines.len())).filter(|row| row % 5 != 4) {
            let line = text::line(&lines[row].text, &style);
            self.write(line, room.x0, room.y0 + step * (row as f64 + 0.72));
        }
    }

    /// Items with a sign before each, hanging.
    pub(super) fn items(&mut self, room: Rect, painter: Painter) {
        let size = self.body().min(room.height() * 0.7);
        let style = self.style(size);
        let per_line = room.width() / (self.prose.character() * size);
        let (mut y, mut i) = (room.y0, 0);
        while y + 1.3 * style.size <= room.y1 + 1.0 {
            let mark = text::line(&self.sign(painter, i), &style);
            let indent = mark.width.max(1.4 * style.size) + 0.2 * style.size;
            let words = match painter {
                Painter::References => self.prose.reference(self.rng),
                _ => self.prose.text((per_line * self.rng.range(0.2, 1.4)) as usize, self.rng),
            };
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

    /// What stands before the item.
    fn sign(&self, painter: Painter, i: usize) -> String {
        match painter {
            Painter::Dialogue => format!("{}. ", self.prose.speakers[i % self.prose.speakers.len().max(1)]),
            Painter::Numbers => format!("{}. ", i + 1),
            Painter::Options => format!("{}. ", char::from(b'A' + (i % 26) as u8)),
            Painter::References => format!("[{}] ", i + 1),
            _ => "• ".to_string(),
        }
    }

    /// Titles, dots, page numbers.
    pub(super) fn contents(&mut self, room: Rect) {
        let size = self.body();
        let style = self.style(size);
        let step = 1.6 * style.size;
        let (mut y, mut page) = (room.y0 + step * 0.75, 1 + self.rng.below(9));
        while y < room.y1 - 0.2 * step {
            page += 1 + self.rng.below(14);
            let number = text::line(&page.to_string(), &style);
            let end = room.x1 - number.width;
            self.write(number, end, y);
            let title = text::paragraph(&self.prose.title(false, self.rng), &style, room.width() * 0.75).swap_remove(0);
            let from = room.x0 + title.width + 0.5 * style.size;
            self.write(title, room.x0, y);
            let pair = text::line(". .", &style).width - text::line(".", &style).width;
            let count = ((end - 0.5 * style.size - from) / pair).clamp(0.0, 400.0) as usize;
            let dots = text::line(&". ".repeat(count), &style);
            if dots.width < end - from {
                self.write(dots, from, y);
            }
            y += step;
        }
    }

    pub(super) fn form(&mut self, room: Rect) {
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
}

/// A line whose spaces are widened so that it ends at `width`; as it is if it would look torn.
fn stretched(mut line: Line, width: f64) -> Line {
    let spaces = line.glyphs.iter().filter(|g| line.text.as_bytes().get(g.range.start) == Some(&b' ')).count();
    let lack = width - line.width;
    if spaces == 0 || lack <= 0.0 || lack / spaces as f64 > 1.3 * line.size {
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
