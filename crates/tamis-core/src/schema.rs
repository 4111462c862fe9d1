//! Schemas: which fields a record has at one place of a recipe.

use std::fmt;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::types::Type;
use crate::value::Name;

/// A field of a schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// its type
    #[serde(rename = "type")]
    pub ty: Type,
    /// for geometry: the image field in whose grid the coordinates are; `None` where there is no geometry
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Name>,
}

impl Field {
    /// A field without an image frame.
    pub fn new(ty: Type) -> Field {
        Field { ty, of: None }
    }

    /// A field whose geometry is in the grid of `image`.
    pub fn in_frame(ty: Type, image: Name) -> Field {
        Field { ty, of: Some(image) }
    }
}

impl From<Type> for Field {
    fn from(ty: Type) -> Field {
        Field::new(ty)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.ty)?;
        self.of.iter().try_for_each(|image| write!(f, " of {image}"))
    }
}

/// Field names with their types, in the order in which they were written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Schema {
    fields: IndexMap<Name, Field>,
}

impl Schema {
    /// Without fields.
    pub fn new() -> Schema {
        Schema::default()
    }

    /// The field of that name.
    pub fn get(&self, name: &str) -> Option<&Field> {
        self.fields.get(name)
    }

    /// Writes a field; an existing one is replaced in its place.
    pub fn set(&mut self, name: impl Into<Name>, field: impl Into<Field>) {
        self.fields.insert(name.into(), field.into());
    }

    /// Removes a field.
    pub fn remove(&mut self, name: &str) -> Option<Field> {
        self.fields.shift_remove(name)
    }

    /// Whether there is such a field.
    pub fn contains(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        self.fields.keys()
    }

    /// Names and fields, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Field)> {
        self.fields.iter()
    }

    /// How many fields.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The names of the fields whose type is exactly `image`.
    pub fn images(&self) -> Vec<Name> {
        self.fields.iter().filter(|(_, f)| *f.ty.required() == Type::Image).map(|(n, _)| n.clone()).collect()
    }

    /// The geometry fields in the grid of the image field `image`.
    pub fn carried_by<'a>(&'a self, image: &'a str) -> impl Iterator<Item = &'a Name> {
        self.fields.iter().filter(move |(_, f)| f.of.as_deref() == Some(image)).map(|(n, _)| n)
    }
}

impl<N: Into<Name>> FromIterator<(N, Field)> for Schema {
    fn from_iter<I: IntoIterator<Item = (N, Field)>>(iter: I) -> Schema {
        Schema { fields: iter.into_iter().map(|(n, f)| (n.into(), f)).collect() }
    }
}
