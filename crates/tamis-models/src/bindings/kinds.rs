//! What a binding says of roles that do something else than chat: as written, and after it was checked.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::chat_template::ChatTemplate;

/// How a message that is left open goes over the wire.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Complete {
    pub(crate) way: Way,
    pub(crate) template: Option<ChatTemplate>,
}

/// The ways to leave a message open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    /// the chat endpoint, with the model's own template cut off inside the message
    ChatTemplate,
    /// the chat endpoint, with `continue_final_message`
    #[default]
    Continue,
    /// the completions endpoint, the prompt rendered here
    Completions,
}

/// How texts and pictures are sent that are to be embedded.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Embed {
    /// most texts in one request
    pub(crate) batch: usize,
    /// the length of the vectors, where the model can cut them
    pub(crate) dimensions: Option<u32>,
    pub(crate) pictures: PictureWay,
    /// a text that goes with each picture
    pub(crate) prompt: Option<String>,
    pub(crate) encoding: Encoding,
    pub(crate) extra: BTreeMap<String, Json>,
}

/// How a picture is sent that is to be embedded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PictureWay {
    /// as in a chat: `messages` with an `image_url`
    #[default]
    Messages,
    /// `input: [{ image: base64 }]`
    Input,
}

/// In which form vectors are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Encoding {
    #[default]
    Base64,
    Float,
}

/// How pictures are asked for, where the recipe says nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Painting {
    /// width and height in pixels
    pub(crate) size: Option<(u32, u32)>,
    /// fields of the request
    pub(crate) extra: BTreeMap<String, Json>,
}

/// What becomes of the thoughts that a server sends beside the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Thoughts {
    /// they are put before the answer, in `<think>` marks
    #[default]
    Keep,
    /// they are left away
    Drop,
}

/// Fields of requests for vectors that `embed.extra` may not set.
const EMBED_FIELDS: &[&str] = &["model", "input", "messages", "encoding_format", "dimensions"];
/// Fields of requests for pictures that neither `picture.extra` nor a recipe may set.
pub(crate) const PICTURE_FIELDS: &[&str] =
    &["model", "prompt", "n", "size", "seed", "negative_prompt", "image", "mask", "stream"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenComplete {
    way: Option<Way>,
    template: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenEmbed {
    batch: Option<usize>,
    dimensions: Option<u32>,
    #[serde(default)]
    pictures: PictureWay,
    prompt: Option<String>,
    #[serde(default)]
    encoding: Encoding,
    #[serde(default)]
    extra: BTreeMap<String, Json>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenPainting {
    size: Option<String>,
    #[serde(default)]
    extra: BTreeMap<String, Json>,
}

impl WrittenComplete {
    /// `file` is the bindings' own, beside which the template is looked for.
    pub(super) fn check(&self, file: &str) -> Result<Complete, String> {
        let beside = Path::new(file).parent().unwrap_or(Path::new(""));
        let template = self.template.as_ref().map(|path| ChatTemplate::load(&beside.join(path))).transpose()?;
        let way = match (self.way, &template) {
            (Some(way @ (Way::ChatTemplate | Way::Completions)), None) => {
                return Err(format!(
                    "`way: {}` needs `template`, the model's chat_template.jinja or tokenizer_config.json",
                    way.name()
                ));
            }
            (Some(Way::Continue), Some(_)) => return Err("`way: continue` takes no `template`".into()),
            (Some(way), _) => way,
            (None, Some(_)) => Way::ChatTemplate,
            (None, None) => Way::Continue,
        };
        Ok(Complete { way, template })
    }
}

impl WrittenEmbed {
    pub(super) fn check(self) -> Result<Embed, String> {
        let batch = self.batch.unwrap_or(Embed::default().batch);
        if !(1..=2048).contains(&batch) {
            return Err(format!("`batch` is {batch}; expected 1 to 2048 texts in one request"));
        }
        if self.dimensions.is_some_and(|n| !(1..=65_536).contains(&n)) {
            return Err("`dimensions` is the length of the vectors; expected 1 to 65536".into());
        }
        refuse("embed", &self.extra, EMBED_FIELDS)?;
        let WrittenEmbed { dimensions, pictures, prompt, encoding, extra, .. } = self;
        Ok(Embed { batch, dimensions, pictures, prompt, encoding, extra })
    }
}

impl WrittenPainting {
    pub(super) fn check(self) -> Result<Painting, String> {
        let sides = |text: &String| {
            let (width, height) = text.split_once('x')?;
            let side = |text: &str| text.trim().parse().ok().filter(|side| (1..=16_384_u32).contains(side));
            Some((side(width)?, side(height)?))
        };
        let size = self.size.as_ref().map(|text| {
            sides(text).ok_or_else(|| format!("`size` is `{text}`; expected width x height, like 1024x768"))
        });
        refuse("picture", &self.extra, PICTURE_FIELDS)?;
        Ok(Painting { size: size.transpose()?, extra: self.extra })
    }
}

fn refuse(section: &str, extra: &BTreeMap<String, Json>, reserved: &[&str]) -> Result<(), String> {
    match extra.keys().find(|name| reserved.contains(&name.as_str())) {
        Some(name) => Err(format!("`{section}.extra` may not set `{name}`, which Tamis sets itself")),
        None => Ok(()),
    }
}

impl Way {
    /// The word in `models.yaml`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Way::ChatTemplate => "chat_template",
            Way::Continue => "continue",
            Way::Completions => "completions",
        }
    }
}

impl Complete {
    /// For the record and for the content address of requests.
    pub(super) fn describe(&self) -> Json {
        let template = self.template.as_ref().map(|t| blake3::hash(t.source().as_bytes()).to_hex().to_string());
        json!({ "way": self.way.name(), "template": template })
    }
}

impl Embed {
    /// What decides the vectors: neither how many go together nor how numbers are written.
    pub(super) fn describe(&self) -> Json {
        let pictures = match self.pictures {
            PictureWay::Messages => "messages",
            PictureWay::Input => "input",
        };
        json!({ "dimensions": self.dimensions, "pictures": pictures, "prompt": self.prompt, "extra": self.extra })
    }
}

impl Painting {
    /// For the record and for the content address of requests.
    pub(super) fn describe(&self) -> Json {
        json!({ "size": self.size.map(|(width, height)| format!("{width}x{height}")), "extra": self.extra })
    }
}

impl Default for Embed {
    fn default() -> Embed {
        Embed {
            batch: 32,
            dimensions: None,
            pictures: PictureWay::default(),
            prompt: None,
            encoding: Encoding::default(),
            extra: BTreeMap::new(),
        }
    }
}
