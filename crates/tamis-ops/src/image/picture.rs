//! A picture that a step changes, and the boxes, points, polygons and masks that move with its pixels.

use std::collections::BTreeMap;
use std::sync::Arc;

use image::DynamicImage;
use image::codecs::jpeg::JpegEncoder;
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::geometry::{Motion, PointMap};
use tamis_core::media::{Header, MediaKind, encode_png};
use tamis_core::operator::Context;
use tamis_core::schema::Field;
use tamis_core::{Affine, Media, Name, Record, StepError, Type, Value};

/// How a picture is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    /// without loss
    #[default]
    Png,
    /// smaller, with loss, without transparency
    Jpeg,
}

/// The quality of a JPEG unless an option says otherwise.
pub(super) fn quality() -> u8 {
    90
}

/// The options that all steps share which change a picture.
pub(super) struct Options<'o> {
    pub(super) from: &'o str,
    pub(super) into: Option<&'o str>,
    pub(super) carry: &'o BTreeMap<String, String>,
    pub(super) format: Format,
    pub(super) quality: u8,
    /// whether geometry may end up outside the new picture
    pub(super) loses: bool,
}

/// A picture that a step changes, in place or into a new field.
pub(super) struct Picture {
    pub(super) from: FieldRef,
    into: Name,
    /// geometry fields before and after
    carry: Vec<(Name, Name)>,
    loses: bool,
    format: Format,
    quality: u8,
}

impl Picture {
    /// Finds the picture and what moves with it. In place, that is every field in its grid; into a new field, what
    /// `carry` names.
    pub(super) fn bind(scope: &mut Scope<'_>, options: Options<'_>) -> Option<Picture> {
        let from = scope.read("from", options.from, &Type::Image);
        if !(1..=100).contains(&options.quality) {
            scope.problem("quality", format!("expected 1 to 100, found {}", options.quality));
        }
        let from = from?;
        let (into, carry) = match options.into.filter(|into| *into != options.from) {
            Some(into) => bind_new(scope, &from, into, &options)?,
            None => bind_in_place(scope, &from, &options)?,
        };
        let Options { loses, format, quality, .. } = options;
        Some(Picture { from, into, carry, loses, format, quality })
    }

    /// The picture in a record.
    pub(super) fn media(&self, record: &Record) -> Result<Arc<Media>, StepError> {
        let missing = || StepError::field(&self.from.name, "the picture is missing");
        self.from.get(record).as_media().cloned().ok_or_else(missing)
    }

    /// Its header.
    pub(super) fn header(&self, record: &Record, ctx: &Context<'_>) -> Result<Header, StepError> {
        let media = self.media(record)?;
        media.header(&**ctx.media()).cloned().map_err(|e| StepError::field(&self.from.name, e.to_string()))
    }

    /// Its pixels.
    pub(super) fn pixels(&self, record: &Record, ctx: &Context<'_>) -> Result<Arc<DynamicImage>, StepError> {
        ctx.pixels(&self.from.name, &self.media(record)?)
    }

    /// Passes the picture on as it is.
    pub(super) fn keep(&self, record: &mut Record) -> Result<(), StepError> {
        let media = self.media(record)?;
        self.keep_geometry(record);
        record.set(&self.into, Value::Media(media));
        Ok(())
    }

    /// Writes the picture with other pixels in the same places.
    pub(super) fn repaint(
        &self,
        record: &mut Record,
        ctx: &Context<'_>,
        pixels: &DynamicImage,
    ) -> Result<(), StepError> {
        self.keep_geometry(record);
        self.put(record, ctx, pixels)
    }

    fn keep_geometry(&self, record: &mut Record) {
        for (before, after) in self.carry.iter().filter(|(before, after)| before != after) {
            let value = record.get(before).cloned().unwrap_or_default();
            record.set(after, value);
        }
    }

    /// Writes the changed picture and moves its geometry; `mask` does to a mask what was done to the picture.
    pub(super) fn write(
        &self,
        record: &mut Record,
        ctx: &Context<'_>,
        pixels: &DynamicImage,
        motion: &Motion<impl PointMap>,
        mask: impl Fn(&DynamicImage) -> Result<DynamicImage, String>,
    ) -> Result<(), StepError> {
        let moved = self.moved(record, ctx, motion, mask)?;
        self.put(record, ctx, pixels)?;
        self.carry.iter().zip(moved).for_each(|((_, into), value)| record.set(into, value));
        Ok(())
    }

    /// Passes the picture on as it is, and cuts geometry that sticks out of it.
    pub(super) fn keep_and_cut(&self, record: &mut Record, ctx: &Context<'_>) -> Result<(), StepError> {
        let header = self.header(record, ctx)?;
        let (width, height) = (f64::from(header.width), f64::from(header.height));
        let stay = Motion { map: Affine::shift(0.0, 0.0), width, height };
        let moved = self.moved(record, ctx, &stay, |mask| Ok(mask.clone()))?;
        let media = self.media(record)?;
        record.set(&self.into, Value::Media(media));
        self.carry.iter().zip(moved).for_each(|((_, into), value)| record.set(into, value));
        Ok(())
    }

    /// The geometry after a motion, one value for each field that is carried.
    fn moved(
        &self,
        record: &Record,
        ctx: &Context<'_>,
        motion: &Motion<impl PointMap>,
        mask: impl Fn(&DynamicImage) -> Result<DynamicImage, String>,
    ) -> Result<Vec<Value>, StepError> {
        let before = self.header(record, ctx)?;
        let mut all = Vec::with_capacity(self.carry.len());
        for (name, _) in &self.carry {
            let value = record.get(name).cloned().unwrap_or_default();
            let mut masks = Masks { name, size: [before.width, before.height], ctx, change: &mask, error: None };
            let moved = motion.apply(&value, &mut |media| masks.moved(media));
            match (masks.error, moved) {
                (Some(error), _) => return Err(error),
                (None, Some(moved)) => all.push(moved),
                (None, None) if self.loses => all.push(Value::Null),
                (None, None) => {
                    let message = "it has no area inside its picture; drop it with `region.clean`";
                    return Err(StepError::field(name, message));
                }
            }
        }
        Ok(all)
    }

