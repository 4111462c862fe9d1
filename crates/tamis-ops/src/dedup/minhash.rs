//! `dedup.minhash`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tamis_core::barrier::{Applying, BarrierOperator, Decide, Merging, Parts, each};
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Verdict};
use tamis_core::{Record, RecordId, StepError, Type, Value};

use super::lsh::{Banding, Bands, Clusters, Sets};
use super::shingles::{Shingling, signature};
use crate::fields;

/// Removes texts that are nearly the same as another one, among millions (MinHash with locality-sensitive hashing).
///
/// A text is the set of its n-grams; how near two texts are is the Jaccard similarity of their sets: what they have in
/// common over what they have together. Candidates are found by MinHash signatures cut into bands and then compared
/// n-gram by n-gram. Texts that are near each other make a cluster, also over a third one; of each cluster one stays.
/// Unlike `dedup.keys` with `simhash`, the order of the words counts and the threshold is a share of the text.
///
/// Reads `from` and `best_by`. Rejects with reason `near-duplicate`, the record that stays in `of` and the similarity to
/// it in `similarity` (below the threshold where the two are near only over others). A text without a word is like no
/// other.
///
/// # Example
/// ```yaml example
/// step: { dedup.minhash: { from: caption, similarity: 0.5 } }
/// in:
///   - { caption: A small dog sleeps on the red sofa beside the open window. }
///   - { caption: Two boats lie on the beach while the sun goes down behind the hills. }
///   - { caption: "a small dog sleeps on the red sofa, beside the window" }
/// kept: [0, 1]
/// ```
///
/// Source: Broder 1997; banding as in Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, section 3.4.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DedupMinhash {
    /// The text.
    from: String,
    /// From which Jaccard similarity on two texts are near-duplicates: above 0, at most 1. Default: 0.7.
    similarity: Option<f64>,
    /// How many units an n-gram has: 1 to 32. Default: 3.
    ngram: Option<usize>,
    /// What n-grams are made of: `words` or `characters`. Default: `words`.
    #[serde(default)]
    unit: Unit,
    /// Whether texts that differ in case differ. Default: false.
    #[serde(default)]
    keep_case: bool,
    /// Whether punctuation counts: words are then what stands between spaces. Default: false.
    #[serde(default)]
    keep_punctuation: bool,
    /// How many hashes a signature has at most: 8 to 1024. More find more of the pairs near the threshold. Default: 128.
    permutations: Option<usize>,
    /// Into how many bands signatures are cut: 1 to 256, at most `permutations`. More bands find more pairs and compare
    /// more. Default: so that of pairs at the threshold at least 98% are found; 25 for 0.7.
    bands: Option<usize>,
    /// Texts of at most so many different n-grams are compared exactly, longer ones by their signatures. Default: 512.
    exact_up_to: Option<usize>,
    /// A number by which the record that stays is chosen: the greatest one of its cluster. Default: the first one in the
    /// order of the input stays.
    best_by: Option<String>,
}

/// What n-grams are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// words; characters in scripts without spaces between words
    #[default]
    Words,
    /// characters
    Characters,
}

impl OperatorConfig for DedupMinhash {
    const NAME: &'static str = "dedup.minhash";
    const GATE: bool = true;

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let similarity = self.similarity.unwrap_or(0.7);
        let (ngram, permutations) = (self.ngram.unwrap_or(3), self.permutations.unwrap_or(128));
        let mut whole = true;
        let mut need = |holds: bool, at: &str, message: String| {
            if !holds {
                scope.problem(at, message);
                whole = false;
            }
        };
        need(
            similarity > 0.0 && similarity <= 1.0,
            "similarity",
            format!("expected above 0 and at most 1, found {similarity}"),
        );
        need((1..=32).contains(&ngram), "ngram", format!("expected 1 to 32, found {ngram}"));
        need((8..=1024).contains(&permutations), "permutations", format!("expected 8 to 1024, found {permutations}"));
        if let Some(bands) = self.bands {
            let most = permutations.min(256);
            need((1..=most).contains(&bands), "bands", format!("expected 1 to {most}, found {bands}"));
        }
        let from = scope.read("from", &self.from, &Type::Text);
        let score = self.best_by.as_ref().map(|field| scope.read("best_by", field, &Type::Float));
        let score = match score {
            Some(None) => return None,
            Some(score) => score,
            None => None,
        };
        let from = from?;
        if !whole {
            return None;
        }
        let banding = match self.bands {
            Some(bands) => Banding { bands, rows: permutations / bands },
            None => Banding::for_similarity(similarity, permutations),
        };
        let shingling = Shingling {
            ngram,
            characters: self.unit == Unit::Characters,
            keep_case: self.keep_case,
            keep_punctuation: self.keep_punctuation,
        };
        Bound::barrier(Minhash {
            from,
            score,
            shingling,
            banding,
            similarity,
            exact_up_to: self.exact_up_to.unwrap_or(512),
        })
    }
}

struct Minhash {
    from: FieldRef,
    score: Option<FieldRef>,
    shingling: Shingling,
    banding: Banding,
    similarity: f64,
    exact_up_to: usize,
}

/// A record's set and where it is filed.
#[derive(Serialize, Deserialize)]
struct Row {
    id: RecordId,
    /// one for each band; none where there is no n-gram
    keys: Vec<u32>,
    shingles: Vec<u32>,
    signature: bool,
    score: f64,
}

/// A record that goes.
#[derive(Serialize, Deserialize)]
struct Duplicate {
    row: u32,
    of: RecordId,
    similarity: f64,
}

