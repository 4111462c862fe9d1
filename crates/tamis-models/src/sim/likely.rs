//! Log-probabilities that fit a text: its words as tokens, likelier where the prompt speaks of the same.

use tamis_core::RecordId;
use tamis_core::model::TokenProb;
use tamis_core::rng::Rng;

/// Other words that might have stood there.
const OTHERS: [&str; 20] = [
    " the", " a", " is", " of", " in", " and", " to", " it", " with", " on", " one", " this", " at", " there", " has",
    " no", " two", " as", " by", " for",
];

/// The tokens of `text`, which together are the text, each with `top` alternatives.
pub(super) fn tokens(text: &str, context: &str, digest: [u8; 16], top: u8) -> Vec<TokenProb> {
    let context = context.to_lowercase();
    let mut rng = Rng::keyed(0, RecordId(digest), "simulated log-probabilities", &[]);
    let token = |piece: &str| {
        let word = piece.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        let expected = !word.is_empty() && context.contains(&word);
        let logprob = if expected { -rng.range(0.02, 0.8) } else { -rng.range(0.3, 4.0) };
        let mut alternatives = vec![(piece.to_string(), logprob)];
        let mut next = logprob;
        for other in OTHERS.iter().filter(|other| **other != piece).take(usize::from(top).saturating_sub(1)) {
            next -= rng.range(0.3, 1.5);
            alternatives.push((other.to_string(), next));
        }
        alternatives.truncate(top.into());
        TokenProb { token: piece.to_string(), logprob, top: alternatives }
    };
    pieces(text).into_iter().map(token).collect()
}

/// Words, each with the white space before it.
fn pieces(text: &str) -> Vec<&str> {
    let (mut pieces, mut start, mut in_word) = (Vec::new(), 0, false);
    for (at, char) in text.char_indices() {
        if char.is_whitespace() && in_word {
            pieces.push(&text[start..at]);
            start = at;
        }
        in_word = !char.is_whitespace();
    }
    if start < text.len() {
        pieces.push(&text[start..]);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tokens_are_the_text_and_what_the_prompt_says_is_likelier() {
        let text = "  A brown dog\n runs. ";
        let all = tokens(text, "", [1; 16], 3);
        assert_eq!(all.iter().map(|t| t.token.as_str()).collect::<String>(), text);
        assert!(all.iter().all(|t| t.logprob <= 0.0 && t.top.len() == 3 && t.top[0] == (t.token.clone(), t.logprob)));
        let sum = |context: &str| tokens(text, context, [1; 16], 0).iter().map(|t| t.logprob).sum::<f64>();
        assert!(sum("a brown dog runs") > sum("nothing of it"));
    }
}
