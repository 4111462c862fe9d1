//! The simulator as an HTTP server that speaks OpenAI's protocol.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value as Json, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use super::asked::{self, Asked, usage};
use super::batch::{self, BatchOptions, Batches};
use super::faults::{Fate, fate, latency};
use super::reply::{Completion, Knobs};
use super::stats::{Refused, Stats};

/// Where requests to models go.
const ENDPOINTS: [&str; 5] =
    ["/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/images/generations", "/v1/images/edits"];

/// Longest body that is read, in bytes.
const LONGEST_BODY: usize = 256 << 20;

/// How the simulated server behaves. All shares are from 0 to 1 and are drawn from the seed and the request.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// the port on 127.0.0.1; 0 takes any free one
    pub port: u16,
    /// the name of the model that it serves
    pub model: String,
    /// makes other draws
    pub seed: u64,
    /// how long an answer takes, in milliseconds
    pub latency_ms: f64,
    /// by which share of itself the latency varies, either way
    pub latency_jitter: f64,
    /// most requests in flight; above it 429
    pub max_in_flight: Option<u64>,
    /// what `Retry-After` says with a 429, in seconds; `None` leaves it away
    pub retry_after_s: Option<f64>,
    /// most requests in a minute; above it 429
    pub requests_per_minute: Option<u32>,
    /// answers every request with this status
    pub always_status: Option<u16>,
    /// requests answered with 500
    pub error_share: f64,
    /// answers of which only the first half is sent
    pub malformed_share: f64,
    /// answers that are a web page
    pub html_share: f64,
    /// requests that are never answered
    pub stall_share: f64,
    /// answers without choices
    pub empty_share: f64,
    /// answers cut in the middle, with `finish_reason: length`
    pub truncated_share: f64,
    /// JSON that does not satisfy the schema
    pub wrong_schema_share: f64,
    /// refusals in place of answers
    pub refusal_share: f64,
    /// answers that mention something the prompt does not
    pub hallucination: f64,
    /// how the batch API behaves
    pub batch: BatchOptions,
    /// how many numbers a vector has, where the request does not say
    pub embed_dimension: u32,
}

/// A server that runs in the background until this is dropped.
pub struct Running {
    address: SocketAddr,
    stats: Arc<Stats>,
    task: AbortHandle,
}

/// Serves until the future is dropped; `ready` is told the address.
///
/// Errors: a port that is taken.
pub async fn run(options: Options, ready: impl FnOnce(SocketAddr)) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
    ready(listener.local_addr()?);
    serve(listener, Arc::new(Server { options, stats: Arc::new(Stats::new()), batches: Batches::default() })).await
}

/// Serves in the background.
///
/// Errors: a port that is taken.
pub async fn spawn(options: Options) -> io::Result<Running> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
    let (address, stats) = (listener.local_addr()?, Arc::new(Stats::new()));
    let server = Arc::new(Server { options, stats: stats.clone(), batches: Batches::default() });
    let task = tokio::spawn(serve(listener, server)).abort_handle();
    Ok(Running { address, stats, task })
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL for clients.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// What `GET /stats` answers.
    pub fn stats(&self) -> Json {
        self.stats.as_json()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Where a request went, and in which form.
struct Addressed {
    path: String,
    /// the content type
    kind: String,
    /// the server's name as the client calls it
    host: String,
}

struct Server {
    options: Options,
    stats: Arc<Stats>,
    batches: Batches,
}

type Answer = Response<Full<Bytes>>;

async fn serve(listener: TcpListener, server: Arc<Server>) -> io::Result<()> {
    // Connections end with the set, so that a stopped server does not linger.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(connections.spawn(converse(stream, server.clone()))),
                // Out of file descriptors, or a client that was gone at once: others may still be served.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn converse(stream: TcpStream, server: Arc<Server>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let server = server.clone();
        async move {
            Ok::<_, Infallible>(match batch::is_for(request.uri().path()) {
                true => server.batch(request).await,
                false => server.answer(request).await.map(|body| body.map_err(|never| match never {}).boxed()),
            })
        }
    });
    // An error here is a client that went away.
    let _ = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

