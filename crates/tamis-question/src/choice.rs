//! Options of multiple choice: the answer, and what plausible mistakes lead to.

use std::collections::BTreeSet;

use tamis_core::rng::Rng;

use crate::number::Exact;
use crate::program::{NOT_APPLICABLE, Quantity, Run, Value, parse};
use crate::template::{Slots, Template, others, program_text};
use crate::world::World;

/// How many options there are at most, the answer included.
const OPTIONS: usize = 4;

/// The words that classes are chosen from.
pub(crate) struct Classes<'a> {
    pub(crate) kinds: &'a [String],
    pub(crate) themes: &'a [String],
    pub(crate) documents: &'a [String],
}

/// Options in random order, and the place of the answer; `None` when no other option is wrong for sure.
pub(crate) fn options(
    template: &Template,
    world: &World,
    slots: &Slots,
    run: &Run,
    classes: &Classes<'_>,
    rng: &mut Rng,
) -> Option<(Vec<String>, usize)> {
    let answer = run.answer.written();
    let mut wrong = Wrong { answer: &run.answer, taken: BTreeSet::from([key(&answer)]), found: Vec::new() };
    let fixed = fixed_options(template, slots, &run.answer);
    if let Some(fixed) = &fixed {
        fixed.iter().for_each(|option| wrong.add(option.clone()));
    } else if run.answer == Value::Nothing {
        texts_of(world, slots).into_iter().for_each(|t| wrong.add(t));
    } else {
        mistakes(template, world, slots, &mut wrong, rng);
        from_names(template, world, slots, classes, &mut wrong, rng);
        orders(template, &run.answer, &mut wrong, rng);
        roundings(run.answer.quantity(), &mut wrong, rng);
    }
    let least = if fixed.is_some() { 1 } else { 2 };
    if wrong.found.len() < least {
        return None;
    }
    wrong.found.truncate(OPTIONS - 1);
    let mut options = wrong.found;
    options.push(answer.clone());
    rng.shuffle(&mut options);
    let place = options.iter().position(|o| *o == answer)?;
    Some((options, place))
}

/// Wrong options so far.
struct Wrong<'a> {
    answer: &'a Value,
    taken: BTreeSet<String>,
    found: Vec<String>,
}

impl Wrong<'_> {
    fn add(&mut self, option: String) {
        if !option.trim().is_empty() && self.taken.insert(key(&option)) {
            self.found.push(option);
        }
    }

    /// A result that a mistake leads to: wrong for sure only when it is outside the tolerance, as it would be written.
    fn add_value(&mut self, value: &Value) {
        if let (Some(right), Some(wrong)) = (self.answer.quantity(), value.quantity()) {
            let as_written = Quantity {
                unit: right.unit.clone(),
                decimals: right.decimals,
                shown: wrong.shown.clone(),
                ..wrong.clone()
            };
            if differs(right, &as_written) {
                self.add(as_written.written());
            }
        } else if std::mem::discriminant(self.answer) == std::mem::discriminant(value) {
            self.add(value.written());
        }
    }
}

