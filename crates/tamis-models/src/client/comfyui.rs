//! `backend: comfyui`: a workflow with places to fill, run by a ComfyUI server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use tamis_core::media::{Bytes, Media, MediaStore};
use tamis_core::model::{ImageReply, ImageRequest, Reply, Request, RoleKind, Usage};

use super::http::Http;
use super::picture;
use crate::backend::{Answered, Ask, Backend};
use crate::bindings::{Images, ModelSpec};
use crate::fault::{Fault, FaultKind, shorten};
use crate::limits::concurrency::OnSend;
use crate::painted;
use crate::secret::Secret;

/// Milliseconds between looks whether a picture is done: the first, and at most.
const LOOKS: (u64, u64) = (200, 2000);
/// Between the parts of an upload.
const BOUNDARY: &str = "tamis-8f0c41d29be7";

/// `options` of a model with `backend: comfyui`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Options {
    /// the workflow as ComfyUI saves it for its API
    workflow: PathBuf,
    /// where in it what is written: `prompt`, `negative`, `seed`, `width`, `height`, `image`, `mask`, and names of your
    /// own for what a recipe passes as `extra`
    inputs: BTreeMap<String, Places>,
    /// the node whose picture is taken; the first that saves one where it is not said
    output: Option<String>,
    /// the workflow's contents, once they were read
    #[serde(skip)]
    graph: Json,
}

/// `6.inputs.text`, or a list of these: a list of pictures goes into them one after the other, all else into each.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(untagged)]
enum Places {
    One(String),
    Several(Vec<String>),
}

impl Options {
    /// Reads the workflow and looks whether the places are there; files are taken from `folder`.
    ///
    /// Errors, in words: no such file, a workflow of another format, a place that is not in it.
    pub(crate) fn check(mut self, folder: &Path) -> Result<Options, String> {
        let path = folder.join(&self.workflow);
        let text = std::fs::read(&path).map_err(|e| format!("cannot read the workflow {}: {e}", path.display()))?;
        self.graph = serde_json::from_slice(&text).map_err(|e| format!("{} is no JSON: {e}", path.display()))?;
        let nodes = self.graph.as_object().filter(|nodes| {
            !nodes.is_empty()
                && nodes.values().all(|node| node.get("class_type").is_some() && node.get("inputs").is_some())
        });
        let nodes = nodes.ok_or_else(|| {
            format!("{} is no workflow for the API; save it in ComfyUI with Export (API)", path.display())
        })?;
        if !self.inputs.contains_key("prompt") {
            return Err("`inputs` lacks `prompt`: where the text goes, like 6.inputs.text".into());
        }
        if let Some(output) = self.output.as_ref().filter(|output| !nodes.contains_key(*output)) {
            return Err(format!("`output` is the node `{output}`, which {} does not have", path.display()));
        }
        for (name, place) in self.inputs.iter().flat_map(|(name, places)| places.all().map(move |place| (name, place)))
        {
            let mut graph = self.graph.clone();
            find(&mut graph, place)
                .ok_or_else(|| format!("`inputs.{name}` is `{place}`, which {} does not have", path.display()))?;
        }
        Ok(self)
    }

    /// What it plays: a workflow that takes a picture edits it.
    pub(crate) fn kind(&self) -> RoleKind {
        if self.inputs.contains_key("image") { RoleKind::ImageEdit } else { RoleKind::TextToImage }
    }

    /// What of them decides the picture.
    pub(crate) fn asked(&self) -> Json {
        json!([self.graph, self.inputs, self.output])
    }

    /// The workflow with everything written into it.
    fn fill(&self, values: &BTreeMap<&str, Json>) -> Result<Json, String> {
        let mut graph = self.graph.clone();
        for (name, value) in values {
            let places = self.inputs.get(*name).ok_or_else(|| {
                let names = self.inputs.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                format!("the workflow has no place for `{name}`; name it under `inputs` (it has {names})")
            })?;
            for place in places.all() {
                if let Some(place) = find(&mut graph, place) {
                    *place = value.clone();
                }
            }
        }
        Ok(graph)
    }
}

