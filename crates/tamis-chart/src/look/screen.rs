//! Looks of screens and hands: slides, dark dashboards, sketches.

use tamis_core::rng::Rng;
use tamis_draw::Color;
use tamis_draw::scene::Stroke;

use crate::look::base::{Sizes, plain};
use crate::look::palette::*;
use crate::look::style::*;

/// A slide: large letters, few lines, strong colours.
pub(super) fn slide(rng: &mut Rng) -> Style {
    let (ground, ink) =
        one_of(rng, &[(0xffffff, 0x22303c), (0xffffff, 0x1b1b3a), (0xf7f5f0, 0x33312e), (0xeef3f8, 0x12263a)]);
    let family = one_of(rng, &["Lato", "Roboto", "Open Sans", "Tamis Humanist", "Noto Sans"]);
    let sizes = Sizes { title: 27.0, subtitle: 18.0, axis: 17.0, tick: 16.0, legend: 17.0, label: 16.5 };
    let mut s = plain("slide", family, &sizes, Color::rgb(ink));
    s.background = Color::rgb(ground);
    s.palette = palette(rng, &[NAVY, CANDY, EARTH, OFFICE2023], &[BLUES, GREENS, ORANGES, YELLOW_BLUE]);
    s.title_weight(true);
    s.title_align = one_of(rng, &[TitleAlign::Left, TitleAlign::Left, TitleAlign::Center]);
    s.text.label = s.text.label.bold();
    if chance(rng, 0.6) {
        s.with_grid(0xd5dbe1, 1.2, false);
    }
    s.axis_lines(0x9aa5b1, 1.6);
    s.with_spines(false, true);
    s.without_ticks();
    s.legend.place = one_of(rng, &[LegendPlace::Bottom, LegendPlace::Top, LegendPlace::TopLeft, LegendPlace::Right]);
    s.legend.swatch = one_of(rng, &[Swatch::Square, Swatch::Dot]);
    s.lines.width = 4.2;
    s.lines.marker_size = 11.0;
    if chance(rng, 0.6) {
        s.lines.markers = vec![Marker::Circle];
        s.lines.marker_edge = Some(Stroke::new(s.background, 2.0));
    }
    s.bars.width = one_of(rng, &[0.6, 0.7]);
    s.bars.gap = one_of(rng, &[0.0, 0.1]);
    s.bars.corner = one_of(rng, &[0.0, 0.0, 5.0]);
    s.bars.gradient = chance(rng, 0.15);
    s.numbers = Numbers { group: Some(','), compact: chance(rng, 0.6), true_minus: true };
    s.labels = one_of(rng, &[LabelPlace::Outside, LabelPlace::Inside, LabelPlace::Center]);
    s.ticks.every = 84.0;
    s.ticks.turn = 30.0;
    s.points.size = 11.0;
    s.separator = Some(Stroke::new(s.background, 2.0));
    s.margin = 26.0;
    s.area_opacity = 0.6;
    s.bars.cap = 12.0;
    s
}

