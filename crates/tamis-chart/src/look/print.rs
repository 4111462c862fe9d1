//! Looks of print: newspapers, journals, the school of less ink.

use tamis_core::rng::Rng;
use tamis_draw::Color;
use tamis_draw::scene::{HatchKind, Stroke};
use tamis_draw::text::Font;

use crate::look::base::{Sizes, plain};
use crate::look::palette::*;
use crate::look::style::*;

/// A weekly: red mark at the corner, values at the right, titles at the left.
pub(super) fn newspaper(rng: &mut Rng) -> Style {
    let ink = Color::rgb(0x121212);
    let sizes = Sizes { title: 19.0, subtitle: 15.0, axis: 13.0, tick: 13.0, legend: 13.0, label: 12.2 };
    let mut s = plain("newspaper", one_of(rng, &["Roboto", "Open Sans", "Lato"]), &sizes, ink);
    s.palette = palette(rng, &[WEEKLY], &[BLUES, YELLOW_BLUE]);
    s.background = Color::rgb(one_of(rng, &[0xffffff, 0xffffff, 0xe9edf0, 0xf6f6f1]));
    s.title_weight(true);
    s.flag = Some(Color::rgb(0xe3120b));
    s.text.axis.color = Color::rgb(0x444444);
    s.text.note.color = Color::rgb(0x6b6b6b);
    s.with_grid(0xb7c6cf, 1.0, false);
    s.axis_lines(0x121212, 1.2);
    s.with_spines(false, true);
    (s.ticks.side, s.ticks.length, s.ticks.gap) = (TickSide::Out, 5.0, 4.0);
    s.y_right = chance(rng, 0.7);
    s.y_title = YTitle::Above;
    s.title_align = TitleAlign::Left;
    s.legend.place = one_of(rng, &[LegendPlace::Direct, LegendPlace::TopLeft]);
    s.spines.zero = Some(Stroke::new(ink, 1.2));
    s.lines.width = 3.0;
    s.bars.width = one_of(rng, &[0.6, 0.72]);
    s.numbers = Numbers { group: Some(','), compact: false, true_minus: true };
    s.dates = Dates::Short;
    s.area_opacity = 0.75;
    s.points.opacity = 0.65;
    s.points.size = 9.0;
    s.bars.cap = 0.0;
    s.palette.accent = ink;
    s
}

/// A daily on coloured paper, or a site that argues with numbers.
pub(super) fn broadsheet(rng: &mut Rng) -> Style {
    let pollster = chance(rng, 0.4);
    let ink = Color::rgb(if pollster { 0x3c3c3c } else { 0x33302e });
    let sizes = Sizes { title: 22.0, subtitle: 15.5, axis: 13.5, tick: 13.0, legend: 13.5, label: 12.4 };
    let mut s = plain("broadsheet", if pollster { "Roboto" } else { "Open Sans" }, &sizes, ink);
    let (series, ground, lines) = if pollster { (POLLSTER, 0xf0f0f0, 0xcbcbcb) } else { (SALMON, 0xfff1e5, 0xe0d4c8) };
    s.palette = palette(rng, &[series], &[YELLOW_RED, ORANGES, BLUES]);
    s.background = Color::rgb(ground);
    if pollster {
        s.title_weight(true);
    } else {
        let family = one_of(rng, &["Playfair Display", "Libertinus Serif", "Noto Serif"]);
        s.text.title.font = Font::new(family);
        s.text.figure.font = Font::new(family);
        s.text.subtitle.color = Color::rgb(0x66605c);
    }
    s.text.tick.color = Color::rgb(0x66605c);
    s.text.note.color = Color::rgb(0x66605c);
    s.with_grid(lines, if pollster { 1.3 } else { 1.0 }, pollster);
    s.without_spines();
    s.without_ticks();
    s.spines.zero = Some(Stroke::new(Color::rgb(if pollster { 0x8b8b8b } else { 0x66605c }), 1.3));
    s.title_align = TitleAlign::Left;
    s.y_title = YTitle::Above;
    s.y_right = !pollster && chance(rng, 0.5);
    s.legend.place = one_of(rng, &[LegendPlace::TopLeft, LegendPlace::Direct]);
    s.legend.swatch = one_of(rng, &[Swatch::Square, Swatch::Dot]);
    s.lines.width = if pollster { 4.0 } else { 2.8 };
    s.bars.width = 0.7;
    s.dates = Dates::Words;
    s.separator = Some(Stroke::new(s.background, 1.0));
    s.area_opacity = 0.7;
    s.palette.accent = ink;
    s.points.size = 8.5;
    s
}

