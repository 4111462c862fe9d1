//! What can only be said when all steps are known: the output, and what nobody uses.

use std::collections::BTreeSet;

use tamis_core::error::{did_you_mean, nearest};
use tamis_core::{Field, Schema, Type};

use crate::diagnostic::Code;
use crate::place::Place;
use crate::recipe::Wanted;
use crate::source::find_word;
use crate::steps::mentions;

/// The fields of a sample, from the fields behind the last step. What does not fit is told.
pub(crate) fn output_schema(place: &Place<'_>, end: &Schema) -> Schema {
    let mut schema = Schema::new();
    for wanted in &place.recipe.output {
        let Some(found) = end.get(&wanted.name) else {
            never_written(place, wanted, end);
            continue;
        };
        let Some(ty) = &wanted.ty else { continue };
        if fits(place, wanted, ty, found) {
            schema.set(wanted.name.clone(), Field { ty: ty.clone(), of: found.of.clone() });
        }
    }
    without_image(place, &schema);
    schema
}

fn fits(place: &Place<'_>, wanted: &Wanted, ty: &Type, found: &Field) -> bool {
    let name = &wanted.name;
    if !found.ty.fits(ty) {
        let message = format!("expected {ty} for the output `{name}`, but `{name}` is {}", found.ty);
        let help = if found.ty.required().fits(ty) {
            format!(
                "`{name}` may be missing; reject such records with `gate.require: {{that: \"{name} is not none\"}}`, \
                 or ask for `{}`",
                found.ty
            )
        } else {
            format!("ask for what is there: `{name}: {}`", quoted(&found.ty))
        };
        place.tell(Code::Output, wanted.type_span, message, Some(help));
        return false;
    }
    match (&wanted.of, &found.of) {
        (Some(asked), Some(is)) if asked != is => {
            let message = format!("expected coordinates in `{asked}`, but `{name}` is in the pixels of `{is}`");
            place.tell(Code::Output, wanted.type_span, message, None);
            false
        }
        _ => true,
    }
}

fn quoted(ty: &Type) -> String {
    let text = ty.to_string();
    if text.contains(['{', '|']) { format!("\"{text}\"") } else { text }
}

fn never_written(place: &Place<'_>, wanted: &Wanted, end: &Schema) {
    let name = &wanted.name;
    if place.silent.borrow().may_exist(name) {
        return;
    }
    let history = place.history.borrow();
    if let Some(by) = history.removes.get(name) {
        let message = format!("the output `{name}` is gone at the end: `{}` on line {} took it out", by.id, by.line);
        place.tell(Code::Output, wanted.name_span, message, None);
        return;
    }
    let names: Vec<&str> = end.names().map(|name| &**name).collect();
    let near = nearest(name, names.iter().copied());
    let writer = near.and_then(|near| history.writes.iter().find(|written| *written.name == *near));
    let fitting = || {
        let fits = |written: &&crate::place::Written| {
            wanted.ty.as_ref().is_some_and(|ty| end.get(&written.name).is_some_and(|field| field.ty == *ty))
        };
        history.writes.iter().rev().find(fits)
    };
    let help = match writer.or_else(fitting) {
        Some(written) => {
            format!("`{}` on line {} writes `{}`", written.by.id, written.by.line, written.name)
        }
        None => format!("fields at the end: {}", if names.is_empty() { "none".into() } else { names.join(", ") }),
    };
    let message = format!("the output `{name}` is never written{}", did_you_mean(name, names.iter().copied()));
    place.tell(Code::Output, wanted.name_span, message, Some(help));
}

/// Coordinates without the image they belong to are hardly meant.
fn without_image(place: &Place<'_>, output: &Schema) {
    for wanted in &place.recipe.output {
        let frame = output.get(&wanted.name).and_then(|field| field.of.as_ref());
        if let Some(image) = frame.filter(|image| !output.contains(image)) {
            let message = format!("`{}` is in the pixels of `{image}`, which is not in the output", wanted.name);
            place.warn(Code::Output, wanted.name_span, message, None);
        }
    }
}

/// Tells what is declared or written and never used.
pub(crate) fn unused(place: &Place<'_>) {
    unused_roles(place);
    unused_constants(place);
    unused_fields(place);
}

fn unused_roles(place: &Place<'_>) {
    let history = place.history.borrow();
    let silent = place.silent.borrow();
    for entry in place.recipe.root.get("roles").map(|roles| roles.entries()).unwrap_or_default() {
        let name = entry.key.as_str();
        let declared = place.recipe.roles.contains_key(name);
        // A recipe that this one uses may ask for the role under the same name.
        if declared && !history.roles.contains(name) && !silent.may_exist(name) {
            let help = "give it to a step, or take it out".to_string();
            place.tell(Code::Unused, entry.key_span, format!("no step asks for the role `{name}`"), Some(help));
        }
    }
}

fn unused_constants(place: &Place<'_>) {
    let history = place.history.borrow();
    let words: BTreeSet<String> = mentions(&place.recipe.steps, &[]);
    for (section, what) in [("params", "parameter"), ("data", "data"), ("tables", "table")] {
        for entry in place.recipe.root.get(section).map(|section| section.entries()).unwrap_or_default() {
            let name = entry.key.as_str();
            let used = words.contains(name)
                || place.recipe.references.names.contains(name)
                || place.recipe.broken.contains(name)
                // A misspelt `$name` was probably meant to be one of them.
                || !place.recipe.references.unknown.is_empty()
                || history.texts.iter().any(|text| find_word(text, name).is_some());
            if !used {
                let message = format!("no step and no prompt uses the {what} `{name}`");
                place.warn(Code::Unused, entry.key_span, message, None);
            }
        }
    }
}

fn unused_fields(place: &Place<'_>) {
    let history = place.history.borrow();
    let silent = place.silent.borrow();
    let in_output = |name: &str| place.recipe.output.iter().any(|wanted| *wanted.name == *name);
    for written in &history.writes {
        let name = &written.name;
        if !history.reads.contains(name) && !in_output(name) && !silent.may_exist(name) {
            let message =
                format!("`{}` writes `{name}`, which no step reads and the output does not hold", written.by.id);
            let help = format!("add `{name}` to `output`, or take the step out");
            place.warn(Code::Unused, written.by.span, message, Some(help));
        }
    }
}
