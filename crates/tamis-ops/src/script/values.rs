//! Values of a recipe as values of a script, and back.

use std::sync::Arc;

use rhai::{Array, Dynamic, Map};
use tamis_core::{Media, Name, Value};

/// A picture or sound in a script: it can be passed on and nothing else.
#[derive(Clone)]
struct Handle(Arc<Media>);

/// A value for a script: coordinates and vectors as lists of numbers.
pub(super) fn to_script(value: &Value) -> Dynamic {
    let numbers = |numbers: &[f64]| Dynamic::from_array(numbers.iter().map(|n| Dynamic::from_float(*n)).collect());
    match value {
        Value::Null => Dynamic::UNIT,
        Value::Bool(b) => Dynamic::from_bool(*b),
        Value::Int(n) => Dynamic::from_int(*n),
        Value::Float(n) => Dynamic::from_float(*n),
        Value::Text(text) => Dynamic::from(text.to_string()),
        Value::Media(media) => Dynamic::from(Handle(media.clone())),
        Value::Point(point) => numbers(&point.0),
        Value::Box(bbox) => numbers(&bbox.0),
        Value::Polygon(polygon) => Dynamic::from_array(polygon.0.iter().map(|corner| numbers(corner)).collect()),
        Value::Vector(vector) => numbers(&vector.iter().map(|n| f64::from(*n)).collect::<Vec<_>>()),
        Value::List(items) => Dynamic::from_array(items.iter().map(to_script).collect()),
        Value::Map(fields) => {
            Dynamic::from_map(fields.iter().map(|(name, value)| (name.to_string().into(), to_script(value))).collect())
        }
    }
}

/// Lists and maps inside each other.
const DEEPEST: usize = 64;

/// What a script returns; an error says what it is that no field can hold.
pub(super) fn from_script(value: Dynamic) -> Result<Value, String> {
    inner(value, DEEPEST)
}

fn inner(value: Dynamic, levels: usize) -> Result<Value, String> {
    let Some(levels) = levels.checked_sub(1) else {
        return Err(format!("lists and maps stand more than {DEEPEST} deep inside each other"));
    };
    if value.is_unit() {
        return Ok(Value::Null);
    }
    if let Ok(b) = value.as_bool() {
        return Ok(Value::Bool(b));
    }
    if let Ok(n) = value.as_int() {
        return Ok(Value::Int(n));
    }
    if let Ok(n) = value.as_float() {
        return if n.is_finite() { Ok(Value::Float(n)) } else { Err(format!("{n} is no finite number")) };
    }
    if let Ok(c) = value.as_char() {
        return Ok(Value::text(c.to_string()));
    }
    if value.is_string() {
        return value.into_string().map(Value::text).map_err(str::to_string);
    }
    if let Some(handle) = value.clone().try_cast::<Handle>() {
        return Ok(Value::Media(handle.0));
    }
    let kind = value.type_name();
    if value.is_array() {
        let items: Array = value.into_array().unwrap_or_default();
        return items.into_iter().map(|item| inner(item, levels)).collect::<Result<_, _>>().map(Value::list);
    }
    if let Some(map) = value.try_cast::<Map>() {
        let fields = map.into_iter().map(|(name, value)| Ok((Name::from(name.as_str()), inner(value, levels)?)));
        return fields.collect::<Result<Vec<_>, String>>().map(Value::map);
    }
    Err(format!("a value of the script's type `{kind}` cannot be kept in a field"))
}
