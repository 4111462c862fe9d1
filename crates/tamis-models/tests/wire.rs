//! What goes over the wire.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;

use common::{Puppet, ask, ask_with, bound, good, patterned, picture_question, question};
use serde_json::json;
use tamis_core::media::{MediaKind, MediaStore, MemoryStore};
use tamis_core::model::{ChatRequest, Finish, Message, Part, Sampling, Speaker};
use tamis_models::Services;

#[tokio::test]
async fn texts_and_pictures_arrive_in_their_order_and_pictures_as_the_bytes_they_are() {
    let server = Puppet::new(vec![(200, "", good("ok"))]).await;
    let model = bound(&format!("url: \"{}\"", server.url), Services::default()).await;
    let store = MemoryStore::new();
    let (first, second) = (patterned(8, 8), patterned(9, 9));
    let image = |bytes: &[u8]| Part::Image(store.put(MediaKind::Image, bytes).unwrap());
    let parts = vec![Part::Text("a \"b\"\n".into()), image(&first), Part::Text("c".into()), image(&second)];
    let messages = vec![
        Message::text(Speaker::System, "be brief"),
        Message { speaker: Speaker::User, parts: vec![image(&second)] },
        Message::text(Speaker::Assistant, "an example"),
        Message { speaker: Speaker::User, parts },
    ];
    ask_with(&model, ChatRequest { messages, n: 1, ..ChatRequest::default() }, &store).await.unwrap();
    let body = server.bodies().remove(0);
    let url = |bytes: &[u8]| json!(format!("data:image/png;base64,{}", base64::STANDARD.encode_to_string(bytes)));
    let text = |text: &str| json!({ "type": "text", "text": text });
    let picture = |bytes: &[u8]| json!({ "type": "image_url", "image_url": { "url": url(bytes) } });
    let expected = json!([
        { "role": "system", "content": "be brief" },
        { "role": "user", "content": [picture(&second)] },
        { "role": "assistant", "content": "an example" },
        { "role": "user", "content": [text("a \"b\"\n"), picture(&first), text("c"), picture(&second)] },
    ]);
    assert_eq!(body["messages"], expected);
    assert_eq!(body["model"], "test");
}

#[tokio::test]
async fn sampling_of_the_recipe_goes_over_the_bindings_and_extra_fields_are_at_the_top() {
    let server = Puppet::new(vec![(200, "", good("ok"))]).await;
    let sampling = "sampling: { temperature: 0.7, max_tokens: 99, extra: { top_k: 20, min_p: 0.1 } }";
    let model = bound(&format!("url: \"{}\", {sampling}", server.url), Services::default()).await;
    let recipe = Sampling {
        temperature: Some(0.0),
        stop: vec!["END".into()],
        extra: [("top_k".to_string(), json!(5))].into(),
        ..Sampling::default()
    };
    ask(&model, ChatRequest { sampling: recipe, seed: u64::MAX, ..question("x") }).await.unwrap();
    let body = server.bodies().remove(0);
    let got = ["temperature", "max_tokens", "top_k", "min_p", "stop", "seed"].map(|name| body[name].clone());
    assert_eq!(got, [json!(0.0), json!(99), json!(5), json!(0.1), json!(["END"]), json!(0x7fff_ffff)]);
}

#[tokio::test]
async fn a_schema_is_sent_strictly_and_asked_for_otherwise_when_the_server_does_not_know_it() {
    let complaint = r#"{"error":{"message":"response_format of type json_schema is not supported"}}"#.to_string();
    let server = Puppet::new(vec![(400, "", complaint), (200, "", good("{}"))]).await;
    let model = bound(&format!("url: \"{}\"", server.url), Services::default()).await;
    let schema = json!({ "type": "object", "properties": { "b": {}, "a": {} } });
    let chat = ChatRequest { schema: Some(Arc::new(schema.clone())), ..question("x") };
    let (_, receipt) = ask(&model, chat.clone()).await.unwrap();
    assert!(receipt.notes[0].contains("json_object"), "{receipt:?}");
    ask(&model, ChatRequest { seed: 1, ..chat }).await.unwrap();
    let bodies = server.bodies();
    let strict =
        json!({ "type": "json_schema", "json_schema": { "name": "answer", "strict": true, "schema": schema } });
    assert_eq!(bodies[0]["response_format"], strict);
    for body in &bodies[1..] {
        assert_eq!(body["response_format"], json!({ "type": "json_object" }));
        assert!(body["messages"][0]["content"].as_str().unwrap().ends_with(&schema.to_string()));
    }
    assert_eq!(bodies.len(), 3, "the second request knows what the first has learnt");
}

