//! The program as a person uses it: real processes, real files, a real server on loopback.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall say where")]

mod media;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/coco").canonicalize().unwrap()
}

fn tamis(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tamis")).args(args).current_dir(dir).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(output: &Output) -> Json {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}{}", stdout(output), stderr(output)))
}

/// The simulator as a process of its own.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(args: &[&str]) -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tamis"))
            .args(["sim", "--port", "0"])
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.split_whitespace().last().unwrap().to_string();
        Server { child, url }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn photos() -> Vec<PathBuf> {
    let mut photos: Vec<PathBuf> =
        std::fs::read_dir(examples().join("images")).unwrap().map(|entry| entry.unwrap().path()).collect();
    photos.sort();
    photos
}

/// `rows` rows with photographs and captions; every `nth` photograph is no picture.
fn captions(dir: &Path, rows: usize, broken: Option<usize>) -> PathBuf {
    std::fs::write(dir.join("broken.jpg"), "this is no picture").unwrap();
    let photos = photos();
    let lines: String = (0..rows)
        .map(|i| {
            let photo = if Some(i) == broken { dir.join("broken.jpg") } else { photos[i % photos.len()].clone() };
            format!(
                "{{\"image\": {:?}, \"captions\": [\"A cat number {i}.\", \"A tree.\"], \
                 \"regions\": [{{\"label\": \"cat\", \"box\": [5, 5, {}, 90]}}]}}\n",
                photo.display().to_string(),
                20 + i % 50
            )
        })
        .collect();
    let path = dir.join("rows.jsonl");
    std::fs::write(&path, lines).unwrap();
    path
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn the_first_command_makes_a_proved_dataset_from_any_directory() {
    let dir = tempfile::tempdir().unwrap();
    let input = examples();
    let run = tamis(dir.path(), &["run", "qwen-vl-grounding", "--input", text(&input), "--out", "first", "--quiet"]);
    assert!(run.status.success(), "{}{}", stdout(&run), stderr(&run));
    let stats = json(&tamis(dir.path(), &["stats", "first", "--json"]));
    assert_eq!(stats["summary"]["complete"], true);
    assert_eq!(stats["summary"]["failed"], 0);
    assert!(stats["summary"]["accepted"].as_u64().unwrap() > 100, "{stats}");
    let verify = tamis(dir.path(), &["verify", "first"]);
    assert!(verify.status.success(), "{}", stderr(&verify));
    std::fs::create_dir(dir.path().join("qwen-vl-grounding")).unwrap();
    let again = tamis(
        dir.path(),
        &["run", "qwen-vl-grounding", "--input", text(&input), "--out", "second", "--jobs", "1", "--json", "--quiet"],
    );
    assert_eq!(json(&again)["summary"]["digest"], stats["digest"]);
}

#[test]
fn a_sample_tells_its_whole_story() {
    let dir = tempfile::tempdir().unwrap();
    let input = captions(dir.path(), 5, None);
    let run = tamis(dir.path(), &["run", "llava", "--input", text(&input), "--models", "sim", "--out", "r", "--quiet"]);
    assert!(run.status.code().unwrap() < 2, "{}", stderr(&run));
    let accepted = std::fs::read_to_string(dir.path().join("r/stages/0/part-000000/accepted.jsonl")).unwrap();
    let row: Json = serde_json::from_str(accepted.lines().next().unwrap()).unwrap();
    let story = stdout(&tamis(dir.path(), &["show", "r", &row["_id"].as_str().unwrap()[..10]]));
    assert!(story.contains("from     rows.jsonl") && story.contains("writer = "), "{story}");
}

#[test]
fn one_broken_picture_costs_one_row() {
    let dir = tempfile::tempdir().unwrap();
    let input = captions(dir.path(), 200, Some(77));
    let run =
        tamis(dir.path(), &["run", "qwen-vl-grounding", "--input", text(&input), "--out", "r", "--json", "--quiet"]);
    assert_eq!(run.status.code(), Some(1), "{}", stderr(&run));
    let summary = &json(&run)["summary"];
    assert_eq!(summary["inputs"], 200);
    let roots = |which: &str| {
        let path = dir.path().join(format!("r/stages/0/part-000000/{which}.jsonl"));
        let text = std::fs::read_to_string(path).unwrap();
        let rows = text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
        rows.map(|row| row["_root"]["ordinal"].as_u64().unwrap()).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(roots("failed"), [77].into());
    assert_eq!(roots("accepted").len(), 199);
    assert!(tamis(dir.path(), &["verify", "r"]).status.success());
}

#[test]
fn a_picture_that_is_not_there_fails_before_anything_is_paid() {
    let dir = tempfile::tempdir().unwrap();
    let input = captions(dir.path(), 10, Some(3));
    std::fs::remove_file(dir.path().join("broken.jpg")).unwrap();
    let args = ["run", "llava", "--input", text(&input), "--models", "sim", "--out", "r", "--quiet", "--json"];
    let run = tamis(dir.path(), &args);
    assert_eq!(run.status.code(), Some(1), "{}", stderr(&run));
    let found = json(&run);
    assert_eq!(found["this_process"]["answered"], 9, "{found}");
    assert!(found["summary"]["errors"].to_string().contains("no such file"), "{found}");
}

#[test]
fn a_server_that_always_errs_stops_the_run_early_and_nothing_is_exported() {
    let dir = tempfile::tempdir().unwrap();
    let input = captions(dir.path(), 300, None);
    let server = Server::start(&["--always-status", "500"]);
    let model = format!("{{ backend: openai, url: \"{}\", model: m }}", server.url);
    std::fs::write(dir.path().join("models.yaml"), format!("roles: {{ writer: w }}\nmodels: {{ w: {model} }}\n"))
        .unwrap();
    let began = Instant::now();
    let args = ["run", "llava", "--input", text(&input), "--models", "models.yaml", "--out", "r", "--quiet"];
    let run = tamis(dir.path(), &args);
    assert_eq!(run.status.code(), Some(1), "{}", stderr(&run));
    assert!(began.elapsed() < Duration::from_secs(60));
    assert!(stderr(&run).contains("500"), "{}", stderr(&run));
    let export = tamis(dir.path(), &["export", "r", "--to", "jsonl", "--out", "data"]);
    assert_eq!(export.status.code(), Some(2), "{}", stdout(&export));
    assert!(!dir.path().join("data").join("README.md").exists());
}

#[test]
fn a_run_that_is_killed_is_taken_up_by_the_same_command() {
    let dir = tempfile::tempdir().unwrap();
    let input = captions(dir.path(), 300, None);
    let server = Server::start(&["--latency-ms", "20", "--error-share", "0.1"]);
    let args = |out: &'static str| {
        ["run", "llava", "--input", text(&input), "--models", &server.url, "--out", out, "--json", "--quiet"]
            .map(str::to_string)
    };
    let finish = |out: &'static str| {
        let args = args(out);
        json(&tamis(dir.path(), &args.each_ref().map(String::as_str)))["summary"].clone()
    };
    let whole = finish("whole");
    for delay in [80, 160, 250] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tamis"))
            .args(args("killed"))
            .current_dir(dir.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(delay));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_eq!(finish("killed")["digest"], whole["digest"]);
    assert!(tamis(dir.path(), &["verify", "killed"]).status.success());
}

