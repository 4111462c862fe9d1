//! `conversation.from_pairs`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::model::{Part, Speaker};
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Transform, Verdict};
use tamis_core::template::{Template, Vars};
use tamis_core::{Name, Record, StepError, Type, Value};

use crate::chat::messages;

/// Makes a conversation of question-answer pairs: each question a user turn, each answer an assistant turn.
///
/// The pictures stand in front of the first question, as in LLaVA.
///
/// Reads `pairs`, `images` and the fields that `system` names. Writes `into`. A record without a pair is rejected.
///
/// # Example
///
/// ```yaml example
/// step: { conversation.from_pairs: { pairs: pairs, into: turns } }
/// types: { pairs: "list<{question: text, answer: text}>" }
/// in:
///   pairs:
///     - { question: What is it?, answer: A dog. }
///     - { question: What colour?, answer: Brown. }
/// out:
///   turns:
///     - { role: user, content: [What is it?] }
///     - { role: assistant, content: [A dog.] }
///     - { role: user, content: [What colour?] }
///     - { role: assistant, content: [Brown.] }
/// ```
///
/// Source: LLaVA (arXiv:2304.08485), section 3.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConversationFromPairs {
    /// `list<{question: text, answer: text}>`; further members are allowed and left out.
    pairs: String,
    /// Pictures put before the first question: fields of type `image` or `list<image>`; missing ones are left out.
    #[serde(default)]
    images: Vec<String>,
    /// System turn at the start: a text or a file, a template either way. Default: none.
    system: Option<String>,
    /// The field for the conversation.
    into: String,
}

impl OperatorConfig for ConversationFromPairs {
    const NAME: &'static str = "conversation.from_pairs";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let members = [("question", Type::Text), ("answer", Type::Text)];
        let pair = Type::Struct(members.into_iter().map(|(name, ty)| (Name::from(name), ty)).collect());
        let pairs = scope.read("pairs", &self.pairs, &Type::list(pair));
        let images = messages::picture_fields(scope, "images", &self.images);
        let system = self.system.map(|source| scope.template("system", &source));
        let into = scope.write("into", &self.into, Type::Conversation);
        Bound::transform(FromPairs {
            pairs: pairs?,
            images: images?,
            system: system.map_or(Some(None), |template| template.map(Some))?,
            into: into?,
        })
    }
}

struct FromPairs {
    pairs: FieldRef,
    images: Vec<FieldRef>,
    system: Option<Template>,
    into: Name,
}

impl Transform for FromPairs {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let mut turns = Vec::new();
        if let Some(system) = &self.system {
            let text = system.render(&Vars::of(record, ctx)).map_err(|e| StepError::failed(format!("system: {e}")))?;
            turns.push(Value::turn("system", vec![Value::text(text.trim())]));
        }
        let pairs = self.pairs.get(record).as_list().unwrap_or_default();
        if pairs.is_empty() {
            return Ok(Reject::because("no question-answer pair", [("pairs", Value::Int(0))]));
        }
        let mut before = messages::pictures(&self.images, record);
        for pair in pairs {
            let text = |name| Part::Text(pair.get(name).and_then(Value::as_text).unwrap_or_default().into());
            let mut question = std::mem::take(&mut before);
            question.push(text("question"));
            turns.push(messages::turn(Speaker::User, &question));
            turns.push(messages::turn(Speaker::Assistant, &[text("answer")]));
        }
        record.set(&self.into, Value::list(turns));
        Ok(Verdict::Pass)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::kit::{Place, Run, transform};
    use serde_json::{Value as Json, json};

    fn build(pairs: Json, options: &str) -> Run {
        let place = Place::new("pairs: list<{question: text, answer: text, kind: text}>, a: image, more: list<image>");
        let place = place.picture("a", 3, 2).json("pairs", pairs);
        transform::<ConversationFromPairs>(place, &format!("{{pairs: pairs, into: talk{options}}}"))
    }

    #[test]
    fn pictures_stand_before_the_first_question_only() {
        let pairs =
            json!([{"question": "q", "answer": "a", "kind": "k"}, {"question": "r", "answer": "b", "kind": "k"}]);
        let run = build(pairs, ", images: [a, more], system: Be kind.");
        assert_eq!(run.turns("talk"), ["system: Be kind.", "user: <3x2> q", "assistant: a", "user: r", "assistant: b"]);
    }

    #[test]
    fn no_pair_is_a_reason_to_reject() {
        assert_eq!(build(json!([]), "").rejected(), "no question-answer pair");
    }
}
