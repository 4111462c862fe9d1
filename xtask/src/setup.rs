//! What the tests need beyond cargo: installed here when that is allowed, else the exact line to type.

use std::path::{Path, PathBuf};

use crate::shell::{Done, command, run, target, works};

/// What the exports are proved with (the real readers), what programs in the sandbox draw with, what checks the answers
/// of questions (pandas), and ONNX Runtime; pinned.
const READERS: [&str; 8] = [
    "datasets==5.2.0",
    "webdataset==1.0.2",
    "pycocotools==2.0.11",
    "pillow==13.0.0",
    "numpy==2.4.6",
    "pandas==3.1.1",
    "matplotlib==3.11.2",
    "onnxruntime==1.32.0",
];

/// A Python with the readers, in a virtual environment of its own under the target directory.
pub fn python() -> Result<PathBuf, String> {
    let venv = target().join("venv-readers");
    let python = venv.join("bin").join("python");
    let stamp = venv.join("installed");
    if std::fs::read_to_string(&stamp).is_ok_and(|text| text == READERS.join("\n")) {
        return Ok(python);
    }
    need_venv()?;
    let path = venv.display().to_string();
    run("make a Python environment", &mut command("python3", &["-m", "venv", "--clear", &path]))?;
    let mut pip = command(&python, &["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    run("install the readers", pip.args(READERS))?;
    std::fs::write(&stamp, READERS.join("\n")).map_err(|e| format!("{}: {e}", stamp.display()))?;
    Ok(python)
}

/// Programs that backends run: the sandbox, and a reader of text in pictures.
pub fn programs() -> Done {
    for (program, package) in [("bwrap", "bubblewrap"), ("tesseract", "tesseract-ocr")] {
        if !works(program, &["--version"]) {
            apt(package)?;
        }
    }
    Ok(())
}

/// The ONNX Runtime library that came with the Python package.
pub fn onnx_runtime(python: &Path) -> Result<PathBuf, String> {
    let script = "import glob, os, onnxruntime; \
                  print(glob.glob(os.path.join(os.path.dirname(onnxruntime.__file__), 'capi', 'libonnxruntime.*'))[0])";
    let output = command(python, &["-c", script]).output().map_err(|e| format!("{}: {e}", python.display()))?;
    match output.status.success() {
        true => Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())),
        false => Err(format!("no ONNX Runtime library: {}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// Debian splits the venv module from python3.
fn need_venv() -> Done {
    if works("python3", &["-c", "import venv, ensurepip"]) {
        return Ok(());
    }
    apt("python3-venv")
}

fn apt(package: &str) -> Done {
    let line = format!("apt-get install --yes --no-install-recommends {package}");
    let prefix: &[&str] = if works("sh", &["-c", "test \"$(id -u)\" = 0"]) {
        &[]
    } else if works("sudo", &["-n", "true"]) {
        &["sudo", "-n"]
    } else {
        return Err(format!("{package} is missing and cannot be installed without root; type:\n    sudo {line}"));
    };
    let script = format!("apt-get update && {line}");
    let whole = [prefix, &["sh", "-c", &script]].concat();
    run(&format!("install {package}"), &mut command(whole[0], &whole[1..]))
        .map_err(|e| format!("{e}; type:\n    sudo {line}"))
}
