//! What the drill's recipes read.

use std::path::{Path, PathBuf};

use crate::shell::root;

/// Small pictures with captions: the photographs of the examples, many times over, with different texts.
pub(super) fn write(dir: &Path) -> Result<PathBuf, String> {
    let photos = root().join("examples/coco/images");
    let mut names: Vec<PathBuf> = std::fs::read_dir(&photos)
        .map_err(|e| format!("{}: {e}", photos.display()))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "jpg"))
        .collect();
    names.sort();
    let rows: String = (0..600)
        .map(|i| {
            let photo = names[i % names.len()].display();
            format!(
                "{{\"image\": \"{photo}\", \"captions\": [\"Scene {i} with a cat.\", \"Number {i} beside a tree.\"], \
                 \"regions\": [{{\"label\": \"cat\", \"box\": [10, 10, {}, 90]}}], \"source\": \"set {}\", \
                 \"instruction\": \"{}\", \"response\": \"{i}\", \"caption\": \"Scene {i}.\", \
                 \"pairs\": [{{\"question\": \"What is in scene {i}?\", \"answer\": \"A cat.\"}}]}}\n",
                20 + i % 60,
                i % 7,
                instruction(i),
            )
        })
        .collect();
    let path = dir.join("input.jsonl");
    std::fs::write(&path, rows).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(path)
}

/// Words that differ enough not to be duplicates of each other, but for every tenth.
fn instruction(i: usize) -> String {
    let words = ["river", "stone", "bright", "under", "small", "window", "green", "seven", "paper", "market", "glass"];
    let i = if i % 10 == 9 { i - 1 } else { i };
    let picked: Vec<String> =
        (1..9).map(|k| format!("{}{}", words[(i * k * k + k) % words.len()], i * k % 97)).collect();
    format!("What do you see of {}?", picked.join(" "))
}
