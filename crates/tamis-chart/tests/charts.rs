//! Charts of every framed kind in every look: readable, complete, exact, the same each time.

#![allow(clippy::unwrap_used)]

mod samples;

use std::collections::BTreeSet;

use samples::{FRAMED, chart, figure, names};
use tamis_chart::spec::{Annotation, Chart, Diversify, Figure, Kind, LookSpec, Scale};
use tamis_chart::table::{Cells, Column, Unit};
use tamis_chart::{AxisView, DrawError, Drawn, look, scene};
use tamis_draw::check::{Rules, faults};
use tamis_draw::scene::Element;

const DIVERSIFIED: [Option<Diversify>; 6] = [
    None,
    Some(Diversify::Annotations),
    Some(Diversify::Fonts),
    Some(Diversify::Shading),
    Some(Diversify::Borderless),
    Some(Diversify::Inset),
];

fn drawn(figure: &Figure) -> Drawn {
    scene(figure).unwrap_or_else(|error| panic!("{:?} {:?}: {error}", figure.charts[0].kind, figure.look))
}

/// Every framed kind in every look, each with another seed, diversification and size.
fn each(mut test: impl FnMut(&Figure, &Drawn)) {
    let mut seed = 0;
    for kind in FRAMED {
        for name in look::names() {
            seed += 1;
            let mut figure = figure(chart(*kind, seed), name, seed);
            figure.look.diversify = DIVERSIFIED[seed as usize % DIVERSIFIED.len()];
            figure.size = [[800, 600], [640, 480], [1000, 560], [520, 620]][seed as usize % 4];
            test(&figure, &drawn(&figure));
        }
    }
}

#[test]
fn every_text_can_be_read() {
    each(|figure, drawn| {
        let faults: Vec<String> = faults(&drawn.scene, &Rules::default()).iter().map(ToString::to_string).collect();
        assert!(faults.is_empty(), "{:?} {:?}: {faults:?}", figure.charts[0].kind, figure.look);
    });
}

#[test]
fn ids_are_unique() {
    each(|figure, drawn| {
        let elements = drawn.scene.elements();
        let ids: BTreeSet<&str> = elements.iter().map(|e| e.id.as_str()).collect();
        assert_eq!(ids.len(), elements.len(), "{:?} {:?}", figure.charts[0].kind, figure.look);
    });
}

#[test]
fn every_datum_has_its_mark() {
    each(|figure, drawn| {
        let chart = &figure.charts[0];
        let elements = drawn.scene.elements();
        let ids: BTreeSet<&str> = elements.iter().map(|e| e.id.as_str()).collect();
        for (series, row) in samples::data(chart) {
            let id = format!("chart.0/mark/{series}.{row}");
            assert!(ids.contains(id.as_str()), "{:?} {:?}: no {id}", chart.kind, figure.look);
        }
    });
}

#[test]
fn a_figure_is_drawn_the_same_each_time() {
    each(|figure, drawn| {
        let again = std::thread::scope(|s| s.spawn(|| format!("{:?}", scene(figure))).join()).unwrap();
        assert!(again == format!("Ok({drawn:?})"), "{:?} {:?}", figure.charts[0].kind, figure.look);
    });
}

#[test]
fn looks_of_other_seeds_differ() {
    for name in look::names() {
        let draw = |seed| format!("{:?}", drawn(&figure(chart(Kind::Line, 1), name, seed)).scene);
        let all: BTreeSet<String> = (0..6).map(draw).collect();
        assert!(all.len() >= 5, "{name}");
    }
}

fn bbox<'a>(elements: &'a [Element], id: &str) -> &'a Element {
    elements.iter().find(|e| e.id == id).unwrap_or_else(|| panic!("no {id}"))
}

#[test]
fn bars_are_as_long_as_their_values() {
    for name in look::names().into_iter().filter(|n| *n != "hand") {
        for horizontal in [false, true] {
            let mut chart = chart(Kind::Bar, 5);
            chart.horizontal = horizontal;
            let figure = figure(chart, name, 3);
            let elements = drawn(&figure).scene.elements();
            let table = &figure.charts[0].table;
            let mut scales = Vec::new();
            for (series, column) in table.columns[1..].iter().enumerate() {
                for row in 0..column.len() {
                    let area = bbox(&elements, &format!("chart.0/mark/{series}.{row}")).bbox;
                    let length = if horizontal { area.width() } else { area.height() };
                    scales.push((length, column.number(row).unwrap()));
                }
            }
            // An edge makes each bar longer by its width.
            let (longest, most) = scales.iter().copied().fold((0.0, 0.0), |a, b| if b.1 > a.1 { b } else { a });
            let (shortest, least) =
                scales.iter().copied().fold((f64::MAX, f64::MAX), |a, b| if b.1 < a.1 { b } else { a });
            let unit = (longest - shortest) / (most - least);
            let edge = longest - unit * most;
            assert!((-1e-6..3.0).contains(&edge), "{name}: edges of {edge}");
            for (length, value) in scales {
                assert!((length - edge - unit * value).abs() < 1e-6, "{name}: {length} for {value}");
            }
        }
    }
}

