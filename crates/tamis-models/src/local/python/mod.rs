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

use std::sync::{Arc, Mutex, PoisonError};

use tamis_core::media::{Limits, Media, MediaKind, MediaStore, decode};
use tamis_core::model::{CodeEnd, CodeReply, CodeRequest};
use tokio::sync::Semaphore;

use crate::fault::Fault;
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
    versions: Vec<String>,
}

impl Runner {
    /// A runner with one worker that is warm.
    ///
    /// Errors, in words: no such interpreter, no bubblewrap, no right to make a sandbox, a module that is not there.
    pub(crate) async fn start(options: Options) -> Result<Runner, String> {
        if let Some(missing) = options.readable.iter().find(|path| !std::path::Path::new(path).is_absolute()) {
            return Err(format!("`readable` has `{missing}`; expected an absolute path"));
        }
        if let Some(missing) = options.readable.iter().find(|path| !std::path::Path::new(path).exists()) {
            return Err(format!("`readable` has `{missing}`, which is not there"));
        }
        let interpreter = Interpreter::find(&options.python)?;
        let places = Semaphore::new(options.workers);
        let mut runner = Runner { options, interpreter, idle: Mutex::new(Vec::new()), places, versions: Vec::new() };
        let first = runner.warm().await?;
        runner.versions = first.versions.clone();
        runner.put(first);
        Ok(runner)
    }

    /// The interpreter and the imported modules with their versions: what programs were run by.
    pub(crate) fn versions(&self) -> String {
        self.versions.join(", ")
    }

    /// Runs a program; the pictures it wrote are put into `media`. The second value tells what was left out.
    ///
    /// Errors: a request that cannot be run, a sandbox that cannot be made any more. What a program does is no error.
    pub(crate) async fn run(
        &self,
        request: &CodeRequest,
        media: &dyn MediaStore,
    ) -> Result<(CodeReply, Vec<String>), Fault> {
        let job = self.job(request, media).map_err(Fault::unsendable)?;
        let _place = self.places.acquire().await.map_err(|e| Fault::broken(e.to_string()))?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let worker = match idle {
            Some(worker) => worker,
            None => self.warm().await.map_err(Fault::broken)?,
        };
        let (result, worker) = worker.run(job).await;
        if let Some(worker) = worker {
            self.put(worker);
        }
        match result {
            Ok(done) => reply(done, media),
            Err(Broken::During(why)) => Ok((ended_its_sandbox(&why), Vec::new())),
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

    async fn warm(&self) -> Result<Worker, String> {
        let most = 2 * self.options.output_bytes + (self.options.disk_mb << 20) + MOST_GIVEN;
        Worker::start(sandbox::command(&self.interpreter, &self.options), most).await
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

fn reply(done: Done, media: &dyn MediaStore) -> Result<(CodeReply, Vec<String>), Fault> {
    let Done { head, stdout, stderr, pictures } = done;
    let stderr = String::from_utf8_lossy(&stderr).into_owned();
    let (mut notes, mut images) = (head.notes, Vec::new());
    for (name, bytes) in pictures {
        match picture(&bytes, media)? {
            Ok(image) => images.push((name, image.hash(media).map_err(|e| Fault::broken(e.to_string()))?)),
            Err(why) => notes.push(format!("{name:?} is left out: {why}")),
        }
    }
    let end = end(head.status, head.stopped.as_deref(), &stderr);
    Ok((CodeReply { end, stdout: String::from_utf8_lossy(&stdout).into_owned(), stderr, images }, notes))
}

/// Puts a picture into the store, if it is one.
fn picture(bytes: &[u8], media: &dyn MediaStore) -> Result<Result<Arc<Media>, String>, Fault> {
    match decode(bytes, &Limits::default()) {
        Ok(_) => media.put(MediaKind::Image, bytes).map(Ok).map_err(|e| Fault::broken(e.to_string())),
        Err(why) => Ok(Err(why)),
    }
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

fn ended_its_sandbox(why: &str) -> CodeReply {
    let end = CodeEnd::Limit(format!("it ended its sandbox ({why})"));
    CodeReply { end, stdout: String::new(), stderr: String::new(), images: Vec::new() }
}

#[cfg(test)]
mod tests;
