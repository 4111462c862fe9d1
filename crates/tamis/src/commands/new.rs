//! `tamis new`: a recipe of one's own, as a copy of one of the cookbook.

use std::process::ExitCode;

use crate::args::NewArgs;
use crate::error::{Error, Outcome};
use crate::{cookbook, human};

/// Copies the recipe's folder and puts the new name into it.
pub fn run(args: &NewArgs) -> Outcome {
    let Some(files) = cookbook::files(&args.from) else {
        cookbook::find(&args.from)?;
        return Err(Error::refused(format!("`{}` is not in the cookbook", args.from)));
    };
    if args.name.exists() {
        return Err(Error::refused(format!("{} exists already", args.name.display())).help("choose another name"));
    }
    let name = args.name.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    for (path, bytes) in files {
        let target = args.name.join(&path);
        let bytes = if path == "recipe.yaml" { renamed(bytes, &args.from, &name) } else { bytes.to_vec() };
        let write = || {
            target.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            std::fs::write(&target, bytes)
        };
        write().map_err(|e| Error::refused(format!("cannot write {}: {e}", target.display())))?;
    }
    let shown = args.name.display();
    println!("{} {shown} is a copy of {}; edit {shown}/recipe.yaml and the prompts", human::green("✔"), args.from);
    println!("  tamis check {shown}\n  tamis test {shown} --bless");
    Ok(ExitCode::SUCCESS)
}

fn renamed(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    text.replacen(&format!("recipe: {from}"), &format!("recipe: {to}"), 1).into_bytes()
}
