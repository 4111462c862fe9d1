//! Which elements stand where on a unit page.

use tamis_core::rng::Rng;
use tamis_draw::kurbo::Rect;

use super::Parameters;
use super::search::{self, Fit};

/// An element's sides as parts of its page's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    /// Above 0, at most 1.
    pub width: f64,
    /// Above 0, at most 1.
    pub height: f64,
}

impl Size {
    /// Width times height: the part of the page it covers.
    pub fn area(self) -> f64 {
        self.width * self.height
    }

    /// Whether both sides reach the limit of the method.
    pub fn is_large(self, parameters: &Parameters) -> bool {
        self.width >= parameters.large_side && self.height >= parameters.large_side
    }
}

/// An element on a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    /// Its index in the pool's sizes.
    pub element: usize,
    /// Where, on the unit page.
    pub rect: Rect,
}

/// Packs a page from a pool of sizes (steps 4 to 10 of the method): candidates, first element, best fits, central
/// rescale. Empty when the pool is.
pub fn layout(pool: &[Size], parameters: &Parameters, rng: &mut Rng) -> Vec<Placed> {
    layout_by(pool, parameters, rng, search::best_fit)
}

fn layout_by(
    pool: &[Size],
    parameters: &Parameters,
    rng: &mut Rng,
    search: impl Fn(&[Size], &[Rect]) -> Option<Fit>,
) -> Vec<Placed> {
    let mut left = candidates(pool, parameters, rng);
    if left.is_empty() || parameters.elements_limit == 0 {
        return Vec::new();
    }
    let mut sizes: Vec<Size> = left.iter().map(|i| pool[*i]).collect();
    let first = rng.below(left.len());
    let mut rects = vec![anywhere(sizes.remove(first), rng)];
    let mut page = vec![Placed { element: left.remove(first), rect: rects[0] }];
    let mut small = usize::from(!pool[page[0].element].is_large(parameters));
    while page.len() < parameters.elements_limit {
        let Some(fit) = search(&sizes, &rects).filter(|f| f.fill >= parameters.fill_threshold) else { break };
        if !sizes[fit.candidate].is_large(parameters) {
            if small == parameters.small_limit {
                break;
            }
            small += 1;
        }
        let rect = centred(sizes.remove(fit.candidate), fit.bin);
        rects.push(rect);
        page.push(Placed { element: left.remove(fit.candidate), rect });
    }
    page.iter_mut().for_each(|p| p.rect = shrunk(p.rect, parameters, rng));
    page
}

/// Indices of elements drawn without replacement: the share of large ones, the rest small; fewer where there are fewer.
pub fn candidates(pool: &[Size], parameters: &Parameters, rng: &mut Rng) -> Vec<usize> {
    let (mut large, mut small): (Vec<usize>, Vec<usize>) = (0..pool.len()).partition(|i| pool[*i].is_large(parameters));
    rng.shuffle(&mut large);
    rng.shuffle(&mut small);
    let wanted = (parameters.candidates as f64 * parameters.large_share.clamp(0.0, 1.0)).round() as usize;
    large.truncate(wanted);
    small.truncate(parameters.candidates.saturating_sub(wanted));
    large.extend(small);
    large
}

fn anywhere(size: Size, rng: &mut Rng) -> Rect {
    let (width, height) = (size.width.min(1.0), size.height.min(1.0));
    let (x, y) = (rng.range(0.0, 1.0 - width), rng.range(0.0, 1.0 - height));
    Rect::new(x, y, (x + width).min(1.0), (y + height).min(1.0))
}

fn centred(size: Size, bin: Rect) -> Rect {
    let (x, y) = (bin.x0 + (bin.width() - size.width) / 2.0, bin.y0 + (bin.height() - size.height) / 2.0);
    // Rounding must not carry an edge over that of the bin.
    Rect::new(x.max(bin.x0), y.max(bin.y0), (x + size.width).min(bin.x1), (y + size.height).min(bin.y1))
}

fn shrunk(rect: Rect, parameters: &Parameters, rng: &mut Rng) -> Rect {
    let [low, high] = parameters.shrink;
    let (width, height) = (rect.width() * rng.range(low, high), rect.height() * rng.range(low, high));
    Rect::from_center_size(rect.center(), (width, height))
}

#[cfg(test)]
mod tests {
    use tamis_core::id::RecordId;

    use super::super::{align, density};
    use super::*;

