//! Which elements stand where on a unit page.

use std::collections::HashMap;

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
    fn is_large(self, limit: f64) -> bool {
        self.width >= limit && self.height >= limit
    }
}

/// The sizes of a pool, told apart once for many pages.
#[derive(Clone, Debug)]
pub struct Sizes {
    all: Vec<Size>,
    large: Vec<u32>,
    small: Vec<u32>,
}

impl Sizes {
    /// With the least part of a page's sides that makes an element large.
    pub fn new(all: Vec<Size>, large_side: f64) -> Sizes {
        let (large, small) = (0..all.len() as u32).partition(|i| all[*i as usize].is_large(large_side));
        Sizes { all, large, small }
    }

    /// All of them, in the order of the pool.
    pub fn all(&self) -> &[Size] {
        &self.all
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
pub fn layout(pool: &Sizes, parameters: &Parameters, rng: &mut Rng) -> Vec<Placed> {
    let drawn = candidates(pool, parameters, rng);
    if drawn.is_empty() {
        return Vec::new();
    }
    let sizes: Vec<Size> = drawn.iter().map(|i| pool.all[*i]).collect();
    let first = rng.below(sizes.len());
    let at = anywhere(sizes[first], rng);
    let placed = packed(&sizes, first, at, parameters);
    placed.into_iter().map(|p| Placed { element: drawn[p.element], rect: shrunk(p.rect, parameters, rng) }).collect()
}

/// Goes on from a first element (steps 6 to 9 of the method): at each step the candidate and the bin with the highest
/// fill. `element` is the index among the candidates.
pub fn packed(candidates: &[Size], first: usize, at: Rect, parameters: &Parameters) -> Vec<Placed> {
    packed_by(candidates, first, at, parameters, search::best_fit)
}

fn packed_by(
    candidates: &[Size],
    first: usize,
    at: Rect,
    parameters: &Parameters,
    search: impl Fn(&[Size], &[Rect]) -> Option<Fit>,
) -> Vec<Placed> {
    let mut sizes = candidates.to_vec();
    let mut left: Vec<usize> = (0..sizes.len()).collect();
    let mut small = usize::from(!sizes.remove(first).is_large(parameters.large_side));
    let mut page = vec![Placed { element: left.remove(first), rect: at }];
    let mut rects = vec![at];
    while page.len() < parameters.elements_limit {
        let Some(fit) = search(&sizes, &rects).filter(|f| f.fill >= parameters.fill_threshold) else { break };
        if !sizes[fit.candidate].is_large(parameters.large_side) {
            if small >= parameters.small_limit {
                break;
            }
            small += 1;
        }
        let rect = centred(sizes.remove(fit.candidate), fit.bin);
        rects.push(rect);
        page.push(Placed { element: left.remove(fit.candidate), rect });
    }
    page
}

/// Indices of elements drawn without replacement: the share of large ones, the rest small; fewer where there are fewer.
pub fn candidates(pool: &Sizes, parameters: &Parameters, rng: &mut Rng) -> Vec<usize> {
    let large = (parameters.candidates as f64 * parameters.large_share.clamp(0.0, 1.0)).round() as usize;
    let small = parameters.candidates.saturating_sub(large);
    let mut drawn = draw(&pool.large, large, rng);
    drawn.extend(draw(&pool.small, small, rng));
    drawn
}

/// `n` different ones of `from`, or all, in random order: the first of a shuffle that touches no more than it needs.
fn draw(from: &[u32], n: usize, rng: &mut Rng) -> Vec<usize> {
    let mut moved: HashMap<usize, u32> = HashMap::new();
    let n = n.min(from.len());
    let mut drawn = Vec::with_capacity(n);
    for i in 0..n {
        let j = i + rng.below(from.len() - i);
        let first = moved.get(&i).copied().unwrap_or(from[i]);
        let taken = moved.insert(j, first).unwrap_or(from[j]);
        drawn.push(taken as usize);
    }
    drawn
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

    fn sizes(all: Vec<Size>) -> Sizes {
        Sizes::new(all, Parameters::default().large_side)
    }

    #[test]
    fn the_fast_search_gives_the_layouts_of_the_scan_of_all_pairs() {
        for page in 0..12 {
            let mut pool = invented(45, &mut rng(&format!("pool {page}")));
            // Equal sizes make ties.
            let again = pool[..15].to_vec();
            pool.extend(again);
            let parameters = Parameters { elements_limit: 12, ..Default::default() };
            let at = anywhere(pool[page], &mut rng("first"));
            let fast = packed(&pool, page, at, &parameters);
            let slow = packed_by(&pool, page, at, &parameters, search::reference::best_fit);
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
        let pool = sizes(invented(800, &mut rng("pool")));
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
        let pool = sizes(vec![Size { width: 0.02, height: 0.02 }; 100]);
        let parameters = Parameters { large_share: 0.0, ..Default::default() };
        assert_eq!(layout(&pool, &parameters, &mut rng("small")).len(), 5);
    }

    #[test]
    fn candidates_keep_the_shares_and_come_once() {
        let pool = sizes(invented(4000, &mut rng("pool")));
        let parameters = Parameters::default();
        let drawn = candidates(&pool, &parameters, &mut rng("draw"));
        let mut once = drawn.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!((drawn.len(), once.len()), (500, 500));
        assert_eq!(drawn.iter().filter(|i| pool.all[**i].is_large(0.05)).count(), 495);
        let all =
            candidates(&pool, &Parameters { candidates: 100_000, large_share: 1.0, ..parameters }, &mut rng("all"));
        assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), pool.large.len());
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
