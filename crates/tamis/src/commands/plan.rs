//! `tamis plan`: stages, calls, tokens, price. Makes no call.
//!
//! The recipe is run on a sample of the real input with the simulator in the place of every model, so that every prompt
//! is rendered as it would be sent; each request is counted by the estimator of the model that is bound.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use serde::Serialize;
use serde_json::json;
use tamis_core::Name;
use tamis_core::media::DiskStore;
use tamis_core::model::{CallError, CallSite, Estimate, Model, Receipt, Reply, Request, RoleKind};
use tamis_core::source::SharedSource;
use tamis_engine::{Job, Options, Progress, RunDir, Shard, Stop, Summary, run::part_rows};
use tamis_models::{Bindings, Services};
use tamis_recipe::plan::Plan;

use crate::args::PlanArgs;
use crate::error::{Error, Outcome};
use crate::tables::Tables;
use crate::{human, launch, trained};

/// Prints the stages and the cost.
pub fn run(args: &PlanArgs) -> Outcome {
    let plan = Arc::new(launch::plan(launch::check(&args.recipe)?)?);
    let source = match &args.input.input {
        Some(_) => launch::source(&plan, &args.input)?,
        None => None,
    };
    let bindings = args.models.as_deref().map(Bindings::from_argument).transpose()?;
    let inputs = source.as_ref().and_then(|s| s.len()).or(args.take).map(|n| n.min(args.take.unwrap_or(u64::MAX)));
    let sampled = source.is_some() || plan.inputs.is_empty();
    let estimate = if sampled { Some(estimate(&plan, source, bindings.as_ref(), args)?) } else { None };
    if args.json {
        println!("{}", json!({ "recipe": plan.name, "inputs": inputs, "stages": stages(&plan), "estimate": estimate }));
    } else {
        tell(&plan, estimate.as_ref(), inputs, bindings.is_some());
    }
    Ok(ExitCode::SUCCESS)
}

/// What the sample came to.
#[derive(Serialize)]
struct Estimated {
    /// inputs in the sample
    sample: u64,
    /// samples that came out of it, with simulated answers
    accepted: u64,
    /// by step
    steps: BTreeMap<String, StepCost>,
}

/// What the model calls of one step come to in the sample.
#[derive(Clone, Default, Serialize)]
struct StepCost {
    role: String,
    calls: u64,
    input_tokens: f64,
    output_low: f64,
    output_high: f64,
    usd_low: f64,
    usd_high: f64,
    exact_images: bool,
}

fn estimate(
    plan: &Arc<Plan>,
    source: Option<SharedSource>,
    bindings: Option<&Bindings>,
    args: &PlanArgs,
) -> Result<Estimated, Error> {
    let scratch = tempfile::tempdir().map_err(|e| Error::refused(format!("cannot make a directory: {e}")))?;
    let dir = RunDir::at(scratch.path());
    let roles = launch::roles(plan);
    let runtime = launch::runtime(launch::jobs(None))?;
    let simulator = Bindings::simulated();
    let estimators = bindings.unwrap_or(&simulator).estimators(&roles)?;
    let players = runtime.block_on(simulator.connect(&roles, Services::default()))?;
    let log = Arc::new(Log::default());
    let models = estimators.into_iter().map(|(role, estimator)| {
        let player = players[&role].clone();
        let model = Estimator { role: role.clone(), estimator, player, log: log.clone() };
        (role, Arc::new(model) as Arc<dyn Model>)
    });
    let media = DiskStore::open(&dir.media(), "plan").map_err(|e| Error::refused(e.to_string()))?;
    trained::pretend(plan, &dir)?;
    let sample = args.sample.min(args.take.unwrap_or(u64::MAX)).max(1);
    let job = Job {
        plan: plan.clone(),
        source,
        tables: Tables::open(plan, &args.input.table)?.read(scratch.path())?,
        rebind: None,
        models: models.collect(),
        dir,
        media: Arc::new(media),
        options: Options {
            seed: args.seed,
            take: Some(sample),
            accept: None,
            part_rows: part_rows(plan, None),
            shard: Shard::WHOLE,
            jobs: launch::jobs(None),
            in_flight: 64,
            max_failures: None,
            wait_for_shards: true,
        },
        progress: Arc::new(Progress::default()),
        stop: Arc::new(Stop::default()),
    };
    let summary: Summary = runtime.block_on(tamis_engine::execute(job))?;
    let steps = log.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(Estimated { sample: summary.inputs, accepted: summary.accepted, steps })
}

