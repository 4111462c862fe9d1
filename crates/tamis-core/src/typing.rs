//! Values whose type is only known while a recipe runs: what type they have, and whether they fit a stated one.

use crate::convert::shorten;
use crate::media::MediaKind;
use crate::value::Fields;
use crate::{BBox, Name, Point, Polygon, Type, Value};

/// The type of a value from outside; `json` where nothing better holds it.
pub fn type_of(value: &Value) -> Type {
    match value {
        Value::Null => Type::optional(Type::Json),
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int,
        Value::Float(_) => Type::Float,
        Value::Text(_) => Type::Text,
        Value::Media(media) => match media.kind() {
            MediaKind::Image => Type::Image,
            MediaKind::Mask => Type::Mask,
            MediaKind::Audio => Type::Audio,
            MediaKind::Video => Type::Video,
        },
        Value::Point(_) => Type::Point,
        Value::Box(_) => Type::Box,
        Value::Polygon(_) => Type::Polygon,
        Value::Vector(_) => Type::Vector,
        Value::List(items) => Type::list(items.iter().map(type_of).reduce(|a, b| common(&a, &b)).unwrap_or(Type::Json)),
        Value::Map(fields) => Type::Struct(fields.iter().map(|(n, v)| (n.clone(), type_of(v))).collect()),
    }
}

/// The smallest type for both; a member that only one has becomes optional.
fn common(a: &Type, b: &Type) -> Type {
    match (a, b) {
        (Type::Optional(inner), other) | (other, Type::Optional(inner)) if **inner == Type::Json => {
            Type::optional(other.clone())
        }
        (Type::List(x), Type::List(y)) => Type::list(common(x, y)),
        (Type::Optional(x), y) | (y, Type::Optional(x)) => Type::optional(common(x, y.required())),
        (Type::Struct(x), Type::Struct(y)) => {
            let only = |ty: &Type| Type::optional(ty.clone());
            let mut all: indexmap::IndexMap<Name, Type> =
                x.iter().map(|(n, t)| (n.clone(), y.get(n).map_or_else(|| only(t), |u| common(t, u)))).collect();
            all.extend(y.iter().filter(|(n, _)| !x.contains_key(*n)).map(|(n, t)| (n.clone(), only(t))));
            Type::Struct(all)
        }
        _ => a.join(b).unwrap_or(Type::Json),
    }
}

/// The value as one of type `ty`, or what it is instead. Nothing is guessed: whole numbers become floats, lists of
/// numbers become points, boxes and polygons.
///
/// # Errors
/// What was expected and what was found, with the place inside the value.
pub fn fit(value: Value, ty: &Type) -> Result<Value, String> {
    let fitted = match (ty, &value) {
        (Type::Optional(_), Value::Null) => Some(Value::Null),
        (Type::Optional(inner), _) => return fit(value, inner),
        (Type::Bool, Value::Bool(_)) | (Type::Int, Value::Int(_)) | (Type::Text, Value::Text(_)) => Some(value.clone()),
        (Type::Int, Value::Float(n)) if n.fract() == 0.0 && n.abs() < 9e15 => Some(Value::Int(*n as i64)),
        (Type::Float, _) => value.as_float().map(Value::Float),
        (Type::Enum(values), Value::Text(text)) => values.iter().any(|v| v == text).then(|| value.clone()),
        (Type::Image | Type::Mask | Type::Audio | Type::Video, Value::Media(_)) => {
            (type_of(&value) == *ty).then(|| value.clone())
        }
        (Type::Vector, Value::Vector(_)) => Some(value.clone()),
        (Type::Point, Value::Point(_)) | (Type::Box, Value::Box(_)) | (Type::Polygon, Value::Polygon(_)) => {
            Some(value.clone())
        }
        (Type::Point, _) => numbers(&value).map(|c| Value::Point(Point(c))),
        (Type::Box, _) => numbers::<4>(&value).map(|[a, b, c, d]| Value::Box(BBox::spanning([a, b], [c, d]))),
        (Type::Polygon, Value::List(corners)) if corners.len() >= 3 => {
            let corners: Option<Vec<[f64; 2]>> = corners.iter().map(corner).collect();
            corners.map(|c| Value::Polygon(Polygon(c).into()))
        }
        (Type::List(inner), Value::List(items)) => {
            let items = items.iter().enumerate().map(|(i, v)| within(&format!("[{i}]"), v, inner));
            return Ok(Value::list(items.collect::<Result<_, _>>()?));
        }
        (Type::Conversation, _) => return fit(value, &Type::list(Type::Turn)),
        (Type::Map(inner), Value::Map(fields)) => {
            let fields = fields.iter().map(|(n, v)| Ok::<_, String>((n.clone(), within(&format!(".{n}"), v, inner)?)));
            return Ok(Value::Map(fields.collect::<Result<Fields, _>>()?.into()));
        }
        (Type::Struct(types), Value::Map(fields)) => {
            let mut all = Fields::with_capacity(types.len());
            for (name, ty) in types {
                let member = fields.get(name).unwrap_or(&Value::Null);
                all.insert(name.clone(), within(&format!(".{name}"), member, ty)?);
            }
            return Ok(Value::Map(all.into()));
        }
        (Type::Region, _) => return fit(value, &Type::region_fields()),
        (Type::Turn, Value::Map(turn)) => {
            let role = turn.get("role").and_then(Value::as_text);
            let content = turn.get("content").and_then(Value::as_list);
            let whole = |items: &[Value]| items.iter().all(|v| matches!(v, Value::Text(_) | Value::Media(_)));
            (role.is_some() && content.is_some_and(whole)).then(|| value.clone())
        }
        (Type::Json, _) => (!type_of(&value).holds_media()).then(|| value.clone()),
        _ => None,
    };
    fitted.ok_or_else(|| format!("expected {ty}, found {}", shorten(&value.to_json().to_string())))
}

