//! The answer of the Messages API.

use serde::Deserialize;
use serde_json::Value as Json;
use tamis_core::model::{Answer, Finish, Usage};

use super::super::answer::not_json;
use super::body::TOOL;
use crate::fault::shorten;

/// What a message says.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) answer: Answer,
    pub(super) usage: Option<Usage>,
}

/// Reads a message. The thoughts of a model that thinks aloud are no part of its answer.
///
/// Errors, in words: a web page, half a JSON, an error in place of an answer, no content.
pub(super) fn read(bytes: &[u8]) -> Result<Message, String> {
    let wire: Wire = serde_json::from_slice(bytes).map_err(|e| not_json(bytes, &e))?;
    if let Some(error) = wire.error {
        return Err(format!("answered with an error in place of an answer: {}", shorten(&error.to_string(), 300)));
    }
    let (Some(content), reason) = (wire.content, wire.stop_reason.as_deref()) else {
        return Err("answered without any content".into());
    };
    let finish = match reason {
        Some("max_tokens" | "model_context_window_exceeded") => Finish::Length,
        Some("refusal") => Finish::Refused,
        _ => Finish::Stop,
    };
    let answered = content.iter().find(|block| block.kind == "tool_use" && block.name.as_deref() == Some(TOOL));
    let text = match answered.and_then(|block| block.input.as_ref()) {
        Some(input) => input.to_string(),
        None => content.iter().filter(|b| b.kind == "text").filter_map(|b| b.text.as_deref()).collect(),
    };
    let usage = wire.usage.and_then(WireUsage::counted);
    Ok(Message { answer: Answer::new(text, finish), usage })
}

#[derive(Deserialize)]
struct Wire {
    content: Option<Vec<WireBlock>>,
    stop_reason: Option<String>,
    usage: Option<WireUsage>,
    error: Option<Json>,
}

#[derive(Deserialize)]
struct WireBlock {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    name: Option<String>,
    input: Option<Json>,
}

#[derive(Deserialize)]
struct WireUsage {
    input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    output_tokens: Option<u64>,
}

impl WireUsage {
    /// Tokens that were written into a cache or read from it were read all the same.
    fn counted(self) -> Option<Usage> {
        let cached =
            self.cache_creation_input_tokens.unwrap_or_default() + self.cache_read_input_tokens.unwrap_or_default();
        Some(Usage { input: self.input_tokens? + cached, output: self.output_tokens.unwrap_or_default() })
    }
}
