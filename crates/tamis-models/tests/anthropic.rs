//! The Messages API.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;
use std::time::Instant;

use common::{Puppet, ask, ask_with, connect, patterned, picture_question, question};
use serde_json::{Value as Json, json};
use tamis_core::error::StopReason;
use tamis_core::media::{MediaKind, MediaStore, MemoryStore};
use tamis_core::model::{CallError, ChatRequest, Finish, Message, Model, Part, Sampling, Speaker};
use tamis_models::Services;

async fn bound(server: &Puppet, fields: &str) -> Arc<dyn Model> {
    let yaml = format!(
        "roles: {{ writer: m }}\nmodels:\n  m: {{ backend: anthropic, model: claude-test, url: \"{}\" {fields} }}\n",
        server.url
    );
    connect(&yaml, Services::default()).await.remove("writer").unwrap()
}

fn said(text: &str) -> String {
    message(json!([{ "type": "text", "text": text }]), "end_turn")
}

fn message(content: Json, stop_reason: &str) -> String {
    let usage = json!({ "input_tokens": 10, "cache_creation_input_tokens": 3, "cache_read_input_tokens": 4, "output_tokens": 5 });
    json!({ "type": "message", "role": "assistant", "content": content, "stop_reason": stop_reason, "usage": usage })
        .to_string()
}

fn error(kind: &str, message: &str) -> String {
    json!({ "type": "error", "error": { "type": kind, "message": message } }).to_string()
}

#[tokio::test]
async fn system_text_stands_apart_and_pictures_stand_between_texts_in_their_order() {
    let server = Puppet::new(vec![(200, "", said("ok"))]).await;
    let model = bound(&server, "").await;
    let store = MemoryStore::new();
    let (first, second) = (patterned(8, 8), patterned(9, 9));
    let image = |bytes: &[u8]| Part::Image(store.put(MediaKind::Image, bytes).unwrap());
    let parts =
        vec![Part::Text("a".into()), image(&first), Part::Text("".into()), Part::Text("c".into()), image(&second)];
    let messages = vec![
        Message::text(Speaker::System, "be brief"),
        Message { speaker: Speaker::User, parts: vec![image(&second)] },
        Message::text(Speaker::Assistant, "an example "),
        Message::text(Speaker::System, "and \"kind\""),
        Message { speaker: Speaker::User, parts },
    ];
    let (reply, receipt) =
        ask_with(&model, ChatRequest { messages, n: 1, ..ChatRequest::default() }, &store).await.unwrap();
    assert_eq!((reply.answers[0].text.as_str(), reply.answers[0].finish), ("ok", Finish::Stop));
    assert_eq!((receipt.usage.input, receipt.usage.output), (17, 5), "tokens of the cache were read too");
    assert_eq!((receipt.backend.as_str(), receipt.model.as_str()), ("anthropic", "claude-test"));
    let text = |text: &str| json!({ "type": "text", "text": text });
    let picture = |bytes: &[u8]| {
        let data = base64::STANDARD.encode_to_string(bytes);
        json!({ "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": data } })
    };
    let expected = json!({
        "model": "claude-test", "max_tokens": 4096, "system": "be brief\n\nand \"kind\"",
        "messages": [
            { "role": "user", "content": [picture(&second)] },
            { "role": "assistant", "content": [text("an example ")] },
            { "role": "user", "content": [text("a"), picture(&first), text("c"), picture(&second)] },
        ],
    });
    assert_eq!(server.bodies(), [expected]);
}

#[tokio::test]
async fn the_key_and_the_version_are_headers() {
    let server = Puppet::new(vec![(200, "", said("ok"))]).await;
    ask(&bound(&server, ", key: \"${PATH}\"").await, question("x")).await.unwrap();
    let head = server.heads().remove(0);
    assert!(head.starts_with("post /v1/messages http/1.1"), "{head}");
    let key = std::env::var("PATH").unwrap().to_lowercase();
    assert!(head.contains(&format!("x-api-key: {key}")) && head.contains("anthropic-version: 2023-06-01"), "{head}");
    assert!(!head.contains("authorization"), "{head}");
}

#[tokio::test]
async fn sampling_has_the_apis_names_and_no_seed() {
    let server = Puppet::new(vec![(200, "", said("ok"))]).await;
    let model = bound(&server, ", sampling: { temperature: 0.7, max_tokens: 99, extra: { top_k: 20 } }").await;
    let sampling = Sampling { stop: vec!["END".into()], top_p: Some(0.5), ..Sampling::default() };
    ask(&model, ChatRequest { sampling, seed: 7, ..question("x") }).await.unwrap();
    let expected = json!({
        "model": "claude-test", "max_tokens": 99, "temperature": 0.7, "top_p": 0.5, "top_k": 20,
        "stop_sequences": ["END"], "messages": [{ "role": "user", "content": [{ "type": "text", "text": "x" }] }],
    });
    assert_eq!(server.bodies(), [expected]);
}

