//! `image.info`

use std::io::{Seek, SeekFrom};

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::{Media, Name, Record, StepError, Type, Value};

/// Reads format and size of a picture from its header, without decoding it.
///
/// For conditions, statistics and prompts. Width and height are those of the upright picture, EXIF orientation applied.
///
/// Reads `from`. Writes `into`: `{width: int, height: int, format: enum(jpeg|png|webp|gif), bytes: int,
/// megapixels: float, aspect: float}`, where `aspect` is width by height. A header that cannot be read fails the record.
///
/// # Example
///
/// ```yaml example
/// step: { image.info: { from: image, into: about } }
/// images: { image: 64x48 }
/// in: { }
/// out: { about: { width: 64, height: 48, format: png, megapixels: 0.003072 } }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageInfo {
    /// The picture.
    from: String,
    /// The field for what is known of it. Default `info`.
    #[serde(default = "info")]
    into: String,
}

fn info() -> String {
    "info".to_string()
}

impl OperatorConfig for ImageInfo {
    const NAME: &'static str = "image.info";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let from = scope.read("from", &self.from, &Type::Image);
        let formats = ["jpeg", "png", "webp", "gif"].map(Name::from).to_vec();
        let members = [
            ("width", Type::Int),
            ("height", Type::Int),
            ("format", Type::Enum(formats)),
            ("bytes", Type::Int),
            ("megapixels", Type::Float),
            ("aspect", Type::Float),
        ];
        let ty = Type::Struct(members.into_iter().map(|(name, ty)| (Name::from(name), ty)).collect());
        let into = scope.write("into", &self.into, ty);
        Bound::transform(Info { from: from?, into: into? })
    }
}

struct Info {
    from: FieldRef,
    into: Name,
}

impl Transform for Info {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let failed = |e: String| StepError::field(&self.from.name, e);
        let media = self.from.get(record).as_media().ok_or_else(|| failed("the picture is missing".to_string()))?;
        let header = media.header(&**ctx.media()).map_err(|e| failed(e.to_string()))?;
        let (width, height) = (f64::from(header.width), f64::from(header.height));
        let format = match header.format {
            tamis_core::media::Format::Jpeg => "jpeg",
            tamis_core::media::Format::Png => "png",
            tamis_core::media::Format::Webp => "webp",
            tamis_core::media::Format::Gif => "gif",
        };
        let info = Value::map([
            ("width", Value::Int(header.width.into())),
            ("height", Value::Int(header.height.into())),
            ("format", Value::text(format)),
            ("bytes", Value::Int(bytes(media, ctx).map_err(failed)?)),
            ("megapixels", Value::Float(width * height / 1e6)),
            ("aspect", Value::Float(width / height)),
        ]);
        record.set(&self.into, info);
        Ok(Verdict::Pass)
    }
}

fn bytes(media: &Media, ctx: &Context<'_>) -> Result<i64, String> {
    let bytes = match media.known_bytes() {
        Some(bytes) => bytes,
        None => {
            let mut reader = ctx.media().open(media).map_err(|e| e.to_string())?;
            reader.seek(SeekFrom::End(0)).map_err(|e| media.error(e.to_string()).to_string())?
        }
    };
    i64::try_from(bytes).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::kit::{Place, transform};
    use tamis_core::media::{MediaKind, Origin};

    #[test]
    fn the_size_of_a_range_is_its_own() {
        let png = tamis_core::media::encode_png(&image::DynamicImage::new_rgb8(8, 4)).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), [&[0; 10], &*png, &[0; 99]].concat()).unwrap();
        let length = png.len() as u64;
        let origin = Origin::Range { path: file.path().into(), offset: 10, length, member: "a.png".into() };
        let place = Place::new("image: image").value("image", Value::Media(Media::at(MediaKind::Image, origin).into()));
        let info = transform::<ImageInfo>(place, "{from: image}").get("info");
        assert_eq!((&info["bytes"], &info["width"], &info["aspect"]), (&length.into(), &8.into(), &2.0.into()));
    }

    #[test]
    fn an_unreadable_header_fails_the_record() {
        let run = transform::<ImageInfo>(Place::new("image: image").held("image", b"no picture"), "{from: image}");
        run.failed();
    }
}
