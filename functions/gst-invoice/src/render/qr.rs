//! The portal's signed QR code, as a drawing.

use std::fmt::Write;

use qrcode::{Color, EcLevel, QrCode};

use super::RenderError;

/// Light modules around it (ISO/IEC 18004).
const QUIET: usize = 4;
/// Printers have 300 dots an inch: four dots a module.
const MODULE_UM: usize = 340;
/// What the finest symbol that is still printed at that size holds, by level of correction: version 25,
/// bytes (ISO/IEC 18004, table 7).
const FINE: [(EcLevel, usize); 2] = [(EcLevel::Q, 715), (EcLevel::M, 997)];
/// The least that portals ask for, and the most that the page has room for; the quiet zone is part of it.
const SIZES_MM: std::ops::RangeInclusive<usize> = 36..=46;

pub(super) struct Symbol {
    pub svg: String,
    /// A side, with the quiet zone.
    pub mm: usize,
}

impl Symbol {
    /// # Errors
    /// The text is too long for any QR code.
    pub fn of(text: &str) -> Result<Self, RenderError> {
        Ok(Self::draw(&encode(text)?))
    }

    fn draw(code: &QrCode) -> Self {
        let width = code.width();
        let side = width + 2 * QUIET;
        let mut path = String::new();
        for (y, row) in code.to_colors().chunks(width).enumerate() {
            let mut x = 0;
            for run in row.chunk_by(|a, b| a == b) {
                if run[0] == Color::Dark {
                    // Writing to a string can't fail.
                    let _ = write!(
                        path,
                        "M{} {}h{}v1h-{}z",
                        x + QUIET,
                        y + QUIET,
                        run.len(),
                        run.len()
                    );
                }
                x += run.len();
            }
        }
        let svg = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" width="{side}" height="{side}"><path d="{path}"/></svg>"#
        );
        let mm = (side * MODULE_UM).div_ceil(1_000);
        Self {
            svg,
            mm: mm.clamp(*SIZES_MM.start(), *SIZES_MM.end()),
        }
    }
}

/// With the most correction that leaves modules large enough to be scanned from paper.
fn encode(text: &str) -> Result<QrCode, RenderError> {
    let level = FINE
        .into_iter()
        .find(|(_, most)| text.len() <= *most)
        .map_or(EcLevel::L, |(level, _)| level);
    QrCode::with_error_correction_level(text, level).map_err(|_| RenderError::Qr(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(code: &QrCode) -> String {
        let colors = code.to_colors();
        let width = code.width();
        let grid = rqrr::SimpleGrid::from_func(width, |x, y| colors[y * width + x] == Color::Dark);
        rqrr::Grid::new(grid).decode().unwrap().1
    }

    #[test]
    fn it_says_what_was_put_in_and_is_fine_enough_to_print() {
        for (length, level) in [
            (100, EcLevel::Q),
            (700, EcLevel::Q),
            (900, EcLevel::M),
            (1_200, EcLevel::L),
        ] {
            let text: String = "eyJhbGciOiJSUzI1NiJ9."
                .chars()
                .cycle()
                .take(length)
                .collect();
            let code = encode(&text).unwrap();
            assert_eq!(code.error_correction_level(), level, "{length}");
            // Version 25.
            assert!(code.width() <= 117);
            assert_eq!(read(&code), text);
            assert!(SIZES_MM.contains(&Symbol::draw(&code).mm));
        }
        assert!(matches!(
            encode(&"a".repeat(3_000)),
            Err(RenderError::Qr(3_000))
        ));
    }

    #[test]
    fn the_drawing_has_each_dark_module_once() {
        let code = encode("IRN").unwrap();
        let svg = Symbol::draw(&code).svg;
        let dark = code
            .to_colors()
            .iter()
            .filter(|color| **color == Color::Dark)
            .count();
        let drawn: usize = svg
            .split('h')
            .filter_map(|part| {
                part.split_once("v1")
                    .and_then(|(run, _)| run.parse::<usize>().ok())
            })
            .sum();
        assert_eq!(drawn, dark);
    }
}
