//! CPU time of a two-series bar or line chart with legend and grid at 800 x 600: layout, pixels, PNG.
//!
//! A look differs from seed to seed. Only charts with gridlines and without markers and dashes count, as the one of the peer
//! is, if the look has such ones.
//!
//! `speed LOOK` measures the charts of one look alone.

use std::error::Error;

use rustix::time::{ClockId, clock_gettime};
use tamis_chart::scene;
use tamis_chart::spec::{Axis, Channel, Chart, Encoding, Figure, Kind, LookSpec, Scenario};
use tamis_chart::table::{Column, Table, Unit};
use tamis_draw::render;
use tamis_draw::scene::{Content, Node, Outline};

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 400;

fn main() -> Result<(), Box<dyn Error>> {
    let wanted = std::env::args().nth(1);
    let all = [(Kind::Bar, "matplotlib"), (Kind::Line, "matplotlib"), (Kind::Line, "ggplot2"), (Kind::Bar, "hand")];
    for (kind, look) in all.into_iter().filter(|(_, look)| wanted.as_deref().is_none_or(|wanted| wanted == *look)) {
        let mut spent = [0.0f64; 3];
        // All are laid out before any is measured: fonts are read by then.
        let all = || (0..).map(|seed| figure(kind, look, seed));
        let mut figures: Vec<Figure> = all().take(10 * ROUNDS).filter(is_as_the_peer_draws).take(ROUNDS).collect();
        if figures.is_empty() {
            figures.extend(all().take(ROUNDS));
        }
        for figure in &figures {
            let start = cpu();
            let drawn = scene(figure)?;
            let laid = cpu();
            let pixels = render::pixels(&drawn.scene).ok_or("no pixels")?;
            let painted = cpu();
            let png = render::png(&pixels)?;
            let done = cpu();
            assert!(!png.is_empty());
            for (sum, time) in spent.iter_mut().zip([laid - start, painted - laid, done - painted]) {
                *sum += time / figures.len() as f64;
            }
        }
        println!(
            "{} {look}, {} charts: layout {:.2} ms, pixels {:.2} ms, PNG {:.2} ms",
            kind.name(),
            figures.len(),
            spent[0],
            spent[1],
            spent[2]
        );
    }
    Ok(())
}

/// Whether a chart has gridlines, no markers, and nothing dashed.
fn is_as_the_peer_draws(figure: &Figure) -> bool {
    scene(figure).is_ok_and(|drawn| {
        let nodes = &drawn.scene.nodes;
        any(nodes, &|node| node.role == "gridline") && !any(nodes, &|node| is_marker(node) || is_dashed(node))
    })
}

fn any(nodes: &[Node], is: &dyn Fn(&Node) -> bool) -> bool {
    nodes.iter().any(|node| match &node.content {
        Content::Group(group) => is(node) || any(&group.children, is),
        _ => is(node),
    })
}

/// A point that shows; where there are no markers, a disc as wide as the line stands at each.
fn is_marker(node: &Node) -> bool {
    let Content::Shape(shape) = &node.content else { return node.role == "point" };
    node.role == "point" && !matches!(&shape.outline, Outline::Circle(disc) if disc.radius < 2.0)
}

fn is_dashed(node: &Node) -> bool {
    let Content::Shape(shape) = &node.content else { return false };
    shape.stroke.as_ref().is_some_and(|stroke| !stroke.dashes.is_empty())
}

/// CPU time of this thread in milliseconds: what others do on the machine does not count.
fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

fn figure(kind: Kind, look: &str, seed: u64) -> Figure {
    let names = ["Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta", "Eta", "Theta"];
    let values = |k: u64| (0..8u64).map(move |i| ((i * 37 + seed * 11 + k * 53) % 97) as f64 + 3.0);
    let columns = vec![
        Column::text("Region", names),
        Column::numbers("North", Unit::count(), values(1)),
        Column::numbers("South", Unit::count(), values(2)),
    ];
    let encode = |channel, column: &str| Encoding { channel, column: column.into() };
    let chart = Chart {
        kind,
        title: "Sales by region and quarter".into(),
        subtitle: String::new(),
        note: String::new(),
        table: Table { columns },
        encodings: vec![encode(Channel::X, "Region"), encode(Channel::Y, "North"), encode(Channel::Y, "South")],
        x: Axis { title: "Region".into(), ..Axis::default() },
        y: Axis { title: "Revenue (million USD)".into(), ..Axis::default() },
        y2: None,
        annotations: Vec::new(),
        legend: true,
        value_labels: false,
        horizontal: false,
    };
    Figure {
        size: [800, 600],
        grid: [1, 1],
        charts: vec![chart],
        title: None,
        look: LookSpec { name: look.into(), seed, diversify: None },
        scenario: Scenario::default(),
    }
}
