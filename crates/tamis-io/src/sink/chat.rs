//! Conversations as text with a token in the place of each picture.

use std::sync::Arc;

use tamis_core::media::MediaKind;
use tamis_core::record::Record;
use tamis_core::schema::Schema;
use tamis_core::sink::SinkError;
use tamis_core::{Media, Name, Type, Value};

use crate::source::{IMAGE_TOKEN, token};

/// A conversation as text.
pub(super) struct Flat {
    /// role and text of each turn
    pub turns: Vec<(String, String)>,
    /// what the tokens stand for, in order
    pub media: Vec<Arc<Media>>,
}

/// The field that holds the conversation: the first of that type. Errors: there is none.
pub(super) fn field(schema: &Schema, format: &str) -> Result<Name, SinkError> {
    let mut chats = schema.iter().filter(|(_, field)| field.ty.required().fits(&Type::Conversation));
    chats.next().map(|(name, _)| name.clone()).ok_or_else(|| {
        let fields: Vec<String> = schema.iter().map(|(name, field)| format!("{name}: {field}")).collect();
        SinkError(format!(
            "{format} needs a field of type conversation, the dataset has {}; export it as parquet or jsonl, or build \
             a conversation in the recipe's last step",
            fields.join(", ")
        ))
    })
}

/// The conversation of a record. When it shows no media itself, the record's image fields come first in the first turn
/// of the user.
pub(super) fn flat(record: &Record, field: &str, schema: &Schema) -> Result<Flat, SinkError> {
    let Some(turns) = record.get(field).and_then(Value::as_list) else {
        return Err(SinkError(format!("field `{field}`: expected a conversation, found nothing")));
    };
    let mut flat = Flat { turns: Vec::with_capacity(turns.len()), media: Vec::new() };
    for turn in turns {
        let text = flatten(turn, &mut flat.media)?;
        let role = turn.get("role").and_then(Value::as_text).unwrap_or("user");
        flat.turns.push((role.to_string(), text));
    }
    if flat.media.is_empty() {
        flat.show_first(images(record, schema));
    }
    Ok(flat)
}

/// The pictures in the record's image fields, in order.
pub(super) fn images(record: &Record, schema: &Schema) -> Vec<Arc<Media>> {
    let mut images = Vec::new();
    for (name, field) in schema.iter() {
        let is_image = matches!(field.ty.required(), Type::Image)
            || matches!(field.ty.required(), Type::List(inner) if *inner.required() == Type::Image);
        if let Some(value) = record.get(name).filter(|_| is_image) {
            value.each_media(&mut |media| images.push(Arc::clone(media)));
        }
    }
    images
}

impl Flat {
    fn show_first(&mut self, images: Vec<Arc<Media>>) {
        let Some((_, text)) = self.turns.iter_mut().find(|(role, _)| role == "user") else { return };
        text.insert_str(0, &format!("{IMAGE_TOKEN}\n").repeat(images.len()));
        self.media = images;
    }

    /// Those of one kind.
    pub(super) fn of_kind(&self, kind: MediaKind) -> impl Iterator<Item = &Arc<Media>> {
        self.media.iter().filter(move |media| media.kind() == kind)
    }
}

/// The text of a turn. A line break stands between a token and a text, so that reading it again gives the same parts;
/// a text that itself holds a token has it broken up, because every reader would take it for a picture.
pub(super) fn flatten(turn: &Value, media: &mut Vec<Arc<Media>>) -> Result<String, SinkError> {
    let parts = turn.get("content").and_then(Value::as_list).unwrap_or_default();
    let mut text = String::new();
    let mut after_token = false;
    for part in parts {
        match part {
            Value::Media(handle) => {
                if !text.is_empty() && !text.ends_with([' ', '\t']) {
                    text.push('\n');
                }
                text.push_str(token(handle.kind()));
                media.push(Arc::clone(handle));
                after_token = true;
            }
            other => {
                let part = other.as_text().map_or_else(|| other.to_json().to_string(), unmistakable);
                if after_token && !part.is_empty() && !part.starts_with([' ', '\t']) {
                    text.push('\n');
                }
                text.push_str(&part);
                after_token = after_token && part.is_empty();
            }
        }
    }
    Ok(text)
}

fn unmistakable(text: &str) -> String {
    let mut text = text.to_string();
    for token in [IMAGE_TOKEN, "<video>", "<audio>"] {
        if text.contains(token) {
            text = text.replace(token, &format!("< {}", &token[1..]));
        }
    }
    text
}
