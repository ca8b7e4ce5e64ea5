//! Which version of a skill is served. Files say what is published; an operator's label overrides them for
//! a while: `production` for everyone until the next version is published, `canary` for some workspaces.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::builder::RangedU64ValueParser;
use domain::WorkspaceId;
use serde_json::json;
use skills::{Skill, Source};
use store::Tx;
use store::skill_versions::{self, Label, Rule, Version};
use uuid::Uuid;

use super::folder;
use super::kept::{Kept, SOON, named};
use crate::{Outcome, dev, print};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: raptor skills versions campaign.diwali --json | jq -r '.[].content_hash'"
)]
pub struct VersionsArgs {
    /// The skill.
    id: String,
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    raptor skills canary campaign.diwali --from ../mine/skills --percent 10 --note \"shorter posts\"\n  \
    raptor skills canary campaign.diwali --from skills --workspaces 01900000-0000-7000-8000-000000000000\n  \
    raptor skills canary campaign.diwali --stop")]
pub struct CanaryArgs {
    /// The skill.
    id: String,
    /// The folder of skills that has the version to try, with the partials and schemas it takes in.
    #[arg(long, value_name = "FOLDER", required_unless_present = "stop")]
    from: Option<PathBuf>,
    /// Who gets it, by name, with commas between.
    #[arg(long, value_name = "UUID", value_delimiter = ',')]
    workspaces: Vec<Uuid>,
    /// How many of the other workspaces in a hundred get it, always the same ones.
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<u8>::new().range(1..=100),
        required_unless_present_any = ["workspaces", "stop"])]
    percent: Option<u8>,
    /// Why, for those who look at the versions.
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    note: String,
    /// Nobody gets a version of their own any more.
    #[arg(long, conflicts_with_all = ["from", "workspaces", "percent", "note"])]
    stop: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: raptor skills promote campaign.diwali")]
