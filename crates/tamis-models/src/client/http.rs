//! One HTTP server: its connections, and what its status codes mean.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Once;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;
use tokio::time::timeout;

use super::answer::is_page;
use super::dialect::{Dialect, OPENAI};
use crate::fault::{Fault, FaultKind, shorten};
use crate::limits::concurrency::OnSend;
use crate::limits::retry::retry_after;
use crate::secret::{Secret, bare_url, scrub};

/// No answer is longer than this.
pub(super) const LONGEST_ANSWER: usize = 64 << 20;

/// A pool of connections to one server.
pub(crate) struct Http {
    pub(super) client: Client,
    pub(super) url: String,
    address: String,
    key: Option<Secret>,
    pub(super) timeout: Duration,
    dialect: &'static Dialect,
}

impl Http {
    /// A client of `url`, which speaks OpenAI's protocol, that keeps up to `connections` connections. Sends nothing.
    ///
    /// Errors: a URL or key that cannot be used.
    pub(crate) fn new(url: &str, key: Option<Secret>, timeout: Duration, connections: usize) -> Result<Http, String> {
        Http::speaking(&OPENAI, url, key, timeout, connections)
    }

    /// The same in another dialect.
    pub(crate) fn speaking(
        dialect: &'static Dialect,
        url: &str,
        key: Option<Secret>,
        timeout: Duration,
        connections: usize,
    ) -> Result<Http, String> {
        static CRYPTOGRAPHY: Once = Once::new();
        CRYPTOGRAPHY.call_once(|| {
            // An error means that somebody else has installed one, which is as good.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let address = bare_url(url);
        let parsed = reqwest::Url::parse(url).map_err(|e| format!("`{address}` is no URL: {e}"))?;
        let mut builder = Client::builder()
            .default_headers(dialect.headers(key.as_ref())?)
            .user_agent(concat!("tamis/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10).min(timeout))
            .pool_max_idle_per_host(connections)
            .tcp_nodelay(true)
            .redirect(reqwest::redirect::Policy::none());
        if parsed.scheme() == "http" {
            // Without TLS the system's certificates need not be read, which takes time and memory.
            builder = builder.tls_certs_only([]).http1_only();
        }
        if is_local(&parsed) {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|e| format!("no client for {address}: {}", chain(&e)))?;
        Ok(Http { client, url: url.trim_end_matches('/').to_string(), address, key, timeout, dialect })
    }

    /// Sends a JSON body and returns the body of a successful answer.
    pub(crate) async fn post(&self, path: &str, body: Vec<u8>, on_send: OnSend) -> Result<Vec<u8>, Fault> {
        self.post_as("application/json", path, body, on_send).await
    }

    /// Sends a body of another kind.
    pub(crate) async fn post_as(
        &self,
        kind: &str,
        path: &str,
        body: Vec<u8>,
        on_send: OnSend,
    ) -> Result<Vec<u8>, Fault> {
        let body = reqwest::Body::wrap(Outgoing { bytes: Some(body.into()), on_send: Some(on_send) });
        let request = self.client.post(format!("{}/{path}", self.url)).header(CONTENT_TYPE, kind).body(body);
        self.exchange(request).await
    }

    /// Sends any request and returns the body of a successful answer; `said` reads from the body of another what is
    /// wrong, where the general way would miss it.
    pub(crate) async fn fetch(
        &self,
        build: impl FnOnce(&Client, &str) -> reqwest::RequestBuilder,
        said: fn(&[u8]) -> Option<String>,
    ) -> Result<Vec<u8>, Fault> {
        let request = build(&self.client, &self.url);
        let answer = async {
            let response = request.send().await.map_err(|e| self.unsent(&e))?;
            let (status, headers) = (response.status(), response.headers().clone());
            let bytes = read_body(response).await.map_err(|e| self.broken(&e))?;
            if status.is_success() {
                return Ok(bytes);
            }
            let fault = self.refused(status, &headers, &bytes);
            match said(&bytes) {
                Some(said) => {
                    Err(Fault { message: format!("{}: {}", self.address, scrub(&said, self.key.as_ref())), ..fault })
                }
                None => Err(fault),
            }
        };
        timeout(self.timeout, answer).await.unwrap_or_else(|_| Err(self.timed_out()))
    }

    /// Asks for something and returns the body of a successful answer.
    pub(crate) async fn get(&self, path: &str) -> Result<Vec<u8>, Fault> {
        self.exchange(self.client.get(format!("{}/{path}", self.url))).await
    }

    /// The server's address, fit to be shown.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// A text from the server without secrets.
    pub(crate) fn clean(&self, text: &str) -> String {
        scrub(text, self.key.as_ref())
    }

    /// The address as given, for what is relative to it.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// How long an answer may take.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The names of the models that the server offers.
    pub(crate) async fn models(&self) -> Result<Vec<String>, Fault> {
        let bytes = self.get("models").await?;
        let list: ModelList = serde_json::from_slice(&bytes).map_err(|e| match is_page(&bytes) {
            true => {
                let version = self.dialect.version;
                let said =
                    format!("answered with a web page instead of a list of models; does the URL lack {version}?");
                self.broken(&said)
            }
            false => self.broken(&format!("answered with something else than a list of models: {e}")),
        })?;
        let name = |model: ModelEntry| model.id.strip_prefix("models/").map_or(model.id.clone(), str::to_string);
        Ok(list.data.into_iter().map(name).collect())
    }

    /// A fault that may go away, with the server's name before it.
    pub(crate) fn broken(&self, what: &str) -> Fault {
        Fault::broken(format!("{} {}", self.address, scrub(what, self.key.as_ref())))
    }

    /// Adds what helps against a fault that all requests share.
    pub(crate) async fn explain(&self, fault: Fault, model: &str) -> Fault {
        if !fault.message.contains(" 404 ") {
            return fault;
        }
        let version = self.dialect.version;
        let hint = match self.models().await {
            Ok(models) if models.iter().any(|served| served == model) => format!("does the URL lack {version}?"),
            Ok(models) => format!("it serves no model `{model}`; it serves: {}", shorten(&models.join(", "), 300)),
            Err(_) => format!("does the URL lack {version}? It lists no models either"),
        };
        Fault { message: format!("{}; {hint}", fault.message), ..fault }
    }

    async fn exchange(&self, request: reqwest::RequestBuilder) -> Result<Vec<u8>, Fault> {
        self.exchange_within(self.timeout, request).await
    }

    pub(super) async fn exchange_within(
        &self,
        most: Duration,
        request: reqwest::RequestBuilder,
    ) -> Result<Vec<u8>, Fault> {
        let answer = async {
            let response = request.send().await.map_err(|e| self.unsent(&e))?;
            let (status, headers) = (response.status(), response.headers().clone());
            let bytes = read_body(response).await.map_err(|e| self.broken(&e))?;
            if status.is_success() { Ok(bytes) } else { Err(self.refused(status, &headers, &bytes)) }
        };
        match timeout(most, answer).await {
            Ok(result) => result,
            Err(_) => Err(self.timed_out()),
        }
    }

    pub(super) fn timed_out(&self) -> Fault {
        let seconds = self.timeout.as_secs_f64();
        let message = format!("{} gave no answer within {seconds} s; is limits.timeout_s too short?", self.address);
        Fault::new(FaultKind::TimedOut, message)
    }

    pub(super) fn unsent(&self, error: &reqwest::Error) -> Fault {
        let reason = scrub(&chain(error), self.key.as_ref());
        if error.is_timeout() && !error.is_connect() {
            return self.timed_out();
        }
        match error.is_connect() {
            true => {
                let message = format!("{} cannot be reached: {reason}; is the server running?", self.address);
                Fault::new(FaultKind::Unreachable, message)
            }
            false => self.broken(&format!("broke the connection: {reason}")),
        }
    }

    pub(super) fn refused(&self, status: StatusCode, headers: &HeaderMap, bytes: &[u8]) -> Fault {
        let said = self.said(bytes);
        let message = format!("{} answered {} {}: {said}", self.address, status.as_u16(), reason(status));
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let header = text("retry-after").and_then(|value| retry_after(value, text("date")));
        let wish = header.or_else(|| retry_delay(bytes));
        let (kind, hint) = match status.as_u16() {
            429 if said.contains("insufficient_quota") => (FaultKind::Unusable, "; the account has no quota left"),
            // 529 is how Anthropic says that it is overloaded.
            429 | 529 => (FaultKind::Busy { wish }, ""),
            400 if said.contains("API key not valid") => {
                return Fault::new(FaultKind::Unusable, format!("{message}; {}", self.key_hint()));
            }
            400 if said.contains("credit balance is too low") => (FaultKind::Unusable, ""),
            408 | 409 | 425 | 500.. => (FaultKind::Broken { wish }, ""),
            401 | 403 => return Fault::new(FaultKind::Unusable, format!("{message}; {}", self.key_hint())),
            404 | 405 => (FaultKind::Unusable, ""),
            300..=399 => (FaultKind::Unusable, "; it points elsewhere: write the address it points to"),
            402 => (FaultKind::Unusable, "; the account has no credit"),
            _ => (FaultKind::Rejected, ""),
        };
        Fault::new(kind, format!("{message}{hint}"))
    }

    /// What an error's body says, on one line, without secrets.
    fn said(&self, bytes: &[u8]) -> String {
        if is_page(bytes) {
            return "a web page instead of JSON".into();
        }
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(10_000)]);
        let said = serde_json::from_slice::<ErrorBody>(bytes).ok().and_then(ErrorBody::text);
        let said = shorten(&scrub(&said.unwrap_or(text.into_owned()), self.key.as_ref()), 400);
        if said.is_empty() { "nothing more".into() } else { said }
    }

    fn key_hint(&self) -> String {
        match &self.key {
            Some(key) => {
                format!("the key comes from the environment variable {}: is it the right one?", key.variable())
            }
            None => "no key is bound: write `key: ${NAME}` under the model, with NAME an environment variable".into(),
        }
    }
}

/// A body that tells when the connection takes it: connecting is over then.
struct Outgoing {
    bytes: Option<Bytes>,
    on_send: Option<OnSend>,
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.on_send = None;
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, Bytes::len) as u64)
    }
}

