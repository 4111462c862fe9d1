//! The run directory: which file is where, who may write, and what makes two runs the same.
//!
//! ```text
//! run.json                    what the run is: recipe, input, seed, models
//! recipe/                     the recipe as it ran
//! stages/0/part-000000/       manifest.json accepted.jsonl rejected.jsonl failed.jsonl gathered.jsonl splits.jsonl
//!                             summary.bin
//! stages/0/total.json         how many parts the stage has, once the input's end was seen
//! stages/1/decisions/         what the barrier before the stage decided for each part
//! handover/STEP/              what is handed to others between two stages, and back
//! media/                      packed media, stored once
//! replies/                    the journal of paid answers
//! events.jsonl                what happened, in time
//! ```

use std::any::Any;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use tamis_core::Schema;
use tamis_core::media::Keeping;

use crate::error::EngineError;
use crate::mirror::{self, Mirror};

/// Version of the directory's format.
const FORMAT: u32 = 2;

/// What a run is. Two runs with equal identities make the same dataset, so one may take up the other's work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// version of the directory's format
    pub format: u32,
    /// the recipe's name
    pub recipe: String,
    /// the digest of the recipe as run
    pub recipe_digest: String,
    /// the digest of the input's names, sizes and times
    pub input: String,
    /// the seed
    pub seed: u64,
    /// at most this many inputs
    pub take: Option<u64>,
    /// go on until this many samples passed
    pub accept: Option<u64>,
    /// inputs in a part
    pub part_rows: u64,
    /// the digest of the models that play the roles
    pub models: String,
    /// the digests of the recipe's tables
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tables: BTreeMap<String, String>,
    /// what becomes of samples' media that lie in files; changes no sample, but what a run directory depends on
    #[serde(default, skip_serializing_if = "Keeping::is_copy")]
    pub media: Keeping,
}

/// What `run.json` holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunFile {
    /// what the run is
    pub identity: Identity,
    /// the fields of a sample
    pub output: Schema,
    /// how many stages there are
    pub stages: usize,
    /// the fields of the records that each stage writes; the last one writes samples
    pub stage_schemas: Vec<Schema>,
    /// the version of Tamis that began the run
    pub tamis: String,
    /// the paper
    pub paper: Option<String>,
    /// the licence note
    pub licence: Option<String>,
    /// the bindings, without secrets
    pub models: Json,
    /// who plays which role
    pub players: Vec<Player>,
    /// whether the simulator plays a role
    pub simulated: bool,
    /// what is needed to take the run up again: paths and options as given
    pub arguments: Json,
}

/// A model that plays a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Player {
    /// the role in the recipe
    pub role: String,
    /// the model's name as its server calls it
    pub model: String,
    /// the kind of backend
    pub backend: String,
}

impl Identity {
    /// The identity of a run of this format.
    pub fn format() -> u32 {
        FORMAT
    }

    /// In what the two differ, in words, with both values.
    fn differences(&self, now: &Identity) -> Vec<String> {
        let show = |value: &Option<u64>| value.map_or("none".to_string(), |n| n.to_string());
        let short = |digest: &str| digest.chars().take(12).collect::<String>();
        let tables = |tables: &BTreeMap<String, String>| {
            let shown: Vec<String> = tables.iter().map(|(name, digest)| format!("{name} {}", short(digest))).collect();
            if shown.is_empty() { "none".to_string() } else { shown.join(", ") }
        };
        let rows = [
            ("directory format", self.format.to_string(), now.format.to_string()),
            ("recipe", self.recipe.clone(), now.recipe.clone()),
            ("recipe's content", short(&self.recipe_digest), short(&now.recipe_digest)),
            ("input", short(&self.input), short(&now.input)),
            ("--seed", self.seed.to_string(), now.seed.to_string()),
            ("--take", show(&self.take), show(&now.take)),
            ("--accept", show(&self.accept), show(&now.accept)),
            ("part size", self.part_rows.to_string(), now.part_rows.to_string()),
            ("models", short(&self.models), short(&now.models)),
            ("tables", tables(&self.tables), tables(&now.tables)),
            ("--media", self.media.to_string(), now.media.to_string()),
        ];
        let differ = rows.into_iter().filter(|(_, before, now)| before != now);
        differ.map(|(what, before, now)| format!("{what}: {before} there, {now} now")).collect()
    }
}

