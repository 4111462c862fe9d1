//! Looks of plotting tools: Matplotlib, Seaborn, ggplot2, Vega-Lite, Plotly, spreadsheets, web libraries.

use tamis_core::rng::Rng;
use tamis_draw::Color;
use tamis_draw::scene::{HatchKind, Stroke};
use tamis_draw::text::Font;

use crate::look::base::{Sizes, plain};
use crate::look::palette::*;
use crate::look::style::*;

const BLACK: Color = Color::BLACK;

/// Matplotlib as it comes, and as people set it: grid, markers, legend places, other palettes.
pub(super) fn matplotlib(rng: &mut Rng) -> Style {
    let dpi = one_of(rng, &[0.86, 0.93, 1.0, 1.0, 1.0, 1.08]);
    let sizes = Sizes { title: 16.7, subtitle: 13.0, axis: 13.9, tick: 13.9, legend: 13.9, label: 12.0 };
    let mut s = plain("matplotlib", "DejaVu Sans", &sizes.times(dpi), BLACK);
    s.palette = palette(
        rng,
        &[TAB10, TAB10, TAB10, TAB10, SET2, DARK2, SET1],
        &[VIRIDIS, VIRIDIS, PLASMA, BLUES, YELLOW_RED, MAGMA],
    );
    s.axis_lines(0x000000, 1.1);
    (s.ticks.length, s.ticks.gap) = (4.9, 4.9);
    s.legend.place = one_of(rng, &[LegendPlace::Inside, LegendPlace::Inside, LegendPlace::Inside, LegendPlace::Right]);
    s.legend.frame = Some(Stroke::new(Color::rgb(0xcccccc), 1.3));
    s.legend.fill = Some(Color::WHITE.with_alpha(0.8));
    (s.legend.corner, s.legend.swatch, s.legend.gap) = (3.0, Swatch::Wide, 6.0);
    s.numbers = Numbers { group: None, compact: false, true_minus: true };
    s.dates = Dates::Iso;
    (s.nice_ends, s.slack) = (false, 0.05);
    s.lines.width = one_of(rng, &[2.1, 2.1, 1.6, 2.8]);
    s.lines.round = true;
    s.lines.marker_size = 8.0;
    s.separator = None;
    (s.bars.width, s.points.size, s.points.opacity) = (0.8, 8.0, one_of(rng, &[1.0, 1.0, 0.7]));
    if chance(rng, 0.35) {
        s.with_grid(0xb0b0b0, 1.1, true);
        if chance(rng, 0.5) {
            s.grid.stroke =
                Stroke::new(Color::rgb(0xb0b0b0).with_alpha(0.6), 1.0).dashed(one_of(rng, &[&[5.0, 3.0], &[1.2, 2.4]]));
        }
        // plt.grid() also runs over bars unless one asks otherwise.
        s.grid.others = chance(rng, 0.6);
    }
    if chance(rng, 0.4) {
        s.lines.markers = one_of(
            rng,
            &[
                &[Marker::Circle][..],
                &[Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond],
                &[Marker::Circle],
            ],
        )
        .to_vec();
    }
    if chance(rng, 0.15) {
        s.lines.dashes = vec![vec![], vec![7.8, 3.4], vec![2.1, 3.5], vec![13.0, 3.3, 2.1, 3.3]];
    }
    if chance(rng, 0.2) {
        s.bars.edge = Some(Stroke::new(BLACK, 1.1));
        if chance(rng, 0.4) {
            s.bars.hatches = vec![
                Some(HatchKind::Rising),
                Some(HatchKind::Falling),
                Some(HatchKind::Crossed),
                Some(HatchKind::Dots),
            ];
        }
    }
    if chance(rng, 0.2) {
        (s.spines.top, s.spines.right) = (false, false);
    }
    s.ticks.turn = one_of(rng, &[45.0, 45.0, 30.0, 60.0, 90.0]);
    s.title_weight(chance(rng, 0.2));
    s.bars.width = one_of(rng, &[0.8, 0.8, 0.7, 0.6]);
    s
}

