//! Steps that build conversations from texts and pictures.

pub mod append;
pub mod build;
pub mod from_pairs;

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::model::Speaker;
use tamis_core::template::{Template, Vars};
use tamis_core::{StepError, Value};

use crate::chat::messages;

/// One turn as written in a recipe.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    /// Who speaks: `user`, `assistant` or `system`.
    role: Role,
    /// What is said: a text or a file, a template either way. Pictures stand where it names them.
    content: String,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// the one who asks
    User,
    /// the one who answers
    Assistant,
    /// instructions
    System,
}

/// Turns whose templates are compiled.
struct Turns(Vec<(Speaker, Template)>);

impl Turns {
    fn bind(scope: &mut Scope<'_>, turns: Vec<Turn>) -> Option<Turns> {
        if turns.is_empty() {
            scope.problem("turns", "expected at least one turn");
            return None;
        }
        let mut bound = Vec::new();
        for (i, turn) in turns.into_iter().enumerate() {
            let speaker = match turn.role {
                Role::User => Speaker::User,
                Role::Assistant => Speaker::Assistant,
                Role::System => Speaker::System,
            };
            let template = scope.template(&format!("turns[{i}].content"), &turn.content);
            bound.push(template.map(|template| (speaker, template)));
        }
        bound.into_iter().collect::<Option<_>>().map(Turns)
    }

    fn render(&self, vars: &Vars) -> Result<Vec<Value>, StepError> {
        let turns = self.0.iter().enumerate().map(|(i, (speaker, template))| {
            let parts = template.render_parts(vars);
            match parts.map_err(|e| StepError::failed(format!("turn {}: {e}", i + 1)))? {
                empty if empty.is_empty() => Err(StepError::failed(format!("turn {} is empty", i + 1))),
                parts => Ok(messages::turn(*speaker, &parts)),
            }
        });
        turns.collect()
    }
}
