//! What the tests of operators share: a place in a recipe, a model with scripted answers, and one record's way.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use futures::executor::block_on;
use futures::future::BoxFuture;
use serde_json::Value as Json;
use tamis_core::bind::{Scope, Subrecipe, Surroundings};
use tamis_core::block::Block;
use tamis_core::media::{MediaKind, encode_png};
use tamis_core::model::{
    Answer, CallError, CallSite, ChatReply, ChatRequest, CompleteRequest, Estimate, Finish, Message, Model, Part,
    Receipt, Reply, Request, RoleKind, Usage,
};
use tamis_core::operator::{Bound, Context, Host, OperatorConfig, OperatorSpec, Verdict};
use tamis_core::schema::Field;
use tamis_core::template::Constants;
use tamis_core::testing::{LocalHost, record};
use tamis_core::{Media, Name, Record, Schema, StepError, Type, Value};

/// A place in a recipe: fields with their values, files and constants, and a role `writer`.
pub(crate) struct Place {
    schema: Schema,
    values: Vec<(Name, Value)>,
    files: BTreeMap<String, String>,
    constants: Vec<(Name, Value)>,
    kind: RoleKind,
    host: LocalHost,
}

struct Around {
    files: BTreeMap<String, String>,
    roles: BTreeMap<Name, RoleKind>,
    constants: Constants,
}

impl Surroundings for Around {
    fn read_file(&self, path: &str) -> Result<String, String> {
        self.files.get(path).cloned().ok_or_else(|| format!("there is no file {path}"))
    }

    fn roles(&self) -> &BTreeMap<Name, RoleKind> {
        &self.roles
    }

    fn use_role(&self, _: &str) {}

    fn constants(&self) -> &Constants {
        &self.constants
    }

    fn block(&self, _: &str, _: &str, _: &Schema) -> Option<(Block, Schema)> {
        None
    }

    fn recipe(&self, name: &str, _: &str, _: &[(String, Json)]) -> Result<Subrecipe, String> {
        Err(format!("no recipe {name}"))
    }
}

impl Place {
    /// With fields as `name: type, name: type`; geometry is in the frame of the first image.
    pub(crate) fn new(fields: &str) -> Place {
        let Ok(Type::Struct(types)) = format!("{{{fields}}}").parse::<Type>() else { panic!("{fields}") };
        let image = types.iter().find(|(_, ty)| **ty == Type::Image).map(|(name, _)| name.clone());
        let field = |ty: Type| Field { of: image.clone().filter(|_| ty.holds_geometry()), ty };
        let schema = types.into_iter().map(|(name, ty)| (name, field(ty))).collect();
        Place {
            schema,
            values: vec![],
            files: BTreeMap::new(),
            constants: vec![],
            kind: RoleKind::Chat,
            host: LocalHost::new(7),
        }
    }

    /// With a role `writer` of another kind than `chat`.
    pub(crate) fn kind(self, kind: RoleKind) -> Place {
        Place { kind, ..self }
    }

    pub(crate) fn file(mut self, path: &str, text: &str) -> Place {
        self.files.insert(path.into(), text.into());
        self
    }

    pub(crate) fn constant(mut self, name: &str, value: impl Into<Value>) -> Place {
        self.constants.push((name.into(), value.into()));
        self
    }

    pub(crate) fn value(mut self, name: &str, value: impl Into<Value>) -> Place {
        self.values.push((name.into(), value.into()));
        self
    }

    /// A field's value as JSON of its type.
    pub(crate) fn json(self, name: &str, json: Json) -> Place {
        let ty = &self.schema.get(name).unwrap().ty;
        let value = Value::from_json(&json, ty, &tamis_core::convert::NoMedia).unwrap();
        self.value(name, value)
    }

    /// A black picture.
    pub(crate) fn picture(self, name: &str, width: u32, height: u32) -> Place {
        self.pixels(name, &image::DynamicImage::new_rgb8(width, height))
    }

    pub(crate) fn pixels(self, name: &str, image: &image::DynamicImage) -> Place {
        self.held(name, &encode_png(image).unwrap())
    }

    pub(crate) fn held(self, name: &str, bytes: &[u8]) -> Place {
        let media = self.media(bytes);
        self.value(name, media)
    }

    /// The value of a field.
    pub(crate) fn value_of(&self, name: &str) -> &Value {
        self.values.iter().find(|(n, _)| &**n == name).map(|(_, value)| value).unwrap()
    }

    /// Bytes in the store of this place.
    pub(crate) fn media(&self, bytes: &[u8]) -> Value {
        Value::Media(self.host.media().put(MediaKind::Image, bytes).unwrap())
    }

    pub(crate) fn mask(&self, image: &image::DynamicImage) -> Value {
        Value::Media(self.host.media().put(MediaKind::Mask, &encode_png(image).unwrap()).unwrap())
    }

