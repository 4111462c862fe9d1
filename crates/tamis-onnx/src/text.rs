//! Texts to tokens.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tokenizers::{Tokenizer, TruncationParams};

/// How texts become tokens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// `tokenizer.json`
    pub tokenizer: PathBuf,
    /// tokens of a text at most; more are cut off
    #[serde(default = "most_tokens")]
    pub max_tokens: usize,
    /// up to where shorter texts are filled
    #[serde(default)]
    pub padding: Padding,
    /// the token that fills; asked from the tokenizer where it is not said
    #[serde(default)]
    pub pad_id: Option<u32>,
}

/// Up to where texts are filled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Padding {
    /// not at all: texts of equal length go together
    #[default]
    None,
    /// to `max_tokens`, as CLIP and SigLIP were trained
    Max,
}

/// A text as the model reads it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tokens {
    pub(crate) ids: Vec<i64>,
    pub(crate) mask: Vec<bool>,
    pub(crate) types: Vec<i64>,
}

pub(crate) struct Encoder {
    tokenizer: Tokenizer,
    texts: Texts,
    pad: u32,
}

impl Encoder {
    pub(crate) fn open(texts: &Texts) -> Result<Encoder, String> {
        let shown = texts.tokenizer.display();
        let mut tokenizer =
            Tokenizer::from_file(&texts.tokenizer).map_err(|e| format!("cannot read the tokenizer {shown}: {e}"))?;
        let pad = tokenizer.get_padding().map(|padding| padding.pad_id);
        let cut = TruncationParams { max_length: texts.max_tokens, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(cut)).map_err(|e| format!("the tokenizer {shown} cannot cut: {e}"))?;
        tokenizer.with_padding(None);
        Ok(Encoder { tokenizer, texts: texts.clone(), pad: texts.pad_id.or(pad).unwrap_or(0) })
    }

    pub(crate) fn encode(&self, text: &str) -> Result<Tokens, String> {
        let encoding =
            self.tokenizer.encode(text, true).map_err(|e| format!("the text cannot be cut into tokens: {e}"))?;
        let mut ids: Vec<i64> = encoding.get_ids().iter().map(|id| i64::from(*id)).collect();
        let mut types: Vec<i64> = encoding.get_type_ids().iter().map(|id| i64::from(*id)).collect();
        let mut mask = vec![true; ids.len()];
        // A model cannot read nothing at all.
        let length = if self.texts.padding == Padding::Max { self.texts.max_tokens } else { ids.len().max(1) };
        ids.resize(length, i64::from(self.pad));
        types.resize(length, 0);
        mask.resize(length, false);
        Ok(Tokens { ids, mask, types })
    }
}

fn most_tokens() -> usize {
    512
}