/// Seaborn's themes: darkgrid, whitegrid, ticks.
pub(super) fn seaborn(rng: &mut Rng) -> Style {
    let sizes = Sizes { title: 16.0, subtitle: 13.0, axis: 15.0, tick: 13.8, legend: 13.8, label: 12.0 };
    let ink = Color::rgb(0x262626);
    let mut s = plain("seaborn", "Arimo", &sizes.times(one_of(rng, &[0.9, 1.0, 1.0])), ink);
    s.palette = palette(rng, &[DEEP, DEEP, MUTED, COLORBLIND, HUSL, SET2], &[ROCKET, VIRIDIS, BLUES, YELLOW_BLUE]);
    let theme = rng.below(3);
    match theme {
        0 => {
            s.plot = Some(Color::rgb(0xeaeaf2));
            s.with_grid(0xffffff, 1.3, true);
            s.without_spines();
            s.without_ticks();
        }
        1 => {
            s.with_grid(0xcccccc, 1.2, chance(rng, 0.5));
            s.axis_lines(0xcccccc, 1.4);
            s.without_ticks();
            if chance(rng, 0.5) {
                s.without_spines();
            }
        }
        _ => {
            s.axis_lines(0x262626, 1.5);
            (s.ticks.length, s.ticks.gap) = (7.0, 4.0);
            s.with_spines(true, true);
        }
    }
    s.legend.place = one_of(rng, &[LegendPlace::Inside, LegendPlace::RightMiddle, LegendPlace::RightMiddle]);
    if s.legend.place == LegendPlace::Inside {
        s.legend.frame = Some(Stroke::new(Color::rgb(0xcccccc), 1.2));
        s.legend.fill = Some(s.ground().with_alpha(0.8));
        s.legend.corner = 3.0;
    }
    s.legend.swatch = Swatch::Wide;
    s.numbers = Numbers { group: None, compact: false, true_minus: true };
    s.dates = Dates::Iso;
    (s.nice_ends, s.slack) = (false, 0.05);
    s.lines.width = 2.1;
    if chance(rng, 0.35) {
        s.lines.markers = vec![Marker::Circle, Marker::Cross, Marker::Square, Marker::Plus, Marker::Diamond];
        s.lines.marker_edge = Some(Stroke::new(Color::WHITE, 0.9));
    }
    s.points.edge = Some(Stroke::new(Color::WHITE, 0.8));
    s.points.size = 8.4;
    s.bars.width = 0.8;
    s.bars.edge = (theme != 2).then(|| Stroke::new(Color::WHITE, 1.0));
    s.bars.opacity = one_of(rng, &[1.0, 0.9]);
    s.bars.cap = one_of(rng, &[0.0, 7.0]);
    s.ticks.turn = one_of(rng, &[45.0, 90.0, 30.0]);
    s
}

