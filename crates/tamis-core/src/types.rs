//! The type language of recipes: `list<{question: text, answer: text}>`, `image`, `enum(yes|no)`, `box?`.

use std::fmt;
use std::str::FromStr;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::value::Name;

/// The type of a field.
///
/// Written as in recipes; [`fmt::Display`] and [`FromStr`] are inverse to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// `bool`
    Bool,
    /// `int`: 64 bits, signed
    Int,
    /// `float`: 64 bits, finite
    Float,
    /// `text`: UTF-8
    Text,
    /// `image`: a picture by handle
    Image,
    /// `mask`: a one-channel picture in the grid of the image it belongs to
    Mask,
    /// `audio`
    Audio,
    /// `video`
    Video,
    /// `point`: `[x, y]` in absolute pixels of its image, origin top left
    Point,
    /// `box`: `[x0, y0, x1, y1]` in absolute pixels of its image, origin top left, `x0 <= x1`, `y0 <= y1`
    Box,
    /// `polygon`: `[[x, y], ...]` in absolute pixels, at least three corners
    Polygon,
    /// `region`: `{label: text, box: box?, polygon: polygon?, mask: mask?, score: float?}`
    Region,
    /// `turn`: `{role: text, content: [text or media, ...]}`, contents in their order
    Turn,
    /// `conversation`: turns in their order
    Conversation,
    /// `vector`: an embedding, 32-bit floats of any number of dimensions
    Vector,
    /// `json`: anything JSON can hold
    Json,
    /// `enum(a|b)`: one of these texts
    Enum(Vec<Name>),
    /// `list<T>`
    List(std::boxed::Box<Type>),
    /// `map<T>`: text keys, values of one type
    Map(std::boxed::Box<Type>),
    /// `{field: T, ...}`
    Struct(IndexMap<Name, Type>),
    /// `T?`: may be missing
    Optional(std::boxed::Box<Type>),
}

/// A type that could not be read.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{message} at character {at} of the type `{text}`")]
pub struct TypeError {
    /// what is wrong
    pub message: String,
    /// zero-based character offset
    pub at: usize,
    /// the whole text
    pub text: String,
}

const SIMPLE: &[(&str, Type)] = &[
    ("bool", Type::Bool),
    ("int", Type::Int),
    ("float", Type::Float),
    ("text", Type::Text),
    ("image", Type::Image),
    ("mask", Type::Mask),
    ("audio", Type::Audio),
    ("video", Type::Video),
    ("point", Type::Point),
    ("box", Type::Box),
    ("polygon", Type::Polygon),
    ("region", Type::Region),
    ("turn", Type::Turn),
    ("conversation", Type::Conversation),
    ("vector", Type::Vector),
    ("json", Type::Json),
];

impl Type {
    /// `list<inner>`
    pub fn list(inner: Type) -> Type {
        Type::List(std::boxed::Box::new(inner))
    }

    /// `inner?`; an optional type stays as it is
    pub fn optional(inner: Type) -> Type {
        match inner {
            Type::Optional(_) => inner,
            _ => Type::Optional(std::boxed::Box::new(inner)),
        }
    }

    /// The type without its `?`.
    pub fn required(&self) -> &Type {
        match self {
            Type::Optional(inner) => inner,
            other => other,
        }
    }

    /// Whether a value may be missing.
    pub fn is_optional(&self) -> bool {
        matches!(self, Type::Optional(_))
    }

