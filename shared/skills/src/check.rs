use std::fmt;
use std::path::Path;

use serde::Serialize;

use crate::{Catalogue, SkillError, Warning};

/// What an author is told.
#[derive(Debug, Serialize)]
pub struct Report {
    pub skills: usize,
    pub errors: Vec<SkillError>,
    pub warnings: Vec<Warning>,
}

/// Reads every skill below a folder and says what is wrong.
pub fn check_dir(path: &Path, known_tools: &[&str]) -> Report {
    let (catalogue, errors, warnings) = Catalogue::read_dir(path, known_tools);
    Report {
        skills: catalogue.len(),
        errors,
        warnings,
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in &self.errors {
            writeln!(f, "{error} [{}]", error.code)?;
        }
        for warning in &self.warnings {
            writeln!(f, "{warning}")?;
        }
        write!(
            f,
            "{} skills, {} errors, {} warnings",
            self.skills,
            self.errors.len(),
            self.warnings.len()
        )
    }
}
