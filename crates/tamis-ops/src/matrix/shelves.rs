//! Vectors on disk, sorted by cluster: what does not fit into memory.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use tamis_core::StepError;
use tamis_core::error::StopReason;

use super::Matrix;
use super::kmeans::members;

/// Vectors in a file, those of a cluster side by side.
pub(crate) struct Shelves {
    file: File,
    pub(crate) dims: usize,
    /// the rows of each cluster, ascending
    pub(crate) rows: Vec<Vec<u32>>,
    /// the place in the file of each row
    places: Vec<u32>,
}

impl Shelves {
    /// Empty shelves in `folder` for rows whose clusters are `labels`.
    pub(crate) fn new(folder: &Path, dims: usize, labels: &[u32], clusters: usize) -> Result<Shelves, StepError> {
        let file = File::options().read(true).write(true).create(true).truncate(true).open(folder.join("vectors"));
        let rows = members(labels.iter().copied(), clusters);
        let mut places = vec![0; labels.len()];
        rows.iter().flatten().enumerate().for_each(|(place, row)| places[*row as usize] = place as u32);
        Ok(Shelves { file: file.map_err(|e| stop("make", &e))?, dims, rows, places })
    }

    /// Puts a row's vector into its place.
    pub(crate) fn put(&self, row: usize, vector: &[f32]) -> Result<(), StepError> {
        let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.file.write_all_at(&bytes, self.offset(self.places[row])).map_err(|e| stop("write", &e))
    }

    /// The vectors of a cluster, in the order of its rows.
    pub(crate) fn cluster(&self, cluster: usize) -> Result<Matrix, StepError> {
        let first = self.rows[cluster].first().map_or(0, |row| self.places[*row as usize]);
        Ok(Matrix { dims: self.dims, numbers: self.read(first, self.rows[cluster].len())? })
    }

    /// The vectors of some rows.
    pub(crate) fn pick(&self, rows: &[u32]) -> Result<Matrix, StepError> {
        let mut numbers = Vec::with_capacity(rows.len() * self.dims);
        for row in rows {
            numbers.extend(self.read(self.places[*row as usize], 1)?);
        }
        Ok(Matrix { dims: self.dims, numbers })
    }

    fn read(&self, place: u32, count: usize) -> Result<Vec<f32>, StepError> {
        let mut bytes = vec![0; count * self.dims * 4];
        self.file.read_exact_at(&mut bytes, self.offset(place)).map_err(|e| stop("read", &e))?;
        Ok(bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }

    fn offset(&self, place: u32) -> u64 {
        u64::from(place) * self.dims as u64 * 4
    }
}

fn stop(what: &str, error: &std::io::Error) -> StepError {
    StepError::Stop(StopReason::Machine(format!("cannot {what} the barrier's vectors: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_come_back_by_cluster_and_by_row() {
        let folder = tempfile::tempdir().unwrap();
        let shelves = Shelves::new(folder.path(), 2, &[1, 0, 1, 3], 4).unwrap();
        for row in 0..4 {
            shelves.put(row, &[row as f32, 0.5]).unwrap();
        }
        assert_eq!(shelves.cluster(1).unwrap().numbers, [0.0, 0.5, 2.0, 0.5]);
        assert_eq!(shelves.cluster(2).unwrap().len(), 0);
        assert_eq!(shelves.pick(&[3, 1]).unwrap().numbers, [3.0, 0.5, 1.0, 0.5]);
    }
}
