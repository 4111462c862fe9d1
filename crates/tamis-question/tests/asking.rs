//! What is asked, and what is not.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::unit;
use tamis_chart::spec::{Channel, Chart, Encoding, Figure, Kind};
use tamis_chart::table::{Column, Table};
use tamis_question::world::{ChartView, View, World};
use tamis_question::{Ask, Asked, Exact, Question, QuestionKind, QuestionType, Template, ask, program, script};

const TYPES: [QuestionType; 7] = [
    QuestionType::ValueRetrieval,
    QuestionType::Comparison,
    QuestionType::Range,
    QuestionType::Average,
    QuestionType::Sorting,
    QuestionType::Arithmetic,
    QuestionType::MultiStep,
];

fn view(figure: &Figure) -> View {
    let names = ["blue", "orange", "green", "red", "purple", "brown"];
    let colors = |c: &Chart| {
        let series = c.columns(Channel::Y).chain(c.columns(Channel::Y2)).count();
        names.iter().take(series).map(|n| Some((*n).to_owned())).collect()
    };
    let charts = figure.charts.iter().map(|c| ChartView { colors: colors(c), ..ChartView::default() });
    View { charts: charts.collect(), elements: None }
}

fn asked(seed: u64, wanted: &Ask) -> (Figure, Asked) {
    let mut rng = common::rng(seed);
    let mut figure = common::figure(&mut rng);
    if seed.is_multiple_of(5) {
        figure.charts[0].annotations =
            vec![tamis_chart::spec::Annotation::Callout { series: String::new(), row: 0, label: "Record year".into() }];
    }
    let asked = ask(&figure, &view(&figure), wanted, &mut rng);
    (figure, asked)
}

/// A bar chart of one series.
fn bars(values: &[f64], labels: bool) -> Figure {
    let mut rng = common::rng(1);
    let mut figure = common::figure(&mut rng);
    let mut chart = common::chart(Kind::Bar, &mut rng);
    let names = ["Oslo", "Rome", "Bonn", "Lima", "Kyiv", "Cork", "Nice", "Graz"];
    chart.table = Table {
        columns: vec![
            Column::text("City", names[..values.len()].to_vec()),
            Column::numbers("Visitors", unit("thousand", 1, true), values.to_vec()),
        ],
    };
    chart.encodings = vec![
        Encoding { channel: Channel::X, column: "City".into() },
        Encoding { channel: Channel::Y, column: "Visitors".into() },
    ];
    chart.y.title = "Visitors (thousand)".into();
    chart.value_labels = labels;
    figure.charts = vec![chart];
    figure.grid = [1, 1];
    figure.title = None;
    figure
}

fn all_of(figure: &Figure, wanted: &Ask) -> Asked {
    let axis = View { charts: vec![ChartView { y: Some([0.0, 100.0]), ..ChartView::default() }], elements: None };
    let mut all = Asked::default();
    for seed in 0..20 {
        let more = ask(figure, &axis, wanted, &mut common::rng(seed));
        all.questions.extend(more.questions);
        more.refused.into_iter().for_each(|(reason, n)| *all.refused.entry(reason).or_default() += n);
    }
    all
}

fn only(kind: QuestionType) -> Ask {
    Ask { count: 60, types: vec![(kind, 1.0)], ..Ask::default() }
}

#[test]
fn each_of_the_seven_types_has_four_templates_in_three_phrasings() {
    let charts: Vec<&Template> = Template::all().iter().filter(|t| !t.page && t.over != ["table"]).collect();
    assert!(charts.len() >= 28, "{}", charts.len());
    for kind in TYPES {
        assert!(charts.iter().filter(|t| t.kind_of == kind).count() >= 4, "{kind:?}");
    }
    for template in Template::all() {
        let distinct: BTreeSet<&String> = template.ask.iter().collect();
        assert!(distinct.len() >= 3, "{}", template.id);
    }
}

#[test]
fn every_template_for_charts_is_asked() {
    let mut seen = BTreeSet::new();
    for seed in 0..200 {
        let (_, asked) = asked(seed, &Ask { count: 60, not_applicable: 4, ..Ask::default() });
        seen.extend(asked.questions.into_iter().map(|q| q.template));
    }
    let for_charts = |t: &&Template| !t.page && t.over != ["table"] && t.over != ["formula"];
    let unseen: Vec<&str> =
        Template::all().iter().filter(for_charts).map(|t| t.id.as_str()).filter(|id| !seen.contains(*id)).collect();
    assert!(unseen.is_empty(), "{unseen:?}");
}

