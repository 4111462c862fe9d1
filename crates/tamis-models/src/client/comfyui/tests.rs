//! A workflow goes to a small scripted server that speaks as ComfyUI does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use tamis_core::media::{MediaHash, MediaKind, MemoryStore, encode_png};
use tamis_core::model::Sampling;

use super::*;

/// What came: method and path, and the body.
type Log = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// Answers each request by its path; `(status, body)`.
fn serve(answer: impl Fn(&str, usize) -> (u16, Vec<u8>) + Send + 'static) -> (String, Log) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let log = Log::default();
    let seen = log.clone();
    std::thread::spawn(move || {
        for (count, stream) in listener.incoming().enumerate() {
            one(stream.unwrap(), &seen, |path| answer(path, count));
        }
    });
    (url, log)
}

fn one(stream: TcpStream, seen: &Log, answer: impl Fn(&str) -> (u16, Vec<u8>)) {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    reader.read_line(&mut line).unwrap();
    let path = line.rsplit_once(' ').map_or(String::new(), |(path, _)| path.to_string());
    loop {
        line.clear();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) =
            line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        {
            assert!(!name.is_empty());
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    seen.lock().unwrap().push((path.clone(), body));
    let (status, body) = answer(&path);
    let mut stream = reader.into_inner();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), &body].concat()).unwrap();
}

const WORKFLOW: &str = r#"{
    "3": {"class_type": "KSampler", "inputs": {"seed": 0, "steps": 20}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 512}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ""}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": ""}},
    "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0]}},
    "10": {"class_type": "LoadImage", "inputs": {"image": "x.png"}}
}"#;

fn options(inputs: Json) -> Result<Options, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("flow.json"), WORKFLOW).unwrap();
    let options: Options = serde_json::from_value(json!({ "workflow": "flow.json", "inputs": inputs })).unwrap();
    options.check(folder.path())
}

fn painting() -> Json {
    json!({ "prompt": "6.inputs.text", "negative": ["7.inputs.text"], "seed": "3.inputs.seed",
            "width": "5.inputs.width", "height": "5.inputs.height", "steps": "3.inputs.steps" })
}

async fn paint(url: &str, options: Options, request: ImageRequest, store: &MemoryStore) -> Result<Answered, Fault> {
    let mut spec = ModelSpec::openai();
    spec.limits.timeout_s = 2.0;
    let server = ComfyUi::new(&spec, &options, url, None).unwrap();
    let request = Request::Image(request);
    let ask = Ask { request: &request, sampling: &Sampling::default(), media: store };
    server.send(&ask, OnSend::default()).await
}

fn png(width: u32) -> Vec<u8> {
    encode_png(&image::DynamicImage::new_rgb8(width, 2)).unwrap()
}

fn done() -> Vec<u8> {
    json!({ "p1": { "status": { "status_str": "success", "completed": true, "messages": [] }, "outputs": {
        "8": { "images": [{ "filename": "t.png", "subfolder": "", "type": "temp" }] },
        "9": { "images": [{ "filename": "a b.png", "subfolder": "s/t", "type": "output" }] } } } })
    .to_string()
    .into_bytes()
}

