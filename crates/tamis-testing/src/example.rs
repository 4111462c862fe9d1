//! Examples: steps, a record before them, and what is there afterwards.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use futures::executor::block_on;
use futures::future::BoxFuture;
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value as Json;
use tamis_core::block::{self, Block, Outcome};
use tamis_core::model::{
    Answer, CallError, CallSite, ChatReply, Estimate, Finish, ImageReply, Model, Receipt, Reply, Request, RoleKind,
    Usage,
};
use tamis_core::operator::{Bound, Context, Host};
use tamis_core::testing::{LocalHost, Rows, record, through_barrier};
use tamis_core::typing::type_of;
use tamis_core::{Field, Name, Record, Schema, Type, Value};

use crate::Registry;
use crate::binding::{Around, read};
use crate::pictures::Noise;

/// An example as it is written in a manual page behind ` ```yaml example `.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// the step, or
    step: Option<Json>,
    /// several steps
    #[serde(default)]
    steps: Vec<Json>,
    /// the types of fields where the values do not tell: `box of image`
    #[serde(default)]
    pub types: BTreeMap<String, String>,
    /// fields that are pictures, with their size
    #[serde(default)]
    images: IndexMap<String, String>,
    /// the recipe's data and parameters
    #[serde(default)]
    data: IndexMap<String, Json>,
    /// the recipe's files
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// other recipes, by name
    #[serde(default)]
    recipes: BTreeMap<String, Json>,
    /// the recipe's tables: rows, and the types of their fields where the values do not tell
    #[serde(default)]
    tables: BTreeMap<String, Vec<IndexMap<String, Json>>>,
    /// the record before; for a barrier, the records
    #[serde(rename = "in", default)]
    input: Json,
    /// the kinds of roles that are not `chat`
    #[serde(default)]
    roles: BTreeMap<String, RoleKind>,
    /// what models answer, in order: a text for chat and complete, numbers for a vector, a size for a picture, the
    /// reply as JSON for the rest
    #[serde(default)]
    replies: Vec<Json>,
    /// some of the fields afterwards
    out: Option<Json>,
    /// the same for each of several records
    outs: Option<Vec<Json>>,
    /// a part of the reason for which the record is rejected
    rejects: Option<String>,
    /// a part of the error with which the record fails
    fails: Option<String>,
    /// the numbers of the records that a barrier lets through
    kept: Option<Vec<usize>>,
    /// the operators that its steps may use
    #[serde(skip)]
    registry: Registry,
}

impl Example {
    /// Reads an example.
    ///
    /// # Errors
    /// What is not understood.
    pub fn parse(yaml: &str, registry: Registry) -> Result<Example, String> {
        let json = read(yaml)?.to_json();
        let example: Result<Example, _> = serde_json::from_value(json);
        let example = example.map_err(|error| format!("the example is not understood: {error}"))?;
        Ok(Example { registry, ..example })
    }

    /// The examples in a manual page.
    pub fn all_in(manual: &str, registry: Registry) -> Vec<Result<Example, String>> {
        let fenced = manual.split("```yaml example\n").skip(1);
        fenced.map(|rest| Example::parse(rest.split("\n```").next().unwrap_or(rest), registry)).collect()
    }

    /// The steps.
    pub fn steps(&self) -> Vec<Json> {
        self.step.iter().chain(&self.steps).cloned().collect()
    }

    /// The fields before the steps, by name, with their JSON.
    fn rows(&self) -> Vec<IndexMap<String, Json>> {
        let rows = match &self.input {
            Json::Array(rows) => rows.clone(),
            Json::Null => vec![Json::Object(Default::default())],
            row => vec![row.clone()],
        };
        let pictures = self.images.iter().map(|(name, size)| (name.clone(), Json::String(size.clone())));
        let row = |row: &Json| {
            let fields = row.as_object().cloned().unwrap_or_default();
            pictures.clone().filter(|(n, _)| !fields.contains_key(n)).chain(fields.clone()).collect()
        };
        rows.iter().map(row).collect()
    }