#[test]
fn the_same_seed_asks_the_same() {
    let wanted = Ask { count: 30, choice: 0.5, ..Ask::default() };
    for seed in 0..20 {
        assert_eq!(asked(seed, &wanted), asked(seed, &wanted));
    }
}

#[test]
fn no_two_questions_of_a_figure_are_alike() {
    for seed in 0..30 {
        let (_, asked) = asked(seed, &Ask { count: 60, ..Ask::default() });
        let mut texts = BTreeSet::new();
        for question in asked.questions {
            assert!(texts.insert(question.question.clone()), "{}", question.question);
        }
    }
}

#[test]
fn no_hole_of_a_phrasing_is_left_open() {
    for seed in 0..60 {
        for q in asked(seed, &Ask { count: 60, ..Ask::default() }).1.questions {
            // JSON is asked for with a brace.
            let open = q.question.contains(['{', '}']) && q.template != "data.json";
            assert!(!open && !q.question.contains("  "), "{}", q.question);
        }
    }
}

/// The number at the start of an option.
fn digits(option: &str) -> Option<Exact> {
    let end = option.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).unwrap_or(option.len());
    Exact::parse(&option[..end])
}

#[test]
fn exactly_one_option_is_right() {
    let mut choices = 0;
    for seed in 0..60 {
        for q in asked(seed, &Ask { count: 40, choice: 1.0, ..Ask::default() }).1.questions {
            if q.options.is_empty() {
                continue;
            }
            choices += 1;
            assert!(q.options.len() >= 2 && q.options.len() <= 4, "{}", q.with_options());
            let distinct: BTreeSet<String> = q.options.iter().map(|o| o.to_lowercase()).collect();
            assert_eq!(distinct.len(), q.options.len(), "{}", q.with_options());
            let letter = q.letter.as_deref().unwrap().bytes().next().unwrap();
            assert_eq!(q.options[usize::from(letter - b'A')], q.answer, "{}", q.with_options());
            let Some(number) = &q.number else { continue };
            let right = Exact::parse(&number.digits).unwrap();
            for option in q.options.iter().filter(|o| **o != q.answer) {
                if let Some(value) = digits(option) {
                    let apart = value.minus(right).unwrap().magnitude().float();
                    assert!(apart > number.tolerance && apart > 0.0, "{}", q.with_options());
                }
            }
        }
    }
    assert!(choices > 600, "{choices}");
}

#[test]
fn letters_are_spread_evenly() {
    let mut letters: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 0..60 {
        for q in asked(seed, &Ask { count: 40, choice: 1.0, ..Ask::default() }).1.questions {
            if q.options.len() == 4 {
                *letters.entry(q.letter.unwrap()).or_default() += 1;
            }
        }
    }
    let total: usize = letters.values().sum();
    for (letter, n) in &letters {
        let share = *n as f64 / total as f64;
        assert!((0.2..0.3).contains(&share), "{letter}: {share}");
    }
}

#[test]
fn scripts_come_to_the_answers_of_their_programs() {
    let mut scripts = 0;
    for seed in 0..50 {
        for q in asked(seed, &Ask { count: 40, ..Ask::default() }).1.questions {
            if q.script.is_empty() {
                continue;
            }
            scripts += 1;
            let script = script::parse(&q.script).unwrap_or_else(|e| panic!("{e}: {}", q.script));
            assert_eq!(script.calls().count(), q.sub_questions.len());
            let read = |question: &str| {
                let asked = q.sub_questions.iter().find(|s| s.question == question);
                let answer = &asked.ok_or(script::Unread::Nothing)?.answer;
                let number = Exact::parse(answer).map(script::Py::Number);
                Ok(number.unwrap_or_else(|| script::Py::Text(answer.clone())))
            };
            let result = script.run(read).unwrap_or_else(|e| panic!("{e}: {}", q.script));
            assert_eq!(as_answer(&result, &q), q.answer, "{}\n{}", q.question, q.script);
        }
    }
    assert!(scripts > 800, "{scripts}");
}

#[test]
fn a_reader_of_the_data_answers_what_scripts_ask() {
    let wanted = Ask { count: 30, types: TYPES.map(|t| (t, 1.0)).to_vec(), ..Ask::default() };
    let (mut answered, mut unreadable) = (0, 0);
    for seed in 0..40 {
        let (figure, asked) = asked(seed, &wanted);
        let world = World::of_figure(&figure, &view(&figure));
        for q in asked.questions.iter().filter(|q| !q.script.is_empty()) {
            let script = script::parse(&q.script).unwrap_or_else(|e| panic!("{e}: {}", q.script));
            let lookup = script::Lookup::of(&world);
            match script.run(|question| lookup.answer(question)) {
                Ok(result) => {
                    answered += 1;
                    assert_eq!(as_answer(&result, q), q.answer, "{}\n{}", q.question, q.script);
                }
                // Which is more can be seen where no number can be read.
                Err(script::Fault::Unanswered { why: script::Unread::Unreadable, .. }) => unreadable += 1,
                Err(error) => panic!("{error}: {}", q.script),
            }
        }
    }
    assert!(answered > 400 && unreadable < answered / 4, "{answered} {unreadable}");
}

