//! One warm interpreter: its thread, its line, its end.

use std::io::{ErrorKind, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

/// No message of a worker is longer than this, pictures aside.
const LONGEST_HEAD: u32 = 1 << 20;
/// Seconds beyond a program's own in which a worker has to answer; then it is beyond help.
const GRACE: Duration = Duration::from_secs(20);
/// Seconds in which the modules have to be imported.
const WARMING: Duration = Duration::from_secs(180);

/// A worker that waits for a program.
#[derive(Debug)]
pub(super) struct Worker {
    jobs: mpsc::Sender<Asked>,
    child: Arc<Mutex<Option<Child>>>,
}

/// A program and what it is given.
pub(super) struct Job {
    pub(super) program: String,
    pub(super) input: String,
    pub(super) files: Vec<(String, Arc<[u8]>)>,
    pub(super) outputs: Vec<String>,
    pub(super) time_s: f64,
}

/// A job and where its outcome goes.
type Asked = (Job, oneshot::Sender<Result<Done, Broken>>);

/// Why there is no outcome.
#[derive(Debug)]
pub(super) enum Broken {
    /// the worker was gone before the program came
    Before(String),
    /// it broke off while the program ran
    During(String),
}

/// What became of it.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) head: Head,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    pub(super) pictures: Vec<(String, Vec<u8>)>,
}

/// What a worker says of a program.
#[derive(Debug, Deserialize)]
pub(super) struct Head {
    /// its exit status; below 0 the signal that ended it
    pub(super) status: i32,
    /// why the worker stopped it
    pub(super) stopped: Option<String>,
    /// outputs that were left out, and why
    pub(super) notes: Vec<String>,
    /// whether the worker ends with this answer
    last: bool,
    lengths: [u64; 2],
    pictures: Vec<(String, u64)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Hello {
    Ready,
    Error(String),
}

#[derive(Serialize)]
struct WireJob<'a> {
    program: &'a str,
    input: usize,
    files: Vec<(&'a str, usize)>,
    outputs: &'a [String],
    time_s: f64,
}

impl Worker {
    /// Starts a sandbox and waits until its modules are imported. `most` limits what a program may give back.
    ///
    /// Errors, in words: bubblewrap is not there or may not make a sandbox, a module that cannot be imported.
    pub(super) fn start(command: Command, most: u64) -> Result<Worker, String> {
        let (jobs, inbox) = mpsc::channel();
        let (ready, hello) = mpsc::channel();
        let child = Arc::new(Mutex::new(None));
        let kept = child.clone();
        // A thread of its own: the sandbox dies with the thread that started it.
        std::thread::Builder::new()
            .name("tamis-python".into())
            .spawn(move || serve(command, most, &kept, &ready, &inbox))
            .map_err(|e| format!("cannot start a thread: {e}"))?;
        let worker = Worker { jobs, child };
        match hello.recv_timeout(WARMING) {
            Ok(hello) => hello.map(|()| worker),
            Err(RecvTimeoutError::Disconnected) => Err("the sandbox ended before it began".into()),
            Err(RecvTimeoutError::Timeout) => {
                Err(format!("the modules of `preload` were not imported within {} s", WARMING.as_secs()))
            }
        }
    }

    /// Runs a program; gives the worker back if it can run another.
    ///
    /// Errors: the worker died or did not answer.
    pub(super) async fn run(self, job: Job) -> (Result<Done, Broken>, Option<Worker>) {
        let (reply, answer) = oneshot::channel();
        let patience = Duration::from_secs_f64(job.time_s) + GRACE;
        if self.jobs.send((job, reply)).is_err() {
            return (Err(Broken::Before("the sandbox is gone".into())), None);
        }
        match tokio::time::timeout(patience, answer).await {
            Ok(Ok(Ok(done))) => {
                let again = !done.head.last;
                (Ok(done), again.then_some(self))
            }
            Ok(Ok(Err(broken))) => (Err(broken), None),
            Ok(Err(_)) => (Err(Broken::Before("the sandbox is gone".into())), None),
            Err(_) => (Err(Broken::During("it does not answer".into())), None),
        }
    }
}

impl Drop for Worker {
    /// Ends the sandbox with everything in it.
    fn drop(&mut self) {
        if let Some(child) = self.child.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            let _ = child.kill();
        }
    }
}