#[test]
fn points_lie_where_the_axis_says() {
    for scale in [Scale::Linear, Scale::Log] {
        let mut chart = chart(Kind::Scatter, 5);
        chart.y.scale = scale;
        let figure = figure(chart, "plotly", 3);
        let drawn = drawn(&figure);
        let elements = drawn.scene.elements();
        let plot = bbox(&elements, "chart.0/plot").bbox;
        let Some(AxisView::Numbers { min, max, log, .. }) = drawn.views[0].y.clone() else { panic!("no value axis") };
        assert_eq!(log, scale == Scale::Log);
        for row in 0..figure.charts[0].table.rows() {
            let value = figure.charts[0].table.columns[1].number(row).unwrap();
            let share = if log { (value / min).ln() / (max / min).ln() } else { (value - min) / (max - min) };
            let at = bbox(&elements, &format!("chart.0/mark/0.{row}")).bbox.center().y;
            assert!((at - (plot.y1 - share * plot.height())).abs() < 0.6, "row {row}: {at}");
        }
    }
}

#[test]
fn written_values_are_those_of_the_table() {
    let mut chart = chart(Kind::Bar, 2);
    chart.value_labels = true;
    let figure = figure(chart, "matplotlib", 1);
    let drawn = drawn(&figure);
    assert!(!drawn.views[0].labels.is_empty());
    let elements = drawn.scene.elements();
    for (series, row) in &drawn.views[0].labels {
        let text = bbox(&elements, &format!("chart.0/label/{series}.{row}")).text.clone().unwrap();
        assert_eq!(text, figure.charts[0].table.columns[series + 1].written(*row));
    }
}

/// Either a picture without faults or a refusal that says what to do; never a panic.
fn picture_or_refusal(figure: &Figure) -> bool {
    match scene(figure) {
        Ok(drawn) => {
            let faults: Vec<String> = faults(&drawn.scene, &Rules::default()).iter().map(ToString::to_string).collect();
            assert!(faults.is_empty(), "{:?} {:?} {:?}: {faults:?}", figure.charts[0].kind, figure.look, figure.size);
            true
        }
        Err(error) => {
            assert!(error.to_string().contains("expected"), "{error}");
            false
        }
    }
}

fn renamed(mut chart: Chart, name: impl Fn(usize) -> String) -> Chart {
    for column in &mut chart.table.columns {
        if let Cells::Text(cells) = &mut column.cells {
            *cells = (0..cells.len()).map(|i| Some(name(i))).collect();
        }
    }
    chart
}

#[test]
fn long_and_foreign_names_stay_on_the_page() {
    let kinds = [Kind::Bar, Kind::Line, Kind::Lollipop, Kind::Gantt, Kind::Pyramid, Kind::Slope, Kind::StackedBar];
    for kind in kinds {
        for (i, name) in look::names().into_iter().enumerate() {
            let long = |i: usize| format!("{i} {}", "a very long name of a category ".repeat(10));
            let solid = |i: usize| format!("{i}{}", "x".repeat(300));
            let arabic = |i: usize| format!("\u{0627}\u{0644}\u{0642}\u{0627}\u{0647}\u{0631}\u{0629} {i}");
            let emoji = |i: usize| format!("\u{1F600} \u{1F680} {i}");
            let all: [&dyn Fn(usize) -> String; 4] = [&long, &solid, &arabic, &emoji];
            for horizontal in [false, true] {
                let mut chart = renamed(chart(kind, 1), all[i % 4]);
                chart.horizontal = horizontal && kind.name() != "line";
                chart.title = all[(i + 1) % 4](1);
                chart.y.title = all[(i + 2) % 4](1);
                assert!(picture_or_refusal(&figure(chart, name, 9)), "{kind:?} {name}");
            }
        }
    }
}

#[test]
fn hundreds_of_categories_are_thinned() {
    for kind in [Kind::Bar, Kind::Line, Kind::Lollipop, Kind::StackedBar, Kind::Gantt, Kind::Dumbbell] {
        for (i, name) in look::names().into_iter().enumerate() {
            for horizontal in [false, true] {
                let mut chart = samples::long(chart(kind, 1), 400, i as u64);
                chart.horizontal = horizontal;
                assert!(picture_or_refusal(&figure(chart, name, 2)), "{kind:?} {name}");
            }
        }
    }
}

