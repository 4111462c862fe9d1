//! A packed page: its scene, its elements, its scores.

use serde::{Deserialize, Serialize};
use tamis_core::rng::Rng;
use tamis_draw::Color;
use tamis_draw::kurbo::Rect;
use tamis_draw::scene::{Node, Scene};

use super::layout::{Size, layout};
use super::pool::Pool;
use super::{Parameters, align, density};

/// A page and its truth.
#[derive(Clone, Debug)]
pub struct Page {
    /// A white page with one image for each element, ids `element/0` and so on in the order of `elements`.
    pub scene: Scene,
    /// In the order in which they were placed.
    pub elements: Vec<PageElement>,
    /// Mean over elements, after the rescale; lower is better.
    pub align: f64,
    /// Part of the page that elements cover, after the rescale; higher is better.
    pub density: f64,
}

/// An element on a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageElement {
    /// The number of its class in the pool.
    pub class_id: usize,
    /// `[x0, y0, x1, y1]` in pixels.
    pub bbox: [f64; 4],
    /// Its corners from the upper left one, clockwise, as parts of the page's sides.
    pub polygon: [[f64; 2]; 4],
    /// Its index in the pool.
    pub source_instance: usize,
    /// Which variant is shown; 0 is the original.
    pub variant: usize,
}

/// Packs and draws a page (steps 4 to 12 of the method); `None` when the pool is empty or a page cannot be held.
///
/// `sizes` are those of the pool ([`Pool::sizes`]), asked for once for many pages.
pub fn page(pool: &Pool, sizes: &[Size], parameters: &Parameters, rng: &mut Rng) -> Option<Page> {
    let placed = layout(sizes, parameters, rng);
    if placed.is_empty() {
        return None;
    }
    let (width, height) = page_size(parameters, rng);
    let mut elements = Vec::with_capacity(placed.len());
    for place in &placed {
        let source = pool.elements().get(place.element)?;
        let rect = pixel_rect(place.rect, width, height);
        elements.push(PageElement {
            class_id: source.class,
            bbox: [rect.x0, rect.y0, rect.x1, rect.y1],
            polygon: polygon(rect, width, height),
            source_instance: place.element,
            variant: rng.below(source.variants + 1),
        });
    }
    let rects: Vec<Rect> = placed.iter().map(|p| p.rect).collect();
    let scene = redraw(pool, [width, height], &elements)?;
    Some(Page { scene, elements, align: align(&rects), density: density(&rects) })
}

