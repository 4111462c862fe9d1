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
