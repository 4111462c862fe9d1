//! `ocr.read`

use futures::future::{BoxFuture, FutureExt};
use schemars::JsonSchema;
use serde::Deserialize;
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::model::{OcrReply, OcrRequest, OcrWord, Reply, Request, RoleKind};
use tamis_core::operator::{Bound, Context, OperatorConfig, Process, Verdict};
use tamis_core::{BBox, Field, Name, Record, StepError, Type, Value};

/// Reads the text in a picture, with its places.
///
/// Boxes are in pixels of the picture as it stands upright, cut to it; a word outside of it is left out. Confidence is that
/// of the reader, 0 to 1, and not comparable between readers. A picture without text gives an empty list and an empty text.
///
/// Reads `from`. Writes `into` and `text_into`. A record fails when the picture is missing or cannot be read.
///
/// # Example
///
/// ```yaml example
/// step: { ocr.read: { role: reader, from: image, min_confidence: 0.5, into: words, text_into: text } }
/// types: { image: image }
/// images: { image: 64x48 }
/// roles: { reader: ocr }
/// replies:
///   - words:
///       - { text: NO, box: [4, 4, 20, 12], confidence: 0.9, line: 0, block: 0 }
///       - { text: ENTRY, box: [24, 4, 60, 12], confidence: 0.8, line: 0, block: 0 }
///       - { text: "|", box: [0, 0, 1, 48], confidence: 0.2, line: 1, block: 0 }
///       - { text: Staff, box: [4, 20, 30, 28], confidence: 0.9, line: 2, block: 0 }
/// out:
///   words:
///     - { label: NO, box: [4, 4, 20, 12], score: 0.9 }
///     - { label: ENTRY, box: [24, 4, 60, 12], score: 0.8 }
///     - { label: Staff, box: [4, 20, 30, 28], score: 0.9 }
///   text: "NO ENTRY\nStaff"
/// ```
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OcrRead {
    /// The role that reads, of the kind `ocr`.
    role: String,
    /// The picture.
    from: String,
    /// Languages to expect, in the reader's codes: `[eng, deu, chi_sim]`. Default: the binding's.
    #[serde(default)]
    languages: Vec<String>,
    /// The least confidence of a word that is kept, 0 to 1. Default 0.
    #[serde(default)]
    min_confidence: f64,
    /// What a region of `into` is: a `word` (default), or a `line`, whose score is the mean of its words'.
    #[serde(default)]
    level: Level,
    /// The field for the regions: `list<region>` in reading order, the text as label and the confidence as score. Default:
    /// none.
    into: Option<String>,
    /// The field for the text: words with a blank between, a line for each line, an empty one between blocks. Default: none.
    text_into: Option<String>,
}

/// What a region is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Level {
    /// a word
    #[default]
    Word,
    /// the words of a line
    Line,
}

impl OperatorConfig for OcrRead {
    const NAME: &'static str = "ocr.read";

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let role = scope.role("role", &self.role, RoleKind::Ocr);
        let from = scope.read("from", &self.from, &Type::Image);
        if !(0.0..=1.0).contains(&self.min_confidence) {
            scope.problem("min_confidence", format!("expected 0 to 1, found {}", self.min_confidence));
        }
        if let Some(code) = self.languages.iter().find(|code| !is_code(code)) {
            scope.problem("languages", format!("expected codes such as `eng` or `chi_sim`, found `{code}`"));
        }
        if self.into.is_none() && self.text_into.is_none() {
            scope.problem("", "nothing is written: name a field with `into` or `text_into`");
        }
        let from = from?;
        if self.into.is_some() && !from.members.is_empty() {
            scope.problem("from", format!("`{}` is a member; boxes need a picture in a field", from.dotted()));
        }
        let regions = Field::in_frame(Type::list(Type::Region), from.name.clone());
        let into = self.into.map(|name| scope.write("into", &name, regions));
        let text_into = self.text_into.map(|name| scope.write("text_into", &name, Type::Text));
        Bound::process(Read {
            role: role?,
            from,
            languages: self.languages,
            min_confidence: self.min_confidence,
            level: self.level,
            // An option that is given has to have bound.
            into: into.map_or(Some(None), |name| name.map(Some))?,
            text_into: text_into.map_or(Some(None), |name| name.map(Some))?,
        })
    }
}

