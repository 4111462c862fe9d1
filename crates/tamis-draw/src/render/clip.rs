//! Clips: rectangles that cut off what is drawn inside them.
//!
//! Most of what is drawn in a clip lies within it, and is painted as if there were none; a mask of the whole picture is
//! made for the first thing that reaches over the edge.

use std::cell::OnceCell;

use kurbo::{Affine, Rect};
use tiny_skia as skia;

use crate::render::pixels::{skia_path, transform};
use crate::scene::Outline;
use crate::scene::ink::is_upright;

/// A rectangle that cuts off, within those around it.
pub(super) struct Clip<'c> {
    outer: Option<&'c Clip<'c>>,
    rect: Rect,
    to: Affine,
    /// where that is upright in the picture
    upright: Option<Rect>,
    /// of the picture
    size: [u32; 2],
    /// made when it is needed; `None` for what has no mask
    mask: OnceCell<Option<skia::Mask>>,
}

impl<'c> Clip<'c> {
    /// `rect` in a frame from which `to` leads to the picture.
    pub(super) fn new(outer: Option<&'c Clip<'c>>, rect: Rect, to: Affine, size: [u32; 2]) -> Clip<'c> {
        let rect = rect.abs();
        let upright = is_upright(to).then(|| to.transform_rect_bbox(rect));
        Clip { outer, rect, to, upright, size, mask: OnceCell::new() }
    }

    /// What cuts off something that reaches as far as `drawn`, in the picture; `None` when nothing does.
    pub(super) fn cuts(&self, drawn: Rect) -> Option<&skia::Mask> {
        if self.holds(drawn) { None } else { self.mask() }
    }

    fn holds(&self, drawn: Rect) -> bool {
        self.upright.is_some_and(|rect| rect.contains_rect(drawn)) && self.outer.is_none_or(|outer| outer.holds(drawn))
    }

    fn mask(&self) -> Option<&skia::Mask> {
        let outer = || self.outer.and_then(Clip::mask);
        self.mask.get_or_init(|| self.make(outer())).as_ref().or_else(outer)
    }

    fn make(&self, within: Option<&skia::Mask>) -> Option<skia::Mask> {
        let path = skia_path(&Outline::Rect(self.rect).path())?;
        let mut mask = match within {
            Some(mask) => mask.clone(),
            None => {
                let mut mask = skia::Mask::new(self.size[0], self.size[1])?;
                mask.fill_path(&path, skia::FillRule::Winding, true, transform(self.to));
                return Some(mask);
            }
        };
        mask.intersect_path(&path, skia::FillRule::Winding, true, transform(self.to));
        Some(mask)
    }
}
