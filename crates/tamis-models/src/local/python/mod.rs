//! `backend: python`: programs in a sandbox.
//!
//! A worker is an interpreter in bubblewrap that has imported what the binding names and forks for each program. What
//! keeps programs from each other and from the machine, from outside to inside:
//!
//! - bubblewrap: no network, no process of the machine in sight, the system and the interpreter read-only and nothing
//!   else of the disk, one directory in memory of a limited size, no environment, no capabilities;
//! - the worker: cannot be debugged or read by the programs, holds the line to this process alone, runs one program at
//!   a time, reads what it wrote only after its end, removes it before the next;
//! - the program: limits of the kernel on memory, time, files; a seccomp filter that refuses new processes, sockets,
//!   memory that no limit counts, and all calls that name another process.

mod options;
mod sandbox;
mod worker;

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use futures::future::BoxFuture;
use tamis_core::media::{Bytes, Limits, MediaHash, MediaStore, decode};
use tamis_core::model::{CodeEnd, CodeReply, CodeRequest, Reply, Request, Usage};
use tokio::sync::Semaphore;

use crate::backend::{Answered, Ask, Backend};
use crate::fault::Fault;
use crate::limits::concurrency::OnSend;
pub(crate) use options::Options;
use sandbox::Interpreter;
use worker::{Broken, Done, Job, Worker};

/// Bytes of a program with its input and files.
const MOST_GIVEN: u64 = 64 << 20;

/// Warm workers and what they are made by.
pub(crate) struct Runner {
    options: Options,
    interpreter: Interpreter,
    idle: Mutex<Vec<Worker>>,
    places: Semaphore,
}

impl Backend for Runner {
    fn send<'a>(&'a self, ask: &'a Ask<'a>, on_send: OnSend) -> BoxFuture<'a, Result<Answered, Fault>> {
        drop(on_send);
        Box::pin(async move {
            match ask.request {
                Request::Code(request) => self.run(request, ask.media).await,
                _ => Err(Fault::unsendable("backend python runs programs and plays code-runner only")),
            }
        })
    }
}

impl Runner {
    /// A runner with one worker that is warm. Waits until it is.
    ///
    /// Errors, in words: no such interpreter, no bubblewrap, no right to make a sandbox, a module that is not there.
    pub(crate) fn start(options: &Options) -> Result<Runner, String> {
        if let Some(missing) = options.readable.iter().find(|path| !Path::new(path).exists()) {
            return Err(format!("`readable` has `{missing}`, which is not there"));
        }
        let interpreter = Interpreter::find(&options.python, &options.preload)?;
        let places = Semaphore::new(options.workers);
        let runner = Runner { options: options.clone(), interpreter, idle: Mutex::new(Vec::new()), places };
        let first = runner.warm()()?;
        runner.put(first);
        Ok(runner)
    }

    /// Runs a program.
    ///
    /// Errors: a request that cannot be run, a sandbox that cannot be made any more. What a program does is no error.
    pub(crate) async fn run(&self, request: &CodeRequest, media: &dyn MediaStore) -> Result<Answered, Fault> {
        let job = self.job(request, media).map_err(Fault::unsendable)?;
        let _place = self.places.acquire().await.map_err(|e| Fault::broken(e.to_string()))?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let worker = match idle {
            Some(worker) => worker,
            None => {
                let warm = tokio::task::spawn_blocking(self.warm()).await;
                warm.map_err(|e| Fault::broken(e.to_string()))?.map_err(Fault::broken)?
            }
        };
        let (result, worker) = worker.run(job).await;
        if let Some(worker) = worker {
            self.put(worker);
        }
        match result {
            Ok(done) => Ok(answered(done)),
            Err(Broken::During(why)) => Ok(ended_its_sandbox(&why)),
            Err(Broken::Before(why)) => Err(Fault::broken(format!("a worker of `backend: python` died: {why}"))),
        }
    }

