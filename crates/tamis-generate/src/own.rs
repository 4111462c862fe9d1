//! Tables of a user's own: which of them a record is drawn from, read once and kept.

use std::sync::{Arc, OnceLock};

use tamis_core::bind::Scope;
use tamis_core::error::did_you_mean;
use tamis_core::operator::Reject;
use tamis_core::operator::{Context, Verdict};
use tamis_core::rng::Rng;
use tamis_core::table::OwnTable;
use tamis_core::{Name, RecordId, Value};

/// A recipe's tables of any columns, each as what a step makes of it.
pub(crate) struct Own<T> {
    name: Name,
    read: OnceLock<Vec<Slot<T>>>,
}

/// What became of a table when it was first read: that of every later look.
type Slot<T> = OnceLock<Result<Arc<T>, String>>;

/// The rows of a table as raw cells, as they come.
pub(crate) struct Rows<'a> {
    /// What it is called.
    pub name: &'a str,
    pub header: Vec<String>,
    pub rows: Box<dyn Iterator<Item = Result<Vec<String>, String>> + 'a>,
}

impl<T> Own<T> {
    /// The table of this name, if the recipe takes any columns there; told if not.
    pub(crate) fn bind(scope: &mut Scope<'_>, at: &str, name: &str) -> Option<Own<T>> {
        let tables = scope.surroundings().own_tables();
        if let Some(name) = tables.get(name) {
            return Some(Own { name: name.clone(), read: OnceLock::new() });
        }
        let hint = did_you_mean(name, tables.iter().map(|name| &**name));
        let help = format!("declare it at the top: `tables: {{ {name}: any }}`");
        scope.problem_with_help(at, format!("no table of any columns is called `{name}`{hint}"), help);
        None
    }

    /// One of the tables that the run names, each as likely; `None` where it names none. A table that cannot be read
    /// rejects the record, with the reason that `read` gave.
    pub(crate) fn draw(
        &self,
        ctx: &Context<'_>,
        rng: &mut Rng,
        read: impl Fn(Rows<'_>, &mut Rng) -> Result<T, String>,
    ) -> Option<Result<Arc<T>, Verdict>> {
        let tables = ctx.host.own_tables(&self.name);
        if tables.is_empty() {
            return None;
        }
        let slots = self.read.get_or_init(|| tables.iter().map(|_| OnceLock::new()).collect());
        let at = rng.below(tables.len());
        let (slot, table) = (slots.get(at)?, tables.get(at)?);
        let found = slot.get_or_init(|| {
            // The sample of its rows belongs to the table, not to the record that came first.
            let id = RecordId::input(&table.name);
            let mut rng = Rng::keyed(ctx.host.seed(), id, "own table", &[]);
            rows_of(table).and_then(|rows| read(rows, &mut rng)).map(Arc::new)
        });
        Some(match found {
            Ok(read) => Ok(read.clone()),
            Err(error) => {
                let values = [("table", Value::text(&*table.name)), ("error", Value::text(&**error))];
                Err(Reject::because(format!("nothing can be drawn from the table: {error}"), values))
            }
        })
    }
}

fn rows_of(table: &OwnTable) -> Result<Rows<'_>, String> {
    let names: Vec<Name> = table.source.schema().names().cloned().collect();
    let header = names.iter().map(ToString::to_string).collect();
    let rows = table.source.rows(0).map_err(|e| e.message)?;
    let rows = rows.map(move |row| match row {
        Ok(row) => Ok(cells(&names, row.fields)),
        Err(error) => Err(error.to_string()),
    });
    Ok(Rows { name: &table.name, header, rows: Box::new(rows) })
}

