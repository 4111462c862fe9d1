//! Conversations as LLaVA, ShareGPT and OpenAI write them.
//!
//! - LLaVA: `"image": "a.jpg"` (or a list) and `"conversations": [{"from": "human", "value": "<image>\nWhat is it?"}]`
//! - ShareGPT as LLaMA-Factory reads it: `"images": [...]`, `"messages": [{"role": "user", "content": "<image>..."}]`
//! - OpenAI: `"content": [{"type": "text", "text": ...}, {"type": "image_url", "image_url": {"url": ...}}]`
//!
//! - Parquet as Tamis exports it: as ShareGPT, with `<conversation>_images` saying which field has which picture
//!
//! Every `<image>` stands for the next image of the row; a line break beside it belongs to it. When a row has images
//! but no `<image>` at all, they come first in the first turn of the user.

use std::sync::Arc;

use serde_json::{Map, Value as Json};
use tamis_core::convert::{MediaResolver, shorten};
use tamis_core::{Media, MediaKind, Type, Value};

/// The text that stands for an image.
pub(crate) const IMAGE_TOKEN: &str = "<image>";

/// Where a conversation is looked for.
pub(crate) const FIELDS: [&str; 3] = ["conversation", "conversations", "messages"];

/// What a conversation takes from beside it.
pub(crate) const BESIDE: [&str; 3] = ["image", "images", "system"];

/// Whether this looks like a conversation: a list whose first item has `from` and `value` or `role` and `content`.
pub(crate) fn is_chat(json: &Json) -> bool {
    let first = json.as_array().and_then(|turns| turns.first()).and_then(Json::as_object);
    let has = |a, b| first.is_some_and(|turn| turn.contains_key(a) && turn.contains_key(b));
    has("from", "value") || has("role", "content")
}

/// The field that says where the pictures of the conversation `own` are: `image`, `pages[1]`, ...
pub(crate) fn names_field(own: &str) -> String {
    format!("{own}_images")
}

/// The conversation in `json`, the field `own` of its row, with the images that the row holds.
///
/// Errors, in words: a turn without role or content, more or fewer `<image>` than images, a path that is refused.
pub(crate) fn conversation(
    own: &str,
    json: &Json,
    row: &Map<String, Json>,
    media: &dyn MediaResolver,
) -> Result<Value, String> {
    let turns = json.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut reader = Reader { images: images(own, row, media)?, used: 0, media };
    let mut read = Vec::with_capacity(turns.len() + 1);
    if let Some(system) = row.get("system").and_then(Json::as_str).filter(|text| !text.is_empty()) {
        read.push(("system".to_string(), vec![Value::text(system)]));
    }
    for (i, turn) in turns.iter().enumerate() {
        read.push(reader.turn(turn).map_err(|why| format!("turn {}: {why}", i + 1))?);
    }
    reader.place_the_rest(&mut read)?;
    Ok(Value::list(read.into_iter().map(|(role, content)| Value::turn(&role, content)).collect()))
}

fn images(own: &str, row: &Map<String, Json>, media: &dyn MediaResolver) -> Result<Vec<Arc<Media>>, String> {
    let named = row.get(&names_field(own));
    let texts: Vec<&Json> = match named.or_else(|| row.get("images")).or_else(|| row.get("image")) {
        None | Some(Json::Null) => Vec::new(),
        Some(Json::Array(items)) => items.iter().collect(),
        Some(one) => vec![one],
    };
    texts.into_iter().map(|json| image(named.and_then(|_| pointed(json, row)).unwrap_or(json), media)).collect()
}

/// The picture that a text like `image` or `pages[1]` points at in its row.
fn pointed<'a>(json: &Json, row: &'a Map<String, Json>) -> Option<&'a Json> {
    let text = json.as_str()?;
    match text.strip_suffix(']').and_then(|text| text.rsplit_once('[')) {
        Some((name, index)) => row.get(name)?.get(index.parse::<usize>().ok()?),
        None => row.get(text),
    }
}

fn image(json: &Json, media: &dyn MediaResolver) -> Result<Arc<Media>, String> {
    let value = Value::from_json(json, &Type::Image, media).map_err(|error| error.to_string())?;
    value.as_media().cloned().ok_or_else(|| format!("expected an image, found {}", shorten(&json.to_string())))
}

