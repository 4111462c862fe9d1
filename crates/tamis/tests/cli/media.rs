//! Pictures of a run: left where they are, or copied; decoded once.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::{captions, examples, json, photos, stderr, stdout, tamis, text};

/// A recipe whose samples are pictures as they came.
const LARGE: &str = "\
recipe: large
inputs: { image: image }
steps:
  - gate.require: { that: image.width >= 400, reason: too small }
output: { image: image }
";

/// A recipe that makes new pictures beside those that came.
const CUT: &str = "\
recipe: cut
inputs: { image: image }
steps:
  - image.crop: { from: image, box: [0, 0, 40, 30], into: corner }
output: { image: image, corner: image }
";

/// A recipe that changes a picture twice before its sample is done.
const THROUGH: &str = "\
recipe: through
inputs: { image: image }
steps:
  - image.crop: { from: image, box: [0, 0, 90, 80] }
  - choose.when: { branches: [ { that: image.width == 90, steps: [ { image.resize: { from: image, max_side: 60 } } ] } ] }
output: { image: image }
";

/// Five steps that look at the pixels of the same picture, some of them on several records made of one row.
const LOOKS: &str = "\
recipe: looks
inputs: { image: image }
steps:
  - shape.compute: { into: boxes, value: \"[[5, 5, 20, 20]]\", type: list<box> }
  - image.hash: { from: image, into: before }
  - image.resize: { from: image, max_side: 64, into: small }
  - shape.compute: { into: sides, value: \"['left', 'right']\", type: list<text> }
  - shape.explode: { over: sides, as: side }
  - image.crop: { from: image, box: [0, 0, 40, 30], into: corner }
  - image.draw_boxes: { from: image, boxes: boxes, into: marked }
  - image.hash: { from: image, into: after }
output: { side: text, before: text, after: text, small: image, corner: image, marked: image }
";

fn recipe(dir: &Path, yaml: &str) -> PathBuf {
    let folder = dir.join("recipe");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("recipe.yaml"), yaml).unwrap();
    folder
}

/// A folder of the example photographs, to be changed.
fn folder(dir: &Path) -> PathBuf {
    let folder = dir.join("photos");
    std::fs::create_dir_all(&folder).unwrap();
    for photo in photos() {
        std::fs::copy(&photo, folder.join(photo.file_name().unwrap())).unwrap();
    }
    folder
}

fn run(dir: &Path, recipe: &Path, input: &Path, out: &str, more: &[&str]) -> Json {
    let args = ["run", text(recipe), "--input", text(input), "--out", out, "--json", "--quiet"];
    let output = tamis(dir, &[&args, more].concat());
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    json(&output)["summary"].clone()
}

fn size(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { size(&path) } else { path.metadata().unwrap().len() }).sum()
}

#[test]
fn in_place_gives_the_same_dataset_and_copies_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let recipe = recipe(here, LARGE);
    let rows = captions(here, 30, None);
    let csv = here.join("rows.csv");
    let names: Vec<String> = photos().iter().map(|photo| photo.display().to_string()).collect();
    std::fs::write(&csv, format!("image\n{}\n", names.join("\n"))).unwrap();
    for (kind, input) in [("folder", folder(here)), ("coco", examples()), ("jsonl", rows), ("csv", csv)] {
        let (copied, placed) = (format!("{kind}-copied"), format!("{kind}-placed"));
        let copy = run(here, &recipe, &input, &copied, &[]);
        let place = run(here, &recipe, &input, &placed, &["--media", "in-place"]);
        assert!(copy["accepted"].as_u64().unwrap() > 5, "{kind}: {copy}");
        assert_eq!((&place["digest"], &place["accepted"]), (&copy["digest"], &copy["accepted"]), "{kind}");
        assert!(size(&here.join(&copied)) > 100_000 && size(&here.join(&placed)) < 60_000, "{kind}");
        let verify = tamis(here, &["verify", &placed]);
        assert!(verify.status.success(), "{kind}: {}", stderr(&verify));
        let exported = [&copied, &placed].map(|out| {
            let data = format!("{out}-data");
            let export = tamis(here, &["export", out, "--to", "parquet", "--out", &data]);
            assert!(export.status.success(), "{kind}: {}", stderr(&export));
            std::fs::read(here.join(data).join("data/train-00000-of-00001.parquet")).unwrap()
        });
        assert!(exported[0] == exported[1], "{kind}: the exports differ");
        assert!(tamis(here, &["stats", &placed]).status.success());
    }
    let shown = stdout(&tamis(here, &["show", "folder-placed", photos()[0].file_name().unwrap().to_str().unwrap()]));
    assert!(shown.contains("photos"), "{shown}");
}

#[test]
fn a_run_in_place_can_be_read_from_any_directory() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let recipe = recipe(here, LARGE);
    folder(here);
    run(here, &recipe, Path::new("photos"), "r", &["--media", "in-place"]);
    let elsewhere = tempfile::tempdir().unwrap();
    let out = here.join("r");
    assert!(tamis(elsewhere.path(), &["verify", text(&out)]).status.success());
    let export = tamis(elsewhere.path(), &["export", text(&out), "--to", "jsonl", "--out", "data"]);
    assert!(export.status.success(), "{}", stderr(&export));
}

