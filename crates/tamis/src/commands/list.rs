//! `tamis list`: what the cookbook holds.

use std::process::ExitCode;

use serde_json::json;

use crate::args::ListArgs;
use crate::cookbook;
use crate::error::Outcome;
use crate::human;

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
    let rows: Vec<Vec<String>> = entries
        .iter()
        .map(|e| {
            let roles: Vec<&str> = e.roles.keys().map(String::as_str).collect();
            let roles = if roles.is_empty() { "no model".to_string() } else { roles.join(", ") };
            vec![e.slug.clone(), roles, human::brief(&e.about, 90)]
        })
        .collect();
    print!("{}", human::table(&rows));
    eprintln!("{}", human::dim("tamis show NAME tells more; tamis new MINE --from NAME copies one to edit"));
    Ok(ExitCode::SUCCESS)
}
