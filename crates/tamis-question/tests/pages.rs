//! Questions of tables, forms, pages and formulas.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use std::collections::BTreeSet;

use tamis_page::table::{Cell, ColumnSpec, Number, RowRole, TableDraft, TableSpec, sample_table};
use tamis_question::world::{Block, FormField, PageText, View, World};
use tamis_question::{Ask, Question, QuestionType, Template, ask_world};

fn ask_all(world: &World) -> Vec<Question> {
    let kinds = ["invoice", "letter", "report", "form"].map(str::to_owned).to_vec();
    let wanted = Ask { count: 60, choice: 0.5, document_kinds: kinds, ..Ask::default() };
    (0..10).flat_map(|seed| ask_world(world, &View::default(), &wanted, &mut common::rng(seed)).questions).collect()
}

/// Cities with visitors in two years, and their sum.
fn visitors() -> TableSpec {
    let number = |row: usize, column: usize, value: f64| {
        Cell::new(row, column, format!("{value}")).with_number(Number { value, decimals: 0, unit: String::new() })
    };
    let mut cells = vec![Cell::new(0, 0, "City"), Cell::new(0, 1, "2023"), Cell::new(0, 2, "2024")];
    for (row, (name, a, b)) in
        [("Oslo", 12.0, 15.0), ("Rome", 40.0, 38.0), ("Lima", 7.0, 19.0), ("Total", 59.0, 72.0)].into_iter().enumerate()
    {
        cells.extend([Cell::new(row + 1, 0, name), number(row + 1, 1, a), number(row + 1, 2, b)]);
    }
    let column = |additive| ColumnSpec { additive, ..ColumnSpec::default() };
    TableSpec::new(TableDraft {
        caption: "Visitors by city".into(),
        source: "City councils".into(),
        rows: vec![RowRole::Head, RowRole::Body, RowRole::Body, RowRole::Body, RowRole::Total],
        columns: vec![column(false), column(true), column(true)],
        stub: 1,
        cells,
        ..TableDraft::default()
    })
    .unwrap()
}

fn answer<'a>(questions: &'a [Question], template: &str, slots: &[(&str, &str)]) -> &'a Question {
    let fits = |q: &&Question| q.template == template && slots.iter().all(|(k, v)| q.slots[*k] == *v);
    questions.iter().find(fits).unwrap_or_else(|| panic!("{template} {slots:?} is not asked"))
}

#[test]
fn a_table_is_looked_up_located_and_summed_without_its_totals() {
    let questions = ask_all(&World::of_table(&visitors(), ""));
    let cell = answer(&questions, "table.lookup", &[("cell_row", "Rome"), ("cell_column", "2024")]);
    assert_eq!((cell.answer.as_str(), cell.elements.as_slice()), ("38", ["table/cell/2.2".to_owned()].as_slice()));
    assert_eq!(answer(&questions, "table.sum", &[("series", "2024")]).answer, "72");
    assert_eq!(answer(&questions, "table.mean", &[("series", "2023")]).answer, "19.7");
    assert_eq!(answer(&questions, "table.highest", &[("series", "2024")]).answer, "Rome");
    assert_eq!(answer(&questions, "table.locate", &[("cell_text", "19")]).answer, "Lima, 2024");
    assert_eq!(answer(&questions, "table.order", &[("series", "2024")]).answer, "Rome, Lima, Oslo");
    assert_eq!(answer(&questions, "table.rows", &[]).answer, "3");
    assert!(answer(&questions, "table.html", &[]).answer.contains("<table"));
}

#[test]
fn every_template_for_tables_and_pages_is_asked() {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut rng = common::rng(5);
    for _ in 0..60 {
        let spec = sample_table(None, Some("en"), &mut rng).unwrap();
        seen.extend(ask_all(&World::of_table(&spec, "")).into_iter().map(|q| q.template));
    }
    seen.extend(ask_all(&World::of_page(page())).into_iter().map(|q| q.template));
    seen.extend(ask_all(&World::of_formula("x^2", "formula")).into_iter().map(|q| q.template));
    let wanted = |t: &&Template| t.page || t.over == ["table"] || t.over == ["formula"];
    let unseen: Vec<&str> =
        Template::all().iter().filter(wanted).map(|t| t.id.as_str()).filter(|id| !seen.contains(*id)).collect();
    assert!(unseen.is_empty(), "{unseen:?}");
}

fn page() -> PageText {
    let block = |role: &str, text: &str, i: usize| Block {
        role: role.into(),
        text: text.into(),
        element: format!("block/{i}"),
    };
    let field = |key: &str, value: &str, i: usize| FormField {
        key: key.into(),
        value: value.into(),
        element: format!("field/{i}"),
    };
    PageText {
        title: Some(("Annual report".into(), "block/0".into())),
        kind: "report".into(),
        blocks: vec![
            block("title", "Annual report", 0),
            block("section heading", "Sales", 1),
            block("paragraph", "Sales rose in all regions.", 2),
            block("section heading", "Outlook", 3),
            block("paragraph", "We expect more of the same.", 4),
            block("section heading", "Contact", 5),
            block("paragraph", "Write to us.", 6),
        ],
        fields: vec![
            field("Number", "2024-118", 0),
            field("Date", "3 May 2024", 1),
            field("Name", "Ada", 2),
            field("Signed by", "", 3),
        ],
        markdown: Some("# Annual report".into()),
    }
}

#[test]
fn a_page_is_read_in_order_and_its_fields_by_key() {
    let questions = ask_all(&World::of_page(page()));
    let after = answer(&questions, "page.after", &[("heading", "Outlook")]);
    assert_eq!(after.answer, "We expect more of the same.");
    assert_eq!(answer(&questions, "page.headings", &[]).answer, "Sales, Outlook, Contact");
    let name = answer(&questions, "form.field", &[("field", "Name")]);
    assert_eq!((name.answer.as_str(), name.elements.as_slice()), ("Ada", ["field/2".to_owned()].as_slice()));
    assert_eq!(answer(&questions, "form.field", &[("field", "Signed by")]).answer, "Not Applicable");
    assert!(questions.iter().all(|q| q.kind_of != QuestionType::Comparison));
}

#[test]
fn a_formula_is_read_as_latex() {
    let questions = ask_all(&World::of_formula("\\frac{1}{2}", "formula"));
    assert!(!questions.is_empty());
    assert!(questions.iter().all(|q| q.answer == "\\frac{1}{2}" && q.template == "formula.latex"));
}

#[test]
fn generated_tables_of_all_languages_are_asked_about() {
    let mut rng = common::rng(9);
    for _ in 0..40 {
        let spec = sample_table(None, None, &mut rng).unwrap();
        let world = World::of_table(&spec, "");
        let asked = ask_world(&world, &View::default(), &Ask { count: 20, choice: 0.5, ..Ask::default() }, &mut rng);
        assert!(asked.questions.len() >= 5, "{:?} {}", asked, spec.draft().caption);
    }
}

#[test]
fn nothing_is_asked_of_nothing() {
    assert!(ask_all(&World::default()).is_empty());
}
