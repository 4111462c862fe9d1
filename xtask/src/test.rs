//! Everything that CI runs.

use crate::shell::{self, Done, cargo, command, tamis, works};
use crate::{docs, drill, setup};

/// How many kills the short drill makes: one for each of its recipes.
const KILLS: u32 = 4;

/// Formatting, lints, tests, documentation, licences, cookbook, exports, a short kill drill.
pub fn run() -> Done {
    cargo("formatting", &["fmt", "--all", "--check"])?;
    cargo("lints", &["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"])?;
    setup::programs()?;
    let python = setup::python()?;
    tests(&python)?;
    let mut doc = command(env!("CARGO"), &["doc", "--workspace", "--no-deps", "--quiet"]);
    shell::run("documentation", doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    licences()?;
    cargo("the program", &["build", "--workspace", "--all-targets", "--quiet"])?;
    shell::run("cookbook", &mut command(tamis(), &["test"]))?;
    docs::run(true)?;
    drill::run(KILLS, false)?;
    drill::run(KILLS, true)?;
    println!("\nall is well");
    Ok(())
}

fn tests(python: &std::path::Path) -> Done {
    let nextest = works("cargo", &["nextest", "--version"]);
    let args: &[&str] = if nextest {
        &["nextest", "run", "--workspace", "--no-fail-fast"]
    } else {
        &["test", "--workspace", "--quiet"]
    };
    let mut tests = command(env!("CARGO"), args);
    tests.env("TAMIS_PYTHON", python).env("ORT_DYLIB_PATH", setup::onnx_runtime(python)?);
    shell::run("tests", &mut tests)
}

/// Licences that a dependency may have.
const ALLOWED: [&str; 19] = [
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "0BSD",
    "CC0-1.0",
    "BSL-1.0",
    "MPL-2.0",
    "MPL-2.0+",
    "CDLA-Permissive-2.0",
    "Unlicense",
    "MIT-0",
    "Apache-2.0 WITH LLVM-exception",
    "NCSA",
    "bzip2-1.0.6",
    "IJG",
];

/// Every dependency has a licence that lets us ship: at least one choice of each `OR` is allowed.
fn licences() -> Done {
    println!("\n── licences");
    let output = command(
        env!("CARGO"),
        &["tree", "--workspace", "--edges", "normal,build", "--prefix", "none", "--format", "{p}|{l}"],
    )
    .output()
    .map_err(|e| format!("licences: {e}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines: Vec<&str> = text.lines().map(|l| l.trim_end_matches(" (*)")).filter(|l| !l.is_empty()).collect();
    lines.sort_unstable();
    lines.dedup();
    let bad: Vec<&&str> = lines.iter().filter(|line| !line.split_once('|').is_some_and(|(_, l)| allowed(l))).collect();
    println!("── licences: {} packages, {} with a licence that is not allowed", lines.len(), bad.len());
    if !output.status.success() || lines.len() < 10 {
        return Err("licences: cargo tree failed".to_string());
    }
    if bad.is_empty() { Ok(()) } else { Err(format!("licences that are not allowed: {bad:#?}")) }
}

fn allowed(expression: &str) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    plain.split(" AND ").all(|all| all.split(" OR ").any(|one| ALLOWED.contains(&one.trim())))
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn one_allowed_choice_is_enough_but_each_part_needs_one() {
        assert!(allowed("MIT OR GPL-3.0") && allowed("(MIT OR Apache-2.0) AND Unicode-3.0"));
        assert!(!allowed("AGPL-3.0") && !allowed("MIT AND GPL-3.0") && !allowed(""));
    }
}
