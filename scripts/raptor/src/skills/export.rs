use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Result, bail};

use super::{folder, written};
use crate::{Outcome, print};

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: raptor skills export --agent-skills --out dist/skills")]
pub struct Args {
    #[arg(default_value = folder::DEFAULT)]
    folder: PathBuf,
    /// As Agent Skills: a folder each, with SKILL.md and references/. The only format so far.
    #[arg(long, required = true)]
    agent_skills: bool,
    /// Where the folders go. Files of the same names are written over.
    #[arg(long)]
    out: PathBuf,
}

pub fn export(args: &Args) -> Result<Outcome> {
    let catalogue = folder::whole(&args.folder)?;
    let mut all = BTreeMap::new();
    // First all, then write: a mistake leaves nothing half done.
    for skill in catalogue.iter() {
        let exported = skill.agent_skill()?;
        if let Some((other, _)) =
            all.insert(exported.name.clone(), (skill.id.clone(), exported.files))
        {
            bail!(
                "{other} and {} would both be {}: give one another name",
                skill.id,
                exported.name
            );
        }
    }
    for (name, (_, files)) in &all {
        for (path, text) in files {
            written::write(&args.out.join(name).join(path), text)?;
        }
        print::line(args.out.join(name).display());
    }
    print::note(format!(
        "{} skills; those that are switched off are left out",
        all.len()
    ));
    Ok(Outcome::OK)
}
