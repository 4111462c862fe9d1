//! The manual page of an operator, from its config struct alone.

use std::fmt::Write;

use serde_json::{Map, Value as Json};
use tamis_core::operator::OperatorSpec;

/// The page of an operator in markdown: its name, its manual, its options in a table, and the parts that options are
/// made of.
pub fn operator_page(spec: &OperatorSpec) -> String {
    let schema = (spec.schema)().to_value();
    let defs = schema.get("$defs").and_then(Json::as_object).cloned().unwrap_or_default();
    let words = Words { defs: &defs };
    let mut page = format!("# {}\n\n{}\n", spec.name, one_level_down(description(&schema).trim()));
    words.options(&mut page, "## Options", &schema);
    for (name, part) in words.parts(&schema) {
        let _ = write!(page, "\n### {name}\n");
        let text = description(part);
        if !text.is_empty() {
            let _ = write!(page, "\n{}\n", text.trim());
        }
        words.options(&mut page, "", part);
    }
    page
}

/// A manual whose headings stand below the name of its operator.
fn one_level_down(manual: &str) -> String {
    let mut in_code = false;
    let lines = manual.lines().map(|line| {
        in_code ^= line.trim_start().starts_with("```");
        if !in_code && line.starts_with('#') { format!("#{line}") } else { line.to_string() }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The first line of an operator's manual, for lists of operators.
pub fn operator_summary(spec: &OperatorSpec) -> String {
    spec.manual().lines().next().unwrap_or_default().trim_end_matches('.').to_string()
}

/// Puts schemas into the words of the recipe language.
struct Words<'s> {
    defs: &'s Map<String, Json>,
}

impl<'s> Words<'s> {
    /// A table of the options of an object, one for each form where it may have several.
    fn options(&self, page: &mut String, title: &str, schema: &Json) {
        for form in forms(schema) {
            let Some(properties) = form.get("properties").and_then(Json::as_object) else { continue };
            if properties.is_empty() {
                continue;
            }
            if !title.is_empty() {
                let _ = write!(page, "\n{title}\n");
            }
            let _ = write!(page, "\n| option | type | default | meaning |\n| --- | --- | --- | --- |\n");
            for (name, property) in properties {
                let ty = type_cell(&self.type_of(property));
                let meaning = cell(&self.meaning(property));
                let _ = writeln!(page, "| `{name}` | {ty} | {} | {meaning} |", default(form, name, property));
            }
        }
    }

    /// The definitions that have options of their own, in the order in which they are mentioned.
    fn parts(&self, schema: &Json) -> Vec<(String, &'s Json)> {
        let mut order = Vec::new();
        self.mentioned(schema, &mut order);
        let has_options = |part: &Json| forms(part).iter().any(|form| form.get("properties").is_some());
        let parts = order.into_iter().filter_map(|name| Some((name.clone(), self.defs.get(&name)?)));
        parts.filter(|(_, part)| has_options(part)).collect()
    }

    fn mentioned(&self, schema: &Json, order: &mut Vec<String>) {
        match schema {
            Json::Array(items) => items.iter().for_each(|item| self.mentioned(item, order)),
            Json::Object(fields) => {
                if let Some(name) = reference(schema).filter(|name| !order.contains(name) && name != "Steps") {
                    order.push(name.clone());
                    if let Some(part) = self.defs.get(&name) {
                        self.mentioned(part, order);
                    }
                }
                fields.iter().filter(|(key, _)| *key != "$defs").for_each(|(_, value)| self.mentioned(value, order));
            }
            _ => {}
        }
    }

    /// A type as recipes write it.
    fn type_of(&self, schema: &Json) -> String {
        if let Some(name) = reference(schema) {
            return self.named(&name);
        }
        if let Some(value) = schema.get("const") {
            return format!("`{}`", bare(value));
        }
        if let Some(values) = schema.get("enum").and_then(Json::as_array) {
            let shown = values.iter().filter(|v| !v.is_null()).map(|value| format!("`{}`", bare(value)));
            return shown.collect::<Vec<_>>().join(" or ");
        }
        for key in ["anyOf", "oneOf", "allOf"] {
            if let Some(forms) = schema.get(key).and_then(Json::as_array) {
                let mut shown: Vec<String> =
                    forms.iter().map(|form| self.type_of(form)).filter(|form| form != "nothing").collect();
                shown.dedup();
                return shown.join(" or ");
            }
        }
        match schema.get("type") {
            Some(Json::String(ty)) => self.simple(ty, schema),
            Some(Json::Array(types)) => {
                let shown = types.iter().filter_map(Json::as_str).map(|ty| self.simple(ty, schema));
                shown.filter(|ty| ty != "nothing").collect::<Vec<_>>().join(" or ")
            }
            _ => "anything".to_string(),
        }
    }

    fn named(&self, name: &str) -> String {
        match (name, self.defs.get(name)) {
            ("Steps", _) => "steps".to_string(),
            ("Type", _) => "a type".to_string(),
            (_, Some(part)) if forms(part).iter().all(|form| form.get("properties").is_none()) => self.type_of(part),
            _ => name.to_string(),
        }
    }

    fn simple(&self, ty: &str, schema: &Json) -> String {
        match ty {
            "string" => "text".to_string(),
            "integer" => "int".to_string(),
            "number" => "float".to_string(),
            "boolean" => "bool".to_string(),
            "null" => "nothing".to_string(),
            "array" => format!("list<{}>", schema.get("items").map_or("anything".into(), |items| self.type_of(items))),
            "object" => match schema.get("additionalProperties") {
                Some(inner @ Json::Object(_)) => format!("map<{}>", self.type_of(inner)),
                _ => "map".to_string(),
            },
            other => other.to_string(),
        }
    }

    /// What an option means, with the choices of an enum that explains them.
    fn meaning(&self, property: &Json) -> String {
        let mut text = description(property).replace("\n\n", "<br>").replace('\n', " ");
        let part = reference_inside(property).and_then(|name| self.defs.get(&name));
        for choice in part.into_iter().flat_map(forms) {
            if let (Some(value), false) = (choice.get("const"), description(choice).is_empty()) {
                let _ = write!(text, "<br>`{}`: {}", bare(value), description(choice).replace('\n', " "));
            }
        }
        text
    }
}

/// The forms of a schema with `oneOf` or `anyOf`, or the schema itself.
fn forms(schema: &Json) -> Vec<&Json> {
    let several = ["oneOf", "anyOf"].iter().find_map(|key| schema.get(key).and_then(Json::as_array));
    several.map_or_else(|| vec![schema], |forms| forms.iter().collect())
}

fn reference(schema: &Json) -> Option<String> {
    let name = schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")?;
    Some(name.replace("~1", "/").replace("~0", "~"))
}

/// The definition behind an option, or behind the one form of it that is not `null`.
fn reference_inside(schema: &Json) -> Option<String> {
    reference(schema).or_else(|| forms(schema).into_iter().find_map(reference))
}

fn description(schema: &Json) -> &str {
    schema.get("description").and_then(Json::as_str).unwrap_or_default()
}

fn default(object: &Json, name: &str, property: &Json) -> String {
    let required = object.get("required").and_then(Json::as_array);
    if required.is_some_and(|names| names.iter().any(|required| required == name)) {
        return "required".to_string();
    }
    match property.get("default") {
        None | Some(Json::Null) => String::new(),
        Some(Json::Array(items)) if items.is_empty() => String::new(),
        Some(Json::Object(fields)) if fields.is_empty() => String::new(),
        Some(value) => cell(&format!("`{}`", bare(value))),
    }
}

/// A value without the quotes of JSON around a text.
fn bare(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

/// A type inside a table: as code, unless choices inside it are marked as code already.
fn type_cell(ty: &str) -> String {
    if ty.contains('`') { cell(ty).replace('<', "\\<") } else { format!("`{}`", cell(ty)) }
}

/// Text inside a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ").trim().to_string()
}
