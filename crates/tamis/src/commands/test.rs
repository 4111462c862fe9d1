//! `tamis test`: a recipe's fixtures with scripted replies, compared with its snapshot.
//!
//! A recipe's folder may hold `fixtures/`: `options.yaml` (seed, set, input, format, map), the input, `replies.yaml`
//! (what the models answer) and `expected.json` (the snapshot). The test also sees to it that the fixtures reach every
//! step, make every gate reject, and use every reply. A folder inside `fixtures/` with `options.yaml` of its own is one more
//! set of them, for a recipe whose parameters change which steps there are.
//!
//! A snapshot names pictures by hash. Where one has changed, the test writes the new picture down and says where; of
//! recipes that draw, `fixtures/pictures/` shows some as they were, small.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value as Json, json};
use tamis_core::block::StepInfo;
use tamis_core::media::{DiskStore, Keeping};
use tamis_engine::{Identity, Job, Options, Progress, RunDir, RunFile, Shard, Stop, Summary, dataset};
use tamis_models::Scripted;
use tamis_recipe::plan::Plan;
use tamis_recipe::{DiskFolder, Files};

use crate::args::{InputArgs, TestArgs};
use crate::error::{Error, FAILED, Outcome};
use crate::tables::Tables;
use crate::{cookbook, gallery::Gallery, human, launch, trained};

/// Parts of the fixtures are this small, so that they too have several parts.
const PART_ROWS: u64 = 5;

/// Tests the named recipes, or the whole cookbook.
pub fn run(args: &TestArgs) -> Outcome {
    let all: Vec<String> = cookbook::entries().into_iter().map(|e| e.slug).collect();
    let recipes = if args.recipes.is_empty() { &all } else { &args.recipes };
    let mut failed = 0;
    for recipe in recipes {
        match test(recipe, args.bless) {
            Ok(said) => println!("{} {recipe}: {said}", human::green("✔")),
            Err(error) => {
                failed += 1;
                eprintln!("{} {recipe}: {}", human::red("✘"), error.message);
            }
        }
    }
    println!("{} passed, {failed} failed", recipes.len() - failed);
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

/// `fixtures/options.yaml`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FixtureOptions {
    seed: u64,
    set: BTreeMap<String, Json>,
    input: Option<String>,
    format: Option<String>,
    map: Vec<String>,
    tables: BTreeMap<String, String>,
    take: Option<u64>,
    /// Of so many samples a small picture is kept beside the snapshot.
    pictures: usize,
}

fn test(recipe: &str, bless: bool) -> Result<String, Error> {
    let scratch = tempfile::tempdir().map_err(|e| Error::refused(format!("cannot make a directory: {e}")))?;
    let folder = folder(recipe, scratch.path())?;
    let mut said = Vec::new();
    for (number, fixtures) in sets(&folder.join("fixtures")).iter().enumerate() {
        let set = fixtures.file_name().unwrap_or_default().to_string_lossy();
        let name = if number == 0 { recipe.to_string() } else { format!("{recipe}-{set}") };
        let told = one(&name, &folder, fixtures, &scratch.path().join(format!("run-{number}")), bless);
        said.push(told.map_err(|error| match number {
            0 => error,
            _ => Error { message: format!("{set}: {}", error.message), ..error },
        })?);
    }
    Ok(said.join("; "))
}

/// The folders of fixtures: the recipe's own, and those inside it that hold options of their own.
fn sets(fixtures: &Path) -> Vec<PathBuf> {
    let inside = std::fs::read_dir(fixtures).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut further: Vec<PathBuf> = inside.filter(|path| path.join("options.yaml").is_file()).collect();
    further.sort();
    std::iter::once(fixtures.to_path_buf()).chain(further).collect()
}

