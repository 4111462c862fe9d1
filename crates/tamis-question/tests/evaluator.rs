//! An evaluator in Python, with pandas, computes answers from the emitted data and the template's name and slots alone.
//!
//! The interpreter that has pandas is named by the variable `TAMIS_PYTHON`, which `cargo xtask test` sets.

mod common;

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tamis_chart::spec::{Chart, Figure};
use tamis_question::world::View;
use tamis_question::{Ask, Question, QuestionKind, ask, emit};

const HOW: &str = "TAMIS_PYTHON must name a Python that has pandas; `cargo xtask test` does that, or by hand: python3 -m \
                   venv target/readers && target/readers/bin/pip install pandas && \
                   TAMIS_PYTHON=$PWD/target/readers/bin/python cargo test -p tamis-question --test evaluator";

/// Numeric questions that are checked.
const NUMERIC: usize = 20_000;

#[test]
fn pandas_agrees_with_every_answer() {
    let mut figures = Vec::new();
    let mut numeric = 0;
    for seed in 0.. {
        let mut rng = common::rng(seed);
        let figure = common::figure(&mut rng);
        let asked = ask(&figure, &View::default(), &Ask { count: 40, not_applicable: 0, ..Ask::default() }, &mut rng);
        numeric += asked.questions.iter().filter(|q| q.number.is_some()).count();
        figures.push((figure, asked.questions));
        if numeric >= NUMERIC {
            break;
        }
    }
    let seen = check(&figures);
    let reasoning = tamis_question::Template::all().iter().filter(|t| {
        let charts = !matches!(t.id.split('.').next(), Some("table" | "form" | "page" | "formula"));
        charts && t.kind == QuestionKind::Reasoning
    });
    let unseen: Vec<&str> = reasoning.map(|t| t.id.as_str()).filter(|id| !seen.contains(*id)).collect();
    assert!(unseen.is_empty(), "never asked, so never checked: {unseen:?}");
}

/// Compares all answers; gives the templates that were checked.
fn check(figures: &[(Figure, Vec<Question>)]) -> BTreeSet<String> {
    let lines: Vec<String> = figures.iter().map(|(figure, questions)| line(figure, questions)).collect();
    let (mut seen, mut wrong, mut total) = (BTreeSet::new(), Vec::new(), 0);
    for (answers, (_, questions)) in answers(&lines).iter().zip(figures) {
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
                    let text = question.kind != QuestionKind::Reasoning && question.number.is_none();
                    assert!(text || question.template.contains("layout"), "nobody checks {}", question.template);
                }
            }
        }
    }
    let n = wrong.len();
    wrong.truncate(20);
    assert!(n == 0, "{n} of {total} answers differ:\n{}", wrong.join("\n"));
    seen
}

fn line(figure: &Figure, questions: &[Question]) -> String {
    let charts: Vec<Value> = figure.charts.iter().map(chart).collect();
    let question = |q: &Question| {
        json!({ "template": q.template, "slots": q.slots, "decimals": q.number.as_ref().map(|n| n.decimals) })
    };
    json!({ "charts": charts, "questions": questions.iter().map(question).collect::<Vec<_>>() }).to_string()
}

fn chart(chart: &Chart) -> Value {
    let drawn = |name: &str| chart.encodings.iter().find(|e| e.column == name).map(|e| e.channel);
    let table = tamis_chart::table::Table {
        columns: chart.table.columns.iter().filter(|c| drawn(&c.name).is_some()).cloned().collect(),
    };
    let columns = table.columns.iter().map(|c| json!({ "name": c.name, "channel": drawn(&c.name) }));
    json!({ "kind": chart.kind, "csv": emit::csv(&table), "columns": columns.collect::<Vec<_>>() })
}

fn answers(lines: &[String]) -> Vec<Vec<Option<String>>> {
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
