//! Which columns a dataset has in Parquet, and what `datasets` calls their types.

use arrow_schema::{DataType, Field, Fields};
use serde_json::{Map, Value as Json, json};
use tamis_core::schema::Schema;
use tamis_core::{Name, Type};

use crate::sink::id_field;

/// The columns of a dataset, in order.
pub(super) struct Columns {
    pub fields: Vec<FieldColumns>,
    id: Column,
}

/// A field with the columns that it becomes.
pub(super) struct FieldColumns {
    pub name: Name,
    pub ty: Type,
    pub column: Column,
    pub pictures: Pictures,
}

/// Where the pictures inside a conversation go.
pub(super) enum Pictures {
    /// there is no conversation in this field
    None,
    /// a column with all of them, in order
    All(Column),
    /// a column that names where each is, and one with those that no image field has
    Named(Column, Column),
}

pub(super) struct Column {
    pub name: String,
    pub shape: Shape,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    Bool,
    Int,
    Float,
    Text,
    /// with the name of its feature: `Image`, `Audio`, `Video`
    Media(&'static str),
    List(Box<Shape>),
    Struct(Vec<(String, Shape)>),
}

impl Columns {
    pub(super) fn of(schema: &Schema) -> Columns {
        let id = Column { name: id_field(schema).to_string(), shape: Shape::Text };
        let chats = schema.iter().filter(|(_, field)| holds_turns(&field.ty)).count();
        let has_images = schema.iter().any(|(_, field)| is_image_field(&field.ty));
        let images = || Shape::List(Box::new(Shape::Media("Image")));
        let column = |name: String, shape| Column { name: unused(name, schema), shape };
        let fields = schema.iter().map(|(name, field)| {
            let pictures = match (holds_turns(&field.ty), has_images) {
                (false, _) => Pictures::None,
                (true, false) if chats == 1 => Pictures::All(column("images".to_string(), images())),
                (true, false) => Pictures::All(column(format!("{name}_images"), images())),
                (true, true) => Pictures::Named(
                    column(format!("{name}_images"), Shape::List(Box::new(Shape::Text))),
                    column(format!("{name}_media"), images()),
                ),
            };
            let own = Column { name: name.to_string(), shape: Shape::of(&field.ty) };
            FieldColumns { name: name.clone(), ty: field.ty.clone(), column: own, pictures }
        });
        Columns { fields: fields.collect(), id }
    }

    /// All columns, in the order of their cells in a row.
    pub(super) fn all(&self) -> impl Iterator<Item = &Column> {
        let fields = self.fields.iter().flat_map(|field| {
            let beside = match &field.pictures {
                Pictures::None => vec![],
                Pictures::All(images) => vec![images],
                Pictures::Named(names, media) => vec![names, media],
            };
            std::iter::once(&field.column).chain(beside)
        });
        std::iter::once(&self.id).chain(fields)
    }
}

/// Whether it is an image, or a list of them, so that its column holds pictures in an order that can be named.
pub(super) fn is_image_field(ty: &Type) -> bool {
    match ty.required() {
        Type::Image => true,
        Type::List(inner) => *inner.required() == Type::Image,
        _ => false,
    }
}

fn holds_turns(ty: &Type) -> bool {
    match ty {
        Type::Turn | Type::Conversation => true,
        Type::List(inner) | Type::Map(inner) | Type::Optional(inner) => holds_turns(inner),
        Type::Struct(fields) => fields.values().any(holds_turns),
        _ => false,
    }
}

fn unused(mut name: String, schema: &Schema) -> String {
    while schema.contains(&name) {
        name.push('_');
    }
    name
}

impl Shape {
    pub(super) fn of(ty: &Type) -> Shape {
        let list = |shape| Shape::List(Box::new(shape));
        match ty {
            Type::Bool => Shape::Bool,
            Type::Int => Shape::Int,
            Type::Float => Shape::Float,
            Type::Text | Type::Enum(_) | Type::Json => Shape::Text,
            Type::Image | Type::Mask => Shape::Media("Image"),
            Type::Audio => Shape::Media("Audio"),
            Type::Video => Shape::Media("Video"),
            Type::Point | Type::Box | Type::Vector => list(Shape::Float),
            Type::Polygon => list(list(Shape::Float)),
            Type::Region => Shape::of(&Type::region_fields()),
            Type::Turn => Shape::Struct(vec![("role".into(), Shape::Text), ("content".into(), Shape::Text)]),
            Type::Conversation => list(Shape::of(&Type::Turn)),
            Type::List(inner) => list(Shape::of(inner)),
            Type::Map(inner) => {
                list(Shape::Struct(vec![("key".into(), Shape::Text), ("value".into(), Shape::of(inner))]))
            }
            // Parquet has no struct without fields.
            Type::Struct(fields) if fields.is_empty() => Shape::Text,
            Type::Struct(fields) => Shape::Struct(fields.iter().map(|(n, t)| (n.to_string(), Shape::of(t))).collect()),
            Type::Optional(inner) => Shape::of(inner),
        }
    }

    pub(super) fn field(&self, name: &str) -> Field {
        Field::new(name, self.data_type(), true)
    }

    fn data_type(&self) -> DataType {
        match self {
            Shape::Bool => DataType::Boolean,
            Shape::Int => DataType::Int64,
            Shape::Float => DataType::Float64,
            Shape::Text => DataType::Utf8,
            Shape::Media(_) => DataType::Struct(Fields::from(vec![
                Field::new("bytes", DataType::Binary, true),
                Field::new("path", DataType::Utf8, true),
            ])),
            Shape::List(inner) => DataType::List(inner.field("item").into()),
            Shape::Struct(fields) => DataType::Struct(fields.iter().map(|(name, shape)| shape.field(name)).collect()),
        }
    }

    /// The feature of `datasets` that it is.
    pub(super) fn feature(&self) -> Json {
        let value = |dtype: &str| json!({"dtype": dtype, "_type": "Value"});
        match self {
            Shape::Bool => value("bool"),
            Shape::Int => value("int64"),
            Shape::Float => value("float64"),
            Shape::Text => value("string"),
            Shape::Media(feature) => json!({"_type": feature}),
            Shape::List(inner) => json!({"feature": inner.feature(), "_type": "List"}),
            Shape::Struct(fields) => {
                let fields: Map<String, Json> = fields.iter().map(|(n, shape)| (n.clone(), shape.feature())).collect();
                Json::Object(fields)
            }
        }
    }

    /// The paths of the Parquet columns that hold bytes of media.
    pub(super) fn media_paths(&self, name: &str) -> Vec<Vec<String>> {
        let below = |paths: Vec<Vec<String>>, above: &[&str]| {
            let above = || above.iter().map(|part| part.to_string());
            paths.into_iter().map(|path| above().chain(path).collect()).collect()
        };
        match self {
            Shape::Media(_) => vec![vec![name.to_string(), "bytes".to_string()]],
            Shape::List(inner) => below(inner.media_paths("item"), &[name, "list"]),
            Shape::Struct(fields) => {
                below(fields.iter().flat_map(|(field, shape)| shape.media_paths(field)).collect(), &[name])
            }
            _ => Vec::new(),
        }
    }
}
