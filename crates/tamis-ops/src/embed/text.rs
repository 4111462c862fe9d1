//! `embed.text`

use futures::future::{BoxFuture, FutureExt};
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::Scope;
use tamis_core::model::{Part, RoleKind};
use tamis_core::operator::{Bound, Context, OperatorConfig, Process, Verdict};
use tamis_core::template::{Template, Vars};
use tamis_core::{Record, StepError, Type};

use super::{Embed, check_dimensions, yes};

/// Turns a text into a vector: texts that mean alike lie near each other.
///
/// For near copies, for neighbours and clusters, for captions that fit their pictures (with the two towers of one model,
/// one as a `text-embed` role, the other as an `image-embed` role). The text is a template, so that a model's own prefix
/// can stand before it: `query: {{ question }}`.
///
/// Reads the fields that the text names. Writes `into`, a `vector`. A record fails when the text is empty, when no vector
/// comes back, or one of another size than `dimensions`.
///
/// # Example
///
/// ```yaml example
/// step: { embed.text: { role: text_tower, text: "{{ caption }}", into: caption_vector } }
/// in: { caption: A dog on a beach. }
/// roles: { text_tower: text-embed }
/// replies: [[3, 4]]
/// out: { caption_vector: mpkZP83MTD8= }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmbedText {
    /// The role that embeds, of the kind `text-embed`.
    role: String,
    /// The text: written here or in a file, a template either way.
    text: String,
    /// Whether the vector is scaled to length 1. Default true.
    #[serde(default = "yes")]
    normalise: bool,
    /// The number of dimensions that the vector has to have. Default: any.
    dimensions: Option<u32>,
    /// The field for the vector.
    into: String,
}

impl OperatorConfig for EmbedText {
    const NAME: &'static str = "embed.text";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let role = scope.role("role", &self.role, RoleKind::TextEmbed);
        let text = scope.template("text", &self.text);
        let whole = check_dimensions(scope, self.dimensions);
        let into = scope.write("into", &self.into, Type::Vector);
        let (normalise, dimensions) = (self.normalise, self.dimensions);
        let embed = Embed { role: role?, normalise, dimensions, into: into? };
        Bound::process(Text { embed, text: text? }).filter(|_| whole)
    }
}

struct Text {
    embed: Embed,
    text: Template,
}

impl Process for Text {
    fn run<'a>(&'a self, record: &'a mut Record, ctx: &'a Context<'a>) -> BoxFuture<'a, Result<Verdict, StepError>> {
        async move {
            let text = self.text.render(&Vars::of(record, ctx)).map_err(|e| StepError::failed(format!("text: {e}")))?;
            let text = text.trim();
            if text.is_empty() {
                return Err(StepError::failed("the text to embed is empty"));
            }
            self.embed.run(record, ctx, Part::Text(text.into())).await
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, problems};

    fn step(config: &str, rest: &str) -> String {
        format!(
            "{{ step: {{ embed.text: {{ role: r, text: '{{{{ t }}}}', into: v, {config} }} }}, roles: {{ r: text-embed }}, {rest} }}"
        )
    }

    #[test]
    fn a_vector_keeps_its_length_when_asked_for() {
        check(&step("normalise: false", "in: { t: x }, replies: [[3, 4]], out: { v: AABAQAAAgEA= }"));
    }

    #[test]
    fn vectors_that_cannot_be_used_fail_the_record() {
        check(&step("dimensions: 3", "in: { t: x }, replies: [[3, 4]], fails: 'of 2 dimensions, not of 3'"));
        check(&step("normalise: true", "in: { t: x }, replies: [[0, 0]], fails: has no direction"));
        check(&step("normalise: false", "in: { t: x }, replies: [[]], fails: without dimensions"));
        check(&step("normalise: true", "in: { t: x }, replies: [], fails: no reply left"));
    }

    #[test]
    fn an_empty_text_and_a_picture_are_not_embedded() {
        check(&step("normalise: true", "in: { t: ' ' }, replies: [[1]], fails: is empty"));
        check(&step("normalise: true", "images: { t: 8x8 }, replies: [[1]], fails: a picture cannot stand"));
    }

    #[test]
    fn problems_name_their_option() {
        assert!(problems(&step("dimensions: 0", "in: { t: x }")).contains("embed.text.dimensions"));
        let chat = problems("{ step: { embed.text: { role: r, text: x, into: v } }, in: { t: x } }");
        assert!(chat.contains("expected a role of the kind text-embed"), "{chat}");
    }
}