/// ggplot2: the grey theme, and `theme_bw`, `theme_minimal`, `theme_classic`.
pub(super) fn ggplot2(rng: &mut Rng) -> Style {
    let sizes = Sizes { title: 17.5, subtitle: 14.0, axis: 14.6, tick: 11.9, legend: 12.2, label: 11.6 };
    let mut s = plain("ggplot2", "Arimo", &sizes, BLACK);
    s.text.tick.color = Color::rgb(0x4d4d4d);
    s.palette = palette(rng, &[HUES, HUES, HUES, SET1, DARK2, SET2, GGPLOT], &[NIGHT_BLUE, NIGHT_BLUE, VIRIDIS]);
    (s.ticks.length, s.ticks.gap) = (3.6, 3.0);
    s.ticks.stroke = Stroke::new(Color::rgb(0x333333), 1.1);
    match rng.below(5) {
        0 | 1 => {
            s.plot = Some(Color::rgb(0xebebeb));
            s.with_grid(0xffffff, 1.5, true);
            s.grid.minor = Some(Stroke::new(Color::WHITE, 0.7));
            s.without_spines();
        }
        2 => {
            s.with_grid(0xebebeb, 1.4, true);
            s.grid.minor = Some(Stroke::new(Color::rgb(0xebebeb), 0.7));
            s.axis_lines(0x333333, 1.1);
        }
        3 => {
            s.with_grid(0xebebeb, 1.4, true);
            s.grid.minor = Some(Stroke::new(Color::rgb(0xebebeb), 0.7));
            s.without_spines();
            s.without_ticks();
        }
        _ => {
            s.axis_lines(0x000000, 1.3);
            s.with_spines(true, true);
        }
    }
    s.legend.place =
        one_of(rng, &[LegendPlace::RightMiddle, LegendPlace::RightMiddle, LegendPlace::Bottom, LegendPlace::Top]);
    s.legend.swatch = Swatch::Square;
    s.title_align = TitleAlign::Plot;
    s.numbers = Numbers { group: one_of(rng, &[None, None, Some(',')]), compact: false, true_minus: false };
    (s.nice_ends, s.slack, s.floats) = (false, 0.05, true);
    s.dates = one_of(rng, &[Dates::Iso, Dates::Words]);
    s.lines.width = one_of(rng, &[1.5, 2.2, 2.8]);
    s.lines.round = false;
    if chance(rng, 0.4) {
        s.lines.markers = vec![Marker::Circle];
        s.lines.marker_size = 6.5;
    }
    s.points.size = one_of(rng, &[6.0, 8.0]);
    s.points.opacity = one_of(rng, &[1.0, 0.7]);
    s.bars.width = 0.9;
    s.bars.edge = chance(rng, 0.15).then(|| Stroke::new(BLACK, 1.0));
    s.separator = None;
    s.ticks.turn = one_of(rng, &[45.0, 90.0, 45.0]);
    s.note_right = true;
    s.bars.cap = one_of(rng, &[0.0, 8.0, 14.0]);
    s.area_opacity = 0.5;
    s
}

/// Vega and Vega-Lite: small bold titles, pale grid, no top or right side.
pub(super) fn vega(rng: &mut Rng) -> Style {
    let sizes = Sizes { title: 15.5, subtitle: 13.0, axis: 12.6, tick: 12.0, legend: 12.0, label: 11.6 };
    let mut s = plain("vega", "Arimo", &sizes.times(one_of(rng, &[0.95, 1.0, 1.1])), BLACK);
    for text in [&mut s.text.title, &mut s.text.axis, &mut s.text.figure] {
        *text = text.bold();
    }
    s.palette = palette(rng, &[TABLEAU, TABLEAU, TABLEAU, TAB10, SET2, GOOGLE], &[BLUES, YELLOW_BLUE, VIRIDIS, GREENS]);
    s.with_grid(0xdddddd, 1.0, true);
    s.axis_lines(0x888888, 1.0);
    s.spines.stroke.color = one_of(rng, &[Color::rgb(0x888888), Color::rgb(0xdddddd)]);
    if chance(rng, 0.25) {
        s.with_spines(false, true);
        s.grid.others = false;
    }
    (s.ticks.length, s.ticks.gap) = (5.0, 3.0);
    s.legend.place = one_of(rng, &[LegendPlace::Right, LegendPlace::Right, LegendPlace::Bottom, LegendPlace::Top]);
    s.legend.swatch = one_of(rng, &[Swatch::Square, Swatch::Dot]);
    s.numbers = Numbers { group: Some(','), compact: chance(rng, 0.2), true_minus: true };
    s.title_align = one_of(rng, &[TitleAlign::PlotCenter, TitleAlign::Plot]);
    s.ticks.every = 48.0;
    s.ticks.turn = one_of(rng, &[90.0, 90.0, 45.0]);
    s.lines.width = 2.0;
    s.lines.round = false;
    if chance(rng, 0.3) {
        s.lines.markers = vec![Marker::Circle];
        s.lines.marker_size = 6.5;
    }
    s.points.opacity = 0.7;
    s.bars.width = one_of(rng, &[0.9, 0.8]);
    s.bars.opacity = one_of(rng, &[1.0, 1.0, 0.8]);
    s.bars.corner = one_of(rng, &[0.0, 0.0, 3.0]);
    s.area_opacity = 0.7;
    s.separator = None;
    s.bars.cap = one_of(rng, &[0.0, 7.0]);
    s
}

