//! Binding the steps of an example as a recipe does.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use tamis_core::block::Block;
use tamis_core::model::RoleKind;
use tamis_core::template::Constants;
use tamis_core::{Name, Schema};
use tamis_recipe::node::{Kind, Limits, Node, parse};
use tamis_recipe::source::{SourceText, Span};
use tamis_recipe::{Beside, Diagnostic, MemoryFolder, bind_steps};

use crate::Registry;

/// What a recipe has beside its steps.
pub(crate) struct Around {
    pub(crate) roles: Vec<(String, RoleKind)>,
    pub(crate) constants: Constants,
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) tables: BTreeMap<Name, Schema>,
    pub(crate) registry: Registry,
}

impl Around {
    /// Binds steps, or tells every problem with its place.
    pub(crate) fn bind(&self, steps: &[Json], schema: &Schema) -> Result<(Block, Schema), Vec<String>> {
        let yaml = Json::Array(steps.to_vec()).to_string();
        let roles: Vec<(&str, RoleKind)> = self.roles.iter().map(|(role, kind)| (role.as_str(), *kind)).collect();
        let files = MemoryFolder::new("example", self.files.clone());
        let beside = Beside { roles: &roles, constants: self.constants.clone(), tables: self.tables.clone() };
        let bound = bind_steps(&yaml, schema.clone(), beside, &files, self.registry);
        bound.map_err(|problems| problems.iter().map(|problem| told(problem, &yaml)).collect())
    }
}

/// Reads YAML as recipes do.
pub(crate) fn read(yaml: &str) -> Result<Node, String> {
    parse(&SourceText::new("example", yaml), Limits::RECIPE).map_err(|error| format!("{error:?}"))
}

fn told(problem: &Diagnostic, yaml: &str) -> String {
    let place = read(yaml).map(|root| path(&root, problem.span)).unwrap_or_default();
    let help = problem.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
    format!("at `{place}`: {}{help}", problem.message)
}

/// The dotted path to the innermost value or key that holds a place.
fn path(node: &Node, span: Span) -> String {
    let inside = match &node.kind {
        Kind::Seq(items) => {
            items.iter().enumerate().find(|(_, item)| item.span.holds(span)).map(|(i, item)| (format!("[{i}]"), item))
        }
        Kind::Map(entries) => entries
            .iter()
            .find(|entry| entry.value.span.holds(span) || entry.key_span.holds(span))
            .map(|entry| (format!(".{}", entry.key), &entry.value)),
        _ => None,
    };
    inside.map(|(step, inner)| format!("{step}{}", path(inner, span))).unwrap_or_default()
}