    /// Whether a value of type `self` may stand where `wanted` is asked for.
    ///
    /// Widening is allowed where nothing is lost or guessed: `int` as `float`, an enum as `text`, anything
    /// without media as `json`, `T` as `T?`, structs with more fields than asked for.
    pub fn fits(&self, wanted: &Type) -> bool {
        match (self, wanted) {
            (a, b) if a == b => true,
            (Type::Optional(a), Type::Optional(b)) => a.fits(b),
            (Type::Optional(_), Type::Json) => self.required().fits(&Type::Json),
            (Type::Optional(_), _) => false,
            (a, Type::Optional(b)) => a.fits(b),
            (Type::Int, Type::Float) => true,
            (Type::Enum(_), Type::Text) => true,
            (Type::Enum(a), Type::Enum(b)) => a.iter().all(|v| b.contains(v)),
            (a, Type::Json) => !a.holds_media() && *a != Type::Vector,
            (Type::List(a), Type::List(b)) | (Type::Map(a), Type::Map(b)) => a.fits(b),
            (Type::Conversation, Type::List(b)) => Type::Turn.fits(b),
            (Type::List(a), Type::Conversation) => a.fits(&Type::Turn),
            (Type::Struct(a), Type::Map(b)) => a.values().all(|t| t.fits(b)),
            (Type::Struct(a), Type::Struct(b)) => b.iter().all(|(name, want)| match a.get(name) {
                Some(have) => have.fits(want),
                None => want.is_optional(),
            }),
            (Type::Region, Type::Struct(_)) => Type::region_fields().fits(wanted),
            (Type::Struct(_), Type::Region) => self.fits(&Type::region_fields()),
            _ => false,
        }
    }

    /// The smallest type that holds values of both, if there is one; used where branches meet.
    pub fn join(&self, other: &Type) -> Option<Type> {
        if other.fits(self) {
            return Some(self.clone());
        }
        if self.fits(other) {
            return Some(other.clone());
        }
        match (self, other) {
            (Type::Enum(a), Type::Enum(b)) => {
                let mut all = a.clone();
                all.extend(b.iter().filter(|v| !a.contains(v)).cloned());
                Some(Type::Enum(all))
            }
            (Type::Enum(_), Type::Text) | (Type::Text, Type::Enum(_)) => Some(Type::Text),
            (Type::List(a), Type::List(b)) => a.join(b).map(Type::list),
            (Type::Optional(a), b) | (b, Type::Optional(a)) => a.join(b.required()).map(Type::optional),
            _ => None,
        }
    }

    /// Whether a picture, mask, sound or video may be inside.
    pub fn holds_media(&self) -> bool {
        match self {
            Type::Image | Type::Mask | Type::Audio | Type::Video => true,
            Type::Region | Type::Turn | Type::Conversation => true,
            Type::List(t) | Type::Map(t) | Type::Optional(t) => t.holds_media(),
            Type::Struct(fields) => fields.values().any(Type::holds_media),
            _ => false,
        }
    }

    /// Whether points, boxes, polygons or masks may be inside: what has to move when pixels move.
    pub fn holds_geometry(&self) -> bool {
        match self {
            Type::Point | Type::Box | Type::Polygon | Type::Region | Type::Mask => true,
            Type::List(t) | Type::Map(t) | Type::Optional(t) => t.holds_geometry(),
            Type::Struct(fields) => fields.values().any(Type::holds_geometry),
            _ => false,
        }
    }

    /// The fields of a `region`.
    pub fn region_fields() -> Type {
        let fields = [
            ("label", Type::Text),
            ("box", Type::optional(Type::Box)),
            ("polygon", Type::optional(Type::Polygon)),
            ("mask", Type::optional(Type::Mask)),
            ("score", Type::optional(Type::Float)),
        ];
        Type::Struct(fields.into_iter().map(|(n, t)| (Name::from(n), t)).collect())
    }

    /// The type of a member: `.box` of a region, a field of a struct, a key of a map.
    pub fn member(&self, name: &str) -> Option<Type> {
        match self.required() {
            Type::Struct(fields) => fields.get(name).cloned(),
            Type::Region => Type::region_fields().member(name),
            Type::Turn => match name {
                "role" => Some(Type::Text),
                "content" => Some(Type::list(Type::Json)),
                _ => None,
            },
            Type::Map(inner) => Some(Type::optional((**inner).clone())),
            Type::Json => Some(Type::Json),
            _ => None,
        }
    }

    /// The type of an element of a list or conversation.
    pub fn element(&self) -> Option<Type> {
        match self.required() {
            Type::List(inner) => Some((**inner).clone()),
            Type::Conversation => Some(Type::Turn),
            Type::Json => Some(Type::Json),
            _ => None,
        }
    }

