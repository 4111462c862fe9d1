//! The embeddings endpoint: texts that wait at the same moment go together, pictures alone.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Deserialize;
use serde_json::{Value as Json, json};
use tamis_core::media::Media;
use tamis_core::model::{Part, Reply, SIMULATED, Usage};
use tamis_core::vector::Vector;
use tokio::sync::oneshot;

use super::{OpenAi, picture};
use crate::backend::{Answered, Ask};
use crate::bindings::{Encoding, PictureWay};
use crate::fault::{Fault, FaultKind, shorten};
use crate::limits::concurrency::OnSend;
use crate::tokens::roughly;

/// How often the others get their turn to come before a batch leaves.
const PATIENCE: usize = 8;

/// Texts that wait for somebody to send them, with those who wait for the vectors.
#[derive(Default)]
pub(super) struct Waiting(Mutex<Vec<Item>>);

struct Item {
    text: String,
    answer: oneshot::Sender<Result<Answered, Fault>>,
}

/// What the server said to one request.
struct Vectors {
    vectors: Vec<Vector>,
    usage: Option<Usage>,
    simulated: bool,
}

impl OpenAi {
    pub(super) async fn embed(&self, item: &Part, ask: &Ask<'_>, on_send: OnSend) -> Result<Answered, Fault> {
        match item {
            Part::Text(text) => self.embed_text(text, on_send).await,
            Part::Image(image) => self.embed_picture(image, ask, on_send).await,
        }
    }

    async fn embed_text(&self, text: &str, mut on_send: OnSend) -> Result<Answered, Fault> {
        let (answer, mut mine) = oneshot::channel();
        self.waiting.lock().push(Item { text: text.to_string(), answer });
        for _ in 0..PATIENCE {
            tokio::task::yield_now().await;
        }
        loop {
            match mine.try_recv() {
                Ok(answer) => return answer,
                // Whoever sent it was called off before there was an answer.
                Err(oneshot::error::TryRecvError::Closed) => return Err(self.http.broken("was not asked to the end")),
                Err(oneshot::error::TryRecvError::Empty) => {}
            }
            let batch = self.waiting.take(self.spec.embed.batch);
            match batch.is_empty() {
                true => return mine.await.unwrap_or_else(|_| Err(self.http.broken("was not asked to the end"))),
                false => self.send_batch(batch, std::mem::take(&mut on_send)).await,
            }
        }
    }

    async fn send_batch(&self, batch: Vec<Item>, on_send: OnSend) {
        let texts: Vec<&str> = batch.iter().map(|item| item.text.as_str()).collect();
        let result = self.exchange_texts(&texts, on_send).await;
        let weights: Vec<f64> = texts.iter().map(|text| roughly(text).max(1.0)).collect();
        match result {
            Ok(vectors) => {
                for (item, answered) in batch.into_iter().zip(vectors.each(&weights)) {
                    let _ = item.answer.send(Ok(answered));
                }
            }
            // One text that the server does not take must not be the failure of its neighbours.
            Err(fault) if fault.kind == FaultKind::Rejected && batch.len() > 1 => {
                let alone = batch.into_iter().map(|item| async move {
                    let result = self.exchange_texts(&[&item.text], OnSend::default()).await;
                    let _ = item.answer.send(result.and_then(|vectors| vectors.one()));
                });
                futures::future::join_all(alone).await;
            }
            Err(fault) => {
                for item in batch {
                    let _ = item.answer.send(Err(fault.clone()));
                }
            }
        }
    }

    async fn exchange_texts(&self, texts: &[&str], on_send: OnSend) -> Result<Vectors, Fault> {
        self.exchange_vectors(json!({ "input": texts }), texts.len(), on_send).await
    }

    async fn embed_picture(&self, image: &Media, ask: &Ask<'_>, on_send: OnSend) -> Result<Answered, Fault> {
        let (picture, note) = picture::prepare(image, &self.spec.images, ask.media).map_err(Fault::unsendable)?;
        let data = base64::STANDARD.encode_to_string(picture.bytes.as_ref());
        let prompt = self.spec.embed.prompt.as_ref();
        let body = match self.spec.embed.pictures {
            PictureWay::Messages => {
                let url = format!("data:{};base64,{data}", picture.mime);
                let image = json!({ "type": "image_url", "image_url": { "url": url } });
                let text = prompt.map(|text| json!({ "type": "text", "text": text }));
                let content: Vec<Json> = [image].into_iter().chain(text).collect();
                json!({ "messages": [{ "role": "user", "content": content }] })
            }
            PictureWay::Input => {
                let mut item = json!({ "image": data });
                if let Some(text) = prompt {
                    item["text"] = json!(text);
                }
                json!({ "input": [item] })
            }
        };
        let mut answered = self.exchange_vectors(body, 1, on_send).await?.one()?;
        answered.notes.extend(note.map(|note| format!("image 1 {note}")));
        Ok(answered)
    }