    fn rng(name: &str) -> Rng {
        Rng::keyed(3, RecordId::input(name), "layout", &[])
    }

    /// Sizes as elements of real pages have them: wide lines, columns, pictures, crumbs.
    fn invented(count: usize, rng: &mut Rng) -> Vec<Size> {
        let side = |rng: &mut Rng, low: f64, high: f64| low * (high / low).powf(rng.unit());
        (0..count)
            .map(|_| match rng.below(4) {
                0 => Size { width: side(rng, 0.2, 0.9), height: side(rng, 0.01, 0.06) },
                1 => Size { width: side(rng, 0.2, 0.5), height: side(rng, 0.05, 0.4) },
                2 => Size { width: side(rng, 0.1, 0.9), height: side(rng, 0.08, 0.7) },
                _ => Size { width: side(rng, 0.01, 0.2), height: side(rng, 0.01, 0.2) },
            })
            .collect()
    }

    #[test]
    fn the_fast_search_gives_the_layouts_of_the_scan_of_all_pairs() {
        for page in 0..12 {
            let mut pool = invented(120, &mut rng(&format!("pool {page}")));
            // Equal sizes make ties.
            let again = pool[..40].to_vec();
            pool.extend(again);
            let parameters = Parameters { candidates: 60, elements_limit: 12, large_share: 0.8, ..Default::default() };
            let name = format!("page {page}");
            let fast = layout(&pool, &parameters, &mut rng(&name));
            let slow = layout_by(&pool, &parameters, &mut rng(&name), search::reference::best_fit);
            assert_eq!(fast, slow);
            assert!(fast.len() > 3, "{} elements", fast.len());
        }
    }

    #[test]
    fn ties_on_a_regular_grid_go_to_the_first() {
        let sizes = vec![Size { width: 0.25, height: 0.25 }; 9];
        let placed = [Rect::new(0.25, 0.25, 0.5, 0.5), Rect::new(0.5, 0.5, 0.75, 0.75)];
        let fast = search::best_fit(&sizes, &placed).unwrap();
        assert_eq!(fast, search::reference::best_fit(&sizes, &placed).unwrap());
        assert_eq!((fast.candidate, fast.bin), (0, Rect::new(0.0, 0.0, 0.25, 0.25)));
    }

    #[test]
    fn elements_do_not_overlap_and_stay_on_the_page() {
        let pool = invented(800, &mut rng("pool"));
        for page in 0..20 {
            let placed = layout(&pool, &Parameters::default(), &mut rng(&format!("{page}")));
            assert!(!placed.is_empty() && placed.len() <= 15);
            for (i, a) in placed.iter().enumerate() {
                assert!(a.rect.x0 >= 0.0 && a.rect.y0 >= 0.0 && a.rect.x1 <= 1.0 && a.rect.y1 <= 1.0);
                for b in &placed[..i] {
                    assert_ne!(a.element, b.element);
                    assert!(a.rect.intersect(b.rect).area() <= 0.0, "{a:?} {b:?}");
                }
            }
        }
    }

    #[test]
    fn a_page_ends_at_one_small_element_too_many() {
        let pool = vec![Size { width: 0.02, height: 0.02 }; 100];
        let parameters = Parameters { large_share: 0.0, ..Default::default() };
        assert_eq!(layout(&pool, &parameters, &mut rng("small")).len(), 5);
    }

    #[test]
    fn candidates_keep_the_shares_and_come_once() {
        let pool = invented(4000, &mut rng("pool"));
        let parameters = Parameters::default();
        let drawn = candidates(&pool, &parameters, &mut rng("draw"));
        let mut once = drawn.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!((drawn.len(), once.len()), (500, 500));
        assert_eq!(drawn.iter().filter(|i| pool[**i].is_large(&parameters)).count(), 495);
    }

    #[test]
    fn scores_of_a_page_that_one_can_check_by_hand() {
        let rects = [Rect::new(0.1, 0.1, 0.5, 0.3), Rect::new(0.1, 0.4, 0.7, 0.6)];
        assert!((density(&rects) - (0.08 + 0.12)).abs() < 1e-12);
        assert_eq!(align(&rects), 0.0);
        let apart = [Rect::new(0.1, 0.1, 0.5, 0.3), Rect::new(0.2, 0.45, 0.8, 0.75)];
        assert!((align(&apart) - -(0.9f64.ln())).abs() < 1e-12);
    }
}
