//! An independent reader agrees: Tesseract reads on our pages what our truth says, where our truth says it.
#![allow(clippy::unwrap_used)] // a helper's failure is the test's failure

#[path = "../../tamis-draw/tests/tesseract/mod.rs"]
mod tesseract;

use tamis_core::id::RecordId;
use tamis_core::rng::Rng;
use tamis_document::spec::{Class, Language};
use tamis_document::truth::PageTruth;
use tamis_document::{Kind, NoArtist, Options, Page, lay_out, sample};
use tamis_draw::kurbo::Rect;
use tamis_draw::render;
use tamis_draw::scene::Pixels;
use tesseract::{Found, plain, read};

/// Pages that are counted; `TAMIS_OCR_PAGES` asks for more, to look at what is misread.
const PAGES: usize = 28;

/// Kinds that are printed. Forms are left out: they are filled in by hand, which Tesseract was not made to read.
const PRINTED: [Kind; 14] = [
    Kind::Letter,
    Kind::Invoice,
    Kind::Receipt,
    Kind::Contract,
    Kind::Report,
    Kind::Paper,
    Kind::TwoColumnPaper,
    Kind::Newspaper,
    Kind::Exam,
    Kind::Slides,
    Kind::Menu,
    Kind::Resume,
    Kind::Statement,
    Kind::Timetable,
];

/// English pages of every printed kind, in turn, and their truth.
fn pages(count: usize) -> Vec<Page> {
    let mut pages = Vec::new();
    for (i, kind) in PRINTED.iter().cycle().enumerate() {
        let mut rng = Rng::keyed(i as u64, RecordId::input(kind.name()), "read", &[]);
        let spec = sample(*kind, &Options { language: Some(Language::En), ..Options::default() }, &mut rng);
        let document = lay_out(&spec, &mut NoArtist).unwrap_or_else(|e| panic!("{} {i}: {e}", kind.name()));
        // One page of each, first and later ones in turn: kinds of many pages do not outweigh the others.
        let number = i % document.pages.len();
        pages.extend(document.pages.into_iter().nth(number));
        if pages.len() == count {
            return pages;
        }
    }
    pages
}

/// A word of the truth, and whether it is counted.
struct Known {
    text: String,
    bbox: Rect,
    counts: bool,
}

/// The words of a page. Not counted, for each is beyond Tesseract and says nothing of our truth: what is written by hand,
/// what a stamp or signature lies over, words inside drawings (axes and labels of a small chart, a logo), marks without a
/// letter or figure (bullets, rules of dots), and what is turned.
fn known(truth: &PageTruth) -> Vec<Known> {
    let over: Vec<Rect> = truth
        .blocks
        .iter()
        .filter(|b| matches!(b.class, Class::Stamp | Class::Signature))
        .map(|b| rect(b.bbox))
        .collect();
    let word = |word: &tamis_document::truth::Word| {
        let bbox = rect(word.bbox);
        let covered = over.iter().any(|o| o.overlaps(bbox));
        let drawn = word.line.is_none();
        let written = word.text.chars().any(char::is_alphanumeric);
        let counts = !word.hand && !covered && !drawn && written && word.corners.is_none();
        Known { text: plain(&word.text), bbox, counts }
    };
    truth.words.iter().map(word).collect()
}

fn rect([x0, y0, x1, y1]: [f64; 4]) -> Rect {
    Rect::new(x0, y0, x1, y1)
}

/// How a page was read.
#[derive(Debug, Default)]
struct Score {
    /// Words that are counted.
    words: usize,
    /// Of these, read right.
    right: usize,
    /// Words that Tesseract found where some of ours are, or where none is.
    found: usize,
    /// Of these, inside our boxes.
    placed: usize,
    wrong: Vec<String>,
}

/// How far Tesseract's boxes may go beyond ours, in pixels: it cuts words out of blurred rows, not from ink.
const SLACK: f64 = 4.0;
/// The same upwards and downwards, in heights of the word: it gives a low word the height of its row.
const ROW: f64 = 0.5;

/// Words of both sides are matched where their boxes overlap; where one of one side overlaps several of the other (a
/// space that was not seen), they are compared as one.
fn score(truth: &PageTruth, found: &[Found], name: &str) -> Score {
    let known = known(truth);
    let mut score = Score { words: known.iter().filter(|w| w.counts).count(), ..Score::default() };
    let mut groups = Groups::new(known.len() + found.len());
    for (k, word) in known.iter().enumerate() {
        for (f, other) in found.iter().enumerate() {
            if overlap(word.bbox, other.bbox) > 0.35 {
                groups.join(k, known.len() + f);
            }
        }
    }
    for group in groups.all() {
        let (ours, theirs): (Vec<usize>, Vec<usize>) = group.into_iter().partition(|i| *i < known.len());
        let theirs: Vec<&Found> = theirs.iter().map(|f| &found[f - known.len()]).collect();
        let ours: Vec<&Known> = ours.iter().map(|k| &known[*k]).collect();
        if ours.is_empty() {
            let phantom =
                theirs.iter().filter(|f| !pictured(truth, f.bbox) && f.text.chars().any(char::is_alphanumeric));
            for word in phantom {
                score.found += 1;
                score.wrong.push(format!("{name}: {:?} at {:?} is none of our words", word.text, word.bbox));
            }
            continue;
        }
        if ours.iter().any(|w| !w.counts) {
            score.words -= ours.iter().filter(|w| w.counts).count();
            continue;
        }
        let (said, heard) =
            (in_order(&ours, |w| w.bbox, |w| w.text.clone()), in_order(&theirs, |f| f.bbox, |f| plain(&f.text)));
        match said == heard {
            true => score.right += ours.len(),
            false => score.wrong.push(format!("{name}: {said:?} was read as {heard:?} at {:?}", ours[0].bbox)),
        }
        let room = ours.iter().map(|w| w.bbox).reduce(|a, b| a.union(b)).unwrap_or_default();
        let room = room.inflate(SLACK, SLACK + room.height() * ROW);
        for word in &theirs {
            score.found += 1;
            match room.union(word.bbox) == room {
                true => score.placed += 1,
                false => score.wrong.push(format!("{name}: {:?} at {:?} leaves {room:?}", word.text, word.bbox)),
            }
        }
    }
    score
}

