//! What charts compute from their data, as pure functions: statistics, bins, densities, and layouts in the unit frame.
//!
//! The numbers a reader sees (counts of bins, quartiles, shares) come from here both for the picture and for those who
//! ask about it: [`derived`] gives them as a table.

mod bins;
mod contour;
mod derived;
mod graph;
mod hex;
mod kde;
mod quantile;
mod sankey;
mod surface;
mod tree;
mod treemap;

pub use bins::{Bins, bins};
pub use contour::{Grid, Ring, regions};
pub use derived::derived;
pub(crate) use derived::shared_bins;
pub(crate) use graph::edges_of;
pub use graph::{Network, circular, spring};
pub use hex::{Hexagon, Hexagons, hexagons};
pub use kde::{Kde, Kde2};
pub use quantile::{BoxSummary, quantile};
pub use sankey::{Flow, SankeyLayout, sankey};
pub use surface::{View3, project};
pub use tree::{Tree, TreeNode};
pub use treemap::squarify;

/// The shares of a whole in percent; all 0 where the whole is 0. Negative values have no share.
pub fn shares(values: &[f64]) -> Vec<f64> {
    let total: f64 = values.iter().map(|v| v.max(0.0)).sum();
    values.iter().map(|v| if total > 0.0 { v.max(0.0) / total * 100.0 } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests;
