//! Bindings for the record: what a run's metadata says of its models, without secrets.

use serde_json::{Map, Value as Json, json};
use tamis_core::model::RoleKind;
use tamis_core::value::Name;

use super::{Bindings, ModelSpec, Roles};
use crate::secret::bare_url;

impl Bindings {
    /// The identity of what is asked: roles, model names and sampling. Neither addresses nor limits nor prices belong
    /// to it, so a run may be resumed on another server. 64 hexadecimal digits.
    pub fn digest(&self, roles: &[(Name, RoleKind)]) -> String {
        let models: Map<String, Json> = self
            .used(roles)
            .into_iter()
            .filter_map(|name| {
                let spec = self.models.get(&name)?;
                let images = (spec.images.max_side, spec.images.max_bytes);
                let asked = json!({
                    "backend": spec.backend.name(), "model": spec.model, "sampling": spec.sampling, "images": images,
                    "options": spec.options(),
                });
                Some((name, asked))
            })
            .collect();
        let players: Map<String, Json> =
            roles.iter().map(|(role, _)| (role.to_string(), self.players_of(role))).collect();
        blake3::hash(json!([players, models]).to_string().as_bytes()).to_hex().to_string()
    }

    fn players_of(&self, role: &str) -> Json {
        self.players(role).iter().map(|p| json!({ "model": p.model, "weight": p.weight })).collect()
    }

    /// Everything but secrets, for a run's metadata and its dataset card.
    pub fn describe(&self) -> Json {
        let models: Map<String, Json> =
            self.models.iter().map(|(name, spec)| (name.clone(), spec.describe())).collect();
        json!({ "source": self.source, "roles": self.roles_as_json(), "models": models })
    }

    /// Who plays a role: kind of backend and the model's name.
    pub fn models_of(&self, role: &str) -> Vec<(String, String)> {
        let players = self.players(role).into_iter().filter_map(|player| self.models.get(&player.model));
        players.map(|spec| (spec.backend.name().to_string(), spec.model.clone().unwrap_or_default())).collect()
    }

    fn roles_as_json(&self) -> Json {
        match &self.roles {
            Roles::All(model) => json!({ "*": model }),
            Roles::Named(roles) => roles
                .iter()
                .map(|(role, players)| {
                    let players: Vec<_> =
                        players.iter().map(|p| json!({ "model": p.model, "weight": p.weight })).collect();
                    (role.clone(), Json::from(players))
                })
                .collect::<Map<_, _>>()
                .into(),
        }
    }
}

impl ModelSpec {
    fn describe(&self) -> Json {
        let urls: Vec<String> = self.urls.iter().map(|url| bare_url(url)).collect();
        json!({
            "backend": self.backend.name(),
            "urls": urls,
            "model": self.model,
            "key": self.key.as_ref().map(|variable| format!("${{{variable}}}")),
            "price": { "input": self.price.input, "output": self.price.output, "image": self.price.image },
            "limits": {
                "concurrency": self.limits.concurrency,
                "requests_per_minute": self.limits.requests_per_minute,
                "tokens_per_minute": self.limits.tokens_per_minute,
                "timeout_s": self.limits.timeout_s,
                "attempts": self.limits.attempts,
            },
            "images": {
                "max_side": self.images.max_side,
                "max_bytes": self.images.max_bytes,
                "tokens": self.image_tokens(),
            },
            "sampling": self.sampling,
            "structured": self.structured.name(),
            "batch": self.batch.as_ref().map(super::BatchSpec::describe),
            "options": self.options(),
        })
    }
}