/// Codes go to a program's command line in some backends: nothing but letters, digits and `_`.
fn is_code(code: &str) -> bool {
    (2..=20).contains(&code.len()) && code.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

struct Read {
    role: Name,
    from: FieldRef,
    languages: Vec<String>,
    min_confidence: f64,
    level: Level,
    into: Option<Name>,
    text_into: Option<Name>,
}

impl Process for Read {
    fn run<'a>(&'a self, record: &'a mut Record, ctx: &'a Context<'a>) -> BoxFuture<'a, Result<Verdict, StepError>> {
        async move {
            let failed = |e: String| StepError::field(&self.from.name, e);
            let missing = || failed("the picture is missing".to_string());
            let image = self.from.get(record).as_media().cloned().ok_or_else(missing)?;
            let header = image.header(&**ctx.media()).map_err(|e| failed(e.to_string()))?;
            let frame = BBox([0.0, 0.0, f64::from(header.width), f64::from(header.height)]);
            let request = OcrRequest { image: image.clone(), languages: self.languages.clone() };
            let reply = ctx.call(record, &self.role, Request::Ocr(request)).await?;
            let Reply::Ocr(OcrReply { words }) = reply else {
                return Err(StepError::failed(format!("`{}` did not answer with words", self.role)));
            };
            let words: Vec<OcrWord> = words.into_iter().filter_map(|word| self.seen(word, &frame)).collect();
            if let Some(name) = &self.into {
                let regions = match self.level {
                    Level::Word => words.iter().map(|word| region(std::slice::from_ref(word))).collect(),
                    Level::Line => lines(&words).map(region).collect(),
                };
                record.set(name, Value::list(regions));
            }
            if let Some(name) = &self.text_into {
                record.set(name, text(&words));
            }
            Ok(Verdict::Pass)
        }
        .boxed()
    }
}

impl Read {
    /// The word as it is kept, cut to the picture.
    fn seen(&self, word: OcrWord, frame: &BBox) -> Option<OcrWord> {
        let text = word.text.trim().to_string();
        let sure = word.confidence.is_finite() && word.confidence >= self.min_confidence;
        let bbox = word.bbox.intersect(frame)?;
        (sure && !text.is_empty()).then_some(OcrWord { text, bbox, ..word })
    }
}

/// Words that follow each other in one line of one block.
fn lines(words: &[OcrWord]) -> impl Iterator<Item = &[OcrWord]> {
    words.chunk_by(|a, b| (a.block, a.line) == (b.block, b.line))
}

fn said(words: &[OcrWord]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

fn region(words: &[OcrWord]) -> Value {
    let all = words.iter().map(|word| word.bbox.0);
    let around = all.reduce(|[a, b, c, d], [x0, y0, x1, y1]| [a.min(x0), b.min(y0), c.max(x1), d.max(y1)]);
    let score = words.iter().map(|word| word.confidence).sum::<f64>() / words.len() as f64;
    Value::map([
        ("label", Value::text(said(words))),
        ("box", Value::Box(BBox(around.unwrap_or_default()))),
        ("polygon", Value::Null),
        ("mask", Value::Null),
        ("score", Value::Float(score.min(1.0))),
    ])
}

fn text(words: &[OcrWord]) -> String {
    let blocks = words.chunk_by(|a, b| a.block == b.block);
    let block = |words: &[OcrWord]| lines(words).map(said).collect::<Vec<_>>().join("\n");
    blocks.map(block).collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, example, problems};

    const WORDS: &str = "replies: [{ words: [
      { text: ' One ', box: [-5, 4, 20, 12], confidence: 0.9, line: 0, block: 0 },
      { text: two, box: [24, 2, 90, 10], confidence: 0.5, line: 0, block: 0 },
      { text: '  ', box: [1, 1, 2, 2], confidence: 1, line: 0, block: 0 },
      { text: out, box: [70, 4, 80, 12], confidence: 1, line: 0, block: 0 },
      { text: three, box: [0, 20, 9, 30], confidence: 1, line: 1, block: 1 } ] }]";

    fn yaml(config: &str, rest: &str) -> String {
        format!(
            "{{ step: {{ ocr.read: {{ role: r, from: image, {config} }} }}, images: {{ image: 64x48 }}, roles: {{ r: ocr }}, {rest} }}"
        )
    }

    #[test]
    fn words_are_cut_to_the_picture_and_what_lies_outside_is_left_out() {
        let out =
            "out: { w: [{ label: One, box: [0, 4, 20, 12] }, { label: two, box: [24, 2, 64, 10] }, { label: three }] }";
        check(&yaml("into: w", &format!("{WORDS}, {out}")));
    }

    #[test]
    fn lines_are_regions_and_blocks_stand_apart() {
        let out = r#"out: { w: [{ label: One two, box: [0, 2, 64, 12], score: 0.7 }, { label: three }], t: "One two\n\nthree" }"#;
        check(&yaml("into: w, text_into: t, level: line", &format!("{WORDS}, {out}")));
    }

    #[test]
    fn a_picture_without_text_gives_nothing_and_an_unreadable_one_fails() {
        check(&yaml("into: w, text_into: t", "replies: [{ words: [] }], out: { w: [], t: '' }"));
        check(&yaml("text_into: t", "replies: [], fails: no reply left"));
        let broken = "{ step: { ocr.read: { role: r, from: image, into: w } }, types: { image: image }, in: { image: broken }, roles: { r: ocr }, replies: [{ words: [] }], fails: PNG }";
        let example = example(broken).unwrap();
        let outcome = example.run(&example.bind().unwrap().0, 0).unwrap();
        assert_eq!(outcome.failed.len(), 1, "{outcome:?}");
    }

    #[test]
    fn words_lie_in_the_grid_of_the_picture() {
        let example = example(&yaml("into: w", WORDS)).unwrap();
        assert_eq!(example.bind().unwrap().1.get("w").unwrap().to_string(), "list<region> of image");
    }

    #[test]
    fn problems_name_their_option() {
        assert!(problems(&yaml("min_confidence: 50, into: w", WORDS)).contains("ocr.read.min_confidence"));
        assert!(problems(&yaml("languages: ['--psm 6'], into: w", WORDS)).contains("ocr.read.languages"));
        assert!(problems(&yaml("min_confidence: 0.5", WORDS)).contains("nothing is written"));
    }
}
