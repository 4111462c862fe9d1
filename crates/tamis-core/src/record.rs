//! One row on its way through a recipe.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::RecordId;
use crate::model::Receipt;
use crate::value::{Name, Value};

/// One row of typed fields with its lineage.
#[derive(Clone, Debug)]
pub struct Record {
    /// its id, a function of where it came from
    pub id: RecordId,
    /// the input row it descends from
    pub root: Arc<Root>,
    /// its place among the descendants of that row: the index at each fan-out, outermost first
    pub path: Vec<u32>,
    /// the rounds of the loops it is in, outermost first; part of the key of its randomness
    pub visits: Vec<u32>,
    /// what happened to it so far that the recipe alone does not tell
    pub story: Vec<StoryEntry>,
    fields: Vec<(Name, Value)>,
}

/// An input row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// the id of the record as it was read
    pub id: RecordId,
    /// its number in the input, from 0
    pub ordinal: u64,
    /// its name in the input: a path relative to the input, a line, an id
    pub key: String,
}

/// Something that happened to a record in a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoryEntry {
    /// the step's id
    pub step: String,
    /// the rounds of the loops around it
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub visits: Vec<u32>,
    /// what happened
    #[serde(flatten)]
    pub event: StoryEvent,
}

/// What can happen to a record in a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoryEvent {
    /// a model was asked
    Call(Receipt),
    /// a branch was taken
    Branch(String),
    /// something worth telling, in words
    Note(String),
}

impl Record {
    /// A record as read from an input.
    pub fn from_input(root: Root, fields: Vec<(Name, Value)>) -> Record {
        let id = root.id;
        Record { id, root: Arc::new(root), path: Vec::new(), visits: Vec::new(), story: Vec::new(), fields }
    }

    /// Puts a record together again as it was written.
    pub fn restore(
        id: RecordId,
        root: Arc<Root>,
        path: Vec<u32>,
        story: Vec<StoryEntry>,
        fields: Vec<(Name, Value)>,
    ) -> Record {
        Record { id, root, path, visits: Vec::new(), story, fields }
    }

    /// The `index`th record that `step` makes of this one; fields are shared, story and loops are kept.
    pub fn child(&self, step: &str, index: u32) -> Record {
        let mut child = self.clone();
        child.id = self.visited(step).child(step, u64::from(index));
        child.path.push(index);
        child
    }

    /// The id seen through the loops around, so that two rounds make different children.
    fn visited(&self, step: &str) -> RecordId {
        self.visits.iter().fold(self.id, |id, visit| id.child(step, u64::from(*visit) | 1 << 63))
    }

    /// Its place in the order of the input, independent of the order of work.
    pub fn rank(&self) -> (u64, &[u32]) {
        (self.root.ordinal, &self.path)
    }

    /// The value of a field; `None` when it was never written.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|(n, _)| &**n == name).map(|(_, v)| v)
    }

    /// Writes a field; an existing one is replaced in its place.
    pub fn set(&mut self, name: &Name, value: impl Into<Value>) {
        let value = value.into();
        match self.fields.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => *old = value,
            None => self.fields.push((name.clone(), value)),
        }
    }

    /// Removes a field and returns its value.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.fields.iter().position(|(n, _)| &**n == name)?;
        Some(self.fields.remove(at).1)
    }

    /// The fields in order.
    pub fn fields(&self) -> &[(Name, Value)] {
        &self.fields
    }

    /// Replaces all fields.
    pub fn set_fields(&mut self, fields: Vec<(Name, Value)>) {
        self.fields = fields;
    }

    /// Adds to its story.
    pub fn tell(&mut self, step: &str, event: StoryEvent) {
        self.story.push(StoryEntry { step: step.to_string(), visits: self.visits.clone(), event });
    }

    /// An estimate of the memory it holds, in bytes.
    pub fn weight(&self) -> usize {
        200 + self.fields.iter().map(|(_, v)| 24 + v.weight()).sum::<usize>() + 300 * self.story.len()
    }
}
