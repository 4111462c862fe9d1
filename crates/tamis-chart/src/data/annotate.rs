//! What is drawn over the data and named: ECD's diversification strategy (a). The data stay as they are.

use tamis_core::rng::Rng;

use super::random::chance;
use crate::spec::{Annotation, Channel, Chart, Kind, Scale};
use crate::table::Column;

/// Adds a threshold, a band, a callout or a highlight that fits the data, if the kind has a value axis to draw it on.
pub fn annotate(chart: &mut Chart, rng: &mut Rng) {
    if !has_value_axis(chart.kind) {
        return;
    }
    let Some((low, high)) = extent(chart) else { return };
    // Labels are the generator's and English, so only a chart with English words gets them.
    let words = chart.title.is_ascii() && chart.table.columns.iter().all(|c| c.name.is_ascii());
    let decimals = chart.drawn(Channel::Y).next().map_or(0, |c| c.unit.decimals);
    let at = |share: f64| super::random::rounded(low + (high - low) * share, decimals);
    match rng.below(4) {
        0 if words && chart.y.scale == Scale::Linear => {
            let label =
                ["Target", "Threshold", "Long-term average", "Limit", "Reference level", "Baseline"][rng.below(6)];
            chart.annotations.push(Annotation::Threshold { value: at(rng.range(0.35, 0.85)), label: label.into() });
        }
        1 if words && chart.y.scale == Scale::Linear => {
            let from = rng.range(0.3, 0.55);
            let label = ["Normal range", "Expected range", "Target range", "Tolerance"][rng.below(4)];
            let (from, to) = (at(from), at(from + rng.range(0.12, 0.28)));
            if from < to {
                chart.annotations.push(Annotation::Band { from, to, label: label.into() });
            }
        }
        2 if words => {
            if let Some((series, row, is_high)) = extreme(chart, rng) {
                let label =
                    if is_high { ["Peak", "Highest value", "Maximum"] } else { ["Low", "Lowest value", "Minimum"] }
                        [rng.below(3)];
                chart.annotations.push(Annotation::Callout { series, row, label: label.into() });
            }
        }
        _ => {
            if let Some((series, row, _)) = extreme(chart, rng) {
                chart.annotations.push(Annotation::Highlight { series, row });
            }
        }
    }
}

/// Kinds in which a value of `y` is a place on an axis, and rows are marks.
pub(super) fn has_value_axis(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Line
            | Kind::Bar
            | Kind::Area
            | Kind::Step
            | Kind::Lollipop
            | Kind::ErrorPoint
            | Kind::ErrorBar
            | Kind::Scatter
    )
}

fn extent(chart: &Chart) -> Option<(f64, f64)> {
    let values = chart.drawn(Channel::Y).flat_map(numbers);
    let (low, high) = values.fold((f64::MAX, f64::MIN), |(a, b), (_, v)| (a.min(v), b.max(v)));
    (low < high).then_some((low, high))
}

fn numbers(column: &Column) -> impl Iterator<Item = (usize, f64)> {
    (0..column.len()).filter_map(|r| column.number(r).map(|v| (r, v)))
}

/// The only highest (or lowest) datum of one series; none where there are two.
fn extreme(chart: &Chart, rng: &mut Rng) -> Option<(String, usize, bool)> {
    let series: Vec<&Column> = chart.drawn(Channel::Y).collect();
    let column = series[rng.below(series.len())];
    let high = chance(rng, 0.7);
    let (row, value) = numbers(column).max_by(|a, b| if high { a.1.total_cmp(&b.1) } else { b.1.total_cmp(&a.1) })?;
    let alone = numbers(column).filter(|(_, v)| *v == value).count() == 1;
    alone.then(|| (column.name.clone(), row, high))
}
