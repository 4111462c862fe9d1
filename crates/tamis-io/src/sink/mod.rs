//! Sinks: writing a dataset in the formats that trainers and libraries read.

mod chat;
mod coco;
mod dpo;
mod folder;
mod interleaved;
mod internvl;
mod json;
mod jsonl;
mod llava;
mod parquet;
mod regions;
mod sharegpt;
mod swift;
mod webdataset;
mod yolo;

use std::io;
use std::path::Path;

use tamis_core::error::did_you_mean;
use tamis_core::media::MediaError;
use tamis_core::record::Record;
use tamis_core::schema::Schema;
use tamis_core::sink::{Sink, SinkError};

/// All sinks, the likeliest first.
pub fn sinks() -> Vec<Box<dyn Sink>> {
    vec![
        Box::new(parquet::Parquet::default()),
        Box::new(jsonl::Jsonl),
        Box::new(llava::Llava),
        Box::new(sharegpt::ShareGpt),
        Box::new(swift::Swift),
        Box::new(internvl::InternVl),
        Box::new(dpo::Dpo::default()),
        Box::new(interleaved::Interleaved::default()),
        Box::new(webdataset::WebDataset::default()),
        Box::new(coco::Coco),
        Box::new(yolo::Yolo),
    ]
}

/// The sink of that name. Errors: there is none, with those there are.
pub fn sink(name: &str) -> Result<Box<dyn Sink>, SinkError> {
    let mut all = sinks();
    match all.iter().position(|sink| sink.format() == name) {
        Some(at) => Ok(all.swap_remove(at)),
        None => {
            let names: Vec<&str> = all.iter().map(|sink| sink.format()).collect();
            let hint = did_you_mean(name, names.iter().copied());
            Err(SinkError(format!("no export format is called `{name}`; there are {}{hint}", names.join(", "))))
        }
    }
}

/// The name of the field that holds a record's id: `id`, unless the dataset has a field of that name.
fn id_field(schema: &Schema) -> &'static str {
    if schema.contains("id") { "record_id" } else { "id" }
}

fn io_error(path: &Path, error: &io::Error) -> SinkError {
    SinkError(format!("{}: {error}", path.display()))
}

fn media_error(error: MediaError) -> SinkError {
    SinkError(error.to_string())
}

/// An error about one record.
fn at_record(record: &Record, error: SinkError) -> SinkError {
    SinkError(format!("record {} ({}): {error}", record.id, record.root.key))
}
