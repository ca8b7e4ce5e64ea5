//! A skill's YAML head, read strictly: every key is known and of its type, or named in an error.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::aliases;
use crate::problem::{Findings, hint};
use crate::source::Parts;
use crate::yaml::{self, Node, Place};

/// The head in canonical keys.
#[derive(Debug, Deserialize)]
pub(crate) struct Head {
    pub name: String,
    #[serde(default = "first_version")]
    pub version: String,
    #[serde(default)]
    pub description: String,
    pub license: Option<String>,
    #[serde(default = "standard_model")]
    pub model: String,
    #[serde(default)]
    pub config: Config,
    #[serde(default)]
    pub input: Shape,
    #[serde(default)]
    pub output: Shape,
    #[serde(default)]
    pub tools: Vec<String>,
    #[serde(default)]
    pub raptor: Ours,
    #[serde(skip)]
    pub places: Places,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Config {
    pub temperature: Option<f64>,
    #[serde(rename = "maxOutputTokens")]
    pub max_output_tokens: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Shape {
    pub schema: Option<Value>,
    #[serde(default)]
    pub default: Map<String, Value>,
}

/// What dotprompt has no place for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Ours {
    pub title: Option<String>,
    pub category: Option<String>,
    pub owner: Option<String>,
    pub max_cost_usd: Option<Value>,
    pub effort: Option<String>,
    #[serde(default)]
    pub fallbacks: Vec<String>,
    pub max_steps: Option<u32>,
    pub min_tier: Option<String>,
    pub priority: Option<String>,
    #[serde(default)]
    pub languages: Vec<String>,
    #[serde(default)]
    pub indian_focus: bool,
    #[serde(default)]
    pub trust: BTreeMap<String, String>,
    pub approval: Option<String>,
    pub cache: Option<Cache>,
    pub memory: Option<String>,
    pub critic: Option<Critic>,
    pub data_class: Option<String>,
    pub enabled: Option<bool>,
    #[serde(default)]
    pub examples: Vec<String>,
    #[serde(default)]
    pub keywords: Vec<String>,
    #[serde(default)]
    pub unlike: Vec<Unlike>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cache {
    pub ttl_seconds: u64,
}

/// How an answer is reviewed before it is released.
#[derive(Debug, Clone, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Critic {
    /// What to check, in words.
    pub rubric: String,
    /// The share of the rubric an answer must meet, 0 to 1.
    #[serde(default = "most")]
    pub threshold: f64,
}

/// A request that looks like this skill's and is not.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Unlike {
    pub text: String,
    /// Whose it is; `none` when no skill's.
    pub skill: String,
}

fn first_version() -> String {
    "1.0.0".to_owned()
}

fn standard_model() -> String {
    "standard".to_owned()
}

fn most() -> f64 {
    0.7
}

pub(crate) const TOP: &[&str] = &[
    "name",
    "version",
    "variant",
    "description",
    "license",
    "model",
    "config",
    "input",
    "output",
    "tools",
    "raptor",
];
pub(crate) const CONFIG: &[&str] = &["temperature", "maxOutputTokens"];
pub(crate) const INPUT: &[&str] = &["schema", "default"];
pub(crate) const OUTPUT: &[&str] = &["schema", "format"];
pub(crate) const RAPTOR: &[&str] = &[
    "title",
    "category",
    "owner",
    "max_cost_usd",
    "effort",
    "fallbacks",
    "max_steps",
    "min_tier",
    "priority",
    "languages",
    "indian_focus",
    "trust",
    "approval",
    "cache",
    "memory",
    "critic",
    "data_class",
    "enabled",
    "examples",
    "keywords",
    "unlike",
];
pub(crate) const SECTIONS: &[(&str, &[&str])] = &[
    ("config", CONFIG),
    ("input", INPUT),
    ("output", OUTPUT),
    ("raptor", RAPTOR),
];

/// Where keys stand in the file.
#[derive(Debug, Default)]
pub(crate) struct Places(Option<Node>);

