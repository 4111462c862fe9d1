//! `image.edit`

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::model::{Part, RoleKind};
use tamis_core::operator::{Bound, Context, OperatorConfig, Process, Verdict};
use tamis_core::{Media, Record, StepError, Type};

use super::paint::{Options, Paint};
use crate::chat::messages;

/// Has a model change a picture as a text says.
///
/// The first of `images` is changed; the others are to take after. With a `mask`, only what is white in it may change. The
/// pictures are sent as the bytes they are. The result is a new picture, of a size of its own: boxes of the old one do not
/// hold in it.
///
/// Reads `images`, `mask` and the fields that the texts name. Writes `into` and `revised_into`. A record fails when there is
/// no picture, when the mask is of another size, or when what comes back is no picture.
///
/// # Example
///
/// ```yaml example
/// step:
///   image.edit:
///     role: editor
///     images: [image]
///     mask: sky
///     prompt: Make the sky {{ weather }}.
///     into: edited
/// types: { image: image, sky: mask of image }
/// images: { image: 64x48 }
/// in: { weather: stormy, sky: 64x48 }
/// roles: { editor: image-edit }
/// replies: [64x48#7]
/// out: { edited: 64x48 }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageEdit {
    /// The role that edits, of the kind `image-edit`.
    role: String,
    /// The picture to be changed, then those to take after: fields of type `image` or `list<image>`; missing ones are left
    /// out.
    images: Vec<String>,
    /// A mask of the first picture: white may change, black stays. Default: all may change.
    mask: Option<String>,
    /// What is to be changed: a text or a file, a template either way.
    prompt: String,
    /// What the result shall not show: a text or a file, a template either way. Default: nothing is said.
    negative: Option<String>,
    /// Width and height of the result in pixels, 1 to 16384. Default: the binding's, then the server's.
    size: Option<[u32; 2]>,
    /// Fields passed to the server as they are.
    #[serde(default)]
    extra: BTreeMap<String, Json>,
    /// The field for the changed picture.
    into: String,
    /// A field (`text?`) for what the server made of the prompt, missing where it does not say. Default: none.
    revised_into: Option<String>,
}

impl OperatorConfig for ImageEdit {
    const NAME: &'static str = "image.edit";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let images = messages::picture_fields(scope, "images", &self.images);
        if self.images.is_empty() {
            scope.problem("images", "expected the picture to be changed, found none");
        }
        let mask = self.mask.map(|name| mask(scope, &name, self.images.first()));
        let options = Options {
            role: &self.role,
            prompt: &self.prompt,
            negative: self.negative.as_deref(),
            size: self.size,
            extra: self.extra,
            into: &self.into,
            revised_into: self.revised_into.as_deref(),
        };
        let paint = Paint::bind(scope, RoleKind::ImageEdit, options);
        // An option that is given has to have bound.
        let mask = mask.map_or(Some(None), |mask| mask.map(Some))?;
        Bound::process(Edit { paint: paint?, images: images?, mask })
    }
}

fn mask(scope: &mut Scope<'_>, name: &str, image: Option<&String>) -> Option<FieldRef> {
    let mask = scope.read("mask", name, &Type::Mask)?;
    if let (Some(image), Some(of)) = (image, mask.of.as_ref())
        && **of != **image
    {
        scope.problem("mask", format!("`{name}` is in the pixels of `{of}`, not of `{image}`"));
        return None;
    }
    Some(mask)
}

struct Edit {
    paint: Paint,
    images: Vec<FieldRef>,
    mask: Option<FieldRef>,
}

impl Process for Edit {
    fn run<'a>(&'a self, record: &'a mut Record, ctx: &'a Context<'a>) -> BoxFuture<'a, Result<Verdict, StepError>> {
        async move {
            let images: Vec<Arc<Media>> = messages::pictures(&self.images, record)
                .into_iter()
                .filter_map(|part| if let Part::Image(media) = part { Some(media) } else { None })
                .collect();
            let Some(first) = images.first() else {
                return Err(StepError::failed("there is no picture to be changed"));
            };
            let mask = match &self.mask {
                Some(field) => Some(mask_of(field, first, record, ctx)?),
                None => None,
            };
            self.paint.run(record, ctx, images, mask).await
        }
        .boxed()
    }
}

fn mask_of(field: &FieldRef, image: &Media, record: &Record, ctx: &Context<'_>) -> Result<Arc<Media>, StepError> {
    let failed = |message: String| StepError::field(&field.name, message);
    let mask = field.get(record).as_media().cloned().ok_or_else(|| failed("the mask is missing".into()))?;
    let size = |media: &Media| {
        let header = media.header(&**ctx.media()).map_err(|e| failed(e.to_string()))?;
        Ok::<_, StepError>((header.width, header.height))
    };
    let ((w, h), (width, height)) = (size(&mask)?, size(image)?);
    if (w, h) != (width, height) {
        return Err(failed(format!("the mask has {w}x{h} pixels, but its picture has {width}x{height}")));
    }
    Ok(mask)
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, problems};

    fn yaml(config: &str, rest: &str) -> String {
        format!(
            "{{ step: {{ image.edit: {{ role: r, prompt: Brighter., {config} }} }}, roles: {{ r: image-edit }}, {rest} }}"
        )
    }

    #[test]
    fn a_missing_picture_and_a_mask_of_another_size_fail_the_record() {
        let rest = "types: { image: image?, m: mask of image }, in: { image: null, m: 8x8 }, replies: [8x8]";
        check(&yaml("images: [image], into: e", &format!("{rest}, fails: there is no picture")));
        let rest = "types: { image: image, m: mask of image }, in: { image: 8x8, m: 4x4 }, replies: [8x8]";
        check(&yaml("images: [image], mask: m, into: e", &format!("{rest}, fails: the mask has 4x4 pixels")));
    }

    #[test]
    fn what_comes_back_has_to_be_a_picture() {
        check(&yaml(
            "images: [image], into: e",
            "images: { image: 8x8 }, replies: [broken], fails: no readable picture",
        ));
    }

    #[test]
    fn in_place_the_picture_takes_no_boxes_along() {
        let types = "types: { b: box of image }, images: { image: 8x8 }, in: { b: [1, 2, 3, 4] }";
        let told = problems(&yaml("images: [image], into: image", types));
        assert!(told.contains("`b` is in the grid of `image`"), "{told}");
        check(&yaml("images: [image], into: image", "images: { image: 8x8 }, replies: [4x4], out: { image: 4x4 }"));
    }

    #[test]
    fn problems_name_their_option() {
        let types = "types: { m: mask of other }, images: { image: 8x8, other: 8x8 }, in: { m: 8x8 }";
        assert!(problems(&yaml("images: [image], mask: m, into: e", types)).contains("in the pixels of `other`"));
        assert!(problems(&yaml("images: [], into: e", types)).contains("image.edit.images"));
    }
}
