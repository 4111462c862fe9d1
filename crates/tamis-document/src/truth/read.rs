//! From fragments to words and lines.

use kurbo::{Point, Rect};

use crate::layout::Fragment;

/// A word of one element.
pub(crate) struct ReadWord {
    pub text: String,
    pub bbox: Rect,
    pub corners: Option<[Point; 4]>,
    pub region: usize,
    baseline: f64,
    size: f64,
    /// Clusters that are in the text already.
    keys: Vec<(u32, u32)>,
}

/// The lines of one text, from its fragments in any order.
pub(crate) fn lines(mut fragments: Vec<Fragment>) -> Vec<Vec<ReadWord>> {
    fragments.sort_by_key(|f| f.key);
    let mut lines: Vec<Vec<ReadWord>> = Vec::new();
    let mut last: Option<Fragment> = None;
    for fragment in fragments {
        let starts_line = match (&last, lines.last().and_then(|l| l.last())) {
            (Some(_), Some(word)) => !on_one_line(word, &fragment),
            _ => true,
        };
        if starts_line {
            lines.push(Vec::new());
        }
        let joins = !starts_line && last.as_ref().is_some_and(|l| joins(l, &fragment));
        if let Some(line) = lines.last_mut() {
            match line.last_mut().filter(|_| joins) {
                Some(word) => extend(word, &fragment),
                None => line.push(word(&fragment)),
            }
        }
        last = Some(fragment);
    }
    lines
}

fn word(f: &Fragment) -> ReadWord {
    ReadWord {
        text: f.clusters.iter().map(|c| c.1.as_str()).collect(),
        bbox: f.bbox,
        corners: f.corners,
        region: f.region,
        baseline: f.baseline,
        size: f.size,
        keys: f.clusters.iter().map(|c| c.0).collect(),
    }
}

fn extend(word: &mut ReadWord, f: &Fragment) {
    let marks = shares(word, f);
    for (key, text) in &f.clusters {
        // The hyphen of a broken word has the key of the letters before it.
        if !word.keys.contains(key) || text == "-" {
            word.text.push_str(text);
            word.keys.push(*key);
        }
    }
    word.bbox = word.bbox.union(f.bbox);
    word.corners = None;
    if marks {
        word.baseline = word.baseline.max(f.baseline);
    } else if f.size > word.size {
        (word.size, word.baseline) = (f.size, f.baseline);
    }
}

/// Whether a fragment shows a mark of one of the word's letters.
fn shares(word: &ReadWord, f: &Fragment) -> bool {
    f.clusters.iter().any(|c| word.keys.contains(&c.0))
}

/// Raised marks and handwriting leave the baseline, but by less than lines are apart.
fn on_one_line(word: &ReadWord, next: &Fragment) -> bool {
    shares(word, next) || (word.baseline - next.baseline).abs() < 0.62 * word.size.max(next.size)
}

/// Whether two neighbours are parts of one word: no space between them in the text nor on the page.
fn joins(a: &Fragment, b: &Fragment) -> bool {
    let gap = (b.bbox.x0 - a.bbox.x1).max(a.bbox.x0 - b.bbox.x1);
    a.glued_after && b.glued_before && gap < 0.35 * a.size.max(b.size)
}

/// The text of a block: its lines joined, words that were broken made whole where `whole` has them.
pub(crate) fn join(lines: &[Vec<ReadWord>], whole: &str, unspaced: bool) -> String {
    let mut out = String::new();
    for line in lines {
        for (i, word) in line.iter().enumerate() {
            let starts_line = i == 0;
            let hyphenated = starts_line && out.ends_with('-');
            if hyphenated && !whole.contains(&*format!("{}{}", tail(&out), word.text)) {
                out.pop();
            } else if !(out.is_empty() || hyphenated || starts_line && unspaced) {
                out.push(' ');
            }
            out.push_str(&word.text);
        }
    }
    out
}

/// The last word.
fn tail(text: &str) -> &str {
    text.rsplit(' ').next().unwrap_or(text)
}
