//! Asking a role for a picture.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;
use tamis_core::bind::Scope;
use tamis_core::media::{MediaHash, MediaKind, Origin};
use tamis_core::model::{ImageReply, ImageRequest, Reply, Request, RoleKind};
use tamis_core::operator::{Context, Verdict};
use tamis_core::record::StoryEvent;
use tamis_core::template::{Template, Vars};
use tamis_core::{Media, Name, Record, StepError, Type, Value};

/// Most pixels of a side that can be asked for.
const MOST: u32 = 16_384;

/// The options that all steps share which ask for a picture.
pub(super) struct Options<'o> {
    pub(super) role: &'o str,
    pub(super) prompt: &'o str,
    pub(super) negative: Option<&'o str>,
    pub(super) size: Option<[u32; 2]>,
    pub(super) extra: BTreeMap<String, Json>,
    pub(super) into: &'o str,
    pub(super) revised_into: Option<&'o str>,
}

/// How a role is asked for a picture.
pub(super) struct Paint {
    role: Name,
    prompt: Template,
    negative: Option<Template>,
    size: Option<(u32, u32)>,
    extra: BTreeMap<String, Json>,
    into: Name,
    revised_into: Option<Name>,
}

impl Paint {
    /// Binds the options for a role of this kind; all problems are told.
    pub(super) fn bind(scope: &mut Scope<'_>, kind: RoleKind, options: Options<'_>) -> Option<Paint> {
        let role = scope.role("role", options.role, kind);
        let prompt = scope.template("prompt", options.prompt);
        let negative = options.negative.map(|source| scope.template("negative", source));
        let mut whole = true;
        if let Some([width, height]) = options.size.filter(|size| size.iter().any(|n| !(1..=MOST).contains(n))) {
            scope.problem("size", format!("expected 1 to {MOST} pixels for each side, found {width} and {height}"));
            whole = false;
        }
        let into = scope.write("into", options.into, Type::Image);
        let revised_into =
            options.revised_into.map(|name| scope.write("revised_into", name, Type::optional(Type::Text)));
        let paint = Paint {
            role: role?,
            prompt: prompt?,
            // An option that is given has to have bound.
            negative: negative.map_or(Some(None), |n| n.map(Some))?,
            size: options.size.map(|[width, height]| (width, height)),
            extra: options.extra,
            into: into?,
            revised_into: revised_into.map_or(Some(None), |name| name.map(Some))?,
        };
        whole.then_some(paint)
    }

    /// Asks for a picture, made of these ones if there are any, and writes it.
    pub(super) async fn run(
        &self,
        record: &mut Record,
        ctx: &Context<'_>,
        images: Vec<Arc<Media>>,
        mask: Option<Arc<Media>>,
    ) -> Result<Verdict, StepError> {
        let vars = Vars::of(record, ctx);
        let render = |name: &str, template: &Template| {
            let text = template.render(&vars).map_err(|e| StepError::failed(format!("{name}: {e}")))?;
            Ok::<_, StepError>(Some(text.trim()).filter(|text| !text.is_empty()).map(Arc::<str>::from))
        };
        let prompt = render("prompt", &self.prompt)?.ok_or_else(|| StepError::failed("the prompt is empty"))?;
        let negative = match &self.negative {
            Some(negative) => render("negative", negative)?,
            None => None,
        };
        let seed = ctx.rng(record).bits();
        let (size, extra) = (self.size, self.extra.clone());
        let request = ImageRequest { prompt, negative, size, images, mask, seed, extra };
        let reply = ctx.call(record, &self.role, Request::Image(request)).await?;
        let Reply::Image(ImageReply { image, revised_prompt }) = reply else {
            return Err(StepError::failed(format!("`{}` did not answer with a picture", self.role)));
        };
        let media = stored(ctx, &self.role, image)?;
        self.tell_other_size(record, ctx, &media);
        record.set(&self.into, Value::Media(media));
        if let Some(name) = &self.revised_into {
            record.set(name, revised_prompt.map_or(Value::Null, Value::text));
        }
        Ok(Verdict::Pass)
    }

    /// Servers round sizes to what their models can paint.
    fn tell_other_size(&self, record: &mut Record, ctx: &Context<'_>, media: &Media) {
        let Some(((width, height), header)) = self.size.zip(media.known_header()) else { return };
        if (header.width, header.height) != (width, height) {
            let (w, h) = (header.width, header.height);
            record.tell(ctx.step, StoryEvent::Note(format!("asked for {width}x{height} pixels, got {w}x{h}")));
        }
    }
}

/// The picture that a role has put into the media store; an error if it is not there, or none that can be read.
pub(crate) fn stored(ctx: &Context<'_>, role: &str, hash: MediaHash) -> Result<Arc<Media>, StepError> {
    let store = &**ctx.media();
    if !store.contains(hash) {
        return Err(StepError::failed(format!("`{role}` named the picture {hash}, which is not in the media store")));
    }
    let media = Media::at(MediaKind::Image, Origin::Stored).with_facts(Some(hash), None, None);
    media.header(store).map_err(|e| StepError::failed(format!("`{role}` gave no readable picture: {e}")))?;
    Ok(Arc::new(media))
}
