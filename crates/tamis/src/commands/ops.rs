//! `tamis ops`: the operators and their manual pages.

use std::process::ExitCode;

use crate::registry::REGISTRY;
use serde_json::json;
use tamis_core::error::did_you_mean;

use crate::args::OpsArgs;
use crate::error::{Error, Outcome};
use crate::human;

/// Prints the list, or a page.
pub fn run(args: &OpsArgs) -> Outcome {
    match &args.name {
        Some(name) => page(name, args.json),
        None => list(args.json),
    }
}

fn page(name: &str, as_json: bool) -> Outcome {
    let Some(spec) = REGISTRY.iter().find(|spec| spec.name == name) else {
        let hint = did_you_mean(name, REGISTRY.iter().map(|spec| spec.name));
        return Err(Error::refused(format!("no operator is called `{name}`{hint}")).help("`tamis ops` lists them"));
    };
    if as_json {
        println!("{}", json!({ "name": spec.name, "manual": spec.manual(), "schema": (spec.schema)() }));
    } else {
        println!("{}", tamis_recipe::reference::operator_page(spec));
    }
    Ok(ExitCode::SUCCESS)
}

fn list(as_json: bool) -> Outcome {
    let about = |manual: String| manual.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    if as_json {
        let rows: Vec<_> =
            REGISTRY.iter().map(|spec| json!({ "name": spec.name, "about": about(spec.manual()) })).collect();
        println!("{}", json!(rows));
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> =
        REGISTRY.iter().map(|spec| vec![spec.name.to_string(), human::brief(&about(spec.manual()), 96)]).collect();
    print!("{}", human::table(&rows));
    eprintln!("{}", human::dim("tamis ops NAME prints the manual page of one"));
    Ok(ExitCode::SUCCESS)
}
