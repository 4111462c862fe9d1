//! The answer of generateContent.

use serde::Deserialize;
use serde_json::Value as Json;
use tamis_core::model::{Answer, Finish, Usage};

use super::super::answer::not_json;
use crate::fault::shorten;

/// What a response says.
#[derive(Debug)]
pub(super) struct Completion {
    pub(super) answers: Vec<Answer>,
    pub(super) usage: Option<Usage>,
}

/// Reads a response to a request for `wanted` answers. A prompt that was blocked counts as refused that often. The
/// thoughts of a model that thinks aloud are no part of its answer.
///
/// Errors, in words: a web page, half a JSON, an error in place of an answer, no candidates, a candidate that ended for
/// a reason that may pass.
pub(super) fn read(bytes: &[u8], wanted: u32) -> Result<Completion, String> {
    let wire: Wire = serde_json::from_slice(bytes).map_err(|e| not_json(bytes, &e))?;
    if let Some(error) = wire.error {
        return Err(format!("answered with an error in place of an answer: {}", shorten(&error.to_string(), 300)));
    }
    let usage = wire.usage_metadata.and_then(WireUsage::counted);
    if let Some(feedback) = &wire.prompt_feedback
        && let Some(reason) = &feedback.block_reason
    {
        let text = refusal("the prompt was blocked", reason, &feedback.safety_ratings);
        let answers = (0..wanted.max(1)).map(|_| Answer::new(text.clone(), Finish::Refused)).collect();
        return Ok(Completion { answers, usage });
    }
    let candidates = wire.candidates.unwrap_or_default();
    if candidates.is_empty() {
        return Err("answered without any candidate".into());
    }
    let answers = candidates.into_iter().map(WireCandidate::answer).collect::<Result<_, _>>()?;
    Ok(Completion { answers, usage })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    candidates: Option<Vec<WireCandidate>>,
    prompt_feedback: Option<WireFeedback>,
    usage_metadata: Option<WireUsage>,
    error: Option<Json>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireFeedback {
    block_reason: Option<String>,
    #[serde(default)]
    safety_ratings: Vec<WireRating>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireCandidate {
    content: Option<WireContent>,
    finish_reason: Option<String>,
    #[serde(default)]
    safety_ratings: Vec<WireRating>,
}

#[derive(Deserialize)]
struct WireContent {
    #[serde(default)]
    parts: Vec<WirePart>,
}

#[derive(Deserialize)]
struct WirePart {
    text: Option<String>,
    #[serde(default)]
    thought: bool,
}

#[derive(Deserialize)]
struct WireRating {
    category: Option<String>,
    #[serde(default)]
    blocked: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireUsage {
    prompt_token_count: Option<u64>,
    tool_use_prompt_token_count: Option<u64>,
    candidates_token_count: Option<u64>,
    thoughts_token_count: Option<u64>,
}

impl WireCandidate {
    fn answer(self) -> Result<Answer, String> {
        let parts = self.content.map(|content| content.parts).unwrap_or_default();
        let text: String = parts.into_iter().filter(|part| !part.thought).filter_map(|part| part.text).collect();
        let finish = match self.finish_reason.as_deref() {
            None | Some("STOP" | "FINISH_REASON_UNSPECIFIED") => Finish::Stop,
            Some("MAX_TOKENS") => Finish::Length,
            Some("OTHER" | "MALFORMED_FUNCTION_CALL" | "MALFORMED_RESPONSE") if text.is_empty() => {
                return Err(format!("answered nothing, for the reason {}", self.finish_reason.unwrap_or_default()));
            }
            Some("OTHER") => Finish::Stop,
            Some(reason) => {
                let told = refusal("the answer was blocked", reason, &self.safety_ratings);
                return Ok(Answer::new(told, Finish::Refused));
            }
        };
        Ok(Answer::new(text, finish))
    }
}

impl WireUsage {
    /// Cached tokens are in the prompt's already; thoughts are written and paid.
    fn counted(self) -> Option<Usage> {
        let input = self.prompt_token_count? + self.tool_use_prompt_token_count.unwrap_or_default();
        let output = self.candidates_token_count.unwrap_or_default() + self.thoughts_token_count.unwrap_or_default();
        Some(Usage { input, output })
    }
}

fn refusal(what: &str, reason: &str, ratings: &[WireRating]) -> String {
    let blamed: Vec<&str> = ratings.iter().filter(|r| r.blocked).filter_map(|r| r.category.as_deref()).collect();
    let blamed = if blamed.is_empty() { String::new() } else { format!(" ({})", blamed.join(", ")) };
    shorten(&format!("{what}: {reason}{blamed}"), 300)
}
