//! `conversation.build`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::template::Vars;
use tamis_core::{Name, Record, StepError, Type, Value};

use super::{Turn, Turns};

/// Writes a conversation from templates, one for each turn.
///
/// Pictures stand where a template names them. A turn that turns out empty fails the record.
///
/// Reads the fields that the templates name. Writes `into`.
///
/// # Example
///
/// ```yaml example
/// step:
///   conversation.build:
///     turns:
///       - { role: user, content: "{{ image }} {{ question }}" }
///       - { role: assistant, content: "{{ answer }}" }
///     into: turns
/// types: { image: image, question: text, answer: text }
/// images: { image: 64x48 }
/// in: { question: How many dogs?, answer: Two. }
/// out:
///   turns:
///     - { role: user, content: [64x48, How many dogs?] }
///     - { role: assistant, content: [Two.] }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConversationBuild {
    /// The turns in their order: `{role: user|assistant|system, content: template}`.
    turns: Vec<Turn>,
    /// The field for the conversation.
    into: String,
}

impl OperatorConfig for ConversationBuild {
    const NAME: &'static str = "conversation.build";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let turns = Turns::bind(scope, self.turns);
        let into = scope.write("into", &self.into, Type::Conversation);
        Bound::transform(Build { turns: turns?, into: into? })
    }
}

struct Build {
    turns: Turns,
    into: Name,
}

impl Transform for Build {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let turns = self.turns.render(&Vars::of(record, ctx))?;
        record.set(&self.into, Value::list(turns));
        Ok(Verdict::Pass)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::kit::{Place, transform};

    #[test]
    fn pictures_stand_where_a_turn_names_them() {
        let config = "{turns: [{role: system, content: S}, {role: user, content: 'See {{ a }} here'}, \
                       {role: assistant, content: '{{ t }}'}], into: talk}";
        let place = Place::new("a: image, t: text").picture("a", 3, 2).value("t", "ok");
        assert_eq!(
            transform::<ConversationBuild>(place, config).turns("talk"),
            ["system: S", "user: See <3x2> here", "assistant: ok"]
        );
    }

    #[test]
    fn an_empty_turn_fails() {
        let config = "{turns: [{role: user, content: '{{ t }}'}], into: talk}";
        let run = transform::<ConversationBuild>(Place::new("t: text").value("t", " "), config);
        assert_eq!(run.failed(), "turn 1 is empty");
    }
}
