//! A packed page: its spec, its scores, its scene.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tamis_core::id::RecordId;
use tamis_core::rng::Rng;
use tamis_draw::kurbo::Rect;
use tamis_draw::scene::{Node, Pixels, Scene};
use tamis_draw::{Color, render};

use super::classes::class_named;
use super::layout::layout;
use super::pool::{Pool, Source, not_drawn};
use super::{Parameters, align, augment, density, paint};

/// What a page is made of; its pixels follow from it, and from the user's pages where elements are cut out of those.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageSpec {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// What drawn elements and variants follow from.
    pub seed: u64,
    /// In the order in which they were placed.
    pub elements: Vec<PageElement>,
}

/// An element on a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageElement {
    /// The number of its class.
    pub class_id: usize,
    /// The name of its class.
    pub class: String,
    /// `[x0, y0, x1, y1]` in whole pixels of the page.
    #[serde(rename = "box")]
    pub bbox: [u32; 4],
    /// Where its pixels come from.
    pub source: Source,
    /// Which variant is shown; 0 is the original.
    pub variant: u32,
}

/// A page with its scores.
#[derive(Clone, Debug)]
pub struct Packed {
    /// The page.
    pub spec: PageSpec,
    /// Mean over elements, after the rescale; lower is better.
    pub align: f64,
    /// Part of the page that elements cover, after the rescale; higher is better.
    pub density: f64,
}

/// Why a spec is no page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// A page that is too small or too large.
    #[error("expected a page of 1 to {MOST_SIDE} pixels a side, found {width} x {height}")]
    Size {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// Too many elements.
    #[error("expected at most {MOST_ELEMENTS} elements, found {found}")]
    Elements {
        /// How many.
        found: usize,
    },
    /// More pixels than can be held.
    #[error("expected elements of at most {MOST_PIXELS} pixels together, before they are stretched, found {found}")]
    Pixels {
        /// How many.
        found: u64,
    },
    /// An element that is not on the page, or whose pixels cannot be made.
    #[error("element {element}: {why}")]
    Element {
        /// Its place in the list.
        element: usize,
        /// What was expected and what was found.
        why: String,
    },
}

const MOST_SIDE: u32 = 8192;
const MOST_ELEMENTS: usize = 1000;
/// As many as the largest picture that is read: elements that do not overlap are no more than a page together.
const MOST_PIXELS: u64 = 100_000_000;

/// Packs a page (steps 4 to 11 of the method, and which variant of each element is shown); `None` when the pool is empty.
pub fn pack(pool: &Pool, parameters: &Parameters, rng: &mut Rng) -> Option<Packed> {
    let placed = layout(pool.sizes(), parameters, rng);
    if placed.is_empty() {
        return None;
    }
    let (width, height) = page_size(parameters, rng);
    let mut elements = Vec::with_capacity(placed.len());
    for place in &placed {
        let found = pool.elements().get(place.element)?;
        elements.push(PageElement {
            class_id: found.class,
            class: pool.classes().get(found.class)?.clone(),
            bbox: pixel_box(place.rect, width, height),
            source: found.source,
            variant: rng.below(found.variants as usize + 1) as u32,
        });
    }
    let rects: Vec<Rect> = placed.iter().map(|p| p.rect).collect();
    let spec = PageSpec { width, height, seed: pool.seed(), elements };
    Some(Packed { spec, align: align(&rects), density: density(&rects) })
}

/// The scene of a page (step 12): a white page with one image for each element, stretched to its box, ids `element/0` and
/// so on. `crop` cuts a rectangle out of one of the user's pages.
///
/// # Errors
/// What is wrong with the spec, and what `crop` says.
pub fn scene<E: From<SpecError>>(
    spec: &PageSpec,
    mut crop: impl FnMut(u64, [u32; 4]) -> Result<Pixels, E>,
) -> Result<Scene, E> {
    spec.check()?;
    let mut scene = Scene::new(spec.width, spec.height, Color::WHITE);
    for (i, element) in spec.elements.iter().enumerate() {
        let (original, name) = match element.source {
            Source::Drawn { instance, size } => {
                let name = format!("{}/{instance}", element.class);
                (drawn(spec, i, &name, size)?, name)
            }
            Source::Crop { page, region, rect } => (crop(page, rect)?, format!("{page}#{region}")),
        };
        let pixels = match element.variant {
            0 => original,
            // A variant is the same on whatever page it stands.
            number => augment::variant(&original, &mut stream(spec, &name, &format!("bestfit variant {number}"))),
        };
        let [x0, y0, x1, y1] = element.bbox.map(f64::from);
        let rect = Rect::new(x0, y0, x1, y1);
        scene.push(Node::image(format!("element/{i}"), element.class.clone(), rect, Arc::new(pixels)));
    }
    Ok(scene)
}

