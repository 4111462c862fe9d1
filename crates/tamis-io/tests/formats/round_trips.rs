//! What is exported reads back as it was, and the same records give the same bytes.

use tempfile::tempdir;

use crate::common::*;

const PLAIN: [&str; 10] = ["kind", "score", "steps", "ok", "captions", "regions", "answers", "image", "crops", "turns"];

fn types(sample: &Sample, names: &[&str]) -> String {
    let fields: Vec<String> = names.iter().map(|n| format!("{n}: {}", sample.schema.get(n).unwrap().ty)).collect();
    fields.join(", ")
}

#[test]
fn every_sink_gives_the_same_bytes_twice() {
    let dir = tempdir().unwrap();
    for sink in tamis_io::sink::sinks() {
        let (first, second) =
            (dir.path().join(format!("{}-1", sink.format())), dir.path().join(format!("{}-2", sink.format())));
        Sample::full(5).with_pairs().export(sink.format(), &first).unwrap();
        Sample::full(5).with_pairs().export(sink.format(), &second).unwrap();
        let tree_of_first = tree(&first);
        assert!(!tree_of_first.is_empty());
        assert!(tree_of_first == tree(&second), "{}", sink.format());
    }
}

#[test]
fn jsonl_reads_back_with_every_field() {
    let (dir, sample) = (tempdir().unwrap(), Sample::full(4));
    sample.export("jsonl", dir.path()).unwrap();
    let names: Vec<&str> = sample.schema.names().map(|name| &**name).collect();
    let rows = rows(dir.path(), &types(&sample, &names));
    assert_eq!(known_rows(&rows, &names), sample.known(&names));
}

#[test]
fn webdataset_reads_back_with_every_field() {
    let (dir, sample) = (tempdir().unwrap(), Sample::full(4));
    sample.export("webdataset", dir.path()).unwrap();
    let names: Vec<&str> = sample.schema.names().map(|name| &**name).collect();
    let rows = rows(dir.path(), &types(&sample, &names));
    assert_eq!(known_rows(&rows, &names), sample.known(&names));
    assert_eq!(rows[0].key, "data-000000.tar/000000000");
}

#[test]
fn parquet_reads_back_with_its_pictures() {
    let (dir, sample) = (tempdir().unwrap(), Sample::full(40));
    sample.export("parquet", dir.path()).unwrap();
    let rows = rows(dir.path(), &types(&sample, &PLAIN));
    assert_eq!(known_rows(&rows, &PLAIN), sample.known(&PLAIN));
    assert_eq!(rows[1].key, "data/train-00000-of-00001.parquet[1]");
}

#[test]
fn parquet_keeps_the_pictures_of_a_conversation_in_order() {
    let (dir, sample) = (tempdir().unwrap(), Sample::full(3).only(&["turns"]));
    sample.export("parquet", dir.path()).unwrap();
    let rows = rows(dir.path(), "turns: conversation");
    assert_eq!(known_rows(&rows, &["turns"]), sample.known(&["turns"]));
}

#[test]
fn parquet_stores_a_picture_once_and_says_where() {
    let (dir, sample) = (tempdir().unwrap(), Sample::full(2));
    sample.export("parquet", dir.path()).unwrap();
    let rows = rows(dir.path(), "turns_images: list<text>, turns_media: list<image>");
    assert_eq!(field(&rows[0], "turns_images").to_json(), serde_json::json!(["image", "turns_media[0]"]));
    assert_eq!(field(&rows[0], "turns_media").as_list().unwrap().len(), 1);
}

#[test]
fn llava_and_sharegpt_read_back_as_conversations() {
    for format in ["llava", "sharegpt"] {
        let (dir, sample) = (tempdir().unwrap(), Sample::full(3));
        sample.export(format, dir.path()).unwrap();
        let rows = rows(dir.path(), "turns: conversation");
        assert_eq!(known_rows(&rows, &["turns"]), sample.known(&["turns"]), "{format}");
    }
}

#[test]
fn a_text_that_looks_like_a_token_is_not_taken_for_a_picture() {
    let dir = tempdir().unwrap();
    let mut sample = Sample::full(1).only(&["image", "turns"]);
    let turns = tamis_core::Value::list(vec![tamis_core::Value::turn("user", vec!["what is <image>?".into()])]);
    sample.records[0].set(&"turns".into(), turns);
    sample.export("llava", dir.path()).unwrap();
    let json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(dir.path().join("data.json")).unwrap()).unwrap();
    assert_eq!(json[0]["conversations"][0]["value"], "<image>\nwhat is < image>?");
    assert_eq!(json[0]["image"].as_str().map(|path| path.starts_with("images/")), Some(true));
}

#[test]
fn coco_reads_back_with_regions_and_captions() {
    let (dir, sample) = (tempdir().unwrap(), Sample::full(3));
    sample.export("coco", dir.path()).unwrap();
    let names = ["image", "captions", "regions"];
    let rows = rows(dir.path(), &types(&sample, &names));
    assert_eq!(known_rows(&rows, &names), sample.known(&names));
}

#[test]
fn an_empty_dataset_is_exported_too() {
    let dir = tempdir().unwrap();
    for sink in tamis_io::sink::sinks() {
        let out = dir.path().join(sink.format());
        Sample::full(0).with_pairs().export(sink.format(), &out).unwrap();
        assert!(!tree(&out).is_empty(), "{}", sink.format());
    }
}

#[test]
fn a_sink_says_what_it_misses() {
    let sample = Sample::full(1).only(&["captions"]);
    let dir = tempdir().unwrap();
    let llava = sample.export("llava", dir.path()).unwrap_err().to_string();
    assert!(llava.contains("needs a field of type conversation, the dataset has captions: list<text>"), "{llava}");
    let coco = sample.export("coco", dir.path()).unwrap_err().to_string();
    assert!(coco.contains("needs a field of type image"), "{coco}");
    let none = sample.export("paquet", dir.path()).unwrap_err().to_string();
    assert!(none.contains("did you mean `parquet`?"), "{none}");
}

#[test]
fn media_that_cannot_be_read_name_their_record() {
    let dir = tempdir().unwrap();
    let mut sample = Sample::full(2).with_pairs();
    let gone = tamis_core::Media::file(tamis_core::MediaKind::Image, "gone.png");
    let gone = tamis_core::Value::Media(std::sync::Arc::new(gone));
    let shown = tamis_core::Value::list(vec![tamis_core::Value::turn("user", vec![gone.clone()])]);
    sample.records[1].set(&"image".into(), gone);
    sample.records[1].set(&"turns".into(), shown);
    for sink in tamis_io::sink::sinks() {
        let error = sample.export(sink.format(), &dir.path().join(sink.format())).unwrap_err().to_string();
        assert!(error.contains("(row 1)") && error.contains("gone.png"), "{}: {error}", sink.format());
    }
}
