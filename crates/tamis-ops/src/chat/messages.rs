//! Texts, pictures and turns as the messages of a request, and back.

use std::sync::Arc;

use tamis_core::bind::{FieldRef, Scope};
use tamis_core::media::MediaKind;
use tamis_core::model::{Message, Part, Speaker};
use tamis_core::{Media, Record, StepError, Type, Value};

/// Fields that are pictures or lists of pictures; each may be missing.
pub(crate) fn picture_fields(scope: &mut Scope<'_>, at: &str, names: &[String]) -> Option<Vec<FieldRef>> {
    let found: Vec<Option<FieldRef>> =
        names.iter().enumerate().map(|(i, name)| picture_field(scope, &format!("{at}[{i}]"), name)).collect();
    found.into_iter().collect()
}

fn picture_field(scope: &mut Scope<'_>, at: &str, name: &str) -> Option<FieldRef> {
    let field = scope.read_any(at, name)?;
    let one = field.ty.required();
    if one.fits(&Type::Image) || one.fits(&Type::list(Type::Image)) {
        return Some(field);
    }
    scope.problem(at, format!("expected image or list<image>, but `{name}` is {}", field.ty));
    None
}

/// The pictures in fields, in order.
pub(crate) fn pictures(fields: &[FieldRef], record: &Record) -> Vec<Part> {
    let mut parts = Vec::new();
    for field in fields {
        field.get(record).each_media(&mut |media| parts.push(Part::Image(media.clone())));
    }
    parts
}

/// Whether there is a picture among the parts.
pub(crate) fn show_a_picture(parts: &[Part]) -> bool {
    parts.iter().any(|part| matches!(part, Part::Image(_)))
}

/// An error if sound or video stands among the parts: a chat role reads texts and pictures.
pub(super) fn only_pictures(parts: &[Part]) -> Result<(), StepError> {
    match parts.iter().find_map(|part| unseeable(part)) {
        Some(media) => Err(StepError::failed(format!(
            "a chat role reads texts and pictures, but the prompt holds {} ({})",
            media.origin_text(),
            if media.kind() == MediaKind::Audio { "audio" } else { "video" },
        ))),
        None => Ok(()),
    }
}

fn unseeable(part: &Part) -> Option<&Arc<Media>> {
    match part {
        Part::Image(media) if matches!(media.kind(), MediaKind::Audio | MediaKind::Video) => Some(media),
        _ => None,
    }
}

/// The turn of a conversation that a message is.
pub(crate) fn turn(speaker: Speaker, parts: &[Part]) -> Value {
    let content = parts.iter().map(|part| match part {
        Part::Text(text) => Value::Text(text.clone()),
        Part::Image(media) => Value::Media(media.clone()),
    });
    Value::turn(speaker_name(speaker), content.collect())
}

/// The word for a speaker in a turn.
pub(crate) fn speaker_name(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::System => "system",
        Speaker::User => "user",
        Speaker::Assistant => "assistant",
    }
}

/// The message that a turn is; `field` is named in errors.
pub(super) fn message(field: &str, turn: &Value) -> Result<Message, StepError> {
    let role = turn.get("role").and_then(Value::as_text).unwrap_or_default();
    let speaker = match role {
        "system" => Speaker::System,
        "user" | "human" => Speaker::User,
        "assistant" | "gpt" => Speaker::Assistant,
        other => {
            return Err(StepError::field(
                field,
                format!("expected a turn of user, assistant or system, found `{other}`"),
            ));
        }
    };
    let content = turn.get("content").and_then(Value::as_list).unwrap_or_default();
    let parts = content.iter().filter_map(|part| match part {
        Value::Text(text) => Some(Part::Text(text.clone())),
        Value::Media(media) => Some(Part::Image(media.clone())),
        _ => None,
    });
    Ok(Message { speaker, parts: parts.collect() })
}

/// Adds a message; one by the last speaker is joined to the last, because servers want speakers to alternate.
pub(super) fn say(messages: &mut Vec<Message>, mut message: Message) {
    match messages.last_mut() {
        Some(last) if last.speaker == message.speaker => last.parts.append(&mut message.parts),
        _ => messages.push(message),
    }
}
