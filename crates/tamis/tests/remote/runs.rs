//! Run directories in a bucket: same digest as on disk, whatever machine does which part of the work, and dies.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::kit::{Kit, Simulator, photos, stderr, stdout};

/// Rows with photographs and captions, for llava.
fn captions(kit: &Kit, rows: usize) -> PathBuf {
    let photos = photos();
    let lines: String = (0..rows)
        .map(|i| {
            let photo = photos[i % photos.len()].display().to_string();
            format!(
                "{{\"image\": {photo:?}, \"captions\": [\"A cat number {i}.\", \"A tree.\"], \
                 \"regions\": [{{\"label\": \"cat\", \"box\": [5, 5, {}, 90]}}]}}\n",
                20 + i % 50
            )
        })
        .collect();
    kit.write("captions.jsonl", &lines)
}

fn verified(kit: &Kit, url: &str, work: &str) {
    let output = kit.tamis(&["verify", url, "--work", work]);
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
}

/// Takes the files of a run out of the bucket, as a tool for buckets would.
fn as_files(kit: &Kit, key: &str) -> PathBuf {
    let to = kit.path().join("fetched").join(key);
    crate::kit::copy(&kit.bucket().join(key), &to);
    to
}

#[test]
fn a_run_in_a_bucket_has_the_digest_of_one_on_disk_and_every_command_reads_it() {
    let kit = Kit::new();
    let sim = Simulator::start(&[]);
    let input = captions(&kit, 60);
    let (input, url) = (input.to_str().unwrap(), kit.url("runs/first"));
    let args = ["run", "llava", "--input", input, "--models", &sim.url];
    let local = kit.digest(&[&args[..], &["--out", "out/local"]].concat());
    assert_eq!(kit.digest(&[&args[..], &["--out", &url, "--work", "work-a"]].concat()), local);
    // Another machine reads it.
    verified(&kit, &url, "work-b");
    let stats = kit.tamis(&["stats", &url, "--work", "work-b", "--json"]);
    assert!(stdout(&stats).contains(&local), "{}{}", stdout(&stats), stderr(&stats));
    let show = kit.tamis(&["show", &url, "captions.jsonl:3", "--work", "work-b"]);
    assert!(stdout(&show).contains("accepted"), "{}{}", stdout(&show), stderr(&show));
    let export = kit.tamis(&["export", &url, "--work", "work-b", "--to", "llava", "--out", &kit.url("data/llava")]);
    assert!(export.status.success(), "{}", stderr(&export));
    assert!(kit.bucket().join("data/llava/data.json").exists());
    // And resuming what is done does nothing, on yet another one.
    let resumed = kit.run(&["resume", &url, "--work", "work-c"]);
    assert_eq!((&resumed["summary"]["digest"], &resumed["this_process"]["requests"]), (&local.into(), &0.into()));
    // Nothing secret is written, and no lease is left.
    let files = as_files(&kit, "runs/first");
    let grep = std::process::Command::new("grep").args(["-r", tamis_s3::SECRET_KEY]).arg(&files).output().unwrap();
    assert!(grep.stdout.is_empty(), "{}", stdout(&grep));
    assert!(!files.join("leases/1-of-1.json").exists());
}

#[test]
fn another_run_at_the_same_url_is_refused() {
    let kit = Kit::new();
    let recipe = kit.plain_recipe();
    let photo = &photos()[0];
    let input =
        kit.write("rows.jsonl", &format!("{{\"image\": {:?}, \"caption\": \"one\"}}\n", photo.display().to_string()));
    let args = ["run", recipe.as_str(), "--input", input.to_str().unwrap(), "--out", &kit.url("runs/taken")];
    kit.run(&[&args[..], &["--work", "work-a"]].concat());
    for work in ["work-a", "work-b"] {
        let output = kit.tamis(&[&args[..], &["--work", work, "--seed", "7"]].concat());
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains("s3://bucket/runs/taken holds another run"), "{}", stderr(&output));
    }
}

#[test]
fn two_shards_with_their_own_directories_meet_at_the_barrier() {
    let kit = Kit::new();
    let (recipe, input) = near_copies(&kit, 10_000);
    let args = ["run", recipe.as_str(), "--input", input.to_str().unwrap()];
    let local = kit.digest(&[&args[..], &["--out", "out/local"]].concat());
    let url = kit.url("runs/shards");
    let shard = |i: u32| {
        let (share, work) = (format!("{i}/2"), format!("work-{i}"));
        kit.command(&args)
            .args(["--out", &url, "--work", &work, "--shard", &share, "--json", "--quiet"])
            .spawn()
            .unwrap()
    };
    let children = [shard(1), shard(2)];
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.code().is_some_and(|code| code < 2), "{}", stderr(&output));
    }
    verified(&kit, &url, "work-3");
    let stats = kit.tamis(&["stats", &url, "--work", "work-3", "--json"]);
    assert!(stdout(&stats).contains(&local), "{}{}", stdout(&stats), stderr(&stats));
}

/// Texts that differ, but for every tenth, and a recipe that keeps each once: three parts before a barrier.
fn near_copies(kit: &Kit, rows: usize) -> (String, PathBuf) {
    let recipe = "recipe: once\nabout: Each text once.\ninputs: { text: text }\nsteps:\n  \
                  - dedup.keys: { keys: [{ simhash: text, distance: 3 }] }\noutput: { text: text }\n";
    let recipe = kit.write("once/recipe.yaml", recipe).parent().unwrap().display().to_string();
    let words = ["river", "stone", "bright", "under", "small", "window", "green", "seven", "paper", "market", "glass"];
    let lines: String = (0..rows)
        .map(|i| {
            let n = if i % 10 == 9 { i - 1 } else { i };
            let said: Vec<String> =
                (1..9).map(|k| format!("{}{}", words[(n * k * k + k) % 11], n * k % 9973)).collect();
            format!("{{\"text\": \"{}\"}}\n", said.join(" "))
        })
        .collect();
    (recipe, kit.write("texts.jsonl", &lines))
}