impl PageSpec {
    /// Whether it can be drawn: specs may come from files.
    fn check(&self) -> Result<(), SpecError> {
        let (width, height) = (self.width, self.height);
        if !(1..=MOST_SIDE).contains(&width) || !(1..=MOST_SIDE).contains(&height) {
            return Err(SpecError::Size { width, height });
        }
        if self.elements.len() > MOST_ELEMENTS {
            return Err(SpecError::Elements { found: self.elements.len() });
        }
        let found = self.elements.iter().fold(0u64, |sum, element| sum.saturating_add(element.source.pixels()));
        if found > MOST_PIXELS {
            return Err(SpecError::Pixels { found });
        }
        for (i, element) in self.elements.iter().enumerate() {
            let [x0, y0, x1, y1] = element.bbox;
            let why = match element.source {
                _ if x0 >= x1 || y0 >= y1 || x1 > width || y1 > height => {
                    format!("the box {:?} has no area on the page of {width} x {height} pixels", element.bbox)
                }
                Source::Drawn { size, .. } if size.iter().any(|side| !(1..=MOST_SIDE).contains(side)) => {
                    format!("expected 1 to {MOST_SIDE} pixels a side, found {} x {}", size[0], size[1])
                }
                _ => continue,
            };
            return Err(SpecError::Element { element: i, why });
        }
        Ok(())
    }
}

/// The pixels of an element that we draw.
fn drawn(spec: &PageSpec, element: usize, name: &str, [width, height]: [u32; 2]) -> Result<Pixels, SpecError> {
    let class = &spec.elements[element].class;
    let fault = |why: String| SpecError::Element { element, why };
    let known = class_named(class).ok_or_else(|| fault(not_drawn(class).to_string()))?;
    let drawing = paint::element(known, width, height, &mut stream(spec, name, "bestfit element"));
    let pixels = drawing.and_then(|drawing| render::pixels(&drawing));
    pixels.ok_or_else(|| fault(format!("`{class}` cannot be drawn with {width} x {height} pixels")))
}

fn stream(spec: &PageSpec, name: &str, step: &str) -> Rng {
    Rng::keyed(spec.seed, RecordId::input(name), step, &[])
}

/// Width by chance, height by the width and an aspect, up to the limit.
fn page_size(parameters: &Parameters, rng: &mut Rng) -> (u32, u32) {
    let [low, high] = parameters.page_width;
    let width = low + rng.below((high.saturating_sub(low) + 1) as usize) as u32;
    let aspect = rng.range(parameters.page_aspect[0], parameters.page_aspect[1]);
    let height = (f64::from(width) * aspect).round().clamp(1.0, f64::from(parameters.page_height_limit)) as u32;
    (width.max(1), height)
}

