//! Content addresses of requests: what a model is asked, not who asks, when, or of which server.

use tamis_core::error::StepError;
use tamis_core::media::MediaStore;
use tamis_core::model::{ChatRequest, Part, Sampling, Speaker};

use crate::bindings::ModelSpec;
use crate::journal::Key;

/// The address of what is asked, without the model that is asked: decides which of several models it is.
///
/// Pictures count by the hash of their bytes. Errors: a picture that cannot be read.
pub(crate) fn of_question(chat: &ChatRequest, media: &dyn MediaStore) -> Result<Key, StepError> {
    let mut hash = Fields::new("tamis chat question 1");
    for message in &chat.messages {
        hash.field(b'm', speaker(message.speaker).as_bytes());
        for part in &message.parts {
            match part {
                Part::Text(text) => hash.field(b't', text.as_bytes()),
                Part::Image(image) => {
                    let content = image.hash(media).map_err(|e| StepError::failed(e.to_string()))?;
                    hash.field(b'i', &content.0)
                }
            };
        }
    }
    if let Some(schema) = &chat.schema {
        hash.json(b's', schema.as_ref());
    }
    hash.field(b'n', &chat.n.max(1).to_le_bytes()).field(b'r', &chat.seed.to_le_bytes());
    hash.json(b'p', &chat.sampling);
    Ok(hash.finish())
}

/// The address of a question to one model, as it is bound: the key of the journal.
pub(crate) fn of_request(question: &Key, spec: &ModelSpec, model: &str, sampling: &Sampling) -> Key {
    let mut hash = Fields::new("tamis chat request 1");
    hash.field(b'q', question.as_bytes());
    hash.field(b'b', spec.backend.name().as_bytes()).field(b'm', model.as_bytes());
    hash.json(b'p', sampling);
    if spec.images.resizes() {
        hash.json(b'i', &(spec.images.max_side, spec.images.max_bytes));
    }
    hash.finish()
}

/// The word for a speaker on the wire.
pub(crate) fn speaker(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::System => "system",
        Speaker::User => "user",
        Speaker::Assistant => "assistant",
    }
}

/// Fields with tags and lengths, so that no two lists of fields are the same bytes.
struct Fields(blake3::Hasher);

impl Fields {
    fn new(context: &str) -> Fields {
        Fields(blake3::Hasher::new_derive_key(context))
    }

    fn field(&mut self, tag: u8, bytes: &[u8]) -> &mut Fields {
        self.0.update(&[tag]).update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
        self
    }

    fn json(&mut self, tag: u8, value: &impl serde::Serialize) -> &mut Fields {
        // A value of strings, numbers and maps with string keys always has a JSON form.
        let text = serde_json::to_vec(value).unwrap_or_default();
        self.field(tag, &text)
    }

    fn finish(&self) -> Key {
        self.0.finalize()
    }
}
