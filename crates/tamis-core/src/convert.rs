//! Values to JSON and back. Going back needs the type, because `[1, 2, 3, 4]` may be a box or a list.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Number, Value as Json, json};

use crate::geometry::{BBox, Point, Polygon};
use crate::media::{Header, Media, MediaHash, MediaKind, Origin};
use crate::types::Type;
use crate::value::{Fields, Name, Value};
use crate::vector::Vector;

/// A JSON value that is not of the wanted type, with the place inside it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}expected {expected}, found {found}", place(.at))]
pub struct ConvertError {
    /// the path inside the value: `[2].answer`
    pub at: String,
    /// what was expected, in words
    pub expected: String,
    /// what was found, shortened
    pub found: String,
}

fn place(at: &str) -> String {
    if at.is_empty() { String::new() } else { format!("at `{}`: ", at.trim_start_matches('.')) }
}

/// How media appear in JSON that is read from outside.
pub trait MediaResolver {
    /// A handle for a text found where media of `kind` are expected (a path, usually), or why there is none.
    fn resolve(&self, kind: MediaKind, text: &str) -> Result<Arc<Media>, String>;
}

/// Refuses every text: for JSON that cannot name media, such as a model's reply.
pub struct NoMedia;

impl MediaResolver for NoMedia {
    fn resolve(&self, _: MediaKind, _: &str) -> Result<Arc<Media>, String> {
        Err("media cannot be given here".to_string())
    }
}

/// Resolves paths against a folder. Paths that leave the folder are refused.
pub struct Folder(pub PathBuf);

impl MediaResolver for Folder {
    fn resolve(&self, kind: MediaKind, text: &str) -> Result<Arc<Media>, String> {
        let path = std::path::Path::new(text);
        if path.components().any(|c| c == std::path::Component::ParentDir) {
            return Err(format!("`{text}` climbs out of its folder with `..`"));
        }
        Ok(Arc::new(Media::file(kind, self.0.join(path))))
    }
}

impl Value {
    /// As JSON. Media become objects with hash (when known), kind, size and origin, vectors base64 of their bytes.
    ///
    /// Numbers that JSON cannot hold (not finite) become `null`.
    pub fn to_json(&self) -> Json {
        match self {
            Value::Null => Json::Null,
            Value::Bool(b) => Json::Bool(*b),
            Value::Int(n) => Json::Number((*n).into()),
            Value::Float(n) => number(*n),
            Value::Text(text) => Json::String(text.to_string()),
            Value::Media(media) => media_to_json(media, true),
            Value::Point(p) => p.0.iter().map(|n| number(*n)).collect(),
            Value::Box(b) => b.0.iter().map(|n| number(*n)).collect(),
            Value::Polygon(p) => p.0.iter().map(|c| Json::from_iter(c.iter().map(|n| number(*n)))).collect(),
            Value::Vector(vector) => Json::String(vector.to_base64()),
            Value::List(items) => items.iter().map(Value::to_json).collect(),
            Value::Map(fields) => fields.iter().map(|(n, v)| (n.to_string(), v.to_json())).collect(),
        }
    }

    /// As JSON that is the same on every machine: media by kind and hash alone. For digests.
    pub fn to_canonical_json(&self) -> Json {
        match self {
            Value::Media(media) => media_to_json(media, false),
            Value::List(items) => items.iter().map(Value::to_canonical_json).collect(),
            Value::Map(fields) => fields.iter().map(|(n, v)| (n.to_string(), v.to_canonical_json())).collect(),
            other => other.to_json(),
        }
    }

    /// A value of type `ty` from JSON.
    pub fn from_json(json: &Json, ty: &Type, media: &dyn MediaResolver) -> Result<Value, ConvertError> {
        Reader { media, at: String::new() }.read(json, ty)
    }

