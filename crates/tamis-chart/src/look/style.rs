//! Everything a look decides, resolved: fonts, colours, lines, places. Lengths are pixels.

use tamis_draw::Color;
use tamis_draw::scene::{HatchKind, Stroke};
use tamis_draw::text::Style as TextStyle;

/// How a chart is drawn, down to every width and colour. Made by [`Style::resolve`](crate::look) from a name and a seed;
/// lengths are for a chart of about 800 x 600 pixels until [`Style::scaled`] fits them to another size.
#[derive(Clone, Debug)]
pub struct Style {
    /// The look's name.
    pub look: &'static str,
    /// All texts.
    pub text: Texts,
    /// What lies behind everything.
    pub background: Color,
    /// What lies behind the data, where it differs from the background.
    pub plot: Option<Color>,
    /// Colours of series and of values.
    pub palette: Palette,
    /// Lines behind the data at ticks.
    pub grid: Grid,
    /// Lines along the sides of the plot.
    pub spines: Spines,
    /// Marks at tick labels.
    pub ticks: Ticks,
    /// Where the names of series stand.
    pub legend: LegendStyle,
    /// Where titles start.
    pub title_align: TitleAlign,
    /// Whether the note stands at the right.
    pub note_right: bool,
    /// Where the value axis' title stands.
    pub y_title: YTitle,
    /// The value axis is written at the right side (newspapers).
    pub y_right: bool,
    /// A coloured mark at the top left corner of the picture (newspapers).
    pub flag: Option<Color>,
    /// Lines of series.
    pub lines: Lines,
    /// Single points.
    pub points: Points,
    /// Bars and everything that is an area with corners.
    pub bars: Bars,
    /// Opacity of areas below lines, 0 to 1.
    pub area_opacity: f64,
    /// Stroke between neighbouring areas (slices, stacked parts, cells of a treemap).
    pub separator: Option<Stroke>,
    /// How numbers are written on axes and at marks.
    pub numbers: Numbers,
    /// How times are written on axes.
    pub dates: Dates,
    /// Where values are written in bars and slices, if they are written.
    pub labels: LabelPlace,
    /// Lines tremble as if drawn by hand: how far, in pixels.
    pub hand: Option<f64>,
    /// A zoomed part of the data is shown in a corner of the plot, where one is free.
    pub inset: bool,
    /// Free room at the edges of the picture.
    pub margin: f64,
    /// Free room between the ends of the data and the ends of the axis, as a share of the data's range.
    pub slack: f64,
    /// Value axes end at ticks.
    pub nice_ends: bool,
    /// There is free room below bars too.
    pub floats: bool,
    /// How many times these lengths are those for 800 x 600.
    pub scale: f64,
}

/// The texts of a chart; every style carries its ink.
#[derive(Clone, Debug)]
pub struct Texts {
    /// Over several charts.
    pub figure: TextStyle,
    /// Over a chart.
    pub title: TextStyle,
    /// Below its title.
    pub subtitle: TextStyle,
    /// At its foot.
    pub note: TextStyle,
    /// Along the axes.
    pub axis: TextStyle,
    /// At ticks.
    pub tick: TextStyle,
    /// In the legend.
    pub legend: TextStyle,
    /// At marks.
    pub label: TextStyle,
    /// Of annotations.
    pub annotation: TextStyle,
}

/// Colours with a meaning.
#[derive(Clone, Debug)]
pub struct Palette {
    /// Of series, in turn.
    pub series: Vec<Color>,
    /// From low to high values.
    pub sequential: Vec<Color>,
    /// From low over a middle to high values.
    pub diverging: Vec<Color>,
    /// Gains, rising prices.
    pub up: Color,
    /// Losses, falling prices.
    pub down: Color,
    /// Totals, stems, connectors, whiskers: what belongs to no series.
    pub neutral: Color,
    /// What shall stand out: thresholds, callouts.
    pub accent: Color,
}

/// Which gridlines there are.
#[derive(Clone, Debug)]
pub struct Grid {
    /// At the ticks of the value axis.
    pub values: bool,
    /// At the ticks of the other axis.
    pub others: bool,
    /// Colour, width, dashes.
    pub stroke: Stroke,
    /// Between the ticks, thinner.
    pub minor: Option<Stroke>,
    /// Over the data rather than behind it.
    pub over: bool,
}

/// The sides of the plot that are drawn.
#[derive(Clone, Debug)]
pub struct Spines {
    /// Left side.
    pub left: bool,
    /// Right side.
    pub right: bool,
    /// Upper side.
    pub top: bool,
    /// Lower side.
    pub bottom: bool,
    /// Colour and width.
    pub stroke: Stroke,
    /// How far they stand off the plot.
    pub offset: f64,
    /// A line at 0 where the axis passes it.
    pub zero: Option<Stroke>,
}

