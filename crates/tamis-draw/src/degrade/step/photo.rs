//! A sheet on a desk, photographed.

use kurbo::{Point, Rect};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::degrade::camera::View;
use crate::degrade::draw::Draw;
use crate::degrade::draw::{Fractal, Noise, Smooth, mix, smoothstep};
use crate::degrade::map::Map;
use crate::degrade::plane::{byte, rows};
use crate::degrade::range::{Check, Range};
use crate::degrade::{DegradeError, Sheet};
use crate::scene::Pixels;

/// The sheet in space before a camera, on a ground that is drawn for it, with the shadow it throws there. All of the
/// sheet is in the picture. The picture is larger than the sheet by the margins, so the sheet keeps nearly all of its
/// pixels. Light, shadows of hands, blur and noise are further steps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Photo {
    /// How the sheet stands.
    pub view: View,
    /// Ground seen at each side, in parts of the picture's sides. 0 to 0.4.
    pub margin: Range,
    /// What it lies on.
    pub ground: Ground,
}

/// What a sheet lies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// boards, light to dark
    Wood,
    /// woven cloth
    Cloth,
    /// a plain table top with a fine grain
    Plain,
    /// concrete or stone
    Stone,
    /// the black frame of a screen, and the dark room around it
    Bezel,
    /// wood, cloth, plain or stone
    Desk,
}

impl Default for Photo {
    fn default() -> Photo {
        Photo { view: View::default(), margin: Range::of(0.02, 0.07), ground: Ground::Desk }
    }
}

impl Photo {
    pub(super) fn check(&self, check: &mut Check) {
        self.view.check(check);
        check.range("margin", &self.margin, 0.0, 0.4);
    }

    pub(super) fn apply(&self, sheet: &mut Sheet, draw: &mut Draw<'_>) -> Result<(), DegradeError> {
        let (old_width, old_height) = (sheet.pixels.width, sheet.pixels.height);
        let margin = self.margin.draw(draw);
        let larger = |side: u32| (f64::from(side) / (1.0 - 2.0 * margin)).round() as u32;
        let (width, height) = (larger(old_width), larger(old_height));
        crate::degrade::fits(width, height)?;
        let room = Rect::new(0.0, 0.0, width.into(), height.into());
        let room = room.inflate(-margin * room.width(), -margin * room.height());
        let Some(map) = self.view.fit(old_width, old_height, room, draw) else { return Ok(()) };
        let corners = [(0, 0), (old_width, 0), (old_width, old_height), (0, old_height)]
            .map(|(x, y)| map.point(Point::new(x.into(), y.into())));
        let kind = match self.ground {
            Ground::Desk => [Ground::Wood, Ground::Wood, Ground::Cloth, Ground::Plain, Ground::Stone][draw.below(5)],
            kind => kind,
        };
        let mut ground = Pixels::filled(width, height, crate::Color::BLACK);
        let side = width.max(height) as f32;
        let mut color = colors(kind, draw);
        // Of the ground only what is seen around the sheet is drawn; a rim of it takes part in the sheet's edge.
        let outline = Outline::new(&corners);
        let light = Around::new(kind, side, draw);
        let mut off_sheet = vec![0.0; width as usize];
        rows(&mut ground, #[inline(always)] |y, row| {
            let y = y as f32;
            off_sheet.iter_mut().enumerate().for_each(|(x, off)| *off = outline.off(x as f32 + 0.5, y + 0.5));
            for (x, (p, off)) in row.iter_mut().zip(&off_sheet).enumerate().filter(|(_, (_, off))| **off > -3.0) {
                let x = x as f32;
                let shade = light.shade(&outline, x, y, *off);
                let color = color(x / side, y / side);
                (0..3).for_each(|c| p[c] = byte(color[c] * shade[c]));
            }
        });
        sheet.lay_on(ground, Map::Projective(map));
        Ok(())
    }
}

/// What the sheet does to the ground beside it.
struct Around {
    bezel: bool,
    side: f32,
    shift: (f32, f32),
    reach: f32,
    dark: f32,
}

