//! What pages are packed from: elements that we draw, or those of a user's annotated pages. A pool holds sizes and where
//! each element comes from; pixels are made when a page is drawn, so a pool of a million elements is small.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use tamis_core::error::did_you_mean;
use tamis_core::id::RecordId;
use tamis_core::rng::Rng;

use super::Parameters;
use super::classes::{CLASSES, class_named};
use super::layout::{Size, Sizes};

/// Width of the page that drawn elements are made for, in pixels; its height is 1.1 times that, the middle of the
/// method's range.
const PAGE_WIDTH: f64 = 1600.0;
const PAGE_HEIGHT: f64 = 1760.0;

/// Elements with their classes and sizes.
#[derive(Clone, Debug)]
pub struct Pool {
    classes: Vec<String>,
    elements: Vec<Element>,
    sizes: Sizes,
    seed: u64,
}

/// One element of a pool.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// Its class, by number.
    pub class: usize,
    /// Its sides as parts of its page's.
    pub size: Size,
    /// How many augmented variants it has beside the original.
    pub variants: u32,
    /// Where its pixels come from.
    pub source: Source,
}

/// Where the pixels of an element come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Source {
    /// They are drawn.
    Drawn {
        /// Which instance of its class, from 0.
        instance: u32,
        /// Width and height in pixels.
        size: [u32; 2],
    },
    /// They are cut out of an annotated page.
    Crop {
        /// The page, from 0 in the order of the pages.
        page: u64,
        /// Which of its regions, from 0.
        region: u32,
        /// `[x0, y0, x1, y1]` in whole pixels of the page.
        rect: [u32; 4],
    },
}

impl Source {
    /// How many pixels it has before it is stretched to its box.
    pub(super) fn pixels(self) -> u64 {
        let [width, height] = match self {
            Source::Drawn { size, .. } => size,
            Source::Crop { rect: [x0, y0, x1, y1], .. } => [x1.saturating_sub(x0), y1.saturating_sub(y0)],
        };
        u64::from(width) * u64::from(height)
    }
}

/// A user's page with boxes, without its pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct AnnotatedPage {
    /// What to call it in messages.
    pub name: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// For each region its class and `[x0, y0, x1, y1]` in pixels; `None` for a region without a box.
    pub regions: Vec<(String, Option<[f64; 4]>)>,
}

/// Why there is no pool.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PoolError {
    /// A class that we cannot draw.
    #[error("expected a class of the 74 of M6Doc, found `{class}`{hint}")]
    NotDrawn {
        /// What was asked for.
        class: String,
        /// `; did you mean ...`, or nothing.
        hint: String,
    },
    /// A region whose class is not among those that were named.
    #[error("{page}, region {region}: the class `{class}` is not among the {known} that were named{hint}")]
    UnknownClass {
        /// The page.
        page: String,
        /// Its region, from 0.
        region: usize,
        /// The class found.
        class: String,
        /// How many were named.
        known: usize,
        /// `; did you mean ...`, or nothing.
        hint: String,
    },
    /// A box without area on its page.
    #[error(
        "{page}, region {region} (`{class}`): the box {found:?} has no area on the page of {width} x {height} pixels; \
         expected [x0, y0, x1, y1] in pixels of the page"
    )]
    Box {
        /// The page.
        page: String,
        /// Its region, from 0.
        region: usize,
        /// Its class.
        class: String,
        /// The box.
        found: [f64; 4],
        /// The page's width.
        width: u32,
        /// The page's height.
        height: u32,
    },
    /// Nothing is left.
    #[error("of {regions} regions on {pages} pages none has a box with both sides of at least {minimal} of its page's")]
    Empty {
        /// Pages read.
        pages: usize,
        /// Regions read.
        regions: usize,
        /// The least part of a side.
        minimal: f64,
    },
}

impl Pool {
    /// `instances` elements of each rare class and several times that of the common ones; sizes and pictures follow from
    /// the seed. Classes are numbered as `classes` has them; all 74 if that is empty.
    ///
    /// # Errors
    /// A class that is none of the 74.
    pub fn drawn(classes: &[String], instances: u32, parameters: &Parameters, seed: u64) -> Result<Pool, PoolError> {
        let all: Vec<String> = CLASSES.iter().map(|c| c.name.to_string()).collect();
        let names = if classes.is_empty() { all } else { classes.to_vec() };
        let mut elements = Vec::new();
        for (class, name) in names.iter().enumerate() {
            let kind = class_named(name).ok_or_else(|| not_drawn(name))?;
            let mut rng = Rng::keyed(seed, RecordId::input(name), "bestfit sizes", &[]);
            let side = |range: [f64; 2], rng: &mut Rng| range[0] * (range[1] / range[0]).powf(rng.unit());
            for instance in 0..instances.saturating_mul(kind.abundance()) {
                let (width, height) = (side(kind.width, &mut rng), side(kind.height, &mut rng));
                let height = kind.form().map_or(height, |form| width * form * PAGE_WIDTH / PAGE_HEIGHT);
                let pixels = [width * PAGE_WIDTH, height * PAGE_HEIGHT].map(|side| side.round().max(8.0) as u32);
                let source = Source::Drawn { instance, size: pixels };
                elements.push(Element { class, size: Size { width, height }, variants: 0, source });
            }
        }
        Ok(Pool::new(names, elements, parameters, seed))
    }

