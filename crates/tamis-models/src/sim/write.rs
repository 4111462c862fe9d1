//! Free text, in the form that the prompt asks for.

use tamis_core::rng::Rng;

use super::material::Material;
use super::wire::Ask;
use super::{judgement, schema};

/// Writes an answer in the form that the prompt asks for: turns, a verdict, a score, an option, JSON or prose.
pub(super) fn answer(ask: &Ask<'_>, material: &Material, imagined: Option<&str>, rng: &mut Rng) -> String {
    let wish = Wish::of(ask);
    let body = match &wish.form {
        Form::Turns { separator, most } => turns(material, separator, *most, imagined, rng),
        Form::Verdict([yes, no]) => {
            let verdict = if rng.unit() < 0.85 { yes } else { no };
            if wish.brief { verdict.to_string() } else { format!("{verdict}. {}", told(material, imagined, rng)) }
        }
        Form::Score { low, high, label } => score(*low, *high, label, wish.brief, material, imagined, rng),
        Form::Marks { low, high } => {
            format!("{} [[{}]]", told(material, imagined, rng), judgement::whole(*low, *high, rng))
        }
        Form::Option(letters) => rng.pick(letters).copied().unwrap_or('A').to_string(),
        Form::Lines(labels) => lines(labels, material, imagined, rng),
        Form::Json(example) => schema::satisfy(&schema::of_example(example), material, imagined, rng).to_string(),
        Form::Prose => prose(material, imagined, rng),
    };
    wish.dress(body, material, rng)
}

