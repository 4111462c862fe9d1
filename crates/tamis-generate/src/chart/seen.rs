//! What a reader of a drawn chart can see of scales and colours: the bridge from drawing to asking.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tamis_chart::{AxisView, Drawn};
use tamis_draw::Color;
use tamis_draw::scene::{Content, Node};
use tamis_question::world::{ChartView, View};

/// The charts of a figure as a reader sees them.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Seen {
    charts: Vec<SeenChart>,
}

/// One chart.
#[derive(Debug, Serialize, Deserialize)]
struct SeenChart {
    /// Ends of the axes that are of numbers.
    x: Option<[f64; 2]>,
    y: Option<[f64; 2]>,
    y2: Option<[f64; 2]>,
    /// The colour of each series, or slice, in words.
    colors: Vec<Option<String>>,
}

impl Seen {
    pub(crate) fn of(drawn: &Drawn) -> Seen {
        let charts = drawn.views.iter().enumerate().map(|(k, view)| SeenChart {
            x: view.x.as_ref().and_then(ends),
            y: view.y.as_ref().and_then(ends),
            y2: view.y2.as_ref().and_then(ends),
            colors: colors(drawn, k),
        });
        Seen { charts: charts.collect() }
    }

    pub(crate) fn view(self, elements: Option<BTreeSet<String>>) -> View {
        let chart = |c: SeenChart| ChartView { x: c.x, y: c.y, y2: c.y2, colors: c.colors };
        View { charts: self.charts.into_iter().map(chart).collect(), elements }
    }
}

fn ends(axis: &AxisView) -> Option<[f64; 2]> {
    match axis {
        AxisView::Numbers { min, max, .. } => Some([*min, *max]),
        AxisView::Categories { .. } | AxisView::Times { .. } => None,
    }
}

/// The colours of the legend's samples, in the legend's order, until one is missing.
fn colors(drawn: &Drawn, chart: usize) -> Vec<Option<String>> {
    let entry = |s: usize| drawn.scene.find(&format!("chart.{chart}/legend/{s}"));
    (0..).map_while(|s| entry(s).map(|node| color_of(node).and_then(name).map(str::to_string))).collect()
}

/// The colour of the first thing in a legend's entry that is not its text.
fn color_of(node: &Node) -> Option<Color> {
    match &node.content {
        Content::Group(group) => group.children.iter().find_map(color_of),
        Content::Shape(shape) => {
            let stroke = shape.stroke.as_ref().map(|s| s.color);
            shape.fill.as_ref().map(|f| f.main_color()).or(stroke)
        }
        Content::Text(_) | Content::Image(_) => None,
    }
}

/// The word that anyone would say for a colour; `None` where people would disagree.
fn name(color: Color) -> Option<&'static str> {
    let [r, g, b] = [color.r, color.g, color.b].map(|c| f64::from(c) / 255.0);
    let (high, low) = (r.max(g).max(b), r.min(g).min(b));
    let (light, chroma) = ((high + low) / 2.0, high - low);
    if chroma < 0.08 {
        return match light {
            l if l < 0.15 => Some("black"),
            l if l > 0.93 => Some("white"),
            l if (0.35..0.75).contains(&l) => Some("gray"),
            _ => None,
        };
    }
    let saturation = chroma / (1.0 - (2.0 * light - 1.0).abs()).max(1e-9);
    if saturation < 0.35 || !(0.2..=0.8).contains(&light) {
        return None;
    }
    let hue = 60.0
        * if high == r {
            ((g - b) / chroma).rem_euclid(6.0)
        } else if high == g {
            (b - r) / chroma + 2.0
        } else {
            (r - g) / chroma + 4.0
        };
    // Between these spans lie the hues that one reader calls by one name and another by the next.
    match hue {
        h if !(8.0..=350.0).contains(&h) => Some("red"),
        h if (22.0..=38.0).contains(&h) && light > 0.42 => Some("orange"),
        h if (15.0..=38.0).contains(&h) && light < 0.36 => Some("brown"),
        h if (47.0..=62.0).contains(&h) && light > 0.4 => Some("yellow"),
        h if (90.0..=150.0).contains(&h) => Some("green"),
        h if (200.0..=245.0).contains(&h) => Some("blue"),
        h if (262.0..=292.0).contains(&h) => Some("purple"),
        h if (318.0..=340.0).contains(&h) && light > 0.5 => Some("pink"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_named_only_where_readers_agree() {
        let said = |hex| name(Color::rgb(hex));
        assert_eq!(said(0x1f77b4), Some("blue"));
        assert_eq!(said(0xff7f0e), Some("orange"));
        assert_eq!(said(0x2ca02c), Some("green"));
        assert_eq!(said(0xd62728), Some("red"));
        assert_eq!(said(0x9467bd), Some("purple"));
        assert_eq!(said(0x8c564b), None);
        assert_eq!(said(0x7f7f7f), Some("gray"));
        assert_eq!(said(0x17becf), None, "blue or green?");
        assert_eq!(said(0x000000), Some("black"));
    }
}
