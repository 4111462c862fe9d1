//! Web addresses: what a user names, and what a dataset names, which is trusted less.

use std::collections::{HashMap, HashSet};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{self, HeaderMap};
use reqwest::{Client, Response, StatusCode, Url};
use tamis_core::media::Bytes;
use tamis_core::place::Facts;
use tokio::sync::Semaphore;

use crate::address::shown;
use crate::cache::SMALL;
use crate::private::is_private;

/// How many requests one host gets at a time.
const PER_HOST: usize = 8;

/// How often a request is tried.
const ATTEMPTS: u32 = 4;

/// How long an answer may take, all of it.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often an answer may lead elsewhere.
const REDIRECTS: usize = 5;

/// What the environment lists hosts in that a dataset may name although they are of a private network.
const ALLOWED: &str = "TAMIS_PRIVATE_HOSTS";

/// Reads web addresses.
#[derive(Default)]
pub(crate) struct Web {
    /// hosts that the user named
    trusted: Mutex<HashSet<String>>,
    hosts: Mutex<HashMap<String, Arc<Semaphore>>>,
    clients: OnceLock<(Client, Client)>,
}

impl Web {
    /// Lets a host be of a private network: the user named it.
    pub(crate) fn trust(&self, url: &str) {
        if let Some(host) = Url::parse(url).ok().and_then(|url| host_of(&url)) {
            self.trusted.lock().unwrap_or_else(PoisonError::into_inner).insert(host);
        }
    }

    /// What is there; if it is small, also its bytes, which came along.
    pub(crate) async fn look(&self, url: &str) -> io::Result<(Facts, Option<Bytes>)> {
        let answer = self.get(url, Some(0..SMALL)).await?;
        if is_page(answer.headers()) {
            let kind = "a web page (text/html); a file was expected";
            return Err(io::Error::new(ErrorKind::InvalidData, format!("{}: {kind}", shown(url))));
        }
        let stamp = stamp(answer.headers());
        let total = total(answer.status(), answer.headers());
        if let Some(bytes) = total.filter(|total| *total > SMALL) {
            return Ok((Facts { is_dir: false, bytes, stamp }, None));
        }
        let body = body(url, answer, SMALL).await?;
        if total.is_some_and(|total| total != body.len() as u64) {
            return Err(broken(url, "the answer is shorter than the server said"));
        }
        Ok((Facts { is_dir: false, bytes: body.len() as u64, stamp }, Some(body)))
    }

    /// A stretch of what is there.
    pub(crate) async fn range(&self, url: &str, facts: &Facts, range: Range<u64>) -> io::Result<Bytes> {
        let answer = self.get(url, Some(range.clone())).await?;
        let wanted = range.end - range.start;
        let whole = wanted == facts.bytes;
        if answer.status() != StatusCode::PARTIAL_CONTENT && !whole {
            let message = format!("{}: the server sends no parts of files (no ranges); download it first", shown(url));
            return Err(io::Error::new(ErrorKind::Unsupported, message));
        }
        if stamp(answer.headers()) != facts.stamp {
            let message = format!("{}: the file has changed while it was used", shown(url));
            return Err(io::Error::new(ErrorKind::StaleNetworkFileHandle, message));
        }
        let bytes = body(url, answer, wanted).await?;
        if bytes.len() as u64 == wanted { Ok(bytes) } else { Err(broken(url, "the answer was cut off")) }
    }

    /// An answer that is a good one, after redirects and a few tries.
    async fn get(&self, url: &str, range: Option<Range<u64>>) -> io::Result<Response> {
        let parsed = Url::parse(url)
            .map_err(|e| io::Error::new(ErrorKind::InvalidInput, format!("`{}` is no URL: {e}", shown(url))))?;
        let mut attempt = 0;
        loop {
            let (error, wait) = match self.follow(&parsed, range.clone()).await {
                Ok(answer) if answer.status().is_success() => return Ok(answer),
                Ok(answer) => (refused(url, answer.status()), retry_after(answer.headers())),
                Err(error) => (error, None),
            };
            attempt += 1;
            if attempt >= ATTEMPTS || error.kind() != ErrorKind::TimedOut {
                return Err(error);
            }
            tokio::time::sleep(wait.unwrap_or(Duration::from_millis(200 << attempt))).await;
        }
    }

    async fn follow(&self, first: &Url, range: Option<Range<u64>>) -> io::Result<Response> {
        let may_be_private = self.is_trusted(first);
        let mut url = first.clone();
        for _ in 0..=REDIRECTS {
            let answer = self.once(&url, may_be_private, range.clone()).await?;
            if !answer.status().is_redirection() {
                return Ok(answer);
            }
            let to = answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
            let next = to.and_then(|to| url.join(to).ok()).filter(|to| matches!(to.scheme(), "http" | "https"));
            url = next.ok_or_else(|| refused(first.as_str(), answer.status()))?;
        }
        let message = format!("{}: more than {REDIRECTS} redirects", shown(first.as_str()));
        Err(io::Error::other(message))
    }

    async fn once(&self, url: &Url, may_be_private: bool, range: Option<Range<u64>>) -> io::Result<Response> {
        let host = host_of(url).ok_or_else(|| io::Error::other(format!("{}: no host", shown(url.as_str()))))?;
        // Names are looked at when they are resolved; addresses have to be looked at here.
        let literal = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
        if !may_be_private && literal.is_some_and(is_private) {
            return Err(private(url.as_str()));
        }
        let room = self.room(&host);
        let _room = room.acquire().await;
        let (public, any) = self.clients()?;
        let mut request = if may_be_private { any.get(url.clone()) } else { public.get(url.clone()) };
        if let Some(range) = range {
            request = request.header(header::RANGE, format!("bytes={}-{}", range.start, range.end.saturating_sub(1)));
        }
        request.send().await.map_err(|e| failed(url.as_str(), &e))
    }

