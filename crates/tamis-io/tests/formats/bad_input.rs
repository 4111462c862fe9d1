//! Every kind of broken input is told clearly, and what is good in it is still read.

use std::path::Path;

use serde_json::json;
use tempfile::tempdir;

use crate::common::*;

fn refused(path: &Path, fields: &str) -> String {
    let error = open(path, fields).err().expect("the input should have been refused");
    format!("{error} | {}", error.help.as_deref().unwrap_or_default())
}

#[test]
fn an_empty_file_is_refused() {
    let dir = tempdir().unwrap();
    for name in ["x.jsonl", "x.json", "x.csv", "x.parquet", "x.tar", "x.png"] {
        write(&dir.path().join(name), "");
        assert!(refused(&dir.path().join(name), "t: text").contains("the file is empty (0 bytes)"), "{name}");
    }
}

#[test]
fn a_path_that_is_not_there_gets_a_suggestion() {
    let dir = tempdir().unwrap();
    write(&dir.path().join("captions.jsonl"), "{}");
    let error = refused(&dir.path().join("caption.jsonl"), "t: text");
    assert!(error.contains("there is no such file or directory; did you mean `captions.jsonl`?"), "{error}");
}

#[test]
fn a_bad_line_costs_itself_alone() {
    let dir = tempdir().unwrap();
    let file = dir.path().join("rows.jsonl");
    write(
        &file,
        b"{\"t\": \"1\"}\n{\"t\": \"2\", oops}\n{\"t\": \"\xff\"}\n[3]\n{\"t\": 4}\n{\"u\": 5}\n{\"t\": \"6\"}\n",
    );
    let told: Vec<String> = items(&file, "t: text")
        .into_iter()
        .map(|item| match item {
            Ok(row) => text(&row, "t").to_string(),
            Err(error) => error.to_string(),
        })
        .collect();
    assert_eq!(
        told,
        [
            "1",
            "rows.jsonl:2: column 12: key must be a string",
            "rows.jsonl:3: column 8: expected UTF-8, found the byte 0xff",
            "rows.jsonl:4: expected an object, found [3]",
            "rows.jsonl:5: field `t`: expected text, found 4",
            "rows.jsonl:6: field `t` of type text is missing; the row has `u`",
            "6",
        ]
    );
}

#[test]
fn a_line_without_end_is_stepped_over() {
    let dir = tempdir().unwrap();
    let file = dir.path().join("rows.jsonl");
    let mut text = "{\"t\": \"1\"}\n".to_string();
    text.push_str(&"x".repeat((64 << 20) + 1));
    text.push_str("\n{\"t\": \"3\"}\n");
    write(&file, text);
    let items = items(&file, "t: text");
    assert_eq!(items[1].as_ref().unwrap_err().to_string(), "rows.jsonl:2: the line is longer than 64 MiB");
    assert!(items[2].is_ok());
}

#[test]
fn a_field_that_the_whole_input_lacks_is_refused_with_what_there_is() {
    let dir = tempdir().unwrap();
    write(&dir.path().join("rows.jsonl"), "{\"img_path\": \"1.png\", \"caption\": \"x\"}");
    write(&dir.path().join("rows.csv"), "img_path,caption\n1.png,x\n");
    for name in ["rows.jsonl", "rows.csv"] {
        let error = refused(&dir.path().join(name), "captoin: text");
        assert!(
            error.contains("the recipe asks for `captoin` of type text, the input has `img_path`, `caption`"),
            "{error}"
        );
        assert!(
            error.contains("did you mean `caption`? | if it goes by another name: `--map captoin=caption`"),
            "{error}"
        );
    }
}

#[test]
fn a_renaming_to_nothing_is_refused() {
    let dir = tempdir().unwrap();
    write(&dir.path().join("rows.jsonl"), "{\"img\": \"1.png\"}");
    let mut wanted = wanted("image: image");
    wanted.renames.push(("image".into(), "imgs".to_string()));
    let error = tamis_io::source::open_source(&dir.path().join("rows.jsonl"), None, &wanted).err().unwrap();
    assert!(error.to_string().contains("no field `imgs`; it has `img`; did you mean `img`?"), "{error}");
}

#[test]
fn paths_that_climb_out_or_are_empty_are_errors_of_their_row() {
    let dir = tempdir().unwrap();
    write(&dir.path().join("rows.jsonl"), "{\"image\": \"../x.png\"}\n{\"image\": \"\"}");
    let errors: Vec<String> =
        items(&dir.path().join("rows.jsonl"), "image: image").into_iter().map(|i| i.unwrap_err().message).collect();
    assert!(errors[0].contains("climbs out of its folder"), "{errors:?}");
    assert!(errors[1].contains("the path is empty"), "{errors:?}");
}

#[test]
fn a_directory_without_pictures_says_what_it_holds() {
    let dir = tempdir().unwrap();
    write(&dir.path().join("a.pdf"), "x");
    write(&dir.path().join("sub/b.pdf"), "x");
    let error = refused(dir.path(), "image: image");
    assert!(error.contains("nothing in it that can be read; it holds 2 .pdf"), "{error}");
    let named = tamis_io::source::open_source(dir.path(), Some("images"), &wanted("image: image")).err().unwrap();
    assert!(named.to_string().contains("no pictures in it; it holds 2 .pdf"), "{named}");
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    assert!(refused(&dir.path().join("empty"), "image: image").contains("it holds no files"));
}

