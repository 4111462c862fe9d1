//! Barriers that choose which records of the whole data set stay.

pub mod above;
pub mod assign;
pub mod balance;
pub mod mix;
pub mod percentile;
pub mod quota;
pub mod sample;
pub mod top;

use tamis_core::bind::Scope;

use crate::whole::Missing;
use crate::whole::number::Number;
use crate::whole::rank::Order;

/// The best by `score` where one is given, else a random order; told if options for a score stand without one.
fn best_or_random(scope: &mut Scope<'_>, score: Option<&str>, lowest: bool, missing: Missing) -> Option<Order> {
    match score {
        Some(score) => Number::bind(scope, "score", score).map(|score| Order::Score { score, lowest, missing }),
        None => {
            let stray = [("lowest", lowest), ("missing", missing != Missing::Fail)];
            for (option, _) in stray.iter().filter(|(_, given)| *given) {
                scope.problem(option, "expected a `score` that it is about, found none");
            }
            stray.iter().all(|(_, given)| !given).then_some(Order::Random)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::whole::trial::Trial;

    #[test]
    fn selections_of_published_methods_can_be_said() {
        let said = [
            // SynthVLM: the best 40% by CLIP score, then the best 10% by a weighted sum.
            ("{ select.top: { score: clip, share: 0.4 } }", "clip: float"),
            ("{ select.top: { score: clip + 0.5 * ssim, share: 0.1 } }", "clip: float, ssim: float"),
            // Self-synthesized data: above the label's mean by 0.4 standard deviations, never fewer than 3.
            ("{ select.above: { score: s, times: 0.4, by: label, min: 3 } }", "s: float, label: text"),
            // MAGID: a threshold at the 10th percentile of real pairs.
            ("{ select.percentile: { score: clip, from: 10, among: real } }", "clip: float, real: bool"),
            // TaskGalaxy: at most 55 samples of a task type.
            ("{ select.quota: { key: task, n: 55 } }", "task: text"),
            // DocLayout-YOLO: 500 elements, 99% large and 1% small.
            ("{ select.mix: { by: size, shares: { large: 99, small: 1 }, n: 500 } }", "size: text"),
            // Chart-CoCa: 80% of the answers `Not Applicable` are dropped.
            ("{ select.quota: { key: answer, shares: { Not Applicable: 0.2 }, others: keep } }", "answer: text"),
            // UI-E2I-Synth: towards rare types and small elements.
            ("{ select.balance: { by: [type, '(ratio * 10) | int'], n: 9, power: 0.5 } }", "type: text, ratio: float"),
            // ProVision: one candidate for each picture and generator, by one over the mean cube of its values' counts.
            ("{ shape.count: { each: objects, power: 3, into: common } }", "objects: list<text>"),
            (
                "{ select.sample: { each: 1, by: [id, generator], weight: 1 / common } }",
                "id: int, generator: text, common: float",
            ),
            // Medical vision-language pretraining: 9 entities for each report, none more than 15 times.
            ("{ ordered.draw: { from: entities, n: 9, at_most: 15, into: drawn } }", "entities: list<text>"),
            // LLaVA-OneVision: all of some sources, the first tenth of others.
            ("{ select.quota: { key: source, shares: { hme: 0.1 }, others: keep, which: first } }", "source: text"),
        ];
        for (step, fields) in said {
            assert!(Trial::of(step, fields).run(&[], 1).kept.is_empty(), "{step}");
        }
    }
}