    /// Gives the instances of rare classes their variants (step 3 of the method).
    fn new(classes: Vec<String>, mut elements: Vec<Element>, parameters: &Parameters, seed: u64) -> Pool {
        let mut counts = vec![0usize; classes.len()];
        elements.iter().for_each(|e| counts[e.class] += 1);
        for element in elements.iter_mut().filter(|e| counts[e.class] < parameters.rare_class) {
            element.variants = parameters.variants;
        }
        let sizes = Sizes::new(elements.iter().map(|e| e.size).collect(), parameters.large_side);
        Pool { classes, elements, sizes, seed }
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
    pub fn sizes(&self) -> &Sizes {
        &self.sizes
    }

    /// What drawn elements and variants follow from.
    pub fn seed(&self) -> u64 {
        self.seed
    }
}

pub(super) fn not_drawn(class: &str) -> PoolError {
    let hint = did_you_mean(class, CLASSES.iter().map(|c| c.name));
    PoolError::NotDrawn { class: class.to_string(), hint }
}

/// Gathers a pool from annotated pages (steps 1 and 2 of the method), one page after the other.
pub struct Crops<'p> {
    parameters: &'p Parameters,
    /// Whether a box without area on its page is left out; otherwise it is an error.
    drop_invalid: bool,
    /// Whether classes are those that were named; otherwise whatever comes is one.
    named: bool,
    classes: Vec<String>,
    numbers: HashMap<String, usize>,
    elements: Vec<Element>,
    pages: usize,
    regions: usize,
}

