//! What users and models write wrong, through the operators themselves: each gets a picture whose texts can be read, or a
//! refusal that says what to do.
#![allow(clippy::unwrap_used)] // a helper's failure is the test's failure

use std::collections::BTreeMap;

use futures::executor::block_on;
use serde_json::{Value as Json, json};
use tamis_core::block::{self, Block, Outcome};
use tamis_core::testing::{LocalHost, record};
use tamis_core::{Record, Schema, Type, Value};
use tamis_recipe::{Beside, MemoryFolder, bind_steps};

fn bound(steps: &Json, schema: Schema) -> Result<Block, Vec<String>> {
    let beside = Beside { roles: &[], constants: Default::default(), tables: BTreeMap::new() };
    let files = MemoryFolder::new("test", Vec::<(&str, &str)>::new());
    let bound = bind_steps(&steps.to_string(), schema, beside, &files, tamis_generate::REGISTRY);
    bound.map(|(block, _)| block).map_err(|problems| problems.iter().map(|p| p.message.clone()).collect())
}

fn run(steps: &Json, schema: Schema, record: Record) -> Outcome {
    let block = bound(steps, schema).unwrap_or_else(|problems| panic!("{problems:?}"));
    block_on(block::run(&block.steps, record, &LocalHost::new(3))).unwrap()
}

/// A spec as `make.*` writes it.
fn made(step: Json) -> Json {
    let outcome = run(&json!([step]), Schema::new(), record::<&str>(1, []));
    assert!(outcome.rejected.is_empty() && outcome.failed.is_empty(), "{outcome:?}");
    outcome.passed[0].get("spec").unwrap().to_json()
}

/// What becomes of a spec.
#[derive(Debug)]
enum Drawn {
    /// Pictures.
    Pictures(usize),
    /// The reason, and the first value that explains it.
    Refused(String),
}

fn draw(operator: &str, spec: &Json) -> Drawn {
    let mut schema = Schema::new();
    schema.set("spec", Type::Json);
    let step = json!([{ (operator): { "from": "spec", "into": "image", "elements": "elements" } }]);
    let outcome = run(&step, schema, record(1, [("spec", Value::from_plain_json(spec))]));
    assert!(outcome.failed.is_empty(), "{operator}: {:?}", outcome.failed);
    if let Some(rejected) = outcome.rejected.first() {
        return Drawn::Refused(format!("{}: {:?}", rejected.reason, rejected.values));
    }
    for record in &outcome.passed {
        assert!(record.get("image").is_some_and(|v| matches!(v, Value::Media(_))), "{record:?}");
        assert!(record.get("elements").is_some_and(|v| matches!(v, Value::List(l) if !l.is_empty())), "{record:?}");
    }
    Drawn::Pictures(outcome.passed.len())
}

/// Refused with all of these words.
fn refused(operator: &str, spec: &Json, words: &[&str]) {
    let Drawn::Refused(said) = draw(operator, spec) else { panic!("{operator} drew it, expected {words:?}") };
    for word in words {
        assert!(said.contains(word), "{operator}: {said} lacks {word:?}");
    }
}

/// A formula in the form that a model writes it.
fn formula(latex: &str) -> Json {
    let mut spec = made(json!({ "make.formula": { "into": "spec" } }));
    spec["latex"] = json!(latex);
    spec
}

/// A label that few expect, by its number.
type Label = fn(usize) -> String;

