//! Charts and tables of a user's own table, through the operators: a picture that can be read, or a clear refusal.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value as Json, json};
use tamis_core::bind::{Scope, Subrecipe, Surroundings};
use tamis_core::block::Block;
use tamis_core::model::RoleKind;
use tamis_core::operator::{Bound, Context, OperatorSpec, Transform, Verdict};
use tamis_core::source::{RowError, Source, SourceError, SourceItem, SourceRow};
use tamis_core::table::OwnTable;
use tamis_core::template::Constants;
use tamis_core::testing::{LocalHost, record};
use tamis_core::{Field, Name, Record, Schema, Type, Value};

/// A recipe with `tables: { own: any }`.
#[derive(Default)]
struct Recipe(BTreeMap<Name, RoleKind>, Constants, BTreeSet<Name>);

impl Surroundings for Recipe {
    fn read_file(&self, path: &str) -> Result<String, String> {
        Err(path.to_string())
    }

    fn roles(&self) -> &BTreeMap<Name, RoleKind> {
        &self.0
    }

    fn use_role(&self, _: &str) {}

    fn constants(&self) -> &Constants {
        &self.1
    }

    fn block(&self, _: &str, _: &str, _: &Schema) -> Option<(Block, Schema)> {
        None
    }

    fn recipe(&self, name: &str, _: &str, _: &[(String, Json)]) -> Result<Subrecipe, String> {
        Err(name.to_string())
    }

    fn own_tables(&self) -> &BTreeSet<Name> {
        &self.2
    }
}

/// Rows in memory; a row without cells cannot be read.
struct Memory {
    schema: Schema,
    rows: Vec<Vec<String>>,
}

impl Source for Memory {
    fn format(&self) -> &'static str {
        "memory"
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn len(&self) -> Option<u64> {
        Some(self.rows.len() as u64)
    }

    fn fingerprint(&self) -> String {
        String::new()
    }

    fn rows(&self, _: u64) -> Result<Box<dyn Iterator<Item = SourceItem> + Send + '_>, SourceError> {
        Ok(Box::new(self.rows.iter().enumerate().map(|(i, row)| {
            let key = i.to_string();
            if row.is_empty() {
                return Err(RowError { key, message: "expected 2 fields, found none".into() });
            }
            let fields = self.schema.names().cloned().zip(row.iter().map(|cell| Value::text(&**cell)));
            Ok(SourceRow { key, fields: fields.collect() })
        })))
    }
}

fn table(name: &str, header: &[&str], rows: Vec<Vec<String>>) -> OwnTable {
    let mut schema = Schema::new();
    header.iter().for_each(|column| schema.set(Name::from(*column), Field::new(Type::Text)));
    OwnTable { name: name.into(), source: Arc::new(Memory { schema, rows }) }
}

fn rows(count: usize, row: impl Fn(usize) -> Vec<String>) -> Vec<Vec<String>> {
    (0..count).map(row).collect()
}

/// The steps of a recipe, bound one behind the other.
fn steps(steps: &[(&str, Json)]) -> Vec<Box<dyn Transform>> {
    let recipe = Recipe(BTreeMap::new(), Constants::default(), BTreeSet::from([Name::from("own")]));
    let mut schema = Schema::new();
    let mut bound = Vec::new();
    for (name, config) in steps {
        let spec: &OperatorSpec = tamis_generate::REGISTRY.iter().find(|spec| spec.name == *name).unwrap();
        let mut scope = Scope::new(*name, schema, &recipe);
        let step = (spec.bind)(config, &mut scope);
        let (problems, _, _, after) = scope.finish();
        let Some(Bound::Transform(step)) = step else { panic!("{name}: {problems:?}") };
        bound.push(step);
        schema = after;
    }
    bound
}