impl Around {
    fn new(kind: Ground, side: f32, draw: &mut Draw<'_>) -> Around {
        let (sin, cos) = (draw.unit() as f32 * std::f32::consts::TAU).sin_cos();
        let far = draw.between(0.003, 0.011) as f32 * side;
        let (reach, dark) = (draw.between(0.006, 0.02) as f32 * side, draw.between(0.3, 0.6) as f32);
        Around { bezel: kind == Ground::Bezel, side, shift: (far * cos, far * sin), reach, dark }
    }

    /// Factor of the ground's light.
    fn shade(&self, outline: &Outline, x: f32, y: f32, off_sheet: f32) -> [f32; 3] {
        if self.bezel {
            // A frame of black plastic with a lighter outer edge; beyond it the room.
            let width = 0.018 * self.side;
            let plastic = smoothstep(width + 1.5, width - 1.5, off_sheet);
            let edge = smoothstep(2.5, 0.5, (off_sheet - width).abs());
            let glow = 0.25 * (-off_sheet.max(0.0) / (0.01 * self.side)).exp();
            return [mix(1.0, 0.22 + glow, plastic) + 0.5 * edge; 3];
        }
        let shadow = smoothstep(self.reach, -0.5 * self.reach, outline.off(x - self.shift.0, y - self.shift.1));
        let contact = smoothstep(0.0016 * self.side, 0.0, off_sheet) * 0.18;
        [(1.0 - self.dark * shadow) * (1.0 - contact); 3]
    }
}

/// The sides of a convex outline (clockwise, y down): outward normal and offset of each.
struct Outline([(f32, f32, f32); 4]);

impl Outline {
    fn new(corners: &[Point; 4]) -> Outline {
        Outline([0, 1, 2, 3].map(|k| {
            let (p, q) = (corners[k], corners[(k + 1) % 4]);
            let along = (q - p).normalize();
            (along.y as f32, -along.x as f32, (along.y * p.x - along.x * p.y) as f32)
        }))
    }

    /// How far a place is outside, below 0 within; exact beside the sides.
    #[inline(always)]
    fn off(&self, x: f32, y: f32) -> f32 {
        self.0.iter().map(|(nx, ny, at)| nx * x + ny * y - at).fold(f32::NEG_INFINITY, f32::max)
    }
}

/// A round hole in some of the unit squares, 0 to 1.
fn pore(noise: Noise, x: f32, y: f32) -> f32 {
    let (i, j) = (x.floor() as i32, y.floor() as i32);
    let draw = |k: i32| noise.unit(i.wrapping_add(k * 100_003), j.wrapping_sub(k * 7919));
    let radius = 0.2 * draw(1).powi(6);
    let (u, v) = (x - x.floor() - (0.25 + 0.5 * draw(2)), y - y.floor() - (0.25 + 0.5 * draw(3)));
    smoothstep(radius * 1.3, radius * 0.6, u.hypot(v)) * smoothstep(0.02, 0.05, radius)
}

