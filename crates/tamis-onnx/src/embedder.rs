//! A model that is open: what goes in, what comes out.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use image::DynamicImage;
use ort::session::{Session, SessionInputValue};
use ort::value::{Outlet, Tensor, TensorElementType};
use serde::{Deserialize, Serialize};

use crate::picture::Pictures;
use crate::pool::{Pooling, pool};
use crate::runtime;
use crate::text::{Encoder, Texts, Tokens};

/// Outputs that hold one vector for each item, best first; then those with one for each token.
const OUTPUTS: [&str; 8] = [
    "text_embeds",
    "image_embeds",
    "sentence_embedding",
    "embeddings",
    "pooler_output",
    "embedding",
    "token_embeddings",
    "last_hidden_state",
];

/// A model file and how it is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// the model file; weights beside it are found by ONNX Runtime
    pub file: PathBuf,
    /// the ONNX Runtime library; `ORT_DYLIB_PATH` or the system's where it is not said
    #[serde(default)]
    pub library: Option<PathBuf>,
    /// the output to take; found by its name where it is not said
    #[serde(default)]
    pub output: Option<String>,
    /// from a vector for each token or patch to one
    #[serde(default = "no_pooling")]
    pub pooling: Pooling,
    /// whether vectors are scaled to length 1
    #[serde(default)]
    pub normalise: bool,
    /// the input for pictures; found where it is not said
    #[serde(default)]
    pub pixels: Option<String>,
    /// threads of one run; 0 leaves it to ONNX Runtime
    #[serde(default = "one_thread")]
    pub threads: usize,
    /// for models that embed texts
    #[serde(default)]
    pub text: Option<Texts>,
    /// for models that embed pictures
    #[serde(default)]
    pub image: Option<Pictures>,
}

/// Why there is no vector, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Error(String);

/// A model that is open. Runs are one after the other; open it several times for several at once.
pub struct Embedder {
    session: Mutex<Session>,
    model: Model,
    output: String,
    encoder: Option<Encoder>,
    /// the input's name and the pixels of a side
    pixels: Option<(String, u32)>,
}

/// An item as numbers, ready for a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared(Item);

#[derive(Clone, Debug, PartialEq)]
enum Item {
    Text(Tokens),
    Picture(Vec<f32>),
}

impl Embedder {
    /// Loads the library, the model and the tokenizer.
    ///
    /// Errors: no library, no model, inputs or outputs that are not those of an embedding model.
    pub fn open(model: &Model) -> Result<Embedder, Error> {
        let environment = runtime::environment(model.library.as_deref()).map_err(Error)?;
        let session = session(&environment, model).map_err(Error)?;
        let output = output(&session, model).map_err(Error)?;
        let encoder = model.text.as_ref().map(Encoder::open).transpose().map_err(Error)?;
        let pixels =
            model.image.as_ref().map(|pictures| pixels(&session, model, pictures)).transpose().map_err(Error)?;
        if encoder.is_none() == pixels.is_none() {
            return Err(Error("a model embeds texts or pictures: write one of `text` and `image`".into()));
        }
        let embedder = Embedder { session: Mutex::new(session), model: model.clone(), output, encoder, pixels };
        embedder.check_inputs().map_err(Error)?;
        Ok(embedder)
    }

    /// A text, cut into tokens.
    ///
    /// Errors: a model for pictures; a text that the tokenizer cannot read.
    pub fn text(&self, text: &str) -> Result<Prepared, Error> {
        let encoder = self.encoder.as_ref().ok_or_else(|| Error("this model embeds pictures, not texts".into()))?;
        encoder.encode(text).map(|tokens| Prepared(Item::Text(tokens))).map_err(Error)
    }

    /// A picture, scaled and cut.
    ///
    /// Errors: a model for texts; a picture that cannot be scaled.
    pub fn picture(&self, image: &DynamicImage) -> Result<Prepared, Error> {
        let (Some(pictures), Some((_, size))) = (&self.model.image, &self.pixels) else {
            return Err(Error("this model embeds texts, not pictures".into()));
        };
        pictures.numbers(image, *size).map(|numbers| Prepared(Item::Picture(numbers))).map_err(Error)
    }

