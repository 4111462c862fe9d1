use tamis_core::RecordId;
use tamis_core::rng::Rng;

use super::plan::{example, plan};
use super::{Call, CallAnnotation, CallAnnotationKind, CallColumn, CallsError, Wishes};
use crate::data::{GRIDS, Mix, Options, Room, chart, story_for};
use crate::spec::{Annotation, Channel, Kind};
use crate::table::{Cells, Time};

fn rng(seed: u64) -> Rng {
    Rng::keyed(seed, RecordId::input("calls"), "call", &[])
}

fn names(channel: Channel, names: &[&str]) -> CallColumn {
    let names = names.iter().map(|n| (!n.is_empty()).then(|| n.to_string())).collect();
    CallColumn { name: channel.name().into(), channel, unit: None, additive: None, names: Some(names), numbers: None }
}

fn numbers(channel: Channel, numbers: &[f64]) -> CallColumn {
    let numbers = Some(numbers.iter().copied().map(Some).collect());
    CallColumn { name: channel.name().into(), channel, unit: None, additive: None, names: None, numbers }
}

fn call(columns: Vec<CallColumn>) -> Call {
    Call { subject: "Harbours".into(), story: "Ships.".into(), title: "Ships".into(), columns, ..Call::default() }
}

fn refused(kind: Kind, columns: Vec<CallColumn>) -> String {
    call(columns).chart(kind).expect_err("a refusal").to_string()
}

#[test]
fn every_kind_is_made_from_written_data_with_the_same_cells() {
    for kind in Kind::ALL {
        for seed in 0..12 {
            let mut rng = rng(seed * 100 + *kind as u64);
            let story = story_for(&[*kind], None, 0.2, Room::Cell, &mut rng).expect("a theme");
            let made = chart(*kind, &story, &mut rng);
            let written = Call::of(&made, "Subject", "Story.");
            let json = serde_json::to_string(&written).expect("JSON");
            let read: Call = serde_json::from_str(&json).expect("what was written");
            let again = read.chart(*kind).unwrap_or_else(|e| panic!("{kind:?}, seed {seed}: {e}\n{json}"));
            assert_eq!(again.encodings, made.encodings, "{kind:?}, seed {seed}");
            for (old, new) in made.table.columns.iter().zip(&again.table.columns) {
                assert_eq!(old.cells, new.cells, "{kind:?}, seed {seed}, {}", old.name);
            }
        }
    }
}

#[test]
fn every_example_is_short_and_can_be_drawn() {
    for kind in Kind::ALL {
        for seed in 0..12 {
            let example = example(*kind, &mut rng(seed));
            example.chart(*kind).unwrap_or_else(|e| panic!("{kind:?}, seed {seed}: {e}"));
            let cells = |c: &CallColumn| c.names.as_ref().map_or(0, Vec::len) + c.numbers.as_ref().map_or(0, Vec::len);
            let most = example.columns.iter().map(cells).max();
            assert!(most <= Some(40), "{kind:?}, seed {seed}: {most:?} rows");
        }
    }
}

#[test]
fn every_kind_says_what_it_wants_of_each_channel() {
    for kind in Kind::ALL {
        let words = kind.wants_in_words();
        for want in kind.wants() {
            assert!(words.contains(&format!("- `{}`: ", want.channel.name())), "{kind:?}: {words}");
        }
    }
    let line = Kind::Funnel.wants_in_words();
    assert!(line.contains("no value above the one before") && line.contains("at least 2 rows"), "{line}");
}

#[test]
fn times_and_decimals_are_read_as_they_are_written() {
    let columns = vec![names(Channel::X, &["2021 Q3", "2021 Q4"]), numbers(Channel::Y, &[1.25, 3.0])];
    let chart = call(columns).chart(Kind::Line).expect("a chart");
    assert_eq!(
        chart.table.columns[0].cells,
        Cells::Time(vec![Some(Time::Quarter(2021, 3)), Some(Time::Quarter(2021, 4))])
    );
    assert_eq!(chart.table.columns[1].unit.decimals, 2);
    let years = call(vec![numbers(Channel::X, &[1999.0, 2000.0]), numbers(Channel::Y, &[1.0, 2.0])]);
    let chart = years.chart(Kind::Line).expect("a chart");
    assert_eq!(chart.table.columns[0].cells, Cells::Time(vec![Some(Time::Year(1999)), Some(Time::Year(2000))]));
    let named = call(vec![numbers(Channel::X, &[1.0, 2.0]), numbers(Channel::Y, &[1.0, 2.0])]);
    let chart = named.chart(Kind::Pie).expect("a chart");
    assert_eq!(chart.table.columns[0].written(1), "2");
}