    /// The schema before the steps.
    pub fn schema(&self) -> Schema {
        let mut schema = Schema::new();
        for (name, value) in self.rows().iter().flatten() {
            if !schema.contains(name) {
                schema.set(name.as_str(), self.field(name, value));
            }
        }
        for name in self.types.keys().filter(|n| !self.rows().iter().any(|row| row.contains_key(*n))) {
            schema.set(name.as_str(), self.field(name, &Json::Null));
        }
        let images = schema.images();
        let frames: Vec<(Name, Field)> = schema.iter().map(|(n, f)| (n.clone(), f.clone())).collect();
        for (name, field) in frames {
            if field.of.is_none() && field.ty.holds_geometry() && field.ty != Type::Image && images.len() == 1 {
                schema.set(name, Field::in_frame(field.ty, images[0].clone()));
            }
        }
        schema
    }

    fn field(&self, name: &str, value: &Json) -> Field {
        if self.images.contains_key(name) {
            return Type::Image.into();
        }
        match self.types.get(name) {
            Some(text) => {
                let (ty, of) = text.split_once(" of ").map_or((text.as_str(), None), |(ty, of)| (ty, Some(of)));
                let ty = ty.trim().parse().unwrap_or_else(|e| panic!("{e}"));
                Field { ty, of: of.map(|of| of.trim().into()) }
            }
            None => type_of(&Value::from_plain_json(value)).into(),
        }
    }

    fn around(&self) -> Around {
        let mut roles = Vec::new();
        self.steps().iter().for_each(|step| find_roles(step, &mut roles));
        let constants = self.data.iter().map(|(n, v)| (n.as_str().into(), Value::from_plain_json(v))).collect();
        let mut files = self.files.clone();
        files.extend(self.recipes.iter().map(|(name, recipe)| {
            let mut recipe = recipe.clone();
            recipe["recipe"] = name.as_str().into();
            (format!("used/{name}/recipe.yaml"), recipe.to_string())
        }));
        let kind = |role: String| (self.roles.get(&role).copied().unwrap_or(RoleKind::Chat), role);
        let roles = roles.into_iter().map(kind).map(|(kind, role)| (role, kind)).collect();
        let tables = self.tables.iter().map(|(name, rows)| (name.as_str().into(), table_schema(rows))).collect();
        Around { roles, constants: Arc::new(constants), files, tables, registry: self.registry }
    }

    /// Binds the steps, or tells every problem.
    ///
    /// # Errors
    /// Every problem, with its place.
    pub fn bind(&self) -> Result<(Block, Schema), Vec<String>> {
        self.bind_with(&self.steps(), &self.schema())
    }

    /// Binds other steps, or for another schema.
    ///
    /// # Errors
    /// Every problem, with its place.
    pub fn bind_with(&self, steps: &[Json], schema: &Schema) -> Result<(Block, Schema), Vec<String>> {
        self.around().bind(steps, schema)
    }

    /// A host whose models give the example's replies.
    pub fn host(&self) -> LocalHost {
        let replies = Arc::new(Mutex::new(self.replies.iter().cloned().collect()));
        let player = |kind| -> Arc<dyn Model> { Arc::new(Script { kind, replies: Arc::clone(&replies) }) };
        let roles = self.around().roles;
        let host = roles.iter().fold(LocalHost::new(7), |host, (role, kind)| host.with_model(role, player(*kind)));
        self.tables.iter().fold(host, |host, (name, rows)| {
            let row = |row: &IndexMap<String, Json>| {
                row.iter().map(|(name, json)| (name.as_str().into(), Value::from_plain_json(json))).collect()
            };
            let table = Rows::new(table_schema(rows), rows.iter().map(row).collect());
            host.with_table(name, Arc::new(table))
        })
    }

    /// The records before the steps, as rows from `first` on.
    ///
    /// # Errors
    /// A value that is not of its field's type.
    pub fn records(&self, first: u64, host: &dyn Host) -> Result<Vec<Record>, String> {
        let schema = self.schema();
        let noise = Noise(&**host.media());
        let row = |(i, row): (usize, &IndexMap<String, Json>)| {
            let fields = row.iter().map(|(name, json)| {
                let ty = &schema.get(name).ok_or("a field without a type")?.ty;
                let value = Value::from_json(json, ty, &noise).map_err(|e| format!("`in`: `{name}`: {e}"))?;
                Ok::<_, String>((Name::from(name.as_str()), value))
            });
            Ok(record(first + i as u64, fields.collect::<Result<Vec<_>, _>>()?))
        };
        self.rows().iter().enumerate().map(row).collect()
    }