#[cfg(unix)]
#[test]
fn ctrl_c_commits_and_says_how_to_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let input = captions(dir.path(), 600, None);
    let server = Server::start(&["--latency-ms", "50"]);
    let child = Command::new(env!("CARGO_BIN_EXE_tamis"))
        .args([
            "run",
            "llava",
            "--input",
            text(&input),
            "--models",
            &server.url,
            "--out",
            "r",
            "--quiet",
            "--in-flight",
            "8",
        ])
        .current_dir(dir.path())
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(800));
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("tamis resume r"), "{}", stderr(&output));
    let resumed = tamis(dir.path(), &["resume", "r", "--json", "--quiet"]);
    assert_eq!(json(&resumed)["summary"]["complete"], true, "{}", stderr(&resumed));
}

#[test]
fn what_cannot_run_is_refused_with_exit_code_2_and_a_word_on_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    std::fs::create_dir(here.join("empty")).unwrap();
    std::fs::create_dir(here.join("mine")).unwrap();
    std::fs::write(here.join("mine/thesis.tex"), "dear").unwrap();
    std::fs::write(here.join("no-image.csv"), "name,age\nx,1\n").unwrap();
    let coco = examples();
    let coco = text(&coco);
    let cases: &[(&[&str], &str)] = &[
        (&["run", "qwen-vl-groundin", "--input", coco], "did you mean `qwen-vl-grounding`"),
        (&["run", "qwen-vl-grounding"], "needs an input"),
        (&["run", "qwen-vl-grounding", "--input", "nowhere"], "nowhere"),
        (&["run", "qwen-vl-grounding", "--input", "empty"], "empty"),
        (&["run", "qwen-vl-grounding", "--input", "no-image.csv"], "image"),
        (&["run", "qwen-vl-grounding", "--input", coco, "--out", "mine"], "not empty"),
        (&["run", "qwen-vl-grounding", "--input", coco, "--out", "no-image.csv/x"], "cannot write"),
        (&["run", "qwen-vl-grounding", "--input", coco, "--set", "min_aera=3"], "did you mean `min_area`"),
        (&["run", "llava", "--input", coco], "--models"),
        (&["run", "llava", "--input", coco, "--models", "nothing.yaml"], "nothing.yaml"),
        (&["run", "llava", "--input", coco, "--models", "sim", "--shard", "5/4"], "shard"),
        (&["run", "bee-honeypipe", "--input", coco, "--models", "sim", "--accept", "3"], "barrier"),
        (&["resume", "empty"], "holds no run"),
        (&["stats", "nowhere"], "does not exist"),
        (&["ops", "chat.aks"], "did you mean `chat.ask`"),
        (&["new", "mine", "--from", "llava"], "exists already"),
        (&["check", "mine"], "recipe.yaml"),
    ];
    for (args, expected) in cases {
        let output = tamis(here, args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}{}", stdout(&output), stderr(&output));
        let said = stderr(&output).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(expected), "{args:?} should say `{expected}`: {said}");
    }
}

