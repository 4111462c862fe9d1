//! What a record was at the beginning of its round. It stands in fields of its own, so that it survives the end of a
//! stage, and is out of sight of the steps.

use tamis_core::record::StoryEvent;
use tamis_core::{Field, Name, Record, Schema, Type, Value};

/// Puts what a round knows of a record into hidden fields and takes it out of them.
#[derive(Clone)]
pub(super) struct Memory {
    fallen: Name,
    /// in front of the names of fields
    was: String,
}

/// What a round knows of a record.
#[derive(Default)]
pub(super) struct State {
    /// whether it was put back in this round
    pub(super) fallen: bool,
    /// the fields that the round has changed so far, as they were at its beginning
    was: Vec<(Name, Value)>,
}

impl Memory {
    /// For the rounds of one step; rounds inside rounds have memories of their own.
    pub(super) fn new(step: &str) -> Memory {
        Memory { fallen: format!("_{step}.fallen").into(), was: format!("_{step}.was.") }
    }

    /// The fields between two steps of a round: those in sight, and the hidden ones.
    pub(super) fn schema(&self, sight: &Schema, start: &Schema, all: &[Schema]) -> Schema {
        let mut schema = sight.clone();
        schema.set(self.fallen.clone(), Type::optional(Type::Bool));
        for known in std::iter::once(start).chain(all) {
            for (name, field) in known.iter().filter(|(name, _)| !name.starts_with(&self.was)) {
                let hidden = format!("{}{name}", self.was);
                if !schema.contains(&hidden) {
                    schema.set(hidden, Field { ty: Type::optional(field.ty.clone()), of: field.of.clone() });
                }
            }
        }
        schema
    }

    /// Takes the hidden fields out.
    pub(super) fn take(&self, record: &mut Record) -> State {
        let mut state = State::default();
        let mut fields = Vec::with_capacity(record.fields().len());
        for (name, value) in record.fields() {
            if *name == self.fallen {
                state.fallen = value.as_bool().unwrap_or_default();
            } else if let Some(field) = name.strip_prefix(&*self.was) {
                state.was.push((field.into(), value.clone()));
            } else {
                fields.push((name.clone(), value.clone()));
            }
        }
        record.set_fields(fields);
        state
    }

    /// Hides it again.
    pub(super) fn put(&self, record: &mut Record, state: State) {
        if state.fallen {
            record.set(&self.fallen, true);
        }
        for (field, value) in state.was {
            record.set(&format!("{}{field}", self.was).into(), value);
        }
    }
}

impl State {
    /// Remembers the fields that a step has changed for the first time in this round.
    pub(super) fn remember(&mut self, before: &[(Name, Value)], after: &Record) {
        for (name, value) in before {
            if after.get(name) != Some(value) {
                self.add(name, value.clone());
            }
        }
        for (name, _) in after.fields() {
            if !before.iter().any(|(known, _)| known == name) {
                self.add(name, Value::Null);
            }
        }
    }

    fn add(&mut self, name: &Name, value: Value) {
        if !self.was.iter().any(|(known, _)| known == name) {
            self.was.push((name.clone(), value));
        }
    }

    /// Puts a record back to what it was at the beginning of the round; `before` are its fields before the step that did
    /// not let it through.
    pub(super) fn fall_back(
        &mut self,
        record: &mut Record,
        before: &[(Name, Value)],
        step: &str,
        round: u32,
        why: &str,
    ) {
        // Whatever rounds inside this one have hidden ends with them.
        let fields = before.iter().filter(|(name, _)| !name.starts_with('_')).cloned().collect();
        record.set_fields(fields);
        for (name, value) in self.was.drain(..).filter(|(name, _)| !name.starts_with('_')) {
            if value.is_null() {
                record.remove(&name);
            } else {
                record.set(&name, value);
            }
        }
        self.fallen = true;
        record.tell(step, StoryEvent::Note(format!("back to the version before round {round}: {why}")));
    }
}
