//! Statements of accounts, price lists, bank statements.

use tamis_core::rng::Rng;

use super::super::spec::{Align, Cell, RowRole};
use super::sheet::{Quantity, Sheet, between, some};
use super::words::Words;

/// Groups of items over years, each group with its sum, and the result.
pub(super) fn statement(words: &Words, rng: &mut Rng) -> Option<Sheet> {
    let kind = rng.pick(&words.statements)?;
    let mut sheet = Sheet::new(words, rng);
    sheet.writing.brackets = rng.unit() < 0.5;
    sheet.draft.caption = kind.caption.clone();
    sheet.draft.subtitle = words.in_unit.replace("{}", &kind.unit);
    let quantity = Quantity { unit: kind.unit.clone(), decimals: u8::from(rng.unit() < 0.3), additive: true };
    let years: Vec<i64> = {
        let last = 2008 + rng.below(17) as i64;
        (0..2 + rng.below(4) as i64).map(|i| last - i).collect()
    };
    sheet.stub(1);
    years.iter().for_each(|_| _ = sheet.column(Align::End, true, false));
    let row = sheet.row(RowRole::Head);
    sheet.text(row, 0, kind.head.as_str());
    for (i, year) in years.iter().enumerate() {
        sheet.text(row, 1 + i, year.to_string());
    }
    let mut result = vec![0i64; years.len()];
    for (g, group) in kind.groups.iter().enumerate() {
        let count = (2 + rng.below(3)).min(group.members.len());
        let items = some(&group.members, count, true, rng);
        sheet.group(&group.name);
        let mut sums = vec![0i64; years.len()];
        let size = if g == 0 { (900.0, 9000.0) } else { (120.0, 2400.0) };
        for item in items {
            let row = sheet.row(RowRole::Body);
            sheet.text(row, 0, item.as_str());
            let level = between(size.0, size.1, quantity.decimals, rng) as f64;
            for (i, sum) in sums.iter_mut().enumerate() {
                let value = (level * (1.0 - 0.04 * i as f64) * rng.range(0.9, 1.1)).round() as i64;
                let sign = if kind.balance || g == 0 { 1 } else { -1 };
                *sum += sign * value;
                sheet.number(row, 1 + i, sign * value, &quantity);
            }
        }
        let row = sheet.row(RowRole::Subtotal);
        sheet.text(row, 0, kind.group_total.replace("{}", &group.name));
        for (i, sum) in sums.iter().enumerate() {
            sheet.number(row, 1 + i, *sum, &quantity);
            result[i] += sum;
        }
    }
    let row = sheet.row(RowRole::Total);
    sheet.text(row, 0, kind.result.as_str());
    for (i, sum) in result.iter().enumerate() {
        sheet.number(row, 1 + i, *sum, &quantity);
    }
    Some(sheet)
}

/// Categories that span their items, with one price column or several.
pub(super) fn prices(words: &Words, rng: &mut Rng) -> Option<Sheet> {
    let list = rng.pick(&words.prices)?;
    let mut sheet = Sheet::new(words, rng);
    sheet.draft.caption = list.caption.clone();
    let symbol = rng.unit() < 0.5;
    if !symbol {
        sheet.draft.subtitle = words.in_unit.replace("{}", &list.unit);
    }
    let quantity = Quantity { unit: list.unit.clone(), decimals: list.decimals, additive: false };
    sheet.stub(2);
    let columns = some(&list.columns, 1 + rng.below(list.columns.len()), true, rng);
    columns.iter().for_each(|_| _ = sheet.column(Align::End, false, false));
    let row = sheet.row(RowRole::Head);
    sheet.text(row, 0, list.category.as_str());
    sheet.text(row, 1, list.item.as_str());
    columns.iter().enumerate().for_each(|(i, c)| sheet.text(row, 2 + i, c.as_str()));
    let places: Vec<usize> = (0..list.groups.len()).collect();
    for place in some(&places, (2 + rng.below(3)).min(places.len()), true, rng) {
        let group = &list.groups[*place];
        let scale = list.scales.get(*place).copied().unwrap_or(1.0);
        let items = some(&group.members, (1 + rng.below(5)).min(group.members.len()), true, rng);
        for (k, item) in items.iter().enumerate() {
            let row = sheet.row(RowRole::Body);
            if k == 0 {
                sheet.put(Cell::new(row, 0, group.name.as_str()).spanning(items.len(), 1));
            }
            sheet.text(row, 1, item.as_str());
            let middle = (list.low * list.high).sqrt() * scale;
            let base = between(middle / 1.7, middle * 1.7, 0, rng).max(1) * 10i64.pow(u32::from(list.decimals));
            for i in 0..columns.len() {
                let ends = [0, 50, 90, 95, 99][rng.below(5)] * i64::from(list.decimals == 2);
                let ticks = base + base * i as i64 / 3 / 100 * 100 + ends;
                sheet.number(row, 2 + i, ticks, &quantity);
                if let Some(cell) = sheet.draft.cells.last_mut().filter(|_| symbol) {
                    cell.text = with_symbol(&cell.text, &list.unit);
                }
            }
        }
    }
    Some(sheet)
}

