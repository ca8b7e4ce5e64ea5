use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use similar::TextDiff;
use skills::{Case, Diff, Skill, SkillError, Source};

use super::{folder, git};
use crate::{Outcome, print};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    raptor skills diff                      what changed since the last commit, in all skills\n  \
    raptor skills diff content.blog         the same of one skill\n  \
    raptor skills diff old/SKILL.md skills/content/blog/SKILL.md\n  \
    raptor skills diff --base origin/main --check --brief")]
pub struct Args {
    /// An id, or two files or folders: the old one first.
    #[arg(value_names = ["OLD", "NEW"], num_args = 0..=2)]
    what: Vec<String>,
    /// Where skills are.
    #[arg(long, default_value = folder::DEFAULT)]
    dir: PathBuf,
    /// The revision to compare with.
    #[arg(long, default_value = "HEAD")]
    base: String,
    /// Leave out the texts.
    #[arg(long)]
    brief: bool,
    /// End with 1 when a version was raised less than its changes ask for.
    #[arg(long)]
    check: bool,
    #[arg(long)]
    json: bool,
}

/// Skills of one side, with their cases.
#[derive(Default)]
struct Side {
    skills: BTreeMap<String, (Arc<Skill>, Vec<Case>)>,
    errors: usize,
}

pub fn diff(args: &Args) -> Result<Outcome> {
    let (old, new) = match args.what.as_slice() {
        [old, new] => {
            let (old, new) = (Side::at(Path::new(old))?, Side::at(Path::new(new))?);
            (old.called_as(&new), new)
        }
        what => {
            let (mut old, mut new) = (
                Side::of(
                    git::below(&args.dir, &args.base)?,
                    &format!("{}: ", args.base),
                ),
                Side::at(&args.dir)?,
            );
            if let [id] = what {
                let id = &folder::one(&args.dir, id)?.id;
                old.skills.retain(|known, _| known == id);
                new.skills.retain(|known, _| known == id);
            }
            (old, new)
        }
    };
    if new.errors > 0 {
        bail!("{} mistakes, above: mend them first", new.errors);
    }
    if old.errors > 0 {
        print::note(format_args!(
            "{} mistakes, above, in the old version: skills that it can't be compared with count as added",
            old.errors
        ));
    }
    let (found, behind) = compare(&old, &new, args);
    if args.json {
        print::json(&found);
    } else if found.is_empty() {
        print::note("no skill changed");
    }
    Ok(if args.check && behind {
        Outcome::BAD
    } else {
        Outcome::OK
    })
}

/// Tells of every skill that is otherwise; and whether a version is behind its changes.
fn compare(old: &Side, new: &Side, args: &Args) -> (Vec<Value>, bool) {
    let mut found = Vec::new();
    let mut behind = false;
    let ids: BTreeSet<&String> = old.skills.keys().chain(new.skills.keys()).collect();
    for id in ids {
        let (before, (after, cases)) = match (old.skills.get(id), new.skills.get(id)) {
            (Some(before), Some(after)) => (before, after),
            (before, _) => {
                let word = if before.is_some() { "removed" } else { "added" };
                if !args.json {
                    print::line(format_args!("{id} {word}"));
                }
                found.push(json!({ "id": id, "status": word }));
                continue;
            }
        };
        let diff = Diff::of((&before.0, &before.1), (after, cases));
        if diff.is_empty() {
            continue;
        }
        behind |= diff.advice().is_some();
        let text = if args.brief {
            String::new()
        } else {
            unified(&before.0, after)
        };
        if !args.json {
            print::line(&diff);
            if !text.is_empty() {
                print::line(text.trim_end());
            }
        }
        found.push(
            json!({ "status": "changed", "diff": diff, "advice": diff.advice(), "text": text }),
        );
    }
    (found, behind)
}

/// All that the two say to a model, line by line.
fn unified(old: &Skill, new: &Skill) -> String {
    let (old_text, new_text) = (old.inlined(), new.inlined());
    TextDiff::from_lines(&old_text, &new_text)
        .unified_diff()
        .context_radius(2)
        .header(
            &format!("{} {}", old.id, old.version),
            &format!("{} {}", new.id, new.version),
        )
        .to_string()
}

