//! A skill's YAML head, read strictly: every key is known, of its type, or named in an error.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::problem::{SkillError, Warning, nearest};
use crate::source::Parts;

/// The head in canonical keys.
#[derive(Debug, Deserialize)]
pub(crate) struct Head {
    pub name: String,
    #[serde(default = "first_version")]
    pub version: String,
    #[serde(default)]
    pub description: String,
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
}

/// What dotprompt has no place for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Ours {
    pub title: Option<String>,
    pub category: Option<String>,
    pub max_cost_usd: Option<Value>,
    pub effort: Option<String>,
    #[serde(default)]
    pub fallbacks: Vec<String>,
    pub min_tier: Option<String>,
    #[serde(default)]
    pub languages: Vec<String>,
    #[serde(default)]
    pub indian_focus: bool,
    #[serde(default)]
    pub trust: BTreeMap<String, String>,
    #[serde(default)]
    pub examples: Vec<String>,
    #[serde(default)]
    pub keywords: Vec<String>,
    pub max_steps: Option<u32>,
}

fn first_version() -> String {
    "1.0.0".to_owned()
}

fn standard_model() -> String {
    "standard".to_owned()
}

const TOP: &[&str] = &[
    "name",
    "version",
    "description",
    "model",
    "config",
    "input",
    "output",
    "tools",
    "raptor",
    "variant",
    "license",
];
const CONFIG: &[&str] = &["temperature", "maxOutputTokens"];
const SHAPE: &[&str] = &["schema", "default"];
const RAPTOR: &[&str] = &[
    "title",
    "category",
    "max_cost_usd",
    "effort",
    "fallbacks",
    "min_tier",
    "languages",
    "indian_focus",
    "trust",
    "examples",
    "keywords",
    "max_steps",
    "approval",
    "cache",
    "memory",
    "critic",
    "data_class",
    "owner",
];
/// Keys of the first drafts: (old, new).
const ALIASES: &[(&str, &str)] = &[
    ("skill_id", "name"),
    ("temperature", "config.temperature"),
    ("max_cost_limit", "raptor.max_cost_usd"),
];

pub(crate) fn read(file: &str, parts: &Parts<'_>) -> Result<(Head, Vec<Warning>), SkillError> {
    let at = |line, column, code, message| SkillError {
        file: file.to_owned(),
        line,
        column,
        code,
        message,
    };
    let value: Value = serde_saphyr::from_str(parts.head).map_err(|error| {
        // The head starts on the file's second line.
        let (line, column) = error
            .location()
            .map_or((1, 1), |at| (at.line() as usize + 1, at.column() as usize));
        at(
            line,
            column,
            "invalid-yaml",
            format!(
                "the head is not valid YAML: {}",
                first_line(&error.to_string())
            ),
        )
    })?;
    let Value::Object(mut top) = value else {
        return Err(at(
            2,
            1,
            "invalid-yaml",
            "the head must be a mapping of keys, as in `name: campaign.diwali`".into(),
        ));
    };
    let place = |key: &str| line_of(parts.head, key);
    let mut warnings = Vec::new();
    for (old, new) in ALIASES {
        if let Some(value) = top.remove(*old) {
            let (line, _) = place(old);
            warnings.push(Warning {
                file: file.to_owned(),
                line,
                message: format!("write `{new}` in place of `{old}`"),
            });
            put(&mut top, new, value);
        }
    }
    let sections: [(&str, &[&str]); 5] = [
        ("", TOP),
        ("config", CONFIG),
        ("input", SHAPE),
        ("output", SHAPE),
        ("raptor", RAPTOR),
    ];
    for (section, known) in sections {
        let Some(keys) = (if section.is_empty() {
            Some(&top)
        } else {
            top.get(section).and_then(Value::as_object)
        }) else {
            continue;
        };
        if let Some(key) = keys.keys().find(|key| !known.contains(&key.as_str())) {
            let (line, column) = place(key);
            let of = if section.is_empty() {
                String::new()
            } else {
                format!(" in {section}")
            };
            let hint = nearest(key, known).map_or_else(
                || format!("known are {}", known.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(at(
                line,
                column,
                "unknown-key",
                format!("`{key}` is not a key{of}: {hint}"),
            ));
        }
    }
    for (key, wanted) in [
        ("config", "a mapping"),
        ("input", "a mapping with `schema`"),
        ("output", "a mapping with `schema`"),
        ("raptor", "a mapping"),
    ] {
        if top.get(key).is_some_and(|value| !value.is_object()) {
            let (line, column) = place(key);
            return Err(at(
                line,
                column,
                "wrong-type",
                format!("`{key}` must be {wanted}"),
            ));
        }
    }
    if !top.contains_key("name") {
        return Err(at(
            2,
            1,
            "missing-name",
            "the skill has no name: add `name: area.job`, as in `name: campaign.diwali`".into(),
        ));
    }
    // Each part by itself, so that an error can name its key.
    for key in top.keys() {
        let alone = Map::from_iter([
            ("name".to_owned(), "x".into()),
            (key.clone(), top[key].clone()),
        ]);
        if let Err(error) = serde_json::from_value::<Head>(Value::Object(alone)) {
            let (line, column) = place(key);
            return Err(at(line, column, "wrong-type", format!("`{key}`: {error}")));
        }
    }
    let head = serde_json::from_value(Value::Object(top))
        .map_err(|error| at(2, 1, "wrong-type", error.to_string()))?;
    Ok((head, warnings))
}

fn put(top: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            top.entry(path.to_owned()).or_insert(value);
        }
        Some((section, key)) => {
            let section = top
                .entry(section.to_owned())
                .or_insert_with(|| Value::Object(Map::new()));
            if let Some(section) = section.as_object_mut() {
                section.entry(key.to_owned()).or_insert(value);
            }
        }
    }
}

/// The line and column of a key, in the file: the head starts on line 2.
pub(crate) fn line_of(head: &str, key: &str) -> (usize, usize) {
    for (n, line) in head.lines().enumerate() {
        let trimmed = line.trim_start();
        let bare = trimmed.trim_start_matches("- ").trim_start_matches('"');
        if bare.strip_prefix(key).is_some_and(|rest| {
            rest.trim_start_matches('"')
                .starts_with([':', '(', '?', ' '])
                || rest.is_empty()
        }) {
            return (n + 2, line.len() - trimmed.len() + 1);
        }
    }
    (2, 1)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or(text)
}
