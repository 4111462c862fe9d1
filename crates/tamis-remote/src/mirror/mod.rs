//! A run directory in a bucket, worked on in a copy on this machine.
//!
//! The layout there is the layout here: whoever copies the prefix has a run directory. A part's manifest is written
//! last and only if there is none; what grows (answers, the index of media) is written in segments; packs of media are
//! closed with each part and written once. Leases keep two processes from working on one share.

mod bucket;
mod lease;
mod owner;
mod parts;
mod segments;
mod work;

use std::any::Any;
use std::collections::HashMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tamis_core::media::Elsewhere;
use tamis_engine::{Mirror, RunDir, Shard};

use self::bucket::{Bucket, Found, Mode};
use self::lease::Lease;
use self::segments::Segment;
use self::work::Work;

/// The run directory at a URL, worked on in `work` (by default in the user's cache directory); nothing is brought yet.
pub fn open(url: &str, work: Option<&Path>) -> io::Result<RunDir> {
    let bucket = Bucket::open(url)?;
    let work = Work::open(&bucket.url(), work)?;
    let root = work.root.clone();
    let copy = Copy {
        url: bucket.url(),
        bucket,
        work,
        lease: Mutex::default(),
        packs: Mutex::default(),
        grown: Mutex::default(),
    };
    Ok(RunDir::copy(root, Arc::new(Mirrored(Arc::new(copy)))))
}

/// The same for reading: what is small is brought, the rest when it is looked at.
pub fn open_to_read(url: &str, work: Option<&Path>) -> io::Result<RunDir> {
    let dir = open(url, work)?;
    dir.mirror().map_or(Ok(()), |mirror| mirror.pull())?;
    Ok(dir)
}

#[derive(Debug)]
struct Mirrored(Arc<Copy>);

/// A copy and what it is a copy of.
#[derive(Debug)]
struct Copy {
    url: String,
    bucket: Bucket,
    work: Work,
    lease: Mutex<Option<Arc<Lease>>>,
    /// the packs that are there, with their sizes
    packs: Mutex<HashMap<String, u64>>,
    /// how far each growing file of this copy is there
    grown: Mutex<HashMap<String, u64>>,
}

/// How often what grows is copied: what a machine that dies may lose.
const FLUSH: Duration = Duration::from_secs(5);

impl Mirror for Mirrored {
    fn url(&self) -> &str {
        &self.0.url
    }

    fn name(&self) -> &str {
        &self.0.work.name
    }

    fn hold(&self, shard: &Shard) -> io::Result<Box<dyn Any + Send + Sync>> {
        let lease = Arc::new(Lease::take(&self.0.bucket, shard)?);
        *lock(&self.0.lease) = Some(lease.clone());
        Ok(Box::new(Holding::begin(self.0.clone(), lease)))
    }

    fn pull(&self) -> io::Result<()> {
        self.0.pull()
    }

    fn begin(&self) -> io::Result<bool> {
        self.0.begin()
    }

    fn fetch(&self, file: &Path) -> io::Result<()> {
        let name = file.to_str().ok_or(ErrorKind::InvalidInput)?;
        self.0.bucket.bring(vec![(name.to_string(), self.0.work.root.join(file))])
    }

    fn refresh(&self, stage: usize) -> io::Result<()> {
        let found = self.0.bucket.list(&format!("stages/{stage}"))?;
        self.0.bring_total(&found)?;
        self.0.bring_manifests(&found)
    }

    fn committed(&self, stage: usize, part: u64) -> io::Result<()> {
        self.0.flush()?;
        self.0.check()?;
        self.0.push_part(stage, part)
    }

    fn replaced(&self, stage: usize, part: u64) -> io::Result<()> {
        self.0.check()?;
        // A part without its manifest was never committed: whoever finds it so does it again.
        self.0.bucket.remove(&format!("{}/manifest.json", parts::name(stage, part)))?;
        self.0.push_part(stage, part)
    }