impl BarrierOperator for Minhash {
    type Summary = Vec<Row>;
    type Decision = Vec<Duplicate>;

    fn map(&self, records: &[Record], _: &Context<'_>) -> (Vec<Row>, Vec<(usize, StepError)>) {
        each(records, |record| self.row(record))
    }

    fn merge(
        &self,
        parts: &Parts<'_, Vec<Row>>,
        decide: &mut Decide<'_, Vec<Duplicate>>,
        ctx: &Merging<'_>,
    ) -> Result<(), StepError> {
        let mut sets = Sets::new(ctx.scratch, self.banding.permutations())?;
        let mut bands = Bands::new(ctx.scratch, self.banding.bands)?;
        let (mut ids, mut scores, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        for part in parts.iter() {
            for row in part? {
                bands.push(ids.len() as u32, &row.keys)?;
                sets.push(&row.shingles, row.signature)?;
                ids.push(row.id);
                if self.score.is_some() {
                    scores.push(row.score);
                }
            }
            ends.push(ids.len());
        }
        sets.finish()?;
        let mut clusters = Clusters::new(ids.len());
        bands.unite(&sets, self.similarity, &mut clusters)?;
        let stays = staying(&mut clusters, &scores, ids.len());
        let mut first = 0;
        for end in ends {
            let mut duplicates = Vec::new();
            for record in first..end {
                let kept = stays[clusters.root(record as u32) as usize];
                if kept as usize != record {
                    let similarity = sets.similarity(&sets.get(kept)?, &sets.get(record as u32)?);
                    duplicates.push(Duplicate { row: (record - first) as u32, of: ids[kept as usize], similarity });
                }
            }
            decide.put(&duplicates)?;
            first = end;
        }
        Ok(())
    }

    fn apply(
        &self,
        _: &mut Record,
        row: usize,
        duplicates: &Vec<Duplicate>,
        _: &Applying<'_>,
    ) -> Result<Verdict, StepError> {
        let Ok(found) = duplicates.binary_search_by_key(&row, |duplicate| duplicate.row as usize) else {
            return Ok(Verdict::Pass);
        };
        let Duplicate { of, similarity, .. } = &duplicates[found];
        let values = [("of", Value::text(of.to_string())), ("similarity", Value::Float(*similarity))];
        Ok(Reject::because("near-duplicate", values))
    }
}

impl Minhash {
    fn row(&self, record: &Record) -> Result<Row, StepError> {
        let set = self.shingling.set(fields::text(record, &self.from)?);
        let score = match &self.score {
            Some(field) => field.get(record).as_float().ok_or_else(|| fields::unlike("a number", record, field))?,
            None => 0.0,
        };
        let id = record.id;
        if set.is_empty() {
            return Ok(Row { id, keys: Vec::new(), shingles: set, signature: false, score });
        }
        let signed = signature(&set, self.banding.permutations());
        let keys = self.banding.keys(&signed).collect();
        let exact = set.len() <= self.exact_up_to;
        Ok(Row { id, keys, shingles: if exact { set } else { signed }, signature: !exact, score })
    }
}

/// The record that stays, by the root of its cluster: the root itself, or the one with the greatest score.
fn staying(clusters: &mut Clusters, scores: &[f64], records: usize) -> Vec<u32> {
    let mut stays: Vec<u32> = (0..records as u32).collect();
    for (record, score) in scores.iter().enumerate() {
        let best = &mut stays[clusters.root(record as u32) as usize];
        if *score > scores[*best as usize] {
            *best = record as u32;
        }
    }
    stays
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, example, problems};

    #[test]
    fn the_best_of_a_cluster_stays() {
        check(
            r#"
            step: { dedup.minhash: { from: t, best_by: score } }
            in:
              - { t: one two three four five, score: 0.1 }
              - { t: "One, two, three, four, five!", score: 0.7 }
              - { t: one two three four five, score: 0.7 }
              - { t: six seven eight nine ten, score: 0.0 }
            kept: [1, 3]
            "#,
        );
    }

    #[test]
    fn texts_near_over_a_third_one_are_one_cluster_and_the_similarity_is_told() {
        let example = example(
            r#"
            step: { dedup.minhash: { from: t, similarity: 0.5, ngram: 1 } }
            in: [ { t: a b c d }, { t: b c d e }, { t: c d e f }, { t: "" }, { t: "?" } ]
            "#,
        )
        .unwrap();
        let outcome = example.run_barrier(&example.bind().unwrap().0, 2).unwrap();
        assert_eq!(crate::testing::kept_of(&outcome), [0, 3, 4]);
        let told: Vec<f64> = outcome.rejected.iter().filter_map(|r| r.values[1].1.as_float()).collect();
        assert_eq!(told, [3.0 / 5.0, 2.0 / 6.0]);
    }

    #[test]
    fn character_grams_and_long_texts_work_too() {
        check(
            r#"
            step: { dedup.minhash: { from: t, unit: characters, ngram: 2, exact_up_to: 4 } }
            in: [ { t: the quick brown fox jumps }, { t: The quick brown fox jumps. }, { t: something else at all } ]
            kept: [0, 2]
            "#,
        );
    }

    #[test]
    fn numbers_out_of_range_are_problems_all_at_once() {
        let told = problems(
            "{ step: { dedup.minhash: { from: t, similarity: 0, ngram: 0, permutations: 4, bands: 9 } }, in: [{ t: x }] }",
        );
        for option in ["similarity", "ngram", "permutations", "bands"] {
            assert!(told.contains(&format!("minhash.{option}`")), "{told}");
        }
    }
}
