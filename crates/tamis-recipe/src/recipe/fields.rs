//! `inputs` and `output`: names with their types.

use tamis_core::{Field, Name, Schema, Type, Value};

use super::{Reader, place};
use crate::diagnostic::Code;
use crate::node::{Entry, Kind, Node};
use crate::source::Span;

/// A field as written: `regions: list<region> of image`.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) name: Name,
    pub(crate) name_span: Span,
    /// `None` if the type cannot be read, which was told
    pub(crate) ty: Option<Type>,
    pub(crate) type_span: Span,
    pub(crate) of: Option<Name>,
}

impl Reader<'_, '_> {
    /// The fields that a recipe asks of its input, geometry with the image it belongs to.
    pub(super) fn inputs(&mut self, root: &Node, constants: &[(Name, Value)]) -> Schema {
        let entries = self.section(root, "inputs", "image: image, captions: list<text>");
        let wanted: Vec<Wanted> = entries.iter().map(|entry| self.wanted(entry)).collect();
        let mut schema = Schema::new();
        for field in &wanted {
            let taken = constants.iter().any(|(name, _)| *name == field.name);
            let found = if taken { self.taken(field) } else { self.input(field, &wanted) };
            match found {
                Some(found) => schema.set(field.name.clone(), found),
                None => {
                    self.broken.insert(field.name.to_string());
                }
            }
        }
        schema
    }

    /// The fields of a sample, as declared.
    pub(super) fn output(&mut self, root: &Node) -> Vec<Wanted> {
        if root.entry("output").is_none_or(|entry| entry.value.kind == Kind::Null) {
            let span = root.entry("output").map_or(Span::default(), |entry| entry.key_span);
            let help = Some("name the fields of a sample: `output: { image: image, caption: text }`".to_string());
            self.tell(Code::Output, span, "the recipe has no `output`", help);
        }
        let entries = self.section(root, "output", "image: image, caption: text");
        entries.iter().map(|entry| self.wanted(entry)).collect()
    }

    fn taken(&self, field: &Wanted) -> Option<Field> {
        let message = format!("`{}` is the name of an input and of a parameter or of data", field.name);
        self.tell(Code::Shape, field.name_span, message, Some("rename one of them".to_string()));
        None
    }

    pub(super) fn input(&self, field: &Wanted, all: &[Wanted]) -> Option<Field> {
        let ty = field.ty.clone()?;
        if !valid_name(&field.name) {
            let message = format!("`{}` is no field name: a letter, then letters, digits, `_` or `-`", field.name);
            self.tell(Code::Shape, field.name_span, message, None);
            return None;
        }
        if let Some(of) = &field.of {
            return self.is_frame(field, of, all).then(|| Field::in_frame(ty, of.clone()));
        }
        if !ty.holds_geometry() {
            return Some(Field::new(ty));
        }
        let images: Vec<&Name> = images(all).collect();
        match images.as_slice() {
            [] => Some(Field::new(ty)),
            [image] => Some(Field::in_frame(ty, (*image).clone())),
            several => {
                let names: Vec<&str> = several.iter().map(|name| &***name).collect();
                let message = format!("`{}` holds coordinates, but of which image: {}?", field.name, names.join(", "));
                let help = format!("write the image behind the type: `{}: \"{ty} of {}\"`", field.name, names[0]);
                self.tell(Code::Type, field.type_span, message, Some(help));
                None
            }
        }
    }

    fn is_frame(&self, field: &Wanted, of: &Name, all: &[Wanted]) -> bool {
        let image = images(all).any(|name| name == of);
        let geometry = field.ty.as_ref().is_some_and(Type::holds_geometry);
        if !image {
            let names: Vec<&str> = images(all).map(|name| &**name).collect();
            let hint = tamis_core::error::did_you_mean(of, names.iter().copied());
            self.tell(Code::Type, field.type_span, format!("no input image is called `{of}`{hint}"), None);
        } else if !geometry {
            let message = format!("`of {of}` belongs to coordinates, but `{}` holds none", field.name);
            self.tell(Code::Type, field.type_span, message, None);
        }
        image && geometry
    }

    pub(super) fn wanted(&self, entry: &Entry) -> Wanted {
        let name = Name::from(entry.key.as_str());
        let (ty, of) = self.type_of(entry).unzip();
        Wanted { name, name_span: entry.key_span, ty, type_span: place(entry), of: of.flatten() }
    }

    /// Reads `TYPE` or `TYPE of IMAGE`.
    fn type_of(&self, entry: &Entry) -> Option<(Type, Option<Name>)> {
        let Some(text) = entry.value.as_text() else {
            let message = format!("expected a type for `{}`, found {}", entry.key, entry.value.describe());
            let help = "write the type as a text, in quotes if it has braces: `pairs: \"list<{question: text}>\"`";
            self.tell(Code::Type, place(entry), message, Some(help.to_string()));
            return None;
        };
        let (written, of) = match text.rsplit_once(" of ") {
            Some((written, of)) => (written, Some(Name::from(of.trim()))),
            None => (text, None),
        };
        match written.trim().parse::<Type>() {
            Ok(ty) => Some((ty, of)),
            Err(error) => {
                let place = self.inside_text(&entry.value, &error.text, error.at);
                self.tell(Code::Type, place, error.message, Some(types()));
                None
            }
        }
    }

    /// The place `at` characters inside a text, as it stands in the file.
    fn inside_text(&self, node: &Node, text: &str, at: usize) -> Span {
        let written = self.source.slice(node.span);
        let Some(begin) = written.find(text) else { return node.span };
        let offset = text.char_indices().nth(at).map_or(text.len(), |(offset, _)| offset);
        let word = text[offset..].find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len() - offset);
        let start = node.span.start + begin + offset;
        Span::new(start, start + word.max(1))
    }
}

fn images(fields: &[Wanted]) -> impl Iterator<Item = &Name> {
    fields.iter().filter(|f| f.ty.as_ref().is_some_and(|ty| *ty.required() == Type::Image)).map(|f| &f.name)
}

fn valid_name(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_alphabetic)
        && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

fn types() -> String {
    "types: bool, int, float, text, image, mask, audio, video, point, box, polygon, region, turn, conversation, json, \
     enum(a|b), list<T>, map<T>, {field: T}, T?"
        .to_string()
}
