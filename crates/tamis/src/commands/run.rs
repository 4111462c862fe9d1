//! `tamis run`: from a recipe to a dataset.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value as Json, json};
use tamis_core::error::StopReason;
use tamis_core::media::{DiskStore, Keeping, MediaError};
use tamis_core::place;
use tamis_core::source::SharedSource;
use tamis_engine::events::Events;
use tamis_engine::layout::{Claim, Player};
use tamis_engine::{
    EngineError, Identity, Job, Options, Progress, RunDir, RunFile, Shard, Stop, Summary, run::part_rows,
};
use tamis_models::{Batches, Bindings, Budget, Journal, Meter, Services};
use tamis_recipe::plan::Plan;

use crate::args::{RecipeArgs, RunArgs, WorkArgs};
use crate::error::{Error, FAILED, Outcome};
use crate::progress::Display;
use crate::tables::Tables;
use crate::trained::{self, Rebinder};
use crate::{human, launch};

/// Checks, opens, binds, runs.
pub fn run(args: RunArgs) -> Outcome {
    let checked = launch::check(&args.recipe)?;
    let plan = Arc::new(launch::plan(checked)?);
    Launch::new(plan, args)?.go()
}

/// Records under way at a time, unless it is said otherwise or requests wait for batches.
const IN_FLIGHT: usize = 256;

/// A run whose arguments are all good.
pub struct Launch {
    plan: Arc<Plan>,
    args: RunArgs,
    source: Option<SharedSource>,
    tables: Tables,
    bindings: Option<Bindings>,
    dir: RunDir,
    shard: Shard,
}

/// How a run ended.
pub struct Ended {
    /// what came out, or why there is nothing
    pub result: Result<Summary, EngineError>,
    seconds: f64,
    resumed: bool,
    meter: Arc<Meter>,
}

impl Launch {
    /// Opens the input and the bindings; asks no model.
    pub fn new(plan: Arc<Plan>, args: RunArgs) -> Result<Launch, Error> {
        refuse_odd_arguments(&plan, &args)?;
        let source = launch::source(&plan, &args.input)?;
        let tables = Tables::open(&plan, &args.input.table)?;
        let bindings = launch::bindings(&plan, args.models.as_deref())?;
        let dir = args.out.clone().unwrap_or_else(|| PathBuf::from("out").join(&plan.name));
        let dir = launch::run_dir(&dir, &args.work)?;
        let shard = args.shard.unwrap_or(Shard::WHOLE);
        Ok(Launch { plan, args, source, tables, bindings, dir, shard })
    }

    /// Runs to the end, prints what came out.
    pub fn go(mut self) -> Outcome {
        let ended = self.execute()?;
        let report = Report { launch: &self, seconds: ended.seconds, resumed: ended.resumed, meter: &ended.meter };
        report.print(ended.result)
    }

