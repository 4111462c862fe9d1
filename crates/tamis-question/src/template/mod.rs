//! Templates of questions: what is asked, of which pictures, in which words. They are data: `templates/*.yaml`.

mod need;
mod slots;
mod wording;

use std::sync::LazyLock;

use serde::Deserialize;

use crate::question::{QuestionKind, QuestionType};

pub(crate) use need::fits;
pub(crate) use slots::{Slots, draw, others, program_text};
pub(crate) use wording::{Words, fill};

/// One template.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Its name, `type.what`.
    pub id: String,
    /// The type of its questions.
    #[serde(rename = "type")]
    pub kind_of: QuestionType,
    /// Their kind.
    pub kind: QuestionKind,
    /// MMC's task (arXiv:2311.10774), where it is one of them.
    #[serde(default)]
    pub task: Option<String>,
    /// Families of pictures it is for; all charts when empty.
    #[serde(default)]
    pub over: Vec<String>,
    /// Kinds of charts it is for; all of the families when empty.
    #[serde(default)]
    pub chart_kinds: Vec<String>,
    /// It asks of a whole page and not of a part.
    #[serde(default)]
    pub page: bool,
    /// It asks only where there are several charts.
    #[serde(default)]
    pub several: bool,
    /// What must hold of the data; words of `fits`.
    #[serde(default)]
    pub needs: Vec<String>,
    /// The fewest and the most rows.
    #[serde(default)]
    pub rows: Option<[usize; 2]>,
    /// The fewest and the most series.
    #[serde(default)]
    pub series: Option<[usize; 2]>,
    /// The fewest and the most columns of a table.
    #[serde(default)]
    pub columns: Option<[usize; 2]>,
    /// What is drawn at random, in order.
    #[serde(default)]
    pub slots: Vec<String>,
    /// The program, with slots in braces.
    #[serde(default)]
    pub program: Option<String>,
    /// In place of a program: the fact of a part that is the answer.
    #[serde(default)]
    pub fact: Option<String>,
    /// In place of a program: the fact of the whole that is the answer.
    #[serde(default)]
    pub figure: Option<String>,
    /// Phrasings.
    pub ask: Vec<String>,
    /// Phrasings where there are several charts, if others are wanted.
    #[serde(default)]
    pub ask_several: Vec<String>,
    /// Slots that a mistaken reader mixes up, for wrong options.
    #[serde(default)]
    pub wrong: Vec<String>,
    /// Two slots whose places a mistaken reader exchanges.
    #[serde(default)]
    pub flip: Option<[String; 2]>,
    /// Words of the program and what a mistaken reader does instead.
    #[serde(default)]
    pub swap: Vec<[String; 2]>,
    /// The only options there are, as answers.
    #[serde(default)]
    pub choices: Vec<String>,
    /// The only options there are, as slots.
    #[serde(default)]
    pub options: Vec<String>,
    /// A list of words that all options come from.
    #[serde(default)]
    pub choices_from: Option<String>,
    /// Names that other options are taken from: "rows", "series", "columns".
    #[serde(default)]
    pub names: Option<String>,
    /// The answer is a list whose wrong options are other orders of it.
    #[serde(default)]
    pub shuffle: bool,
}

const FILES: [(&str, &str); 12] = [
    ("retrieval", include_str!("../../templates/retrieval.yaml")),
    ("comparison", include_str!("../../templates/comparison.yaml")),
    ("range", include_str!("../../templates/range.yaml")),
    ("average", include_str!("../../templates/average.yaml")),
    ("sorting", include_str!("../../templates/sorting.yaml")),
    ("arithmetic", include_str!("../../templates/arithmetic.yaml")),
    ("multi_step", include_str!("../../templates/multi_step.yaml")),
    ("trend", include_str!("../../templates/trend.yaml")),
    ("facts", include_str!("../../templates/facts.yaml")),
    ("descriptive", include_str!("../../templates/descriptive.yaml")),
    ("parsing", include_str!("../../templates/parsing.yaml")),
    ("tables", include_str!("../../templates/tables.yaml")),
];
const DOCUMENTS: (&str, &str) = ("documents", include_str!("../../templates/documents.yaml"));

static ALL: LazyLock<Vec<Template>> = LazyLock::new(|| {
    let read = |(name, text): &(&str, &str)| match serde_saphyr::from_str::<Vec<Template>>(text) {
        Ok(templates) => templates,
        Err(error) => panic!("templates/{name}.yaml, which is part of this program: {error}"),
    };
    FILES.iter().chain([&DOCUMENTS]).flat_map(read).collect()
});

impl Template {
    /// Every template, in the order of the files.
    pub fn all() -> &'static [Template] {
        &ALL
    }

    /// The text of the program, slots in braces.
    pub(crate) fn program(&self) -> String {
        let quoted = |name: &str| crate::program::quoted(name);
        match (&self.program, &self.fact, &self.figure) {
            (Some(program), _, _) => program.clone(),
            (None, Some(fact), _) => format!("answer = read({{c}}, {})", quoted(fact)),
            (None, None, figure) => format!("answer = figure({})", quoted(figure.as_deref().unwrap_or_default())),
        }
    }

    /// Whether it asks of one part (a chart, a table) and not of the whole.
    pub(crate) fn of_part(&self) -> bool {
        !self.page && self.figure.is_none()
    }

    /// The fact it reads, if it does nothing else; slots in braces.
    pub(crate) fn reads(&self) -> Option<&str> {
        self.fact.as_deref().or(self.figure.as_deref())
    }
}
