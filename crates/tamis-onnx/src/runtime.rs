//! The ONNX Runtime library, loaded once for the process.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ort::environment::Environment;

/// The library that was loaded, and what it was loaded from.
static LOADED: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);

/// The environment of the library at `path`, else at `ORT_DYLIB_PATH`, else as the system finds it.
///
/// Errors, in words: no such library, one that is too old, another one is loaded already.
pub(crate) fn environment(path: Option<&Path>) -> Result<Environment, String> {
    let named = path.map(Path::to_path_buf).or_else(|| std::env::var_os("ORT_DYLIB_PATH").map(PathBuf::from));
    let path = named.clone().unwrap_or_else(|| PathBuf::from("libonnxruntime.so"));
    let mut loaded = LOADED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some((from, environment)) = &*loaded {
        return match *from == path {
            true => Ok(environment.clone()),
            false => Err(format!(
                "ONNX Runtime is loaded from {} already and cannot be loaded from {} as well",
                from.display(),
                path.display()
            )),
        };
    }
    if named.is_some() && !path.exists() {
        return Err(format!("there is no library {}; {HOW}", path.display()));
    }
    let builder = ort::init_from(&path).map_err(|e| format!("cannot load {}: {e}; {HOW}", path.display()))?;
    let environment = builder.with_name("tamis").with_telemetry(false).build().map_err(|e| e.to_string())?;
    *loaded = Some((path, environment.clone()));
    Ok(environment)
}

const HOW: &str = "install ONNX Runtime 1.22 or newer (pip install onnxruntime has it as \
                   onnxruntime/capi/libonnxruntime.so.*) and name the file as `library`, or in the environment \
                   variable ORT_DYLIB_PATH";
