//! Record ids: a function of where a record came from, never of when or where it was made.

use std::fmt;
use std::str::FromStr;

/// 128 bits that name a record, the same on every machine and in every order of work.
///
/// An input's id is keyed by its name in the input; a child's id by its parent, the step that made it and its index
/// among its siblings.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId(pub [u8; 16]);

impl RecordId {
    /// The id of the row called `key` in its input. A row keeps its id, and so the answers paid for it, when rows are
    /// added to the input.
    pub fn input(key: &str) -> RecordId {
        let mut hasher = blake3::Hasher::new_derive_key("tamis record id: input");
        hasher.update(key.as_bytes());
        RecordId::of(&hasher)
    }

    /// The id of the `index`th record that `step` made out of this one.
    pub fn child(&self, step: &str, index: u64) -> RecordId {
        let mut hasher = blake3::Hasher::new_derive_key("tamis record id: child");
        hasher.update(&self.0);
        hasher.update(step.as_bytes());
        hasher.update(&index.to_le_bytes());
        RecordId::of(&hasher)
    }

    fn of(hasher: &blake3::Hasher) -> RecordId {
        let mut id = [0; 16];
        id.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        RecordId(id)
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for RecordId {
    type Err = String;

    fn from_str(text: &str) -> Result<RecordId, String> {
        let bad = || format!("`{text}` is no record id: 32 hexadecimal digits are expected");
        if text.len() != 32 || !text.is_ascii() {
            return Err(bad());
        }
        let mut id = [0; 16];
        for (i, byte) in id.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).map_err(|_| bad())?;
        }
        Ok(RecordId(id))
    }
}

impl serde::Serialize for RecordId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Binary formats keep the bytes: half the size, no parsing.
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
    }
}

impl<'de> serde::Deserialize<'de> for RecordId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<RecordId, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
        } else {
            <[u8; 16]>::deserialize(deserializer).map(RecordId)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_by_input_row_step_and_index_and_read_back() {
        let a = RecordId::input("a.jpg");
        let ids = [a, RecordId::input("b.jpg"), a.child("ask", 0), a.child("ask", 1), a.child("cut", 0)];
        for (i, x) in ids.iter().enumerate() {
            assert!(ids[i + 1..].iter().all(|y| x != y));
            assert_eq!(x.to_string().parse::<RecordId>(), Ok(*x));
        }
    }
}
