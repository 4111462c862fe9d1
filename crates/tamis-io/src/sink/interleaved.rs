//! Documents of texts and pictures in turn, as OBELICS has them.

use std::path::Path;

use tamis_core::record::Record;
use tamis_core::schema::Schema;
use tamis_core::sink::{Dataset, Sink, SinkError};
use tamis_core::{Name, Type, Value};

use super::parquet::Parquet;
use super::{at_record, chat};

/// Parquet with `texts` and `images`, two lists of the same length: at each place of the document one of them has
/// something and the other is null. `speakers` says who speaks at each place. Other fields without media come along.
///
/// The document is the record's conversation, turn after turn, its parts in their order; a conversation that shows no
/// picture gets those of the record's image fields at its start. Source: OBELICS (arXiv:2306.16527), dataset card.
#[derive(Default)]
pub(super) struct Interleaved(Parquet);

impl Sink for Interleaved {
    fn format(&self) -> &'static str {
        "interleaved"
    }

    fn about(&self) -> &'static str {
        "documents of texts and pictures in turn, laid out as OBELICS; needs a conversation"
    }

    fn accepts(&self, schema: &Schema) -> Result<(), SinkError> {
        chat::field(schema, self.format()).map(drop)
    }

    fn write(
        &self,
        dataset: &Dataset<'_>,
        records: &mut dyn Iterator<Item = Result<Record, SinkError>>,
        out: &Path,
    ) -> Result<(), SinkError> {
        let field = chat::field(dataset.schema, self.format())?;
        let schema = schema(dataset.schema);
        let mut documents = records.map(|record| {
            let record = record?;
            document(&record, &field, dataset.schema, &schema).map_err(|e| at_record(&record, e))
        });
        let documents_of = Dataset { schema: &schema, media: dataset.media, len: dataset.len, name: dataset.name };
        self.0.write(&documents_of, &mut documents, out)
    }
}

fn schema(from: &Schema) -> Schema {
    let mut schema = Schema::new();
    schema.set("texts", Type::list(Type::optional(Type::Text)));
    schema.set("images", Type::list(Type::optional(Type::Image)));
    schema.set("speakers", Type::list(Type::Text));
    for (name, field) in from.iter().filter(|(_, field)| !field.ty.holds_media()) {
        if !schema.contains(name) {
            schema.set(name.clone(), field.clone());
        }
    }
    schema
}

fn document(record: &Record, field: &str, from: &Schema, to: &Schema) -> Result<Record, SinkError> {
    let Some(turns) = record.get(field).and_then(Value::as_list) else {
        return Err(SinkError(format!("field `{field}`: expected a conversation, found nothing")));
    };
    let (mut texts, mut images, mut speakers) = (Vec::new(), Vec::new(), Vec::new());
    let mut put = |text: Value, image: Value, speaker: &str| {
        texts.push(text);
        images.push(image);
        speakers.push(Value::text(speaker));
    };
    let mut shows = false;
    turns.iter().for_each(|turn| turn.each_media(&mut |_| shows = true));
    if !shows {
        chat::images(record, from).into_iter().for_each(|media| put(Value::Null, Value::Media(media), "user"));
    }
    for turn in turns {
        let speaker = turn.get("role").and_then(Value::as_text).unwrap_or("user");
        for part in turn.get("content").and_then(Value::as_list).unwrap_or_default() {
            match part {
                Value::Media(_) => put(Value::Null, part.clone(), speaker),
                Value::Text(_) => put(part.clone(), Value::Null, speaker),
                other => put(Value::text(other.to_json().to_string()), Value::Null, speaker),
            }
        }
    }
    let mut fields: Vec<(Name, Value)> = vec![
        ("texts".into(), Value::list(texts)),
        ("images".into(), Value::list(images)),
        ("speakers".into(), Value::list(speakers)),
    ];
    for name in to.names().skip(fields.len()) {
        fields.push((name.clone(), record.get(name).cloned().unwrap_or_default()));
    }
    let mut document = record.clone();
    document.set_fields(fields);
    Ok(document)
}
