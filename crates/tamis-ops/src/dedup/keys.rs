//! `dedup.keys`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tamis_core::barrier::{Applying, BarrierOperator, Decide, Merging, Parts, each};
use tamis_core::bind::{FieldRef, Scope};
use tamis_core::operator::{Bound, Context, OperatorConfig, Reject, Verdict};
use tamis_core::{Record, RecordId, StepError, Type, Value};

use super::near::{Index, Rows};
use super::phash::phash;
use super::simhash::simhash;
use crate::fields;

/// Removes records that an earlier record makes superfluous: every key has to match, and with the same earlier record.
///
/// So that with the keys `{phash: image}` and `{simhash: question}` the same question about another picture stays, and
/// another question about the same picture. Earlier means earlier in the input, whatever the order of work; only records
/// that stay themselves remove others.
///
/// Reads the fields of the keys. Rejects with reason `duplicate` and the id of the record that stays in `of`. A picture
/// that cannot be decoded fails its record; the others go on.
///
/// # Example
/// ```yaml example
/// step: { dedup.keys: { keys: [ { phash: image }, { simhash: question } ] } }
/// types: { image: image }
/// in:
///   - { image: "64x48#1", question: "What is this?" }
///   - { image: "64x48#2", question: "What is this?" }
///   - { image: "64x48#1", question: "Where was it taken?" }
///   - { image: "64x48#1", question: "what is this" }
/// kept: [0, 1, 2]
/// ```
///
/// Source: joint deduplication of Bee (arXiv:2510.13795); SimHash distance 3 of 64 as in Manku et al. 2007.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DedupKeys {
    /// The keys: `{exact: field}`, `{simhash: field, distance: 3}` for texts, `{phash: field, distance: 4}` for pictures.
    keys: Vec<Key>,
    /// Which of several alike records stays: `first`, in the order of the input. Default: `first`.
    #[serde(default)]
    keep: Keep,
}

/// What has to match.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// A field whose values have to be equal; pictures by their bytes.
    exact: Option<String>,
    /// A text whose words have to be nearly the same.
    simhash: Option<String>,
    /// A picture that has to look nearly the same.
    phash: Option<String>,
    /// In how many of 64 bits hashes may differ, 0 to 16. Default: 3 for `simhash`, 4 for `phash`. A single key with more
    /// than 5 is slow on millions of records: more and more pairs have to be compared.
    distance: Option<u32>,
}

/// Which of several alike records stays.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// the first in the input
    #[default]
    First,
}

impl OperatorConfig for DedupKeys {
    const NAME: &'static str = "dedup.keys";
    const GATE: bool = true;

    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound> {
        let Keep::First = self.keep;
        if self.keys.is_empty() {
            scope.problem("keys", "expected at least one key, found none");
            return None;
        }
        let (mut exact, mut fuzzy) = (Vec::new(), Vec::new());
        for (i, key) in self.keys.iter().enumerate() {
            match key.bind(scope, &format!("keys[{i}]")) {
                Some(BoundKey::Exact(field)) => exact.push(field),
                Some(BoundKey::Fuzzy(key)) => fuzzy.push(key),
                None => {}
            }
        }
        let whole = exact.len() + fuzzy.len() == self.keys.len();
        if whole { Bound::barrier(Dedup { exact, fuzzy }) } else { None }
    }
}

impl Key {
    fn bind(&self, scope: &mut Scope<'_>, at: &str) -> Option<BoundKey> {
        let bits = |hash: fn(&Self) -> Option<&String>| hash(self);
        match (&self.exact, bits(|k| k.simhash.as_ref()), bits(|k| k.phash.as_ref())) {
            (Some(field), None, None) => {
                if self.distance.is_some() {
                    scope.problem(&format!("{at}.distance"), "equal values have no distance");
                    return None;
                }
                scope.read_any(&format!("{at}.exact"), field).map(BoundKey::Exact)
            }
            (None, Some(field), None) => self.fuzzy(scope, at, "simhash", field, Type::Text, 3),
            (None, None, Some(field)) => self.fuzzy(scope, at, "phash", field, Type::Image, 4),
            _ => {
                scope.problem(at, "expected one of `exact`, `simhash` and `phash`");
                None
            }
        }
    }

    fn fuzzy(
        &self,
        scope: &mut Scope<'_>,
        at: &str,
        kind: &str,
        field: &str,
        ty: Type,
        default: u32,
    ) -> Option<BoundKey> {
        let distance = self.distance.unwrap_or(default);
        let holds = distance <= 16;
        if !holds {
            scope.problem(&format!("{at}.distance"), format!("expected 0 to 16 bits, found {distance}"));
        }
        let field = scope.read(&format!("{at}.{kind}"), field, &ty)?;
        holds.then_some(BoundKey::Fuzzy(FuzzyKey { field, picture: ty == Type::Image, distance }))
    }
}

enum BoundKey {
    Exact(FieldRef),
    Fuzzy(FuzzyKey),
}

struct Dedup {
    exact: Vec<FieldRef>,
    fuzzy: Vec<FuzzyKey>,
}

struct FuzzyKey {
    field: FieldRef,
    picture: bool,
    distance: u32,
}

/// The keys of a record.
#[derive(Serialize, Deserialize)]
struct Row {
    id: RecordId,
    /// 128 bits of all values that have to be equal
    exact: u128,
    fuzzy: Vec<u64>,
}

/// The rows of a part that go, ascending, each with the record because of which it goes.
type Duplicates = Vec<(u32, RecordId)>;

impl BarrierOperator for Dedup {
    type Summary = Vec<Row>;
    type Decision = Duplicates;

    fn map(&self, records: &[Record], ctx: &Context<'_>) -> (Vec<Row>, Vec<(usize, StepError)>) {
        each(records, |record| self.row(record, ctx))
    }

