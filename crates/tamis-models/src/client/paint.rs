//! The images endpoints: painting (`images/generations`) and editing (`images/edits`).

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;

use image::{DynamicImage, Rgba, RgbaImage};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use tamis_core::media::{Bytes, Limits, Media, MediaStore, decode, encode_png};
use tamis_core::model::{ImageReply, ImageRequest, Reply, SIMULATED, Usage};

use super::form::Form;
use super::{OpenAi, fetch, picture};
use crate::backend::{Answered, Ask};
use crate::bindings::PICTURE_FIELDS;
use crate::fault::{Fault, FaultKind, shorten};
use crate::limits::concurrency::OnSend;
use crate::painted;

impl OpenAi {
    /// One picture, painted or edited.
    pub(super) async fn paint(
        &self,
        image: &ImageRequest,
        ask: &Ask<'_>,
        mut on_send: OnSend,
    ) -> Result<Answered, Fault> {
        let mut notes = Vec::new();
        loop {
            let seedless = self.seedless.load(Relaxed);
            let fields = self.fields(image, !seedless);
            let on_send = std::mem::take(&mut on_send);
            let result = match image.images.is_empty() {
                true => self.http.post("images/generations", json!(fields).to_string().into_bytes(), on_send).await,
                false => {
                    notes.clear();
                    let (kind, body) = self.form(image, &fields, ask.media, &mut notes)?;
                    self.http.post_as(&kind, "images/edits", body, on_send).await
                }
            };
            match result {
                Err(fault) if !seedless && dislikes_seed(&fault) => self.seedless.store(true, Relaxed),
                Err(fault) if fault.kind == FaultKind::Unusable => {
                    return Err(self.http.explain(fault, &self.model).await);
                }
                Err(fault) => return Err(fault),
                Ok(bytes) => {
                    notes.extend(seedless.then(|| "asked without a seed, which the server does not take".to_string()));
                    return self.painted(&bytes, notes).await;
                }
            }
        }
    }

    /// The fields of the request: the binding's under the recipe's.
    fn fields(&self, image: &ImageRequest, seeded: bool) -> BTreeMap<String, Json> {
        let mut fields = self.spec.picture.extra.clone();
        let theirs = image.extra.iter().filter(|(name, _)| !PICTURE_FIELDS.contains(&name.as_str()));
        fields.extend(theirs.map(|(name, value)| (name.clone(), value.clone())));
        let mut set = |name: &str, value: Option<Json>| {
            fields.extend(value.map(|value| (name.to_string(), value)));
        };
        set("model", Some(json!(self.model)));
        set("prompt", Some(json!(image.prompt)));
        set("n", Some(json!(1)));
        set("negative_prompt", image.negative.as_ref().map(|negative| json!(negative)));
        let size = image.size.or(self.spec.picture.size);
        set("size", size.map(|(width, height)| json!(format!("{width}x{height}"))));
        set("seed", seeded.then(|| json!(image.seed & 0x7fff_ffff)));
        fields
    }

    fn form(
        &self,
        image: &ImageRequest,
        fields: &BTreeMap<String, Json>,
        media: &dyn MediaStore,
        notes: &mut Vec<String>,
    ) -> Result<(String, Vec<u8>), Fault> {
        let mut hash = blake3::Hasher::new();
        let mut pictures = Vec::new();
        for (i, media_of) in image.images.iter().enumerate() {
            let (picture, note) = picture::prepare(media_of, &self.spec.images, media).map_err(Fault::unsendable)?;
            notes.extend(note.map(|note| format!("image {} {note}", i + 1)));
            hash.update(&picture.bytes);
            pictures.push(picture);
        }
        let mask = image.mask.as_ref().map(|mask| transparent(mask, media)).transpose().map_err(Fault::unsendable)?;
        hash.update(mask.as_deref().unwrap_or_default());
        let mut form = Form::new(&hash.finalize());
        for (name, value) in fields {
            form.field(name, &value.as_str().map_or_else(|| value.to_string(), str::to_string));
        }
        let name = if pictures.len() > 1 { "image[]" } else { "image" };
        for (i, picture) in pictures.iter().enumerate() {
            let ending = picture.mime.rsplit('/').next().unwrap_or("png");
            form.file(name, &format!("image-{}.{ending}", i + 1), picture.mime, &picture.bytes);
        }
        if let Some(mask) = mask {
            form.file("mask", "mask.png", "image/png", &mask);
        }
        Ok(form.finish())
    }

