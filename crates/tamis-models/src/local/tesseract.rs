//! `backend: tesseract`: text in pictures, read by Debian's `tesseract`.

use std::io::{ErrorKind, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tamis_core::BBox;
use tamis_core::media::{Bytes, Format, Limits, Media, MediaStore, Orientation, decode, encode_png};
use tamis_core::model::{OcrReply, OcrRequest, OcrWord, Reply, Request, Usage};
use tokio::sync::Semaphore;

use crate::backend::{Answered, Ask, Backend};
use crate::fault::{Fault, FaultKind, shorten};
use crate::limits::concurrency::OnSend;

/// No table of words is longer than this.
const LONGEST_TABLE: u64 = 64 << 20;

/// `options` of a model with `backend: tesseract`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    /// the program: a path, or a name that is looked up in `PATH`
    tesseract: String,
    /// languages to expect where the request names none, as Tesseract calls them (`eng`, `deu`, `chi_sim`)
    languages: Vec<String>,
    /// how the page is laid out, 0 to 13: 3 finds out by itself, 6 one block, 7 one line, 11 scattered text
    psm: u8,
    /// pixels for an inch, where the picture does not say; `None` lets Tesseract guess
    dpi: Option<u32>,
    /// pictures that are read at once, each on one core
    workers: usize,
}

impl Default for Options {
    fn default() -> Options {
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        Options { tesseract: "tesseract".into(), languages: vec!["eng".into()], psm: 3, dpi: None, workers }
    }
}

impl Options {
    /// What of them decides what is read.
    pub(crate) fn asked(&self) -> impl Serialize + use<> {
        (self.languages.clone(), self.psm, self.dpi)
    }

    /// Whether they make sense.
    ///
    /// Errors, in words: the first that does not.
    pub(crate) fn check(self) -> Result<Options, String> {
        if self.psm > 13 || [0, 2].contains(&self.psm) {
            return Err(format!("`psm` is {}; expected 1 or 3 to 13, the modes that read text", self.psm));
        }
        if self.dpi.is_some_and(|dpi| !(70..=2400).contains(&dpi)) {
            return Err(format!("`dpi` is {}; expected 70 to 2400", self.dpi.unwrap_or_default()));
        }
        if !(1..=1024).contains(&self.workers) {
            return Err(format!("`workers` is {}; expected 1 to 1024", self.workers));
        }
        match self.languages.iter().find(|language| !is_language(language)) {
            Some(language) => {
                Err(format!("`{language}` is no language of Tesseract; expected one like eng or chi_sim"))
            }
            None if self.languages.is_empty() => Err("`languages` is empty; expected at least one, like [eng]".into()),
            None => Ok(self),
        }
    }
}

/// The program, after it was found to be there.
pub(crate) struct Tesseract {
    options: Options,
    installed: Vec<String>,
    timeout: Duration,
    places: Semaphore,
}

impl Tesseract {
    /// Looks for the program and its languages.
    ///
    /// Errors, in words: no program, or one without the languages of the binding.
    pub(crate) fn find(options: &Options, timeout_s: f64) -> Result<Tesseract, String> {
        let said = ask(options, "--list-langs")?;
        let installed = said.lines().skip(1).map(|line| line.trim().to_string()).collect();
        let places = Semaphore::new(options.workers);
        let timeout = Duration::from_secs_f64(timeout_s.min(86_400.0));
        let tesseract = Tesseract { options: options.clone(), installed, timeout, places };
        tesseract.languages(&[]).map(|_| tesseract)
    }

    async fn read(&self, request: &OcrRequest, media: &dyn MediaStore) -> Result<Answered, Fault> {
        let languages = self.languages(&request.languages).map_err(|e| Fault::new(FaultKind::Rejected, e))?;
        let (picture, note) = upright(&request.image, media).map_err(Fault::unsendable)?;
        let _place = self.places.acquire().await.map_err(|e| Fault::broken(e.to_string()))?;
        let table = self.run(self.command(&languages), picture).await?;
        let words = words(&table).map_err(|e| Fault::broken(format!("`{}` {e}", self.options.tesseract)))?;
        let reply = Reply::Ocr(OcrReply { words });
        Ok(Answered { reply, usage: Some(Usage::default()), notes: note.into_iter().collect(), pictures: Vec::new() })
    }

    /// The languages to read, as one argument.
    fn languages(&self, wanted: &[String]) -> Result<String, String> {
        let wanted = if wanted.is_empty() { &self.options.languages } else { wanted };
        match wanted.iter().find(|language| !self.installed.contains(language)) {
            Some(language) if is_language(language) => Err(format!(
                "`{}` has no data for the language `{language}` (it has {}); install it \
                 (apt-get install tesseract-ocr-{})",
                self.options.tesseract,
                self.installed.join(", "),
                language.replace('_', "-")
            )),
            Some(language) => {
                Err(format!("`{language}` is no language of Tesseract; expected one like eng or chi_sim"))
            }
            None => Ok(wanted.join("+")),
        }
    }

    fn command(&self, languages: &str) -> Command {
        let mut command = Command::new(&self.options.tesseract);
        command.args(["stdin", "stdout", "-l", languages, "--psm", &self.options.psm.to_string()]);
        if let Some(dpi) = self.options.dpi {
            command.args(["--dpi", &dpi.to_string()]);
        }
        // One core each: pictures are read side by side.
        command.arg("tsv").env("OMP_THREAD_LIMIT", "1");
        command
    }

