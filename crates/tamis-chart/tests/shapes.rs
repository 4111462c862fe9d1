//! Charts without axes, of distributions and of fields: readable, complete, in proportion, and refusals of odd data.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use tamis_chart::data::{self, Options};
use tamis_chart::spec::{Channel, Chart, Encoding, Figure, Kind, LookSpec};
use tamis_chart::stats::{BoxSummary, derived, shares};
use tamis_chart::table::{Cells, Column, Table, Unit};
use tamis_chart::{Drawn, look, scene};
use tamis_core::id::RecordId;
use tamis_core::rng::Rng;
use tamis_draw::check::{Rules, faults};
use tamis_draw::kurbo::Shape as _;
use tamis_draw::scene::Content;

const KINDS: &[Kind] = &[
    Kind::Pie,
    Kind::Donut,
    Kind::PieBar,
    Kind::Rose,
    Kind::Radar,
    Kind::Gauge,
    Kind::Treemap,
    Kind::Sunburst,
    Kind::Funnel,
    Kind::Waffle,
    Kind::Sankey,
    Kind::Node,
    Kind::Parallel,
    Kind::Heatmap,
    Kind::TileMap,
    Kind::Surface3d,
    Kind::Histogram,
    Kind::Density,
    Kind::HistogramDensity,
    Kind::Box,
    Kind::Violin,
    Kind::BoxViolin,
    Kind::ScatterHistogram,
    Kind::ScatterDensity,
    Kind::HexHistogram,
    Kind::Contour,
    Kind::Quiver,
];

fn made(kind: Kind, look: &str, seed: u64) -> Figure {
    let mut rng = Rng::keyed(seed, RecordId::input(kind.name()), look, &[]);
    let size = [[800, 600], [640, 480], [1000, 560], [520, 620]][seed as usize % 4];
    let options = Options { looks: vec![look.into()], size: Some(size), ..Options::default() };
    let mut figure = data::figure(&[kind], &options, &mut rng).unwrap();
    figure.look = LookSpec { name: look.into(), seed, diversify: None };
    figure
}

fn each(mut test: impl FnMut(&Figure, &Drawn)) {
    let mut seed = 100;
    for kind in KINDS {
        for name in look::names() {
            seed += 1;
            let figure = made(*kind, name, seed);
            let drawn = scene(&figure).unwrap_or_else(|e| panic!("{kind:?} {name} {seed}: {e}"));
            test(&figure, &drawn);
        }
    }
}

#[test]
fn every_text_can_be_read() {
    let mut found = Vec::new();
    each(|figure, drawn| {
        let faults = faults(&drawn.scene, &Rules::default());
        found.extend(faults.iter().map(|f| format!("{:?} {:?}: {f}", figure.charts[0].kind, figure.look)));
    });
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn ids_are_unique() {
    each(|figure, drawn| {
        let elements = drawn.scene.elements();
        let ids: BTreeSet<&str> = elements.iter().map(|e| e.id.as_str()).collect();
        assert_eq!(ids.len(), elements.len(), "{:?} {:?}", figure.charts[0].kind, figure.look);
    });
}

/// Area of a mark's outline, from the scene.
fn area(drawn: &Drawn, id: &str) -> f64 {
    match &drawn.scene.find(id).unwrap_or_else(|| panic!("no {id}")).content {
        Content::Shape(shape) => shape.outline.path().area().abs(),
        Content::Group(group) => group.children.len() as f64,
        _ => panic!("{id} is no area"),
    }
}

fn names(count: usize) -> Column {
    Column::text("Name", (0..count).map(|i| format!("Place {i}")))
}

fn figure(kind: Kind, columns: Vec<(Channel, Column)>, look: &str) -> Figure {
    let mut figure = made(Kind::Pie, look, 4);
    let encodings = columns.iter().map(|(channel, c)| Encoding { channel: *channel, column: c.name.clone() }).collect();
    let table = Table { columns: columns.into_iter().map(|c| c.1).collect() };
    figure.charts[0] = Chart {
        kind,
        table,
        encodings,
        horizontal: false,
        x: Default::default(),
        y: Default::default(),
        ..figure.charts[0].clone()
    };
    figure
}

fn one(kind: Kind, values: &[f64]) -> Figure {
    figure(
        kind,
        vec![(Channel::X, names(values.len())), (Channel::Y, Column::numbers("Value", Unit::count(), values.to_vec()))],
        "matplotlib",
    )
}

#[test]
fn areas_are_in_proportion_to_values() {
    let values = [37.0, 30.0, 18.0, 9.0, 6.0];
    for kind in [Kind::Pie, Kind::Donut, Kind::Waffle] {
        let drawn = scene(&one(kind, &values)).unwrap();
        let areas: Vec<f64> = (0..5).map(|row| area(&drawn, &format!("chart.0/mark/0.{row}"))).collect();
        for (area, value) in shares(&areas).iter().zip(values) {
            assert!((area - value).abs() < 0.05, "{kind:?}: {area} for {value}");
        }
    }
}

#[test]
fn radii_of_a_rose_are_in_proportion_to_values() {
    let values = [40.0, 10.0, 25.0, 31.0];
    let drawn = scene(&one(Kind::Rose, &values)).unwrap();
    // All sectors have one angle: areas go with the square of the radius.
    let radii: Vec<f64> = (0..4).map(|row| area(&drawn, &format!("chart.0/mark/0.{row}")).sqrt()).collect();
    for (radius, value) in radii.iter().zip(values) {
        assert!((radius / radii[0] - value / values[0]).abs() < 1e-3, "{radius} for {value}");
    }
}

#[test]
fn bars_of_a_histogram_are_as_high_as_their_counts() {
    let figure = made(Kind::Histogram, "matplotlib", 9);
    let drawn = scene(&figure).unwrap();
    let table = derived(&figure.charts[0]).unwrap();
    let mut unit = None;
    for bin in 0..table.rows() {
        let count = table.columns[2].number(bin).unwrap();
        if count > 0.0 {
            let each = area(&drawn, &format!("chart.0/mark/0.{bin}")) / count;
            let first = *unit.get_or_insert(each);
            assert!((each / first - 1.0).abs() < 1e-6, "bin {bin}");
        }
    }
    let all: f64 = (0..table.rows()).filter_map(|b| table.columns[2].number(b)).sum();
    let first = figure.charts[0].table.column(&table.columns[2].name).unwrap();
    assert_eq!(all, (0..first.len()).filter(|r| first.number(*r).is_some()).count() as f64);
}

#[test]
fn a_box_is_as_long_as_its_quartiles_are_apart() {
    let groups = [
        vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 40.0],
        vec![10.0, 12.0, 14.0, 20.0, 22.0, 30.0, 31.0, 33.0, 35.0],
    ];
    let columns =
        groups.iter().zip(["a", "b"]).map(|(g, n)| (Channel::Y, Column::numbers(n, Unit::count(), g.clone())));
    let drawn = scene(&figure(Kind::Box, columns.collect(), "matplotlib")).unwrap();
    let [a, b] = [0, 1].map(|s| area(&drawn, &format!("chart.0/mark/{s}.0/box")));
    let [x, y] = [0, 1].map(|s: usize| {
        let summary = BoxSummary::of(&groups[s].iter().copied().map(Some).collect::<Vec<_>>()).unwrap();
        summary.q3 - summary.q1
    });
    assert!((a / b - x / y).abs() < 1e-6, "{a} {b} for {x} {y}");
}

