//! From a figure to its scene.

use tamis_core::id::RecordId;
use tamis_core::rng::Rng;
use tamis_draw::kurbo::Rect;
use tamis_draw::scene::{Node, Scene};

use crate::cell::{Cell, Crowded};
use crate::channels::SpecError;
use crate::kind;
use crate::look::Style;
use crate::spec::{Channel, Figure, Kind};

/// A figure's scene, and what a reader can see of its scales.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// What is drawn.
    pub scene: Scene,
    /// One for each chart of the figure.
    pub views: Vec<View>,
}

/// What is drawn of one chart's scales and values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// The axis of categories, times or numbers, if there is one.
    pub x: Option<AxisView>,
    /// The value axis, if there is one.
    pub y: Option<AxisView>,
    /// The second value axis, if there is one.
    pub y2: Option<AxisView>,
    /// Series and row of every datum whose value is written at its mark.
    pub labels: Vec<(usize, usize)>,
    /// For every annotation of the chart, whether it is drawn with its words.
    pub annotations: Vec<bool>,
    /// Whether the names of series (or slices, groups) are all written, in a legend or at the marks.
    pub names: bool,
}

/// One axis as drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum AxisView {
    /// Numbers from `min` to `max`; the values that have a tick label.
    Numbers {
        /// At one end.
        min: f64,
        /// At the other.
        max: f64,
        /// By logarithm.
        log: bool,
        /// Written at ticks.
        ticks: Vec<f64>,
    },
    /// Names, by row; whether each is written in full.
    Categories {
        /// One for each row.
        written: Vec<bool>,
    },
    /// Times; as they are written at ticks.
    Times {
        /// From the start on.
        ticks: Vec<String>,
    },
}

/// Why a figure is not drawn.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DrawError {
    /// The data do not fit the kind.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// A look of a name that there is not.
    #[error("look: expected one of {}, found `{name}`; choose one of them", crate::look::names().join(", "))]
    NoLook {
        /// The name.
        name: String,
    },
    /// A kind without a way to draw it.
    #[error("no way to draw a {}", .kind.words())]
    NotDrawn {
        /// Which.
        kind: Kind,
    },
    /// A channel without a column.
    #[error("{}: expected a column of the table as `{}`, found none; add the encoding", .kind.words(), .channel.name())]
    NoColumn {
        /// Of which kind.
        kind: Kind,
        /// Which channel.
        channel: Channel,
    },
    /// There is not enough room for the data in readable size.
    #[error("{what}: expected at least {needed:.0} pixels, found {found:.0}; make the picture larger or draw fewer data")]
    TooSmall {
        /// What has no room.
        what: String,
        /// How much it needs.
        needed: f64,
        /// How much there is.
        found: f64,
    },
}

/// Draws a figure.
///
/// # Errors
/// When a chart is not what its kind wants, or the picture is too small or too large to be drawn.
pub fn scene(figure: &Figure) -> Result<Drawn, DrawError> {
    let style = Style::resolve(&figure.look)?;
    let [width, height] = figure.size;
    let mut scene = Scene::new(width, height, style.background);
    let mut views = Vec::new();
    for (k, chart) in figure.charts.iter().enumerate() {
        chart.validate()?;
        let page = Rect::new(0.0, 0.0, f64::from(width), f64::from(height)).inset(-style.margin);
        let cell = || {
            let rng = Rng::keyed(figure.look.seed, RecordId::input("chart"), "draw", &[k as u32]);
            Cell::new(chart, &style, format!("chart.{k}"), page, rng)
        };
        let (node, view) = draw(cell)?;
        scene.push(node);
        views.push(view);
    }
    Ok(Drawn { scene, views })
}

fn draw<'a>(cell: impl Fn() -> Cell<'a>) -> Result<(Node, View), DrawError> {
    let mut first = cell();
    kind::draw(&mut first)?;
    match first.finish() {
        Ok(drawn) => Ok(drawn),
        Err(Crowded) => {
            let mut second = cell().crowded();
            kind::draw(&mut second)?;
            second.finish().map_err(|Crowded| unreachable!("an outer legend has its room"))
        }
    }
}