    /// Takes the record through the steps.
    ///
    /// # Errors
    /// The run stopped, or a value is not of its field's type.
    pub fn run(&self, block: &Block, ordinal: u64) -> Result<Outcome, String> {
        let host = self.host();
        let record = self.records(ordinal, &host)?.remove(0);
        block_on(block::run(&block.steps, record, &host)).map_err(|stop| format!("the run stopped: {stop}"))
    }

    /// Runs the example and compares.
    ///
    /// # Errors
    /// What came out in place of what the example says.
    pub fn check(&self) -> Result<(), String> {
        let (block, _) = self.bind().map_err(|problems| problems.join("\n"))?;
        let barrier = block.steps.iter().any(|step| matches!(step.bound, Bound::Barrier(_)));
        let outcome = if barrier { self.run_barrier(&block, usize::MAX)? } else { self.run(&block, 0)? };
        if let Some(kept) = &self.kept {
            let found = kept_of(&outcome);
            if found != *kept {
                return Err(format!("kept {found:?}, not {kept:?}: {outcome:#?}"));
            }
            if self.outs.is_none() {
                return Ok(());
            }
        }
        match (&self.rejects, &self.fails) {
            (Some(part), _) => {
                let reasons: Vec<_> = outcome.rejected.iter().map(|r| r.reason.as_str()).collect();
                let found = reasons.iter().any(|reason| reason.contains(part.as_str()));
                if found { Ok(()) } else { Err(format!("not rejected because `{part}`: {outcome:#?}")) }
            }
            (_, Some(part)) => {
                let found = outcome.failed.iter().any(|f| f.error.contains(part.as_str()));
                if found { Ok(()) } else { Err(format!("did not fail because `{part}`: {outcome:#?}")) }
            }
            _ => self.compare(&outcome),
        }
    }

    fn compare(&self, outcome: &Outcome) -> Result<(), String> {
        let expected = match (&self.out, &self.outs) {
            (Some(out), _) => vec![out.clone()],
            (_, Some(outs)) => outs.clone(),
            _ => return Err("the example says nothing of what comes out".to_string()),
        };
        if expected.len() != outcome.passed.len() {
            let (expected, passed) = (expected.len(), outcome.passed.len());
            return Err(format!("expected {expected} records, {passed} passed: {outcome:#?}"));
        }
        for (fields, record) in expected.iter().zip(&outcome.passed) {
            for (name, expected) in fields.as_object().into_iter().flatten() {
                let found = record.get(name).cloned().unwrap_or_default();
                if !same(expected, &found) {
                    return Err(format!("`{name}`: expected {expected}, found {}", found.to_json()));
                }
            }
        }
        Ok(())
    }

    /// Takes the records through a barrier in parts of some size.
    ///
    /// # Errors
    /// The step is no barrier, or it could not decide.
    pub fn run_barrier(&self, block: &Block, part: usize) -> Result<Outcome, String> {
        let [step] = block.steps.as_slice() else { return Err("a barrier's example has one step".to_string()) };
        let Bound::Barrier(barrier) = &step.bound else { return Err("the step is no barrier".to_string()) };
        let host = self.host();
        let ctx = Context { host: &host, step: &step.id };
        let records = self.records(0, &host)?;
        through_barrier(&**barrier, records, part, &ctx).map_err(|e| e.to_string())
    }
}

/// The rows of the records that passed, ascending.
pub fn kept_of(outcome: &Outcome) -> Vec<usize> {
    let mut kept: Vec<usize> = outcome.passed.iter().map(|record| record.root.ordinal as usize).collect();
    kept.sort_unstable();
    kept
}

/// Whether a value is what an example expects: a picture by its size, a missing field as `null`, whole numbers as
/// floats.
fn same(expected: &Json, found: &Value) -> bool {
    match (expected, found) {
        (Json::String(size), Value::Media(media)) => {
            let header = media.known_header().map(|h| format!("{}x{}", h.width, h.height));
            header.is_none_or(|found| found == *size)
        }
        (Json::Number(n), _) => found.as_float().is_some_and(|f| n.as_f64().is_some_and(|n| (n - f).abs() < 1e-9)),
        (Json::Array(items), Value::List(found)) => {
            items.len() == found.len() && items.iter().zip(found.iter()).all(|(e, f)| same(e, f))
        }
        (Json::Object(fields), Value::Map(found)) => {
            fields.iter().all(|(n, e)| same(e, found.get(n.as_str()).unwrap_or(&Value::Null)))
        }
        (Json::Array(items), Value::Box(_) | Value::Point(_) | Value::Polygon(_)) => {
            let found = Value::from_plain_json(&found.to_json());
            same(&Json::Array(items.clone()), &found)
        }
        _ => *expected == found.to_json(),
    }
}

