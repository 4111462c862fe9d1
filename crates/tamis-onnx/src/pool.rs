//! From what a model gives to one vector for each item.

use serde::{Deserialize, Serialize};

/// How a vector for each token becomes one for the text, or one for each patch becomes one for the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// the model gives one vector already
    None,
    /// the mean over the tokens that the mask keeps
    Mean,
    /// the first
    Cls,
}

/// One vector for each item of a batch, from numbers of this shape. `masks` has a flag for each token of each item.
///
/// Errors, in words: a shape that does not fit.
pub(crate) fn pool(
    numbers: &[f32],
    shape: &[i64],
    items: usize,
    pooling: Pooling,
    masks: Option<&[Vec<bool>]>,
) -> Result<Vec<Vec<f32>>, String> {
    let sides: Vec<usize> = shape.iter().map(|side| usize::try_from(*side).unwrap_or(0)).collect();
    match (sides[..].first(), &sides[..], pooling) {
        (Some(first), ..) if *first != items => {
            Err(format!("the model gives shape {shape:?} for {items} items; expected {items} first"))
        }
        (_, [_, width], Pooling::None) if *width > 0 => Ok(numbers.chunks_exact(*width).map(<[f32]>::to_vec).collect()),
        (_, [_, _], _) => Err(format!("the model gives one vector already (shape {shape:?}); leave `pooling` away")),
        (_, [_, steps, width], Pooling::Cls) if steps * width > 0 => {
            Ok(numbers.chunks_exact(steps * width).map(|item| item[..*width].to_vec()).collect())
        }
        (_, [_, steps, width], Pooling::Mean) if steps * width > 0 => Ok(numbers
            .chunks_exact(steps * width)
            .enumerate()
            .map(|(i, item)| mean(item, *width, masks.and_then(|masks| masks.get(i)).map(Vec::as_slice)))
            .collect()),
        (_, [_, _, _], _) => Err(format!(
            "the model gives a vector for each token or patch (shape {shape:?}); write `pooling: mean` or \
             `pooling: cls`, or name another output"
        )),
        _ => Err(format!("the model gives shape {shape:?}; expected [items, width] or [items, tokens, width]")),
    }
}

fn mean(item: &[f32], width: usize, mask: Option<&[bool]>) -> Vec<f32> {
    let (mut sum, mut count) = (vec![0.0f64; width], 0.0f64);
    for (step, vector) in item.chunks_exact(width).enumerate() {
        if mask.is_none_or(|mask| mask.get(step).copied().unwrap_or(false)) {
            count += 1.0;
            sum.iter_mut().zip(vector).for_each(|(sum, number)| *sum += f64::from(*number));
        }
    }
    sum.into_iter().map(|sum| (sum / count.max(1.0)) as f32).collect()
}
