//! Languages, and how numbers, money and dates are written in them.

use serde::{Deserialize, Serialize};

/// A language with texts of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    En,
    /// German.
    De,
    /// French.
    Fr,
    /// Spanish.
    Es,
    /// Russian.
    Ru,
    /// Greek.
    El,
    /// Chinese, simplified.
    Zh,
    /// Japanese.
    Ja,
    /// Korean.
    Ko,
    /// Arabic.
    Ar,
    /// Hindi.
    Hi,
}

impl Language {
    /// All of them.
    pub const ALL: [Language; 11] = [
        Language::En,
        Language::De,
        Language::Fr,
        Language::Es,
        Language::Ru,
        Language::El,
        Language::Zh,
        Language::Ja,
        Language::Ko,
        Language::Ar,
        Language::Hi,
    ];

    /// ISO 639-1.
    pub fn code(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::De => "de",
            Language::Fr => "fr",
            Language::Es => "es",
            Language::Ru => "ru",
            Language::El => "el",
            Language::Zh => "zh",
            Language::Ja => "ja",
            Language::Ko => "ko",
            Language::Ar => "ar",
            Language::Hi => "hi",
        }
    }

    /// The script a body font must have: ISO 15924.
    pub fn script(self) -> &'static str {
        match self {
            Language::En | Language::De | Language::Fr | Language::Es => "Latn",
            Language::Ru => "Cyrl",
            Language::El => "Grek",
            Language::Zh | Language::Ja | Language::Ko => "Hans",
            Language::Ar => "Arab",
            Language::Hi => "Deva",
        }
    }

    /// Whether lines run from right to left.
    pub fn is_rtl(self) -> bool {
        self == Language::Ar
    }

    /// Whether words are written without spaces between them.
    pub fn is_unspaced(self) -> bool {
        matches!(self, Language::Zh | Language::Ja)
    }

    /// Whether its scripts know slanted letters.
    pub fn has_italics(self) -> bool {
        matches!(self.script(), "Latn" | "Cyrl" | "Grek")
    }

    /// Whether words may be hyphenated.
    pub fn hyphenates(self) -> bool {
        self.has_italics()
    }

    /// What stands before the fractional part of a number, and between groups of three digits before it.
    pub fn separators(self) -> (char, &'static str) {
        match self {
            Language::De | Language::Es | Language::El => (',', "."),
            Language::Fr | Language::Ru => (',', "\u{a0}"),
            _ => ('.', ","),
        }
    }
}
