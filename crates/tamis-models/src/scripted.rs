//! A model that recites: the replies of a recipe's fixtures, so that every gate, branch and loop can be driven.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde_saphyr::Spanned;
use tamis_core::RecordId;
use tamis_core::error::StopReason;
use tamis_core::model::{
    Answer, CallError, CallSite, ChatReply, ChatRequest, Estimate, Finish, Model, Part, Receipt, Reply, Request,
    RoleKind, Usage,
};
use tamis_core::value::Name;

use crate::digest::speaker;
use crate::tokens::roughly;

/// Replies by rule, read from `fixtures/replies.yaml`:
///
/// ```yaml
/// - step: ask                  # the step's id; may be left away
///   role: writer               # the role; may be left away
///   contains: a brown dog      # a text in the rendered request; may be left away
///   replies:                   # for each record, the first call gets the first, and so on; the last repeats
///     - not good enough
///     - text: cut in the mid
///       finish: length         # or refused
///     - error: the server is on fire     # the call fails
/// ```
///
/// The first rule that fits a call answers it. A call that no rule fits is an error that shows the request, so that
/// fixtures are complete; [`Scripted::unused`] names the rules that no call fitted.
pub struct Scripted {
    file: String,
    rules: Vec<Rule>,
    calls: Mutex<HashMap<(usize, RecordId), usize>>,
}

#[derive(Clone, Debug)]
struct Rule {
    line: u64,
    step: Option<String>,
    role: Option<String>,
    contains: Option<String>,
    replies: Vec<Scene>,
}

#[derive(Clone, Debug)]
enum Scene {
    Say(Answer),
    Fail(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    step: Option<String>,
    role: Option<String>,
    contains: Option<String>,
    replies: Vec<Scene>,
}

impl Scripted {
    /// Reads a file of rules.
    ///
    /// Errors: a file that cannot be read, or is no such list, with line and column.
    pub fn load(path: impl AsRef<Path>) -> Result<Arc<Scripted>, String> {
        let name = path.as_ref().display().to_string();
        let text = std::fs::read_to_string(path).map_err(|e| format!("{name}: {e}"))?;
        Scripted::parse(&name, &text)
    }

    /// Reads rules from a text; `name` is what errors call it.
    ///
    /// Errors: a text that is no list of rules, with line and column.
    pub fn parse(name: &str, text: &str) -> Result<Arc<Scripted>, String> {
        let written: Vec<Spanned<WrittenRule>> = serde_saphyr::from_str(text).map_err(|e| {
            let place = e.location().map(|l| format!("{}:{}: ", l.line(), l.column())).unwrap_or_default();
            format!("{name}:{place}{}", e.without_snippet())
        })?;
        let mut rules = Vec::new();
        for rule in written {
            let line = rule.defined.line();
            let WrittenRule { step, role, contains, replies } = rule.value;
            if replies.is_empty() {
                return Err(format!("{name}:{line}: a rule without replies"));
            }
            rules.push(Rule { line, step, role, contains, replies });
        }
        Ok(Arc::new(Scripted { file: name.to_string(), rules, calls: Mutex::default() }))
    }

    /// A model for each role.
    pub fn roles(self: &Arc<Self>, roles: &[(Name, RoleKind)]) -> BTreeMap<Name, Arc<dyn Model>> {
        let part = |(name, kind): &(Name, RoleKind)| {
            let part = Actor { script: self.clone(), role: name.clone(), kind: *kind };
            (name.clone(), Arc::new(part) as Arc<dyn Model>)
        };
        roles.iter().map(part).collect()
    }

    /// The rules that answered no call, as `file:line`, with what they wait for.
    pub fn unused(&self) -> Vec<String> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let used: std::collections::HashSet<usize> = calls.keys().map(|(rule, _)| *rule).collect();
        let unused = self.rules.iter().enumerate().filter(|(i, _)| !used.contains(i));
        unused.map(|(_, rule)| format!("{}:{}: no call fitted {}", self.file, rule.line, rule.describe())).collect()
    }

    fn recite(&self, role: &str, chat: &ChatRequest, site: &CallSite<'_>) -> Result<Reply, CallError> {
        let text = rendered(chat);
        let fitting = self.rules.iter().position(|rule| rule.fits(role, site.step, &text));
        let Some(rule) = fitting else {
            let message = format!(
                "{}: no rule fits this call of role `{role}` in step `{}`; the request was:\n{text}",
                self.file, site.step
            );
            return Err(CallError::Stop(StopReason::Machine(message)));
        };
        let replies = &self.rules[rule].replies;
        let time = {
            let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
            let time = calls.entry((rule, site.record)).or_default();
            *time += 1;
            *time - 1
        };
        let answers = (0..chat.n.max(1) as usize).map(|i| match &replies[(time + i).min(replies.len() - 1)] {
            Scene::Say(answer) => Ok(answer.clone()),
            Scene::Fail(message) => Err(CallError::Failed { message: message.clone(), attempts: 1 }),
        });
        Ok(Reply::Chat(ChatReply { answers: answers.collect::<Result<_, _>>()? }))
    }
}

/// One role of a script.
struct Actor {
    script: Arc<Scripted>,
    role: Name,
    kind: RoleKind,
}

impl Model for Actor {
    fn kind(&self) -> RoleKind {
        self.kind
    }

