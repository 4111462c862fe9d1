//! Vectors of texts and pictures.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Puppet, call, playing, png, with_journal};
use futures::future::join_all;
use serde_json::json;
use tamis_core::media::{MediaKind, MediaStore, MemoryStore};
use tamis_core::model::{EmbedRequest, Part, Reply, Request, RoleKind};
use tamis_core::vector::Vector;
use tamis_models::Services;
use tamis_models::sim::{self, Options};

fn text(text: &str) -> Request {
    Request::Embed(EmbedRequest { item: Part::Text(text.into()) })
}

fn vector(reply: Reply) -> Vector {
    let Reply::Embed(vector) = reply else { panic!("a vector") };
    vector
}

#[tokio::test]
async fn texts_that_wait_at_the_same_moment_go_together_and_each_is_paid_once() {
    let dir = tempfile::tempdir().unwrap();
    let server = sim::spawn(Options { latency_ms: 20.0, ..Options::default() }).await.unwrap();
    let fields = format!("backend: openai, url: \"{}\", embed: {{ batch: 10 }}", server.url());
    let store = MemoryStore::new();
    for time in 0..2 {
        let model = playing(RoleKind::TextEmbed, &fields, with_journal(dir.path())).await;
        let texts: Vec<String> = (0..100).map(|i| format!("text number {i}")).collect();
        let calls = join_all(texts.iter().map(|words| call(&model, text(words), &store))).await;
        for (words, result) in texts.iter().zip(calls) {
            let (reply, receipt) = result.unwrap();
            assert_eq!(receipt.cached, time == 1);
            assert!(receipt.usage.input > 0);
            let alone = playing(RoleKind::TextEmbed, "backend: sim", Services::default()).await;
            let expected = vector(call(&alone, text(words), &store).await.unwrap().0);
            assert_eq!(vector(reply), expected, "each text gets its own vector");
        }
    }
    let requests = server.stats()["requests"].as_u64().unwrap();
    // How many go together depends on how busy the machine is; alone, each would be a request.
    assert!((10..100).contains(&requests), "{requests} requests for 100 texts");
}

#[tokio::test]
async fn a_text_that_the_server_rejects_does_not_spoil_its_neighbours() {
    let good = |n: usize| {
        let data: Vec<_> = (0..n).map(|index| json!({ "index": index, "embedding": [1.0, 0.0] })).collect();
        (200, "", json!({ "data": data, "usage": { "prompt_tokens": 4 } }).to_string())
    };
    let too_long = || (400, "", r#"{"error":{"message":"input is too long"}}"#.to_string());
    let server = Puppet::new(vec![good(1), too_long(), good(1), too_long(), good(1)]).await;
    let fields = format!("backend: openai, url: \"{}\", limits: {{ attempts: 1 }}", server.url);
    let model = playing(RoleKind::TextEmbed, &fields, Services::default()).await;
    let store = MemoryStore::new();
    call(&model, text("first"), &store).await.unwrap();
    let results = join_all(["a", "b", "c"].map(|words| call(&model, text(words), &store))).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 2, "{:?}", server.bodies());
}

#[tokio::test]
async fn vectors_of_another_length_and_numbers_that_are_none_fail() {
    let of = |numbers: &str| (200, "", format!(r#"{{"data":[{{"index":0,"embedding":{numbers}}}]}}"#));
    let server = Puppet::new(vec![of("[1.0, 2.0]"), of("[1.0, 2.0, 3.0]"), of("[1e60, 2.0]")]).await;
    let fields = format!("backend: openai, url: \"{}\", limits: {{ attempts: 1 }}", server.url);
    let model = playing(RoleKind::TextEmbed, &fields, Services::default()).await;
    let store = MemoryStore::new();
    call(&model, text("a"), &store).await.unwrap();
    let error = call(&model, text("b"), &store).await.unwrap_err().to_string();
    assert!(error.contains("have 2 numbers") && error.contains("one of 3"), "{error}");
    let error = call(&model, text("c"), &store).await.unwrap_err().to_string();
    assert!(error.contains("not finite"), "{error}");
}

#[tokio::test]
async fn pictures_are_sent_as_messages_or_as_inputs_and_like_ones_are_near() {
    let server = sim::spawn(Options { embed_dimension: 64, ..Options::default() }).await.unwrap();
    let store = MemoryStore::new();
    let picture = |blue: u8| {
        let image = store.put(MediaKind::Image, &png(40, 40, blue)).unwrap();
        Request::Embed(EmbedRequest { item: Part::Image(image) })
    };
    for way in ["messages", "input"] {
        let fields = format!("backend: openai, url: \"{}\", embed: {{ pictures: {way} }}", server.url());
        let model = playing(RoleKind::ImageEmbed, &fields, Services::default()).await;
        let mut vectors = Vec::new();
        for blue in [0, 10, 250] {
            vectors.push(vector(call(&model, picture(blue), &store).await.unwrap().0));
        }
        let near = |a: usize, b: usize| vectors[a].iter().zip(vectors[b].iter()).map(|(a, b)| a * b).sum::<f32>();
        assert!(near(0, 1) > 0.98 && near(0, 2) < near(0, 1), "{way}: {} {}", near(0, 1), near(0, 2));
        assert_eq!(vectors[0].len(), 64);
    }
    let fields = format!("backend: openai, url: \"{}\", embed: {{ dimensions: 12, encoding: float }}", server.url());
    let model = playing(RoleKind::ImageEmbed, &fields, Services::default()).await;
    assert_eq!(vector(call(&model, picture(0), &store).await.unwrap().0).len(), 12);
}

#[tokio::test]
async fn faults_end_in_vectors_too() {
    let options = Options { error_share: 0.1, malformed_share: 0.1, empty_share: 0.1, ..Options::default() };
    let server = sim::spawn(options).await.unwrap();
    let fields = format!("backend: openai, url: \"{}\", embed: {{ batch: 4 }}", server.url());
    let model = playing(RoleKind::TextEmbed, &fields, Services::default()).await;
    let store = MemoryStore::new();
    let texts: Vec<String> = (0..40).map(|i| format!("text {i}")).collect();
    for result in join_all(texts.iter().map(|words| call(&model, text(words), &store))).await {
        result.unwrap();
    }
}
