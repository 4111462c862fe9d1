//! Degradations: what scanners, cameras, screens, paper and time do to a picture, with the truth moved along.
//!
//! A chain of [`Step`]s turns clean [`Pixels`] into degraded ones. Steps that move pixels also say how: the [`Motion`]
//! maps points, boxes, polygons and masks of the clean picture to the degraded one, so the truth of a scene stays exact.
//! Nothing is read back from the degraded pixels.
//!
//! ```
//! use tamis_draw::degrade::{self, Preset, Step};
//! use tamis_draw::{Color, kurbo::Point, scene::Pixels};
//!
//! let page = Pixels::filled(300, 400, Color::WHITE);
//! let mut state = 1u64;
//! let mut bits = || { state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1); state };
//! let photo = degrade::apply(page, &[Step::Preset(Preset::Photo)], &mut bits)?;
//! let corner = photo.motion.point(Point::new(20.0, 20.0));
//! # assert!(corner.x.is_finite());
//! # Ok::<(), degrade::DegradeError>(())
//! ```

mod camera;
mod convolve;
mod draw;
mod map;
mod motion;
mod plane;
mod preset;
mod range;
pub mod step;
mod warp;

#[cfg(test)]
mod tests;

pub use motion::{Motion, Moved};
pub use preset::Preset;
pub use range::{Problem, Range};
pub use step::Step;

use draw::Draw;
use map::Map;
use range::Check;

use crate::scene::Pixels;

/// The most pixels a picture may have: steps hold a few numbers for each.
pub const MOST_PIXELS: u64 = 1 << 26;

/// A degraded picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Degraded {
    /// The picture; opaque. Some steps change its size.
    pub pixels: Pixels,
    /// Where everything went.
    pub motion: Motion,
}

/// Why a picture could not be degraded.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DegradeError {
    /// There are no pixels, or not as many as its sides say.
    #[error("expected {width} x {height} pixels of 4 bytes, at least one, found {bytes} bytes")]
    Malformed {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Bytes there were.
        bytes: usize,
    },
    /// The picture is larger than a step can hold.
    #[error(
        "a picture of {width} x {height} pixels is too large to degrade: at most {MOST_PIXELS} pixels; draw it smaller"
    )]
    TooLarge {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// Options that no picture can be made with; see [`check`].
    #[error("{}", lines(.0))]
    Options(Vec<Problem>),
    /// A file format refused the picture.
    #[error("jpeg: {0}")]
    Jpeg(String),
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("; ")
}

/// What is wrong with the options of a chain; empty when every picture can go through it.
pub fn check(chain: &[Step]) -> Vec<Problem> {
    let mut check = Check { step: "", problems: Vec::new() };
    chain.iter().for_each(|step| step.check(&mut check));
    check.problems
}

/// Sends a picture through a chain, first step first. What is transparent is first laid over white.
///
/// `bits` is the caller's stream of random bits, for instance `&mut || rng.bits()`; the same stream gives the same
/// bytes.
pub fn apply(pixels: Pixels, chain: &[Step], bits: &mut dyn FnMut() -> u64) -> Result<Degraded, DegradeError> {
    let problems = check(chain);
    if !problems.is_empty() {
        return Err(DegradeError::Options(problems));
    }
    let (width, height) = (pixels.width, pixels.height);
    let count = u64::from(width) * u64::from(height);
    if count == 0 || count.checked_mul(4) != u64::try_from(pixels.rgba.len()).ok() {
        return Err(DegradeError::Malformed { width, height, bytes: pixels.rgba.len() });
    }
    fits(width, height)?;
    let mut sheet = Sheet { pixels: opaque(pixels), motion: Motion::still(width, height) };
    let mut draw = Draw::new(bits);
    for step in chain {
        step.apply(&mut sheet, &mut draw)?;
    }
    Ok(Degraded { pixels: sheet.pixels, motion: sheet.motion })
}

fn fits(width: u32, height: u32) -> Result<(), DegradeError> {
    let fits = u64::from(width) * u64::from(height) <= MOST_PIXELS;
    if fits { Ok(()) } else { Err(DegradeError::TooLarge { width, height }) }
}

fn opaque(mut pixels: Pixels) -> Pixels {
    for p in pixels.rgba.chunks_exact_mut(4).filter(|p| p[3] < 255) {
        let alpha = u32::from(p[3]);
        p[..3].iter_mut().for_each(|c| *c = ((u32::from(*c) * alpha + 255 * (255 - alpha) + 127) / 255) as u8);
        p[3] = 255;
    }
    pixels
}

/// The picture on its way through a chain.
struct Sheet {
    pixels: Pixels,
    motion: Motion,
}

impl Sheet {
    /// Moves every pixel within the frame; where nothing comes from, the ground's colour shows.
    fn bend(&mut self, map: Map) {
        let [r, g, b] = plane::ground(&self.pixels);
        let ground = crate::Color { r, g, b, a: 255 };
        let empty = Pixels::filled(self.pixels.width, self.pixels.height, ground);
        self.lay_on(empty, map);
    }

    /// Moves every pixel onto a ground, which becomes the picture.
    fn lay_on(&mut self, mut ground: Pixels, map: Map) {
        warp::onto(&mut ground, &self.pixels, &|p| map.back(p));
        self.motion.push(map, ground.width, ground.height);
        self.pixels = ground;
    }
}
