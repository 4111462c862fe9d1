//! What is paid for: the journal, identical requests, budgets, estimates.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;

use common::{Puppet, ask, ask_with, bound, connect, good, picture_question, question};
use tamis_core::RecordId;
use tamis_core::error::StopReason;
use tamis_core::media::MemoryStore;
use tamis_core::model::{CallError, CallSite, ChatRequest, Request, Sampling};
use tamis_models::budget::{Budget, Limits};
use tamis_models::sim::{self, Options};
use tamis_models::{Journal, Services};

fn with_journal(dir: &std::path::Path) -> Services {
    Services { journal: Some(Arc::new(Journal::open(dir).unwrap())), ..Services::default() }
}

#[tokio::test]
async fn an_answer_is_paid_once_even_after_the_process_was_gone() {
    let dir = tempfile::tempdir().unwrap();
    let server = sim::spawn(Options::default()).await.unwrap();
    let fields = format!("url: \"{}\", price: {{ input: 1, output: 2 }}", server.url());
    let model = bound(&fields, with_journal(dir.path())).await;
    let (reply, paid) = ask(&model, question("x")).await.unwrap();
    assert!(paid.usd > 0.0 && !paid.cached);
    drop(model);
    let model = bound(&fields, with_journal(dir.path())).await;
    let (again, cached) = ask(&model, question("x")).await.unwrap();
    assert_eq!((again, &cached.request, cached.usage), (reply, &paid.request, paid.usage));
    // The run has paid for it, if not now: it stays on its bill.
    assert_eq!((cached.cached, cached.attempts, cached.usd), (true, 0, paid.usd));
    ask(&model, ChatRequest { seed: 1, ..question("x") }).await.unwrap();
    assert_eq!(server.stats()["answered"], 2);
}

#[tokio::test]
async fn another_server_of_the_same_model_does_not_make_it_another_request() {
    let dir = tempfile::tempdir().unwrap();
    for port in 0..2 {
        let server = sim::spawn(Options { seed: port, ..Options::default() }).await.unwrap();
        let model = bound(&format!("url: \"{}\"", server.url()), with_journal(dir.path())).await;
        let (_, receipt) = ask(&model, question("x")).await.unwrap();
        assert_eq!(receipt.cached, port == 1);
    }
}

#[tokio::test]
async fn no_secret_is_in_the_journal_or_in_receipts() {
    let dir = tempfile::tempdir().unwrap();
    let key = std::env::var("PATH").unwrap();
    let server = Puppet::new(vec![(200, "", good("ok"))]).await;
    let fields = format!("url: \"{}\", key: \"${{PATH}}\"", server.url);
    let model = bound(&fields, with_journal(dir.path())).await;
    let (_, receipt) = ask(&model, question("x")).await.unwrap();
    assert!(!serde_json::to_string(&receipt).unwrap().contains(&key));
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(&key));
    }
}

#[tokio::test]
async fn identical_requests_at_the_same_time_are_sent_once() {
    let server = sim::spawn(Options { latency_ms: 100.0, ..Options::default() }).await.unwrap();
    let services = Services::default();
    let meter = services.meter.clone();
    let model = bound(&format!("url: \"{}\"", server.url()), services).await;
    let receipts =
        futures::future::join_all((0..10).map(|_| ask(&model, question("x")))).await.into_iter().map(|r| r.unwrap().1);
    assert_eq!(receipts.filter(|receipt| receipt.cached).count(), 9);
    assert_eq!(server.stats()["requests"], 1);
    assert_eq!((meter.snapshot().answered, meter.snapshot().cached), (1, 9));
}

#[tokio::test]
async fn a_budget_stops_the_run_and_never_pays_more() {
    let server = sim::spawn(Options { latency_ms: 5.0, ..Options::default() }).await.unwrap();
    let budget = Arc::new(Budget::new(Limits { requests: Some(7), ..Limits::default() }));
    let services = Services { budget: budget.clone(), ..Services::default() };
    let model = bound(&format!("url: \"{}\"", server.url()), services).await;
    let calls = (0..20).map(|i| ask(&model, ChatRequest { seed: i, ..question("x") }));
    let results = futures::future::join_all(calls.collect::<Vec<_>>()).await;
    let stopped = results.iter().filter(|r| matches!(r, Err(CallError::Stop(StopReason::Budget(_))))).count();
    assert_eq!((results.iter().filter(|r| r.is_ok()).count(), stopped), (7, 13));
    assert_eq!(server.stats()["requests"], 7);
    assert_eq!(budget.spent().requests, 7);
}

