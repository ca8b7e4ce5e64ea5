use std::path::PathBuf;

use anyhow::{Context, Result};
use skills::Source;

use super::{folder, written};
use crate::{Outcome, print};

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: raptor skills fmt --check")]
pub struct Args {
    /// Folders or files.
    #[arg(default_value = folder::DEFAULT)]
    paths: Vec<PathBuf>,
    /// Change nothing; list the files that are not in canonical form and end with 1 if there are any.
    #[arg(long)]
    check: bool,
}

pub fn fmt(args: &Args) -> Result<Outcome> {
    let mut outcome = Outcome::OK;
    for source in sources(&args.paths)? {
        match skills::formatted(&source) {
            Ok(text) if text == source.text => {}
            Ok(text) => {
                print::line(&source.path);
                if args.check {
                    outcome = Outcome::BAD;
                } else {
                    written::write(source.path.as_ref(), &text)?;
                }
            }
            Err(errors) => {
                errors.iter().for_each(print::note);
                outcome = Outcome::BAD;
            }
        }
    }
    if args.check && outcome.0 != 0 {
        print::note("these are not in canonical form: run `raptor skills fmt`");
    }
    Ok(outcome)
}

fn sources(paths: &[PathBuf]) -> Result<Vec<Source>> {
    let mut found = Vec::new();
    for path in paths {
        let failed = || format!("{} can't be read", path.display());
        if path.is_dir() {
            let all = Source::below(path).with_context(failed)?;
            found.extend(
                all.into_iter()
                    .filter(|source| source.path.ends_with("SKILL.md")),
            );
        } else {
            let text = std::fs::read_to_string(path).with_context(failed)?;
            found.push(Source::new(path.display().to_string(), text));
        }
    }
    Ok(found)
}