#[test]
fn every_row_with_a_value_has_its_mark() {
    each(|figure, drawn| {
        let chart = &figure.charts[0];
        let ids: BTreeSet<String> = drawn.scene.elements().into_iter().map(|e| e.id).collect();
        let (channel, series) = match chart.kind {
            Kind::Pie
            | Kind::Donut
            | Kind::Rose
            | Kind::Radar
            | Kind::Funnel
            | Kind::Waffle
            | Kind::Parallel
            | Kind::Heatmap
            | Kind::ScatterHistogram
            | Kind::ScatterDensity
            | Kind::Quiver => (Channel::Y, chart.columns(Channel::Y).count()),
            Kind::Treemap | Kind::Sunburst | Kind::Sankey | Kind::Node | Kind::TileMap => (Channel::Value, 1),
            _ => return,
        };
        for (s, name) in chart.columns(channel).enumerate().take(series) {
            let column = chart.table.column(name).unwrap();
            for row in (0..column.len()).filter(|r| column.number(*r).is_some_and(|v| v != 0.0)) {
                let id = format!("chart.0/mark/{s}.{row}");
                assert!(ids.contains(&id), "{:?} {:?}: no {id}", chart.kind, figure.look);
            }
        }
    });
}

#[test]
fn odd_data_give_a_readable_chart_or_a_refusal() {
    let odd_names = [
        "\u{645}\u{631}\u{62d}\u{628}\u{627} \u{628}\u{627}\u{644}\u{639}\u{627}\u{644}\u{645}",
        &"long ".repeat(60),
        "\u{1F680}",
        "x",
        "a\u{301}e",
    ];
    let kinds = [Kind::Pie, Kind::Donut, Kind::Rose, Kind::Radar, Kind::Funnel, Kind::Heatmap];
    let columns: [Vec<f64>; 6] = [
        vec![5.0],
        vec![0.0; 4],
        vec![7.0; 5],
        vec![9.0, 0.0, 0.0, 0.0],
        (0..400).map(|i| f64::from(800 - i)).collect(),
        vec![4.0, -1.0, -3.0],
    ];
    let mut found = Vec::new();
    for kind in kinds {
        for values in &columns {
            for strange in [false, true] {
                let mut figure = one(kind, values);
                if let (true, Cells::Text(cells)) = (strange, &mut figure.charts[0].table.columns[0].cells) {
                    cells.iter_mut().zip(odd_names).for_each(|(c, n)| *c = Some(n.into()));
                }
                let Ok(drawn) = scene(&figure) else { continue };
                let faults = faults(&drawn.scene, &Rules::default());
                let faults = faults.iter().filter(|f| f.kind.name() != "missing glyph");
                found.extend(faults.map(|f| format!("{kind:?} {} rows, strange: {strange}: {f}", values.len())));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn small_pictures_are_refused_or_readable() {
    let mut found = Vec::new();
    for kind in KINDS {
        for size in [[1, 1], [60, 40], [160, 120], [300, 200]] {
            let figure = Figure { size, ..made(*kind, "matplotlib", 3) };
            if let Ok(drawn) = scene(&figure) {
                let faults = faults(&drawn.scene, &Rules::default());
                found.extend(faults.iter().map(|f| format!("{kind:?} {size:?}: {f}")));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}