/// Marks at tick labels.
#[derive(Clone, Debug)]
pub struct Ticks {
    /// On which side of the spine.
    pub side: TickSide,
    /// Length.
    pub length: f64,
    /// Colour and width.
    pub stroke: Stroke,
    /// Between the end of the mark and the label.
    pub gap: f64,
    /// Small ones between.
    pub minor: bool,
    /// Also at the opposite sides.
    pub mirrored: bool,
    /// About how many pixels from one value tick to the next.
    pub every: f64,
    /// By how many degrees category labels are turned where they do not fit level: 30 to 90.
    pub turn: f64,
}

/// On which side of the spine a tick mark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TickSide {
    /// Away from the plot.
    Out,
    /// Into the plot.
    In,
    /// Both.
    Across,
    /// No marks.
    None,
}

/// How a legend looks.
#[derive(Clone, Debug)]
pub struct LegendStyle {
    /// Where it stands.
    pub place: LegendPlace,
    /// Its frame.
    pub frame: Option<Stroke>,
    /// Behind it.
    pub fill: Option<Color>,
    /// Rounding of the frame's corners.
    pub corner: f64,
    /// Form of the sample of a filled series.
    pub swatch: Swatch,
    /// Between entries in a row or rows in a column.
    pub gap: f64,
}

/// Where a legend stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegendPlace {
    /// In the corner of the plot that holds the least data; outside when none is free.
    Inside,
    /// To the right of the plot, at its top.
    Right,
    /// To the right of the plot, half-way down.
    RightMiddle,
    /// Below the titles, from the left.
    TopLeft,
    /// Below the titles, centred.
    Top,
    /// At the foot, centred.
    Bottom,
    /// At the ends of lines; like `TopLeft` where there are no lines.
    Direct,
}

/// Samples of filled series in a legend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swatch {
    /// Broader than high.
    Wide,
    /// As broad as high.
    Square,
    /// Round.
    Dot,
}

/// Where a title starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TitleAlign {
    /// At the left edge of the picture.
    Left,
    /// At the left edge of the plot.
    Plot,
    /// In the middle of the plot.
    PlotCenter,
    /// In the middle of the picture.
    Center,
}

/// Where the title of the upright axis stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum YTitle {
    /// Along the axis, turned by 90 degrees.
    Turned,
    /// Level, above the axis.
    Above,
}

/// Lines of series.
#[derive(Clone, Debug)]
pub struct Lines {
    /// Width.
    pub width: f64,
    /// Marks at the data of a line, in turn; none when empty.
    pub markers: Vec<Marker>,
    /// Diameter of these marks.
    pub marker_size: f64,
    /// Dashes in turn; an empty list is an unbroken line.
    pub dashes: Vec<Vec<f64>>,
    /// The edge of marks, if it differs from their fill.
    pub marker_edge: Option<Stroke>,
    /// Marks are filled with the plot's ground.
    pub hollow: bool,
    /// Round ends and corners.
    pub round: bool,
}

/// Single points (scatter, bubbles).
#[derive(Clone, Debug)]
pub struct Points {
    /// Diameter.
    pub size: f64,
    /// 0 to 1.
    pub opacity: f64,
    /// Edge.
    pub edge: Option<Stroke>,
    /// Forms in turn for groups; circles when empty.
    pub markers: Vec<Marker>,
}

/// The form of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// A disc.
    Circle,
    /// An upright square.
    Square,
    /// A triangle that stands on its side.
    Triangle,
    /// A triangle that stands on its corner.
    TriangleDown,
    /// A square on its corner.
    Diamond,
    /// A star of five.
    Star,
    /// A regular pentagon.
    Pentagon,
    /// A filled plus.
    Plus,
    /// A filled x.
    Cross,
}

/// Bars.
#[derive(Clone, Debug)]
pub struct Bars {
    /// Width of all bars of a category together, as a share of its slot, 0 to 1.
    pub width: f64,
    /// Between bars of one category, as a share of a bar.
    pub gap: f64,
    /// Radius of the corners at the value's end.
    pub corner: f64,
    /// Edge.
    pub edge: Option<Stroke>,
    /// 0 to 1.
    pub opacity: f64,
    /// Patterns in turn; solid where empty or `None`.
    pub hatches: Vec<Option<HatchKind>>,
    /// The colour falls off towards the base.
    pub gradient: bool,
    /// Length of the caps of error bars.
    pub cap: f64,
}