    /// Runs to the end.
    pub fn execute(&mut self) -> Result<Ended, Error> {
        let jobs = launch::jobs(self.args.jobs);
        let runtime = launch::runtime(jobs)?;
        if let Some(bindings) = &self.bindings {
            self.bindings = Some(runtime.block_on(bindings.resolved(&launch::roles(&self.plan)))?);
        }
        // What is wrong with keys and servers shows here, before the directory is this run's.
        if let Some(bindings) = &self.bindings {
            runtime.block_on(bindings.connect(&launch::roles(&self.plan), Services::default()))?;
        }
        let began = Instant::now();
        let claim = self.claim()?;
        trained::hand_back(&self.plan, &self.dir, &self.args.trained)?;
        let tables = self.tables.read(self.dir.path())?;
        let media = self.media().map_err(|e| Error::refused(e.to_string()))?;
        let (meter, progress, stop) =
            (Arc::new(Meter::default()), Arc::new(Progress::default()), Arc::new(Stop::default()));
        let journal = self.journal()?;
        let batches = self.batches();
        let services = Services {
            journal: journal.clone(),
            budget: self.budget()?,
            meter: meter.clone(),
            batches: batches.clone(),
        };
        let display = Display::start(progress.clone(), meter.clone(), self.args.quiet);
        let models = match &self.bindings {
            Some(bindings) => runtime.block_on(bindings.connect(&launch::roles(&self.plan), services.clone()))?,
            None => BTreeMap::new(),
        };
        let rebinder = Rebinder { roles: launch::roles(&self.plan), services };
        let job = Job {
            plan: self.plan.clone(),
            source: self.source.clone(),
            tables,
            rebind: Some(Arc::new(rebinder)),
            models,
            dir: self.dir.clone(),
            media: Arc::new(media),
            options: self.options(jobs),
            progress,
            stop: stop.clone(),
        };
        let result = runtime.block_on(async {
            tokio::spawn(leave_batches(stop.clone(), batches));
            tokio::spawn(stop_on_ctrl_c(stop));
            tamis_engine::execute(job).await
        });
        // Tasks that were left behind must not hold up the end.
        runtime.shutdown_background();
        display.finish();
        if let Some(journal) = journal {
            let _ = journal.sync();
        }
        Ok(Ended { result, seconds: began.elapsed().as_secs_f64(), resumed: claim.resumed, meter })
    }

    fn media(&self) -> Result<DiskStore, MediaError> {
        let packs = self.dir.mirror().map(|mirror| mirror.packs());
        let store = DiskStore::open_copy(&self.dir.media(), &self.dir.writer(&self.shard), packs)?;
        Ok(match self.args.media {
            Keeping::Copy => store,
            Keeping::InPlace => store.leaving_files(),
        })
    }

    fn claim(&self) -> Result<Claim, Error> {
        Ok(self.dir.claim(&self.run_file()?, &self.plan.files, &self.shard)?)
    }

    fn run_file(&self) -> Result<RunFile, Error> {
        let args = &self.args;
        let models = self.bindings.as_ref();
        let identity = Identity {
            format: Identity::format(),
            recipe: self.plan.name.clone(),
            recipe_digest: self.plan.digest.clone(),
            input: self.source.as_ref().map_or("none".to_string(), |s| s.fingerprint()),
            seed: args.seed,
            take: args.take,
            accept: args.accept,
            part_rows: part_rows(&self.plan, args.accept),
            models: models.map_or("none".to_string(), |bindings| bindings.digest(&launch::roles(&self.plan))),
            tables: self.tables.fingerprints(),
            media: args.media,
        };
        Ok(RunFile {
            identity,
            output: self.plan.output.clone(),
            stage_schemas: self.plan.stages.iter().map(|s| s.schema.clone()).collect(),
            stages: self.plan.stages.len(),
            tamis: env!("CARGO_PKG_VERSION").to_string(),
            paper: self.plan.paper.clone(),
            licence: self.plan.licence.clone(),
            models: models.map_or(Json::Null, Bindings::describe),
            players: models.map_or(Vec::new(), |b| players(b, &self.plan)),
            simulated: models.is_some_and(|b| players(b, &self.plan).iter().any(|p| p.backend == "sim")),
            arguments: self.arguments(),
        })
    }

    /// What `tamis resume` needs; paths absolute.
    fn arguments(&self) -> Json {
        let args = &self.args;
        let models = args.models.as_ref().map(|m| match m.as_str() {
            "sim" => m.clone(),
            url if url.contains("://") => m.clone(),
            file => launch::absolute(file.as_ref()),
        });
        json!({
            "recipe": self.plan.name, "set": args.recipe.set,
            "input": args.input.input.as_deref().map(launch::absolute), "format": args.input.format, "map": args.input.map,
            "tables": self.absolute_tables(),
            "models": models, "take": args.take, "accept": args.accept, "seed": args.seed, "in_flight": args.in_flight,
            "max_failures": args.max_failures, "budget_usd": args.budget_usd, "budget_tokens": args.budget_tokens,
            "budget_requests": args.budget_requests,
            "reuse": args.reuse.iter().map(|dir| launch::absolute(dir)).collect::<Vec<_>>(),
        })
    }