#[tokio::test]
async fn a_prompt_is_written_into_the_workflow_and_its_picture_comes_back() {
    let (url, log) = serve(|path, count| match path {
        "POST /prompt" => (200, br#"{"prompt_id":"p1","number":1,"node_errors":{}}"#.to_vec()),
        "GET /history/p1" if count < 3 => (200, b"{}".to_vec()),
        "GET /history/p1" => (200, done()),
        _ => (200, png(5)),
    });
    let extra = BTreeMap::from([("steps".to_string(), json!(4))]);
    let request = ImageRequest {
        prompt: "a \"red\" fox".into(),
        negative: Some("text".into()),
        size: Some((640, 384)),
        seed: u64::MAX,
        extra,
        ..ImageRequest::default()
    };
    let answered = paint(&url, options(painting()).unwrap(), request, &MemoryStore::new()).await.unwrap();
    assert_eq!(answered.pictures[0].as_ref(), png(5));
    assert_eq!(answered.reply, Reply::Image(ImageReply { image: MediaHash::of(&png(5)), revised_prompt: None }));
    let log = log.lock().unwrap();
    let sent: Json = serde_json::from_slice(&log[0].1).unwrap();
    let at = |node: &str, field: &str| sent["prompt"][node]["inputs"][field].clone();
    assert_eq!((at("6", "text"), at("7", "text")), (json!("a \"red\" fox"), json!("text")));
    assert_eq!((at("5", "width"), at("5", "height"), at("3", "steps")), (json!(640), json!(384), json!(4)));
    assert_eq!(at("3", "seed"), json!(u64::MAX >> 11));
    assert_eq!(log.last().unwrap().0, "GET /view?filename=a+b.png&subfolder=s%2Ft&type=output");
}

#[tokio::test]
async fn pictures_to_edit_are_uploaded_first() {
    let (url, log) = serve(|path, _| match path {
        "POST /upload/image" => (200, br#"{"name":"up.png","subfolder":"in","type":"input"}"#.to_vec()),
        "POST /prompt" => (200, br#"{"prompt_id":"p1","number":1}"#.to_vec()),
        "GET /history/p1" => (200, done()),
        _ => (200, png(7)),
    });
    let options = options(json!({ "prompt": "6.inputs.text", "image": "10.inputs.image" })).unwrap();
    assert_eq!(options.kind(), RoleKind::ImageEdit);
    let store = MemoryStore::new();
    let image = store.put(MediaKind::Image, &png(9)).unwrap();
    let request = ImageRequest { prompt: "bluer".into(), images: vec![image], ..ImageRequest::default() };
    paint(&url, options, request, &store).await.unwrap();
    let log = log.lock().unwrap();
    let upload = &log[0];
    assert!(upload.0 == "POST /upload/image" && upload.1.windows(png(9).len()).any(|part| part == png(9)));
    let sent: Json = serde_json::from_slice(&log[1].1).unwrap();
    assert_eq!(sent["prompt"]["10"]["inputs"]["image"], json!("in/up.png"));
}

#[tokio::test]
async fn errors_of_nodes_are_shown() {
    let (url, _) = serve(|_, _| {
        let error = json!({ "error": { "message": "Prompt outputs failed validation", "details": "" }, "node_errors": {
            "4": { "class_type": "CheckpointLoaderSimple", "errors": [
                { "message": "Value not in list", "details": "ckpt_name: 'sdxl' not in ['sd15']" }] } } });
        (400, error.to_string().into_bytes())
    });
    let fault =
        paint(&url, options(painting()).unwrap(), ImageRequest::default(), &MemoryStore::new()).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Rejected);
    assert!(
        fault.message.contains("node 4 (CheckpointLoaderSimple): Value not in list: ckpt_name"),
        "{}",
        fault.message
    );

    let (url, _) = serve(|path, _| match path {
        "POST /prompt" => (200, br#"{"prompt_id":"p1"}"#.to_vec()),
        _ => {
            let messages = json!([["execution_start", {}], ["execution_error", {
                "node_id": "3", "node_type": "KSampler", "exception_message": "out of memory" }]]);
            let run = json!({ "p1": { "outputs": {}, "status": { "status_str": "error", "messages": messages } } });
            (200, run.to_string().into_bytes())
        }
    });
    let fault =
        paint(&url, options(painting()).unwrap(), ImageRequest::default(), &MemoryStore::new()).await.unwrap_err();
    assert_eq!(fault.message, "the workflow failed: node 3 (KSampler): out of memory");
}

#[tokio::test]
async fn a_workflow_that_is_never_done_is_given_up_and_taken_out_of_the_queue() {
    let (url, log) = serve(|path, _| match path {
        "POST /prompt" => (200, br#"{"prompt_id":"p1"}"#.to_vec()),
        _ => (200, b"{}".to_vec()),
    });
    let fault =
        paint(&url, options(painting()).unwrap(), ImageRequest::default(), &MemoryStore::new()).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::TimedOut);
    let last = log.lock().unwrap().last().cloned().unwrap();
    assert_eq!((last.0.as_str(), last.1.as_slice()), ("POST /queue", &br#"{"delete":["p1"]}"#[..]));
}

#[tokio::test]
async fn what_is_no_picture_is_not_taken_for_one() {
    let (url, _) = serve(|path, _| match path {
        "POST /prompt" => (200, br#"{"prompt_id":"p1"}"#.to_vec()),
        "GET /history/p1" => (200, done()),
        _ => (200, b"<html>".to_vec()),
    });
    let fault =
        paint(&url, options(painting()).unwrap(), ImageRequest::default(), &MemoryStore::new()).await.unwrap_err();
    assert!(fault.message.contains("no picture"), "{}", fault.message);
}

#[tokio::test]
async fn what_the_workflow_has_no_place_for_is_refused() {
    let request = ImageRequest { size: Some((1, 1)), ..ImageRequest::default() };
    let only = options(json!({ "prompt": "6.inputs.text" })).unwrap();
    let fault = paint("http://127.0.0.1:9", only, request, &MemoryStore::new()).await.unwrap_err();
    assert!(fault.message.contains("no place for `height`"), "{}", fault.message);
    assert!(
        options(json!({ "prompt": "66.inputs.text" })).unwrap_err().contains("`inputs.prompt` is `66.inputs.text`")
    );
    assert!(options(json!({ "seed": "3.inputs.seed" })).unwrap_err().contains("lacks `prompt`"));
}
