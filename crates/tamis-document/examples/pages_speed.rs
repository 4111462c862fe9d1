//! CPU time of pages of scientific papers and reports: A4 at 144 dpi, with tables, formulas and the box of every word.
//! `cargo run --release -p tamis-document --example pages_speed -- [DOCUMENTS]`.

use std::error::Error;

use rustix::time::{ClockId, clock_gettime};
use tamis_core::id::RecordId;
use tamis_core::rng::Rng;
use tamis_document::spec::{DocumentSpec, Hole, HoleKind, Language};
use tamis_document::{Drawing, Kind, Options, lay_out, sample};
use tamis_draw::check::{Rules, faults};
use tamis_draw::render;
use tamis_page::formula::{FormulaSpec, Level, sample as sample_formula, typeset};

fn main() -> Result<(), Box<dyn Error>> {
    let documents: u32 = std::env::args().nth(1).map_or(Ok(60), |n| n.parse())?;
    let (mut pages, mut words, mut bytes, mut spent) = (0, 0, 0, [0.0; 4]);
    // The first documents warm up fonts and layouts, and are not counted.
    for number in 0..documents + 4 {
        let spec = spec(number);
        let start = cpu();
        let document = lay_out(&spec, &mut |hole: &Hole, scale: f64| draw(&spec, hole, scale))?;
        let laid = cpu();
        if number >= 4 {
            spent[0] += laid - start;
        }
        for page in document.pages {
            let start = cpu();
            let found = faults(&page.scene, &Rules::default()).len() + page.scene.elements().len();
            let checked = cpu();
            let pixels = render::pixels(&page.scene).ok_or("the page is too large")?;
            let painted = cpu();
            let file = render::png(&pixels)?;
            if number >= 4 && found > 0 {
                let times = [checked - start, painted - checked, cpu() - painted];
                spent[1..].iter_mut().zip(times).for_each(|(sum, time)| *sum += time);
                (pages, words, bytes) = (pages + 1, words + page.truth.words.len(), bytes + file.len());
            }
        }
    }
    let n = f64::from(pages);
    let [laid, checked, painted, written] = spent.map(|sum| sum / n);
    let total = laid + checked + painted + written;
    println!("{pages} pages, {:.0} words and {:.0} bytes each", words as f64 / n, bytes as f64 / n);
    println!("layout {laid:.1} ms, checks {checked:.1} ms, pixels {painted:.1} ms, PNG {written:.1} ms");
    println!("{:.1} pages a CPU second", 1000.0 / total);
    Ok(())
}

fn spec(number: u32) -> DocumentSpec {
    let kind = [Kind::Paper, Kind::Report, Kind::TwoColumnPaper][number as usize % 3];
    let mut rng = Rng::keyed(u64::from(number), RecordId::input("speed"), "document", &[]);
    let options = Options { language: Some(Language::En), formulas: true, ..Options::default() };
    sample(kind, &options, &mut rng)
}

fn draw(spec: &DocumentSpec, hole: &Hole, pixels_per_mm: f64) -> Option<Drawing> {
    let HoleKind::Formula { size, color, inline } = &hole.kind else { return None };
    let mut rng = Rng::keyed(spec.seed, RecordId::input(&hole.id), "formula", &[]);
    let size = size / 72.0 * 25.4 * pixels_per_mm;
    (0..12).find_map(|_| {
        let formula = sample_formula(Some(Level::School), &mut rng);
        let formula = FormulaSpec { size, ink: *color, ..FormulaSpec::new(formula.latex) };
        let set = typeset(&formula, "formula").ok()?;
        let fits = set.width <= hole.width * pixels_per_mm && set.height <= hole.height * pixels_per_mm;
        let sign = if *inline { "$" } else { "$$" };
        let markdown = Some(format!("{sign}{}{sign}", formula.latex));
        let (baseline, width, height) = (Some(set.baseline), set.width, set.height);
        fits.then_some(Drawing { node: set.node, width, height, baseline, markdown })
    })
}

/// CPU time of this thread in milliseconds: what others do on the machine does not count.
fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}
