//! The book's examples are recipes that pass the check.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall say where")]

use std::path::Path;
use std::process::Command;

#[test]
fn every_example_of_the_book_passes_the_check() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples");
    let mut checked = 0;
    for entry in std::fs::read_dir(&examples).unwrap() {
        let folder = entry.unwrap().path();
        if folder.join("recipe.yaml").exists() {
            let output = Command::new(env!("CARGO_BIN_EXE_tamis")).arg("check").arg(&folder).output().unwrap();
            assert!(output.status.success(), "{}: {}", folder.display(), String::from_utf8_lossy(&output.stderr));
            checked += 1;
        }
    }
    assert!(checked > 10, "only {checked} examples were found");
}

#[test]
fn the_examples_that_ask_models_run_with_the_simulator() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let out = tempfile::tempdir().unwrap();
    for name in ["open-turn", "neighbours", "proximity", "paint", "reading", "program"] {
        let mut run = Command::new(env!("CARGO_BIN_EXE_tamis"));
        run.arg("run").arg(root.join("docs/examples").join(name)).arg("--input").arg(root.join("examples/coco"));
        let output = run.args(["--models", "sim", "--out"]).arg(out.path().join(name)).output().unwrap();
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{name}: {stderr}");
        assert!(!stdout.contains("accepted 0 ") && stdout.contains("failed 0"), "{name}: {stdout}");
    }
}
