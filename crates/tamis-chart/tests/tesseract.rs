//! An independent reader agrees: Tesseract reads tick labels and titles in our boxes as our truth says.
#![allow(clippy::unwrap_used)] // a helper's failure is the test's failure

#[path = "../../tamis-draw/tests/tesseract/mod.rs"]
mod tesseract;

use std::collections::BTreeMap;

use tamis_chart::data::{self, Options};
use tamis_chart::spec::{Kind, LookSpec};
use tamis_chart::{look, scene};
use tamis_core::id::RecordId;
use tamis_core::rng::Rng;
use tamis_draw::kurbo::{Point, Vec2};
use tamis_draw::render;
use tamis_draw::scene::{Element, Pixels};
use tesseract::{plain, read};

/// Charts that are counted; `TAMIS_OCR_CHARTS` asks for more, to look at what is misread.
const CHARTS: usize = 48;

/// What is read.
const ROLES: [&str; 5] = ["tick label", "axis title", "title", "subtitle", "figure title"];

/// The look that is drawn by hand, in letters that Tesseract was not made to read.
const BY_HAND: &str = "hand";

/// A picture for Tesseract and what each of its rows says.
struct Strip {
    pixels: Pixels,
    rows: Vec<(String, std::ops::Range<u32>)>,
}

/// Labels of one role of one chart below each other, as a user of OCR would cut them out: each level, enlarged, dark on
/// light. Tesseract reads a lone figure badly and a column of labels well.
fn strip(labels: &[&Element], from: &Pixels) -> Strip {
    let cut: Vec<Gray> = labels.iter().map(|label| Gray::cut(label, from)).collect();
    let width = cut.iter().map(|c| c.width).max().unwrap_or(0) + 2 * EDGE;
    let height = cut.iter().map(|c| c.height + EDGE).sum::<u32>() + EDGE;
    let mut pixels = vec![255u8; (width * height) as usize];
    let (mut rows, mut top) = (Vec::new(), EDGE);
    for (label, cut) in labels.iter().zip(&cut) {
        for y in 0..cut.height {
            let to = ((top + y) * width + EDGE) as usize;
            let row = (y * cut.width) as usize;
            pixels[to..to + cut.width as usize].copy_from_slice(&cut.values[row..row + cut.width as usize]);
        }
        rows.push((plain(label.text.as_deref().unwrap_or("")), top..top + cut.height));
        top += cut.height + EDGE;
    }
    let rgba = pixels.into_iter().flat_map(|v| [v, v, v, 255]).collect();
    Strip { pixels: Pixels { width, height, rgba }, rows }
}

/// White around and between labels, in pixels.
const EDGE: u32 = 18;

/// Pixels of a label's picture for each of the chart's.
const ENLARGED: f64 = 3.0;

/// Around the ink, in pixels of the chart.
const MARGIN: f64 = 1.5;

/// A label, level and enlarged: 0 is ink, 255 is ground.
struct Gray {
    width: u32,
    height: u32,
    values: Vec<u8>,
}

impl Gray {
    fn cut(label: &Element, from: &Pixels) -> Gray {
        let [corner, right, _, low] = label.corners;
        let (across, down) = (right - corner, low - corner);
        let (length, height) = (across.hypot() + 2.0 * MARGIN, down.hypot() + 2.0 * MARGIN);
        let (u, v) = (across / across.hypot() / ENLARGED, down / down.hypot() / ENLARGED);
        let origin = corner - (u + v) * ENLARGED * MARGIN;
        let (width, height) = ((length * ENLARGED) as u32, (height * ENLARGED) as u32);
        let at = |x: u32, y: u32| origin + u * (f64::from(x) + 0.5) + v * (f64::from(y) + 0.5);
        let values: Vec<f64> =
            (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| luminance(from, at(x, y))).collect();
        dark_on_light(width, height, &values)
    }
}

/// Stretched so that the ground is white and the ink is black, whichever of them was the darker one.
fn dark_on_light(width: u32, height: u32, values: &[f64]) -> Gray {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, ground, high) = (sorted[0], sorted[sorted.len() / 2], sorted[sorted.len() - 1]);
    let ink = if high - ground > ground - low { high } else { low };
    let value = |v: &f64| (255.0 * (v - ink) / (ground - ink)).clamp(0.0, 255.0) as u8;
    Gray { width, height, values: values.iter().map(value).collect() }
}

