//! Values: what a field holds while a recipe runs.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::geometry::{BBox, Point, Polygon};
use crate::media::Media;
use crate::vector::Vector;

/// A shared, immutable name of a field or key.
pub type Name = Arc<str>;

/// The fields of a struct, map, region or turn in their order.
pub type Fields = IndexMap<Name, Value>;

/// A value of some [`crate::Type`]. Cloning is cheap: everything large is shared.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// a missing optional, or JSON `null`
    #[default]
    Null,
    /// true or false
    Bool(bool),
    /// a whole number
    Int(i64),
    /// a finite number
    Float(f64),
    /// text, or an enum's value
    Text(Arc<str>),
    /// image, mask, audio or video, by handle
    Media(Arc<Media>),
    /// absolute pixels
    Point(Point),
    /// absolute pixels
    Box(BBox),
    /// absolute pixels
    Polygon(Arc<Polygon>),
    /// an embedding
    Vector(Vector),
    /// a list, a conversation, the contents of a turn
    List(Arc<Vec<Value>>),
    /// a struct, map, region or turn
    Map(Arc<Fields>),
}

impl Value {
    /// A text.
    pub fn text(text: impl Into<Arc<str>>) -> Value {
        Value::Text(text.into())
    }

    /// A list.
    pub fn list(items: Vec<Value>) -> Value {
        Value::List(Arc::new(items))
    }

    /// A struct or map from name and value pairs.
    pub fn map<N: Into<Name>>(fields: impl IntoIterator<Item = (N, Value)>) -> Value {
        Value::Map(Arc::new(fields.into_iter().map(|(n, v)| (n.into(), v)).collect()))
    }

    /// One turn of a conversation; `content` holds texts and media in their order.
    pub fn turn(role: &str, content: Vec<Value>) -> Value {
        Value::map([("role", Value::text(role)), ("content", Value::list(content))])
    }

    /// A region: a label with its box.
    pub fn region(label: &str, bbox: BBox) -> Value {
        Value::map([("label", Value::text(label)), ("box", Value::Box(bbox))])
    }

    /// Whether it is [`Value::Null`].
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number as a float, if it is one.
    pub fn as_float(&self) -> Option<f64> {
        match self {
            Value::Int(n) => Some(*n as f64),
            Value::Float(n) => Some(*n),
            _ => None,
        }
    }

    /// The whole number, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(n) => Some(*n),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The media handle, if it is one.
    pub fn as_media(&self) -> Option<&Arc<Media>> {
        match self {
            Value::Media(media) => Some(media),
            _ => None,
        }
    }

    /// The items, if it is a list.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The fields, if it is a struct, map, region or turn.
    pub fn as_map(&self) -> Option<&Fields> {
        match self {
            Value::Map(fields) => Some(fields),
            _ => None,
        }
    }

    /// The vector, if it is one.
    pub fn as_vector(&self) -> Option<&Vector> {
        match self {
            Value::Vector(vector) => Some(vector),
            _ => None,
        }
    }

    /// The box, if it is one.
    pub fn as_box(&self) -> Option<BBox> {
        match self {
            Value::Box(b) => Some(*b),
            _ => None,
        }
    }

    /// A member of a struct, map, region or turn.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.as_map().and_then(|fields| fields.get(name))
    }

    /// Calls `visit` on every media handle inside, in order.
    pub fn each_media(&self, visit: &mut impl FnMut(&Arc<Media>)) {
        match self {
            Value::Media(media) => visit(media),
            Value::List(items) => items.iter().for_each(|v| v.each_media(visit)),
            Value::Map(fields) => fields.values().for_each(|v| v.each_media(visit)),
            _ => {}
        }
    }

    /// An estimate of the memory it holds, in bytes, shared parts counted in full.
    pub fn weight(&self) -> usize {
        match self {
            Value::Text(text) => 40 + text.len(),
            Value::List(items) => 40 + items.iter().map(Value::weight).sum::<usize>(),
            Value::Map(fields) => 40 + fields.iter().map(|(n, v)| 24 + n.len() + v.weight()).sum::<usize>(),
            Value::Polygon(polygon) => 40 + 16 * polygon.0.len(),
            Value::Vector(vector) => 40 + 4 * vector.len(),
            Value::Media(media) => 200 + media.held_bytes().map_or(0, |bytes| bytes.len()),
            _ => 40,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::text(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::text(text)
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Value {
        Value::Bool(b)
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Value {
        Value::Int(n)
    }
}

impl From<f64> for Value {
    fn from(n: f64) -> Value {
        Value::Float(n)
    }
}
