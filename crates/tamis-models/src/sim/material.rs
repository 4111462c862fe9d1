//! What a prompt offers to write about: sentences, names of things, and hints of the form that is wanted.

use std::collections::HashSet;

use tamis_core::rng::Rng;

use super::wire::Ask;

/// Words of sentences that instruct and do not describe.
const INSTRUCTING: &[&str] = &[
    "you",
    "your",
    "answer",
    "answers",
    "question",
    "questions",
    "write",
    "json",
    "format",
    "must",
    "should",
    "please",
    "output",
    "respond",
    "response",
    "reply",
    "instruction",
    "instructions",
    "example",
    "examples",
    "generate",
    "provide",
    "rate",
    "score",
    "judge",
    "describe",
    "given",
    "following",
    "ensure",
    "avoid",
    "do",
    "don't",
    "task",
    "conversation",
    "prompt",
    "list",
    "return",
    "each",
    "explain",
    "caption",
    "captions",
];

/// Words that follow an article and are no things.
const NO_THINGS: &[&str] = &[
    "few",
    "lot",
    "same",
    "other",
    "first",
    "second",
    "left",
    "right",
    "top",
    "bottom",
    "image",
    "picture",
    "photo",
    "following",
    "given",
    "one",
    "number",
    "person's",
    "question",
    "answer",
    "way",
    "best",
    "most",
    "very",
    "large",
    "small",
    "big",
    "little",
    "red",
    "blue",
    "green",
    "white",
    "black",
    "brown",
    "yellow",
    "young",
    "old",
    "long",
    "short",
    "wet",
    "dry",
    "new",
    "single",
    "whole",
    "scene",
    "step",
    "conclusion",
];

/// Things that are there in no prompt, for hallucinations.
const IMAGINED: &[&str] = &["a unicorn", "a grand piano", "a submarine", "a penguin", "a hot-air balloon", "a cactus"];

/// What can be written about.
pub(super) struct Material {
    /// whole sentences that describe, in their order
    pub(super) sentences: Vec<String>,
    /// names of things, in their order, without repetition
    pub(super) things: Vec<String>,
}

impl Material {
    /// Collects it from the last thing the user said, and from the earlier texts only when that is poor.
    pub(super) fn of(ask: &Ask<'_>) -> Material {
        let mut material = Material { sentences: Vec::new(), things: Vec::new() };
        let mut texts: Vec<&str> = ask.messages.iter().filter(|m| m.role == "user").map(|m| m.text.as_ref()).collect();
        while let Some(text) = texts.pop() {
            material.take(text);
            if !material.is_poor() {
                break;
            }
        }
        material
    }

    /// A sentence; later draws differ as the rng does.
    pub(super) fn sentence(&self, rng: &mut Rng) -> String {
        match rng.pick(&self.sentences) {
            Some(sentence) => sentence.clone(),
            None => {
                let thing = self.thing(rng);
                format!("The {thing} is in the {} of the picture.", rng.pick(&PLACES).unwrap_or(&"middle"))
            }
        }
    }

    /// The name of a thing.
    pub(super) fn thing(&self, rng: &mut Rng) -> String {
        rng.pick(&self.things).cloned().unwrap_or_else(|| rng.pick(&USUAL).unwrap_or(&"object").to_string())
    }

    /// A sentence about a thing: the prompt's own where it has one.
    pub(super) fn about(&self, thing: &str, rng: &mut Rng) -> String {
        let fitting = self.sentences.iter().filter(|s| s.to_lowercase().contains(&thing.to_lowercase()));
        let fitting: Vec<&String> = fitting.collect();
        match rng.pick(&fitting) {
            Some(sentence) => sentence.to_string(),
            None => format!("The {thing} is in the {} of the picture.", rng.pick(&PLACES).unwrap_or(&"middle")),
        }
    }

    /// A sentence about something that no text of the prompt mentions.
    pub(super) fn imagined(ask: &Ask<'_>, rng: &mut Rng) -> String {
        let told: String = ask.messages.iter().map(|m| m.text.to_lowercase()).collect();
        let absent: Vec<_> = IMAGINED.iter().filter(|thing| !told.contains(last_word(thing))).collect();
        format!("There is also {} in the background.", rng.pick(&absent).unwrap_or(&&"a purple comet"))
    }

