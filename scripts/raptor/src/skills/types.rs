use std::path::PathBuf;

use anyhow::Result;

use super::folder;
use super::written::written;
use crate::Outcome;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: raptor skills types --out skills/types.ts")]
pub struct Args {
    #[arg(default_value = folder::DEFAULT)]
    folder: PathBuf,
    /// Standard output without it.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Write nothing; end with 1 when the file (types.ts in the folder without --out) is out of date.
    #[arg(long)]
    check: bool,
}

pub fn types(args: &Args) -> Result<Outcome> {
    let text = skills::typescript(&folder::whole(&args.folder)?);
    let committed = args.folder.join("types.ts");
    written(
        &text,
        args.out.as_ref(),
        args.check,
        &committed,
        "raptor skills types",
    )
}
