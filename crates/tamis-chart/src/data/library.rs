//! The scenario families, read from `data/` of this crate: one file for each theme, one for each further language.
//!
//! The files are part of the program and are parsed once. `data/README.md` says how to add a family.

use std::sync::LazyLock;

use indexmap::IndexMap;
use serde::Deserialize;

use super::calendar::Step;
use crate::table::Unit;

/// One theme in one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Theme {
    /// One of [`super::THEMES`].
    pub(crate) theme: String,
    /// `en` unless said otherwise.
    #[serde(default = "english")]
    pub(crate) language: String,
    /// Who could have published it; invented.
    #[serde(default)]
    pub(crate) sources: Vec<String>,
    pub(crate) families: Vec<Family>,
    #[serde(default)]
    pub(crate) trees: Vec<Tree>,
    #[serde(default)]
    pub(crate) funnels: Vec<Funnel>,
    #[serde(default)]
    pub(crate) flows: Vec<Flow>,
    #[serde(default)]
    pub(crate) networks: Vec<Network>,
    #[serde(default)]
    pub(crate) traded: Vec<Traded>,
    #[serde(default)]
    pub(crate) fields: Vec<Field>,
    #[serde(default)]
    pub(crate) vectors: Vec<Vectors>,
    #[serde(default)]
    pub(crate) projects: Vec<Project>,
    #[serde(default)]
    pub(crate) ledgers: Vec<Ledger>,
    #[serde(default)]
    pub(crate) pyramids: Vec<Pyramid>,
    #[serde(default)]
    pub(crate) profiles: Vec<Profile>,
    #[serde(default)]
    pub(crate) curves: Vec<Curve>,
    #[serde(default)]
    pub(crate) regional: Vec<Regional>,
}

fn english() -> String {
    "en".into()
}

/// Entities that are measured over time: what most charts of a theme are made of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Family {
    /// What it is about, as a phrase: "exports of six trading nations".
    pub(crate) about: String,
    /// What one of the entities is, singular and plural: `country/countries`.
    pub(crate) entity: Noun,
    /// Their names; `Germany *8` is eight times as large as an entity without a number in measures that are sums.
    pub(crate) entities: Vec<Entity>,
    /// Whether their order means something (age groups, grades) and is kept.
    #[serde(default)]
    pub(crate) ordered: bool,
    /// What a measure that is a sum consists of.
    #[serde(default)]
    pub(crate) parts: Option<Parts>,
    /// `years 1998-2024`, `quarters 2015-2024`, `months ...`, `days ...`.
    pub(crate) time: Span,
    /// What is known of an entity at a time; two or more.
    pub(crate) measures: Vec<Measure>,
    /// What one observation is, singular and plural: `household/households`.
    pub(crate) sample: Noun,
    /// What is known of an observation; two or more.
    pub(crate) samples: Vec<Measure>,
}

/// The parts of a measure.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parts {
    pub(crate) name: Noun,
    pub(crate) items: Vec<String>,
    /// The measure they are parts of; the first that is a sum unless said otherwise.
    #[serde(default)]
    pub(crate) of: Option<String>,
}

/// A quantity: its name, unit and the range of plausible values.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Measure {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) unit: String,
    /// Where nearly all values lie.
    pub(crate) range: [f64; 2],
    /// What no value passes; 0 to 100 for percentages and 0 upwards for what is never negative, unless said otherwise.
    #[serde(default)]
    pub(crate) limits: Option<[f64; 2]>,
    /// Decimal places; from the range unless said otherwise.
    #[serde(default)]
    pub(crate) decimals: Option<u8>,
    /// Whether sums mean something.
    #[serde(default)]
    pub(crate) sum: bool,
    /// A count: whole numbers, and sums mean something.
    #[serde(default)]
    pub(crate) count: bool,
    /// Seasonal swing (share of the level) and the month of its peak.
    #[serde(default)]
    pub(crate) season: Option<(f64, f64)>,
    /// The way it usually goes.
    #[serde(default)]
    pub(crate) trend: Option<Trend>,
    /// Its correlation with the first measure (or sample) of the family.
    #[serde(default)]
    pub(crate) r: f64,
    /// The shape of its distribution over observations.
    #[serde(default)]
    pub(crate) shape: Shape,
}