#[test]
fn a_recipe_of_ones_own_begins_as_a_copy_and_is_checked() {
    let dir = tempfile::tempdir().unwrap();
    assert!(tamis(dir.path(), &["new", "my-llava", "--from", "llava"]).status.success());
    assert!(tamis(dir.path(), &["check", "my-llava"]).status.success());
    let path = dir.path().join("my-llava/recipe.yaml");
    let broken = std::fs::read_to_string(&path).unwrap().replacen("chat.ask", "chat.aks", 1);
    std::fs::write(&path, broken).unwrap();
    let check = tamis(dir.path(), &["check", "my-llava", "--json"]);
    assert_eq!(check.status.code(), Some(2));
    let found = json(&check);
    let first = found["diagnostics"].as_array().unwrap().iter().find(|d| d["severity"] == "error").unwrap();
    assert!(first["line"].as_u64().unwrap() > 1 && first["column"].as_u64().unwrap() > 1, "{first}");
    assert!(first["message"].as_str().unwrap().contains("chat.aks"), "{first}");
}

#[test]
fn a_plan_prices_every_model_step_and_makes_no_call() {
    let dir = tempfile::tempdir().unwrap();
    let models = "roles: { writer: w }\nmodels:\n  w: { backend: openai, url: http://127.0.0.1:9/v1, model: m, price: { input: 1, output: 2 } }\n";
    std::fs::write(dir.path().join("models.yaml"), models).unwrap();
    let coco = examples();
    let plan = tamis(dir.path(), &["plan", "llava", "--input", text(&coco), "--models", "models.yaml", "--json"]);
    assert!(plan.status.success(), "{}", stderr(&plan));
    let plan = json(&plan);
    let steps = plan["estimate"]["steps"].as_object().unwrap();
    let step = steps.values().next().unwrap();
    assert_eq!(plan["inputs"], 12);
    assert!(
        step["input_tokens"].as_f64().unwrap() > 500.0 && step["usd_high"].as_f64() > step["usd_low"].as_f64(),
        "{plan}"
    );
}

#[test]
fn every_export_is_written_with_its_card() {
    let dir = tempfile::tempdir().unwrap();
    let coco = examples();
    tamis(dir.path(), &["run", "qwen-vl-grounding", "--input", text(&coco), "--out", "r", "--quiet"]);
    for format in ["parquet", "jsonl", "llava", "sharegpt", "webdataset"] {
        let export = tamis(dir.path(), &["export", "r", "--to", format, "--out", format]);
        assert!(export.status.success(), "{format}: {}", stderr(&export));
        let card = std::fs::read_to_string(dir.path().join(format).join("README.md")).unwrap();
        assert!(card.starts_with("---\n") && card.contains("qwen-vl-grounding"), "{card}");
    }
}

/// A recipe of the book.
fn book(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples").join(name).canonicalize().unwrap()
}

