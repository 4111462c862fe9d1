//! What each backend's vendor says of itself: where it is, what pictures it takes, what of a binding it has no use for.

use super::spec::{BackendKind, Images, Structured};
use crate::client::{RESERVED_FIELDS, anthropic, gemini};
use crate::tokens::ImageTokens;

/// 5 MiB as base64, which is how the Messages API measures a picture.
const ANTHROPIC_BYTES: u64 = (5 << 20) / 4 * 3;
/// A request to generateContent may have 20 MB, base64 and prompt included.
const GEMINI_BYTES: u64 = 14_000_000;

impl BackendKind {
    /// The vendor's own address, where there is one.
    pub(super) fn home(self) -> Option<&'static str> {
        match self {
            BackendKind::Anthropic => Some("https://api.anthropic.com/v1"),
            BackendKind::Gemini => Some("https://generativelanguage.googleapis.com/v1beta"),
            _ => None,
        }
    }

    /// What the vendor takes, where the binding says nothing. Anthropic: 8000 pixels wide and high, 5 MB as base64.
    /// Google: 20 MB for a request.
    pub(super) fn images(self) -> Images {
        match self {
            BackendKind::Anthropic => {
                let tokens = Some(ImageTokens::Anthropic);
                Images { max_side: Some(8000), max_bytes: Some(ANTHROPIC_BYTES), tokens }
            }
            BackendKind::Gemini => Images { max_bytes: Some(GEMINI_BYTES), ..Images::default() },
            _ => Images::default(),
        }
    }

    /// Fields that `sampling.extra` may not set.
    pub(super) fn reserved(self) -> &'static [&'static str] {
        match self {
            BackendKind::Anthropic => anthropic::RESERVED_FIELDS,
            BackendKind::Gemini => gemini::RESERVED_FIELDS,
            _ => RESERVED_FIELDS,
        }
    }

    /// Why schemas cannot be asked for in this way.
    pub(super) fn dislikes(self, structured: Structured) -> Option<&'static str> {
        match (self, structured) {
            (BackendKind::Anthropic, Structured::JsonObject) => Some(
                "`structured: json_object` is not known to the Messages API; write json_schema (a tool that has to be \
                 used) or prompt",
            ),
            _ => None,
        }
    }
}

impl Images {
    /// What the binding says, and where it says nothing, what the vendor takes.
    pub(super) fn over(self, vendor: Images) -> Images {
        Images {
            max_side: self.max_side.or(vendor.max_side),
            max_bytes: self.max_bytes.or(vendor.max_bytes),
            tokens: self.tokens.or(vendor.tokens),
        }
    }
}
