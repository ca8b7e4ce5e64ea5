//! What stands on the pages, read from typst's layout: the very glyphs that go into the PDF.

mod paper;
mod parts;
mod scripts;

use std::sync::LazyLock;

use typst::layout::Point;

use super::*;

static RENDERER: LazyLock<Renderer> = LazyLock::new(|| Renderer::new().unwrap());

const B2C: &str = include_str!("../../tests/samples/b2c.json");
const B2B: &str = include_str!("../../tests/samples/b2b.json");
const SEZ: &str = include_str!("../../tests/samples/sez_lut.json");
const EXPORT: &str = include_str!("../../tests/samples/export.json");
const CREDIT_NOTE: &str = include_str!("../../tests/samples/credit_note.json");
const REVERSE_CHARGE: &str = include_str!("../../tests/samples/reverse_charge.json");
const REPORT: &str = include_str!("../../tests/samples/report.json");
const REGISTERED: &str = include_str!("../../tests/samples/registered.json");
const LOGO: &[u8] = include_bytes!("../../tests/samples/logo.svg");

const ALL: [&str; 6] = [B2C, B2B, SEZ, EXPORT, CREDIT_NOTE, REVERSE_CHARGE];

fn document(sample: &str) -> Document {
    serde_json::from_str(sample).unwrap()
}

fn registered() -> Registered {
    serde_json::from_str(REGISTERED).unwrap()
}

fn logo() -> Logo {
    Logo::read(LOGO.to_vec()).unwrap()
}

fn look(language: Language) -> Look<'static> {
    Look {
        language,
        ..Look::default()
    }
}

fn lines(count: usize) -> Document {
    let mut document = document(B2C);
    let line = document.lines[0].clone();
    document.lines = (1..=count)
        .map(|at| {
            let mut line = line.clone();
            line.description = format!("Campaign {at:03} in Kannada and English");
            line
        })
        .collect();
    document
}

/// The text of each page, runs in the order of reading.
fn texts(pages: &PagedDocument) -> Vec<String> {
    let mut all = Vec::new();
    for page in pages.pages() {
        let one = PagedDocument::new([page.clone()].into_iter().collect(), Default::default());
        let (mut text, mut end) = (String::new(), Point::zero());
        text::each_item(&one, &mut |item, at| {
            let touches = (at.y - end.y).abs().to_pt() < 0.1 && (at.x - end.x).abs().to_pt() < 0.1;
            if !touches && !text.ends_with(' ') {
                text.push(' ');
            }
            text.push_str(&item.text);
            end = Point::new(at.x + item.width(), at.y);
        });
        all.push(
            text.replace('\u{200b}', "")
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" "),
        );
    }
    all
}

fn text_of(document: &Document, look: &Look<'_>) -> String {
    texts(&RENDERER.invoice(document, look).unwrap()).join("\n")
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing in {text}");
    }
}
