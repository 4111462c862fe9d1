//! A table under construction: numbers as whole ticks of their last decimal, so that sums are exact.

use tamis_core::rng::Rng;

use super::super::spec::{Align, Cell, ColumnSpec, Number, RowRole, TableDraft};
use super::words::Words;

/// What a column's or a row's numbers are.
#[derive(Clone, Debug, Default)]
pub(super) struct Quantity {
    pub unit: String,
    pub decimals: u8,
    pub additive: bool,
}

/// How numbers of one table are written.
#[derive(Clone, Debug)]
pub(super) struct Writing {
    decimal: String,
    thousands: String,
    minus: &'static str,
    /// Losses in brackets, as accountants write them.
    pub brackets: bool,
    digits: Option<char>,
}

impl Writing {
    pub(super) fn of(words: &Words, rng: &mut Rng) -> Writing {
        let bare = rng.unit() < 0.25;
        Writing {
            decimal: words.decimal.clone(),
            thousands: if bare { String::new() } else { words.thousands.clone() },
            minus: if rng.unit() < 0.5 { "−" } else { "-" },
            brackets: false,
            digits: words.zero.filter(|_| rng.unit() < 0.5),
        }
    }

    /// A number of `ticks * 10^-decimals`.
    pub(super) fn write(&self, ticks: i64, decimals: u8) -> String {
        let places = usize::from(decimals);
        let mut plain = format!("{:0>width$}", ticks.unsigned_abs(), width = places + 1);
        let fraction = plain.split_off(plain.len() - places);
        let grouped = self.grouped(&plain);
        let mut text = if places == 0 { grouped } else { format!("{grouped}{}{fraction}", self.decimal) };
        if let Some(zero) = self.digits {
            text = text
                .chars()
                .map(|c| c.to_digit(10).and_then(|d| char::from_u32(u32::from(zero) + d)).unwrap_or(c))
                .collect();
        }
        match (ticks < 0, self.brackets) {
            (true, true) => format!("({text})"),
            (true, false) => format!("{}{text}", self.minus),
            _ => text,
        }
    }

    fn grouped(&self, digits: &str) -> String {
        // Four digits are often left together; here they are where a thin space would part them.
        let spaced = self.thousands.contains(['\u{a0}', '\u{202f}']) && digits.len() < 5;
        if self.thousands.is_empty() || spaced {
            return digits.to_string();
        }
        let mut out = String::new();
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                out.push_str(&self.thousands);
            }
            out.push(digit);
        }
        out
    }
}

/// Rows, columns and cells as they come.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    pub draft: TableDraft,
    pub writing: Writing,
    /// Whether footnotes may be put to its cells.
    pub notes: bool,
}

impl Sheet {
    pub(super) fn new(words: &Words, rng: &mut Rng) -> Sheet {
        Sheet { draft: TableDraft::default(), writing: Writing::of(words, rng), notes: true }
    }

    /// Adds columns of texts (`stub` of them as row headers).
    pub(super) fn stub(&mut self, stub: usize) {
        self.draft.stub = stub;
        self.draft.columns.extend((0..stub).map(|_| ColumnSpec::default()));
    }

    pub(super) fn column(&mut self, align: Align, additive: bool, total: bool) -> usize {
        self.draft.columns.push(ColumnSpec { align, additive, total });
        self.draft.columns.len() - 1
    }

    pub(super) fn row(&mut self, role: RowRole) -> usize {
        self.draft.rows.push(role);
        self.draft.rows.len() - 1
    }

    pub(super) fn put(&mut self, cell: Cell) {
        self.draft.cells.push(cell);
    }

    pub(super) fn text(&mut self, row: usize, column: usize, text: impl Into<String>) {
        self.put(Cell::new(row, column, text));
    }

    pub(super) fn number(&mut self, row: usize, column: usize, ticks: i64, quantity: &Quantity) {
        let text = self.writing.write(ticks, quantity.decimals);
        self.put(Cell::new(row, column, text).with_number(number(ticks, quantity)));
    }

    /// A wide row that names what follows.
    pub(super) fn group(&mut self, name: &str) {
        let row = self.row(RowRole::Group);
        let width = self.draft.columns.len();
        self.put(Cell::new(row, 0, name).spanning(1, width));
    }

    pub(super) fn into_draft(self) -> TableDraft {
        self.draft
    }
}

/// `ticks * 10^-decimals`, as the nearest float.
pub(super) fn number(ticks: i64, quantity: &Quantity) -> Number {
    let value = format!("{ticks}e-{}", quantity.decimals).parse().unwrap_or(0.0);
    Number { value, decimals: quantity.decimals, unit: quantity.unit.clone() }
}

/// A number between two of one magnitude or several, in ticks.
pub(super) fn between(low: f64, high: f64, decimals: u8, rng: &mut Rng) -> i64 {
    let scale = 10f64.powi(i32::from(decimals));
    let value = if low > 0.0 && high / low > 20.0 { low * (high / low).powf(rng.unit()) } else { rng.range(low, high) };
    (value * scale).round() as i64
}

/// `count` of `items`, in the order of the list or shuffled.
pub(super) fn some<'a, T>(items: &'a [T], count: usize, keep_order: bool, rng: &mut Rng) -> Vec<&'a T> {
    let mut places: Vec<usize> = (0..items.len()).collect();
    rng.shuffle(&mut places);
    places.truncate(count);
    if keep_order {
        places.sort_unstable();
    }
    places.into_iter().map(|i| &items[i]).collect()
}