    /// Sends what is to be embedded with what the binding says, and reads `count` vectors.
    async fn exchange_vectors(&self, mut body: Json, count: usize, on_send: OnSend) -> Result<Vectors, Fault> {
        let embed = &self.spec.embed;
        body["model"] = json!(self.model);
        body["encoding_format"] = json!(if embed.encoding == Encoding::Base64 { "base64" } else { "float" });
        if let Some(dimensions) = embed.dimensions {
            body["dimensions"] = json!(dimensions);
        }
        for (name, value) in &embed.extra {
            body[name] = value.clone();
        }
        let bytes = match self.http.post("embeddings", body.to_string().into_bytes(), on_send).await {
            Err(fault) if fault.kind == FaultKind::Unusable => return Err(self.http.explain(fault, &self.model).await),
            other => other?,
        };
        read(&bytes, count).map_err(|e| self.http.broken(&e))
    }
}

impl Waiting {
    fn take(&self, most: usize) -> Vec<Item> {
        let mut waiting = self.lock();
        let count = waiting.len().min(most);
        waiting.drain(..count).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Item>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Vectors {
    /// One answer for each text; the tokens are shared out by the length of the texts, to the last.
    fn each(self, weights: &[f64]) -> impl Iterator<Item = Answered> {
        let total: f64 = weights.iter().sum();
        let (mut before, mut counted) = (0.0, 0);
        let shares: Vec<Option<Usage>> = weights
            .iter()
            .map(|weight| {
                before += weight;
                let usage = self.usage?;
                let until = (usage.input as f64 * (before / total).min(1.0)).round() as u64;
                let share = until - counted;
                counted = until;
                Some(Usage { input: share, output: 0 })
            })
            .collect();
        let simulated = self.simulated;
        self.vectors.into_iter().zip(shares).map(move |(vector, usage)| Answered {
            reply: Reply::Embed(vector),
            usage,
            notes: simulated.then(|| SIMULATED.to_string()).into_iter().collect(),
            pictures: Vec::new(),
        })
    }

    fn one(self) -> Result<Answered, Fault> {
        self.each(&[1.0]).next().ok_or_else(|| Fault::broken("answered without any vector"))
    }
}

#[derive(Deserialize)]
struct Wire {
    data: Option<Vec<WireVector>>,
    usage: Option<WireUsage>,
    error: Option<Json>,
    system_fingerprint: Option<String>,
}

#[derive(Deserialize)]
struct WireVector {
    index: Option<usize>,
    embedding: WireNumbers,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WireNumbers {
    Base64(String),
    Floats(Vec<f32>),
}

#[derive(Deserialize)]
struct WireUsage {
    prompt_tokens: Option<u64>,
    total_tokens: Option<u64>,
}

/// Reads `count` vectors in the order of their texts.
///
/// Errors, in words: something else, too few or too many, numbers that are not finite.
fn read(bytes: &[u8], count: usize) -> Result<Vectors, String> {
    let wire: Wire = serde_json::from_slice(bytes).map_err(|e| {
        let start = shorten(&String::from_utf8_lossy(&bytes[..bytes.len().min(2000)]), 120);
        format!("answered with something else than vectors ({e}); it begins: {start}")
    })?;
    let mut data = wire.data.unwrap_or_default();
    if let (true, Some(error)) = (data.is_empty(), wire.error) {
        return Err(format!("answered with an error in place of vectors: {}", shorten(&error.to_string(), 300)));
    }
    if data.len() != count {
        return Err(format!("answered with {} vectors to {count} texts or pictures", data.len()));
    }
    data.sort_by_key(|vector| vector.index.unwrap_or(0));
    let vectors = data.into_iter().map(|vector| match vector.embedding {
        WireNumbers::Base64(text) => Vector::from_base64(&text).map_err(|e| format!("answered with no vector: {e}")),
        WireNumbers::Floats(numbers) => {
            Vector::new(numbers).ok_or_else(|| "answered with numbers that are not finite".to_string())
        }
    });
    let vectors = vectors.collect::<Result<Vec<_>, _>>()?;
    if vectors.iter().any(|vector| vector.is_empty()) {
        return Err("answered with a vector without numbers".into());
    }
    let input = wire.usage.and_then(|usage| usage.prompt_tokens.or(usage.total_tokens));
    let simulated = wire.system_fingerprint.as_deref() == Some(crate::sim::MODEL);
    Ok(Vectors { vectors, usage: input.map(|input| Usage { input, output: 0 }), simulated })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_come_in_either_form_and_are_put_in_order() {
        let base64 = Vector::new([3.0_f32]).unwrap().to_base64();
        let body = format!(r#"{{"data":[{{"index":1,"embedding":[2.0]}},{{"index":0,"embedding":"{base64}"}}]}}"#);
        let vectors = read(body.as_bytes(), 2).unwrap().vectors;
        assert_eq!([vectors[0][0], vectors[1][0]], [3.0, 2.0]);
        assert!(read(body.as_bytes(), 3).err().unwrap().contains("2 vectors to 3"));
        assert!(read(br#"{"data":[{"embedding":[1e39]}]}"#, 1).err().unwrap().contains("finite"));
        assert!(read(br#"{"data":[{"embedding":[]}]}"#, 1).is_err());
    }

    #[test]
    fn the_tokens_of_a_batch_are_shared_out_to_the_last() {
        let vector = || Vector::new([1.0_f32]).unwrap();
        let usage = Some(Usage { input: 10, output: 0 });
        let vectors = Vectors { vectors: vec![vector(), vector(), vector()], usage, simulated: false };
        let shares: Vec<u64> = vectors.each(&[1.0, 1.0, 1.0]).filter_map(|a| a.usage).map(|u| u.input).collect();
        assert_eq!(shares, [3, 4, 3]);
    }
}
