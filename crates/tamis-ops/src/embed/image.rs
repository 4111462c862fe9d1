//! `embed.image`

use futures::future::{BoxFuture, FutureExt};
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::model::{Part, RoleKind};
use tamis_core::operator::{Bound, Context, OperatorConfig, Process, Verdict};
use tamis_core::{Record, StepError, Type};

use super::{Embed, check_dimensions, yes};

/// Turns a picture into a vector: pictures that show alike lie near each other.
///
/// For near copies, for neighbours and clusters, for how well a caption fits. The picture is sent as the bytes it is.
///
/// Reads `from`. Writes `into`, a `vector`. A record fails when the picture is missing, when no vector comes back, or one
/// of another size than `dimensions`.
///
/// # Example
///
/// ```yaml example
/// step: { embed.image: { role: image_tower, from: image, dimensions: 2, into: image_vector } }
/// types: { image: image }
/// images: { image: 64x48 }
/// roles: { image_tower: image-embed }
/// replies: [[3, 4]]
/// out: { image_vector: mpkZP83MTD8= }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmbedImage {
    /// The role that embeds, of the kind `image-embed`.
    role: String,
    /// The picture.
    from: String,
    /// Whether the vector is scaled to length 1. Default true.
    #[serde(default = "yes")]
    normalise: bool,
    /// The number of dimensions that the vector has to have. Default: any.
    dimensions: Option<u32>,
    /// The field for the vector.
    into: String,
}

impl OperatorConfig for EmbedImage {
    const NAME: &'static str = "embed.image";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let role = scope.role("role", &self.role, RoleKind::ImageEmbed);
        let from = scope.read("from", &self.from, &Type::Image);
        let whole = check_dimensions(scope, self.dimensions);
        let into = scope.write("into", &self.into, Type::Vector);
        let (normalise, dimensions) = (self.normalise, self.dimensions);
        let embed = Embed { role: role?, normalise, dimensions, into: into? };
        Bound::process(Image { embed, from: from? }).filter(|_| whole)
    }
}

struct Image {
    embed: Embed,
    from: FieldRef,
}

impl Process for Image {
    fn run<'a>(&'a self, record: &'a mut Record, ctx: &'a Context<'a>) -> BoxFuture<'a, Result<Verdict, StepError>> {
        async move {
            let missing = || StepError::field(&self.from.name, "the picture is missing");
            let media = self.from.get(record).as_media().cloned().ok_or_else(missing)?;
            self.embed.run(record, ctx, Part::Image(media)).await
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, problems};

    #[test]
    fn a_vector_of_another_size_fails_the_record() {
        check(
            r#"
            step: { embed.image: { role: r, from: image, dimensions: 3, into: v } }
            types: { image: image }
            images: { image: 8x8 }
            roles: { r: image-embed }
            replies: [[3, 4]]
            fails: "`r` gave a vector of 2 dimensions, not of 3"
            "#,
        );
    }

    #[test]
    fn a_text_is_no_picture_and_a_text_role_no_picture_role() {
        let told = problems(
            "{ step: { embed.image: { role: r, from: t, into: v } }, in: { t: x }, roles: { r: text-embed } }",
        );
        assert!(told.contains("expected a role of the kind image-embed, but `r` is declared as text-embed"), "{told}");
        assert!(told.contains("expected image, but `t` is text"), "{told}");
    }
}