    /// Binds something; its result, or the problems as `at: message`.
    pub(crate) fn bind<T>(&self, bind: impl FnOnce(&mut Scope<'_>) -> Option<T>) -> Result<T, Vec<String>> {
        self.bind_with_schema(bind).0
    }

    fn bind_with_schema<T>(&self, bind: impl FnOnce(&mut Scope<'_>) -> Option<T>) -> (Result<T, Vec<String>>, Schema) {
        let around = Around {
            files: self.files.clone(),
            roles: [("writer".into(), self.kind)].into(),
            constants: Arc::new(self.constants.clone()),
        };
        let mut scope = Scope::new("step", self.schema.clone(), &around);
        let bound = bind(&mut scope);
        let (problems, _, _, schema) = scope.finish();
        let problems: Vec<String> = problems.iter().map(|p| format!("{}: {}", p.at, p.message)).collect();
        (if problems.is_empty() { bound.ok_or(problems) } else { Err(problems) }, schema)
    }

    /// The problems of a config.
    pub(crate) fn problems<C: OperatorConfig>(&self, config: &str) -> Vec<String> {
        self.bind(|scope| bind::<C>(config, scope)).err().unwrap_or_default()
    }

    /// The schema behind a step.
    pub(crate) fn schema_behind<C: OperatorConfig>(&self, config: &str) -> Schema {
        let (bound, schema) = self.bind_with_schema(|scope| bind::<C>(config, scope));
        if let Err(problems) = bound {
            panic!("{problems:?}");
        }
        schema
    }
}

fn bind<C: OperatorConfig>(config: &str, scope: &mut Scope<'_>) -> Option<Bound> {
    let config: Json = serde_saphyr::from_str(config).unwrap();
    (OperatorSpec::of::<C>().bind)(&config, scope)
}

/// A role that gives its answers in order and keeps what it was asked.
#[derive(Default)]
pub(crate) struct Scripted {
    answers: Mutex<VecDeque<Answer>>,
    requests: Mutex<Vec<ChatRequest>>,
    completed: Mutex<Vec<CompleteRequest>>,
    failing: Option<String>,
}

impl Scripted {
    pub(crate) fn saying(replies: &[&str]) -> Scripted {
        replies.iter().fold(Scripted::default(), |script, reply| script.then(reply, Finish::Stop))
    }

    pub(crate) fn failing(message: &str) -> Scripted {
        Scripted { failing: Some(message.to_string()), ..Scripted::default() }
    }

    pub(crate) fn then(self, text: &str, finish: Finish) -> Scripted {
        self.answering(Answer::new(text, finish))
    }

    pub(crate) fn answering(self, answer: Answer) -> Scripted {
        self.answers.lock().unwrap().push_back(answer);
        self
    }
}

impl Model for Scripted {
    fn kind(&self) -> RoleKind {
        RoleKind::Chat
    }

    fn call<'a>(&'a self, request: Request, _: &'a CallSite<'a>) -> BoxFuture<'a, Result<(Reply, Receipt), CallError>> {
        if let Some(message) = self.failing.clone() {
            return Box::pin(std::future::ready(Err(CallError::Failed { message, attempts: 3 })));
        }
        let mut answers = self.answers.lock().unwrap();
        let mut give = |n| -> Vec<Answer> { (0..n).filter_map(|_| answers.pop_front()).collect() };
        let given = match request {
            Request::Chat(request) => {
                let given = give(request.n);
                self.requests.lock().unwrap().push(request);
                given
            }
            Request::Complete(request) => {
                let given = give(request.n);
                self.completed.lock().unwrap().push(request);
                given
            }
            other => panic!("{other:?}"),
        };
        let receipt = Receipt {
            role: String::new(),
            backend: "test".into(),
            model: "test".into(),
            request: String::new(),
            usage: Usage::default(),
            usd: 0.0,
            cached: false,
            attempts: 1,
            notes: vec![],
        };
        Box::pin(std::future::ready(Ok((Reply::Chat(ChatReply { answers: given }), receipt))))
    }

    fn estimate(&self, _: &Request, _: &CallSite<'_>) -> Estimate {
        Estimate::default()
    }
}

/// What became of one record in one step.
pub(crate) struct Run {
    pub(crate) record: Record,
    pub(crate) result: Result<Verdict, StepError>,
    pub(crate) requests: Vec<ChatRequest>,
    pub(crate) completed: Vec<CompleteRequest>,
    pub(crate) host: LocalHost,
}

