//! The text of one file of a recipe, and places in it.

use std::sync::Arc;

use serde::Serialize;

/// A range of bytes in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Span {
    /// the first byte
    pub start: usize,
    /// the byte behind the last
    pub end: usize,
}

impl Span {
    /// From `start` up to `end`.
    pub fn new(start: usize, end: usize) -> Span {
        Span { start, end: end.max(start) }
    }

    /// Whether `other` lies inside.
    pub fn holds(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// A file's text under the name that messages show. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct SourceText {
    name: Arc<str>,
    text: Arc<str>,
    lines: Arc<[usize]>,
}

impl SourceText {
    /// A text under a name.
    pub fn new(name: &str, text: &str) -> SourceText {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
        SourceText { name: name.into(), text: text.into(), lines: starts.collect() }
    }

    /// The name that messages show.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte, both counted from 1; columns count characters.
    pub fn position(&self, at: usize) -> (u32, u32) {
        let at = self.floor(at);
        let line = self.lines.partition_point(|start| *start <= at);
        let column = self.text[self.lines[line - 1]..at].chars().count();
        (line as u32, column as u32 + 1)
    }

    /// The bytes of a line counted from 1, its end of line left out; empty behind the last one.
    pub fn line(&self, line: usize) -> Span {
        let Some(start) = line.checked_sub(1).and_then(|i| self.lines.get(i)) else {
            return Span::new(self.text.len(), self.text.len());
        };
        let end = self.lines.get(line).map_or(self.text.len(), |next| next - 1);
        let visible = self.text[*start..end].trim_end_matches('\r').len();
        Span::new(*start, start + visible)
    }

    /// The text of a span, cut to what exists.
    pub fn slice(&self, span: Span) -> &str {
        let start = self.floor(span.start);
        let end = self.floor(span.end);
        &self.text[start..end.max(start)]
    }

    /// The part of a span on its first line: what a message underlines.
    pub fn first_line(&self, span: Span) -> Span {
        let start = self.floor(span.start);
        let line = self.line(self.position(start).0 as usize);
        let end = self.floor(span.end).min(line.end.max(start));
        let visible = self.text[start..end.max(start)].trim_end().len();
        Span::new(start, start + visible)
    }

    /// The nearest place at or before a byte where a character begins.
    fn floor(&self, at: usize) -> usize {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

/// Where `word` stands as a word of its own in `text`, first occurrence.
pub(crate) fn find_word(text: &str, word: &str) -> Option<usize> {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).map(|(at, _)| at).find(|at| {
        let before = text[..*at].chars().next_back();
        let behind = text[at + word.len()..].chars().next();
        !word.is_empty() && !before.is_some_and(part_of_word) && !behind.is_some_and(part_of_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let source = SourceText::new("a", "é: 1\r\nb: 2\n");
        assert_eq!(source.position(0), (1, 1));
        assert_eq!(source.position(2), (1, 2));
        assert_eq!(source.position(7), (2, 1));
        assert_eq!(source.position(99), (3, 1));
        assert_eq!(source.slice(source.line(1)), "é: 1");
    }

    #[test]
    fn a_span_over_several_lines_is_underlined_on_its_first() {
        let source = SourceText::new("a", "one  \ntwo");
        assert_eq!(source.first_line(Span::new(0, 9)), Span::new(0, 3));
    }

    #[test]
    fn words_are_found_whole() {
        assert_eq!(find_word("captions | caption", "caption"), Some(11));
        assert_eq!(find_word("captions", "caption"), None);
    }
}