    /// A value from JSON without a wanted type: numbers, texts, lists and maps as they are.
    pub fn from_plain_json(json: &Json) -> Value {
        match json {
            Json::Null => Value::Null,
            Json::Bool(b) => Value::Bool(*b),
            Json::Number(n) => match n.as_i64() {
                Some(n) => Value::Int(n),
                None => Value::Float(n.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Value::text(text.as_str()),
            Json::Array(items) => Value::list(items.iter().map(Value::from_plain_json).collect()),
            Json::Object(fields) => Value::map(fields.iter().map(|(n, v)| (n.as_str(), Value::from_plain_json(v)))),
        }
    }
}

/// A float as JSON; whole numbers keep their `.0`, what is not finite becomes `null`.
fn number(n: f64) -> Json {
    Number::from_f64(n).map_or(Json::Null, Json::Number)
}

fn media_to_json(media: &Media, whole: bool) -> Json {
    let mut json = Map::new();
    json.insert("kind".into(), json!(media.kind()));
    if let Some(hash) = media.known_hash() {
        json.insert("hash".into(), json!(hash));
    }
    if whole {
        if let Some(bytes) = media.known_bytes() {
            json.insert("bytes".into(), json!(bytes));
        }
        if let Some(header) = media.known_header() {
            json.insert("header".into(), json!(header));
        }
        json.insert("origin".into(), json!(media.origin()));
    }
    Json::Object(json)
}

fn media_from_json(kind: MediaKind, json: &Map<String, Json>) -> Result<Arc<Media>, String> {
    fn part<T: serde::de::DeserializeOwned>(json: &Map<String, Json>, name: &str) -> Result<Option<T>, String> {
        json.get(name).map(|v| T::deserialize(v).map_err(|e| format!("{name}: {e}"))).transpose()
    }
    let hash: Option<MediaHash> = part(json, "hash")?;
    let header: Option<Header> = part(json, "header")?;
    let origin: Option<Origin> = part(json, "origin")?;
    let origin = match (origin, hash) {
        (Some(origin), _) => origin,
        (None, Some(_)) => Origin::Stored,
        (None, None) => return Err("neither a hash nor an origin".to_string()),
    };
    Ok(Arc::new(Media::at(kind, origin).with_facts(hash, part(json, "bytes")?, header)))
}

struct Reader<'a> {
    media: &'a dyn MediaResolver,
    at: String,
}

impl Reader<'_> {
    fn read(&mut self, json: &Json, ty: &Type) -> Result<Value, ConvertError> {
        let value = match (ty, json) {
            (Type::Optional(_), Json::Null) => Some(Value::Null),
            (Type::Optional(inner), _) => return self.read(json, inner),
            (Type::Bool, Json::Bool(b)) => Some(Value::Bool(*b)),
            (Type::Int, Json::Number(n)) => whole(n).map(Value::Int),
            (Type::Float, Json::Number(n)) => n.as_f64().map(Value::Float),
            (Type::Text, Json::String(text)) => Some(Value::text(text.as_str())),
            (Type::Enum(values), Json::String(text)) => {
                values.iter().find(|v| ***v == **text).map(|v| Value::Text(v.clone()))
            }
            (Type::Json, _) => Some(Value::from_plain_json(json)),
            (Type::Point, _) => numbers(json).map(|c| Value::Point(Point(c))),
            (Type::Box, _) => numbers::<4>(json).map(|[a, b, c, d]| Value::Box(BBox::spanning([a, b], [c, d]))),
            (Type::Polygon, Json::Array(corners)) if corners.len() >= 3 => {
                let corners: Option<Vec<[f64; 2]>> = corners.iter().map(numbers).collect();
                corners.map(|c| Value::Polygon(Arc::new(Polygon(c))))
            }
            (Type::Vector, Json::String(text)) => Vector::from_base64(text).ok().map(Value::Vector),
            (Type::Vector, Json::Array(numbers)) => vector(numbers).map(Value::Vector),
            (Type::Image, _) => return self.media(json, MediaKind::Image, ty),
            (Type::Mask, _) => return self.media(json, MediaKind::Mask, ty),
            (Type::Audio, _) => return self.media(json, MediaKind::Audio, ty),
            (Type::Video, _) => return self.media(json, MediaKind::Video, ty),
            (Type::List(inner), Json::Array(items)) => return self.list(items, inner),
            (Type::Conversation, Json::Array(turns)) => return self.list(turns, &Type::Turn),
            (Type::Map(inner), Json::Object(fields)) => {
                let fields: Result<Fields, _> =
                    fields.iter().map(|(n, v)| Ok((Name::from(n.as_str()), self.inside(n, v, inner)?))).collect();
                return Ok(Value::Map(Arc::new(fields?)));
            }
            (Type::Struct(types), Json::Object(fields)) => return self.fields(fields, types),
            (Type::Region, _) => return self.read(json, &Type::region_fields()),
            (Type::Turn, Json::Object(turn)) => return self.turn(turn),
            _ => None,
        };
        value.ok_or_else(|| self.error(&ty.to_string(), json))
    }

