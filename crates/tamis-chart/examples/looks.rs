//! Draws kinds by looks on one sheet: `looks OUT.png --kinds bar,line --looks matplotlib --seeds 1,2 --size 640x480`.

use std::error::Error;

use tamis_chart::data::{self, Options};
use tamis_chart::spec::{Kind, LookSpec};
use tamis_chart::{look, scene};
use tamis_core::id::RecordId;
use tamis_core::rng::Rng;
use tamis_draw::check::{Rules, faults};
use tamis_draw::scene::Pixels;
use tamis_draw::{Color, render};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let list = |name: &str| -> Vec<String> {
        let at = args.iter().position(|a| a == name);
        at.and_then(|i| args.get(i + 1)).map(|v| v.split(',').map(String::from).collect()).unwrap_or_default()
    };
    let out = args.first().ok_or("expected a path to write to")?;
    let kinds: Vec<Kind> =
        Kind::ALL.iter().copied().filter(|k| list("--kinds").iter().any(|n| n == k.name())).collect();
    let mut looks = list("--looks");
    if looks.is_empty() {
        looks = look::names().into_iter().map(String::from).collect();
    }
    let seeds: Vec<u64> = list("--seeds").iter().filter_map(|s| s.parse().ok()).collect();
    let size = list("--size").first().and_then(|s| s.split_once('x').map(|(w, h)| (w.parse(), h.parse())));
    let size = match size {
        Some((Ok(w), Ok(h))) => [w, h],
        _ => [640, 480],
    };
    let count = list("--charts").first().and_then(|s| s.parse().ok()).unwrap_or(1usize);
    let mut pictures = Vec::new();
    for kind in &kinds {
        for name in &looks {
            for seed in &seeds {
                let mut rng = Rng::keyed(*seed, RecordId::input(kind.name()), name, &[]);
                let options =
                    Options { looks: vec![name.clone()], size: Some(size), languages: 0.1, ..Options::default() };
                let mut figure = data::figure(&vec![*kind; count], &options, &mut rng)?;
                figure.look = LookSpec { name: name.clone(), seed: *seed, diversify: figure.look.diversify };
                let drawn = match scene(&figure) {
                    Ok(drawn) => drawn,
                    Err(error) => {
                        println!("{} {name} {seed}: {error}", kind.name());
                        continue;
                    }
                };
                for fault in faults(&drawn.scene, &Rules::default()) {
                    println!("{} {name} {seed}: {fault}", kind.name());
                }
                pictures.push(render::pixels(&drawn.scene).ok_or("no pixels")?);
            }
        }
    }
    let columns = list("--columns").first().and_then(|s| s.parse().ok()).unwrap_or(3);
    std::fs::write(out, render::png(&sheet(&pictures, columns, size))?)?;
    Ok(())
}

fn sheet(pictures: &[Pixels], columns: usize, [w, h]: [u32; 2]) -> Pixels {
    let rows = pictures.len().div_ceil(columns).max(1);
    let gap = 8;
    let width = columns as u32 * (w + gap);
    let mut all = Pixels::filled(width, rows as u32 * (h + gap), Color::rgb(0x808080));
    for (i, picture) in pictures.iter().enumerate() {
        let (x, y) = ((i % columns) as u32 * (w + gap), (i / columns) as u32 * (h + gap));
        for row in 0..h.min(picture.height) {
            let to = ((y + row) * width + x) as usize * 4;
            let from = (row * picture.width) as usize * 4;
            all.rgba[to..to + w as usize * 4].copy_from_slice(&picture.rgba[from..from + w as usize * 4]);
        }
    }
    all
}