/// ECD's trends (arXiv:2508.06492, released prompts).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trend {
    /// It rises, not in a line.
    Up,
    /// It falls, not in a line.
    Down,
    /// It goes up and down.
    Fluctuating,
}

/// The shape of a distribution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Shape {
    #[default]
    Normal,
    /// A long tail to the right.
    Skew,
    /// Two peaks.
    Bimodal,
    /// Nearly flat.
    Flat,
}

/// `Noun/Nouns`.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "String")]
pub(crate) struct Noun {
    pub(crate) one: String,
    pub(crate) many: String,
}

impl From<String> for Noun {
    fn from(text: String) -> Noun {
        match text.split_once('/') {
            Some((one, many)) => Noun { one: one.trim().into(), many: many.trim().into() },
            None => Noun { one: text.clone(), many: text },
        }
    }
}

/// `Germany *8`.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "String")]
pub(crate) struct Entity {
    pub(crate) name: String,
    /// Its relative size, where one is known.
    pub(crate) size: Option<f64>,
}

impl From<String> for Entity {
    fn from(text: String) -> Entity {
        let sized = text.rsplit_once(" *").and_then(|(name, size)| Some((name.trim().to_string(), size.parse().ok()?)));
        match sized {
            Some((name, size)) => Entity { name, size: Some(size) },
            None => Entity { name: text, size: None },
        }
    }
}

/// `years 1998-2024`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Span {
    pub(crate) step: Step,
    pub(crate) from: i32,
    pub(crate) to: i32,
}

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Span, String> {
        let error =
            || format!("expected a time axis like `years 1998-2024` (years, quarters, months, days), found `{text}`");
        let (step, years) = text.split_once(' ').ok_or_else(error)?;
        let (from, to) = years.split_once('-').ok_or_else(error)?;
        let step = match step {
            "years" => Step::Year,
            "quarters" => Step::Quarter,
            "months" => Step::Month,
            "days" => Step::Day,
            _ => return Err(error()),
        };
        let number = |text: &str| text.trim().parse().map_err(|_| error());
        Ok(Span { step, from: number(from)?, to: number(to)? })
    }
}

/// Groups and their members.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tree {
    pub(crate) title: String,
    /// What a node is: "Crop".
    pub(crate) name: String,
    pub(crate) measure: Measure,
    pub(crate) groups: IndexMap<String, Vec<String>>,
}

/// Stages of which each lets fewer through.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Funnel {
    pub(crate) title: String,
    /// What a row is: "Stage".
    pub(crate) name: String,
    /// What is counted; the range is that of the first stage.
    pub(crate) measure: Measure,
    pub(crate) stages: Vec<String>,
}

/// Flows from layer to layer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Flow {
    pub(crate) title: String,
    /// What flows; the range is that of all that flows.
    pub(crate) measure: Measure,
    /// Names of the columns "from" and "to".
    pub(crate) ends: [String; 2],
    pub(crate) layers: Vec<Vec<String>>,
}

/// Nodes and weighted edges.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Network {
    pub(crate) title: String,
    /// What an edge's weight is.
    pub(crate) measure: Measure,
    /// Names of the columns "from" and "to".
    pub(crate) ends: [String; 2],
    pub(crate) nodes: Vec<String>,
}

/// Something with a price for every trading day.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Traded {
    pub(crate) title: String,
    pub(crate) price: Measure,
    pub(crate) volume: Measure,
}

/// A value over a plane.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Field {
    pub(crate) title: String,
    pub(crate) x: Measure,
    pub(crate) y: Measure,
    pub(crate) value: Measure,
    pub(crate) relief: Relief,
}

/// The form of a value over a plane.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Relief {
    /// Two or three hills.
    Peaks,
    /// One long back.
    Ridge,
    /// Lowest in the middle.
    Bowl,
    /// Up and down.
    Waves,
    /// Rises in one direction, bent.
    Slope,
}

/// Arrows over a plane.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vectors {
    pub(crate) title: String,
    pub(crate) x: Measure,
    pub(crate) y: Measure,
    /// The two components; their ranges give the strength.
    pub(crate) u: Measure,
    pub(crate) v: Measure,
    pub(crate) motion: Motion,
}

