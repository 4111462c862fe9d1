//! The simulator's reply: a function of the request, the seed and the knobs, and of nothing else.

use tamis_core::RecordId;
use tamis_core::model::TokenProb;
use tamis_core::rng::Rng;

use super::material::Material;
use super::wire::Ask;
use super::{hook, likely, schema, write};
use crate::tokens::roughly;

/// How often the content of replies is bad. Shares from 0 to 1, drawn from the request and the seed, so that the same
/// request is always answered alike.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Knobs {
    /// makes other draws
    pub seed: u64,
    /// replies that mention something the prompt does not
    pub hallucination: f64,
    /// replies cut in the middle, `finish_reason: length`
    pub truncated_share: f64,
    /// JSON that does not satisfy the schema
    pub wrong_schema_share: f64,
    /// refusals in place of answers
    pub refusal_share: f64,
}

/// What the simulator answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// `n` answers
    pub answers: Vec<Written>,
    /// tokens read; 576 for each picture
    pub prompt_tokens: u64,
    /// tokens written
    pub completion_tokens: u64,
    /// the tokens of the last text that was read, where their log-probabilities were asked for
    pub read: Vec<TokenProb>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// the text, or the refusal
    pub text: String,
    /// whether it was cut
    pub cut: bool,
    /// whether it refuses
    pub refused: bool,
    /// its tokens, where their log-probabilities were asked for
    pub tokens: Vec<TokenProb>,
}

/// Answers a request.
pub fn reply(ask: &Ask<'_>, knobs: &Knobs) -> Completion {
    let material = Material::of(ask);
    let context: String = ask.messages.iter().map(|message| message.text.as_ref()).collect();
    let written = (0..ask.n.max(1)).map(|i| {
        let written = answer(ask, &material, knobs, i);
        let tokens = ask.logprobs.map(|top| likely::tokens(&written.text, &context, ask.digest, top));
        Written { tokens: tokens.unwrap_or_default(), ..written }
    });
    let answers: Vec<Written> = written.collect();
    let read: f64 = ask.messages.iter().map(|message| roughly(&message.text) + 4.0).sum();
    Completion {
        prompt_tokens: read as u64 + 576 * ask.images as u64,
        completion_tokens: answers.iter().map(|answer| roughly(&answer.text) as u64).sum(),
        read: if ask.scored { score(ask) } else { Vec::new() },
        answers,
    }
}

/// The tokens of the last message's text; the earlier texts make them likelier.
fn score(ask: &Ask<'_>) -> Vec<TokenProb> {
    let Some((last, before)) = ask.messages.split_last() else { return Vec::new() };
    let context: String = before.iter().map(|message| message.text.as_ref()).collect();
    likely::tokens(&last.text, &context, ask.messages_digest, 0)
}

fn answer(ask: &Ask<'_>, material: &Material, knobs: &Knobs, index: u32) -> Written {
    let mut rng = Rng::keyed(knobs.seed, RecordId(ask.digest), "simulated answer", &[index]);
    // All draws are made whether or not they are needed, so that turning one knob leaves the other faults in place.
    let [refuse, cut, wrong, imagine] = [(); 4].map(|()| rng.unit());
    if refuse < knobs.refusal_share {
        return Written {
            text: "I can't help with that request.".into(),
            cut: false,
            refused: true,
            tokens: Vec::new(),
        };
    }
    let imagined = (imagine < knobs.hallucination).then(|| Material::imagined(ask, &mut rng));
    let mut text = match &ask.schema {
        Some(schema) => {
            let mut value = schema::satisfy(schema, material, imagined.as_deref(), &mut rng);
            if wrong < knobs.wrong_schema_share {
                value = schema::spoil(value, &mut rng);
            }
            value.to_string()
        }
        None if ask.open => hook::go_on(ask, material, &mut rng),
        None => write::answer(ask, material, imagined.as_deref(), &mut rng),
    };
    if let Some(at) = ask.stop.iter().filter_map(|stop| text.find(stop.as_str())).min() {
        text.truncate(at);
    }
    let fits = ask.max_tokens.map_or(usize::MAX, |most| most as usize * 4);
    let keep = if cut < knobs.truncated_share { (text.len() / 2).min(fits) } else { fits };
    let cut = keep < text.len();
    if cut {
        text.truncate(text.floor_char_boundary(keep));
    }
    Written { text, cut, refused: false, tokens: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::super::wire::Spoken;
    use super::*;

    fn ask(text: &str) -> Ask<'static> {
        let text = text.to_string();
        let mut digest = [0; 16];
        digest.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
        Ask { messages: vec![Spoken { role: "user".into(), text: text.into() }], digest, n: 1, ..Ask::default() }
    }

    #[test]
    fn the_same_request_is_answered_alike_and_another_seed_differently() {
        let ask = Ask { n: 3, ..ask("A brown dog runs on the beach. A man throws a ball. Describe the picture.") };
        let knobs = Knobs::default();
        assert_eq!(reply(&ask, &knobs), reply(&ask, &knobs));
        let seeds: std::collections::HashSet<_> =
            (0..20).map(|seed| reply(&ask, &Knobs { seed, ..knobs.clone() }).answers[0].text.clone()).collect();
        assert!(seeds.len() > 5);
        assert!(reply(&ask, &knobs).answers.iter().any(|a| a.text.contains("dog") || a.text.contains("man")));
    }

    #[test]
    fn knobs_spoil_their_share_of_the_answers() {
        let share = |knobs: Knobs, bad: fn(&Written) -> bool| {
            let bad_ones = (0..500)
                .filter(|i| bad(&reply(&ask(&format!("A red car stands in street number {i}.")), &knobs).answers[0]));
            bad_ones.count() as f64 / 500.0
        };
        let near = |share: f64| (0.14..0.26).contains(&share);
        assert!(near(share(Knobs { truncated_share: 0.2, ..Knobs::default() }, |w| w.cut)));
        assert!(near(share(Knobs { refusal_share: 0.2, ..Knobs::default() }, |w| w.refused)));
        assert!(near(share(Knobs { hallucination: 0.2, ..Knobs::default() }, |w| w.text.contains("There is also"))));
        assert_eq!(share(Knobs::default(), |w| w.cut || w.refused), 0.0);
    }

    #[test]
    fn an_answer_keeps_to_max_tokens_and_stops() {
        let long = Ask { max_tokens: Some(3), ..ask("A brown dog runs on the beach. Describe the picture.") };
        let answer = &reply(&long, &Knobs::default()).answers[0];
        assert!(answer.cut && answer.text.len() <= 12);
        let stopped = Ask { stop: vec![".".into()], ..ask("A brown dog runs on the beach. Describe the picture.") };
        assert!(!reply(&stopped, &Knobs::default()).answers[0].text.contains('.'));
    }
}