impl Server {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Answer {
        match (request.method(), request.uri().path()) {
            (&Method::POST, path) if ENDPOINTS.contains(&path) => self.ask(request).await,
            (&Method::GET, path) if path.starts_with("/v1/pictures/") => match asked::picture_at(path) {
                Some(png) => of(StatusCode::OK, "image/png", png),
                None => error(StatusCode::NOT_FOUND, "no such picture"),
            },
            (&Method::GET, "/v1/models") => self.models(),
            (&Method::GET, "/stats") => of_json(StatusCode::OK, &self.stats.as_json()),
            (&Method::POST, "/reset") => {
                self.stats.reset();
                of_json(StatusCode::OK, &json!({ "reset": true }))
            }
            (method, path) => {
                let message = format!(
                    "nothing answers {method} {path}; there are POST {}, GET /v1/models, GET /stats and POST /reset",
                    ENDPOINTS.join(", ")
                );
                error(StatusCode::NOT_FOUND, &message)
            }
        }
    }

    async fn batch(&self, request: Request<Incoming>) -> batch::Answer {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let kind =
            request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_string();
        // A body that breaks off is half a file, which the batch API refuses.
        let body = read(request).await.unwrap_or_default();
        let server = batch::Server {
            options: &self.options.batch,
            knobs: self.options.knobs(),
            model: &self.options.model,
            stats: &self.stats,
        };
        self.batches.answer(&server, &method, uri.path(), uri.query().unwrap_or_default(), &kind, &body)
    }

    fn models(&self) -> Answer {
        if let Some(status) = self.options.always_status {
            return always(status);
        }
        let model = json!({ "id": self.options.model, "object": "model", "owned_by": "tamis" });
        of_json(StatusCode::OK, &json!({ "object": "list", "data": [model] }))
    }

    async fn ask(self: Arc<Self>, request: Request<Incoming>) -> Answer {
        self.stats.begin();
        let header = |name: HeaderName| {
            request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_string()
        };
        let to = Addressed { path: request.uri().path().to_string(), kind: header(CONTENT_TYPE), host: header(HOST) };
        let body = match read(request).await {
            Ok(body) => body,
            Err(message) => return self.failed(error(StatusCode::BAD_REQUEST, &message)),
        };
        // A client that dies does not take its request back: the answer is made, and counted, as a provider would bill it.
        let server = self.clone();
        match tokio::spawn(async move { server.reply(&to, &body).await }).await {
            Ok(Some(answer)) => answer,
            Ok(None) => std::future::pending().await,
            Err(lost) => self.failed(error(StatusCode::INTERNAL_SERVER_ERROR, &lost.to_string())),
        }
    }

    /// The answer to a request, `None` for never.
    async fn reply(&self, to: &Addressed, body: &[u8]) -> Option<Answer> {
        if let Some(status) = self.options.always_status {
            return Some(self.failed(always(status)));
        }
        let asked = match Asked::read(&to.path, &to.kind, body, self.options.embed_dimension) {
            Ok(asked) => asked,
            Err(message) => return Some(self.failed(error(StatusCode::BAD_REQUEST, &message))),
        };
        let digest = asked.digest();
        let admitted = match self.stats.admit(&self.options, digest, body.len()) {
            Ok(admitted) => admitted,
            Err(Refused(wish)) => return Some(refused(wish)),
        };
        tokio::time::sleep(Duration::from_secs_f64(latency(&self.options, digest).max(0.0) / 1e3)).await;
        let fate = fate(&self.options, digest, admitted.time);
        if fate == Fate::Stall {
            return None;
        }
        let answer = self.suffer(fate, &asked, &to.host);
        // Before the answer leaves, so that a client that sends the next request at once is let in.
        drop(admitted);
        Some(answer)
    }