    fn absolute_tables(&self) -> Vec<String> {
        let absolute = |pair: &String| match pair.split_once('=') {
            Some((name, path)) => format!("{name}={}", launch::absolute(path.as_ref())),
            None => pair.clone(),
        };
        self.args.input.table.iter().map(absolute).collect()
    }

    fn options(&self, jobs: usize) -> Options {
        let args = &self.args;
        Options {
            seed: args.seed,
            take: args.take,
            accept: args.accept,
            part_rows: part_rows(&self.plan, args.accept),
            shard: self.shard,
            jobs,
            in_flight: self.in_flight(),
            max_failures: args.max_failures,
            wait_for_shards: !args.no_wait,
        }
    }

    /// Records under way at a time: more than usual where requests wait for batches, which else would stay small.
    fn in_flight(&self) -> usize {
        let wanted = self.bindings.as_ref().and_then(|bindings| bindings.wanted_in_flight(&launch::roles(&self.plan)));
        self.args.in_flight.unwrap_or_else(|| wanted.unwrap_or(IN_FLIGHT).max(IN_FLIGHT))
    }

    /// What becomes of batches goes to the run's log.
    fn batches(&self) -> Arc<Batches> {
        let events = Events::open(&self.dir.events());
        Arc::new(Batches::new(Arc::new(move |event: &str, details| events.tell(event, details))))
    }

    fn journal(&self) -> Result<Option<Arc<Journal>>, Error> {
        if self.bindings.is_none() {
            return Ok(None);
        }
        let refused = |e: tamis_models::JournalError| Error::refused(e.to_string());
        let own = self.dir.replies(&self.shard);
        let mut journal = Journal::open(&own).map_err(refused)?;
        // The shards may have been cut otherwise before: what any of them paid for is not paid again.
        let others: Vec<PathBuf> = shards_of(&self.dir)?.into_iter().filter(|replies| *replies != own).collect();
        // Of a run in a bucket, what other machines paid for this share is on its bill, too.
        let share = format!("{}.", self.shard.name());
        let is_share = |dir: &Path| dir.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&share));
        for replies in &others {
            let read = if is_share(replies) { journal.also_read_own(replies) } else { journal.also_read(replies) };
            read.map_err(refused)?;
        }
        // Opened after the answers were: a picture is stored before its answer, so none is missed.
        if !others.is_empty() && self.dir.media().is_dir() {
            journal.also_look_in(launch::media(&self.dir)?);
        }
        for dir in &self.args.reuse {
            let earlier = launch::finished_run(dir, &WorkArgs::default())?;
            for replies in shards_of(&earlier)? {
                journal.also_read(&replies).map_err(refused)?;
            }
            if earlier.media().is_dir() {
                journal.also_look_in(launch::media(&earlier)?);
            }
        }
        Ok(Some(Arc::new(journal)))
    }

    fn budget(&self) -> Result<Arc<Budget>, Error> {
        let limits = tamis_models::budget::Limits {
            requests: self.args.budget_requests,
            tokens: self.args.budget_tokens,
            usd: self.args.budget_usd,
        };
        Ok(Arc::new(Budget::new(limits)))
    }
}

fn players(bindings: &Bindings, plan: &Plan) -> Vec<Player> {
    let players = launch::roles(plan).into_iter().flat_map(|(role, _)| {
        let models = bindings.models_of(&role);
        models.into_iter().map(move |(backend, model)| Player { role: role.to_string(), model, backend })
    });
    players.collect()
}

