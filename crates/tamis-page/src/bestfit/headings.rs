//! Elements of few words: titles, lines, numbers, mastheads, drop caps.

use tamis_draw::kurbo::Rect;
use tamis_draw::scene::Node;
use tamis_draw::text::{self, Line, Style};

use super::paint::Canvas;

/// How many wordings are tried before the best of them is taken.
const TRIES: usize = 10;

impl Canvas<'_> {
    /// A title in one to three lines.
    pub(super) fn heading(&mut self, room: Rect) {
        let wordings: Vec<String> = (0..TRIES).map(|i| self.prose.title(i >= TRIES / 2, self.rng)).collect();
        let mut style = self.style(1.0).bold();
        style.color = if self.rng.unit() < 0.25 { self.accent } else { self.ink };
        self.best_of(wordings, style, room, 3);
    }

    /// What stands in one line: whose work it is, where and when, a page's or question's number.
    pub(super) fn short_line(&mut self, room: Rect) {
        let wordings: Vec<String> = (0..TRIES).map(|_| self.prose.line(self.class, self.rng)).collect();
        let style = self.style(1.0);
        self.best_of(wordings, style, room, 2);
    }

    /// The name of a newspaper over a line.
    pub(super) fn masthead(&mut self, room: Rect) {
        self.family = "Playfair Display";
        let names: Vec<String> = self.prose.mastheads.clone();
        let style = self.style(1.0).bold();
        self.best_of(names, style, Rect::new(room.x0, room.y0, room.x1, room.y1 - 0.1 * room.height()), 2);
        let (ink, thick) = (self.ink, (0.02 * room.height()).max(2.0));
        let line = Rect::new(room.x0, room.y1 - thick, room.x1, room.y1);
        self.push("rule", |id| Node::fill(id, "rule", line, ink));
    }

    /// The wording, on so many lines at most, whose shape is most like that of the room, as large as the room allows.
    fn best_of(&mut self, wordings: Vec<String>, style: Style, room: Rect, most_lines: usize) {
        let wanted = (room.width() / room.height()).ln();
        let mut best: Option<(f64, Vec<Line>)> = None;
        for words in &wordings {
            for count in 1..=most_lines {
                let lines = broken(words, &style.sized(40.0), count);
                let (width, height) = extent(&lines);
                let apart = ((width / height).ln() - wanted).abs();
                if lines.len() == count && best.as_ref().is_none_or(|(known, _)| apart < *known) {
                    best = Some((apart, lines));
                }
            }
            if best.as_ref().is_some_and(|(apart, _)| *apart < 0.08) {
                break;
            }
        }
        let Some((_, lines)) = best else { return };
        let (width, height) = extent(&lines);
        let size = 40.0 * (room.width() / width).min(room.height() / height);
        let mut baseline = room.y0;
        for (i, line) in lines.iter().enumerate() {
            let line = text::line(&line.text, &style.sized(size));
            let above = line.ink().map_or(0.0, |ink| -ink.y0);
            baseline = if i == 0 { room.y0 + above } else { baseline + LEADING * size };
            self.write(line, room.x0, baseline);
        }
    }

    /// The text in the box, smaller until it fits.
    pub(super) fn stack(&mut self, words: String, mut style: Style, room: Rect) {
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

    pub(super) fn capital(&mut self, room: Rect) {
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
}

/// From one baseline to the next, in sizes.
const LEADING: f64 = 1.2;

/// Words on about so many lines of like length; fewer where a word would have to be broken.
fn broken(words: &str, style: &Style, count: usize) -> Vec<Line> {
    let whole = text::line(words, style);
    let width = 1.12 * whole.width / count as f64;
    let longest = words.split(' ').map(|word| text::line(word, style).width).fold(0.0, f64::max);
    if count == 1 || (words.is_ascii() && longest > width) {
        return vec![whole];
    }
    text::paragraph(words, style, width)
}

/// Width and height of the ink of lines, in pixels.
fn extent(lines: &[Line]) -> (f64, f64) {
    let width = lines.iter().map(|line| line.width).fold(1.0, f64::max);
    let height = match lines {
        [only] => only.ink().map_or(only.size, |ink| ink.height()),
        _ => lines.first().map_or(1.0, |line| line.size * (LEADING * (lines.len() - 1) as f64 + 0.95)),
    };
    (width, height.max(1.0))
}
