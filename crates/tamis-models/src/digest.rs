//! Content addresses of requests: what a model is asked, not who asks, when, or of which server.

use tamis_core::error::StepError;
use tamis_core::media::{Media, MediaStore};
use tamis_core::model::{
    ChatRequest, CodeRequest, CompleteRequest, EmbedRequest, ImageRequest, Message, OcrRequest, Part, Request,
    Sampling, Speaker,
};

use crate::bindings::ModelSpec;
use crate::journal::Key;

/// The address of what is asked, without the model that is asked: decides which of several models it is.
///
/// Pictures count by the hash of their bytes. Errors: a picture that cannot be read.
pub(crate) fn of_question(request: &Request, media: &dyn MediaStore) -> Result<Key, StepError> {
    let mut hash = Fields::new(match request {
        Request::Chat(_) => "tamis chat question 1",
        Request::Complete(_) => "tamis complete question 1",
        Request::Embed(_) => "tamis embed question 1",
        Request::Image(_) => "tamis image question 1",
        Request::Ocr(_) => "tamis ocr question 1",
        Request::Code(_) => "tamis code question 1",
    });
    match request {
        Request::Chat(chat) => hash.chat(chat, media),
        Request::Complete(complete) => hash.complete(complete, media),
        Request::Embed(embed) => hash.embed(embed, media),
        Request::Image(image) => hash.image(image, media),
        Request::Ocr(ocr) => hash.ocr(ocr, media),
        Request::Code(code) => hash.code(code, media),
    }?;
    Ok(hash.finish())
}

