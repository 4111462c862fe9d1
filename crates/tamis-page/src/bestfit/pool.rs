//! What pages are packed from: drawn elements of all classes, or crops of a user's annotated pages.

use std::sync::Arc;

use tamis_core::id::RecordId;
use tamis_core::rng::Rng;
use tamis_draw::render;
use tamis_draw::scene::Pixels;

use super::Parameters;
use super::augment::variant;
use super::classes::CLASSES;
use super::layout::Size;
use super::paint;

/// Width of the page that drawn elements are made for, in pixels; its height is 1.1 times that, the middle of the
/// method's range.
const PAGE_WIDTH: f64 = 1600.0;
const PAGE_HEIGHT: f64 = 1760.0;

/// Elements with their sizes; pixels are made when they are asked for.
#[derive(Clone, Debug)]
pub struct Pool {
    classes: Vec<String>,
    elements: Vec<Element>,
    seed: u64,
}

/// One element of a pool.
#[derive(Clone, Debug)]
pub struct Element {
    /// Its class, by number.
    pub class: usize,
    /// Its sides as parts of its page's.
    pub size: Size,
    /// How many augmented variants it has beside the original.
    pub variants: usize,
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Drawn,
    Crop(Arc<Pixels>),
}

/// A user's page with boxes (COCO's `bbox` turned into corners).
#[derive(Clone, Debug)]
pub struct AnnotatedPage {
    /// The page.
    pub pixels: Arc<Pixels>,
    /// Class names and `[x0, y0, x1, y1]` in pixels.
    pub boxes: Vec<(String, [f64; 4])>,
}

/// Why annotated pages give no pool.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// No box is left.
    #[error(
        "of {boxes} boxes on {pages} pages none has both sides of at least {minimal} of its page's within the page: \
         check that boxes are in pixels of the page"
    )]
    Empty {
        /// Pages read.
        pages: usize,
        /// Boxes read.
        boxes: usize,
        /// The least part of a side.
        minimal: String,
    },
}

impl Pool {
    /// `instances` drawn elements of each rare class of the 74 and several times that of the common ones; sizes and
    /// pictures follow from the seed.
    pub fn drawn(parameters: &Parameters, instances: usize, seed: u64) -> Pool {
        let mut rng = Rng::keyed(seed, RecordId::input("pool"), "bestfit sizes", &[]);
        let mut elements = Vec::new();
        for (class, kind) in CLASSES.iter().enumerate() {
            for _ in 0..instances * kind.abundance() {
                let side = |range: [f64; 2], rng: &mut Rng| range[0] * (range[1] / range[0]).powf(rng.unit());
                let (width, height) = (side(kind.width, &mut rng), side(kind.height, &mut rng));
                let height = kind.form().map_or(height, |form| width * form * PAGE_WIDTH / PAGE_HEIGHT);
                let size = Size { width, height };
                elements.push(Element { class, size, variants: 0, source: Source::Drawn });
            }
        }
        let classes = CLASSES.iter().map(|c| c.name.to_string()).collect();
        Pool { classes, elements, seed }.augmented(parameters)
    }

    /// The boxes of annotated pages (step 1 of the method): each is cropped; what is too small or outside is left out.
    /// Classes are numbered in the order of their names.
    ///
    /// # Errors
    /// No box is left.
    pub fn cropped(pages: &[AnnotatedPage], parameters: &Parameters, seed: u64) -> Result<Pool, PoolError> {
        let mut classes: Vec<String> = pages.iter().flat_map(|p| p.boxes.iter().map(|b| b.0.clone())).collect();
        classes.sort();
        classes.dedup();
        let mut elements = Vec::new();
        for page in pages {
            for (name, rect) in &page.boxes {
                let Some((size, pixels)) = crop(&page.pixels, *rect, parameters) else { continue };
                let Ok(class) = classes.binary_search(name) else { continue };
                elements.push(Element { class, size, variants: 0, source: Source::Crop(Arc::new(pixels)) });
            }
        }
        if elements.is_empty() {
            let boxes = pages.iter().map(|p| p.boxes.len()).sum();
            return Err(PoolError::Empty { pages: pages.len(), boxes, minimal: parameters.minimal_side.to_string() });
        }
        Ok(Pool { classes, elements, seed }.augmented(parameters))
    }

    /// Gives the instances of rare classes their variants (step 3 of the method).
    fn augmented(mut self, parameters: &Parameters) -> Pool {
        let mut counts = vec![0usize; self.classes.len()];
        self.elements.iter().for_each(|e| counts[e.class] += 1);
        for element in self.elements.iter_mut().filter(|e| counts[e.class] < parameters.rare_class) {
            element.variants = parameters.variants;
        }
        self
    }

    /// The names of the classes, by number.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The elements; their indices are what layouts name.
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// Their sizes, in the same order.
    pub fn sizes(&self) -> Vec<Size> {
        self.elements.iter().map(|e| e.size).collect()
    }

    /// The pixels of an element: variant 0 is the original. Made anew at each call, the same each time; `None` for an
    /// index outside the pool.
    pub fn pixels(&self, element: usize, number: usize) -> Option<Arc<Pixels>> {
        let found = self.elements.get(element)?;
        let original = match &found.source {
            Source::Crop(pixels) => pixels.clone(),
            Source::Drawn => {
                let mut rng = self.rng(element, "bestfit element");
                let width = (found.size.width * PAGE_WIDTH).round().max(8.0) as u32;
                let height = (found.size.height * PAGE_HEIGHT).round().max(8.0) as u32;
                let scene = paint::element(CLASSES[found.class].painter, width, height, &mut rng)?;
                Arc::new(render::pixels(&scene)?)
            }
        };
        if number == 0 {
            return Some(original);
        }
        Some(Arc::new(variant(&original, &mut self.rng(element, &format!("bestfit variant {number}")))))
    }

    fn rng(&self, element: usize, step: &str) -> Rng {
        Rng::keyed(self.seed, RecordId::input(&format!("element {element}")), step, &[])
    }
}

/// A box of a page cut out, with its sides as parts of the page's.
fn crop(page: &Pixels, rect: [f64; 4], parameters: &Parameters) -> Option<(Size, Pixels)> {
    if rect.iter().any(|v| !v.is_finite()) {
        return None;
    }
    let (w, h) = (f64::from(page.width), f64::from(page.height));
    let (x0, x1) = (rect[0].clamp(0.0, w).floor(), rect[2].clamp(0.0, w).ceil());
    let (y0, y1) = (rect[1].clamp(0.0, h).floor(), rect[3].clamp(0.0, h).ceil());
    let size = Size { width: (x1 - x0) / w, height: (y1 - y0) / h };
    // The negated form also refuses the NaN of a page without pixels.
    if !(size.width >= parameters.minimal_side && size.height >= parameters.minimal_side) {
        return None;
    }
    let (columns, rows) = ((x1 - x0) as usize, (y1 - y0) as usize);
    let mut rgba = Vec::with_capacity(columns * rows * 4);
    for row in 0..rows {
        let start = ((y0 as usize + row) * page.width as usize + x0 as usize) * 4;
        rgba.extend_from_slice(page.rgba.get(start..start + columns * 4)?);
    }
    Some((size, Pixels { width: columns as u32, height: rows as u32, rgba }))
}