    fn list(&mut self, items: &[Json], inner: &Type) -> Result<Value, ConvertError> {
        let mut values = Vec::with_capacity(items.len());
        for (i, item) in items.iter().enumerate() {
            values.push(self.within(&format!("[{i}]"), item, inner)?);
        }
        Ok(Value::list(values))
    }

    fn fields(
        &mut self,
        json: &Map<String, Json>,
        types: &indexmap::IndexMap<Name, Type>,
    ) -> Result<Value, ConvertError> {
        let mut fields = Fields::with_capacity(types.len());
        for (name, ty) in types {
            let value = match json.get(&**name) {
                Some(value) => self.inside(name, value, ty)?,
                None if ty.is_optional() => Value::Null,
                None => {
                    let found = Json::Object(json.clone());
                    return Err(self.error(&format!("a field `{name}` of type {ty}"), &found));
                }
            };
            fields.insert(name.clone(), value);
        }
        Ok(Value::Map(Arc::new(fields)))
    }

    fn turn(&mut self, turn: &Map<String, Json>) -> Result<Value, ConvertError> {
        let role = self.inside("role", turn.get("role").unwrap_or(&Json::Null), &Type::Text)?;
        let content = match turn.get("content") {
            Some(Json::String(text)) => vec![Value::text(text.as_str())],
            Some(Json::Array(parts)) => parts.iter().map(|p| self.turn_part(p)).collect::<Result<_, _>>()?,
            other => return Err(self.error("`content`: a text or a list", other.unwrap_or(&Json::Null))),
        };
        Ok(Value::map([("role", role), ("content", Value::list(content))]))
    }

    fn turn_part(&mut self, part: &Json) -> Result<Value, ConvertError> {
        match part {
            Json::String(text) => Ok(Value::text(text.as_str())),
            Json::Object(fields) => match fields.get("kind").map(|k| serde_json::from_value::<MediaKind>(k.clone())) {
                Some(Ok(kind)) => self.media(part, kind, &Type::Image),
                _ => Err(self.error("a text or media", part)),
            },
            _ => Err(self.error("a text or media", part)),
        }
    }

    fn media(&mut self, json: &Json, kind: MediaKind, ty: &Type) -> Result<Value, ConvertError> {
        let media = match json {
            Json::String(text) => self.media.resolve(kind, text),
            Json::Object(fields) => media_from_json(kind, fields),
            _ => return Err(self.error(&format!("{ty} (a path)"), json)),
        };
        media.map(Value::Media).map_err(|why| self.error(&format!("{ty} ({why})"), json))
    }

    fn inside(&mut self, name: &str, json: &Json, ty: &Type) -> Result<Value, ConvertError> {
        self.within(&format!(".{name}"), json, ty)
    }