    fn removed(&self, stage: usize, part: u64) -> io::Result<()> {
        self.0.check()?;
        let name = parts::name(stage, part);
        self.0.bucket.remove(&format!("{name}/manifest.json"))?;
        self.0.bucket.list(&name)?.iter().try_for_each(|found| self.0.bucket.remove(&found.name))
    }

    fn wrote(&self, file: &Path) -> io::Result<()> {
        self.0.check()?;
        let name = file.to_str().ok_or(ErrorKind::InvalidInput)?;
        self.0.bucket.put(name, fs::read(self.0.work.root.join(file))?, Mode::Over).map(|_| ())
    }

    fn decisions(&self, stage: usize) -> io::Result<()> {
        if self.0.work.root.join(format!("stages/{stage}/decisions")).exists() {
            return Ok(());
        }
        match self.0.bucket.get(&decided_name(stage))? {
            Some(decided) => self.0.bring_decisions(stage, &decided.bytes),
            None => Ok(()),
        }
    }

    fn decided(&self, stage: usize) -> io::Result<()> {
        self.0.check()?;
        self.0.decided(stage)
    }

    fn pause(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn packs(&self) -> Arc<dyn Elsewhere> {
        self.0.clone()
    }
}

impl Elsewhere for Copy {
    fn bytes(&self, pack: &str) -> Option<u64> {
        lock(&self.packs).get(pack).copied()
    }

    fn bring(&self, pack: &str) -> io::Result<()> {
        self.bucket.bring(vec![(format!("media/{pack}"), self.work.root.join("media").join(pack))])
    }
}

impl Copy {
    fn check(&self) -> io::Result<()> {
        lock(&self.lease).as_ref().map_or(Ok(()), |lease| lease.check())
    }

    fn pull(&self) -> io::Result<()> {
        let found = self.bucket.list("")?;
        if let Some(run) = self.bucket.get("run.json")? {
            self.bring_run(&run.bytes, &found)?;
        }
        let packs = found.iter().filter_map(|f| Some((f.name.strip_prefix("media/")?, f.bytes)));
        let packs = packs.filter(|(name, _)| name.ends_with(".pack"));
        *lock(&self.packs) = packs.map(|(name, bytes)| (name.to_string(), bytes)).collect();
        self.bring_grown(&found)?;
        self.bring_total(&found)?;
        self.drop_removed(&found)?;
        self.bring_manifests(&found)
    }

    /// What the run is, and its recipe; work on another run is put aside.
    fn bring_run(&self, run: &[u8], found: &[Found]) -> io::Result<()> {
        let path = self.work.root.join("run.json");
        let here = fs::read(&path).ok();
        if here.as_deref().is_some_and(|here| identity(here) != identity(run)) {
            self.work.put_aside()?;
        }
        let recipe = found.iter().filter(|f| f.name.starts_with("recipe/"));
        let missing = recipe.map(|f| (f.name.clone(), self.work.root.join(&f.name)));
        self.bucket.bring(missing.filter(|(_, path)| !path.exists()).collect())?;
        if here.as_deref() != Some(run) {
            write_whole(&path, run)?;
        }
        Ok(())
    }

    /// Answers and indexes of other copies, and how far those of this one are there.
    fn bring_grown(&self, found: &[Found]) -> io::Result<()> {
        let mut files: Vec<String> = found.iter().filter_map(|f| Some(Segment::parse(&f.name)?.file)).collect();
        files.sort();
        files.dedup();
        for file in files {
            if self.is_own(&file) {
                lock(&self.grown).insert(file.clone(), segments::pushed(found, &file));
            } else {
                segments::pull(&self.bucket, &self.work.root, found, &file)?;
            }
        }
        Ok(())
    }

    /// Whether a growing file is written by processes that work in this copy.
    fn is_own(&self, file: &str) -> bool {
        file.contains(&format!(".{}/", self.work.name)) || file.ends_with(&format!(".{}.jsonl", self.work.name))
    }

