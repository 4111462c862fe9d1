//! Parts of a run in a bucket: their files first, their manifest last and only if there is none.

use std::fs;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

use tamis_core::media::Entry;

use super::bucket::{self, Found, Mode};
use super::{Copy, write_whole};

/// The name of a part's directory.
pub(super) fn name(stage: usize, part: u64) -> String {
    format!("stages/{stage}/part-{part:06}")
}

/// The file in a part's directory that says: this part is there, with a manifest of this entity tag.
const COPIED: &str = "copied";

impl Copy {
    /// Copies a part that was committed here. If another copy was first, its part takes the place of this one.
    pub(super) fn push_part(&self, stage: usize, part: u64) -> io::Result<()> {
        let name = name(stage, part);
        let dir = self.work.root.join(&name);
        let manifest = fs::read(dir.join("manifest.json"))?;
        let files = bucket::files_in(&dir)?.into_iter().filter(|(file, _)| file != "manifest.json" && file != COPIED);
        self.bucket.put_files(files.map(|(file, path)| (format!("{name}/{file}"), path)).collect())?;
        self.check()?;
        let key = format!("{name}/manifest.json");
        match self.bucket.put(&key, manifest.clone(), Mode::New) {
            Ok(tag) => fs::write(dir.join(COPIED), tag),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {
                let there = self.bucket.get(&key)?.ok_or(e)?;
                if there.bytes == manifest {
                    return fs::write(dir.join(COPIED), there.tag);
                }
                self.place_manifest(&name, &there.bytes, &there.tag)?;
                let message = format!("{}: another process was first to commit {name}; resume", self.url);
                Err(io::Error::new(ErrorKind::AlreadyExists, message))
            }
            Err(e) => Err(e),
        }
    }

    /// Copies what an earlier process committed here and did not get out.
    pub(super) fn push_leftovers(&self) -> io::Result<()> {
        for (stage, part) in self.parts_here()? {
            let dir = self.work.root.join(name(stage, part));
            if dir.join("manifest.json").exists() && !dir.join(COPIED).exists() {
                match self.push_part(stage, part) {
                    // The other copy's part is here now.
                    Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
                    pushed => pushed?,
                }
            }
        }
        Ok(())
    }

    /// Brings the manifests among what was found that are not here, or other ones.
    pub(super) fn bring_manifests(&self, found: &[Found]) -> io::Result<()> {
        let manifests = found.iter().filter_map(|f| Some((f, f.name.strip_suffix("/manifest.json")?)));
        let news: Vec<(&Found, &str)> = manifests
            .filter(|(found, dir)| {
                let copied = fs::read_to_string(self.work.root.join(dir).join(COPIED));
                dir.starts_with("stages/") && copied.ok().as_deref() != Some(&found.tag)
            })
            .collect();
        let scratch = self.work.root.join(format!("manifests-{}.lock", std::process::id()));
        let files = news.iter().enumerate().map(|(i, (found, _))| (found.name.clone(), scratch.join(i.to_string())));
        let files: Vec<_> = files.collect();
        self.bucket.bring(files.clone())?;
        for ((found, dir), (_, file)) in news.iter().zip(files) {
            let manifest = fs::read(file)?;
            let here = fs::read(self.work.root.join(dir).join("manifest.json")).ok();
            if here.as_deref() == Some(&manifest) {
                fs::write(self.work.root.join(dir).join(COPIED), &found.tag)?;
            } else {
                self.place_manifest(dir, &manifest, &found.tag)?;
            }
        }
        match fs::remove_dir_all(scratch) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }

    /// Drops parts that were brought here once and taken back there since.
    pub(super) fn drop_removed(&self, found: &[Found]) -> io::Result<()> {
        let there: std::collections::HashSet<&str> = found.iter().map(|f| f.name.as_str()).collect();
        for (stage, part) in self.parts_here()? {
            let name = name(stage, part);
            let key = format!("{name}/manifest.json");
            let copied = self.work.root.join(&name).join(COPIED).exists();
            // Asked again, because it may have been written after the listing.
            if copied && !there.contains(key.as_str()) && self.bucket.get(&key)?.is_none() {
                fs::remove_dir_all(self.work.root.join(&name))?;
            }
        }
        Ok(())
    }

    /// A part's directory with nothing but its manifest: its files are brought when they are read.
    fn place_manifest(&self, dir: &str, manifest: &[u8], tag: &str) -> io::Result<()> {
        let place = self.work.root.join(dir);
        let aside = place.with_extension(format!("fetch-{}", std::process::id()));
        fs::create_dir_all(&aside)?;
        write_whole(&aside.join("manifest.json"), manifest)?;
        fs::write(aside.join(COPIED), tag)?;
        if place.exists() {
            fs::remove_dir_all(&place)?;
        }
        fs::rename(aside, place)
    }

    /// The parts that are here, by stage and number.
    fn parts_here(&self) -> io::Result<Vec<(usize, u64)>> {
        let mut parts = Vec::new();
        for stage in names_in(&self.work.root.join("stages"))? {
            let Ok(number) = stage.parse::<usize>() else { continue };
            for part in names_in(&self.work.root.join("stages").join(&stage))? {
                parts.extend(part.strip_prefix("part-").and_then(|n| n.parse().ok()).map(|n: u64| (number, n)));
            }
        }
        parts.sort_unstable();
        Ok(parts)
    }
}

fn names_in(dir: &Path) -> io::Result<Vec<String>> {
    match fs::read_dir(dir) {
        Ok(entries) => entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect(),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(e),
    }
}

/// How far an index of media is synced, from `done` on, and the packs that its new lines point into. They are closed:
/// in a copy each sync ends the pack.
pub(super) fn synced(index: &Path, done: u64) -> io::Result<(u64, Vec<String>)> {
    const MARK: &[u8] = b"{\"synced\":true}\n";
    let mut news = Vec::new();
    let mut file = fs::File::open(index)?;
    file.seek(SeekFrom::Start(done))?;
    file.read_to_end(&mut news)?;
    let Some(last) = news.windows(MARK.len()).rposition(|window| window == MARK) else { return Ok((done, Vec::new())) };
    let end = last + MARK.len();
    let lines = news[..end].split(|byte| *byte == b'\n');
    let mut packs: Vec<String> =
        lines.filter_map(|line| Some(serde_json::from_slice::<Entry>(line).ok()?.pack)).collect();
    packs.dedup();
    Ok((done + end as u64, packs))
}
