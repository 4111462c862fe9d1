//! `region.mentions`

use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::schema::Field;
use tamis_core::{Name, Record, StepError, Type, Value};

use super::elements;
use crate::fields;

/// Finds the words of a text that name regions: `{label, phrase, start, end, boxes}`, in the order of the text.
///
/// For captions with locations: the labels of a detector, or the phrases of a grounded data set, are looked up in a
/// sentence about the same picture. A label is found as whole words in any case, or in the English plural of its last
/// word (`dogs`, `boxes`, `people`). Where two labels could begin at the same word the longer one counts, so that
/// `bridge tower` is no `bridge`. Mentions do not overlap. A label that comes again is not taken again unless `repeated`
/// says so: often it only colours another word then (`a dog in a dog bed`).
///
/// With `number: strict`, grammar and boxes have to agree: a singular stands for one box, a plural for several. A mention
/// that does not agree is left out, because nobody can tell which boxes it means. Labels that are a plural themselves
/// (`skis`, `two dogs`) and those without one (`sheep`) stand for any number.
///
/// Reads `text` and `groups`. Writes `into`; `start` and `end` are counted in characters, `end` not included, as
/// `region.unnest` with `by: span` and slices in templates (`caption[start:end]`) have it.
///
/// # Example
///
/// ```yaml example
/// step: { region.mentions: { text: caption, groups: groups, into: mentions } }
/// types: { groups: "list<{label: text, boxes: list<box>}>" }
/// in:
///   caption: A Dog and two cats beside a car.
///   groups:
///     - { label: cat, boxes: [[0, 0, 5, 5], [6, 0, 9, 5]] }
///     - { label: dog, boxes: [[1, 1, 4, 4]] }
///     - { label: car, boxes: [[5, 5, 9, 9], [0, 5, 4, 9]] }
/// out:
///   mentions:
///     - { label: dog, phrase: Dog, start: 2, end: 5, boxes: [[1, 1, 4, 4]] }
///     - { label: cat, phrase: cats, start: 14, end: 18, boxes: [[0, 0, 5, 5], [6, 0, 9, 5]] }
/// ```
///
/// Source: Qwen-VL (arXiv:2308.12966), captions with locations; Kosmos-2 (arXiv:2306.14824), section 2.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegionMentions {
    /// The text.
    text: String,
    /// What may be mentioned: `list<{label: text, boxes: list<box>}>`, as `region.group` writes it.
    groups: String,
    /// Whether singular and plural have to agree with the number of boxes: `strict` (default) or `free`.
    #[serde(default)]
    number: Number,
    /// Whether a label is taken again where the text names it again. Default false: its first mention only.
    #[serde(default)]
    repeated: bool,
    /// The field for the mentions: `list<{label: text, phrase: text, start: int, end: int, boxes: list<box>}>`.
    into: String,
}

/// Whether singular and plural have to agree with the number of boxes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Number {
    /// a singular stands for one box, a plural for several
    #[default]
    Strict,
    /// any mention stands for all boxes of its label
    Free,
}

impl OperatorConfig for RegionMentions {
    const NAME: &'static str = "region.mentions";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let text = scope.read("text", &self.text, &Type::Text);
        let boxes = || ("boxes", Type::list(Type::Box));
        let groups = scope.read("groups", &self.groups, &Type::list(structure([("label", Type::Text), boxes()])));
        let mention = structure([
            ("label", Type::Text),
            ("phrase", Type::Text),
            ("start", Type::Int),
            ("end", Type::Int),
            boxes(),
        ]);
        let of = groups.as_ref().and_then(|field| field.of.clone());
        let into = scope.write("into", &self.into, Field { ty: Type::list(mention), of });
        Bound::transform(Mentions {
            text: text?,
            groups: groups?,
            number: self.number,
            repeated: self.repeated,
            into: into?,
        })
    }
}

fn structure<const N: usize>(members: [(&str, Type); N]) -> Type {
    Type::Struct(members.into_iter().map(|(name, ty)| (Name::from(name), ty)).collect())
}

struct Mentions {
    text: FieldRef,
    groups: FieldRef,
    number: Number,
    repeated: bool,
    into: Name,
}

