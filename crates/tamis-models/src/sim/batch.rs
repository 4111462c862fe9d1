//! The batch API of the simulated server: files, batches, output and error files, and what goes wrong with them.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame};
use hyper::{Method, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use tamis_core::RecordId;
use tamis_core::rng::Rng;
use tokio::time::Instant;

use super::asked::Asked;
use super::form;
use super::reply::Knobs;
use super::stats::Stats;
use super::wire::Ask;

/// What the lines of a batch may ask.
const ENDPOINT: &str = "/v1/chat/completions";

/// How often the download of one file breaks off at most.
const MOST_CUTS: u32 = 3;

/// How the simulated batch API behaves. All shares are from 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BatchOptions {
    /// milliseconds from the submission of a batch to its end
    pub time_ms: f64,
    /// requests that end with 500 in the error file
    pub line_error_share: f64,
    /// batches that expire with a quarter of their requests undone
    pub expired_share: f64,
    /// batches that fail validation
    pub failed_share: f64,
    /// looks at a batch that are answered 500
    pub poll_error_share: f64,
    /// submissions that are taken and answered 500
    pub lost_share: f64,
    /// downloads that break off halfway, at most three of each file
    pub cut_share: f64,
}

/// What a response of the batch API is made of.
pub(super) type Answer = Response<BoxBody<Bytes, std::io::Error>>;

/// The files and batches of one server.
#[derive(Default)]
pub(super) struct Batches(Mutex<State>);

#[derive(Default)]
struct State {
    files: HashMap<String, Bytes>,
    batches: Vec<Batch>,
    /// how often each request was in a batch
    arrivals: HashMap<[u8; 16], u32>,
    draws: u32,
    /// how often the download of a file broke off
    cuts: HashMap<String, u32>,
}

struct Batch {
    id: String,
    input: String,
    metadata: Json,
    window: Json,
    created: u64,
    due: Instant,
    requests: usize,
    outcome: Outcome,
}

/// How a batch will end, drawn when it is submitted.
struct Outcome {
    status: &'static str,
    errors: Json,
    output: Option<String>,
    error: Option<String>,
    completed: usize,
    failed: usize,
}

#[derive(Deserialize)]
struct Line {
    custom_id: String,
    method: String,
    url: String,
    body: Json,
}

/// What of the server the batch API needs.
pub(super) struct Server<'a> {
    pub(super) options: &'a BatchOptions,
    pub(super) knobs: Knobs,
    pub(super) model: &'a str,
    pub(super) stats: &'a Stats,
}

/// Whether a path belongs to the batch API.
pub(super) fn is_for(path: &str) -> bool {
    ["/v1/files", "/v1/batches"].iter().any(|prefix| path.starts_with(prefix))
}

impl Batches {
    /// Answers a request; `kind` is its content type.
    pub(super) fn answer(
        &self,
        server: &Server<'_>,
        method: &Method,
        path: &str,
        query: &str,
        kind: &str,
        body: &[u8],
    ) -> Answer {
        let segments: Vec<&str> = path.trim_start_matches("/v1/").split('/').collect();
        match (method, segments.as_slice()) {
            (&Method::POST, ["files"]) => self.upload(kind, body),
            (&Method::GET, ["files", id, "content"]) => self.download(server, id),
            (&Method::POST, ["batches"]) => self.submit(server, body),
            (&Method::GET, ["batches"]) => self.list(query),
            (&Method::GET, ["batches", id]) => self.look(server, id),
            _ => error(StatusCode::NOT_FOUND, &format!("the batch API has no {method} {path}")),
        }
    }

    fn upload(&self, kind: &str, body: &[u8]) -> Answer {
        let fields = match form::read(kind, body) {
            Ok(fields) => fields,
            Err(message) => return error(StatusCode::BAD_REQUEST, &message),
        };
        let field = |name: &str| fields.iter().find(|field| field.name == name).map(|field| field.bytes);
        let (Some(file), Some(b"batch")) = (field("file"), field("purpose")) else {
            return error(StatusCode::BAD_REQUEST, "expected a form with `file` and the `purpose` batch");
        };
        let mut state = self.lock();
        let id = format!("file-{}", state.files.len());
        let size = file.len();
        state.files.insert(id.clone(), Bytes::copy_from_slice(file));
        of_json(StatusCode::OK, &json!({ "id": id, "object": "file", "bytes": size, "purpose": "batch" }))
    }

