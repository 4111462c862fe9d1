//! Chains that are known by name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::camera::View;
use super::range::Range;
use super::step::*;

/// A chain with ranges that make plausible pictures of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// an office scanner: grey or colour, slightly askew, dust, streaks
    Scan,
    /// a fax: black and white at few pixels, broken strokes
    Fax,
    /// a sheet photographed on a desk
    Photo,
    /// a screen photographed
    Screen,
    /// an old sheet: yellowed, stained, faded, folded
    OldPaper,
    /// Qianfan-VL's document chain: bitmap conversion, erosion or dilation, Gaussian blur, scan noise
    Document,
    /// Qianfan-VL's table chain: geometric warp, colour jitter, blur
    Table,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Preset; 7] =
        [Preset::Scan, Preset::Fax, Preset::Photo, Preset::Screen, Preset::OldPaper, Preset::Document, Preset::Table];

    /// Its steps.
    pub fn chain(self) -> Vec<Step> {
        match self {
            Preset::Scan => scan(),
            Preset::Fax => fax(),
            Preset::Photo => photo(),
            Preset::Screen => screen(),
            Preset::OldPaper => old_paper(),
            Preset::Document => document(),
            Preset::Table => table(),
        }
    }
}

fn scan() -> Vec<Step> {
    let curl = Curl { bend: Range::of(0.004, 0.016), shade: Range::of(0.2, 0.6) };
    vec![
        Paper { age: Range::of(0.0, 0.15), fibres: Range::of(0.0, 1.0), ..Paper::default() }.into(),
        Step::sometimes(0.3, [ShowThrough::default().into()]),
        Step::sometimes(0.25, [Folds::default().into()]),
        Step::sometimes(0.2, [Pen::default().into()]),
        Step::sometimes(0.2, [curl.into()]),
        Skew { angle: Range::of(-1.5, 1.5), shear: Range::of(-0.004, 0.004), shift: Range::of(-0.004, 0.004) }.into(),
        Blur { sigma: Range::of(0.3, 0.75) }.into(),
        Scanner::default().into(),
        Step::sometimes(0.55, [Tone::GREY.into()]),
        Tone { contrast: Range::of(0.95, 1.25), brightness: Range::of(-0.02, 0.05), ..Tone::NONE }.into(),
        Noise { sigma: Range::of(1.0, 4.0), ..Noise::default() }.into(),
        Jpeg { quality: Range::of(55.0, 90.0), ..Jpeg::default() }.into(),
    ]
}

fn fax() -> Vec<Step> {
    let bitmap = |dither| Bitmap {
        threshold: Range::of(0.5, 0.68),
        scale: Range::of(0.72, 1.0),
        uneven: Range::of(0.01, 0.045),
        dither,
    };
    vec![
        Skew { angle: Range::of(-1.2, 1.2), ..Skew::default() }.into(),
        Strokes { amount: Range::of(0.0, 0.45), ..Strokes::default() }.into(),
        Blur { sigma: Range::of(0.3, 0.7) }.into(),
        Scanner {
            streaks: Range::of(0.0, 4.0),
            streak_strength: Range::of(0.2, 0.6),
            dust: Range::of(10.0, 120.0),
            ..Scanner::default()
        }
        .into(),
        // Most machines send text; some were set to "photo".
        Step::OneOf(vec![bitmap(Dither::None).into(), bitmap(Dither::None).into(), bitmap(Dither::Diffusion).into()]),
        Salt { white: Range::of(0.0, 0.0015), black: Range::of(0.0001, 0.0006), size: Range::always(1.0) }.into(),
    ]
}

fn photo() -> Vec<Step> {
    vec![
        Paper { age: Range::of(0.0, 0.1), ..Paper::default() }.into(),
        Step::sometimes(0.3, [Folds::default().into()]),
        Step::sometimes(
            0.15,
            [Folds {
                crumpled: Range::of(8.0, 24.0),
                depth: Range::of(0.03, 0.08),
                worn: Range::always(0.0),
                ..Folds::default()
            }
            .into()],
        ),
        Step::sometimes(0.2, [Pen::default().into()]),
        Step::sometimes(0.2, [Stains::default().into()]),
        Step::OneOf(vec![
            Elastic { amplitude: Range::of(1.0, 4.0), smoothing: Range::of(120.0, 260.0) }.into(),
            Curl::default().into(),
            Elastic { amplitude: Range::of(0.3, 1.2), smoothing: Range::of(200.0, 320.0) }.into(),
        ]),
        Photo::default().into(),
        Light::default().into(),
        Step::sometimes(0.55, [Shadow::default().into()]),
        Blur { sigma: Range::of(0.35, 0.9) }.into(),
        Step::sometimes(0.2, [MotionBlur { length: Range::of(1.0, 2.6), ..MotionBlur::default() }.into()]),
        Tone { warmth: Range::of(-0.05, 0.06), contrast: Range::of(0.85, 1.1), ..Tone::default() }.into(),
        Noise { sigma: Range::of(1.5, 5.0), ..Noise::default() }.into(),
        Jpeg { quality: Range::of(50.0, 90.0), ..Jpeg::default() }.into(),
    ]
}