impl Places {
    fn all(&self) -> impl Iterator<Item = &str> {
        let places = match self {
            Places::One(place) => std::slice::from_ref(place),
            Places::Several(places) => places,
        };
        places.iter().map(String::as_str)
    }
}

/// A name for the workflow: its file's, with the hash of its contents.
///
/// Errors: none; a workflow was read before.
pub(crate) fn name(options: &Options) -> Result<String, String> {
    let hash = blake3::hash(options.graph.to_string().as_bytes()).to_hex();
    let stem = options.workflow.file_stem().unwrap_or_default().to_string_lossy();
    Ok(format!("{stem} {}", &hash[..16]))
}

/// The value at `6.inputs.text`.
fn find<'a>(graph: &'a mut Json, place: &str) -> Option<&'a mut Json> {
    place.split('.').try_fold(graph, |value, key| match value {
        Json::Object(fields) => fields.get_mut(key),
        Json::Array(items) => items.get_mut(key.parse::<usize>().ok()?),
        _ => None,
    })
}

/// One ComfyUI server.
pub(crate) struct ComfyUi {
    http: Http,
    options: Options,
    images: Images,
    timeout: Duration,
}

#[derive(Deserialize)]
struct Queued {
    prompt_id: String,
    #[serde(default)]
    node_errors: Json,
}

#[derive(Deserialize)]
struct Uploaded {
    name: String,
    #[serde(default)]
    subfolder: String,
}

#[derive(Deserialize)]
struct Run {
    #[serde(default)]
    outputs: BTreeMap<String, Output>,
    #[serde(default)]
    status: Option<Status>,
}

#[derive(Default, Deserialize)]
struct Output {
    #[serde(default)]
    images: Vec<Saved>,
}

#[derive(Clone, Deserialize)]
struct Saved {
    filename: String,
    #[serde(default)]
    subfolder: String,
    #[serde(default, rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    status_str: String,
    #[serde(default)]
    completed: bool,
    #[serde(default)]
    messages: Vec<Json>,
}

impl ComfyUi {
    /// A client of the server at `url`. Sends nothing.
    ///
    /// Errors: a URL or key that cannot be used.
    pub(crate) fn new(spec: &ModelSpec, options: &Options, url: &str, key: Option<Secret>) -> Result<ComfyUi, String> {
        let timeout = Duration::from_secs_f64(spec.limits.timeout_s.min(86_400.0));
        let http = Http::new(url, key, timeout, spec.limits.concurrency)?;
        Ok(ComfyUi { http, options: options.clone(), images: spec.images, timeout })
    }

    async fn paint(&self, ask: &Ask<'_>, request: &ImageRequest, on_send: OnSend) -> Result<Answered, Fault> {
        let (values, notes) = self.values(ask, request).await?;
        let graph = self.options.fill(&values).map_err(|e| Fault::new(FaultKind::Rejected, e))?;
        let body = json!({ "prompt": graph, "client_id": "tamis" }).to_string().into_bytes();
        let answer =
            self.http.fetch(|client, url| client.post(format!("{url}/prompt")).json_body(body), nodes_said).await;
        drop(on_send);
        let queued: Queued = self.read(&answer?)?;
        if let Some(said) = nodes_said(json!({ "node_errors": queued.node_errors }).to_string().as_bytes()) {
            return Err(Fault::new(FaultKind::Rejected, format!("the workflow was refused: {said}")));
        }
        let saved = match tokio::time::timeout(self.timeout, self.wait(&queued.prompt_id)).await {
            Ok(saved) => saved?,
            Err(_) => return Err(self.give_up(&queued.prompt_id).await),
        };
        self.take(&saved, notes).await
    }