impl Side {
    /// From the texts of skills, what they share, and cases. Mistakes are told with a label before them.
    fn of(sources: Vec<Source>, label: &str) -> Self {
        let (sources, cases): (Vec<_>, Vec<_>) = sources
            .into_iter()
            .partition(|source| Source::is_one(&source.path) || !source.path.ends_with(".yaml"));
        let tell = |error: &SkillError| print::note(format_args!("{label}{error}"));
        let mut beside: BTreeMap<PathBuf, Vec<Case>> = BTreeMap::new();
        let mut errors = 0;
        for source in cases {
            let folder = Path::new(&source.path).ancestors().nth(2);
            match (Case::of(&source), folder) {
                (Ok(case), Some(folder)) => beside.entry(folder.to_owned()).or_default().push(case),
                (Err(wrong), _) => {
                    errors += wrong.len();
                    wrong.iter().for_each(&tell);
                }
                (Ok(_), None) => {}
            }
        }
        let loaded = folder::compile(sources);
        loaded.errors.iter().for_each(&tell);
        let skills = loaded.catalogue.all().map(|skill| {
            let folder = Path::new(&skill.file).parent().unwrap_or(Path::new(""));
            let cases = beside.remove(folder).unwrap_or_default();
            (skill.id.clone(), (skill.clone(), cases))
        });
        Self {
            skills: skills.collect(),
            errors: errors + loaded.errors.len(),
        }
    }

    /// From a folder of skills, or one skill's folder or file with what it shares with its neighbours.
    fn at(path: &Path) -> Result<Self> {
        let failed = || format!("{} can't be read", path.display());
        let file = if path.join("SKILL.md").is_file() {
            path.join("SKILL.md")
        } else if path.is_dir() {
            let mut sources = Source::below(path).with_context(failed)?;
            let folders: BTreeSet<PathBuf> = sources
                .iter()
                .filter_map(|source| folder_of(&source.path))
                .collect();
            for folder in folders {
                sources.extend(cases(&folder).with_context(failed)?);
            }
            return Ok(Self::of(sources, ""));
        } else {
            path.to_owned()
        };
        let text = std::fs::read_to_string(&file).with_context(failed)?;
        let mut sources = shared(&file)?;
        sources.push(Source::new(file.display().to_string(), text));
        if let Some(folder) = folder_of(&file.display().to_string()) {
            sources.extend(cases(&folder).with_context(failed)?);
        }
        Ok(Self::of(sources, ""))
    }

    /// One skill is compared with one other whatever they are called.
    fn called_as(mut self, other: &Self) -> Self {
        if let (1, Some((id, _)), 1) = (
            other.skills.len(),
            other.skills.first_key_value(),
            self.skills.len(),
        ) {
            let skills = std::mem::take(&mut self.skills).into_values();
            self.skills = skills.map(|skill| (id.clone(), skill)).collect();
        }
        self
    }
}

/// The folder of a skill's file.
fn folder_of(file: &str) -> Option<PathBuf> {
    let file = Path::new(file);
    file.ends_with("SKILL.md")
        .then(|| file.parent())?
        .map(Path::to_owned)
}

/// Partials and schemas of the catalogue that a file belongs to: the nearest folder above that has any.
fn shared(file: &Path) -> Result<Vec<Source>> {
    let whole = file.canonicalize()?;
    let mut above = whole.ancestors().skip(1);
    let Some(root) =
        above.find(|folder| folder.join("partials").is_dir() || folder.join("schemas").is_dir())
    else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for part in ["partials", "schemas"] {
        if root.join(part).is_dir() {
            found.extend(Source::below(&root.join(part))?);
        }
    }
    Ok(found)
}

fn cases(skill: &Path) -> std::io::Result<Vec<Source>> {
    let folder = skill.join("cases");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "yaml") {
            found.push(Source::new(
                path.display().to_string(),
                std::fs::read_to_string(&path)?,
            ));
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}
