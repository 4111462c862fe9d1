//! `tamis stats`: what came out of a run.

use std::collections::BTreeMap;
use std::process::ExitCode;

use serde::Serialize;
use serde_json::json;
use tamis_core::{Record, Type, Value};
use tamis_engine::{RunDir, RunFile, Summary, dataset};

use crate::args::StatsArgs;
use crate::error::{Error, Outcome};
use crate::{human, launch};

/// More different values than this are no distribution.
const MOST_VALUES: usize = 400;
/// Neither are longer texts.
const LONGEST_LABEL: usize = 60;
/// Of so many values the shares are told.
const SHOWN_VALUES: usize = 8;

/// Prints counts, reasons, distributions, cost and digest.
pub fn run(args: &StatsArgs) -> Outcome {
    let dir = launch::finished_run(&args.dir, &args.work)?;
    let run = dir.read()?;
    if !args.by.is_empty() {
        return composition(args, &dir, &run);
    }
    let summary = Summary::read(&dir, run.stages)?;
    let fields = distributions(&dir, &run)?;
    if args.json {
        println!(
            "{}",
            json!({
                "recipe": run.identity.recipe, "recipe_digest": run.identity.recipe_digest, "seed": run.identity.seed,
                "digest": summary.digest, "simulated": run.simulated, "models": run.models,
                "summary": summary, "fields": fields,
            })
        );
        return Ok(ExitCode::SUCCESS);
    }
    let state = if summary.complete { "complete" } else { "not complete; `tamis resume` goes on" };
    println!("{}  {state}", human::cyan(&run.identity.recipe));
    if run.simulated || summary.calls.simulated > 0 {
        println!("  {}", human::red("made with the simulator: for dry runs and tests, not for training"));
    }
    let added = match summary.added {
        0 => String::new(),
        n => format!(" ({} {} by fan-outs)", n.unsigned_abs(), if n > 0 { "added" } else { "gathered" }),
    };
    println!("  inputs   {}{added}", human::count(summary.inputs));
    println!("  {}", endings_line(&summary));
    tell_reasons(&summary);
    for (name, field) in &fields {
        println!("  {name:<12} {}", field.line());
    }
    if summary.calls.answers > 0 {
        println!("  {}", calls_line(&summary));
    }
    println!("  digest   {}", summary.digest);
    Ok(ExitCode::SUCCESS)
}

/// How many samples have which values of some fields together.
fn composition(args: &StatsArgs, dir: &RunDir, run: &RunFile) -> Outcome {
    if let Some(unknown) = args.by.iter().find(|name| !run.output.contains(name)) {
        let names: Vec<&str> = run.output.names().map(|n| &**n).collect();
        let hint = tamis_core::error::did_you_mean(unknown, names.iter().copied());
        let message = format!("--by {unknown}: the samples have no such field{hint}");
        return Err(Error::refused(message).help(format!("their fields are {}", names.join(", "))));
    }
    let mut counts: BTreeMap<Vec<String>, u64> = BTreeMap::new();
    for record in dataset::samples(dir, run)? {
        let record = record?;
        let values = args.by.iter().map(|name| record.get(name).map_or(String::new(), label)).collect();
        *counts.entry(values).or_default() += 1;
    }
    if args.json {
        let rows: Vec<_> = counts.iter().map(|(values, n)| json!({ "values": values, "samples": n })).collect();
        println!("{}", json!({ "by": args.by, "rows": rows }));
        return Ok(ExitCode::SUCCESS);
    }
    let all: u64 = counts.values().sum();
    let mut rows: Vec<_> = counts.into_iter().collect();
    rows.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let mut table = vec![[args.by.clone(), vec!["samples".to_string(), String::new()]].concat()];
    for (values, n) in rows {
        let values = values.iter().map(|value| human::line(value, 40)).collect();
        table.push([values, vec![human::count(n), format!("{:.1}%", 100.0 * n as f64 / all as f64)]].concat());
    }
    print!("{}", human::table(&table));
    Ok(ExitCode::SUCCESS)
}

/// A value as a label.
fn label(value: &Value) -> String {
    value.as_text().map_or_else(|| value.to_json().to_string(), str::to_string)
}

/// How many records ended in which way.
pub fn endings_line(summary: &Summary) -> String {
    let gathered = match summary.gathered {
        0 => String::new(),
        n => format!("   gathered into others {}", human::count(n)),
    };
    format!(
        "accepted {}   rejected {}   failed {}{gathered}",
        human::count(summary.accepted),
        human::count(summary.rejected),
        human::count(summary.failed)
    )
}

/// The rejections by reason and the failures by error, most first.
pub fn tell_reasons(summary: &Summary) {
    for (reason, n) in summary.reasons.iter().take(12) {
        println!("    rejected {:>8}  {}", human::count(*n), human::line(reason, 90));
    }
    for (error, n) in summary.errors.iter().take(12) {
        println!("    failed   {:>8}  {}", human::count(*n), human::line(error, 90));
    }
}

