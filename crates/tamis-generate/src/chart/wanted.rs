//! Which charts are wanted: what `make.chart` and `plan.chart` say alike.

use indexmap::IndexMap;
use tamis_chart::data::{self, Mix, Options};
use tamis_chart::look;
use tamis_chart::spec::{Diversify, Kind};
use tamis_core::bind::Scope;
use tamis_core::error::did_you_mean;
use tamis_core::rng::Rng;

/// What the config of a step says.
pub(crate) struct Said<'s> {
    pub kinds: &'s IndexMap<String, f64>,
    pub subplots: &'s IndexMap<String, f64>,
    pub looks: &'s [String],
    pub theme: Option<&'s str>,
    pub languages: f64,
    pub size: Option<[u32; 2]>,
    pub diversified: f64,
    pub diversify: &'s [Diversify],
}

/// The same, checked.
pub(crate) struct Wanted {
    kinds: Mix,
    subplots: Vec<(usize, f64)>,
    pub options: Options,
}

impl Wanted {
    pub(crate) fn bind(scope: &mut Scope<'_>, said: &Said<'_>) -> Option<Wanted> {
        let kinds = kinds(scope, said.kinds);
        let subplots = subplots(scope, said.subplots);
        let looks = looks(scope, said.looks);
        let theme = match said.theme.map(data::theme_named).transpose() {
            Ok(theme) => theme.map(str::to_string),
            Err(error) => {
                scope.problem("theme", error.to_string());
                None
            }
        };
        for (at, share) in [("languages", said.languages), ("diversified", said.diversified)] {
            if !(0.0..=1.0).contains(&share) {
                scope.problem(at, format!("expected a share of 0 to 1, found {share}"));
            }
        }
        let options = Options {
            theme,
            languages: said.languages,
            looks: looks?,
            size: said.size,
            grid: None,
            diversify: said.diversify.to_vec(),
            diversified: said.diversified,
        };
        Some(Wanted { kinds: kinds?, subplots: subplots?, options })
    }

    /// The kinds of one figure.
    pub(crate) fn draw(&self, rng: &mut Rng) -> Vec<Kind> {
        self.draw_of(&self.kinds, rng)
    }

    /// The same where only these kinds can be had; `None` where none of them is wanted.
    pub(crate) fn draw_among(&self, kinds: &[Kind], rng: &mut Rng) -> Option<Vec<Kind>> {
        Some(self.draw_of(&self.kinds.among(kinds)?, rng))
    }

    fn draw_of(&self, kinds: &Mix, rng: &mut Rng) -> Vec<Kind> {
        let shares: Vec<f64> = self.subplots.iter().map(|(_, share)| *share).collect();
        match self.subplots[rng.weighted(&shares)].0 {
            1 => vec![kinds.draw(rng)],
            n => kinds.draw_different(n, rng),
        }
    }
}

fn kinds(scope: &mut Scope<'_>, shares: &IndexMap<String, f64>) -> Option<Mix> {
    let made = match shares.is_empty() {
        true => Mix::new(Kind::ALL.iter().map(|kind| (*kind, 1.0))),
        false => Mix::named(shares.iter().map(|(name, share)| (name.as_str(), *share))),
    };
    made.map_err(|error| scope.problem("kinds", error.to_string())).ok()
}

fn subplots(scope: &mut Scope<'_>, shares: &IndexMap<String, f64>) -> Option<Vec<(usize, f64)>> {
    if shares.is_empty() {
        return Some(vec![(1, 1.0)]);
    }
    let mut counts = Vec::new();
    for (count, share) in shares {
        match count.parse::<usize>() {
            Ok(n) if (1..=9).contains(&n) && *share >= 0.0 && share.is_finite() => counts.push((n, *share)),
            _ => scope.problem("subplots", format!("expected 1 to 9 charts and a share, found `{count}: {share}`")),
        }
    }
    let some = counts.iter().any(|(_, share)| *share > 0.0);
    if !some {
        scope.problem("subplots", "expected a share above 0");
    }
    (some && counts.len() == shares.len()).then_some(counts)
}

fn looks(scope: &mut Scope<'_>, asked: &[String]) -> Option<Vec<String>> {
    let all = look::names();
    if asked.is_empty() {
        return Some(all.iter().map(|name| name.to_string()).collect());
    }
    let mut good = true;
    for (i, name) in asked.iter().enumerate().filter(|(_, name)| !all.contains(&name.as_str())) {
        let hint = did_you_mean(name, all.iter().copied());
        scope
            .problem(&format!("looks[{i}]"), format!("no look is called `{name}`{hint}; there are {}", all.join(", ")));
        good = false;
    }
    good.then(|| asked.to_vec())
}