fn serve(
    mut command: Command,
    most: u64,
    kept: &Mutex<Option<Child>>,
    ready: &mpsc::Sender<Result<(), String>>,
    inbox: &mpsc::Receiver<Asked>,
) {
    // Its standard input and output are the line to it.
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let _ = ready.send(Err(not_started(&error)));
            return;
        }
    };
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
    let (Some(mut asks), Some(mut answers), Some(errors)) = pipes else { return };
    let complaints = complaints(errors);
    let hello = match read_head::<Hello>(&mut answers) {
        Ok(Hello::Ready) => Ok(()),
        Ok(Hello::Error(message)) => Err(message),
        Err(error) => {
            end(kept);
            Err(not_made(&error, &complaints.join().unwrap_or_default()))
        }
    };
    let good = hello.is_ok();
    let wanted = ready.send(hello).is_ok();
    while let (true, Ok((job, reply))) = (good && wanted, inbox.recv()) {
        let result = ask(&mut asks, &job)
            .map_err(|e| Broken::Before(e.to_string()))
            .and_then(|()| hear(&mut answers, most).map_err(|e| Broken::During(e.to_string())));
        let over = result.as_ref().map_or(true, |done| done.head.last);
        let _ = reply.send(result);
        if over {
            break;
        }
    }
    end(kept);
}

fn end(kept: &Mutex<Option<Child>>) {
    if let Some(mut child) = kept.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn ask(asks: &mut impl Write, job: &Job) -> std::io::Result<()> {
    let head = WireJob {
        program: &job.program,
        input: job.input.len(),
        files: job.files.iter().map(|(name, bytes)| (name.as_str(), bytes.len())).collect(),
        outputs: &job.outputs,
        time_s: job.time_s,
    };
    let text = serde_json::to_vec(&head)?;
    let length = u32::try_from(text.len()).map_err(|_| std::io::Error::other("a program of more than 4 GiB"))?;
    asks.write_all(&length.to_be_bytes())?;
    asks.write_all(&text)?;
    asks.write_all(job.input.as_bytes())?;
    for (_, bytes) in &job.files {
        asks.write_all(bytes)?;
    }
    asks.flush()
}

fn hear(answers: &mut impl Read, most: u64) -> std::io::Result<Done> {
    let head: Head = read_head(answers)?;
    let total = head.pictures.iter().map(|(_, length)| *length).chain(head.lengths).fold(0, u64::saturating_add);
    if total > most {
        return Err(std::io::Error::other(format!("{total} bytes of output, {most} are expected at most")));
    }
    let (stdout, stderr) = (read(answers, head.lengths[0])?, read(answers, head.lengths[1])?);
    let pictures = head
        .pictures
        .iter()
        .map(|(name, length)| Ok((name.clone(), read(answers, *length)?)))
        .collect::<std::io::Result<_>>()?;
    Ok(Done { head, stdout, stderr, pictures })
}

fn read_head<T: for<'de> Deserialize<'de>>(input: &mut impl Read) -> std::io::Result<T> {
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    if length > LONGEST_HEAD {
        return Err(std::io::Error::other(format!("a message of {length} bytes")));
    }
    Ok(serde_json::from_slice(&read(input, length.into())?)?)
}

fn read(input: &mut impl Read, length: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match input.take(length).read_to_end(&mut bytes)? as u64 == length {
        true => Ok(bytes),
        false => Err(ErrorKind::UnexpectedEof.into()),
    }
}

/// Reads what bubblewrap and the worker complain of, to its end, and keeps the start.
fn complaints(mut errors: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut start = Vec::new();
        let _ = (&mut errors).take(4096).read_to_end(&mut start);
        let _ = std::io::copy(&mut errors, &mut std::io::sink());
        String::from_utf8_lossy(&start).into_owned()
    })
}

fn not_started(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => {
            "programs run in bubblewrap only, and there is no `bwrap` here; install it (apt-get install bubblewrap)"
                .into()
        }
        _ => format!("cannot run `bwrap`: {error}"),
    }
}

fn not_made(error: &std::io::Error, said: &str) -> String {
    let said = match said.trim() {
        "" => format!("it ended without a word ({error})"),
        said => crate::fault::shorten(said, 400),
    };
    format!(
        "programs run in bubblewrap only, and `bwrap` cannot make a sandbox here: {said}; \
         it needs user namespaces (sysctl kernel.unprivileged_userns_clone=1, \
         kernel.apparmor_restrict_unprivileged_userns=0; in a container: --security-opt seccomp=unconfined)"
    )
}
