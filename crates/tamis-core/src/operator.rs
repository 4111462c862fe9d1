//! The contract of an operator: a config struct that binds to a place in a recipe and becomes something that runs.

use std::sync::Arc;

use futures::future::BoxFuture;
use image::DynamicImage;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::barrier::Barrier;
use crate::bind::Scope;
use crate::block::{Outcome, Step};
use crate::error::StepError;
use crate::id::RecordId;
use crate::media::{Bytes, Media, MediaError, MediaKind, MediaStore};
use crate::model::{CallSite, Model, Receipt, Reply, Request};
use crate::record::{Record, StoryEvent};
use crate::rng::Rng;
use crate::schema::Schema;
use crate::table::{OwnTable, Table};
use crate::value::{Name, Value};

/// The config of an operator, as written in a recipe.
///
/// The doc comment of the type is the operator's page in the manual; the doc comments of its fields are the reference
/// of its options; the JSON schema of the editors comes from the same struct.
pub trait OperatorConfig: DeserializeOwned + schemars::JsonSchema + 'static {
    /// The name in recipes: `kind.verb`.
    const NAME: &'static str;

    /// Whether it is there to reject records; fixtures have to make each such step reject one.
    const GATE: bool = false;

    /// Checks the config against the fields, roles and files at its place and makes the thing that runs.
    ///
    /// Problems are told to `scope`, all of them; then `None` is returned.
    fn bind(self, scope: &mut Scope<'_>) -> Option<Bound>;
}

/// An operator in the registry.
#[derive(Clone, Copy)]
pub struct OperatorSpec {
    /// the name in recipes
    pub name: &'static str,
    /// whether it is there to reject records
    pub gate: bool,
    /// the JSON schema of its config, manual page included
    pub schema: fn() -> schemars::Schema,
    /// reads the config and binds it
    pub bind: fn(&Json, &mut Scope<'_>) -> Option<Bound>,
}

impl OperatorSpec {
    /// The entry of an operator.
    pub const fn of<C: OperatorConfig>() -> OperatorSpec {
        OperatorSpec { name: C::NAME, gate: C::GATE, schema: || schemars::schema_for!(C), bind: bind::<C> }
    }

    /// The manual page: the doc comment of the config.
    pub fn manual(&self) -> String {
        let schema = (self.schema)();
        schema.get("description").and_then(Json::as_str).unwrap_or_default().to_string()
    }
}

fn bind<C: OperatorConfig>(config: &Json, scope: &mut Scope<'_>) -> Option<Bound> {
    // An operator without options may be written with nothing behind its colon.
    let empty = Json::Object(serde_json::Map::new());
    let config = if config.is_null() { &empty } else { config };
    match serde_path_to_error::deserialize::<_, C>(config) {
        Ok(config) => config.bind(scope),
        Err(error) => {
            let path = error.path().to_string();
            scope.problem(if path == "." { "" } else { &path }, error.into_inner().to_string());
            None
        }
    }
}

/// An operator bound to its place in a recipe.
pub enum Bound {
    /// one record at a time, at once
    Transform(Box<dyn Transform>),
    /// one record at a time, waiting for models or running nested steps
    Process(Box<dyn Process>),
    /// all records before any goes on
    Barrier(Box<dyn Barrier>),
    /// several steps in its place, each with the fields behind it; barriers may be among them
    Sequence(Vec<(Step, Schema)>),
}

impl Bound {
    /// A record-wise operator that does not wait.
    pub fn transform(operator: impl Transform + 'static) -> Option<Bound> {
        Some(Bound::Transform(Box::new(operator)))
    }

    /// A record-wise operator that waits.
    pub fn process(operator: impl Process + 'static) -> Option<Bound> {
        Some(Bound::Process(Box::new(operator)))
    }

    /// A barrier.
    pub fn barrier(operator: impl Barrier + 'static) -> Option<Bound> {
        Some(Bound::Barrier(Box::new(operator)))
    }
}

/// A record-wise operator that does not wait.
pub trait Transform: Send + Sync {
    /// Works on the record in place and says what becomes of it.
    fn apply(&self, record: &mut Record, ctx: &Context<'_>) -> Result<Verdict, StepError>;

    /// Whether it decodes or draws pixels; such work runs in the CPU pool and counts against its memory bound.
    fn touches_pixels(&self) -> bool {
        false
    }
}

/// A record-wise operator that waits for models or runs nested steps.
pub trait Process: Send + Sync {
    /// Works on the record in place and says what becomes of it.
    fn run<'a>(&'a self, record: &'a mut Record, ctx: &'a Context<'a>) -> BoxFuture<'a, Result<Verdict, StepError>>;

