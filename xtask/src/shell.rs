//! Running programs and saying which failed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// The outcome of a task; the error is what a person reads.
pub type Done = Result<(), String>;

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The program as the tests build it (`--workspace --all-targets`): a second build, optimised or with other features of the
/// dependencies, would add to the time that everything takes.
pub fn tamis() -> PathBuf {
    target().join("debug").join("tamis")
}

/// A program run in the repository's root.
pub fn command(program: impl AsRef<std::ffi::OsStr>, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(root());
    command
}

/// Runs it, says how long it took, and fails with its name.
pub fn run(title: &str, command: &mut Command) -> Done {
    println!("\n── {title}");
    let began = Instant::now();
    let status = command.status().map_err(|e| format!("{title}: cannot run {:?}: {e}", command.get_program()))?;
    println!(
        "── {title}: {} in {:.1} s",
        if status.success() { "good" } else { "FAILED" },
        began.elapsed().as_secs_f64()
    );
    if status.success() { Ok(()) } else { Err(format!("{title} failed ({status})")) }
}

/// Runs cargo with these arguments.
pub fn cargo(title: &str, args: &[&str]) -> Done {
    run(title, &mut command(env!("CARGO"), args))
}

/// Whether a program answers to these arguments.
pub fn works(program: &str, args: &[&str]) -> bool {
    let status = Command::new(program).args(args).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|s| s.success())
}