/// A value that fits `ty` in the very form in which it is read back from disk as one: members that it lacks are there and
/// missing, further ones are gone, whole numbers are floats where floats are wanted. `None` where it has that form already.
pub fn settled(value: &Value, ty: &Type) -> Option<Value> {
    match (ty.required(), value) {
        (Type::Float, Value::Int(n)) => Some(Value::Float(*n as f64)),
        (Type::List(inner), Value::List(items)) => {
            let all: Vec<Option<Value>> = items.iter().map(|item| settled(item, inner)).collect();
            let changed = all.iter().any(Option::is_some);
            let kept = |(new, old): (Option<Value>, &Value)| new.unwrap_or_else(|| old.clone());
            changed.then(|| Value::list(all.into_iter().zip(items.iter()).map(kept).collect()))
        }
        (Type::Map(inner), Value::Map(fields)) => {
            let all: Vec<Option<Value>> = fields.values().map(|value| settled(value, inner)).collect();
            let changed = all.iter().any(Option::is_some);
            let kept = |((name, old), new): ((&Name, &Value), Option<Value>)| {
                (name.clone(), new.unwrap_or_else(|| old.clone()))
            };
            changed.then(|| Value::map(fields.iter().zip(all).map(kept)))
        }
        (Type::Struct(types), Value::Map(fields)) => members(fields, types),
        (Type::Region, Value::Map(fields)) => match Type::region_fields() {
            Type::Struct(types) => members(fields, &types),
            _ => None,
        },
        _ => None,
    }
}

fn members(fields: &Fields, types: &indexmap::IndexMap<Name, Type>) -> Option<Value> {
    let complete = fields.keys().eq(types.keys());
    let new = |name: &Name, ty: &Type| fields.get(name).and_then(|value| settled(value, ty));
    if complete && types.iter().all(|(name, ty)| new(name, ty).is_none()) {
        return None;
    }
    let member = |(name, ty): (&Name, &Type)| {
        let value = new(name, ty).or_else(|| fields.get(name).cloned());
        (name.clone(), value.unwrap_or(Value::Null))
    };
    Some(Value::map(types.iter().map(member)))
}

fn within(place: &str, value: &Value, ty: &Type) -> Result<Value, String> {
    fit(value.clone(), ty).map_err(|error| format!("at `{}`: {error}", place.trim_start_matches('.')))
}

fn corner(value: &Value) -> Option<[f64; 2]> {
    match value {
        Value::Point(p) => Some(p.0),
        other => numbers(other),
    }
}

fn numbers<const N: usize>(value: &Value) -> Option<[f64; N]> {
    let items = value.as_list().filter(|items| items.len() == N)?;
    let mut all = [0.0; N];
    for (number, item) in all.iter_mut().zip(items) {
        *number = item.as_float().filter(|n| n.is_finite())?;
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plain(json: serde_json::Value) -> Value {
        Value::from_plain_json(&json)
    }

    #[test]
    fn data_gets_the_smallest_type_that_holds_it() {
        for (json, ty) in [
            (json!(["a", "b"]), "list<text>"),
            (json!([1, 2.5]), "list<float>"),
            (json!([{"a": 1}, {"a": 2, "b": "x"}]), "list<{a: int, b: text?}>"),
            (json!([1, "a"]), "list<json>"),
            (json!([1, null]), "list<int?>"),
            (json!([]), "list<json>"),
        ] {
            assert_eq!(type_of(&plain(json)).to_string(), ty);
        }
    }

    #[test]
    fn a_settled_value_is_what_is_read_back() {
        let ty: Type = "list<{a: float, b: text?, c: {d: int}?}>".parse().unwrap();
        let written = plain(json!([{"a": 1, "more": 2}, {"c": {"d": 1, "e": 2}, "a": 0.5, "b": "x"}]));
        let settled = settled(&written, &ty).unwrap();
        let read = Value::from_json(&written.to_json(), &ty, &crate::convert::NoMedia).unwrap();
        assert_eq!(settled, read);
        assert_eq!(super::settled(&read, &ty), None);
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_place() {
        let ty: Type = "list<{label: text, box: box}>".parse().unwrap();
        let good = fit(plain(json!([{"label": "cat", "box": [4, 3, 1, 2]}])), &ty).unwrap();
        assert_eq!(good.to_json(), json!([{"label": "cat", "box": [1.0, 2.0, 4.0, 3.0]}]));
        let error = fit(plain(json!([{"label": "cat", "box": [4, 3]}])), &ty).unwrap_err();
        assert!(error.contains("[0]") && error.contains("expected box, found [4,3]"), "{error}");
        assert!(fit(plain(json!(1.5)), &Type::Int).is_err());
        assert_eq!(fit(plain(json!(3.0)), &Type::Int), Ok(Value::Int(3)));
    }

    #[test]
    fn vectors_inside_other_values_stay_what_they_are() {
        let vector = Value::Vector(crate::Vector::new([0.5, 1.5]).unwrap());
        let all = Value::list(vec![Value::map([("place", vector.clone())])]);
        assert_eq!(fit(all.clone(), &"list<{place: vector}>".parse().unwrap()), Ok(all));
        assert!(fit(vector, &Type::Text).is_err());
    }
}