/// The colour of the ground at a place in parts of the longer side.
fn colors(kind: Ground, draw: &mut Draw<'_>) -> Box<dyn FnMut(f32, f32) -> [f32; 3]> {
    let noise = draw.noise();
    let between = |a: [f32; 3], b: [f32; 3], t: f32| [0, 1, 2].map(|c| mix(a[c], b[c], t.clamp(0.0, 1.0)));
    match kind {
        Ground::Wood | Ground::Desk => {
            const WOODS: [[[f32; 3]; 2]; 5] = [
                [[202.0, 164.0, 118.0], [164.0, 122.0, 80.0]],
                [[158.0, 110.0, 70.0], [112.0, 72.0, 44.0]],
                [[98.0, 68.0, 50.0], [62.0, 42.0, 32.0]],
                [[220.0, 194.0, 156.0], [194.0, 162.0, 122.0]],
                [[142.0, 120.0, 100.0], [104.0, 86.0, 72.0]],
            ];
            let [light, dark] = WOODS[draw.below(WOODS.len())];
            let (sin, cos) = (draw.between(-0.5, 0.5) as f32 + if draw.chance(0.5) { 1.57 } else { 0.0 }).sin_cos();
            let board = draw.between(0.13, 0.3) as f32;
            let (mut warps, mut fines) = (Fractal::<3>::new(noise), Fractal::<2>::new(noise));
            let (mut rings_of, mut planks) = (Smooth::new(noise), Smooth::new(noise));
            Box::new(move |x, y| {
                let (u, v) = (x * cos + y * sin, y * cos - x * sin);
                let plank = (v / board).floor();
                let (u, w) = (u + plank * 3.7, v + plank * 1.9);
                let warp = warps.at(u * 2.5, w * 9.0);
                // Year rings seen lengthwise, and pores.
                let rings = rings_of.at(u * 1.2, w * 46.0 + warp * 3.5);
                let fine = fines.at(u * 9.0, w * 230.0);
                let tone = 0.45 + 0.3 * rings + 0.2 * fine + 0.12 * planks.at(plank * 5.3, 0.5);
                let seam = smoothstep(0.0022, 0.0007, (v - plank * board).min(plank * board + board - v));
                between(light, dark, tone).map(|c| c * (1.0 - 0.55 * seam))
            })
        }
        Ground::Cloth => {
            const CLOTHS: [[f32; 3]; 4] =
                [[92.0, 104.0, 126.0], [168.0, 158.0, 142.0], [76.0, 92.0, 80.0], [122.0, 66.0, 62.0]];
            let base = CLOTHS[draw.below(CLOTHS.len())];
            let (sin, cos) = (draw.between(-0.4, 0.4) as f32).sin_cos();
            let threads = draw.between(150.0, 260.0) as f32;
            let (mut weave, mut dye) = (Smooth::new(noise), Fractal::<3>::new(noise));
            Box::new(move |x, y| {
                let (u, v) = ((x * cos + y * sin) * threads, (y * cos - x * sin) * threads);
                let over = ((u.floor() + v.floor()) as i64).rem_euclid(2) == 0;
                let round = |t: f32| 1.0 - (2.0 * (t - t.floor()) - 1.0).powi(2);
                let thread = if over { round(u) } else { round(v) };
                let uneven = weave.at(u * 0.9, v * 0.9) * 0.07 + dye.at(x * 6.0, y * 6.0) * 0.1;
                base.map(|c| c * (0.8 + 0.2 * thread + uneven))
            })
        }
        Ground::Stone => {
            const STONES: [[f32; 3]; 3] = [[150.0, 150.0, 148.0], [112.0, 112.0, 116.0], [182.0, 176.0, 166.0]];
            let base = STONES[draw.below(STONES.len())];
            let (mut clouds, mut grits) = (Fractal::<4>::new(noise), [Smooth::new(noise), Smooth::new(noise)]);
            Box::new(move |x, y| {
                let cloud = clouds.at(x * 8.0, y * 8.0) * 0.14;
                let grit = grits[0].at(x * 700.0, y * 700.0) * 0.05 + grits[1].at(x * 300.0, y * 300.0) * 0.04;
                let pore = 0.4 * pore(noise, x * 60.0, y * 60.0);
                base.map(|c| c * (1.0 + cloud + grit - pore))
            })
        }
        Ground::Plain => {
            const TOPS: [[f32; 3]; 5] = [
                [208.0, 206.0, 202.0],
                [62.0, 64.0, 68.0],
                [126.0, 130.0, 134.0],
                [168.0, 178.0, 170.0],
                [38.0, 36.0, 36.0],
            ];
            let base = TOPS[draw.below(TOPS.len())];
            let (mut slow, mut grain) = (Fractal::<2>::new(noise), Smooth::new(noise));
            Box::new(move |x, y| {
                let slow = slow.at(x * 2.0, y * 2.0) * 0.05;
                let grain = grain.at(x * 600.0, y * 600.0) * 0.025;
                base.map(|c| c * (1.0 + slow + grain))
            })
        }
        Ground::Bezel => {
            let mut dusk = Fractal::<2>::new(noise);
            Box::new(move |x, y| {
                let room = 46.0 + 16.0 * dusk.at(x * 2.2, y * 2.2);
                [room, room * 0.96, room * 0.94]
            })
        }
    }
}
