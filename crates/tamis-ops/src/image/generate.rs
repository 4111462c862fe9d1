//! `image.generate`

use std::collections::BTreeMap;

use futures::future::{BoxFuture, FutureExt};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use tamis_core::bind::Scope;
use tamis_core::model::RoleKind;
use tamis_core::operator::{Bound, Context, OperatorConfig, Process, Verdict};
use tamis_core::{Record, StepError};

use super::paint::{Options, Paint};

/// Has a model paint a picture from a text.
///
/// The same record, step and round of a loop get the same seed in every run; whether the model then paints the same pixels
/// is up to its server, so the picture is kept with the answer that was paid for. Many servers paint a few sizes only; a
/// picture of another size than asked for is told in the record's story.
///
/// Reads the fields that the texts name. Writes `into` and `revised_into`. A picture field that is there already can be
/// overwritten if nothing lies in its pixels: boxes of the old picture would be wrong in the new one. A record fails when
/// the prompt is empty or what comes back is no picture.
///
/// # Example
///
/// ```yaml example
/// step:
///   image.generate:
///     role: painter
///     prompt: "{{ caption }}, photograph"
///     negative: text, watermark
///     size: [64, 48]
///     extra: { steps: 28, guidance_scale: 3.5 }
///     into: image
/// in: { caption: Two boats in a harbour }
/// roles: { painter: text-to-image }
/// replies: [64x48]
/// out: { image: 64x48 }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageGenerate {
    /// The role that paints, of the kind `text-to-image`.
    role: String,
    /// What the picture shows: a text or a file, a template either way.
    prompt: String,
    /// What it shall not show: a text or a file, a template either way. Default: nothing is said.
    negative: Option<String>,
    /// Width and height in pixels, 1 to 16384: `[1024, 768]`. Default: the binding's, then the server's.
    size: Option<[u32; 2]>,
    /// Fields passed to the server as they are: `{steps: 28}`.
    #[serde(default)]
    extra: BTreeMap<String, Json>,
    /// The field for the picture.
    into: String,
    /// A field (`text?`) for what the server made of the prompt, missing where it does not say. Default: none.
    revised_into: Option<String>,
}

impl OperatorConfig for ImageGenerate {
    const NAME: &'static str = "image.generate";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let options = Options {
            role: &self.role,
            prompt: &self.prompt,
            negative: self.negative.as_deref(),
            size: self.size,
            extra: self.extra,
            into: &self.into,
            revised_into: self.revised_into.as_deref(),
        };
        Bound::process(Generate(Paint::bind(scope, RoleKind::TextToImage, options)?))
    }
}

struct Generate(Paint);

impl Process for Generate {
    fn run<'a>(&'a self, record: &'a mut Record, ctx: &'a Context<'a>) -> BoxFuture<'a, Result<Verdict, StepError>> {
        self.0.run(record, ctx, Vec::new(), None).boxed()
    }
}

#[cfg(test)]
mod tests {
    use tamis_core::record::StoryEvent;

    use crate::testing::{check, example, problems};

    fn yaml(config: &str, rest: &str) -> String {
        format!(
            "{{ step: {{ image.generate: {{ role: r, prompt: '{{{{ t }}}}', into: image, {config} }} }}, roles: {{ r: text-to-image }}, {rest} }}"
        )
    }

    #[test]
    fn a_picture_of_another_size_than_asked_for_is_told() {
        let example = example(&yaml("size: [64, 64]", "in: { t: x }, replies: [32x32], out: {}")).unwrap();
        let outcome = example.run(&example.bind().unwrap().0, 0).unwrap();
        let told = StoryEvent::Note("asked for 64x64 pixels, got 32x32".into());
        assert!(outcome.passed[0].story.iter().any(|entry| entry.event == told));
    }

    #[test]
    fn no_prompt_no_picture_and_no_reply_fail_the_record() {
        check(&yaml("size: [8, 8]", "in: { t: ' ' }, replies: [8x8], fails: the prompt is empty"));
        check(&yaml("size: [8, 8]", "in: { t: x }, replies: [broken], fails: gave no readable picture"));
        check(&yaml("size: [8, 8]", "in: { t: x }, replies: [], fails: no reply left"));
    }

    #[test]
    fn boxes_of_an_earlier_picture_are_a_problem() {
        let told = problems(&yaml(
            "revised_into: p",
            "types: { b: box of image }, images: { image: 8x8 }, in: { t: x, b: [1, 2, 3, 4] }",
        ));
        assert!(told.contains("`b` is in the grid of `image`, which would be overwritten"), "{told}");
    }

    #[test]
    fn problems_name_their_option() {
        let told = problems(&yaml("size: [0, 8], negative: '{{ no }}'", "in: { t: x }"));
        assert!(told.contains("image.generate.size") && told.contains("image.generate.negative"), "{told}");
    }
}