    /// What is written into the workflow; pictures are uploaded first.
    async fn values<'a>(
        &self,
        ask: &'a Ask<'_>,
        request: &'a ImageRequest,
    ) -> Result<(BTreeMap<&'a str, Json>, Vec<String>), Fault> {
        let has = |name: &str| self.options.inputs.contains_key(name);
        let mut values = BTreeMap::from([("prompt", Json::from(request.prompt.as_ref()))]);
        let extra = ask.sampling.extra.iter().chain(&request.extra);
        values.extend(extra.map(|(name, value)| (name.as_str(), value.clone())));
        if has("seed") {
            // Above 2^53 a number does not survive every JSON reader.
            values.insert("seed", (request.seed >> 11).into());
        }
        if let Some(negative) = &request.negative {
            values.insert("negative", negative.as_ref().into());
        }
        if let Some((width, height)) = request.size {
            values.extend([("width", width.into()), ("height", height.into())]);
        }
        let mut notes = Vec::new();
        for (name, image) in NAMES.iter().zip(&request.images) {
            let (uploaded, note) = self.upload(image, ask.media).await?;
            notes.extend(note);
            values.insert(name, uploaded.into());
        }
        if request.images.len() > NAMES.len() {
            let message = format!("{} pictures; a workflow takes at most {}", request.images.len(), NAMES.len());
            return Err(Fault::new(FaultKind::Rejected, message));
        }
        if let Some(mask) = &request.mask {
            values.insert("mask", self.upload(mask, ask.media).await?.0.into());
        }
        Ok((values, notes))
    }

    async fn upload(&self, image: &Media, media: &dyn MediaStore) -> Result<(String, Option<String>), Fault> {
        let (picture, note) = picture::prepare(image, &self.images, media).map_err(Fault::unsendable)?;
        let hash = blake3::hash(&picture.bytes).to_hex();
        let extension = picture.mime.strip_prefix("image/").unwrap_or("png");
        // The same picture has the same name: it is stored once, whoever asks.
        let body = form(&format!("tamis-{}.{extension}", &hash[..32]), picture.mime, &picture.bytes);
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let answer = self
            .http
            .fetch(
                |client, url| client.post(format!("{url}/upload/image")).header("content-type", kind).body(body),
                |_| None,
            )
            .await?;
        let Uploaded { name, subfolder } = self.read(&answer)?;
        Ok((if subfolder.is_empty() { name } else { format!("{subfolder}/{name}") }, note))
    }

    /// Looks again and again until the workflow is done.
    async fn wait(&self, id: &str) -> Result<Saved, Fault> {
        let mut pause = LOOKS.0;
        loop {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            pause = (pause * 3 / 2).min(LOOKS.1);
            let bytes = self.http.fetch(|client, url| client.get(format!("{url}/history/{id}")), |_| None).await?;
            let mut history: BTreeMap<String, Run> = self.read(&bytes)?;
            let Some(run) = history.remove(id) else { continue };
            let failed = run.status.as_ref().is_some_and(|status| status.status_str == "error");
            if failed {
                return Err(Fault::new(FaultKind::Rejected, format!("the workflow failed: {}", why(&run))));
            }
            if run.outputs.is_empty() && !run.status.as_ref().is_some_and(|status| status.completed) {
                continue;
            }
            return self.pick(&run).ok_or_else(|| {
                Fault::new(
                    FaultKind::Rejected,
                    "the workflow was run and saved no picture; does it have a SaveImage node?",
                )
            });
        }
    }

    fn pick(&self, run: &Run) -> Option<Saved> {
        if let Some(node) = &self.options.output {
            return run.outputs.get(node)?.images.first().cloned();
        }
        let all = || run.outputs.values().flat_map(|output| &output.images);
        all().find(|saved| saved.kind == "output").or_else(|| all().next()).cloned()
    }

    async fn take(&self, saved: &Saved, notes: Vec<String>) -> Result<Answered, Fault> {
        let query = [("filename", &saved.filename), ("subfolder", &saved.subfolder), ("type", &saved.kind)];
        let bytes = self.http.fetch(|client, url| view(client, url, &query), |_| None).await?;
        let bytes = Bytes::from(bytes);
        let image = painted::check(&bytes).map_err(|e| self.http.broken(&format!("gave {e}")))?;
        let reply = Reply::Image(ImageReply { image, revised_prompt: None });
        Ok(Answered { reply, usage: Some(Usage::default()), notes, pictures: vec![bytes] })
    }

    /// Takes a workflow out of the queue for which nobody waits any more.
    async fn give_up(&self, id: &str) -> Fault {
        let body = json!({ "delete": [id] }).to_string().into_bytes();
        let _ = self.http.fetch(|client, url| client.post(format!("{url}/queue")).json_body(body), |_| None).await;
        let seconds = self.timeout.as_secs_f64();
        let message = format!("the workflow was not done within {seconds} s; is limits.timeout_s too short?");
        Fault::new(FaultKind::TimedOut, message)
    }

    fn read<T: for<'de> Deserialize<'de>>(&self, bytes: &[u8]) -> Result<T, Fault> {
        serde_json::from_slice(bytes).map_err(|e| {
            let start = shorten(&String::from_utf8_lossy(&bytes[..bytes.len().min(1000)]), 120);
            self.http.broken(&format!("answered with something else than ComfyUI does ({e}); it begins: {start}"))
        })
    }
}

