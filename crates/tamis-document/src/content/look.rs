//! Looks: fonts, colours and habits drawn for one document.

use tamis_core::rng::Rng;
use tamis_draw::Color;
use tamis_fonts::Kind as Face;

use crate::spec::{Language, Look, Ruling};

/// A look for a language; `sober` leaves out what no office would send.
pub(crate) fn sample(language: Language, sober: bool, rng: &mut Rng) -> Look {
    let serif = rng.below(2) == 0;
    let body = family(language, &[if serif { Face::Serif } else { Face::Sans }], rng);
    let display = match rng.below(4) {
        0 | 1 => body.clone(),
        2 => family(language, &[Face::Sans], rng),
        _ => family(language, if sober { &[Face::Sans, Face::Serif] } else { &[Face::Display, Face::Serif] }, rng),
    };
    let accent = Color::rgb(rng.pick(ACCENTS).copied().unwrap_or(0x1f3a5f));
    let paper =
        Color::rgb(if sober || rng.below(3) > 0 { 0xffffff } else { rng.pick(PAPERS).copied().unwrap_or(0xffffff) });
    let ink = Color::rgb(rng.pick(&[0x000000, 0x111111, 0x1a1a1a, 0x222222, 0x1d2430]).copied().unwrap_or(0));
    let wide = matches!(language.script(), "Hans" | "Arab" | "Deva");
    Look {
        mono: family(language, &[Face::Mono], rng),
        hand: family(language, &[Face::Hand], rng),
        body,
        display,
        size: (rng.range(9.5, 11.6) * 4.0).round() / 4.0,
        leading: (rng.range(0.58, 0.78) + if wide { 0.18 } else { 0.0 }).clamp(0.5, 1.0),
        paragraph_gap: rng.range(0.9, 1.35),
        justify: rng.below(2) == 0,
        paper,
        ink,
        faint: ink.mix(paper, 0.4),
        accent,
        tint: accent.mix(paper, rng.range(0.86, 0.93)),
        pen: Color::rgb(rng.pick(&[0x1c2f80, 0x22409a, 0x111827, 0x14213d, 0x1a1a1a]).copied().unwrap_or(0)),
        ruling: rng.pick(RULINGS).copied().unwrap_or(Ruling::Rows),
    }
}

const RULINGS: &[Ruling] = &[Ruling::Book, Ruling::Grid, Ruling::Rows, Ruling::Stripes, Ruling::Banner, Ruling::Open];
const PAPERS: &[u32] = &[0xfffdf7, 0xfcfaf2, 0xf9f7f4, 0xfbfcfd];
/// All at least 4.5:1 on white.
const ACCENTS: &[u32] = &[
    0x1f3a5f, 0x7a1f2b, 0x1d5c4a, 0x5b3a8c, 0x8a4b08, 0x0b5a7a, 0x2f2f2f, 0x93283f, 0x2e5e1e, 0x3b4cc0, 0x6b2d5c,
    0x005f73, 0x9b2226,
];

/// A family of one of these kinds that has the language's script, then one for what it lacks.
fn family(language: Language, kinds: &[Face], rng: &mut Rng) -> Vec<String> {
    let fits = |kinds: &[Face], script: &str| {
        let mut found: Vec<&str> = Vec::new();
        for face in tamis_fonts::faces() {
            let known = face.scripts.contains(&script) && kinds.contains(&face.kind);
            if known && !found.contains(&face.family) && !UNFIT.contains(&face.family) {
                found.push(face.family);
            }
        }
        found
    };
    let script = script_of(language);
    let mut found = fits(kinds, script);
    if found.is_empty() {
        found = fits(&[Face::Serif, Face::Sans], script);
    }
    let first = rng.pick(&found).copied().unwrap_or("DejaVu Sans");
    let mut names = vec![first.to_string()];
    if !matches!(language.script(), "Latn" | "Cyrl" | "Grek") {
        // Latin letters and figures of another family, where the first has none.
        names.push(if kinds.contains(&Face::Serif) { "Tinos" } else { "Arimo" }.to_string());
    }
    names
}

/// Families with which no document of ours is set as a whole.
const UNFIT: &[&str] = &["Humor Sans", "Comic Neue"];

/// Scripts as the fonts name them.
fn script_of(language: Language) -> &'static str {
    match language {
        Language::Ja => "Jpan",
        Language::Ko => "Kore",
        other => other.script(),
    }
}
