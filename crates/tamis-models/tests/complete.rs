//! Messages that are left open, scores of given continuations, log-probabilities.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;

use common::{Puppet, ask, bound, call, good, playing, png, question, with_journal};
use serde_json::json;
use tamis_core::media::{MediaKind, MediaStore, MemoryStore};
use tamis_core::model::{ChatReply, ChatRequest, CompleteRequest, Message, Part, Reply, Request, RoleKind, Speaker};
use tamis_models::Services;
use tamis_models::sim::{self, Options};

const TEMPLATE: &str = "{% for message in messages %}<|im_start|>{{ message['role'] }}\n\
    {% for content in message['content'] %}{% if content['type'] == 'image' %}<|image_pad|>\
    {% else %}{{ content['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}\
    {% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

/// A directory with the template, and the fields of a binding that names it.
fn with_template(url: &str, way: &str) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("chat_template.jinja");
    std::fs::write(&file, TEMPLATE).unwrap();
    let fields = format!("backend: openai, url: \"{url}\", complete: {{ {way} template: \"{}\" }}", file.display());
    (dir, fields)
}

fn open(parts: Vec<Part>, seed: u64) -> CompleteRequest {
    CompleteRequest { messages: vec![Message { speaker: Speaker::User, parts }], n: 1, seed, ..Default::default() }
}

fn said(reply: (Reply, tamis_core::model::Receipt)) -> ChatReply {
    let Reply::Chat(reply) = reply.0 else { panic!("a text") };
    reply
}

#[tokio::test]
async fn the_models_own_template_is_sent_cut_off_at_a_mark() {
    let server = Puppet::new(vec![(200, "", good("What is it?"))]).await;
    let (_dir, fields) = with_template(&server.url, "");
    let model = playing(RoleKind::Complete, &fields, Services::default()).await;
    let store = MemoryStore::new();
    let image = store.put(MediaKind::Image, &png(8, 8, 0)).unwrap();
    let request = open(vec![Part::Image(image), Part::Text("Now: ".into())], 0);
    assert_eq!(said(call(&model, Request::Complete(request), &store).await.unwrap()).answers[0].text, "What is it?");
    let body = server.bodies().remove(0);
    assert_eq!(body["add_generation_prompt"], false);
    let (mark, template) = (&body["messages"][0]["content"][1]["text"], body["chat_template"].as_str().unwrap());
    assert_eq!(mark, "Now: [[open-here]]");
    assert!(template.contains(TEMPLATE) && template.contains("split('[[open-here]]')[0]"), "{template}");
}

#[tokio::test]
async fn the_simulator_renders_the_template_and_asks_or_describes() {
    let server = sim::spawn(Options::default()).await.unwrap();
    let (_dir, fields) = with_template(&server.url(), "");
    let model = playing(RoleKind::Complete, &fields, Services::default()).await;
    let store = MemoryStore::new();
    let image = store.put(MediaKind::Image, &png(8, 8, 0)).unwrap();
    let mut asking = 0;
    for seed in 0..40 {
        let request = open(vec![Part::Image(image.clone())], seed);
        let text = said(call(&model, Request::Complete(request), &store).await.unwrap()).answers[0].text.clone();
        assert!(!text.trim().is_empty() && !text.contains("open-here"));
        asking += usize::from(text.contains('?') || text.contains('？') || text.starts_with("Describe"));
    }
    assert!((8..36).contains(&asking), "{asking} of 40");
}