#[test]
fn a_bad_sidecar_costs_its_picture_alone() {
    let dir = tempdir().unwrap();
    for name in ["1", "2", "3"] {
        write(&dir.path().join(format!("{name}.png")), png(2, 2, 1));
    }
    write(&dir.path().join("1.json"), "{\"caption\": \"x\"}");
    write(&dir.path().join("2.json"), "{\"caption\": ");
    write(&dir.path().join("3.txt"), b"\xff");
    let items = items(dir.path(), "image: image, caption: text");
    assert!(items[0].is_ok());
    let errors: Vec<String> = items.into_iter().skip(1).map(|item| item.unwrap_err().to_string()).collect();
    assert!(errors[0].starts_with("2.png: the .json file beside it: column 11"), "{errors:?}");
    assert_eq!(errors[1], "3.png: the .txt file beside it is not in UTF-8");
}

#[test]
fn json_that_is_cut_off_keeps_its_whole_elements() {
    let dir = tempdir().unwrap();
    let file = dir.path().join("rows.json");
    write(&file, "[\n{\"t\": \"1\"},\n{\"t\": 2},\n{\"t\": \"3\"");
    let items = items(&file, "t: text");
    assert!(items[0].is_ok());
    assert_eq!(items[1].as_ref().unwrap_err().to_string(), "rows.json[1]: field `t`: expected text, found 2");
    assert!(items[2].as_ref().unwrap_err().to_string().contains("it was cut off"));
}

#[test]
fn one_object_that_is_no_coco_is_refused() {
    let dir = tempdir().unwrap();
    write(&dir.path().join("x.json"), "{\"rows\": [], \"version\": 1}");
    assert!(refused(&dir.path().join("x.json"), "t: text").contains("found one object with rows, version"));
    write(
        &dir.path().join("coco.json"),
        json!({"images": [{"id": 1, "file_name": "x"}], "annotations": [{"image_id": "x"}]}).to_string(),
    );
    let error = refused(&dir.path().join("coco.json"), "image: image");
    assert!(error.contains("coco.json:1:") && error.contains("not as COCO has it"), "{error}");
}

#[test]
fn csv_rows_of_another_length_cost_themselves_alone() {
    let dir = tempdir().unwrap();
    let file = dir.path().join("rows.csv");
    write(&file, b"a,b\n1,x\n2\n3,y,z\n4,\xff\nfive,w\n6,v\n");
    let told: Vec<String> = items(&file, "a: int, b: text")
        .into_iter()
        .map(|item| item.map_or_else(|error| error.to_string(), |row| text(&row, "b").to_string()))
        .collect();
    assert_eq!(
        told,
        [
            "x",
            "rows.csv:3: expected 2 fields as in the header, found 1",
            "rows.csv:4: expected 2 fields as in the header, found 3",
            "rows.csv:5: field `b`: expected UTF-8, found the byte 0xff",
            "rows.csv:6: field `a`: expected int, found \"five\"",
            "v",
        ]
    );
}

#[test]
fn a_tar_cut_off_keeps_its_whole_samples() {
    let (dir, sample) = (tempdir().unwrap(), Sample::full(6));
    sample.export("webdataset", dir.path()).unwrap();
    let file = dir.path().join("data-000000.tar");
    let bytes = std::fs::read(&file).unwrap();
    let whole = rows(&file, "image: image, steps: int");
    for share in [3, 5, 7, 9] {
        write(&file, &bytes[..bytes.len() * share / 10]);
        let items = items(&file, "image: image, steps: int");
        let (last, good) = items.split_last().unwrap();
        let good: Vec<_> = good.iter().map(|row| row.as_ref().unwrap().clone()).collect();
        assert_eq!(good, whole[..good.len()]);
        let error = last.as_ref().unwrap_err().to_string();
        assert!(error.starts_with(&format!("data-000000.tar/{:09}: the tar was cut off", good.len())), "{error}");
    }
}

#[test]
fn what_is_no_tar_or_compressed_is_refused() {
    let dir = tempdir().unwrap();
    write(&dir.path().join("x.tar"), [b'x'; 2000]);
    assert!(refused(&dir.path().join("x.tar"), "image: image").contains("expected a tar file"));
    write(&dir.path().join("x.tar.gz"), [0x1f, 0x8b, 8, 0, 0]);
    assert!(refused(&dir.path().join("x.tar.gz"), "image: image").contains("`gunzip`"));
    write(&dir.path().join("x.bin"), "hello");
    assert!(refused(&dir.path().join("x.bin"), "image: image").contains("it begins with `hello`"));
}

#[test]
fn a_parquet_file_cut_off_is_refused_and_one_with_a_bad_page_loses_a_row_group() {
    let (dir, sample) = (tempdir().unwrap(), Sample::full(3));
    sample.export("parquet", dir.path()).unwrap();
    let file = dir.path().join("data/train-00000-of-00001.parquet");
    let bytes = std::fs::read(&file).unwrap();
    write(&file, &bytes[..bytes.len() - 20]);
    assert!(refused(&file, "image: image").contains("expected a Parquet file"));
    let mut broken = bytes.clone();
    broken[4..60].fill(0xff);
    write(&file, broken);
    let items = items(&file, "id: text");
    assert_eq!(items.len(), 3);
    assert!(items[2].as_ref().unwrap_err().to_string().contains("[2]: row group 0 cannot be read any further"));
}
