//! Documents as PDF pages, set by typst: tax invoices, credit notes and usage reports.
//!
//! The same input gives the same bytes, on any machine: the fonts and templates are part of the program,
//! dates come from the document, and nothing is drawn from time or chance. That holds for one version of
//! the program; a new typst, font or template may set the same document differently, which is why a file
//! is made once and stored.
//!
//! Pages are PDF/A-2a (for archives, with tagged structure and all text as Unicode) and PDF/UA-1.

mod fonts;
mod invoice;
mod logo;
mod qr;
mod report;
#[cfg(test)]
mod tests;
mod text;
mod world;

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tax::document::{Document, Registered};
use typst::foundations::{Bytes, Datetime, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

pub use logo::Logo;
pub use report::{Cell, Chart, Figure, Report, Section};
use world::{Base, Desk, Template};

/// Labels in two languages, as the templates read them: by key, then by language.
const LABELS: &str = include_str!("labels.json");
/// Renders whose intermediate results are kept for the next ones. What templates do alike each time stays
/// warm, and memory stays bounded.
const KEPT_RENDERS: usize = 10;
/// How often a page is set again because characters on it have no glyph.
const MOST_PASSES: usize = 3;
const MINUTES_EAST: i32 = 330;

/// What stands beside English on a document. Digits are Latin in all of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    #[default]
    En,
    Hi,
    Ta,
    Te,
    Bn,
}

impl Language {
    pub const ALL: [Self; 5] = [Self::En, Self::Hi, Self::Ta, Self::Te, Self::Bn];

    /// ISO 639-1.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Hi => "hi",
            Self::Ta => "ta",
            Self::Te => "te",
            Self::Bn => "bn",
        }
    }
}

impl std::str::FromStr for Language {
    type Err = domain::UnknownValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|language| language.as_str() == text)
            .ok_or_else(|| domain::UnknownValue {
                what: "language of documents",
                value: text.to_owned(),
                expected: Self::ALL.map(Self::as_str).join(", "),
            })
    }
}

/// How an invoice looks, and what the portal added to it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Look<'a> {
    pub language: Language,
    /// The supplier's.
    pub logo: Option<&'a Logo>,
    /// Its QR code is put on the page.
    pub registered: Option<&'a Registered>,
}

#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error("font {0} of those built in can't be read")]
    Font(usize),
    #[error("the document can't be given to the template: {0}")]
    Data(#[from] serde_json::Error),
    /// What typst says. It may quote the document.
    #[error("the page can't be set: {0}")]
    Typst(String),
    #[error("the signed QR code of {0} bytes fits in no QR code")]
    Qr(usize),
    #[error("{0} is no date for a document")]
    Date(NaiveDate),
}

/// Sets pages. Loading the fonts takes some milliseconds: make one, and share it between threads.
pub struct Renderer {
    base: Base,
    standards: PdfStandards,
}

impl Renderer {
    /// # Errors
    /// A font that is built in can't be read.
    pub fn new() -> Result<Self, RenderError> {
        let standards = PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1])
            .map_err(|error| RenderError::Typst(error.message().to_string()))?;
        Ok(Self {
            base: Base::new(fonts::FONTS)?,
            standards,
        })
    }

    /// An invoice or credit note as a PDF. Characters that none of the fonts has are shown as `�`.
    ///
    /// # Errors
    /// The portal's QR code is too long, or typst can't set the page.
    pub fn render(&self, document: &Document, look: &Look<'_>) -> Result<Vec<u8>, RenderError> {
        let pages = self.invoice(document, look);
        let pdf = pages.and_then(|pages| self.export(&pages, document.date, &document.number));
        comemo::evict(KEPT_RENDERS);
        pdf
    }

    /// A usage report as a PDF, dated the last day of its period.
    ///
    /// # Errors
    /// typst can't set the page.
    pub fn render_report(
        &self,
        report: &Report,
        logo: Option<&Logo>,
    ) -> Result<Vec<u8>, RenderError> {
        let ident = format!("{} {}", report.workspace, report.period.1);
        let pages = self.report(report, logo);
        let pdf = pages.and_then(|pages| self.export(&pages, report.period.1, &ident));
        comemo::evict(KEPT_RENDERS);
        pdf
    }

    fn invoice(&self, document: &Document, look: &Look<'_>) -> Result<PagedDocument, RenderError> {
        let symbol = look
            .registered
            .map(|registered| qr::Symbol::of(&registered.signed_qr))
            .transpose()?;
        let view = invoice::view(document, look, symbol.as_ref());
        let qr = symbol.map(|symbol| Bytes::from_string(symbol.svg));
        self.set(
            Template::Invoice,
            serde_json::to_value(view)?,
            look.logo,
            qr,
        )
    }

    fn report(&self, report: &Report, logo: Option<&Logo>) -> Result<PagedDocument, RenderError> {
        let view = serde_json::to_value(report::view(report, logo.is_some()))?;
        self.set(Template::Report, view, logo, None)
    }

    /// Lays pages out, so that each character has a glyph: PDF/A allows no page with one missing, and a
    /// customer's name must not keep an invoice from being made.
    fn set(
        &self,
        template: Template,
        mut data: Value,
        logo: Option<&Logo>,
        qr: Option<Bytes>,
    ) -> Result<PagedDocument, RenderError> {
        text::clean(&mut data);
        let mut passes = 0;
        loop {
            let desk = Desk::new(&self.base, template, data.to_string(), logo, qr.clone());
            let pages = typst::compile::<PagedDocument>(&desk)
                .output
                .map_err(|errors| typst_error(&errors))?;
            passes += 1;
            let missing = missing_characters(&pages);
            if missing.is_empty() || passes == MOST_PASSES {
                return Ok(pages);
            }
            text::replace(&mut data, &missing);
        }
    }

    fn export(
        &self,
        pages: &PagedDocument,
        date: NaiveDate,
        ident: &str,
    ) -> Result<Vec<u8>, RenderError> {
        let timestamp = u8::try_from(date.month())
            .ok()
            .zip(u8::try_from(date.day()).ok())
            .and_then(|(month, day)| Datetime::from_ymd_hms(date.year(), month, day, 0, 0, 0))
            .and_then(|midnight| Timestamp::new_local(midnight, MINUTES_EAST))
            .ok_or(RenderError::Date(date))?;
        let options = PdfOptions {
            ident: Smart::Custom(ident.to_owned()),
            timestamp: Some(timestamp),
            standards: self.standards.clone(),
            ..PdfOptions::default()
        };
        typst_pdf::pdf(pages, &options).map_err(|errors| typst_error(&errors))
    }
}

fn typst_error(errors: &[typst::diag::SourceDiagnostic]) -> RenderError {
    let all: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
    RenderError::Typst(all.join("; "))
}

/// Characters for which a page has the glyph of no character.
fn missing_characters(pages: &PagedDocument) -> BTreeSet<char> {
    let mut missing = BTreeSet::new();
    text::each_item(pages, &mut |item, _| {
        for glyph in item.glyphs.iter().filter(|glyph| glyph.id == 0) {
            missing.extend(item.text.get(glyph.range()).unwrap_or_default().chars());
        }
    });
    missing
}
