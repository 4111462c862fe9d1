//! Records in clusters.

pub mod kmeans;