    fn is_poor(&self) -> bool {
        self.sentences.is_empty() && self.things.is_empty()
    }

    fn take(&mut self, text: &str) {
        let mut known: HashSet<String> = self.things.iter().cloned().collect();
        for line in text.lines() {
            for thing in label_of(line).into_iter() {
                if known.insert(thing.clone()) {
                    self.things.push(thing);
                }
            }
            for sentence in sentences_of(line) {
                for thing in things_in(&sentence) {
                    if known.insert(thing.clone()) {
                        self.things.push(thing);
                    }
                }
                self.sentences.push(sentence);
            }
        }
    }
}

const PLACES: [&str; 6] = ["middle", "foreground", "background", "left half", "right half", "upper part"];
const USUAL: [&str; 4] = ["object", "scene", "person", "building"];

/// The name in lines like `dog: [0.1, 0.2, 0.5, 0.9]`, `- dog (10, 20)` or `"label": "dog"`.
fn label_of(line: &str) -> Option<String> {
    let line = line.trim().trim_start_matches(['-', '*', ' ']);
    if let Some((_, rest)) = line.split_once("\"label\":") {
        return rest.split('"').nth(1).map(str::to_string);
    }
    let (name, rest) = line.split_once([':', '[', '('])?;
    let name = name.trim().trim_matches('"');
    let numbers = rest.chars().filter(char::is_ascii_digit).count();
    let fits = name.len() < 40 && name.split(' ').count() <= 3 && name.chars().all(|c| c.is_alphabetic() || c == ' ');
    (fits && !name.is_empty() && numbers >= 3).then(|| name.to_lowercase())
}

fn sentences_of(line: &str) -> Vec<String> {
    let line = line.trim().trim_start_matches(['-', '*', '#', ' ']);
    let mut sentences = Vec::new();
    for piece in line.split_inclusive(['.', '!', '?']) {
        let piece = piece.trim();
        let words: Vec<String> = piece.split_whitespace().map(bare).collect();
        let describes = (4..=40).contains(&words.len())
            && !piece.ends_with('?')
            && !piece.contains(['{', '}', '<', '>', '[', ']', '`', '='])
            && !words.iter().any(|word| INSTRUCTING.contains(&word.as_str()));
        if describes {
            let end = if piece.ends_with(['.', '!']) { "" } else { "." };
            sentences.push(format!("{piece}{end}"));
        }
    }
    sentences
}

/// The last words of `a large brown dog`: what follows an article, colours and sizes skipped.
fn things_in(sentence: &str) -> Vec<String> {
    let words: Vec<String> = sentence.split_whitespace().map(bare).collect();
    let mut things = Vec::new();
    for (i, word) in words.iter().enumerate() {
        if !matches!(word.as_str(), "a" | "an" | "the" | "two" | "three") {
            continue;
        }
        let noun = words[i + 1..].iter().take(3).find(|w| !NO_THINGS.contains(&w.as_str()));
        things.extend(noun.filter(|w| w.len() > 2 && w.chars().all(char::is_alphabetic)).cloned());
    }
    things
}

fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

fn last_word(text: &str) -> &str {
    text.rsplit(' ').next().unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::super::wire::Spoken;
    use super::*;

    #[test]
    fn captions_and_boxes_are_found_and_instructions_are_not() {
        let text = "You are given captions. Write a conversation.\nA brown dog runs across the sand.\n\
                    frisbee: [0.1, 0.2, 0.4, 0.5]\n- person: [1, 2, 30, 40]\nWhat is it?";
        let ask = Ask { messages: vec![Spoken { role: "user".into(), text: text.into() }], ..Ask::default() };
        let material = Material::of(&ask);
        assert_eq!(material.sentences, ["A brown dog runs across the sand."]);
        assert_eq!(material.things, ["dog", "sand", "frisbee", "person"]);
    }
}
