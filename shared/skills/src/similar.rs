//! Skills that a router, or a person, could hardly tell apart.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::{Catalogue, Skill, Warning};

/// The share of their three-word runs that two texts have in common, from which they are near duplicates.
const NEAR: f64 = 0.5;

/// Pairs of skills whose words are mostly the same, and requests that two skills both claim.
pub(crate) fn near_duplicates(catalogue: &Catalogue) -> Vec<Warning> {
    let all: Vec<&Skill> = catalogue.all().map(AsRef::as_ref).collect();
    let runs: Vec<BTreeSet<u64>> = all.iter().map(|skill| runs(skill)).collect();
    let examples: Vec<BTreeSet<String>> = all
        .iter()
        .map(|skill| {
            skill
                .examples
                .iter()
                .map(|text| plain(text).join(" "))
                .collect()
        })
        .collect();
    let mut warnings = Vec::new();
    for later in 1..all.len() {
        for earlier in 0..later {
            let mut warn = |code, message| {
                warnings.push(Warning {
                    file: all[later].file.clone(),
                    line: 1,
                    code,
                    message,
                });
            };
            let common = runs[later].intersection(&runs[earlier]).count();
            let whole = runs[later].len() + runs[earlier].len() - common;
            let share = common as f64 / whole.max(1) as f64;
            if share >= NEAR {
                warn(
                    "near-duplicate",
                    format!(
                        "{:.0} % of this is the same as {}: keep one of them, or say what differs",
                        share * 100.0,
                        all[earlier].id
                    ),
                );
            }
            for text in examples[later].intersection(&examples[earlier]) {
                warn(
                    "shared-example",
                    format!(
                        "the example {text:?} is one of {} too: give it to one of them",
                        all[earlier].id
                    ),
                );
            }
        }
    }
    warnings
}

/// Hashes of every three words in a row, of description, examples and text.
fn runs(skill: &Skill) -> BTreeSet<u64> {
    let mut text = format!("{} {}", skill.description, skill.body);
    for example in &skill.examples {
        text.push(' ');
        text.push_str(example);
    }
    plain(&text)
        .windows(3)
        .map(|run| {
            let mut hasher = DefaultHasher::new();
            run.hash(&mut hasher);
            hasher.finish()
        })
        .collect()
}

fn plain(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| c.is_ascii_punctuation() || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}
