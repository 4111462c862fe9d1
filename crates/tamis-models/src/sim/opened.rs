//! Whether a request leaves its last message open, found out by rendering the template that it brings.

use serde_json::{Value as Json, json};

use crate::chat_template::{render, takes_parts};

/// What is put before the last text, to find its place in the prompt again.
const PROBE: &str = "[[simulator-looks-here]]";

/// A message as templates see it.
pub(super) struct Seen {
    pub(super) role: String,
    pub(super) parts: Vec<SeenPart>,
}

pub(super) enum SeenPart {
    Text(String),
    Image,
}

/// What is left of the last message's last text when the template is rendered as a model server would.
///
/// Errors, in words: a template that fails, or that writes something behind the message.
pub(super) fn by_template(template: &str, messages: Vec<Seen>, generation: bool) -> Result<String, String> {
    let mut messages = messages;
    let Some(last) = messages.last_mut() else { return Err("there is no message to leave open".into()) };
    let mut text = match last.parts.pop() {
        Some(SeenPart::Text(text)) => text,
        Some(image) => {
            last.parts.push(image);
            String::new()
        }
        None => String::new(),
    };
    last.parts.push(SeenPart::Text(format!("{PROBE}{text}")));
    let as_parts = takes_parts(template);
    let prompt = render(template, &messages.iter().map(|m| m.as_json(as_parts)).collect(), generation)?;
    let Some((_, after)) = prompt.rsplit_once(PROBE) else {
        return Err("the chat_template drops the last message".into());
    };
    if !text.starts_with(after) {
        let after: String = after.chars().take(80).collect();
        return Err(format!("the chat_template closes the last message; behind it stands {after:?}"));
    }
    text.truncate(after.len());
    Ok(text)
}

impl Seen {
    fn as_json(&self, as_parts: bool) -> Json {
        let parts = self.parts.iter();
        let content = match as_parts {
            true => parts
                .map(|part| match part {
                    SeenPart::Text(text) => json!({ "type": "text", "text": text }),
                    SeenPart::Image => json!({ "type": "image" }),
                })
                .collect(),
            false => {
                let lines = parts.map(|part| match part {
                    SeenPart::Text(text) => text.as_str(),
                    SeenPart::Image => "<image>",
                });
                json!(lines.collect::<Vec<_>>().join("\n"))
            }
        };
        json!({ "role": self.role, "content": content })
    }
}