/// The fields of a table's rows, as its values tell; one that some rows lack is optional.
fn table_schema(rows: &[IndexMap<String, Json>]) -> Schema {
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| Value::map(row.iter().map(|(name, json)| (name.as_str(), Value::from_plain_json(json)))))
        .collect();
    match type_of(&Value::list(rows)) {
        Type::List(row) => match *row {
            Type::Struct(fields) => fields.into_iter().map(|(name, ty)| (name, Field::new(ty))).collect(),
            other => panic!("a table's rows are {other}"),
        },
        other => panic!("a table is {other}"),
    }
}

fn find_roles(json: &Json, roles: &mut Vec<String>) {
    match json {
        Json::Object(fields) => fields.iter().for_each(|(name, value)| match value {
            Json::String(role) if name == "role" && !roles.contains(role) => roles.push(role.clone()),
            value => find_roles(value, roles),
        }),
        Json::Array(items) => items.iter().for_each(|item| find_roles(item, roles)),
        _ => {}
    }
}

/// A model that answers by heart.
struct Script {
    kind: RoleKind,
    replies: Arc<Mutex<VecDeque<Json>>>,
}

impl Script {
    fn reply(&self, request: &Request, site: &CallSite<'_>) -> Result<Reply, String> {
        let mut replies = self.replies.lock().unwrap();
        let n = match request {
            Request::Chat(request) => request.n.max(1) as usize,
            Request::Complete(request) => request.n.max(1) as usize,
            _ => 1,
        };
        let n = n.min(replies.len());
        let given: Vec<Json> = replies.drain(..n).collect();
        let first = given.first().ok_or("the example has no reply left")?;
        let read = |ty: Type| Value::from_json(first, &ty, &Noise(site.media)).map_err(|e| e.to_string());
        Ok(match request {
            Request::Chat(_) | Request::Complete(_) => {
                let answer = |reply: &Json| match reply {
                    Json::Object(fields) if fields.contains_key("tokens") => {
                        serde_json::from_value::<Answer>(reply.clone()).map_err(|e| e.to_string())
                    }
                    Json::String(text) => Ok(Answer::new(text.as_str(), Finish::Stop)),
                    other => Ok(Answer::new(other.to_string(), Finish::Stop)),
                };
                Reply::Chat(ChatReply { answers: given.iter().map(answer).collect::<Result<_, _>>()? })
            }
            Request::Embed(_) => match read(Type::Vector)? {
                Value::Vector(vector) => Reply::Embed(vector),
                other => return Err(format!("{other:?} is no vector")),
            },
            Request::Image(_) => match read(Type::Image)? {
                Value::Media(media) => {
                    let image = media.hash(site.media).map_err(|e| e.to_string())?;
                    Reply::Image(ImageReply { image, revised_prompt: None })
                }
                other => return Err(format!("{other:?} is no picture")),
            },
            Request::Ocr(_) => Reply::Ocr(serde_json::from_value(first.clone()).map_err(|e| e.to_string())?),
            Request::Code(_) => Reply::Code(serde_json::from_value(first.clone()).map_err(|e| e.to_string())?),
        })
    }
}

impl Model for Script {
    fn kind(&self) -> RoleKind {
        self.kind
    }

    fn call<'a>(
        &'a self,
        request: Request,
        site: &'a CallSite<'a>,
    ) -> BoxFuture<'a, Result<(Reply, Receipt), CallError>> {
        assert!(request.is_for(self.kind), "a request for another role than {}: {request:?}", self.kind);
        let reply = self.reply(&request, site).map_err(|message| CallError::Failed { message, attempts: 1 });
        let receipt = Receipt {
            role: String::new(),
            backend: "script".into(),
            model: "script".into(),
            request: String::new(),
            usage: Usage::default(),
            usd: 0.0,
            cached: false,
            attempts: 1,
            notes: Vec::new(),
        };
        Box::pin(std::future::ready(reply.map(|reply| (reply, receipt))))
    }

    fn estimate(&self, _: &Request, _: &CallSite<'_>) -> Estimate {
        Estimate::default()
    }
}