#[tokio::test]
async fn the_simulator_refuses_a_template_that_closes_the_turn() {
    let server = sim::spawn(Options::default()).await.unwrap();
    let post = async |template: &str| {
        let body = json!({ "model": "m", "messages": [{ "role": "user", "content": "a" }], "chat_template": template,
            "add_generation_prompt": false });
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.post(format!("{}/chat/completions", server.url())).body(body.to_string());
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    // A client must exist before a key store does.
    let _ = playing(RoleKind::Chat, &format!("backend: openai, url: \"{}\"", server.url()), Services::default()).await;
    let (status, text) = post("{% for m in messages %}{{ m.content }}<|im_end|>{% endfor %}").await;
    assert!(status == 400 && text.contains("closes the last message") && text.contains("im_end"), "{text}");
    assert_eq!(post("{% for m in messages %}{{ m.content }}{% endfor %}").await.0, 200);
    let (status, text) = post("{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}").await;
    assert!(status == 400 && text.contains("fuel"), "{text}");
}

#[tokio::test]
async fn a_begun_message_is_continued_and_an_empty_one_is_refused_with_the_way_out() {
    let server = sim::spawn(Options::default()).await.unwrap();
    let fields = format!("backend: openai, url: \"{}\"", server.url());
    let model = playing(RoleKind::Complete, &fields, Services::default()).await;
    let store = MemoryStore::new();
    let begun = Request::Complete(open(vec![Part::Text("What is".into())], 0));
    assert!(said(call(&model, begun, &store).await.unwrap()).answers[0].text.ends_with('?'));
    let image = store.put(MediaKind::Image, &png(8, 8, 0)).unwrap();
    let error = call(&model, Request::Complete(open(vec![Part::Image(image)], 0)), &store).await.unwrap_err();
    assert!(error.to_string().contains("template: chat_template.jinja"), "{error}");
}

#[tokio::test]
async fn a_prompt_is_rendered_here_for_the_completions_endpoint_and_pictures_are_refused() {
    let answer = json!({ "choices": [{ "text": " it?", "finish_reason": "stop" }] }).to_string();
    let server = Puppet::new(vec![(200, "", answer)]).await;
    let (_dir, fields) = with_template(&server.url, "way: completions,");
    let model = playing(RoleKind::Complete, &fields, Services::default()).await;
    let store = MemoryStore::new();
    let request = Request::Complete(open(vec![Part::Text("What is".into())], 0));
    assert_eq!(said(call(&model, request, &store).await.unwrap()).answers[0].text, " it?");
    assert_eq!(server.bodies()[0]["prompt"], "<|im_start|>user\nWhat is");
    let image = store.put(MediaKind::Image, &png(8, 8, 0)).unwrap();
    let error = call(&model, Request::Complete(open(vec![Part::Image(image)], 0)), &store).await.unwrap_err();
    assert!(error.to_string().contains("way: chat_template"), "{error}");
}

#[tokio::test]
async fn a_given_continuation_is_scored_in_every_way() {
    let server = sim::spawn(Options::default()).await.unwrap();
    let store = MemoryStore::new();
    for way in ["", "way: completions,"] {
        let (_dir, fields) = with_template(&server.url(), way);
        let model = playing(RoleKind::Complete, &fields, Services::default()).await;
        let request =
            CompleteRequest { forced: Some(" the red bus".into()), ..open(vec![Part::Text("See".into())], 0) };
        let answer = said(call(&model, Request::Complete(request), &store).await.unwrap()).answers.remove(0);
        let tokens: Vec<&str> = answer.tokens.iter().map(|token| token.token.as_str()).collect();
        assert_eq!((answer.text.as_str(), tokens), (" the red bus", vec![" the", " red", " bus"]), "way `{way}`");
        assert!(answer.tokens.iter().all(|token| token.logprob < 0.0));
    }
    let model = playing(RoleKind::Complete, "backend: sim", Services::default()).await;
    let request = CompleteRequest { forced: Some(" the red bus".into()), ..open(Vec::new(), 0) };
    assert_eq!(said(call(&model, Request::Complete(request), &store).await.unwrap()).answers[0].tokens.len(), 3);
}

#[tokio::test]
async fn log_probabilities_come_with_the_answer_and_their_lack_is_told() {
    let server = sim::spawn(Options::default()).await.unwrap();
    let model = bound(&format!("url: \"{}\"", server.url()), Services::default()).await;
    let chat = ChatRequest { logprobs: Some(3), ..question("Is there a dog? Answer only yes or no.") };
    let (reply, _) = ask(&model, chat.clone()).await.unwrap();
    let answer = &reply.answers[0];
    assert_eq!(answer.tokens.iter().map(|t| t.token.as_str()).collect::<String>(), answer.text);
    assert_eq!(answer.tokens[0].top.len(), 3);
    let server = Puppet::new(vec![(200, "", good("Yes"))]).await;
    let model = bound(&format!("url: \"{}\"", server.url), Services::default()).await;
    let error = ask(&model, chat).await.unwrap_err().to_string();
    assert!(error.contains("gave no log-probabilities"), "{error}");
    assert_eq!((&server.bodies()[0]["logprobs"], &server.bodies()[0]["top_logprobs"]), (&json!(true), &json!(3)));
}

#[tokio::test]
async fn a_completion_is_paid_once() {
    let dir = tempfile::tempdir().unwrap();
    let server = sim::spawn(Options::default()).await.unwrap();
    let (_template, fields) = with_template(&server.url(), "");
    let store: Arc<dyn MediaStore> = Arc::new(MemoryStore::new());
    for time in 0..2 {
        let model = playing(RoleKind::Complete, &fields, with_journal(dir.path())).await;
        let request = Request::Complete(open(vec![Part::Text("What".into())], 0));
        assert_eq!(call(&model, request, &*store).await.unwrap().1.cached, time == 1);
    }
    assert_eq!(server.stats()["answered"], 1);
}