    fn merge(
        &self,
        parts: &Parts<'_, Vec<Row>>,
        decide: &mut Decide<'_, Duplicates>,
        _: &Merging<'_>,
    ) -> Result<(), StepError> {
        let mut rows = Rows::new(self.fuzzy.iter().map(|key| key.distance).collect());
        let mut ids = Vec::new();
        let mut ends = Vec::with_capacity(parts.len());
        for part in parts.iter() {
            for row in part? {
                ids.push(row.id);
                rows.push(row.exact, row.fuzzy);
            }
            ends.push(ids.len());
        }
        let mut index = Index::new(&rows);
        let mut first = 0;
        for end in ends {
            let mut duplicates = Duplicates::new();
            for row in first..end {
                match index.first_alike(row) {
                    Some(kept) => duplicates.push(((row - first) as u32, ids[kept])),
                    None => index.insert(row),
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
        duplicates: &Duplicates,
        _: &Applying<'_>,
    ) -> Result<Verdict, StepError> {
        match duplicates.binary_search_by_key(&row, |(row, _)| *row as usize) {
            Err(_) => Ok(Verdict::Pass),
            Ok(found) => Ok(Reject::because("duplicate", [("of", Value::text(duplicates[found].1.to_string()))])),
        }
    }
}

impl Dedup {
    fn row(&self, record: &Record, ctx: &Context<'_>) -> Result<Row, StepError> {
        let exact = if self.exact.is_empty() { 0 } else { u128::from_le_bytes(self.exact_hash(record, ctx)?) };
        let fuzzy: Result<Vec<u64>, StepError> = self.fuzzy.iter().map(|key| key.bits(record, ctx)).collect();
        Ok(Row { id: record.id, exact, fuzzy: fuzzy? })
    }

    /// 128 bits of all values that have to be equal.
    fn exact_hash(&self, record: &Record, ctx: &Context<'_>) -> Result<[u8; 16], StepError> {
        let mut hasher = blake3::Hasher::new();
        for field in &self.exact {
            let value = field.get(record);
            let mut unread = None;
            value.each_media(&mut |media| {
                if let Err(error) = media.hash(&**ctx.media()) {
                    unread.get_or_insert(error);
                }
            });
            if let Some(error) = unread {
                return Err(StepError::field(&field.name, error.to_string()));
            }
            let json = value.to_canonical_json().to_string();
            hasher.update(&(json.len() as u64).to_le_bytes());
            hasher.update(json.as_bytes());
        }
        let mut hash = [0; 16];
        hasher.finalize_xof().fill(&mut hash);
        Ok(hash)
    }
}

impl FuzzyKey {
    fn bits(&self, record: &Record, ctx: &Context<'_>) -> Result<u64, StepError> {
        if !self.picture {
            return Ok(simhash(fields::text(record, &self.field)?));
        }
        let media = self.field.get(record).as_media();
        let media = media.ok_or_else(|| fields::unlike("a picture", record, &self.field))?;
        Ok(phash(&*ctx.pixels(&self.field.dotted(), media)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, example, kept_of, problems};

    #[test]
    fn only_a_record_that_stays_removes_others() {
        // b is near a, c is near b but not near a: b goes because of a, so that c stays.
        let [a, b, c] = [0u64, 0b111, 0b11_1111];
        let mut rows = Rows::new(vec![3]);
        [a, b, c].into_iter().for_each(|bits| rows.push(0, [bits]));
        let mut index = Index::new(&rows);
        let kept: Vec<usize> = (0..3)
            .filter(|row| {
                let stays = index.first_alike(*row).is_none();
                if stays {
                    index.insert(*row);
                }
                stays
            })
            .collect();
        assert_eq!(kept, [0, 2]);
    }

    #[test]
    fn all_keys_have_to_match_the_same_record() {
        check(
            r#"
            step: { dedup.keys: { keys: [ { exact: a }, { exact: b } ] } }
            in: [ { a: 1, b: 1 }, { a: 2, b: 2 }, { a: 1, b: 2 }, { a: 2, b: 2 } ]
            kept: [0, 1, 2]
            "#,
        );
    }

    #[test]
    fn a_picture_that_cannot_be_decoded_fails_its_record_alone() {
        let example = example(
            r#"
            step: { dedup.keys: { keys: [ { phash: image, distance: 0 } ] } }
            types: { image: image }
            in: [ { image: 8x8 }, { image: broken }, { image: 8x8 }, { image: "8x8#1" } ]
            "#,
        )
        .unwrap();
        let outcome = example.run_barrier(&example.bind().unwrap().0, 2).unwrap();
        assert_eq!(kept_of(&outcome), [0, 3]);
        assert_eq!((outcome.rejected.len(), outcome.failed.len()), (1, 1));
    }

    #[test]
    fn pictures_are_equal_by_their_bytes() {
        check(
            r#"
            step: { dedup.keys: { keys: [ { exact: image } ] } }
            types: { image: image }
            in: [ { image: 8x8 }, { image: "8x8#1" }, { image: 8x8 } ]
            kept: [0, 1]
            "#,
        );
    }

    #[test]
    fn keys_that_say_nothing_or_too_much_are_problems() {
        let bad = |keys: &str| {
            problems(&format!("{{ step: {{ dedup.keys: {{ keys: [{keys}] }} }}, in: [{{ a: x, n: 1 }}] }}"))
        };
        assert!(bad("").contains("at least one key"));
        assert!(bad("{ exact: a, simhash: a }").contains("expected one of"));
        assert!(bad("{ simhash: n }").contains("keys[0].simhash"));
        assert!(bad("{ simhash: a, distance: 17 }").contains("0 to 16"));
        assert!(bad("{ exact: a, distance: 1 }").contains("no distance"));
    }
}
