//! From bindings to models that answer.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use tamis_core::model::{Model, RoleKind};
use tamis_core::value::Name;

use super::{BackendKind, BindingError, Bindings, ModelSpec};
use crate::backend::Backend;
use crate::batch::{Batcher, Batches};
use crate::bound::BoundModel;
use crate::budget::Budget;
use crate::client::comfyui::ComfyUi;
use crate::client::{Anthropic, Gemini, Http, OpenAi};
use crate::endpoint::Endpoint;
use crate::flight::Flights;
use crate::journal::Journal;
use crate::local::Options;
use crate::meter::Meter;
use crate::role::Role;
use crate::secret::{Secret, bare_url};
use crate::sim::InProcess;

/// What all models of a run share.
#[derive(Clone)]
pub struct Services {
    /// where paid answers are kept and found again; `None` keeps nothing
    pub journal: Option<Arc<Journal>>,
    /// what may be spent
    pub budget: Arc<Budget>,
    /// where it is counted
    pub meter: Arc<Meter>,
    /// what it and the batches at servers tell each other
    pub batches: Arc<Batches>,
}

impl Default for Services {
    /// No journal, no limit.
    fn default() -> Services {
        Services {
            journal: None,
            budget: Arc::new(Budget::unlimited()),
            meter: Arc::default(),
            batches: Arc::default(),
        }
    }
}

/// The servers of a model, and its batches if it has any.
type Connected = (Vec<Arc<Endpoint>>, Option<Batcher>);

impl Bindings {
    /// The models that play `roles`. Roles that share a model share its connections and limits. Servers are asked for
    /// nothing but the name of their model, and only where the bindings do not say it.
    ///
    /// Errors: a role that is not bound; an environment variable that is not set; a server that does not say what it
    /// serves, or serves several models.
    pub async fn connect(
        &self,
        roles: &[(Name, RoleKind)],
        services: Services,
    ) -> Result<BTreeMap<Name, Arc<dyn Model>>, BindingError> {
        let named = self.resolved(roles).await?;
        named.bind(roles, services, |bindings, label, spec, services| {
            let endpoints = bindings.endpoints(label, spec, &services.meter)?;
            Ok((endpoints, bindings.batcher(label, spec, services)?))
        })
    }

    /// The same roles for a plan: they estimate what calls would cost and refuse to make one. Nothing is asked, no
    /// environment variable is read.
    ///
    /// Errors: a role that is not bound.
    pub fn estimators(&self, roles: &[(Name, RoleKind)]) -> Result<BTreeMap<Name, Arc<dyn Model>>, BindingError> {
        self.bind(roles, Services::default(), |_, _, _, _| Ok((Vec::new(), None)))
    }

    /// The bindings with the names of all models that play `roles`, asked from the servers where they are not said.
    ///
    /// Errors: those of [`Bindings::connect`].
    pub async fn resolved(&self, roles: &[(Name, RoleKind)]) -> Result<Bindings, BindingError> {
        let mut named = self.clone();
        for label in self.used(roles) {
            let spec = &self.models[&label];
            if spec.model.is_none() {
                let name = self.ask_name(&label, spec).await?;
                named.models.insert(label, ModelSpec { model: Some(name), ..spec.clone() });
            }
        }
        Ok(named)
    }

    fn bind(
        &self,
        roles: &[(Name, RoleKind)],
        services: Services,
        connect: impl Fn(&Bindings, &str, &ModelSpec, &Services) -> Result<Connected, BindingError>,
    ) -> Result<BTreeMap<Name, Arc<dyn Model>>, BindingError> {
        if let Some(missing) = self.missing(roles).into_iter().next() {
            return Err(BindingError::plain(missing));
        }
        let mut models = BTreeMap::new();
        for label in self.used(roles) {
            let spec = self.models[&label].clone();
            let (endpoints, batcher) = connect(self, &label, &spec, &services)?;
            let model = spec.model.clone().unwrap_or_default();
            models.insert(label.clone(), Arc::new(BoundModel { label, model, spec, endpoints, batcher }));
        }
        let flights = Arc::new(Flights::default());
        let role = |name: &Name, kind: RoleKind| {
            let players = self.players(name).into_iter();
            let players = players.map(|player| (models[&player.model].clone(), player.weight)).collect();
            let (services, flights) = (services.clone(), flights.clone());
            Role { name: name.clone(), kind, players, services, flights, dimension: OnceLock::new() }
        };
        Ok(roles.iter().map(|(name, kind)| (name.clone(), Arc::new(role(name, *kind)) as Arc<dyn Model>)).collect())
    }

    /// The models that play any of `roles`.
    pub(super) fn used(&self, roles: &[(Name, RoleKind)]) -> Vec<String> {
        let mut labels: Vec<_> = roles.iter().flat_map(|(role, _)| self.players(role)).map(|p| p.model).collect();
        labels.sort();
        labels.dedup();
        labels
    }

