//! Shaped lines that fit: from a store, elided, wrapped.

use std::cell::RefCell;
use std::num::NonZeroUsize;

use lru::LruCache;
use tamis_draw::text::{self, Font, Line, Style as TextStyle};

/// How many shaped lines a thread keeps: tick labels and names come again and again.
const KEPT: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

#[derive(PartialEq, Eq, Hash)]
struct Key {
    text: String,
    font: Font,
    size: u64,
    spacing: u64,
}

thread_local! {
    static LINES: RefCell<LruCache<Key, Line>> = RefCell::new(LruCache::new(KEPT));
}

/// One shaped line.
pub(crate) fn shape(text: &str, style: &TextStyle) -> Line {
    let key = Key {
        text: text.to_string(),
        font: style.font.clone(),
        size: style.size.to_bits(),
        spacing: style.letter_spacing.to_bits(),
    };
    let mut line = LINES.with_borrow_mut(|lines| lines.get_or_insert(key, || text::line(text, style)).clone());
    line.color = style.color;
    line
}

/// One line no wider than `width`: what does not fit is cut off at the end of the text and marked by an ellipsis.
pub(crate) fn elided(text: &str, style: &TextStyle, width: f64) -> Line {
    // Nobody reads more than this on one line, and shaping it would take long.
    let whole = shape_if_short(text, style);
    if let Some(line) = whole.filter(|l| l.width <= width) {
        return line;
    }
    let ends: Vec<usize> = text.char_indices().map(|(i, _)| i).take(400).collect();
    let (mut fits, mut too_long) = (0, ends.len());
    while too_long - fits > 1 {
        let middle = fits.midpoint(too_long);
        if text::line(&cut(text, ends[middle]), style).width <= width {
            fits = middle;
        } else {
            too_long = middle;
        }
    }
    text::line(&cut(text, ends.get(fits).copied().unwrap_or(0)), style)
}

fn shape_if_short(text: &str, style: &TextStyle) -> Option<Line> {
    (text.len() <= 1600).then(|| shape(text, style))
}

fn cut(text: &str, end: usize) -> String {
    format!("{}\u{2026}", text[..end].trim_end())
}

/// Lines no wider than `width`, at most `most`; the last one is elided if there were more.
pub(crate) fn wrapped(text: &str, style: &TextStyle, width: f64, most: usize) -> Vec<Line> {
    if text.is_empty() || most == 0 {
        return Vec::new();
    }
    if let Some(line) = shape_if_short(text, style).filter(|l| l.width <= width && !text.contains('\n')) {
        return vec![line];
    }
    let head: String = text.chars().take(2000).collect();
    let mut lines = text::paragraph(&head, style, width);
    if lines.len() > most {
        let rest: Vec<&str> = lines[most - 1..].iter().map(|l| l.text.as_str()).collect();
        let last = elided(&rest.join(" "), style, width);
        lines.truncate(most - 1);
        lines.push(last);
    }
    lines
}

/// The width of the longest word.
pub(crate) fn longest_word(text: &str, style: &TextStyle) -> f64 {
    text.split_whitespace().map(|w| shape(w, style).width).fold(0.0, f64::max)
}