/// The scene of a page from its truth: the same as when it was packed. `None` when an element is not in the pool.
pub fn redraw(pool: &Pool, size: [u32; 2], elements: &[PageElement]) -> Option<Scene> {
    let mut scene = Scene::new(size[0], size[1], Color::WHITE);
    for (i, element) in elements.iter().enumerate() {
        let class = pool.classes().get(element.class_id)?.clone();
        let [x0, y0, x1, y1] = element.bbox;
        let pixels = pool.pixels(element.source_instance, element.variant)?;
        scene.push(Node::image(format!("element/{i}"), class, Rect::new(x0, y0, x1, y1), pixels));
    }
    Some(scene)
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
fn pixel_rect(rect: Rect, width: u32, height: u32) -> Rect {
    let (w, h) = (f64::from(width), f64::from(height));
    let (x0, y0) = ((rect.x0 * w).round().min(w - 1.0), (rect.y0 * h).round().min(h - 1.0));
    Rect::new(x0, y0, (rect.x1 * w).round().max(x0 + 1.0).min(w), (rect.y1 * h).round().max(y0 + 1.0).min(h))
}

fn polygon(rect: Rect, width: u32, height: u32) -> [[f64; 2]; 4] {
    let (w, h) = (f64::from(width), f64::from(height));
    [[rect.x0 / w, rect.y0 / h], [rect.x1 / w, rect.y0 / h], [rect.x1 / w, rect.y1 / h], [rect.x0 / w, rect.y1 / h]]
}

/// The score pages are ranked by: density less `weight` times align. The method keeps the better half of its pages and
/// does not say by what; this is our choice, `weight` 100 brings both to one magnitude.
pub fn rank(page: &Page, weight: f64) -> f64 {
    page.density - weight * page.align
}

/// One line of YOLO's polygon format: class id, then x and y of the four corners as parts of the page's sides.
pub fn yolo_line(element: &PageElement) -> String {
    let corners = element.polygon.iter().flatten().map(|v| format!(" {v:.6}"));
    std::iter::once(element.class_id.to_string()).chain(corners).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tamis_core::id::RecordId;
    use tamis_draw::render;
    use tamis_draw::scene::Pixels;

    use super::super::{AnnotatedPage, PoolError, layout};
    use super::*;

    fn rng(i: usize) -> Rng {
        Rng::keyed(11, RecordId::input(&format!("page {i}")), "bestfit", &[])
    }

    #[test]
    fn align_and_density_over_a_thousand_pages_are_those_of_the_paper_or_better() {
        let parameters = Parameters::default();
        let sizes = Pool::drawn(&parameters, 100, 1).sizes();
        let (mut aligns, mut densities) = (0.0, 0.0);
        for i in 0..1000 {
            let placed = layout(&sizes, &parameters, &mut rng(i));
            let rects: Vec<Rect> = placed.iter().map(|p| p.rect).collect();
            aligns += align(&rects) / 1000.0;
            densities += density(&rects) / 1000.0;
        }
        assert!(aligns <= 0.0009 && densities >= 0.645, "align {aligns:.5}, density {densities:.4}");
    }

    #[test]
    fn a_page_is_the_same_each_time_and_its_elements_lie_on_it() {
        let parameters = Parameters { page_width: [500, 700], ..Parameters::default() };
        let pool = Pool::drawn(&parameters, 4, 3);
        let sizes = pool.sizes();
        let make = || page(&pool, &sizes, &parameters, &mut rng(0)).unwrap();
        let (a, b) = (make(), make());
        assert_eq!(a.elements, b.elements);
        assert_eq!(render::pixels(&a.scene), render::pixels(&b.scene));
        // Four instances of a class are few: each has the method's 50 variants.
        assert!(pool.elements().iter().all(|e| e.variants == 50));
        for element in &a.elements {
            let [x0, y0, x1, y1] = element.bbox;
            assert!(x0 >= 0.0 && y0 >= 0.0 && x1 <= f64::from(a.scene.width) && y1 <= f64::from(a.scene.height));
            assert!(element.polygon.iter().flatten().all(|v| (0.0..=1.0).contains(v)));
        }
    }

    #[test]
    fn crops_of_annotated_pages_are_cut_where_their_boxes_are() {
        let mut pixels = Pixels::filled(200, 100, Color::WHITE);
        for y in 20..60 {
            for x in 50..150 {
                pixels.rgba[(y * 200 + x) * 4] = 0;
            }
        }
        let boxes = vec![
            ("figure".to_string(), [50.0, 20.0, 150.0, 60.0]),
            ("speck".to_string(), [0.0, 0.0, 1.0, 1.0]),
            ("odd".to_string(), [f64::NAN, 0.0, 9.0, 9.0]),
        ];
        let pages = [AnnotatedPage { pixels: Arc::new(pixels), boxes }];
        let pool = Pool::cropped(&pages, &Parameters::default(), 1).unwrap();
        assert_eq!(pool.elements().len(), 1);
        let crop = pool.pixels(0, 0).unwrap();
        assert_eq!((crop.width, crop.height), (100, 40));
        assert!(crop.rgba.chunks_exact(4).all(|p| p[0] == 0));
        assert_ne!(pool.pixels(0, 1), Some(crop));
    }

    #[test]
    fn pages_without_a_usable_box_are_refused() {
        let pixels = Arc::new(Pixels::filled(10, 10, Color::WHITE));
        let pages = [AnnotatedPage { pixels, boxes: vec![("x".to_string(), [40.0, 40.0, 50.0, 50.0])] }];
        let error = Pool::cropped(&pages, &Parameters::default(), 1).unwrap_err();
        assert!(matches!(error, PoolError::Empty { boxes: 1, .. }));
    }
}
