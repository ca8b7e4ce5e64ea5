//! The skills of a folder, with the tools and models that there are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use llm::{Kind, Models};
use skills::{Catalogue, Known, Loaded, Skill, Source};

use crate::print;

/// Where skills are looked for.
pub const DEFAULT: &str = "skills";

/// Looks at something with all tools known, and all models that answer, with their aliases.
pub fn with_known<T>(look: impl FnOnce(Known<'_>) -> T) -> T {
    let models = Models::embedded();
    let aliases = models.aliases.keys();
    let ids = models.models.iter().map(|row| &row.id);
    let mut names: Vec<&str> = Vec::new();
    for name in aliases.chain(ids) {
        let rows = models.candidates(name).unwrap_or_default();
        let answers = rows.iter().any(|row| row.kind == Kind::Chat);
        if answers && !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    look(Known {
        tools: tools::STANDARD_NAMES,
        models: &names,
        ..Known::default()
    })
}

/// Reads what is there, good or bad.
pub fn read(folder: &Path) -> Result<Loaded> {
    if !folder.is_dir() {
        bail!(
            "{} is not a folder: name the one that has the skills, or start raptor where it is",
            folder.display()
        );
    }
    Ok(with_known(|known| Catalogue::load_dir(folder, known)))
}

/// The same from texts.
pub fn compile(sources: Vec<Source>) -> Loaded {
    with_known(|known| Catalogue::from_sources(sources, known))
}

/// All skills of a folder. What is made from them must be whole, so one that is wrong is an error.
pub fn whole(folder: &Path) -> Result<Catalogue> {
    let loaded = read(folder)?;
    for error in &loaded.errors {
        print::note(error);
    }
    let folder = folder.display();
    match loaded.errors.len() {
        0 if loaded.catalogue.is_empty() => {
            bail!("{folder} has no skills: begin one with `raptor skills new area.job`")
        }
        0 => Ok(loaded.catalogue),
        n => bail!("{folder} has {n} mistakes, above: mend them first"),
    }
}

/// One skill by its id, its file or its folder.
pub fn one(folder: &Path, name: &str) -> Result<Arc<Skill>> {
    let loaded = read(folder)?;
    let file = |path: PathBuf| path.canonicalize().ok();
    let named = file(Path::new(name).join("SKILL.md")).or_else(|| file(PathBuf::from(name)));
    let found = loaded.catalogue.any(name).or_else(|| {
        named.and_then(|named| {
            let mut all = loaded.catalogue.all();
            all.find(|skill| file(PathBuf::from(&skill.file)).as_ref() == Some(&named))
        })
    });
    if let Some(skill) = found {
        return Ok(skill.clone());
    }
    // Perhaps it is there and wrong.
    for error in &loaded.errors {
        print::note(error);
    }
    let ids: Vec<&str> = loaded
        .catalogue
        .all()
        .map(|skill| skill.id.as_str())
        .collect();
    let known = if ids.is_empty() {
        "none".to_owned()
    } else {
        ids.join(", ")
    };
    Err(anyhow::anyhow!("good skills there are {known}"))
        .with_context(|| format!("{name:?} is not a good skill of {}", folder.display()))
}