/// The form of a vector field.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Motion {
    /// Round a centre.
    Vortex,
    /// One way, faster on one side.
    Shear,
    /// In along one axis, out along the other.
    Saddle,
    /// Away from a centre.
    Source,
    /// Towards a centre.
    Sink,
}

/// Tasks in phases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Project {
    pub(crate) title: String,
    /// What a phase is: "Phase".
    pub(crate) name: String,
    pub(crate) phases: IndexMap<String, Vec<String>>,
    /// Shortest and longest task, in days.
    pub(crate) days: [usize; 2],
}

/// A level and the changes that follow.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ledger {
    pub(crate) title: String,
    /// What a row is: "Item".
    pub(crate) name: String,
    /// The range is that of the start.
    pub(crate) measure: Measure,
    pub(crate) start: String,
    pub(crate) up: Vec<String>,
    pub(crate) down: Vec<String>,
}

/// Two sides over ordered rows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pyramid {
    pub(crate) title: String,
    /// What a row is: "Age group".
    pub(crate) name: String,
    /// From the bottom up.
    pub(crate) rows: Vec<String>,
    pub(crate) sides: [String; 2],
    pub(crate) measure: Measure,
}

/// Scores on several criteria.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    pub(crate) title: String,
    /// What a spoke is: "Criterion".
    pub(crate) name: String,
    pub(crate) spokes: Vec<String>,
    pub(crate) of: Vec<String>,
    pub(crate) measure: Measure,
}

/// A quantity as a function of another, for several cases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Curve {
    pub(crate) title: String,
    pub(crate) x: Measure,
    pub(crate) y: Measure,
    pub(crate) series: Vec<String>,
    pub(crate) form: Form,
    /// Whether x grows by factors.
    #[serde(default)]
    pub(crate) log: bool,
}

/// The form of a curve.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Form {
    /// Falls fast, then slowly.
    Decay,
    /// Rises fast, then slowly.
    Saturation,
    /// Slow, fast, slow.
    Sigmoid,
    /// Ever faster.
    Growth,
    /// Up and down once.
    Peak,
    /// A swing that dies out.
    Ringing,
}

/// A measure known for every region of a map.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Regional {
    /// With `{map}` where the name of the map goes.
    pub(crate) title: String,
    pub(crate) measure: Measure,
    /// Names of maps; any unless said otherwise.
    #[serde(default)]
    pub(crate) maps: Vec<String>,
}

/// Regions as equal tiles.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Map {
    pub(crate) name: String,
    /// As it stands after a comma in a title.
    pub(crate) title: String,
    /// What a region is: "State".
    pub(crate) region: String,
    #[serde(default = "english")]
    pub(crate) language: String,
    /// Name to row and column.
    pub(crate) tiles: IndexMap<String, [usize; 2]>,
}

/// The words of charts in one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Phrases {
    pub(crate) language: String,
    /// Whether names in the middle of a sentence start with a small letter.
    #[serde(default)]
    pub(crate) lowers: bool,
    pub(crate) year: String,
    pub(crate) quarter: String,
    pub(crate) month: String,
    pub(crate) day: String,
    pub(crate) count: Vec<String>,
    pub(crate) density: String,
    pub(crate) share: String,
    pub(crate) mean: String,
    pub(crate) error: Vec<String>,
    pub(crate) correlation: String,
    pub(crate) source: String,
    /// `{name} ({unit})` and the like.
    pub(crate) axis: Vec<String>,
    /// The sentence of a story.
    pub(crate) story: Vec<String>,
    /// By [`super::title::View`].
    pub(crate) titles: IndexMap<String, Vec<String>>,
    pub(crate) subtitles: IndexMap<String, Vec<String>>,
}

/// Everything that is read from `data/`.
#[derive(Debug)]
pub(crate) struct Library {
    pub(crate) themes: Vec<Theme>,
    pub(crate) maps: Vec<Map>,
    pub(crate) phrases: Vec<Phrases>,
}

impl Library {
    /// The words of a language; English where there are none.
    pub(crate) fn phrases(&self, language: &str) -> &Phrases {
        self.phrases.iter().find(|p| p.language == language).unwrap_or(&self.phrases[0])
    }
}

