//! The server's answer, as lenient as is safe.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value as Json;
use tamis_core::model::{Answer, Finish, TokenProb, Usage};

use crate::fault::shorten;

/// What a chat completion says.
#[derive(Debug)]
pub(super) struct Completion {
    pub(super) answers: Vec<Answer>,
    pub(super) usage: Option<Usage>,
    /// whether the server is our simulator
    pub(super) simulated: bool,
    /// the tokens that were read, where their log-probabilities were asked for
    pub(super) read: Vec<TokenProb>,
}

/// Reads a chat completion; with `thoughts`, what the server split off as reasoning is put before the answer.
///
/// Errors, in words: a web page, half a JSON, an error in place of an answer, no choices.
pub(super) fn read(bytes: &[u8], thoughts: bool) -> Result<Completion, String> {
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
    let read = wire.prompt_logprobs.unwrap_or_default().iter().map(token_read).collect();
    let answers = choices.into_iter().map(|choice| choice.answer(thoughts)).collect();
    Ok(Completion { answers, usage, simulated, read })
}

/// The last of the tokens that were read which make up `forced`.
///
/// Errors, in words: fewer tokens than the text is long.
pub(super) fn end_of(mut read: Vec<TokenProb>, forced: &str) -> Result<Vec<TokenProb>, String> {
    let wanted = forced.chars().count();
    let (mut length, mut first) = (0, read.len());
    while length < wanted && first > 0 {
        first -= 1;
        length += read[first].token.chars().count();
    }
    match length < wanted {
        true => Err("gave no log-probabilities of the tokens it read (`prompt_logprobs`), which scoring needs".into()),
        false => Ok(read.split_off(first)),
    }
}

/// An entry of vLLM's `prompt_logprobs`: the token by its number, or null for the first.
fn token_read(entry: &Json) -> TokenProb {
    let token = entry.as_object().and_then(|tokens| tokens.values().next()).unwrap_or(&Json::Null);
    TokenProb {
        token: token["decoded_token"].as_str().unwrap_or_default().to_string(),
        logprob: at_most_0(token["logprob"].as_f64().unwrap_or(0.0)),
        top: Vec::new(),
    }
}

/// Rounding gives servers log-probabilities a little above 0.
fn at_most_0(logprob: f64) -> f64 {
    logprob.min(0.0)
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
    prompt_logprobs: Option<Vec<Json>>,
}

#[derive(Deserialize)]
struct WireChoice<'a> {
    #[serde(borrow)]
    message: WireMessage<'a>,
    #[serde(borrow)]
    finish_reason: Option<Cow<'a, str>>,
    logprobs: Option<WireTokens>,
}

#[derive(Deserialize)]
struct WireTokens {
    content: Option<Vec<WireToken>>,
}

#[derive(Deserialize)]
struct WireToken {
    token: String,
    logprob: f64,
    #[serde(default)]
    top_logprobs: Vec<WireToken>,
}

#[derive(Deserialize)]
struct WireMessage<'a> {
    #[serde(borrow, default)]
    content: Option<WireContent<'a>>,
    #[serde(borrow, default)]
    refusal: Option<Cow<'a, str>>,
    /// what vLLM, SGLang and others call it
    #[serde(borrow, default)]
    reasoning_content: Option<Cow<'a, str>>,
    /// what newer vLLM and OpenRouter call it
    #[serde(borrow, default)]
    reasoning: Option<Cow<'a, str>>,
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

impl WireToken {
    fn token(self) -> TokenProb {
        let top = self.top_logprobs.into_iter().take(20).map(|t| (t.token, at_most_0(t.logprob))).collect();
        TokenProb { token: self.token, logprob: at_most_0(self.logprob), top }
    }
}

impl WireChoice<'_> {
    fn answer(self, thoughts: bool) -> Answer {
        let tokens = self.logprobs.and_then(|logprobs| logprobs.content).unwrap_or_default();
        let tokens: Vec<TokenProb> = tokens.into_iter().map(WireToken::token).collect();
        if let Some(refusal) = self.message.refusal.filter(|refusal| !refusal.is_empty()) {
            return Answer::new(refusal, Finish::Refused);
        }
        let text = match self.message.content {
            Some(WireContent::Text(text)) => text.into_owned(),
            Some(WireContent::Parts(parts)) => parts.into_iter().filter_map(|part| part.text).collect(),
            None => String::new(),
        };
        let reasoning = self.message.reasoning_content.or(self.message.reasoning);
        let reasoning = reasoning.filter(|r| thoughts && !r.trim().is_empty() && !text.contains("<think>"));
        let text = match reasoning {
            Some(reasoning) => format!("<think>\n{}\n</think>\n{}", reasoning.trim(), text.trim_start()),
            None => text,
        };
        let finish = match self.finish_reason.as_deref() {
            Some("length" | "max_tokens") => Finish::Length,
            Some("content_filter" | "refusal") => Finish::Refused,
            _ => Finish::Stop,
        };
        Answer { text, finish, tokens }
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
            true,
        )
        .unwrap();
        let got: Vec<_> = completion.answers.iter().map(|a| (a.text.as_str(), a.finish)).collect();
        let want = [("a \"b\"", Finish::Length), ("cd", Finish::Stop), ("No.", Finish::Refused), ("", Finish::Stop)];
        assert_eq!(got, want);
        assert_eq!(completion.usage, Some(Usage { input: 5, output: 7 }));
    }

    #[test]
    fn what_is_no_completion_is_called_what_it_is() {
        assert!(read(b"<!doctype html><p>Hi", true).unwrap_err().contains("web page"));
        assert!(read(br#"{"choices":[{"mess"#, true).unwrap_err().contains("half a JSON"));
        assert!(read(br#"{"choices":[]}"#, true).unwrap_err().contains("without any choice"));
        assert!(read(br#"{"error":{"message":"loading"}}"#, true).unwrap_err().contains("loading"));
        assert!(read(b"", true).unwrap_err().contains("nothing at all"));
    }

    #[test]
    fn thoughts_are_put_before_the_answer_unless_they_are_there_or_not_wanted() {
        let said = |message: &str, thoughts| {
            let body = format!(r#"{{"choices":[{{"message":{message}}}]}}"#);
            read(body.as_bytes(), thoughts).unwrap().answers[0].text.clone()
        };
        let split = r#"{"content":"\n\nA dog.","reasoning_content":"It barks.\n"}"#;
        assert_eq!(said(split, true), "<think>\nIt barks.\n</think>\nA dog.");
        assert_eq!(said(split, false), "\n\nA dog.");
        assert_eq!(said(r#"{"content":"<think>a</think>b","reasoning":"a"}"#, true), "<think>a</think>b");
    }

    #[test]
    fn a_scored_text_is_the_last_of_what_was_read() {
        let token = |token: &str| TokenProb { token: token.into(), logprob: -1.0, top: Vec::new() };
        let read = vec![token(""), token("a"), token(" b"), token(" c")];
        let tokens: Vec<String> = end_of(read.clone(), " b c").unwrap().into_iter().map(|t| t.token).collect();
        assert_eq!(tokens, [" b", " c"]);
        assert!(end_of(read, "much longer than that").is_err());
    }
}