enum Form {
    Turns {
        separator: &'static str,
        most: usize,
    },
    Verdict([&'static str; 2]),
    Score {
        low: i64,
        high: i64,
        label: &'static str,
    },
    /// a score in double brackets behind its reasons
    Marks {
        low: i64,
        high: i64,
    },
    Option(Vec<char>),
    /// what stands before the colon
    Lines(Vec<String>),
    Json(serde_json::Value),
    Prose,
}

struct Wish {
    form: Form,
    brief: bool,
    think: bool,
    answer_tags: bool,
    boxed: bool,
    steps: bool,
}

impl Wish {
    fn of(ask: &Ask<'_>) -> Wish {
        let asking = ask.messages.iter().filter(|m| m.role != "assistant");
        let text: String = asking.map(|m| m.text.to_lowercase() + "\n").collect();
        let last = ask.messages.last().map_or(String::new(), |m| m.text.to_lowercase());
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        Wish {
            form: form(ask, &text, &last),
            brief: has(&["only", "single word", "one word", "nothing else", "just the"]),
            think: has(&["<think>"]),
            answer_tags: has(&["<answer>"]),
            boxed: has(&["\\boxed"]),
            steps: has(&["step by step", "step-by-step"]),
        }
    }

    /// Puts what the prompt wants around the answer proper.
    fn dress(&self, body: String, material: &Material, rng: &mut Rng) -> String {
        let mut body = if self.boxed { format!("\\boxed{{{body}}}") } else { body };
        if self.answer_tags {
            body = format!("<answer>{body}</answer>");
        }
        if !(self.think || self.steps) {
            return body;
        }
        let reasoning = reasoning(material, self.steps, rng);
        match self.think {
            true => format!("<think>\n{reasoning}\n</think>\n{body}"),
            false => format!("{reasoning}\nTherefore: {body}"),
        }
    }
}

fn form(ask: &Ask<'_>, text: &str, last: &str) -> Form {
    let example = ask.messages.iter().rev().find(|m| m.role == "assistant" && m.text.contains("Question:"));
    if let Some(example) = example {
        let most = example.text.matches("Question:").count();
        return Form::Turns { separator: separator(&example.text), most };
    }
    if let Some(range) = wants_score(text) {
        return range;
    }
    if text.contains("yes or no") || text.contains("yes/no") || text.contains("\"yes\" or \"no\"") {
        return Form::Verdict(["Yes", "No"]);
    }
    if text.contains("true or false") || text.contains("true/false") {
        return Form::Verdict(["True", "False"]);
    }
    if text.contains("question:") && text.contains("answer:") && !last.trim_end().ends_with("answer:") {
        return Form::Turns { separator: separator(text), most: 3 };
    }
    let letters = options(last);
    if letters.len() >= 2 && (text.contains("letter") || text.contains("option") || text.contains("choice")) {
        return Form::Option(letters);
    }
    let labels: Vec<String> = ask.messages.iter().flat_map(|m| m.text.lines()).filter_map(label).collect();
    if !labels.is_empty() {
        return Form::Lines(labels);
    }
    if ask.json || text.contains("json") {
        let all: String = ask.messages.iter().map(|m| m.text.as_ref()).collect();
        return Form::Json(example_in(&all).unwrap_or_else(|| serde_json::json!({ "answer": "text" })));
    }
    Form::Prose
}

/// The label of a line to be filled in, as in `Instruction: <the instruction>`.
fn label(line: &str) -> Option<String> {
    let (label, blank) = line.trim().split_once(": <")?;
    let is_blank = blank.strip_suffix('>').is_some_and(|inside| !inside.contains(['<', '>']));
    let is_label = label.len() <= 30 && label.chars().all(|c| c.is_alphabetic() || c == ' ');
    (is_blank && is_label).then(|| label.to_string())
}

fn lines(labels: &[String], material: &Material, imagined: Option<&str>, rng: &mut Rng) -> String {
    let filled = labels.iter().map(|label| {
        let thing = material.thing(rng);
        let asks = ["question", "instruction"].iter().any(|word| label.to_lowercase().contains(word));
        let text = if asks { question(&thing, rng) } else { told(material, imagined, rng) };
        format!("{label}: {text}")
    });
    filled.collect::<Vec<_>>().join("\n")
}

fn separator(text: &str) -> &'static str {
    if text.contains("===") { "\n===\n" } else { "\n" }
}

fn turns(material: &Material, separator: &str, most: usize, imagined: Option<&str>, rng: &mut Rng) -> String {
    let count = if most < 2 { 1 } else { 2 + rng.below(most.min(4) - 1) };
    let mut turns = Vec::new();
    for i in 0..count {
        let thing = material.thing(rng);
        let mut answer = material.about(&thing, rng);
        if let (0, Some(imagined)) = (i, imagined) {
            answer = format!("{answer} {imagined}");
        }
        turns.push(format!("Question:\n{}{separator}Answer:\n{answer}", question(&thing, rng)));
    }
    turns.join(if separator == "\n" { "\n\n" } else { separator })
}

/// A question about a thing.
pub(super) fn question(thing: &str, rng: &mut Rng) -> String {
    match rng.below(5) {
        0 => format!("Where is the {thing} in the picture?"),
        1 => format!("What can be said about the {thing}?"),
        2 => format!("What is happening around the {thing}?"),
        3 => format!("What does the {thing} look like?"),
        _ => format!("Which details of the {thing} stand out?"),
    }
}

fn score(
    low: i64,
    high: i64,
    label: &str,
    brief: bool,
    material: &Material,
    imagined: Option<&str>,
    rng: &mut Rng,
) -> String {
    let value = judgement::whole(low, high, rng);
    match brief {
        true => format!("{label}{value}"),
        false => format!("{label}{value}\nReason: {}", told(material, imagined, rng)),
    }
}

fn prose(material: &Material, imagined: Option<&str>, rng: &mut Rng) -> String {
    let (first, second) = (material.thing(rng), material.thing(rng));
    let mut sentences = match first == second {
        true => vec![format!("The picture shows the {first}.")],
        false => vec![format!("The picture shows the {first} and the {second}.")],
    };
    for _ in 0..2 + rng.below(3) {
        let sentence = material.sentence(rng);
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    sentences.extend(imagined.map(str::to_string));
    sentences.join(" ")
}

fn told(material: &Material, imagined: Option<&str>, rng: &mut Rng) -> String {
    imagined.map_or_else(|| material.sentence(rng), str::to_string)
}

/// Two or three steps of thought.
pub(super) fn reasoning(material: &Material, numbered: bool, rng: &mut Rng) -> String {
    let count = 2 + rng.below(2);
    let steps: Vec<String> = (1..=count)
        .map(|i| match numbered {
            true => format!("Step {i}: {}", material.sentence(rng)),
            false => material.sentence(rng),
        })
        .collect();
    steps.join("\n")
}

/// The scale on which a score is asked for, as in `from 1 to 10`, `1-5`, `between 0 and 100` or `out of 10`.
fn wants_score(text: &str) -> Option<Form> {
    let wanted = ["score", "rate ", "rating", "scale"].iter().any(|word| text.contains(word));
    if !wanted {
        return None;
    }
    let label = match () {
        () if text.contains("score:") => "Score: ",
        () if text.contains("rating:") => "Rating: ",
        () => "",
    };
    // Where a scale is named as one, other numbers of the prompt are none.
    let named = text.rsplit_once("number from").and_then(|(_, behind)| range_in(behind));
    let (low, high) = named.or_else(|| range_in(text))?;
    Some(if text.contains("[[") { Form::Marks { low, high } } else { Form::Score { low, high, label } })
}

fn range_in(text: &str) -> Option<(i64, i64)> {
    if let Some(most) = text.split("out of ").nth(1).and_then(leading_number) {
        return Some((1.min(most), most));
    }
    let spaced = text.replace(['-', '\u{2013}'], " to ");
    let words: Vec<&str> = spaced.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
    words.windows(3).find_map(|w| {
        let (low, high) = (w[0].parse().ok()?, w[2].parse().ok()?);
        (matches!(w[1], "to" | "and") && low < high && high <= 100).then_some((low, high))
    })
}

fn leading_number(text: &str) -> Option<i64> {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// The letters of lines like `A. a dog` or `(B) a cat`.
fn options(text: &str) -> Vec<char> {
    let starts = text.lines().filter_map(|line| {
        let line = line.trim().trim_start_matches('(');
        let mut chars = line.chars();
        let letter = chars.next()?.to_ascii_uppercase();
        matches!((letter, chars.next()?), ('A'..='H', '.' | ')' | ':')).then_some(letter)
    });
    starts.collect()
}

/// The first JSON object that the text shows.
fn example_in(text: &str) -> Option<serde_json::Value> {
    let starts = text.match_indices('{').take(20);
    starts
        .filter_map(|(at, _)| {
            let mut values = serde_json::Deserializer::from_str(&text[at..]).into_iter::<serde_json::Value>();
            values.next()?.ok().filter(|value| value.as_object().is_some_and(|fields| !fields.is_empty()))
        })
        .next()
}

#[cfg(test)]
mod tests {
    use super::super::reply::{Knobs, reply};
    use super::super::wire::Spoken;
    use super::*;

    fn say(messages: &[(&str, &str)]) -> String {
        let spoken =
            |(role, text): &(&str, &str)| Spoken { role: role.to_string().into(), text: text.to_string().into() };
        let ask = Ask { messages: messages.iter().map(spoken).collect(), n: 1, ..Ask::default() };
        reply(&ask, &Knobs::default()).answers[0].text.clone()
    }

    #[test]
    fn the_form_of_the_answer_is_the_one_that_is_asked_for() {
        let scene = "A brown dog runs on the beach. A man throws a ball.";
        let example = ("assistant", "Question:\nWhat?\n===\nAnswer:\nThat.\n===\nQuestion:\nWho?\n===\nAnswer:\nHe.");
        let turns = say(&[("user", "A cat sits."), example, ("user", scene)]);
        assert!(turns.starts_with("Question:\n") && turns.matches("===\nAnswer:\n").count() >= 2, "{turns}");
        let verdict = say(&[("user", &format!("{scene} Is there a dog? Answer only yes or no."))]);
        assert!(["Yes", "No"].contains(&verdict.as_str()), "{verdict}");
        let score = say(&[("user", &format!("{scene} Rate the caption from 1 to 5. Write `Score:` and a reason."))]);
        assert!(score.starts_with("Score: "), "{score}");
        let marked = "At 2 to 3 o'clock. Score it (a whole number from 7 to 9), at the end in brackets, such as [[n]].";
        let marked = say(&[("user", marked)]);
        assert!(["[[7]]", "[[8]]", "[[9]]"].iter().any(|mark| marked.ends_with(mark)), "{marked}");
        let thought = say(&[("user", &format!("{scene} Think in <think> tags, answer in <answer> tags."))]);
        assert!(thought.starts_with("<think>\n") && thought.ends_with("</answer>"), "{thought}");
        let steps = say(&[("user", &format!("{scene} Explain step by step."))]);
        assert!(steps.starts_with("Step 1: "), "{steps}");
        let filled = say(&[("user", &format!("{scene} Reply with\n\nInstruction: <the instruction>\n"))]);
        assert!(filled.starts_with("Instruction: ") && filled.ends_with('?'), "{filled}");
        let letter = say(&[("user", "Which one? Answer with the letter.\nA. dog\nB. cat")]);
        assert!(["A", "B"].contains(&letter.as_str()), "{letter}");
        let json = say(&[("user", &format!(r#"{scene} Reply in JSON like {{"score": 3, "reason": "..."}}."#))]);
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert!(value["score"].is_i64() && value["reason"].is_string(), "{json}");
    }
}