#[tokio::test]
async fn a_schema_is_the_input_of_a_tool_that_has_to_be_used() {
    let content = json!([
        { "type": "thinking", "thinking": "hm" },
        { "type": "tool_use", "id": "t", "name": "answer", "input": { "b": 1, "a": [2] } },
    ]);
    let server = Puppet::new(vec![(200, "", message(content, "tool_use"))]).await;
    let model = bound(&server, "").await;
    let schema = json!({ "type": "object", "properties": { "b": {}, "a": {} } });
    let chat = ChatRequest { schema: Some(Arc::new(schema.clone())), ..question("x") };
    let (reply, receipt) = ask(&model, chat).await.unwrap();
    assert_eq!((reply.answers[0].text.as_str(), reply.answers[0].finish), (r#"{"b":1,"a":[2]}"#, Finish::Stop));
    assert!(receipt.notes.is_empty(), "{receipt:?}");
    let body = server.bodies().remove(0);
    let tool = json!([{ "name": "answer", "description": "Gives the answer.", "input_schema": schema }]);
    assert_eq!((&body["tools"], &body["tool_choice"]), (&tool, &json!({ "type": "tool", "name": "answer" })));
}

#[tokio::test]
async fn a_model_that_refuses_to_be_forced_is_asked_by_the_format_and_then_by_the_prompt() {
    let forced = error("invalid_request_error", "tool_choice: this model does not support forced tool use");
    let format = error("invalid_request_error", "output_config: Extra inputs are not permitted");
    let server = Puppet::new(vec![(400, "", forced), (400, "", format), (200, "", said("{}"))]).await;
    let model = bound(&server, "").await;
    let schema = json!({ "type": "object", "properties": { "b": { "type": "integer" } } });
    let chat = ChatRequest { schema: Some(Arc::new(schema.clone())), ..question("x") };
    let (_, receipt) = ask(&model, chat.clone()).await.unwrap();
    assert!(receipt.notes[0].contains("prompt alone"), "{receipt:?}");
    ask(&model, ChatRequest { n: 1, seed: 1, ..chat }).await.unwrap();
    let bodies = server.bodies();
    assert_eq!(bodies.len(), 4, "the second request knows what the first has learnt");
    assert_eq!(bodies[1]["output_config"], json!({ "format": { "type": "json_schema", "schema": schema } }));
    assert_eq!((&bodies[1]["tools"], &bodies[2]["output_config"]), (&Json::Null, &Json::Null));
    for body in &bodies[2..] {
        assert!(body["messages"][0]["content"][1]["text"].as_str().unwrap().ends_with(&schema.to_string()));
    }
}

#[tokio::test]
async fn several_answers_are_several_requests_and_one_receipt() {
    let server = Puppet::new(vec![(200, "", said("a")), (200, "", said("b")), (200, "", said("c"))]).await;
    let dir = tempfile::tempdir().unwrap();
    let journal = Arc::new(tamis_models::Journal::open(dir.path()).unwrap());
    let services = Services { journal: Some(journal.clone()), ..Services::default() };
    let yaml = format!(
        "roles: {{ writer: m }}\nmodels:\n  m: {{ backend: anthropic, model: c, url: \"{}\", limits: {{ concurrency: 1 }} }}\n",
        server.url
    );
    let model = connect(&yaml, services).await.remove("writer").unwrap();
    let (reply, receipt) = ask(&model, ChatRequest { n: 3, ..question("x") }).await.unwrap();
    let texts: Vec<_> = reply.answers.iter().map(|answer| answer.text.as_str()).collect();
    assert_eq!((texts, receipt.usage.input, receipt.attempts), (vec!["a", "b", "c"], 51, 1));
    assert!(receipt.notes[0].contains("asked 3 times"), "{receipt:?}");
    assert_eq!(journal.len(), 1);
    assert!(ask(&model, ChatRequest { n: 3, ..question("x") }).await.unwrap().1.cached);
    assert_eq!(server.bodies().len(), 3);
}

#[tokio::test]
async fn an_open_answer_is_gone_on_with_and_its_trailing_space_is_left_away() {
    let server = Puppet::new(vec![(200, "", said(" two."))]).await;
    let model = bound(&server, "").await;
    let messages = vec![Message::text(Speaker::User, "How many?"), Message::text(Speaker::Assistant, "There are \n")];
    let schema = Some(Arc::new(json!({ "type": "object", "properties": { "n": { "type": "integer" } } })));
    let (reply, receipt) = ask(&model, ChatRequest { messages, n: 1, schema, ..ChatRequest::default() }).await.unwrap();
    assert_eq!(reply.answers[0].text, " two.");
    assert!(receipt.notes[0].contains("white space"), "{receipt:?}");
    let body = server.bodies().remove(0);
    assert_eq!(
        body["messages"][1],
        json!({ "role": "assistant", "content": [{ "type": "text", "text": "There are" }] })
    );
    assert_eq!(body["tools"], Json::Null, "an open answer cannot be a tool's input");
    assert!(body["messages"][0]["content"][1]["text"].as_str().unwrap().contains("JSON schema"));
}

#[tokio::test]
async fn cuts_and_refusals_are_told_apart() {
    let text = |text: &str| json!([{ "type": "text", "text": text }]);
    for (content, reason, finish) in [
        (text("cut of"), "max_tokens", Finish::Length),
        (text("cut of"), "model_context_window_exceeded", Finish::Length),
        (json!([]), "refusal", Finish::Refused),
        (text("END"), "stop_sequence", Finish::Stop),
    ] {
        let server = Puppet::new(vec![(200, "", message(content, reason))]).await;
        let (reply, _) = ask(&bound(&server, "").await, question("x")).await.unwrap();
        assert_eq!(reply.answers[0].finish, finish, "{reason}");
    }
}

#[tokio::test]
async fn an_overloaded_server_is_asked_again_when_it_wishes() {
    for status in [429, 529] {
        let refusal = error("overloaded_error", "Overloaded");
        let server = Puppet::new(vec![(status, "retry-after: 1\r\n", refusal), (200, "", said("ok"))]).await;
        let start = Instant::now();
        let (_, receipt) = ask(&bound(&server, ", limits: { attempts: 1 }").await, question("x")).await.unwrap();
        assert_eq!(receipt.attempts, 2, "a refusal is no attempt");
        assert!((1.0..2.5).contains(&start.elapsed().as_secs_f64()), "{:?}", start.elapsed());
    }
}

#[tokio::test]
async fn what_may_go_better_is_sent_again() {
    for (status, body) in [
        (500, error("api_error", "oops")),
        (200, "<html>".to_string()),
        (200, said("ok")[..40].to_string()),
        (200, error("api_error", "late")),
        (200, "{}".to_string()),
    ] {
        let server = Puppet::new(vec![(status, "", body.clone()), (200, "", said("ok"))]).await;
        let (reply, receipt) = ask(&bound(&server, "").await, question("x")).await.unwrap();
        assert_eq!((reply.answers[0].text.as_str(), receipt.attempts), ("ok", 2), "after {status} {body}");
    }
}

#[tokio::test]
async fn a_bad_request_fails_its_record_at_once_with_the_servers_words() {
    let long = error("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum");
    let server = Puppet::new(vec![(200, "", said("ok")), (400, "", long)]).await;
    let model = bound(&server, "").await;
    ask(&model, question("short")).await.unwrap();
    match ask(&model, question("long")).await.unwrap_err() {
        CallError::Failed { message, attempts: 1 } => assert!(message.contains("prompt is too long"), "{message}"),
        other => panic!("{other}"),
    }
    assert_eq!(server.bodies().len(), 2);
}

#[tokio::test]
async fn what_every_request_shares_stops_the_run_without_a_second_try() {
    for (status, kind, said, told) in [
        (401, "authentication_error", "invalid x-api-key", "no key is bound"),
        (403, "permission_error", "not yours", "not yours"),
        (404, "not_found_error", "model: claude-test", "claude-test"),
        (400, "invalid_request_error", "Your credit balance is too low to access the API", "credit balance"),
    ] {
        let server = Puppet::new(vec![(status, "", error(kind, said))]).await;
        match ask(&bound(&server, "").await, question("x")).await.unwrap_err() {
            CallError::Stop(StopReason::BackendDown(message)) => {
                assert!(message.contains(told) && message.contains(said), "{message}");
            }
            other => panic!("the run goes on after {status}: {other}"),
        }
        let posts = server.heads().iter().filter(|head| head.starts_with("post")).count();
        assert_eq!(posts, 1, "{status}");
    }
}

#[tokio::test]
async fn pictures_are_made_to_fit_the_vendors_limits() {
    let server = Puppet::new(vec![(200, "", said("ok"))]).await;
    let model = bound(&server, "").await;
    let store = MemoryStore::new();
    let (_, receipt) = ask_with(&model, picture_question("x", &store, &patterned(8100, 10)), &store).await.unwrap();
    assert!(receipt.notes[0].starts_with("image 1 re-encoded to 8000x10 px"), "{receipt:?}");
    let wide = store.put(MediaKind::Image, &patterned(2100, 10)).unwrap();
    let parts = vec![Part::Image(wide); 21];
    let many =
        ChatRequest { messages: vec![Message { speaker: Speaker::User, parts }], n: 1, ..ChatRequest::default() };
    let (_, receipt) = ask_with(&model, many, &store).await.unwrap();
    assert!(receipt.notes[0].starts_with("image 1 re-encoded to 2000x10 px"), "{receipt:?}");
}

#[tokio::test]
async fn what_the_api_cannot_do_is_refused_before_anything_is_sent() {
    let server = Puppet::new(vec![(200, "", said("ok"))]).await;
    let model = bound(&server, "").await;
    let store = MemoryStore::new();
    let mut picture = picture_question("x", &store, &patterned(8, 8));
    picture.messages[0].speaker = Speaker::System;
    for (chat, told) in [
        (ChatRequest { logprobs: Some(0), ..question("x") }, "log-probabilities"),
        (picture, "system message holds a picture"),
        (ChatRequest { messages: vec![Message::text(Speaker::System, "s")], n: 1, ..ChatRequest::default() }, "prompt"),
    ] {
        let error = ask_with(&model, chat, &store).await.unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    assert!(server.bodies().is_empty());
}
