//! Trends and relations, in words, where nobody would say otherwise.

use super::value::{Points, Quantity};
use crate::number::Exact;
use crate::refusal::Refusal;

/// "increasing", "decreasing" or "fluctuating".
///
/// With the range as the largest value minus the smallest: *increasing* when the last value lies above the first by at
/// least 60% of the range and no fall, from any value to a later one, is more than 30% of it; *decreasing* in the
/// mirror; *fluctuating* when first and last differ by at most 40% of the range, both a rise and a fall reach 50% of
/// it, and the direction turns at least three times. All else is no clear trend, and so is a range that a reader
/// hardly sees (under five reading errors), or less than four values.
pub(super) fn trend(data: &Points) -> Result<&'static str, Refusal> {
    let values: Vec<Exact> = data.points.iter().map(|p| p.value.value).collect();
    let shape = Shape::of(&values).ok_or(Refusal::Trend)?;
    let error = data.points.iter().map(|p| p.value.error).fold(0.0, f64::max);
    if values.len() < 4 || shape.range.sign() == 0 || shape.range.float() < 5.0 * error {
        return Err(Refusal::Trend);
    }
    if shape.net.sign() > 0 && !shape.below(shape.net, 6) && !shape.above(shape.fall, 3) {
        return Ok("increasing");
    }
    if shape.net.sign() < 0 && !shape.below(shape.net.magnitude(), 6) && !shape.above(shape.rise, 3) {
        return Ok("decreasing");
    }
    let both = !shape.below(shape.rise, 5) && !shape.below(shape.fall, 5);
    if both && shape.turns >= 3 && !shape.above(shape.net.magnitude(), 4) {
        Ok("fluctuating")
    } else {
        Err(Refusal::Trend)
    }
}

/// How a run of values goes.
struct Shape {
    /// Largest minus smallest.
    range: Exact,
    /// Last minus first.
    net: Exact,
    /// The largest climb from a value to a later one.
    rise: Exact,
    /// The largest fall from a value to a later one.
    fall: Exact,
    /// How often the direction changes.
    turns: usize,
}

impl Shape {
    fn of(values: &[Exact]) -> Option<Shape> {
        let (first, last) = (*values.first()?, *values.last()?);
        let (mut low, mut high) = (first, first);
        let (mut rise, mut fall) = (Exact::ZERO, Exact::ZERO);
        let (mut turns, mut direction) = (0, 0);
        for pair in values.windows(2) {
            let value = pair[1];
            if value.order(low).is_lt() {
                low = value;
            }
            if value.order(high).is_gt() {
                high = value;
            }
            let (up, down) = (value.minus(low)?, high.minus(value)?);
            rise = if up.order(rise).is_gt() { up } else { rise };
            fall = if down.order(fall).is_gt() { down } else { fall };
            let step = value.minus(pair[0])?.sign();
            turns += usize::from(step != 0 && direction != 0 && step != direction);
            direction = if step == 0 { direction } else { step };
        }
        Some(Shape { range: high.minus(low)?, net: last.minus(first)?, rise, fall, turns })
    }

    /// Whether a value is below so many tenths of the range.
    fn below(&self, value: Exact, tenths: i64) -> bool {
        self.against(value, tenths).is_some_and(std::cmp::Ordering::is_lt)
    }

    /// Whether a value is above so many tenths of the range.
    fn above(&self, value: Exact, tenths: i64) -> bool {
        self.against(value, tenths).is_some_and(std::cmp::Ordering::is_gt)
    }

    fn against(&self, value: Exact, tenths: i64) -> Option<std::cmp::Ordering> {
        Some(value.times(Exact::whole(10))?.order(self.range.times(Exact::whole(tenths))?))
    }
}

/// "positive", "negative" or "none", by Pearson's correlation of the values with the same place: above 0.75, below
/// -0.75, within 0.15 of nothing; else, and for less than eight pairs, not clear.
pub(super) fn relation(a: &Points, b: &Points) -> Result<&'static str, Refusal> {
    let pairs: Vec<(f64, f64)> =
        a.points.iter().zip(&b.points).map(|(a, b)| (float(&a.value), float(&b.value))).collect();
    if a.points.len() != b.points.len() {
        return Err(Refusal::Missing);
    }
    if pairs.len() < 8 {
        return Err(Refusal::Trend);
    }
    let r = correlation(&pairs);
    match r {
        r if r > 0.75 => Ok("positive"),
        r if r < -0.75 => Ok("negative"),
        r if r.abs() < 0.15 => Ok("none"),
        _ => Err(Refusal::Trend),
    }
}

fn float(q: &Quantity) -> f64 {
    q.value.float()
}

fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let n = pairs.len() as f64;
    let mean = |f: fn(&(f64, f64)) -> f64| pairs.iter().map(f).sum::<f64>() / n;
    let (mx, my) = (mean(|p| p.0), mean(|p| p.1));
    let sum = |f: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|(x, y)| f(x - mx, y - my)).sum::<f64>();
    let (xy, xx, yy) = (sum(&|x, y| x * y), sum(&|x, _| x * x), sum(&|_, y| y * y));
    xy / (xx * yy).sqrt()
}
