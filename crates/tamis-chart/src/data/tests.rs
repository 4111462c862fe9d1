use std::collections::{BTreeMap, BTreeSet};

use tamis_core::RecordId;
use tamis_core::rng::Rng;

use super::library::{Theme, library};
use super::{Mix, Options, Room, THEMES, chart, figure, story_for};
use crate::spec::{Chart, Figure, Kind};
use crate::table::{Cells, Column};

fn rng(seed: u64) -> Rng {
    Rng::keyed(seed, RecordId::input("charts"), "data", &[])
}

/// One chart of each kind for each of 30 seeds, in whole figures and in cells.
fn charts() -> Vec<(u64, Chart)> {
    let one = |seed: u64, kind: Kind| {
        let mut rng = rng(seed * 1000 + kind as u64);
        let room = if seed.is_multiple_of(3) { Room::Cell } else { Room::Full };
        let story = story_for(&[kind], None, 0.2, room, &mut rng).expect("a theme");
        (seed, chart(kind, &story, &mut rng))
    };
    (0..30).flat_map(|seed| Kind::ALL.iter().map(move |k| one(seed, *k))).collect()
}

fn figures(count: u64) -> Vec<Figure> {
    let mix = Mix::default();
    let one = |seed| {
        let mut rng = rng(seed);
        let kinds = mix.draw_different(if seed % 4 == 0 { 3 } else { 1 }, &mut rng);
        figure(&kinds, &Options::default(), &mut rng).expect("a theme")
    };
    (0..count).map(one).collect()
}

fn numbers(column: &Column) -> impl Iterator<Item = f64> {
    (0..column.len()).filter_map(|r| column.number(r))
}

/// Kinds whose rows may repeat a name: samples in groups, edges.
fn repeats_names(column: &str, chart: &Chart) -> bool {
    use crate::spec::Channel::{Group, Parent, Source, Target};
    chart.encodings.iter().any(|e| e.column == column && matches!(e.channel, Group | Parent | Source | Target))
}

#[test]
fn every_file_of_the_library_parses() {
    assert!(library().themes.len() >= 25);
}

#[test]
fn every_theme_has_six_families_and_all_that_the_kinds_want() {
    for theme in library().themes.iter().filter(|t| t.language == "en") {
        assert!(theme.families.len() >= 6, "{} has {}", theme.theme, theme.families.len());
        for kind in Kind::ALL {
            let able = theme.families.iter().filter(|f| theme.can(f, *kind)).count();
            assert!(able >= 4, "{}: {able} families can be a {}", theme.theme, kind.words());
        }
    }
}

#[test]
fn families_have_what_stories_are_made_of() {
    for theme in &library().themes {
        assert!(THEMES.contains(&theme.theme.as_str()), "{}", theme.theme);
        for family in &theme.families {
            let place = format!("{} ({}), {}", theme.theme, theme.language, family.about);
            assert!(family.entities.len() >= 5 && family.measures.len() >= 2 && family.samples.len() >= 2, "{place}");
            let names = family.measures.iter().chain(&family.samples).map(|m| m.name.as_str());
            let mut seen = BTreeSet::new();
            names.for_each(|n| assert!(seen.insert(n), "{place}: {n} twice"));
            for measure in family.measures.iter().chain(&family.samples) {
                let ([low, high], [least, most]) = (measure.range, measure.bounds());
                assert!(
                    low < high && least <= low && high <= most,
                    "{place}: {} {:?} {:?}",
                    measure.name,
                    measure.range,
                    measure.bounds()
                );
            }
        }
    }
}

#[test]
fn trees_and_flows_name_each_node_once() {
    fn once<'a>(place: &str, names: impl Iterator<Item = &'a String>) {
        let mut seen = BTreeSet::new();
        names.for_each(|n| assert!(seen.insert(n), "{place}: {n} twice"));
    }
    for theme in &library().themes {
        let Theme { trees, flows, networks, .. } = theme;
        trees.iter().for_each(|t| {
            once(&t.title, t.groups.iter().flat_map(|(name, members)| std::iter::once(name).chain(members)))
        });
        flows.iter().for_each(|f| once(&f.title, f.layers.iter().flatten()));
        networks.iter().for_each(|n| once(&n.title, n.nodes.iter()));
    }
}

#[test]
fn every_kind_is_valid_for_every_seed() {
    for (seed, chart) in charts() {
        if let Err(error) = chart.validate() {
            panic!("seed {seed}, {}: {error}", chart.title);
        }
    }
}

#[test]
fn a_chart_is_of_the_kind_that_was_asked_for() {
    for (i, (seed, chart)) in charts().into_iter().enumerate() {
        assert_eq!(chart.kind, Kind::ALL[i % Kind::ALL.len()], "seed {seed}");
    }
}

