//! Tiny models that the tests write, run by the real library; numbers checked by hand.
//!
//! The library is named by the variable `ORT_DYLIB_PATH`, which `cargo xtask test` sets.

#![allow(clippy::unwrap_used)]

mod proto;

use std::path::{Path, PathBuf};

use image::{DynamicImage, Rgb, RgbImage};
use proto::{Graph, Kind};
use tamis_onnx::{Embedder, Filter, Fit, Model, Padding, Pictures, Pooling, Texts};

const HOW: &str = "ORT_DYLIB_PATH must name the ONNX Runtime library; `cargo xtask test` does that, or by hand: \
                   pip install onnxruntime, then ORT_DYLIB_PATH=.../onnxruntime/capi/libonnxruntime.so.<version>";

/// A folder with a tokenizer: `[CLS] words [SEP]`, ids 1 to 5, padded with 0.
fn folder() -> tempfile::TempDir {
    assert!(std::env::var_os("ORT_DYLIB_PATH").is_some(), "{HOW}");
    let folder = tempfile::tempdir().unwrap();
    let tokenizer = r#"{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [
        {"id": 1, "content": "[CLS]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
        {"id": 2, "content": "[SEP]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
      "normalizer": {"type": "Lowercase"}, "pre_tokenizer": {"type": "Whitespace"}, "decoder": null,
      "post_processor": {"type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                   {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [1], "tokens": ["[CLS]"]},
                           "[SEP]": {"id": "[SEP]", "ids": [2], "tokens": ["[SEP]"]}}},
      "model": {"type": "WordLevel", "unk_token": "[UNK]",
        "vocab": {"[PAD]": 0, "[CLS]": 1, "[SEP]": 2, "red": 3, "fox": 4, "[UNK]": 5}}}"#;
    std::fs::write(folder.path().join("tokenizer.json"), tokenizer).unwrap();
    folder
}

/// A vector of two numbers for each token: id and its square.
fn token_model(path: &Path, ids: Kind) -> PathBuf {
    let table: Vec<f32> = (0..6).flat_map(|id| [id as f32, (id * id) as f32]).collect();
    let graph = Graph::default()
        .input("input_ids", ids, &[-1, -1])
        .input("attention_mask", ids, &[-1, -1])
        .constant("table", &[6, 2], &table)
        .node("Gather", &["table", "input_ids"], "last_hidden_state", &[])
        .output("last_hidden_state", &[-1, -1, 2]);
    write(path, "tokens.onnx", &graph)
}

/// The mean of each channel.
fn colour_model(path: &Path, side: i64) -> PathBuf {
    let graph = Graph::default()
        .input("pixel_values", Kind::Float, &[-1, 3, side, side])
        .node("ReduceMean", &["pixel_values"], "mean", &[("axes", &[2, 3]), ("keepdims", &[0])])
        .output("mean", &[-1, 3]);
    write(path, "colours.onnx", &graph)
}

fn write(folder: &Path, name: &str, graph: &Graph) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, graph.bytes()).unwrap();
    path
}

fn model(file: PathBuf) -> Model {
    Model {
        file,
        library: None,
        output: None,
        pooling: Pooling::None,
        normalise: false,
        pixels: None,
        threads: 1,
        text: None,
        image: None,
    }
}

fn texts(folder: &Path) -> Option<Texts> {
    let tokenizer = folder.join("tokenizer.json");
    Some(Texts { tokenizer, max_tokens: 5, padding: Padding::None, pad_id: None })
}

fn embed(model: &Model, items: &[&str]) -> Vec<Vec<f32>> {
    let embedder = Embedder::open(model).unwrap();
    let items: Vec<_> = items.iter().map(|text| embedder.text(text).unwrap()).collect();
    embedder.embed(&items).unwrap()
}

