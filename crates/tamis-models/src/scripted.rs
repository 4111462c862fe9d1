//! A model that recites: the replies of a recipe's fixtures, so that every gate, branch and loop can be driven.

mod scene;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use scene::Scene;
use serde::Deserialize;
use serde_saphyr::Spanned;
use tamis_core::RecordId;
use tamis_core::error::StopReason;
use tamis_core::media::Media;
use tamis_core::model::{
    CallError, CallSite, ChatReply, ChatRequest, CompleteRequest, EmbedRequest, Estimate, Model, Part, Receipt, Reply,
    Request, RoleKind, Usage,
};
use tamis_core::value::Name;

use crate::backend::talk;
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
/// - role: mapper
///   replies: [[0.6, 0.8]]      # of a role that embeds: the numbers of the vector
/// - role: painter
///   replies:
///     - image: 64x48           # of a role that paints or edits: some picture of this size
///     - image: photos/dog.jpg  # or this one, beside the file of replies
/// - role: reader               # of a role that reads text in pictures
///   replies: [{ words: [{ text: Exit, box: [4, 4, 40, 16], confidence: 0.9, line: 0, block: 0 }] }]
/// - role: runner               # of a role that runs programs; each field may be left away
///   replies: [{ stdout: "42", stderr: "", end: { exit: 0 }, images: { plot.png: 64x48 } }]
/// ```
///
/// Log-probabilities are written as `{ text: Yes, tokens: [{ token: Yes, logprob: -0.1, top: [[Yes, -0.1]] }] }`. The first rule that fits a call answers it. A call that no rule fits is an error that shows the request, so that
/// fixtures are complete; [`Scripted::unused`] names the rules that no call fitted.
pub struct Scripted {
    file: String,
    /// where the pictures are that replies name
    folder: PathBuf,
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
        let path = path.as_ref();
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|e| format!("{name}: {e}"))?;
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        Ok(Arc::new(Scripted { folder, ..Scripted::read(&name, &text)? }))
    }

    /// Reads rules from a text; `name` is what errors call it.
    ///
    /// Errors: a text that is no list of rules, with line and column.
    pub fn parse(name: &str, text: &str) -> Result<Arc<Scripted>, String> {
        Scripted::read(name, text).map(Arc::new)
    }

    fn read(name: &str, text: &str) -> Result<Scripted, String> {
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
        Ok(Scripted { file: name.to_string(), folder: PathBuf::new(), rules, calls: Mutex::default() })
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

    fn recite(&self, role: &str, request: &Request, site: &CallSite<'_>) -> Result<Reply, CallError> {
        let text = rendered(request);
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
        let scene = |i: usize| &replies[(time + i).min(replies.len() - 1)];
        let stage = scene::Stage { folder: &self.folder, media: site.media };
        let wrong = |message: String| {
            CallError::Stop(StopReason::Machine(format!("{}:{}: {message}", self.file, self.rules[rule].line)))
        };
        let Some(talk) = talk(request) else {
            return scene(0).failure().map_or_else(|| scene(0).play(request, &stage).map_err(wrong), Err);
        };
        let answers = (0..talk.n as usize).map(|i| match scene(i).failure() {
            Some(failure) => Err(failure),
            None => scene(i).say().map_err(wrong),
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
            let reply = self.script.recite(&self.role, &request, site)?;
            let text = rendered(&request);
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

/// A request as text: speakers, texts, and `[image]` where a picture is, with the picture's file name: it may be all that
/// tells one request from another.
fn rendered(request: &Request) -> String {
    let mut text = String::new();
    let named = |image: &Media| format!("[image] {}", image.file_name().unwrap_or_default());
    match request {
        Request::Chat(ChatRequest { messages, .. }) | Request::Complete(CompleteRequest { messages, .. }) => {
            for message in messages {
                text.push_str(&format!("[{}]\n", speaker(message.speaker)));
                for part in &message.parts {
                    match part {
                        Part::Text(part) => text.push_str(part),
                        Part::Image(image) => text.push_str(&named(image)),
                    }
                    text.push('\n');
                }
            }
        }
        Request::Embed(EmbedRequest { item: Part::Text(item) }) => text.push_str(item),
        Request::Embed(EmbedRequest { item: Part::Image(image) }) => text = named(image),
        Request::Image(image) => {
            let lines =
                [image.prompt.to_string()].into_iter().chain(image.negative.as_deref().map(|n| format!("[not] {n}")));
            text = lines.chain(image.images.iter().map(|image| named(image))).collect::<Vec<_>>().join("\n");
        }
        Request::Ocr(ocr) => text = format!("{}\n{}", named(&ocr.image), ocr.languages.join(" ")),
        Request::Code(code) => text = format!("{}\n[input]\n{}", code.program, code.input),
    }
    text
}

#[cfg(test)]
mod tests {
    use tamis_core::media::{MediaStore, MemoryStore};
    use tamis_core::model::{Answer, CodeEnd, CodeRequest, ImageRequest, Message, Speaker};

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

    async fn reply(replies: &str, kind: RoleKind, request: Request) -> Result<(Reply, MemoryStore), CallError> {
        let script = Scripted::parse("replies.yaml", &format!("- {{ replies: [{replies}] }}")).unwrap();
        let media = MemoryStore::new();
        let site = CallSite { record: RecordId::input("1"), step: "s", media: &media };
        let (reply, _) = script.roles(&[("r".into(), kind)])["r"].call(request, &site).await?;
        Ok((reply, media))
    }

    #[tokio::test]
    async fn every_kind_of_role_has_its_replies() {
        let embed = || Request::Embed(EmbedRequest { item: Part::Text("a".into()) });
        let (vector, _) = reply("[1, 0.5]", RoleKind::TextEmbed, embed()).await.unwrap();
        assert!(matches!(vector, Reply::Embed(vector) if *vector == [1.0, 0.5]));
        let paint = Request::Image(ImageRequest { prompt: "a".into(), ..ImageRequest::default() });
        let (Reply::Image(image), store) = reply("{ image: 64x48 }", RoleKind::TextToImage, paint).await.unwrap()
        else {
            panic!("a picture")
        };
        assert!(store.contains(image.image));
        let code = Request::Code(CodeRequest::default());
        let written = "{ stdout: a, end: { exit: 3 }, images: { b.png: 8x8 } }";
        let (Reply::Code(code), store) = reply(written, RoleKind::CodeRunner, code).await.unwrap() else {
            panic!("an end")
        };
        assert_eq!((code.end, code.stdout.as_str()), (CodeEnd::Exit(3), "a"));
        assert!(code.images[0].0 == "b.png" && store.contains(code.images[0].1));
        let error = reply("a text", RoleKind::TextEmbed, embed()).await.err().unwrap().to_string();
        assert!(error.contains("replies.yaml:1") && error.contains("numbers"), "{error}");
    }
}