fn charts() -> Vec<Box<dyn Transform>> {
    steps(&[
        ("make.chart", json!({ "own": "own", "into": "figure", "columns": "columns" })),
        ("draw.chart", json!({ "from": "figure", "into": "image", "elements": "elements", "view": "view" })),
        ("ask.chart", json!({ "from": "figure", "view": "view", "into": "questions", "wanted": { "least": 0 } })),
    ])
}

fn tables() -> Vec<Box<dyn Transform>> {
    steps(&[
        ("make.table", json!({ "own": "own", "into": "table" })),
        ("draw.table", json!({ "from": "table", "into": "image", "elements": "elements", "html": "html" })),
    ])
}

/// What becomes of so many records: those that came through, and the reasons of the others.
fn drawn(steps: &[Box<dyn Transform>], own: Vec<OwnTable>, records: u64) -> (Vec<Record>, BTreeMap<String, usize>) {
    let host = LocalHost::new(1).with_own("own", own);
    let (mut passed, mut reasons) = (Vec::new(), BTreeMap::new());
    'records: for i in 0..records {
        let mut record = record::<Name>(i, []);
        for (n, step) in steps.iter().enumerate() {
            let ctx = Context { host: &host, step: ["make", "draw", "ask"][n] };
            if let Verdict::Reject(reject) = step.apply(&mut record, &ctx).unwrap_or_else(|e| panic!("{e}")) {
                let details: Vec<String> = reject.values.iter().map(|(n, v)| format!("{n} {}", v.to_json())).collect();
                *reasons.entry(format!("{}: {}", reject.reason, details.join(", "))).or_default() += 1;
                continue 'records;
            }
        }
        passed.push(record);
    }
    (passed, reasons)
}

const RECORDS: u64 = 24;

/// Nearly every record has a picture that can be read, as a chart and as a table.
fn is_drawn(name: &str, header: &[&str], rows: Vec<Vec<String>>) {
    for (what, steps) in [("charts", charts()), ("tables", tables())] {
        let (passed, reasons) = drawn(&steps, vec![table(name, header, rows.clone())], RECORDS);
        assert!(passed.len() as u64 * 8 >= RECORDS * 7, "{name} as {what}: {} passed; {reasons:#?}", passed.len());
    }
}

/// Every record is rejected as a chart, for a reason that says this.
fn is_refused(name: &str, header: &[&str], rows: Vec<Vec<String>>, why: &str) {
    let (passed, reasons) = drawn(&charts(), vec![table(name, header, rows)], 3);
    assert!(passed.is_empty(), "{name}: {} passed", passed.len());
    assert!(reasons.len() == 1 && reasons.keys().all(|reason| reason.contains(why)), "{name}: {reasons:?}");
}

fn cells(cells: &[&str]) -> Vec<String> {
    cells.iter().map(ToString::to_string).collect()
}

fn sales(count: usize) -> OwnTable {
    let row = |i: usize| {
        let (region, product) = (["North", "South", "East", "West"][i % 4], ["Laptop", "Phone", "Tablet"][i % 3]);
        let day = format!("2022-{:02}-{:02}", i / 20 % 12 + 1, i % 28 + 1);
        let (units, revenue) = (3 + i * 7 % 50, 1000 + i * 7919 % 5000);
        cells(&[&(5000 + i).to_string(), &day, region, product, &units.to_string(), &format!("{revenue}.50")])
    };
    table("sales", &["Order id", "Date", "Region", "Product", "Units", "Revenue (USD)"], rows(count, row))
}

