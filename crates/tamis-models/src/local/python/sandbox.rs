//! How the sandbox is made: bubblewrap around an interpreter that sees its own installation and nothing else.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::options::Options;

/// The part that limits a program, and the part that runs it.
const WORKER: &str = concat!(include_str!("seccomp.py"), "\n\n", include_str!("worker.py"));
/// Where an interpreter is installed and which versions of modules it has; runs outside, with the user's rights.
const PROBE: &str = include_str!("probe.py");
/// Directories of the system, as they are or as links into `/usr`.
const SYSTEM: [&str; 6] = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
/// What the loader, fonts and time zones need of `/etc`, which has secrets beside them.
const SETTINGS: [&str; 4] = ["/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/fonts", "/etc/alternatives"];
const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];
/// The same for every program on every machine.
const ENVIRONMENT: [(&str, &str); 14] = [
    ("PATH", "/usr/bin:/bin"),
    ("HOME", "/tmp"),
    ("TMPDIR", "/tmp"),
    ("LANG", "C.UTF-8"),
    ("LC_ALL", "C.UTF-8"),
    ("TZ", "UTC"),
    ("SOURCE_DATE_EPOCH", "0"),
    ("PYTHONHASHSEED", "0"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
    ("OMP_NUM_THREADS", "1"),
    ("OPENBLAS_NUM_THREADS", "1"),
    ("MKL_NUM_THREADS", "1"),
    ("MPLBACKEND", "Agg"),
    ("MPLCONFIGDIR", "/tmp/matplotlib"),
];

/// Where the interpreter is and what it needs.
#[derive(Clone, Debug)]
pub(super) struct Interpreter {
    pub(super) executable: PathBuf,
    /// directories that hold its standard library and its packages
    folders: Vec<PathBuf>,
    /// its version and those of the modules that are imported before programs come
    pub(super) versions: String,
}

#[derive(Deserialize)]
struct Probed {
    executable: PathBuf,
    prefixes: Vec<PathBuf>,
    version: (u32, u32),
    versions: Vec<String>,
}

impl Interpreter {
    /// Asks an interpreter where it is installed.
    ///
    /// Errors, in words: no such program, no Python, one that is too old.
    pub(super) fn find(python: &str, preload: &[String]) -> Result<Interpreter, String> {
        let mut probe = Command::new(python);
        probe.args(["-I", "-c", PROBE]).args(preload).stdin(Stdio::null());
        let output = probe.output().map_err(|e| {
            format!("cannot run `{python}`: {e}; install Python 3.9 or newer, or write `options: {{ python: /path }}`")
        })?;
        let probed: Probed = serde_json::from_slice(&output.stdout).map_err(|_| {
            let said = crate::fault::shorten(&String::from_utf8_lossy(&output.stderr), 300);
            format!("`{python}` is no Python 3 interpreter ({}): {said}", output.status)
        })?;
        if probed.version < (3, 9) {
            let (major, minor) = probed.version;
            return Err(format!("`{python}` is Python {major}.{minor}; expected 3.9 or newer"));
        }
        let mut folders = probed.prefixes;
        // A virtual environment's interpreter is a link, perhaps to a link, into the installation.
        folders.extend(
            std::fs::canonicalize(&probed.executable).ok().and_then(|real| real.parent().map(Path::to_path_buf)),
        );
        folders.sort();
        folders.dedup();
        folders.retain(|folder| !folder.starts_with("/usr"));
        let home = std::env::var_os("HOME").map(PathBuf::from);
        match folders.iter().find(|folder| folder.parent().is_none() || Some(*folder) == home.as_ref()) {
            Some(folder) => Err(format!(
                "`{python}` is installed in {}, which programs would see whole; \
                 make a virtual environment and name its interpreter",
                folder.display()
            )),
            None => Ok(Interpreter { executable: probed.executable, folders, versions: probed.versions.join(", ") }),
        }
    }
}

/// The command that starts a worker in its sandbox; its standard input and output are the supervisor's line to it.
pub(super) fn command(interpreter: &Interpreter, options: &Options) -> Command {
    let mut bwrap = Command::new("bwrap");
    bwrap.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into()));
    bwrap.args(["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]);
    bwrap.args(["--uid", "65534", "--gid", "65534", "--hostname", "sandbox"]);
    bwrap.args(["--ro-bind", "/usr", "/usr"]);
    for path in SYSTEM {
        match std::fs::read_link(path) {
            Ok(to) => bwrap.arg("--symlink").arg(to).arg(path),
            Err(_) => bwrap.args(["--ro-bind-try", path, path]),
        };
    }
    for path in SETTINGS {
        bwrap.args(["--ro-bind-try", path, path]);
    }
    for path in DEVICES {
        bwrap.args(["--dev-bind", path, path]);
    }
    for folder in &interpreter.folders {
        bwrap.arg("--ro-bind").arg(folder).arg(folder);
    }
    for path in &options.readable {
        bwrap.args(["--ro-bind", path, path]);
    }
    bwrap.args(["--size", &options.room().to_string(), "--tmpfs", "/tmp", "--remount-ro", "/", "--chdir", "/"]);
    for (name, value) in ENVIRONMENT {
        bwrap.args(["--setenv", name, value]);
    }
    // Numbers, booleans and names of modules always have a JSON form.
    let limits = serde_json::to_string(&options.limits()).unwrap_or_default();
    bwrap.arg("--").arg(&interpreter.executable).args(["-s", "-B", "-X", "utf8", "-c", WORKER, &limits]);
    bwrap
}