#[test]
fn what_does_not_fit_is_told_with_its_place() {
    let x = || names(Channel::X, &["a", "b"]);
    let falling = refused(Kind::Funnel, vec![x(), numbers(Channel::Y, &[1.0, 2.0])]);
    assert_eq!(
        falling,
        "funnel chart, channel `y`, column `y`, row 1: expected no value above the one before, found 2; correct the \
         data or take another kind of chart"
    );
    let tiny = refused(Kind::Bar, vec![x(), numbers(Channel::Y, &[6.6e-34, 1.0])]);
    assert!(tiny.contains("row 0") && tiny.contains("choose another unit"), "{tiny}");
    let both = CallColumn { numbers: Some(vec![Some(1.0)]), ..x() };
    assert!(refused(Kind::Bar, vec![both]).contains("found both"));
    let channel = refused(Kind::Pie, vec![x(), numbers(Channel::Y, &[1.0, 2.0]), numbers(Channel::Size, &[1.0, 2.0])]);
    assert!(channel.contains("channel `size`"), "{channel}");
    let times = refused(
        Kind::Gantt,
        vec![x(), names(Channel::Start, &["2021-03-01", "March"]), names(Channel::End, &["2021-04-01", "2021-05-01"])],
    );
    assert!(times.contains("row 1") && times.contains("`March`"), "{times}");
    let long = Call { title: "x".repeat(200), ..call(vec![x(), numbers(Channel::Y, &[1.0, 2.0])]) };
    assert!(long.chart(Kind::Bar).expect_err("too long").to_string().contains("at most 120 characters"));
    let rows = numbers(Channel::Y, &vec![1.0; 5_000]);
    assert!(refused(Kind::Histogram, vec![rows]).contains("at most 4000 cells"));
}

#[test]
fn annotations_are_drawn_or_refused() {
    let blank = CallAnnotation {
        kind: CallAnnotationKind::Threshold,
        label: Some("Capacity".into()),
        value: Some(1.5),
        from: None,
        to: None,
        series: None,
        row: None,
    };
    let columns = || vec![names(Channel::X, &["a", "b"]), numbers(Channel::Y, &[1.0, 2.0])];
    let with = |annotation| Call { annotations: Some(vec![annotation]), ..call(columns()) }.chart(Kind::Bar);
    let chart = with(blank.clone()).expect("a chart");
    assert_eq!(chart.annotations, [Annotation::Threshold { value: 1.5, label: "Capacity".into() }]);
    let error = with(CallAnnotation { label: None, ..blank.clone() }).expect_err("no label").to_string();
    assert!(error.contains("a `label`"), "{error}");
    let stray = CallAnnotation { kind: CallAnnotationKind::Callout, series: Some("z".into()), row: Some(0), ..blank };
    assert!(with(stray).expect_err("no such series").to_string().contains("`z`"));
}

#[test]
fn plans_take_each_kind_once_on_one_of_twelve_grids() {
    let mix = Mix::ecd();
    for seed in 0..60 {
        let mut rng = rng(seed);
        let kinds = mix.draw_different(1 + (seed % 4) as usize, &mut rng);
        let planned = plan(&kinds, &Options::default(), &Wishes::default(), &mut rng).expect("a theme");
        let cells = planned.grid[0] * planned.grid[1];
        assert!(kinds.len() == 1 && cells == 1 || kinds.len() > 1 && GRIDS.contains(&planned.grid), "{planned:?}");
        assert_eq!(planned.charts.len(), cells);
        assert!(kinds.iter().zip(&planned.charts).all(|(kind, chart)| *kind == chart.kind));
        for chart in &planned.charts {
            assert!((3..=6).contains(&chart.first) && (3..=6).contains(&chart.second));
            assert!((1..=3).contains(&chart.trends.len()), "{:?}", chart.trends);
        }
    }
}

#[test]
fn a_figure_shares_look_and_scenario_and_counts_its_calls() {
    let mut rng = rng(3);
    let planned = plan(&[Kind::Pie, Kind::Bar], &Options::default(), &Wishes::default(), &mut rng).expect("a theme");
    let pie = || call(vec![names(Channel::X, &["a", "b"]), numbers(Channel::Y, &[1.0, 2.0])]);
    let figure = planned.figure(&[pie(), pie()]).expect("two charts on a larger grid");
    assert_eq!((figure.charts[0].kind, figure.charts[1].kind), (Kind::Pie, Kind::Bar));
    assert_eq!((figure.scenario.theme.as_str(), figure.scenario.story.as_str()), (planned.theme.as_str(), "Ships."));
    let wrong = planned.figure(&[pie(), call(Vec::new())]).expect_err("no columns");
    assert!(matches!(wrong, CallsError::Chart { number: 2, .. }), "{wrong}");
    assert!(matches!(planned.figure(&[]), Err(CallsError::Count { calls: 0, .. })));
}
