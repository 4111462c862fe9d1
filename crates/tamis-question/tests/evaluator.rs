//! An evaluator in Python, with pandas, computes answers from the emitted data and the template's name and slots alone.
//!
//! The interpreter that has pandas is named by the variable `TAMIS_PYTHON`, which `cargo xtask test` sets.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tamis_chart::spec::{Chart, Figure, Kind};
use tamis_chart::table::{Cells, Column, Table};
use tamis_core::rng::Rng;
use tamis_page::table::{RowRole, TableSpec, sample_table};
use tamis_question::world::{View, World};
use tamis_question::{Ask, Question, QuestionKind, Template, ask, ask_world, emit};

const HOW: &str = "TAMIS_PYTHON must name a Python that has pandas; `cargo xtask test` does that, or by hand: python3 -m \
                   venv target/readers && target/readers/bin/pip install pandas && \
                   TAMIS_PYTHON=$PWD/target/readers/bin/python cargo test -p tamis-question --test evaluator";

/// Numeric questions that are checked.
const NUMERIC: usize = 20_000;
/// The same of figures that the product generates.
const GENERATED: usize = 6_000;
/// The same of tables.
const TABLES: usize = 4_000;

#[test]
fn pandas_agrees_with_every_answer() {
    let seen = check(&asked_of(NUMERIC, common::figure));
    let reasoning = Template::all().iter().filter(|t| {
        let charts = !matches!(t.id.split('.').next(), Some("table" | "form" | "page" | "formula"));
        charts && t.kind == QuestionKind::Reasoning
    });
    let unseen: Vec<&str> = reasoning.map(|t| t.id.as_str()).filter(|id| !seen.contains(*id)).collect();
    assert!(unseen.is_empty(), "never asked, so never checked: {unseen:?}");
}

#[test]
fn pandas_agrees_with_every_answer_about_generated_figures() {
    check(&asked_of(GENERATED, |rng| {
        let kinds: Vec<Kind> = (0..1 + rng.below(3)).map(|_| Kind::ALL[rng.below(Kind::ALL.len())]).collect();
        tamis_chart::data::figure(&kinds, &Default::default(), rng).unwrap()
    }));
}

/// Questions of random figures, so many with numbers, as lines for the evaluator.
fn asked_of(numbers: usize, figure: impl Fn(&mut Rng) -> Figure) -> Vec<(String, Vec<Question>)> {
    let mut lines = Vec::new();
    let mut numeric = 0;
    for seed in 0.. {
        let mut rng = common::rng(seed);
        let figure = figure(&mut rng);
        let asked = ask(&figure, &View::default(), &Ask { count: 40, not_applicable: 0, ..Ask::default() }, &mut rng);
        numeric += asked.questions.iter().filter(|q| q.number.is_some()).count();
        lines.push((line(charts(&figure), &asked.questions), asked.questions));
        if numeric >= numbers {
            break;
        }
    }
    lines
}

#[test]
fn pandas_agrees_with_every_answer_about_tables() {
    let mut rng = common::rng(7);
    let mut lines = Vec::new();
    let mut numeric = 0;
    while numeric < TABLES {
        let spec = sample_table(None, None, &mut rng).unwrap();
        let world = World::of_table(&spec, "");
        let asked = ask_world(&world, &View::default(), &Ask { count: 40, ..Ask::default() }, &mut rng);
        numeric += asked.questions.iter().filter(|q| q.number.is_some()).count();
        lines.push((line(vec![data(&spec, &world)], &asked.questions), asked.questions));
    }
    let seen = check(&lines);
    let reasoning = Template::all().iter().filter(|t| t.over == ["table"] && t.kind == QuestionKind::Reasoning);
    let unseen: Vec<&str> = reasoning.map(|t| t.id.as_str()).filter(|id| !seen.contains(*id)).collect();
    assert!(unseen.is_empty(), "never asked, so never checked: {unseen:?}");
}

