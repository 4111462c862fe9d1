//! From a look's name and seed to a style.

use tamis_core::id::RecordId;
use tamis_core::rng::Rng;
use tamis_draw::Color;
use tamis_draw::scene::Stroke;
use tamis_draw::text::{Font, Style as TextStyle};

use crate::layout::DrawError;
use crate::look::style::*;
use crate::spec::LookSpec;

/// The names of all looks.
pub fn names() -> Vec<&'static str> {
    vec!["matplotlib"]
}

impl Style {
    /// The style that a look's name, seed and diversification fix.
    ///
    /// # Errors
    /// When there is no look of this name.
    pub fn resolve(look: &LookSpec) -> Result<Style, DrawError> {
        let _rng = Rng::keyed(look.seed, RecordId::input("look"), &look.name, &[]);
        match look.name.as_str() {
            "matplotlib" => Ok(matplotlib()),
            _ => Err(DrawError::NoLook { name: look.name.clone() }),
        }
    }
}

fn matplotlib() -> Style {
    let ink = Color::BLACK;
    let text = |size| TextStyle::new(Font::new("DejaVu Sans"), size, ink);
    let line = Stroke::new(ink, 1.1);
    let colors = [0x1f77b4, 0xff7f0e, 0x2ca02c, 0xd62728, 0x9467bd, 0x8c564b, 0xe377c2, 0x7f7f7f, 0xbcbd22, 0x17becf];
    Style {
        look: "matplotlib",
        text: Texts {
            figure: text(16.7),
            title: text(16.7),
            subtitle: text(13.9),
            note: text(11.0),
            axis: text(13.9),
            tick: text(13.9),
            legend: text(13.9),
            label: text(12.0),
            annotation: text(12.5),
        },
        background: Color::WHITE,
        plot: None,
        palette: Palette {
            series: colors.map(Color::rgb).to_vec(),
            sequential: [0x440154, 0x3b528b, 0x21918c, 0x5ec962, 0xfde725].map(Color::rgb).to_vec(),
            diverging: [0x3b4cc0, 0xdddddd, 0xb40426].map(Color::rgb).to_vec(),
            up: Color::rgb(0x2ca02c),
            down: Color::rgb(0xd62728),
            neutral: Color::rgb(0x7f7f7f),
            accent: Color::rgb(0xd62728),
        },
        grid: Grid { values: false, others: false, stroke: Stroke::new(Color::rgb(0xb0b0b0), 1.1), minor: None, over: false },
        spines: Spines { left: true, right: true, top: true, bottom: true, stroke: line.clone(), offset: 0.0, zero: None },
        ticks: Ticks {
            side: TickSide::Out,
            length: 4.9,
            stroke: line.clone(),
            gap: 4.9,
            minor: false,
            mirrored: false,
            every: 60.0,
            turn: 45.0,
        },
        legend: LegendStyle {
            place: LegendPlace::Inside,
            frame: Some(Stroke::new(Color::rgb(0xcccccc), 1.4)),
            fill: Some(Color::WHITE.with_alpha(0.8)),
            corner: 2.8,
            swatch: Swatch::Wide,
            gap: 5.0,
        },
        title_align: TitleAlign::PlotCenter,
        note_right: false,
        y_title: YTitle::Turned,
        y_right: false,
        flag: None,
        lines: Lines {
            width: 2.1,
            markers: Vec::new(),
            marker_size: 8.3,
            dashes: Vec::new(),
            marker_edge: None,
            hollow: false,
            round: false,
        },
        points: Points { size: 8.3, opacity: 1.0, edge: None, markers: Vec::new() },
        bars: Bars {
            width: 0.8,
            gap: 0.0,
            corner: 0.0,
            edge: None,
            opacity: 1.0,
            hatches: Vec::new(),
            gradient: false,
            cap: 8.0,
        },
        area_opacity: 0.4,
        separator: None,
        numbers: Numbers { group: None, compact: false, true_minus: true },
        dates: Dates::Iso,
        labels: LabelPlace::Outside,
        hand: None,
        annotate: false,
        margin: 14.0,
        slack: 0.05,
        nice_ends: false,
        floats: false,
        scale: 1.0,
    }
}
