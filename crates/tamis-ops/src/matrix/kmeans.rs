//! k-means: points by their nearest centre.

use tamis_core::StepError;
use tamis_core::rng::Rng;

use super::{BLOCK, Best, Matrix, Panels, Products, in_order, squared_distance};

/// The centres of clusters.
pub(crate) struct Centroids {
    pub(crate) centres: Matrix,
    panels: Panels,
    halves: Vec<f32>,
}

/// How centres are found.
pub(crate) struct Training {
    pub(crate) clusters: usize,
    /// at most so many rounds
    pub(crate) rounds: usize,
    /// centres have length 1, as their points
    pub(crate) spherical: bool,
}

/// The first centres are drawn among at most so many points for each cluster.
const DRAWN_FROM: usize = 20;

impl Training {
    /// Finds centres of the points: k-means++, then rounds of Lloyd's until no point changes its cluster.
    pub(crate) fn run(&self, points: &Matrix, rng: &mut Rng) -> Result<Centroids, StepError> {
        let mut centroids = Centroids::new(self.first_centres(points, rng)?);
        let mut labels = Vec::new();
        for _ in 0..self.rounds {
            let nearest = centroids.nearest(points)?;
            let now: Vec<u32> = nearest.iter().map(|(label, _)| *label).collect();
            if now == labels {
                break;
            }
            labels = now;
            centroids = Centroids::new(self.means(points, &nearest, centroids.centres.len())?);
        }
        Ok(centroids)
    }

    /// Draws centres among the points, each in proportion to its squared distance from those there are.
    fn first_centres(&self, points: &Matrix, rng: &mut Rng) -> Result<Matrix, StepError> {
        let mut order: Vec<usize> = (0..points.len()).collect();
        if order.len() > DRAWN_FROM * self.clusters {
            rng.shuffle(&mut order);
            order.truncate(DRAWN_FROM * self.clusters);
            order.sort_unstable();
        }
        let mut centres = Matrix::default();
        let mut distances = vec![f64::INFINITY; order.len()];
        let mut chosen = rng.below(order.len());
        while centres.len() < self.clusters.min(order.len()) {
            let centre = points.row(order[chosen]);
            centres.push(centre)?;
            let updated = in_order(
                order.len().div_ceil(BLOCK),
                || (),
                |(), block| {
                    let rows = block * BLOCK..((block + 1) * BLOCK).min(order.len());
                    Ok(rows
                        .map(|i| distances[i].min(squared_distance(points.row(order[i]), centre)))
                        .collect::<Vec<_>>())
                },
            )?;
            distances = updated.concat();
            if distances.iter().all(|distance| *distance == 0.0) {
                break; // fewer different points than clusters
            }
            chosen = rng.weighted(&distances);
        }
        Ok(centres)
    }

    /// The means of the clusters' points, each summed up in the order of the points; a cluster without points gets the
    /// one that is farthest from its centre.
    fn means(&self, points: &Matrix, nearest: &[(u32, f32)], clusters: usize) -> Result<Matrix, StepError> {
        let members = members(nearest.iter().map(|(label, _)| *label), clusters);
        let mut farthest: Vec<usize> = (0..points.len()).collect();
        let empty = members.iter().filter(|members| members.is_empty()).count();
        if empty > 0 {
            farthest.sort_by(|a, b| nearest[*b].1.total_cmp(&nearest[*a].1).then(a.cmp(b)));
        }
        let mut farthest = farthest.into_iter();
        let sources: Vec<Vec<u32>> = members
            .into_iter()
            .map(|m| if m.is_empty() { farthest.next().map(|i| i as u32).into_iter().collect() } else { m })
            .collect();
        let means = in_order(clusters, || (), |(), cluster| Ok(self.mean(points, &sources[cluster])))?;
        Ok(Matrix { dims: points.dims, numbers: means.concat() })
    }

    fn mean(&self, points: &Matrix, members: &[u32]) -> Vec<f32> {
        let mut sums = vec![0.0f64; points.dims];
        for member in members {
            sums.iter_mut().zip(points.row(*member as usize)).for_each(|(sum, x)| *sum += f64::from(*x));
        }
        let length = sums.iter().map(|x| x * x).sum::<f64>().sqrt();
        let divisor = if self.spherical && length > 0.0 { length } else { members.len().max(1) as f64 };
        sums.iter().map(|sum| (sum / divisor) as f32).collect()
    }
}

impl Centroids {
    fn new(centres: Matrix) -> Centroids {
        let (panels, halves) = (Panels::right(&centres.numbers, centres.dims), centres.halves());
        Centroids { centres, panels, halves }
    }

    /// The nearest centre of each point, and its distance.
    pub(crate) fn nearest(&self, points: &Matrix) -> Result<Vec<(u32, f32)>, StepError> {
        let best = self.few(points, 1)?;
        let centre = |(point, best): (usize, &Best)| {
            let centre = best.candidates().next().unwrap_or_default();
            (centre, squared_distance(points.row(point), self.centres.row(centre as usize)).sqrt() as f32)
        };
        Ok(best.iter().enumerate().map(centre).collect())
    }

    /// The nearest few centres of each point, nearest first.
    pub(crate) fn few(&self, points: &Matrix, few: usize) -> Result<Vec<Best>, StepError> {
        let blocks = in_order(points.blocks(), Products::default, |products, block| {
            let rows = points.block(block);
            let left = Panels::left(points.rows(rows.clone()), points.dims);
            products.fill(&left, &self.panels, 0..self.centres.len());
            let best = |row| {
                let mut best = Best::new(few);
                let scores = products.row(row).iter().zip(&self.halves).map(|(product, half)| product - half);
                for (centre, score) in scores.enumerate() {
                    if score >= best.floor() {
                        best.offer(score, centre as u32);
                    }
                }
                best
            };
            Ok((0..rows.len()).map(best).collect::<Vec<_>>())
        })?;
        Ok(blocks.into_iter().flatten().collect())
    }
}

/// The points of each cluster, in order.
pub(crate) fn members(labels: impl Iterator<Item = u32>, clusters: usize) -> Vec<Vec<u32>> {
    let mut members = vec![Vec::new(); clusters];
    for (point, label) in labels.enumerate() {
        members[label as usize].push(point as u32);
    }
    members
}

#[cfg(test)]
mod tests {
    use tamis_core::RecordId;

    use super::super::heaps;
    use super::*;

    fn trained(points: &Matrix, clusters: usize) -> Centroids {
        let mut rng = Rng::keyed(7, RecordId::input("x"), "cluster", &[]);
        Training { clusters, rounds: 25, spherical: false }.run(points, &mut rng).unwrap()
    }

    #[test]
    fn heaps_that_stand_apart_are_found() {
        let points = heaps(300, 8, 5, 0.05, 1);
        let centroids = trained(&points, 5);
        let nearest = centroids.nearest(&points).unwrap();
        assert!(nearest.iter().all(|(_, distance)| *distance < 0.4), "{nearest:?}");
        let sizes: Vec<usize> = members(nearest.iter().map(|n| n.0), 5).iter().map(Vec::len).collect();
        assert!(sizes.iter().all(|size| *size > 30), "{sizes:?}");
    }

    #[test]
    fn fewer_points_than_clusters_give_fewer_centres() {
        let points = Matrix { dims: 2, numbers: vec![1.0, 0.0, 1.0, 0.0, 0.0, 1.0] };
        assert_eq!(trained(&points, 5).centres.len(), 2);
    }
}
