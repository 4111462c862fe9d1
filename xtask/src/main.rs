//! Work on Tamis itself: `cargo xtask test`, `cargo xtask bench`, `cargo xtask docs`.
#![allow(unreachable_pub, reason = "a program has no outside that could reach its items")]

mod bench;
mod docs;
mod drill;
mod setup;
mod shell;
mod test;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask test              everything that CI runs; installs what it needs, or says what to type
cargo xtask docs [--check]    writes the generated pages (operators, recipes, README table), or checks that they are fresh
cargo xtask drill [N] [remote]  kills a run N times at random instants and compares digests (default 50); remote: with
                              its run directory in a bucket, and taken up on another machine every other time
cargo xtask bench [ARGS]      races Tamis against its peers (see bench/README.md)";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let rest = args.get(1..).unwrap_or_default();
    let result = match args.first().map(String::as_str) {
        Some("test") => test::run(),
        Some("docs") => docs::run(rest.iter().any(|a| a == "--check")),
        Some("drill") => {
            let kills = rest.iter().find_map(|n| n.parse().ok()).unwrap_or(50);
            drill::run(kills, rest.iter().any(|a| a == "remote" || a == "--remote"))
        }
        Some("bench") => bench::run(rest),
        _ => {
            println!("{HELP}");
            Ok(())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("\nxtask: {message}");
            ExitCode::FAILURE
        }
    }
}
