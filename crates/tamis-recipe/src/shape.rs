//! The shape of a step: one operator, and what stands beside it.

use tamis_core::error::did_you_mean;
use tamis_core::operator::OperatorSpec;

use crate::diagnostic::Code;
use crate::node::{Entry, Kind, Node};
use crate::place::Place;
use crate::source::Span;
use crate::steps::operator;

/// A step as written.
#[derive(Clone, Copy)]
pub(crate) struct Shape<'n> {
    pub(crate) operator: &'n Entry,
    pub(crate) spec: OperatorSpec,
    pub(crate) id: Option<(&'n str, Span)>,
    pub(crate) when: Option<&'n Node>,
    pub(crate) retry: u32,
}

/// What may stand beside the operator.
pub(crate) const BESIDE: &[&str] = &["id", "when", "retry"];
/// The highest number of further tries.
pub(crate) const MOST_RETRIES: i64 = 10;

impl<'n> Shape<'n> {
    /// Reads a step. `None` if it has no operator that can be bound; what is wrong is told.
    pub(crate) fn read(place: &Place<'_>, node: &'n Node) -> Option<Shape<'n>> {
        if !matches!(node.kind, Kind::Map(_)) {
            let help = match node.as_text() {
                Some(text) if operator(place.folder.session.registry, text.trim()).is_some() => {
                    format!("an operator without options ends in a colon: `- {}:`", text.trim())
                }
                _ => "a step is a map: `- operator: {option: value}`".to_string(),
            };
            place.tell(Code::Shape, node.span, format!("expected a step, found {}", node.describe()), Some(help));
            return None;
        }
        let id = id(place, node);
        let retry = retry(place, node);
        let (operator, spec) = the_operator(place, node)?;
        Some(Shape { operator, spec, id, when: node.get("when"), retry })
    }

    /// The same for every record.
    pub(crate) fn always(self) -> Shape<'n> {
        Shape { when: None, ..self }
    }

    /// Whether it is a gate that lets nothing pass.
    pub(crate) fn rejects_everything(&self) -> bool {
        let that = self.operator.value.get("that").map(|that| &that.kind);
        let never = match that {
            Some(Kind::Text(text)) => text.trim() == "false",
            Some(Kind::Bool(value)) => !value,
            _ => false,
        };
        self.spec.name == "gate.require" && self.when.is_none() && never
    }
}

/// The id, if there is a valid one; any other is told and passed over, so that the rest of the step is checked.
fn id<'n>(place: &Place<'_>, node: &'n Node) -> Option<(&'n str, Span)> {
    let entry = node.entry("id")?;
    let valid = |id: &&str| !id.is_empty() && id.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    match entry.value.as_text().filter(valid) {
        Some(id) => Some((id, entry.value.span)),
        None => {
            let found = entry.value.describe();
            let message = format!("expected an id of letters, digits, `-`, `_` and `.`, found {found}");
            place.tell(Code::StepId, entry.value.span, message, None);
            None
        }
    }
}

/// The further tries; a wrong number is told and passed over.
fn retry(place: &Place<'_>, node: &Node) -> u32 {
    let Some(entry) = node.entry("retry") else { return 0 };
    match entry.value.kind {
        Kind::Int(n) if (0..=MOST_RETRIES).contains(&n) => n as u32,
        _ => {
            let found = entry.value.describe();
            let message = format!("expected a whole number of further tries from 0 to {MOST_RETRIES}, found {found}");
            place.tell(Code::Shape, entry.value.span, message, None);
            0
        }
    }
}

fn the_operator<'n>(place: &Place<'_>, node: &'n Node) -> Option<(&'n Entry, OperatorSpec)> {
    let registry = place.folder.session.registry;
    let others: Vec<&Entry> = node.entries().iter().filter(|e| !BESIDE.contains(&e.key.as_str())).collect();
    let known: Vec<(&Entry, OperatorSpec)> =
        others.iter().filter_map(|entry| Some((*entry, *operator(registry, &entry.key)?))).collect();
    match (known.as_slice(), others.as_slice()) {
        ([found], [_]) => return Some(*found),
        (_, []) => {
            let message = "a step needs an operator".to_string();
            place.tell(Code::Shape, node.span, message, Some("for example `- gate.require: {that: ...}`".to_string()));
        }
        ([], [unknown]) => unknown_operator(place, unknown),
        ([(found, _)], _) => {
            for other in others.iter().filter(|other| other.key != found.key) {
                unknown_beside(place, &found.key, other);
            }
            return Some(known[0]);
        }
        _ => {
            let names: Vec<String> = others.iter().map(|entry| format!("`{}`", entry.key)).collect();
            let message = format!("a step has one operator, found {}", names.join(" and "));
            let help = "begin a new step with `- ` in front of each".to_string();
            place.tell(Code::Shape, others[1].key_span, message, Some(help));
        }
    }
    None
}

fn unknown_operator(place: &Place<'_>, entry: &Entry) {
    let names: Vec<&str> = place.folder.session.registry.iter().map(|spec| spec.name).collect();
    let same_kind = entry.key.split_once('.').map(|(kind, _)| format!("{kind}."));
    let siblings: Vec<&str> =
        names.iter().copied().filter(|n| same_kind.as_ref().is_some_and(|k| n.starts_with(k))).collect();
    let help = match siblings.as_slice() {
        [] => "`tamis ops` lists all operators".to_string(),
        siblings => format!("operators of this kind: {}", siblings.join(", ")),
    };
    let hint = did_you_mean(&entry.key, names.iter().copied());
    place.tell(
        Code::UnknownOperator,
        entry.key_span,
        format!("no operator is called `{}`{hint}", entry.key),
        Some(help),
    );
}

fn unknown_beside(place: &Place<'_>, operator: &str, entry: &Entry) {
    let hint = did_you_mean(&entry.key, BESIDE.iter().copied());
    let message = format!("beside `{operator}` a step may have {}; found `{}`{hint}", BESIDE.join(", "), entry.key);
    let help = format!("options of `{operator}` are indented further than its name");
    place.tell(Code::UnknownKey, entry.key_span, message, Some(help));
}
