//! One HTTP server: its connections, and what its status codes mean.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Once;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;
use tokio::time::timeout;

use super::answer::is_page;
use crate::fault::{Fault, FaultKind, shorten};
use crate::limits::concurrency::OnSend;
use crate::limits::retry::retry_after;
use crate::secret::{Secret, bare_url, scrub};

/// No answer is longer than this.
const LONGEST_ANSWER: usize = 64 << 20;

/// A pool of connections to one server.
pub(crate) struct Http {
    client: Client,
    url: String,
    address: String,
    key: Option<Secret>,
    timeout: Duration,
}

impl Http {
    /// A client of `url` that keeps up to `connections` connections. Sends nothing.
    ///
    /// Errors: a URL or key that cannot be used.
    pub(crate) fn new(url: &str, key: Option<Secret>, timeout: Duration, connections: usize) -> Result<Http, String> {
        static CRYPTOGRAPHY: Once = Once::new();
        CRYPTOGRAPHY.call_once(|| {
            // An error means that somebody else has installed one, which is as good.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let address = bare_url(url);
        let parsed = reqwest::Url::parse(url).map_err(|e| format!("`{address}` is no URL: {e}"))?;
        let mut builder = Client::builder()
            .default_headers(headers(key.as_ref())?)
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
        Ok(Http { client, url: url.trim_end_matches('/').to_string(), address, key, timeout })
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
        let request = self.client.get(format!("{}/models", self.url));
        let bytes = self.exchange(request).await?;
        let list: ModelList = serde_json::from_slice(&bytes).map_err(|e| match is_page(&bytes) {
            true => self.broken("answered with a web page instead of a list of models; does the URL lack /v1?"),
            false => self.broken(&format!("answered with something else than a list of models: {e}")),
        })?;
        Ok(list.data.into_iter().map(|model| model.id).collect())
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
        let hint = match self.models().await {
            Ok(models) if models.iter().any(|served| served == model) => "does the URL lack /v1?".to_string(),
            Ok(models) => format!("it serves no model `{model}`; it serves: {}", shorten(&models.join(", "), 300)),
            Err(_) => "does the URL lack /v1? It lists no models either".to_string(),
        };
        Fault { message: format!("{}; {hint}", fault.message), ..fault }
    }

    async fn exchange(&self, request: reqwest::RequestBuilder) -> Result<Vec<u8>, Fault> {
        let answer = async {
            let response = request.send().await.map_err(|e| self.unsent(&e))?;
            let (status, headers) = (response.status(), response.headers().clone());
            let bytes = read_body(response).await.map_err(|e| self.broken(&e))?;
            if status.is_success() { Ok(bytes) } else { Err(self.refused(status, &headers, &bytes)) }
        };
        match timeout(self.timeout, answer).await {
            Ok(result) => result,
            Err(_) => Err(self.timed_out()),
        }
    }

    fn timed_out(&self) -> Fault {
        let seconds = self.timeout.as_secs_f64();
        let message = format!("{} gave no answer within {seconds} s; is limits.timeout_s too short?", self.address);
        Fault::new(FaultKind::TimedOut, message)
    }

    fn unsent(&self, error: &reqwest::Error) -> Fault {
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

    fn refused(&self, status: StatusCode, headers: &HeaderMap, bytes: &[u8]) -> Fault {
        let said = self.said(bytes);
        let message = format!("{} answered {} {}: {said}", self.address, status.as_u16(), reason(status));
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let wish = text("retry-after").and_then(|value| retry_after(value, text("date")));
        let (kind, hint) = match status.as_u16() {
            429 if said.contains("insufficient_quota") => (FaultKind::Unusable, "; the account has no quota left"),
            429 => (FaultKind::Busy { wish }, ""),
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
    data: Vec<ModelEntry>,
}

#[derive(Deserialize)]
struct ModelEntry {
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

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

fn headers(key: Option<&Secret>) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    if let Some(key) = key {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", key.reveal()))
            .map_err(|_| format!("the environment variable {} holds characters no key has", key.variable()))?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
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
