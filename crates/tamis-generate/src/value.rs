//! Specs in records: from typed structs to JSON fields and back.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tamis_core::bind::FieldRef;
use tamis_core::{Record, StepError, Value};

/// A struct as the value of a JSON field.
pub(crate) fn to_value(into: &str, spec: &impl Serialize) -> Result<Value, StepError> {
    let json = serde_json::to_value(spec).map_err(|e| StepError::field(into, e.to_string()))?;
    Ok(Value::from_plain_json(&json))
}

/// A JSON field as the struct it stands for, or in words what is wrong with it.
pub(crate) fn read<T: DeserializeOwned>(field: &FieldRef, record: &Record) -> Result<T, String> {
    serde_path_to_error::deserialize(field.get(record).to_json()).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        if path == "." { inner.to_string() } else { format!("at `{path}`: {inner}") }
    })
}