/// The numbers of a table's body, from the spec; only the names of rows and columns are the world's.
fn data(spec: &TableSpec, world: &World) -> Value {
    let grid = world.parts[0].grid.as_ref().unwrap();
    let stub = spec.stub().max(1);
    let shown: Vec<usize> = (spec.head()..spec.rows()).filter(|r| spec.draft().rows[*r] != RowRole::Group).collect();
    let named = |row: usize| grid.rows[shown.iter().position(|r| *r == row).unwrap()][0].text.clone();
    let of_column = |c: usize| {
        let numbers = spec.body_rows().map(|r| spec.number(r, c).map(|n| n.value)).collect();
        let decimals = spec.body_rows().filter_map(|r| spec.number(r, c)).map(|n| n.decimals).max().unwrap_or(0);
        let unit = tamis_chart::table::Unit { decimals, ..Default::default() };
        Column { name: grid.columns[c + 1 - stub].clone(), unit, cells: Cells::Number(numbers) }
    };
    let mut columns = vec![Column::text("row", spec.body_rows().map(named))];
    columns.extend((stub..spec.columns()).map(of_column));
    let channels =
        columns.iter().enumerate().map(|(i, c)| json!({ "name": c.name, "channel": if i == 0 { "x" } else { "y" } }));
    let channels: Vec<Value> = channels.collect();
    json!({ "kind": "table", "columns": channels, "csv": emit::csv(&Table { columns }) })
}

/// Compares all answers; gives the templates that were checked.
fn check(lines: &[(String, Vec<Question>)]) -> BTreeSet<String> {
    let (mut seen, mut wrong, mut total) = (BTreeSet::new(), Vec::new(), 0);
    let found = answers(lines.iter().map(|(line, _)| line.as_str()).collect());
    for (answers, (_, questions)) in found.iter().zip(lines) {
        assert_eq!(answers.len(), questions.len());
        for (answer, question) in answers.iter().zip(questions) {
            let own = question.number.as_ref().map_or(&question.answer, |n| &n.digits);
            match answer {
                Some(answer) => {
                    total += 1;
                    seen.insert(question.template.clone());
                    if answer != own {
                        wrong.push(format!("{answer} != {own}: {} {}", question.template, question.question));
                    }
                }
                None => {
                    // What is written or drawn has no rule, and the grid of a figure is not in the data.
                    let drawn = ["number.layout_rows", "number.layout_columns", "table.columns"];
                    let text = question.kind != QuestionKind::Reasoning && question.number.is_none();
                    assert!(text || drawn.contains(&question.template.as_str()), "nobody checks {}", question.template);
                }
            }
        }
    }
    let n = wrong.len();
    wrong.truncate(20);
    assert!(n == 0, "{n} of {total} answers differ:\n{}", wrong.join("\n"));
    seen
}

fn charts(figure: &Figure) -> Vec<Value> {
    figure.charts.iter().map(chart).collect()
}

fn line(charts: Vec<Value>, questions: &[Question]) -> String {
    let question = |q: &Question| json!({ "template": q.template, "slots": q.slots, "decimals": q.number.as_ref().map(|n| n.decimals) });
    json!({ "charts": charts, "questions": questions.iter().map(question).collect::<Vec<_>>() }).to_string()
}

fn chart(chart: &Chart) -> Value {
    let drawn = |name: &str| chart.encodings.iter().find(|e| e.column == name).map(|e| e.channel);
    let table = Table { columns: chart.table.columns.iter().filter(|c| drawn(&c.name).is_some()).cloned().collect() };
    let columns = table.columns.iter().map(|c| json!({ "name": c.name, "channel": drawn(&c.name) }));
    json!({ "kind": chart.kind, "csv": emit::csv(&table), "columns": columns.collect::<Vec<_>>() })
}

fn answers(lines: Vec<&str>) -> Vec<Vec<Option<String>>> {
    let python = std::env::var_os("TAMIS_PYTHON").unwrap_or_else(|| panic!("{HOW}"));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/check/evaluate.py");
    let mut child = Command::new(&python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{}: {e}; {HOW}", python.display()));
    let mut stdin = child.stdin.take().unwrap();
    let text = lines.join("\n") + "\n";
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "the evaluator failed; {HOW}");
    let parse = |line: &str| serde_json::from_str(line).unwrap();
    let answers: Vec<_> = String::from_utf8(output.stdout).unwrap().lines().map(parse).collect();
    assert_eq!(answers.len(), lines.len());
    answers
}