struct Reader<'a> {
    images: Vec<Arc<Media>>,
    used: usize,
    media: &'a dyn MediaResolver,
}

impl Reader<'_> {
    fn turn(&mut self, turn: &Json) -> Result<(String, Vec<Value>), String> {
        let of = |a, b| turn.get(a).or_else(|| turn.get(b));
        let found = || shorten(&turn.to_string());
        let Some(role) = of("role", "from").and_then(Json::as_str) else {
            return Err(format!("expected `role` or `from`, found {}", found()));
        };
        let content = match of("content", "value") {
            Some(Json::String(text)) => self.text(text)?,
            Some(Json::Array(parts)) => self.parts(parts)?,
            Some(Json::Null) => Vec::new(),
            _ => return Err(format!("expected `content` or `value` (a text or a list), found {}", found())),
        };
        Ok((role_name(role).to_string(), content))
    }

    fn parts(&mut self, parts: &[Json]) -> Result<Vec<Value>, String> {
        let mut content = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Json::String(text) => content.extend(self.text(text)?),
                Json::Object(fields) => content.extend(self.part(fields, part)?),
                _ => return Err(format!("expected a text or an object, found {}", shorten(&part.to_string()))),
            }
        }
        Ok(content)
    }

    fn part(&mut self, fields: &Map<String, Json>, part: &Json) -> Result<Vec<Value>, String> {
        if let Some(kind) = fields.get("kind") {
            let ty = Type::list(Type::Turn);
            let turn = serde_json::json!([{"role": kind, "content": [part]}]);
            let read = Value::from_json(&turn, &ty, self.media).map_err(|error| error.to_string())?;
            let content = read.as_list().and_then(|turns| turns[0].get("content")).and_then(Value::as_list);
            return Ok(content.unwrap_or_default().to_vec());
        }
        match fields.get("type").and_then(Json::as_str) {
            Some("text" | "input_text" | "output_text") => {
                let text = fields.get("text").and_then(Json::as_str);
                let text = text.ok_or_else(|| format!("a text part without `text`: {}", shorten(&part.to_string())))?;
                Ok(vec![Value::text(text)])
            }
            Some("image" | "image_url" | "input_image") => self.image_part(fields).map(|value| vec![value]),
            Some(kind @ ("video" | "audio")) => {
                let ty = if kind == "video" { Type::Video } else { Type::Audio };
                let text = fields.get(kind).or_else(|| fields.get("path")).unwrap_or(&Json::Null);
                let value = Value::from_json(text, &ty, self.media).map_err(|error| error.to_string())?;
                Ok(vec![value])
            }
            _ => Err(format!(
                "expected a part of type text, image, video or audio, found {}",
                shorten(&part.to_string())
            )),
        }
    }

    /// An image that the part itself names, or else the next one of the row.
    fn image_part(&mut self, fields: &Map<String, Json>) -> Result<Value, String> {
        let named = ["image", "image_url", "path", "url"].iter().find_map(|name| fields.get(*name));
        match named {
            Some(Json::Object(inner)) => {
                let url = inner.get("url").ok_or("an image part without `url`")?;
                Ok(Value::Media(image(url, self.media)?))
            }
            Some(json @ Json::String(_)) => Ok(Value::Media(image(json, self.media)?)),
            _ => self.next_image(),
        }
    }

    fn next_image(&mut self) -> Result<Value, String> {
        let image = self.images.get(self.used).cloned();
        self.used += 1;
        let have = self.images.len();
        image.map(Value::Media).ok_or_else(|| format!("`{IMAGE_TOKEN}` number {}, but the row has {have}", have + 1))
    }

    /// A text with the row's images where its tokens stand; in a row without images the token is a text like others.
    fn text(&mut self, text: &str) -> Result<Vec<Value>, String> {
        let mut content = Vec::new();
        if self.images.is_empty() {
            push_text(&mut content, text);
            return Ok(content);
        }
        let mut pieces = text.split(IMAGE_TOKEN).enumerate().peekable();
        while let Some((i, piece)) = pieces.next() {
            let piece = if i > 0 { piece.strip_prefix('\n').unwrap_or(piece) } else { piece };
            let last = pieces.peek().is_none();
            push_text(&mut content, if last { piece } else { piece.strip_suffix('\n').unwrap_or(piece) });
            if !last {
                content.push(self.next_image()?);
            }
        }
        Ok(content)
    }

    fn place_the_rest(&mut self, turns: &mut [(String, Vec<Value>)]) -> Result<(), String> {
        let (used, have) = (self.used, self.images.len());
        // Parts that name their images themselves have used none of the row's.
        let named = turns.iter().any(|(_, content)| content.iter().any(|v| v.as_media().is_some()));
        if used == have || (used == 0 && named) {
            return Ok(());
        }
        if used > 0 {
            return Err(format!("the row has {have} images, its turns have {used} `{IMAGE_TOKEN}`"));
        }
        let Some((_, content)) = turns.iter_mut().find(|(role, _)| role == "user") else {
            return Err(format!("the row has {have} images, but no turn of the user to show them in"));
        };
        content.splice(0..0, self.images.drain(..).map(Value::Media));
        Ok(())
    }
}

