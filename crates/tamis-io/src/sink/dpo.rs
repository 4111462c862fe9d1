//! Preference pairs as TRL reads them.

use std::path::Path;
use std::sync::Arc;

use tamis_core::record::Record;
use tamis_core::schema::{Field, Schema};
use tamis_core::sink::{Dataset, Sink, SinkError};
use tamis_core::{Media, Name, Type, Value};

use super::at_record;
use super::chat::images;
use super::parquet::Parquet;

/// Parquet with `prompt`, `chosen` and `rejected`, each a list of messages `{role, content: [{type, text}]}`, and
/// `images`, as TRL's `DPOTrainer` takes them for vision models (`type: image` stands where the next of `images` is).
///
/// Needs a field `prompt` (or `question`) and fields `chosen` and `rejected`, each a text or a conversation. A prompt that
/// shows no picture gets those of the record's image fields before its first text. Other fields without media come
/// along. Source: TRL, Dataset formats and types: preference, conversational, vision.
#[derive(Default)]
pub(super) struct Dpo(Parquet);

const SIDES: [&str; 2] = ["chosen", "rejected"];

impl Sink for Dpo {
    fn format(&self) -> &'static str {
        "dpo"
    }

    fn about(&self) -> &'static str {
        "preference pairs for TRL: prompt, chosen, rejected and images; needs fields of these names"
    }

    fn accepts(&self, schema: &Schema) -> Result<(), SinkError> {
        prompt_field(schema)?;
        SIDES.iter().try_for_each(|side| said(schema, side).map(drop))
    }

    fn write(
        &self,
        dataset: &Dataset<'_>,
        records: &mut dyn Iterator<Item = Result<Record, SinkError>>,
        out: &Path,
    ) -> Result<(), SinkError> {
        let prompt = prompt_field(dataset.schema)?;
        let schema = schema(dataset.schema, &prompt);
        let mut pairs = records.map(|record| {
            let record = record?;
            pair(&record, dataset.schema, &prompt, &schema).map_err(|e| at_record(&record, e))
        });
        let pairs_of = Dataset { schema: &schema, media: dataset.media, len: dataset.len, name: dataset.name };
        self.0.write(&pairs_of, &mut pairs, out)
    }
}

fn prompt_field(schema: &Schema) -> Result<Name, SinkError> {
    let name = if schema.contains("prompt") { "prompt" } else { "question" };
    said(schema, name)
}

/// The field `name`, which has to be a text or a conversation.
fn said(schema: &Schema, name: &str) -> Result<Name, SinkError> {
    let fits = |field: &Field| {
        let ty = field.ty.required();
        ty.fits(&Type::Text) || ty.fits(&Type::Conversation)
    };
    match schema.get(name) {
        Some(field) if fits(field) => Ok(name.into()),
        Some(field) => Err(SinkError(format!("dpo needs `{name}` as text or conversation, it is {}", field.ty))),
        None => {
            let names: Vec<&str> = schema.names().map(|n| &**n).collect();
            let wanted = "`prompt` (or `question`), `chosen` and `rejected`";
            Err(SinkError(format!("dpo needs the fields {wanted}; the dataset has {}", names.join(", "))))
        }
    }
}

fn schema(from: &Schema, prompt: &str) -> Schema {
    let part = [("type", Type::Text), ("text", Type::optional(Type::Text))];
    let part = Type::Struct(part.into_iter().map(|(n, t)| (Name::from(n), t)).collect());
    let message = [("role", Type::Text), ("content", Type::list(part))];
    let messages = Type::list(Type::Struct(message.into_iter().map(|(n, t)| (Name::from(n), t)).collect()));
    let mut schema = Schema::new();
    for name in ["prompt", "chosen", "rejected"] {
        schema.set(name, messages.clone());
    }
    schema.set("images", Type::list(Type::Image));
    for (name, field) in from.iter().filter(|(name, field)| !field.ty.holds_media() && name.as_ref() != prompt) {
        if !schema.contains(name) {
            schema.set(name.clone(), field.clone());
        }
    }
    schema
}

fn pair(record: &Record, from: &Schema, prompt: &str, to: &Schema) -> Result<Record, SinkError> {
    let mut shown = Vec::new();
    let mut asked = messages(record, prompt, "user", &mut shown)?;
    if shown.is_empty() {
        shown = images(record, from);
        if let Some((_, content)) = asked.iter_mut().find(|(role, _)| role == "user") {
            content.splice(0..0, shown.iter().map(|_| image_part()));
        }
    }
    let mut fields = vec![(Name::from("prompt"), written(asked))];
    for side in SIDES {
        let said = messages(record, side, "assistant", &mut shown)?;
        fields.push((Name::from(side), written(said)));
    }
    fields.push(("images".into(), Value::list(shown.into_iter().map(Value::Media).collect())));
    for name in to.names().skip(fields.len()) {
        fields.push((name.clone(), record.get(name).cloned().unwrap_or_default()));
    }
    let mut pair = record.clone();
    pair.set_fields(fields);
    Ok(pair)
}

type Messages = Vec<(String, Vec<Value>)>;

/// A field as messages, its pictures added to `shown`.
fn messages(record: &Record, name: &str, role: &str, shown: &mut Vec<Arc<Media>>) -> Result<Messages, SinkError> {
    match record.get(name) {
        Some(Value::Text(text)) => Ok(vec![(role.to_string(), vec![text_part(text)])]),
        Some(Value::List(turns)) => Ok(turns.iter().map(|turn| message(turn, role, shown)).collect()),
        _ => Err(SinkError(format!("field `{name}`: expected a text or a conversation, found nothing"))),
    }
}

fn message(turn: &Value, role: &str, shown: &mut Vec<Arc<Media>>) -> (String, Vec<Value>) {
    let role = turn.get("role").and_then(Value::as_text).unwrap_or(role).to_string();
    let parts = turn.get("content").and_then(Value::as_list).unwrap_or_default();
    let part = |value: &Value| match value {
        Value::Media(media) => {
            shown.push(media.clone());
            image_part()
        }
        other => other.as_text().map_or_else(|| text_part(&other.to_json().to_string()), text_part),
    };
    (role, parts.iter().map(part).collect())
}

fn written(messages: Messages) -> Value {
    let one = |(role, content)| Value::map([("role", Value::text(role)), ("content", Value::list(content))]);
    Value::list(messages.into_iter().map(|(role, content): (String, Vec<Value>)| one((role, content))).collect())
}

fn image_part() -> Value {
    Value::map([("type", Value::text("image")), ("text", Value::Null)])
}

fn text_part(text: &str) -> Value {
    Value::map([("type", Value::text("text")), ("text", Value::text(text))])
}
