//! The races in `bench/`.

use crate::shell::{self, Done, cargo, command};

/// Builds the program and hands over to `bench/race.py`.
pub fn run(args: &[String]) -> Done {
    cargo("the program", &["build", "--release", "--package", "tamis", "--quiet"])?;
    shell::run("race", command("python3", &["bench/race.py"]).args(args))
}