/// Two options a reader takes for one: letters' case and spaces aside.
fn key(option: &str) -> String {
    option.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Whether a number is not the answer after rounding, and farther off than the tolerance.
fn differs(right: &Quantity, wrong: &Quantity) -> bool {
    let (Some(a), Some(b)) = (right.value.rounded(right.decimals), wrong.value.rounded(right.decimals)) else {
        return false;
    };
    let apart = a.minus(b).map_or(0.0, |d| d.magnitude().float());
    a != b && apart > right.error
}

/// Options that are given by the question itself.
fn fixed_options(template: &Template, slots: &Slots, answer: &Value) -> Option<Vec<String>> {
    if matches!(answer, Value::Bool(_)) {
        return Some(vec!["Yes".to_owned(), "No".to_owned()]);
    }
    if *answer == Value::Nothing {
        return None;
    }
    if !template.choices.is_empty() {
        return Some(template.choices.clone());
    }
    let of_slots = || template.options.iter().filter_map(|name| slots.raw(name).map(str::to_owned)).collect();
    (!template.options.is_empty()).then(of_slots)
}

/// Wrong series, wrong row, wrong operation.
fn mistakes(template: &Template, world: &World, slots: &Slots, wrong: &mut Wrong<'_>, rng: &mut Rng) {
    let mut programs = Vec::new();
    for name in &template.wrong {
        for slot in others(name, template, world, slots, rng).into_iter().take(3) {
            programs.extend(program_text(template, &slots.with(slot)));
        }
    }
    if let Some(flipped) = template.flip.as_ref().and_then(|pair| slots.flipped(pair)) {
        programs.extend(program_text(template, &flipped));
    }
    let right = program_text(template, slots).unwrap_or_default();
    programs.extend(template.swap.iter().map(|[from, to]| swapped(&right, from, to)));
    rng.shuffle(&mut programs);
    for text in programs {
        if let Some(run) = parse(&text).ok().and_then(|p| p.run(world).ok()) {
            wrong.add_value(&run.answer);
        }
    }
}

/// A program with one word, outside texts, in place of another.
fn swapped(program: &str, from: &str, to: &str) -> String {
    let mut out = String::new();
    let mut rest = program;
    let mut in_text = false;
    while let Some(c) = rest.chars().next() {
        let whole = !out.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let after = rest.strip_prefix(from).filter(|r| !r.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'));
        if let (false, true, Some(after)) = (in_text, whole, after) {
            out.push_str(to);
            rest = after;
            continue;
        }
        // An escaped quote ends no text.
        let escaped = in_text && c == '\\';
        in_text ^= c == '"';
        let end = c.len_utf8() + if escaped { rest[1..].chars().next().map_or(0, char::len_utf8) } else { 0 };
        out.push_str(&rest[..end]);
        rest = &rest[end..];
    }
    out
}

/// Other names of the kind that the answer is one of.
fn from_names(
    template: &Template,
    world: &World,
    slots: &Slots,
    classes: &Classes<'_>,
    wrong: &mut Wrong<'_>,
    rng: &mut Rng,
) {
    let part = world.parts.get(slots.part);
    let sheet = part.map(|p| &p.sheet);
    let named = match template.names.as_deref() {
        Some("rows") => match part.and_then(|p| p.grid.as_ref()) {
            Some(grid) => grid.rows.iter().filter_map(|r| r.first()).map(|c| c.text.clone()).collect(),
            None => sheet.map(|s| s.rows.clone()).unwrap_or_default(),
        },
        Some("series") => sheet.map(|s| s.series.iter().map(|s| s.name.clone()).collect()).unwrap_or_default(),
        Some("columns") => part.and_then(|p| p.grid.as_ref()).map(|g| g.columns[1..].to_vec()).unwrap_or_default(),
        _ => Vec::new(),
    };
    let classed = match template.choices_from.as_deref() {
        Some("kinds") => classes.kinds.to_vec(),
        Some("themes") => classes.themes.to_vec(),
        Some("document_kinds") => classes.documents.to_vec(),
        _ => Vec::new(),
    };
    let read = match (template.reads(), &wrong.answer) {
        (Some(_), Value::Text(_)) if classed.is_empty() && named.is_empty() => texts_of(world, slots),
        _ => Vec::new(),
    };
    let mut names: Vec<String> = named.into_iter().chain(classed).chain(read).collect();
    rng.shuffle(&mut names);
    names.into_iter().for_each(|name| wrong.add(name));
}

/// Other texts that are written on the picture, and that there is no such text.
fn texts_of(world: &World, slots: &Slots) -> Vec<String> {
    let Some(part) = world.parts.get(slots.part) else { return Vec::new() };
    let names = ["title", "subtitle", "x-axis title", "y-axis title", "caption"];
    let texts = names.iter().filter_map(|name| part.facts.text(name)).map(str::to_owned);
    texts.chain([NOT_APPLICABLE.to_owned()]).collect()
}

/// Other orders of a list.
fn orders(template: &Template, answer: &Value, wrong: &mut Wrong<'_>, rng: &mut Rng) {
    let Value::Texts(texts) = answer else { return };
    if !template.shuffle || texts.len() < 3 {
        return;
    }
    for _ in 0..6 {
        let mut other = texts.clone();
        let a = rng.below(other.len());
        let b = rng.below(other.len());
        other.swap(a, b);
        wrong.add(other.join(", "));
    }
}

/// Off by one unit of the last place, or by a slip: only where the answer is exact enough to tell.
fn roundings(answer: Option<&Quantity>, wrong: &mut Wrong<'_>, rng: &mut Rng) {
    let Some(right) = answer else { return };
    let Some(unit) = Exact::fraction(1, 10i128.pow(u32::from(right.decimals.min(12)))) else { return };
    let tolerance = (right.error / unit.float()).ceil();
    let slip = if tolerance < 1e9 { tolerance as i64 + 1 } else { return };
    let mut steps = vec![slip, -slip, slip * 2, -slip * 2, slip * 3, 10 * slip];
    rng.shuffle(&mut steps[..4]);
    for step in steps {
        let by = unit.times(Exact::whole(step));
        let Some(value) = by.and_then(|b| right.value.rounded(right.decimals)?.plus(b)) else { continue };
        // Nobody believes in a negative count, or in a sign that no other value has.
        if wrong.found.len() < OPTIONS - 1 && (value.sign() >= 0 || right.value.sign() < 0) {
            wrong.add_value(&Value::Number(Quantity { value, shown: None, ..right.clone() }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_texts_are_not_swapped() {
        let program = r#"answer = sum(select(0, "sum \" sum"))"#;
        assert_eq!(swapped(program, "sum", "mean"), r#"answer = mean(select(0, "sum \" sum"))"#);
        assert_eq!(swapped("a = argmax(max_x)", "max", "min"), "a = argmax(max_x)");
    }

    #[test]
    fn what_rounds_to_the_answer_is_no_wrong_option() {
        let number = |text: &str| Quantity { unit: "kg".to_owned(), ..Quantity::pure(Exact::parse(text).unwrap(), 1) };
        assert!(!differs(&number("12.34"), &number("12.26")));
        assert!(differs(&number("12.34"), &number("12.4")));
        let read = Quantity { error: 0.5, ..number("12.3") };
        assert!(!differs(&read, &number("12.8")));
        assert!(differs(&read, &number("12.9")));
    }
}