#[tokio::test]
async fn a_server_that_gives_one_choice_at_a_time_is_asked_until_there_are_n() {
    let server = Puppet::new(vec![(200, "", good("a")), (200, "", good("b")), (200, "", good("c"))]).await;
    let model = bound(&format!("url: \"{}\"", server.url), Services::default()).await;
    let (reply, receipt) = ask(&model, ChatRequest { n: 3, seed: 7, ..question("x") }).await.unwrap();
    let texts: Vec<_> = reply.answers.iter().map(|answer| answer.text.as_str()).collect();
    assert_eq!(texts, ["a", "b", "c"]);
    assert_eq!((receipt.usage.input, receipt.usage.output), (30, 15));
    assert!(receipt.notes[0].contains("asked 3 times"), "{receipt:?}");
    let seeds: Vec<_> = server.bodies().iter().map(|body| body["seed"].as_u64().unwrap()).collect();
    assert_eq!(seeds, [7, 8, 9]);
}

#[tokio::test]
async fn refusals_cuts_and_missing_counts_are_told() {
    let refusal = r#"{"choices":[{"message":{"refusal":"I won't."},"finish_reason":"stop"},
        {"message":{"content":"cut of"},"finish_reason":"length"}]}"#;
    let server = Puppet::new(vec![(200, "", refusal.to_string())]).await;
    let model = bound(&format!("url: \"{}\"", server.url), Services::default()).await;
    let (reply, receipt) = ask(&model, ChatRequest { n: 2, ..question("how many words is this?") }).await.unwrap();
    assert_eq!(reply.answers.iter().map(|a| a.finish).collect::<Vec<_>>(), [Finish::Refused, Finish::Length]);
    assert!(receipt.usage.input > 5 && receipt.notes[0].contains("estimated"), "{receipt:?}");
}

#[tokio::test]
async fn pictures_over_the_stated_maximum_are_made_smaller_and_it_is_noted() {
    let server = Puppet::new(vec![(200, "", good("ok"))]).await;
    let fields = format!("url: \"{}\", images: {{ max_side: 100, max_bytes: 20000 }}", server.url);
    let model = bound(&fields, Services::default()).await;
    let store = MemoryStore::new();
    let (_, receipt) = ask_with(&model, picture_question("x", &store, &patterned(400, 200)), &store).await.unwrap();
    assert!(receipt.notes[0].starts_with("image 1 re-encoded to 100x50 px"), "{receipt:?}");
    let small = patterned(60, 50);
    let (_, receipt) = ask_with(&model, picture_question("x", &store, &small), &store).await.unwrap();
    assert!(receipt.notes.is_empty(), "{receipt:?}");
    let url = |body: &serde_json::Value| body["messages"][0]["content"][1]["image_url"]["url"].to_string();
    let bodies = server.bodies();
    assert!(url(&bodies[0]).starts_with("\"data:image/jpeg;base64,"));
    assert!(url(&bodies[1]).contains(&base64::STANDARD.encode_to_string(&small)));
}

#[tokio::test]
async fn a_picture_that_is_none_fails_the_call_without_a_request() {
    let server = Puppet::new(vec![(200, "", good("ok"))]).await;
    let model = bound(&format!("url: \"{}\"", server.url), Services::default()).await;
    let store = MemoryStore::new();
    let error = ask_with(&model, picture_question("x", &store, b"no picture"), &store).await.unwrap_err();
    assert!(error.to_string().contains("no picture"), "{error}");
    assert!(server.bodies().is_empty());
}

#[tokio::test]
async fn the_name_of_the_model_is_asked_where_it_is_not_said() {
    let list = |names: &[&str]| {
        let data: Vec<_> = names.iter().map(|name| json!({ "id": name })).collect();
        vec![(200, "", json!({ "data": data }).to_string()), (200, "", good("ok"))]
    };
    let server = Puppet::new(list(&["Qwen/Qwen2.5-VL"])).await;
    let bindings = tamis_models::Bindings::from_url(&server.url).unwrap();
    let model = bindings.connect(&common::writer(), Services::default()).await.unwrap().remove("writer").unwrap();
    let (_, receipt) = ask(&model, question("x")).await.unwrap();
    assert_eq!(receipt.model, "Qwen/Qwen2.5-VL");
    assert_eq!(server.bodies()[1]["model"], "Qwen/Qwen2.5-VL");
    let server = Puppet::new(list(&["a", "b"])).await;
    let bindings = tamis_models::Bindings::from_url(&server.url).unwrap();
    let error = bindings.connect(&common::writer(), Services::default()).await.err().unwrap().to_string();
    assert!(error.contains("several models: a, b"), "{error}");
}
