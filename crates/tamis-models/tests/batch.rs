//! The batch API, against the simulated server.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::{Puppet, ask, connect, question};
use tamis_core::error::StopReason;
use tamis_core::model::{CallError, ChatReply, ChatRequest, Model, Receipt};
use tamis_models::sim::{self, BatchOptions, Options, Running};
use tamis_models::{Batches, Bindings, Journal, Meter, Services};
use tokio::task::JoinSet;

type Answers = Vec<Result<(ChatReply, Receipt), CallError>>;

/// A run: its directory's journal, its counters, its model.
struct Run {
    model: Arc<dyn Model>,
    journal: Arc<Journal>,
    meter: Arc<Meter>,
    batches: Arc<Batches>,
    events: Arc<Mutex<Vec<String>>>,
}

impl Run {
    async fn begin(dir: &Path, url: &str, batch: &str) -> Run {
        let journal = Arc::new(Journal::open(dir).unwrap());
        let events = Arc::new(Mutex::new(Vec::new()));
        let heard = events.clone();
        let tell =
            move |event: &str, details: serde_json::Value| heard.lock().unwrap().push(format!("{event} {details}"));
        let batches = Arc::new(Batches::new(Arc::new(tell)));
        let services = Services { journal: Some(journal.clone()), batches: batches.clone(), ..Services::default() };
        let meter = services.meter.clone();
        let batch = format!("batch: {{ wait_s: 0.3, poll_s: 0.05, poll_max_s: 0.2 {batch} }}");
        let yaml =
            format!("roles: {{ writer: m }}\nmodels:\n  m: {{ backend: openai, model: t, url: \"{url}\", {batch} }}\n");
        let model = connect(&yaml, services).await.remove("writer").unwrap();
        Run { model, journal, meter, batches, events }
    }

    /// Asks all questions at once.
    fn ask(&self, numbers: impl Iterator<Item = usize>) -> JoinSet<Result<(ChatReply, Receipt), CallError>> {
        let mut calls = JoinSet::new();
        for number in numbers {
            let model = self.model.clone();
            calls.spawn(async move { ask(&model, question(&format!("question {number}"))).await });
        }
        calls
    }

    async fn answers(&self, numbers: impl Iterator<Item = usize>) -> Answers {
        tokio::time::timeout(Duration::from_secs(120), self.ask(numbers).join_all()).await.unwrap()
    }

    /// As SIGKILL: nobody gets to do anything any more.
    async fn kill(self, mut calls: JoinSet<Result<(ChatReply, Receipt), CallError>>) {
        calls.shutdown().await;
        let journal = Arc::downgrade(&self.journal);
        drop(self);
        until(|| journal.strong_count() == 0).await;
    }
}

async fn until(mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(60), "it never came to that");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn server(batch: BatchOptions) -> Running {
    sim::spawn(Options { batch, ..Options::default() }).await.unwrap()
}

/// Answered, and answered more than once, as the server counts.
fn paid(server: &Running) -> (u64, u64) {
    let stats = server.stats();
    (stats["answered"].as_u64().unwrap(), stats["repeated"].as_u64().unwrap())
}

