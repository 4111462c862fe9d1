//! Every source on files as people have them.

use serde_json::json;
use tamis_core::source::Wanted;
use tamis_io::source::{formats, open_source};
use tempfile::tempdir;

use crate::common::*;

#[test]
fn a_folder_of_pictures_comes_in_name_order_with_its_sidecars() {
    let dir = tempdir().unwrap();
    write(&dir.path().join("b/2.png"), png(4, 3, 2));
    write(&dir.path().join("a.JPG"), png(4, 3, 1));
    write(&dir.path().join("a.txt"), " a dog \n");
    write(&dir.path().join("b/2.json"), r#"{"caption": "a cat", "stars": 3}"#);
    write(&dir.path().join(".hidden/3.png"), png(4, 3, 3));
    let rows = rows(dir.path(), "image: image, file_name: text, caption: text, stars: int?");
    let told: Vec<_> =
        rows.iter().map(|row| (row.key.as_str(), text(row, "caption"), field(row, "stars").as_int())).collect();
    assert_eq!(told, [("a.JPG", "a dog", None), ("b/2.png", "a cat", Some(3))]);
    assert_eq!(bytes(field(&rows[1], "image")), png(4, 3, 2));
}

#[test]
fn a_loop_of_links_comes_to_an_end() {
    let dir = tempdir().unwrap();
    write(&dir.path().join("sub/1.png"), png(2, 2, 1));
    std::os::unix::fs::symlink(dir.path(), dir.path().join("sub/again")).unwrap();
    std::os::unix::fs::symlink(dir.path().join("nowhere"), dir.path().join("broken")).unwrap();
    assert_eq!(rows(dir.path(), "image: image").len(), 1);
}

#[test]
fn jsonl_takes_marks_line_ends_and_blank_lines_as_they_come() {
    let dir = tempdir().unwrap();
    let file = dir.path().join("rows.jsonl");
    write(&file, "\u{feff}{\"t\": \"one\", \"n\": 1}\r\n\r\n{\"t\": \"two\", \"n\": 2.5, \"x\": 0}");
    let rows = rows(&file, "t: text, n: float");
    let told: Vec<_> = rows.iter().map(|row| (row.key.as_str(), text(row, "t"), field(row, "n").as_float())).collect();
    assert_eq!(told, [("rows.jsonl:1", "one", Some(1.0)), ("rows.jsonl:3", "two", Some(2.5))]);
}

#[test]
fn media_are_found_from_the_directory_of_their_file() {
    let dir = tempdir().unwrap();
    write(&dir.path().join("images/1.png"), png(2, 2, 1));
    let data = "data:image/png;base64,iVBORw0KGgo=";
    write(&dir.path().join("rows.jsonl"), json!({"image": "images/1.png", "more": [data]}).to_string());
    let rows = rows(&dir.path().join("rows.jsonl"), "image: image, more: list<image>");
    assert_eq!(bytes(field(&rows[0], "image")), png(2, 2, 1));
    assert_eq!(bytes(&field(&rows[0], "more").as_list().unwrap()[0]), b"\x89PNG\r\n\x1a\n");
}

#[test]
fn a_directory_of_shards_comes_in_name_order() {
    let dir = tempdir().unwrap();
    write(&dir.path().join("b.jsonl"), "{\"n\": 2}\n{\"n\": 3}\n");
    write(&dir.path().join("a.jsonl"), "{\"n\": 1}");
    let rows = rows(dir.path(), "n: int");
    let keys: Vec<_> = rows.iter().map(|row| row.key.as_str()).collect();
    assert_eq!(keys, ["a.jsonl:1", "b.jsonl:1", "b.jsonl:2"]);
}

#[test]
fn fields_are_renamed_and_conversations_found_under_their_usual_names() {
    let dir = tempdir().unwrap();
    let file = dir.path().join("llava.json");
    let turns = json!([{"from": "human", "value": "<image>\nWhat?"}, {"from": "gpt", "value": "A dog."}]);
    write(
        &file,
        json!([{"id": "1", "image": "1.png", "conversations": turns}, {"id": "2", "conversations": turns}]).to_string(),
    );
    let mut wanted = wanted("name: text, dialogue: conversation, image: image?");
    wanted.renames.push(("name".into(), "id".to_string()));
    let source = open_source(&file, None, &wanted).unwrap();
    let rows: Vec<_> = source.rows(0).unwrap().map(|row| row.unwrap()).collect();
    assert_eq!(text(&rows[0], "name"), "1");
    let content = |row| field(row, "dialogue").as_list().unwrap()[0].get("content").unwrap().as_list().unwrap().len();
    assert_eq!((content(&rows[0]), content(&rows[1])), (2, 1));
    assert!(field(&rows[1], "image").is_null());
}

#[test]
fn who_asks_for_nothing_gets_everything() {
    let dir = tempdir().unwrap();
    write(&dir.path().join("x.jsonl"), "{\"a\": 1, \"b\": \"t\", \"image\": \"1.png\"}\n{\"a\": 2.5, \"c\": [1]}");
    let source = open_source(&dir.path().join("x.jsonl"), None, &Wanted::default()).unwrap();
    let types: Vec<_> = source.schema().iter().map(|(name, field)| format!("{name}: {field}")).collect();
    assert_eq!(types, ["a: float", "b: text?", "image: image?", "c: json?"]);
    assert_eq!(source.rows(0).unwrap().filter(Result::is_ok).count(), 2);
}

#[test]
fn csv_cells_are_read_in_the_types_asked_for() {
    let dir = tempdir().unwrap();
    let file = dir.path().join("rows.csv");
    write(&file, "id,text,box,ok,note\n7,\"two\nlines, \"\"quoted\"\"\",\"[1, 2, 3, 4]\",True,\n");
    let rows = rows(&file, "id: int, text: text, box: box, ok: bool, note: text?");
    assert_eq!(field(&rows[0], "id").as_int(), Some(7));
    assert_eq!(text(&rows[0], "text"), "two\nlines, \"quoted\"");
    assert_eq!(field(&rows[0], "box").as_box().unwrap().0, [1.0, 2.0, 3.0, 4.0]);
    assert!(field(&rows[0], "note").is_null());
    write(&dir.path().join("rows.tsv"), "a\tb\n1\tx, y\n");
    assert_eq!(rows_of_tsv(&dir.path().join("rows.tsv")), "x, y");
}

#[test]
fn csv_is_separated_by_what_its_header_has_most_of() {
    let dir = tempdir().unwrap();
    let file = dir.path().join("rows.csv");
    for (header, row) in [("a;b,c;d", "1;2,5;x"), ("\"a;;;\",d", "1,x"), ("a\td", "1, 2\tx"), ("a,b;d,d2", "1,2,x")] {
        write(&file, format!("{header}\n{row}\n"));
        let name = if header.ends_with("d2") { "d2" } else { "d" };
        assert_eq!(text(&rows(&file, &format!("{name}: text"))[0], name), "x", "{header}");
    }
}

fn rows_of_tsv(path: &std::path::Path) -> String {
    text(&rows(path, "b: text")[0], "b").to_string()
}

#[test]
fn coco_files_are_merged_by_picture() {
    let dir = tempdir().unwrap();
    let images =
        json!([{"id": 9, "file_name": "9.png", "width": 40, "height": 30}, {"id": 4, "file_name": "gone.png"}]);
    let instances = json!({"info": {}, "images": images, "categories": [{"id": 18, "name": "dog", "supercategory": "animal"}],
    "annotations": [
        {"id": 1, "image_id": 9, "category_id": 18, "bbox": [1.5, 2, 10, 20], "iscrowd": 0, "area": 1,
         "segmentation": [[0, 0, 1, 0, 1, 1], [0, 0, 9, 0, 9, 9, 0, 9]]},
        {"id": 2, "image_id": 9, "category_id": 18, "bbox": [0, 0, 40, 30], "iscrowd": 1, "segmentation": {"size": [30, 40], "counts": [1]}},
    ]});
    let captions = json!({"images": images, "annotations": [{"id": 5, "image_id": 9, "caption": "A dog. \n"}]});
    write(&dir.path().join("annotations/instances_val2017.json"), instances.to_string());
    write(&dir.path().join("annotations/captions_val2017.json"), captions.to_string());
    write(&dir.path().join("annotations/person_keypoints_val2017.json"), instances.to_string());
    write(&dir.path().join("val2017/9.png"), png(40, 30, 1));
    let rows =
        rows(dir.path(), "image: image, width: int?, captions: list<text>, regions: list<region>, file_name: text");
    assert_eq!(rows.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(), ["9.png", "gone.png"]);
    assert_eq!(bytes(field(&rows[0], "image")), png(40, 30, 1));
    assert_eq!(field(&rows[0], "captions").to_json(), json!(["A dog."]));
    let regions = field(&rows[0], "regions").as_list().unwrap();
    assert_eq!(regions.len(), 1, "the crowd is left out");
    assert_eq!(regions[0].get("label").unwrap().as_text(), Some("dog"));
    assert_eq!(regions[0].get("box").unwrap().as_box().unwrap().0, [1.5, 2.0, 11.5, 22.0]);
    assert_eq!(regions[0].get("polygon").unwrap().to_json(), json!([[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [0.0, 9.0]]));
    let structs = items(dir.path(), "regions: list<{label: text, supercategory: text, id: int}>");
    assert_eq!(
        field(structs[0].as_ref().unwrap(), "regions").as_list().unwrap()[0].get("supercategory").unwrap().as_text(),
        Some("animal")
    );
}

#[test]
fn webdataset_members_become_fields_without_being_copied() {
    let dir = tempdir().unwrap();
    let mut tar = tar::Builder::new(Vec::new());
    let long = format!("./{}/001", "deep/".repeat(40));
    let members: [(String, Vec<u8>); 6] = [
        (format!("{long}.seg.png"), png(2, 2, 9)),
        (format!("{long}.png"), png(2, 2, 1)),
        (format!("{long}.txt"), b"a dog".to_vec()),
        ("./002.png".into(), png(2, 2, 2)),
        ("./002.cls".into(), b" 7\n".to_vec()),
        ("./002.json".into(), br#"{"caption": "a cat", "image": "https://example.org/x.jpg"}"#.to_vec()),
    ];
    for (name, bytes) in &members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, name, &bytes[..]).unwrap();
    }
    write(&dir.path().join("shard.tar"), tar.into_inner().unwrap());
    let rows =
        rows(&dir.path().join("shard.tar"), "__key__: text, image: image?, caption: text?, cls: int?, txt: text?");
    assert_eq!(rows.len(), 2);
    assert_eq!(bytes(field(&rows[0], "image")), png(2, 2, 1));
    assert!(matches!(field(&rows[0], "image").as_media().unwrap().origin(), tamis_core::media::Origin::Range { .. }));
    assert_eq!(text(&rows[0], "txt"), "a dog");
    assert_eq!(bytes(field(&rows[1], "image")), png(2, 2, 2), "the URL does not hide it");
    assert_eq!((field(&rows[1], "cls").as_int(), text(&rows[1], "caption")), (Some(7), "a cat"));
}

#[test]
fn rows_with_the_same_name_have_different_keys() {
    let dir = tempdir().unwrap();
    let split = |n: u32| {
        json!({"images": [{"id": 0, "file_name": "0.png"}], "categories": [{"id": 1, "name": "dog"}],
        "annotations": [{"id": 1, "image_id": 0, "category_id": 1, "bbox": [n, 0, 1, 1]}]})
        .to_string()
    };
    for (n, name) in ["train", "val"].into_iter().enumerate() {
        write(&dir.path().join(format!("coco/annotations/{name}.json")), split(n as u32));
        write(&dir.path().join(format!("coco/{name}/0.png")), png(2, 2, n as u8));
    }
    let told = rows(&dir.path().join("coco"), "image: image, regions: list<region>");
    assert_eq!(told.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(), ["0.png", "0.png#2"]);
    assert_eq!(bytes(field(&told[1], "image")), png(2, 2, 1));

    let mut tar = tar::Builder::new(Vec::new());
    for name in ["1.txt", "2.txt", "1.txt"] {
        let mut header = tar::Header::new_ustar();
        header.set_size(1);
        tar.append_data(&mut header, name, &b"x"[..]).unwrap();
    }
    write(&dir.path().join("x.tar"), tar.into_inner().unwrap());
    let told = rows(&dir.path().join("x.tar"), "text: text");
    assert_eq!(told.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(), ["x.tar/1", "x.tar/2", "x.tar/1#2"]);
}

#[test]
fn the_fingerprint_changes_with_the_files_and_not_with_their_place() {
    let dir = tempdir().unwrap();
    let fingerprint = |name: &str| open(&dir.path().join(name), "n: int").unwrap().fingerprint();
    write(&dir.path().join("a.jsonl"), "{\"n\": 1}");
    let before = fingerprint("a.jsonl");
    assert_eq!(before, fingerprint("a.jsonl"));
    std::fs::create_dir(dir.path().join("moved")).unwrap();
    std::fs::rename(dir.path().join("a.jsonl"), dir.path().join("moved/a.jsonl")).unwrap();
    assert_eq!(before, fingerprint("moved/a.jsonl"));
    write(&dir.path().join("moved/a.jsonl"), "{\"n\": 12}");
    assert_ne!(before, fingerprint("moved/a.jsonl"));
}

#[test]
fn every_format_can_be_named_and_has_a_line_about_it() {
    assert!(formats().iter().all(|(name, about)| !name.is_empty() && about.len() > 10));
    let error = open_source(".".as_ref(), Some("parket"), &Wanted::default()).err().unwrap().to_string();
    assert!(error.contains("did you mean `parquet`?"), "{error}");
}

#[test]
fn a_picture_inside_parquet_outlives_its_row_once_a_store_has_it() {
    use tamis_core::convert::NoMedia;
    use tamis_core::media::{DiskStore, MediaStore};
    use tamis_core::{Type, Value};

    let dir = tempdir().unwrap();
    Sample::full(2).export("parquet", &dir.path().join("export")).unwrap();
    let store = DiskStore::open(&dir.path().join("media"), "test").unwrap();
    let written: Vec<String> = rows(&dir.path().join("export"), "image: image")
        .iter()
        .map(|row| {
            store.adopt(field(row, "image").as_media().unwrap()).unwrap();
            field(row, "image").to_json().to_string()
        })
        .collect();
    let again = |text: &String| Value::from_json(&serde_json::from_str(text).unwrap(), &Type::Image, &NoMedia).unwrap();
    let read = store.read(again(&written[1]).as_media().unwrap()).unwrap();
    assert_eq!(read[..], png(40, 30, 1));
}
