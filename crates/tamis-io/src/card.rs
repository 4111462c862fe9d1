//! The dataset card: the page that goes with an export.

use std::fmt::Write;
use std::path::Path;

use serde_json::Value as Json;
use tamis_core::schema::Schema;
use tamis_core::sink::SinkError;

/// What a card tells.
#[derive(Clone, Debug, Default)]
pub struct Card {
    /// the name of the dataset
    pub name: String,
    /// the recipe that made it
    pub recipe: String,
    /// the digest of the recipe, which says exactly which it was
    pub recipe_digest: String,
    /// where the method was published: `arXiv:2304.08485`
    pub paper: Option<String>,
    /// the models that had a part in it
    pub models: Vec<CardModel>,
    /// the seed of the run
    pub seed: u64,
    /// what became of the input
    pub counts: Counts,
    /// how many were rejected for which reason, the most frequent first
    pub rejects_by_reason: Vec<(String, u64)>,
    /// the licence by its SPDX name, as the front matter wants it; `None` where nobody has said
    pub licence: Option<String>,
    /// what is to be known about the rights in inputs and outputs
    pub licence_note: String,
    /// whether any model was the simulator, whose answers mean nothing
    pub simulated: bool,
    /// the format of the export
    pub format: String,
    /// its task categories on the Hugging Face hub
    pub task_categories: Vec<String>,
    /// the fields
    pub schema: Schema,
    /// one record, to look at
    pub example: Option<Json>,
}

/// A model that played a role.
#[derive(Clone, Debug, Default)]
pub struct CardModel {
    /// the role in the recipe
    pub role: String,
    /// the model's name as its server calls it
    pub model: String,
    /// the kind of backend: `openai`, `sim`, ...
    pub backend: String,
}

/// How many records came to which end; the last three add up to what came out of the recipe's fan-outs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// rows read
    pub input: u64,
    /// records in the dataset
    pub accepted: u64,
    /// records rejected by a gate
    pub rejected: u64,
    /// records that failed
    pub failed: u64,
}

impl Card {
    /// Writes `README.md` into the directory of an export.
    pub fn write(&self, out: &Path) -> Result<(), SinkError> {
        let path = out.join("README.md");
        std::fs::write(&path, self.render()).map_err(|e| SinkError(format!("{}: {e}", path.display())))
    }

    /// The card as Markdown with the front matter of the Hugging Face hub.
    pub fn render(&self) -> String {
        let mut page = String::from("---\n");
        self.front_matter(&mut page);
        page.push_str("---\n\n");
        let _ = writeln!(page, "# {}\n", line(&self.name));
        if self.simulated {
            page.push_str(SIMULATED);
        }
        self.origin(&mut page);
        self.outcome(&mut page);
        self.fields(&mut page);
        let _ = writeln!(page, "## Licence\n\n{}", self.licence_note.trim());
        page
    }

    fn front_matter(&self, page: &mut String) {
        let _ = writeln!(page, "pretty_name: {}", quoted(&self.name));
        if let Some(licence) = &self.licence {
            let _ = writeln!(page, "license: {}", quoted(&licence.to_lowercase()));
        }
        if !self.task_categories.is_empty() {
            list(page, "task_categories", self.task_categories.iter().map(String::as_str));
        }
        let simulated = self.simulated.then_some("simulated");
        list(page, "tags", ["synthetic", "tamis", self.recipe.as_str()].into_iter().chain(simulated));
        list(page, "size_categories", [size_category(self.counts.accepted)].into_iter());
        if let Some(files) = data_files(&self.format) {
            let _ = writeln!(page, "configs:\n- config_name: default\n  data_files:");
            let _ = writeln!(page, "  - split: train\n    path: {}", quoted(files));
        }
    }

    fn origin(&self, page: &mut String) {
        let _ = write!(page, "Made with the Tamis recipe `{}` (digest `{}`)", line(&self.recipe), self.recipe_digest);
        if let Some(paper) = &self.paper {
            let _ = write!(page, " after {}", line(paper));
        }
        let _ = writeln!(page, ", seed {}.\n", self.seed);
        if self.models.is_empty() {
            page.push_str("No model had a part in it.\n\n");
            return;
        }
        page.push_str("| role | model | backend |\n| --- | --- | --- |\n");
        for model in &self.models {
            let _ = writeln!(page, "| {} | {} | {} |", cell(&model.role), cell(&model.model), cell(&model.backend));
        }
        page.push('\n');
    }

