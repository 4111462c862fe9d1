//! Files that only grow, copied in segments: objects that are written once and name the bytes they hold.
//!
//! `answers@000000000000-000000004096.log` holds the first 4096 bytes of `answers.log`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::bucket::{Bucket, Found, Mode};

/// A stretch of a growing file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// the file's name
    pub file: String,
    pub from: u64,
    pub to: u64,
}

impl Segment {
    /// The name of the object that holds it.
    pub(super) fn name(&self) -> String {
        let (stem, extension) = self.file.rsplit_once('.').unwrap_or((&self.file, ""));
        format!("{stem}@{:012}-{:012}.{extension}", self.from, self.to)
    }

    /// What an object's name says.
    pub(super) fn parse(name: &str) -> Option<Segment> {
        let (stem, extension) = name.rsplit_once('.')?;
        let (file, stretch) = stem.rsplit_once('@')?;
        let (from, to) = stretch.split_once('-')?;
        let (from, to) = (from.parse().ok()?, to.parse().ok()?);
        (from <= to).then(|| Segment { file: format!("{file}.{extension}"), from, to })
    }
}

/// Copies what a file has beyond `done` bytes, up to `end`; returns how far it is copied then.
pub(super) fn push(bucket: &Bucket, root: &Path, file: &str, done: u64, end: u64) -> io::Result<u64> {
    /// So little that it is written with one request.
    const LONGEST: u64 = 32 << 20;
    let mut done = done;
    while done < end {
        let to = end.min(done + LONGEST);
        let mut bytes = vec![0; (to - done) as usize];
        File::open(root.join(file))?.read_exact_at(&mut bytes, done)?;
        let segment = Segment { file: file.to_string(), from: done, to };
        bucket.put(&segment.name(), bytes, Mode::Over)?;
        done = to;
    }
    Ok(done)
}

/// How far a file is copied.
pub(super) fn pushed(found: &[Found], file: &str) -> u64 {
    chain(found, file, 0).last().map_or(0, |segment| segment.to)
}

/// Brings the bytes of a growing file that are not here.
pub(super) fn pull(bucket: &Bucket, root: &Path, found: &[Found], file: &str) -> io::Result<()> {
    let path = root.join(file);
    let here = fs::metadata(&path).map_or(0, |facts| facts.len());
    let segments = chain(found, file, here);
    if segments.is_empty() {
        return Ok(());
    }
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    let scratch = root.join(format!("segments-{}.lock", std::process::id()));
    let names: Vec<_> = segments.iter().enumerate().map(|(i, s)| (s.name(), scratch.join(i.to_string()))).collect();
    bucket.bring(names.clone())?;
    let mut out = OpenOptions::new().create(true).append(true).open(&path)?;
    let mut at = here;
    for (segment, (_, part)) in segments.iter().zip(names) {
        let bytes = fs::read(part)?;
        out.write_all(bytes.get((at - segment.from) as usize..).unwrap_or_default())?;
        at = segment.to;
    }
    fs::remove_dir_all(scratch)
}

/// The segments that lead on from some byte without a gap.
fn chain(found: &[Found], file: &str, from: u64) -> Vec<Segment> {
    let mut segments: Vec<Segment> = found.iter().filter_map(|f| Segment::parse(&f.name)).collect();
    segments.retain(|segment| segment.file == file);
    segments.sort_by_key(|segment| (segment.from, std::cmp::Reverse(segment.to)));
    let (mut chain, mut at) = (Vec::new(), from);
    for segment in segments {
        if segment.from <= at && segment.to > at {
            at = segment.to;
            chain.push(segment);
        }
    }
    chain
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn found(from: u64, to: u64) -> Found {
        let name = Segment { file: "replies/1-of-1.ab/answers.log".to_string(), from, to }.name();
        Found { name, bytes: to - from, tag: String::new() }
    }

    #[test]
    fn a_name_says_which_bytes_an_object_holds() {
        let name = found(0, 4096).name;
        assert_eq!(name, "replies/1-of-1.ab/answers@000000000000-000000004096.log");
        let segment = Segment::parse(&name).unwrap();
        assert_eq!((segment.file.as_str(), segment.from, segment.to), ("replies/1-of-1.ab/answers.log", 0, 4096));
        assert_eq!(Segment::parse("run.json"), None);
    }

    #[test]
    fn a_gap_ends_the_chain_and_overlaps_do_not() {
        let file = "replies/1-of-1.ab/answers.log";
        assert_eq!(pushed(&[found(0, 10), found(10, 30), found(0, 20), found(40, 50)], file), 30);
        assert_eq!(pushed(&[found(10, 30)], file), 0);
        let on = chain(&[found(0, 10), found(5, 30)], file, 10);
        assert_eq!(on.iter().map(|s| (s.from, s.to)).collect::<Vec<_>>(), [(5, 30)]);
    }
}