/// What the models did, in a line.
pub fn calls_line(summary: &Summary) -> String {
    let calls = &summary.calls;
    format!(
        "calls    {} answers ({} from the journal), {} tokens in, {} out, {}",
        human::count(calls.answers),
        human::count(calls.cached),
        human::count(calls.input_tokens),
        human::count(calls.output_tokens),
        human::money(calls.usd)
    )
}

/// How a field's values are distributed over the samples.
#[derive(Debug, Default, Serialize)]
struct Distribution {
    #[serde(rename = "type")]
    ty: String,
    /// samples that have the field
    present: u64,
    /// how often each value comes, for fields of few values
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<BTreeMap<String, u64>>,
    /// least, mean and greatest of numbers, or of lengths in characters or items
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<Range>,
}

#[derive(Debug, Serialize)]
struct Range {
    of: &'static str,
    min: f64,
    mean: f64,
    max: f64,
    #[serde(skip)]
    sum: f64,
    #[serde(skip)]
    n: f64,
}

fn distributions(dir: &RunDir, run: &RunFile) -> Result<BTreeMap<String, Distribution>, Error> {
    let mut fields: BTreeMap<String, Distribution> = BTreeMap::new();
    for (name, field) in run.output.iter() {
        let distribution = Distribution {
            ty: field.ty.to_string(),
            values: is_label(&field.ty).then(BTreeMap::new),
            ..Distribution::default()
        };
        fields.insert(name.to_string(), distribution);
    }
    for record in dataset::samples(dir, run)? {
        count(&mut fields, &record?);
    }
    Ok(fields)
}

fn is_label(ty: &Type) -> bool {
    matches!(ty.required(), Type::Enum(_) | Type::Bool | Type::Text | Type::Int)
}

fn count(fields: &mut BTreeMap<String, Distribution>, record: &Record) {
    for (name, value) in record.fields() {
        let Some(field) = fields.get_mut(&**name).filter(|_| !value.is_null()) else { continue };
        field.present += 1;
        if let Some(values) = &mut field.values {
            let label = label(value);
            let is_long = label.chars().count() > LONGEST_LABEL;
            *values.entry(label).or_default() += 1;
            if is_long || values.len() > MOST_VALUES {
                field.values = None;
            }
        }
        if let Some((of, n)) = measure(value) {
            field.add(of, n);
        }
    }
}

fn measure(value: &Value) -> Option<(&'static str, f64)> {
    match value {
        Value::Int(_) | Value::Float(_) => value.as_float().map(|n| ("value", n)),
        Value::Text(text) => Some(("characters", text.chars().count() as f64)),
        Value::List(items) => Some(("items", items.len() as f64)),
        _ => None,
    }
}

impl Distribution {
    fn add(&mut self, of: &'static str, n: f64) {
        let range = self.range.get_or_insert(Range { of, min: n, mean: n, max: n, sum: 0.0, n: 0.0 });
        range.min = range.min.min(n);
        range.max = range.max.max(n);
        range.sum += n;
        range.n += 1.0;
        range.mean = range.sum / range.n;
    }

    fn line(&self) -> String {
        match (&self.values, &self.range) {
            (Some(values), _) if !values.is_empty() && (values.len() as u64) < self.present.max(2) => {
                let mut values: Vec<_> = values.iter().collect();
                values.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
                let share = |n: u64| 100.0 * n as f64 / self.present as f64;
                let shown = values.iter().take(SHOWN_VALUES);
                let texts = shown.map(|(v, n)| format!("{} {:.1}%", human::line(v, 24), share(**n)));
                let texts = texts.collect::<Vec<_>>().join("  ");
                match values.get(SHOWN_VALUES) {
                    None => texts,
                    Some((_, n)) => {
                        let rest = values.len() - SHOWN_VALUES;
                        format!("{} values: {texts}  and {rest} of at most {:.1}%", values.len(), share(**n))
                    }
                }
            }
            (_, Some(range)) => format!("{} {:.0} to {:.0}, mean {:.1}", range.of, range.min, range.max, range.mean),
            _ => human::counted(self.present, "value"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_values_are_told_by_the_most_frequent_and_the_most_that_any_other_has() {
        let counts = (0..50u64).map(|i| (format!("kind {i}"), if i < 10 { 4 } else { 1 }));
        let field = Distribution { present: 80, values: Some(counts.collect()), ..Distribution::default() };
        let line = field.line();
        assert!(line.starts_with("50 values: kind 0 5.0%  kind 1 5.0%"), "{line}");
        assert!(line.ends_with("and 42 of at most 5.0%"), "{line}");
    }

    #[test]
    fn texts_that_are_all_different_have_lengths_and_no_shares() {
        let counts = [("a".to_string(), 1), ("bc".to_string(), 1)].into();
        let mut field = Distribution { present: 2, values: Some(counts), ..Distribution::default() };
        field.add("characters", 1.0);
        field.add("characters", 2.0);
        assert_eq!(field.line(), "characters 1 to 2, mean 1.5");
    }
}