/// Plotly: its blue-grey plot with white grid, or `plotly_white`, `simple_white`.
pub(super) fn plotly(rng: &mut Rng) -> Style {
    let sizes = Sizes { title: 17.0, subtitle: 13.0, axis: 14.0, tick: 12.0, legend: 12.0, label: 12.0 };
    let ink = Color::rgb(0x2a3f5f);
    let mut s = plain("plotly", "Open Sans", &sizes, ink);
    s.palette = palette(rng, &[PLOTLY, PLOTLY, PLOTLY, GOOGLE, TAB10], &[PLASMA, PLASMA, VIRIDIS, BLUES]);
    match rng.below(4) {
        0 | 1 => {
            s.plot = Some(Color::rgb(0xe5ecf6));
            s.with_grid(0xffffff, 1.0, true);
            s.spines.zero = Some(Stroke::new(Color::WHITE, 2.0));
            s.without_spines();
            s.without_ticks();
        }
        2 => {
            s.with_grid(0xebf0f8, 1.0, true);
            s.spines.zero = Some(Stroke::new(Color::rgb(0xebf0f8), 2.0));
            s.without_spines();
            s.without_ticks();
        }
        _ => {
            s.axis_lines(0x242424, 1.2);
            s.with_spines(true, true);
            s.text.each(|t| t.color = Color::rgb(0x242424));
        }
    }
    s.legend.place = one_of(
        rng,
        &[LegendPlace::Right, LegendPlace::Right, LegendPlace::Right, LegendPlace::Top, LegendPlace::Bottom],
    );
    s.legend.swatch = Swatch::Wide;
    s.title_align = one_of(rng, &[TitleAlign::Left, TitleAlign::Left, TitleAlign::Center]);
    s.numbers = Numbers { group: None, compact: true, true_minus: true };
    s.dates = Dates::Words;
    (s.nice_ends, s.slack) = (false, 0.055);
    s.lines.width = 2.0;
    if chance(rng, 0.5) {
        s.lines.markers = vec![Marker::Circle];
        s.lines.marker_size = 6.5;
    }
    s.points.size = 6.5;
    s.points.opacity = 1.0;
    s.bars.width = 0.8;
    s.bars.edge = s.plot.map(|plot| Stroke::new(plot, 0.6));
    s.bars.opacity = one_of(rng, &[1.0, 1.0, 0.85]);
    s.area_opacity = 0.5;
    s.separator = Some(Stroke::new(Color::WHITE, 0.8));
    s.ticks.every = 66.0;
    s.ticks.turn = one_of(rng, &[45.0, 30.0, 90.0]);
    s.labels = one_of(rng, &[LabelPlace::Inside, LabelPlace::Outside]);
    s.margin = 22.0;
    s
}

