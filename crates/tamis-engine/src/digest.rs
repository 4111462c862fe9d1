//! The digest of a dataset: a function of its samples, whatever the order and the parts they were written in.

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value as Json};
use tamis_core::Record;

/// The sum, modulo 2^256, of the hashes of all samples. Adding is all it takes to merge parts, shards and nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest([u64; 4]);

impl Digest {
    /// Adds a sample: its id and its fields, media by their content. How it was made (retries, cost) does not count.
    pub fn add_sample(&mut self, record: &Record) {
        let mut fields: Vec<_> = record.fields().iter().collect();
        fields.sort_by(|a, b| a.0.cmp(&b.0));
        let fields: Map<String, Json> =
            fields.into_iter().map(|(name, value)| (name.to_string(), value.to_canonical_json())).collect();
        let mut hasher = blake3::Hasher::new_derive_key("tamis sample digest");
        hasher.update(&record.id.0);
        hasher.update(Json::Object(fields).to_string().as_bytes());
        self.add_hash(hasher.finalize());
    }

    /// Adds a record that was rejected: its id, the step and the reason.
    pub fn add_reject(&mut self, record: &Record, step: &str, reason: &str) {
        let mut hasher = blake3::Hasher::new_derive_key("tamis reject digest");
        hasher.update(&record.id.0);
        hasher.update(step.as_bytes());
        hasher.update(&[0]);
        hasher.update(reason.as_bytes());
        self.add_hash(hasher.finalize());
    }

    /// Adds another digest.
    pub fn merge(&mut self, other: &Digest) {
        let mut carry = false;
        for (a, b) in self.0.iter_mut().zip(other.0) {
            let (sum, over) = a.overflowing_add(b);
            let (sum, over_too) = sum.overflowing_add(u64::from(carry));
            *a = sum;
            carry = over || over_too;
        }
    }

    fn add_hash(&mut self, hash: blake3::Hash) {
        let mut words = [0; 4];
        for (word, bytes) in words.iter_mut().zip(hash.as_bytes().chunks_exact(8)) {
            *word = bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        }
        self.merge(&Digest(words));
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().rev().try_for_each(|word| write!(f, "{word:016x}"))
    }
}

impl FromStr for Digest {
    type Err = String;

    fn from_str(text: &str) -> Result<Digest, String> {
        let bad = || format!("`{text}` is no dataset digest: 64 hexadecimal digits are expected");
        if text.len() != 64 || !text.is_ascii() {
            return Err(bad());
        }
        let mut words = [0; 4];
        for (i, word) in words.iter_mut().rev().enumerate() {
            *word = u64::from_str_radix(&text[16 * i..16 * (i + 1)], 16).map_err(|_| bad())?;
        }
        Ok(Digest(words))
    }
}

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use tamis_core::Value;
    use tamis_core::testing::record;

    use super::*;

    #[test]
    fn order_and_parts_do_not_count_but_every_byte_does() {
        let digest = |rows: &[(u64, &str)]| {
            let mut digest = Digest::default();
            rows.iter().for_each(|(n, text)| digest.add_sample(&record(*n, [("t", Value::text(*text))])));
            digest
        };
        let whole = digest(&[(0, "a"), (1, "b"), (2, "c")]);
        assert_eq!(whole, digest(&[(2, "c"), (0, "a"), (1, "b")]));
        let mut parts = digest(&[(0, "a"), (2, "c")]);
        parts.merge(&digest(&[(1, "b")]));
        assert_eq!(whole, parts);
        assert_ne!(whole, digest(&[(0, "a"), (1, "b"), (2, "d")]));
        assert_eq!(whole.to_string().parse(), Ok(whole));
    }
}
