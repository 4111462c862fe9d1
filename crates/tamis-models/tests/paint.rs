//! Pictures that models paint and edit, and what else the simulator plays.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;
use std::sync::Arc;

use common::{Puppet, call, playing, png, with_journal};
use serde_json::json;
use tamis_core::media::{DiskStore, Media, MediaHash, MediaKind, MediaStore, MemoryStore};
use tamis_core::model::{CodeEnd, CodeRequest, ImageRequest, OcrRequest, Receipt, Reply, Request, RoleKind};
use tamis_models::budget::{Budget, Limits};
use tamis_models::sim::{self, Options};
use tamis_models::{Bindings, Journal, Services};

fn prompt(text: &str) -> ImageRequest {
    ImageRequest { prompt: text.into(), size: Some((64, 48)), ..ImageRequest::default() }
}

fn hash(reply: Reply) -> MediaHash {
    let Reply::Image(reply) = reply else { panic!("a picture") };
    reply.image
}

fn sized(hash: MediaHash, store: &dyn MediaStore) -> (u32, u32) {
    let media = Media::at(MediaKind::Image, tamis_core::media::Origin::Stored).with_facts(Some(hash), None, None);
    let header = media.header(store).unwrap();
    (header.width, header.height)
}

#[tokio::test]
async fn pictures_come_as_base64_or_by_address_and_are_in_the_store() {
    let server = sim::spawn(Options::default()).await.unwrap();
    let store = MemoryStore::new();
    let mut hashes = Vec::new();
    for form in ["b64_json", "url"] {
        let fields = format!(
            "backend: openai, url: \"{}\", picture: {{ extra: {{ response_format: {form} }} }}, price: {{ image: 0.04 }}",
            server.url()
        );
        let model = playing(RoleKind::TextToImage, &fields, Services::default()).await;
        let (reply, receipt) = call(&model, Request::Image(prompt("a red boat")), &store).await.unwrap();
        assert_eq!(receipt.usd, 0.04);
        assert_eq!(receipt.notes, [tamis_core::model::SIMULATED]);
        hashes.push(hash(reply));
        assert_eq!(sized(hashes[0], &store), (64, 48));
        let (other, _) = call(&model, Request::Image(prompt("a green hill")), &store).await.unwrap();
        assert_ne!(hash(other), hashes[0]);
    }
    assert_eq!(hashes[0], hashes[1]);
}

#[tokio::test]
async fn an_edit_sends_a_form_with_pictures_and_a_mask_and_changes_what_it_may() {
    let server = sim::spawn(Options::default()).await.unwrap();
    let store = MemoryStore::new();
    let put = |bytes: &[u8]| store.put(MediaKind::Image, bytes).unwrap();
    let mask = image::GrayImage::from_fn(64, 48, |x, _| image::Luma([if x < 32 { 0 } else { 255 }]));
    let mask = tamis_core::media::encode_png(&image::DynamicImage::ImageLuma8(mask)).unwrap();
    let request = ImageRequest { images: vec![put(&png(64, 48, 0))], mask: Some(put(&mask)), ..prompt("add hats") };
    let model =
        playing(RoleKind::ImageEdit, &format!("backend: openai, url: \"{}\"", server.url()), Services::default()).await;
    let (reply, _) = call(&model, Request::Image(request), &store).await.unwrap();
    let media =
        Media::at(MediaKind::Image, tamis_core::media::Origin::Stored).with_facts(Some(hash(reply)), None, None);
    let edited = image::load_from_memory(&store.read(&media).unwrap()).unwrap().to_rgb8();
    let before = image::load_from_memory(&png(64, 48, 0)).unwrap().to_rgb8();
    let changed = |range: std::ops::Range<u32>| {
        let places = range.flat_map(|x| (0..48).map(move |y| (x, y)));
        places.filter(|(x, y)| edited.get_pixel(*x, *y) != before.get_pixel(*x, *y)).count()
    };
    assert_eq!(changed(0..32), 0, "black in the mask stays");
    assert!(changed(32..64) > 20, "white may change");
}

