use std::fmt;

use serde::Serialize;

use crate::yaml::Place;

/// What is wrong with a file of a skill, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{}:{line}:{column}: {message}", .file)]
pub struct SkillError {
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// Stable, `unknown-key`.
    pub code: &'static str,
    pub message: String,
}

/// Something that works but should be written otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    pub file: String,
    pub line: usize,
    /// Stable, `old-key`.
    pub code: &'static str,
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: warning: {} [{}]",
            self.file, self.line, self.message, self.code
        )
    }
}

/// What was found in one file so far.
#[derive(Debug)]
pub(crate) struct Findings {
    pub file: String,
    pub errors: Vec<SkillError>,
    pub warnings: Vec<Warning>,
}

impl Findings {
    pub fn of(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            errors: Vec::new(),
            warnings: Vec::new(),
        }
    }

    pub fn error(&mut self, (line, column): Place, code: &'static str, message: impl Into<String>) {
        self.errors.push(SkillError {
            file: self.file.clone(),
            line,
            column,
            code,
            message: message.into(),
        });
    }

    pub fn warn(&mut self, (line, _): Place, code: &'static str, message: impl Into<String>) {
        self.warnings.push(Warning {
            file: self.file.clone(),
            line,
            code,
            message: message.into(),
        });
    }
}

/// "did you mean ...?", or else what is known.
pub(crate) fn hint(word: &str, known: &[&str]) -> String {
    nearest(word, known).map_or_else(
        || format!("known are {}", known.join(", ")),
        |near| format!("did you mean `{near}`?"),
    )
}

/// The known word nearest to `word`, if it could be a slip of the pen.
fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| (distance(word, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(3) / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance, in bytes: keys are ASCII.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
