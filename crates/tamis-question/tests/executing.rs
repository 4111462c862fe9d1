//! The execution gate: scripts that a model could have written, over a picture of known data.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use tamis_chart::spec::{Channel, Encoding, Kind};
use tamis_chart::table::{Column, Table};
use tamis_question::script;
use tamis_question::world::{View, World};

fn executed(text: &str) -> Result<script::Executed, String> {
    let mut rng = common::rng(1);
    let mut figure = common::figure(&mut rng);
    let mut chart = common::chart(Kind::Bar, &mut rng);
    chart.table = Table {
        columns: vec![
            Column::text("City", ["Oslo", "Rome", "Bonn"]),
            Column::numbers("Visitors", common::unit("", 1, true), [3.5, 1.0, 2.0]),
        ],
    };
    chart.encodings = [(Channel::X, "City"), (Channel::Y, "Visitors")]
        .map(|(channel, column)| Encoding { channel, column: column.into() })
        .to_vec();
    chart.value_labels = true;
    figure.charts = vec![chart];
    figure.grid = [1, 1];
    script::execute(text, &World::of_figure(&figure, &View::default()), 2).map_err(|e| e.to_string())
}

#[test]
fn a_script_that_a_model_wrote_is_executed_over_the_picture() {
    let done = executed("ans_0=VQA(\"How many came to Oslo?\")\nans_1=VQA(\"Visitors of Bonn?\")\nans_0 / ans_1");
    let done = done.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(done.answer, "1.75");
    let asked: Vec<(&str, &str)> = done.sub_questions.iter().map(|s| (s.var.as_str(), s.answer.as_str())).collect();
    assert_eq!(asked, [("ans_0", "3.5"), ("ans_1", "2")]);
    let third = "a=VQA(\"Rome?\")\n";
    for (rest, answer) in
        [("a / 3", "0.33"), ("a > 3", "No"), ("\"Rome\" if a < 3 else \"Oslo\"", "Rome"), ("[a, a / 3]", "1, 0.33")]
    {
        assert_eq!(executed(&format!("{third}{rest}")).map(|d| d.answer), Ok(answer.to_owned()), "{rest}");
    }
}

#[test]
fn what_has_no_answer_is_not_executed() {
    for (text, why) in [
        ("import os\nos.getcwd()", "line 1"),
        ("1 + 1", "it asks for no value of the picture"),
        ("a=VQA(\"What is the highest value?\")\na", "it names nothing that the picture has a value for"),
        ("a=VQA(\"Oslo or Rome?\")\na", "it names several values: Oslo, Rome"),
        ("a=VQA(\"Oslo?\")\na / 0", "a division by zero"),
        ("a=VQA(\"Oslo?\")\nb", "there is no `b`"),
        ("a=VQA(\"Oslo?\")\n\"\"", "its answer is empty"),
        ("a=VQA(\"Oslo?\")\n[[a], [a]]", "its answer is a list of lists"),
        ("a=VQA(\"Oslo?\")\n[a for i in range(90)]", "its answer is too long"),
    ] {
        let found = executed(text).expect_err(text);
        assert!(found.contains(why), "{text}: {found}");
    }
}
