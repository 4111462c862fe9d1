//! Reading at any position of a file or an object, and reading on from there.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Facts, remote};
use crate::media::Bytes;

/// A file or object that is read at any position, from any number of threads.
#[derive(Debug)]
pub struct Opened(Held);

#[derive(Debug)]
enum Held {
    File { file: File, bytes: u64 },
    Object { url: String, facts: Facts, near: Mutex<VecDeque<(u64, Bytes)>> },
}

/// What is read of an object around a stretch of it, because its neighbours will be asked for next.
const BLOCK: u64 = 4 << 20;

/// How many blocks are kept.
const BLOCKS: usize = 6;

impl Opened {
    /// An open file, its size as it was then.
    pub fn file(file: File) -> io::Result<Opened> {
        let bytes = file.metadata()?.len();
        Ok(Opened(Held::File { file, bytes }))
    }

    pub(super) fn object(url: &str, facts: Facts) -> Opened {
        Opened(Held::Object { url: url.to_string(), facts, near: Mutex::default() })
    }

    /// Its size when it was opened.
    pub fn bytes(&self) -> u64 {
        match &self.0 {
            Held::File { bytes, .. } => *bytes,
            Held::Object { facts, .. } => facts.bytes,
        }
    }

    /// All of it as a reader.
    pub fn whole(self: &Arc<Opened>) -> Section {
        Section::new(Arc::clone(self), 0, self.bytes())
    }

    /// A stretch of it, whose neighbours are asked for next: of an object, they come along and are kept a while.
    pub fn near(&self, start: u64, length: u64) -> io::Result<Vec<u8>> {
        if let Held::File { file, .. } = &self.0 {
            let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
            file.read_exact_at(&mut bytes, start)?;
            return Ok(bytes);
        }
        let end = start.checked_add(length).filter(|end| *end <= self.bytes());
        let end = end.ok_or_else(|| io::Error::from(ErrorKind::UnexpectedEof))?;
        let mut bytes = Vec::with_capacity(length as usize);
        while start + (bytes.len() as u64) < end {
            let at = start + bytes.len() as u64;
            let block = self.block(at / BLOCK)?;
            let from = (at % BLOCK) as usize;
            let to = block.len().min(from + (end - at) as usize);
            bytes.extend_from_slice(block.get(from..to).ok_or(ErrorKind::UnexpectedEof)?);
        }
        Ok(bytes)
    }

    fn block(&self, number: u64) -> io::Result<Bytes> {
        let from = number * BLOCK;
        let Held::Object { near, .. } = &self.0 else { return self.stretch(from, BLOCK.min(self.bytes() - from)) };
        let mut near = near.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, block)) = near.iter().find(|(known, _)| *known == number) {
            return Ok(Bytes::clone(block));
        }
        let block = self.stretch(from, BLOCK.min(self.bytes() - from))?;
        if near.len() >= BLOCKS {
            near.pop_front();
        }
        near.push_back((number, Bytes::clone(&block)));
        Ok(block)
    }

    /// A stretch of it.
    pub fn stretch(&self, start: u64, length: u64) -> io::Result<Bytes> {
        match &self.0 {
            Held::File { file, .. } => {
                let length = usize::try_from(length).map_err(io::Error::other)?;
                let mut bytes: Bytes = std::iter::repeat_n(0, length).collect();
                file.read_exact_at(Arc::make_mut(&mut bytes), start)?;
                Ok(bytes)
            }
            Held::Object { url, facts, .. } => remote(url)?.read(url, facts, start..start + length),
        }
    }
}

/// A stretch of a file or object as a reader of its own, with its own position.
#[derive(Debug)]
pub struct Section {
    place: Arc<Opened>,
    start: u64,
    /// how many bytes it has
    pub length: u64,
    at: u64,
    ahead: Ahead,
}

/// What was read of an object beyond what was asked for.
#[derive(Debug, Default)]
struct Ahead {
    /// where it begins in the section
    start: u64,
    bytes: Option<Bytes>,
    /// how much is read the next time
    next: u64,
}

impl Ahead {
    /// So little that looking at a header is cheap.
    const LEAST: u64 = 256 << 10;
    /// So much that the time to an answer does not count.
    const MOST: u64 = 8 << 20;

    fn end(&self) -> u64 {
        self.start + self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)
    }

    fn at(&self, position: u64) -> &[u8] {
        match &self.bytes {
            Some(bytes) if (self.start..self.end()).contains(&position) => &bytes[(position - self.start) as usize..],
            _ => &[],
        }
    }

    /// Whoever reads on gets more each time; whoever jumps about gets little.
    fn size_for(&mut self, position: u64) -> u64 {
        let goes_on = self.bytes.is_some() && (self.end()..self.end() + self.next.max(1)).contains(&position);
        self.next = if goes_on { (self.next * 2).min(Ahead::MOST) } else { Ahead::LEAST };
        self.next
    }
}

impl Section {
    /// The stretch of `length` bytes from `start` on.
    pub fn new(place: Arc<Opened>, start: u64, length: u64) -> Section {
        Section { place, start, length, at: 0, ahead: Ahead::default() }
    }

    /// All of it, wherever the position is.
    pub fn all(&self) -> io::Result<Bytes> {
        self.place.stretch(self.start, self.length)
    }
}

impl Read for Section {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.length.saturating_sub(self.at);
        let count = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let read = match &self.place.0 {
            Held::File { file, .. } => file.read_at(&mut buffer[..count], self.start + self.at)?,
            Held::Object { .. } => {
                if count > 0 && self.ahead.at(self.at).is_empty() {
                    let size = self.ahead.size_for(self.at).min(left);
                    self.ahead.bytes = Some(self.place.stretch(self.start + self.at, size)?);
                    self.ahead.start = self.at;
                }
                let there = self.ahead.at(self.at);
                let count = count.min(there.len());
                buffer[..count].copy_from_slice(&there[..count]);
                count
            }
        };
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Section {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(distance) => self.length.checked_add_signed(distance),
            SeekFrom::Current(distance) => self.at.checked_add_signed(distance),
        };
        self.at = position.ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "a position before the start"))?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_on_reads_more_and_jumping_reads_little() {
        let mut ahead = Ahead::default();
        assert_eq!(ahead.size_for(0), Ahead::LEAST);
        ahead.bytes = Some(vec![0; Ahead::LEAST as usize].into());
        assert_eq!(ahead.size_for(Ahead::LEAST), 2 * Ahead::LEAST);
        assert_eq!(ahead.size_for(1 << 40), Ahead::LEAST);
    }
}
