//! Draws a page of text and degrades it by every preset, with the boxes of its words moved along:
//! `cargo run -p tamis-draw --example degrade -- FOLDER [PRESET or STEP as JSON] [SAMPLES]`.

use std::path::Path;
use std::time::Instant;

use tamis_draw::degrade::{self, Preset, Step};
use tamis_draw::kurbo::{Line, Point, Rect};
use tamis_draw::scene::{Node, Pixels, Scene, Stroke};
use tamis_draw::text::{Anchor, Font, Style, line, paragraph};
use tamis_draw::{Color, render};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().ok_or("expected a folder for the pictures")?;
    let wanted = args.next().unwrap_or_default();
    let samples: u64 = args.next().map_or(Ok(2), |n| n.parse())?;
    std::fs::create_dir_all(&folder)?;
    let (page, words) = page();
    let clean = render::pixels(&page).ok_or("the page is empty")?;
    let presets = Preset::ALL.map(|p| (format!("{p:?}").to_lowercase(), Step::Preset(p)));
    let chosen = match serde_json::from_str::<Step>(&wanted) {
        Ok(step) => vec![("step".to_owned(), step)],
        Err(_) => presets.into_iter().filter(|(name, _)| wanted.is_empty() || *name == wanted).collect(),
    };
    for (name, step) in chosen {
        for sample in 0..samples {
            let mut state = sample.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x5eed;
            let start = Instant::now();
            let degraded = degrade::apply(clean.clone(), std::slice::from_ref(&step), &mut || next(&mut state))?;
            println!("{name} {sample}: {:?}", start.elapsed());
            let boxes = degraded.pixels.clone();
            write(&degraded.pixels, &format!("{folder}/{name}-{sample}.png"))?;
            let outlines: Vec<_> = words.iter().map(|w| degraded.motion.rect(*w).polygon).collect();
            write(&outlined(boxes, &outlines)?, &format!("{folder}/{name}-{sample}-boxes.png"))?;
        }
    }
    Ok(())
}

/// SplitMix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn write(pixels: &Pixels, path: &str) -> Result<(), Box<dyn std::error::Error>> {
    Ok(std::fs::write(Path::new(path), render::png(pixels)?)?)
}

/// An A4 page at 144 dpi with a title, paragraphs and bars, and the boxes of its words.
fn page() -> (Scene, Vec<Rect>) {
    let mut scene = Scene::new(1190, 1684, Color::WHITE);
    let mut words = Vec::new();
    let style = |size: f64| Style::new(Font::new("Open Sans"), size, Color::rgb(0x1a1a1a));
    let mut put = |scene: &mut Scene, id: String, run: tamis_draw::text::TextRun| {
        words.extend(run.words().iter().map(|w| Rect::from_points(w.corners[0], w.corners[2])));
        scene.push(Node::text(id, "line", run));
    };
    let title =
        line("Quarterly report on water quality", &Style { font: Font::new("Open Sans").bold(), ..style(44.0) });
    put(&mut scene, "title".to_owned(), title.at((130.0, 190.0), Anchor::START));
    let text = "Samples were taken at 14 stations between April and June. Nitrate stayed below 25 mg/l at all \
                stations but two; phosphate rose after the floods of early May and fell again within three weeks. \
                The table of the annex lists the means, and the figure shows how they changed over the quarter.";
    let mut y = 260.0;
    for block in 0..4 {
        for (i, l) in paragraph(text, &style(22.0), 930.0).into_iter().enumerate() {
            put(&mut scene, format!("{block}.{i}"), l.at((130.0, y), Anchor::START));
            y += 33.0;
        }
        y += 22.0;
    }
    for (i, (height, color)) in
        [(180.0, 0x1f77b4), (260.0, 0xff7f0e), (120.0, 0x2ca02c), (220.0, 0xd62728)].iter().enumerate()
    {
        let x = 200.0 + 220.0 * i as f64;
        scene.push(Node::fill(
            format!("bar{i}"),
            "bar",
            Rect::new(x, 1450.0 - height, x + 140.0, 1450.0),
            Color::rgb(*color),
        ));
        let label = line(&format!("Station {}", i + 1), &style(20.0));
        put(&mut scene, format!("label{i}"), label.at((x + 70.0, 1462.0), Anchor::TOP));
    }
    let axis = Line::new(Point::new(150.0, 1450.0), Point::new(1060.0, 1450.0));
    scene.push(Node::stroke("axis", "axis", axis, Stroke::new(Color::rgb(0x333333), 2.0)));
    (scene, words)
}

/// The picture with outlines over it.
fn outlined(pixels: Pixels, outlines: &[Vec<Point>]) -> Result<Pixels, Box<dyn std::error::Error>> {
    let (width, height) = (pixels.width, pixels.height);
    let mut scene = Scene::new(width, height, Color::WHITE);
    let whole = Rect::new(0.0, 0.0, width.into(), height.into());
    scene.push(Node::image("picture", "picture", whole, pixels.into()));
    for (i, outline) in outlines.iter().enumerate().filter(|(_, o)| o.len() > 2) {
        let outline = tamis_draw::scene::Outline::polygon(outline);
        scene.push(Node::stroke(i.to_string(), "box", outline, Stroke::new(Color::rgb(0xff00cc), 1.0)));
    }
    Ok(render::pixels(&scene).ok_or("the picture is empty")?)
}
