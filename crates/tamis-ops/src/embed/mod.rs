//! Steps that turn texts and pictures into vectors.

pub mod image;
pub mod text;

use tamis_core::bind::Scope;
use tamis_core::model::{EmbedRequest, Part, Reply, Request};
use tamis_core::operator::{Context, Verdict};
use tamis_core::{Name, Record, StepError, Value};

/// How a role is asked for a vector.
struct Embed {
    role: Name,
    normalise: bool,
    dimensions: Option<u32>,
    into: Name,
}

impl Embed {
    /// Asks, checks the vector and writes it.
    async fn run(&self, record: &mut Record, ctx: &Context<'_>, item: Part) -> Result<Verdict, StepError> {
        let reply = ctx.call(record, &self.role, Request::Embed(EmbedRequest { item })).await?;
        let Reply::Embed(vector) = reply else {
            return Err(StepError::failed(format!("`{}` did not answer with a vector", self.role)));
        };
        let wrong = |what: String| Err(StepError::failed(format!("`{}` gave a vector {what}", self.role)));
        match self.dimensions {
            Some(expected) if vector.len() != expected as usize => {
                return wrong(format!("of {} dimensions, not of {expected}", vector.len()));
            }
            _ if vector.is_empty() => return wrong("without dimensions".to_string()),
            _ if self.normalise && vector.norm() == 0.0 => {
                return wrong("of zeros, which has no direction".to_string());
            }
            _ => {}
        }
        record.set(&self.into, Value::Vector(if self.normalise { vector.normalised() } else { vector }));
        Ok(Verdict::Pass)
    }
}

fn yes() -> bool {
    true
}

fn check_dimensions(scope: &mut Scope<'_>, dimensions: Option<u32>) -> bool {
    let whole = dimensions != Some(0);
    if !whole {
        scope.problem("dimensions", "expected at least 1, found 0");
    }
    whole
}