    fn submit(&self, server: &Server<'_>, body: &[u8]) -> Answer {
        let Ok(asked) = serde_json::from_slice::<Json>(body) else {
            return error(StatusCode::BAD_REQUEST, "the body is no JSON");
        };
        if asked["endpoint"] != ENDPOINT || !asked["completion_window"].is_string() {
            return error(StatusCode::BAD_REQUEST, "expected `endpoint` /v1/chat/completions and `completion_window`");
        }
        let mut state = self.lock();
        let input = asked["input_file_id"].as_str().unwrap_or_default().to_string();
        let Some(file) = state.files.get(&input).cloned() else {
            return error(StatusCode::BAD_REQUEST, &format!("there is no file {input}"));
        };
        let id = format!("batch_{}", state.batches.len());
        let (requests, outcome) = state.run(server, &id, &file);
        let created = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        let due = Instant::now() + Duration::from_secs_f64(server.options.time_ms.max(0.0) / 1e3);
        let (metadata, window) = (asked["metadata"].clone(), asked["completion_window"].clone());
        state.batches.push(Batch { id, input, metadata, window, created, due, requests, outcome });
        if state.draw(server, "lost") < server.options.lost_share {
            return error(StatusCode::INTERNAL_SERVER_ERROR, "simulated: taken, and the answer lost");
        }
        of_json(StatusCode::OK, &state.batches.last().map(Batch::as_json).unwrap_or_default())
    }

    fn list(&self, query: &str) -> Answer {
        let field = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        let limit = field("limit").and_then(|n| n.parse().ok()).unwrap_or(20_usize).clamp(1, 100);
        let state = self.lock();
        let newest_first = state.batches.iter().rev();
        let mut rest =
            newest_first.skip_while(|batch| field("after").is_some_and(|after| batch.id != after)).peekable();
        if field("after").is_some() {
            rest.next();
        }
        let page: Vec<Json> = rest.by_ref().take(limit).map(Batch::as_json).collect();
        of_json(StatusCode::OK, &json!({ "object": "list", "data": page, "has_more": rest.peek().is_some() }))
    }

    fn look(&self, server: &Server<'_>, id: &str) -> Answer {
        let mut state = self.lock();
        if state.draw(server, "poll") < server.options.poll_error_share {
            return error(StatusCode::INTERNAL_SERVER_ERROR, "simulated failure");
        }
        match state.batches.iter().find(|batch| batch.id == id) {
            Some(batch) => of_json(StatusCode::OK, &batch.as_json()),
            None => error(StatusCode::NOT_FOUND, &format!("there is no batch {id}")),
        }
    }