#[tokio::test]
async fn money_is_counted_by_the_price_list() {
    let server = Puppet::new(vec![(200, "", good("ok"))]).await;
    let budget = Arc::new(Budget::new(Limits { usd: Some(0.0015), ..Limits::default() }));
    let services = Services { budget: budget.clone(), ..Services::default() };
    let fields = format!("url: \"{}\", price: {{ input: 20, output: 40 }}, sampling: {{ max_tokens: 20 }}", server.url);
    let model = bound(&fields, services).await;
    let mut paid = 0;
    let error = loop {
        match ask(&model, ChatRequest { seed: paid, ..question("x") }).await {
            Ok((_, receipt)) => assert!((receipt.usd - 0.0004).abs() < 1e-12, "10 and 5 tokens: {receipt:?}"),
            Err(error) => break error.to_string(),
        }
        paid += 1;
    };
    assert_eq!(paid, 2, "a third may cost more than what is left");
    assert!(error.contains("0.0008 of 0.0015 USD"), "{error}");
}

#[tokio::test]
async fn estimates_count_pictures_by_the_models_formula_and_make_no_call() {
    let server = sim::spawn(Options::default()).await.unwrap();
    let yaml = format!(
        "roles: {{ writer: m, judge: u }}\nmodels:\n  \
         m: {{ backend: openai, url: \"{0}\", model: x, images: {{ tokens: openai-tiles }}, \
              price: {{ input: 1, output: 10 }} }}\n  u: {{ backend: openai, url: \"{0}\", model: unknown }}\n",
        server.url()
    );
    let models = connect(&yaml, Services::default()).await;
    let store = MemoryStore::new();
    let image = image::DynamicImage::new_rgb8(1024, 1024);
    let png = tamis_core::media::encode_png(&image).unwrap();
    let sampling = Sampling { max_tokens: Some(100), ..Sampling::default() };
    let request = Request::Chat(ChatRequest { sampling, ..picture_question("A brown dog.", &store, &png) });
    let site = CallSite { record: RecordId::input("x"), step: "ask", media: &store };
    let estimate = models["writer"].estimate(&request, &site);
    assert!(estimate.exact_images);
    assert!((765.0..785.0).contains(&estimate.input), "{estimate:?}");
    assert_eq!(estimate.output_high, 100.0);
    assert!((estimate.usd_high - (estimate.input + 1000.0) / 1e6).abs() < 1e-9, "{estimate:?}");
    assert!(!models["judge"].estimate(&request, &site).exact_images);
    assert_eq!(server.stats()["requests"], 0);
    let plan = tamis_models::Bindings::parse("models.yaml", &yaml).unwrap().estimators(&common::writer()).unwrap();
    assert_eq!(plan["writer"].estimate(&request, &site), estimate);
    assert!(ask_with(&plan["writer"], question("x"), &store).await.is_err());
}

#[tokio::test]
async fn the_simulator_plays_a_role_without_a_server() {
    let bindings = tamis_models::Bindings::simulated();
    let model = bindings.connect(&common::writer(), Services::default()).await.unwrap().remove("writer").unwrap();
    let schema =
        serde_json::json!({ "type": "object", "properties": { "ok": { "type": "boolean" } }, "required": ["ok"] });
    let chat = ChatRequest { schema: Some(Arc::new(schema)), n: 2, ..question("Is there a dog?") };
    let (reply, receipt) = ask(&model, chat.clone()).await.unwrap();
    assert_eq!((receipt.backend.as_str(), receipt.model.as_str()), ("sim", sim::MODEL));
    for answer in &reply.answers {
        let value: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
        assert!(value["ok"].is_boolean());
    }
    assert_eq!(ask(&model, chat).await.unwrap().0, reply);
}