#[test]
fn numbers_are_multiples_of_their_last_decimal() {
    for (seed, chart) in charts() {
        for column in &chart.table.columns {
            let off = numbers(column).find(|n| super::random::rounded(*n, column.unit.decimals) != *n);
            assert_eq!(off, None, "seed {seed}, {}, {}", chart.kind.words(), column.name);
        }
    }
}

#[test]
fn percentages_lie_between_0_and_100() {
    for (seed, chart) in charts() {
        for column in chart.table.columns.iter().filter(|c| c.unit.symbol == "%") {
            let off = numbers(column).find(|n| *n > 100.0);
            assert_eq!(off, None, "seed {seed}, {}, {}", chart.kind.words(), column.name);
        }
    }
}

#[test]
fn no_label_is_empty_or_comes_twice() {
    for (seed, chart) in charts() {
        for column in &chart.table.columns {
            assert!(!column.name.trim().is_empty(), "seed {seed}, {}", chart.kind.words());
            let Cells::Text(cells) = &column.cells else { continue };
            let mut seen = BTreeSet::new();
            for cell in cells.iter().flatten() {
                let twice = !seen.insert(cell) && !repeats_names(&column.name, &chart);
                assert!(
                    !cell.trim().is_empty() && !twice,
                    "seed {seed}, {}: `{cell}` in {}",
                    chart.kind.words(),
                    column.name
                );
            }
        }
    }
}

#[test]
fn no_title_is_left_with_a_hole() {
    for (seed, chart) in charts() {
        for text in [&chart.title, &chart.subtitle, &chart.x.title, &chart.y.title, &chart.note] {
            let odd = text.contains(['{', '}'])
                || text.contains("  ")
                || text.contains(" ,")
                || text.contains("()")
                || text.ends_with([' ', ',', ':']);
            assert!(!odd, "seed {seed}, {}: `{text}`", chart.kind.words());
        }
        assert!(!chart.title.is_empty(), "seed {seed}, {}", chart.kind.words());
    }
}

#[test]
fn the_same_seed_gives_the_same_figures() {
    assert_eq!(figures(40), figures(40));
}

#[test]
fn titles_are_rarely_alike() {
    let figures = figures(1000);
    let titles: Vec<&str> =
        figures.iter().flat_map(|f| &f.charts).map(|c| c.title.as_str()).filter(|t| t.len() > 4).collect();
    let different: BTreeSet<&str> = titles.iter().copied().collect();
    let share = different.len() as f64 / titles.len() as f64;
    assert!(share > 0.75, "{} of {} titles differ", different.len(), titles.len());
}

#[test]
fn themes_and_kinds_are_spread_over_a_run() {
    let figures = figures(1500);
    let (mut themes, mut kinds) = (BTreeMap::new(), BTreeMap::new());
    for figure in &figures {
        *themes.entry(figure.scenario.theme.as_str()).or_insert(0) += 1;
        figure.charts.iter().for_each(|c| *kinds.entry(c.kind.name()).or_insert(0) += 1);
    }
    let charts: usize = kinds.values().sum();
    assert_eq!((themes.len(), kinds.len()), (25, Kind::ALL.len()));
    assert!(themes.values().all(|n| *n * 20 > figures.len() / 3 && *n * 10 < figures.len()), "{themes:?}");
    assert!(kinds.values().all(|n| *n * 5 < charts), "{kinds:?}");
}

#[test]
fn some_figures_speak_another_language() {
    let mut foreign = 0;
    for seed in 0..400 {
        let story = super::story(None, &mut rng(seed)).expect("a story");
        foreign += usize::from(story.language() != "en");
    }
    assert!((16..=160).contains(&foreign), "{foreign} of 400");
}

/// `cargo test -p tamis-chart --lib data::tests::print -- --ignored --nocapture`: figures as text, to be read by a person.
#[test]
#[ignore = "prints figures for a person to read: cargo test -p tamis-chart --lib data::tests -- --ignored --nocapture"]
fn print_figures() {
    let first: u64 = std::env::var("SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(0);
    for seed in first..first + 60 {
        let mut rng = rng(seed);
        let kind = Kind::ALL[seed as usize % Kind::ALL.len()];
        let figure = figure(&[kind], &Options::default(), &mut rng).expect("a theme");
        let chart = &figure.charts[0];
        println!("\n[{seed}] {} | {} | {}", chart.kind.words(), figure.scenario.theme, figure.scenario.story);
        println!(
            "  # {} | {} | {} | x: {} | y: {}",
            chart.title, chart.subtitle, chart.note, chart.x.title, chart.y.title
        );
        for column in chart.table.columns.iter().take(5) {
            let cells: Vec<String> = (0..column.len()).take(7).map(|r| column.written(r)).collect();
            println!("  {} [{}] {} : {}", column.name, column.unit.symbol, column.len(), cells.join("; "));
        }
        chart.annotations.iter().for_each(|a| println!("  {a:?}"));
    }
}
