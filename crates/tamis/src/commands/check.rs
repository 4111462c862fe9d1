//! `tamis check`: types, fields, roles, prompts and files of a recipe. Runs nothing.

use std::process::ExitCode;

use serde_json::json;
use tamis_models::Bindings;

use crate::args::CheckArgs;
use crate::error::{Error, Outcome, REFUSED};
use crate::{human, launch};

/// Prints every problem at once.
pub fn run(args: &CheckArgs) -> Outcome {
    let checked = launch::check(&args.recipe)?;
    let missing = match (&checked.plan, &args.models) {
        (Some(plan), Some(models)) => Bindings::from_argument(models)?.missing(&launch::roles(plan)),
        _ => Vec::new(),
    };
    let good = checked.plan.is_some() && missing.is_empty();
    if args.json {
        let diagnostics: Vec<_> = checked.diagnostics.iter().map(tamis_recipe::Diagnostic::to_json).collect();
        println!("{}", json!({ "ok": good, "diagnostics": diagnostics, "unbound_roles": missing }));
    } else {
        checked.diagnostics.iter().for_each(|d| eprintln!("{}", launch::show(d)));
        missing.iter().for_each(|text| eprintln!("{} {text}", human::red("error:")));
    }
    if !good {
        let errors = checked.diagnostics.iter().filter(|d| d.is_error()).count() + missing.len();
        let message = if args.json { String::new() } else { human::counted(errors as u64, "problem") };
        return Err(Error { message, help: None, code: REFUSED });
    }
    if let (false, Some(plan)) = (args.json, &checked.plan) {
        let fields: Vec<String> = plan.output.iter().map(|(name, field)| format!("{name}: {field}")).collect();
        println!("{} {}: {}", human::green("✔"), plan.name, human::counted(plan.steps().count() as u64, "step"));
        println!("  a sample is {{ {} }}", fields.join(", "));
    }
    Ok(ExitCode::SUCCESS)
}
