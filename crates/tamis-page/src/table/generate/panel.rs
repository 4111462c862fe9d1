//! One quantity over places and times, and shares of answers by groups of people.

use tamis_core::rng::Rng;

use super::super::spec::{Align, Cell, RowRole};
use super::sheet::{Quantity, Sheet, between, some};
use super::words::{Group, Topic, Words};

/// What the columns of a panel are.
enum Times {
    Years(Vec<i64>),
    /// Years over quarters.
    Quarters(Vec<i64>),
    Months(i64, Vec<usize>),
}

/// Places by times, with groups, totals and a change column as it comes.
pub(super) fn panel(words: &Words, domain: &str, rng: &mut Rng) -> Option<Sheet> {
    let topics: Vec<&Topic> = words.topics.iter().filter(|t| t.domain == domain).collect();
    let topic = *rng.pick(&topics)?;
    let mut sheet = Sheet::new(words, rng);
    let quantity = Quantity { unit: topic.unit.clone(), decimals: topic.decimals, additive: topic.additive };
    sheet.draft.caption = topic.caption.clone();
    sheet.draft.subtitle = if topic.unit.is_empty() || rng.unit() < 0.2 {
        String::new()
    } else {
        words.in_unit.replace("{}", &topic.unit)
    };
    let times = times(rng);
    let with_total = topic.additive && rng.unit() < 0.4;
    let change = !with_total && matches!(times, Times::Years(_)) && rng.unit() < 0.3;
    sheet.stub(1);
    let last = head(&mut sheet, words, &times, &quantity, with_total, change);
    let groups = groups(&words.places, rng);
    let grouped = groups.len() > 1 && rng.unit() < 0.6;
    let mut sums = vec![0i64; last];
    let gaps = !topic.additive && rng.unit() < 0.3;
    for (name, members) in &groups {
        if grouped {
            sheet.group(name);
        }
        let mut part = vec![0i64; last];
        for member in members {
            let row = sheet.row(RowRole::Body);
            sheet.text(row, 0, member.as_str());
            let values = series(topic, last, rng);
            for (column, value) in values.iter().enumerate() {
                part[column] += value;
                if gaps && rng.unit() < 0.04 {
                    sheet.text(row, 1 + column, words.missing[rng.below(words.missing.len())].clone());
                } else {
                    sheet.number(row, 1 + column, *value, &quantity);
                }
            }
            close_row(&mut sheet, row, &values, with_total, change, &quantity);
        }
        if grouped && topic.additive && members.len() > 1 {
            sum_row(&mut sheet, RowRole::Subtotal, &format!("{} {name}", words.total), &part, with_total, &quantity);
        }
        sums.iter_mut().zip(&part).for_each(|(s, p)| *s += p);
    }
    if topic.additive && !change && rng.unit() < 0.7 {
        sum_row(&mut sheet, RowRole::Total, &words.total, &sums, with_total, &quantity);
    }
    // Sums over incomplete rows would be wrong for a reader: change columns have no totals to stand in.
    Some(sheet).filter(|s| !(change && s.draft.rows.contains(&RowRole::Subtotal)))
}

fn times(rng: &mut Rng) -> Times {
    let first = 1995 + rng.below(24) as i64;
    match rng.weighted(&[6.0, 3.0, 2.0]) {
        0 => {
            let (count, step) = (3 + rng.below(7) as i64, [1, 1, 1, 2, 5][rng.below(5)]);
            Times::Years((0..count).map(|i| first + i * step).take_while(|y| *y < 2026).collect())
        }
        1 => Times::Quarters((0..2 + rng.below(2) as i64).map(|i| first + i).collect()),
        _ => {
            let (from, count) = (rng.below(7), 4 + rng.below(3));
            let all = rng.unit() < 0.3;
            Times::Months(first, if all { (0..12).collect() } else { (from..(from + count).min(12)).collect() })
        }
    }
}

/// Writes the head; how many columns of values there are.
fn head(sheet: &mut Sheet, words: &Words, times: &Times, quantity: &Quantity, total: bool, change: bool) -> usize {
    let labels: Vec<String> = match times {
        Times::Years(years) => years.iter().map(i64::to_string).collect(),
        Times::Quarters(years) => {
            years.iter().flat_map(|_| (1..=4).map(|q| words.quarter.replace("{}", &q.to_string()))).collect()
        }
        Times::Months(_, months) => months.iter().map(|m| words.months[*m].clone()).collect(),
    };
    let extra = usize::from(total) + usize::from(change);
    for _ in &labels {
        sheet.column(Align::End, quantity.additive, false);
    }
    (0..extra).for_each(|_| _ = sheet.column(Align::End, quantity.additive && total, total));
    let outer: Vec<(String, usize)> = match times {
        Times::Years(_) => Vec::new(),
        Times::Quarters(years) => years.iter().map(|y| (y.to_string(), 4)).collect(),
        Times::Months(year, months) => vec![(year.to_string(), months.len())],
    };
    let rows = 1 + usize::from(!outer.is_empty());
    (0..rows).for_each(|_| _ = sheet.row(RowRole::Head));
    sheet.put(Cell::new(0, 0, words.place.as_str()).spanning(rows, 1));
    let mut column = 1;
    for (label, width) in outer {
        sheet.put(Cell::new(0, column, label).spanning(1, width));
        column += width;
    }
    for (i, label) in labels.iter().enumerate() {
        sheet.text(rows - 1, 1 + i, label.as_str());
    }
    let end = 1 + labels.len();
    if total {
        sheet.put(Cell::new(0, end, words.total.as_str()).spanning(rows, 1));
    }
    if change {
        sheet.put(Cell::new(0, end, words.change.as_str()).spanning(rows, 1));
    }
    labels.len()
}

