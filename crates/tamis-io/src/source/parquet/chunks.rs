//! A Parquet file or object as the reader wants it: footers, pages and column chunks at any position.

use std::io::{self, Read};
use std::sync::Arc;

use ::parquet::errors::Result;
use ::parquet::file::reader::{ChunkReader, Length};
use bytes::Bytes;
use tamis_core::place::Opened;

/// Shared by the readers of all row groups, so that what came along with one page serves the next.
#[derive(Clone)]
pub(super) struct Chunks(pub Arc<Opened>);

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.0.bytes()
    }
}

impl ChunkReader for Chunks {
    type T = From;

    fn get_read(&self, start: u64) -> Result<From> {
        Ok(From { file: Arc::clone(&self.0), at: start, read: Vec::new(), used: 0 })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        Ok(self.0.near(start, length as u64)?.into())
    }
}

/// Reads on from some byte, a little at a time: page headers are small.
pub(super) struct From {
    file: Arc<Opened>,
    at: u64,
    read: Vec<u8>,
    used: usize,
}

impl Read for From {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        const AT_ONCE: u64 = 8 << 10;
        if self.used == self.read.len() {
            let left = self.file.bytes().saturating_sub(self.at);
            self.read = self.file.near(self.at, AT_ONCE.min(left))?;
            self.at += self.read.len() as u64;
            self.used = 0;
        }
        let count = buffer.len().min(self.read.len() - self.used);
        buffer[..count].copy_from_slice(&self.read[self.used..self.used + count]);
        self.used += count;
        Ok(count)
    }
}
