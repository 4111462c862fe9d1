//! `image.hash`

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::{Name, Record, StepError, Type};

use crate::dedup::phash::phash;

/// Writes a hash of a picture: of what it looks like, or of its bytes.
///
/// `perceptual` is pHash with 64 bits: grey, 32x32, cosine transform, the 8x8 lowest frequencies against their median.
/// Resizing and re-encoding change few of its bits, so hashes are compared by the number of bits that differ; `dedup.keys`
/// does that by itself with the same hash. `blake3` is the hash of the file's bytes; it decodes nothing.
///
/// Reads `from`. Writes `into`: lower-case hex, 16 digits (`perceptual`) or 64 (`blake3`).
///
/// # Example
///
/// ```yaml example
/// step: { image.hash: { from: image, into: phash } }
/// images: { image: 64x48 }
/// in: { }
/// out: { phash: 6cb0f0d93227ec1b }
/// ```
///
/// Source: C. Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions, 2010, section 3.2.1.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageHash {
    /// The picture.
    from: String,
    /// The field for the hash.
    into: String,
    /// `perceptual` (default) or `blake3`.
    #[serde(default)]
    kind: Kind,
}

/// What is hashed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// what it looks like
    #[default]
    Perceptual,
    /// its bytes
    Blake3,
}

impl OperatorConfig for ImageHash {
    const NAME: &'static str = "image.hash";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let from = scope.read("from", &self.from, &Type::Image);
        let into = scope.write("into", &self.into, Type::Text);
        Bound::transform(Hash { from: from?, into: into?, kind: self.kind })
    }
}

struct Hash {
    from: FieldRef,
    into: Name,
    kind: Kind,
}

impl Transform for Hash {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let failed = |e: String| StepError::field(&self.from.name, e);
        let media = self.from.get(record).as_media().ok_or_else(|| failed("the picture is missing".to_string()))?;
        let hash = match self.kind {
            Kind::Perceptual => {
                let pixels = ctx.pixels(&self.from.name, media)?;
                format!("{:016x}", phash(&pixels))
            }
            Kind::Blake3 => media.hash(&**ctx.media()).map_err(|e| failed(e.to_string()))?.to_string(),
        };
        record.set(&self.into, hash);
        Ok(Verdict::Pass)
    }

    fn touches_pixels(&self) -> bool {
        self.kind == Kind::Perceptual
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::kit::{Place, painted, transform};

    #[test]
    fn a_perceptual_hash_is_that_of_dedup_and_survives_another_size() {
        let bits = |pixels: &image::DynamicImage| {
            let run =
                transform::<ImageHash>(Place::new("image: image").pixels("image", pixels), "{from: image, into: h}");
            u64::from_str_radix(run.get("h").as_str().unwrap(), 16).unwrap()
        };
        let picture = painted(160, 120, [20, 20, 70, 100]);
        assert_eq!(bits(&picture), phash(&picture));
        assert!((bits(&picture) ^ bits(&painted(320, 240, [40, 40, 140, 200]))).count_ones() <= 4);
        assert!((bits(&picture) ^ bits(&painted(160, 120, [90, 0, 160, 50]))).count_ones() > 12);
    }

    #[test]
    fn blake3_is_of_the_bytes_and_decodes_nothing() {
        let place = Place::new("image: image").held("image", b"no picture");
        let hash = transform::<ImageHash>(place, "{from: image, into: h, kind: blake3}").get("h");
        assert_eq!(hash, blake3::hash(b"no picture").to_hex().as_str());
    }
}
