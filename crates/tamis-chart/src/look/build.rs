//! From a look's name and seed to a style.

use tamis_core::id::RecordId;
use tamis_core::rng::Rng;
use tamis_draw::Color;
use tamis_draw::scene::Stroke;

use crate::layout::DrawError;
use crate::look::palette::{chance, one_of};
use crate::look::style::{Style, readable};
use crate::look::{print, screen, tools};
use crate::spec::{Diversify, LookSpec};

type Make = fn(&mut Rng) -> Style;

/// Every look, by name.
const LOOKS: &[(&str, Make)] = &[
    ("matplotlib", tools::matplotlib),
    ("seaborn", tools::seaborn),
    ("ggplot2", tools::ggplot2),
    ("vega", tools::vega),
    ("plotly", tools::plotly),
    ("excel", tools::excel),
    ("web", tools::web),
    ("newspaper", print::newspaper),
    ("broadsheet", print::broadsheet),
    ("journal", print::journal),
    ("minimal", print::minimal),
    ("slide", screen::slide),
    ("dark", screen::dark),
    ("hand", screen::hand),
];

/// The names of all looks.
pub fn names() -> Vec<&'static str> {
    LOOKS.iter().map(|(name, _)| *name).collect()
}

impl Style {
    /// The style that a look's name, seed and diversification fix.
    ///
    /// # Errors
    /// When there is no look of this name.
    pub fn resolve(look: &LookSpec) -> Result<Style, DrawError> {
        let found = LOOKS.iter().find(|(name, _)| *name == look.name);
        let (_, make) = found.ok_or_else(|| DrawError::NoLook { name: look.name.clone() })?;
        let mut rng = Rng::keyed(look.seed, RecordId::input("look"), &look.name, &[]);
        let mut style = make(&mut rng);
        match look.diversify {
            Some(Diversify::Fonts) => fonts(&mut style, &mut rng),
            Some(Diversify::Shading) => shading(&mut style, &mut rng),
            Some(Diversify::Borderless) => borderless(&mut style),
            Some(Diversify::Inset) => style.inset = true,
            Some(Diversify::Annotations) | None => {}
        }
        let (ground, plot) = (style.background, style.ground());
        style.text.each(|text| text.color = readable(text.color, ground, 4.0));
        for text in [&mut style.text.label, &mut style.text.annotation] {
            text.color = readable(text.color, plot, 4.0);
        }
        Ok(style)
    }
}

/// (b) A strong change of font.
fn fonts(style: &mut Style, rng: &mut Rng) {
    const FAMILIES: &[&str] = &[
        "Tinos",
        "Cousine",
        "Playfair Display",
        "Comic Neue",
        "Lato",
        "DejaVu Serif",
        "Libertinus Serif",
        "DejaVu Sans Mono",
        "Kalam",
        "Noto Serif",
        "Roboto",
        "Tamis Computer Modern",
        "Patrick Hand",
    ];
    let now = style.text.tick.font.family.clone();
    let others: Vec<&'static str> = FAMILIES.iter().copied().filter(|f| *f != now).collect();
    let (body, head) = (one_of(rng, &others), one_of(rng, &others));
    let mixed = chance(rng, 0.4);
    style.text.each(|text| text.font.family = body.into());
    if mixed {
        style.text.title.font.family = head.into();
        style.text.figure.font.family = head.into();
    }
    let (bold, size) = (chance(rng, 0.5), one_of(rng, &[1.0, 1.1, 1.2]));
    style.title_weight(bold);
    style.text.title.size *= size;
    if chance(rng, 0.3) {
        style.text.axis.font = style.text.axis.font.clone().italic();
    }
}

/// (c) Gradients, area shading, transparency, grid and background.
fn shading(style: &mut Style, rng: &mut Rng) {
    style.bars.gradient = chance(rng, 0.6);
    style.bars.opacity = one_of(rng, &[0.65, 0.8, 1.0]);
    style.area_opacity = one_of(rng, &[0.25, 0.45, 0.6]);
    style.points.opacity = one_of(rng, &[0.5, 0.65, 0.8]);
    let dark = style.background.luminance() < 0.2;
    if !dark && chance(rng, 0.7) {
        style.plot = Some(Color::rgb(one_of(rng, &[0xf5f7fa, 0xfaf6ee, 0xf0f5ef, 0xf7f0f5, 0xeef4f8])));
    }
    let line = style.ground().mix(if dark { Color::WHITE } else { Color::BLACK }, 0.14);
    style.grid.values = true;
    style.grid.others = chance(rng, 0.5);
    style.grid.over = false;
    style.grid.stroke = Stroke::new(line, 1.0);
    if chance(rng, 0.5) {
        style.grid.stroke.dashes = one_of(rng, &[&[4.0, 3.0][..], &[1.5, 2.5], &[7.0, 3.0, 1.5, 3.0]]).to_vec();
    }
}

/// (d) Axis borders removed.
fn borderless(style: &mut Style) {
    style.without_spines();
    style.without_ticks();
    style.legend.frame = None;
    style.bars.edge = None;
}