#[derive(Default)]
struct Log(Mutex<BTreeMap<String, StepCost>>);

/// Answers with the simulator and counts with the bound model's estimator.
struct Estimator {
    role: Name,
    estimator: Arc<dyn Model>,
    player: Arc<dyn Model>,
    log: Arc<Log>,
}

impl Model for Estimator {
    fn kind(&self) -> RoleKind {
        self.estimator.kind()
    }

    fn call<'a>(
        &'a self,
        request: Request,
        site: &'a CallSite<'a>,
    ) -> BoxFuture<'a, Result<(Reply, Receipt), CallError>> {
        let estimate = self.estimator.estimate(&request, site);
        let mut log = self.log.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.entry(site.step.to_string()).or_default().add(&self.role, &estimate);
        drop(log);
        self.player.call(request, site)
    }

    fn estimate(&self, request: &Request, site: &CallSite<'_>) -> Estimate {
        self.estimator.estimate(request, site)
    }
}

impl StepCost {
    fn add(&mut self, role: &str, estimate: &Estimate) {
        self.role = role.to_string();
        self.exact_images = estimate.exact_images && (self.calls == 0 || self.exact_images);
        self.calls += 1;
        self.input_tokens += estimate.input;
        self.output_low += estimate.output_low;
        self.output_high += estimate.output_high;
        self.usd_low += estimate.usd_low;
        self.usd_high += estimate.usd_high;
    }
}

fn stages(plan: &Plan) -> Vec<serde_json::Value> {
    let stages = plan.stages.iter().map(|stage| {
        let steps: Vec<_> =
            stage.block.steps.iter().map(|s| json!({ "id": &*s.id, "operator": s.operator, "line": s.line })).collect();
        json!({ "steps": steps, "barrier": stage.barrier.as_ref().map(|b| &*b.id) })
    });
    stages.collect()
}

fn tell(plan: &Plan, estimate: Option<&Estimated>, inputs: Option<u64>, bound: bool) {
    println!("{}  {}", human::cyan(&plan.name), plan.about.as_deref().unwrap_or_default());
    for (i, stage) in plan.stages.iter().enumerate() {
        println!("stage {}", i + 1);
        for step in stage.block.steps.iter().chain(&stage.barrier) {
            println!("  {:>4}  {}", step.line, step.id);
        }
        if stage.barrier.is_some() {
            println!("        {}", human::dim("barrier: waits for all records"));
        }
    }
    match estimate {
        Some(estimate) if !estimate.steps.is_empty() => tell_cost(estimate, inputs, bound),
        Some(estimate) => {
            println!(
                "no model is asked; {} of a sample of {} gave {}",
                estimate.sample,
                estimate.sample,
                human::counted(estimate.accepted, "sample")
            );
        }
        None => println!(
            "{}",
            human::dim("with --input PATH the calls, tokens and price are estimated from a sample of it")
        ),
    }
}

fn tell_cost(estimate: &Estimated, inputs: Option<u64>, bound: bool) {
    let sample = estimate.sample.max(1) as f64;
    let inputs_wanted = inputs.unwrap_or(estimate.sample);
    let scale = inputs_wanted as f64 / sample;
    let mut rows = vec![["step", "role", "calls", "tokens in", "tokens out", "price"].map(str::to_string).to_vec()];
    let (mut low, mut high) = (0.0, 0.0);
    for (step, cost) in &estimate.steps {
        let number = |n: f64| human::count((n * scale).round() as u64);
        low += cost.usd_low * scale;
        high += cost.usd_high * scale;
        rows.push(vec![
            step.clone(),
            cost.role.clone(),
            number(cost.calls as f64),
            format!("{}{}", number(cost.input_tokens), if cost.exact_images { "" } else { " ~" }),
            format!("{} to {}", number(cost.output_low), number(cost.output_high)),
            format!("{} to {}", human::money(cost.usd_low * scale), human::money(cost.usd_high * scale)),
        ]);
    }
    println!(
        "for {} (prompts rendered from {} of them):",
        human::counted(inputs_wanted, "input"),
        human::count(estimate.sample)
    );
    print!("{}", human::table(&rows));
    println!("in all {} to {}", human::money(low), human::money(high));
    if !bound {
        println!("{}", human::dim("no prices without --models models.yaml"));
    }
    println!(
        "{}",
        human::dim("branches and loops went as simulated answers sent them; ~ image tokens by a general formula")
    );
}