#[tokio::test]
async fn a_server_that_takes_no_seed_is_asked_without() {
    let picture = base64::STANDARD.encode_to_string(png(8, 8, 1));
    let good = json!({ "data": [{ "b64_json": picture, "revised_prompt": "a boat, red" }] }).to_string();
    let complaint = r#"{"error":{"message":"Unknown parameter: 'seed'."}}"#.to_string();
    let server = Puppet::new(vec![(400, "", complaint), (200, "", good)]).await;
    let fields = format!("backend: openai, url: \"{}\", picture: {{ extra: {{ quality: high }} }}", server.url);
    let model = playing(RoleKind::TextToImage, &fields, Services::default()).await;
    let (reply, receipt) = call(&model, Request::Image(prompt("a boat")), &MemoryStore::new()).await.unwrap();
    assert!(receipt.notes[0].contains("without a seed"), "{receipt:?}");
    assert!(matches!(reply, Reply::Image(reply) if reply.revised_prompt.as_deref() == Some("a boat, red")));
    let bodies = server.bodies();
    assert!(bodies[0]["seed"].is_u64() && bodies[1]["seed"].is_null());
    assert_eq!((&bodies[1]["size"], &bodies[1]["quality"]), (&json!("64x48"), &json!("high")));
}

#[tokio::test]
async fn what_is_no_picture_or_lies_inside_the_network_is_no_reply() {
    let answer = |picture: serde_json::Value| (200, "", json!({ "data": [picture] }).to_string());
    let base64 = |bytes: &[u8]| json!({ "b64_json": base64::STANDARD.encode_to_string(bytes) });
    let bad = [
        (base64(b"hello"), "no picture"),
        (base64(&png(64, 64, 1)[..200]), "no picture"),
        (json!({ "url": "http://169.254.169.254/latest" }), "inside this machine or its network"),
        (json!({ "url": "file:///etc/passwd" }), "neither http nor https"),
        (json!({}), "neither `b64_json` nor `url`"),
    ];
    // A good one first: a call that fails at a server which never answered waits for others to fail as well.
    let answers = [base64(&png(64, 48, 1))].into_iter().chain(bad.iter().map(|(picture, _)| picture.clone()));
    let server = Puppet::new(answers.map(answer).collect()).await;
    let fields = format!("backend: openai, url: \"{}\", limits: {{ attempts: 1 }}", server.url);
    let model = playing(RoleKind::TextToImage, &fields, Services::default()).await;
    call(&model, Request::Image(prompt("x")), &MemoryStore::new()).await.unwrap();
    for (_, reason) in bad {
        let error = call(&model, Request::Image(prompt("x")), &MemoryStore::new()).await.unwrap_err().to_string();
        assert!(error.contains(reason), "{reason}: {error}");
    }
}

async fn painted(fields: &str, services: Services, store: &dyn MediaStore) -> (MediaHash, Receipt) {
    let model = playing(RoleKind::TextToImage, fields, services).await;
    let (reply, receipt) = call(&model, Request::Image(prompt("a boat")), store).await.unwrap();
    (hash(reply), receipt)
}

#[tokio::test]
async fn a_picture_is_paid_once_and_one_of_another_run_is_copied_or_paid_again() {
    let root = tempfile::tempdir().unwrap();
    let server = sim::spawn(Options::default()).await.unwrap();
    let fields = format!("backend: openai, url: \"{}\", price: {{ image: 1 }}", server.url());
    let at = |name: &str| root.path().join(name);
    let disk = |dir: &Path| DiskStore::open(dir, "test").unwrap();
    let (first, paid) = painted(&fields, with_journal(&at("a/replies")), &disk(&at("a/media"))).await;
    let (again, cached) = painted(&fields, with_journal(&at("a/replies")), &disk(&at("a/media"))).await;
    assert_eq!((first, paid.cached, cached.cached, cached.usd), (again, false, true, 1.0));
    // Another run finds the answer, and its picture in the first run's store.
    let mut journal = Journal::open(at("b/replies")).unwrap();
    journal.also_read(at("a/replies")).unwrap();
    journal.also_look_in(Arc::new(DiskStore::read_only(&at("a/media")).unwrap()));
    let services = Services { journal: Some(Arc::new(journal)), ..Services::default() };
    let store = disk(&at("b/media"));
    let (copied, cached) = painted(&fields, services, &store).await;
    assert_eq!((copied, cached.cached, cached.usd), (first, true, 0.0));
    assert!(store.contains(first));
    assert_eq!(server.stats()["answered"], 1);
    // Where the picture is gone, the answer is worth nothing.
    let store = MemoryStore::new();
    let (anew, paid) = painted(&fields, with_journal(&at("a/replies")), &store).await;
    assert_eq!((anew, paid.cached, server.stats()["answered"].as_u64()), (first, false, Some(2)));
    assert!(store.contains(anew));
}