fn overlap(a: Rect, b: Rect) -> f64 {
    if !a.overlaps(b) {
        return 0.0;
    }
    a.intersect(b).area() / a.area().min(b.area()).max(1.0)
}

/// From left to right as one text.
fn in_order<T>(words: &[&T], bbox: impl Fn(&T) -> Rect, text: impl Fn(&T) -> String) -> String {
    let mut words: Vec<&T> = words.to_vec();
    words.sort_by(|a, b| bbox(a).x0.total_cmp(&bbox(b).x0));
    words.into_iter().map(text).collect()
}

/// Whether a box lies in what is drawn and not typeset: there are letters in logos and stamps, and shapes that look so.
fn pictured(truth: &PageTruth, bbox: Rect) -> bool {
    let drawn = |class| matches!(class, Class::Figure | Class::Logo | Class::Stamp | Class::Signature | Class::Formula);
    truth.blocks.iter().any(|b| drawn(b.class) && rect(b.bbox).inflate(SLACK, SLACK).contains(bbox.center()))
}

/// Sets that are joined (union-find).
struct Groups(Vec<usize>);

impl Groups {
    fn new(count: usize) -> Groups {
        Groups((0..count).collect())
    }

    fn root(&self, mut i: usize) -> usize {
        while self.0[i] != i {
            i = self.0[i];
        }
        i
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[b] = a;
    }

    fn all(&self) -> Vec<Vec<usize>> {
        let mut all: Vec<Vec<usize>> = vec![Vec::new(); self.0.len()];
        (0..self.0.len()).for_each(|i| all[self.root(i)].push(i));
        all.into_iter().filter(|group| !group.is_empty()).collect()
    }
}

/// The words of pages as a page is read (mode 3), and where that leaves out some of ours (a lone column of prices is taken
/// for a picture), those of a search for scattered text (mode 11).
fn read_pages(pages: &[Page], pixels: &[Pixels]) -> Vec<Vec<Found>> {
    let mut found: Vec<Vec<Found>> = vec![Vec::new(); pages.len()];
    read(pixels, 3).into_iter().for_each(|word| found[word.picture].push(word));
    let missed = |bbox: Rect, found: &[Found]| found.iter().all(|f| overlap(bbox, f.bbox) == 0.0);
    let left_out: Vec<Vec<Rect>> = pages
        .iter()
        .zip(&found)
        .map(|(page, found)| {
            let words = known(&page.truth).into_iter().filter(|w| w.counts && missed(w.bbox, found));
            words.map(|w| w.bbox).collect()
        })
        .collect();
    let again: Vec<usize> = (0..pages.len()).filter(|i| !left_out[*i].is_empty()).collect();
    let pictures: Vec<Pixels> = again.iter().map(|i| pixels[*i].clone()).collect();
    for word in read(&pictures, 11) {
        let page = again[word.picture];
        if left_out[page].iter().any(|bbox| overlap(*bbox, word.bbox) > 0.0) && missed(word.bbox, &found[page]) {
            found[page].push(word);
        }
    }
    found
}

#[test]
fn tesseract_reads_the_words_of_our_truth_where_we_say_they_are() {
    let count = std::env::var("TAMIS_OCR_PAGES").ok().and_then(|n| n.parse().ok()).unwrap_or(PAGES);
    let pages = pages(count);
    let pixels: Vec<_> = pages.iter().map(|p| render::pixels(&p.scene).unwrap()).collect();
    let found = read_pages(&pages, &pixels);
    let mut all = Score::default();
    for (i, page) in pages.iter().enumerate() {
        let kind = PRINTED[i % PRINTED.len()].name();
        let one = score(&page.truth, &found[i], &format!("{i} {kind}"));
        println!("{i} {kind}: {} of {} words right, {} of {} inside", one.right, one.words, one.placed, one.found);
        all.words += one.words;
        all.right += one.right;
        all.found += one.found;
        all.placed += one.placed;
        all.wrong.extend(one.wrong);
    }
    let (right, placed) = (all.right as f64 / all.words as f64, all.placed as f64 / all.found as f64);
    println!(
        "{} pages: {:.2}% of {} words right, {:.2}% of {} found inside our boxes\n{}",
        count,
        right * 100.0,
        all.words,
        placed * 100.0,
        all.found,
        all.wrong.join("\n")
    );
    assert!(all.words > 3000, "only {} words", all.words);
    assert!(right >= 0.99 && placed >= 0.99, "right {right:.4}, inside {placed:.4}");
}
