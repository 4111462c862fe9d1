//! Runs from recipe to proof, in one process: the laws that every run has to obey.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall say where")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::{BoxFuture, FutureExt};
use tamis_core::error::StopReason;
use tamis_core::media::{DiskStore, Keeping, MediaStore};
use tamis_core::model::{
    Answer, CallError, CallSite, ChatReply, Estimate, Finish, Model, Part, Receipt, Reply, Request, RoleKind, Usage,
};
use tamis_core::source::{RowError, Source, SourceError, SourceItem, SourceRow};
use tamis_core::{Name, Schema, Type, Value};
use tamis_engine::verify::{Report, verify};
use tamis_engine::{
    EngineError, Identity, Job, Options, Progress, Rebind, RunDir, RunFile, Shard, Stop, Summary, execute,
};
use tamis_ops::REGISTRY;
use tamis_recipe::{MemoryFolder, Plan};

const GATES: &str = "
recipe: gates
inputs: { text: text, n: int }
steps:
  - gate.require: { that: n % 7 != 0, reason: divisible by seven }
  - shape.compute: { into: parts, value: \"[n, n + 1]\", type: list<int> }
  - shape.explode: { over: parts, as: part }
  - shape.compute: { into: ratio, value: 100 / (part % 5), type: float }
output: { text: text, part: int, ratio: float }
";

const BARRIER: &str = "
recipe: barrier
inputs: { text: text, n: int }
steps:
  - choose.share: { into: kind, shares: { a: 0.5, b: 0.5 } }
  - dedup.keys: { keys: [ { exact: text } ] }
  - shape.compute: { into: twice, value: n * 2, type: int }
output: { text: text, kind: text, twice: int }
";

const ASKING: &str = "
recipe: asking
roles: { writer: chat }
inputs: { text: text, n: int }
steps:
  - chat.ask: { role: writer, prompt: \"About {{ text }}\", into: answer }
  - gate.require: { that: n % 3 != 0, reason: divisible by three }
output: { answer: text }
";

/// Three rounds with a barrier in each; which records fall back differs from round to round.
const ROUNDS: &str = "
recipe: rounds
inputs: { text: text, n: int }
steps:
  - rounds:
      count: 3
      counter: round
      keep: { n: versions }
      steps:
        - shape.compute: { into: n, value: n * 2 + round, type: int }
        - gate.require: { that: n % 5 != round, reason: no better }
        - shape.compute: { into: key, value: n % 40, type: int }
        - dedup.keys: { keys: [ { exact: key } ] }
        - shape.compute: { into: half, value: 60 / (n % 7), type: float }
output: { text: text, n: int, versions: list<int?> }
";

/// A model is trained on the answers of the first round and plays the writer in the second.
const SELF_PLAY: &str = "
recipe: self-play
roles: { writer: chat, judge: chat }
inputs: { text: text, n: int }
steps:
  - rounds:
      count: 2
      fallback: false
      steps:
        - chat.ask: { role: writer, prompt: \"{{ text }}\", into: text }
        - chat.ask: { role: judge, prompt: \"{{ text }}?\", into: verdict }
        - train.external: { fields: [text, verdict] }
  - chat.ask: { role: writer, prompt: \"{{ text }}\", into: text }
output: { text: text, verdict: text? }
";

/// What was taken apart comes together again behind a barrier.
const REGROUP: &str = "
recipe: regroup
inputs: { text: text, n: int }
steps:
  - shape.compute: { into: parts, value: \"[n, n + 1, n + 2]\", type: list<int> }
  - shape.explode: { over: parts, as: part }
  - gate.require: { that: part % 4 != 0, reason: divisible by four }
  - group.by: { by: text, collect: { kept: part }, min: 2, max: 4, count_into: count }
output: { text: text, kept: list<int>, count: int }
";

fn plan(recipe: &str) -> Arc<Plan> {
    let files = MemoryFolder::new("test", [("recipe.yaml", recipe.as_bytes())]);
    let checked = tamis_recipe::check(&files, REGISTRY, &tamis_recipe::Options::default());
    let said: Vec<String> = checked.diagnostics.iter().map(ToString::to_string).collect();
    Arc::new(checked.plan.unwrap_or_else(|| panic!("{said:#?}")))
}

/// `rows` rows of which every eleventh text comes twice; row 13 cannot be read.
struct Numbers {
    rows: u64,
    knows_its_length: bool,
    schema: Schema,
}

impl Numbers {
    fn new(rows: u64) -> Numbers {
        Numbers { rows, knows_its_length: true, schema: Schema::new() }
    }
}

impl Source for Numbers {
    fn format(&self) -> &'static str {
        "numbers"
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn len(&self) -> Option<u64> {
        self.knows_its_length.then_some(self.rows)
    }

    fn fingerprint(&self) -> String {
        format!("numbers {}", self.rows)
    }

    fn rows(&self, from: u64) -> Result<Box<dyn Iterator<Item = SourceItem> + Send + '_>, SourceError> {
        Ok(Box::new((from..self.rows).map(|n| {
            let key = format!("numbers:{n}");
            if n == 13 {
                return Err(RowError { key, message: "unlucky".into() });
            }
            let text = if n % 11 == 10 { n - 1 } else { n };
            let fields = vec![
                (Name::from("text"), Value::text(format!("text {text}"))),
                (Name::from("n"), Value::Int(n as i64)),
            ];
            Ok(SourceRow { key, fields })
        })))
    }
}

/// Answers with the prompt and a mark of its own, and counts.
#[derive(Default)]
struct Echo {
    mark: String,
    calls: AtomicUsize,
    stop_after: Option<usize>,
}

impl Model for Echo {
    fn kind(&self) -> RoleKind {
        RoleKind::Chat
    }

    fn call<'a>(
        &'a self,
        request: Request,
        site: &'a CallSite<'a>,
    ) -> BoxFuture<'a, Result<(Reply, Receipt), CallError>> {
        async move {
            let n = self.calls.fetch_add(1, Ordering::SeqCst);
            if self.stop_after.is_some_and(|most| n >= most) {
                return Err(CallError::Stop(StopReason::Budget("spent".into())));
            }
            tokio::task::yield_now().await;
            let Request::Chat(chat) = request else { unreachable!("only chat is asked") };
            let text: String = chat.messages.iter().flat_map(|m| &m.parts).map(text_of).collect();
            let answers = vec![Answer::new(format!("{text}!{}", self.mark), Finish::Stop)];
            Ok((Reply::Chat(ChatReply { answers }), receipt(site)))
        }
        .boxed()
    }

    fn estimate(&self, _: &Request, _: &CallSite<'_>) -> Estimate {
        Estimate::default()
    }
}

fn text_of(part: &Part) -> String {
    match part {
        Part::Text(text) => text.to_string(),
        Part::Image(_) => String::new(),
    }
}

fn receipt(site: &CallSite<'_>) -> Receipt {
    Receipt {
        role: String::new(),
        backend: "test".into(),
        model: "echo".into(),
        request: format!("{}{}", site.record, site.step),
        usage: Usage { input: 10, output: 5 },
        usd: 0.5,
        cached: false,
        attempts: 1,
        notes: Vec::new(),
    }
}

struct Run {
    plan: Arc<Plan>,
    source: Arc<Numbers>,
    model: Option<Arc<dyn Model>>,
    rebind: Option<Arc<dyn Rebind>>,
    options: Options,
    stop: Arc<Stop>,
}

impl Run {
    fn of(recipe: &str, rows: u64) -> Run {
        let options = Options {
            seed: 1,
            take: None,
            accept: None,
            part_rows: 16,
            shard: Shard::WHOLE,
            jobs: 2,
            in_flight: 8,
            max_failures: None,
            wait_for_shards: true,
        };
        Run {
            plan: plan(recipe),
            source: Arc::new(Numbers::new(rows)),
            model: None,
            rebind: None,
            options,
            stop: Arc::default(),
        }
    }

    fn file(&self) -> RunFile {
        RunFile {
            identity: Identity {
                format: Identity::format(),
                recipe: self.plan.name.clone(),
                recipe_digest: self.plan.digest.clone(),
                input: self.source.fingerprint(),
                seed: self.options.seed,
                take: self.options.take,
                accept: self.options.accept,
                part_rows: self.options.part_rows,
                models: "test".into(),
                tables: BTreeMap::new(),
                media: Keeping::Copy,
            },
            output: self.plan.output.clone(),
            stages: self.plan.stages.len(),
            stage_schemas: self.plan.stages.iter().map(|s| s.schema.clone()).collect(),
            tamis: "test".into(),
            paper: None,
            licence: None,
            models: serde_json::Value::Null,
            players: Vec::new(),
            simulated: false,
            arguments: serde_json::Value::Null,
        }
    }

    fn go(&self, out: &Path) -> Result<Summary, EngineError> {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(self.options.jobs).enable_all().build();
        runtime.unwrap().block_on(self.start(out))
    }

    async fn start(&self, out: &Path) -> Result<Summary, EngineError> {
        let dir = RunDir::at(out);
        let _claim = dir.claim(&self.file(), &self.plan.files, &self.options.shard)?;
        let media = DiskStore::open(&dir.media(), &self.options.shard.name()).unwrap();
        let models: BTreeMap<Name, Arc<dyn Model>> =
            self.model.iter().flat_map(|m| ["writer", "judge"].map(|role| (Name::from(role), m.clone()))).collect();
        execute(Job {
            plan: self.plan.clone(),
            source: Some(self.source.clone()),
            tables: Default::default(),
            rebind: self.rebind.clone(),
            models,
            dir,
            media: Arc::new(media),
            options: self.options.clone(),
            progress: Arc::new(Progress::default()),
            stop: self.stop.clone(),
        })
        .await
    }
}

fn proof(out: &Path) -> Report {
    let dir = RunDir::at(out);
    let media = DiskStore::read_only(&dir.media()).unwrap();
    verify(&dir, &dir.read().unwrap(), &|hash| media.contains(hash)).unwrap()
}

fn proved(out: &Path) {
    let report = proof(out);
    assert!(report.problems.is_empty(), "{:#?}", report.problems);
}

#[test]
fn every_input_ends_once_and_fan_outs_add_up() {
    let out = tempfile::tempdir().unwrap();
    let summary = Run::of(GATES, 100).go(out.path()).unwrap();
    // 100 rows: one unreadable, 15 divisible by seven (13 is not), the rest twice; a fifth of those divide by zero.
    assert_eq!((summary.inputs, summary.rejected), (100, 15));
    assert_eq!(summary.added, 84);
    assert_eq!(summary.accepted + summary.failed, 2 * 84 + 1);
    assert!(summary.errors.iter().any(|(why, n)| why.starts_with("input: unlucky") && *n == 1), "{:?}", summary.errors);
    assert!(summary.complete);
    proved(out.path());
}

#[test]
fn threads_parts_and_unknown_lengths_change_no_byte() {
    for recipe in [GATES, BARRIER, ROUNDS, REGROUP] {
        let digest = |change: &dyn Fn(&mut Run)| {
            let mut run = Run::of(recipe, 150);
            change(&mut run);
            let out = tempfile::tempdir().unwrap();
            let summary = run.go(out.path()).unwrap();
            proved(out.path());
            (summary.digest, summary.rejects_digest)
        };
        let expected = digest(&|_| {});
        assert_eq!(expected, digest(&|run| run.options.jobs = 8));
        assert_eq!(expected, digest(&|run| run.options.part_rows = 7));
        assert_eq!(
            expected,
            digest(&|run| run.source = Arc::new(Numbers { knows_its_length: false, ..Numbers::new(150) }))
        );
        assert_ne!(expected, digest(&|run| run.source = Arc::new(Numbers::new(149))));
    }
}

#[test]
fn a_duplicate_in_another_part_is_found_and_the_first_is_kept() {
    let out = tempfile::tempdir().unwrap();
    let mut run = Run::of(BARRIER, 110);
    run.options.part_rows = 10;
    let summary = run.go(out.path()).unwrap();
    assert_eq!((summary.accepted, summary.rejected, summary.failed), (99, 10, 1));
    proved(out.path());
}

#[test]
fn each_round_decides_about_the_round_and_not_about_the_record() {
    let out = tempfile::tempdir().unwrap();
    let summary = Run::of(ROUNDS, 150).go(out.path()).unwrap();
    assert_eq!((summary.accepted, summary.rejected, summary.failed), (149, 0, 1), "only row 13 cannot be read");
    let dir = RunDir::at(out.path());
    let file = dir.read().unwrap();
    assert_eq!(file.stages, 4);
    let mut ways = std::collections::BTreeSet::new();
    let mut as_it_was = 0;
    for record in tamis_engine::dataset::samples(&dir, &file).unwrap() {
        let record = record.unwrap();
        let versions = record.get("versions").unwrap().as_list().unwrap();
        let mut n = versions[0].as_int().unwrap();
        assert_eq!(n, record.root.ordinal as i64);
        for (round, version) in (1..).zip(&versions[1..]) {
            assert!(version.is_null() || version.as_int() == Some(n * 2 + round), "{versions:?}");
            n = version.as_int().unwrap_or(n);
        }
        assert_eq!(record.get("n").unwrap().as_int(), Some(n));
        ways.insert(versions.iter().map(Value::is_null).collect::<Vec<_>>());
        as_it_was += usize::from(versions[1..].iter().all(Value::is_null));
        let backs = record.story.iter().filter(|entry| format!("{:?}", entry.event).contains("back to the version"));
        assert_eq!(backs.count(), versions.iter().filter(|v| v.is_null()).count(), "{:?}", record.story);
    }
    assert!(ways.len() == 8 && as_it_was > 0, "every way through three rounds is taken: {ways:?}");
}

#[test]
fn records_that_come_together_are_all_accounted_for() {
    let out = tempfile::tempdir().unwrap();
    let summary = Run::of(REGROUP, 100).go(out.path()).unwrap();
    assert!(summary.accepted > 80 && summary.rejected > 60, "{summary:?}");
    proved(out.path());
    let dir = RunDir::at(out.path());
    let mut sizes = std::collections::BTreeSet::new();
    for record in tamis_engine::dataset::samples(&dir, &dir.read().unwrap()).unwrap() {
        let record = record.unwrap();
        let kept = record.get("kept").unwrap().as_list().unwrap().len();
        assert_eq!(record.get("count").unwrap().as_int(), Some(kept as i64));
        sizes.insert(kept);
    }
    // Every eleventh text comes twice, so that some groups hold the parts of two rows.
    assert_eq!(sizes, [2, 3, 4].into());
}

/// Binds the writer to a model that says the round it was trained in.
struct Trainer {
    loaded: AtomicUsize,
}

impl Rebind for Trainer {
    fn models<'a>(&'a self, file: &'a Path) -> BoxFuture<'a, Result<BTreeMap<Name, Arc<dyn Model>>, String>> {
        self.loaded.fetch_add(1, Ordering::SeqCst);
        let mark = std::fs::read_to_string(file).map_err(|e| e.to_string());
        let models = mark.map(|mark| -> BTreeMap<Name, Arc<dyn Model>> {
            [(Name::from("writer"), Arc::new(Echo { mark, ..Echo::default() }) as Arc<dyn Model>)].into()
        });
        Box::pin(std::future::ready(models))
    }
}

#[test]
fn a_trained_model_plays_its_role_from_its_round_on() {
    let out = tempfile::tempdir().unwrap();
    let dir = RunDir::at(out.path());
    let go = || {
        let mut run = Run::of(SELF_PLAY, 40);
        run.model = Some(Arc::new(Echo::default()));
        run.rebind = Some(Arc::new(Trainer { loaded: AtomicUsize::new(0) }));
        run.go(out.path())
    };
    for round in 1..=2 {
        let step = format!("rounds/{round}/train.external");
        let Err(EngineError::Stopped(StopReason::HandedOver { step: waits, place })) = go() else {
            panic!("it goes on")
        };
        assert_eq!(waits, step);
        assert_eq!(Path::new(&place), dir.handover(&step));
        let data = std::fs::read_to_string(dir.handover(&step).join("data.jsonl")).unwrap();
        assert_eq!(data.lines().count(), 39);
        assert!(matches!(go(), Err(EngineError::Stopped(StopReason::HandedOver { .. }))), "still no model");
        std::fs::write(dir.handover(&step).join("models.yaml"), format!("{round}")).unwrap();
    }
    let summary = go().unwrap();
    assert_eq!(go().unwrap().digest, summary.digest);
    proved(out.path());
    let first = tamis_engine::dataset::samples(&dir, &dir.read().unwrap()).unwrap().next().unwrap().unwrap();
    assert_eq!(first.get("text").unwrap().as_text(), Some("text 0!!1!2"));
    assert_eq!(first.get("verdict").unwrap().as_text(), Some("text 0!!1?!"), "the judge stays who it was");
}

#[test]
fn shards_on_one_directory_give_the_digest_of_one_process() {
    for recipe in [BARRIER, ROUNDS, REGROUP] {
        let whole = tempfile::tempdir().unwrap();
        let expected = Run::of(recipe, 150).go(whole.path()).unwrap().digest;
        let out = tempfile::tempdir().unwrap();
        let shards = (0..4).map(|index| {
            let path = out.path().to_path_buf();
            std::thread::spawn(move || {
                let mut run = Run::of(recipe, 150);
                run.options.shard = Shard { index, of: 4 };
                run.go(&path).unwrap();
            })
        });
        shards.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
        let summary = Summary::read(&RunDir::at(out.path()), Run::of(recipe, 1).plan.stages.len()).unwrap();
        assert!(summary.complete);
        assert_eq!(summary.digest, expected);
        proved(out.path());
    }
}

#[test]
fn a_shard_that_may_not_wait_stops_at_the_barrier_and_is_taken_up() {
    let out = tempfile::tempdir().unwrap();
    let go = |index| {
        let mut run = Run::of(BARRIER, 64);
        run.options.shard = Shard { index, of: 2 };
        run.options.wait_for_shards = false;
        run.go(out.path())
    };
    assert!(matches!(go(0), Err(EngineError::Stopped(StopReason::Machine(why))) if why.contains("2 of 4 parts")));
    go(1).unwrap();
    assert!(go(0).unwrap().complete);
    proved(out.path());
}

#[test]
fn a_run_that_ran_out_of_budget_commits_what_is_whole_and_is_taken_up() {
    let whole = tempfile::tempdir().unwrap();
    let mut run = Run::of(ASKING, 100);
    run.model = Some(Arc::new(Echo::default()));
    let expected = run.go(whole.path()).unwrap();
    assert_eq!((expected.calls.answers, expected.calls.usd), (99, 49.5));

    let out = tempfile::tempdir().unwrap();
    let mut run = Run::of(ASKING, 100);
    run.model = Some(Arc::new(Echo { stop_after: Some(50), ..Echo::default() }));
    assert!(matches!(run.go(out.path()), Err(EngineError::Stopped(StopReason::Budget(_)))));
    let report = proof(out.path());
    assert!(!report.complete);
    let mut run = Run::of(ASKING, 100);
    let echo = Arc::new(Echo::default());
    run.model = Some(echo.clone());
    let summary = run.go(out.path()).unwrap();
    assert_eq!(summary.digest, expected.digest);
    assert!(echo.calls.load(Ordering::SeqCst) < 99, "committed parts are not asked again");
    proved(out.path());
}

#[test]
fn a_run_that_is_interrupted_at_any_moment_ends_in_the_same_digest() {
    for recipe in [BARRIER, ROUNDS] {
        let whole = tempfile::tempdir().unwrap();
        let expected = Run::of(recipe, 400).go(whole.path()).unwrap().digest;
        let out = tempfile::tempdir().unwrap();
        for delay in 0..12 {
            let run = Run::of(recipe, 400);
            let stop = run.stop.clone();
            let stopper = std::thread::spawn(move || {
                std::thread::sleep(std::time::Duration::from_millis(delay * 5));
                stop.ask(StopReason::Interrupted);
            });
            let _ = run.go(out.path());
            stopper.join().unwrap();
        }
        assert_eq!(Run::of(recipe, 400).go(out.path()).unwrap().digest, expected);
        proved(out.path());
    }
}

#[test]
fn accept_keeps_the_first_that_pass_in_the_order_of_the_input() {
    let out = tempfile::tempdir().unwrap();
    let mut run = Run::of(ASKING, 100);
    run.model = Some(Arc::new(Echo::default()));
    run.options.accept = Some(20);
    let summary = run.go(out.path()).unwrap();
    assert_eq!(summary.accepted, 20);
    proved(out.path());
    let dir = RunDir::at(out.path());
    let file = dir.read().unwrap();
    let rows: Vec<u64> =
        tamis_engine::dataset::samples(&dir, &file).unwrap().map(|r| r.unwrap().root.ordinal).collect();
    let expected: Vec<u64> = (0..100).filter(|n| n % 3 != 0 && *n != 13).take(20).collect();
    assert_eq!(rows, expected);
    assert_eq!(run.go(out.path()).unwrap().digest, summary.digest, "taken up again it stays as it is");
}

#[test]
fn a_directory_that_holds_another_run_is_refused_with_the_difference() {
    let out = tempfile::tempdir().unwrap();
    Run::of(GATES, 20).go(out.path()).unwrap();
    let mut other = Run::of(GATES, 20);
    other.options.seed = 2;
    let Err(EngineError::Refused { message, help }) = other.go(out.path()) else { panic!("expected a refusal") };
    assert!(message.contains("--seed: 1 there, 2 now"), "{message}");
    assert!(help.unwrap().contains("--reuse"));
}

#[test]
fn two_processes_on_one_directory_are_refused() {
    let out = tempfile::tempdir().unwrap();
    let run = Run::of(GATES, 20);
    let dir = RunDir::at(out.path());
    let _held = dir.claim(&run.file(), &run.plan.files, &Shard::WHOLE).unwrap();
    let Err(EngineError::Refused { message, .. }) = run.go(out.path()) else { panic!("expected a refusal") };
    assert!(message.contains("another process works on this run"), "{message}");
}

#[test]
fn a_directory_with_other_things_in_it_is_not_written_to() {
    let out = tempfile::tempdir().unwrap();
    std::fs::write(out.path().join("thesis.tex"), "dear").unwrap();
    let Err(EngineError::Refused { message, .. }) = Run::of(GATES, 20).go(out.path()) else {
        panic!("expected a refusal")
    };
    assert!(message.contains("is not empty and holds no run"), "{message}");
}

#[test]
fn too_many_failures_stop_the_run_when_asked_for() {
    let out = tempfile::tempdir().unwrap();
    let mut run = Run::of(GATES, 400);
    run.options.max_failures = Some(3);
    assert!(
        matches!(run.go(out.path()), Err(EngineError::Stopped(StopReason::Machine(why))) if why.contains("--max-failures"))
    );
}

#[test]
fn what_was_changed_behind_our_back_is_found() {
    let out = tempfile::tempdir().unwrap();
    Run::of(GATES, 40).go(out.path()).unwrap();
    let path = RunDir::at(out.path()).part(0, 1).join("accepted.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let first = text.lines().next().unwrap();
    std::fs::write(&path, text.replacen(&format!("{first}\n"), "", 1)).unwrap();
    let problems = proof(out.path()).problems.join("\n");
    assert!(problems.contains("has vanished") && problems.contains("the digest is"), "{problems}");
}

/// What steps write has more members than the output, fewer, or whole numbers for floats.
const LOOSE: &str = "
recipe: loose
inputs: { text: text, n: int }
steps:
  - shape.compute: { into: all, value: \"[{'n': n, 'more': 1}]\", type: \"list<{n: int, more: int}>\" }
  - shape.compute: { into: few, value: \"{'n': n}\", type: \"{n: int}\" }
output: { all: \"list<{n: float}>\", few: \"{n: int, note: text?}\" }
";

#[test]
fn the_digest_is_that_of_the_samples_as_they_are_read_back() {
    let out = tempfile::tempdir().unwrap();
    Run::of(LOOSE, 10).go(out.path()).unwrap();
    proved(out.path());
}

#[test]
fn the_type_of_an_output_is_kept() {
    assert_eq!(plan(GATES).output.get("ratio").map(|f| f.ty.clone()), Some(Type::Float));
}
