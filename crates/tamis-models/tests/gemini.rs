//! generateContent.
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
        "roles: {{ writer: m }}\nmodels:\n  m: {{ backend: gemini, model: gemini-2.5-test, url: \"{}\" {fields} }}\n",
        server.url
    );
    connect(&yaml, Services::default()).await.remove("writer").unwrap()
}

fn said(texts: &[&str]) -> String {
    let candidate =
        |text: &&str| json!({ "content": { "role": "model", "parts": [{ "text": text }] }, "finishReason": "STOP" });
    let candidates: Vec<_> = texts.iter().map(candidate).collect();
    with_usage(json!({ "candidates": candidates }))
}

fn with_usage(mut response: Json) -> String {
    response["usageMetadata"] = json!({
        "promptTokenCount": 10, "cachedContentTokenCount": 4, "candidatesTokenCount": 5, "thoughtsTokenCount": 2,
    });
    response.to_string()
}

fn error(code: u16, status: &str, message: &str) -> String {
    json!({ "error": { "code": code, "message": message, "status": status } }).to_string()
}

#[tokio::test]
async fn contents_are_parts_in_their_order_and_the_key_is_in_a_header() {
    let server = Puppet::new(vec![(200, "", said(&["ok"]))]).await;
    let model = bound(&server, ", key: \"${PATH}\"").await;
    let store = MemoryStore::new();
    let (first, second) = (patterned(8, 8), patterned(9, 9));
    let image = |bytes: &[u8]| Part::Image(store.put(MediaKind::Image, bytes).unwrap());
    let parts = vec![Part::Text("a \"b\"".into()), image(&first), Part::Text("c".into()), image(&second)];
    let messages = vec![
        Message::text(Speaker::System, "be brief"),
        Message { speaker: Speaker::User, parts: vec![image(&second)] },
        Message::text(Speaker::Assistant, "an example"),
        Message { speaker: Speaker::User, parts },
    ];
    let (reply, receipt) =
        ask_with(&model, ChatRequest { messages, n: 1, seed: u64::MAX, ..ChatRequest::default() }, &store)
            .await
            .unwrap();
    assert_eq!((reply.answers[0].text.as_str(), reply.answers[0].finish), ("ok", Finish::Stop));
    assert_eq!((receipt.usage.input, receipt.usage.output), (10, 7), "thoughts are written tokens");
    let text = |text: &str| json!({ "text": text });
    let picture = |bytes: &[u8]| json!({ "inlineData": { "mimeType": "image/png", "data": base64::STANDARD.encode_to_string(bytes) } });
    let expected = json!({
        "contents": [
            { "role": "user", "parts": [picture(&second)] },
            { "role": "model", "parts": [text("an example")] },
            { "role": "user", "parts": [text("a \"b\""), picture(&first), text("c"), picture(&second)] },
        ],
        "systemInstruction": { "parts": [text("be brief")] },
        "generationConfig": { "seed": 0x7fff_ffff },
    });
    assert_eq!(server.bodies(), [expected]);
    let head = server.heads().remove(0);
    let key = std::env::var("PATH").unwrap().to_lowercase();
    assert!(head.starts_with("post /v1/models/gemini-2.5-test:generatecontent http/1.1"), "{head}");
    assert!(head.contains(&format!("x-goog-api-key: {key}")) && !head.contains("authorization"), "{head}");
}

#[tokio::test]
async fn sampling_is_in_the_generation_config_and_extras_where_they_belong() {
    let server = Puppet::new(vec![(200, "", said(&["ok"]))]).await;
    let safety = "{ category: HARM_CATEGORY_HARASSMENT, threshold: BLOCK_NONE }";
    let extra = format!("{{ top_k: 20, thinkingConfig: {{ thinkingBudget: 0 }}, safetySettings: [{safety}] }}");
    let model = bound(&server, &format!(", sampling: {{ temperature: 0.7, max_tokens: 99, extra: {extra} }}")).await;
    let sampling = Sampling { stop: vec!["END".into()], top_p: Some(0.5), ..Sampling::default() };
    ask(&model, ChatRequest { sampling, seed: 7, ..question("x") }).await.unwrap();
    let body = server.bodies().remove(0);
    let expected = json!({
        "temperature": 0.7, "topP": 0.5, "topK": 20, "maxOutputTokens": 99, "stopSequences": ["END"], "seed": 7,
        "thinkingConfig": { "thinkingBudget": 0 },
    });
    assert_eq!(body["generationConfig"], expected);
    assert_eq!(body["safetySettings"][0]["threshold"], "BLOCK_NONE");
}

