//! Tesseract as a reader that knows nothing of how pictures are made: `mod`-included by the tests of other crates.

use std::io::Write as _;
use std::process::{Command, Stdio};

use tamis_draw::kurbo::Rect;
use tamis_draw::render;
use tamis_draw::scene::Pixels;

/// A word that Tesseract found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// What it read.
    pub text: String,
    /// Where, in pixels of its picture.
    pub bbox: Rect,
    /// The picture it stands in, from 0.
    pub picture: usize,
}

/// The words of some pictures, all by one process; `mode` is Tesseract's page segmentation mode (3 a page, 7 a line).
///
/// Panics with the line to install it where Tesseract is missing: these tests are never skipped.
pub(crate) fn read(pictures: &[Pixels], mode: u8) -> Vec<Found> {
    if pictures.is_empty() {
        return Vec::new();
    }
    let folder = Folder::new();
    let mut list = String::new();
    for (i, picture) in pictures.iter().enumerate() {
        let path = folder.0.join(format!("{i}.png"));
        let file = render::png(picture).expect("a picture becomes a PNG");
        std::fs::write(&path, file).expect("the folder can be written");
        list += &format!("{}\n", path.display());
    }
    let table = tesseract(&list, mode);
    table.lines().skip(1).filter_map(row).collect()
}

fn tesseract(list: &str, mode: u8) -> String {
    let mode = mode.to_string();
    let mut child = Command::new("tesseract")
        .args(["stdin", "stdout", "-l", "eng", "--psm", &mode, "tsv"])
        // Its threads wait for each other more than they work.
        .env("OMP_THREAD_LIMIT", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("tesseract cannot be run ({e}); type: sudo apt-get install tesseract-ocr"));
    child.stdin.take().expect("a pipe").write_all(list.as_bytes()).expect("the list can be sent");
    let output = child.wait_with_output().expect("tesseract ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "tesseract failed: {said}; its English model is missing? type: sudo apt-get install tesseract-ocr-eng"
    );
    String::from_utf8(output.stdout).expect("tesseract writes UTF-8")
}

/// A row of its table: level, page, block, paragraph, line, word, left, top, width, height, confidence, text.
fn row(row: &str) -> Option<Found> {
    let cells: Vec<&str> = row.split('\t').collect();
    let [level, page, _, _, _, _, left, top, width, height, _, text] = cells[..] else { return None };
    if level != "5" || text.trim().is_empty() {
        return None;
    }
    let [left, top, width, height] = [left, top, width, height].map(|n| n.parse::<f64>().unwrap_or(f64::NAN));
    let bbox = Rect::new(left, top, left + width, top + height);
    Some(Found { text: text.trim().into(), bbox, picture: page.parse::<usize>().ok()? - 1 })
}

/// A folder for one reading, removed with it.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new() -> Folder {
        static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let next = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path =
            std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("read-{}-{next}", std::process::id()));
        std::fs::create_dir_all(&path).expect("the target folder can be written");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A text with its typographic variants as one: quotes, dashes, ligatures, the signs of multiplication and minus.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}' | '`' => out.push('\''),
            '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{2033}' => out.push('"'),
            '\u{2010}'..='\u{2015}' | '\u{2212}' => out.push('-'),
            '\u{fb00}' => out.push_str("ff"),
            '\u{fb01}' => out.push_str("fi"),
            '\u{fb02}' => out.push_str("fl"),
            '\u{fb03}' => out.push_str("ffi"),
            '\u{fb04}' => out.push_str("ffl"),
            '\u{2026}' => out.push_str("..."),
            c if c.is_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}