    fn suffer(&self, fate: Fate, asked: &Asked<'_>, host: &str) -> Answer {
        match fate {
            Fate::Error => self.failed(error(StatusCode::INTERNAL_SERVER_ERROR, "simulated failure")),
            Fate::Page => {
                self.stats.failed();
                of(StatusCode::OK, "text/html", "<!doctype html><html><body><h1>It works!</h1></body></html>")
            }
            Fate::Empty => self.failed(of_json(StatusCode::OK, &asked.empty())),
            fate => {
                let knobs = self.options.knobs();
                if let Some(completion) = asked.streamed(&knobs) {
                    self.stats.answered(asked.question(), asked.images());
                    return of(StatusCode::OK, "text/event-stream", events(&self.options.model, &completion));
                }
                let mut text = asked.answer(&self.options.model, &format!("http://{host}/v1"), &knobs).to_string();
                if fate == Fate::Malformed {
                    text.truncate(text.floor_char_boundary(text.len() / 2));
                    return self.failed(of(StatusCode::OK, "application/json", text));
                }
                self.stats.answered(asked.question(), asked.images());
                of(StatusCode::OK, "application/json", text)
            }
        }
    }

    fn failed(&self, answer: Answer) -> Answer {
        self.stats.failed();
        answer
    }
}

impl Options {
    fn knobs(&self) -> Knobs {
        Knobs {
            seed: self.seed,
            hallucination: self.hallucination,
            truncated_share: self.truncated_share,
            wrong_schema_share: self.wrong_schema_share,
            refusal_share: self.refusal_share,
        }
    }
}

impl Default for Options {
    /// A server that answers everything at once and well.
    fn default() -> Options {
        Options {
            port: 0,
            model: super::MODEL.to_string(),
            seed: 0,
            latency_ms: 0.0,
            latency_jitter: 0.0,
            max_in_flight: None,
            retry_after_s: None,
            requests_per_minute: None,
            always_status: None,
            error_share: 0.0,
            malformed_share: 0.0,
            html_share: 0.0,
            stall_share: 0.0,
            empty_share: 0.0,
            truncated_share: 0.0,
            wrong_schema_share: 0.0,
            refusal_share: 0.0,
            hallucination: 0.0,
            batch: BatchOptions::default(),
            embed_dimension: super::embed::DIMENSION,
        }
    }
}

async fn read(request: Request<Incoming>) -> Result<Vec<u8>, String> {
    let mut body = request.into_body();
    let expected = hyper::body::Body::size_hint(&body).exact().unwrap_or(0) as usize;
    let mut bytes = Vec::with_capacity(expected.min(LONGEST_BODY));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|e| format!("the body broke off: {e}"))?;
        bytes.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        if bytes.len() > LONGEST_BODY {
            return Err(format!("the body is longer than {LONGEST_BODY} bytes"));
        }
    }
    Ok(bytes)
}

/// The same answer as server-sent events: a few words in each.
fn events(model: &str, completion: &Completion) -> String {
    let mut text = String::new();
    let mut event = |choices: Json, usage: Json| {
        let chunk = json!({
            "id": "chatcmpl-simulated", "object": "chat.completion.chunk", "created": 0, "model": model,
            "choices": choices, "usage": usage,
        });
        text.push_str(&format!("data: {chunk}\n\n"));
    };
    for (index, written) in completion.answers.iter().enumerate() {
        let words: Vec<&str> = written.text.split_inclusive(' ').collect();
        for words in words.chunks(4) {
            event(
                json!([{ "index": index, "delta": { "content": words.concat() }, "finish_reason": null }]),
                Json::Null,
            );
        }
        let finish = if written.cut { "length" } else { "stop" };
        event(json!([{ "index": index, "delta": {}, "finish_reason": finish }]), Json::Null);
    }
    event(json!([]), usage(completion));
    text.push_str("data: [DONE]\n\n");
    text
}

fn refused(wish: Option<f64>) -> Answer {
    let mut answer = error(StatusCode::TOO_MANY_REQUESTS, "too many requests");
    if let Some(value) = wish.and_then(|seconds| HeaderValue::from_str(&seconds.to_string()).ok()) {
        answer.headers_mut().insert(RETRY_AFTER, value);
    }
    answer
}

fn always(status: u16) -> Answer {
    error(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), "simulated: always this status")
}

fn error(status: StatusCode, message: &str) -> Answer {
    of_json(status, &json!({ "error": { "message": message, "type": "simulated", "code": null } }))
}

fn of_json(status: StatusCode, value: &Json) -> Answer {
    of(status, "application/json", value.to_string())
}

fn of(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}