/// Whether a server seems to have refused a request because of how a schema was asked for.
pub(super) fn dislikes_schema(fault: &Fault) -> bool {
    const WORDS: [&str; 6] = ["response_format", "json_schema", "json_object", "schema", "guided", "grammar"];
    let message = fault.message.to_lowercase();
    fault.kind == FaultKind::Rejected && WORDS.iter().any(|word| message.contains(word))
}

#[derive(Deserialize)]
struct ModelList {
    #[serde(alias = "models")]
    data: Vec<ModelEntry>,
}

#[derive(Deserialize)]
struct ModelEntry {
    #[serde(alias = "name")]
    id: String,
}

/// The shapes in which servers say what is wrong.
#[derive(Deserialize)]
struct ErrorBody {
    error: Option<serde_json::Value>,
    message: Option<String>,
    detail: Option<serde_json::Value>,
}

impl ErrorBody {
    fn text(self) -> Option<String> {
        let Some(error) = self.error else {
            return self.message.or(self.detail.map(|detail| plain(&detail)));
        };
        let code = error.get("code").and_then(|c| c.as_str()).map(|c| format!(" ({c})")).unwrap_or_default();
        Some(match error.get("message") {
            Some(message) => plain(message) + &code,
            None => plain(&error),
        })
    }
}

