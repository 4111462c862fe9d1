//! Servers that misbehave.

mod common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{Puppet, ask, bound, connect, good, question};
use tamis_core::error::StopReason;
use tamis_core::model::{CallError, ChatRequest, Model};
use tamis_models::sim::{self, Options};
use tamis_models::{Meter, Services};

async fn plain(server: &Puppet) -> Arc<dyn Model> {
    bound(&format!("url: \"{}\"", server.url), Services::default()).await
}

fn stop_of(error: CallError) -> String {
    match error {
        CallError::Stop(StopReason::BackendDown(message)) => message,
        other => panic!("the run goes on after: {other}"),
    }
}

#[tokio::test]
async fn a_refused_request_is_sent_again_when_the_server_wishes() {
    let server = Puppet::new(vec![(429, "retry-after: 1\r\n", "{}".into()), (200, "", good("ok"))]).await;
    let start = Instant::now();
    let (reply, receipt) = ask(&plain(&server).await, question("x")).await.unwrap();
    assert_eq!((reply.answers[0].text.as_str(), receipt.attempts), ("ok", 2));
    assert!((1.0..2.0).contains(&start.elapsed().as_secs_f64()), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_refused_request_without_a_wish_is_sent_again_soon() {
    let server = Puppet::new(vec![(429, "", "{}".into()), (200, "", good("ok"))]).await;
    let start = Instant::now();
    ask(&plain(&server).await, question("x")).await.unwrap();
    assert!((0.2..1.5).contains(&start.elapsed().as_secs_f64()), "{:?}", start.elapsed());
}

#[tokio::test]
async fn what_may_go_better_next_time_is_tried_again() {
    let page = "<html><body>It works!</body></html>".to_string();
    for (status, body) in [
        (500, "oops".to_string()),
        (503, page.clone()),
        (200, page),
        (200, good("ok")[..40].to_string()),
        (200, r#"{"choices":[]}"#.to_string()),
        (408, String::new()),
    ] {
        let server = Puppet::new(vec![(status, "", body.clone()), (200, "", good("ok"))]).await;
        let (reply, receipt) = ask(&plain(&server).await, question("x")).await.unwrap();
        assert_eq!((reply.answers[0].text.as_str(), receipt.attempts), ("ok", 2), "after {status} {body}");
    }
}

#[tokio::test]
async fn a_request_that_the_server_rejects_fails_at_once_with_its_words() {
    let said = r#"{"error":{"message":"this model's maximum context length is 4096"}}"#.to_string();
    let server = Puppet::new(vec![(200, "", good("ok")), (400, "", said)]).await;
    let model = plain(&server).await;
    ask(&model, question("short")).await.unwrap();
    match ask(&model, question("long")).await.unwrap_err() {
        CallError::Failed { message, attempts: 1 } => {
            assert!(message.contains("400") && message.contains("context length is 4096"), "{message}");
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_wrong_key_stops_at_once_names_the_variable_and_not_the_key() {
    // The test process has a PATH; no other secret is at hand, and setting one would be unsafe.
    let key = std::env::var("PATH").unwrap();
    let said = format!(r#"{{"error":{{"message":"Incorrect API key provided: {key}"}}}}"#);
    let server = Puppet::new(vec![(401, "", said)]).await;
    let model = bound(&format!("url: \"{}\", key: \"${{PATH}}\"", server.url), Services::default()).await;
    let message = stop_of(ask(&model, question("x")).await.unwrap_err());
    assert!(message.contains("401") && message.contains("environment variable PATH"), "{message}");
    assert!(!message.contains(&key), "{message}");
    assert!(server.heads()[0].contains(&format!("authorization: bearer {}", key.to_lowercase())));
    assert_eq!(server.bodies().len(), 1);
}

#[tokio::test]
async fn a_missing_model_stops_at_once_and_the_served_ones_are_listed() {
    let missing = r#"{"error":{"message":"The model `test` does not exist."}}"#.to_string();
    let models = r#"{"data":[{"id":"other-1"},{"id":"other-2"}]}"#.to_string();
    let server = Puppet::new(vec![(404, "", missing), (200, "", models)]).await;
    let message = stop_of(ask(&plain(&server).await, question("x")).await.unwrap_err());
    assert!(message.contains("serves no model `test`") && message.contains("other-1, other-2"), "{message}");
}

#[tokio::test]
async fn a_server_that_is_not_there_stops_the_run_with_its_address() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let model = bound(&format!("url: \"http://{address}/v1\", limits: {{ attempts: 2 }}"), Services::default()).await;
    let message = stop_of(ask(&model, question("x")).await.unwrap_err());
    assert!(message.contains(&address.to_string()) && message.contains("cannot be reached"), "{message}");
}

#[tokio::test]
async fn a_server_that_always_fails_stops_the_run_early_and_no_record_is_blamed() {
    let server = sim::spawn(Options { always_status: Some(500), ..Options::default() }).await.unwrap();
    let model = bound(&format!("url: \"{}\"", server.url()), Services::default()).await;
    let start = Instant::now();
    let calls = (0..100).map(|i| {
        let model = model.clone();
        tokio::spawn(async move { ask(&model, question(&format!("question {i}"))).await })
    });
    for call in futures::future::join_all(calls).await {
        let message = stop_of(call.unwrap().unwrap_err());
        assert!(message.contains("500") && message.contains("first 8"), "{message}");
    }
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up_after_the_timeout() {
    let server = sim::spawn(Options { stall_share: 1.0, ..Options::default() }).await.unwrap();
    let limits = "limits: { timeout_s: 0.3, attempts: 2 }";
    let model = bound(&format!("url: \"{}\", {limits}", server.url()), Services::default()).await;
    let error = ask(&model, question("x")).await.unwrap_err().to_string();
    assert!(error.contains("no answer within 0.3 s") && error.contains("timeout_s"), "{error}");
}

#[tokio::test]
async fn another_server_of_the_same_model_takes_over() {
    let bad = sim::spawn(Options { always_status: Some(500), ..Options::default() }).await.unwrap();
    let good = sim::spawn(Options::default()).await.unwrap();
    let urls = format!("urls: [\"{}\", \"{}\"]", bad.url(), good.url());
    let model = bound(&urls, Services::default()).await;
    let start = Instant::now();
    for i in 0..20 {
        ask(&model, question(&format!("question {i}"))).await.unwrap();
    }
    assert_eq!(good.stats()["answered"], 20);
    assert!(bad.stats()["errors"].as_u64().unwrap() > 0);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_role_is_played_by_weight_and_the_other_stands_in() {
    let (big, small) = (sim::spawn(Options::default()).await.unwrap(), sim::spawn(Options::default()).await.unwrap());
    let yaml = |big: &str, small: &str| {
        format!(
            "roles: {{ writer: [{{ model: big, weight: 3 }}, {{ model: small }}] }}\nmodels:\n  \
             big: {{ backend: openai, url: \"{big}\", model: big, limits: {{ attempts: 1 }} }}\n  \
             small: {{ backend: openai, url: \"{small}\", model: small }}\n"
        )
    };
    let model = connect(&yaml(&big.url(), &small.url()), Services::default()).await.remove("writer").unwrap();
    let mut drawn = Vec::new();
    for i in 0..200 {
        drawn.push(ask(&model, question(&format!("question {i}"))).await.unwrap().1.model);
    }
    let bigs = drawn.iter().filter(|model| *model == "big").count();
    assert!((125..=175).contains(&bigs), "{bigs} of 200");
    let down = sim::spawn(Options { always_status: Some(500), ..Options::default() }).await.unwrap();
    let model = connect(&yaml(&down.url(), &small.url()), Services::default()).await.remove("writer").unwrap();
    for (i, before) in drawn.iter().enumerate().take(12) {
        let (_, receipt) = ask(&model, question(&format!("question {i}"))).await.unwrap();
        assert_eq!(receipt.model, "small", "which was {before} while both were up");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_takes_sixteen_at_once_refuses_few_and_answers_all() {
    let options = Options {
        latency_ms: 40.0,
        max_in_flight: Some(16),
        retry_after_s: Some(1.0),
        error_share: 0.02,
        ..Options::default()
    };
    let server = sim::spawn(options).await.unwrap();
    let services = Services::default();
    let meter: Arc<Meter> = services.meter.clone();
    let model = bound(&format!("url: \"{}\"", server.url()), services).await;
    let calls = (0..400).map(|i| {
        let model = model.clone();
        tokio::spawn(async move { ask(&model, question(&format!("question {i}"))).await })
    });
    for call in futures::future::join_all(calls).await {
        call.unwrap().unwrap();
    }
    let stats = server.stats();
    assert_eq!((&stats["answered"], &stats["repeated"]), (&400.into(), &0.into()));
    assert!(stats["refused"].as_u64().unwrap() < 20, "{stats}");
    assert_eq!(meter.snapshot().refused, stats["refused"].as_u64().unwrap());
}

#[tokio::test]
async fn all_faults_together_still_end_in_answers() {
    let options = Options {
        error_share: 0.06,
        malformed_share: 0.04,
        html_share: 0.04,
        empty_share: 0.04,
        stall_share: 0.02,
        ..Options::default()
    };
    let server = sim::spawn(options).await.unwrap();
    let limits = "limits: { timeout_s: 1 }";
    let model = bound(&format!("url: \"{}\", {limits}", server.url()), Services::default()).await;
    let calls = (0..200).map(|i| {
        let model = model.clone();
        tokio::spawn(async move { ask(&model, ChatRequest { seed: i, ..question("the same") }).await })
    });
    for call in futures::future::join_all(calls).await {
        call.unwrap().unwrap();
    }
}
