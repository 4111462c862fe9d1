//! The degradations, each with its options. Ranges are drawn anew for each picture.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use bitmap::Dither;
pub use photo::Ground;
pub use shadow::Thrower;
pub use strokes::Change;

pub use super::camera::View;

use super::draw::Draw;
use super::preset::Preset;
use super::range::Check;
use super::{DegradeError, Sheet};

macro_rules! steps {
    ($($(#[$doc:meta])* $module:ident :: $name:ident = $word:literal;)*) => {
        $(mod $module; pub use $module::$name;)*

        /// One step of a chain; written `skew: { angle: [-2, 2] }`, `skew: {}` for the defaults.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Step {
            $($(#[$doc])* $name($name),)*
            /// some steps, in some of the pictures
            Sometimes(Sometimes),
            /// one of several steps, each as often as the others
            OneOf(Vec<Step>),
            /// a chain that is known by name
            Preset(Preset),
        }

        $(impl From<$name> for Step {
            fn from(options: $name) -> Step {
                Step::$name(options)
            }
        })*

        impl Step {
            pub(super) fn check(&self, check: &mut Check) {
                match self {
                    $(Step::$name(options) => {
                        check.step = $word;
                        options.check(check);
                    })*
                    Step::Sometimes(some) => {
                        check.step = "sometimes";
                        check.share("probability", some.probability);
                        some.steps.iter().for_each(|step| step.check(check));
                    }
                    Step::OneOf(steps) => {
                        check.step = "one_of";
                        if steps.is_empty() {
                            check.problem("steps", "at least one step".to_owned(), "none".to_owned());
                        }
                        steps.iter().for_each(|step| step.check(check));
                    }
                    Step::Preset(_) => {}
                }
            }

            pub(super) fn apply(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
                match self {
                    $(Step::$name(options) => options.apply(sheet, draw),)*
                    Step::Sometimes(some) => {
                        if draw.chance(some.probability) { all(&some.steps, sheet, draw) } else { Ok(()) }
                    }
                    Step::OneOf(steps) => match steps.get(draw.below(steps.len())) {
                        Some(step) => step.apply(sheet, draw),
                        None => Ok(()),
                    },
                    Step::Preset(preset) => all(&preset.chain(), sheet, draw),
                }
            }

            /// Every kind of step with its default options.
            #[cfg(test)]
            pub(super) fn every() -> Vec<Step> {
                vec![$(Step::$name($name::default()),)*]
            }
        }
    };
}

steps! {
    // geometry
    /// the sheet lies a little turned and sheared
    skew::Skew = "skew";
    /// the sheet is seen from aside
    perspective::Perspective = "perspective";
    /// smooth random shifts
    elastic::Elastic = "elastic";
    /// the sheet is curved as in an open book
    curl::Curl = "curl";
    // ink
    /// strokes grow or shrink
    strokes::Strokes = "strokes";
    /// ink runs into the paper
    bleed::Bleed = "bleed";
    /// black and white only
    bitmap::Bitmap = "bitmap";
    /// the back of the sheet is seen through it
    show_through::ShowThrough = "show_through";
    /// marks of a pen beside the text
    pen::Pen = "pen";
    // paper
    /// colour, grain and fibres of paper
    paper::Paper = "paper";
    /// rings, drops and spots
    stains::Stains = "stains";
    /// creases of a sheet that was folded or crumpled
    folds::Folds = "folds";
    // light
    /// brightness, contrast, gamma, saturation, hue, temperature
    tone::Tone = "tone";
    /// light that falls off over the sheet
    light::Light = "light";
    /// the shadow of an edge or a hand
    shadow::Shadow = "shadow";
    // optics and electronics
    /// out of focus
    blur::Blur = "blur";
    /// moved while the shutter was open
    motion_blur::MotionBlur = "motion_blur";
    /// grain of a sensor
    noise::Noise = "noise";
    /// single pixels black or white
    salt::Salt = "salt";
    /// interference of two grids
    moire::Moire = "moire";
    /// dust and streaks of a scanner, its edges
    scanner::Scanner = "scanner";
    /// sub-pixels and glare of a screen
    screen::Screen = "screen";
    /// the sheet on a desk, photographed
    photo::Photo = "photo";
    // files
    /// fewer pixels and back
    resample::Resample = "resample";
    /// through a JPEG file
    jpeg::Jpeg = "jpeg";
}

/// Steps that are not always taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sometimes {
    /// In which share of the pictures, 0 to 1.
    pub probability: f64,
    /// What is done then, in this order.
    pub steps: Vec<Step>,
}

impl Step {
    /// `steps` in a share of the pictures.
    pub fn sometimes(probability: f64, steps: impl IntoIterator<Item = Step>) -> Step {
        Step::Sometimes(Sometimes { probability, steps: steps.into_iter().collect() })
    }
}

fn all(steps: &[Step], sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
    steps.iter().try_for_each(|step| step.apply(sheet, draw))
}
