//! `text.parse_turns`

use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Transform, Verdict};
use tamis_core::{Name, Record, StepError, Type, Value};

use crate::fields;

/// Takes question-answer pairs out of a text in which markers stand before them.
///
/// For replies like those of LLaVA: `Question:` and `===` and `Answer:` on lines of their own. Markdown around a marker
/// (`**Question:**`, `### Question 1`), numbers (`2. Question:`), another case and a missing separator do not matter. A
/// pair is a question directly followed by its answer; a question without an answer (the reply was cut off) and empty
/// pairs are left out. A text without pairs gives an empty list.
///
/// Reads `from`, writes `into`: `list<{question: text, answer: text}>`.
///
/// # Example
/// ```yaml example
/// step: { text.parse_turns: { from: reply, into: turns } }
/// in: { reply: "Question:\nWhat is it?\n===\nAnswer:\nA cat.\n===\n**Question 2:** Why" }
/// out: { turns: [{ question: What is it?, answer: A cat. }] }
/// ```
///
/// Source: LLaVA (arXiv:2304.08485), table 13.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParseTurns {
    /// The text.
    from: String,
    /// The field that receives the pairs.
    into: String,
    /// What stands before a question. Default: `Question:`.
    #[serde(default = "question")]
    question_marker: String,
    /// What stands before an answer. Default: `Answer:`.
    #[serde(default = "answer")]
    answer_marker: String,
    /// A line that ends a question or an answer. Default: any line of three or more `=`.
    separator: Option<String>,
}

fn question() -> String {
    "Question:".to_string()
}

fn answer() -> String {
    "Answer:".to_string()
}

impl OperatorConfig for ParseTurns {
    const NAME: &'static str = "text.parse_turns";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let from = scope.read("from", &self.from, &Type::Text);
        let names = [Name::from("question"), Name::from("answer")];
        let pair = Type::Struct(names.iter().map(|name| (name.clone(), Type::Text)).collect());
        let into = scope.write("into", &self.into, Type::list(pair));
        let [question, answer] = [self.question_marker.trim(), self.answer_marker.trim()];
        let mut whole = true;
        for (at, marker) in [("question_marker", question), ("answer_marker", answer)] {
            if marker.trim_matches(':').trim().is_empty() {
                scope.problem(at, "expected a word, found nothing");
                whole = false;
            }
        }
        if question.eq_ignore_ascii_case(answer) {
            scope.problem("answer_marker", format!("questions and answers have the same marker `{answer}`"));
            whole = false;
        }
        if self.separator.as_ref().is_some_and(|separator| separator.trim().is_empty()) {
            scope.problem("separator", "expected a line, found nothing");
            whole = false;
        }
        let build = |pattern: String| RegexBuilder::new(&pattern).case_insensitive(true).multi_line(true).build().ok();
        let marker = build(format!("{}|{}", marker(question, "q"), marker(answer, "a")));
        let separator = build(match &self.separator {
            Some(line) => format!(r"^[ \t]*{}[ \t]*$", regex::escape(line.trim())),
            None => r"^[ \t]*={3,}[ \t]*$".to_string(),
        });
        let operator = Parse { from: from?, into: into?, marker: marker?, separator: separator?, names };
        if whole { Bound::transform(operator) } else { None }
    }
}

/// A marker at the beginning of a line, whatever markdown and numbers are around it.
fn marker(marker: &str, group: &str) -> String {
    let word = marker.trim_end_matches([':', '：']).trim_end();
    let words: Vec<String> = word.split_whitespace().map(regex::escape).collect();
    // Without its colon a word may be the beginning of a sentence; alone on its line it is a heading.
    let end = if word == marker { r"[*_]*" } else { r"[ \t]*[*_]*[ \t]*(?:[:：][ \t]*[*_]*|$)" };
    let number = r"(?:[ \t]*#?\d+)?";
    format!(r"^[ \t>#*_•\-]*(?:\(?\d+[.):]+[ \t]*)?[*_]*(?P<{group}>{}){number}{end}", words.join(r"[ \t]+"))
}