    fn within(&mut self, step: &str, json: &Json, ty: &Type) -> Result<Value, ConvertError> {
        let length = self.at.len();
        self.at.push_str(step);
        let value = self.read(json, ty);
        self.at.truncate(length);
        value
    }

    fn error(&self, expected: &str, found: &Json) -> ConvertError {
        ConvertError { at: self.at.clone(), expected: expected.to_string(), found: shorten(&found.to_string()) }
    }
}

/// A number without a fraction, also when written `3.0`.
fn whole(n: &Number) -> Option<i64> {
    n.as_i64().or_else(|| n.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 9e15).map(|f| f as i64))
}

fn numbers<const N: usize>(json: &Json) -> Option<[f64; N]> {
    let items = json.as_array().filter(|items| items.len() == N)?;
    let mut values = [0.0; N];
    for (value, item) in values.iter_mut().zip(items) {
        *value = item.as_f64()?;
    }
    Some(values)
}

fn vector(numbers: &[Json]) -> Option<Vector> {
    let numbers: Option<Vec<f32>> = numbers.iter().map(|n| n.as_f64().map(|n| n as f32)).collect();
    Vector::new(numbers?)
}

/// At most 80 characters of a text, with a sign that it was cut.
pub fn shorten(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(json: Json, ty: &str) -> Result<Value, String> {
        Value::from_json(&json, &ty.parse().unwrap(), &NoMedia).map_err(|e| e.to_string())
    }

    #[test]
    fn an_error_names_the_place_and_what_stood_there() {
        let error = read(json!([{"q": "a"}, {"q": 7}]), "list<{q: text}>").unwrap_err();
        assert_eq!(error, "at `[1].q`: expected text, found 7");
        assert!(read(json!({"a": 1}), "{b: int}").unwrap_err().contains("a field `b` of type int"));
    }

    #[test]
    fn boxes_are_read_with_their_corners_in_order() {
        assert_eq!(read(json!([5, 6, 1, 2]), "box"), Ok(Value::Box(BBox([1.0, 2.0, 5.0, 6.0]))));
        assert!(read(json!([1, 2, 3]), "box").is_err());
    }

    #[test]
    fn a_path_that_climbs_out_is_refused() {
        let folder = Folder("x".into());
        assert!(Value::from_json(&json!("../secret.png"), &Type::Image, &folder).is_err());
        assert!(Value::from_json(&json!("a/b.png"), &Type::Image, &folder).is_ok());
    }

    fn any_typed() -> impl Strategy<Value = (Type, Value)> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(|b| (Type::Bool, Value::Bool(b))),
            any::<i64>().prop_map(|n| (Type::Int, Value::Int(n))),
            (-1e300..1e300f64).prop_map(|n| (Type::Float, Value::Float(n))),
            ".*".prop_map(|t| (Type::Text, Value::text(t))),
            any::<[i16; 4]>().prop_map(|[a, b, c, d]| {
                (Type::Box, Value::Box(BBox::spanning([a.into(), b.into()], [c.into(), d.into()])))
            }),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                (inner.clone(), 0..4usize).prop_map(|((t, v), n)| (Type::list(t), Value::list(vec![v; n]))),
                (inner.clone(), inner.clone()).prop_map(|((ta, a), (tb, b))| {
                    let types = [("a".into(), ta), ("b".into(), tb)].into_iter().collect();
                    (Type::Struct(types), Value::map([("a", a), ("b", b)]))
                }),
                inner.clone().prop_map(|(t, v)| (Type::optional(t), v)),
                inner.prop_map(|(t, _)| (Type::optional(t), Value::Null)),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_value_reads_back_as_written((ty, value) in any_typed()) {
            let text = value.to_json().to_string();
            let back = Value::from_json(&serde_json::from_str(&text).unwrap(), &ty, &NoMedia).unwrap();
            prop_assert_eq!(back, value);
        }
    }
}