    fn job(&self, request: &CodeRequest, media: &dyn MediaStore) -> Result<Job, String> {
        let time_s = request.timeout_s.unwrap_or(self.options.time_s).min(self.options.time_s).max(0.01);
        let mut given = (request.program.len() + request.input.len()) as u64;
        let mut files = Vec::with_capacity(request.files.len());
        for (name, file) in &request.files {
            check_name(name)?;
            if files.iter().any(|(other, _)| other == name) {
                return Err(format!("two files for the program are called `{name}`"));
            }
            let bytes = media.read(file).map_err(|e| e.to_string())?;
            given += bytes.len() as u64;
            files.push((name.clone(), bytes));
        }
        if given > MOST_GIVEN {
            return Err(format!(
                "the program with its input and files has {given} bytes; at most {MOST_GIVEN} are taken"
            ));
        }
        let (program, input) = (request.program.to_string(), request.input.to_string());
        Ok(Job { program, input, files, outputs: request.outputs.clone(), time_s })
    }

    /// What makes a worker; it waits, and may run on another thread.
    fn warm(&self) -> impl FnOnce() -> Result<Worker, String> + Send + 'static {
        let most = 2 * self.options.output_bytes + (self.options.disk_mb << 20) + MOST_GIVEN;
        let command = sandbox::command(&self.interpreter, &self.options);
        move || Worker::start(command, most)
    }

    fn put(&self, worker: Worker) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
    }
}

fn check_name(name: &str) -> Result<(), String> {
    let plain = !name.is_empty() && name.len() <= 255 && !name.contains(['/', '\0']) && name != "." && name != "..";
    if plain {
        Ok(())
    } else {
        Err(format!("`{name}` is no name for a file of the program; expected one like map.png"))
    }
}

fn answered(done: Done) -> Answered {
    let Done { head, stdout, stderr, pictures } = done;
    let stdout = String::from_utf8_lossy(&stdout).into_owned();
    let stderr = String::from_utf8_lossy(&stderr).into_owned();
    let (mut notes, mut images, mut kept) = (head.notes, Vec::new(), Vec::new());
    for (name, bytes) in pictures {
        match decode(&bytes, &Limits::default()) {
            Ok(_) => {
                images.push((name, MediaHash::of(&bytes)));
                kept.push(Bytes::from(bytes));
            }
            Err(why) => notes.push(format!("{name:?} is left out: {why}")),
        }
    }
    let end = end(head.status, head.stopped.as_deref(), &stderr);
    let reply = Reply::Code(CodeReply { end, stdout, stderr, images });
    Answered { reply, usage: Some(Usage::default()), notes, pictures: kept }
}

/// How a program ended, from its exit status and, where the kernel's limits showed as exceptions, its last words.
fn end(status: i32, stopped: Option<&str>, stderr: &str) -> CodeEnd {
    const KILLED: i32 = -9;
    const TOO_MUCH_CPU: i32 = -24;
    const TOO_LARGE_FILE: i32 = -25;
    let last = stderr.trim_end().rsplit('\n').next().unwrap_or_default();
    let limit = |what: &str| CodeEnd::Limit(what.to_string());
    match (stopped, status) {
        (Some("time"), _) | (None, TOO_MUCH_CPU) => CodeEnd::Timeout,
        (Some(_), _) => limit("it printed far more than is kept"),
        (None, KILLED) => limit("it was killed, as the kernel does when memory runs out"),
        (None, TOO_LARGE_FILE) => limit("it wrote too large a file"),
        (None, 1) if last.contains("MemoryError") => limit("it took too much memory"),
        (None, 1) if last.starts_with("OSError: [Errno 28]") => limit("it wrote more than its directory holds"),
        (None, 1) if last.starts_with("OSError: [Errno 27]") => limit("it wrote too large a file"),
        (None, 1) if last.contains("can't start new thread") => limit("it started too many threads"),
        (None, signal) if signal < 0 => CodeEnd::Exit(128 - signal),
        (None, status) => CodeEnd::Exit(status),
    }
}

fn ended_its_sandbox(why: &str) -> Answered {
    let end = CodeEnd::Limit(format!("it ended its sandbox ({why})"));
    let reply = CodeReply { end, stdout: String::new(), stderr: String::new(), images: Vec::new() };
    Answered { reply: Reply::Code(reply), usage: Some(Usage::default()), notes: Vec::new(), pictures: Vec::new() }
}

/// What programs are run by: the interpreter and the imported modules with their versions.
///
/// Errors: those of [`Runner::start`] about the interpreter.
pub(crate) fn versions(options: &Options) -> Result<String, String> {
    Interpreter::find(&options.python, &options.preload).map(|interpreter| interpreter.versions)
}

#[cfg(test)]
mod tests;
