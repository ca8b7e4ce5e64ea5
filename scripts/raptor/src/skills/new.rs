use std::path::PathBuf;

use anyhow::{Result, bail};

use super::{folder, written};
use crate::{Outcome, print};

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: raptor skills new content.reel")]
pub struct Args {
    /// area.job, lower case.
    name: String,
    /// Where skills are.
    #[arg(long, default_value = folder::DEFAULT)]
    dir: PathBuf,
}

pub fn new(args: &Args) -> Result<Outcome> {
    let files = skills::scaffold(&args.name)?;
    let there = files.iter().map(|(path, _)| args.dir.join(path));
    if let Some(file) = there.into_iter().find(|file| file.exists()) {
        bail!(
            "{} is there already: choose another name, or edit that file",
            file.display()
        );
    }
    for (path, text) in &files {
        let file = args.dir.join(path);
        written::write(&file, text)?;
        print::line(file.display());
    }
    print::note(format!(
        "Fill in the first file, then: raptor skills check {0} && raptor skills render {1} --case usual --dir {0}",
        args.dir.display(),
        args.name
    ));
    Ok(Outcome::OK)
}