    fn call<'a>(
        &'a self,
        request: Request,
        site: &'a CallSite<'a>,
    ) -> BoxFuture<'a, Result<(Reply, Receipt), CallError>> {
        Box::pin(async move {
            let Request::Chat(chat) = request else {
                let message = format!("a script has no replies for {request:?}");
                return Err(CallError::Failed { message, attempts: 0 });
            };
            let reply = self.script.recite(&self.role, &chat, site)?;
            let text = rendered(&chat);
            let receipt = Receipt {
                role: self.role.to_string(),
                backend: "scripted".into(),
                model: "script".into(),
                request: blake3::hash(text.as_bytes()).to_hex().to_string(),
                usage: Usage { input: roughly(&text) as u64, output: 1 },
                usd: 0.0,
                cached: false,
                attempts: 1,
                notes: Vec::new(),
            };
            Ok((reply, receipt))
        })
    }

    fn estimate(&self, _: &Request, _: &CallSite<'_>) -> Estimate {
        Estimate::default()
    }
}

impl Rule {
    fn fits(&self, role: &str, step: &str, text: &str) -> bool {
        self.role.as_deref().is_none_or(|wanted| wanted == role)
            && self.step.as_deref().is_none_or(|wanted| wanted == step)
            && self.contains.as_deref().is_none_or(|wanted| text.contains(wanted))
    }

    fn describe(&self) -> String {
        let fields = [("step", &self.step), ("role", &self.role), ("contains", &self.contains)];
        let wanted: Vec<String> =
            fields.iter().filter_map(|(name, value)| Some(format!("{name}: {}", value.as_ref()?))).collect();
        if wanted.is_empty() { "a rule for any call".into() } else { wanted.join(", ") }
    }
}

/// A request as text: speakers, texts, and `[image]` where a picture is.
fn rendered(chat: &ChatRequest) -> String {
    let mut text = String::new();
    for message in &chat.messages {
        text.push_str(&format!("[{}]\n", speaker(message.speaker)));
        for part in &message.parts {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Image(_) => text.push_str("[image]"),
            }
            text.push('\n');
        }
    }
    text
}

impl<'de> Deserialize<'de> for Scene {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Scene, D::Error> {
        struct AsWritten;
        impl<'de> Visitor<'de> for AsWritten {
            type Value = Scene;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text, { text: .., finish: length } or { error: .. }")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Scene, E> {
                Ok(Scene::Say(Answer::new(text, Finish::Stop)))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Scene, A::Error> {
                #[derive(Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Written {
                    text: Option<String>,
                    finish: Option<Finish>,
                    error: Option<String>,
                }
                let written = Written::deserialize(de::value::MapAccessDeserializer::new(map))?;
                match (written.text, written.error) {
                    (Some(text), None) => Ok(Scene::Say(Answer::new(text, written.finish.unwrap_or(Finish::Stop)))),
                    (None, Some(error)) if written.finish.is_none() => Ok(Scene::Fail(error)),
                    _ => Err(de::Error::custom("expected either `text` (with or without `finish`) or `error`")),
                }
            }
        }
        deserializer.deserialize_any(AsWritten)
    }
}

#[cfg(test)]
mod tests {
    use tamis_core::media::MemoryStore;
    use tamis_core::model::{Message, Speaker};

    use super::*;

    const RULES: &str = "\
- { step: ask, contains: dog, replies: [first, { text: second, finish: length }] }
- { role: judge, replies: [{ error: on fire }] }
- { contains: never, replies: [x] }
";

    async fn call(script: &Arc<Scripted>, role: &str, step: &str, row: u64, text: &str) -> Result<Answer, CallError> {
        let roles = script.roles(&[(role.into(), RoleKind::Chat)]);
        let messages = vec![Message::text(Speaker::User, text)];
        let request = Request::Chat(ChatRequest { messages, n: 1, ..ChatRequest::default() });
        let media = MemoryStore::new();
        let site = CallSite { record: RecordId::input(&row.to_string()), step, media: &media };
        let (Reply::Chat(reply), _) = roles[role].call(request, &site).await? else { panic!("a chat reply") };
        Ok(reply.answers[0].clone())
    }

    #[tokio::test]
    async fn each_record_hears_the_replies_in_their_order() {
        let script = Scripted::parse("replies.yaml", RULES).unwrap();
        let mut heard = Vec::new();
        for (row, _) in [(0, 0), (1, 0), (0, 1), (0, 2)] {
            heard.push(call(&script, "writer", "ask", row, "a dog").await.unwrap().text);
        }
        assert_eq!(heard, ["first", "first", "second", "second"]);
        let error = call(&script, "judge", "judge", 0, "a dog").await.unwrap_err();
        assert_eq!(error.to_string(), "on fire");
        assert_eq!(script.unused(), ["replies.yaml:3: no call fitted contains: never"]);
    }

    #[tokio::test]
    async fn a_call_without_a_rule_shows_the_request() {
        let script = Scripted::parse("replies.yaml", RULES).unwrap();
        let error = call(&script, "writer", "ask", 0, "a cat").await.unwrap_err().to_string();
        assert!(error.contains("step `ask`") && error.contains("[user]\na cat"), "{error}");
    }

    #[test]
    fn mistakes_in_rules_are_named_with_their_place() {
        let error = Scripted::parse("replies.yaml", "- { steps: ask, replies: [x] }").err().unwrap();
        assert!(error.starts_with("replies.yaml:1:"), "{error}");
        assert!(Scripted::parse("replies.yaml", "- { step: ask, replies: [] }").is_err());
    }
}
