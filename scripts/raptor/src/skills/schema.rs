use std::path::PathBuf;

use anyhow::Result;

use super::folder;
use super::written::written;
use crate::Outcome;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: raptor skills schema --out skills/skill.schema.json\n\n\
    Editors with YAML support read it from a comment at the top of a skill's head:\n  \
    # yaml-language-server: $schema=../../skill.schema.json"
)]
pub struct Args {
    /// Standard output without it.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Write nothing; end with 1 when the file (skills/skill.schema.json without --out) is out of date.
    #[arg(long)]
    check: bool,
}

pub fn schema(args: &Args) -> Result<Outcome> {
    let schema = folder::with_known(skills::head_schema);
    let committed = PathBuf::from(folder::DEFAULT).join("skill.schema.json");
    let text = format!("{schema:#}\n");
    written(
        &text,
        args.out.as_ref(),
        args.check,
        &committed,
        "raptor skills schema",
    )
}