/// Where values are written at bars and slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelPlace {
    /// Beyond the end.
    Outside,
    /// Within the end, where there is room.
    Inside,
    /// In the middle, where there is room.
    Center,
}

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// Between groups of three digits.
    pub group: Option<char>,
    /// 1.2k, 3.4M rather than 1200, 3400000.
    pub compact: bool,
    /// U+2212 rather than a hyphen before negative numbers.
    pub true_minus: bool,
}

/// How months and days are written at ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dates {
    /// `2021-03`, `2021-03-14`.
    Iso,
    /// `Mar 2021`, `Mar 14`.
    Words,
    /// `Mar ’21`, `14 Mar`.
    Short,
}

impl Style {
    /// The ink of `wanted` made darker or lighter until it reads well (at least 3.2:1) on `below`.
    pub fn readable(&self, wanted: Color, below: Color) -> Color {
        readable(wanted, below, 3.2)
    }

    /// What lies behind the data.
    pub fn ground(&self) -> Color {
        self.plot.unwrap_or(self.background)
    }

    /// The colour of a series; beyond the palette its colours come again, lighter and darker in turn.
    pub fn color(&self, series: usize) -> Color {
        let colors = &self.palette.series;
        let Some(color) = colors.get(series % colors.len().max(1)) else { return self.palette.neutral };
        match series / colors.len() {
            0 => *color,
            n if n % 2 == 1 => color.mix(Color::WHITE, 0.4),
            _ => color.mix(Color::BLACK, 0.4),
        }
    }

    /// The colour of a share 0 to 1 on the way from low to high values.
    pub fn sequential(&self, share: f64) -> Color {
        ramp(&self.palette.sequential, share)
    }

    /// The colour of a share 0 (lowest) over 0.5 (middle) to 1.
    pub fn diverging(&self, share: f64) -> Color {
        ramp(&self.palette.diverging, share)
    }

    /// The same look `factor` times as large.
    pub fn scaled(&self, factor: f64) -> Style {
        let mut style = self.clone();
        style.scale *= factor;
        style.text.each(|t| t.size *= factor);
        style.margin *= factor;
        style.hand = style.hand.map(|h| h * factor.sqrt());
        for stroke in style.strokes() {
            stroke.width *= factor;
            stroke.dashes.iter_mut().for_each(|d| *d *= factor);
        }
        for length in [
            &mut style.spines.offset,
            &mut style.ticks.length,
            &mut style.ticks.gap,
            &mut style.ticks.every,
            &mut style.legend.corner,
            &mut style.legend.gap,
            &mut style.lines.width,
            &mut style.lines.marker_size,
            &mut style.points.size,
            &mut style.bars.corner,
            &mut style.bars.cap,
        ] {
            *length *= factor;
        }
        style.lines.dashes.iter_mut().flatten().for_each(|d| *d *= factor);
        style
    }

    fn strokes(&mut self) -> impl Iterator<Item = &mut Stroke> {
        let always = [&mut self.grid.stroke, &mut self.spines.stroke, &mut self.ticks.stroke];
        let sometimes = [
            &mut self.separator,
            &mut self.grid.minor,
            &mut self.spines.zero,
            &mut self.legend.frame,
            &mut self.lines.marker_edge,
            &mut self.points.edge,
            &mut self.bars.edge,
        ];
        always.into_iter().chain(sometimes.into_iter().flatten())
    }
}

impl Texts {
    /// Changes every text in the same way.
    pub fn each(&mut self, mut change: impl FnMut(&mut TextStyle)) {
        for text in [
            &mut self.figure,
            &mut self.title,
            &mut self.subtitle,
            &mut self.note,
            &mut self.axis,
            &mut self.tick,
            &mut self.legend,
            &mut self.label,
            &mut self.annotation,
        ] {
            change(text);
        }
    }
}

/// `wanted` moved towards black or white, whichever is further from `below`, until the contrast is reached.
pub fn readable(wanted: Color, below: Color, contrast: f64) -> Color {
    if wanted.contrast(below) >= contrast {
        return wanted;
    }
    let end = if Color::WHITE.contrast(below) > Color::BLACK.contrast(below) { Color::WHITE } else { Color::BLACK };
    let steps = (1..=10).map(|i| wanted.mix(end, f64::from(i) / 10.0));
    steps.into_iter().find(|c| c.contrast(below) >= contrast).unwrap_or(end)
}

fn ramp(colors: &[Color], share: f64) -> Color {
    let Some(last) = colors.len().checked_sub(1) else { return Color::BLACK };
    let at = share.clamp(0.0, 1.0) * last as f64;
    let from = (at.floor() as usize).min(last.saturating_sub(1));
    colors[from].mix(colors[(from + 1).min(last)], at - from as f64)
}