/// Takes the record of a place through a step.
pub(crate) fn run<C: OperatorConfig>(place: Place, config: &str, model: Scripted) -> Run {
    let bound = match place.bind(|scope| bind::<C>(config, scope)) {
        Ok(bound) => bound,
        Err(problems) => panic!("{problems:?}"),
    };
    let model = Arc::new(model);
    let host = place.host.with_model("writer", model.clone());
    let mut record = record(0, place.values);
    let ctx = Context { host: &host, step: "step" };
    let result = match &bound {
        Bound::Transform(transform) => transform.apply(&mut record, &ctx),
        Bound::Process(process) => block_on(process.run(&mut record, &ctx)),
        Bound::Barrier(_) | Bound::Sequence(_) => panic!("no record-wise step"),
    };
    let requests = std::mem::take(&mut *model.requests.lock().unwrap());
    let completed = std::mem::take(&mut *model.completed.lock().unwrap());
    Run { record, result, requests, completed, host }
}

/// The same without a model.
pub(crate) fn transform<C: OperatorConfig>(place: Place, config: &str) -> Run {
    run::<C>(place, config, Scripted::default())
}

impl Run {
    fn passed(&self) {
        assert!(matches!(self.result, Ok(Verdict::Pass)), "{:?}", self.result);
    }

    /// A field of a record that passed, as JSON.
    pub(crate) fn get(&self, name: &str) -> Json {
        self.value(name).to_json()
    }

    /// A field of a record that passed.
    pub(crate) fn value(&self, name: &str) -> &Value {
        self.passed();
        self.record.get(name).unwrap_or_else(|| panic!("no field {name}"))
    }

    /// The pixels of a picture.
    pub(crate) fn pixels(&self, name: &str) -> Arc<image::DynamicImage> {
        self.pixels_of(self.value(name).as_media().unwrap())
    }

    pub(crate) fn pixels_of(&self, media: &Arc<Media>) -> Arc<image::DynamicImage> {
        self.host.pixels(media).unwrap()
    }

    /// The reason of a rejection.
    pub(crate) fn rejected(&self) -> &str {
        match &self.result {
            Ok(Verdict::Reject(reject)) => &reject.reason,
            other => panic!("{other:?}"),
        }
    }

    /// The error of a failure.
    pub(crate) fn failed(&self) -> String {
        match &self.result {
            Err(error) => error.to_string(),
            other => panic!("{other:?}"),
        }
    }

    /// A conversation as lines.
    pub(crate) fn turns(&self, name: &str) -> Vec<String> {
        let turns = self.value(name).as_list().unwrap();
        let messages: Vec<Message> = turns.iter().map(|turn| super::messages::message(name, turn).unwrap()).collect();
        shown(&messages)
    }
}

/// Messages as lines; a picture is shown by its size.
pub(crate) fn shown(messages: &[Message]) -> Vec<String> {
    let part = |part: &Part| match part {
        Part::Text(text) => text.to_string(),
        Part::Image(media) => match media.known_header() {
            Some(header) => format!("<{}x{}>", header.width, header.height),
            None => "<unreadable>".to_string(),
        },
    };
    let line = |m: &Message| {
        let parts: Vec<String> = m.parts.iter().map(part).collect();
        format!("{}: {}", super::messages::speaker_name(m.speaker), parts.join(" "))
    };
    messages.iter().map(line).collect()
}

/// A black picture with a white rectangle `[x0, y0, x1, y1]`.
pub(crate) fn painted(width: u32, height: u32, [x0, y0, x1, y1]: [u32; 4]) -> image::DynamicImage {
    let white = |x, y| (x0..x1).contains(&x) && (y0..y1).contains(&y);
    let pixel = |x, y| image::Rgb([if white(x, y) { 255 } else { 0 }; 3]);
    image::DynamicImage::ImageRgb8(image::RgbImage::from_fn(width, height, pixel))
}

/// The box around what is brighter than middle grey.
pub(crate) fn ink(pixels: &image::DynamicImage) -> [f64; 4] {
    let grey = pixels.to_luma8();
    let bright = grey.enumerate_pixels().filter(|(_, _, p)| p.0[0] > 127);
    bright.fold([f64::MAX, f64::MAX, 0.0, 0.0], |[x0, y0, x1, y1], (x, y, _)| {
        let (x, y) = (f64::from(x), f64::from(y));
        [x0.min(x), y0.min(y), x1.max(x + 1.0), y1.max(y + 1.0)]
    })
}

/// A painted picture as a JPEG that has to be turned by 90 degrees clockwise to stand upright.
pub(crate) fn jpeg_on_its_side(width: u16, height: u16, paint: [u32; 4]) -> Vec<u8> {
    // TIFF header, one entry: tag 0x0112, one short, value 6.
    let exif = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 100);
    encoder.add_exif_metadata(exif).unwrap();
    let pixels = painted(width.into(), height.into(), paint).into_rgb8();
    encoder.encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb).unwrap();
    bytes
}
