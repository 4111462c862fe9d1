//! `conversation.append`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::template::Vars;
use tamis_core::{Name, Record, StepError, Type, Value};

use super::{Turn, Turns};

/// Adds turns to the end of a conversation.
///
/// A conversation that is missing counts as one without turns, so that a loop can begin with nothing. Pictures stand
/// where a template names them. A turn that turns out empty fails the record.
///
/// Reads `to` and the fields that the templates name. Writes `into` (default: `to` itself).
///
/// # Example
///
/// ```yaml example
/// step:
///   conversation.append:
///     to: talk
///     turns:
///       - { role: user, content: "{{ question }}" }
///       - { role: assistant, content: "{{ answer }}" }
/// types: { talk: conversation, question: text, answer: text }
/// in:
///   talk: [{ role: user, content: [Hello] }, { role: assistant, content: [Hi] }]
///   question: How many dogs?
///   answer: Two.
/// out:
///   talk:
///     - { role: user, content: [Hello] }
///     - { role: assistant, content: [Hi] }
///     - { role: user, content: [How many dogs?] }
///     - { role: assistant, content: [Two.] }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConversationAppend {
    /// The conversation; may be missing.
    to: String,
    /// The turns in their order: `{role: user|assistant|system, content: template}`.
    turns: Vec<Turn>,
    /// The field for the longer conversation. Default: in place.
    into: Option<String>,
}

impl OperatorConfig for ConversationAppend {
    const NAME: &'static str = "conversation.append";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let to = scope.read_any("to", &self.to);
        if let Some(other) = to.as_ref().filter(|field| !field.ty.required().fits(&Type::Conversation)) {
            scope.problem("to", format!("expected conversation, but `{}` is {}", self.to, other.ty));
        }
        let turns = Turns::bind(scope, self.turns);
        let (at, into) = self.into.as_deref().map_or(("to", &*self.to), |into| ("into", into));
        // Written even if it is not there yet: in a loop, it is the one that the round before wrote.
        let into = scope.write(at, into, Type::Conversation);
        Bound::transform(Append { to: to?, turns: turns?, into: into? })
    }
}

struct Append {
    to: FieldRef,
    turns: Turns,
    into: Name,
}

impl Transform for Append {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let mut turns = self.to.get(record).as_list().unwrap_or_default().to_vec();
        turns.extend(self.turns.render(&Vars::of(record, ctx))?);
        record.set(&self.into, Value::list(turns));
        Ok(Verdict::Pass)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::kit::{Place, transform};

    #[test]
    fn a_missing_conversation_is_begun() {
        let config = "{to: talk, turns: [{role: user, content: Hello}]}";
        let run = transform::<ConversationAppend>(Place::new("talk: conversation?"), config);
        assert_eq!(run.turns("talk"), ["user: Hello"]);
    }

    #[test]
    fn another_type_is_a_problem() {
        let config = "{to: talk, turns: [{role: user, content: Hello}]}";
        let problems = Place::new("talk: text").problems::<ConversationAppend>(config);
        assert_eq!(problems, ["to: expected conversation, but `talk` is text"]);
    }
}
