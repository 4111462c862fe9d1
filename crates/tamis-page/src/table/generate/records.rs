//! Things with several quantities each, and results of experiments.

use tamis_core::rng::Rng;

use super::super::spec::{Align, Cell, RowRole};
use super::sheet::{Quantity, Sheet, between, some};
use super::words::{Property, Records, Words};

/// Rows of things, columns of properties, some under common headers.
pub(super) fn records(words: &Words, domain: &str, rng: &mut Rng) -> Option<Sheet> {
    let lists: Vec<&Records> = words.records.iter().filter(|r| r.domain == domain).collect();
    let list = *rng.pick(&lists)?;
    let mut sheet = Sheet::new(words, rng);
    sheet.draft.caption = list.caption.clone();
    let least = 2.min(list.columns.len());
    let columns = some(&list.columns, least + rng.below(list.columns.len() - least + 1), true, rng);
    let names = some(&list.names, (3 + rng.below(12)).min(list.names.len()), false, rng);
    sheet.stub(1);
    for property in &columns {
        let align = match property.values.is_empty() {
            true => Align::End,
            false => [Align::Start, Align::Center][rng.below(2)],
        };
        sheet.column(align, false, false);
    }
    let unit_row = rng.unit() < 0.2 && columns.iter().any(|p| !p.unit.is_empty());
    head(&mut sheet, &list.head, &columns, unit_row);
    for name in names {
        let row = sheet.row(RowRole::Body);
        sheet.text(row, 0, name.as_str());
        for (i, property) in columns.iter().enumerate() {
            property_cell(&mut sheet, row, 1 + i, property, rng);
        }
    }
    Some(sheet)
}

fn head(sheet: &mut Sheet, stub: &str, columns: &[&Property], unit_row: bool) {
    let grouped = columns.windows(2).any(|p| !p[0].group.is_empty() && p[0].group == p[1].group);
    let rows = 1 + usize::from(grouped) + usize::from(unit_row);
    (0..rows).for_each(|_| _ = sheet.row(RowRole::Head));
    sheet.put(Cell::new(0, 0, stub).spanning(rows, 1));
    let label = |p: &Property| match p.unit.is_empty() || unit_row {
        true => p.name.clone(),
        false => format!("{} ({})", p.name, p.unit),
    };
    let mut i = 0;
    while i < columns.len() {
        let group = &columns[i].group;
        let width = columns[i..].iter().take_while(|p| grouped && !group.is_empty() && p.group == *group).count();
        if width < 2 {
            sheet.put(Cell::new(0, 1 + i, label(columns[i])).spanning(rows - usize::from(unit_row), 1));
            i += 1;
            continue;
        }
        sheet.put(Cell::new(0, 1 + i, group.as_str()).spanning(1, width));
        for (k, property) in columns.iter().enumerate().skip(i).take(width) {
            sheet.text(1, 1 + k, label(property));
        }
        i += width;
    }
    if unit_row {
        for (i, property) in columns.iter().enumerate() {
            sheet.text(rows - 1, 1 + i, property.unit.as_str());
        }
    }
}

fn property_cell(sheet: &mut Sheet, row: usize, column: usize, property: &Property, rng: &mut Rng) {
    if !property.values.is_empty() {
        return sheet.text(row, column, property.values[rng.below(property.values.len())].clone());
    }
    let quantity = Quantity { unit: property.unit.clone(), decimals: property.decimals, additive: false };
    sheet.number(row, column, between(property.low, property.high, property.decimals, rng), &quantity);
}

const METHODS: &[&str] = &[
    "Baseline",
    "Linear probe",
    "ResNet-50",
    "ResNet-101",
    "ViT-B/16",
    "ViT-L/14",
    "Swin-T",
    "ConvNeXt-S",
    "LSTM",
    "GRU + attention",
    "BERT-base",
    "T5-small",
    "Random forest",
    "XGBoost",
    "SVM (RBF)",
    "k-NN",
    "Ours",
    "Ours (w/o aug.)",
    "Ours + pre-training",
    "Naive Bayes",
    "MLP-Mixer",
    "Perceiver",
    "DINO",
    "MAE",
];
const SETS: &[&str] =
    &["CIFAR-10", "SVHN", "MNIST-C", "DTD", "Pets", "Flowers", "Food", "SUN", "QA-dev", "QA-test", "News", "Reviews"];
const METRICS: &[&str] = &["Acc.", "F1", "mAP", "AUC", "Prec.", "Rec."];

/// Methods by data sets and metrics, as in papers: families with rows that span, a deviation after some values.
pub(super) fn benchmark(words: &Words, rng: &mut Rng) -> Option<Sheet> {
    let mut sheet = Sheet::new(words, rng);
    sheet.draft.caption = words.records.iter().find(|r| r.domain == "benchmark").map(|r| r.caption.clone())?;
    let sets = some(SETS, 2 + rng.below(3), false, rng);
    let metrics = some(METRICS, 1 + rng.below(3), true, rng);
    let families = rng.unit() < 0.4;
    sheet.stub(1 + usize::from(families));
    let stub = sheet.draft.stub;
    (0..sets.len() * metrics.len())
        .for_each(|_| _ = sheet.column([Align::End, Align::Center][usize::from(stub == 1)], false, false));
    let rows = 1 + usize::from(metrics.len() > 1);
    (0..rows).for_each(|_| _ = sheet.row(RowRole::Head));
    let heads = words.records.iter().find(|r| r.domain == "benchmark").map(|r| (r.head.clone(), r.names.clone()))?;
    sheet.put(Cell::new(0, stub - 1, heads.0).spanning(rows, 1));
    if families {
        sheet.put(Cell::new(0, 0, heads.1.first()?.as_str()).spanning(rows, 1));
    }
    for (i, set) in sets.iter().enumerate() {
        let first = stub + i * metrics.len();
        sheet.put(Cell::new(0, first, **set).spanning(1, metrics.len()));
        if rows == 2 {
            metrics.iter().enumerate().for_each(|(k, m)| sheet.text(1, first + k, **m));
        }
    }
    let methods = some(METHODS, 4 + rng.below(7), true, rng);
    let spread = metrics.len() * sets.len() < 7 && rng.unit() < 0.4;
    let mut left = 0;
    for (i, method) in methods.iter().enumerate() {
        let row = sheet.row(RowRole::Body);
        if families && left == 0 {
            left = (1 + rng.below(3)).min(methods.len() - i);
            let family = &heads.1[1 + rng.below(heads.1.len().max(2) - 1)];
            sheet.put(Cell::new(row, 0, family.as_str()).spanning(left, 1));
        }
        left = left.saturating_sub(1);
        sheet.text(row, stub - 1, **method);
        for column in 0..sets.len() * metrics.len() {
            score(&mut sheet, row, stub + column, i as f64 / methods.len() as f64, spread, rng);
        }
    }
    Some(sheet)
}

/// A score in percent that rises with the row; the number of a cell with a deviation is its mean.
fn score(sheet: &mut Sheet, row: usize, column: usize, progress: f64, spread: bool, rng: &mut Rng) {
    let quantity = Quantity { unit: "%".to_string(), decimals: 1, additive: false };
    let ticks = between(52.0 + 25.0 * progress, 70.0 + 27.0 * progress, 1, rng);
    sheet.number(row, column, ticks, &quantity);
    if let Some(cell) = sheet.draft.cells.last_mut().filter(|_| spread) {
        let deviation = sheet.writing.write(between(0.1, 1.9, 1, rng), 1);
        cell.text = format!("{} ± {deviation}", cell.text);
    }
}
