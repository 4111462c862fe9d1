//! What typst may see: one source in memory and our fonts.

use std::cell::Cell;
use std::sync::{LazyLock, OnceLock};

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, Span, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World, WorldExt};
use typst_layout::PagedDocument;

use crate::error::Error;
use crate::typeset::fonts::Fonts;

/// A typeset source.
pub(crate) struct Compiled {
    /// The pages' frames.
    pub document: PagedDocument,
    world: OneSource,
}

impl Compiled {
    /// Where in the source a glyph or shape was written, in bytes.
    pub(crate) fn position(&self, span: Span) -> Option<usize> {
        self.world.range(span).map(|r| r.start)
    }
}

/// Sets a source in pages. Warnings are errors: our own sources have none.
pub(crate) fn compile(text: String) -> Result<Compiled, Error> {
    let world = OneSource { main: Source::new(main_id(), text) };
    let compiled = typst::compile::<PagedDocument>(&world);
    forget();
    let complaint = |all: &[typst::diag::SourceDiagnostic]| {
        all.first().map(|d| {
            let at = world.range(d.span).map(|r| excerpt(world.main.text(), r.start));
            Error::Typesetting { message: d.message.to_string(), at: at.unwrap_or_default() }
        })
    };
    match compiled.output {
        Err(errors) => Err(complaint(&errors).unwrap_or_else(|| Error::Typesetting {
            message: "it failed without saying why".into(),
            at: String::new(),
        })),
        Ok(document) => match complaint(&compiled.warnings) {
            Some(warning) => Err(warning),
            None => Ok(Compiled { document, world }),
        },
    }
}

fn excerpt(text: &str, at: usize) -> String {
    text.get(at..).unwrap_or_default().chars().take(80).collect()
}

/// Typst remembers every layout it has made; what was not used for some documents is dropped, or memory would grow
/// for as long as the run lasts.
fn forget() {
    const EVERY: u32 = 8;
    thread_local!(static MADE: Cell<u32> = const { Cell::new(0) });
    let made = MADE.get() + 1;
    MADE.set(made % EVERY);
    if made == EVERY {
        comemo::evict(1);
    }
}

struct OneSource {
    main: Source,
}

fn main_id() -> FileId {
    static ID: OnceLock<FileId> = OnceLock::new();
    *ID.get_or_init(|| {
        let path = VirtualPath::new("main.typ").unwrap_or_else(|_| unreachable!("a plain name is a path"));
        FileId::new(RootedPath::new(VirtualRoot::Project, path))
    })
}

static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));

impl World for OneSource {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &Fonts::get().book
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() { Ok(self.main.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, _: FileId) -> FileResult<Bytes> {
        Err(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        Fonts::get().fonts.get(index)?.clone()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
