//! Files that are too large to be held: uploaded from disk, read line by line.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use reqwest::header::CONTENT_TYPE;
use tokio::time::timeout;

use super::http::{Http, LONGEST_ANSWER, chain, read_body};
use crate::fault::Fault;

/// How long an upload may take at the least, whatever the timeout of a request.
const UPLOAD: Duration = Duration::from_secs(900);
/// What is read from the disk at a time.
const PIECE: usize = 256 << 10;
/// What separates the parts of the form; no request holds it, for a JSON text has no bare line that begins so.
const BOUNDARY: &str = "tamis-form-6e9c1f0b5a7d4c32";

impl Http {
    /// Uploads a file of requests for a batch and returns the body of the answer.
    pub(crate) async fn upload(&self, path: &Path) -> Result<Vec<u8>, Fault> {
        let name = path.file_name().map_or("requests.jsonl".into(), |name| name.to_string_lossy().into_owned());
        let form = Form::open(path, &name).map_err(|e| Fault::unsendable(format!("{}: {e}", path.display())))?;
        let request = self
            .client
            .post(format!("{}/files", self.url))
            .header(CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"))
            .body(reqwest::Body::wrap(form));
        self.exchange_within(self.timeout.max(UPLOAD), request).await
    }

    /// Reads a file line by line until `take` returns false. The timeout is that of each piece.
    pub(crate) async fn lines(&self, path: &str, mut take: impl FnMut(&[u8]) -> bool + Send) -> Result<(), Fault> {
        let request = self.client.get(format!("{}/{path}", self.url)).send();
        let mut response =
            timeout(self.timeout, request).await.map_err(|_| self.timed_out())?.map_err(|e| self.unsent(&e))?;
        if !response.status().is_success() {
            let (status, headers) = (response.status(), response.headers().clone());
            let bytes = read_body(response).await.map_err(|e| self.broken(&e))?;
            return Err(self.refused(status, &headers, &bytes));
        }
        let mut held = Vec::new();
        loop {
            let piece = timeout(self.timeout, response.chunk()).await.map_err(|_| self.timed_out())?;
            let Some(piece) = piece.map_err(|e| self.broken(&format!("broke off a file: {}", chain(&e))))? else {
                break;
            };
            let mut rest = &piece[..];
            while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                held.extend_from_slice(&rest[..end]);
                if !take(&held) {
                    return Ok(());
                }
                held.clear();
                rest = &rest[end + 1..];
            }
            held.extend_from_slice(rest);
            if held.len() > LONGEST_ANSWER {
                return Err(self.broken(&format!("has a line of more than {LONGEST_ANSWER} bytes in a file")));
            }
        }
        if !held.is_empty() {
            take(&held);
        }
        Ok(())
    }
}

/// A form with a file, read as it is sent.
struct Form {
    head: Option<Bytes>,
    file: File,
    left: u64,
    tail: Option<Bytes>,
}

impl Form {
    fn open(path: &Path, name: &str) -> std::io::Result<Form> {
        let file = File::open(path)?;
        let left = file.metadata()?.len();
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--{BOUNDARY}\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/jsonl\r\n\r\n"
        );
        let tail = format!("\r\n--{BOUNDARY}--\r\n");
        Ok(Form { head: Some(head.into()), file, left, tail: Some(tail.into()) })
    }
}

impl Body for Form {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if let Some(head) = self.head.take() {
            return Poll::Ready(Some(Ok(Frame::data(head))));
        }
        if self.left > 0 {
            let mut piece = vec![0; PIECE.min(self.left as usize)];
            if let Err(error) = self.file.read_exact(&mut piece) {
                return Poll::Ready(Some(Err(error)));
            }
            self.left -= piece.len() as u64;
            return Poll::Ready(Some(Ok(Frame::data(piece.into()))));
        }
        Poll::Ready(self.tail.take().map(|tail| Ok(Frame::data(tail))))
    }

    fn is_end_stream(&self) -> bool {
        self.tail.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let ends = [&self.head, &self.tail].into_iter().flatten().map(|bytes| bytes.len() as u64).sum::<u64>();
        SizeHint::with_exact(self.left + ends)
    }
}
