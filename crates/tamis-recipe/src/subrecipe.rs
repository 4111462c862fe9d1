//! Recipes that use each other.

use std::sync::Arc;

use serde_json::Value as Json;
use tamis_core::bind::Subrecipe;
use tamis_core::block::Block;

use crate::files::Files;
use crate::finish::output_schema;
use crate::place::Place;
use crate::recipe::{Given, Recipe};
use crate::session::Folder;
use crate::steps::Level;

/// Recipes inside each other.
const MAX_DEPTH: usize = 8;

/// Binds the recipe that another one uses as a step. What is wrong inside it is told at its place.
///
/// # Errors
/// A sentence for the step that uses it.
pub(crate) fn bind(user: &Place<'_>, name: &str, step: &str, set: &[(String, Json)]) -> Result<Subrecipe, String> {
    let session = user.folder.session;
    let kept = format!("{}used/{}/", user.folder.kept, kept_name(name));
    let files = find(user, name)?;
    let identity = files.identity();
    if session.open_recipes.borrow().contains(&identity) {
        return Err(format!("the recipe `{name}` would use itself"));
    }
    if session.open_recipes.borrow().len() >= MAX_DEPTH {
        return Err(format!("recipes use each other more than {MAX_DEPTH} deep"));
    }
    let folder = Folder { session, files: &*files, shown: shown_name(&user.folder.shown, name), kept };
    session.open_recipes.borrow_mut().push(identity);
    let set: Vec<Given> = set.iter().map(|(name, value)| Given::value(name, value)).collect();
    let bound = bind_steps(user, &folder, name, step, &set);
    session.open_recipes.borrow_mut().pop();
    bound
}

fn bind_steps(
    user: &Place<'_>,
    folder: &Folder<'_>,
    name: &str,
    step: &str,
    set: &[Given],
) -> Result<Subrecipe, String> {
    let session = folder.session;
    let errors = session.errors();
    let broken = |session: &crate::session::Session<'_>| match session.errors() - errors {
        0 => format!("the recipe `{name}` cannot be used"),
        1 => format!("the recipe `{name}` has an error"),
        n => format!("the recipe `{name}` has {n} errors"),
    };
    let recipe = Recipe::read(folder, set).ok_or_else(|| broken(session))?;
    for (role, kind) in &recipe.roles {
        // Which of them need a model is told by the steps that ask for them.
        user.history.borrow_mut().roles.insert(role.clone());
        let known = *session.roles.borrow_mut().entry(role.clone()).or_insert(*kind);
        if known != *kind {
            return Err(format!("the recipe `{name}` asks for `{role}` as a {kind} role, but here it is {known}"));
        }
    }
    for (name, table) in &recipe.tables {
        let known = session.tables.borrow_mut().entry(name.clone()).or_insert_with(|| table.clone()).clone();
        if known != *table {
            return Err(format!("the recipe `{}` declares the table `{name}` otherwise than this one", recipe.name));
        }
    }
    let place = Place::new(folder, &recipe);
    let level = Level::nested(format!("{step}/"));
    let bound = place.steps(&recipe.steps, recipe.inputs.clone(), &level);
    let end = bound.last_schema().unwrap_or(&recipe.inputs);
    let output = output_schema(&place, end);
    if session.errors() > errors || !bound.whole {
        return Err(broken(session));
    }
    let steps = bound.steps.into_iter().map(|(step, _)| step).collect();
    Ok(Subrecipe { inputs: recipe.inputs.clone(), block: Block { steps }, output, constants: recipe.constants.clone() })
}

/// The copy that the run keeps, a neighbour on disk, or a recipe of the cookbook.
fn find(user: &Place<'_>, name: &str) -> Result<Arc<dyn Files>, String> {
    let files = user.folder.files;
    let kept = format!("used/{}/", kept_name(name));
    let listed = files.list();
    if listed.iter().any(|path| path.starts_with(&kept)) {
        return Ok(Arc::new(copy(files, &kept, &listed)?));
    }
    if !name.contains('/') {
        return user.folder.session.library.find(name);
    }
    // A recipe in the cookbook names its neighbours by path; in the program they lie in the library.
    let last = name.rsplit('/').next().unwrap_or(name);
    files.beside(name).or_else(|why| user.folder.session.library.find(last).map_err(|_| why))
}

/// The files under a folder, as a folder of their own.
fn copy(files: &dyn Files, under: &str, listed: &[String]) -> Result<crate::files::MemoryFolder, String> {
    let inside = listed.iter().filter_map(|path| Some((path.strip_prefix(under)?, path)));
    let read: Result<Vec<_>, String> = inside.map(|(short, path)| Ok((short.to_string(), files.read(path)?))).collect();
    Ok(crate::files::MemoryFolder::new(&format!("{}/{under}", files.identity()), read?))
}

/// A recipe's name as one part of a path: `../other` becomes `up-other`.
fn kept_name(name: &str) -> String {
    let parts: Vec<String> = name
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .map(|part| if part == ".." { "up".to_string() } else { plain(part) })
        .collect();
    parts.join("-")
}

fn plain(part: &str) -> String {
    part.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '-' }).collect()
}

fn shown_name(user: &str, name: &str) -> String {
    if name.contains('/') { format!("{user}{name}/") } else { format!("{name}/") }
}