impl Transform for Mentions {
    fn apply(&self, record: &mut Record, _: &Context<'_>) -> Result<Verdict, StepError> {
        let text = fields::text(record, &self.text)?;
        let groups: Vec<Group<'_>> = elements(self.groups.get(record)).iter().filter_map(Group::read).collect();
        let words = words(text);
        let mut mentions = Vec::new();
        let mut mentioned: Vec<&[String]> = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let named = groups.iter().filter_map(|group| Some((group.named_at(&words[at..])?, group)));
            // Of labels as long as each other the first counts.
            let Some((form, group)) = named.min_by_key(|(_, group)| std::cmp::Reverse(group.label.len())) else {
                at += 1;
                continue;
            };
            let last = at + group.label.len() - 1;
            let agrees = self.number == Number::Free || form.agrees(group.boxes.len());
            if agrees && (self.repeated || !mentioned.contains(&&*group.label)) {
                mentioned.push(&group.label);
                mentions.push(group.mention(text, words[at].chars.start..words[last].chars.end));
            }
            at = last + 1;
        }
        record.set(&self.into, Value::list(mentions));
        Ok(Verdict::Pass)
    }
}

/// What may be mentioned: its label in words of lower case.
struct Group<'v> {
    value: &'v Value,
    label: Vec<String>,
    boxes: &'v [Value],
}

impl<'v> Group<'v> {
    fn read(value: &'v Value) -> Option<Group<'v>> {
        let label: Vec<String> = words(value.get("label")?.as_text()?).into_iter().map(|word| word.lower).collect();
        let boxes = value.get("boxes")?.as_list()?;
        (!label.is_empty() && !boxes.is_empty()).then_some(Group { value, label, boxes })
    }

    /// The form in which the words begin with this label.
    fn named_at(&self, words: &[Word]) -> Option<Form> {
        let (last, first) = self.label.split_last()?;
        let here = words.get(..self.label.len())?;
        let (here_last, here_first) = here.split_last()?;
        let together = here.iter().skip(1).all(|word| word.follows_a_space);
        let same = together && here_first.iter().map(|word| &word.lower).eq(first);
        if same { form(&here_last.lower, last) } else { None }
    }

    fn mention(&self, text: &str, chars: Range<usize>) -> Value {
        let phrase: String = text.chars().skip(chars.start).take(chars.len()).collect();
        Value::map([
            ("label", self.value.get("label").cloned().unwrap_or_default()),
            ("phrase", Value::text(phrase)),
            ("start", Value::Int(chars.start as i64)),
            ("end", Value::Int(chars.end as i64)),
            ("boxes", Value::list(self.boxes.to_vec())),
        ])
    }
}

/// The grammatical number of a mention.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Singular,
    Plural,
    Either,
}

impl Form {
    fn agrees(self, boxes: usize) -> bool {
        match self {
            Form::Singular => boxes == 1,
            Form::Plural => boxes > 1,
            Form::Either => true,
        }
    }
}

/// Nouns whose plural no rule makes; `(sheep, sheep)` has none.
const IRREGULAR: &[(&str, &str)] = &[
    ("person", "people"),
    ("man", "men"),
    ("woman", "women"),
    ("child", "children"),
    ("foot", "feet"),
    ("tooth", "teeth"),
    ("mouse", "mice"),
    ("goose", "geese"),
    ("knife", "knives"),
    ("leaf", "leaves"),
    ("loaf", "loaves"),
    ("shelf", "shelves"),
    ("scarf", "scarves"),
    ("wolf", "wolves"),
    ("calf", "calves"),
    ("sheep", "sheep"),
    ("fish", "fish"),
    ("deer", "deer"),
    ("moose", "moose"),
    ("bison", "bison"),
    ("broccoli", "broccoli"),
    ("aircraft", "aircraft"),
    ("skis", "skis"),
];

/// Which form of the noun `label` the word is; `None` if it is another word.
fn form(word: &str, label: &str) -> Option<Form> {
    let irregular = IRREGULAR.iter().find(|(singular, plural)| *singular == label || *plural == label);
    if word == label {
        return Some(match irregular {
            Some((singular, plural)) if singular != plural && *singular == label => Form::Singular,
            Some(_) => Form::Either,
            None if is_plural(label) => Form::Either,
            None => Form::Singular,
        });
    }
    let is_its_plural = match irregular {
        Some((singular, plural)) => *singular == label && *plural == word,
        None => !is_plural(label) && plurals(label).iter().any(|plural| plural == word),
    };
    is_its_plural.then_some(Form::Plural)
}

/// Whether a noun looks like a plural: `glasses`, but not `glass`, `bus` and `tennis`.
fn is_plural(noun: &str) -> bool {
    noun.ends_with('s') && !["ss", "us", "is"].iter().any(|end| noun.ends_with(end))
}

fn plurals(noun: &str) -> Vec<String> {
    let hisses = ["s", "x", "z", "ch", "sh", "o"].iter().any(|end| noun.ends_with(end));
    let stem = noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u']));
    let mut plurals = vec![format!("{noun}s")];
    plurals.extend(hisses.then(|| format!("{noun}es")));
    plurals.extend(stem.map(|stem| format!("{stem}ies")));
    plurals
}