/// Tests one set of fixtures; `name` is what changed pictures are filed under.
fn one(name: &str, folder: &Path, fixtures: &Path, out: &Path, bless: bool) -> Result<String, Error> {
    let options: FixtureOptions = read_yaml(&fixtures.join("options.yaml"))?;
    let set: Vec<String> = options.set.iter().map(|(name, value)| format!("{name}={}", plain(value))).collect();
    let files = DiskFolder::open(folder).map_err(Error::refused)?;
    let plan =
        Arc::new(launch::plan(launch::check_files(&files as &dyn Files, &set, format!("{}/", folder.display()))?)?);
    let outcome = execute(&plan, fixtures, &options, out)?;
    let snapshot = fixtures.join("expected.json");
    let text = outcome.snapshot;
    let uncovered = uncovered(&plan, &outcome.unused);
    if !uncovered.is_empty() {
        return Err(Error::refused(format!("the fixtures are not complete:\n    {}", uncovered.join("\n    "))));
    }
    if bless {
        std::fs::write(&snapshot, text)
            .map_err(|e| Error::refused(format!("cannot write {}: {e}", snapshot.display())))?;
        outcome.gallery.keep(fixtures, options.pictures)?;
        return Ok(format!("snapshot written, {}", outcome.said));
    }
    let expected = std::fs::read_to_string(&snapshot)
        .map_err(|e| Error::refused(format!("no snapshot ({e}); write it with --bless and read it")))?;
    if expected == text {
        return Ok(outcome.said);
    }
    let changed = outcome.gallery.show_changed(name, fixtures, &expected)?;
    Err(Error::refused(format!("{}{changed}", difference(&expected, &text))))
}

/// The recipe's folder on disk; one of the cookbook is unpacked.
fn folder(recipe: &str, scratch: &Path) -> Result<PathBuf, Error> {
    if Path::new(recipe).is_dir() {
        return Ok(PathBuf::from(recipe));
    }
    cookbook::find(recipe)?;
    let root = scratch.join("recipe");
    for (path, bytes) in cookbook::files(recipe).unwrap_or_default() {
        let target = root.join(path);
        let write = || {
            target.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            std::fs::write(&target, bytes)
        };
        write().map_err(|e| Error::refused(format!("cannot unpack {recipe}: {e}")))?;
    }
    Ok(root)
}