/// A run directory.
#[derive(Clone, Debug)]
pub struct RunDir {
    root: PathBuf,
    mirror: Option<Arc<dyn Mirror>>,
}

impl RunDir {
    /// The directory at `root`, which may not exist yet.
    pub fn at(root: impl Into<PathBuf>) -> RunDir {
        RunDir { root: root.into(), mirror: None }
    }

    /// The directory at `root` as the copy of one elsewhere.
    pub fn copy(root: impl Into<PathBuf>, mirror: Arc<dyn Mirror>) -> RunDir {
        RunDir { root: root.into(), mirror: Some(mirror) }
    }

    /// What keeps it like the one it is a copy of, if it is one.
    pub fn mirror(&self) -> Option<&Arc<dyn Mirror>> {
        self.mirror.as_ref()
    }

    /// What a person calls it: its path, or the URL of what it is a copy of.
    pub fn shown(&self) -> String {
        self.mirror.as_ref().map_or_else(|| self.root.display().to_string(), |mirror| mirror.url().to_string())
    }

    /// Tells the mirror, if there is one.
    pub(crate) fn tell(&self, tell: impl FnOnce(&dyn Mirror) -> io::Result<()>) -> Result<(), EngineError> {
        self.mirror.as_deref().map_or(Ok(()), |mirror| tell(mirror).map_err(mirror::stopped))
    }

    /// Opens a file of the run to be read; of a copy, it is brought here if need be.
    pub(crate) fn open(&self, path: &Path) -> io::Result<File> {
        match (File::open(path), &self.mirror, path.strip_prefix(&self.root)) {
            (Err(e), Some(mirror), Ok(file)) if e.kind() == io::ErrorKind::NotFound => {
                mirror.fetch(file)?;
                File::open(path)
            }
            (opened, ..) => opened,
        }
    }