    /// One vector for each item, in their order. Items of equal size go through the model together.
    ///
    /// Errors: a run that failed, an output of another shape or type than expected, numbers that are not finite.
    pub fn embed(&self, items: &[Prepared]) -> Result<Vec<Vec<f32>>, Error> {
        let mut vectors = vec![Vec::new(); items.len()];
        let mut left: Vec<usize> = (0..items.len()).collect();
        while let Some(first) = left.first().copied() {
            let (batch, others) = left.iter().partition(|i| items[**i].size() == items[first].size());
            left = others;
            let batch: Vec<usize> = batch;
            let prepared: Vec<&Item> = batch.iter().map(|i| &items[*i].0).collect();
            for (i, vector) in batch.into_iter().zip(self.run(&prepared).map_err(Error)?) {
                vectors[i] = vector;
            }
        }
        Ok(vectors)
    }

    fn run(&self, items: &[&Item]) -> Result<Vec<Vec<f32>>, String> {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let inputs = self.inputs(&session, items)?;
        let outputs = session.run(inputs).map_err(|e| format!("the model failed: {e}"))?;
        let value = outputs.get(&self.output).ok_or_else(|| format!("the model gave no output `{}`", self.output))?;
        let (shape, numbers) = value
            .try_extract_tensor::<f32>()
            .map_err(|e| format!("output `{}` is not of 32-bit floats: {e}", self.output))?;
        let masks: Option<Vec<Vec<bool>>> = items.iter().map(|item| item.mask()).collect();
        let vectors = pool(numbers, shape, items.len(), self.model.pooling, masks.as_deref())?;
        vectors.into_iter().map(|vector| self.finish(vector)).collect()
    }

    fn finish(&self, vector: Vec<f32>) -> Result<Vec<f32>, String> {
        if !vector.iter().all(|number| number.is_finite()) {
            return Err("the model gave numbers that are not finite".into());
        }
        let norm = vector.iter().map(|n| f64::from(*n) * f64::from(*n)).sum::<f64>().sqrt();
        match self.model.normalise && norm > 0.0 {
            true => Ok(vector.into_iter().map(|n| (f64::from(n) / norm) as f32).collect()),
            false => Ok(vector),
        }
    }

    fn inputs(&self, session: &Session, items: &[&Item]) -> Result<Vec<(String, SessionInputValue<'static>)>, String> {
        let wrong = |e: ort::Error| e.to_string();
        if let Some((name, size)) = &self.pixels {
            let numbers: Vec<f32> = items.iter().flat_map(|item| item.numbers()).copied().collect();
            let side = *size as usize;
            let tensor = Tensor::from_array(([items.len(), 3, side, side], numbers)).map_err(wrong)?;
            return Ok(vec![(name.clone(), tensor.into())]);
        }
        session
            .inputs()
            .iter()
            .map(|input| {
                let rows: Vec<Vec<i64>> = items.iter().map(|item| item.tokens(input.name())).collect();
                let shape = [items.len(), rows.first().map_or(0, Vec::len)];
                let all = rows.into_iter().flatten();
                let value = match input.dtype().tensor_type() {
                    Some(TensorElementType::Int32) => {
                        Tensor::from_array((shape, all.map(|n| n as i32).collect::<Vec<_>>())).map_err(wrong)?.into()
                    }
                    _ => Tensor::from_array((shape, all.collect::<Vec<_>>())).map_err(wrong)?.into(),
                };
                Ok((input.name().to_string(), value))
            })
            .collect()
    }

    /// Whether the model takes nothing but what it will be given.
    fn check_inputs(&self) -> Result<(), String> {
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |input: &Outlet| match &self.pixels {
            Some((name, _)) => input.name() == name,
            None => Item::TOKENS.contains(&input.name()),
        };
        match session.inputs().iter().find(|input| !known(input)) {
            None => Ok(()),
            Some(other) => Err(format!(
                "the model {} wants the input `{}`, which is none of an embedding model for {}; its inputs: {}",
                self.model.file.display(),
                other.name(),
                if self.pixels.is_some() { "pictures" } else { "texts" },
                names(session.inputs())
            )),
        }
    }
}