    /// Reads the answer and fetches its picture.
    async fn painted(&self, bytes: &[u8], mut notes: Vec<String>) -> Result<Answered, Fault> {
        let broken = |what: &str| self.http.broken(what);
        let wire: Wire = serde_json::from_slice(bytes).map_err(|e| {
            let start = shorten(&String::from_utf8_lossy(&bytes[..bytes.len().min(2000)]), 120);
            broken(&format!("answered with something else than pictures ({e}); it begins: {start}"))
        })?;
        let Some(first) = wire.data.unwrap_or_default().into_iter().next() else {
            let why = wire.error.map_or("nothing".to_string(), |error| shorten(&error.to_string(), 300));
            return Err(broken(&format!("answered without any picture: {why}")));
        };
        let bytes = match (first.b64_json, first.url) {
            (Some(text), _) => in_base64(&text).map_err(|e| broken(&e))?,
            (None, Some(url)) => match url.strip_prefix("data:") {
                Some(data) => in_base64(data).map_err(|e| broken(&e))?,
                None => fetch::fetch(&url, self.http.url(), self.http.timeout()).await.map_err(|e| broken(&e))?,
            },
            (None, None) => return Err(broken("answered with neither `b64_json` nor `url`")),
        };
        let image = picture::heavy(|| painted::check(&bytes)).map_err(|e| broken(&format!("answered with {e}")))?;
        let simulated = wire.system_fingerprint.as_deref() == Some(crate::sim::MODEL);
        notes.extend(simulated.then(|| SIMULATED.to_string()));
        let usage =
            wire.usage.and_then(|u| Some(Usage { input: u.input_tokens?, output: u.output_tokens.unwrap_or(0) }));
        let reply = Reply::Image(ImageReply { image, revised_prompt: first.revised_prompt });
        Ok(Answered { reply, usage, notes, pictures: vec![bytes] })
    }
}

/// Whether a server seems to have refused a request because of its seed.
fn dislikes_seed(fault: &Fault) -> bool {
    fault.kind == FaultKind::Rejected && fault.message.to_lowercase().contains("seed")
}

/// The protocol's mask from ours: what was white is transparent, which is where the picture may be changed.
fn transparent(mask: &Media, media: &dyn MediaStore) -> Result<Vec<u8>, String> {
    let bytes = media.read(mask).map_err(|e| e.to_string())?;
    picture::heavy(|| {
        let grey = decode(&bytes, &Limits::default()).map_err(|e| mask.error(e).to_string())?.to_luma8();
        let image =
            RgbaImage::from_fn(grey.width(), grey.height(), |x, y| Rgba([0, 0, 0, 255 - grey.get_pixel(x, y).0[0]]));
        encode_png(&DynamicImage::ImageRgba8(image))
    })
}

/// The bytes of base64, with or without the head of a data URL.
fn in_base64(text: &str) -> Result<Bytes, String> {
    let data = text.rsplit_once("base64,").map_or(text, |(_, data)| data);
    let bytes = base64::STANDARD.decode_to_vec(data.trim_ascii());
    bytes.map(Bytes::from).map_err(|_| "answered with a picture in base64 that is none".to_string())
}

#[derive(Deserialize)]
struct Wire {
    data: Option<Vec<WirePicture>>,
    usage: Option<WireUsage>,
    error: Option<Json>,
    system_fingerprint: Option<String>,
}

#[derive(Deserialize)]
struct WirePicture {
    b64_json: Option<String>,
    url: Option<String>,
    revised_prompt: Option<String>,
}

#[derive(Deserialize)]
struct WireUsage {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
}