fn push_text(content: &mut Vec<Value>, text: &str) {
    if !text.is_empty() {
        content.push(Value::text(text));
    }
}

/// One name for each of the roles that formats call by many.
fn role_name(role: &str) -> &str {
    match role {
        "human" | "Human" | "USER" => "user",
        "gpt" | "GPT" | "model" | "bot" | "chatgpt" | "bard" | "ASSISTANT" => "assistant",
        other => other,
    }
}

/// The token that stands for media of this kind in the text of a turn.
pub(crate) fn token(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image | MediaKind::Mask => IMAGE_TOKEN,
        MediaKind::Video => "<video>",
        MediaKind::Audio => "<audio>",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tamis_core::convert::Folder;

    use super::*;

    fn read(json: Json) -> Result<Vec<(String, Vec<String>)>, String> {
        let row = json.as_object().unwrap();
        let turns = FIELDS.iter().find_map(|f| row.get(*f)).unwrap();
        let value = conversation("turns", turns, row, &Folder("x".into()))?;
        let words =
            |v: &Value| v.as_text().map(str::to_string).unwrap_or_else(|| v.as_media().unwrap().file_name().unwrap());
        let turn = |t: &Value| {
            let content = t.get("content").unwrap().as_list().unwrap().iter().map(words).collect();
            (t.get("role").unwrap().as_text().unwrap().to_string(), content)
        };
        Ok(value.as_list().unwrap().iter().map(turn).collect())
    }

    fn turn(role: &str, content: &[&str]) -> (String, Vec<String>) {
        (role.to_string(), content.iter().map(|s| s.to_string()).collect())
    }

    #[test]
    fn llava_tokens_take_the_images_in_order() {
        let read = read(json!({"image": ["a.png", "b.png"], "conversations": [
            {"from": "human", "value": "<image>\n<image>\nWhich is older?"}, {"from": "gpt", "value": "The first."}]}));
        assert_eq!(
            read,
            Ok(vec![turn("user", &["a.png", "b.png", "Which is older?"]), turn("assistant", &["The first."])])
        );
    }

    #[test]
    fn images_without_a_token_come_first() {
        let read = read(
            json!({"system": "Be brief.", "images": ["a.png"], "messages": [{"role": "user", "content": "What?"}]}),
        );
        assert_eq!(read, Ok(vec![turn("system", &["Be brief."]), turn("user", &["a.png", "What?"])]));
    }

    #[test]
    fn openai_parts_name_their_images() {
        let read = read(json!({"messages": [{"role": "user", "content": [
            {"type": "text", "text": "Compare"}, {"type": "image_url", "image_url": {"url": "a.png"}}]}]}));
        assert_eq!(read, Ok(vec![turn("user", &["Compare", "a.png"])]));
    }

    #[test]
    fn a_count_that_does_not_match_is_told() {
        let row =
            |value: &str| json!({"image": ["a.png", "b.png"], "conversations": [{"from": "human", "value": value}]});
        assert_eq!(read(row("<image> only")), Err("the row has 2 images, its turns have 1 `<image>`".into()));
        assert_eq!(read(row("<image><image><image>")), Err("turn 1: `<image>` number 3, but the row has 2".into()));
    }

    #[test]
    fn a_token_in_a_row_without_images_is_text() {
        let read = read(json!({"conversations": [{"from": "human", "value": "What is <image> in HTML?"}]}));
        assert_eq!(read, Ok(vec![turn("user", &["What is <image> in HTML?"])]));
    }
}