#[tokio::test]
async fn a_schema_is_sent_in_geminis_form_and_in_the_prompt_where_it_has_none() {
    let server = Puppet::new(vec![(200, "", said(&["{}"]))]).await;
    let model = bound(&server, "").await;
    let schema = json!({
        "type": "object", "properties": { "a": { "type": "string" } }, "required": ["a"], "additionalProperties": false,
    });
    let (_, receipt) = ask(&model, ChatRequest { schema: Some(Arc::new(schema)), ..question("x") }).await.unwrap();
    assert!(receipt.notes.is_empty(), "{receipt:?}");
    let open = json!({ "type": "object", "additionalProperties": { "type": "string" } });
    let (_, receipt) =
        ask(&model, ChatRequest { schema: Some(Arc::new(open.clone())), ..question("x") }).await.unwrap();
    assert!(receipt.notes[0].contains("in the prompt"), "{receipt:?}");
    let bodies = server.bodies();
    let config = &bodies[0]["generationConfig"];
    assert_eq!(config["responseMimeType"], "application/json");
    let converted = json!({
        "type": "OBJECT", "required": ["a"], "propertyOrdering": ["a"], "properties": { "a": { "type": "STRING" } },
    });
    assert_eq!(config["responseSchema"], converted);
    let config = &bodies[1]["generationConfig"];
    assert_eq!((&config["responseMimeType"], &config["responseSchema"]), (&json!("application/json"), &Json::Null));
    assert!(bodies[1]["contents"][0]["parts"][1]["text"].as_str().unwrap().ends_with(&open.to_string()));
}