/// The library of this build.
pub(crate) fn library() -> &'static Library {
    static LIBRARY: LazyLock<Library> = LazyLock::new(read);
    &LIBRARY
}

fn read() -> Library {
    Library {
        themes: THEMES.iter().map(parse).chain(LANGUAGES.iter().flat_map(parse::<Vec<Theme>>)).collect(),
        maps: parse(&MAPS),
        phrases: parse(&PHRASES),
    }
}

/// The files belong to the program: one that does not parse is a fault of the build, which every test finds.
fn parse<T: serde::de::DeserializeOwned>((name, text): &(&str, &str)) -> T {
    match serde_saphyr::from_str(text) {
        Ok(parsed) => parsed,
        Err(error) => panic!("data/{name} of this build does not parse: {error}"),
    }
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../data/", $name)))),*]
    };
}

const MAPS: (&str, &str) = ("maps.yaml", include_str!("../../data/maps.yaml"));
const PHRASES: (&str, &str) = ("phrases.yaml", include_str!("../../data/phrases.yaml"));

const THEMES: [(&str, &str); 25] = files![
    "themes/economics.yaml",
    "themes/psychology.yaml",
    "themes/sociology.yaml",
    "themes/biology.yaml",
    "themes/education.yaml",
    "themes/engineering.yaml",
    "themes/law.yaml",
    "themes/astronomy.yaml",
    "themes/computer_science.yaml",
    "themes/geography.yaml",
    "themes/physics.yaml",
    "themes/chemistry.yaml",
    "themes/history.yaml",
    "themes/environmental_science.yaml",
    "themes/anthropology.yaml",
    "themes/media_and_journalism.yaml",
    "themes/mathematics.yaml",
    "themes/statistics.yaml",
    "themes/finance.yaml",
    "themes/medicine.yaml",
    "themes/art_and_design.yaml",
    "themes/agriculture.yaml",
    "themes/linguistics.yaml",
    "themes/architecture.yaml",
    "themes/sports.yaml",
];

const LANGUAGES: [(&str, &str); 10] = files![
    "languages/de.yaml",
    "languages/fr.yaml",
    "languages/es.yaml",
    "languages/ru.yaml",
    "languages/el.yaml",
    "languages/zh.yaml",
    "languages/ja.yaml",
    "languages/ko.yaml",
    "languages/ar.yaml",
    "languages/hi.yaml",
];

impl Measure {
    /// Decimal places of its numbers.
    pub(crate) fn decimals(&self) -> u8 {
        if self.count {
            return 0;
        }
        let high = self.range[0].abs().max(self.range[1].abs());
        let low = self.range[0].abs().min(self.range[1].abs()).max(high * 0.02);
        self.decimals.unwrap_or(match (high * low).sqrt() {
            middle if middle >= 150.0 => 0,
            middle if middle >= 6.0 => 1,
            middle if middle >= 0.6 => 2,
            middle if middle >= 0.06 => 3,
            _ => 4,
        })
    }

    /// Its unit in a table.
    pub(crate) fn table_unit(&self) -> Unit {
        Unit { symbol: self.unit.clone(), decimals: self.decimals(), additive: self.is_sum() }
    }

    /// Whether sums mean something.
    pub(crate) fn is_sum(&self) -> bool {
        self.sum || self.count
    }

    /// What no value passes.
    pub(crate) fn bounds(&self) -> [f64; 2] {
        self.limits.unwrap_or_else(|| match self.range {
            [low, _] if low < 0.0 => [f64::NEG_INFINITY, f64::INFINITY],
            [_, high] if self.unit == "%" && high <= 100.0 => [0.0, 100.0],
            _ => [0.0, f64::INFINITY],
        })
    }

    /// Whether no value is below 0.
    pub(crate) fn is_positive(&self) -> bool {
        self.bounds()[0] >= 0.0
    }
}

impl Family {
    /// The measure that the parts are parts of.
    pub(crate) fn whole(&self) -> Option<usize> {
        let parts = self.parts.as_ref()?;
        match &parts.of {
            Some(name) => self.measures.iter().position(|m| m.name == *name),
            None => self.measures.iter().position(Measure::is_sum),
        }
    }
}
