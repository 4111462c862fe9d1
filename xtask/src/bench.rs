//! The races in `bench/`.

use crate::shell::{self, Done, cargo, command};

/// Builds the program and runs `bench/race.py` with these arguments, then `bench/throughput.py`.
pub fn run(args: &[String]) -> Done {
    cargo("the program", &["build", "--release", "--package", "tamis", "--quiet"])?;
    shell::run("race", command("python3", &["bench/race.py"]).args(args))?;
    shell::run("throughput", &mut command("python3", &["bench/throughput.py"]))
}