    /// The JSON schema (draft 2020-12) of a value as a model is asked to write it.
    ///
    /// Objects list every field as required and allow no others, as strict structured output demands; an optional
    /// field may be `null`. Media cannot be written by a text model and have no schema.
    pub fn json_schema(&self) -> Option<Json> {
        Some(match self {
            Type::Bool => json!({"type": "boolean"}),
            Type::Int => json!({"type": "integer"}),
            Type::Float => json!({"type": "number"}),
            Type::Text => json!({"type": "string"}),
            Type::Point => number_list(2),
            Type::Box => number_list(4),
            Type::Polygon => json!({"type": "array", "items": number_list(2), "minItems": 3}),
            Type::Json => json!({}),
            Type::Enum(values) => json!({"type": "string", "enum": values}),
            Type::List(inner) => json!({"type": "array", "items": inner.json_schema()?}),
            Type::Map(inner) => json!({"type": "object", "additionalProperties": inner.json_schema()?}),
            Type::Optional(inner) => json!({"anyOf": [inner.json_schema()?, {"type": "null"}]}),
            Type::Region => {
                let fields = [("label", Type::Text), ("box", Type::Box)];
                Type::Struct(fields.into_iter().map(|(n, t)| (Name::from(n), t)).collect()).json_schema()?
            }
            Type::Struct(fields) => {
                let mut properties = serde_json::Map::new();
                for (name, ty) in fields {
                    properties.insert(name.to_string(), ty.json_schema()?);
                }
                let required: Vec<_> = fields.keys().collect();
                json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
            }
            Type::Image | Type::Mask | Type::Audio | Type::Video => return None,
            Type::Turn | Type::Conversation | Type::Vector => return None,
        })
    }
}

fn number_list(n: usize) -> Json {
    json!({"type": "array", "items": {"type": "number"}, "minItems": n, "maxItems": n})
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, _)) = SIMPLE.iter().find(|(_, t)| t == self) {
            return f.write_str(name);
        }
        match self {
            Type::Enum(values) => write!(f, "enum({})", values.join("|")),
            Type::List(inner) => write!(f, "list<{inner}>"),
            Type::Map(inner) => write!(f, "map<{inner}>"),
            Type::Optional(inner) => write!(f, "{inner}?"),
            Type::Struct(fields) => {
                f.write_str("{")?;
                for (i, (name, ty)) in fields.iter().enumerate() {
                    write!(f, "{}{name}: {ty}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
            _ => unreachable!("simple types are in the table"),
        }
    }
}

impl FromStr for Type {
    type Err = TypeError;

    fn from_str(text: &str) -> Result<Type, TypeError> {
        let mut parser = Parser { text, at: 0, depth: 0 };
        let ty = parser.ty()?;
        parser.skip_space();
        if parser.at < text.len() {
            return Err(parser.error("expected the end"));
        }
        Ok(ty)
    }
}

impl Serialize for Type {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Type {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Type, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Type {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Type".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "A type: bool, int, float, text, image, mask, audio, video, point, box, polygon, region, \
                turn, conversation, vector, json, enum(a|b), list<T>, map<T>, {field: T}, T?"
        })
    }
}