    async fn run(&self, command: Command, picture: Bytes) -> Result<String, Fault> {
        let running = Running::default();
        let child = running.0.clone();
        let work = tokio::task::spawn_blocking(move || converse(command, &picture, &child));
        match tokio::time::timeout(self.timeout, work).await {
            Ok(Ok(result)) => result.map_err(|e| Fault::broken(format!("`{}` {e}", self.options.tesseract))),
            Ok(Err(panic)) => Err(Fault::broken(panic.to_string())),
            Err(_) => Err(Fault::new(
                FaultKind::TimedOut,
                format!("`{}` took more than {} s", self.options.tesseract, self.timeout.as_secs_f64()),
            )),
        }
    }
}

impl Backend for Tesseract {
    fn send<'a>(&'a self, ask: &'a Ask<'a>, on_send: OnSend) -> BoxFuture<'a, Result<Answered, Fault>> {
        drop(on_send);
        Box::pin(async move {
            match ask.request {
                Request::Ocr(request) => self.read(request, ask.media).await,
                _ => Err(Fault::unsendable("backend tesseract reads text in pictures and plays ocr only")),
            }
        })
    }
}

/// The program with its version: what pictures were read by.
///
/// Errors, in words: no such program.
pub(crate) fn version(options: &Options) -> Result<String, String> {
    let said = ask(options, "--version")?;
    Ok(said.lines().next().unwrap_or("tesseract").trim().to_string())
}

fn ask(options: &Options, question: &str) -> Result<String, String> {
    let output = Command::new(&options.tesseract).arg(question).stdin(Stdio::null()).output();
    let output = output.map_err(|e| match e.kind() {
        ErrorKind::NotFound => {
            format!("there is no `{}` here; install it (apt-get install tesseract-ocr)", options.tesseract)
        }
        _ => format!("cannot run `{}`: {e}", options.tesseract),
    })?;
    // Older versions answer on standard error.
    let said = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    let said = String::from_utf8_lossy(&said).into_owned();
    if output.status.success() {
        Ok(said)
    } else {
        Err(format!("`{}` {question}: {}", options.tesseract, shorten(&said, 300)))
    }
}

fn is_language(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && text.len() <= 32
}

/// The picture as Tesseract takes it, which looks at no EXIF tag and reads PNG and JPEG surely.
fn upright(media: &Media, store: &dyn MediaStore) -> Result<(Bytes, Option<String>), String> {
    let header = media.header(store).map_err(|e| e.to_string())?;
    let bytes = store.read(media).map_err(|e| e.to_string())?;
    let plain = matches!((header.format, header.channels), (Format::Png, _) | (Format::Jpeg, 1 | 3));
    if plain && header.orientation == Orientation::Upright && !header.animated {
        return Ok((bytes, None));
    }
    let error = |e: String| media.error(e).to_string();
    let image = decode(&bytes, &Limits::default()).map_err(error)?;
    let png = encode_png(&image).map_err(error)?;
    Ok((png.into(), Some("the picture was handed over upright as PNG".into())))
}

/// A program that is stopped when nobody waits for it any more.
#[derive(Default)]
struct Running(Arc<Mutex<Option<Child>>>);

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            let _ = child.kill();
        }
    }
}

/// Hands the picture over and takes the table.
fn converse(mut command: Command, picture: &[u8], running: &Mutex<Option<Child>>) -> Result<String, String> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("cannot be run: {e}"))?;
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    *running.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
    let (Some(mut stdin), Some(stdout), Some(mut stderr)) = pipes else { return Err("has no pipes".into()) };
    let (mut table, mut errors) = (Vec::new(), Vec::new());
    let read = std::thread::scope(|threads| {
        // A program that ends before it has read everything breaks the pipe; what it says tells why.
        threads.spawn(move || stdin.write_all(picture));
        threads.spawn(|| {
            let _ = (&mut stderr).take(4096).read_to_end(&mut errors);
            std::io::copy(&mut stderr, &mut std::io::sink())
        });
        stdout.take(LONGEST_TABLE).read_to_end(&mut table)
    });
    read.map_err(|e| format!("broke off: {e}"))?;
    let child = running.lock().unwrap_or_else(PoisonError::into_inner).take();
    let status = child.map(|mut child| child.wait()).transpose().map_err(|e| e.to_string())?;
    match status.is_some_and(|status| status.success()) {
        true => String::from_utf8(table).map_err(|_| "answered with bytes that are no text".into()),
        false => Err(format!("failed: {}", shorten(&String::from_utf8_lossy(&errors), 300))),
    }
}

/// The words of Tesseract's table: level, page, block, paragraph, line, word, left, top, width, height, confidence, text.
fn words(table: &str) -> Result<Vec<OcrWord>, String> {
    const WORD: &str = "5";
    let mut words = Vec::new();
    let (mut lines, mut blocks) = (Counted::default(), Counted::default());
    for row in table.lines().skip(1) {
        let cells: Vec<&str> = row.splitn(12, '\t').collect();
        let [WORD, page, block, paragraph, line, _, left, top, width, height, confidence, text] = cells[..] else {
            continue;
        };
        if text.trim().is_empty() {
            continue;
        }
        let number =
            |cell: &str| cell.parse::<f64>().map_err(|_| format!("answered with a bad row: {}", shorten(row, 100)));
        let (left, top) = (number(left)?, number(top)?);
        words.push(OcrWord {
            text: text.trim().to_string(),
            bbox: BBox([left, top, left + number(width)?, top + number(height)?]),
            confidence: (number(confidence)? / 100.0).clamp(0.0, 1.0),
            line: lines.of([page, block, paragraph, line].join("/")),
            block: blocks.of([page, block].join("/")),
        });
    }
    Ok(words)
}

/// Numbers things that come one after the other.
#[derive(Default)]
struct Counted {
    last: String,
    count: u32,
}

impl Counted {
    fn of(&mut self, name: String) -> u32 {
        if self.last != name {
            self.last = name;
            self.count += 1;
        }
        self.count - 1
    }
}

#[cfg(test)]
mod tests;