fn as_answer(result: &script::Py, q: &Question) -> String {
    match (result, &q.number) {
        (script::Py::Number(n), Some(number)) => {
            let digits = n.written(number.decimals).unwrap();
            program::with_unit(&digits, &number.unit)
        }
        (script::Py::Bool(yes), _) => if *yes { "Yes" } else { "No" }.to_owned(),
        (script::Py::List(items), _) => items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        // A flag that is read is text.
        (script::Py::Text(text), _) => text.clone(),
        (other, _) => other.to_string(),
    }
}

#[test]
fn a_program_that_is_written_out_gives_its_answer_again() {
    for seed in 0..60 {
        let (figure, asked) = asked(seed, &Ask { count: 40, ..Ask::default() });
        let world = World::of_figure(&figure, &view(&figure));
        for q in asked.questions {
            let program = program::parse(&q.program).unwrap();
            assert_eq!(program.to_string(), q.program);
            assert_eq!(program.run(&world).unwrap().answer.written(), q.answer);
        }
    }
}

#[test]
fn a_tie_is_not_asked_about() {
    let figure = bars(&[40.0, 70.0, 70.0, 10.0], true);
    let asked = all_of(&figure, &only(QuestionType::Comparison));
    assert!(asked.refused.contains_key("a tie"), "{:?}", asked.refused);
    for q in asked.questions {
        assert_ne!(q.template, "comparison.highest_row");
        let between = ["row", "row2"].map(|s| q.slots.get(s).map(String::as_str));
        assert!(!matches!(between, [Some("Rome" | "Bonn"), Some("Rome" | "Bonn")]), "{}", q.question);
    }
}

#[test]
fn values_closer_than_two_percent_of_the_axis_are_not_compared() {
    let close = |labels| bars(&[40.0, 70.0, 71.9, 10.0], labels);
    let unlabelled = all_of(&close(false), &only(QuestionType::Comparison));
    assert!(unlabelled.refused.contains_key("values nearly alike"), "{:?}", unlabelled.refused);
    assert!(unlabelled.questions.iter().all(|q| q.template != "comparison.highest_row"));
    // Where the values are written, the difference is read.
    let labelled = all_of(&close(true), &only(QuestionType::Comparison));
    assert!(labelled.questions.iter().any(|q| q.template == "comparison.highest_row" && q.answer == "Bonn"));
    // A little farther apart it is seen.
    let apart = all_of(&bars(&[40.0, 70.0, 72.1, 10.0], false), &only(QuestionType::Comparison));
    assert!(apart.questions.iter().any(|q| q.template == "comparison.highest_row" && q.answer == "Bonn"));
}

#[test]
fn equal_labels_are_not_asked_about() {
    let mut figure = bars(&[40.0, 70.0, 55.0], true);
    figure.charts[0].table.columns[0] = Column::text("City", ["Rome", "Rome", "Oslo"]);
    let asked = all_of(&figure, &only(QuestionType::ValueRetrieval));
    assert!(asked.refused.contains_key("labels alike"), "{:?}", asked.refused);
    assert!(asked.questions.iter().all(|q| q.slots.get("row").is_none_or(|r| r != "Rome")));
}

#[test]
fn series_with_missing_values_are_not_summed() {
    let mut figure = bars(&[40.0, 70.0, 55.0, 20.0], true);
    if let tamis_chart::table::Cells::Number(values) = &mut figure.charts[0].table.columns[1].cells {
        values[2] = None;
    }
    let asked = all_of(&figure, &only(QuestionType::Average));
    assert!(asked.refused.contains_key("a missing value"), "{:?}", asked.refused);
    assert!(asked.questions.iter().all(|q| q.template == "average.two_rows"), "{:?}", asked.questions);
}

