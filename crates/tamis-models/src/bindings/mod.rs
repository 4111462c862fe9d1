//! Bindings: which model plays which role of a recipe. Read from `models.yaml`, from a URL, or the simulator.

mod batch;
mod connect;
mod describe;
mod error;
mod kinds;
mod parse;
mod spec;
mod vendor;

use std::collections::BTreeMap;
use std::path::Path;

use tamis_core::error::did_you_mean;
use tamis_core::model::RoleKind;
use tamis_core::value::Name;

pub use connect::Services;
pub use error::BindingError;
pub(crate) use kinds::{Complete, Encoding, PICTURE_FIELDS, PictureWay, Thoughts, Way};
pub(crate) use spec::{BackendKind, BatchSpec, Images, ModelSpec, Player, Structured, Unfinished};

/// Which models play which roles; nothing has been asked of any of them.
///
/// ```yaml
/// roles:
///   writer: qwen
///   judge: [{ model: big, weight: 3 }, { model: small }]   # by weight, each stands in for the other
/// models:
///   qwen:
///     backend: openai                      # or sim, the simulator in this process
///     url: http://localhost:8000/v1        # or urls: [..], several servers of the same model
///     model: Qwen/Qwen2.5-VL-72B-Instruct  # asked from the server when absent and it serves one
///     key: ${OPENAI_API_KEY}               # only from the environment
///     price: { input: 0.5, output: 1.5 }   # US dollars for a million tokens; `image` for a painted picture
///     limits: { concurrency: 64, requests_per_minute: 600, tokens_per_minute: 100000, timeout_s: 120, attempts: 8 }
///     images: { max_side: 1568, max_bytes: 5000000, tokens: qwen2-vl }
///     sampling: { temperature: 0.7, max_tokens: 1024 }     # where the recipe says nothing
///     structured: json_schema              # or json_object, or prompt
///     batch: true                          # through the batch API; or { max_requests: 50000, window: 24h, .. }
///     thoughts: keep                       # or drop, what a reasoning parser splits off the answer
///     complete: { template: qwen/chat_template.jinja }     # for roles that complete
///     embed: { batch: 32, dimensions: 512 }                # for roles that embed
///     picture: { size: 1024x1024, extra: { quality: high } }   # for roles that paint or edit
///   big: { backend: openai, url: https://api.example.com/v1, model: big-1, key: "${BIG_KEY}" }
///   claude: { backend: anthropic, model: claude-sonnet-4-5, key: "${ANTHROPIC_API_KEY}" }
///   gemini: { backend: gemini, model: gemini-2.5-flash, key: "${GEMINI_API_KEY}" }
///   small: { backend: sim }
/// ```
#[derive(Clone, Debug)]
pub struct Bindings {
    /// what to call the bindings in messages
    source: String,
    roles: Roles,
    models: BTreeMap<String, ModelSpec>,
}

#[derive(Clone, Debug)]
enum Roles {
    /// one model plays everything
    All(String),
    Named(BTreeMap<String, Vec<Player>>),
}

