//! Tokens with their log-probabilities, as fields hold them.

use indexmap::IndexMap;
use tamis_core::bind::Scope;
use tamis_core::model::TokenProb;
use tamis_core::{Name, StepError, Type, Value};

/// The alternatives asked for: `None` for no log-probabilities at all. Problems are told.
pub(super) fn check(scope: &mut Scope<'_>, wanted: bool, top: Option<u8>) -> Option<Option<u8>> {
    let on_scale = top.is_none_or(|top| (1..=20).contains(&top));
    if let Some(top) = top.filter(|_| !on_scale) {
        scope.problem("top_logprobs", format!("expected 1 to 20, found {top}"));
    }
    if top.is_some() && !wanted {
        scope.problem("top_logprobs", "there is no field for them; name one with `logprobs_into`");
    }
    on_scale.then(|| wanted.then(|| top.unwrap_or(0)))
}

/// The type of an answer's tokens, with or without their alternatives.
pub(super) fn ty(top: bool) -> Type {
    let token = |more: Option<Type>| {
        let members = [("token", Type::Text), ("logprob", Type::Float)].into_iter().chain(more.map(|ty| ("top", ty)));
        Type::list(Type::Struct(members.map(|(name, ty)| (Name::from(name), ty)).collect::<IndexMap<_, _>>()))
    };
    token(top.then(|| token(None)))
}

/// An answer's tokens, with or without their alternatives; an error if there are none, or if one is no probability.
pub(super) fn value(role: &str, tokens: &[TokenProb], top: bool) -> Result<Value, StepError> {
    given(role, tokens)?;
    let pair = |token: &str, logprob: f64| [("token", Value::text(token)), ("logprob", Value::Float(logprob))];
    let alternatives = |token: &TokenProb| {
        let finite = token.top.iter().filter(|(_, logprob)| logprob.is_finite());
        Value::list(finite.map(|(token, logprob)| Value::map(pair(token, *logprob))).collect())
    };
    let value = |token: &TokenProb| {
        let top = top.then(|| ("top", alternatives(token)));
        Value::map(pair(&token.token, token.logprob).into_iter().chain(top))
    };
    Ok(Value::list(tokens.iter().map(value).collect()))
}

/// An error if a role gave no log-probabilities, or some that are none.
pub(super) fn given(role: &str, tokens: &[TokenProb]) -> Result<(), StepError> {
    if tokens.is_empty() {
        return Err(StepError::failed(format!(
            "`{role}` gave no log-probabilities: bind it to a model and server that give them"
        )));
    }
    // Rounding makes some servers say a little more than 0.
    match tokens.iter().find(|token| !(token.logprob.is_finite() && token.logprob < 0.01)) {
        Some(wrong) => Err(StepError::failed(format!(
            "`{role}` gave {} as the log-probability of {:?}; expected at most 0",
            wrong.logprob, wrong.token
        ))),
        None => Ok(()),
    }
}