/// 300 characters in words and in one, right to left, emoji, all of them.
fn odd() -> [(&'static str, Label); 5] {
    [
        ("300 characters", |i| format!("{i} {}", "a long name of a thing ".repeat(14)).chars().take(300).collect()),
        ("300 letters", |i| format!("{i}{}", "x".repeat(300 - i.to_string().len()))),
        ("right to left", |i| format!("{i} مدينة القاهرة שלום עולם")),
        ("emoji", |i| format!("{i} 😀🚀 👩‍👩‍👧 🇩🇪")),
        ("all at once", |i| format!("{i} 😀 مرحبا {}", "中文字".repeat(90))),
    ]
}

const CHART_KINDS: [&str; 12] =
    ["bar", "line", "pie", "scatter", "heatmap", "radar", "treemap", "sankey", "gantt", "box", "gauge", "funnel"];

#[test]
fn charts_with_odd_labels_are_drawn_or_refused() {
    let mut pictures = 0;
    for (seed, kind) in CHART_KINDS.iter().enumerate() {
        let kinds = json!({ (*kind): 1 });
        let spec = made(json!({ "make.chart": { "into": "spec", "kinds": kinds, "languages": 0, "diversified": 0 } }));
        for (name, label) in odd() {
            let mut spec = spec.clone();
            // Titles and names in columns; what names a column or a kind must stay.
            let chart = &mut spec["charts"][0];
            for title in ["title", "subtitle", "note"] {
                chart[title] = json!(label(seed));
            }
            let mut count = 0;
            for column in chart["table"]["columns"].as_array_mut().unwrap() {
                for cells in column["cells"].as_object_mut().into_iter().flatten().filter(|(k, _)| *k == "text") {
                    for cell in cells.1.as_array_mut().unwrap() {
                        count += 1;
                        *cell = json!(label(count));
                    }
                }
            }
            match draw("draw.chart", &spec) {
                Drawn::Pictures(n) => pictures += n,
                Drawn::Refused(said) => {
                    assert!(said.contains("expected") || said.contains("cannot be read"), "{kind} {name}: {said}")
                }
            }
        }
    }
    assert!(pictures >= 40, "only {pictures} of 60 were drawn");
}

#[test]
fn tables_with_odd_texts_are_drawn() {
    let spec = made(json!({ "make.table": { "into": "spec" } }));
    for (name, label) in odd() {
        let mut spec = spec.clone();
        for cell in spec["cells"].as_array_mut().unwrap() {
            if cell["number"].is_null() {
                let (row, column) = (cell["row"].as_u64().unwrap(), cell["column"].as_u64().unwrap());
                cell["text"] = json!(label((row * 20 + column) as usize));
            }
        }
        match draw("draw.table", &spec) {
            Drawn::Pictures(n) => assert_eq!(n, 1),
            Drawn::Refused(said) => panic!("{name}: {said}"),
        }
    }
}

#[test]
fn sizes_that_cannot_be_are_refused_with_what_is_expected() {
    let chart = made(json!({ "make.chart": { "into": "spec" } }));
    for size in [[1, 1], [20_000, 20_000], [0, 0], [1, 20_000]] {
        let mut spec = chart.clone();
        spec["size"] = json!(size);
        refused("draw.chart", &spec, &["expected", "size"]);
    }
    let formula = formula("x^2");
    for size in [0.0, 1.0, 20_000.0, -4.0] {
        let mut spec = formula.clone();
        spec["size"] = json!(size);
        refused("draw.formula", &spec, &["expected"]);
    }
    for step in [
        json!([{ "draw.table": { "from": "spec", "into": "image", "width": 1 } }]),
        json!([{ "draw.table": { "from": "spec", "into": "image", "width": 20_000 } }]),
    ] {
        let mut schema = Schema::new();
        schema.set("spec", Type::Json);
        let problems = bound(&step, schema).err().unwrap_or_default();
        assert!(problems.iter().any(|p| p.contains("expected 100 to 8000 pixels")), "{problems:?}");
    }
}

#[test]
fn a_table_theme_that_there_is_not_is_refused_by_name() {
    let mut spec = made(json!({ "make.table": { "into": "spec" } }));
    spec["theme"]["name"] = json!("papyrus");
    refused("draw.table", &spec, &["papyrus"]);
}

#[test]
fn a_chart_look_that_there_is_not_is_refused_by_name() {
    let mut spec = made(json!({ "make.chart": { "into": "spec" } }));
    spec["look"]["name"] = json!("papyrus");
    refused("draw.chart", &spec, &["papyrus", "matplotlib"]);
}

#[test]
fn latex_that_does_not_parse_is_refused_with_its_place() {
    for (latex, place) in [(r"\frac{1}{", "9"), (r"a + \nonsense", "4"), (r"\left( x", "8"), ("", "found nothing")] {
        refused("draw.formula", &formula(latex), &[place]);
    }
    assert!(matches!(draw("draw.formula", &formula(r"\frac{1}{2}")), Drawn::Pictures(1)));
}

#[test]
fn specs_that_are_none_are_refused_with_the_place_of_the_fault() {
    for operator in ["draw.chart", "draw.table", "draw.formula"] {
        refused(operator, &json!({ "nonsense": 1 }), &["nonsense"]);
        refused(operator, &json!(7), &["7"]);
    }
}

#[cfg(feature = "documents")]
mod documents {
    use super::*;

    /// Replaces the long texts of a spec, wherever they stand.
    fn relabel(value: &mut Json, next: &mut dyn FnMut() -> String) {
        match value {
            Json::String(text) if text.len() > 40 && text.contains(' ') => *text = next(),
            Json::Array(items) => items.iter_mut().for_each(|v| relabel(v, next)),
            Json::Object(fields) => fields.values_mut().for_each(|v| relabel(v, next)),
            _ => {}
        }
    }

    fn letter() -> Json {
        made(json!({ "make.document": { "into": "spec", "kinds": { "letter": 1 }, "languages": ["en"] } }))
    }

    #[test]
    fn a_theme_that_names_a_missing_font_is_refused_by_name() {
        let mut spec = letter();
        spec["look"]["body"] = json!(["Papyrus"]);
        refused("draw.document", &spec, &["Papyrus"]);
    }

    #[test]
    fn sheets_that_cannot_be_are_refused() {
        for (width, height) in [(1.0, 1.0), (20_000.0, 20_000.0), (0.0, 297.0)] {
            let mut spec = letter();
            (spec["page"]["width"], spec["page"]["height"]) = (json!(width), json!(height));
            refused("draw.document", &spec, &["expected"]);
        }
    }

    #[test]
    fn documents_with_odd_texts_are_drawn_or_refused() {
        let letter = letter();
        for (name, label) in odd() {
            let mut spec = letter.clone();
            let mut count = 0;
            relabel(&mut spec["body"], &mut || {
                count += 1;
                label(count)
            });
            assert!(count > 3, "{count} texts were replaced");
            match draw("draw.document", &spec) {
                Drawn::Pictures(pages) => assert!(pages >= 1),
                Drawn::Refused(said) => panic!("{name}: {said}"),
            }
        }
    }
}
