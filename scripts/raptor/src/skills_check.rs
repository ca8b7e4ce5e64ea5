//! `raptor skills`

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;

use crate::{Outcome, print};

/// Work on skill files.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: raptor skills check --json")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say what is wrong with the skills of a folder, with file, line and what to do.
    Check {
        #[arg(default_value = "skills")]
        folder: PathBuf,
        #[arg(long)]
        json: bool,
    },
}

pub fn skills(args: Args) -> Result<Outcome> {
    let Command::Check { folder, json } = args.command;
    let report = skills::check_dir(&folder, tools::STANDARD_NAMES);
    if json {
        print::json(&report);
    } else {
        print::note(&report);
    }
    Ok(if report.errors.is_empty() {
        Outcome::OK
    } else {
        Outcome::BAD
    })
}