/// Whole pixels, at least one of each side: an element's box is then exactly its pixels.
fn pixel_box(rect: Rect, width: u32, height: u32) -> [u32; 4] {
    let side = |low: f64, high: f64, whole: u32| {
        let low = ((low * f64::from(whole)).round() as u32).min(whole.saturating_sub(1));
        (low, ((high * f64::from(whole)).round() as u32).clamp(low + 1, whole.max(low + 1)))
    };
    let ((x0, x1), (y0, y1)) = (side(rect.x0, rect.x1, width), side(rect.y0, rect.y1, height));
    [x0, y0, x1, y1]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rng(i: usize) -> Rng {
        Rng::keyed(11, RecordId::input(&format!("page {i}")), "bestfit", &[])
    }

    fn no_pages(_: u64, _: [u32; 4]) -> Result<Pixels, SpecError> {
        panic!("drawn elements need no page")
    }

    fn small() -> (Parameters, Pool) {
        let parameters = Parameters { page_width: [300, 400], elements_limit: 8, ..Parameters::default() };
        let pool = Pool::drawn(&[], 4, &parameters, 3).unwrap();
        (parameters, pool)
    }

    #[test]
    fn align_and_density_over_a_thousand_pages_are_those_of_the_paper_or_better() {
        let parameters = Parameters::default();
        let pool = Pool::drawn(&[], 100, &parameters, 1).unwrap();
        let (mut aligns, mut densities) = (0.0, 0.0);
        for i in 0..1000 {
            let page = pack(&pool, &parameters, &mut rng(i)).unwrap();
            aligns += page.align / 1000.0;
            densities += page.density / 1000.0;
        }
        assert!(aligns <= 0.0009 && densities >= 0.645, "align {aligns:.5}, density {densities:.4}");
    }

    #[test]
    fn a_page_is_the_same_each_time_and_its_elements_lie_on_it() {
        let (parameters, pool) = small();
        let make = || pack(&pool, &parameters, &mut rng(0)).unwrap().spec;
        let (a, b) = (make(), make());
        assert_eq!(a, b);
        let pixels = |spec| render::pixels(&scene(spec, no_pages).unwrap());
        assert_eq!(pixels(&a), pixels(&b));
        // Four instances of a class are few: each has the method's 50 variants.
        assert!(pool.elements().iter().any(|e| e.variants == 50));
        let json = serde_json::to_string(&a).unwrap();
        assert_eq!(serde_json::from_str::<PageSpec>(&json).unwrap(), a);
    }

    #[test]
    fn crops_are_shown_where_they_were_placed() {
        let element = |bbox, variant| PageElement {
            class_id: 0,
            class: "figure".into(),
            bbox,
            source: Source::Crop { page: 7, region: 2, rect: [5, 6, 25, 16] },
            variant,
        };
        let elements = vec![element([10, 10, 50, 30], 0), element([60, 10, 90, 30], 3)];
        let spec = PageSpec { width: 100, height: 60, seed: 1, elements };
        let mut asked = Vec::new();
        let made = scene::<SpecError>(&spec, |page, rect| {
            asked.push((page, rect));
            Ok(Pixels::filled(20, 10, Color::rgb(0x00ff00)))
        });
        let pixels = render::pixels(&made.unwrap()).unwrap();
        let at = |x: usize, y: usize| &pixels.rgba[(y * 100 + x) * 4..][..3];
        assert_eq!((at(30, 20), at(5, 5), at(55, 20)), (&[0, 255, 0][..], &[255; 3][..], &[255; 3][..]));
        assert_ne!(at(75, 20), [0, 255, 0], "a variant is noisy");
        assert_eq!(asked, [(7, [5, 6, 25, 16]); 2]);
    }

    #[test]
    fn specs_that_are_no_pages_are_refused() {
        let (parameters, pool) = small();
        let good = pack(&pool, &parameters, &mut rng(0)).unwrap().spec;
        let fault = |change: fn(&mut PageSpec)| {
            let mut spec = good.clone();
            change(&mut spec);
            scene(&spec, no_pages).map(drop).unwrap_err().to_string()
        };
        assert!(fault(|s| s.width = 0).contains("1 to 8192"));
        assert!(fault(|s| s.elements[1].bbox = [5, 5, 5, 9]).contains("element 1: the box [5, 5, 5, 9]"));
        assert!(fault(|s| s.elements[0].bbox[2] = 100_000).contains("has no area on the page"));
        assert!(fault(|s| s.elements[0].class = "tabel".into()).contains("did you mean `table`"));
        assert!(
            fault(|s| s.elements[0].source = Source::Drawn { instance: 0, size: [9, 90_000] }).contains("9 x 90000")
        );
        assert!(fault(|s| s.elements = vec![s.elements[0].clone(); 1001]).contains("at most 1000"));
        let large = |s: &mut PageSpec| {
            s.elements[0].source = Source::Crop { page: 0, region: 0, rect: [0, 0, 20_000, 5001] };
        };
        assert!(fault(large).contains("at most 100000000 pixels"));
    }
}