#[test]
fn a_run_stops_for_its_trainer_and_goes_on_with_the_new_model() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let (recipe, input) = (book("train"), examples());
    let models =
        |role: &str, model: &str| format!("roles: {{ {role} }}\nmodels: {{ m: {{ backend: sim, model: {model} }} }}\n");
    std::fs::write(here.join("models.yaml"), models("writer: m, judge: m", "base")).unwrap();
    std::fs::write(here.join("new.yaml"), models("writer: m", "trained")).unwrap();
    std::fs::write(here.join("odd.yaml"), models("painter: m", "odd")).unwrap();
    let args = ["run", text(&recipe), "--input", text(&input), "--models", "models.yaml", "--out", "r", "--quiet"];
    let run = tamis(here, &args);
    assert_eq!(run.status.code(), Some(1), "{}", stderr(&run));
    assert!(stderr(&run).contains("--trained train=models.yaml"), "{}", stderr(&run));
    let manifest = std::fs::read_to_string(here.join("r/handover/train/manifest.json")).unwrap();
    assert!(manifest.contains("\"records\": 12") && manifest.contains("fine-tune"), "{manifest}");
    for (trained, expected) in [
        ("tran=new.yaml", "did you mean `train`"),
        ("train=none.yaml", "none.yaml"),
        ("train=odd.yaml", "binds none of the roles"),
    ] {
        let refused = tamis(here, &["resume", "r", "--quiet", "--trained", trained]);
        assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
        assert!(stderr(&refused).contains(expected), "{}", stderr(&refused));
    }
    let done = tamis(here, &["resume", "r", "--quiet", "--json", "--trained", "train=new.yaml"]);
    assert!(done.status.success(), "{}{}", stdout(&done), stderr(&done));
    let accepted = std::fs::read_to_string(here.join("r/stages/1/part-000000/accepted.jsonl")).unwrap();
    for line in accepted.lines() {
        let row: Json = serde_json::from_str(line).unwrap();
        let calls: Vec<&str> =
            row["_story"].as_array().unwrap().iter().filter_map(|e| e["call"]["model"].as_str()).collect();
        assert_eq!(calls, ["base", "base", "trained"], "{row}");
    }
    let again = tamis(here, &["resume", "r", "--quiet", "--json"]);
    assert_eq!(json(&again)["summary"]["digest"], json(&done)["summary"]["digest"]);
    assert!(tamis(here, &["verify", "r"]).status.success());
    std::fs::write(here.join("other.yaml"), models("writer: m", "other")).unwrap();
    let late = tamis(here, &["resume", "r", "--quiet", "--trained", "train=other.yaml"]);
    assert!(stderr(&late).contains("has gone on behind `train`"), "{}", stderr(&late));
    let plan = tamis(here, &["plan", text(&recipe), "--input", text(&input)]);
    assert!(plan.status.success(), "a plan trains nothing: {}", stderr(&plan));
}

#[test]
fn tables_are_named_when_a_run_begins_and_are_part_of_what_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let (recipe, input) = (book("tables"), examples());
    let facts = here.join("facts.jsonl");
    std::fs::write(&facts, "{\"label\": \"cat\", \"fact\": \"Cats purr.\"}\n").unwrap();
    let run = |more: &[&str]| {
        let args = ["run", text(&recipe), "--input", text(&input), "--out", "r", "--quiet", "--json"];
        tamis(here, &[&args, more].concat())
    };
    let missing = run(&[]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(stderr(&missing).contains("name it with --table facts=PATH"), "{}", stderr(&missing));
    assert!(stderr(&run(&["--table", "fact=facts.jsonl"])).contains("did you mean `facts`"));
    let done = run(&["--table", "facts=facts.jsonl"]);
    assert!(done.status.success(), "{}", stderr(&done));
    let accepted = std::fs::read_to_string(here.join("r/stages/0/part-000000/accepted.jsonl")).unwrap();
    assert!(accepted.contains("this cat? Known: Cats purr."), "{accepted}");
    assert!(["a child", "a botanist", "a tourist"].iter().all(|reader| accepted.contains(reader)));
    let again = tamis(here, &["resume", "r", "--quiet", "--json"]);
    assert_eq!(json(&again)["summary"]["digest"], json(&done)["summary"]["digest"], "{}", stderr(&again));
    std::fs::write(&facts, "{\"label\": \"cat\", \"fact\": \"Cats do not purr at all.\"}\n").unwrap();
    let changed = tamis(here, &["resume", "r", "--quiet"]);
    assert!(stderr(&changed).contains("tables: facts"), "{}", stderr(&changed));
}
