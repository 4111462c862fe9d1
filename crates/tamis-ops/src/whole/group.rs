//! The group that a record belongs to: records with the same values.

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::operator::Context;
use tamis_core::{Name, Record, StepError, Value};

use super::number::Subject;
use super::sort::halves;

/// One field or expression, or several.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum By {
    /// one
    One(String),
    /// several, of which all have to be the same
    Several(Vec<String>),
}

/// A group by 128 bits of its values.
pub(crate) type Group = [u64; 2];

/// The group of all records where none is asked for.
pub(crate) const ALL: Group = [0, 0];

/// What makes records belong together; nothing: all of them do.
#[derive(Default)]
pub(crate) struct Groups(Vec<Subject>);

impl Groups {
    /// The fields or expressions of an option, if it is given.
    pub(crate) fn bind(scope: &mut Scope<'_>, at: &str, by: Option<&By>) -> Option<Groups> {
        match by {
            None => Some(Groups::default()),
            Some(By::One(one)) => Some(Groups(vec![Subject::bind(scope, at, one)?])),
            Some(By::Several(several)) if several.is_empty() => {
                scope.problem(at, "expected at least one field, found none");
                None
            }
            Some(By::Several(several)) => {
                let bound = several.iter().enumerate().map(|(i, one)| Subject::bind(scope, &format!("{at}[{i}]"), one));
                bound.collect::<Vec<_>>().into_iter().collect::<Option<_>>().map(Groups)
            }
        }
    }

    /// The group of a record.
    pub(crate) fn of(&self, record: &Record, ctx: &Context<'_>) -> Result<Group, StepError> {
        if self.0.is_empty() {
            return Ok(ALL);
        }
        let mut hash = Hash::default();
        for subject in &self.0 {
            let value = subject.of(record, ctx)?;
            let mut unread = None;
            value.each_media(&mut |media| {
                if let Err(error) = media.hash(&**ctx.media()) {
                    unread.get_or_insert(error);
                }
            });
            match unread {
                Some(error) => return Err(StepError::failed(format!("`{}`: {error}", subject.source()))),
                None => hash.add(&value),
            }
        }
        Ok(hash.finish())
    }

    /// The values of a record that make up its group, to be shown.
    pub(crate) fn shown(&self, record: &Record, ctx: &Context<'_>) -> Result<Vec<(Name, Value)>, StepError> {
        self.0.iter().map(|subject| Ok((subject.source().into(), subject.of(record, ctx)?))).collect()
    }
}

/// The group whose only value is written like this: `chart`, `3`, `true`.
pub(crate) fn named(text: &str) -> Group {
    let mut hash = Hash::default();
    hash.add(&Value::text(text));
    hash.finish()
}

/// 128 bits of one value.
pub(crate) fn of_value(value: &Value) -> Group {
    let mut hash = Hash::default();
    hash.add(value);
    hash.finish()
}

#[derive(Default)]
struct Hash(blake3::Hasher);

impl Hash {
    /// Adds a value by its text: a number in a field is the same as its digits in an option.
    fn add(&mut self, value: &Value) {
        let other;
        let text = match value {
            Value::Null => {
                self.0.update(&u64::MAX.to_le_bytes());
                return;
            }
            Value::Text(text) => &**text,
            value => {
                other = value.to_canonical_json().to_string();
                &other
            }
        };
        self.0.update(&(text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
    }

    fn finish(self) -> Group {
        let mut bytes = [0; 16];
        self.0.finalize_xof().fill(&mut bytes);
        halves(bytes)
    }
}
