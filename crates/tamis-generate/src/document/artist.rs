//! Charts, tables and formulas of ours in the holes of a document.

use tamis_chart::data;
use tamis_chart::look;
use tamis_core::id::RecordId;
use tamis_core::rng::Rng;
use tamis_document::Drawing;
use tamis_document::spec::{DocumentSpec, Hole, HoleKind};
use tamis_draw::kurbo::{Affine, Rect};
use tamis_draw::scene::{Node, Scene};
use tamis_page::formula::{FormulaSpec, Level, sample, typeset};
use tamis_page::table::{Room, draw_table, markdown_flat, sample_table};

use tamis_chart::spec::Kind;

/// Kinds of charts that stand well in a column of text.
const PLAIN: [Kind; 10] = [
    Kind::Bar,
    Kind::Line,
    Kind::Pie,
    Kind::Area,
    Kind::Scatter,
    Kind::StackedBar,
    Kind::Box,
    Kind::Histogram,
    Kind::Donut,
    Kind::Lollipop,
];

/// Draws what a hole wants. What is drawn follows from the document's seed and the hole's id, so a document that is laid
/// out again looks the same.
pub(super) fn draw(spec: &DocumentSpec, hole: &Hole, pixels_per_mm: f64) -> Option<Drawing> {
    let mut rng = Rng::keyed(spec.seed, RecordId::input(&hole.id), "artist", &[]);
    let (width, height) = (hole.width * pixels_per_mm, hole.height * pixels_per_mm);
    match &hole.kind {
        HoleKind::Chart { .. } => chart(width, height, &mut rng),
        HoleKind::Table { .. } => table(spec.language.code(), width, height, &mut rng),
        HoleKind::Formula { size, color, inline } => {
            // A point is 1/72 inch, an inch 25.4 mm.
            let size = size / 72.0 * 25.4 * pixels_per_mm;
            (0..TRIES).find_map(|_| formula(size, *color, *inline, (width, height), &mut rng))
        }
        _ => None,
    }
}

/// How often something else is drawn when the first does not fit.
const TRIES: usize = 12;

fn chart(width: f64, height: f64, rng: &mut Rng) -> Option<Drawing> {
    let looks = look::names().iter().map(|name| name.to_string()).collect();
    let size = Some([width.floor().max(1.0) as u32, height.floor().max(1.0) as u32]);
    let options = data::Options { looks, size, languages: 0.0, diversified: 0.0, ..data::Options::default() };
    (0..TRIES).find_map(|_| {
        let kind = *rng.pick(&PLAIN)?;
        let figure = data::figure(&[kind], &options, rng).ok()?;
        let drawn = tamis_chart::scene(&figure).ok()?;
        let fit = tamis_draw::check::faults(&drawn.scene, &tamis_draw::check::Rules::default()).is_empty();
        fit.then(|| whole(drawn.scene, None))
    })
}

fn table(language: &str, width: f64, height: f64, rng: &mut Rng) -> Option<Drawing> {
    (0..TRIES).find_map(|_| {
        let table = sample_table(None, Some(language), rng).or_else(|| sample_table(None, Some("en"), rng))?;
        let drawn = draw_table(&table, &Room { width, margin: 0.0, scale: 1.0 }).ok()?;
        let fits = f64::from(drawn.scene.width) <= width && f64::from(drawn.scene.height) <= height;
        fits.then(|| whole(drawn.scene, Some(markdown_flat(&table))))
    })
}

fn formula(size: f64, color: tamis_draw::Color, inline: bool, room: (f64, f64), rng: &mut Rng) -> Option<Drawing> {
    let level = if inline { Level::School } else { *rng.pick(&[Level::School, Level::University, Level::Life])? };
    let sampled = sample(Some(level), rng);
    let spec = FormulaSpec { size, ink: color, ..FormulaSpec::new(sampled.latex) };
    let set = typeset(&spec, "formula").ok()?;
    if set.width > room.0 || set.height > room.1 {
        return None;
    }
    let markdown = if inline { format!("${}$", spec.latex) } else { format!("$${}$$", spec.latex) };
    Some(Drawing {
        node: set.node,
        width: set.width,
        height: set.height,
        baseline: Some(set.baseline),
        markdown: Some(markdown),
    })
}

/// A scene of its own as one node, its ground included.
fn whole(scene: Scene, markdown: Option<String>) -> Drawing {
    let (width, height) = (f64::from(scene.width), f64::from(scene.height));
    let ground = Node::fill("ground", "background", Rect::new(0.0, 0.0, width, height), scene.background);
    let nodes = std::iter::once(ground).chain(scene.nodes).collect();
    let node = Node::group("drawing", "drawing", nodes).transformed(Affine::IDENTITY);
    Drawing { node, width, height, baseline: None, markdown }
}