/// A level, a trend and noise, in ticks; shares stay below 100.
fn series(topic: &Topic, count: usize, rng: &mut Rng) -> Vec<i64> {
    let start = between(topic.low, topic.high, topic.decimals, rng) as f64;
    let trend = rng.range(-0.05, 0.08);
    let limit = if topic.unit == "%" { 100.0 * 10f64.powi(i32::from(topic.decimals)) } else { f64::INFINITY };
    (0..count)
        .map(|i| (start * (1.0 + trend * i as f64) * (1.0 + rng.range(-0.06, 0.06))).min(limit * 0.98).round() as i64)
        .collect()
}

fn close_row(sheet: &mut Sheet, row: usize, values: &[i64], total: bool, change: bool, quantity: &Quantity) {
    let column = 1 + values.len();
    if total {
        sheet.number(row, column, values.iter().sum(), quantity);
    }
    if change {
        let (first, last) = (values[0] as f64, values[values.len() - 1] as f64);
        let percent = Quantity { unit: "%".to_string(), decimals: 1, additive: false };
        let ticks = if first == 0.0 { 0.0 } else { ((last / first - 1.0) * 1000.0).round() };
        sheet.number(row, column, ticks as i64, &percent);
    }
}

fn sum_row(sheet: &mut Sheet, role: RowRole, label: &str, sums: &[i64], total: bool, quantity: &Quantity) {
    let row = sheet.row(role);
    sheet.text(row, 0, label);
    for (i, sum) in sums.iter().enumerate() {
        sheet.number(row, 1 + i, *sum, quantity);
    }
    close_row(sheet, row, sums, total, false, quantity);
}

/// Groups of places with some of their members, 3 to 13 in all.
fn groups<'a>(places: &'a [Group], rng: &mut Rng) -> Vec<(&'a str, Vec<&'a String>)> {
    let count = 1 + rng.below(places.len().min(4));
    let each = (13 / count).max(3);
    some(places, count, true, rng)
        .into_iter()
        .map(|g| {
            let least = if count == 1 { 3 } else { 2 };
            let size = least + rng.below(each.min(g.members.len()).saturating_sub(least) + 1);
            (g.name.as_str(), some(&g.members, size, false, rng))
        })
        .collect()
}

/// Shares of answers (rows) by groups of people (columns under properties), each column 100.
pub(super) fn survey(words: &Words, rng: &mut Rng) -> Option<Sheet> {
    let survey = &words.survey;
    let mut sheet = Sheet::new(words, rng);
    let percent = Quantity { unit: "%".to_string(), decimals: u8::from(rng.unit() < 0.4), additive: true };
    let which = rng.below(survey.answers.len());
    let answers = &survey.answers[which];
    sheet.draft.caption = survey.captions.get(which).or(survey.captions.first())?.clone();
    sheet.draft.subtitle = words.in_unit.replace("{}", "%");
    let count = 1 + rng.below(survey.groups.len().min(3));
    let groups = some(&survey.groups, count, true, rng);
    sheet.stub(1);
    sheet.column(Align::End, true, true);
    for _ in groups.iter().flat_map(|g| &g.members) {
        sheet.column(Align::End, true, false);
    }
    sheet.row(RowRole::Head);
    sheet.row(RowRole::Head);
    sheet.put(Cell::new(0, 0, survey.head.as_str()).spanning(2, 1));
    sheet.put(Cell::new(0, 1, words.total.as_str()).spanning(2, 1));
    let mut column = 2;
    for group in &groups {
        sheet.put(Cell::new(0, column, group.name.as_str()).spanning(1, group.members.len()));
        for member in &group.members {
            sheet.text(1, column, member.as_str());
            column += 1;
        }
    }
    let mut shares: Vec<Vec<i64>> = (2..column).map(|_| shares(answers.len(), percent.decimals, rng)).collect();
    shares.insert(0, middle(&shares));
    for (i, answer) in answers.iter().enumerate() {
        let row = sheet.row(RowRole::Body);
        sheet.text(row, 0, answer.as_str());
        for (c, share) in shares.iter().enumerate() {
            sheet.number(row, 1 + c, share[i], &percent);
        }
    }
    if rng.unit() < 0.6 {
        let row = sheet.row(RowRole::Total);
        sheet.text(row, 0, words.total.as_str());
        for (c, share) in shares.iter().enumerate() {
            sheet.number(row, 1 + c, share.iter().sum(), &percent);
        }
    }
    Some(sheet)
}

/// The mean of several lists of parts, with the same sum: what rounding leaves goes to the largest part.
fn middle(lists: &[Vec<i64>]) -> Vec<i64> {
    let count = lists.len() as i64;
    let mut parts: Vec<i64> = (0..lists[0].len()).map(|i| lists.iter().map(|l| l[i]).sum::<i64>() / count).collect();
    let left = lists[0].iter().sum::<i64>() - parts.iter().sum::<i64>();
    if let Some(largest) = parts.iter_mut().max() {
        *largest += left;
    }
    parts
}

/// Parts of 100 in ticks that add up.
fn shares(count: usize, decimals: u8, rng: &mut Rng) -> Vec<i64> {
    let whole = 100 * 10i64.pow(u32::from(decimals));
    let weights: Vec<f64> = (0..count).map(|_| rng.range(0.2, 1.6)).collect();
    let sum: f64 = weights.iter().sum();
    let mut parts: Vec<i64> = weights.iter().map(|w| (w / sum * whole as f64).floor() as i64).collect();
    let left = whole - parts.iter().sum::<i64>();
    parts[rng.below(count)] += left;
    parts
}