    fn put(&self, record: &mut Record, ctx: &Context<'_>, pixels: &DynamicImage) -> Result<(), StepError> {
        let bytes = encode(pixels, self.format, self.quality).map_err(|e| StepError::field(&self.into, e))?;
        record.set(&self.into, ctx.made(MediaKind::Image, bytes));
        Ok(())
    }
}

type Bound = (Name, Vec<(Name, Name)>);

fn bind_in_place(scope: &mut Scope<'_>, from: &FieldRef, options: &Options<'_>) -> Option<Bound> {
    if !from.members.is_empty() {
        scope.problem("into", format!("`{}` is a member; name a field for the new picture", from.dotted()));
        return None;
    }
    if !options.carry.is_empty() {
        let message = "in place, everything in the grid of the picture moves by itself";
        scope.problem_with_help("carry", message, "leave `carry` out, or write the picture to a new field with `into`");
    }
    let carried: Vec<(Name, Field)> = scope
        .schema()
        .iter()
        .filter(|(_, f)| f.of.as_ref() == Some(&from.name))
        .map(|(n, f)| (n.clone(), f.clone()))
        .collect();
    for (name, field) in &carried {
        scope.read_any("from", name)?;
        scope.write("from", name, Field { ty: moved_type(&field.ty, options.loses), of: field.of.clone() })?;
    }
    let into = scope.write("from", &from.name, Type::Image)?;
    Some((into, carried.into_iter().map(|(name, _)| (name.clone(), name)).collect()))
}

fn bind_new(scope: &mut Scope<'_>, from: &FieldRef, into: &str, options: &Options<'_>) -> Option<Bound> {
    let carried: Vec<Option<(Name, Name)>> =
        options.carry.iter().map(|(before, after)| bind_carried(scope, from, into, [before, after], options)).collect();
    let into = scope.write("into", into, Type::Image)?;
    Some((into, carried.into_iter().collect::<Option<_>>()?))
}

fn bind_carried(
    scope: &mut Scope<'_>,
    from: &FieldRef,
    into: &str,
    [before, after]: [&str; 2],
    options: &Options<'_>,
) -> Option<(Name, Name)> {
    let at = format!("carry.{before}");
    let field = scope.read_any(&at, before)?;
    if field.of.as_ref() != Some(&from.name) || !field.members.is_empty() || !from.members.is_empty() {
        scope.problem(
            &at,
            format!(
                "expected a field with boxes, points or masks of `{}`, but `{before}` is {}",
                from.dotted(),
                field.ty
            ),
        );
        return None;
    }
    if options.carry.values().filter(|other| *other == after).count() > 1 || after == into {
        scope.problem(&at, format!("`{after}` is written twice"));
        return None;
    }
    let moved = Field::in_frame(moved_type(&field.ty, options.loses), into.into());
    Some((field.name, scope.write(&at, after, moved)?))
}

/// The type after the motion: what a crop leaves outside leaves its list, and is missing where it stands alone.
fn moved_type(ty: &Type, loses: bool) -> Type {
    match ty.required() {
        Type::List(_) | Type::Mask => ty.clone(),
        _ if loses => Type::optional(ty.clone()),
        _ => ty.clone(),
    }
}

/// Does to masks what was done to their picture.
struct Masks<'m, F> {
    name: &'m Name,
    size: [u32; 2],
    ctx: &'m Context<'m>,
    change: &'m F,
    error: Option<StepError>,
}

impl<F: Fn(&DynamicImage) -> Result<DynamicImage, String>> Masks<'_, F> {
    fn moved(&mut self, value: &Value) -> Option<Value> {
        let media = value.as_media()?;
        if media.kind() != MediaKind::Mask {
            return Some(value.clone());
        }
        self.mask(media).map_err(|error| self.error = Some(error)).ok()
    }

    fn mask(&self, media: &Arc<Media>) -> Result<Value, StepError> {
        let pixels = self.ctx.pixels(self.name, media)?;
        let [width, height] = self.size;
        if (pixels.width(), pixels.height()) != (width, height) {
            let (w, h) = (pixels.width(), pixels.height());
            let message = format!("a mask has {w}x{h} pixels, but its picture has {width}x{height}");
            return Err(StepError::field(self.name, message));
        }
        let failed = |e: String| StepError::field(self.name, e);
        let bytes = (self.change)(&pixels).and_then(|mask| encode_png(&mask)).map_err(failed)?;
        Ok(self.ctx.made(MediaKind::Mask, bytes))
    }
}

fn encode(pixels: &DynamicImage, format: Format, quality: u8) -> Result<Vec<u8>, String> {
    if format == Format::Png {
        return encode_png(pixels);
    }
    let mut bytes = Vec::new();
    // Encoders with vector instructions are faster, but write other bytes on machines that lack them.
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    let written = match pixels {
        DynamicImage::ImageLuma8(grey) => grey.write_with_encoder(encoder),
        DynamicImage::ImageRgb8(colour) => colour.write_with_encoder(encoder),
        other => other.to_rgb8().write_with_encoder(encoder),
    };
    written.map_err(|e| format!("cannot write a JPEG: {e}"))?;
    Ok(bytes)
}
