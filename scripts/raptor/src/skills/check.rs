use std::path::PathBuf;

use anyhow::Result;

use super::folder;
use crate::{Outcome, print};

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: raptor skills check --strict --json")]
pub struct Args {
    #[arg(default_value = folder::DEFAULT)]
    folder: PathBuf,
    /// Warnings count as errors.
    #[arg(long)]
    strict: bool,
    #[arg(long)]
    json: bool,
}

pub fn check(args: &Args) -> Result<Outcome> {
    let report = folder::with_known(|known| skills::check_dir(&args.folder, known));
    if args.json {
        print::json(&report);
    } else {
        print::line(&report);
    }
    let bad = !report.errors.is_empty() || (args.strict && !report.warnings.is_empty());
    Ok(if bad { Outcome::BAD } else { Outcome::OK })
}
