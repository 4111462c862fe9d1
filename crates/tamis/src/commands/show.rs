//! `tamis show`: a recipe of the cookbook, or the whole story of one record.

use std::path::Path;
use std::process::ExitCode;

use serde_json::{Value as Json, json};
use tamis_engine::RunFile;
use tamis_engine::dataset::{self, Ending};

use crate::args::ShowArgs;
use crate::error::{Error, Outcome};
use crate::{cookbook, human, launch};

/// Shows the recipe, or the record.
pub fn run(args: &ShowArgs) -> Outcome {
    match &args.id {
        Some(id) => record(args, id),
        None if is_run(args)? => {
            let help = format!(
                "name a record: `tamis show {0} ID`; ids stand in {0}/stages/*/part-*/*.jsonl; the name of an input row does, too",
                args.what
            );
            Err(Error::refused(format!("{} is a run; which record?", args.what)).help(help))
        }
        None => recipe(args),
    }
}

/// Whether it names a run: a URL always does.
fn is_run(args: &ShowArgs) -> Result<bool, Error> {
    let path: &Path = args.what.as_ref();
    let is_url = tamis_core::place::is_url(path);
    Ok(if is_url { launch::finished_run(path, &args.work)?.read().is_ok() } else { path.join("run.json").exists() })
}

fn recipe(args: &ShowArgs) -> Outcome {
    let files = cookbook::find(&args.what)?;
    let page = files.read("README.md").or_else(|_| files.read("recipe.yaml"));
    let page = page.map_err(|e| Error::refused(format!("`{}`: {e}", args.what)))?;
    let text = String::from_utf8_lossy(&page);
    if args.json {
        println!("{}", json!({ "recipe": args.what, "page": text }));
    } else {
        println!("{text}");
    }
    Ok(ExitCode::SUCCESS)
}

fn record(args: &ShowArgs, id: &str) -> Outcome {
    let dir = launch::finished_run(args.what.as_ref(), &args.work)?;
    let run = dir.read()?;
    let found = dataset::find(&dir, &run, id)?;
    if found.is_empty() {
        let message = format!(
            "no record of {} has an id that begins with `{id}`, or came from an input row called so",
            args.what
        );
        return Err(Error::refused(message).help("ids are 32 hexadecimal digits; the first four or more do"));
    }
    if args.json {
        let rows: Vec<_> =
            found.iter().map(|(ending, row)| json!({ "ending": ending.word(), "record": row })).collect();
        println!("{}", json!(rows));
        return Ok(ExitCode::SUCCESS);
    }
    for (ending, row) in &found {
        tell(&run, *ending, row);
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(run: &RunFile, ending: Ending, row: &Json) {
    let text = |path: &str| row.pointer(path).and_then(Json::as_str).unwrap_or_default().to_string();
    println!("{} {}", human::cyan(&text("/_id")), ending.word());
    println!("  from     {} (input row {})", text("/_root/key"), row.pointer("/_root/ordinal").unwrap_or(&Json::Null));
    println!(
        "  recipe   {} {}, seed {}",
        run.identity.recipe,
        &run.identity.recipe_digest.chars().take(12).collect::<String>(),
        run.identity.seed
    );
    match ending {
        Ending::Rejected => {
            let values = human::line(&short(&row["_values"]).to_string(), 400);
            println!("  rejected by {}: {} {values}", text("/_step"), text("/_reason"));
        }
        Ending::Failed => {
            println!("  failed in {} after {} attempts: {}", text("/_step"), row["_attempts"], text("/_error"))
        }
        Ending::Gathered => println!("  went into {} by {}", row["_into"], text("/_step")),
        Ending::Accepted => {}
    }
    let fields = row.as_object().into_iter().flatten().filter(|(name, _)| !name.starts_with('_'));
    for (name, value) in fields {
        println!("  {name:<12} {}", field(value));
    }
    for entry in row["_story"].as_array().into_iter().flatten() {
        println!("  {} {}", human::dim("·"), story(entry));
    }
    println!();
}

fn field(value: &Json) -> String {
    match value.get("hash").and_then(Json::as_str) {
        Some(hash) => {
            let size = |side: &str| value.pointer(&format!("/header/{side}")).and_then(Json::as_u64).unwrap_or(0);
            format!("{} {}x{} {}", &hash[..12.min(hash.len())], size("width"), size("height"), value["origin"])
        }
        None => match value {
            Json::String(text) => human::line(text, 400),
            other => human::line(&short(other).to_string(), 400),
        },
    }
}

/// The same value with each media in it as its hash and size.
fn short(value: &Json) -> Json {
    match value {
        Json::Array(items) => items.iter().map(short).collect(),
        Json::Object(fields) if fields.contains_key("hash") && fields.contains_key("origin") => {
            let hash: String = value["hash"].as_str().unwrap_or_default().chars().take(12).collect();
            let side = |side: &str| value.pointer(&format!("/header/{side}")).and_then(Json::as_u64).unwrap_or(0);
            json!(format!("{hash} {}x{}", side("width"), side("height")))
        }
        Json::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), short(value))).collect(),
        other => other.clone(),
    }
}

fn story(entry: &Json) -> String {
    let step = entry["step"].as_str().unwrap_or_default();
    if let Some(call) = entry.get("call") {
        let text = |name: &str| call[name].as_str().unwrap_or_default();
        let paid = if call["cached"] == json!(true) {
            "from the journal".to_string()
        } else {
            human::money(call["usd"].as_f64().unwrap_or(0.0))
        };
        let request: String = text("request").chars().take(12).collect();
        let usage = format!("{} in, {} out", call["usage"]["input"], call["usage"]["output"]);
        return format!(
            "{step}: {} = {} ({}), request {request}, {usage}, {paid}",
            text("role"),
            text("model"),
            text("backend")
        );
    }
    if let Some(branch) = entry.get("branch").and_then(Json::as_str) {
        return format!("{step}: {branch}");
    }
    format!("{step}: {}", entry.get("note").and_then(Json::as_str).unwrap_or_default())
}
