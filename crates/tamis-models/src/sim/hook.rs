//! What stands behind an open place: in a user's turn what a person would ask, in the model's own what it would say.

use tamis_core::rng::Rng;

use super::material::Material;
use super::wire::Ask;

const THINGS: [&str; 12] =
    ["person", "car", "building", "tree", "sign", "table", "dog", "bicycle", "window", "bottle", "road", "chart"];

/// Instructions of many forms and languages; `{}` is a thing.
const INSTRUCTIONS: [&str; 24] = [
    "What is the {} in the middle of the picture doing?",
    "How many of them are there, and where is the {}?",
    "Describe the {} in this image in detail.",
    "Write a short story about the {} in the picture.",
    "Is the {} to the left or to the right of the centre?",
    "Which colour is the {}?\nA. red\nB. blue\nC. green\nD. white",
    "Please read all the text that you can see on the {}.",
    "List five objects in the image, the {} first.",
    "Why might somebody have taken this photo of the {}?",
    "Give the picture a title of at most six words. It should mention the {}.",
    "Based on the image, is the following statement true or false? The {} is the largest object.",
    "Explain step by step how the scene with the {} could have come about.",
    "What would happen if the {} were taken away?",
    "Translate what is written on the {} into French.",
    "图片中的主要物体是什么？它在做什么？",
    "请用三句话描述这张图片。",
    "¿Qué se ve en la imagen y de qué color es?",
    "Describe la escena con todo detalle, por favor.",
    "Was ist auf dem Bild zu sehen, und wie viele Personen sind es?",
    "Beschreibe kurz die Stimmung der Szene.",
    "Que fait la personne au premier plan ?",
    "この画像には何が写っていますか？",
    "O que está escrito na placa?",
    "Что изображено на переднем плане?",
];

/// Plain descriptions, as models write them in place of a question.
const DESCRIPTIONS: [&str; 8] = [
    "The image shows a {} in the foreground with a blurred background behind it.",
    "A photo of a {} on a sunny day. The colours are warm and the light comes from the left.",
    "This is a picture of a {}, seen from the side, with several smaller objects around it.",
    "a {} and a few other things, high quality, detailed",
    "The {} is in the centre of the frame. Next to it is a second one, partly hidden.",
    "In the picture there is a {}. It looks rather old. The sky above is grey.",
    "<image> {} 2019 photo by the author",
    "The picture was taken outdoors. One can see a {} and some people walking by.",
];

/// Ends of questions that somebody has begun.
const ENDS: [&str; 4] = [
    " the {} in the picture doing?",
    " the most striking detail of the {}?",
    " written on the {}?",
    " the reason why the {} is there?",
];

/// What share of what is written behind a picture asks for something.
const ASKING: f64 = 0.6;

/// Goes on behind the last message's text.
pub(super) fn go_on(ask: &Ask<'_>, material: &Material, rng: &mut Rng) -> String {
    let Some(last) = ask.messages.last() else { return String::new() };
    let about = |form: &str, rng: &mut Rng| form.replace("{}", rng.pick(&THINGS).unwrap_or(&"object"));
    if last.role != "user" {
        let space = if last.text.is_empty() || last.text.ends_with(char::is_whitespace) { "" } else { " " };
        return format!("{space}{}", material.sentence(rng));
    }
    if !last.text.trim().is_empty() {
        let end = about(rng.pick(&ENDS).unwrap_or(&ENDS[0]), rng);
        return if last.text.ends_with(char::is_whitespace) { end.trim_start().to_string() } else { end };
    }
    let forms: &[&str] = if rng.unit() < ASKING { &INSTRUCTIONS } else { &DESCRIPTIONS };
    about(rng.pick(forms).unwrap_or(&forms[0]), rng)
}