fn screen() -> Vec<Step> {
    let view = View {
        pitch: Range::of(-9.0, 9.0),
        yaw: Range::of(-12.0, 12.0),
        roll: Range::of(-3.0, 3.0),
        ..View::default()
    };
    vec![
        Screen::default().into(),
        Photo { view, margin: Range::of(0.02, 0.05), ground: Ground::Bezel }.into(),
        Moire::default().into(),
        Light { fall: Range::of(0.02, 0.15), vignette: Range::of(0.05, 0.25) }.into(),
        Blur { sigma: Range::of(0.3, 0.8) }.into(),
        Tone { warmth: Range::of(-0.07, 0.03), ..Tone::default() }.into(),
        Noise { sigma: Range::of(2.0, 6.0), ..Noise::default() }.into(),
        Jpeg { quality: Range::of(55.0, 90.0), ..Jpeg::default() }.into(),
    ]
}

fn old_paper() -> Vec<Step> {
    vec![
        Bleed::default().into(),
        Tone {
            contrast: Range::of(0.65, 0.92),
            brightness: Range::of(0.04, 0.1),
            warmth: Range::of(0.0, 0.03),
            ..Tone::NONE
        }
        .into(),
        Step::sometimes(0.6, [ShowThrough { strength: Range::of(0.05, 0.16), ..ShowThrough::default() }.into()]),
        Paper {
            age: Range::of(0.4, 0.95),
            clouds: Range::of(0.03, 0.08),
            grain: Range::of(0.01, 0.025),
            fibres: Range::of(2.0, 10.0),
            edges: Range::of(0.2, 0.8),
        }
        .into(),
        Stains {
            foxing: Range::of(4.0, 50.0),
            rings: Range::of(0.0, 1.0),
            tides: Range::of(0.0, 2.0),
            drops: Range::of(0.0, 5.0),
            strength: Range::of(0.2, 0.5),
        }
        .into(),
        Step::sometimes(0.6, [Folds { worn: Range::of(0.1, 0.5), ..Folds::default() }.into()]),
        Step::sometimes(0.5, [Elastic { amplitude: Range::of(0.5, 2.0), smoothing: Range::of(80.0, 180.0) }.into()]),
        Skew { angle: Range::of(-1.0, 1.0), ..Skew::default() }.into(),
        Blur { sigma: Range::of(0.35, 0.75) }.into(),
        Noise { sigma: Range::of(1.5, 5.0), ..Noise::default() }.into(),
        Jpeg { quality: Range::of(60.0, 92.0), ..Jpeg::default() }.into(),
    ]
}

fn document() -> Vec<Step> {
    let bitmap = |dither| Bitmap { uneven: Range::of(0.0, 0.03), dither, ..Bitmap::default() };
    vec![
        Step::sometimes(0.4, [Step::OneOf(vec![bitmap(Dither::None).into(), bitmap(Dither::Diffusion).into()])]),
        Step::sometimes(0.7, [Strokes::default().into()]),
        Step::sometimes(0.7, [Blur { sigma: Range::of(0.3, 0.9) }.into()]),
        Scanner::default().into(),
        Noise { sigma: Range::of(1.0, 6.0), ..Noise::default() }.into(),
        Step::sometimes(
            0.3,
            [Salt { white: Range::of(0.0, 0.001), black: Range::of(0.0, 0.001), ..Salt::default() }.into()],
        ),
    ]
}

fn table() -> Vec<Step> {
    vec![
        Step::OneOf(vec![
            Skew { angle: Range::of(-3.0, 3.0), shear: Range::of(-0.02, 0.02), shift: Range::always(0.0) }.into(),
            Perspective::default().into(),
            Elastic { amplitude: Range::of(0.8, 2.5), ..Elastic::default() }.into(),
        ]),
        Tone::default().into(),
        Step::sometimes(0.7, [Blur { sigma: Range::of(0.3, 0.9) }.into()]),
    ]
}
