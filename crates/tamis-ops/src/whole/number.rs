//! A number that a record has: a field of it, or an expression.

use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::Context;
use tamis_core::template::{Expression, Vars};
use tamis_core::{Name, Record, StepError, Type, Value};

use crate::fields::unlike;

/// A field or an expression, as written in an option.
pub(crate) enum Subject {
    Field(FieldRef),
    Expression(Expression),
}

impl Subject {
    /// A field where `text` names one, else an expression.
    pub(crate) fn bind(scope: &mut Scope<'_>, at: &str, text: &str) -> Option<Subject> {
        let path = !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        if path && scope.schema().contains(text.split('.').next().unwrap_or_default()) {
            return scope.read_any(at, text).map(Subject::Field);
        }
        scope.expression(at, text).map(Subject::Expression)
    }

    /// As written.
    pub(crate) fn source(&self) -> String {
        match self {
            Subject::Field(field) => field.dotted(),
            Subject::Expression(expression) => expression.source().to_string(),
        }
    }

    /// Its value; [`Value::Null`] when missing.
    pub(crate) fn of(&self, record: &Record, ctx: &Context<'_>) -> Result<Value, StepError> {
        match self {
            Subject::Field(field) => Ok(field.get(record).clone()),
            Subject::Expression(expression) => expression.eval(&Vars::of(record, ctx)).map_err(StepError::failed),
        }
    }
}

/// A number that each record has.
pub(crate) struct Number {
    subject: Subject,
    pub(crate) name: Name,
}

impl Number {
    /// A field of numbers, or an expression that gives one; told if it is neither.
    pub(crate) fn bind(scope: &mut Scope<'_>, at: &str, text: &str) -> Option<Number> {
        let subject = Subject::bind(scope, at, text)?;
        if let Subject::Field(field) = &subject
            && !matches!(field.ty.required(), Type::Int | Type::Float | Type::Bool | Type::Json)
        {
            scope.problem(at, format!("expected a number, but `{text}` is {}", field.ty));
            return None;
        }
        Some(Number { name: subject.source().into(), subject })
    }

    /// The number, `None` when missing. True is 1 and false is 0.
    pub(crate) fn of(&self, record: &Record, ctx: &Context<'_>) -> Result<Option<f64>, StepError> {
        let value = self.subject.of(record, ctx)?;
        let number = match &value {
            Value::Null => return Ok(None),
            Value::Bool(holds) => Some(f64::from(u8::from(*holds))),
            other => other.as_float().filter(|number| number.is_finite()),
        };
        match (number, &self.subject) {
            (Some(number), _) => Ok(Some(number)),
            (None, Subject::Field(field)) => Err(unlike("a number", record, field)),
            (None, Subject::Expression(_)) => {
                let found = tamis_core::convert::shorten(&value.to_json().to_string());
                Err(StepError::failed(format!("`{}`: expected a number, found {found}", self.name)))
            }
        }
    }
}