    /// Whether records may wait in it; nested steps decide for those who only run them.
    fn waits(&self) -> bool {
        true
    }
}

/// What becomes of a record after a step.
#[derive(Debug)]
pub enum Verdict {
    /// it goes on
    Pass,
    /// it is rejected
    Reject(Reject),
    /// it is replaced by these, made with [`Record::child`], at least one
    Split(Vec<Record>),
    /// nested steps have decided; their passed records go on in its place
    Became(Outcome),
    /// it ends here because what it holds went into these records; only barriers say so
    Gathered(Vec<RecordId>),
}

/// Why a gate rejected a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Reject {
    /// in words, the same for all records rejected for the same reason
    pub reason: String,
    /// the values that decided
    pub values: Vec<(Name, Value)>,
}

impl Reject {
    /// A rejection with the values that decided.
    pub fn because<N: Into<Name>>(reason: impl Into<String>, values: impl IntoIterator<Item = (N, Value)>) -> Verdict {
        let values = values.into_iter().map(|(n, v)| (n.into(), v)).collect();
        Verdict::Reject(Reject { reason: reason.into(), values })
    }
}

/// What a step can ask for while it works on a record.
pub struct Context<'a> {
    /// the services of the run
    pub host: &'a dyn Host,
    /// the step's id
    pub step: &'a str,
}

/// The services of a run.
pub trait Host: Send + Sync {
    /// The run's seed.
    fn seed(&self) -> u64;

    /// Where media are read and written.
    fn media(&self) -> &Arc<dyn MediaStore>;

    /// The model that plays a role.
    fn model(&self, role: &str) -> Option<&Arc<dyn Model>>;

    /// The rows of one of the recipe's tables.
    fn table(&self, name: &str) -> Option<&Arc<dyn Table>>;

    /// The tables that a user gave where the recipe takes any columns; none where none were given.
    fn own_tables(&self, name: &str) -> &[OwnTable];

    /// The pixels of a picture, upright, 8 bits a channel. Decoded once however many steps look.
    fn pixels(&self, media: &Arc<Media>) -> Result<Arc<DynamicImage>, MediaError>;

    /// Runs work that is heavy on the CPU without holding up those who wait for models.
    fn heavy<'a>(&'a self, work: Box<dyn FnOnce() + Send + 'a>) -> BoxFuture<'a, ()>;
}

impl<'a> Context<'a> {
    /// The record's own randomness in this step.
    pub fn rng(&self, record: &Record) -> Rng {
        Rng::keyed(self.host.seed(), record.id, self.step, &record.visits)
    }

    /// The media store.
    pub fn media(&self) -> &'a Arc<dyn MediaStore> {
        self.host.media()
    }

    /// A picture that this step made. It stays in memory while its record is worked on: what no record ends with, and
    /// no model sees, is never written to disk.
    pub fn made(&self, kind: MediaKind, bytes: Vec<u8>) -> Value {
        let media = Media::held(kind, Bytes::from(bytes), "");
        // Known from here on, as of media in the store; an error shows when somebody asks.
        let _ = media.header(&**self.media());
        Value::Media(Arc::new(media))
    }

    /// The pixels of a picture; an error names the field.
    pub fn pixels(&self, field: &str, media: &Arc<Media>) -> Result<Arc<DynamicImage>, StepError> {
        self.host.pixels(media).map_err(|e| StepError::field(field, e.to_string()))
    }

    /// Asks a role on behalf of a record and adds the receipt to its story.
    pub async fn call(&self, record: &mut Record, role: &str, request: Request) -> Result<Reply, StepError> {
        let model =
            self.host.model(role).ok_or_else(|| StepError::failed(format!("no model plays the role `{role}`")))?;
        let site = CallSite { record: record.id, step: self.step, media: &**self.host.media() };
        let (reply, mut receipt): (Reply, Receipt) = model.call(request, &site).await?;
        receipt.role = role.to_string();
        record.tell(self.step, StoryEvent::Call(receipt));
        Ok(reply)
    }
}
