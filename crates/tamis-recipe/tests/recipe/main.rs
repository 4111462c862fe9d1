//! The recipe language as its users meet it: files in, a plan or texts out.

mod diagnostics;
mod hostile;
mod operators;
mod plans;

use tamis_recipe::{Checked, MemoryFolder, Options, check};

/// Checks a recipe with these files beside it.
fn checked(recipe: &str, files: &[(&str, &str)], options: &Options<'_>) -> Checked {
    let all = files.iter().copied().chain([("recipe.yaml", recipe)]);
    let folder = MemoryFolder::new("test", all.map(|(path, text)| (path, text.as_bytes())));
    check(&folder, operators::REGISTRY, options)
}

/// Every problem as one line with its help behind `=`.
fn lines(checked: &Checked) -> Vec<String> {
    let line = |d: &tamis_recipe::Diagnostic| match &d.help {
        Some(help) => format!("{d}\n  = {help}"),
        None => d.to_string(),
    };
    checked.diagnostics.iter().map(line).collect()
}