    /// The bytes of a file of the run.
    pub(crate) fn bytes(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open(path)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// The directory of packed media.
    pub fn media(&self) -> PathBuf {
        self.root.join("media")
    }

    /// The directory of the journal of replies; each shard writes its own.
    pub fn replies(&self, shard: &Shard) -> PathBuf {
        self.root.join("replies").join(self.writer(shard))
    }

    /// The name under which a process appends to media and replies: that of its share, and of the copy it works in.
    pub fn writer(&self, shard: &Shard) -> String {
        match &self.mirror {
            Some(mirror) => format!("{}.{}", shard.name(), mirror.name()),
            None => shard.name(),
        }
    }

    /// The directory of the recipe's copy.
    pub fn recipe(&self) -> PathBuf {
        self.root.join("recipe")
    }

    /// The log of events.
    pub fn events(&self) -> PathBuf {
        self.root.join("events.jsonl")
    }

    /// The directory of a stage.
    pub fn stage(&self, stage: usize) -> PathBuf {
        self.root.join("stages").join(stage.to_string())
    }

    /// What the barrier before a stage decided, a file for each part; there when it has decided.
    pub fn decisions(&self, stage: usize) -> PathBuf {
        self.stage(stage).join("decisions")
    }

    /// What a step hands to others and gets back.
    pub fn handover(&self, step: &str) -> PathBuf {
        self.root.join("handover").join(step.replace(['/', '#'], "-"))
    }

    /// The directory of a committed part.
    pub fn part(&self, stage: usize, part: u64) -> PathBuf {
        self.stage(stage).join(format!("part-{part:06}"))
    }

    /// What the run is; an error says what stands there instead.
    pub fn read(&self) -> Result<RunFile, EngineError> {
        let path = self.root.join("run.json");
        let text = fs::read_to_string(&path).map_err(|e| match &self.mirror {
            Some(mirror) => EngineError::refused(format!("{} holds no run: it has no run.json", mirror.url())),
            None => {
                let what = if self.root.exists() { "holds no run" } else { "does not exist" };
                EngineError::refused(format!("{} {what}: {}: {e}", self.root.display(), path.display()))
            }
        })?;
        serde_json::from_str(&text).map_err(|e| EngineError::refused(format!("{} is damaged: {e}", path.display())))
    }

    /// Takes the directory for a run: makes it, or checks that it holds the same run and nobody else works on it.
    ///
    /// Returns the lock, held as long as it lives, and whether there was a run already.
    pub fn claim(&self, run: &RunFile, recipe: &[(String, Vec<u8>)], shard: &Shard) -> Result<Claim, EngineError> {
        if !only_ours(&self.root) {
            let message = format!("{} exists, is not empty and holds no run of Tamis", self.root.display());
            return Err(EngineError::refused(message).help("name a new directory with --out"));
        }
        fs::create_dir_all(&self.root).map_err(|e| self.cannot_write(&e))?;
        let locks = self.lock(shard)?;
        let held = self.hold(shard)?;
        let resumed = self.begin_or_compare(run, recipe)?;
        let first = self.mirror.as_deref().map_or(Ok(true), |mirror| mirror.begin().map_err(mirror::stopped))?;
        if !first {
            self.check_same(run)?;
        }
        Ok(Claim { _held: held, _locks: locks, resumed: resumed || !first })
    }

    /// The right to work on a run that has copies, and what the others did until now.
    fn hold(&self, shard: &Shard) -> Result<Option<Box<dyn Any + Send + Sync>>, EngineError> {
        let Some(mirror) = &self.mirror else { return Ok(None) };
        let held = mirror.hold(shard).map_err(|e| match e.kind() {
            io::ErrorKind::WouldBlock => EngineError::refused(format!("{}: {e}", mirror.url()))
                .help("wait for it, or write to another place with --out"),
            _ => EngineError::refused(e.to_string()),
        })?;
        mirror.pull().map_err(mirror::stopped)?;
        Ok(Some(held))
    }

    /// Shards that start together take turns here, so that one begins and the others compare.
    fn begin_or_compare(&self, run: &RunFile, recipe: &[(String, Vec<u8>)]) -> Result<bool, EngineError> {
        let turn = self.open_lock("begin.lock")?;
        turn.lock().map_err(|e| self.cannot_write(&e))?;
        let resumed = self.root.join("run.json").exists();
        if resumed {
            self.check_same(run)?;
        } else {
            self.begin(run, recipe).map_err(|e| self.cannot_write(&e))?;
        }
        Ok(resumed)
    }

    fn check_same(&self, run: &RunFile) -> Result<(), EngineError> {
        let there = self.read()?.identity;
        let differences = there.differences(&run.identity);
        if differences.is_empty() {
            return Ok(());
        }
        let root = self.shown();
        let message = format!("{root} holds another run:\n  {}", differences.join("\n  "));
        if (Identity { media: there.media, ..run.identity.clone() }) == there {
            return Err(EngineError::refused(message).help(format!(
                "a run keeps its pictures one way: go on with `tamis resume {root}`, which knows that it is `--media {}`, \
                 or write to a new directory with --out",
                there.media
            )));
        }
        Err(EngineError::refused(message).help(format!(
            "write to a new directory with --out; answers that were paid for there are used again with --reuse {root}"
        )))
    }

    fn begin(&self, run: &RunFile, recipe: &[(String, Vec<u8>)]) -> io::Result<()> {
        for (path, bytes) in recipe {
            let path = self.recipe().join(path);
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(path, bytes)?;
        }
        fs::create_dir_all(self.media())?;
        let json = serde_json::to_vec_pretty(run)?;
        write_atomically(&self.root.join("run.json"), &json)
    }

    fn lock(&self, shard: &Shard) -> Result<Vec<File>, EngineError> {
        let whole = self.open_lock("run.lock")?;
        let taken = if shard.of == 1 { whole.try_lock() } else { whole.try_lock_shared() };
        self.locked(taken, "another process works on this run")?;
        let mut locks = vec![whole];
        if shard.of > 1 {
            let own = self.open_lock(&format!("shard-{}.lock", shard.name()))?;
            self.locked(own.try_lock(), &format!("another process works on shard {}/{}", shard.index + 1, shard.of))?;
            locks.push(own);
        }
        Ok(locks)
    }

    fn open_lock(&self, name: &str) -> Result<File, EngineError> {
        let path = self.root.join(name);
        OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(|e| self.cannot_write(&e))
    }

    fn locked(&self, taken: Result<(), TryLockError>, who: &str) -> Result<(), EngineError> {
        match taken {
            Ok(()) => Ok(()),
            Err(TryLockError::WouldBlock) => {
                let message = format!("{}: {who}", self.root.display());
                Err(EngineError::refused(message).help("wait for it, or write to another directory with --out"))
            }
            Err(TryLockError::Error(e)) => Err(self.cannot_write(&e)),
        }
    }

    fn cannot_write(&self, error: &io::Error) -> EngineError {
        EngineError::refused(format!("cannot write to {}: {error}", self.root.display()))
            .help("name a directory that can be written with --out")
    }
}

/// The right to write to a run directory.
pub struct Claim {
    /// dropped before the locks: what is still to be copied goes out then
    _held: Option<Box<dyn Any + Send + Sync>>,
    _locks: Vec<File>,
    /// whether the directory held this run already
    pub resumed: bool,
}

/// Which share of the parts a process works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// counted from 0
    pub index: u64,
    /// how many shards there are; 1 = not sharded
    pub of: u64,
}