fn refuse_odd_arguments(plan: &Plan, args: &RunArgs) -> Result<(), Error> {
    let endless = plan.inputs.is_empty() && args.take.is_none() && args.accept.is_none();
    if endless {
        let message = format!("`{}` needs no input and would go on for ever", plan.name);
        return Err(Error::refused(message).help("say how many with --take N (inputs) or --accept N (samples)"));
    }
    if args.accept.is_some() && plan.stages.len() > 1 {
        let barrier = plan.stages.iter().find_map(|s| s.barrier.as_ref()).map_or(String::new(), |b| b.id.to_string());
        let message =
            format!("--accept cannot be used with the barrier `{barrier}`, which needs all inputs before any passes");
        return Err(Error::refused(message).help("use --take"));
    }
    if args.accept.is_some() && args.shard.is_some() {
        return Err(Error::refused("--accept counts over the whole input and cannot be sharded").help("use --take"));
    }
    if args.take == Some(0) || args.accept == Some(0) {
        return Err(Error::refused("expected at least 1 for --take and --accept"));
    }
    if args.media == Keeping::InPlace { refuse_in_place(args) } else { Ok(()) }
}

/// Only files of this machine can stay where they are, and only for a run directory on this machine.
fn refuse_in_place(args: &RunArgs) -> Result<(), Error> {
    let url =
        |path: &Option<PathBuf>| path.as_ref().filter(|path| place::is_url(path)).map(|p| p.display().to_string());
    if let Some(input) = url(&args.input.input) {
        let message = format!("--media in-place leaves files of this machine where they are; {input} is not on it");
        return Err(Error::refused(message).help(
            "leave --media out: the samples' pictures are copied into the run directory; or copy the input here first",
        ));
    }
    if let Some(out) = url(&args.out) {
        let message = format!(
            "--media in-place leaves pictures on this machine; {out} is a bucket, and who reads the run there cannot \
             see them"
        );
        return Err(Error::refused(message).help("leave --media out, or run into a directory of this machine"));
    }
    Ok(())
}

/// The journals of a run, one for each shard.
fn shards_of(dir: &RunDir) -> Result<Vec<PathBuf>, Error> {
    let path = dir.path().join("replies");
    let entries = std::fs::read_dir(&path)
        .map_err(|e| Error::refused(format!("--reuse {}: no replies of an earlier run there: {e}", dir.shown())))?;
    let mut shards: Vec<PathBuf> = entries.flatten().map(|e| e.path()).filter(|p| p.is_dir()).collect();
    shards.sort();
    Ok(shards)
}

/// A run that stops does not wait for its batches, which may take a day.
async fn leave_batches(stop: Arc<Stop>, batches: Arc<Batches>) {
    stop.asked().await;
    batches.leave();
}

/// The first Ctrl-C lets calls in flight end and commits; the second leaves at once.
async fn stop_on_ctrl_c(stop: Arc<Stop>) {
    if tokio::signal::ctrl_c().await.is_ok() {
        eprintln!("\nstopping: waiting for calls in flight; press Ctrl-C again to leave at once");
        stop.ask(StopReason::Interrupted);
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(130);
        }
    }
}

struct Report<'a> {
    launch: &'a Launch,
    seconds: f64,
    resumed: bool,
    meter: &'a Meter,
}

