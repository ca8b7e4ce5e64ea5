//! Skill files: the ones we ship, and every way to get one wrong.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod compile;
mod diff;
mod export;
mod format;
mod old_keys;
mod page;
mod prompt;
mod scaffold;
mod shipped;
mod types;

use std::path::PathBuf;
use std::sync::Arc;

use skills::{Catalogue, Known, Loaded, Skill, SkillError, Source};

const TOOLS: Known<'_> = Known {
    tools: tools::STANDARD_NAMES,
    models: &["cheap", "standard", "premium", "lord", "fast", "heavy"],
    enabled: &[],
};

const GOOD: &str = "---
name: campaign.test
description: Plans a test.
model: standard
input:
  schema:
    city?: string, where the shop is
    depth?(enum): [light, deep]
output:
  schema:
    plan: string, the plan
    ideas(array): string
tools: [festival_calendar]
raptor:
  max_cost_usd: 0.05
  trust: { depth: trusted }
  examples: [\"Plan a test\"]
---
# MISSION
Be {{ inputs.depth }}.
";

fn load(files: &[(&str, &str)]) -> Loaded {
    let sources = files.iter().map(|(path, text)| Source::new(*path, *text));
    Catalogue::from_sources(sources.collect(), TOOLS)
}

fn compile(text: &str) -> Result<Arc<Skill>, SkillError> {
    let mut loaded = load(&[("a/SKILL.md", text)]);
    if loaded.errors.is_empty() {
        Ok(loaded.catalogue.all().next().unwrap().clone())
    } else {
        Err(loaded.errors.remove(0))
    }
}

fn wrong(from: &str, to: &str) -> SkillError {
    assert!(GOOD.contains(from), "{from}");
    compile(&GOOD.replacen(from, to, 1)).unwrap_err()
}

/// The folder of the skills we ship.
fn shipped() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../skills")
}
