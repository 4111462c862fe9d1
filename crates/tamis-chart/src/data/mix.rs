//! How often each kind of chart is drawn.

use tamis_core::rng::Rng;

use crate::spec::Kind;

/// Weights of kinds.
#[derive(Clone, Debug, PartialEq)]
pub struct Mix(Vec<(Kind, f64)>);

/// A mix that cannot be drawn from.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MixError {
    /// A weight that is no weight.
    #[error("expected a finite weight of at least 0 for `{kind}`, found {weight}; write 0 to leave the kind out", kind = .0.name(), weight = .1)]
    Weight(Kind, f64),
    /// Nothing to draw.
    #[error("expected a kind of chart with a weight above 0, found none; give at least one")]
    Empty,
    /// A kind that there is not.
    #[error("expected a kind of chart, found `{0}`{1}")]
    Kind(String, String),
}

impl Default for Mix {
    /// Every kind; those one meets every day three times as often as the rest. No kind has more than 5%.
    fn default() -> Mix {
        let weight = |kind: &Kind| match kind {
            Kind::Line | Kind::Bar | Kind::Pie | Kind::Scatter | Kind::StackedBar | Kind::Area => 3.0,
            Kind::Histogram
            | Kind::Box
            | Kind::Heatmap
            | Kind::Donut
            | Kind::BarLine
            | Kind::PercentBar
            | Kind::ErrorBar => 2.0,
            Kind::StackedArea | Kind::Radar | Kind::Bubble | Kind::Violin | Kind::Treemap | Kind::Candlestick => 1.5,
            _ => 1.0,
        };
        Mix(Kind::ALL.iter().map(|k| (*k, weight(k))).collect())
    }
}

impl Mix {
    /// These kinds with these weights.
    ///
    /// # Errors
    /// A weight is negative or not finite, or all are 0.
    pub fn new(weights: impl IntoIterator<Item = (Kind, f64)>) -> Result<Mix, MixError> {
        let weights: Vec<(Kind, f64)> = weights.into_iter().collect();
        if let Some((kind, weight)) = weights.iter().find(|(_, w)| !w.is_finite() || *w < 0.0) {
            return Err(MixError::Weight(*kind, *weight));
        }
        if weights.iter().all(|(_, w)| *w == 0.0) {
            return Err(MixError::Empty);
        }
        Ok(Mix(weights))
    }

    /// The 29 kinds of ECD, all alike, as in its 375 calls for each function.
    pub fn ecd() -> Mix {
        Mix(ecd_kinds().map(|k| (k, 1.0)).collect())
    }

    /// Kinds by their names.
    ///
    /// # Errors
    /// As [`Mix::new`], and where a name is no kind's.
    pub fn named<'a>(weights: impl IntoIterator<Item = (&'a str, f64)>) -> Result<Mix, MixError> {
        let kind = |(name, weight): (&str, f64)| match Kind::ALL.iter().find(|k| k.name() == name) {
            Some(kind) => Ok((*kind, weight)),
            None => Err(MixError::Kind(
                name.into(),
                tamis_core::error::did_you_mean(name, Kind::ALL.iter().map(|k| k.name())),
            )),
        };
        Mix::new(weights.into_iter().map(kind).collect::<Result<Vec<_>, _>>()?)
    }

    /// The kinds among these, with their weights; `None` where none of them has a weight above 0.
    pub fn among(&self, kinds: &[Kind]) -> Option<Mix> {
        Mix::new(self.0.iter().copied().filter(|(kind, _)| kinds.contains(kind))).ok()
    }

    /// One kind.
    pub fn draw(&self, rng: &mut Rng) -> Kind {
        let weights: Vec<f64> = self.0.iter().map(|(_, w)| *w).collect();
        self.0[rng.weighted(&weights)].0
    }

    /// `count` different kinds (fewer if there are not so many).
    pub fn draw_different(&self, count: usize, rng: &mut Rng) -> Vec<Kind> {
        let mut left = self.0.clone();
        let mut drawn = Vec::new();
        while drawn.len() < count && left.iter().any(|(_, w)| *w > 0.0) {
            let weights: Vec<f64> = left.iter().map(|(_, w)| *w).collect();
            drawn.push(left.remove(rng.weighted(&weights)).0);
        }
        drawn
    }

    /// The share of a kind, 0 to 1.
    pub fn share(&self, kind: Kind) -> f64 {
        let sum: f64 = self.0.iter().map(|(_, w)| w).sum();
        self.0.iter().filter(|(k, _)| *k == kind).map(|(_, w)| w / sum).sum()
    }
}

/// ECD's 22 single kinds and 7 overlays.
pub(super) fn ecd_kinds() -> impl Iterator<Item = Kind> {
    Kind::ALL.iter().copied().take(29)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_kind_has_more_than_a_fifth_by_default() {
        let mix = Mix::default();
        assert!(Kind::ALL.iter().all(|k| mix.share(*k) > 0.0 && mix.share(*k) <= 0.2));
    }

    #[test]
    fn ecd_ends_with_its_last_overlay() {
        assert_eq!(ecd_kinds().last(), Some(Kind::PieBar));
    }

    #[test]
    fn a_mix_that_cannot_be_drawn_from_is_refused() {
        assert_eq!(Mix::new([(Kind::Bar, 0.0)]), Err(MixError::Empty));
        assert_eq!(Mix::ecd().among(&[Kind::Gantt]), None);
        assert_eq!(Mix::ecd().among(&[Kind::Gantt, Kind::Bar]), Mix::new([(Kind::Bar, 1.0)]).ok());
        assert!(matches!(Mix::new([(Kind::Bar, f64::NAN)]), Err(MixError::Weight(..))));
        let error = Mix::named([("stackedbar", 1.0)]).map_err(|e| e.to_string());
        assert!(error.as_ref().is_err_and(|e| e.contains("stacked_bar")), "{error:?}");
    }
}
