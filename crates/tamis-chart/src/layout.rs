//! From a figure to its scene.

use tamis_core::id::RecordId;
use tamis_core::rng::Rng;
use tamis_draw::kurbo::Rect;
use tamis_draw::scene::{Node, Scene};
use tamis_draw::text::{Anchor, Height, Line};

use crate::cell::{Cell, Crowded};
use crate::channels::SpecError;
use crate::kind;
use crate::look::{Style, TitleAlign};
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
    /// A picture too small to hold text or too large for memory.
    #[error(
        "figure: expected sides of at least {LEAST_SIDE} and at most {MOST_PIXELS} pixels in all, found {width} x {height}; choose another size"
    )]
    Size {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
    /// No charts, or more than the grid has cells.
    #[error("figure: expected 1 to {} charts for a grid of {} x {}, found {charts}; change the grid", .grid[0].saturating_mul(.grid[1]), .grid[0], .grid[1])]
    Grid {
        /// Rows and columns.
        grid: [usize; 2],
        /// How many charts there are.
        charts: usize,
    },
    /// The legend fits nowhere.
    #[error("legend: expected room beside the plot, found none; make the picture larger or the names shorter")]
    NoLegend,
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
    #[error(
        "{what}: expected at least {needed:.0} pixels, found {found:.0}; make the picture larger or draw fewer data"
    )]
    TooSmall {
        /// What has no room.
        what: String,
        /// How much it needs.
        needed: f64,
        /// How much there is.
        found: f64,
    },
}

/// The most pixels a picture may have: 4 bytes each, held twice while it is encoded.
pub const MOST_PIXELS: u64 = 100_000_000;

/// The least side of a picture in pixels.
pub const LEAST_SIDE: u32 = 64;

/// The size that the lengths of looks are meant for.
const MEANT_FOR: [f64; 2] = [800.0, 600.0];

/// The smallest text, in pixels.
const SMALLEST_TEXT: f64 = 7.0;

/// Draws a figure.
///
/// # Errors
/// When a chart is not what its kind wants, or the picture is too small or too large to be drawn.
pub fn scene(figure: &Figure) -> Result<Drawn, DrawError> {
    check(figure)?;
    let look = Style::resolve(&figure.look)?;
    let [width, height] = figure.size;
    let mut scene = Scene::new(width, height, look.background);
    let page = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
    let several = figure.charts.len() > 1;
    let whole = fitted(&look, page.size(), figure.look.seed);
    let mut room = page.inset(-whole.margin.min(page.width().min(page.height()) * 0.08));
    if let Some(node) = figure_title(figure, &whole, &mut room) {
        scene.push(node);
    }
    let mut views = Vec::new();
    for (k, chart) in figure.charts.iter().enumerate() {
        let cell_room = if several { grid_cell(figure.grid, k, room, whole.margin) } else { room };
        let style = if several {
            let mut style = fitted(&look, cell_room.size(), figure.look.seed);
            // One mark for the whole page.
            style.flag = style.flag.filter(|_| k == 0);
            style
        } else {
            whole.clone()
        };
        let cell = || {
            let rng = Rng::keyed(figure.look.seed, RecordId::input("chart"), "draw", &[k as u32]);
            Cell::new(chart, &style, format!("chart.{k}"), cell_room, rng)
        };
        let (node, view) = draw(cell)?;
        scene.push(node);
        views.push(view);
    }
    Ok(Drawn { scene, views })
}

fn check(figure: &Figure) -> Result<(), DrawError> {
    let [width, height] = figure.size;
    if width < LEAST_SIDE || height < LEAST_SIDE || u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(DrawError::Size { width, height });
    }
    let cells = figure.grid[0].saturating_mul(figure.grid[1]);
    if figure.charts.is_empty() || figure.charts.len() > cells {
        return Err(DrawError::Grid { grid: figure.grid, charts: figure.charts.len() });
    }
    figure.charts.iter().try_for_each(|chart| chart.validate().map_err(DrawError::from))
}

/// The look at the size of a chart: in larger ones letters grow nearly as much as the picture, in smaller ones they
/// shrink less than it does, and never below what can be read.
fn fitted(look: &Style, size: tamis_draw::kurbo::Size, seed: u64) -> Style {
    let share = (size.width / MEANT_FOR[0]).min(size.height / MEANT_FOR[1]).max(0.01);
    let factor = if share < 1.0 { share.powf(0.55) } else { share.powf(0.85) };
    // The resolution that people save pictures in differs.
    let dpi = 0.94 + 0.12 * Rng::keyed(seed, RecordId::input("look"), "dpi", &[]).unit();
    let mut smallest = f64::INFINITY;
    look.clone().text.each(|text| smallest = smallest.min(text.size));
    look.scaled((factor * dpi).max(SMALLEST_TEXT / smallest))
}

/// The title over all charts; takes its room off the top.
fn figure_title(figure: &Figure, style: &Style, room: &mut Rect) -> Option<Node> {
    let title = figure.title.as_deref().filter(|t| !t.trim().is_empty() && figure.charts.len() > 1)?;
    let mut block = crate::cell::text::wrapped(title, &style.text.figure, room.width(), 2);
    let step = style.text.figure.size * 1.25;
    let (x, align) = match style.title_align {
        TitleAlign::Left | TitleAlign::Plot => (room.x0, 0.0),
        TitleAlign::Center | TitleAlign::PlotCenter => (room.center().x, 0.5),
    };
    let anchor = Anchor { x: align, y: Height::Baseline };
    let top = room.y0;
    room.y0 += step * block.len() as f64 + style.text.figure.size * 0.5;
    let run = |i: usize, line: Line| line.at((x, top + style.text.figure.size * 0.9 + step * i as f64), anchor);
    if block.len() == 1 {
        return Some(Node::text("figure/title", "figure title", run(0, block.remove(0))));
    }
    let lines = block.into_iter().enumerate();
    let lines = lines.map(|(i, line)| Node::text(format!("figure/title/{i}"), "text line", run(i, line)));
    Some(Node::group("figure/title", "figure title", lines.collect()))
}

/// The room of one chart of a grid.
fn grid_cell([rows, columns]: [usize; 2], k: usize, room: Rect, gap: f64) -> Rect {
    let (row, column) = (k / columns, k % columns);
    let width = (room.width() - gap * (columns - 1) as f64) / columns as f64;
    let height = (room.height() - gap * (rows - 1) as f64) / rows as f64;
    let (x, y) = (room.x0 + (width + gap) * column as f64, room.y0 + (height + gap) * row as f64);
    Rect::new(x, y, x + width, y + height)
}

fn draw<'a>(cell: impl Fn() -> Cell<'a>) -> Result<(Node, View), DrawError> {
    let mut first = cell();
    kind::draw(&mut first)?;
    match first.finish() {
        Ok(drawn) => Ok(drawn),
        Err(Crowded) => {
            let mut second = cell().crowded();
            kind::draw(&mut second)?;
            second.finish().map_err(|Crowded| DrawError::NoLegend)
        }
    }
}