#[test]
fn a_machine_that_dies_is_replaced_by_another_that_pays_for_little_again() {
    let kit = Kit::new();
    let sim = Simulator::start(&["--latency-ms", "40", "--latency-jitter", "0.5"]);
    let input = captions(&kit, 900);
    let args = ["run", "llava", "--input", input.to_str().unwrap(), "--models", &sim.url, "--in-flight", "32"];
    let local = kit.run(&[&args[..], &["--out", "out/local"]].concat());
    let answers = local["this_process"]["answered"].as_u64().unwrap();
    let url = kit.url("runs/killed");
    let part = |n: u64| kit.bucket().join(format!("runs/killed/stages/0/part-{n:06}/manifest.json"));
    let committed = || (0..4).filter(|n| part(*n).exists()).count();
    for (round, ms) in [0, 150, 400].into_iter().enumerate() {
        // Each time on a machine that knows nothing, and soon after it has committed something.
        let (work, before) = (format!("work-{round}"), committed());
        let mut child = kit.command(&args).args(["--out", &url, "--work", &work, "--quiet"]).spawn().unwrap();
        while committed() == before && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(ms));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let committed = committed() as u64;
    assert!(committed >= 1);
    let finished = kit.run(&[&args[..], &["--out", &url, "--work", "work-last"]].concat());
    assert_eq!(finished["summary"]["digest"], local["summary"]["digest"]);
    verified(&kit, &url, "work-check");
    // What was committed is not done again.
    let requests = finished["this_process"]["requests"].as_u64().unwrap();
    assert!(requests + committed * 100 <= answers, "{committed} parts, then {requests} of {answers}: {finished}");
}

#[test]
fn a_process_that_was_killed_loses_nothing_where_its_directory_is_left() {
    let kit = Kit::new();
    let sim = Simulator::start(&["--latency-ms", "30"]);
    let input = captions(&kit, 300);
    let args = ["run", "llava", "--input", input.to_str().unwrap(), "--models", &sim.url, "--in-flight", "32"];
    let local = kit.run(&[&args[..], &["--out", "out/local"]].concat());
    let url = kit.url("runs/same-machine");
    for ms in [300, 900, 500] {
        let mut child = kit.command(&args).args(["--out", &url, "--work", "work", "--quiet"]).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(ms));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let finished = kit.run(&[&args[..], &["--out", &url, "--work", "work"]].concat());
    assert_eq!(finished["summary"]["digest"], local["summary"]["digest"]);
    assert_eq!(finished["summary"]["calls"]["answers"], local["summary"]["calls"]["answers"]);
    verified(&kit, &url, "work-check");
}

#[test]
fn what_was_committed_here_and_not_copied_is_copied_by_the_next_start() {
    let kit = Kit::new();
    let recipe = kit.plain_recipe();
    let photo = photos()[0].display().to_string();
    let input = kit.write("rows.jsonl", &format!("{{\"image\": {photo:?}, \"caption\": \"one\"}}\n"));
    let url = kit.url("runs/leftover");
    let args = ["run", recipe.as_str(), "--input", input.to_str().unwrap(), "--out", &url, "--work", "work"];
    let digest = kit.digest(&args);
    let there = kit.bucket().join("runs/leftover/stages/0/part-000000");
    std::fs::remove_dir_all(&there).unwrap();
    std::fs::remove_file(kit.path().join("work/stages/0/part-000000/copied")).unwrap();
    assert_eq!(kit.digest(&args), digest);
    assert!(there.join("manifest.json").exists());
    verified(&kit, &url, "work-check");
}

#[test]
fn accept_takes_the_surplus_back_in_the_bucket_too() {
    let kit = Kit::new();
    let sim = Simulator::start(&[]);
    let input = captions(&kit, 200);
    let args = ["run", "llava", "--input", input.to_str().unwrap(), "--models", &sim.url, "--accept", "50"];
    let local = kit.digest(&[&args[..], &["--out", "out/local"]].concat());
    let url = kit.url("runs/accept");
    assert_eq!(kit.digest(&[&args[..], &["--out", &url, "--work", "work-a"]].concat()), local);
    verified(&kit, &url, "work-b");
    let stats = kit.tamis(&["stats", &url, "--work", "work-b", "--json"]);
    assert!(stdout(&stats).contains(&local), "{}", stdout(&stats));
}

#[test]
fn the_files_of_a_run_in_a_bucket_are_a_run_directory() {
    let kit = Kit::new();
    let recipe = kit.plain_recipe();
    let rows: String = photos()
        .iter()
        .map(|p| format!("{{\"image\": {:?}, \"caption\": \"some\"}}\n", p.display().to_string()))
        .collect();
    let input = kit.write("rows.jsonl", &rows);
    let url = kit.url("runs/layout");
    let digest = kit.digest(&["run", &recipe, "--input", input.to_str().unwrap(), "--out", &url, "--work", "work"]);
    let files = as_files(&kit, "runs/layout");
    let output = kit.tamis(&["verify", files.to_str().unwrap(), "--json"]);
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    assert!(stdout(&output).contains(&digest));
    assert!(Path::new(&files).join("run.json").exists());
}
