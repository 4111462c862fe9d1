//! Pages packed from elements: Mesh-candidate BestFit (DocLayout-YOLO, arXiv:2410.12628, section 3.1).
//!
//! Every empty rectangle that the edges of placed elements span is a bin; at each step the pair of element and bin
//! with the highest fill is placed. [`layout()`] packs sizes, [`Pool`] holds elements, [`pack`] makes a page of them and
//! [`scene`] draws it.

mod augment;
mod blocks;
mod classes;
mod headings;
mod layout;
mod page;
mod paint;
mod parameters;
mod pictures;
mod pool;
mod prose;
mod score;
mod search;
mod words;

pub use classes::class_names;
pub use layout::{Placed, Size, Sizes, candidates, layout, packed};
pub use page::{Packed, PageElement, PageSpec, SpecError, pack, scene};
pub use parameters::Parameters;
pub use pool::{AnnotatedPage, Crops, Element, Pool, PoolError, Source};
pub use score::{align, density};