const MAX_DEPTH: usize = 32;

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn ty(&mut self) -> Result<Type, TypeError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error("nested too deeply"));
        }
        let mut ty = self.plain()?;
        self.skip_space();
        if self.eat('?') {
            ty = Type::optional(ty);
        }
        self.depth -= 1;
        Ok(ty)
    }

    fn plain(&mut self) -> Result<Type, TypeError> {
        self.skip_space();
        if self.eat('{') {
            return self.fields();
        }
        let start = self.at;
        let word = self.word();
        match word.as_str() {
            "list" | "map" => {
                self.expect('<')?;
                let inner = self.ty()?;
                self.expect('>')?;
                Ok(if word == "list" { Type::list(inner) } else { Type::Map(std::boxed::Box::new(inner)) })
            }
            "enum" => self.variants(),
            _ => match SIMPLE.iter().find(|(name, _)| *name == word) {
                Some((_, ty)) => Ok(ty.clone()),
                None => {
                    self.at = start;
                    let names = SIMPLE.iter().map(|(n, _)| *n).chain(["list", "map", "enum"]);
                    let hint = crate::error::did_you_mean(&word, names);
                    Err(self.error(&format!("no type is called `{word}`{hint}")))
                }
            },
        }
    }

    fn fields(&mut self) -> Result<Type, TypeError> {
        let mut fields = IndexMap::new();
        self.skip_space();
        if self.eat('}') {
            return Ok(Type::Struct(fields));
        }
        loop {
            self.skip_space();
            let name = self.word();
            if name.is_empty() {
                return Err(self.error("expected a field name"));
            }
            self.expect(':')?;
            let ty = self.ty()?;
            if fields.insert(Name::from(name.as_str()), ty).is_some() {
                return Err(self.error(&format!("the field `{name}` appears twice")));
            }
            self.skip_space();
            if self.eat('}') {
                return Ok(Type::Struct(fields));
            }
            self.expect(',')?;
        }
    }

    fn variants(&mut self) -> Result<Type, TypeError> {
        self.expect('(')?;
        let rest = &self.text[self.at..];
        let Some(end) = rest.find(')') else {
            return Err(self.error("expected `)`"));
        };
        let mut values: Vec<Name> = Vec::new();
        for value in rest[..end].split('|') {
            let value = Name::from(value.trim());
            if value.is_empty() || values.contains(&value) {
                return Err(self.error("an enum lists distinct values between `|`"));
            }
            values.push(value);
        }
        self.at += end + 1;
        Ok(Type::Enum(values))
    }

    fn word(&mut self) -> String {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').unwrap_or(rest.len());
        self.at += end;
        rest[..end].to_string()
    }

    fn skip_space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.text[self.at..].starts_with(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }

    fn expect(&mut self, c: char) -> Result<(), TypeError> {
        self.skip_space();
        if self.eat(c) { Ok(()) } else { Err(self.error(&format!("expected `{c}`"))) }
    }

    fn error(&self, message: &str) -> TypeError {
        let at = self.text[..self.at].chars().count();
        TypeError { message: message.to_string(), at, text: self.text.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ty(text: &str) -> Type {
        text.parse().unwrap()
    }

    #[test]
    fn every_type_reads_back_as_written() {
        for text in [
            "bool",
            "list<image>",
            "map<float>",
            "{a: text, b: list<box>?}",
            "enum(yes|no)",
            "conversation?",
            "{}",
            "list<{question: text, answer: text}>",
        ] {
            assert_eq!(ty(text).to_string(), text);
        }
    }

    #[test]
    fn a_misspelt_type_gets_a_suggestion() {
        let error = "list<txet>".parse::<Type>().unwrap_err();
        assert_eq!(error.at, 5);
        assert!(error.message.contains("did you mean `text`"), "{}", error.message);
    }

    #[test]
    fn fitting_never_loses_or_guesses() {
        assert!(ty("int").fits(&ty("float")) && !ty("float").fits(&ty("int")));
        assert!(ty("enum(a|b)").fits(&ty("text")) && !ty("text").fits(&ty("enum(a|b)")));
        assert!(ty("text").fits(&ty("text?")) && !ty("text?").fits(&ty("text")));
        assert!(ty("{a: int, b: text}").fits(&ty("{a: float}")));
        assert!(ty("{label: text, box: box}").fits(&ty("region")));
        assert!(!ty("image").fits(&ty("json")));
    }

    #[test]
    fn branches_join_to_the_smallest_common_type() {
        assert_eq!(ty("enum(a)").join(&ty("enum(b)")), Some(ty("enum(a|b)")));
        assert_eq!(ty("int").join(&ty("float?")), Some(ty("float?")));
        assert_eq!(ty("int").join(&ty("text")), None);
    }

    #[test]
    fn deep_nesting_is_refused_instead_of_overflowing() {
        assert!("list<".repeat(10_000).parse::<Type>().is_err());
    }
}