impl Places {
    /// Of the key at the end of this path, or of the nearest one above it that is there.
    pub fn of(&self, path: &[&str]) -> Place {
        let Some(root) = &self.0 else {
            return (1, 1);
        };
        // `raptor.effort: low` stands at the top.
        let dotted = path.iter().take(2).copied().collect::<Vec<_>>().join(".");
        if root.get(&dotted).is_some() {
            root.place_of(&[&dotted])
        } else {
            root.place_of(path)
        }
    }
}

/// The head of a file, if it is good enough to go on with.
pub(crate) fn read(parts: &Parts<'_>, findings: &mut Findings) -> Option<Head> {
    // The head starts on the file's second line.
    let root = match yaml::read(parts.head, 2) {
        Ok(root) => root,
        Err((place, said)) => {
            let said = format!("the head is not valid YAML: {said}");
            findings.error(place, "invalid-yaml", said);
            return None;
        }
    };
    let Some(entries) = root.entries() else {
        let said = "the head must be a mapping of keys, as in `name: campaign.diwali`";
        findings.error((2, 1), "invalid-yaml", said);
        return None;
    };
    let before = findings.errors.len();
    let mut top = aliases::apply(entries, findings);
    // Somebody else's: `genkit.tags`.
    top.retain(|key, _| !key.contains('.'));
    let places = Places(Some(root.clone()));
    for key in top.keys() {
        unknown(&[key], TOP, &places, findings);
    }
    for (section, known) in SECTIONS {
        match top.get(*section) {
            None => {}
            Some(Value::Object(keys)) => {
                for key in keys.keys() {
                    unknown(&[section, key], known, &places, findings);
                }
            }
            Some(_) => findings.error(
                places.of(&[section]),
                "wrong-type",
                format!("`{section}` must be a mapping, with {}", known.join(", ")),
            ),
        }
    }
    if !top.contains_key("name") {
        let said = "the skill has no name: add `name: area.job`, as in `name: campaign.diwali`";
        findings.error((2, 1), "missing-name", said);
    }
    // Each part by itself, so that an error can name its key.
    for (key, value) in &top {
        for (path, part) in parts_of(key, value) {
            let alone = Map::from_iter([("name".to_owned(), "x".into()), (key.clone(), part)]);
            if let Err(error) = serde_json::from_value::<Head>(Value::Object(alone)) {
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                let said = format!("`{}`: {error}", path.join("."));
                findings.error(places.of(&path), "wrong-type", said);
            }
        }
    }
    if findings.errors.len() > before {
        return None;
    }
    let mut head: Head = match serde_json::from_value(Value::Object(top)) {
        Ok(head) => head,
        Err(error) => {
            findings.error((2, 1), "wrong-type", error.to_string());
            return None;
        }
    };
    head.places = places;
    Some(head)
}

/// Notes the last key of a path when it is none of the known ones.
fn unknown(path: &[&str], known: &[&str], places: &Places, findings: &mut Findings) {
    let (Some(key), sections) = (path.last(), &path[..path.len() - 1]) else {
        return;
    };
    if !known.contains(key) {
        let of = sections
            .first()
            .map_or_else(String::new, |section| format!(" in {section}"));
        let said = format!("`{key}` is not a key{of}: {}", hint(key, known));
        findings.error(places.of(path), "unknown-key", said);
    }
}

/// A top key's value, or for a section each of its keys with that key alone.
fn parts_of(key: &str, value: &Value) -> Vec<(Vec<String>, Value)> {
    match value.as_object() {
        Some(section) if SECTIONS.iter().any(|(name, _)| *name == key) => section
            .iter()
            .map(|(inner, value)| {
                let alone = Map::from_iter([(inner.clone(), value.clone())]);
                (vec![key.to_owned(), inner.clone()], Value::Object(alone))
            })
            .collect(),
        _ => vec![(vec![key.to_owned()], value.clone())],
    }
}
