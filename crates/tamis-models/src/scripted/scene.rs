//! One reply of a script, as written and as given.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Deserializer, de};
use serde_json::Value as Json;
use tamis_core::media::{MediaHash, MediaKind, MediaStore};
use tamis_core::model::{
    Answer, CallError, CodeEnd, CodeReply, Finish, ImageReply, OcrReply, OcrWord, Reply, Request, TokenProb,
};
use tamis_core::vector::Vector;

use crate::painted;
use crate::sim::paint;

/// What a role says, gives or suffers.
#[derive(Clone, Debug)]
pub(super) enum Scene {
    Say(Answer),
    Fail(String),
    Point(Vector),
    Show { image: String, revised_prompt: Option<String> },
    Read(OcrReply),
    Run(Run),
}

/// The end of a program; its pictures still paths or sizes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Run {
    #[serde(default = "success")]
    end: CodeEnd,
    #[serde(default)]
    stdout: String,
    #[serde(default)]
    stderr: String,
    #[serde(default)]
    images: BTreeMap<String, String>,
}

/// Where pictures come from and go to.
pub(super) struct Stage<'a> {
    pub(super) folder: &'a Path,
    pub(super) media: &'a dyn MediaStore,
}

const EXPECTED: &str = "a text, { text: .., finish: length }, { error: .. }, the numbers of a vector, { image: 64x48 }, \
                        { words: [..] } or { stdout: .., end: { exit: 0 }, images: { name.png: 64x48 } }";

impl Scene {
    /// The failure that is written in place of a reply.
    pub(super) fn failure(&self) -> Option<CallError> {
        match self {
            Scene::Fail(message) => Some(CallError::Failed { message: message.clone(), attempts: 1 }),
            _ => None,
        }
    }

    /// The answer of a role that writes.
    pub(super) fn say(&self) -> Result<Answer, String> {
        match self {
            Scene::Say(answer) => Ok(answer.clone()),
            other => Err(format!("the role writes text, but its reply is {}", other.name())),
        }
    }

    /// The reply of a role that does something else than write.
    pub(super) fn play(&self, request: &Request, stage: &Stage<'_>) -> Result<Reply, String> {
        match (request, self) {
            (Request::Embed(_), Scene::Point(vector)) => Ok(Reply::Embed(vector.clone())),
            (Request::Image(_), Scene::Show { image, revised_prompt }) => {
                let image = stage.picture(image)?;
                Ok(Reply::Image(ImageReply { image, revised_prompt: revised_prompt.clone() }))
            }
            (Request::Ocr(_), Scene::Read(reply)) => Ok(Reply::Ocr(reply.clone())),
            (Request::Code(_), Scene::Run(run)) => {
                let picture = |(name, image): (&String, &String)| Ok((name.clone(), stage.picture(image)?));
                let images = run.images.iter().map(picture).collect::<Result<_, String>>()?;
                let Run { end, stdout, stderr, .. } = run.clone();
                Ok(Reply::Code(CodeReply { end, stdout, stderr, images }))
            }
            (request, other) => Err(format!("the role replies with {}, not with {}", wanted(request), other.name())),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Scene::Say(_) => "a text",
            Scene::Fail(_) => "an error",
            Scene::Point(_) => "the numbers of a vector",
            Scene::Show { .. } => "a picture (image: ..)",
            Scene::Read(_) => "words (words: ..)",
            Scene::Run(_) => "the end of a program (stdout: ..)",
        }
    }
}

impl Stage<'_> {
    /// A picture by its size or path, put into the store.
    fn picture(&self, written: &str) -> Result<MediaHash, String> {
        let bytes = match size_in(written) {
            Some((width, height)) => paint::scene(written, width, height).into(),
            None => {
                let path = self.folder.join(written);
                std::fs::read(&path).map_err(|e| format!("the picture {}: {e}", path.display()))?.into()
            }
        };
        let hash = painted::check(&bytes).map_err(|e| format!("the picture {written}: {e}"))?;
        self.media.put(MediaKind::Image, &bytes).map_err(|e| e.to_string())?;
        Ok(hash)
    }
}

fn wanted(request: &Request) -> &'static str {
    match request {
        Request::Chat(_) | Request::Complete(_) => "a text",
        Request::Embed(_) => "the numbers of a vector",
        Request::Image(_) => "a picture (image: ..)",
        Request::Ocr(_) => "words (words: ..)",
        Request::Code(_) => "the end of a program (stdout: ..)",
    }
}

fn success() -> CodeEnd {
    CodeEnd::Exit(0)
}

/// `64x48`
fn size_in(written: &str) -> Option<(u32, u32)> {
    let (width, height) = written.split_once('x')?;
    let side = |text: &str| text.parse().ok().filter(|side| (1..=8192).contains(side));
    Some((side(width)?, side(height)?))
}

impl<'de> Deserialize<'de> for Scene {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Scene, D::Error> {
        read(Json::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

fn read(written: Json) -> Result<Scene, String> {
    match written {
        Json::String(text) => Ok(Scene::Say(Answer::new(text, Finish::Stop))),
        Json::Array(numbers) => {
            let numbers: Option<Vec<f32>> = numbers.iter().map(|n| n.as_f64().map(|n| n as f32)).collect();
            let vector = numbers.and_then(Vector::new);
            vector.map(Scene::Point).ok_or_else(|| "expected the finite numbers of a vector".to_string())
        }
        Json::Object(fields) => {
            let has = |name: &str| fields.contains_key(name);
            let kinds = [has("text"), has("error"), has("image"), has("words")];
            let run = ["end", "stdout", "stderr", "images"].iter().any(|name| has(name));
            if kinds.iter().chain([&run]).filter(|has| **has).count() != 1 {
                return Err(format!("expected {EXPECTED}"));
            }
            of_fields(kinds, Json::Object(fields)).map_err(|e| format!("{e}; expected {EXPECTED}"))
        }
        other => Err(format!("found {other}, expected {EXPECTED}")),
    }
}

fn of_fields(kinds: [bool; 4], fields: Json) -> Result<Scene, serde_json::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Said {
        text: String,
        finish: Option<Finish>,
        #[serde(default)]
        tokens: Vec<TokenProb>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Failed {
        error: String,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Shown {
        image: String,
        revised_prompt: Option<String>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Words {
        words: Vec<OcrWord>,
    }
    Ok(match kinds {
        [true, ..] => {
            let Said { text, finish, tokens } = serde_json::from_value(fields)?;
            Scene::Say(Answer { text, finish: finish.unwrap_or(Finish::Stop), tokens })
        }
        [_, true, ..] => Scene::Fail(serde_json::from_value::<Failed>(fields)?.error),
        [_, _, true, _] => {
            let Shown { image, revised_prompt } = serde_json::from_value(fields)?;
            Scene::Show { image, revised_prompt }
        }
        [.., true] => Scene::Read(OcrReply { words: serde_json::from_value::<Words>(fields)?.words }),
        _ => Scene::Run(serde_json::from_value(fields)?),
    })
}