    fn endpoints(&self, label: &str, spec: &ModelSpec, meter: &Arc<Meter>) -> Result<Vec<Arc<Endpoint>>, BindingError> {
        let model = spec.model.clone().unwrap_or_default();
        let mut backends: Vec<Box<dyn Backend>> = Vec::new();
        match spec.backend {
            BackendKind::Sim => backends.push(Box::new(InProcess::new(spec.embed.dimensions, spec.picture.size))),
            BackendKind::Openai => {
                for (url, key) in self.servers(label, spec)? {
                    let client = OpenAi::new(spec, &url, &model, key).map_err(|e| self.wrong(label, &e))?;
                    backends.push(Box::new(client));
                }
            }
            BackendKind::Anthropic => {
                for (url, key) in self.servers(label, spec)? {
                    let client = Anthropic::new(spec, &url, &model, key).map_err(|e| self.wrong(label, &e))?;
                    backends.push(Box::new(client));
                }
            }
            BackendKind::Gemini => {
                for (url, key) in self.servers(label, spec)? {
                    let client = Gemini::new(spec, &url, &model, key).map_err(|e| self.wrong(label, &e))?;
                    backends.push(Box::new(client));
                }
            }
            BackendKind::Python | BackendKind::Tesseract | BackendKind::Onnx => {
                let timeout_s = spec.limits.timeout_s;
                let local = spec.own.as_ref().map(|options| options.local(timeout_s)).transpose();
                backends.extend(local.map_err(|e| self.wrong(label, &e))?.flatten());
            }
            BackendKind::Comfyui => {
                let key = self.key(label, spec)?;
                let Some(Options::Comfyui(options)) = &spec.own else { return Ok(Vec::new()) };
                for url in &spec.urls {
                    let url = self.expand(label, url)?;
                    let client = ComfyUi::new(spec, options, &url, key.clone()).map_err(|e| self.wrong(label, &e))?;
                    backends.push(Box::new(client));
                }
            }
        }
        Ok(backends.into_iter().map(|backend| Arc::new(Endpoint::new(backend, spec, meter.clone()))).collect())
    }

    /// The batches of a model that is asked through the batch API.
    fn batcher(&self, label: &str, spec: &ModelSpec, services: &Services) -> Result<Option<Batcher>, BindingError> {
        let (Some(batch), Some((url, key))) = (&spec.batch, self.servers(label, spec)?.pop()) else { return Ok(None) };
        let model = spec.model.clone().unwrap_or_default();
        let client = OpenAi::new(spec, &url, &model, key).map_err(|e| self.wrong(label, &e))?;
        Ok(Some(Batcher::new(spec, batch, client, services)))
    }

    /// The addresses of a model's servers, filled in, with its key.
    fn servers(&self, label: &str, spec: &ModelSpec) -> Result<Vec<(String, Option<Secret>)>, BindingError> {
        let key = self.key(label, spec)?;
        spec.urls.iter().map(|url| Ok((self.expand(label, url)?, key.clone()))).collect()
    }

    async fn ask_name(&self, label: &str, spec: &ModelSpec) -> Result<String, BindingError> {
        if let Some(options) = &spec.own {
            return options.name().map_err(|e| self.wrong(label, &e));
        }
        let key = self.key(label, spec)?;
        let url = self.expand(label, spec.urls.first().map_or("", String::as_str))?;
        let timeout = std::time::Duration::from_secs_f64(spec.limits.timeout_s.min(30.0));
        let http = Http::new(&url, key, timeout, 1).map_err(|e| self.wrong(label, &e))?;
        let served = http
            .models()
            .await
            .map_err(|fault| self.wrong(label, &format!("asked for the models it serves, {}", fault.message)))?;
        match served.as_slice() {
            [one] => Ok(one.clone()),
            [] => Err(self.wrong(label, &format!("{} serves no model", bare_url(&url)))),
            several => {
                let names = crate::fault::shorten(&several.join(", "), 500);
                let message = format!("{} serves several models: {names}; write which one as `model:`", bare_url(&url));
                Err(self.wrong(label, &message))
            }
        }
    }

    fn key(&self, label: &str, spec: &ModelSpec) -> Result<Option<Secret>, BindingError> {
        let Some(variable) = &spec.key else { return Ok(None) };
        let message = || format!("the key comes from the environment variable {variable}, which is not set; export it");
        Secret::from_env(variable).map(Some).ok_or_else(|| self.wrong(label, &message()))
    }

    /// A URL with its `${ENV}` filled in.
    fn expand(&self, label: &str, url: &str) -> Result<String, BindingError> {
        let (mut full, mut rest) = (String::new(), url);
        while let Some((before, after)) = rest.split_once("${") {
            let (variable, after) =
                after.split_once('}').ok_or_else(|| self.wrong(label, &format!("`{url}` has `${{` without `}}`")))?;
            let value = std::env::var(variable).map_err(|_| {
                self.wrong(label, &format!("its URL needs the environment variable {variable}, which is not set"))
            })?;
            full.push_str(before);
            full.push_str(&value);
            rest = after;
        }
        full.push_str(rest);
        Ok(full.trim_end_matches('/').to_string())
    }

    fn wrong(&self, label: &str, message: &str) -> BindingError {
        BindingError::of_file(&self.source, format!("model `{label}`: {message}"))
    }
}
