//! JSON: an array of objects, among them the files of LLaVA and ShareGPT.

use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use tamis_core::place;
use tamis_core::source::{RowError, SharedSource, SourceError, Wanted};

use super::files::{self, base_name, io_error};
use super::format::{Format, RawRow, RawRows, typed};
use super::jsonl;
use super::typing::Need;

/// Opens a file that holds an array of objects. It is read element by element, never as a whole.
///
/// An element that is no object, or longer than 64 MiB, is an error of that row alone, as long as its brackets and
/// quotes close. Media paths are relative to the directory of the file.
pub(crate) fn open(path: &Path, wanted: &Wanted) -> Result<SharedSource, SourceError> {
    typed(JsonArray { path: path.to_path_buf(), len: OnceLock::new() }, wanted)
}

struct JsonArray {
    path: PathBuf,
    len: OnceLock<Option<u64>>,
}

impl Format for JsonArray {
    fn name(&self) -> &'static str {
        "json"
    }

    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn aliases(&self) -> &'static [(&'static str, &'static str)] {
        super::ROW_ALIASES
    }

    fn len(&self) -> Option<u64> {
        *self.len.get_or_init(|| {
            let countable = files::are_countable(std::slice::from_ref(&self.path));
            countable.then(|| self.elements(0).ok().map(|rows| rows.count() as u64)).flatten()
        })
    }

    fn files(&self) -> Vec<(String, PathBuf)> {
        vec![(base_name(&self.path), self.path.clone())]
    }

    fn rows(&self, from: u64, _: &Need) -> Result<RawRows<'_>, SourceError> {
        let folder: Arc<Path> = self.path.parent().unwrap_or(Path::new("")).into();
        let name = base_name(&self.path);
        Ok(Box::new(self.elements(from)?.map(move |element| {
            let key = format!("{name}[{}]", element.index);
            let error = |message: String| RowError { key: key.clone(), message };
            let text = element.text.map_err(error)?;
            let fields = jsonl::object(&text).map_err(|why| error(format!("line {}: {why}", element.line)))?;
            Ok(RawRow { key, fields, embedded: Vec::new(), folder: Arc::clone(&folder) })
        })))
    }
}

impl JsonArray {
    fn elements(&self, from: u64) -> Result<impl Iterator<Item = Element> + use<>, SourceError> {
        let file = place::open(&self.path).map_err(|e| io_error(&self.path, &e))?;
        let elements = Elements::new(BufReader::with_capacity(1 << 17, file.whole()));
        let mut elements = elements.map_err(|e| io_error(&self.path, &e))?;
        for _ in 0..from {
            if elements.next().is_none() {
                break;
            }
        }
        Ok(elements)
    }
}

/// One element of an array, as it is written in the file.
struct Element {
    /// its number, from 0
    index: u64,
    /// the line that it begins on, from 1
    line: u64,
    /// its bytes, or why there are none
    text: Result<Vec<u8>, String>,
}

/// Cuts an array into its elements by their brackets and quotes alone.
struct Elements<R> {
    reader: R,
    index: u64,
    line: u64,
    done: bool,
}

impl<R: BufRead> Elements<R> {
    /// Steps over the `[` at the start.
    fn new(reader: R) -> io::Result<Elements<R>> {
        let mut elements = Elements { reader, index: 0, line: 1, done: false };
        loop {
            let Some(&byte) = elements.reader.fill_buf()?.first() else {
                return Err(io::Error::other("the file is empty; an array was expected"));
            };
            elements.reader.consume(1);
            match byte {
                b'[' => return Ok(elements),
                b'\n' => elements.line += 1,
                b' ' | b'\t' | b'\r' | 0xef | 0xbb | 0xbf => {}
                _ => return Err(io::Error::other("expected an array that begins with `[`")),
            }
        }
    }

    /// Reads up to the end of the next element.
    fn scan(&mut self) -> io::Result<(u64, Scan)> {
        let mut scan = Scan::default();
        let mut line = self.line;
        while scan.end.is_none() {
            let chunk = self.reader.fill_buf()?;
            if chunk.is_empty() {
                scan.end = Some(End::File);
            }
            let mut used = 0;
            while used < chunk.len() && scan.end.is_none() {
                self.line += u64::from(chunk[used] == b'\n');
                scan.take(chunk[used]);
                line = if scan.begun { line } else { self.line };
                used += 1;
            }
            self.reader.consume(used);
        }
        Ok((line, scan))
    }
}

impl<R: BufRead> Iterator for Elements<R> {
    type Item = Element;

    fn next(&mut self) -> Option<Element> {
        if self.done {
            return None;
        }
        let (line, text) = match self.scan() {
            Ok((line, scan)) => {
                self.done = scan.end != Some(End::Element);
                if !scan.begun && scan.end == Some(End::Array) {
                    return None;
                }
                (line, scan.text())
            }
            Err(error) => {
                self.done = true;
                (self.line, Err(format!("the file cannot be read any further: {error}")))
            }
        };
        self.index += 1;
        Some(Element { index: self.index - 1, line, text })
    }
}

/// What ended an element.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Element,
    Array,
    File,
}

/// An element while it is read.
#[derive(Default)]
struct Scan {
    text: Vec<u8>,
    begun: bool,
    too_long: bool,
    depth: u32,
    in_string: bool,
    escaped: bool,
    end: Option<End>,
}

impl Scan {
    fn take(&mut self, byte: u8) {
        if !self.begun && byte.is_ascii_whitespace() {
            return;
        }
        if self.in_string {
            self.in_string = self.escaped || byte != b'"';
            self.escaped = !self.escaped && byte == b'\\';
        } else {
            match byte {
                b',' if self.depth == 0 => return self.end = Some(End::Element),
                b']' if self.depth == 0 => return self.end = Some(End::Array),
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        self.begun = true;
        self.too_long |= self.text.len() >= files::LONGEST;
        if !self.too_long {
            self.text.push(byte);
        }
    }

    fn text(self) -> Result<Vec<u8>, String> {
        if self.end == Some(End::File) {
            return Err("the file ends before the array is closed with `]`; it was cut off".to_string());
        }
        if self.too_long {
            return Err(format!("the element is longer than {} MiB", files::LONGEST >> 20));
        }
        Ok(self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<Result<String, String>> {
        let elements = Elements::new(text.as_bytes()).unwrap();
        elements.map(|e| e.text.map(|t| String::from_utf8(t).unwrap().trim().to_string())).collect()
    }

    #[test]
    fn brackets_and_commas_in_texts_do_not_end_an_element() {
        let elements = cut(r#" [ {"a": "],{\\\"" , "b": [1, 2]} , {"c": {}} ] "#);
        assert_eq!(elements, [Ok(r#"{"a": "],{\\\"" , "b": [1, 2]}"#.into()), Ok(r#"{"c": {}}"#.into())]);
        assert!(cut("[]").is_empty());
    }

    #[test]
    fn a_file_cut_off_keeps_its_whole_elements() {
        let elements = cut(r#"[{"a": 1}, {"a": "#);
        assert_eq!(elements[0], Ok(r#"{"a": 1}"#.into()));
        assert!(elements[1].as_ref().is_err_and(|e| e.contains("cut off")), "{elements:?}");
    }
}
