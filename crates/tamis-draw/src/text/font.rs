//! Which font a text asks for, and the faces there are.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::color::Color;

/// One of the faces of `tamis-fonts`, by its place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FaceId(pub u16);

impl FaceId {
    /// The face itself.
    pub fn face(self) -> &'static tamis_fonts::Face {
        &tamis_fonts::faces()[usize::from(self.0)]
    }
}

/// A family, weight and slope. Characters the family lacks are taken from families that have them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Font {
    /// A family of `tamis-fonts`.
    pub family: Cow<'static, str>,
    /// 400 is regular, 700 is bold; the nearest weight of the family is taken.
    pub weight: u16,
    /// Slanted, if the family has it.
    pub italic: bool,
}

/// How a text is set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Style {
    /// The font.
    pub font: Font,
    /// Pixels per em, above 0.
    pub size: f64,
    /// The ink.
    pub color: Color,
    /// Extra space after each letter, in pixels.
    pub letter_spacing: f64,
}

impl Font {
    /// The upright regular face of a family.
    pub fn new(family: impl Into<Cow<'static, str>>) -> Font {
        Font { family: family.into(), weight: 400, italic: false }
    }

    /// The same family at another weight.
    pub fn weight(mut self, weight: u16) -> Font {
        self.weight = weight;
        self
    }

    /// The same family, bold.
    pub fn bold(self) -> Font {
        self.weight(700)
    }

    /// The same family, slanted.
    pub fn italic(mut self) -> Font {
        self.italic = true;
        self
    }
}

impl Style {
    /// A font at a size in pixels per em, in a colour.
    pub fn new(font: Font, size: f64, color: Color) -> Style {
        Style { font, size, color, letter_spacing: 0.0 }
    }

    /// The same at another size.
    pub fn sized(&self, size: f64) -> Style {
        Style { size, ..self.clone() }
    }

    /// The same in another colour.
    pub fn colored(&self, color: Color) -> Style {
        Style { color, ..self.clone() }
    }

    /// The same in bold.
    pub fn bold(&self) -> Style {
        Style { font: self.font.clone().bold(), ..self.clone() }
    }
}
