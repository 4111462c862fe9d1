//! `make.chart`

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_chart::data::own::{self, OwnTable};
use tamis_chart::data::{self, Options};
use tamis_chart::spec::{Diversify, Figure, Kind};
use tamis_core::bind::Scope;
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Transform, Verdict};
use tamis_core::rng::Rng;
use tamis_core::{Name, Record, StepError, Type, Value};

use crate::chart::wanted::{Said, Wanted};
use crate::own::{Own, Readable, Rows};
use crate::value::to_value;

/// Makes up a chart, or several that tell one story: the data, what is drawn from it and in which look.
///
/// The result is a spec, the truth that `draw.chart` draws and `ask.chart` asks about. Made-up data come from invented scenarios
/// over ECD's 25 themes (arXiv:2508.06492) with plausible units, magnitudes, seasons, noise and outliers; the subplots
/// of one figure share its scenario. No model is asked.
///
/// With `own`, data come from a table that the run names instead: `--table own=sales.csv`, a CSV, Parquet or JSON Lines
/// file, several of them, or a folder of them, one of which is drawn for each record. What each column is taken for (time, category,
/// number, identifier, empty) is told with the reason in `columns` and in the spec; kinds, measures and groups that the
/// columns allow are drawn at random. Rows are summed where sums mean something and averaged where not, the largest
/// twelve of many categories are shown and the rest is "Other"; a note in the chart says so. Where the run names no
/// table, data are made up.
///
/// Writes `into`, and `columns` where it is named. A record is rejected when its table cannot be read, or gives none of
/// the `kinds`.
///
/// # Example
///
/// ```yaml example
/// steps:
///   - make.chart: { kinds: { pie: 1 }, theme: Sports, size: [640, 480], looks: [matplotlib], into: figure }
///   - draw.chart: { from: figure, into: image, elements: elements }
/// in: { id: 1 }
/// out: { figure: { grid: [1, 1], charts: [ { kind: pie } ], scenario: { theme: Sports } }, image: 640x480 }
/// ```
///
/// In a recipe with `tables: { own: any }`:
///
/// ```yaml
/// - make.chart: { own: own, into: figure, columns: columns }
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeChart {
    /// The field for the spec.
    #[serde(default = "figure")]
    into: String,
    /// Kinds of charts and their shares: `{ bar: 2, line: 1 }`. Default: every kind alike.
    #[serde(default)]
    kinds: IndexMap<String, f64>,
    /// How many charts a figure has, and in which shares: `{ "1": 4, "2": 1 }`. Default: one. Several stand on one of
    /// ECD's twelve grids with room for them, whose other cells repeat the kinds.
    #[serde(default)]
    subplots: IndexMap<String, f64>,
    /// The looks to draw from, alike. Default: all.
    #[serde(default)]
    looks: Vec<String>,
    /// One of ECD's 25 themes. Default: any.
    theme: Option<String>,
    /// The share of figures in other languages than English, 0 to 1. Default 0.3 of the themes that have such.
    #[serde(default = "languages")]
    languages: f64,
    /// Width and height in pixels. Default: drawn, about 500 to 1,600 a side.
    size: Option<[u32; 2]>,
    /// The share of figures that are diversified by one of ECD's strategies, 0 to 1. Default 0.5.
    #[serde(default = "half")]
    diversified: f64,
    /// The strategies, alike: `annotations`, `fonts`, `shading`, `borderless`, `inset`. Default: all.
    #[serde(default = "strategies")]
    diversify: Vec<Diversify>,
    /// A table of the recipe that takes any columns; its data are drawn where the run names it. Default: made-up data.
    own: Option<String>,
    /// The field for what the columns of the table were taken for: `list<{name: text, role: text, why: text}>`, empty for
    /// made-up data.
    columns: Option<String>,
}

fn figure() -> String {
    "figure".into()
}

fn languages() -> f64 {
    data::LANGUAGE_SHARE
}

fn half() -> f64 {
    0.5
}

fn strategies() -> Vec<Diversify> {
    Options::default().diversify
}

