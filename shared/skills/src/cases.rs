//! Cases of a skill: a request, what outside tools say in it, and what must come of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::problem::{Findings, SkillError, hint};
use crate::{Source, yaml};

/// One case, `cases/NAME.yaml` beside its skill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The file's name without its ending.
    #[serde(skip_deserializing)]
    pub name: String,
    /// What it is there for.
    pub about: String,
    pub prompt: String,
    #[serde(default = "nothing")]
    pub input: Value,
    /// What tools that reach outside answer, in the order they are asked; a tool that is not named here is
    /// unavailable, unless it only computes.
    #[serde(default)]
    pub tools: BTreeMap<String, Vec<Value>>,
    #[serde(default)]
    pub expect: Expect,
    /// For a reviewer, a person or a model: what a good answer shows.
    #[serde(default)]
    pub judge: Option<String>,
}

/// What must be true of the outcome.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// `completed`, or the code of the error it must end with.
    pub status: Option<String>,
    /// Tools that were called.
    pub calls: Vec<String>,
    /// Texts somewhere in the output, case ignored.
    pub contains: Vec<String>,
    /// Texts nowhere in the output, case ignored.
    pub lacks: Vec<String>,
    /// Dotted paths of values that are there and not empty.
    pub not_empty: Vec<String>,
    /// Dotted paths and their values.
    pub equals: BTreeMap<String, Value>,
    pub max_cost_usd: Option<f64>,
}

fn nothing() -> Value {
    Value::Object(serde_json::Map::new())
}

const KEYS: &[&str] = &["about", "prompt", "input", "tools", "expect", "judge"];
const EXPECT: &[&str] = &[
    "status",
    "calls",
    "contains",
    "lacks",
    "not_empty",
    "equals",
    "max_cost_usd",
];

impl Case {
    /// The cases beside a skill's file, in order of their names, and what is wrong with the others.
    pub fn beside(skill_file: &str) -> (Vec<Self>, Vec<SkillError>) {
        let folder = Path::new(skill_file).with_file_name("cases");
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
            .collect();
        files.sort();
        let (mut cases, mut errors) = (Vec::new(), Vec::new());
        for file in files {
            let path = file.display().to_string();
            match std::fs::read_to_string(&file) {
                Ok(text) => match Self::of(&Source { path, text }) {
                    Ok(case) => cases.push(case),
                    Err(mut wrong) => errors.append(&mut wrong),
                },
                Err(error) => {
                    let mut findings = Findings::of(&path);
                    let said = format!("the case can't be read: {error}");
                    findings.error((1, 1), "unreadable", said);
                    errors.append(&mut findings.errors);
                }
            }
        }
        (cases, errors)
    }

    /// The case of one file; its name is the file's.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn of(source: &Source) -> Result<Self, Vec<SkillError>> {
        let mut findings = Findings::of(&source.path);
        let name = Path::new(&source.path).file_stem().unwrap_or_default();
        let case = Self::read(&source.text, &mut findings);
        case.map(|case| Self {
            name: name.to_string_lossy().into_owned(),
            ..case
        })
        .ok_or(findings.errors)
    }

    fn read(text: &str, findings: &mut Findings) -> Option<Self> {
        let root = match yaml::read(text, 1) {
            Ok(root) => root,
            Err((place, said)) => {
                findings.error(
                    place,
                    "invalid-yaml",
                    format!("the case is not valid YAML: {said}"),
                );
                return None;
            }
        };
        let expect = root
            .get("expect")
            .and_then(yaml::Node::entries)
            .unwrap_or_default();
        let top = root.entries().unwrap_or_default();
        for (keys, known) in [(top, KEYS), (expect, EXPECT)] {
            for (key, _) in keys {
                if !known.contains(&key.text.as_str()) {
                    let said = format!(
                        "`{}` is not a key of a case: {}",
                        key.text,
                        hint(&key.text, known)
                    );
                    findings.error(key.place, "unknown-key", said);
                }
            }
        }
        if !findings.errors.is_empty() {
            return None;
        }
        serde_json::from_value(root.value())
            .map_err(|error| findings.error(root.place, "wrong-type", error.to_string()))
            .ok()
    }
}

/// A value by a dotted path, `tax.total` or `messages.0.text`.
pub fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, step| match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => value.get(step),
    })
}