#[tokio::test]
async fn several_answers_are_candidates_and_a_model_that_gives_one_is_asked_again() {
    let server = Puppet::new(vec![(200, "", said(&["a", "b", "c"]))]).await;
    let (reply, receipt) = ask(&bound(&server, "").await, ChatRequest { n: 3, ..question("x") }).await.unwrap();
    assert_eq!((reply.answers.len(), receipt.usage.input, server.bodies().len()), (3, 10, 1));
    assert_eq!(server.bodies()[0]["generationConfig"]["candidateCount"], 3);

    let refusal = error(400, "INVALID_ARGUMENT", "Multiple candidates is not enabled for this model");
    let server = Puppet::new(vec![(400, "", refusal), (200, "", said(&["a"])), (200, "", said(&["b"]))]).await;
    let (reply, receipt) =
        ask(&bound(&server, "").await, ChatRequest { n: 2, seed: 5, ..question("x") }).await.unwrap();
    assert_eq!(reply.answers.iter().map(|a| a.text.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert!(receipt.notes[0].contains("asked 2 times"), "{receipt:?}");
    let seeds: Vec<_> = server.bodies().iter().map(|b| b["generationConfig"]["seed"].clone()).collect();
    assert_eq!(seeds, [5, 5, 6]);
}

#[tokio::test]
async fn blocks_are_refusals_with_their_reason() {
    let blocked = with_usage(json!({ "promptFeedback": {
        "blockReason": "SAFETY", "safetyRatings": [{ "category": "HARM_CATEGORY_HARASSMENT", "blocked": true }],
    } }));
    let server = Puppet::new(vec![(200, "", blocked)]).await;
    let (reply, _) = ask(&bound(&server, "").await, ChatRequest { n: 2, ..question("x") }).await.unwrap();
    assert_eq!(reply.answers.len(), 2);
    assert_eq!(reply.answers[1].finish, Finish::Refused);
    assert_eq!(reply.answers[1].text, "the prompt was blocked: SAFETY (HARM_CATEGORY_HARASSMENT)");

    for reason in ["SAFETY", "RECITATION", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII"] {
        let server =
            Puppet::new(vec![(200, "", with_usage(json!({ "candidates": [{ "finishReason": reason }] })))]).await;
        let (reply, _) = ask(&bound(&server, "").await, question("x")).await.unwrap();
        assert_eq!((reply.answers[0].finish, reply.answers[0].text.contains(reason)), (Finish::Refused, true));
    }
}

#[tokio::test]
async fn thoughts_are_no_answer_and_cuts_are_told() {
    let parts = json!([{ "text": "hm", "thought": true }, { "text": "cut" }, { "text": " of" }]);
    let candidate = json!({ "content": { "parts": parts }, "finishReason": "MAX_TOKENS" });
    let server = Puppet::new(vec![(200, "", with_usage(json!({ "candidates": [candidate] })))]).await;
    let (reply, _) = ask(&bound(&server, "").await, question("x")).await.unwrap();
    assert_eq!((reply.answers[0].text.as_str(), reply.answers[0].finish), ("cut of", Finish::Length));
}

#[tokio::test]
async fn a_used_up_quota_is_waited_for_as_long_as_the_body_says() {
    let body = json!({ "error": {
        "code": 429, "message": "You exceeded your current quota", "status": "RESOURCE_EXHAUSTED",
        "details": [{ "@type": "type.googleapis.com/google.rpc.QuotaFailure" },
                    { "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.2s" }],
    } });
    let server = Puppet::new(vec![(429, "", body.to_string()), (200, "", said(&["ok"]))]).await;
    let start = Instant::now();
    ask(&bound(&server, ", limits: { attempts: 1 }").await, question("x")).await.unwrap();
    assert!((1.2..2.5).contains(&start.elapsed().as_secs_f64()), "{:?}", start.elapsed());
}

#[tokio::test]
async fn what_may_go_better_is_sent_again() {
    for (status, body) in [
        (503, error(503, "UNAVAILABLE", "The model is overloaded")),
        (500, error(500, "INTERNAL", "oops")),
        (200, "<html>".to_string()),
        (200, said(&["ok"])[..30].to_string()),
        (200, "{}".to_string()),
        (200, json!({ "candidates": [{ "finishReason": "OTHER" }] }).to_string()),
    ] {
        let server = Puppet::new(vec![(status, "", body.clone()), (200, "", said(&["ok"]))]).await;
        let (reply, receipt) = ask(&bound(&server, "").await, question("x")).await.unwrap();
        assert_eq!((reply.answers[0].text.as_str(), receipt.attempts), ("ok", 2), "after {status} {body}");
    }
}

#[tokio::test]
async fn a_bad_request_fails_its_record_and_a_bad_key_stops_the_run() {
    let long = error(400, "INVALID_ARGUMENT", "The input token count exceeds the maximum");
    let server = Puppet::new(vec![(200, "", said(&["ok"])), (400, "", long)]).await;
    let model = bound(&server, "").await;
    ask(&model, question("short")).await.unwrap();
    match ask(&model, question("long")).await.unwrap_err() {
        CallError::Failed { message, attempts: 1 } => assert!(message.contains("token count exceeds"), "{message}"),
        other => panic!("{other}"),
    }
    for (status, said, told) in [
        (400, "API key not valid. Please pass a valid API key.", "no key is bound"),
        (401, "Request had invalid credentials", "no key is bound"),
        (403, "Permission denied", "no key is bound"),
        (404, "models/gemini-2.5-test is not found", "is not found"),
    ] {
        let server = Puppet::new(vec![(status, "", error(status, "X", said))]).await;
        match ask(&bound(&server, "").await, question("x")).await.unwrap_err() {
            CallError::Stop(StopReason::BackendDown(message)) => assert!(message.contains(told), "{message}"),
            other => panic!("the run goes on after {status}: {other}"),
        }
    }
}

#[tokio::test]
async fn a_missing_model_is_told_with_those_that_are_served() {
    let missing = error(404, "NOT_FOUND", "models/gemini-2.5-test is not found for API version v1beta");
    let list = json!({ "models": [{ "name": "models/gemini-a" }, { "name": "models/gemini-b" }] }).to_string();
    let server = Puppet::new(vec![(404, "", missing), (200, "", list)]).await;
    let error = ask(&bound(&server, "").await, question("x")).await.unwrap_err().to_string();
    assert!(error.contains("it serves: gemini-a, gemini-b"), "{error}");
}

#[tokio::test]
async fn a_gif_is_sent_as_png() {
    let server = Puppet::new(vec![(200, "", said(&["ok"]))]).await;
    let store = MemoryStore::new();
    let mut gif = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(8, 8).write_to(&mut gif, image::ImageFormat::Gif).unwrap();
    let chat = picture_question("x", &store, gif.get_ref());
    let (_, receipt) = ask_with(&bound(&server, "").await, chat, &store).await.unwrap();
    assert!(receipt.notes[0].contains("from GIF to PNG"), "{receipt:?}");
    assert_eq!(server.bodies()[0]["contents"][0]["parts"][1]["inlineData"]["mimeType"], "image/png");
}