/// The address of a question to one model, as it is bound: the key of the journal.
pub(crate) fn of_request(question: &Key, request: &Request, spec: &ModelSpec, model: &str, sampling: &Sampling) -> Key {
    let mut hash = Fields::new("tamis chat request 1");
    hash.field(b'q', question.as_bytes());
    hash.field(b'b', spec.backend.name().as_bytes()).field(b'm', model.as_bytes());
    hash.json(b'p', sampling);
    if spec.images.resizes() {
        hash.json(b'i', &(spec.images.max_side, spec.images.max_bytes));
    }
    if let Some(asked) = spec.asked(request) {
        hash.json(b'o', &asked);
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

    fn chat(&mut self, chat: &ChatRequest, media: &dyn MediaStore) -> Result<(), StepError> {
        self.messages(&chat.messages, media)?;
        if let Some(schema) = &chat.schema {
            self.json(b's', schema.as_ref());
        }
        self.field(b'n', &chat.n.max(1).to_le_bytes()).field(b'r', &chat.seed.to_le_bytes());
        self.json(b'p', &chat.sampling);
        if let Some(alternatives) = chat.logprobs {
            self.field(b'l', &[alternatives]);
        }
        Ok(())
    }

    fn complete(&mut self, complete: &CompleteRequest, media: &dyn MediaStore) -> Result<(), StepError> {
        self.messages(&complete.messages, media)?;
        if let Some(forced) = &complete.forced {
            self.field(b'f', forced.as_bytes());
        }
        self.field(b'n', &complete.n.max(1).to_le_bytes()).field(b'r', &complete.seed.to_le_bytes());
        self.json(b'p', &complete.sampling);
        Ok(())
    }

    fn embed(&mut self, embed: &EmbedRequest, media: &dyn MediaStore) -> Result<(), StepError> {
        self.part(&embed.item, media)
    }

    fn image(&mut self, image: &ImageRequest, media: &dyn MediaStore) -> Result<(), StepError> {
        self.field(b't', image.prompt.as_bytes());
        if let Some(negative) = &image.negative {
            self.field(b'-', negative.as_bytes());
        }
        self.json(b'w', &image.size);
        for media_of in &image.images {
            self.media(b'i', media_of, media)?;
        }
        if let Some(mask) = &image.mask {
            self.media(b'm', mask, media)?;
        }
        self.field(b'r', &image.seed.to_le_bytes()).json(b'x', &image.extra);
        Ok(())
    }

    fn ocr(&mut self, ocr: &OcrRequest, media: &dyn MediaStore) -> Result<(), StepError> {
        self.media(b'i', &ocr.image, media)?;
        self.json(b'l', &ocr.languages);
        Ok(())
    }

    fn code(&mut self, code: &CodeRequest, media: &dyn MediaStore) -> Result<(), StepError> {
        self.field(b't', code.program.as_bytes()).field(b's', code.input.as_bytes());
        for (name, file) in &code.files {
            self.field(b'f', name.as_bytes()).media(b'i', file, media)?;
        }
        self.json(b'o', &code.outputs).json(b'w', &code.timeout_s);
        Ok(())
    }

    fn messages(&mut self, messages: &[Message], media: &dyn MediaStore) -> Result<(), StepError> {
        for message in messages {
            self.field(b'm', speaker(message.speaker).as_bytes());
            for part in &message.parts {
                self.part(part, media)?;
            }
        }
        Ok(())
    }

    fn part(&mut self, part: &Part, media: &dyn MediaStore) -> Result<(), StepError> {
        match part {
            Part::Text(text) => self.field(b't', text.as_bytes()),
            Part::Image(image) => self.media(b'i', image, media)?,
        };
        Ok(())
    }

    fn media(&mut self, tag: u8, image: &Media, media: &dyn MediaStore) -> Result<&mut Fields, StepError> {
        let content = image.hash(media).map_err(|e| StepError::failed(e.to_string()))?;
        Ok(self.field(tag, &content.0))
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Arc;

    use tamis_core::media::{MediaKind, MemoryStore};

    use super::*;

    #[test]
    fn everything_that_is_asked_counts() {
        let store = MemoryStore::new();
        let picture = |bytes: &[u8]| store.put(MediaKind::Image, bytes).unwrap();
        let text = |text: &str| vec![Message::text(Speaker::User, text)];
        let chat = ChatRequest { messages: text("a"), n: 1, ..ChatRequest::default() };
        let complete = CompleteRequest { messages: text("a"), n: 1, ..CompleteRequest::default() };
        let paint = ImageRequest { prompt: "a".into(), ..ImageRequest::default() };
        let code = CodeRequest { program: "a".into(), ..CodeRequest::default() };
        let ocr = OcrRequest { image: picture(b"1"), languages: Vec::new() };
        let files = |name: &str, bytes: &[u8]| vec![(name.to_string(), picture(bytes))];
        let requests = vec![
            Request::Chat(chat.clone()),
            Request::Chat(ChatRequest { logprobs: Some(0), ..chat.clone() }),
            Request::Chat(ChatRequest { logprobs: Some(5), ..chat.clone() }),
            Request::Chat(ChatRequest { seed: 1, ..chat }),
            Request::Complete(complete.clone()),
            Request::Complete(CompleteRequest { forced: Some("b".into()), ..complete.clone() }),
            Request::Complete(CompleteRequest { seed: 1, ..complete.clone() }),
            Request::Complete(CompleteRequest { n: 2, ..complete }),
            Request::Embed(EmbedRequest { item: Part::Text("a".into()) }),
            Request::Embed(EmbedRequest { item: Part::Image(picture(b"1")) }),
            Request::Embed(EmbedRequest { item: Part::Image(picture(b"2")) }),
            Request::Image(paint.clone()),
            Request::Image(ImageRequest { negative: Some("b".into()), ..paint.clone() }),
            Request::Image(ImageRequest { size: Some((1, 2)), ..paint.clone() }),
            Request::Image(ImageRequest { size: Some((2, 1)), ..paint.clone() }),
            Request::Image(ImageRequest { images: vec![picture(b"1")], ..paint.clone() }),
            Request::Image(ImageRequest { mask: Some(picture(b"1")), ..paint.clone() }),
            Request::Image(ImageRequest { extra: [("steps".to_string(), 1.into())].into(), ..paint.clone() }),
            Request::Image(ImageRequest { seed: 1, ..paint }),
            Request::Ocr(ocr.clone()),
            Request::Ocr(OcrRequest { languages: vec!["eng".into()], ..ocr }),
            Request::Code(code.clone()),
            Request::Code(CodeRequest { input: "b".into(), ..code.clone() }),
            Request::Code(CodeRequest { files: files("a.png", b"1"), ..code.clone() }),
            Request::Code(CodeRequest { files: files("b.png", b"1"), ..code.clone() }),
            Request::Code(CodeRequest { files: files("a.png", b"2"), ..code.clone() }),
            Request::Code(CodeRequest { outputs: vec!["a.png".into()], ..code.clone() }),
            Request::Code(CodeRequest { timeout_s: Some(1.0), ..code }),
        ];
        let keys: HashSet<Key> = requests.iter().map(|request| of_question(request, &store).unwrap()).collect();
        assert_eq!(keys.len(), requests.len());
        let gone = Request::Ocr(OcrRequest {
            image: Arc::new(Media::file(MediaKind::Image, "nothing/here.png")),
            languages: Vec::new(),
        });
        assert!(of_question(&gone, &store).is_err());
    }
}
