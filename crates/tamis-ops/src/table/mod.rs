//! Tables: rows beside the input.

pub mod join;
pub mod sample;

use indexmap::IndexMap;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::error::did_you_mean;
use tamis_core::table::Table;
use tamis_core::value::Fields;
use tamis_core::{Field, Name, Record, Schema, StepError, Type, Value};

/// A table as a step sees it before anything runs.
pub(crate) struct Bound {
    pub(crate) name: Name,
    pub(crate) schema: Schema,
}

impl Bound {
    /// The table of that name; told if there is none.
    pub(crate) fn find(scope: &mut Scope<'_>, at: &str, name: &str) -> Option<Bound> {
        let tables = scope.surroundings().tables();
        if let Some((name, schema)) = tables.get_key_value(name) {
            return Some(Bound { name: name.clone(), schema: schema.clone() });
        }
        let hint = did_you_mean(name, tables.keys().map(|name| &**name));
        let help = format!("declare it at the top: `tables: {{ {name}: {{ key: text, ... }} }}`");
        scope.problem_with_help(at, format!("no table is called `{name}`{hint}"), help);
        None
    }

    /// The type of a field of its rows; told if there is none of that name.
    pub(crate) fn field(&self, scope: &mut Scope<'_>, at: &str, name: &str) -> Option<(Name, Field)> {
        let found = self.schema.iter().find(|(known, _)| &***known == name);
        if found.is_none() {
            let names: Vec<&str> = self.schema.names().map(|name| &**name).collect();
            let hint = did_you_mean(name, names.iter().copied());
            let help = format!("its fields: {}", names.join(", "));
            scope.problem_with_help(at, format!("the table `{}` has no field `{name}`{hint}", self.name), help);
        }
        found.map(|(name, field)| (name.clone(), field.clone()))
    }
}

/// The rows whose field is equal to a field of the record.
pub(crate) struct Key {
    ours: FieldRef,
    theirs: Name,
}

impl Key {
    /// `key` of the record and `table_key` of the rows; the same name if only one is given.
    pub(crate) fn bind(scope: &mut Scope<'_>, table: &Bound, ours: &str, theirs: Option<&str>) -> Option<Key> {
        let last = ours.rsplit('.').next().unwrap_or(ours);
        let theirs = table.field(scope, if theirs.is_some() { "table_key" } else { "key" }, theirs.unwrap_or(last));
        let ours = scope.read_any("key", ours);
        let ((theirs, field), ours) = (theirs?, ours?);
        let (a, b) = (ours.ty.required(), field.ty.required());
        let texts = |ty: &Type| matches!(ty, Type::Text | Type::Enum(_));
        let comparable = matches!(a, Type::Text | Type::Int | Type::Bool | Type::Enum(_));
        if !comparable || !(a == b || (texts(a) && texts(b))) {
            let message = format!(
                "expected a text, a whole number or a bool on both sides, but `{}` is {} and `{theirs}` of the table is {}",
                ours.dotted(),
                ours.ty,
                field.ty
            );
            scope.problem("key", message);
            return None;
        }
        Some(Key { ours, theirs })
    }

    /// The numbers of the rows; none for a record whose field is missing.
    pub(crate) fn rows(&self, record: &Record, table: &dyn Table) -> Result<Vec<u64>, StepError> {
        match self.ours.get(record) {
            Value::Null => Ok(Vec::new()),
            value => table.find(&self.theirs, value),
        }
    }

    /// As written, with the record's value.
    pub(crate) fn value(&self, record: &Record) -> (Name, Value) {
        (self.ours.dotted().into(), self.ours.get(record).clone())
    }
}

/// What comes over from the rows: single values of one row, lists over all of them.
pub(crate) struct Taken {
    take: Vec<(Name, Name)>,
    collect: Vec<(Name, Name)>,
}

impl Taken {
    /// Our fields with those of the rows. Where a row may be missing, what is taken of it is optional.
    pub(crate) fn bind(
        scope: &mut Scope<'_>,
        table: &Bound,
        take: &IndexMap<String, String>,
        collect: &IndexMap<String, String>,
        may_be_missing: bool,
    ) -> Option<Taken> {
        if take.is_empty() && collect.is_empty() {
            scope.problem("take", "expected `take` or `collect` with at least one `our_field: field_of_the_table`");
            return None;
        }
        let mut taken = Taken { take: Vec::new(), collect: Vec::new() };
        // Pictures first, so that the coordinates in their grids find them.
        let frame = |scope: &mut Scope<'_>, at: &str, field: &Field| match &field.of {
            None => Some(None),
            Some(image) => {
                let ours = take.iter().find(|(_, theirs)| theirs.as_str() == &**image).map(|(ours, _)| ours.as_str());
                if ours.is_none() {
                    let message = format!("its coordinates are in the grid of `{image}` of the same row");
                    scope.problem_with_help(at, message, format!("take `{image}` over too"));
                }
                ours.map(|ours| Some(Name::from(ours)))
            }
        };
        for (ours, theirs) in take {
            let at = format!("take.{ours}");
            let Some((theirs, field)) = table.field(scope, &at, theirs) else { continue };
            let Some(of) = frame(scope, &at, &field) else { continue };
            let ty = if may_be_missing { Type::optional(field.ty) } else { field.ty };
            taken.take.extend(scope.write(&at, ours, Field { ty, of }).map(|ours| (ours, theirs)));
        }
        for (ours, theirs) in collect {
            let at = format!("collect.{ours}");
            let Some((theirs, field)) = table.field(scope, &at, theirs) else { continue };
            if field.of.is_some() || field.ty.holds_geometry() {
                scope.problem(
                    &at,
                    format!("`{theirs}` holds coordinates of different images; one list cannot hold them"),
                );
                continue;
            }
            taken.collect.extend(scope.write(&at, ours, Type::list(field.ty)).map(|ours| (ours, theirs)));
        }
        (taken.take.len() == take.len() && taken.collect.len() == collect.len()).then_some(taken)
    }

    /// Writes them into the record.
    pub(crate) fn put(&self, record: &mut Record, rows: &[Fields]) {
        for (ours, theirs) in &self.take {
            record.set(ours, rows.first().and_then(|row| row.get(theirs)).cloned().unwrap_or_default());
        }
        for (ours, theirs) in &self.collect {
            let values = rows.iter().map(|row| row.get(theirs).cloned().unwrap_or_default());
            record.set(ours, Value::list(values.collect()));
        }
    }

    /// How many rows are looked at: all, if there is a list.
    pub(crate) fn wants_all(&self) -> bool {
        !self.collect.is_empty()
    }
}
