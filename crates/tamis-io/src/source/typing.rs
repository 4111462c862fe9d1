//! From the fields of a format to the fields that a recipe asks for.

use serde_json::Value as Json;
use tamis_core::convert::shorten;
use tamis_core::error::{did_you_mean, nearest};
use tamis_core::source::{RowError, SourceError, SourceItem, SourceRow, Wanted};
use tamis_core::{Field, Name, Schema, Type, Value};

use super::chat;
use super::embedded::{Embedded, RowMedia};
use super::format::{RawRow, RawRows};

/// How many rows are looked at to learn which fields an input has.
const SAMPLE: usize = 100;

/// The fields of a format that somebody is going to read.
pub(crate) struct Need(Option<Vec<(String, Type)>>);

impl Need {
    /// All fields, whatever they are.
    pub(crate) fn everything() -> Need {
        Need(None)
    }

    /// Whether the field of this name is read.
    pub(crate) fn includes(&self, own: &str) -> bool {
        self.0.as_ref().is_none_or(|fields| fields.iter().any(|(name, _)| name == own))
    }

    /// Whether any field but these is read.
    pub(crate) fn beyond(&self, own: &[&str]) -> bool {
        self.0.as_ref().is_none_or(|fields| fields.iter().any(|(name, _)| !own.contains(&name.as_str())))
    }

    /// The type in which the field of this name is read; `None` if nobody has said.
    pub(crate) fn asked(&self, own: &str) -> Option<&Type> {
        self.0.as_ref()?.iter().find(|(name, _)| name == own).map(|(_, ty)| ty)
    }

    /// Whether the field of this name may hold media, so that bytes in it are media.
    pub(crate) fn media(&self, own: &str) -> bool {
        self.0.is_none() || self.asked(own).is_some_and(Type::holds_media)
    }
}

/// The fields that an input was found to have.
pub(crate) struct Found {
    columns: Vec<(String, Type)>,
}

impl Found {
    /// As the files state them.
    pub(crate) fn stated(columns: Vec<(String, Type)>) -> Found {
        Found { columns }
    }

    /// As the first rows show them. Refuses an input without a single good row among them.
    pub(crate) fn sampled(rows: RawRows<'_>, place: &str) -> Result<Found, SourceError> {
        let mut found = Found { columns: Vec::new() };
        let (mut good, mut bad, mut first_bad) = (0, 0, None);
        for row in rows.take(SAMPLE) {
            match row {
                Ok(row) => {
                    found.learn(&row, good == 0);
                    good += 1;
                }
                Err(error) => {
                    bad += 1;
                    first_bad.get_or_insert(error);
                }
            }
        }
        match first_bad {
            Some(error) if good == 0 => {
                let more = if bad > 1 { format!(" (and {} more)", bad - 1) } else { String::new() };
                Err(SourceError::new(format!("{place}: none of the first rows can be read: {error}{more}")))
            }
            None if good == 0 => Err(SourceError::new(format!("{place}: there is not one row in it"))),
            _ => Ok(found),
        }
    }

    fn learn(&mut self, row: &RawRow, first: bool) {
        for (name, ty) in &mut self.columns {
            match row.fields.get(name) {
                None | Some(Json::Null) => *ty = Type::optional(ty.clone()),
                Some(json) => *ty = ty.join(&natural(name, json)).unwrap_or(Type::Json),
            }
        }
        for (name, json) in &row.fields {
            if !self.columns.iter().any(|(known, _)| known == name) {
                let ty = natural(name, json);
                self.columns.push((name.clone(), if first { ty } else { Type::optional(ty) }));
            }
        }
    }

    fn has(&self, own: &str) -> bool {
        self.columns.iter().any(|(name, _)| name == own)
    }

    fn names(&self) -> Vec<&str> {
        self.columns.iter().map(|(name, _)| name.as_str()).collect()
    }
}