impl Bindings {
    /// Reads `models.yaml`. Asks no server, and no environment variable.
    ///
    /// Errors: a file that cannot be read; whatever is wrong in it, with line and column.
    pub fn load(path: impl AsRef<Path>) -> Result<Bindings, BindingError> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let length = std::fs::metadata(path).map_err(|e| BindingError::of_file(&name, e.to_string()))?.len();
        if length > 1 << 20 {
            return Err(BindingError::of_file(
                &name,
                format!("{length} bytes are too many for bindings; at most 1 MiB"),
            ));
        }
        let text = std::fs::read_to_string(path).map_err(|e| BindingError::of_file(&name, e.to_string()))?;
        parse::parse(&name, &text)
    }

    /// Reads bindings from a text; `name` is what errors call it.
    ///
    /// Errors: whatever is wrong, with line and column.
    pub fn parse(name: &str, text: &str) -> Result<Bindings, BindingError> {
        parse::parse(name, text)
    }

    /// Binds every role to the one model of a server that speaks OpenAI's protocol, as in `http://host:8000/v1`.
    ///
    /// Errors: a text that is no such URL.
    pub fn from_url(url: &str) -> Result<Bindings, BindingError> {
        if !(url.starts_with("http://") || url.starts_with("https://")) {
            let message = format!("`{url}` is no URL of a server: expected something like http://localhost:8000/v1");
            return Err(BindingError::plain(message));
        }
        if url.split_once("://").is_some_and(|(_, rest)| rest.split('/').next().unwrap_or_default().contains('@')) {
            let message = "a URL with a name or password in it would be written into the run directory; write a \
                           models.yaml with `key: ${VARIABLE}` instead";
            return Err(BindingError::plain(message));
        }
        let spec = ModelSpec { urls: vec![url.trim_end_matches('/').to_string()], ..ModelSpec::openai() };
        let models = BTreeMap::from([("default".to_string(), spec)]);
        Ok(Bindings { source: crate::secret::bare_url(url), roles: Roles::All("default".into()), models })
    }

    /// Binds every role to the simulator in this process: no network, no cost, plausible nonsense.
    pub fn simulated() -> Bindings {
        let models = BTreeMap::from([("sim".to_string(), ModelSpec::sim())]);
        Bindings { source: "the simulator".into(), roles: Roles::All("sim".into()), models }
    }

    /// What `--models` says: `sim`, a URL, or a file.
    ///
    /// Errors: those of [`Bindings::from_url`] and [`Bindings::load`].
    pub fn from_argument(argument: &str) -> Result<Bindings, BindingError> {
        match argument {
            "sim" => Ok(Bindings::simulated()),
            url if url.contains("://") => Bindings::from_url(url),
            file => Bindings::load(file),
        }
    }

    /// One message for each role that nothing plays, or that is bound to what cannot play it.
    pub fn missing(&self, roles: &[(Name, RoleKind)]) -> Vec<String> {
        let mut problems = self.unbound(roles);
        problems.extend(roles.iter().flat_map(|(role, kind)| self.miscast(role, *kind)));
        problems
    }

    /// The models that are bound to a role of a kind that their backend does not play.
    fn miscast(&self, role: &str, kind: RoleKind) -> Vec<String> {
        let spec = |label: &str| self.models.get(label);
        let players = self.players(role).into_iter().filter_map(|p| Some((spec(&p.model)?, p.model)));
        let playing: Vec<_> = BackendKind::ALL.iter().filter(|b| b.plays(kind)).map(|b| b.name()).collect();
        let playing = if playing.is_empty() { "none".to_string() } else { playing.join(", ") };
        players
            .filter(|(spec, _)| !spec.plays(kind))
            .map(|(spec, label)| {
                format!(
                    "{} binds the {kind} role `{role}` to the model `{label}`, whose backend {} does not play {kind}; \
                     backends that do: {playing}",
                    self.source,
                    spec.backend.name()
                )
            })
            .collect()
    }

    fn unbound(&self, roles: &[(Name, RoleKind)]) -> Vec<String> {
        let Roles::Named(bound) = &self.roles else { return Vec::new() };
        let absent = roles.iter().filter(|(role, _)| !bound.contains_key(role.as_ref()));
        absent
            .map(|(role, kind)| {
                let hint = did_you_mean(role, bound.keys().map(String::as_str));
                let names: Vec<_> = bound.keys().map(String::as_str).collect();
                let names = if names.is_empty() { "none".to_string() } else { names.join(", ") };
                format!("{} binds no model to the {kind} role `{role}`{hint} (bound roles: {names})", self.source)
            })
            .collect()
    }

    /// The models that play a role, with their weights.
    pub(crate) fn players(&self, role: &str) -> Vec<Player> {
        match &self.roles {
            Roles::All(model) => vec![Player { model: model.clone(), weight: 1.0 }],
            Roles::Named(roles) => roles.get(role).cloned().unwrap_or_default(),
        }
    }
}