/// A spreadsheet's charts, of three generations.
pub(super) fn excel(rng: &mut Rng) -> Style {
    let generation = rng.below(4);
    let ink = Color::rgb(if generation == 1 { 0x000000 } else { 0x595959 });
    let sizes = Sizes { title: 19.0, subtitle: 13.0, axis: 13.3, tick: 12.2, legend: 12.2, label: 12.0 };
    let mut s =
        plain("excel", one_of(rng, &["Tamis Humanist", "Tamis Humanist", "Tamis Humanist", "Arimo"]), &sizes, ink);
    s.palette = palette(rng, &[OFFICE, OFFICE, OFFICE2023], &[BLUES, GREENS, ORANGES]);
    s.with_grid(0xd9d9d9, 1.0, false);
    s.axis_lines(0xd9d9d9, 1.0);
    s.with_spines(false, true);
    s.without_ticks();
    s.legend.place = one_of(
        rng,
        &[LegendPlace::Bottom, LegendPlace::Bottom, LegendPlace::Bottom, LegendPlace::RightMiddle, LegendPlace::Top],
    );
    s.title_align = TitleAlign::Center;
    s.lines.width = 2.8;
    s.bars.width = one_of(rng, &[0.4, 0.55, 0.65]);
    s.bars.gap = one_of(rng, &[0.0, 0.0, 0.1]);
    if generation == 1 {
        // 2007: tick marks, grey lines, larger bold titles.
        s.palette.series = OFFICE2007.iter().copied().map(Color::rgb).collect();
        s.axis_lines(0x868686, 1.0);
        s.with_spines(true, true);
        s.ticks.side = TickSide::Out;
        (s.ticks.length, s.ticks.gap) = (4.5, 4.0);
        s.with_grid(0x868686, 1.0, false);
        s.legend.place = LegendPlace::RightMiddle;
        s.title_weight(true);
        s.text.axis = s.text.axis.bold();
        s.lines.markers = vec![Marker::Diamond, Marker::Square, Marker::Triangle, Marker::Cross];
        s.lines.marker_size = 8.0;
        s.bars.gradient = chance(rng, 0.2);
    } else if chance(rng, 0.3) {
        s.lines.markers = vec![Marker::Circle];
        s.lines.marker_size = 6.5;
    }
    s.numbers = Numbers { group: one_of(rng, &[None, Some(',')]), compact: false, true_minus: false };
    s.dates = one_of(rng, &[Dates::Short, Dates::Words]);
    s.labels = one_of(rng, &[LabelPlace::Outside, LabelPlace::Outside, LabelPlace::Center]);
    s.ticks.every = 46.0;
    s.ticks.turn = one_of(rng, &[45.0, 90.0]);
    s.area_opacity = 1.0;
    s.points.size = 7.0;
    s.points.opacity = 1.0;
    s
}

/// Charts of web pages: rounded bars, pale lines, legends in a row.
pub(super) fn web(rng: &mut Rng) -> Style {
    let ink = Color::rgb(0x333333);
    let sizes = Sizes { title: 18.0, subtitle: 13.0, axis: 12.6, tick: 12.0, legend: 12.6, label: 11.6 };
    let mut s = plain("web", one_of(rng, &["Roboto", "Lato", "Open Sans", "Arimo"]), &sizes, ink);
    s.text.tick.color = Color::rgb(0x666666);
    s.text.axis.color = Color::rgb(0x666666);
    s.text.subtitle.color = Color::rgb(0x666666);
    s.palette = palette(rng, &[WEB, WEB2, WEB2, GOOGLE], &[BLUES, YELLOW_BLUE, GREENS, ORANGES]);
    s.with_grid(0xe6e6e6, 1.0, false);
    s.axis_lines(0xccd6eb, 1.0);
    s.with_spines(false, true);
    s.without_ticks();
    s.legend.place = one_of(rng, &[LegendPlace::Bottom, LegendPlace::Top, LegendPlace::TopLeft]);
    s.legend.swatch = one_of(rng, &[Swatch::Dot, Swatch::Dot, Swatch::Square]);
    s.title_align = one_of(rng, &[TitleAlign::Center, TitleAlign::Left]);
    s.text.legend = s.text.legend.bold();
    s.title_weight(chance(rng, 0.6));
    s.numbers =
        Numbers { group: one_of(rng, &[Some(','), Some('\u{a0}')]), compact: chance(rng, 0.5), true_minus: true };
    s.lines.width = 2.2;
    if chance(rng, 0.7) {
        s.lines.markers =
            one_of(rng, &[&[Marker::Circle, Marker::Diamond, Marker::Square, Marker::Triangle][..], &[Marker::Circle]])
                .to_vec();
        s.lines.marker_size = 7.5;
        s.lines.hollow = chance(rng, 0.4);
    }
    s.bars.corner = one_of(rng, &[0.0, 3.0, 6.0]);
    s.bars.width = one_of(rng, &[0.55, 0.7]);
    s.bars.gap = 0.12;
    s.area_opacity = 0.55;
    s.bars.gradient = chance(rng, 0.3);
    s.ticks.every = 54.0;
    s.points.opacity = 0.75;
    s.text.title.font = Font { weight: s.text.title.font.weight, ..s.text.tick.font.clone() };
    s
}
