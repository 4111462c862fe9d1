//! The server's answer, as lenient as is safe.

use std::borrow::Cow;

use serde::Deserialize;
use tamis_core::model::{Answer, Finish, Usage};

use crate::fault::shorten;

/// What a chat completion says.
#[derive(Debug)]
pub(super) struct Completion {
    pub(super) answers: Vec<Answer>,
    pub(super) usage: Option<Usage>,
    /// whether the server is our simulator
    pub(super) simulated: bool,
}

/// Reads a chat completion.
///
/// Errors, in words: a web page, half a JSON, an error in place of an answer, no choices.
pub(super) fn read(bytes: &[u8]) -> Result<Completion, String> {
    let wire: WireCompletion<'_> = serde_json::from_slice(bytes).map_err(|e| not_json(bytes, &e))?;
    let choices = wire.choices.unwrap_or_default();
    if let (true, Some(error)) = (choices.is_empty(), wire.error) {
        return Err(format!("answered with an error in place of an answer: {}", shorten(&error.to_string(), 300)));
    }
    if choices.is_empty() {
        return Err("answered without any choice".into());
    }
    let usage = wire
        .usage
        .and_then(|u| Some(Usage { input: u.prompt_tokens?, output: u.completion_tokens.unwrap_or_default() }));
    let simulated = wire.system_fingerprint.as_deref() == Some(crate::sim::MODEL);
    Ok(Completion { answers: choices.into_iter().map(WireChoice::answer).collect(), usage, simulated })
}

/// Whether these bytes are a web page.
pub(super) fn is_page(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().first() == Some(&b'<')
}

/// What bytes are that are not the JSON that was expected, in words.
pub(super) fn not_json(bytes: &[u8], error: &serde_json::Error) -> String {
    let start = shorten(&String::from_utf8_lossy(&bytes[..bytes.len().min(2000)]), 120);
    match (is_page(bytes), bytes.is_empty(), error.is_eof()) {
        (true, ..) => format!("answered with a web page instead of JSON; does the URL lack /v1? It begins: {start}"),
        (_, true, _) => "answered with nothing at all".into(),
        (.., true) => format!("answered with half a JSON ({} bytes); it begins: {start}", bytes.len()),
        _ => format!("answered with something else than a chat completion ({error}); it begins: {start}"),
    }
}

#[derive(Deserialize)]
struct WireCompletion<'a> {
    #[serde(borrow)]
    choices: Option<Vec<WireChoice<'a>>>,
    usage: Option<WireUsage>,
    error: Option<serde_json::Value>,
    #[serde(borrow, default)]
    system_fingerprint: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct WireChoice<'a> {
    #[serde(borrow)]
    message: WireMessage<'a>,
    #[serde(borrow)]
    finish_reason: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct WireMessage<'a> {
    #[serde(borrow, default)]
    content: Option<WireContent<'a>>,
    #[serde(borrow, default)]
    refusal: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WireContent<'a> {
    Text(Cow<'a, str>),
    Parts(Vec<WirePart>),
}

#[derive(Deserialize)]
struct WirePart {
    text: Option<String>,
}

#[derive(Deserialize)]
struct WireUsage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
}

impl WireChoice<'_> {
    fn answer(self) -> Answer {
        if let Some(refusal) = self.message.refusal.filter(|refusal| !refusal.is_empty()) {
            return Answer::new(refusal, Finish::Refused);
        }
        let text = match self.message.content {
            Some(WireContent::Text(text)) => text.into_owned(),
            Some(WireContent::Parts(parts)) => parts.into_iter().filter_map(|part| part.text).collect(),
            None => String::new(),
        };
        let finish = match self.finish_reason.as_deref() {
            Some("length" | "max_tokens") => Finish::Length,
            Some("content_filter" | "refusal") => Finish::Refused,
            _ => Finish::Stop,
        };
        Answer::new(text, finish)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_may_be_text_parts_or_absent_and_refusals_are_told_apart() {
        let completion = read(
            br#"{"id":"x","choices":[
                {"index":0,"message":{"role":"assistant","content":"a \"b\""},"finish_reason":"length"},
                {"message":{"content":[{"type":"text","text":"c"},{"type":"text","text":"d"}]},"finish_reason":"stop"},
                {"message":{"content":null,"refusal":"No."},"finish_reason":"stop"},
                {"message":{},"finish_reason":null}],
              "usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}}"#,
        )
        .unwrap();
        let got: Vec<_> = completion.answers.iter().map(|a| (a.text.as_str(), a.finish)).collect();
        let want = [("a \"b\"", Finish::Length), ("cd", Finish::Stop), ("No.", Finish::Refused), ("", Finish::Stop)];
        assert_eq!(got, want);
        assert_eq!(completion.usage, Some(Usage { input: 5, output: 7 }));
    }

    #[test]
    fn what_is_no_completion_is_called_what_it_is() {
        assert!(read(b"<!doctype html><p>Hi").unwrap_err().contains("web page"));
        assert!(read(br#"{"choices":[{"mess"#).unwrap_err().contains("half a JSON"));
        assert!(read(br#"{"choices":[]}"#).unwrap_err().contains("without any choice"));
        assert!(read(br#"{"error":{"message":"loading"}}"#).unwrap_err().contains("loading"));
        assert!(read(b"").unwrap_err().contains("nothing at all"));
    }
}
