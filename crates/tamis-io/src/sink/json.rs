//! Values as JSON that other programs read: media by name, the contents of a turn as typed parts.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};
use tamis_core::media::MediaKind;
use tamis_core::sink::SinkError;
use tamis_core::{Media, Type, Value};

use super::io_error;

/// Gives media the name under which they are found in the export.
pub(super) type NameMedia<'a> = dyn FnMut(&Arc<Media>) -> Result<String, SinkError> + 'a;

/// A value of type `ty` as plain JSON.
pub(super) fn plain(value: &Value, ty: &Type, name: &mut NameMedia<'_>) -> Result<Json, SinkError> {
    match (ty.required(), value) {
        (_, Value::Media(media)) => name(media).map(Json::String),
        (Type::List(inner), Value::List(items)) => items.iter().map(|item| plain(item, inner, name)).collect(),
        (Type::Conversation, Value::List(turns)) => turns.iter().map(|item| plain(item, &Type::Turn, name)).collect(),
        (Type::Map(inner), Value::Map(fields)) => {
            fields.iter().map(|(key, value)| Ok((key.to_string(), plain(value, inner, name)?))).collect()
        }
        (Type::Struct(types), Value::Map(fields)) => {
            let of = |field: &str| types.get(field).unwrap_or(&Type::Json);
            fields.iter().map(|(key, value)| Ok((key.to_string(), plain(value, of(key), name)?))).collect()
        }
        (Type::Region, Value::Map(fields)) => {
            let said = fields.iter().filter(|(_, value)| !value.is_null());
            said.map(|(key, value)| Ok((key.to_string(), plain(value, &Type::Json, name)?))).collect()
        }
        (Type::Turn, Value::Map(turn)) => {
            let mut written = Map::new();
            for (key, value) in turn.iter() {
                let content = value.as_list().filter(|_| &**key == "content");
                let json = match content {
                    Some(parts) => parts.iter().map(|value| part(value, name)).collect::<Result<Json, _>>()?,
                    None => plain(value, &Type::Json, name)?,
                };
                written.insert(key.to_string(), json);
            }
            Ok(Json::Object(written))
        }
        (_, Value::Vector(vector)) => Ok(vector.iter().map(|n| json!(n)).collect()),
        (_, value) => Ok(value.to_json()),
    }
}

fn part(value: &Value, name: &mut NameMedia<'_>) -> Result<Json, SinkError> {
    match value {
        Value::Media(media) => {
            let kind = match media.kind() {
                MediaKind::Image | MediaKind::Mask => "image",
                MediaKind::Audio => "audio",
                MediaKind::Video => "video",
            };
            Ok(json!({"type": kind, kind: name(media)?}))
        }
        other => Ok(json!({"type": "text", "text": other.to_json()})),
    }
}

/// A file of JSON values: one for each line, or as an array.
pub(super) struct JsonFile {
    path: PathBuf,
    file: BufWriter<File>,
    array: bool,
    any: bool,
}

impl JsonFile {
    /// A file with one value for each line.
    pub(super) fn lines(path: PathBuf) -> Result<JsonFile, SinkError> {
        JsonFile::create(path, false)
    }

    /// A file with one array, an element on each line.
    pub(super) fn array(path: PathBuf) -> Result<JsonFile, SinkError> {
        JsonFile::create(path, true)
    }

    fn create(path: PathBuf, array: bool) -> Result<JsonFile, SinkError> {
        let file = create(&path)?;
        Ok(JsonFile { path, file, array, any: false })
    }

    pub(super) fn push(&mut self, json: &Json) -> Result<(), SinkError> {
        let before = match (self.array, self.any) {
            (true, false) => "[\n",
            (true, true) => ",\n",
            (false, _) => "",
        };
        let after = if self.array { "" } else { "\n" };
        self.any = true;
        write!(self.file, "{before}{json}{after}").map_err(|e| io_error(&self.path, &e))
    }

    pub(super) fn finish(mut self) -> Result<(), SinkError> {
        let end = match (self.array, self.any) {
            (true, true) => "\n]\n",
            (true, false) => "[]\n",
            (false, _) => "",
        };
        let written = self.file.write_all(end.as_bytes()).and_then(|()| self.file.flush());
        written.map_err(|e| io_error(&self.path, &e))
    }
}

/// A new file for writing, in a directory that is made if need be.
pub(super) fn create(path: &Path) -> Result<BufWriter<File>, SinkError> {
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).map_err(|e| io_error(dir, &e))?;
    }
    File::create(path).map(BufWriter::new).map_err(|e| io_error(path, &e))
}
