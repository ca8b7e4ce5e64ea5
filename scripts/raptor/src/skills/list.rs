use std::path::PathBuf;

use anyhow::Result;
use serde_json::{Value, json};
use skills::Skill;

use super::folder;
use crate::{Outcome, print};

/// So much of a hash tells two versions apart.
const HASH: usize = 12;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example: raptor skills list --json | jq -r '.[].id'")]
pub struct Args {
    #[arg(default_value = folder::DEFAULT)]
    folder: PathBuf,
    #[arg(long)]
    json: bool,
}

pub fn list(args: &Args) -> Result<Outcome> {
    let loaded = folder::read(&args.folder)?;
    loaded.errors.iter().for_each(print::note);
    let all = loaded.catalogue.all();
    if args.json {
        print::json(&all.map(|skill| entry(skill)).collect::<Vec<_>>());
    } else {
        let rows: Vec<Vec<String>> = all.map(|skill| row(skill)).collect();
        let header = [
            "ID",
            "VERSION",
            "MODEL",
            "MOST",
            "PLAN",
            "ON",
            "HASH",
            "LANGUAGES",
            "TOOLS",
            "TITLE",
        ];
        print::table(&header, &rows);
    }
    Ok(if loaded.errors.is_empty() {
        Outcome::OK
    } else {
        Outcome::BAD
    })
}

fn row(skill: &Skill) -> Vec<String> {
    let or = |list: &[String], none: &str| {
        if list.is_empty() {
            none.to_owned()
        } else {
            list.join(",")
        }
    };
    vec![
        skill.id.clone(),
        skill.version.clone(),
        skill.model.clone(),
        skill.max_cost.to_string(),
        skill.min_tier.to_string(),
        if skill.enabled { "on" } else { "off" }.to_owned(),
        skill.hash[..HASH].to_owned(),
        or(&skill.languages, "any"),
        or(&skill.tools, "-"),
        skill.title.clone(),
    ]
}

fn entry(skill: &Skill) -> Value {
    json!({
        "id": skill.id,
        "version": skill.version,
        "title": skill.title,
        "description": skill.description,
        "category": skill.category,
        "owner": skill.owner,
        "model": skill.model,
        "fallbacks": skill.fallbacks,
        "max_cost_usd": skill.max_cost,
        "min_tier": skill.min_tier,
        "languages": skill.languages,
        "tools": skill.tools,
        "enabled": skill.enabled,
        "hash": skill.hash,
        "file": skill.file,
    })
}
