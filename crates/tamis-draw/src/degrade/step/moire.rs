//! Interference of two grids.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::draw::Draw;
use crate::degrade::plane::{factors, multiply, nearest, rows};
use crate::degrade::range::{Check, Range};
use crate::degrade::{DegradeError, Sheet};

/// The bands that appear where a camera's or scanner's grid meets that of a screen or of halftone print: waves whose
/// direction and width drift over the picture; on colour screens each channel's are shifted against the others'.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Moire {
    /// Width of a band in pixels. 2 to 400.
    pub period: Range,
    /// Depth in parts of the brightness. 0 to 0.8.
    pub strength: Range,
    /// Shift between the channels: 0 grey bands, 1 rainbow bands.
    pub color: Range,
    /// How far bands bend over the picture, in bands. 0 to 20.
    pub bend: Range,
}

impl Default for Moire {
    fn default() -> Moire {
        Moire {
            period: Range::of(5.0, 26.0),
            strength: Range::of(0.03, 0.1),
            color: Range::of(0.3, 1.0),
            bend: Range::of(0.5, 5.0),
        }
    }
}

impl Moire {
    pub(super) fn check(&self, check: &mut Check) {
        check.range("period", &self.period, 2.0, 400.0);
        check.range("strength", &self.strength, 0.0, 0.8);
        check.range("color", &self.color, 0.0, 1.0);
        check.range("bend", &self.bend, 0.0, 20.0);
    }

    pub(super) fn apply(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
        let color = self.color.draw(draw) as f32;
        let strength = self.strength.draw(draw) as f32;
        let side = sheet.pixels.width.max(sheet.pixels.height) as f32;
        let waves = [0, 1].map(|_| Wave::new(self, side, draw));
        let noise = draw.noise();
        let table = table();
        let patchy = crate::degrade::plane::Slow::new(sheet.pixels.width, sheet.pixels.height, |x, y| {
            strength * (0.6 + 0.6 * noise.fractal(x / side * 3.0, y / side * 3.0, 2)).max(0.0)
        });
        let width = sheet.pixels.width as usize;
        let (mut strong, mut brightness) = (vec![0.0; width], factors(&sheet.pixels));
        let mut phases = [vec![0.0; width], vec![0.0; width]];
        let shifts = [0.0, 1.0, 2.0].map(|c| color * c / 3.0);
        rows(
            &mut sheet.pixels,
            #[inline(always)]
            |y, row| {
                patchy.row(y, &mut strong);
                for (phases, wave) in phases.iter_mut().zip(&waves) {
                    for (x, phase) in phases.iter_mut().enumerate() {
                        *phase = wave.phase(x as f32, y as f32);
                    }
                }
                for (((b, strength), first), second) in
                    brightness.iter_mut().zip(&strong).zip(&phases[0]).zip(&phases[1])
                {
                    let channel = |c: usize| {
                        let wave = look_up(&table, first + shifts[c]) + 0.5 * look_up(&table, second + shifts[c] * 1.3);
                        1.0 + strength * (wave - 0.5)
                    };
                    *b = [channel(0), channel(1), channel(2), 1.0];
                }
                multiply(row, &brightness);
            },
        );
        Ok(())
    }
}

/// A plane wave whose phase is bent by a quadratic form.
#[derive(Clone, Copy)]
struct Wave {
    fx: f32,
    fy: f32,
    xx: f32,
    xy: f32,
    yy: f32,
    start: f32,
}

impl Wave {
    fn new(options: &Moire, side: f32, draw: &mut Draw<'_>) -> Wave {
        let (sin, cos) = (draw.unit() as f32 * std::f32::consts::PI).sin_cos();
        let frequency = 1.0 / options.period.draw(draw) as f32;
        let bend = options.bend.draw(draw) as f32 / (side * side);
        let mut part = || bend * draw.between(-1.0, 1.0) as f32;
        let (xx, xy, yy) = (part(), part(), part());
        Wave { fx: frequency * cos, fy: frequency * sin, xx, xy, yy, start: 16.0 + draw.unit() as f32 }
    }

    /// In periods.
    #[inline(always)]
    fn phase(&self, x: f32, y: f32) -> f32 {
        self.start + x * (self.fx + self.xx * x + self.xy * y) + y * (self.fy + self.yy * y)
    }
}

const TABLE: usize = 1024;

fn table() -> [f32; TABLE] {
    std::array::from_fn(|i| (i as f32 / TABLE as f32 * std::f32::consts::TAU).cos())
}

#[inline(always)]
fn look_up(table: &[f32; TABLE], periods: f32) -> f32 {
    // Two's complement and a power of two: the lowest bits are the remainder, for phases below 0 too.
    table[nearest(periods * TABLE as f32) as usize & (TABLE - 1)]
}
