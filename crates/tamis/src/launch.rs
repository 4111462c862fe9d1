//! What run, plan, resume and test share: from arguments to a checked plan, an opened input and bound models.

use std::path::Path;
use std::sync::Arc;

use crate::registry::REGISTRY;
use tamis_core::media::DiskStore;
use tamis_core::model::RoleKind;
use tamis_core::source::{SharedSource, Wanted};
use tamis_core::{Name, place};
use tamis_engine::RunDir;
use tamis_models::Bindings;
use tamis_recipe::plan::Plan;
use tamis_recipe::{Checked, Files, Library};

use crate::args::{InputArgs, RecipeArgs, WorkArgs};
use crate::cookbook;
use crate::error::Error;

/// Finds recipes that others use as a step.
pub struct Cookbook;

impl Library for Cookbook {
    fn find(&self, slug: &str) -> Result<Arc<dyn Files>, String> {
        cookbook::find(slug).map_err(|e| e.message)
    }
}

/// Checks a recipe with the parameters of the command line.
pub fn check(recipe: &RecipeArgs) -> Result<Checked, Error> {
    let files = cookbook::find(&recipe.recipe)?;
    let shown_at = if Path::new(&recipe.recipe).is_dir() {
        format!("{}/", recipe.recipe.trim_end_matches('/'))
    } else {
        String::new()
    };
    check_files(&*files, &recipe.set, shown_at)
}

/// Checks the recipe in a folder.
pub fn check_files(files: &dyn Files, set: &[String], shown_at: String) -> Result<Checked, Error> {
    let set = set.iter().map(|pair| split(pair, "--set", "min_side=56")).collect::<Result<_, _>>()?;
    Ok(tamis_recipe::check(files, &REGISTRY, &tamis_recipe::Options { set, library: &Cookbook, shown_at }))
}

/// The plan of a checked recipe; its diagnostics go to standard error, and errors refuse.
pub fn plan(checked: Checked) -> Result<Plan, Error> {
    for diagnostic in &checked.diagnostics {
        eprintln!("{}", show(diagnostic));
    }
    let errors = checked.diagnostics.iter().filter(|d| d.is_error()).count() as u64;
    checked.plan.ok_or_else(|| {
        Error::refused(format!("the recipe has {}; nothing was run", crate::human::counted(errors, "problem")))
    })
}

/// A diagnostic as a person reads it.
pub fn show(diagnostic: &tamis_recipe::Diagnostic) -> String {
    use std::io::IsTerminal;
    let color = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    diagnostic.pretty(color, 110)
}

/// Opens the input that a recipe asks for; `None` when it asks for none.
pub fn source(plan: &Plan, input: &InputArgs) -> Result<Option<SharedSource>, Error> {
    let Some(path) = &input.input else {
        if plan.inputs.is_empty() {
            return Ok(None);
        }
        let fields: Vec<String> = plan.inputs.iter().map(|(name, field)| format!("{name}: {field}")).collect();
        let message = format!("`{}` needs an input with the fields {}", plan.name, fields.join(", "));
        return Err(
            Error::refused(message).help("name it with --input PATH; the formats are listed in `tamis run --help`")
        );
    };
    if plan.inputs.is_empty() {
        let message = format!("`{}` needs no input, but --input {} is given", plan.name, path.display());
        return Err(Error::refused(message));
    }
    if let Some(url) = path.to_str().filter(|_| place::is_url(path)) {
        tamis_remote::install(&[url]);
    }
    let renames = input.map.iter().map(|pair| {
        let (field, column) = split(pair, "--map", "image=img_path")?;
        if !plan.inputs.contains(&field) {
            let names: Vec<&str> = plan.inputs.names().map(|n| &**n).collect();
            let message = format!("--map {pair}: the recipe has no input field `{field}`");
            return Err(Error::refused(message).help(format!("its fields are {}", names.join(", "))));
        }
        Ok((Name::from(field.as_str()), column))
    });
    let wanted = Wanted { schema: plan.inputs.clone(), renames: renames.collect::<Result<_, _>>()? };
    Ok(Some(tamis_io::source::open_source(path, input.format.as_deref(), &wanted)?))
}

