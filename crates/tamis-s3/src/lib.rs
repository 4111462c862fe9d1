//! An S3 server on loopback with faults on request, for tests and drills: `s3s-fs` behind a door that may slam.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use futures::StreamExt;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyDataStream, BodyExt, Empty, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::Mutex;

/// The access key that is let in.
pub const ACCESS_KEY: &str = "tamis-test";
/// Its secret.
pub const SECRET_KEY: &str = "tamis-test-secret";

/// A running server; it ends when this is dropped.
pub struct Server {
    address: SocketAddr,
    /// what it does wrong
    pub faults: Arc<Faults>,
    _runtime: Runtime,
}

/// What the server does wrong, and what it was asked; both may be changed and read while it runs.
#[derive(Debug, Default)]
pub struct Faults {
    /// of a thousand requests, how many are answered 500
    pub errors: AtomicU64,
    /// of a thousand answers with a body, how many are cut off in the middle
    pub cuts: AtomicU64,
    /// how long each answer takes, in milliseconds
    pub delay_ms: AtomicU64,
    /// requests so far
    pub requests: AtomicU64,
    /// requests that write
    pub writes: AtomicU64,
}

type Body = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

impl Server {
    /// Serves what lies below a directory, each directory in it a bucket, on a free port of 127.0.0.1 (or this one).
    pub fn start(root: &Path, port: u16) -> io::Result<Server> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let files = FileSystem::new(root).map_err(|e| io::Error::other(format!("{e:?}")))?;
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", port)))?;
        let address = listener.local_addr()?;
        let faults = Arc::new(Faults::default());
        let root = root.to_path_buf();
        let door = Arc::new(Door { root, service: service.build(), faults: faults.clone(), turn: Mutex::default() });
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let door = door.clone();
                let answer = service_fn(move |request| door.clone().answer(request));
                tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
            }
        });
        Ok(Server { address, faults, _runtime: runtime })
    }

    /// Its address, as `AWS_ENDPOINT_URL` wants it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The environment that leads here.
    pub fn environment(&self) -> [(&'static str, String); 4] {
        [
            ("AWS_ENDPOINT_URL", self.url()),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_string()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_string()),
            ("AWS_REGION", "us-east-1".to_string()),
        ]
    }
}

struct Door {
    root: PathBuf,
    service: S3Service,
    faults: Arc<Faults>,
    /// writes under a condition, one at a time: the file system behind looks first and writes then
    turn: Mutex<()>,
}

impl Door {
    async fn answer(self: Arc<Door>, request: Request<Incoming>) -> Result<Response<Body>, io::Error> {
        let faults = &self.faults;
        faults.requests.fetch_add(1, Relaxed);
        faults.writes.fetch_add(u64::from(matches!(*request.method(), Method::PUT | Method::POST)), Relaxed);
        tokio::time::sleep(Duration::from_millis(faults.delay_ms.load(Relaxed))).await;
        if drawn(faults.errors.load(Relaxed)) {
            let mut response = Response::new(Empty::new().map_err(|never| match never {}).boxed_unsync());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            return Ok(response);
        }
        if let Some(code) = self.nothing_there(&request) {
            return Ok(not_found(code));
        }
        let conditional =
            [header::IF_MATCH, header::IF_NONE_MATCH].iter().any(|name| request.headers().contains_key(name));
        let _turn = match conditional && request.method() == Method::PUT {
            true => Some(self.turn.lock().await),
            false => None,
        };
        let answer = self.service.call(request.map(s3s::Body::from)).await;
        let response = answer.map_err(|e| io::Error::other(format!("{e:?}")))?;
        let cut = drawn(faults.cuts.load(Relaxed));
        Ok(response.map(|body| if cut { cut_off(body) } else { body.boxed_unsync() }))
    }
}

impl Door {
    /// What a store of objects answers where one of files would see a directory, or make one.
    fn nothing_there(&self, request: &Request<Incoming>) -> Option<&'static str> {
        let path = decoded(request.uri().path());
        let (bucket, key) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
        let bucket = self.root.join(bucket);
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        if !bucket.is_dir() {
            Some("NoSuchBucket")
        } else if reads && !key.is_empty() && bucket.join(key).is_dir() {
            Some("NoSuchKey")
        } else {
            None
        }
    }
}

/// `%20` as a space.
fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        let code = more.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &more[2..];
            }
            None => {
                bytes.push(*first);
                rest = more;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn not_found(code: &str) -> Response<Body> {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>not there</Message></Error>"
    );
    let mut response = Response::new(Full::from(text).map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// The first piece of a body, half of it, and then nothing.
fn cut_off(body: s3s::Body) -> Body {
    let pieces = BodyDataStream::new(body).take(1).map(|piece| {
        let piece = piece?;
        Ok(Frame::data(piece.slice(..piece.len() / 2)))
    });
    let broken = futures::stream::once(async { Err("cut off".into()) });
    StreamBody::new(pieces.chain(broken)).boxed_unsync()
}

/// True for so many of a thousand.
fn drawn(of_a_thousand: u64) -> bool {
    of_a_thousand > 0 && RandomState::new().hash_one(0) % 1000 < of_a_thousand
}