/// A word and where it stands.
struct Word {
    lower: String,
    /// its place, in characters
    chars: Range<usize>,
    follows_a_space: bool,
}

/// Runs of letters and digits, hyphens between them included: `close-up` is one word, `cat's` begins with `cat`.
fn words(text: &str) -> Vec<Word> {
    let chars: Vec<char> = text.chars().collect();
    let inside = |i: usize| {
        let letter = |i: usize| chars.get(i).is_some_and(|c| c.is_alphanumeric());
        letter(i) || chars.get(i) == Some(&'-') && i > 0 && letter(i - 1) && letter(i + 1)
    };
    let mut words: Vec<Word> = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let start = at;
        while inside(at) {
            at += 1;
        }
        if at == start {
            at += 1;
            continue;
        }
        let gap = words.last().map_or(0, |word| word.chars.end)..start;
        let follows_a_space = chars[gap].iter().all(|c| c.is_whitespace());
        let lower = chars[start..at].iter().flat_map(|c| c.to_lowercase()).collect();
        words.push(Word { lower, chars: start..at, follows_a_space });
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::kit::{Place, transform};
    use serde_json::json;

    /// The phrases found, with the number of their boxes.
    fn found(text: &str, labels: &[(&str, usize)], options: &str) -> Vec<String> {
        let groups: Vec<_> =
            labels.iter().map(|(label, n)| json!({"label": label, "boxes": vec![json!([0, 0, 5, 5]); *n]})).collect();
        let place = Place::new("image: image, text: text, groups: list<{label: text, boxes: list<box>}>");
        let place = place.picture("image", 9, 9).value("text", text).json("groups", json!(groups));
        let run = transform::<RegionMentions>(place, &format!("{{text: text, groups: groups, into: m{options}}}"));
        let mentions = run.get("m");
        let chars: Vec<char> = text.chars().collect();
        let shown = mentions.as_array().unwrap().iter().map(|m| {
            let span = m["start"].as_u64().unwrap() as usize..m["end"].as_u64().unwrap() as usize;
            assert_eq!(m["phrase"], json!(chars[span].iter().collect::<String>()));
            format!("{} {}", m["phrase"].as_str().unwrap(), m["boxes"].as_array().unwrap().len())
        });
        shown.collect()
    }

    #[test]
    fn the_longest_label_counts_even_where_it_does_not_agree() {
        let labels = [("bridge", 1), ("bridge tower", 1)];
        assert_eq!(found("A Bridge, its bridge tower", &labels, ""), ["Bridge 1", "bridge tower 1"]);
        assert_eq!(found("two bridge towers", &labels, ""), Vec::<String>::new());
        assert_eq!(found("a bridge. Tower", &labels, ""), ["bridge 1"]);
    }

    #[test]
    fn singular_and_plural_agree_with_the_number_of_boxes() {
        let labels = [("person", 3), ("bus", 2), ("city", 2), ("skis", 1), ("sheep", 2), ("wine glass", 1)];
        let text = "People on skis, a person, buses, bus, cities, sheep and wine glasses";
        assert_eq!(found(text, &labels, ""), ["People 3", "skis 1", "buses 2", "cities 2", "sheep 2"]);
        assert_eq!(found(text, &labels, ", number: free, repeated: true").len(), 8);
    }

    #[test]
    fn a_label_is_taken_at_its_first_mention_that_agrees() {
        let labels = [("pizza", 2), ("dog", 1)];
        let text = "A pizza and two pizzas, some pizzas, a dog in a dog bed";
        assert_eq!(found(text, &labels, ""), ["pizzas 2", "dog 1"]);
        assert_eq!(found(text, &labels, ", repeated: true"), ["pizzas 2", "pizzas 2", "dog 1", "dog 1"]);
    }

    #[test]
    fn only_whole_words_count() {
        let labels = [("cat", 1), ("close", 1), ("cup", 1)];
        assert_eq!(found("A close-up of a cat's cupcake, scat, Öcat", &labels, ""), ["cat 1"]);
    }

    #[test]
    fn places_are_counted_in_characters() {
        assert_eq!(found("Ein Café – der Bär", &[("bär", 1)], ""), ["Bär 1"]);
    }

    #[test]
    fn mentions_stay_in_the_frame_of_their_picture() {
        let place = Place::new("image: image, text: text, groups: list<{label: text, boxes: list<box>}>");
        let schema = place.schema_behind::<RegionMentions>("{text: text, groups: groups, into: m}");
        assert!(schema.get("m").unwrap().to_string().ends_with("of image"));
    }
}