/// The type of a field that nobody has asked for.
fn natural(name: &str, json: &Json) -> Type {
    match json {
        Json::Null => Type::optional(Type::Json),
        Json::Bool(_) => Type::Bool,
        Json::Number(n) => {
            if n.is_f64() {
                Type::Float
            } else {
                Type::Int
            }
        }
        Json::String(_) if Embedded::is_token(json) => Type::Image,
        Json::String(text) if name.contains("image") && super::files::is_image(text.as_ref()) => Type::Image,
        Json::String(_) => Type::Text,
        Json::Array(_) if chat::is_chat(json) => Type::Conversation,
        Json::Array(items) if !items.is_empty() && items.iter().all(Json::is_string) => {
            Type::list(natural(name, &items[0]))
        }
        Json::Array(_) | Json::Object(_) => Type::Json,
    }
}

/// Which field of the format becomes which field of the record, in which type.
pub(crate) struct Typing {
    schema: Schema,
    columns: Vec<Column>,
    need: Need,
}

struct Column {
    field: Name,
    own: String,
    ty: Type,
}

impl Typing {
    /// Finds every wanted field among those found: under the name that the user gave, its own name, or an alias.
    ///
    /// A recipe that asks for nothing gets everything in its natural type. Errors: a field that is not optional and not
    /// there, a renaming of or to a field that does not exist.
    pub(crate) fn bind(
        wanted: &Wanted,
        found: &Found,
        aliases: &[(&str, &str)],
        place: &str,
    ) -> Result<Typing, SourceError> {
        let schema = if wanted.schema.is_empty() { natural_schema(wanted, found) } else { wanted.schema.clone() };
        for (field, own) in &wanted.renames {
            check_rename(field, own, &schema, found, place)?;
        }
        let mut columns = Vec::with_capacity(schema.len());
        for (name, field) in schema.iter() {
            let own = match own_name(name, &field.ty, wanted, found, aliases) {
                Some(own) => own,
                None if field.ty.is_optional() => name.to_string(),
                None => return Err(missing(name, &field.ty, found, place)),
            };
            columns.push(Column { field: name.clone(), own, ty: field.ty.clone() });
        }
        let need = needed(&columns, found);
        Ok(Typing { schema, columns, need })
    }

    pub(crate) fn schema(&self) -> &Schema {
        &self.schema
    }

    pub(crate) fn need(&self) -> &Need {
        &self.need
    }

    /// The row in the types of the schema, or which field was not as expected.
    pub(crate) fn apply(&self, row: RawRow) -> SourceItem {
        let mut fields = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            let value = column.read(&row).map_err(|message| RowError { key: row.key.clone(), message })?;
            fields.push((column.field.clone(), value));
        }
        Ok(SourceRow { key: row.key, fields })
    }
}

impl Column {
    fn read(&self, row: &RawRow) -> Result<Value, String> {
        let Some(json) = row.fields.get(&self.own) else {
            return if self.ty.is_optional() { Ok(Value::Null) } else { Err(self.absent(row)) };
        };
        if !self.ty.holds_media() && Embedded::is_token(json) {
            return Err(format!("field `{}`: expected {}, found media", self.own, self.ty));
        }
        let media = RowMedia { embedded: &row.embedded, folder: &row.folder };
        if *self.ty.required() == Type::Conversation && chat::is_chat(json) {
            let read = chat::conversation(&self.own, json, &row.fields, &media);
            return read.map_err(|why| format!("field `{}`: {why}", self.own));
        }
        let fitted = fit_list(json, &self.ty);
        Value::from_json(fitted.as_ref().unwrap_or(json), &self.ty, &media)
            .map_err(|error| format!("field `{}`: {error}", self.own))
    }

    fn absent(&self, row: &RawRow) -> String {
        let names: Vec<&str> = row.fields.keys().map(String::as_str).collect();
        format!("field `{}` of type {} is missing; the row has {}", self.own, self.ty, listed(&names))
    }
}

