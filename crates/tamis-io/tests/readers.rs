//! Exports opened by the libraries that people use: `datasets`, `webdataset`, `pycocotools`, Pillow.
//!
//! The interpreter that has them is named by the variable `TAMIS_PYTHON`, which `cargo xtask test` sets.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::Sample;

const HOW: &str = "TAMIS_PYTHON must name a Python that has the libraries; `cargo xtask test` does that, or by hand: \
                   python3 -m venv target/readers && target/readers/bin/pip install datasets webdataset pycocotools \
                   pillow && TAMIS_PYTHON=$PWD/target/readers/bin/python cargo test -p tamis-io --test readers";

/// Exports, lets `tests/readers.py` read it, and returns what the script says.
fn read_with(reader: &str, sample: &Sample, format: &str) -> String {
    let python = std::env::var_os("TAMIS_PYTHON").unwrap_or_else(|| panic!("{HOW}"));
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("export");
    sample.export(format, &out).unwrap();
    let card = tamis_io::card::Card {
        name: "sample: of everything".to_string(),
        recipe: "sample".to_string(),
        format: format.to_string(),
        counts: tamis_io::card::Counts { input: 5, accepted: sample.records.len() as u64, rejected: 0, failed: 0 },
        schema: sample.schema.clone(),
        ..Default::default()
    };
    card.write(&out).unwrap();
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/readers.py");
    run(Path::new(&python), &script, reader, &out, dir.path())
}

fn run(python: &Path, script: &Path, reader: &str, out: &Path, home: &Path) -> String {
    let mut command = Command::new(python);
    command.arg(script).arg(reader).arg(out);
    // Nothing is looked up in the network, nothing is left in the user's cache.
    command.env("HF_HOME", home.join("hf")).env("HF_HUB_OFFLINE", "1").env("HF_DATASETS_OFFLINE", "1");
    let output = command.output().unwrap_or_else(|e| panic!("{}: {e}; {HOW}", python.display()));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

#[test]
fn datasets_opens_parquet_with_pictures_as_images() {
    assert!(read_with("parquet", &Sample::full(5), "parquet").contains("read 5"));
}

#[test]
fn datasets_opens_parquet_of_conversations_alone() {
    assert!(read_with("parquet_chat", &Sample::full(3).only(&["turns"]), "parquet").contains("read 3"));
}

#[test]
fn datasets_opens_jsonl_by_its_card() {
    assert!(read_with("jsonl", &Sample::full(4), "jsonl").contains("read 4"));
}

#[test]
fn datasets_opens_llava_and_every_token_has_its_picture() {
    assert!(read_with("llava", &Sample::full(4), "llava").contains("read 4"));
}

#[test]
fn sharegpt_is_as_llama_factory_wants_it() {
    assert!(read_with("sharegpt", &Sample::full(4), "sharegpt").contains("read 4"));
}

#[test]
fn webdataset_streams_the_shards() {
    let typed = ["image", "crops", "captions", "regions", "turns", "kind", "steps", "ok", "answers"];
    assert!(read_with("webdataset", &Sample::full(4).only(&typed), "webdataset").contains("read 4"));
}

#[test]
fn pycocotools_opens_instances_and_captions() {
    assert!(read_with("coco", &Sample::full(4), "coco").contains("read 4"));
}

#[test]
fn swift_has_a_picture_for_every_token_and_the_worse_answer() {
    assert!(read_with("swift", &Sample::full(4), "swift").contains("read 4"));
    assert!(read_with("swift", &Sample::full(4).with_pairs(), "swift").contains("read 4"));
}

#[test]
fn internvl_finds_its_lines_by_the_meta_file() {
    assert!(read_with("internvl", &Sample::full(4), "internvl").contains("read 4"));
}

#[test]
fn datasets_opens_preference_pairs_as_trl_wants_them() {
    let pairs = Sample::full(5).with_pairs().only(&["image", "prompt", "chosen", "rejected", "steps"]);
    assert!(read_with("dpo", &pairs, "dpo").contains("read 5"));
}

#[test]
fn datasets_opens_interleaved_documents() {
    assert!(read_with("interleaved", &Sample::full(3), "interleaved").contains("read 3"));
}

#[test]
fn yolo_labels_are_shares_of_the_picture() {
    assert!(read_with("yolo", &Sample::full(5), "yolo").contains("read 5"));
}