#[test]
fn slices_nearly_alike_are_not_compared_and_their_values_not_asked() {
    let mut figure = bars(&[25.0, 26.0, 49.0], true);
    figure.charts[0].kind = Kind::Pie;
    let asked = all_of(&figure, &Ask { count: 60, kinds: vec![QuestionKind::Reasoning], ..Ask::default() });
    assert!(asked.refused.contains_key("values nearly alike"), "{:?}", asked.refused);
    for q in &asked.questions {
        let unreadable = q.number.as_ref().is_some_and(|n| n.unit == "thousand");
        assert!(!unreadable, "{} {}", q.question, q.answer);
    }
    assert!(asked.questions.iter().any(|q| q.template == "arithmetic.share"));
}

#[test]
fn temperatures_are_not_added() {
    let mut figure = bars(&[14.0, 27.0, 19.0], true);
    figure.charts[0].table.columns[1].unit = unit("°C", 1, false);
    let asked = all_of(&figure, &only(QuestionType::Arithmetic));
    assert!(!asked.questions.is_empty());
    for q in asked.questions {
        assert!(!matches!(q.template.as_str(), "arithmetic.sum_rows" | "arithmetic.total_series"), "{}", q.question);
    }
}

#[test]
fn values_read_off_an_axis_have_a_tolerance_and_written_ones_none() {
    let tolerance = |labels| {
        let figure = bars(&[40.0, 70.0, 55.0], labels);
        let asked = all_of(&figure, &only(QuestionType::ValueRetrieval));
        let cell = asked.questions.into_iter().find(|q| q.template == "retrieval.cell").unwrap();
        cell.number.unwrap().tolerance
    };
    assert_eq!(tolerance(true), 0.0);
    assert!((tolerance(false) - 2.0).abs() < 1e-9);
}

#[test]
fn texts_that_were_not_drawn_are_not_asked_for() {
    let mut figure = bars(&[40.0, 70.0, 55.0], true);
    figure.charts[0].title = "Guests".into();
    let drawn = View { charts: Vec::new(), elements: Some(BTreeSet::from(["chart.0/x/title".to_owned()])) };
    let wanted = Ask { count: 30, types: vec![(QuestionType::Textual, 1.0)], ..Ask::default() };
    let asked = ask(&figure, &drawn, &wanted, &mut common::rng(1));
    assert!(asked.questions.iter().all(|q| q.template != "text.title"));
    assert!(asked.refused.contains_key("a text that is not drawn"), "{:?}", asked.refused);
}

#[test]
fn what_is_not_there_is_answered_with_not_applicable_as_often_as_wanted() {
    for limit in [0, 2] {
        let figure = bars(&[40.0, 70.0, 55.0], true);
        let wanted = Ask { count: 60, not_applicable: limit, ..Ask::default() };
        let asked = ask(&figure, &View::default(), &wanted, &mut common::rng(4));
        let found = asked.questions.iter().filter(|q| q.answer == program::NOT_APPLICABLE).count();
        assert_eq!(found, limit);
    }
}

#[test]
fn steps_stay_within_what_is_wanted() {
    for seed in 0..40 {
        let (_, asked) = asked(seed, &Ask { count: 30, steps: [3, 5], ..Ask::default() });
        assert!(asked.questions.iter().all(|q| (3..=5).contains(&q.steps)));
    }
}

#[test]
fn types_come_in_their_shares() {
    let wanted = Ask {
        count: 12,
        types: vec![(QuestionType::Comparison, 2.0), (QuestionType::Arithmetic, 1.0)],
        ..Ask::default()
    };
    let asked = ask(&bars(&[40.0, 70.0, 55.0, 12.0, 88.0], true), &View::default(), &wanted, &mut common::rng(3));
    let of = |t| asked.questions.iter().filter(|q| q.kind_of == t).count();
    assert_eq!((of(QuestionType::Comparison), of(QuestionType::Arithmetic)), (8, 4));
}

#[test]
fn marks_of_an_answer_are_those_of_its_values() {
    let asked = all_of(&bars(&[40.0, 70.0, 55.0], true), &only(QuestionType::Arithmetic));
    let q = asked.questions.iter().find(|q| q.template == "arithmetic.difference_rows").unwrap();
    let place = |city: &str| ["Oslo", "Rome", "Bonn"].iter().position(|c| *c == city).unwrap();
    let want: Vec<String> = ["row", "row2"].iter().map(|s| format!("chart.0/mark/0.{}", place(&q.slots[*s]))).collect();
    assert_eq!(q.elements, want);
    assert_eq!(q.steps, 3);
}

#[test]
fn a_question_survives_json() {
    let (_, asked) = asked(3, &Ask { count: 30, choice: 0.5, ..Ask::default() });
    for q in asked.questions {
        let text = serde_json::to_string(&q).unwrap();
        assert_eq!(serde_json::from_str::<Question>(&text).unwrap(), q);
    }
}