impl Backend for ComfyUi {
    fn send<'a>(&'a self, ask: &'a Ask<'a>, on_send: OnSend) -> BoxFuture<'a, Result<Answered, Fault>> {
        Box::pin(async move {
            match ask.request {
                Request::Image(request) => self.paint(ask, request, on_send).await,
                _ => Err(Fault::unsendable("backend comfyui paints and edits pictures only")),
            }
        })
    }
}

/// Names under `inputs` for the pictures of a request, in their order.
const NAMES: [&str; 4] = ["image", "image2", "image3", "image4"];

trait JsonBody {
    fn json_body(self, body: Vec<u8>) -> Self;
}

impl JsonBody for reqwest::RequestBuilder {
    fn json_body(self, body: Vec<u8>) -> Self {
        self.header("content-type", "application/json").body(body)
    }
}

fn view(client: &reqwest::Client, url: &str, query: &[(&str, &String); 3]) -> reqwest::RequestBuilder {
    match reqwest::Url::parse_with_params(&format!("{url}/view"), query) {
        Ok(url) => client.get(url),
        // The client tells what is wrong with an address when it is sent.
        Err(_) => client.get(format!("{url}/view")),
    }
}

fn form(name: &str, mime: &str, bytes: &[u8]) -> Vec<u8> {
    let mut body = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"overwrite\"\r\n\r\ntrue\r\n--{BOUNDARY}\r\n\
         content-disposition: form-data; name=\"image\"; filename=\"{name}\"\r\ncontent-type: {mime}\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(bytes);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// What the nodes of a refused workflow complain of.
fn nodes_said(bytes: &[u8]) -> Option<String> {
    let body: Json = serde_json::from_slice(bytes).ok()?;
    let text = |value: &Json, key: &str| value.get(key).and_then(Json::as_str).unwrap_or_default().trim().to_string();
    let mut said = Vec::new();
    for (node, errors) in body.get("node_errors").and_then(Json::as_object).into_iter().flatten() {
        for error in errors.get("errors").and_then(Json::as_array).into_iter().flatten() {
            let class = text(errors, "class_type");
            said.push(format!("node {node} ({class}): {}: {}", text(error, "message"), text(error, "details")));
        }
    }
    if said.is_empty() {
        let error = body.get("error").filter(|error| !error.is_null())?;
        said.push(format!("{} {}", text(error, "message"), text(error, "details")));
    }
    Some(shorten(&said.join("; "), 600))
}

/// Which node failed, and with what.
fn why(run: &Run) -> String {
    let messages = run.status.iter().flat_map(|status| &status.messages);
    let mut errors = messages.filter(|message| message.get(0).and_then(Json::as_str) == Some("execution_error"));
    let Some(error) = errors.next().and_then(|message| message.get(1)) else { return "it does not say why".into() };
    let text = |key: &str| {
        error.get(key).map_or_else(String::new, |v| v.as_str().map_or_else(|| v.to_string(), str::to_string))
    };
    shorten(&format!("node {} ({}): {}", text("node_id"), text("node_type"), text("exception_message")), 600)
}

#[cfg(test)]
mod tests;