    fn outcome(&self, page: &mut String) {
        let Counts { input, accepted, rejected, failed } = self.counts;
        page.push_str("## What became of the input\n\n| | records |\n| --- | --- |\n");
        for (name, count) in [("read", input), ("accepted", accepted), ("rejected", rejected), ("failed", failed)] {
            let _ = writeln!(page, "| {name} | {count} |");
        }
        page.push('\n');
        if !self.rejects_by_reason.is_empty() {
            page.push_str("| rejected because | records |\n| --- | --- |\n");
            for (reason, count) in &self.rejects_by_reason {
                let _ = writeln!(page, "| {} | {count} |", cell(reason));
            }
            page.push('\n');
        }
    }

    fn fields(&self, page: &mut String) {
        page.push_str("## Fields\n\nBoxes, points and polygons are in pixels of their image, origin top left.\n\n");
        page.push_str("| field | type |\n| --- | --- |\n");
        for (name, field) in self.schema.iter() {
            let _ = writeln!(page, "| {} | {} |", cell(name), cell(&field.to_string()));
        }
        if let Some(example) = &self.example {
            let text = serde_json::to_string_pretty(example).unwrap_or_default();
            // A fence longer than any inside cannot be closed by the text.
            let fence = "`".repeat(longest_run(&text, '`').max(2) + 1);
            let _ = writeln!(page, "\n{fence}json\n{text}\n{fence}");
        }
        page.push('\n');
    }
}

const SIMULATED: &str = "> **Simulated.** The answers of the models come from a simulator. They have the right form and \
                         no meaning: use this dataset to try things out, not to train on.\n\n";

/// The files that `datasets` should read, where it can read them.
fn data_files(format: &str) -> Option<&'static str> {
    match format {
        "parquet" => Some("data/train-*.parquet"),
        "jsonl" => Some("data.jsonl"),
        "llava" | "sharegpt" => Some("data.json"),
        "webdataset" => Some("data-*.tar"),
        _ => None,
    }
}

/// The hub's name for a number of records.
fn size_category(records: u64) -> &'static str {
    match records {
        0..1_000 => "n<1K",
        1_000..10_000 => "1K<n<10K",
        10_000..100_000 => "10K<n<100K",
        100_000..1_000_000 => "100K<n<1M",
        1_000_000..10_000_000 => "1M<n<10M",
        10_000_000..100_000_000 => "10M<n<100M",
        100_000_000..1_000_000_000 => "100M<n<1B",
        _ => "n>1B",
    }
}

fn list<'a>(page: &mut String, key: &str, items: impl Iterator<Item = &'a str>) {
    let _ = writeln!(page, "{key}:");
    for item in items {
        let _ = writeln!(page, "- {}", quoted(item));
    }
}

/// A YAML string: JSON's quoting is YAML's double-quoted style.
fn quoted(text: &str) -> String {
    Json::from(text).to_string()
}

/// A text on one line.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text inside a table.
fn cell(text: &str) -> String {
    line(text).replace('|', "\\|")
}

fn longest_run(text: &str, of: char) -> usize {
    text.split(|c| c != of).map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> Card {
        Card {
            name: "out: \"first\"".to_string(),
            recipe: "llava".to_string(),
            rejects_by_reason: vec![("too | short".to_string(), 2)],
            schema: [("image", "image".parse::<tamis_core::Type>().unwrap().into())].into_iter().collect(),
            format: "parquet".to_string(),
            licence_note: "See the inputs.".to_string(),
            ..Card::default()
        }
    }

    #[test]
    fn front_matter_survives_quotes_and_colons() {
        let page = card().render();
        assert!(page.starts_with("---\npretty_name: \"out: \\\"first\\\"\"\ntags:\n- \"synthetic\"\n"), "{page}");
        assert!(page.contains("    path: \"data/train-*.parquet\"\n---\n"), "{page}");
        assert!(page.contains("| too \\| short | 2 |"), "{page}");
    }

    #[test]
    fn a_simulated_run_is_called_so_at_the_top() {
        assert!(!card().render().contains("imulated"));
        let page = Card { simulated: true, ..card() }.render();
        assert!(page.contains("- \"simulated\"\n"));
        assert!(page.find("> **Simulated.**").unwrap() < page.find("Made with").unwrap());
    }
}
