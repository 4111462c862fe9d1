//! Servers that fail, and people who set the wrong thing.

use std::sync::atomic::Ordering::Relaxed;

use crate::kit::{Kit, photos, stderr, stdout};

/// A run over a few rows into the bucket.
fn small_run(kit: &Kit, url: &str) -> Vec<String> {
    let recipe = kit.plain_recipe();
    let rows: String = photos()
        .iter()
        .map(|p| format!("{{\"image\": {:?}, \"caption\": \"some\"}}\n", p.display().to_string()))
        .collect();
    let input = kit.write("rows.jsonl", &rows);
    ["run", &recipe, "--input", input.to_str().unwrap(), "--out", url, "--work", "work"].map(str::to_string).to_vec()
}

fn refused(kit: &Kit, args: &[&str]) -> String {
    let output = kit.tamis(args);
    assert_eq!(output.status.code(), Some(2), "{}{}", stdout(&output), stderr(&output));
    stderr(&output)
}

fn strs(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}

#[test]
fn a_missing_bucket_is_named() {
    let kit = Kit::new();
    let error = refused(&kit, &strs(&small_run(&kit, "s3://no-such-bucket/runs/x")));
    assert!(error.contains("there is no bucket `no-such-bucket`") && error.contains("AWS_ENDPOINT_URL"), "{error}");
    let recipe = kit.plain_recipe();
    let error = refused(&kit, &["run", &recipe, "--input", "s3://no-such-bucket/data.jsonl"]);
    assert!(error.contains("there is no bucket `no-such-bucket`"), "{error}");
}

#[test]
fn missing_credentials_say_what_to_set() {
    let kit = Kit::new().with("AWS_ACCESS_KEY_ID", "").with("AWS_SECRET_ACCESS_KEY", "");
    let error = refused(&kit, &strs(&small_run(&kit, &kit.url("runs/x"))));
    assert!(error.contains("no credentials") && error.contains("AWS_ACCESS_KEY_ID"), "{error}");
}

#[test]
fn wrong_credentials_are_told_without_repeating_them() {
    let kit = Kit::new().with("AWS_SECRET_ACCESS_KEY", "this-is-wrong");
    let error = refused(&kit, &strs(&small_run(&kit, &kit.url("runs/x"))));
    assert!(error.contains("access is denied") && !error.contains("this-is-wrong"), "{error}");
}

#[test]
fn an_object_that_is_not_there_is_named() {
    let kit = Kit::new();
    let recipe = kit.plain_recipe();
    let error = refused(&kit, &["run", &recipe, "--input", &kit.url("nothing/here.jsonl")]);
    assert!(error.contains("s3://bucket/nothing/here.jsonl") && error.contains("no such object"), "{error}");
    let error = refused(&kit, &["stats", &kit.url("runs/nothing")]);
    assert!(error.contains("holds no run"), "{error}");
}

#[test]
fn a_server_that_fails_is_slow_and_cuts_answers_off_for_a_while_changes_nothing() {
    let kit = Kit::new();
    let photos_dir = photos()[0].parent().unwrap().to_path_buf();
    kit.put(&photos_dir, "photos");
    let recipe = "recipe: sizes\nabout: Sizes.\ninputs: { image: image }\nsteps:\n  - image.info: { from: image, into: info }\n\
                  output: { image: image }\n";
    let recipe = kit.write("sizes/recipe.yaml", recipe).parent().unwrap().display().to_string();
    let local = kit.digest(&["run", &recipe, "--input", photos_dir.to_str().unwrap(), "--out", "out/local"]);
    kit.server.faults.errors.store(150, Relaxed);
    kit.server.faults.cuts.store(150, Relaxed);
    kit.server.faults.delay_ms.store(10, Relaxed);
    let (input, out) = (kit.url("photos"), kit.url("runs/faulty"));
    assert_eq!(kit.digest(&["run", &recipe, "--input", &input, "--out", &out, "--work", "work"]), local);
    let output = kit.tamis(&["verify", &out, "--work", "work-b"]);
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
}

#[test]
fn a_lease_whose_process_died_elsewhere_is_taken_over_and_one_that_is_renewed_is_not() {
    let kit = Kit::new();
    let url = kit.url("runs/leased");
    let args = small_run(&kit, &url);
    let lease = kit.bucket().join("runs/leased/leases/1-of-1.json");
    let said = |until: u64| {
        format!(
            "{{\"owner\": {{\"machine\": \"elsewhere\", \"host\": \"gone\", \"process\": 1, \"began\": 1}}, \"until\": {until}, \"term\": 2}}"
        )
    };
    std::fs::create_dir_all(lease.parent().unwrap()).unwrap();
    std::fs::write(&lease, said(1)).unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut until = 2;
            while !stop.load(Relaxed) {
                std::fs::write(&lease, said(until)).unwrap();
                until += 1;
                std::thread::sleep(std::time::Duration::from_millis(300));
            }
        });
        let error = refused(&kit, &strs(&args));
        stop.store(true, Relaxed);
        assert!(error.contains("a process on gone (number 1) works on this run"), "{error}");
    });
    let output = kit.tamis(&strs(&args));
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("its lease runs out within 2 s"), "{}", stderr(&output));
    assert!(!lease.exists());
}

#[test]
fn a_web_address_is_no_place_for_a_run() {
    let kit = Kit::new();
    let error = refused(&kit, &strs(&small_run(&kit, "https://example.org/runs/x")));
    assert!(error.contains("cannot be written to"), "{error}");
}