fn with_symbol(number: &str, unit: &str) -> String {
    match unit {
        "USD" => format!("${number}"),
        "GBP" => format!("£{number}"),
        "EUR" => format!("{number} €"),
        "CNY" | "JPY" | "元" | "円" => format!("¥{number}"),
        "INR" => format!("₹{number}"),
        other => format!("{number} {other}"),
    }
}

/// Dated entries with a running balance.
pub(super) fn bank(words: &Words, rng: &mut Rng) -> Option<Sheet> {
    let bank = &words.bank;
    let mut sheet = Sheet::new(words, rng);
    sheet.notes = false;
    sheet.draft.caption = bank.caption.clone();
    if rng.unit() < 0.5 {
        sheet.draft.subtitle = words.in_unit.replace("{}", &bank.unit);
    }
    let quantity = Quantity { unit: bank.unit.clone(), decimals: 2, additive: true };
    let still = Quantity { additive: false, ..quantity.clone() };
    sheet.stub(2);
    sheet.column(Align::End, true, false);
    sheet.column(Align::End, true, false);
    sheet.column(Align::End, false, false);
    let row = sheet.row(RowRole::Head);
    for (i, head) in [&bank.date, &bank.details, &bank.out, &bank.into, &bank.balance].into_iter().enumerate() {
        sheet.text(row, i, head.as_str());
    }
    let (month, year) = (1 + rng.below(12), 2016 + rng.below(10));
    let mut day = 1;
    let mut balance = between(400.0, 9000.0, 2, rng);
    dated(&mut sheet, &bank.day, [day, month, year], &bank.opening, [None, None, Some(balance)], &still);
    for _ in 0..4 + rng.below(10) {
        day = (day + rng.below(4)).min(28);
        if rng.unit() < 0.25 {
            let amount = between(150.0, 3800.0, 2, rng);
            balance += amount;
            let text = &bank.income[rng.below(bank.income.len())];
            dated(&mut sheet, &bank.day, [day, month, year], text, [None, Some(amount), Some(balance)], &quantity);
        } else {
            let amount = between(4.0, 900.0, 2, rng).min(balance - 100);
            if amount <= 0 {
                continue;
            }
            balance -= amount;
            let text = &bank.spending[rng.below(bank.spending.len())];
            dated(&mut sheet, &bank.day, [day, month, year], text, [Some(amount), None, Some(balance)], &quantity);
        }
    }
    dated(&mut sheet, &bank.day, [28, month, year], &bank.closing, [None, None, Some(balance)], &still);
    Some(sheet)
}

fn dated(sheet: &mut Sheet, form: &str, date: [usize; 3], text: &str, amounts: [Option<i64>; 3], quantity: &Quantity) {
    let row = sheet.row(RowRole::Body);
    let day = form
        .replace("{d}", &format!("{:02}", date[0]))
        .replace("{m}", &format!("{:02}", date[1]))
        .replace("{y}", &date[2].to_string());
    sheet.text(row, 0, day);
    sheet.text(row, 1, text);
    for (i, amount) in amounts.into_iter().enumerate() {
        match amount {
            Some(ticks) => sheet.number(row, 2 + i, ticks, quantity),
            None => sheet.text(row, 2 + i, ""),
        }
    }
}