impl Prepared {
    fn size(&self) -> usize {
        match &self.0 {
            Item::Text(tokens) => tokens.ids.len(),
            Item::Picture(numbers) => numbers.len(),
        }
    }
}

impl Item {
    const TOKENS: [&str; 3] = ["input_ids", "attention_mask", "token_type_ids"];

    fn mask(&self) -> Option<Vec<bool>> {
        match self {
            Item::Text(tokens) => Some(tokens.mask.clone()),
            Item::Picture(_) => None,
        }
    }

    fn numbers(&self) -> &[f32] {
        match self {
            Item::Text(_) => &[],
            Item::Picture(numbers) => numbers,
        }
    }

    fn tokens(&self, input: &str) -> Vec<i64> {
        match (self, input) {
            (Item::Text(tokens), "input_ids") => tokens.ids.clone(),
            (Item::Text(tokens), "attention_mask") => tokens.mask.iter().map(|kept| i64::from(*kept)).collect(),
            (Item::Text(tokens), _) => tokens.types.clone(),
            (Item::Picture(_), _) => Vec::new(),
        }
    }
}

fn session(environment: &ort::environment::Environment, model: &Model) -> Result<Session, String> {
    let shown = model.file.display();
    let mut builder = Session::builder(environment).map_err(|e| e.to_string())?;
    if model.threads > 0 {
        builder = builder.with_intra_threads(model.threads).map_err(|e| e.to_string())?;
    }
    builder.commit_from_file(&model.file).map_err(|e| format!("cannot open the model {shown}: {e}"))
}

fn output(session: &Session, model: &Model) -> Result<String, String> {
    let has = |name: &str| session.outputs().iter().any(|output| output.name() == name);
    let shown = model.file.display();
    match (&model.output, session.outputs()) {
        (Some(name), _) if has(name) => Ok(name.clone()),
        (Some(name), all) => Err(format!("the model {shown} has no output `{name}`; it has {}", names(all))),
        (None, [only]) => Ok(only.name().to_string()),
        (None, all) => OUTPUTS.iter().find(|name| has(name)).map(|name| name.to_string()).ok_or_else(|| {
            format!("the model {shown} has several outputs; write which one as `output`: {}", names(all))
        }),
    }
}

/// The input for pictures and the pixels of a side.
fn pixels(session: &Session, model: &Model, pictures: &Pictures) -> Result<(String, u32), String> {
    let shown = model.file.display();
    let is_picture = |input: &&Outlet| match &model.pixels {
        Some(name) => input.name() == name,
        None => input.dtype().tensor_shape().is_some_and(|shape| shape.len() == 4),
    };
    let input = session.inputs().iter().find(is_picture).ok_or_else(|| {
        format!("the model {shown} has no input for pictures (of four dimensions); it has {}", names(session.inputs()))
    })?;
    let shape: Vec<i64> = input.dtype().tensor_shape().map(|shape| shape.to_vec()).unwrap_or_default();
    if !matches!(shape[..], [_, 3 | -1, ..]) {
        return Err(format!("the model {shown} takes pictures of shape {shape:?}; expected [items, 3, height, width]"));
    }
    let own = shape.get(2).and_then(|side| u32::try_from(*side).ok()).filter(|side| *side > 0);
    match (pictures.size, own) {
        (Some(wanted), Some(own)) if wanted != own => {
            Err(format!("`size` is {wanted}, the model {shown} takes pictures of {own} pixels"))
        }
        (wanted, own) => Ok((input.name().to_string(), wanted.or(own).unwrap_or(224))),
    }
}

fn names(outlets: &[Outlet]) -> String {
    outlets.iter().map(|outlet| outlet.name()).collect::<Vec<_>>().join(", ")
}

impl Model {
    /// The files that decide what comes out, relative ones taken from `folder`.
    pub fn within(mut self, folder: &Path) -> Model {
        self.file = folder.join(&self.file);
        if let Some(texts) = &mut self.text {
            texts.tokenizer = folder.join(&texts.tokenizer);
        }
        self.library = self.library.map(|library| folder.join(library));
        self
    }
}

fn no_pooling() -> Pooling {
    Pooling::None
}

fn one_thread() -> usize {
    1
}