struct Parse {
    from: FieldRef,
    into: Name,
    marker: Regex,
    separator: Regex,
    names: [Name; 2],
}

impl Transform for Parse {
    fn apply(&self, record: &mut Record, _: &Context<'_>) -> Result<Verdict, StepError> {
        let pairs = self.pairs(fields::text(record, &self.from)?);
        record.set(&self.into, Value::list(pairs));
        Ok(Verdict::Pass)
    }
}

impl Parse {
    fn pairs(&self, text: &str) -> Vec<Value> {
        let mut pairs = Vec::new();
        let mut question: Option<&str> = None;
        let mut marks = self.marker.captures_iter(text).peekable();
        while let Some(mark) = marks.next() {
            let start = mark.get(0).map_or(0, |m| m.end());
            let end = marks.peek().and_then(|next| next.get(0)).map_or(text.len(), |m| m.start());
            let piece = self.piece(&text[start..end]);
            if mark.name("q").is_some() {
                question = Some(piece);
            } else if let Some(question) = question.take().filter(|q| !q.is_empty() && !piece.is_empty()) {
                let [q, a] = self.names.clone();
                pairs.push(Value::map([(q, Value::text(question)), (a, Value::text(piece))]));
            }
        }
        pairs
    }

    /// Up to the separator, without white space and half-open markdown at its ends.
    fn piece<'t>(&self, text: &'t str) -> &'t str {
        let end = self.separator.find(text).map_or(text.len(), |line| line.start());
        let piece = text[..end].trim();
        match piece.strip_suffix("**") {
            Some(rest) if piece.matches("**").count() % 2 == 1 => rest.trim_end(),
            _ => piece,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, problems};

    #[test]
    fn markdown_numbers_and_case_do_not_matter() {
        for reply in [
            "Question: What?\nAnswer: This.\n\nQuestion: Why?\nAnswer: So.",
            "**Question:** What?\n**Answer:** This.\n===\n**Question**: Why?\n**Answer**: So.",
            "### Question 1\nWhat?\n### Answer 1\nThis.\n\n### Question 2\nWhy?\n### Answer 2\nSo.",
            "1. QUESTION: What?\n   ANSWER: This.\n2) question: Why?\n- answer: So.",
            "Here you are.\n\n**Question: What?**\nAnswer: This.\n====\nQuestion #2: Why?\nAnswer：So.",
        ] {
            check(&format!(
                "{{ step: {{ text.parse_turns: {{ from: t, into: p }} }}, in: {{ t: {reply:?} }}, \
                   out: {{ p: [{{ question: 'What?', answer: This. }}, {{ question: 'Why?', answer: So. }}] }} }}"
            ));
        }
    }

    #[test]
    fn a_word_that_only_begins_a_sentence_is_no_marker() {
        check(
            r#"
            step: { text.parse_turns: { from: t, into: p } }
            in: { t: "Question: What?\nAnswer: Two things.\nAnswer sheets and pens.\nQuestion marks too." }
            out: { p: [{ question: "What?", answer: "Two things.\nAnswer sheets and pens.\nQuestion marks too." }] }
            "#,
        );
    }

    #[test]
    fn other_markers_and_separators_can_be_named() {
        check(
            r#"
            step: { text.parse_turns: { from: t, into: p, question_marker: "Human:", answer_marker: "Bot", separator: "---" } }
            in: { t: "Human: Hi\n---\nBot Hello\n---\nHuman: and" }
            out: { p: [{ question: Hi, answer: Hello }] }
            "#,
        );
        let told =
            problems("{ step: { text.parse_turns: { from: t, into: p, answer_marker: 'question:' } }, in: { t: x } }");
        assert!(told.contains("same marker"), "{told}");
    }

    #[test]
    fn a_text_without_pairs_gives_an_empty_list() {
        check("{ step: { text.parse_turns: { from: t, into: p } }, in: { t: I cannot. }, out: { p: [] } }");
    }
}
