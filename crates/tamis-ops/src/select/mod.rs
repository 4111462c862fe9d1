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
