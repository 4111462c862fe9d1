//! Shadows over the sheet.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::draw::Draw;
use crate::degrade::draw::smoothstep;
use crate::degrade::plane::Slow;
use crate::degrade::range::{Check, Range};
use crate::degrade::{DegradeError, Sheet};

/// A shadow on the sheet: of something with a straight edge (a screen, a body, a book), or of a hand with a telephone.
/// Its edge is the softer the farther away the thing is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Shadow {
    /// What throws it.
    pub of: Thrower,
    /// How much of the light it takes. 0 to 0.9.
    pub strength: Range,
    /// Width of the soft edge, in parts of the longer side. 0.002 to 0.6.
    pub softness: Range,
}

/// What throws a shadow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Thrower {
    /// something with a straight edge
    Edge,
    /// a hand that holds a telephone
    Hand,
    /// one or the other
    Any,
}

impl Default for Shadow {
    fn default() -> Shadow {
        Shadow { of: Thrower::Any, strength: Range::of(0.12, 0.4), softness: Range::of(0.03, 0.12) }
    }
}

impl Shadow {
    pub(super) fn check(&self, check: &mut Check) {
        check.range("strength", &self.strength, 0.0, 0.9);
        check.range("softness", &self.softness, 0.002, 0.6);
    }

    pub(super) fn apply(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
        let (strength, soft) = (self.strength.draw(draw) as f32, self.softness.draw(draw) as f32);
        let side = sheet.pixels.width.max(sheet.pixels.height) as f32;
        let (width, height) = (sheet.pixels.width as f32 / side, sheet.pixels.height as f32 / side);
        let hand = match self.of {
            Thrower::Edge => false,
            Thrower::Hand => true,
            Thrower::Any => draw.chance(0.45),
        };
        let outline: Box<dyn Fn(f32, f32) -> f32> = if hand {
            Box::new(hand_outline(width, height, draw))
        } else {
            Box::new(edge_outline(width, height, draw))
        };
        // Distances are in parts of the longer side, so a small picture has the same shadow as a large one.
        Slow::new(sheet.pixels.width, sheet.pixels.height, |x, y| {
            let off = outline(x / side, y / side);
            1.0 - strength * smoothstep(0.5 * soft, -0.5 * soft, off)
        })
        .shade(&mut sheet.pixels);
        Ok(())
    }
}

/// Signed distance from a straight or slightly bent edge that cuts off a part of the sheet.
fn edge_outline(width: f32, height: f32, draw: &mut Draw<'_>) -> impl Fn(f32, f32) -> f32 + use<> {
    let (sin, cos) = (draw.unit() as f32 * std::f32::consts::TAU).sin_cos();
    let reach = 0.5 * (width * cos.abs() + height * sin.abs());
    let at = draw.between(0.0, 0.75) as f32 * reach;
    let (bend, noise) = (draw.between(-0.25, 0.25) as f32, draw.noise());
    move |x, y| {
        let (x, y) = (x - width / 2.0, y - height / 2.0);
        let (off, along) = (x * cos + y * sin, y * cos - x * sin);
        at - off + bend * along * along + 0.015 * noise.smooth(along * 3.0, 0.0)
    }
}

/// Signed distance from a forearm, a fist with fingers and a telephone that reach in from an edge.
fn hand_outline(width: f32, height: f32, draw: &mut Draw<'_>) -> impl Fn(f32, f32) -> f32 + use<> {
    // From below or from the sides, towards the middle, as the photographer stands.
    let from = draw.between(-1.1, 1.1) as f32;
    let (dx, dy) = (from.sin(), from.cos());
    let deep = draw.between(0.05, 0.35) as f32;
    let start = 0.5 * (width * dx.abs() + height * dy.abs());
    let (px, py) = (width / 2.0 + dx * (start - deep), height / 2.0 + dy * (start - deep));
    let size = draw.between(0.8, 1.2) as f32;
    let left = draw.sign() as f32;
    move |x, y| {
        // The hand's own frame: v points from the fingers to the arm.
        let (ex, ey) = ((x - px) / size, (y - py) / size);
        let (u, v) = (ex * dy - ey * dx, ex * dx + ey * dy);
        let u = u * left;
        let mut off = capsule(u, v, (0.0, 0.16), (0.07, 0.95), 0.05);
        off = melt(off, capsule(u, v, (-0.02, 0.07), (0.02, 0.1), 0.062));
        // Four fingers around one side of the telephone, the thumb along the other.
        for k in 0..4 {
            let at = 0.07 - 0.036 * k as f32;
            off = melt(off, capsule(u, v, (-0.05, at + 0.01), (-0.082, at - 0.006), 0.0135));
        }
        off = melt(off, capsule(u, v, (0.05, 0.08), (0.083, -0.03), 0.0165));
        let (bx, by) = (u.abs() - 0.052, (v + 0.03).abs() - 0.118);
        let phone = bx.max(0.0).hypot(by.max(0.0)) + bx.max(by).min(0.0) - 0.016;
        off.min(phone) * size
    }
}

/// The union of two outlines that flow into each other (a polynomial smooth minimum).
fn melt(a: f32, b: f32) -> f32 {
    const REACH: f32 = 0.02;
    let t = (REACH - (a - b).abs()).max(0.0) / REACH;
    a.min(b) - t * t * REACH * 0.25
}

fn capsule(x: f32, y: f32, a: (f32, f32), b: (f32, f32), radius: f32) -> f32 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let t = (((x - a.0) * dx + (y - a.1) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
    (x - a.0 - t * dx).hypot(y - a.1 - t * dy) - radius
}