#[test]
fn sizes_are_drawn_or_refused() {
    let sized = |size| Figure { size, ..figure(chart(Kind::Bar, 1), "matplotlib", 1) };
    for size in [[1, 1], [20_000, 20_000], [0, 600], [63, 2000]] {
        assert!(matches!(scene(&sized(size)), Err(DrawError::Size { .. })), "{size:?}");
    }
    for size in [[64, 64], [120, 90], [200, 150], [320, 240], [4000, 200], [200, 4000], [8000, 6000]] {
        let drawn = picture_or_refusal(&sized(size));
        assert!(drawn || size[0].min(size[1]) < 150, "{size:?}");
    }
}

#[test]
fn odd_values_have_axes() {
    let cases: [&[f64]; 7] = [
        &[0.0, 0.0, 0.0],
        &[5.0, 5.0, 5.0],
        &[-3.0, -2.0, -1.0],
        &[1e-9, 2e-9, 3e-9],
        &[1e14, 2e14, 3e14],
        &[-1e6, 0.0, 1e6],
        &[0.1, 1000.0, 0.2],
    ];
    for kind in [Kind::Bar, Kind::Line, Kind::Area, Kind::Step, Kind::Lollipop, Kind::Waterfall] {
        for (i, values) in cases.iter().enumerate() {
            for name in look::names() {
                let mut chart = chart(kind, 1);
                let unit = Unit { decimals: 9, ..Unit::default() };
                chart.table.columns.truncate(1);
                chart.table.columns[0] = Column::text("Name", names(3));
                chart.table.columns.push(Column::numbers("Values", unit, values.iter().copied()));
                chart.encodings.truncate(1);
                chart.encodings[0].column = "Name".into();
                chart.encodings.push(samples::encode(tamis_chart::spec::Channel::Y, "Values"));
                let mut figure = figure(chart, name, i as u64);
                figure.size = [700, 500];
                picture_or_refusal(&figure);
            }
        }
    }
}

#[test]
fn missing_values_are_gaps() {
    let mut chart = chart(Kind::Line, 1);
    if let Cells::Number(cells) = &mut chart.table.columns[1].cells {
        cells[1] = None;
        cells[3] = None;
    }
    let figure = figure(chart, "matplotlib", 1);
    let elements = drawn(&figure).scene.elements();
    let has = |row: usize| elements.iter().any(|e| e.id == format!("chart.0/mark/0.{row}"));
    assert!(has(0) && !has(1) && has(2) && !has(3) && has(4));
}

#[test]
fn annotations_are_drawn_over_the_data() {
    for name in look::names() {
        let mut chart = chart(Kind::Bar, 4);
        let series = chart.table.columns[1].name.clone();
        let value = chart.table.columns[1].number(0).unwrap() * 0.8;
        chart.annotations = vec![
            Annotation::Threshold { value, label: "Target".into() },
            Annotation::Band { from: value * 0.2, to: value * 0.4, label: "Usual range".into() },
            Annotation::Callout { series: series.clone(), row: 2, label: "Strike in spring".into() },
            Annotation::Highlight { series, row: 1 },
        ];
        let figure = figure(chart, name, 4);
        let drawn = drawn(&figure);
        assert!(
            faults(&drawn.scene, &Rules::default()).is_empty(),
            "{name}: {:?}",
            faults(&drawn.scene, &Rules::default())
        );
        assert_eq!(drawn.views[0].annotations.len(), 4);
        assert!(drawn.scene.find("chart.0/annotation/0").is_some(), "{name}");
    }
}

#[test]
fn charts_of_a_grid_keep_apart() {
    let mut all = figure(chart(Kind::Bar, 1), "seaborn", 1);
    all.charts = [Kind::Bar, Kind::Line, Kind::Scatter, Kind::Area].map(|k| chart(k, 2)).to_vec();
    (all.grid, all.size, all.title) = ([2, 2], [1000, 800], Some("Four views".into()));
    assert!(picture_or_refusal(&all));
    let elements = drawn(&all).scene.elements();
    let boxes: Vec<_> = (0..4).map(|k| bbox(&elements, &format!("chart.{k}")).bbox).collect();
    for a in 0..4 {
        for b in a + 1..4 {
            assert!(!boxes[a].overlaps(boxes[b]), "{a} {b}");
        }
    }
    assert!(elements.iter().any(|e| e.id == "figure/title"));
}

#[test]
fn an_unknown_look_is_refused_by_name() {
    let look = LookSpec { name: "fortran".into(), seed: 1, diversify: None };
    let error = scene(&Figure { look, ..figure(chart(Kind::Bar, 1), "vega", 1) }).unwrap_err().to_string();
    assert!(error.contains("fortran") && error.contains("matplotlib"), "{error}");
}
