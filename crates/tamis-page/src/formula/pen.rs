//! How a pen writes each character (`data/pen.txt`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use tamis_draw::kurbo::Point;

/// One movement of the pen: points in a unit box, and whether the pen turns a corner there.
pub(super) type PenStroke = Vec<(Point, bool)>;

static STROKES: LazyLock<BTreeMap<char, Vec<PenStroke>>> =
    LazyLock::new(|| include_str!("../../data/pen.txt").lines().filter_map(character).collect());

/// The strokes of a character in the unit box of its ink; `None` when the pen does not know it.
pub(super) fn strokes(character: char) -> Option<&'static [PenStroke]> {
    STROKES.get(&character).map(Vec::as_slice)
}

fn character(line: &str) -> Option<(char, Vec<PenStroke>)> {
    let (name, strokes) = line.split_once(' ')?;
    let mut letters = name.chars();
    let character = letters.next().filter(|_| letters.next().is_none())?;
    let strokes: Vec<PenStroke> = strokes.split(';').map(stroke).collect();
    strokes.iter().all(|s| s.len() > 1).then_some((character, strokes))
}

fn stroke(text: &str) -> PenStroke {
    let point = |word: &str| {
        let corner = word.ends_with('!');
        let (x, y) = word.trim_end_matches('!').split_once(',')?;
        Some((Point::new(x.parse::<f64>().ok()? / 100.0, y.parse::<f64>().ok()? / 100.0), corner))
    };
    text.split_whitespace().filter_map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_file_is_read() {
        let lines = include_str!("../../data/pen.txt").lines().filter(|l| !l.starts_with("# ")).count();
        assert_eq!(STROKES.len(), lines);
        assert_eq!(strokes('4').unwrap().len(), 2);
        assert!(strokes('1').unwrap()[0][1].1);
    }
}
