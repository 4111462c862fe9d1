//! Vectors: what embeddings are.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A vector of 32-bit floats, shared; written as base64 of its little-endian bytes, so that it reads back bit for bit.
#[derive(Clone, PartialEq)]
pub struct Vector(Arc<[f32]>);

/// A text that is no vector.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("expected base64 of 32-bit floats, found {0}")]
pub struct VectorError(String);

impl Vector {
    /// A vector of finite numbers; `None` if one is not.
    pub fn new(numbers: impl Into<Arc<[f32]>>) -> Option<Vector> {
        let numbers = numbers.into();
        numbers.iter().all(|n| n.is_finite()).then_some(Vector(numbers))
    }

    /// Its length in space, not its number of dimensions.
    pub fn norm(&self) -> f64 {
        self.0.iter().map(|n| f64::from(*n) * f64::from(*n)).sum::<f64>().sqrt()
    }

    /// The same direction with length 1; a zero vector stays as it is.
    pub fn normalised(&self) -> Vector {
        let norm = self.norm();
        if norm == 0.0 { self.clone() } else { Vector(self.0.iter().map(|n| (f64::from(*n) / norm) as f32).collect()) }
    }

    /// Base64 of the little-endian bytes.
    pub fn to_base64(&self) -> String {
        let bytes: Vec<u8> = self.0.iter().flat_map(|n| n.to_le_bytes()).collect();
        base64::STANDARD.encode_to_string(bytes)
    }

    /// The inverse of [`Vector::to_base64`].
    pub fn from_base64(text: &str) -> Result<Vector, VectorError> {
        let shown = || text.chars().take(24).collect::<String>();
        let bytes = base64::STANDARD.decode_to_vec(text).map_err(|_| VectorError(format!("`{}`", shown())))?;
        if bytes.len() % 4 != 0 {
            return Err(VectorError(format!("{} bytes, not a multiple of 4", bytes.len())));
        }
        let number = |chunk: &[u8]| f32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
        let numbers: Arc<[f32]> = bytes.chunks_exact(4).map(number).collect();
        Vector::new(numbers).ok_or_else(|| VectorError("numbers that are not finite".into()))
    }
}

impl Deref for Vector {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.0
    }
}

impl fmt::Debug for Vector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "vector of {} {:?}...", self.0.len(), &self.0[..self.0.len().min(4)])
    }
}

impl Serialize for Vector {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_base64())
    }
}

impl<'de> Deserialize<'de> for Vector {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vector, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Vector::from_base64(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_reads_back_bit_for_bit() {
        let vector = Vector::new([0.1_f32, -1.5e-38, 3.4e38]).unwrap();
        assert_eq!(Vector::from_base64(&vector.to_base64()), Ok(vector));
        assert!(Vector::from_base64("AAA").is_err() && Vector::from_base64("AAAA").is_err());
        assert!(Vector::new([f32::NAN]).is_none());
        assert!(Vector::from_base64(&base64::STANDARD.encode_to_string(f32::INFINITY.to_le_bytes())).is_err());
    }

    #[test]
    fn normalising_keeps_the_direction() {
        let vector = Vector::new([3.0_f32, 4.0]).unwrap();
        assert_eq!(&*vector.normalised(), &[0.6, 0.8]);
        assert_eq!(&*Vector::new([0.0_f32]).unwrap().normalised(), &[0.0]);
    }
}