impl Shard {
    /// All parts.
    pub const WHOLE: Shard = Shard { index: 0, of: 1 };

    /// Whether a part belongs to this shard.
    pub fn owns(&self, part: u64) -> bool {
        part % self.of == self.index
    }

    /// `1-of-4`, for file names.
    pub fn name(&self) -> String {
        format!("{}-of-{}", self.index + 1, self.of)
    }
}

impl std::str::FromStr for Shard {
    type Err = String;

    /// `1/4` is the first of four.
    fn from_str(text: &str) -> Result<Shard, String> {
        let bad = || format!("`{text}` is no shard: expected i/n with i from 1 to n, such as 1/4");
        let (i, n) = text.split_once('/').ok_or_else(bad)?;
        let (i, n): (u64, u64) = (i.parse().map_err(|_| bad())?, n.parse().map_err(|_| bad())?);
        if i < 1 || i > n || n > 100_000 { Err(bad()) } else { Ok(Shard { index: i - 1, of: n }) }
    }
}

/// Whether the directory is not there, empty, a run, or one that is just being begun.
fn only_ours(dir: &Path) -> bool {
    let Ok(entries) = fs::read_dir(dir) else { return !dir.exists() || dir.is_dir() };
    let ours = ["recipe", "media", "replies", "stages", "handover", "events.jsonl", "run.json", "copy.json"];
    let is_ours = |name: &str| ours.contains(&name) || name.ends_with(".lock") || name.starts_with("run.tmp");
    dir.join("run.json").exists() || entries.flatten().all(|entry| is_ours(&entry.file_name().to_string_lossy()))
}

/// Writes a file whole or not at all: a sibling is written, synced and renamed over it.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static WRITES: AtomicU64 = AtomicU64::new(0);
    // Shards may run on several machines, so the process alone does not make the name unique.
    let instant = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| t.as_nanos());
    let number = WRITES.fetch_add(1, Ordering::Relaxed);
    let temporary = path.with_extension(format!("tmp-{}-{instant}-{number}", std::process::id()));
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    path.parent().map_or(Ok(()), sync_dir)
}

/// Puts a finished directory in its place; if another process was first, its own stays and this one goes.
pub fn put_in_place(aside: &Path, place: &Path) -> io::Result<()> {
    for entry in fs::read_dir(aside)? {
        File::open(entry?.path())?.sync_all()?;
    }
    sync_dir(aside)?;
    match fs::rename(aside, place) {
        Ok(()) => place.parent().map_or(Ok(()), sync_dir),
        Err(_) if place.exists() => fs::remove_dir_all(aside),
        Err(error) => Err(error),
    }
}

/// Makes renames in a directory survive a power cut.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
