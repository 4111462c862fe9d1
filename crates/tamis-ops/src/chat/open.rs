//! A conversation whose last message is left open, for a model that goes on inside it.

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::model::{Message, Speaker};
use tamis_core::operator::Context;
use tamis_core::template::{Template, Vars};
use tamis_core::{Record, StepError};

use super::messages::{only_pictures, say};
use super::prompt::{self, Options, Prompt, optional};
use super::variants::Variants;

/// Whose message is left open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Turn {
    /// the user's: the model writes what a user would
    User,
    /// the assistant's: the model answers
    Assistant,
}

/// A conversation that ends inside a message.
pub(super) struct Open {
    prompt: Prompt,
    turn: Turn,
    begin: Option<Variants<Template>>,
}

impl Open {
    /// Binds the options; `begin` is how the assistant's message begins.
    pub(super) fn bind(scope: &mut Scope<'_>, options: &Options<'_>, turn: Turn, begin: Option<&str>) -> Option<Open> {
        let bound = Prompt::bind(scope, options);
        let begin = optional(begin, |source| prompt::template(scope, "begin", source));
        let nothing_asked = options.prompt.is_none() && options.history.is_none();
        if turn == Turn::Assistant && nothing_asked {
            scope.problem("prompt", "expected what the assistant answers: a `prompt` or a `history`");
            return None;
        }
        if turn == Turn::User && matches!(begin, Some(Some(_))) {
            let message = "the user's message is open, and begins with `prompt`";
            scope.problem_with_help("begin", message, "write it in `prompt`, or say `open: assistant`");
            return None;
        }
        Some(Open { prompt: bound?, turn, begin: begin? })
    }

    /// The messages for a record, the open one last.
    pub(super) fn messages(&self, record: &Record, ctx: &Context<'_>) -> Result<Vec<Message>, StepError> {
        let exchange = self.prompt.exchange(record, ctx)?;
        let mut messages = exchange.messages;
        let user = Message { speaker: Speaker::User, parts: exchange.prompt };
        if self.turn == Turn::User {
            say(&mut messages, user);
        } else {
            if !user.parts.is_empty() {
                say(&mut messages, user);
            }
            let parts = prompt::parts("begin", self.begin.as_ref(), record, &Vars::of(record, ctx))?;
            say(&mut messages, Message { speaker: Speaker::Assistant, parts });
        }
        messages.iter().try_for_each(|message| only_pictures(&message.parts))?;
        Ok(messages)
    }
}
