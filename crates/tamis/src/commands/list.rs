//! `tamis list`: what the cookbook holds.

use std::process::ExitCode;

use serde_json::json;

use crate::args::ListArgs;
use crate::cookbook::{self, Entry};
use crate::error::Outcome;
use crate::{human, launch};

/// Prints a line for each recipe.
pub fn run(args: &ListArgs) -> Outcome {
    let entries = cookbook::entries();
    if args.json {
        let rows: Vec<_> = entries
            .iter()
            .map(|e| json!({ "recipe": e.slug, "about": e.about, "paper": e.paper, "roles": e.roles, "inputs": e.inputs }))
            .collect();
        println!("{}", json!(rows));
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> =
        entries.iter().map(|e| vec![e.slug.clone(), roles(e), human::brief(&e.about, 90)]).collect();
    print!("{}", human::table(&rows));
    eprintln!("{}", human::dim("tamis show NAME tells more; tamis new MINE --from NAME copies one to edit"));
    Ok(ExitCode::SUCCESS)
}

/// The roles that need a model, and in brackets those that only other parameters ask for.
fn roles(entry: &Entry) -> String {
    let needed = cookbook::find(&entry.slug)
        .and_then(|files| launch::check_files(&*files, &[], String::new()))
        .ok()
        .and_then(|checked| checked.plan);
    let is_needed = |role: &&str| needed.as_ref().is_none_or(|plan| plan.roles.contains_key(*role));
    let (needed, further): (Vec<&str>, Vec<&str>) = entry.roles.keys().map(String::as_str).partition(is_needed);
    let needed = if needed.is_empty() { "no model".to_string() } else { needed.join(", ") };
    if further.is_empty() { needed } else { format!("{needed} ({})", further.join(", ")) }
}