/// A figure in a paper: small, boxed, ticks inwards, black and few colours; or greys with hatches.
pub(super) fn journal(rng: &mut Rng) -> Style {
    let ink = Color::BLACK;
    let family = one_of(rng, &["Tinos", "Arimo", "Tamis Computer Modern", "Arimo", "Libertinus Serif"]);
    let sizes = Sizes { title: 14.5, subtitle: 13.0, axis: 15.0, tick: 13.4, legend: 13.0, label: 12.0 };
    let mut s = plain("journal", family, &sizes.times(one_of(rng, &[1.0, 1.08])), ink);
    s.palette = palette(rng, &[NPG, LANCET, OKABE, GREYS, ENGINEER, DARK2], &[VIRIDIS, PALE_GREYS, BLUES, YELLOW_RED]);
    let grey = s.palette.series[0] == Color::rgb(GREYS[0]);
    s.axis_lines(0x000000, one_of(rng, &[1.0, 1.4]));
    s.ticks.side = one_of(rng, &[TickSide::In, TickSide::In, TickSide::Out]);
    s.ticks.mirrored = s.ticks.side == TickSide::In;
    s.ticks.minor = chance(rng, 0.6);
    (s.ticks.length, s.ticks.gap) = (5.5, 5.0);
    if s.ticks.side == TickSide::Out {
        (s.spines.top, s.spines.right) = (false, false);
    }
    s.legend.place = one_of(rng, &[LegendPlace::Inside, LegendPlace::Inside, LegendPlace::Top, LegendPlace::Right]);
    if chance(rng, 0.35) && s.legend.place == LegendPlace::Inside {
        s.legend.frame = Some(Stroke::new(ink, 1.0));
        s.legend.fill = Some(Color::WHITE);
    }
    s.legend.swatch = Swatch::Wide;
    s.numbers = Numbers { group: one_of(rng, &[None, Some('\u{2009}')]), compact: false, true_minus: true };
    (s.nice_ends, s.slack) = (chance(rng, 0.5), 0.05);
    s.lines.width = one_of(rng, &[1.3, 1.6]);
    if chance(rng, 0.7) || grey {
        s.lines.markers = vec![Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond, Marker::TriangleDown];
        s.lines.marker_size = 6.5;
        s.lines.hollow = chance(rng, 0.35);
    }
    if grey || chance(rng, 0.2) {
        s.lines.dashes = vec![vec![], vec![6.0, 3.0], vec![1.5, 2.5], vec![8.0, 3.0, 1.5, 3.0]];
    }
    s.bars.width = one_of(rng, &[0.6, 0.7]);
    s.bars.edge = Some(Stroke::new(ink, 1.0));
    if grey || chance(rng, 0.2) {
        s.bars.hatches = vec![
            None,
            Some(HatchKind::Rising),
            Some(HatchKind::Crossed),
            Some(HatchKind::Falling),
            Some(HatchKind::Dots),
        ];
    }
    s.bars.cap = 7.0;
    s.points.size = 6.0;
    s.points.markers = vec![Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond];
    s.separator = Some(Stroke::new(ink, 0.7));
    s.title_weight(chance(rng, 0.5));
    s.area_opacity = 0.35;
    s.dates = Dates::Iso;
    s.palette.accent = one_of(rng, &[ink, Color::rgb(0xc00000)]);
    s
}

/// Tufte's school: serifs, no box, no grid, thin lines, few ticks.
pub(super) fn minimal(rng: &mut Rng) -> Style {
    let ink = Color::rgb(0x3a3a3a);
    let family = one_of(rng, &["Libertinus Serif", "Tinos", "Noto Serif", "Lato", "Tamis Humanist"]);
    let sizes = Sizes { title: 18.0, subtitle: 14.0, axis: 13.4, tick: 13.0, legend: 13.2, label: 12.4 };
    let mut s = plain("minimal", family, &sizes, ink);
    s.palette = palette(rng, &[INK, SLATE], &[PALE_GREYS, BLUES]);
    s.background = Color::rgb(one_of(rng, &[0xffffff, 0xffffff, 0xfffff8, 0xfbf9f4]));
    s.without_spines();
    if chance(rng, 0.5) {
        s.axis_lines(0x9a9a9a, 0.9);
        s.with_spines(true, true);
        s.spines.offset = 8.0;
        (s.ticks.length, s.ticks.gap) = (4.0, 4.0);
    } else {
        s.without_ticks();
        if chance(rng, 0.5) {
            // White lines over the data instead of a grid behind them.
            s.with_grid(0xffffff, 1.1, false);
            s.grid.stroke.color = s.background;
            s.grid.over = true;
        }
    }
    s.legend.place = one_of(rng, &[LegendPlace::Direct, LegendPlace::Direct, LegendPlace::TopLeft]);
    s.legend.swatch = Swatch::Square;
    s.title_align = one_of(rng, &[TitleAlign::Left, TitleAlign::Plot]);
    if family != "Lato" && chance(rng, 0.4) {
        s.text.subtitle.font = s.text.subtitle.font.clone().italic();
    }
    s.y_title = one_of(rng, &[YTitle::Above, YTitle::Turned]);
    s.lines.width = one_of(rng, &[1.2, 1.6]);
    if chance(rng, 0.3) {
        s.lines.markers = vec![Marker::Circle];
        s.lines.marker_size = 5.0;
    }
    s.bars.width = one_of(rng, &[0.45, 0.6]);
    s.bars.gap = 0.1;
    s.ticks.every = 84.0;
    s.numbers = Numbers { group: Some('\u{2009}'), compact: false, true_minus: true };
    s.points.size = 5.5;
    s.area_opacity = 0.3;
    s.separator = Some(Stroke::new(s.background, 1.0));
    s.bars.cap = 0.0;
    s.palette.accent = Color::rgb(0xb22222);
    s
}