#[tokio::test]
async fn a_budget_in_money_counts_pictures() {
    let server = sim::spawn(Options::default()).await.unwrap();
    let budget = Arc::new(Budget::new(Limits { usd: Some(0.1), ..Limits::default() }));
    let services = Services { budget: budget.clone(), ..Services::default() };
    let fields = format!("backend: openai, url: \"{}\", price: {{ image: 0.04 }}", server.url());
    let model = playing(RoleKind::TextToImage, &fields, services).await;
    let store = MemoryStore::new();
    let mut results = Vec::new();
    for seed in 0..3 {
        results.push(call(&model, Request::Image(ImageRequest { seed, ..prompt("x") }), &store).await.is_ok());
    }
    assert_eq!((results, budget.spent().requests), (vec![true, true, false], 2));
}

#[tokio::test]
async fn the_simulator_plays_every_kind_without_a_server() {
    let store = MemoryStore::new();
    let image = store.put(MediaKind::Image, &png(200, 100, 0)).unwrap();
    let play = async |kind, request: Request| {
        let model = playing(kind, "backend: sim", Services::default()).await;
        let first = call(&model, request.clone(), &store).await.unwrap().0;
        assert_eq!(call(&model, request, &store).await.unwrap().0, first, "{kind} is the same each time");
        first
    };
    let ocr = OcrRequest { image: image.clone(), languages: Vec::new() };
    let Reply::Ocr(read) = play(RoleKind::Ocr, Request::Ocr(ocr)).await else { panic!("words") };
    assert!(read.words.iter().all(|word| word.bbox.0[2] <= 200.0 && word.bbox.0[3] <= 100.0) && !read.words.is_empty());
    let code = CodeRequest { outputs: vec!["*.png".into()], ..CodeRequest::default() };
    let Reply::Code(ran) = play(RoleKind::CodeRunner, Request::Code(code)).await else { panic!("an end") };
    assert!(ran.end == CodeEnd::Exit(0) && store.contains(ran.images[0].1) && ran.images[0].0 == "plot.png");
    let edit = ImageRequest { images: vec![image], ..prompt("x") };
    let edited = hash(play(RoleKind::ImageEdit, Request::Image(edit)).await);
    assert_eq!(sized(edited, &store), (200, 100));
    let painted = hash(play(RoleKind::TextToImage, Request::Image(prompt("x"))).await);
    assert_eq!(sized(painted, &store), (64, 48));
}

#[tokio::test]
async fn roles_are_bound_to_backends_that_play_them_and_asked_what_they_can_answer() {
    let bindings = Bindings::from_url("http://localhost:8000/v1").unwrap();
    let problems = bindings.missing(&[("reader".into(), RoleKind::Ocr), ("writer".into(), RoleKind::Chat)]);
    assert_eq!(problems.len(), 1);
    assert!(problems[0].contains("ocr role `reader`") && problems[0].contains("backends that do: sim"), "{problems:?}");
    let model = playing(RoleKind::Chat, "backend: sim", Services::default()).await;
    let error = call(&model, Request::Image(prompt("x")), &MemoryStore::new()).await.unwrap_err().to_string();
    assert!(error.contains("step `ask`") && error.contains("text-to-image"), "{error}");
}
