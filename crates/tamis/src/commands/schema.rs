//! `tamis schema`: the JSON schema of recipes, for editors.

use std::process::ExitCode;

use crate::error::Outcome;

/// Prints the schema.
pub fn run() -> Outcome {
    println!("{:#}", tamis_recipe::schema::recipe_schema(&crate::registry::REGISTRY));
    Ok(ExitCode::SUCCESS)
}
