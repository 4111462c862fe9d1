//! `backend: onnx`: texts and pictures to vectors, by a model in this process.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;

use futures::future::BoxFuture;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use tamis_core::Vector;
use tamis_core::media::{Limits, MediaStore, decode};
use tamis_core::model::{EmbedRequest, Part, Reply, Request, Usage};
use tamis_onnx::{Embedder, Model, Prepared};
use tokio::sync::{Semaphore, oneshot};

use crate::backend::{Answered, Ask, Backend};
use crate::fault::Fault;
use crate::limits::concurrency::OnSend;

/// `options` of a model with `backend: onnx`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Options {
    /// items that go through the model together, where they wait; more are faster, one gives the same bits always
    #[serde(default = "one")]
    batch: usize,
    /// models that are open side by side, each with weights of its own
    #[serde(default = "one")]
    workers: usize,
    /// the model and how it is asked
    model: Model,
}

impl Options {
    /// Whether they make sense; files are taken from `folder`.
    ///
    /// Errors, in words: the first that does not.
    pub(crate) fn check(self, folder: &Path) -> Result<Options, String> {
        let within = |name: &str, value: usize, most: usize| match (1..=most).contains(&value) {
            true => Ok(()),
            false => Err(format!("`{name}` is {value}; expected 1 to {most}")),
        };
        within("batch", self.batch, 1024)?;
        within("workers", self.workers, 64)?;
        if self.model.text.is_some() == self.model.image.is_some() {
            return Err("a model embeds texts or pictures: write one of `text` and `image`".into());
        }
        Ok(Options { model: self.model.within(folder), ..self })
    }

    /// Whether it embeds texts; else pictures.
    pub(crate) fn reads_texts(&self) -> bool {
        self.model.text.is_some()
    }

    /// What decides the vectors, beside the files.
    pub(crate) fn asked(&self) -> Json {
        let Model { output, pooling, normalise, text, image, .. } = &self.model;
        let text = text.as_ref().map(|text| (text.max_tokens, text.padding, text.pad_id));
        json!([output, pooling, normalise, text, image])
    }
}

/// The model's file name with the hash of its contents and of the tokenizer's: a changed file is another model.
///
/// Errors, in words: a file that cannot be read.
pub(crate) fn name(options: &Options) -> Result<String, String> {
    let mut hash = blake3::Hasher::new();
    let files = [Some(&options.model.file), options.model.text.as_ref().map(|text| &text.tokenizer)];
    for file in files.into_iter().flatten() {
        let mut read = || hash.update_reader(std::fs::File::open(file)?).map(drop);
        read().map_err(|e| format!("cannot read {}: {e}", file.display()))?;
    }
    let stem = options.model.file.file_stem().unwrap_or_default().to_string_lossy();
    Ok(format!("{stem} {}", &hash.finalize().to_hex()[..16]))
}

/// Open models, each with a thread of its own.
pub(crate) struct Onnx {
    /// cuts and scales; the same for all
    first: Arc<Embedder>,
    jobs: mpsc::SyncSender<Job>,
    /// as many texts and pictures are prepared at once
    preparing: Semaphore,
}

type Job = (Prepared, oneshot::Sender<Result<Vec<f32>, String>>);

impl Onnx {
    /// Opens the model.
    ///
    /// Errors, in words: no ONNX Runtime, no model, no tokenizer, a model that embeds nothing.
    pub(crate) fn open(options: &Options) -> Result<Onnx, String> {
        let open = || Embedder::open(&options.model).map(Arc::new).map_err(|e| e.to_string());
        let first = open()?;
        let (jobs, inbox) = mpsc::sync_channel(options.batch * options.workers * 2);
        let inbox = Arc::new(std::sync::Mutex::new(inbox));
        for worker in 0..options.workers {
            let embedder = if worker == 0 { first.clone() } else { open()? };
            let (inbox, batch) = (inbox.clone(), options.batch);
            std::thread::Builder::new()
                .name("tamis-onnx".into())
                .spawn(move || work(&embedder, &inbox, batch))
                .map_err(|e| format!("cannot start a thread: {e}"))?;
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Onnx { first, jobs, preparing: Semaphore::new(cores) })
    }

    async fn embed(&self, request: &EmbedRequest, media: &dyn MediaStore) -> Result<Answered, Fault> {
        let vector = {
            let _place = self.preparing.acquire().await.map_err(|e| Fault::broken(e.to_string()))?;
            let prepare = self.prepare(request, media).map_err(Fault::unsendable)?;
            let (jobs, (answer, vector)) = (self.jobs.clone(), oneshot::channel());
            // Neither the work on pixels nor the wait for a place in the queue holds up the runtime.
            let sent = tokio::task::spawn_blocking(move || {
                let prepared = prepare()?;
                jobs.send((prepared, answer)).map_err(|_| "the model's thread is gone".to_string())
            });
            sent.await.map_err(|e| Fault::broken(e.to_string()))?.map_err(Fault::unsendable)?;
            vector
        };
        let numbers = vector.await.map_err(|_| Fault::broken("the model's thread is gone"))?.map_err(Fault::broken)?;
        let vector = Vector::new(numbers).ok_or_else(|| Fault::broken("the model gave numbers that are not finite"))?;
        Ok(Answered {
            reply: Reply::Embed(vector),
            usage: Some(Usage::default()),
            notes: Vec::new(),
            pictures: Vec::new(),
        })
    }

    /// What turns the item into numbers, on another thread.
    fn prepare(
        &self,
        request: &EmbedRequest,
        media: &dyn MediaStore,
    ) -> Result<Box<dyn FnOnce() -> Result<Prepared, String> + Send>, String> {
        let embedder = self.first.clone();
        match &request.item {
            Part::Text(text) => {
                let text = text.clone();
                Ok(Box::new(move || embedder.text(&text).map_err(|e| e.to_string())))
            }
            Part::Image(image) => {
                let bytes = media.read(image).map_err(|e| e.to_string())?;
                let image = image.clone();
                Ok(Box::new(move || {
                    let pixels = decode(&bytes, &Limits::default()).map_err(|e| image.error(e).to_string())?;
                    embedder.picture(&pixels).map_err(|e| image.error(e.to_string()).to_string())
                }))
            }
        }
    }
}

impl Backend for Onnx {
    fn send<'a>(&'a self, ask: &'a Ask<'a>, on_send: OnSend) -> BoxFuture<'a, Result<Answered, Fault>> {
        drop(on_send);
        Box::pin(async move {
            match ask.request {
                Request::Embed(request) => self.embed(request, ask.media).await,
                _ => Err(Fault::unsendable("backend onnx embeds and plays text-embed and image-embed only")),
            }
        })
    }
}

/// Takes what waits, at most a batch, until nobody can ask any more.
fn work(embedder: &Embedder, inbox: &std::sync::Mutex<mpsc::Receiver<Job>>, most: usize) {
    loop {
        let mut batch = Vec::with_capacity(most);
        {
            let inbox = inbox.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let Ok(first) = inbox.recv() else { return };
            batch.push(first);
            batch.extend(inbox.try_iter().take(most - 1));
        }
        let (items, answers): (Vec<Prepared>, Vec<_>) = batch.into_iter().unzip();
        match embedder.embed(&items) {
            Ok(vectors) => {
                for (answer, vector) in answers.into_iter().zip(vectors) {
                    let _ = answer.send(Ok(vector));
                }
            }
            Err(error) => {
                for answer in answers {
                    let _ = answer.send(Err(error.to_string()));
                }
            }
        }
    }
}

fn one() -> usize {
    1
}
