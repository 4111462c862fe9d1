//! Pages packed from elements: Mesh-candidate BestFit (DocLayout-YOLO, arXiv:2410.12628, section 3.1).
//!
//! Every empty rectangle that the edges of placed elements span is a bin; at each step the pair of element and bin
//! with the highest fill is placed. [`layout()`] packs sizes, [`Pool`] holds elements, [`page`] draws them.

mod augment;
mod classes;
mod layout;
mod page;
mod paint;
mod pictures;
mod pool;
mod prose;
mod score;
mod search;

pub use augment::variant;
pub use classes::class_names;
pub use layout::{Placed, Size, candidates, layout};
pub use page::{Page, PageElement, page, rank, redraw, yolo_line};
pub use pool::{AnnotatedPage, Element, Pool, PoolError};
pub use score::{align, density};
pub use search::{Fit, best_fit};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The numbers of the method; the defaults are those of the paper and its release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Parameters {
    /// How many elements of the pool may be placed on one page.
    pub candidates: usize,
    /// The share of large elements among them.
    pub large_share: f64,
    /// An element is large if both its sides are at least this part of the page's.
    pub large_side: f64,
    /// Instances with a side below this part of the page's are no elements.
    pub minimal_side: f64,
    /// The least fill of a bin (area of the element by area of the bin) that is worth placing.
    pub fill_threshold: f64,
    /// A page ends at the small element that would be one more than these.
    pub small_limit: usize,
    /// A page ends when it has this many elements.
    pub elements_limit: usize,
    /// Each side of each element shrinks by a factor between these.
    pub shrink: [f64; 2],
    /// The page's width in pixels lies between these, both possible.
    pub page_width: [u32; 2],
    /// Its height by its width lies between these.
    pub page_aspect: [f64; 2],
    /// Its height in pixels is at most this.
    pub page_height_limit: u32,
    /// Classes with fewer instances than this are augmented.
    pub rare_class: usize,
    /// How many variants each of their instances gets.
    pub variants: usize,
}

impl Default for Parameters {
    fn default() -> Parameters {
        Parameters {
            candidates: 500,
            large_share: 0.99,
            large_side: 0.05,
            minimal_side: 0.01,
            fill_threshold: 1e-4,
            small_limit: 5,
            elements_limit: 15,
            shrink: [0.8, 0.95],
            page_width: [1200, 2000],
            page_aspect: [0.7, 1.5],
            page_height_limit: 3000,
            rare_class: 100,
            variants: 50,
        }
    }
}
