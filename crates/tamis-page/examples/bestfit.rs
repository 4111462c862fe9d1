//! Mesh-candidate BestFit for `bench/bestfit.py`: layouts with what they were packed from and the CPU time they took, and
//! the scores of many pages.
//!
//! `bestfit race PAGES ROUNDS` writes JSON, `bestfit scores PAGES` a line of text.

use std::error::Error;

use serde_json::{Value, json};
use tamis_core::id::RecordId;
use tamis_core::rng::Rng;
use tamis_draw::kurbo::Rect;
use tamis_page::bestfit::{Parameters, Placed, Pool, Size, candidates, pack, packed};

/// Drawn elements of each rare class; the default of `make.layout`.
const INSTANCES: u32 = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| args.get(at).and_then(|n| n.parse().ok()).ok_or("expected a number of pages or rounds");
    match args.first().map(String::as_str) {
        Some("race") => println!("{}", race(number(1)?, number(2)?)?),
        Some("scores") => println!("{}", scores(number(1)?)?),
        _ => return Err("expected `race PAGES ROUNDS` or `scores PAGES`".into()),
    }
    Ok(())
}

/// What a page is packed from: candidates in their order, the first element and where it stands.
struct Start {
    sizes: Vec<Size>,
    first: usize,
    at: Rect,
}

fn race(pages: usize, rounds: usize) -> Result<Value, Box<dyn Error>> {
    let parameters = Parameters::default();
    let pool = Pool::drawn(&[], INSTANCES, &parameters, 1)?;
    let starts: Vec<Start> = (0..pages).map(|page| start(&pool, &parameters, page)).collect();
    let placed = |start: &Start| packed(&start.sizes, start.first, start.at, &parameters);
    let layouts: Vec<Vec<Placed>> = starts.iter().map(placed).collect();
    let before = on_cpu()?;
    for start in (0..rounds).flat_map(|_| &starts) {
        std::hint::black_box(placed(start));
    }
    let milliseconds = (on_cpu()? - before) * 1000.0 / (rounds * pages).max(1) as f64;
    let corners = |r: Rect| json!([r.x0, r.y0, r.x1, r.y1]);
    let page = |(start, layout): (&Start, &Vec<Placed>)| {
        json!({
            "sizes": start.sizes.iter().map(|s| json!([s.width, s.height])).collect::<Vec<_>>(),
            "first": start.first,
            "at": corners(start.at),
            "placed": layout.iter().map(|p| json!([p.element, corners(p.rect)])).collect::<Vec<_>>(),
        })
    };
    let pages: Vec<Value> = starts.iter().zip(&layouts).map(page).collect();
    Ok(json!({ "milliseconds": milliseconds, "pages": pages }))
}

fn start(pool: &Pool, parameters: &Parameters, page: usize) -> Start {
    let mut rng = stream(page);
    let drawn = candidates(pool.sizes(), parameters, &mut rng);
    let sizes: Vec<Size> = drawn.iter().map(|i| pool.sizes().all()[*i]).collect();
    let first = rng.below(sizes.len());
    let Size { width, height } = sizes[first];
    let (x, y) = (rng.range(0.0, 1.0 - width), rng.range(0.0, 1.0 - height));
    Start { sizes, first, at: Rect::new(x, y, x + width, y + height) }
}

/// Means and deviations over the pages.
fn scores(pages: usize) -> Result<String, Box<dyn Error>> {
    let parameters = Parameters::default();
    let pool = Pool::drawn(&[], INSTANCES, &parameters, 1)?;
    let before = on_cpu()?;
    let pages = (0..pages).map(|page| pack(&pool, &parameters, &mut stream(page)).ok_or("an empty pool"));
    let pages = pages.collect::<Result<Vec<_>, _>>()?;
    let milliseconds = (on_cpu()? - before) * 1000.0 / pages.len().max(1) as f64;
    let of = |what: &str, values: Vec<f64>| {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt();
        format!("{what} {mean:.5} (deviation {deviation:.5})")
    };
    Ok(format!(
        "{} pages: {}, {}, {}; {milliseconds:.2} ms of CPU a page",
        pages.len(),
        of("align", pages.iter().map(|p| p.align).collect()),
        of("density", pages.iter().map(|p| p.density).collect()),
        of("elements", pages.iter().map(|p| p.spec.elements.len() as f64).collect()),
    ))
}

fn stream(page: usize) -> Rng {
    Rng::keyed(11, RecordId::input(&format!("page {page}")), "bestfit", &[])
}

/// Seconds this thread has spent on a CPU: other builds on the machine do not count.
fn on_cpu() -> Result<f64, Box<dyn Error>> {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: f64 = said.split(' ').next().ok_or("an empty schedstat")?.parse()?;
    Ok(nanoseconds / 1e9)
}
