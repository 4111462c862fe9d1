//! Random formulas that mean something.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tamis_core::rng::Rng;
use tamis_draw::Color;

use super::grammar::GRAMMAR;
use super::normal::normalise;
use super::spec::{FormulaSpec, Paper, Typeface};

/// How much mathematics a reader needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Arithmetic to trigonometry.
    School,
    /// Calculus, linear algebra, probability, tensors.
    University,
    /// Groups, rings, modules, categories, topology, logic.
    Abstract,
    /// Identities of science, finance and engineering.
    Life,
}

impl Level {
    /// All of them.
    pub const ALL: [Level; 4] = [Level::School, Level::University, Level::Abstract, Level::Life];

    fn prefix(self) -> &'static str {
        match self {
            Level::School => "school/",
            Level::University => "university/",
            Level::Abstract => "abstract/",
            Level::Life => "life/",
        }
    }
}

/// The topics of a level ("algebra", "finance"), in the order of the grammar.
pub fn topics(level: Level) -> Vec<&'static str> {
    GRAMMAR.topics().iter().filter_map(|t| t.strip_prefix(level.prefix())).collect()
}

/// A formula of a level (any if `None`), with a typeface, paper, ink and size that go together. Its LaTeX is in normal
/// form.
pub fn sample(level: Option<Level>, rng: &mut Rng) -> FormulaSpec {
    let level = level.unwrap_or_else(|| Level::ALL[rng.below(Level::ALL.len())]);
    let topics = topics(level);
    let topic = topics[rng.below(topics.len())];
    let latex = normalise(&GRAMMAR.expand(&format!("{}{topic}", level.prefix()), rng));
    let typeface = match rng.weighted(&[34.0, 8.0, 9.0, 5.0, 12.0, 24.0, 8.0]) {
        i if i < Typeface::ALL.len() => Typeface::ALL[i],
        _ => Typeface::Classic,
    };
    let (ink, ground, paper) = colors(typeface, rng);
    FormulaSpec {
        level: Some(level),
        topic: topic.to_string(),
        typeface,
        seed: rng.seed(),
        size: hundredth(rng.range(22.0, 52.0)),
        ink,
        paper,
        ground,
        margin: hundredth(rng.range(0.4, 1.6)),
        ..FormulaSpec::new(latex)
    }
}

/// Fine enough that a formula that is drawn as often as it is famous makes another picture each time.
fn hundredth(x: f64) -> f64 {
    (x * 100.0).round() / 100.0
}

const PRINT: &[(u32, u32)] =
    &[(0x000000, 0xffffff), (0x111111, 0xfdfdfb), (0x1b1b1b, 0xf7f3e9), (0x222222, 0xf2f2f2), (0x16294d, 0xffffff)];
const SLIDES: &[(u32, u32)] = &[(0xf2f2f2, 0x202733), (0xffffff, 0x1d3557), (0xe8e6e3, 0x181a1b)];
const PENS: &[(u32, u32)] = &[
    (0x1b2a6b, 0xffffff),
    (0x20242c, 0xfbfaf5),
    (0x173a9c, 0xfdfdf8),
    (0x333333, 0xffffff),
    (0x8c1c1c, 0xfffdf6),
    (0x4a4a4a, 0xf6f1e4),
];
const BOARDS: &[(u32, u32)] =
    &[(0xf4f4ee, 0x27483a), (0xf5f3e7, 0x2a2d2e), (0x1c1c1c, 0xffffff), (0x1447a0, 0xfcfcfc), (0xb3202a, 0xffffff)];

fn colors(typeface: Typeface, rng: &mut Rng) -> (Color, Color, Paper) {
    let (list, papers) = match typeface {
        Typeface::Hand => (PENS, [Paper::Plain, Paper::Ruled, Paper::Squared, Paper::Dotted]),
        Typeface::Marker => (BOARDS, [Paper::Plain; 4]),
        _ if rng.unit() < 0.12 => (SLIDES, [Paper::Plain; 4]),
        _ => (PRINT, [Paper::Plain; 4]),
    };
    let (ink, ground) = list[rng.below(list.len())];
    (Color::rgb(ink), Color::rgb(ground), papers[rng.below(4)])
}
