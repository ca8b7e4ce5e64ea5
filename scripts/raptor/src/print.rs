//! Standard output, and nothing else, is for results.

use std::io::{ErrorKind, Write};

/// Prints a line of result.
pub fn line(text: impl std::fmt::Display) {
    match writeln!(std::io::stdout().lock(), "{text}") {
        // Whoever reads has seen enough, as `head` has.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        outcome => outcome.expect("standard output can be written to"),
    }
}

/// Prints a result as one JSON object on one line.
pub fn json(value: &impl serde::Serialize) {
    line(serde_json::to_string(value).expect("results are plain data"));
}

/// Says something to the person: progress, hints. On standard error.
pub fn note(text: impl std::fmt::Display) {
    eprintln!("{text}");
}

/// A table with aligned columns.
pub fn table(header: &[&str], rows: &[Vec<String>]) {
    let mut widths: Vec<usize> = header.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let aligned = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    line(aligned(&mut header.iter().copied()));
    for row in rows {
        line(aligned(&mut row.iter().map(String::as_str)));
    }
}