/// The cells of a row in the order of the header; what is missing is empty.
fn cells(names: &[Name], mut fields: Vec<(Name, Value)>) -> Vec<String> {
    // Most formats give the fields in the order of the header.
    let in_order = fields.len() == names.len() && fields.iter().zip(names).all(|((field, _), name)| field == name);
    if in_order {
        return fields.into_iter().map(|(_, value)| text(value)).collect();
    }
    let mut take = |name: &Name| {
        let at = fields.iter().position(|(field, _)| field == name)?;
        Some(fields.swap_remove(at).1)
    };
    names.iter().map(|name| take(name).map_or_else(String::new, text)).collect()
}

/// A value as a cell of a CSV; a picture says nothing.
fn text(value: Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        Value::Int(n) => n.to_string(),
        Value::Float(x) => x.to_string(),
        Value::Bool(yes) => if yes { "yes" } else { "no" }.to_string(),
        Value::Null | Value::Media(_) => String::new(),
        other => other.to_json().to_string(),
    }
}

/// How many rows that cannot be read are left out before the table is refused; and no more than a tenth of the rows.
const MOST_BROKEN: u64 = 100;

/// Rows as far as they can be read: a few that cannot be are left out and counted, more are an error.
pub(crate) struct Readable<'a> {
    read: u64,
    /// What is wrong with the first that cannot be read.
    first: Option<String>,
    rows: Box<dyn Iterator<Item = Result<Vec<String>, String>> + 'a>,
    /// Rows left out.
    pub(crate) broken: u64,
    error: Option<String>,
}

impl<'a> Readable<'a> {
    pub(crate) fn new(rows: Box<dyn Iterator<Item = Result<Vec<String>, String>> + 'a>) -> Readable<'a> {
        Readable { read: 0, first: None, rows, broken: 0, error: None }
    }
}

impl Readable<'_> {
    /// Why the table is refused, once its rows are read.
    pub(crate) fn refusal(&self) -> Option<String> {
        let many = self.broken * 10 > self.read + self.broken;
        let first = self.first.as_ref().filter(|_| many);
        let some = || first.map(|e| format!("{} of {} rows cannot be read: {e}", self.broken, self.read + self.broken));
        self.error.clone().or_else(some)
    }
}

impl Iterator for Readable<'_> {
    type Item = Vec<String>;

    fn next(&mut self) -> Option<Vec<String>> {
        loop {
            match self.rows.next()? {
                Ok(row) => {
                    self.read += 1;
                    return Some(row);
                }
                Err(error) => {
                    self.broken += 1;
                    self.first.get_or_insert_with(|| error.clone());
                    if self.broken > MOST_BROKEN {
                        self.error = Some(format!("more than {MOST_BROKEN} rows cannot be read; the last: {error}"));
                        return None;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_in_the_order_of_the_header() {
        let names = ["a", "b", "c"].map(Name::from);
        let row =
            |fields: &[(&str, Value)]| fields.iter().map(|(n, v)| (Name::from(*n), v.clone())).collect::<Vec<_>>();
        let ordered = row(&[("a", Value::Int(1)), ("b", Value::Float(0.5)), ("c", Value::text("x"))]);
        assert_eq!(cells(&names, ordered), ["1", "0.5", "x"]);
        assert_eq!(cells(&names, row(&[("c", Value::Bool(true)), ("a", Value::Null)])), ["", "", "yes"]);
    }

    #[test]
    fn a_few_broken_rows_are_left_out_and_many_are_an_error() {
        let rows = |broken: u64| {
            let bad = (0..broken).map(|i| Err(format!("row {i}")));
            Readable::new(Box::new(bad.chain((0..40).map(|_| Ok(vec!["x".to_string()])))))
        };
        let mut few = rows(3);
        assert_eq!((few.by_ref().count(), few.broken, few.refusal()), (40, 3, None));
        let mut share = rows(10);
        assert_eq!(share.by_ref().count(), 40);
        assert_eq!(share.refusal().as_deref(), Some("10 of 50 rows cannot be read: row 0"));
        let mut many = rows(200);
        assert_eq!(many.by_ref().count(), 0);
        assert!(many.refusal().is_some_and(|e| e.contains("row 100")));
    }
}