    fn is_trusted(&self, url: &Url) -> bool {
        let Some(host) = host_of(url) else { return false };
        let named = self.trusted.lock().unwrap_or_else(PoisonError::into_inner).contains(&host);
        named || std::env::var(ALLOWED).is_ok_and(|hosts| hosts.split(',').any(|known| known.trim() == host))
    }

    fn room(&self, host: &str) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.entry(host.to_string()).or_insert_with(|| Arc::new(Semaphore::new(PER_HOST))).clone()
    }

    fn clients(&self) -> io::Result<&(Client, Client)> {
        if let Some(clients) = self.clients.get() {
            return Ok(clients);
        }
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = || {
            Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(Duration::from_secs(10))
                .read_timeout(Duration::from_secs(30))
                .timeout(PATIENCE)
                .user_agent(concat!("tamis/", env!("CARGO_PKG_VERSION")))
        };
        // A proxy would look names up itself, and past the check.
        let public = builder().no_proxy().dns_resolver(Arc::new(PublicOnly)).build();
        let built = (public.map_err(io::Error::other)?, builder().build().map_err(io::Error::other)?);
        Ok(self.clients.get_or_init(|| built))
    }
}

/// Resolves names to addresses of the public internet alone: what is checked is what is connected to.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_string();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            let public: Vec<SocketAddr> = found.into_iter().filter(|address| !is_private(address.ip())).collect();
            if public.is_empty() {
                return Err(PRIVATE.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

const PRIVATE: &str = "an address of a private network";

fn host_of(url: &Url) -> Option<String> {
    url.host_str().map(str::to_lowercase)
}

fn private(url: &str) -> io::Error {
    let host = Url::parse(url).ok().and_then(|url| host_of(&url)).unwrap_or_default();
    let message = format!("{}: {PRIVATE}, which a dataset may not name; {ALLOWED}={host} allows it", shown(url));
    io::Error::new(ErrorKind::PermissionDenied, message)
}

fn failed(url: &str, error: &reqwest::Error) -> io::Error {
    let mut why = String::new();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(error) = cause {
        why = error.to_string();
        cause = error.source();
    }
    if why.contains(PRIVATE) {
        return private(url);
    }
    let why = if error.is_timeout() { "no answer in time".to_string() } else { why };
    broken(url, &why)
}

/// An error that may go away.
fn broken(url: &str, why: &str) -> io::Error {
    io::Error::new(ErrorKind::TimedOut, format!("{}: {why}", shown(url)))
}

fn refused(url: &str, status: StatusCode) -> io::Error {
    let kind = match status.as_u16() {
        404 | 410 => ErrorKind::NotFound,
        401 | 403 | 407 | 451 => ErrorKind::PermissionDenied,
        408 | 425 | 429 | 500..=599 => ErrorKind::TimedOut,
        _ => ErrorKind::Other,
    };
    io::Error::new(kind, format!("{}: the server answered {status}", shown(url)))
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    const MOST: u64 = 20;
    let seconds: u64 = headers.get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds.min(MOST)))
}

fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.trim_start().to_ascii_lowercase().starts_with("text/html")
}

/// What tells one version of a file from another.
fn stamp(headers: &HeaderMap) -> String {
    let of = |name| headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    of(header::ETAG).or_else(|| of(header::LAST_MODIFIED)).unwrap_or_default().to_string()
}

/// The size of the whole file, as the server says it.
fn total(status: StatusCode, headers: &HeaderMap) -> Option<u64> {
    let of = |name| headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    match status {
        StatusCode::PARTIAL_CONTENT => of(header::CONTENT_RANGE)?.rsplit('/').next()?.parse().ok(),
        _ => of(header::CONTENT_LENGTH)?.parse().ok(),
    }
}

/// The body, refused beyond `most` bytes.
async fn body(url: &str, mut answer: Response, most: u64) -> io::Result<Bytes> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|e| failed(url, &e))? {
        if body.len() as u64 + chunk.len() as u64 > most {
            let message = format!("{}: more bytes came than were asked for ({most})", shown(url));
            return Err(io::Error::other(message));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::wait::wait;

    /// What a step of the way says, wherever it is in a chain of redirects.
    fn step(url: &'static str, may_be_private: bool) -> io::Error {
        let web = Arc::new(Web::default());
        wait(async move { web.once(&Url::parse(url).unwrap(), may_be_private, None).await.map(|_| ()) }).unwrap_err()
    }

    #[test]
    fn addresses_and_names_of_this_network_are_refused_before_anything_is_sent() {
        for url in ["http://127.0.0.1:1/x", "http://[::1]:1/x", "http://169.254.169.254/latest", "http://localhost:1/x"]
        {
            let error = step(url, false);
            assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{url}: {error}");
            assert!(error.to_string().contains("TAMIS_PRIVATE_HOSTS"), "{error}");
        }
    }

    #[test]
    fn a_host_that_the_user_named_may_be_of_this_network() {
        let error = step("http://127.0.0.1:1/x", true);
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
        let web = Web::default();
        web.trust("http://LocalHost:8080/data.jsonl");
        assert!(web.is_trusted(&Url::parse("http://localhost/other.jpg").unwrap()));
        assert!(!web.is_trusted(&Url::parse("http://127.0.0.1/other.jpg").unwrap()));
    }
}