pub struct PromoteArgs {
    /// The skill.
    id: String,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    raptor skills rollback campaign.diwali\n  \
    raptor skills rollback campaign.diwali --to 3f9a1c")]
pub struct RollbackArgs {
    /// The skill.
    id: String,
    /// The version to go to, by the first 6 or more characters of its hash. One step back when not given.
    #[arg(long, value_name = "HASH")]
    to: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: raptor skills release campaign.diwali")]
pub struct ReleaseArgs {
    /// The skill.
    id: String,
}

pub async fn versions(args: VersionsArgs) -> Result<Outcome> {
    let mut tx = begin().await?;
    let kept = Kept::read(&mut tx, &args.id).await?;
    tx.rollback().await?;
    if args.json {
        let entry = |version: &Version| {
            let mut entry = json!(version);
            entry["served"] = json!(kept.is_served(version));
            entry["labels"] = json!(kept.labels_of(version).collect::<Vec<_>>());
            entry
        };
        print::json(&kept.versions.iter().map(entry).collect::<Vec<_>>());
        return Ok(Outcome::OK);
    }
    let rows: Vec<Vec<String>> = kept
        .versions
        .iter()
        .map(|version| kept.row(version))
        .collect();
    let header = [
        "HASH",
        "VERSION",
        "KEPT (UTC)",
        "PUBLISHED (UTC)",
        "SERVED",
        "LABELS",
    ];
    print::table(&header, &rows);
    Ok(Outcome::OK)
}

pub async fn canary(args: CanaryArgs) -> Result<Outcome> {
    let id = &args.id;
    let Some(from) = &args.from else {
        let mut tx = begin().await?;
        if !skill_versions::clear_label(&mut tx, id, true).await? {
            bail!("{id} has no canary");
        }
        tx.commit().await?;
        print::line(format_args!("{id}: no canary"));
        return Ok(Outcome::OK);
    };
    let (skill, sources) = compiled(from, id)?;
    let now = runtime::system_seams().now();
    let mut tx = begin().await?;
    // Outside of what is published until it is promoted.
    let version = shelf::version_of(&skill, &sources);
    skill_versions::keep(&mut tx, &[version], false, now).await?;
    let kept = Kept::read(&mut tx, id).await?;
    let version = kept.exact(&skill.hash)?;
    if kept.is_served(version) {
        bail!(
            "{} of {} is what everyone gets already",
            named(version),
            from.display()
        );
    }
    let label = Label {
        skill_id: id.clone(),
        content_hash: skill.hash.clone(),
        rule: Rule::Canary {
            workspaces: args.workspaces.into_iter().map(WorkspaceId).collect(),
            percent: args.percent.unwrap_or(0),
        },
        note: args.note,
        set_at: now,
    };
    skill_versions::set_label(&mut tx, &label).await?;
    tx.commit().await?;
    print::line(format_args!(
        "{id}: {} is its {}",
        named(version),
        kept.said(&label)
    ));
    print::note(format_args!(
        "{SOON}; `raptor skills promote {id}` gives it to everyone."
    ));
    Ok(Outcome::OK)
}

pub async fn promote(args: PromoteArgs) -> Result<Outcome> {
    let id = &args.id;
    let mut tx = begin().await?;
    let kept = Kept::read(&mut tx, id).await?;
    let Some(canary) = kept.canary() else {
        bail!("{id} has no canary to promote: `raptor skills canary {id} --from FOLDER` sets one");
    };
    let (from, to) = (kept.served()?, kept.exact(&canary.content_hash)?);
    kept.produce(&mut tx, to, &canary.note).await?;
    skill_versions::clear_label(&mut tx, id, true).await?;
    tx.commit().await?;
    kept.moved(from, to);
    Ok(Outcome::OK)
}

pub async fn rollback(args: RollbackArgs) -> Result<Outcome> {
    let id = &args.id;
    let mut tx = begin().await?;
    let kept = Kept::read(&mut tx, id).await?;
    let from = kept.served()?;
    let to = match &args.to {
        Some(prefix) => kept.find(prefix)?,
        None => kept.before()?,
    };
    if kept.is_served(to) {
        bail!("{} is what everyone gets of {id} already", named(to));
    }
    kept.produce(&mut tx, to, "rolled back").await?;
    tx.commit().await?;
    kept.moved(from, to);
    if kept.canary().is_some() {
        print::note(format_args!(
            "Its canary stays with those who have it: `raptor skills canary {id} --stop` ends it."
        ));
    }
    Ok(Outcome::OK)
}

pub async fn release(args: ReleaseArgs) -> Result<Outcome> {
    let id = &args.id;
    let mut tx = begin().await?;
    let kept = Kept::read(&mut tx, id).await?;
    let (from, to) = (kept.served()?, kept.published()?);
    if !skill_versions::clear_label(&mut tx, id, false).await? {
        bail!(
            "{id} has no production label: everyone gets what its file says, {}",
            named(to)
        );
    }
    tx.commit().await?;
    kept.moved(from, to);
    Ok(Outcome::OK)
}

async fn begin() -> Result<Tx> {
    let store = dev::operator_store(&dev::database_url()?)?;
    Ok(store.plain().await?)
}

/// The skill as a folder has it, with the files there. They have the paths that functions know them by:
/// those below the folder.
fn compiled(from: &Path, id: &str) -> Result<(Arc<Skill>, Vec<Source>)> {
    let read = Source::below(from).with_context(|| format!("{} can't be read", from.display()))?;
    let below = |source: Source| {
        let path = Path::new(&source.path);
        let path = path.strip_prefix(from).unwrap_or(path);
        Source::new(path.display().to_string(), source.text)
    };
    let sources: Vec<Source> = read.into_iter().map(below).collect();
    let loaded = folder::compile(sources.clone());
    loaded.errors.iter().for_each(print::note);
    match loaded.catalogue.any(id) {
        Some(skill) => Ok((skill.clone(), sources)),
        None => bail!("{id:?} is not a good skill of {}", from.display()),
    }
}
