//! The faces of `tamis-fonts` as typst sees them.

use std::collections::HashMap;
use std::sync::OnceLock;

use tamis_draw::text::FaceId;
use typst::foundations::Bytes;
use typst::text::{Font, FontBook, FontInfo, FontStretch, FontStyle, FontVariant, FontWeight};
use typst::utils::LazyHash;

/// All our faces.
pub(crate) struct Fonts {
    /// What there is, in the order of `tamis_fonts::faces()`.
    pub book: LazyHash<FontBook>,
    /// The faces in the same order; `None` for one that typst cannot read.
    pub fonts: Vec<Option<Font>>,
    /// From the address of a face's data to its number.
    ids: HashMap<usize, FaceId>,
}

impl Fonts {
    /// Read once.
    pub(crate) fn get() -> &'static Fonts {
        static FONTS: OnceLock<Fonts> = OnceLock::new();
        FONTS.get_or_init(Fonts::read)
    }

    fn read() -> Fonts {
        let mut book = FontBook::new();
        let (mut fonts, mut ids) = (Vec::new(), HashMap::new());
        for (i, face) in (0u16..).zip(tamis_fonts::faces()) {
            let font = Font::new(Bytes::new(face.data), 0);
            book.push(info(face, font.as_ref()));
            ids.insert(face.data.as_ptr() as usize, FaceId(i));
            fonts.push(font);
        }
        Fonts { book: LazyHash::new(book), fonts, ids }
    }

    /// The face of a font of ours.
    pub(crate) fn face(&self, font: &Font) -> Option<FaceId> {
        self.ids.get(&(font.data().as_slice().as_ptr() as usize)).copied()
    }
}

/// The manifest's family, weight and slope win over what the file says of itself.
fn info(face: &tamis_fonts::Face, font: Option<&Font>) -> FontInfo {
    let style = if face.italic { FontStyle::Italic } else { FontStyle::Normal };
    let variant = FontVariant::new(style, FontWeight::from_number(face.weight), FontStretch::NORMAL);
    let family = face.family.to_string();
    match font {
        Some(font) => FontInfo { family, variant, axes: Vec::new(), ..font.info().clone() },
        None => FontInfo {
            family: format!("unreadable {family}"),
            variant,
            flags: typst::text::FontFlags::empty(),
            axes: Vec::new(),
            coverage: typst::text::Coverage::from_vec(Vec::new()),
        },
    }
}