impl OperatorConfig for MakeChart {
    const NAME: &'static str = "make.chart";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let said = Said {
            kinds: &self.kinds,
            subplots: &self.subplots,
            looks: &self.looks,
            theme: self.theme.as_deref(),
            languages: self.languages,
            size: self.size,
            diversified: self.diversified,
            diversify: &self.diversify,
        };
        let wanted = Wanted::bind(scope, &said);
        let into = scope.write("into", &self.into, Type::Json);
        let own = match &self.own {
            Some(name) => Some(Own::bind(scope, "own", name)?),
            None => None,
        };
        let columns = match &self.columns {
            Some(name) => Some(scope.write("columns", name, columns_type())?),
            None => None,
        };
        Bound::transform(Make { wanted: wanted?, own, columns, into: into? })
    }
}

struct Make {
    wanted: Wanted,
    own: Option<Own<Readied>>,
    columns: Option<Name>,
    into: Name,
}

impl Transform for Make {
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError> {
        let mut rng = ctx.rng(record);
        let own = self.own.as_ref().and_then(|own| own.draw(ctx, &mut rng, Readied::read));
        let figure = match own {
            Some(Err(unread)) => return Ok(unread),
            Some(Ok(table)) => match self.of_table(&table, &mut rng) {
                Ok(figure) => figure,
                Err(reject) => return Ok(reject),
            },
            None => {
                let kinds = self.wanted.draw(&mut rng);
                let figure = data::figure(&kinds, &self.wanted.options, &mut rng);
                figure.map_err(|e| StepError::failed(e.to_string()))?
            }
        };
        if let Some(name) = &self.columns {
            record.set(name, columns(&figure));
        }
        record.set(&self.into, to_value(&self.into, &figure)?);
        Ok(Verdict::Pass)
    }

    fn touches_pixels(&self) -> bool {
        true
    }
}

/// How often a figure of a table is tried: a measure that was drawn may not fit its kind.
const TRIES: usize = 12;

impl Make {
    /// A figure of a user's table, of those kinds that it gives.
    fn of_table(&self, table: &Readied, rng: &mut Rng) -> Result<Figure, Verdict> {
        let mut why = String::new();
        for _ in 0..TRIES {
            let Some(kinds) = self.wanted.draw_among(&table.kinds, rng) else { break };
            match table.table.figure(&kinds, &self.wanted.options, rng) {
                Ok(mut figure) => {
                    figure.scenario.source.iter_mut().for_each(|source| source.left_out = table.left_out);
                    return Ok(figure);
                }
                Err(error) => why = error.to_string(),
            }
        }
        let gives: Vec<&str> = table.kinds.iter().map(|kind| kind.name()).collect();
        let columns = table.table.report().join("; ");
        let values = [("gives", gives.join(", ")), ("columns", columns), ("error", why)];
        Err(Reject::because("the table gives none of the kinds", values.map(|(name, text)| (name, Value::text(text)))))
    }
}

/// A user's table with the kinds of charts that it gives.
struct Readied {
    table: OwnTable,
    kinds: Vec<Kind>,
    /// Rows that could not be read.
    left_out: u64,
}

impl Readied {
    fn read(rows: Rows<'_>, rng: &mut Rng) -> Result<Readied, String> {
        let mut readable = Readable::new(rows.rows);
        let table = own::read(rows.name, rows.header, readable.by_ref(), rng);
        // Of two reasons, that for which there are no more rows is the first.
        let table = match readable.refusal() {
            Some(error) => return Err(error),
            None => table.map_err(|e| e.to_string())?,
        };
        let kinds = table.kinds();
        if kinds.is_empty() {
            return Err(format!("no kind of chart fits its columns: {}", table.report().join("; ")));
        }
        Ok(Readied { table, kinds, left_out: readable.broken })
    }
}

fn columns_type() -> Type {
    let fields = ["name", "role", "why"].map(|name| (Name::from(name), Type::Text));
    Type::list(Type::Struct(fields.into_iter().collect()))
}

/// What the columns of the user's table were taken for; none for made-up data.
fn columns(figure: &Figure) -> Value {
    let columns = figure.scenario.source.iter().flat_map(|source| &source.columns);
    let value = |c: &tamis_chart::spec::OwnColumn| {
        let fields = [("name", &c.name), ("role", &c.role), ("why", &c.why)];
        Value::map(fields.map(|(name, text)| (Name::from(name), Value::text(&**text))).to_vec())
    };
    Value::list(columns.map(value).collect())
}
