//! A formula on paper.

use tamis_draw::kurbo::{Affine, Circle, Line, Vec2};
use tamis_draw::scene::{Node, Scene, Stroke};

use super::spec::{FormulaError, FormulaSpec, Paper};
use super::typeset::{Formula, typeset};

/// The picture of one formula: paper, ruling (role "ruling") and the formula (id `formula`), margins around its ink.
///
/// # Errors
/// What [`typeset`] refuses.
pub fn formula_scene(spec: &FormulaSpec) -> Result<(Scene, Formula), FormulaError> {
    let mut formula = typeset(spec, "formula")?;
    let ([width, height], shift) = place(spec, &formula);
    formula.node = formula.node.transformed(Affine::translate(shift));
    formula.baseline += shift.y;
    let mut scene = Scene::new(width, height, spec.ground);
    if let Some(ruling) = ruling(spec, width, height, formula.baseline) {
        scene.push(ruling);
    }
    scene.push(formula.node.clone());
    Ok((scene, formula))
}

/// Width and height in pixels of the picture of a formula.
///
/// # Errors
/// What [`typeset`] refuses.
pub fn formula_size(spec: &FormulaSpec) -> Result<[u32; 2], FormulaError> {
    Ok(place(spec, &typeset(spec, "formula")?).0)
}

/// The size of the picture, and how far the formula moves in it. The ink decides, not the nominal size: letters lean
/// and hands stray out of it.
fn place(spec: &FormulaSpec, formula: &Formula) -> ([u32; 2], Vec2) {
    let around = 2.0 * spec.size;
    let far = |side: f64| (side + 2.0 * around).ceil() as u32;
    let mut sketch = Scene::new(far(formula.width), far(formula.height), spec.ground);
    sketch.push(formula.node.clone().transformed(Affine::translate((around, around))));
    let nominal = tamis_draw::kurbo::Rect::new(around, around, around + formula.width, around + formula.height);
    let ink = sketch.bbox("formula").unwrap_or(nominal);
    let margin = (spec.margin.clamp(0.0, 20.0) * spec.size).max(2.0);
    let shift = Vec2::new(margin - ink.x0 + around, margin - ink.y0 + around);
    let side = |length: f64| (length + 2.0 * margin).ceil() as u32;
    ([side(ink.width()), side(ink.height())], shift)
}

/// The lines of the paper; those of ruled paper pass below the letters as a writer would have it.
fn ruling(spec: &FormulaSpec, width: u32, height: u32, baseline: f64) -> Option<Node> {
    let (width, height) = (f64::from(width), f64::from(height));
    let color = spec.ground.mix(spec.ink, 0.18);
    let thin = (spec.size / 30.0).clamp(0.7, 2.0);
    let step = match spec.paper {
        Paper::Plain => return None,
        Paper::Ruled => 1.75 * spec.size,
        Paper::Squared | Paper::Dotted => 0.8 * spec.size,
    };
    let first = |at: f64| at.rem_euclid(step);
    let level = positions(first(baseline + 0.15 * spec.size), step, height);
    let upright = positions(first(0.5 * step), step, width);
    let mut lines = Vec::new();
    let stroke = Stroke::new(color, thin);
    if spec.paper == Paper::Dotted {
        for y in &level {
            for x in &upright {
                let id = format!("paper/{}", lines.len());
                lines.push(Node::fill(id, "ruling", Circle::new((*x, *y), 1.2 * thin), color));
            }
        }
        return Some(Node::group("paper", "ruling", lines));
    }
    for y in level {
        let id = format!("paper/{}", lines.len());
        lines.push(Node::stroke(id, "ruling", Line::new((0.0, y), (width, y)), stroke.clone()));
    }
    if spec.paper == Paper::Squared {
        for x in upright {
            let id = format!("paper/{}", lines.len());
            lines.push(Node::stroke(id, "ruling", Line::new((x, 0.0), (x, height)), stroke.clone()));
        }
    }
    Some(Node::group("paper", "ruling", lines))
}

fn positions(first: f64, step: f64, end: f64) -> Vec<f64> {
    let count = ((end - first) / step).floor().clamp(0.0, 4000.0) as usize;
    (0..=count).map(|i| first + i as f64 * step).filter(|at| *at < end).collect()
}
