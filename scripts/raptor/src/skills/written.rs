//! Files that are made from the skills and committed beside them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::{Outcome, print};

/// Writes `text` to `out`, to standard output without one; or with `check` only says whether the file
/// (`committed` without `out`) is what it should be. `command` is how to make it so.
pub fn written(
    text: &str,
    out: Option<&PathBuf>,
    check: bool,
    committed: &Path,
    command: &str,
) -> Result<Outcome> {
    if check {
        let file = out.map_or(committed, PathBuf::as_path);
        let there = std::fs::read_to_string(file).unwrap_or_default();
        if there == text {
            return Ok(Outcome::OK);
        }
        print::note(format!(
            "{} is not what the skills say: run `{command} --out {}` and commit it",
            file.display(),
            file.display()
        ));
        return Ok(Outcome::BAD);
    }
    let Some(file) = out else {
        print::line(text.trim_end());
        return Ok(Outcome::OK);
    };
    write(file, text)?;
    print::note(format!("wrote {}", file.display()));
    Ok(Outcome::OK)
}

/// Writes a file, making the folders it needs.
pub fn write(file: &Path, text: &str) -> Result<()> {
    let failed = || format!("{} can't be written", file.display());
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).with_context(failed)?;
    }
    std::fs::write(file, text).with_context(failed)
}
