//! Files named by a field: `prompts/{{ kind }}.md`, every one of which is read when the recipe is checked.

use tamis_core::bind::{FieldRef, Scope, is_path};
use tamis_core::{Name, Record, StepError, Type, Value};

/// More files than this for one option are refused.
const MOST: usize = 1000;

/// One thing for each combination of the enum fields that a file name holds, or a single one.
pub(super) struct Variants<T> {
    fields: Vec<FieldRef>,
    loaded: Vec<(Vec<Name>, T)>,
}

impl<T> Variants<T> {
    /// Loads `source`: a text, a file, or a file name with `{{ field }}` in it, then every file it can stand for.
    pub(super) fn load(
        scope: &mut Scope<'_>,
        at: &str,
        source: &str,
        mut load: impl FnMut(&mut Scope<'_>, &str, &str) -> Option<T>,
    ) -> Option<Variants<T>> {
        let Some(pieces) = pattern(source) else {
            let only = load(scope, at, source)?;
            return Some(Variants { fields: Vec::new(), loaded: vec![(Vec::new(), only)] });
        };
        let mut fields = Vec::new();
        // Each combination of values so far, with the file name that it makes.
        let mut files: Vec<(Vec<Name>, String)> = vec![(Vec::new(), String::new())];
        for piece in pieces {
            match piece {
                Piece::Text(text) => files.iter_mut().for_each(|(_, file)| file.push_str(text)),
                Piece::Name(name) => match values_of(scope, at, name)? {
                    (Some(field), values) => {
                        fields.push(field);
                        files = files.iter().flat_map(|f| values.iter().map(move |v| extended(f, v))).collect();
                    }
                    (None, values) => files.iter_mut().for_each(|(_, file)| file.push_str(&values[0])),
                },
            }
            if files.len() > MOST {
                scope.problem(at, format!("`{source}` stands for more than {MOST} files"));
                return None;
            }
        }
        let loaded: Vec<_> =
            files.into_iter().map(|(key, file)| load(scope, at, &file).map(|found| (key, found))).collect();
        Some(Variants { fields, loaded: loaded.into_iter().collect::<Option<_>>()? })
    }

    /// The one for a record.
    pub(super) fn of(&self, record: &Record) -> Result<&T, StepError> {
        let values: Vec<&Value> = self.fields.iter().map(|field| field.get(record)).collect();
        let fits = |key: &[Name]| key.iter().zip(&values).all(|(name, value)| value.as_text() == Some(name));
        self.loaded.iter().find(|(key, _)| fits(key)).map(|(_, found)| found).ok_or_else(|| {
            let named: Vec<_> =
                self.fields.iter().map(|f| format!("{} = {}", f.dotted(), f.get(record).to_json())).collect();
            StepError::failed(format!("there is no file for {}", named.join(", ")))
        })
    }
}

fn extended((key, file): &(Vec<Name>, String), value: &Name) -> (Vec<Name>, String) {
    let mut key = key.clone();
    key.push(value.clone());
    (key, format!("{file}{value}"))
}

enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
}

/// The pieces of a file name that holds `{{ field }}`; `None` for anything else.
fn pattern(source: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = source;
    let mut skeleton = String::new();
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}")?;
        pieces.extend([Piece::Text(before), Piece::Name(name.trim())]);
        skeleton.push_str(before);
        rest = after;
    }
    skeleton.push_str(rest);
    let named = !pieces.is_empty();
    pieces.push(Piece::Text(rest));
    (named && is_path(&skeleton)).then_some(pieces)
}

/// The values a name in a file name can have: those of an enum field, or the one of a parameter.
fn values_of(scope: &mut Scope<'_>, at: &str, name: &str) -> Option<(Option<FieldRef>, Vec<Name>)> {
    if let Some((_, value)) = scope.constants().iter().find(|(n, _)| &**n == name) {
        if let Some(text) = value.as_text() {
            return Some((None, vec![text.into()]));
        }
        scope.problem(at, format!("a file name can hold a text, but `{name}` is {}", value.to_json()));
        return None;
    }
    let field = scope.read_any(at, name)?;
    if let Type::Enum(values) = &field.ty {
        let values = values.clone();
        return Some((Some(field), values));
    }
    let (dotted, ty) = (field.dotted(), field.ty);
    scope.problem_with_help(
        at,
        format!("expected an enum in a file name, but `{dotted}` is {ty}: the files it names cannot be checked"),
        "let the step that writes the field give it a type such as `enum(a|b)`, or name the file itself",
    );
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::kit::Place;
    use tamis_core::testing::record;

    fn load(place: &Place, source: &str) -> Result<Variants<String>, Vec<String>> {
        place.bind(|scope| Variants::load(scope, "prompt", source, |scope, at, file| Some(scope.text(at, file)?.1)))
    }

    fn place() -> Place {
        Place::new("kind: enum(long|short), free: text").file("p/long.md", "L").file("p/short.md", "S")
    }

    #[test]
    fn a_field_chooses_among_files_that_all_exist() {
        let variants = load(&place(), "p/{{ kind }}.md").unwrap();
        let chosen = variants.of(&record(0, [("kind", Value::text("short"))])).unwrap().clone();
        assert_eq!(chosen, "S");
    }

    #[test]
    fn a_missing_file_and_an_open_field_are_problems() {
        let missing =
            load(&Place::new("kind: enum(long|short)").file("p/long.md", "L"), "p/{{ kind }}.md").err().unwrap();
        assert!(missing[0].contains("p/short.md"), "{missing:?}");
        let open = load(&place(), "p/{{ free }}.md").err().unwrap();
        assert!(open[0].contains("expected an enum"), "{open:?}");
    }

    #[test]
    fn a_text_with_names_in_it_is_no_file() {
        assert_eq!(load(&place(), "Be {{ kind }}.").unwrap().loaded[0].1, "Be {{ kind }}.");
    }

    #[test]
    fn a_parameter_is_put_in_at_once() {
        let place = place().constant("style", Value::text("long"));
        assert_eq!(load(&place, "p/{{ style }}.md").unwrap().loaded[0].1, "L");
    }
}
