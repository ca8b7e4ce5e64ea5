use std::path::PathBuf;

use anyhow::Result;

use super::folder;
use super::written::written;
use crate::Outcome;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: raptor skills page --out skills.html")]
pub struct Args {
    #[arg(default_value = folder::DEFAULT)]
    folder: PathBuf,
    /// Standard output without it.
    #[arg(long)]
    out: Option<PathBuf>,
}

pub fn page(args: &Args) -> Result<Outcome> {
    let html = skills::page(&folder::whole(&args.folder)?);
    let nothing = PathBuf::new();
    written(
        &html,
        args.out.as_ref(),
        false,
        &nothing,
        "raptor skills page",
    )
}