    fn bring_total(&self, found: &[Found]) -> io::Result<()> {
        let total = found.iter().find(|f| f.name == "stages/0/total.json");
        let path = self.work.root.join("stages/0/total.json");
        match total {
            Some(total) if !path.exists() => self.bucket.bring(vec![(total.name.clone(), path)]),
            _ => Ok(()),
        }
    }

    fn begin(&self) -> io::Result<bool> {
        let root = &self.work.root;
        let here = fs::read(root.join("run.json"))?;
        let first = match self.bucket.get("run.json")? {
            Some(there) => there.bytes == here || self.is_another(&there.bytes)?,
            None => self.push_run(&here)?,
        };
        self.flush()?;
        self.push_leftovers()?;
        if root.join("stages/0/total.json").exists() && self.bucket.get("stages/0/total.json")?.is_none() {
            self.bucket.put("stages/0/total.json", fs::read(root.join("stages/0/total.json"))?, Mode::Over)?;
        }
        Ok(first)
    }

    /// Takes over what the run is from the bucket, where another copy was first.
    fn is_another(&self, run: &[u8]) -> io::Result<bool> {
        write_whole(&self.work.root.join("run.json"), run)?;
        Ok(false)
    }

    fn push_run(&self, run: &[u8]) -> io::Result<bool> {
        let mut recipe = Vec::new();
        crate::upload::collect(&self.work.root.join("recipe"), "recipe/", &mut recipe)?;
        self.bucket.put_files(recipe)?;
        match self.bucket.put("run.json", run.to_vec(), Mode::New) {
            Ok(_) => Ok(true),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {
                let there = self.bucket.get("run.json")?.ok_or(e)?;
                if there.bytes == run { Ok(true) } else { self.is_another(&there.bytes) }
            }
            Err(e) => Err(e),
        }
    }

    /// Copies what grew in this copy: packs of media before the lines that point into them, then answers.
    fn flush(&self) -> io::Result<()> {
        // One at a time: whoever comes second finds that the first has copied it.
        let mut grown = lock(&self.grown);
        let root = &self.work.root;
        for (name, path) in bucket::files_in(&root.join("media"))? {
            let file = format!("media/{name}");
            if name.starts_with("index-") && self.is_own(&file) {
                let done = grown.get(&file).copied().unwrap_or(0);
                let (end, packs) = parts::synced(&path, done)?;
                self.push_packs(packs)?;
                let done = segments::push(&self.bucket, root, &file, done, end)?;
                grown.insert(file, done);
            }
        }
        for entry in fs::read_dir(root.join("replies")).into_iter().flatten() {
            let file = format!("replies/{}/answers.log", entry?.file_name().to_string_lossy());
            let path = root.join(&file);
            if self.is_own(&file) && path.exists() {
                let done = grown.get(&file).copied().unwrap_or(0);
                let done = segments::push(&self.bucket, root, &file, done, fs::metadata(&path)?.len())?;
                grown.insert(file, done);
            }
        }
        Ok(())
    }

    fn push_packs(&self, packs: Vec<String>) -> io::Result<()> {
        let there = lock(&self.packs).clone();
        let dir = self.work.root.join("media");
        let missing: Vec<(String, PathBuf)> = packs
            .iter()
            .filter(|pack| !there.contains_key(*pack))
            .map(|pack| (format!("media/{pack}"), dir.join(pack)))
            .collect();
        self.bucket.put_files(missing.clone())?;
        let mut there = lock(&self.packs);
        for (name, path) in missing {
            there.insert(name["media/".len()..].to_string(), fs::metadata(path)?.len());
        }
        Ok(())
    }

    /// The log of events, as it is now.
    fn push_events(&self) -> io::Result<()> {
        match fs::read(self.work.root.join("events.jsonl")) {
            Ok(events) => self.bucket.put(&format!("events/{}.jsonl", self.work.name), events, Mode::Over).map(|_| ()),
            Err(_) => Ok(()),
        }
    }

