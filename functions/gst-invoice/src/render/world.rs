//! What typst may see: the templates, the fonts, one document's data. No disk, no network, no clock.

use std::sync::LazyLock;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use super::{LABELS, Logo, RenderError};

/// The files that typst sees. Their names are constant: typst keeps each name for the life of the process.
struct Names {
    common: FileId,
    invoice: FileId,
    report: FileId,
    labels: FileId,
    data: FileId,
    logo: FileId,
    qr: FileId,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let name = |path| {
        let path = VirtualPath::new(path).expect("these are plain names");
        RootedPath::new(VirtualRoot::Project, path).intern()
    };
    Names {
        common: name("/common.typ"),
        invoice: name("/invoice.typ"),
        report: name("/report.typ"),
        labels: name("/labels.json"),
        data: name("/data.json"),
        logo: name("/logo"),
        qr: name("/qr.svg"),
    }
});

#[derive(Debug, Clone, Copy)]
pub(super) enum Template {
    Invoice,
    Report,
}

/// What all pages have in common.
pub(super) struct Base {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    sources: [Source; 3],
    labels: Bytes,
}

impl Base {
    pub fn new(files: &'static [&'static [u8]]) -> Result<Self, RenderError> {
        let fonts = files
            .iter()
            .enumerate()
            .map(|(at, file)| Font::new(Bytes::new(*file), 0).ok_or(RenderError::Font(at)))
            .collect::<Result<Vec<_>, _>>()?;
        let source = |id, text: &str| Source::new(id, text.to_owned());
        Ok(Self {
            library: LazyHash::new(<Library as LibraryExt>::default()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            sources: [
                source(NAMES.common, include_str!("common.typ")),
                source(NAMES.invoice, include_str!("invoice.typ")),
                source(NAMES.report, include_str!("report.typ")),
            ],
            labels: Bytes::from_string(LABELS),
        })
    }
}

/// One document to be set.
pub(super) struct Desk<'a> {
    base: &'a Base,
    main: FileId,
    data: Bytes,
    logo: Option<Bytes>,
    qr: Option<Bytes>,
}

impl<'a> Desk<'a> {
    pub fn new(
        base: &'a Base,
        template: Template,
        data: String,
        logo: Option<&Logo>,
        qr: Option<Bytes>,
    ) -> Self {
        Self {
            base,
            main: match template {
                Template::Invoice => NAMES.invoice,
                Template::Report => NAMES.report,
            },
            data: Bytes::from_string(data),
            logo: logo.map(Logo::bytes),
            qr,
        }
    }
}

fn absent(id: FileId) -> FileError {
    FileError::NotFound(id.get().vpath().get_without_slash().into())
}

impl World for Desk<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.base.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.base.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let found = self.base.sources.iter().find(|source| source.id() == id);
        found.cloned().ok_or_else(|| absent(id))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let file = match id {
            _ if id == NAMES.data => Some(&self.data),
            _ if id == NAMES.labels => Some(&self.base.labels),
            _ if id == NAMES.logo => self.logo.as_ref(),
            _ if id == NAMES.qr => self.qr.as_ref(),
            _ => None,
        };
        file.cloned().ok_or_else(|| absent(id))
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.base.fonts.get(index).cloned()
    }

    /// No template asks: a document has its own date.
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