/// A dashboard on dark ground.
pub(super) fn dark(rng: &mut Rng) -> Style {
    let (ground, plot, lines, ink) = one_of(
        rng,
        &[
            (0x111217, 0x181b1f, 0x2c3235, 0xccccdc),
            (0x0f172a, 0x0f172a, 0x23304a, 0xcbd5e1),
            (0x1e1e2e, 0x1e1e2e, 0x3a3c50, 0xcdd6f4),
            (0x000000, 0x000000, 0x333333, 0xffffff),
            (0x22272e, 0x2d333b, 0x444c56, 0xd7dde3),
        ],
    );
    let sizes = Sizes { title: 17.0, subtitle: 13.4, axis: 13.0, tick: 12.2, legend: 12.6, label: 11.8 };
    let family = one_of(rng, &["Roboto", "Open Sans", "Noto Sans", "DejaVu Sans", "Cousine"]);
    let mut s = plain("dark", family, &sizes, Color::rgb(ink));
    s.background = Color::rgb(ground);
    s.plot = (plot != ground).then(|| Color::rgb(plot));
    s.palette = palette(rng, &[PANEL, NEON, DUSK], &[VIRIDIS, MAGMA, PLASMA]);
    s.palette.up = Color::rgb(0x26a69a);
    s.palette.down = Color::rgb(0xef5350);
    s.palette.neutral = Color::rgb(0x8b93a1);
    s.palette.accent = Color::rgb(one_of(rng, &[0xffd166, 0xff6b6b, 0xf8fafc]));
    s.text.tick.color = Color::rgb(ink).mix(Color::rgb(ground), 0.22);
    s.text.note.color = s.text.tick.color;
    s.with_grid(lines, 1.0, chance(rng, 0.6));
    s.axis_lines(lines, 1.1);
    s.without_spines();
    if chance(rng, 0.3) {
        s.with_spines(true, true);
    }
    s.without_ticks();
    s.legend.place = one_of(rng, &[LegendPlace::Bottom, LegendPlace::TopLeft, LegendPlace::Right, LegendPlace::Inside]);
    if s.legend.place == LegendPlace::Inside {
        s.legend.frame = Some(Stroke::new(Color::rgb(lines), 1.0));
        s.legend.fill = Some(Color::rgb(plot).with_alpha(0.85));
        s.legend.corner = 4.0;
    }
    s.legend.swatch = one_of(rng, &[Swatch::Dot, Swatch::Square, Swatch::Wide]);
    s.title_align = one_of(rng, &[TitleAlign::Left, TitleAlign::PlotCenter]);
    s.title_weight(chance(rng, 0.4));
    s.numbers = Numbers { group: Some(','), compact: chance(rng, 0.6), true_minus: true };
    s.lines.width = one_of(rng, &[1.6, 2.2]);
    if chance(rng, 0.3) {
        s.lines.markers = vec![Marker::Circle];
        s.lines.marker_size = 6.0;
    }
    s.bars.width = 0.7;
    s.bars.gap = 0.08;
    s.bars.corner = one_of(rng, &[0.0, 2.5, 4.0]);
    s.bars.gradient = chance(rng, 0.3);
    s.bars.opacity = one_of(rng, &[1.0, 0.85]);
    s.area_opacity = 0.35;
    s.separator = Some(Stroke::new(s.ground(), 1.0));
    s.points.opacity = 0.85;
    s.dates = one_of(rng, &[Dates::Iso, Dates::Words]);
    s
}

/// A sketch: lines that tremble, letters of a hand.
pub(super) fn hand(rng: &mut Rng) -> Style {
    let ink = Color::rgb(0x1d1d1d);
    let family = one_of(rng, &["Humor Sans", "Humor Sans", "Patrick Hand", "Comic Neue", "Caveat", "Kalam"]);
    // Families of small letters are set larger.
    let k = match family {
        "Caveat" => 1.32,
        "Patrick Hand" => 1.16,
        "Comic Neue" => 1.08,
        _ => 1.0,
    };
    let sizes = Sizes { title: 20.0, subtitle: 15.0, axis: 16.0, tick: 14.5, legend: 15.0, label: 14.0 };
    let mut s = plain("hand", family, &sizes.times(k), ink);
    s.palette = palette(rng, &[CRAYON, FELT, TAB10], &[BLUES, GREENS, YELLOW_RED]);
    s.background = Color::rgb(one_of(rng, &[0xffffff, 0xffffff, 0xfdfbf5, 0xfffdf0]));
    s.axis_lines(0x1d1d1d, 2.0);
    s.with_spines(true, true);
    s.ticks.side = one_of(rng, &[TickSide::Out, TickSide::Across]);
    (s.ticks.length, s.ticks.gap) = (6.0, 5.0);
    s.legend.place = one_of(rng, &[LegendPlace::Inside, LegendPlace::Direct, LegendPlace::Right]);
    s.legend.swatch = Swatch::Wide;
    s.lines.width = 2.8;
    s.lines.marker_size = 9.0;
    if chance(rng, 0.3) {
        s.lines.markers = vec![Marker::Circle];
    }
    s.bars.edge = Some(Stroke::new(ink, 2.0));
    s.bars.width = 0.62;
    s.bars.gap = 0.08;
    s.bars.opacity = one_of(rng, &[1.0, 0.75]);
    s.separator = Some(Stroke::new(ink, 1.6));
    s.points.size = 9.0;
    s.points.edge = Some(Stroke::new(ink, 1.2));
    s.numbers = Numbers { group: None, compact: chance(rng, 0.3), true_minus: false };
    (s.nice_ends, s.slack) = (chance(rng, 0.5), 0.05);
    s.hand = Some(one_of(rng, &[1.1, 1.5, 1.9]));
    s.ticks.every = 80.0;
    s.ticks.turn = 30.0;
    s.area_opacity = 0.5;
    s
}
