//! What looks start from.

use tamis_draw::Color;
use tamis_draw::scene::Stroke;
use tamis_draw::text::{Font, Style as TextStyle};

use crate::look::style::*;

/// Sizes of the texts of a look, pixels at 800 x 600.
pub(super) struct Sizes {
    pub title: f64,
    pub subtitle: f64,
    pub axis: f64,
    pub tick: f64,
    pub legend: f64,
    pub label: f64,
}

impl Sizes {
    /// Larger or smaller.
    pub(super) fn times(self, k: f64) -> Sizes {
        Sizes {
            title: self.title * k,
            subtitle: self.subtitle * k,
            axis: self.axis * k,
            tick: self.tick * k,
            legend: self.legend * k,
            label: self.label * k,
        }
    }
}

/// A plain style in one family and ink: white ground, four spines, no grid.
pub(super) fn plain(look: &'static str, family: &'static str, sizes: &Sizes, ink: Color) -> Style {
    let text = |size: f64| TextStyle::new(Font::new(family), size, ink);
    let line = Stroke::new(ink, 1.0);
    Style {
        look,
        text: Texts {
            figure: text(sizes.title * 1.15),
            title: text(sizes.title),
            subtitle: text(sizes.subtitle),
            note: text(sizes.tick * 0.88),
            axis: text(sizes.axis),
            tick: text(sizes.tick),
            legend: text(sizes.legend),
            label: text(sizes.label),
            annotation: text(sizes.label),
        },
        background: Color::WHITE,
        plot: None,
        palette: Palette {
            series: vec![ink],
            sequential: vec![Color::WHITE, ink],
            diverging: vec![ink, Color::WHITE, ink],
            up: ink,
            down: ink,
            neutral: ink,
            accent: ink,
        },
        grid: Grid {
            values: false,
            others: false,
            stroke: Stroke::new(Color::rgb(0xb0b0b0), 1.0),
            minor: None,
            over: false,
        },
        spines: Spines {
            left: true,
            right: true,
            top: true,
            bottom: true,
            stroke: line.clone(),
            offset: 0.0,
            zero: None,
        },
        ticks: Ticks {
            side: TickSide::Out,
            length: 4.5,
            stroke: line,
            gap: 4.5,
            minor: false,
            mirrored: false,
            every: 62.0,
            turn: 45.0,
        },
        legend: LegendStyle {
            place: LegendPlace::Right,
            frame: None,
            fill: None,
            corner: 0.0,
            swatch: Swatch::Square,
            gap: 7.0,
        },
        title_align: TitleAlign::PlotCenter,
        note_right: false,
        y_title: YTitle::Turned,
        y_right: false,
        flag: None,
        lines: Lines {
            width: 2.0,
            markers: Vec::new(),
            marker_size: 7.0,
            dashes: Vec::new(),
            marker_edge: None,
            hollow: false,
            round: true,
        },
        points: Points { size: 7.5, opacity: 0.9, edge: None, markers: Vec::new() },
        bars: Bars {
            width: 0.76,
            gap: 0.0,
            corner: 0.0,
            edge: None,
            opacity: 1.0,
            hatches: Vec::new(),
            gradient: false,
            cap: 8.0,
        },
        area_opacity: 0.4,
        separator: Some(Stroke::new(Color::WHITE, 1.0)),
        numbers: Numbers { group: Some(','), compact: false, true_minus: true },
        dates: Dates::Words,
        labels: LabelPlace::Outside,
        hand: None,
        inset: false,
        margin: 16.0,
        slack: 0.05,
        nice_ends: true,
        floats: false,
        scale: 1.0,
    }
}

impl Style {
    /// No line on any side.
    pub(super) fn without_spines(&mut self) {
        let s = &mut self.spines;
        (s.left, s.right, s.top, s.bottom) = (false, false, false, false);
    }

    /// Only these sides.
    pub(super) fn with_spines(&mut self, left: bool, bottom: bool) {
        let s = &mut self.spines;
        (s.left, s.right, s.top, s.bottom) = (left, false, false, bottom);
    }

    /// Spines and ticks in one colour and width.
    pub(super) fn axis_lines(&mut self, color: u32, width: f64) {
        self.spines.stroke = Stroke::new(Color::rgb(color), width);
        self.ticks.stroke = self.spines.stroke.clone();
    }

    /// No tick marks.
    pub(super) fn without_ticks(&mut self) {
        self.ticks.side = TickSide::None;
        self.ticks.gap = self.ticks.gap.max(6.0);
    }

    /// Gridlines at values, and at the other axis' ticks if `others`.
    pub(super) fn with_grid(&mut self, color: u32, width: f64, others: bool) {
        self.grid.values = true;
        self.grid.others = others;
        self.grid.stroke = Stroke::new(Color::rgb(color), width);
    }

    /// A weight of 700 where wanted.
    pub(super) fn title_weight(&mut self, bold: bool) {
        if bold {
            self.text.title = self.text.title.bold();
            self.text.figure = self.text.figure.bold();
        }
    }
}
