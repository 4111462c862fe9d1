//! What a model is shown: system message, examples, history, and the user's message.

use tamis_core::bind::{FieldRef, Scope};
use tamis_core::model::{Message, Part, Speaker};
use tamis_core::operator::Context;
use tamis_core::template::{Template, Vars};
use tamis_core::{Record, StepError, Type, Value};

use super::messages::{self, say};
use super::shots;
use super::variants::Variants;

/// The options about what is shown, as written in a recipe.
#[derive(Default)]
pub(super) struct Options<'o> {
    pub(super) system: Option<&'o str>,
    pub(super) shots: Option<&'o str>,
    pub(super) hidden: Option<&'o str>,
    pub(super) history: Option<&'o str>,
    pub(super) prompt: Option<&'o str>,
    pub(super) images: &'o [String],
}

/// What is shown, bound to its place.
pub(super) struct Prompt {
    system: Option<Variants<Template>>,
    shots: Option<Variants<Vec<Message>>>,
    hidden: Option<Variants<Template>>,
    history: Option<FieldRef>,
    prompt: Option<Variants<Template>>,
    images: Vec<FieldRef>,
}

/// What is sent, and what of it the emitted conversation keeps.
pub(super) struct Exchange {
    /// all but the user's last message
    pub(super) messages: Vec<Message>,
    /// the turns of the history
    pub(super) before: Vec<Value>,
    /// what of the user's last message is not kept
    pub(super) hidden: Vec<Part>,
    /// what of it is kept
    pub(super) prompt: Vec<Part>,
}

impl Prompt {
    /// Binds the options; all problems are told, each at its option.
    pub(super) fn bind(scope: &mut Scope<'_>, options: &Options<'_>) -> Option<Prompt> {
        let prompt = optional(options.prompt, |source| template(scope, "prompt", source));
        let system = optional(options.system, |source| template(scope, "system", source));
        let hidden = optional(options.hidden, |source| template(scope, "hidden", source));
        let shots = optional(options.shots, |source| Variants::load(scope, "shots", source, shots::load));
        let images = messages::picture_fields(scope, "images", options.images);
        let history = optional(options.history, |name| conversation(scope, "history", name));
        Some(Prompt {
            system: system?,
            shots: shots?,
            hidden: hidden?,
            history: history?,
            prompt: prompt?,
            images: images?,
        })
    }

    /// What is shown of a record.
    pub(super) fn exchange(&self, record: &Record, ctx: &Context<'_>) -> Result<Exchange, StepError> {
        let vars = Vars::of(record, ctx);
        let mut messages = Vec::new();
        if let Some(system) = &self.system {
            let text = system.of(record)?.render(&vars).map_err(|e| StepError::failed(format!("system: {e}")))?;
            messages.push(Message::text(Speaker::System, text.trim()));
        }
        if let Some(shots) = &self.shots {
            messages.extend(shots.of(record)?.iter().cloned());
        }
        let mut before = Vec::new();
        if let Some(history) = &self.history {
            for turn in history.get(record).as_list().unwrap_or_default() {
                let message = messages::message(&history.name, turn)?;
                // A system message of this step takes the place of an earlier one.
                if message.speaker != Speaker::System {
                    messages.push(message);
                } else if self.system.is_none() {
                    messages.insert(0, message);
                }
                before.push(turn.clone());
            }
        }
        let hidden = parts("hidden", self.hidden.as_ref(), record, &vars)?;
        let mut prompt = parts("prompt", self.prompt.as_ref(), record, &vars)?;
        if !messages::show_a_picture(&prompt) {
            prompt.splice(0..0, messages::pictures(&self.images, record));
        }
        Ok(Exchange { messages, before, hidden, prompt })
    }
}

impl Exchange {
    /// The messages with the user's last one, which must not be empty; `more` is said at its end.
    pub(super) fn asked(&self, more: Option<Part>) -> Result<Vec<Message>, StepError> {
        if self.prompt.is_empty() {
            return Err(StepError::failed("the prompt is empty"));
        }
        let mut messages = self.messages.clone();
        let parts = self.hidden.iter().chain(&self.prompt).cloned().chain(more);
        say(&mut messages, Message { speaker: Speaker::User, parts: parts.collect() });
        Ok(messages)
    }
}

/// A template, or the files that it names.
pub(super) fn template(scope: &mut Scope<'_>, at: &str, source: &str) -> Option<Variants<Template>> {
    Variants::load(scope, at, source, |scope: &mut Scope<'_>, at: &str, source: &str| scope.template(at, source))
}

/// The parts of a template; none where there is no template.
pub(super) fn parts(
    name: &str,
    template: Option<&Variants<Template>>,
    record: &Record,
    vars: &Vars,
) -> Result<Vec<Part>, StepError> {
    let Some(template) = template else { return Ok(Vec::new()) };
    template.of(record)?.render_parts(vars).map_err(|e| StepError::failed(format!("{name}: {e}")))
}

/// An option that need not be given; one that is given has to bind.
pub(super) fn optional<O, T>(option: Option<O>, bind: impl FnOnce(O) -> Option<T>) -> Option<Option<T>> {
    option.map_or(Some(None), |option| bind(option).map(Some))
}

fn conversation(scope: &mut Scope<'_>, at: &str, name: &str) -> Option<FieldRef> {
    let field = scope.read_any(at, name)?;
    if field.ty.required().fits(&Type::Conversation) {
        return Some(field);
    }
    scope.problem(at, format!("expected conversation, but `{name}` is {}", field.ty));
    None
}