    fn decided(&self, stage: usize) -> io::Result<()> {
        let dir = format!("decisions-{}-{}", self.work.name, std::process::id());
        let own = self.work.root.join(format!("stages/{stage}/decisions"));
        let files = bucket::files_in(&own)?;
        let named = files.into_iter().map(|(name, path)| (format!("stages/{stage}/{dir}/{name}"), path));
        self.bucket.put_files(named.collect())?;
        let said = dir.clone().into_bytes();
        match self.bucket.put(&decided_name(stage), said.clone(), Mode::New) {
            Ok(_) => Ok(()),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {
                let there = self.bucket.get(&decided_name(stage))?.ok_or(e)?;
                if there.bytes == said {
                    return Ok(());
                }
                fs::remove_dir_all(&own)?;
                self.bring_decisions(stage, &there.bytes)
            }
            Err(e) => Err(e),
        }
    }

    fn bring_decisions(&self, stage: usize, dir: &[u8]) -> io::Result<()> {
        let dir = String::from_utf8_lossy(dir);
        if !dir.starts_with("decisions-") || dir.contains('/') {
            return Err(io::Error::new(ErrorKind::InvalidData, format!("{}: damaged", decided_name(stage))));
        }
        let place = self.work.root.join(format!("stages/{stage}/decisions"));
        let aside = place.with_extension(format!("fetch-{}", std::process::id()));
        let found = self.bucket.list(&format!("stages/{stage}/{dir}"))?;
        let files = found.into_iter().filter_map(|f| {
            let name = f.name.rsplit('/').next()?.to_string();
            Some((f.name, aside.join(name)))
        });
        fs::create_dir_all(&aside)?;
        self.bucket.bring(files.collect())?;
        tamis_engine::layout::put_in_place(&aside, &place)
    }
}

fn decided_name(stage: usize) -> String {
    format!("stages/{stage}/decided")
}

/// What makes a run the same run.
fn identity(run: &[u8]) -> Option<serde_json::Value> {
    serde_json::from_slice::<serde_json::Value>(run).ok()?.get("identity").cloned()
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    tamis_engine::layout::write_atomically(path, bytes)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The right to work on a share: while it lives, its lease is renewed and what grows is copied.
struct Holding {
    copy: Arc<Copy>,
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Holding {
    fn begin(copy: Arc<Copy>, lease: Arc<Lease>) -> Holding {
        let (stop, asked) = mpsc::channel();
        let kept = copy.clone();
        let thread = std::thread::spawn(move || keep(&kept, &lease, &asked));
        Holding { copy, stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.thread.take().map(JoinHandle::join);
        let copied = self.copy.check().and_then(|()| self.copy.flush()).and_then(|()| self.copy.push_events());
        if let Err(error) = copied {
            eprintln!("not everything was copied: {error}; the same command again copies the rest");
        }
        *lock(&self.copy.lease) = None;
    }
}

/// Renews the lease and copies what grows until asked to stop. What goes wrong here shows at the next commit.
fn keep(copy: &Copy, lease: &Lease, asked: &mpsc::Receiver<()>) {
    let (mut renewed, mut flushed, mut told) = (Instant::now(), Instant::now(), Instant::now());
    let step = lease.pause().min(FLUSH);
    while asked.recv_timeout(step) == Err(mpsc::RecvTimeoutError::Timeout) {
        if renewed.elapsed() >= lease.pause() && lease.renew().is_ok() {
            renewed = Instant::now();
        }
        if flushed.elapsed() >= FLUSH && lease.check().is_ok() && copy.flush().is_ok() {
            flushed = Instant::now();
        }
        if told.elapsed() >= 12 * FLUSH && lease.check().is_ok() && copy.push_events().is_ok() {
            told = Instant::now();
        }
    }
}
