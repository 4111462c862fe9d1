//! Colours: sRGB with alpha, and how well one is read on another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An sRGB colour, 8 bits a channel, alpha not premultiplied; written `#rrggbb` or `#rrggbbaa`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Color {
    /// Red, 0 to 255.
    pub r: u8,
    /// Green, 0 to 255.
    pub g: u8,
    /// Blue, 0 to 255.
    pub b: u8,
    /// Opacity: 0 is invisible, 255 is opaque.
    pub a: u8,
}

impl Color {
    /// Opaque white.
    pub const WHITE: Color = Color::rgb(0xffffff);
    /// Opaque black.
    pub const BLACK: Color = Color::rgb(0x000000);

    /// An opaque colour from `0xrrggbb`.
    pub const fn rgb(hex: u32) -> Color {
        Color { r: (hex >> 16) as u8, g: (hex >> 8) as u8, b: hex as u8, a: 255 }
    }

    /// The same colour at an opacity of 0 to 1.
    pub fn with_alpha(self, alpha: f64) -> Color {
        Color { a: (alpha.clamp(0.0, 1.0) * 255.0).round() as u8, ..self }
    }

    /// The colour between this (0) and `other` (1), channel by channel in sRGB.
    pub fn mix(self, other: Color, share: f64) -> Color {
        let t = share.clamp(0.0, 1.0);
        let between = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * t).round() as u8;
        Color {
            r: between(self.r, other.r),
            g: between(self.g, other.g),
            b: between(self.b, other.b),
            a: between(self.a, other.a),
        }
    }

    /// What is seen when this colour lies over an opaque one.
    pub fn over(self, below: Color) -> Color {
        Color { a: 255, ..below.mix(Color { a: below.a, ..self }, f64::from(self.a) / 255.0) }
    }

    /// Relative luminance, 0 (black) to 1 (white), alpha ignored (WCAG 2.2).
    pub fn luminance(self) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.r) + 0.7152 * linear(self.g) + 0.0722 * linear(self.b)
    }

    /// Contrast with another opaque colour, 1 (alike) to 21 (black on white) (WCAG 2.2).
    pub fn contrast(self, other: Color) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.r, self.g, self.b)?;
        if self.a == 255 { Ok(()) } else { write!(f, "{:02x}", self.a) }
    }
}

impl fmt::Debug for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Color {
    type Err = String;

    fn from_str(text: &str) -> Result<Color, String> {
        let wrong = || format!("expected a colour such as \"#1f77b4\" or \"#1f77b480\", found {text:?}");
        let hex = text.strip_prefix('#').filter(|h| h.is_ascii() && matches!(h.len(), 6 | 8)).ok_or_else(wrong)?;
        let byte = |i: usize| u8::from_str_radix(&hex[i..i + 2], 16).map_err(|_| wrong());
        let a = if hex.len() == 8 { byte(6)? } else { 255 };
        Ok(Color { r: byte(0)?, g: byte(2)?, b: byte(4)?, a })
    }
}

impl TryFrom<String> for Color {
    type Error = String;

    fn try_from(text: String) -> Result<Color, String> {
        text.parse()
    }
}

impl From<Color> for String {
    fn from(color: Color) -> String {
        color.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_read_as_it_is_written() {
        for text in ["#1f77b4", "#00000080"] {
            assert_eq!(text.parse::<Color>().unwrap().to_string(), text);
        }
        assert!("#12".parse::<Color>().unwrap_err().contains("#1f77b4"));
        assert!("#éé".parse::<Color>().is_err());
    }

    #[test]
    fn contrast_runs_from_1_to_21() {
        assert!((Color::BLACK.contrast(Color::WHITE) - 21.0).abs() < 1e-9);
        assert!((Color::WHITE.contrast(Color::WHITE) - 1.0).abs() < 1e-9);
        assert_eq!(Color::BLACK.with_alpha(0.5).over(Color::WHITE), Color::rgb(0x7f7f7f));
    }
}
