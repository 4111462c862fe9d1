//! Steps that compute with the vectors of one record.

pub mod combine;
pub mod distance;
pub mod similarity;

use tamis_core::bind::{FieldRef, Scope};
use tamis_core::{Record, StepError, Type, Vector};

use crate::fields::unlike;

/// The vector in a field that was bound as one.
fn vector<'r>(record: &'r Record, field: &FieldRef) -> Result<&'r Vector, StepError> {
    field.get(record).as_vector().ok_or_else(|| unlike("a vector", record, field))
}

/// Two vectors to be compared.
struct Pair {
    a: FieldRef,
    b: FieldRef,
}

impl Pair {
    fn bind(scope: &mut Scope<'_>, a: &str, b: &str) -> Option<Pair> {
        let a = scope.read("a", a, &Type::Vector);
        let b = scope.read("b", b, &Type::Vector);
        Some(Pair { a: a?, b: b? })
    }

    /// Both; an error if they are of different size.
    fn of<'r>(&self, record: &'r Record) -> Result<(&'r Vector, &'r Vector), StepError> {
        let (a, b) = (vector(record, &self.a)?, vector(record, &self.b)?);
        same_size([(&self.a, a), (&self.b, b)])?;
        Ok((a, b))
    }

    /// The cosine of the angle between both; an error if one has no direction.
    fn cosine(&self, record: &Record) -> Result<f64, StepError> {
        let (a, b) = self.of(record)?;
        for (field, vector) in [(&self.a, a), (&self.b, b)] {
            if vector.norm() == 0.0 {
                let message = format!("`{}` is a vector of zeros, which has no direction", field.dotted());
                return Err(StepError::field(&field.name, message));
            }
        }
        Ok((dot(a, b) / (a.norm() * b.norm())).clamp(-1.0, 1.0))
    }
}

/// An error if one vector has other dimensions than the first.
fn same_size<'v>(vectors: impl IntoIterator<Item = (&'v FieldRef, &'v Vector)>) -> Result<(), StepError> {
    let mut vectors = vectors.into_iter();
    let Some((first, size)) = vectors.next().map(|(field, vector)| (field, vector.len())) else { return Ok(()) };
    match vectors.find(|(_, vector)| vector.len() != size) {
        None => Ok(()),
        Some((other, vector)) => Err(StepError::field(
            &other.name,
            format!("`{}` has {} dimensions, but `{}` has {size}", other.dotted(), vector.len(), first.dotted()),
        )),
    }
}

/// The sum of the products, in double precision and in order, so that every machine gets the same.
fn dot(a: &Vector, b: &Vector) -> f64 {
    a.iter().zip(b.iter()).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}
