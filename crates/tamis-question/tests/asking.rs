//! What is asked, and what is not.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use tamis_question::world::{ChartView, View};
use tamis_question::{Ask, ask};

#[test]
fn show() {
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 0..120 {
        let mut rng = common::rng(seed);
        let figure = common::figure(&mut rng);
        let view = View { charts: figure.charts.iter().map(|c| ChartView { colors: c.columns(tamis_chart::spec::Channel::Y).enumerate().map(|(i, _)| Some(["blue", "orange", "green", "red"][i % 4].into())).collect(), ..ChartView::default() }).collect(), elements: None };
        let asked = ask(&figure, &view, &Ask { count: 40, choice: 0.5, ..Ask::default() }, &mut rng);
        for q in &asked.questions {
            *seen.entry(q.template.clone()).or_default() += 1;
            if std::env::var("SHOW").is_ok() && seed < 40 {
                println!("[{}] {} {}\n   = {} {:?}\n   {}\n   {}\n   {:?}\n   {}", figure.charts[q.slots.get("c").map_or(0, |c| c.parse().unwrap())].kind.name(), q.template, q.with_options(), q.answer, q.letter, q.program.replace('\n', "; "), q.rationale.join(" "), q.elements.iter().take(5).collect::<Vec<_>>(), q.script.replace('\n', "\n     "));
            }
        }
        asked.refused.into_iter().for_each(|(r, n)| *refused.entry(r).or_default() += n);
    }
    println!("{refused:#?}");
    let all: BTreeSet<&str> = tamis_question::Template::all().iter().map(|t| t.id.as_str()).collect();
    println!("never asked: {:?}", all.iter().filter(|t| !seen.contains_key(**t)).collect::<Vec<_>>());
    println!("{seen:?}");
}
