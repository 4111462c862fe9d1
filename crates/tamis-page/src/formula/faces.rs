//! Outlines of symbols: KaTeX's fonts, and text faces for letters and digits in other typefaces.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::LazyLock;

use ratex_font::{FontId, katex_ttf_glyph_char};
use tamis_draw::text::{CharacterOutline, character_outline};

use super::spec::Typeface;

const KATEX: [&str; 19] = [
    "AMS-Regular",
    "Caligraphic-Regular",
    "Fraktur-Regular",
    "Fraktur-Bold",
    "Main-Bold",
    "Main-BoldItalic",
    "Main-Italic",
    "Main-Regular",
    "Math-BoldItalic",
    "Math-Italic",
    "SansSerif-Bold",
    "SansSerif-Italic",
    "SansSerif-Regular",
    "Script-Regular",
    "Size1-Regular",
    "Size2-Regular",
    "Size3-Regular",
    "Size4-Regular",
    "Typewriter-Regular",
];

static FILES: LazyLock<Vec<Option<Cow<'static, [u8]>>>> =
    LazyLock::new(|| KATEX.iter().map(|name| ratex_katex_fonts::ttf_bytes(&format!("KaTeX_{name}.ttf"))).collect());

type Found = BTreeMap<(String, u32), Option<Rc<CharacterOutline>>>;

thread_local! {
    static GLYPHS: RefCell<Found> = const { RefCell::new(BTreeMap::new()) };
}

/// The outline of a character as the layout names it: a KaTeX face ("Math-Italic") and a code point.
pub(super) fn katex(face: &str, code: u32) -> Option<Rc<CharacterOutline>> {
    let read = || {
        let id = FontId::parse(face)?;
        let file = FILES[KATEX.iter().position(|name| *name == face)?].as_ref()?;
        character_outline(file, katex_ttf_glyph_char(id, code))
    };
    GLYPHS.with_borrow_mut(|all| all.entry((face.to_string(), code)).or_insert_with(|| read().map(Rc::new)).clone())
}

/// The outline of a character in a face of `tamis-fonts`; `None` when the family or the glyph is not there.
pub(super) fn text(family: &str, italic: bool, code: u32) -> Option<Rc<CharacterOutline>> {
    let read = || {
        let faces = tamis_fonts::faces();
        let face = faces.iter().find(|f| f.family == family && f.italic == italic && f.weight == 400)?;
        character_outline(face.data, char::from_u32(code)?)
    };
    let key = (format!("{family}/{italic}"), code);
    GLYPHS.with_borrow_mut(|all| all.entry(key).or_insert_with(|| read().map(Rc::new)).clone())
}

/// The outline that a typeface has in place of a KaTeX letter or digit, if it has one.
pub(super) fn substitute(typeface: Typeface, face: &str, code: u32) -> Option<Rc<CharacterOutline>> {
    let italic = face == "Math-Italic";
    let plain = italic || face == "Main-Regular";
    let character = char::from_u32(code)?;
    if !plain || !(character.is_ascii_alphanumeric() || is_greek(character)) {
        return None;
    }
    match typeface {
        Typeface::Sans if character.is_ascii() => {
            katex(if italic { "SansSerif-Italic" } else { "SansSerif-Regular" }, code)
        }
        Typeface::Sans => text("DejaVu Sans", italic, code),
        Typeface::Typewriter if character.is_ascii() => katex("Typewriter-Regular", code),
        Typeface::Times => ["Tinos", "STIX Two Text", "Libertinus Serif", "Liberation Serif"]
            .iter()
            .find_map(|family| text(family, italic, code)),
        _ => None,
    }
}

fn is_greek(c: char) -> bool {
    ('\u{391}'..='\u{3c9}').contains(&c)
}