#[test]
fn verify_tells_which_picture_has_changed_or_is_gone_and_nothing_wrong_is_exported() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let (recipe, photos) = (recipe(here, LARGE), folder(here));
    let summary = run(here, &recipe, &photos, "r", &["--media", "in-place"]);
    assert_eq!(summary["complete"], true);
    let text = std::fs::read_to_string(here.join("r/stages/0/part-000000/accepted.jsonl")).unwrap();
    let names: Vec<String> = text.lines().map(key).collect();
    let (changed, gone) = (photos.join(&names[0]), photos.join(&names[1]));
    let mut bytes = std::fs::read(&changed).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&changed, bytes).unwrap();
    std::fs::remove_file(&gone).unwrap();
    let verify = tamis(here, &["verify", "r"]);
    assert_eq!(verify.status.code(), Some(1));
    let said = stderr(&verify);
    for (name, what) in [(&names[0], "the bytes have changed"), (&names[1], "no such file")] {
        let told = said.lines().any(|line| line.contains(name.as_str()) && line.contains(what));
        assert!(told, "{name}, {what}: {said}");
    }
    assert!(said.contains("2 problems"), "{said}");
    let fast = stderr(&tamis(here, &["verify", "r", "--fast"]));
    assert!(fast.contains("no such file") && !fast.contains("have changed"), "{fast}");
    let export = tamis(here, &["export", "r", "--to", "jsonl", "--out", "data"]);
    assert_eq!(export.status.code(), Some(1));
    assert!(stderr(&export).contains(&names[0]), "{}", stderr(&export));
}

fn key(line: &str) -> String {
    let row: Json = serde_json::from_str(line).unwrap();
    row["_root"]["key"].as_str().unwrap().to_string()
}

#[test]
fn pictures_that_a_step_made_are_stored_beside_those_in_place() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let (recipe, photos) = (recipe(here, CUT), folder(here));
    let copy = run(here, &recipe, &photos, "copied", &[]);
    let place = run(here, &recipe, &photos, "placed", &["--media", "in-place"]);
    assert_eq!(copy["digest"], place["digest"]);
    let packed = here.join("placed/media/pack-1-of-1-0.pack").metadata().unwrap().len();
    assert!(packed > 0 && packed < size(&photos) / 2, "{packed} bytes");
    assert!(tamis(here, &["verify", "placed"]).status.success());
}

#[test]
fn a_picture_on_the_way_to_a_sample_is_not_stored() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let summary = run(here, &recipe(here, THROUGH), &folder(here), "r", &[]);
    let pictures = photos().len() as u64;
    assert_eq!(summary["accepted"], pictures);
    let pack = std::fs::read(here.join("r/media/pack-1-of-1-0.pack")).unwrap();
    let stored = pack.windows(4).filter(|bytes| bytes == b"IHDR").count() as u64;
    assert_eq!(stored, pictures, "one PNG for each sample, none for what was cut before it was made smaller");
}

#[test]
fn a_run_knows_how_it_keeps_its_pictures() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let (recipe, photos) = (recipe(here, LARGE), folder(here));
    let place = run(here, &recipe, &photos, "r", &["--media", "in-place"]);
    std::fs::remove_dir_all(here.join("r/stages/0")).unwrap();
    let resumed = tamis(here, &["resume", "r", "--json", "--quiet"]);
    assert_eq!(json(&resumed)["summary"]["digest"], place["digest"], "{}", stderr(&resumed));
    assert!(!here.join("r/media/pack-1-of-1-0.pack").exists());
    let other = tamis(here, &["run", text(&recipe), "--input", text(&photos), "--out", "r", "--quiet"]);
    assert_eq!(other.status.code(), Some(2));
    let said = stderr(&other);
    assert!(said.contains("--media: in-place there, copy now") && said.contains("tamis resume r"), "{said}");
}

#[test]
fn only_files_of_this_machine_can_stay_in_place() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let (recipe, photos) = (recipe(here, LARGE), folder(here));
    let refused = |args: &[&str]| {
        let output = tamis(here, &[&["run", text(&recipe), "--media"], args].concat());
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        stderr(&output)
    };
    let remote = refused(&["in-place", "--input", "s3://bucket/photos"]);
    assert!(remote.contains("s3://bucket/photos is not on it"), "{remote}");
    let bucket = refused(&["in-place", "--input", text(&photos), "--out", "s3://bucket/run"]);
    assert!(bucket.contains("s3://bucket/run is a bucket"), "{bucket}");
    let odd = refused(&["inplace", "--input", text(&photos)]);
    assert!(odd.contains("neither `copy` nor `in-place`"), "{odd}");
}

#[test]
fn each_picture_is_decoded_once_however_many_steps_look_at_it() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let (recipe, photos) = (recipe(here, LOOKS), folder(here));
    let pictures = 4;
    for jobs in ["1", "4"] {
        let out = format!("r{jobs}");
        let summary = run(here, &recipe, &photos, &out, &["--jobs", jobs, "--take", "4"]);
        assert_eq!(summary["accepted"], 2 * pictures);
        let events = std::fs::read_to_string(here.join(out).join("events.jsonl")).unwrap();
        let finished: Json = serde_json::from_str(events.lines().last().unwrap()).unwrap();
        assert_eq!(finished["decoded"], pictures, "--jobs {jobs}: {finished}");
    }
}