/// Between the four nearest pixels.
fn luminance(from: &Pixels, at: Point) -> f64 {
    let at = at - Vec2::new(0.5, 0.5);
    let pixel = |x: f64, y: f64| {
        let x = x.clamp(0.0, f64::from(from.width - 1)) as u32;
        let y = y.clamp(0.0, f64::from(from.height - 1)) as u32;
        let p = &from.rgba[(y * from.width + x) as usize * 4..];
        0.299 * f64::from(p[0]) + 0.587 * f64::from(p[1]) + 0.114 * f64::from(p[2])
    };
    let (x, y) = (at.x.floor(), at.y.floor());
    let (dx, dy) = (at.x - x, at.y - y);
    let upper = pixel(x, y) * (1.0 - dx) + pixel(x + 1.0, y) * dx;
    let lower = pixel(x, y + 1.0) * (1.0 - dx) + pixel(x + 1.0, y + 1.0) * dx;
    upper * (1.0 - dy) + lower * dy
}

/// English charts of each kind in turn, each in the next look.
fn strips(count: usize) -> Vec<(String, Strip)> {
    let looks: Vec<&str> = look::names().into_iter().filter(|name| *name != BY_HAND).collect();
    let mut strips = Vec::new();
    for (i, kind) in Kind::ALL.iter().cycle().take(count).enumerate() {
        // Over another number of looks than kinds: the pairs do not repeat.
        let name = looks[(i + i / Kind::ALL.len()) % looks.len()];
        let mut rng = Rng::keyed(i as u64, RecordId::input(kind.name()), name, &[]);
        let options = Options { languages: 0.0, looks: vec![name.into()], diversify: Vec::new(), ..Options::default() };
        let mut figure = data::figure(&[*kind], &options, &mut rng).unwrap();
        figure.look = LookSpec { name: name.into(), seed: i as u64, diversify: None };
        let drawn = scene(&figure).unwrap_or_else(|e| panic!("{kind:?} {name} {i}: {e}"));
        let pixels = render::pixels(&drawn.scene).unwrap();
        let elements = drawn.scene.elements();
        for (role, labels) in labels(&elements) {
            strips.push((format!("{i} {} {name} {role}", kind.name()), strip(&labels, &pixels)));
        }
    }
    strips
}

/// Lines of text by role; a line of a text of several lines has its role from the text.
fn labels(elements: &[Element]) -> BTreeMap<&'static str, Vec<&Element>> {
    let mut labels: BTreeMap<&str, Vec<&Element>> = BTreeMap::new();
    for element in elements.iter().filter(|e| e.text.as_deref().is_some_and(counts)) {
        let parent = element.parent.map(|p| &elements[p]);
        let known = |of: &Element| ROLES.into_iter().find(|role| of.role == **role);
        if let Some(role) = known(element).or_else(|| parent.and_then(known)) {
            labels.entry(role).or_default().push(element);
        }
    }
    labels
}

/// Not counted are labels of one character (a dash is taken for a rule, a lone "0" for anything: there is no word to tell
/// by) and raised figures (m², 10⁻⁴), which Tesseract's English model does not have.
fn counts(text: &str) -> bool {
    let raised = |c| matches!(c, '¹' | '²' | '³' | '\u{2070}'..='\u{209c}');
    text.chars().count() > 1 && text.chars().any(char::is_alphanumeric) && !text.contains(raised)
}

#[test]
fn tesseract_reads_tick_labels_and_titles_in_our_boxes() {
    let count = std::env::var("TAMIS_OCR_CHARTS").ok().and_then(|n| n.parse().ok()).unwrap_or(CHARTS);
    let strips = strips(count);
    let pixels: Vec<Pixels> = strips.iter().map(|(_, s)| s.pixels.clone()).collect();
    let found = read(&pixels, 6);
    let (mut all, mut right, mut wrong) = (0, 0, Vec::new());
    for (i, (name, strip)) in strips.iter().enumerate() {
        for (said, rows) in &strip.rows {
            let mut heard: Vec<_> = found.iter().filter(|f| f.picture == i).collect();
            heard.retain(|f| rows.contains(&(f.bbox.center().y as u32)));
            heard.sort_by(|a, b| a.bbox.x0.total_cmp(&b.bbox.x0));
            let heard: String = heard.iter().map(|f| plain(&f.text)).collect();
            all += 1;
            match *said == heard {
                true => right += 1,
                false => wrong.push(format!("{i} {name}: {said:?} was read as {heard:?}")),
            }
        }
    }
    let share = f64::from(right) / f64::from(all);
    println!("{count} charts: {:.2}% of {all} labels right\n{}", share * 100.0, wrong.join("\n"));
    assert!(all > 500, "only {all} labels");
    assert!(share >= 0.97, "{share:.4}");
}