/// One image where a list is asked for, and a list of one where an image is asked for: formats of the field use both.
fn fit_list(json: &Json, ty: &Type) -> Option<Json> {
    match (ty.required(), json) {
        (Type::List(inner), Json::String(_)) if **inner == Type::Image => Some(Json::Array(vec![json.clone()])),
        (Type::Image, Json::Array(items)) if items.len() == 1 => Some(items[0].clone()),
        _ => None,
    }
}

fn natural_schema(wanted: &Wanted, found: &Found) -> Schema {
    let renamed = |own: &str| wanted.renames.iter().find(|(_, to)| to == own).map(|(field, _)| field.clone());
    let fields = found.columns.iter();
    fields.map(|(own, ty)| (renamed(own).unwrap_or_else(|| Name::from(own.as_str())), Field::new(ty.clone()))).collect()
}

fn own_name(name: &str, ty: &Type, wanted: &Wanted, found: &Found, aliases: &[(&str, &str)]) -> Option<String> {
    if let Some((_, own)) = wanted.renames.iter().find(|(field, _)| &**field == name) {
        return Some(own.clone());
    }
    if found.has(name) {
        return Some(name.to_string());
    }
    let chats: &[&str] = if *ty.required() == Type::Conversation { &chat::FIELDS } else { &[] };
    let others = aliases.iter().filter(|(asked, _)| *asked == name).map(|(_, own)| *own);
    others.chain(chats.iter().copied()).find(|own| found.has(own)).map(str::to_string)
}

/// The fields to read, with those that a conversation takes its images from.
fn needed(columns: &[Column], found: &Found) -> Need {
    let mut fields: Vec<(String, Type)> = columns.iter().map(|c| (c.own.clone(), c.ty.clone())).collect();
    for column in columns.iter().filter(|c| *c.ty.required() == Type::Conversation) {
        let mut beside: Vec<String> = chat::BESIDE.map(str::to_string).to_vec();
        let names = chat::names_field(&column.own);
        if found.has(&names) {
            // It may name any column that holds images.
            let images = found.columns.iter().filter(|(_, ty)| ty.required().holds_media());
            beside.extend(images.map(|(own, _)| own.clone()));
            beside.push(names);
        }
        fields.extend(beside.into_iter().map(|own| (own, Type::list(Type::Image))));
    }
    Need(Some(fields))
}

fn check_rename(field: &str, own: &str, schema: &Schema, found: &Found, place: &str) -> Result<(), SourceError> {
    if !schema.contains(field) {
        let names: Vec<&str> = schema.names().map(|n| &**n).collect();
        let hint = did_you_mean(field, names.iter().copied());
        let message = format!("`{field}` is renamed, but the recipe asks for {}{hint}", listed(&names));
        return Err(SourceError::new(message).help("write `--map recipe_field=field_of_the_input`"));
    }
    if !found.has(own) {
        let names = found.names();
        let hint = did_you_mean(own, names.iter().copied());
        return Err(SourceError::new(format!("{place}: no field `{own}`; it has {}{hint}", listed(&names))));
    }
    Ok(())
}

fn missing(name: &str, ty: &Type, found: &Found, place: &str) -> SourceError {
    let names = found.names();
    let near = nearest(name, names.iter().copied());
    let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    let message = format!("{place}: the recipe asks for `{name}` of type {ty}, the input has {}{hint}", listed(&names));
    let own = near.unwrap_or("field_of_the_input");
    SourceError::new(message).help(format!("if it goes by another name: `--map {name}={own}`"))
}

/// `a`, `b` and 7 more
fn listed(names: &[&str]) -> String {
    const MOST: usize = 20;
    if names.is_empty() {
        return "no fields".to_string();
    }
    let shown: Vec<String> = names.iter().take(MOST).map(|name| format!("`{}`", shorten(name))).collect();
    let more = names.len().saturating_sub(MOST);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