    fn download(&self, server: &Server<'_>, id: &str) -> Answer {
        let mut state = self.lock();
        let Some(file) = state.files.get(id).cloned() else {
            return error(StatusCode::NOT_FOUND, &format!("there is no file {id}"));
        };
        let breaks = state.draw(server, "cut") < server.options.cut_share;
        let cuts = state.cuts.entry(id.to_string()).or_default();
        if breaks && *cuts < MOST_CUTS {
            *cuts += 1;
            return cut(file);
        }
        respond(StatusCode::OK, "application/octet-stream", Full::new(file).map_err(|never| match never {}).boxed())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A number from 0 to 1 that is another at each time, and the same in another run of the same order.
    fn draw(&mut self, server: &Server<'_>, what: &str) -> f64 {
        self.draws += 1;
        Rng::keyed(server.knobs.seed, RecordId([0; 16]), what, &[self.draws]).unit()
    }

    /// Works a file off at once; the outcome is told when it is due.
    fn run(&mut self, server: &Server<'_>, id: &str, file: &[u8]) -> (usize, Outcome) {
        let lines: Vec<&[u8]> = file.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        let nothing =
            |errors: Json| Outcome { status: "failed", errors, output: None, error: None, completed: 0, failed: 0 };
        let lines = match read_lines(&lines) {
            Ok(lines) => lines,
            Err(problem) => return (lines.len(), nothing(json!({ "object": "list", "data": [problem] }))),
        };
        if self.draw(server, "failed") < server.options.failed_share {
            let problem = json!({ "code": "token_limit_exceeded", "message": "simulated: too much is enqueued" });
            return (lines.len(), nothing(json!({ "object": "list", "data": [problem] })));
        }
        let expired = self.draw(server, "expired") < server.options.expired_share;
        let done = if expired { lines.len() * 3 / 4 } else { lines.len() };
        let (mut output, mut errors) = (String::new(), String::new());
        let (mut completed, mut failed) = (0, 0);
        for (i, line) in lines.iter().enumerate() {
            let result = if i < done { self.line(server, line) } else { Err(expired_line()) };
            let (file, count, mut told) = match result {
                Ok(told) => (&mut output, &mut completed, told),
                Err(told) => (&mut errors, &mut failed, told),
            };
            told["id"] = json!(format!("batch_req_{id}_{i}"));
            told["custom_id"] = json!(line.custom_id);
            *count += 1;
            file.push_str(&format!("{told}\n"));
        }
        let mut keep = |text: String, name: &str| {
            let id = format!("file-{name}-{id}");
            (!text.is_empty()).then(|| {
                self.files.insert(id.clone(), text.into());
                id
            })
        };
        let (output, error) = (keep(output, "output"), keep(errors, "error"));
        let status = if expired { "expired" } else { "completed" };
        (lines.len(), Outcome { status, errors: Json::Null, output, error, completed, failed })
    }

    /// The answer to one line, or its error.
    fn line(&mut self, server: &Server<'_>, line: &Line) -> Result<Json, Json> {
        let body = line.body.to_string();
        let responded = |status: u16, body: Json| json!({ "response": { "status_code": status, "request_id": "simulated", "body": body }, "error": null });
        let said = |message: &str| json!({ "error": { "message": message, "type": "simulated" } });
        let ask = Ask::read(body.as_bytes()).map_err(|message| responded(400, said(&message)))?;
        let times = self.arrivals.entry(ask.digest).or_default();
        *times += 1;
        let mut rng = Rng::keyed(server.knobs.seed, RecordId(ask.digest), "simulated line", &[*times]);
        if rng.unit() < server.options.line_error_share {
            server.stats.failed();
            return Err(responded(500, said("simulated failure")));
        }
        server.stats.answered(ask.messages_digest, ask.images);
        Ok(responded(200, Asked::Chat(ask).answer(server.model, "", &server.knobs)))
    }
}

impl Batch {
    fn as_json(&self) -> Json {
        let over = Instant::now() >= self.due;
        let outcome = &self.outcome;
        let status = if over { outcome.status } else { "in_progress" };
        let told = |value: &Option<String>| if over { json!(value) } else { Json::Null };
        let (completed, failed) = if over { (outcome.completed, outcome.failed) } else { (0, 0) };
        json!({
            "id": self.id, "object": "batch", "endpoint": ENDPOINT, "input_file_id": self.input,
            "completion_window": self.window, "status": status, "created_at": self.created,
            "output_file_id": told(&outcome.output), "error_file_id": told(&outcome.error),
            "errors": if over { outcome.errors.clone() } else { Json::Null },
            "request_counts": { "total": self.requests, "completed": completed, "failed": failed },
            "metadata": self.metadata,
        })
    }
}

/// The lines of a file, or what is wrong with the first bad one.
fn read_lines(lines: &[&[u8]]) -> Result<Vec<Line>, Json> {
    let mut ids = HashSet::new();
    let mut read = Vec::with_capacity(lines.len());
    for (i, bytes) in lines.iter().enumerate() {
        let problem = |code: &str, message: String| json!({ "code": code, "message": message, "line": i + 1 });
        let line: Line =
            serde_json::from_slice(bytes).map_err(|e| problem("invalid_json_line", format!("no request: {e}")))?;
        if line.method != "POST" || line.url != ENDPOINT {
            return Err(problem("invalid_url", format!("nothing answers {} {}", line.method, line.url)));
        }
        if !ids.insert(line.custom_id.clone()) {
            return Err(problem("duplicate_custom_id", format!("{} is there twice", line.custom_id)));
        }
        read.push(line);
    }
    match read.is_empty() {
        true => Err(json!({ "code": "empty_file", "message": "the file holds no request" })),
        false => Ok(read),
    }
}

fn expired_line() -> Json {
    let message = "This request could not be executed before the completion window expired.";
    json!({ "response": null, "error": { "code": "batch_expired", "message": message } })
}

/// The first half of a file; then the connection breaks.
fn cut(file: Bytes) -> Answer {
    let half = file.slice(..file.len() / 2);
    let broken = std::io::Error::other("simulated: broken off");
    let frames = futures::stream::iter([Ok(Frame::data(half)), Err(broken)]);
    respond(StatusCode::OK, "application/octet-stream", BodyExt::boxed(StreamBody::new(frames)))
}

fn error(status: StatusCode, message: &str) -> Answer {
    of_json(status, &json!({ "error": { "message": message, "type": "simulated", "code": null } }))
}

fn of_json(status: StatusCode, value: &Json) -> Answer {
    let body = Full::new(Bytes::from(value.to_string())).map_err(|never| match never {});
    respond(status, "application/json", body.boxed())
}

fn respond(status: StatusCode, kind: &'static str, body: BoxBody<Bytes, std::io::Error>) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer.headers_mut().insert(hyper::header::CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    answer
}
