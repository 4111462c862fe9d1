//! Reading fields while a recipe runs, and lists from wherever they may come.

use tamis_core::bind::{FieldRef, Scope};
use tamis_core::{Record, StepError, Type, Value};

use tamis_core::typing::type_of;

/// The text in a field that was bound as text.
pub(crate) fn text<'r>(record: &'r Record, field: &FieldRef) -> Result<&'r str, StepError> {
    field.get(record).as_text().ok_or_else(|| unlike("a text", record, field))
}

/// The error of a field that does not hold what its type promises: a broken input or an operator that lies.
pub(crate) fn unlike(expected: &str, record: &Record, field: &FieldRef) -> StepError {
    let found = tamis_core::convert::shorten(&field.get(record).to_json().to_string());
    StepError::field(&field.name, format!("expected {expected} in `{}`, found {found}", field.dotted()))
}

/// A list that is known by name: a field of the record, or the recipe's data.
#[derive(Debug)]
pub(crate) enum ListSource {
    /// read from the record
    Field(FieldRef),
    /// the same for all records
    Fixed(Value),
}

impl ListSource {
    /// Finds the list and the type of its elements; told if there is none of that name or it is no list.
    pub(crate) fn bind(scope: &mut Scope<'_>, at: &str, name: &str) -> Option<(ListSource, Type)> {
        let fixed = scope.constants().iter().find(|(n, _)| &**n == name).map(|(_, v)| v.clone());
        if let Some(value) = fixed {
            return match type_of(&value) {
                Type::List(element) => Some((ListSource::Fixed(value), *element)),
                other => {
                    scope.problem(at, format!("expected a list, but the recipe's `{name}` is {other}"));
                    None
                }
            };
        }
        let (field, element) = list_field(scope, at, name)?;
        Some((ListSource::Field(field), element))
    }

    /// The elements.
    pub(crate) fn items<'a>(&'a self, record: &'a Record) -> Result<&'a [Value], StepError> {
        match self {
            ListSource::Fixed(list) => Ok(list.as_list().unwrap_or_default()),
            ListSource::Field(field) => items(record, field),
        }
    }

    /// The image in whose frame the elements' geometry is.
    pub(crate) fn frame(&self) -> Option<&tamis_core::Name> {
        match self {
            ListSource::Fixed(_) => None,
            ListSource::Field(field) => field.of.as_ref(),
        }
    }
}

/// A list field and the type of its elements; told if it is none.
pub(crate) fn list_field(scope: &mut Scope<'_>, at: &str, path: &str) -> Option<(FieldRef, Type)> {
    let field = scope.read_any(at, path)?;
    let Some(element) = field.ty.element() else {
        scope.problem(at, format!("expected a list, but `{path}` is {}", field.ty));
        return None;
    };
    if field.ty.is_optional() {
        let help = format!("test it first with `gate.require: {{that: \"{path} is not none\"}}`");
        scope.problem_with_help(at, format!("expected a list, but `{path}` may be missing here"), help);
        return None;
    }
    Some((field, element))
}

/// The elements of a field that was bound as a list.
pub(crate) fn items<'r>(record: &'r Record, field: &FieldRef) -> Result<&'r [Value], StepError> {
    field.get(record).as_list().ok_or_else(|| unlike("a list", record, field))
}