const FAULTS: BatchOptions = BatchOptions {
    time_ms: 100.0,
    line_error_share: 0.1,
    expired_share: 0.3,
    // Three failed batches in a row stop a run, as they should: rare enough here.
    failed_share: 0.04,
    poll_error_share: 0.2,
    lost_share: 0.5,
    cut_share: 0.5,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_requests_in_batches_of_a_hundred_are_answered_once_whatever_goes_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(FAULTS).await;
    // A request that is alone in its batch goes without an answer in four batches of ten.
    let run = Run::begin(dir.path(), &server.url(), ", max_requests: 100 }, limits: { attempts: 20").await;
    let answers = run.answers(0..500).await;
    let receipts: Vec<Receipt> = answers.into_iter().map(|answer| answer.unwrap().1).collect();
    assert_eq!(paid(&server), (500, 0));
    assert!(receipts.iter().any(|r| r.attempts > 1) && receipts.iter().any(|r| r.attempts == 1));
    assert!(receipts.iter().all(|r| r.notes.iter().any(|note| note.starts_with("answered in batch"))));
    assert!(receipts.iter().all(|r| r.usage.input > 0 && r.usage.output > 0));
    let calls = run.meter.snapshot();
    assert!(calls.batches >= 6 && calls.batch_requests > 500, "{calls:?}");
    assert_eq!((calls.answered, calls.batches_open, calls.batch_done), (500, 0, calls.batch_requests));
    assert_eq!(run.journal.len(), 500);
    let events = run.events.lock().unwrap().join("\n");
    for event in ["batch_submitted", "batch_progress", "batch_collected"] {
        assert!(events.contains(event), "{events}");
    }
    // Another run over the same directory asks nobody.
    drop(run.model);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_killed_while_batches_are_under_way_takes_them_up_and_pays_nothing_twice() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(BatchOptions { time_ms: 3000.0, ..BatchOptions::default() }).await;
    let run = Run::begin(dir.path(), &server.url(), ", max_requests: 100").await;
    let calls = run.ask(0..500);
    let meter = run.meter.clone();
    until(|| meter.snapshot().batches == 5).await;
    run.kill(calls).await;

    let run = Run::begin(dir.path(), &server.url(), ", max_requests: 100").await;
    let answers = run.answers((0..500).rev()).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(paid(&server), (500, 0));
    let events = run.events.lock().unwrap().join("\n");
    assert_eq!(
        (events.matches("batch_taken_up").count(), events.matches("batch_submitted").count()),
        (5, 0),
        "{events}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_whose_id_was_never_learnt_is_found_by_its_tag() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(BatchOptions { time_ms: 500.0, ..BatchOptions::default() }).await;
    let run = Run::begin(dir.path(), &server.url(), ", max_requests: 10").await;
    let calls = run.ask(0..40);
    let meter = run.meter.clone();
    until(|| meter.snapshot().batches == 4).await;
    run.kill(calls).await;
    // As if it had been killed between the submission and its answer; and one that never reached the server.
    let log = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
    let log = log.into_iter().find(|path| path.extension().is_some_and(|end| end == "jsonl")).unwrap();
    let text = std::fs::read_to_string(&log).unwrap();
    let intents: Vec<String> =
        text.lines().filter(|line| line.starts_with("{\"intent\"")).map(str::to_string).collect();
    assert_eq!(intents.len(), 4);
    let never = "{\"intent\":{\"tag\":\"never\",\"time\":1,\"lines\":[]}}";
    std::fs::write(&log, intents.join("\n") + "\n" + never + "\n{\"submi").unwrap();

    let run = Run::begin(dir.path(), &server.url(), ", max_requests: 10").await;
    let answers = run.answers(0..45).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(paid(&server), (45, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_killed_over_half_an_output_file_keeps_that_half_and_collects_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(BatchOptions { cut_share: 1.0, ..BatchOptions::default() }).await;
    let run = Run::begin(dir.path(), &server.url(), ", max_requests: 500").await;
    let calls = run.ask(0..500);
    let journal = Arc::downgrade(&run.journal);
    // The first three downloads break off halfway; there are seconds between them.
    until(|| journal.upgrade().is_some_and(|journal| journal.len() > 100)).await;
    run.kill(calls).await;
    let half = Journal::open(dir.path()).unwrap().len();
    assert!((100..500).contains(&half), "{half}");

    let run = Run::begin(dir.path(), &server.url(), ", max_requests: 500").await;
    let answers = run.answers((0..500).rev()).await;
    assert!(answers.iter().filter(|a| a.as_ref().unwrap().1.cached).count() >= half);
    assert_eq!(paid(&server), (500, 0));
    assert_eq!(run.journal.len(), 500);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_nobody_waits_for_yet_are_journaled_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(BatchOptions { time_ms: 300.0, ..BatchOptions::default() }).await;
    let run = Run::begin(dir.path(), &server.url(), "").await;
    let calls = run.ask(0..20);
    let meter = run.meter.clone();
    until(|| meter.snapshot().batches == 1).await;
    run.kill(calls).await;

    let run = Run::begin(dir.path(), &server.url(), "").await;
    run.answers(0..1).await.remove(0).unwrap();
    let journal = run.journal.clone();
    until(|| journal.len() == 20).await;
    assert_eq!(paid(&server), (20, 0));
}

#[tokio::test]
async fn a_request_the_server_rejects_fails_its_record_and_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(BatchOptions::default()).await;
    let run = Run::begin(dir.path(), &server.url(), "").await;
    let good = question("x");
    let bad = ChatRequest { messages: Vec::new(), ..question("x") };
    let (good, bad) = tokio::join!(ask(&run.model, good), ask(&run.model, bad));
    good.unwrap();
    match bad.unwrap_err() {
        CallError::Failed { message, attempts: 1 } => {
            assert!(message.contains("400") && message.contains("`messages` is empty"), "{message}");
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn what_a_batch_leaves_undone_is_resubmitted_sent_or_failed_as_the_binding_says() {
    let always = BatchOptions { line_error_share: 1.0, ..BatchOptions::default() };
    for (unfinished, told) in [("send", None), ("fail", Some(1)), ("resubmit", Some(2))] {
        let dir = tempfile::tempdir().unwrap();
        let server = server(always.clone()).await;
        let batch = format!(", unfinished: {unfinished} }}, limits: {{ attempts: 2");
        let run = Run::begin(dir.path(), &server.url(), &batch).await;
        match (ask(&run.model, question("x")).await, told) {
            (Ok((_, receipt)), None) => assert_eq!((receipt.attempts, paid(&server)), (2, (1, 0))),
            (Err(CallError::Failed { message, attempts }), Some(most)) => {
                assert!(attempts == most && message.contains("simulated failure"), "{attempts} {message}");
            }
            (other, _) => panic!("{unfinished}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_server_that_takes_no_batch_stops_the_run() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(BatchOptions { failed_share: 1.0, ..BatchOptions::default() }).await;
    let run = Run::begin(dir.path(), &server.url(), "").await;
    match ask(&run.model, question("x")).await.unwrap_err() {
        CallError::Stop(StopReason::BackendDown(message)) => {
            assert!(message.contains("failed") && message.contains("too much is enqueued"), "{message}");
        }
        other => panic!("{other}"),
    }
    let dir = tempfile::tempdir().unwrap();
    let server = Puppet::new(vec![(404, "", r#"{"detail":"Not Found"}"#.to_string())]).await;
    let run = Run::begin(dir.path(), &server.url, "").await;
    match ask(&run.model, question("x")).await.unwrap_err() {
        CallError::Stop(StopReason::BackendDown(message)) => {
            assert!(message.contains("404") && message.contains("take `batch` out"), "{message}");
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_run_that_stops_leaves_at_once_and_its_batch_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(BatchOptions { time_ms: 2000.0, ..BatchOptions::default() }).await;
    let run = Run::begin(dir.path(), &server.url(), ", max_requests: 10").await;
    // Ten are in a batch, five are being gathered.
    let mut calls = run.ask(0..15);
    until(|| run.meter.snapshot().batches == 1).await;
    let start = Instant::now();
    run.batches.leave();
    while let Some(call) = calls.join_next().await {
        assert!(matches!(call.unwrap(), Err(CallError::Stop(StopReason::Interrupted))));
    }
    assert!(start.elapsed() < Duration::from_secs(1));
    assert!(matches!(ask(&run.model, question("late")).await, Err(CallError::Stop(_))));
    assert_eq!(run.meter.snapshot().batches_open, 1);
    run.kill(calls).await;
    let run = Run::begin(dir.path(), &server.url(), ", max_requests: 10").await;
    assert!(run.answers(0..15).await.iter().all(Result::is_ok));
    assert_eq!(paid(&server), (15, 0));
    let left = std::fs::read_dir(dir.path())
        .unwrap()
        .flatten()
        .filter(|e| e.file_name().to_string_lossy().starts_with("batch-"));
    assert_eq!(left.count(), 0, "what was gathered is gone");
}

#[tokio::test]
async fn bytes_close_a_batch_too_and_a_request_that_never_fits_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let server = server(BatchOptions::default()).await;
    let run = Run::begin(dir.path(), &server.url(), ", max_bytes: 10000").await;
    let long = |n: usize| ask(&run.model, question(&format!("{n} {}", "word ".repeat(800))));
    let calls = futures::future::join_all((0..5).map(long)).await;
    assert!(calls.iter().all(Result::is_ok));
    assert_eq!(run.meter.snapshot().batches, 3, "two fit into each");
    let error = ask(&run.model, question(&"word ".repeat(3000))).await.unwrap_err().to_string();
    assert!(error.contains("batch.max_bytes"), "{error}");
}

#[tokio::test]
async fn without_a_journal_there_is_no_batch() {
    let yaml = "roles: { writer: m }\nmodels:\n  m: { backend: openai, model: t, url: \"http://localhost:1/v1\", batch: true }\n";
    let model = connect(yaml, Services::default()).await.remove("writer").unwrap();
    let error = ask(&model, question("x")).await.unwrap_err().to_string();
    assert!(error.contains("journal"), "{error}");
}

#[test]
fn options_are_checked_described_and_wish_for_many_records() {
    let parse = |batch: &str, rest: &str| {
        let yaml = format!("roles: {{ w: m }}\nmodels:\n  m: {{ backend: openai, batch: {batch}, {rest} }}\n");
        Bindings::parse("models.yaml", &yaml)
    };
    let url = "url: http://x/v1";
    let roles = [("w".into(), tamis_core::model::RoleKind::Chat)];
    let wanted = |batch: &str| parse(batch, url).unwrap().wanted_in_flight(&roles);
    assert_eq!((wanted("false"), wanted("{ max_requests: 700 }"), wanted("true")), (None, Some(700), Some(10_000)));
    let described = parse("{ window: 7d, unfinished: send }", url).unwrap().describe();
    let batch = &described["models"]["m"]["batch"];
    assert_eq!(
        (&batch["window"], &batch["unfinished"], &batch["max_requests"]),
        (&"7d".into(), &"send".into(), &50_000.into())
    );
    for (batch, rest, told) in [
        ("{ max_requests: 0 }", url, "at least 1"),
        ("{ max_bytes: 10 }", url, "at least 10000"),
        ("{ poll_s: 0 }", url, "`batch.poll_s` is 0"),
        ("{ unfinished: retry }", url, "known: resubmit, send, fail"),
        ("{ polls: 3 }", url, "did you mean `poll_s`"),
        ("yes please", url, "expected true, false"),
        ("true", "urls: [http://a/v1, http://b/v1]", "needs one `url`"),
    ] {
        let error = parse(batch, rest).unwrap_err().to_string();
        assert!(error.starts_with("models.yaml:3:") && error.contains(told), "{error}");
    }
    let other = "roles: {}\nmodels:\n  m: { backend: gemini, model: g, batch: true }\n";
    assert!(Bindings::parse("models.yaml", other).unwrap_err().to_string().contains("backend gemini has none"));
}
