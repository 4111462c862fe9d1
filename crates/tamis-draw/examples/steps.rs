//! CPU time of each degradation of an A4 page at 144 dpi, and of each preset:
//! `cargo run --release -p tamis-draw --example steps -- [SAMPLES] [NAME]`.

use rustix::time::{ClockId, clock_gettime};
use tamis_draw::degrade::{self, Preset, Step};
use tamis_draw::kurbo::Rect;
use tamis_draw::scene::{Node, Pixels, Scene};
use tamis_draw::text::{Anchor, Font, Style, line};
use tamis_draw::{Color, render};

const STEPS: [&str; 25] = [
    "skew",
    "perspective",
    "elastic",
    "curl",
    "strokes",
    "bleed",
    "bitmap",
    "show_through",
    "pen",
    "paper",
    "stains",
    "folds",
    "tone",
    "light",
    "shadow",
    "blur",
    "motion_blur",
    "noise",
    "salt",
    "moire",
    "scanner",
    "screen",
    "photo",
    "resample",
    "jpeg",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let samples: u64 = args.next().map_or(Ok(8), |n| n.parse())?;
    let wanted = args.next();
    let clean = page()?;
    let steps = STEPS.iter().map(|name| Ok((name.to_string(), serde_json::from_str(&format!("{{\"{name}\":{{}}}}"))?)));
    let presets = Preset::ALL.map(|p| Ok((format!("preset {p:?}").to_lowercase(), Step::Preset(p))));
    let all = steps.chain(presets).collect::<Result<Vec<(String, Step)>, serde_json::Error>>()?;
    println!("{:<20} {:>8} {:>8} {:>10} {:>8}", "step", "mean ms", "most ms", "PNG bytes", "PNG ms");
    for (name, step) in all.iter().filter(|(name, _)| wanted.as_ref().is_none_or(|w| name.contains(w))) {
        let (mut sum, mut most, mut bytes, mut png) = (0.0, 0.0f64, 0, 0.0);
        for sample in 0..samples {
            let mut state = sample.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x5eed;
            let picture = clean.clone();
            let start = cpu();
            let degraded = degrade::apply(picture, std::slice::from_ref(step), &mut || next(&mut state))?;
            let done = cpu();
            bytes += render::png(&degraded.pixels)?.len();
            (sum, most, png) = (sum + done - start, most.max(done - start), png + cpu() - done);
        }
        let n = samples as f64;
        println!("{name:<20} {:>8.1} {most:>8.1} {:>10.0} {:>8.1}", sum / n, bytes as f64 / n, png / n);
    }
    Ok(())
}

/// CPU time of this thread in milliseconds: what others do on the machine does not count.
fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

/// SplitMix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// An A4 page at 144 dpi, full of text, with a coloured bar.
fn page() -> Result<Pixels, Box<dyn std::error::Error>> {
    let mut scene = Scene::new(1190, 1684, Color::WHITE);
    let style = Style::new(Font::new("Open Sans"), 20.0, Color::rgb(0x1a1a1a));
    let text = "Nitrate stayed below 25 mg/l at all stations but two; phosphate rose after the floods of early May.";
    for row in 0..45 {
        let run = line(text, &style).at((110.0, 120.0 + 32.0 * f64::from(row)), Anchor::START);
        scene.push(Node::text(format!("line.{row}"), "line", run));
    }
    scene.push(Node::fill("bar", "bar", Rect::new(110.0, 1570.0, 700.0, 1620.0), Color::rgb(0x1f77b4)));
    Ok(render::pixels(&scene).ok_or("the page is too large")?)
}