impl Report<'_> {
    fn print(&self, result: Result<Summary, EngineError>) -> Outcome {
        let dir = self.launch.dir.shown();
        let summary = match result {
            Ok(summary) => summary,
            Err(EngineError::Stopped(reason)) => return self.stopped(&reason, &dir),
            Err(other) => return Err(other.into()),
        };
        if self.launch.args.json {
            let calls = self.meter.snapshot();
            println!(
                "{}",
                json!({ "dir": dir, "seconds": self.seconds, "resumed": self.resumed, "summary": summary, "this_process": calls })
            );
        } else {
            self.tell(&summary, &dir);
        }
        let nothing = summary.accepted == 0 && summary.failed > 0 && summary.complete;
        Ok(if summary.failed > 0 || nothing { ExitCode::from(FAILED) } else { ExitCode::SUCCESS })
    }

    fn stopped(&self, reason: &StopReason, dir: &str) -> Outcome {
        let summary = Summary::read(&self.launch.dir, self.launch.plan.stages.len()).unwrap_or_default();
        if self.launch.args.json {
            let calls = self.meter.snapshot();
            println!(
                "{}",
                json!({ "dir": dir, "stopped": reason.to_string(), "summary": summary, "this_process": calls })
            );
        }
        let message = format!("stopped: {reason}");
        let done = format!("{} are committed", human::counted(summary.accepted, "sample"));
        let calls = self.meter.snapshot();
        let left = match calls.batches_open {
            0 => String::new(),
            open => format!(
                "; {} with {} go on at the server and will be collected",
                human::counted_as(open, "batch", "batches"),
                human::counted(calls.batch_requests.saturating_sub(calls.batch_done), "open request")
            ),
        };
        let next = match reason {
            StopReason::HandedOver { step, .. } => {
                format!("train, then take it up with `tamis resume {dir} --trained {step}=models.yaml`")
            }
            _ => format!("take it up with `tamis resume {dir}`, nothing is paid twice"),
        };
        let help = format!("{done}{left}; {next}");
        Err(Error { message, help: Some(help), code: FAILED })
    }

    fn tell(&self, summary: &Summary, dir: &str) {
        let name = &self.launch.plan.name;
        let mark = if summary.failed == 0 { human::green("✔") } else { human::red("!") };
        let inputs = human::counted(summary.inputs, "input");
        let samples = human::counted(summary.accepted, "sample");
        let taken_up = if self.resumed { " (taken up)" } else { "" };
        println!("{mark} {name}: {inputs} → {samples} in {}{taken_up}", human::duration(self.seconds));
        println!("  {}", super::stats::endings_line(summary));
        super::stats::tell_reasons(summary);
        if summary.failed > 0 {
            println!("    each with its row and error in {dir}/stages/*/part-*/failed.jsonl");
        }
        if summary.calls.answers > 0 {
            println!("  {}", super::stats::calls_line(summary));
        }
        let calls = self.meter.snapshot();
        if calls.batches > 0 {
            println!(
                "  batches  {} in {}, {} done",
                human::counted(calls.batch_requests, "request"),
                human::counted_as(calls.batches, "batch", "batches"),
                human::count(calls.batch_done)
            );
        }
        println!("  digest   {}", summary.digest);
        if !summary.complete {
            println!("  this shard is done; the others are not yet");
        }
        println!(
            "  next     tamis stats {dir} · tamis verify {dir} · tamis export {dir} --to parquet --out data/{name}"
        );
    }
}

/// The arguments of a run directory, to take it up again.
pub fn arguments_of(run: &RunFile, dir: &RunDir, out: &std::path::Path) -> RunArgs {
    let text = |name: &str| run.arguments.get(name).and_then(Json::as_str).map(str::to_string);
    let number = |name: &str| run.arguments.get(name).and_then(Json::as_u64);
    let list = |name: &str| -> Vec<String> {
        let items = run.arguments.get(name).and_then(Json::as_array).cloned().unwrap_or_default();
        items.iter().filter_map(Json::as_str).map(str::to_string).collect()
    };
    let recipe = RecipeArgs { recipe: dir.recipe().display().to_string(), set: list("set") };
    let input = crate::args::InputArgs {
        input: text("input").map(PathBuf::from),
        format: text("format"),
        map: list("map"),
        table: list("tables"),
    };
    RunArgs {
        recipe,
        input,
        models: text("models"),
        out: Some(out.to_path_buf()),
        take: number("take"),
        accept: number("accept"),
        seed: run.identity.seed,
        media: run.identity.media,
        in_flight: number("in_flight").map(|n| n as usize),
        max_failures: number("max_failures"),
        budget_usd: run.arguments.get("budget_usd").and_then(Json::as_f64),
        budget_tokens: number("budget_tokens"),
        budget_requests: number("budget_requests"),
        reuse: list("reuse").into_iter().map(PathBuf::from).collect(),
        ..RunArgs::default()
    }
}