impl<'p> Crops<'p> {
    /// Classes are numbered as `classes` has them; if that is empty, in the order of their names.
    pub fn new(classes: &[String], drop_invalid: bool, parameters: &'p Parameters) -> Crops<'p> {
        let numbers = classes.iter().enumerate().map(|(i, name)| (name.clone(), i)).collect();
        Crops {
            parameters,
            drop_invalid,
            named: !classes.is_empty(),
            classes: classes.to_vec(),
            numbers,
            elements: Vec::new(),
            pages: 0,
            regions: 0,
        }
    }

    /// Takes the regions of the next page. A box that sticks out is cut to the page; one that is too small is left out.
    ///
    /// # Errors
    /// A class that was not named, and a box without area on the page unless those are left out.
    pub fn add(&mut self, page: &AnnotatedPage) -> Result<(), PoolError> {
        for (region, (class, found)) in page.regions.iter().enumerate() {
            self.regions += 1;
            let Some(found) = *found else { continue };
            let Some(rect) = on_page(found, page) else {
                if self.drop_invalid {
                    continue;
                }
                let (page, class, width, height) = (page.name.clone(), class.clone(), page.width, page.height);
                return Err(PoolError::Box { page, region, class, found, width, height });
            };
            let side = |low: u32, high: u32, whole: u32| f64::from(high - low) / f64::from(whole);
            let size = Size { width: side(rect[0], rect[2], page.width), height: side(rect[1], rect[3], page.height) };
            if size.width < self.parameters.minimal_side || size.height < self.parameters.minimal_side {
                continue;
            }
            let class = self.class(class, page, region)?;
            let source = Source::Crop { page: self.pages as u64, region: region as u32, rect };
            self.elements.push(Element { class, size, variants: 0, source });
        }
        self.pages += 1;
        Ok(())
    }

    fn class(&mut self, name: &str, page: &AnnotatedPage, region: usize) -> Result<usize, PoolError> {
        if let Some(number) = self.numbers.get(name) {
            return Ok(*number);
        }
        if self.named {
            let hint = did_you_mean(name, self.classes.iter().map(String::as_str));
            let (page, class, known) = (page.name.clone(), name.to_string(), self.classes.len());
            return Err(PoolError::UnknownClass { page, region, class, known, hint });
        }
        self.numbers.insert(name.to_string(), self.classes.len());
        self.classes.push(name.to_string());
        Ok(self.classes.len() - 1)
    }

    /// The pool of all pages.
    ///
    /// # Errors
    /// No region is left.
    pub fn pool(mut self, seed: u64) -> Result<Pool, PoolError> {
        if self.elements.is_empty() {
            let (pages, regions, minimal) = (self.pages, self.regions, self.parameters.minimal_side);
            return Err(PoolError::Empty { pages, regions, minimal });
        }
        if !self.named {
            self.sort_classes();
        }
        Ok(Pool::new(self.classes, self.elements, self.parameters, seed))
    }

    /// The numbers must not depend on which page comes first.
    fn sort_classes(&mut self) {
        self.classes.sort();
        let mut renamed = vec![0; self.classes.len()];
        for (new, name) in self.classes.iter().enumerate() {
            if let Some(old) = self.numbers.get(name) {
                renamed[*old] = new;
            }
        }
        self.elements.iter_mut().for_each(|element| element.class = renamed[element.class]);
    }
}

/// The whole pixels of the page that a box touches; `None` if it has no area there.
fn on_page([x0, y0, x1, y1]: [f64; 4], page: &AnnotatedPage) -> Option<[u32; 4]> {
    let whole = [x0, y0, x1, y1].iter().all(|v| v.is_finite()) && x1 > x0 && y1 > y0;
    let (w, h) = (f64::from(page.width), f64::from(page.height));
    let (left, right) = (x0.clamp(0.0, w).floor(), x1.clamp(0.0, w).ceil());
    let (top, bottom) = (y0.clamp(0.0, h).floor(), y1.clamp(0.0, h).ceil());
    let inside = whole && x1 > 0.0 && y1 > 0.0 && right > left && bottom > top;
    inside.then_some([left as u32, top as u32, right as u32, bottom as u32])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(regions: &[(&str, Option<[f64; 4]>)]) -> AnnotatedPage {
        let regions = regions.iter().map(|(class, found)| (class.to_string(), *found)).collect();
        AnnotatedPage { name: "page.png".into(), width: 200, height: 100, regions }
    }

    fn pool(pages: &[AnnotatedPage], classes: &[&str], drop_invalid: bool) -> Result<Pool, PoolError> {
        let parameters = Parameters::default();
        let classes: Vec<String> = classes.iter().map(|c| c.to_string()).collect();
        let mut crops = Crops::new(&classes, drop_invalid, &parameters);
        pages.iter().try_for_each(|page| crops.add(page))?;
        crops.pool(1)
    }

    #[test]
    fn regions_become_elements_with_the_pixels_they_touch() {
        let regions = [
            ("table", Some([50.5, 20.0, 150.0, 59.2])),
            ("figure", Some([150.0, 90.0, 260.0, 130.0])),
            ("speck", Some([0.0, 0.0, 1.0, 1.0])),
            ("mask only", None),
        ];
        let pool = pool(&[page(&regions)], &[], false).unwrap();
        assert_eq!(pool.classes(), ["figure", "table"]);
        let rects: Vec<Source> = pool.elements().iter().map(|e| e.source).collect();
        assert_eq!(rects[0], Source::Crop { page: 0, region: 0, rect: [50, 20, 150, 60] });
        assert_eq!(rects[1], Source::Crop { page: 0, region: 1, rect: [150, 90, 200, 100] });
        assert_eq!(pool.elements()[0].class, 1);
        assert_eq!(pool.elements()[0].size, Size { width: 0.5, height: 0.4 });
        assert_eq!(pool.elements()[0].variants, 50, "two instances of a class are few");
    }

    #[test]
    fn boxes_without_area_on_their_page_are_refused_or_left_out() {
        let outside = [-30.0, 0.0, 0.0, 50.0];
        for bad in [[500.0, 500.0, 600.0, 600.0], [10.0, 10.0, 10.0, 30.0], [f64::NAN, 0.0, 9.0, 9.0], outside] {
            let pages = [page(&[("a", Some([0.0, 0.0, 50.0, 50.0])), ("b", Some(bad))])];
            let error = pool(&pages, &[], false).unwrap_err().to_string();
            assert!(error.contains("page.png, region 1 (`b`)") && error.contains("200 x 100"), "{error}");
            assert_eq!(pool(&pages, &[], true).unwrap().elements().len(), 1);
        }
    }

    #[test]
    fn classes_are_those_that_were_named_in_their_order() {
        let pages = [page(&[("table", Some([0.0, 0.0, 50.0, 50.0]))])];
        assert_eq!(pool(&pages, &["text", "table"], false).unwrap().elements()[0].class, 1);
        let error = pool(&pages, &["text", "tabel"], false).unwrap_err().to_string();
        assert!(error.contains("`table` is not among the 2") && error.contains("did you mean `tabel`?"), "{error}");
    }

    #[test]
    fn pages_without_a_usable_region_are_refused() {
        let error = pool(&[page(&[("x", None)])], &[], false).unwrap_err();
        assert_eq!(error, PoolError::Empty { pages: 1, regions: 1, minimal: 0.01 });
    }

    #[test]
    fn drawn_pools_have_the_classes_that_were_asked_for() {
        let parameters = Parameters::default();
        let names = ["table".to_string(), "figure".to_string()];
        let pool = Pool::drawn(&names, 100, &parameters, 1).unwrap();
        assert_eq!(pool.classes(), names);
        assert!(pool.elements().iter().all(|e| e.variants == 0), "no class is rare");
        let error = Pool::drawn(&["tabel".to_string()], 100, &parameters, 1).unwrap_err().to_string();
        assert!(error.contains("did you mean `table`?"), "{error}");
    }
}