#[test]
fn tokens_are_pooled_as_the_binding_says() {
    let folder = folder();
    for ids in [Kind::Int64, Kind::Int32] {
        let model = Model { text: texts(folder.path()), ..model(token_model(folder.path(), ids)) };
        // [CLS] red fox [SEP] = 1 3 4 2; [CLS] red [SEP] = 1 3 2
        let mean = Model { pooling: Pooling::Mean, ..model.clone() };
        let expected = [vec![2.5, 7.5], vec![2.0, 14.0 / 3.0], vec![2.5, 7.5]];
        assert_eq!(embed(&mean, &["red fox", "RED", "red  fox"]), expected);
        let cls = Model { pooling: Pooling::Cls, ..model.clone() };
        assert_eq!(embed(&cls, &["fox", "red"]), [[1.0, 1.0], [1.0, 1.0]]);
        // Filled up to five tokens with the pad, which the mask leaves out.
        let filled = Texts { padding: Padding::Max, ..texts(folder.path()).unwrap() };
        assert_eq!(embed(&Model { text: Some(filled), ..mean.clone() }, &["red fox"]), [[2.5, 7.5]]);
        // Cut to five tokens: 1 3 3 3 2
        assert_eq!(embed(&mean, &["red red red red red"]), [[12.0 / 5.0, 32.0 / 5.0]]);
        let unit = Model { normalise: true, ..cls };
        assert_eq!(embed(&unit, &["fox"]), [[0.5f32.sqrt(); 2]]);
    }
}

#[test]
fn pictures_are_shifted_to_the_models_mean_and_spread() {
    let folder = folder();
    let pictures = Pictures { mean: [0.5, 0.0, 0.25], std: [0.5, 1.0, 2.0], ..Pictures::default() };
    let model = Model { image: Some(pictures), ..model(colour_model(folder.path(), 4)) };
    let embedder = Embedder::open(&model).unwrap();
    let red = DynamicImage::ImageRgb8(RgbImage::from_pixel(9, 6, Rgb([255, 0, 51])));
    let clear = DynamicImage::new_rgba8(3, 3);
    let items = [embedder.picture(&red).unwrap(), embedder.picture(&clear).unwrap()];
    let vectors = embedder.embed(&items).unwrap();
    // (1 - 0.5) / 0.5, 0, (0.2 - 0.25) / 2; what is transparent is white.
    for (vector, expected) in vectors.iter().zip([[1.0, 0.0, -0.025], [1.0, 1.0, 0.375]]) {
        assert!(vector.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{vector:?} {expected:?}");
    }
}

#[test]
fn crop_takes_the_middle_and_squash_the_whole() {
    let folder = folder();
    // A third black, a third white, a third black.
    let stripes = RgbImage::from_fn(24, 8, |x, _| Rgb([if (8..16).contains(&x) { 255 } else { 0 }; 3]));
    let stripes = DynamicImage::ImageRgb8(stripes);
    let file = colour_model(folder.path(), 8);
    let brightness = |fit: Fit, resize: Option<u32>| {
        let pictures = Pictures { fit, resize, filter: Filter::Bilinear, mean: [0.0; 3], std: [1.0; 3], size: None };
        let embedder = Embedder::open(&Model { image: Some(pictures), ..model(file.clone()) }).unwrap();
        embedder.embed(&[embedder.picture(&stripes).unwrap()]).unwrap()[0][0]
    };
    assert_eq!(brightness(Fit::Crop, None), 1.0);
    assert!((brightness(Fit::Squash, None) - 1.0 / 3.0).abs() < 0.01);
    assert_eq!(brightness(Fit::Crop, Some(16)), 1.0);
}

#[test]
fn what_does_not_fit_is_said() {
    let folder = folder();
    let said = |model: &Model| Embedder::open(model).err().unwrap().to_string();
    let tokens = token_model(folder.path(), Kind::Int64);
    let text = Model { text: texts(folder.path()), ..model(tokens.clone()) };
    assert!(
        said(&Model { output: Some("x".into()), ..text.clone() }).contains("has no output `x`; it has last_hidden")
    );
    assert!(said(&Model { file: "no.onnx".into(), ..text.clone() }).contains("cannot open the model no.onnx"));
    assert!(said(&model(tokens.clone())).contains("write one of `text` and `image`"));
    let picture = Model { image: Some(Pictures::default()), ..model(tokens) };
    assert!(said(&picture).contains("no input for pictures"));
    let colours = colour_model(folder.path(), 4);
    let wrong = Pictures { size: Some(8), ..Pictures::default() };
    assert!(said(&Model { image: Some(wrong), ..model(colours.clone()) }).contains("takes pictures of 4 pixels"));
    assert!(said(&Model { text: texts(folder.path()), ..model(colours) }).contains("wants the input `pixel_values`"));
    let unpooled = Embedder::open(&text).unwrap();
    let error = unpooled.embed(&[unpooled.text("fox").unwrap()]).unwrap_err().to_string();
    assert!(error.contains("`pooling: mean`"), "{error}");
    let other = Model { library: Some("/no/such/library.so".into()), ..text };
    assert!(said(&other).contains("loaded from"), "{}", said(&other));
}
