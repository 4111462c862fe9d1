//! What the tests of this crate share: a role bound to a server, requests, and a server that answers by a script.
#![allow(dead_code, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tamis_core::RecordId;
use tamis_core::media::{MediaKind, MediaStore, MemoryStore};
use tamis_core::model::{
    CallError, CallSite, ChatReply, ChatRequest, Message, Model, Part, Receipt, Reply, Request, RoleKind, Speaker,
};
use tamis_core::value::Name;
use tamis_models::{Bindings, Services};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A role called `writer`.
pub(crate) fn writer() -> Vec<(Name, RoleKind)> {
    vec![("writer".into(), RoleKind::Chat)]
}

/// The role `writer`, played by the model that `fields` describe.
pub(crate) async fn bound(fields: &str, services: Services) -> Arc<dyn Model> {
    let yaml = format!("roles: {{ writer: m }}\nmodels:\n  m: {{ backend: openai, model: test, {fields} }}\n");
    connect(&yaml, services).await.remove("writer").unwrap()
}

/// The models of bindings for the roles `writer` and `judge`, as far as they are bound.
pub(crate) async fn connect(yaml: &str, services: Services) -> BTreeMap<Name, Arc<dyn Model>> {
    let bindings = Bindings::parse("models.yaml", yaml).unwrap();
    let roles: Vec<(Name, RoleKind)> =
        ["writer", "judge"].into_iter().map(|name| (name.into(), RoleKind::Chat)).collect();
    let roles: Vec<_> =
        roles.into_iter().filter(|role| bindings.missing(std::slice::from_ref(role)).is_empty()).collect();
    bindings.connect(&roles, services).await.unwrap()
}

/// A request of one text.
pub(crate) fn question(text: &str) -> ChatRequest {
    ChatRequest { messages: vec![Message::text(Speaker::User, text)], n: 1, ..ChatRequest::default() }
}

/// A request of one text and one picture.
pub(crate) fn picture_question(text: &str, store: &dyn MediaStore, bytes: &[u8]) -> ChatRequest {
    let image = store.put(MediaKind::Image, bytes).unwrap();
    let parts = vec![Part::Text(text.into()), Part::Image(image)];
    ChatRequest { messages: vec![Message { speaker: Speaker::User, parts }], n: 1, ..ChatRequest::default() }
}

/// A picture with something on it.
pub(crate) fn patterned(width: u32, height: u32) -> Vec<u8> {
    let image = image::RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, (x * y) as u8]));
    tamis_core::media::encode_png(&image::DynamicImage::ImageRgb8(image)).unwrap()
}

/// Asks without pictures.
pub(crate) async fn ask(model: &Arc<dyn Model>, chat: ChatRequest) -> Result<(ChatReply, Receipt), CallError> {
    ask_with(model, chat, &MemoryStore::new()).await
}

/// Asks.
pub(crate) async fn ask_with(
    model: &Arc<dyn Model>,
    chat: ChatRequest,
    media: &dyn MediaStore,
) -> Result<(ChatReply, Receipt), CallError> {
    let site = CallSite { record: RecordId::input("test"), step: "ask", media };
    match model.call(Request::Chat(chat), &site).await? {
        (Reply::Chat(reply), receipt) => Ok((reply, receipt)),
        other => panic!("not a chat reply: {other:?}"),
    }
}

/// A server that answers each request with the next of its raw answers (the last repeats), and keeps what it was sent.
pub(crate) struct Puppet {
    pub(crate) url: String,
    bodies: Arc<Mutex<Vec<String>>>,
    heads: Arc<Mutex<Vec<String>>>,
    task: tokio::task::AbortHandle,
}

impl Puppet {
    /// `answers` are status, extra header lines and body.
    pub(crate) async fn new(answers: Vec<(u16, &'static str, String)>) -> Puppet {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let (bodies, heads) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
        let (kept, kept_heads) = (bodies.clone(), heads.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, answers.clone(), kept.clone(), kept_heads.clone()));
            }
        });
        Puppet { url, bodies, heads, task: task.abort_handle() }
    }

    /// The JSON bodies of all requests until now.
    pub(crate) fn bodies(&self) -> Vec<serde_json::Value> {
        self.bodies.lock().unwrap().iter().map(|body| serde_json::from_str(body).unwrap_or_default()).collect()
    }

    /// The heads of all requests until now, in lower case.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

impl Drop for Puppet {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A good answer of this text.
pub(crate) fn good(text: &str) -> String {
    let message = serde_json::json!({ "role": "assistant", "content": text });
    serde_json::json!({
        "choices": [{ "index": 0, "message": message, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 10, "completion_tokens": 5 },
    })
    .to_string()
}

async fn converse(
    mut stream: TcpStream,
    answers: Vec<(u16, &'static str, String)>,
    bodies: Arc<Mutex<Vec<String>>>,
    heads: Arc<Mutex<Vec<String>>>,
) {
    while let Some((head, body)) = read_request(&mut stream).await {
        let time = {
            let mut bodies = bodies.lock().unwrap();
            bodies.push(body);
            heads.lock().unwrap().push(head);
            bodies.len() - 1
        };
        let (status, extra, text) = &answers[time.min(answers.len() - 1)];
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{extra}\r\n", text.len());
        stream.write_all((head + text).as_bytes()).await.unwrap();
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 65536];
    loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")?.parse::<usize>().ok());
            let total = end + 4 + length.unwrap_or(0);
            if bytes.len() >= total {
                return Some((head, String::from_utf8_lossy(&bytes[end + 4..total]).into_owned()));
            }
        }
        match stream.read(&mut chunk).await.ok()? {
            0 => return None,
            n => bytes.extend_from_slice(&chunk[..n]),
        }
    }
}

/// The model that `fields` describe, in a role of this kind.
pub(crate) async fn playing(kind: RoleKind, fields: &str, services: Services) -> Arc<dyn Model> {
    let yaml = format!("roles: {{ role: m }}\nmodels:\n  m: {{ model: test, {fields} }}\n");
    let bindings = Bindings::parse("models.yaml", &yaml).unwrap();
    bindings.connect(&[("role".into(), kind)], services).await.unwrap().remove("role").unwrap()
}

/// Asks anything.
pub(crate) async fn call(
    model: &Arc<dyn Model>,
    request: Request,
    media: &dyn MediaStore,
) -> Result<(Reply, Receipt), CallError> {
    model.call(request, &CallSite { record: RecordId::input("test"), step: "ask", media }).await
}

/// Services with a journal in this directory.
pub(crate) fn with_journal(dir: &std::path::Path) -> Services {
    Services { journal: Some(Arc::new(tamis_models::Journal::open(dir).unwrap())), ..Services::default() }
}

/// A picture of these pixels' hues.
pub(crate) fn png(width: u32, height: u32, blue: u8) -> Vec<u8> {
    let image = image::RgbImage::from_fn(width, height, |x, y| image::Rgb([(x * 5) as u8, (y * 5) as u8, blue]));
    tamis_core::media::encode_png(&image::DynamicImage::ImageRgb8(image)).unwrap()
}