/// The run directory at a path or URL, to work in.
pub fn run_dir(place: &Path, work: &WorkArgs) -> Result<RunDir, Error> {
    match url_of(place, work)? {
        Some(url) => tamis_remote::mirror::open(url, work.work.as_deref()).map_err(|e| Error::refused(e.to_string())),
        None => Ok(RunDir::at(place)),
    }
}

/// The run directory at a path or URL, to be read.
pub fn finished_run(place: &Path, work: &WorkArgs) -> Result<RunDir, Error> {
    match url_of(place, work)? {
        Some(url) => {
            let dir = tamis_remote::mirror::open_to_read(url, work.work.as_deref());
            dir.map_err(|e| Error::refused(e.to_string()))
        }
        None => Ok(RunDir::at(place)),
    }
}

fn url_of<'a>(place: &'a Path, work: &WorkArgs) -> Result<Option<&'a str>, Error> {
    let url = place.to_str().filter(|_| place::is_url(place));
    if url.is_none() && work.work.is_some() {
        let message = format!("--work is for runs in a bucket; {} is a directory of this machine", place.display());
        return Err(Error::refused(message));
    }
    Ok(url)
}

/// The roles of a plan as the bindings want them.
pub fn roles(plan: &Plan) -> Vec<(Name, RoleKind)> {
    plan.roles.iter().map(|(name, kind)| (name.clone(), *kind)).collect()
}

/// The bindings of the command line, with every role bound; `None` for a recipe without roles.
pub fn bindings(plan: &Plan, models: Option<&str>) -> Result<Option<Bindings>, Error> {
    let roles = roles(plan);
    if roles.is_empty() {
        return Ok(None);
    }
    let Some(models) = models else {
        let names: Vec<String> = roles.iter().map(|(name, kind)| format!("{name} ({kind})")).collect();
        let message = format!("`{}` needs models for its roles: {}", plan.name, names.join(", "));
        return Err(Error::refused(message).help(
            "bind them with --models models.yaml or --models http://host:8000/v1; `--models sim` is a dry run with the \
             simulator",
        ));
    };
    let bindings = Bindings::from_argument(models)?;
    let missing = bindings.missing(&roles);
    if missing.is_empty() { Ok(Some(bindings)) } else { Err(Error::refused(missing.join("\n"))) }
}

/// `NAME=VALUE` of an option.
pub fn split(pair: &str, option: &str, example: &str) -> Result<(String, String), Error> {
    match pair.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_string(), value.to_string())),
        _ => Err(Error::refused(format!("{option} {pair}: expected NAME=VALUE, such as {option} {example}"))),
    }
}

/// A runtime with `jobs` threads.
pub fn runtime(jobs: usize) -> Result<tokio::runtime::Runtime, Error> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(jobs.max(1))
        .enable_all()
        .build()
        .map_err(|e| Error::refused(format!("cannot start threads: {e}")))
}

/// The number of cores, or what `--jobs` says.
pub fn jobs(asked: Option<usize>) -> usize {
    asked.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).max(1)
}

/// The path made absolute (a URL is), so that a run can be taken up from another directory.
pub fn absolute(path: &Path) -> String {
    if place::is_url(path) {
        return path.display().to_string();
    }
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()).display().to_string()
}

/// The media store of a run directory, for reading.
pub fn media(dir: &RunDir) -> Result<Arc<DiskStore>, Error> {
    if let Some(mirror) = dir.mirror() {
        std::fs::create_dir_all(dir.media()).map_err(|e| Error::refused(format!("{}: {e}", dir.media().display())))?;
        let store = DiskStore::read_only_copy(&dir.media(), Some(mirror.packs()));
        return store.map(Arc::new).map_err(|e| Error::refused(e.to_string()));
    }
    let store = DiskStore::read_only(&dir.media());
    store.map(Arc::new).map_err(|e| Error::refused(e.to_string()))
}
