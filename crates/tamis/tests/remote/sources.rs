//! Every source gives the same dataset from a bucket as from disk.

use std::path::Path;

use crate::kit::{Kit, copy, examples, photos};

/// Runs the plain recipe over an input on disk and over its copy in the bucket.
fn same_from_bucket(kit: &Kit, input: &Path, key: &str, more: &[&str]) {
    let recipe = kit.plain_recipe();
    kit.put(input, key);
    let here = kit.path().join(format!("out/here-{}", key.replace('/', "-")));
    let there = kit.path().join(format!("out/there-{}", key.replace('/', "-")));
    let run = |input: &str, out: &Path| {
        let mut args = vec!["run", recipe.as_str(), "--input", input, "--out", out.to_str().unwrap()];
        args.extend_from_slice(more);
        let json = kit.run(&args);
        (json["summary"]["digest"].clone(), json["summary"]["accepted"].clone(), json["summary"]["failed"].clone())
    };
    let local = run(input.to_str().unwrap(), &here);
    assert_eq!(local.1, 12, "{key}");
    assert_eq!(run(&kit.url(key), &there), local, "{key}");
}

/// A folder of pictures with captions beside them, in two directories.
fn folder(kit: &Kit) -> std::path::PathBuf {
    let dir = kit.path().join("photos");
    for (i, photo) in photos().into_iter().enumerate() {
        let to = dir.join(if i % 2 == 0 { "even" } else { "odd" }).join(photo.file_name().unwrap());
        copy(&photo, &to);
        std::fs::write(to.with_extension("txt"), format!("A caption with the number {i}.")).unwrap();
    }
    dir
}

fn export(kit: &Kit, format: &str) -> std::path::PathBuf {
    let recipe = kit.plain_recipe();
    let photos = folder(kit);
    kit.run(&["run", &recipe, "--input", photos.to_str().unwrap(), "--out", "out/first"]);
    let output = kit.tamis(&["export", "out/first", "--to", format, "--out", "exported"]);
    assert!(output.status.success(), "{}", crate::kit::stderr(&output));
    kit.path().join("exported")
}

#[test]
fn a_folder_of_pictures_with_captions_beside_them() {
    let kit = Kit::new();
    same_from_bucket(&kit, &folder(&kit), "data/photos", &[]);
}

#[test]
fn json_lines_with_pictures_beside_them() {
    let kit = Kit::new();
    same_from_bucket(&kit, &export(&kit, "jsonl"), "sets/jsonl", &[]);
}

#[test]
fn parquet_with_pictures_in_it() {
    let kit = Kit::new();
    same_from_bucket(&kit, &export(&kit, "parquet"), "sets/parquet", &[]);
}

#[test]
fn webdataset_shards() {
    let kit = Kit::new();
    same_from_bucket(&kit, &export(&kit, "webdataset"), "sets/tars", &[]);
}

#[test]
fn coco_with_its_pictures_in_another_directory() {
    let kit = Kit::new();
    let recipe = "qwen-vl-grounding";
    kit.put(&examples(), "coco");
    let local = kit.digest(&["run", recipe, "--input", examples().to_str().unwrap(), "--out", "out/here"]);
    assert_eq!(kit.digest(&["run", recipe, "--input", &kit.url("coco/"), "--out", "out/there"]), local);
}

#[test]
fn csv_and_a_json_array_with_pictures_beside_them() {
    let kit = Kit::new();
    let photos = photos();
    let dir = kit.path().join("tables");
    let names: Vec<String> = photos.iter().map(|p| p.file_name().unwrap().to_string_lossy().into_owned()).collect();
    for photo in &photos {
        copy(photo, &dir.join("images").join(photo.file_name().unwrap()));
    }
    let csv: String = names.iter().map(|name| format!("images/{name},Caption of {name}\n")).collect();
    std::fs::write(dir.join("data.csv"), format!("image,caption\n{csv}")).unwrap();
    let rows: Vec<_> = names
        .iter()
        .map(|name| serde_json::json!({"image": format!("images/{name}"), "caption": format!("Caption of {name}")}))
        .collect();
    std::fs::write(dir.join("data.json"), serde_json::to_vec_pretty(&rows).unwrap()).unwrap();
    kit.put(&dir.join("images"), "tables/images");
    same_from_bucket(&kit, &dir.join("data.csv"), "tables/data.csv", &[]);
    same_from_bucket(&kit, &dir.join("data.json"), "tables/data.json", &[]);
}

#[test]
fn rows_on_disk_may_name_pictures_in_a_bucket_and_one_that_is_not_there_fails_alone() {
    let kit = Kit::new();
    let recipe = kit.plain_recipe();
    let photo = &photos()[0];
    kit.put(photo, "a.jpg");
    let rows = format!(
        "{{\"image\": {:?}, \"caption\": \"there\"}}\n{{\"image\": {:?}, \"caption\": \"not there\"}}\n",
        kit.url("a.jpg"),
        kit.url("b.jpg")
    );
    let input = kit.write("rows.jsonl", &rows);
    let json = kit.run(&["run", &recipe, "--input", input.to_str().unwrap(), "--out", "out/rows"]);
    assert_eq!((&json["summary"]["accepted"], &json["summary"]["failed"]), (&1.into(), &1.into()));
    assert!(json["summary"]["errors"][0][0].as_str().unwrap().contains("no such object"), "{json}");
}

#[test]
fn an_export_into_a_bucket_is_the_export_to_disk() {
    let kit = Kit::new();
    let exported = export(&kit, "jsonl");
    let output = kit.tamis(&["export", "out/first", "--to", "jsonl", "--out", &kit.url("exports/first")]);
    assert!(output.status.success(), "{}", crate::kit::stderr(&output));
    let bytes = |path: &Path| std::fs::read(path).unwrap();
    for name in ["data.jsonl", "README.md"] {
        assert_eq!(bytes(&exported.join(name)), bytes(&kit.bucket().join("exports/first").join(name)), "{name}");
    }
    let output = kit.tamis(&["export", "out/first", "--to", "jsonl", "--out", &kit.url("exports/first")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(crate::kit::stderr(&output).contains("is not empty"));
}