/// The wish that Google writes into the body: `error.details[].retryDelay`, as in `"34s"`.
fn retry_delay(bytes: &[u8]) -> Option<Duration> {
    let error = serde_json::from_slice::<ErrorBody>(bytes).ok()?.error?;
    let said = error.get("details")?.as_array()?.iter().find_map(|detail| detail.get("retryDelay")?.as_str())?;
    retry_after(said.strip_suffix('s')?, None)
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

fn is_local(url: &reqwest::Url) -> bool {
    matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]" | "0.0.0.0"))
}

/// The body of an answer, up to the limit.
pub(super) async fn read_body(mut response: Response) -> Result<Vec<u8>, String> {
    let expected = response.content_length().unwrap_or(4096).min(1 << 20) as usize;
    let mut bytes = Vec::with_capacity(expected);
    while let Some(chunk) = response.chunk().await.map_err(|e| format!("broke off its answer: {}", chain(&e)))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LONGEST_ANSWER {
            return Err(format!("answered with more than {LONGEST_ANSWER} bytes"));
        }
    }
    Ok(bytes)
}

/// An error with its causes, without the URL, which may hold a password.
pub(super) fn chain(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    causes.dedup();
    if causes.is_empty() { "no reason given".into() } else { causes.join(": ") }
}

fn reason(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or("")
}