fn read_yaml<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let refused = |e: String| Error::refused(format!("{}: {e}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| refused(e.to_string()))?;
    serde_saphyr::from_str(&text).map_err(|e| refused(e.to_string()))
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

struct Tested {
    snapshot: String,
    said: String,
    unused: Vec<String>,
    gallery: Gallery,
}

fn execute(plan: &Arc<Plan>, fixtures: &Path, options: &FixtureOptions, out: &Path) -> Result<Tested, Error> {
    let input = InputArgs {
        input: options.input.as_ref().map(|path| fixtures.join(path)),
        format: options.format.clone(),
        map: options.map.clone(),
        table: options.tables.iter().map(|(name, path)| format!("{name}={}", fixtures.join(path).display())).collect(),
    };
    let tables = Tables::open(plan, &input.table)?;
    let source = launch::source(plan, &input)?;
    let scripted = scripted(fixtures)?;
    let models = scripted.roles(&launch::roles(plan));
    let dir = RunDir::at(out);
    let _claim = dir.claim(&run_file(plan, options), &plan.files, &Shard::WHOLE)?;
    trained::pretend(plan, &dir)?;
    let media = DiskStore::open(&dir.media(), "test").map_err(|e| Error::refused(e.to_string()))?;
    let job = Job {
        plan: plan.clone(),
        source,
        tables: tables.read(out)?,
        rebind: None,
        models,
        dir: dir.clone(),
        media: Arc::new(media),
        options: engine_options(options),
        progress: Arc::new(Progress::default()),
        stop: Arc::new(Stop::default()),
    };
    let runtime = launch::runtime(2)?;
    let summary = runtime.block_on(tamis_engine::execute(job))?;
    prove(&dir)?;
    let (snapshot, gallery) = (snapshot(&dir, &summary)?, Gallery::of(&dir)?);
    Ok(Tested { snapshot, said: said(&summary), unused: scripted.unused(), gallery })
}

fn scripted(fixtures: &Path) -> Result<Arc<Scripted>, Error> {
    let path = fixtures.join("replies.yaml");
    let scripted = if path.exists() { Scripted::load(&path) } else { Scripted::parse("no replies", "[]") };
    scripted.map_err(Error::refused)
}

fn run_file(plan: &Plan, options: &FixtureOptions) -> RunFile {
    RunFile {
        identity: Identity {
            format: Identity::format(),
            recipe: plan.name.clone(),
            recipe_digest: plan.digest.clone(),
            input: "fixtures".into(),
            seed: options.seed,
            take: options.take,
            accept: None,
            part_rows: PART_ROWS,
            models: "scripted".into(),
            tables: BTreeMap::new(),
            media: Keeping::Copy,
        },
        output: plan.output.clone(),
        stages: plan.stages.len(),
        stage_schemas: plan.stages.iter().map(|s| s.schema.clone()).collect(),
        tamis: env!("CARGO_PKG_VERSION").into(),
        paper: plan.paper.clone(),
        licence: plan.licence.clone(),
        models: Json::Null,
        players: Vec::new(),
        simulated: true,
        arguments: Json::Null,
    }
}

fn engine_options(options: &FixtureOptions) -> Options {
    Options {
        seed: options.seed,
        take: options.take,
        accept: None,
        part_rows: PART_ROWS,
        shard: Shard::WHOLE,
        jobs: 2,
        in_flight: 64,
        max_failures: None,
        wait_for_shards: true,
    }
}

fn prove(dir: &RunDir) -> Result<(), Error> {
    let run = dir.read()?;
    let media = launch::media(dir)?;
    let report =
        tamis_engine::verify::verify(dir, &run, &|hash| tamis_core::media::MediaStore::contains(&*media, hash))?;
    if report.problems.is_empty() { Ok(()) } else { Err(Error::refused(report.problems.join("\n"))) }
}

/// The outcome as text: the counts, then a line for each sample.
fn snapshot(dir: &RunDir, summary: &Summary) -> Result<String, Error> {
    let list = |counts: &[(String, u64)]| counts.iter().cloned().collect::<BTreeMap<String, u64>>();
    let counts = json!({
        "inputs": summary.inputs, "accepted": summary.accepted, "rejected": summary.rejected, "failed": summary.failed,
        "digest": summary.digest, "rejects_digest": summary.rejects_digest,
        "reasons": list(&summary.reasons), "errors": list(&summary.errors),
    });
    let mut lines = Vec::new();
    for record in dataset::samples(dir, &dir.read()?)? {
        let record = record?;
        let fields: serde_json::Map<String, Json> =
            record.fields().iter().map(|(name, value)| (name.to_string(), value.to_canonical_json())).collect();
        lines.push(format!("    {}", json!({ "from": record.root.key, "fields": fields })));
    }
    let counts = format!("{counts:#}");
    let head = counts.trim_end_matches("\n}");
    Ok(format!("{head},\n  \"samples\": [\n{}\n  ]\n}}\n", lines.join(",\n")))
}

fn said(summary: &Summary) -> String {
    let inputs = human::counted(summary.inputs, "input");
    format!("{inputs} → {} accepted, {} rejected, {} failed", summary.accepted, summary.rejected, summary.failed)
}

/// What the fixtures do not reach. A step that stands in several rounds has to be reached in each, and a gate has to
/// reject in one of them.
fn uncovered(plan: &Plan, unused: &[String]) -> Vec<String> {
    let mut missing = Vec::new();
    let mut gates: BTreeMap<(usize, u32, &str), (&StepInfo, u64)> = BTreeMap::new();
    for step in plan.all_steps.iter() {
        let counts = step.tally.counts();
        if counts.entered == counts.skipped {
            missing.push(format!("no record reaches `{}` (line {})", step.id, step.line));
        } else if step.gate {
            gates.entry((step.at, step.line, step.operator)).or_insert((step, 0)).1 += counts.rejected;
        }
    }
    let idle = gates.values().filter(|(_, rejected)| *rejected == 0);
    missing.extend(idle.map(|(step, _)| format!("`{}` (line {}) rejects no record", step.id, step.line)));
    missing.extend(unused.iter().map(|rule| format!("no call uses the reply {rule}")));
    missing
}

/// The first lines in which two texts differ.
fn difference(expected: &str, found: &str) -> String {
    let mut text = String::from("the outcome is not the snapshot (write it anew with --bless if it is right):");
    let pairs = expected.lines().map(Some).chain(std::iter::repeat(None));
    let differing = pairs.zip(found.lines()).enumerate().filter(|(_, (e, f))| *e != Some(*f));
    for (line, (expected, found)) in differing.take(6) {
        text += &format!("\n    line {}\n      - {}\n      + {found}", line + 1, expected.unwrap_or("(nothing)"));
    }
    text
}