#[test]
fn a_table_of_sales_gives_many_charts_with_questions_and_says_what_it_took_the_columns_for() {
    let (passed, reasons) = drawn(&charts(), vec![sales(240)], 60);
    assert!(passed.len() > 50, "{reasons:#?}");
    let text = |record: &Record, path: [&str; 2]| {
        let figure = record.get("figure").unwrap().to_json();
        figure["charts"][0][path[0]].as_str().unwrap_or_default().to_string() + &figure["look"][path[1]].to_string()
    };
    let kinds: BTreeSet<String> = passed.iter().map(|r| text(r, ["kind", "-"])).collect();
    let titles: BTreeSet<String> = passed.iter().map(|r| text(r, ["title", "-"])).collect();
    let looks: BTreeSet<String> = passed.iter().map(|r| text(r, ["-", "name"])).collect();
    assert!(kinds.len() >= 10 && titles.len() >= 10 && looks.len() >= 10, "{kinds:?} {titles:?} {looks:?}");
    let asked = passed.iter().filter(|r| r.get("questions").unwrap().as_list().unwrap().len() >= 5).count();
    assert!(asked * 2 > passed.len(), "{asked} of {}", passed.len());
    let columns = passed[0].get("columns").unwrap().to_json();
    let roles: Vec<&str> = columns.as_array().unwrap().iter().map(|c| c["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["identifier", "time", "category", "category", "number", "number"]);
    assert_eq!(columns[1]["why"], "240 of 240 cells are dates");
    assert_eq!(columns[5]["why"], "240 of 240 cells are numbers, in USD; they may be summed");
    assert_eq!(passed[0].get("figure").unwrap().to_json()["scenario"]["source"]["rows"], 240);
}

#[test]
fn the_same_table_gives_the_same_charts_whichever_record_comes_first() {
    let one = |number: u64| {
        let host = LocalHost::new(1).with_own("own", vec![sales(900)]);
        let steps = charts();
        let mut figures = Vec::new();
        for i in [number, 3] {
            let mut record = record::<Name>(i, []);
            steps[0].apply(&mut record, &Context { host: &host, step: "make" }).unwrap();
            figures.push(record.get("figure").unwrap().to_json());
        }
        figures.pop()
    };
    assert_eq!(one(1), one(2));
}

#[test]
fn data_are_made_up_where_no_table_is_named_and_drawn_from_all_where_several_are() {
    let (passed, _) = drawn(&charts(), Vec::new(), 4);
    assert!(passed.iter().all(|r| r.get("columns").unwrap().as_list().unwrap().is_empty()) && passed.len() > 2);
    let named = |name: &str| OwnTable { name: name.into(), ..sales(60) };
    let (passed, _) = drawn(&charts(), vec![named("a"), named("b"), named("c")], 30);
    let source = |r: &Record| r.get("figure").unwrap().to_json()["scenario"]["source"]["table"].to_string();
    let from: BTreeSet<String> = passed.iter().map(source).collect();
    assert_eq!(from.len(), 3, "{from:?}");
}

#[test]
fn numbers_alone_and_names_alone_are_drawn() {
    is_drawn("one column", &["Weight (kg)"], rows(200, |i| vec![format!("{}.5", 50 + i * i % 41)]));
    let fruit = |i: usize| cells(&[["Apple", "Pear", "Plum", "Fig"][i * i % 7 % 4], ["red", "green"][i % 2]]);
    is_drawn("no numbers", &["Fruit", "Colour"], rows(80, fruit));
}

#[test]
fn cells_of_several_types_are_drawn() {
    let amount = |i: usize| match i % 5 {
        0 => "many".to_string(),
        1 => String::new(),
        2 => format!("${i}"),
        3 => format!("{i} apples"),
        _ => i.to_string(),
    };
    is_drawn("mixed", &["Name", "Amount"], rows(60, |i| vec![format!("n{}", i % 7), amount(i)]));
    let odd = |i: usize| ["NaN", "inf", "-Infinity", "1e999", "4.5", "7.25", "9", "11"][i % 8].to_string();
    is_drawn("NaN and infinities", &["Station", "Level"], rows(32, |i| vec![format!("s{}", i % 8 + i / 16), odd(i)]));
}

#[test]
fn many_long_and_foreign_labels_are_drawn() {
    is_drawn(
        "400 categories",
        &["Product", "Sales"],
        rows(400, |i| vec![format!("Product {i}"), (9000 - i * 7).to_string()]),
    );
    let long = |i: usize| vec![format!("{i} {}", "long label ".repeat(27)), (i * 10 + 5).to_string()];
    is_drawn("labels of 300 characters", &["Question", "Votes"], rows(8, long));
    let unbroken = |i: usize| vec![char::from(b'a' + i as u8).to_string().repeat(300), (i * 10 + 5).to_string()];
    is_drawn("labels without a space", &["Key", "Votes"], rows(6, unbroken));
    let arabic = |i: usize| vec![["القاهرة", "بغداد", "الرياض", "دمشق"][i].to_string(), (21 - i * 5).to_string()];
    is_drawn("Arabic", &["المدينة", "عدد السكان"], rows(4, arabic));
    let hebrew = |i: usize| vec![["ירושלים", "תל אביב", "חיפה"][i].to_string(), (970 - i * 300).to_string()];
    is_drawn("Hebrew", &["עיר", "תושבים"], rows(3, hebrew));
    let emoji =
        |i: usize| vec![["👩‍👩‍👧 family", "🇩🇪 Germany", "😀😀😀", "❤️ love"][i].to_string(), (30 - i * 7).to_string()];
    is_drawn("emoji", &["Mood 😀", "Answers"], rows(4, emoji));
    let east = |i: usize| vec![["北京", "広島", "서울", "上海"][i].to_string(), (30 + i * 9).to_string()];
    is_drawn("Chinese, Japanese and Korean", &["城市", "人口（万人）"], rows(4, east));
}

#[test]
fn extreme_numbers_are_drawn() {
    is_drawn("one value", &["City", "Value"], rows(30, |i| vec![format!("City {}", i % 3), "5".into()]));
    is_drawn("zeros", &["City", "Value"], rows(5, |i| vec![format!("City {i}"), "0".into()]));
    is_drawn(
        "negative",
        &["City", "Profit (USD)"],
        rows(6, |i| vec![format!("City {i}"), (150 - 100 * i as i64).to_string()]),
    );
    is_drawn("huge", &["City", "Value"], rows(6, |i| vec![format!("City {i}"), format!("1{}", "0".repeat(i + 8))]));
}

#[test]
fn what_nothing_can_be_drawn_from_is_refused_clearly() {
    is_refused("header only", &["a", "b"], Vec::new(), "expected at least one row under the header, found none");
    let id = |i: usize| vec![i.to_string(), format!("abc-{i:06}")];
    is_refused("identifiers", &["id", "uuid"], rows(60, id), "found only identifiers and empty columns");
    is_refused("empty", &["a", "b"], rows(9, |_| cells(&["", "n/a"])), "found only identifiers and empty columns");
    let broken = rows(300, |_| Vec::new());
    is_refused("broken", &["a", "b"], broken, "more than 100 rows cannot be read; the last: 100: expected 2 fields");
}

#[test]
fn a_few_rows_that_cannot_be_read_cost_nothing_else() {
    let mut broken = rows(50, |i| vec![["x", "y", "z"][i % 3].to_string(), i.to_string()]);
    broken[7].clear();
    is_drawn("a broken row", &["a", "b"], broken);
}

#[test]
fn a_table_of_many_columns_is_drawn() {
    let names: Vec<String> = (0..1500).map(|i| format!("m{i}")).collect();
    let header: Vec<&str> = names.iter().map(String::as_str).collect();
    is_drawn("wide", &header, rows(30, |i| (0..1500).map(|c| (i * 31 + c * 17).rem_euclid(97).to_string()).collect()));
}

#[test]
fn a_table_that_the_recipe_does_not_declare_is_told() {
    let recipe = Recipe::default();
    let spec = tamis_generate::REGISTRY.iter().find(|spec| spec.name == "make.chart").unwrap();
    let mut scope = Scope::new("make.chart", Schema::new(), &recipe);
    assert!((spec.bind)(&json!({ "own": "sales" }), &mut scope).is_none());
    assert!(scope.finish().0[0].message.contains("no table of any columns is called `sales`"));
}
