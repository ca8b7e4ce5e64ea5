//! Which models there are, what each takes, and which of them an alias means: `data/models.json`.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Capabilities;

/// One model of one provider. The same model may be served by several, each with a row of its own.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelRow {
    pub id: String,
    /// In the file also a list: one row for each.
    pub provider: String,
    /// Where inference runs: `global`, `us`, `eu`, a region, or `local`.
    pub location: String,
    #[serde(default)]
    pub kind: Kind,
    pub capabilities: Capabilities,
    /// For embedding models.
    pub embedding: Option<EmbeddingSpec>,
    /// Larger prompts are refused before they are sent.
    pub max_prompt_tokens: Option<u64>,
    /// Through an alias, larger prompts go to the other candidates first.
    pub prefer_up_to_tokens: Option<u64>,
    /// The most it writes, thinking included.
    pub max_output_tokens: Option<u32>,
    /// The first day it may be gone.
    pub ends_on: Option<NaiveDate>,
    /// The provider's promise: it is there at least until this day.
    pub assured_until: Option<NaiveDate>,
    pub note: Option<String>,
    pub source: String,
    pub read_on: NaiveDate,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    #[default]
    Chat,
    Embedding,
}

/// How an embedding model is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbeddingSpec {
    /// Asked for unless the caller says otherwise.
    pub dimensions: usize,
    /// What it makes unasked. Shorter vectors are cut from these and made unit length again.
    pub native_dimensions: usize,
    #[serde(default)]
    pub method: EmbeddingMethod,
    pub texts_per_call: usize,
    /// Whether it is told what the vector is for.
    #[serde(default)]
    pub task_types: bool,
}

/// The REST method of a Google embedding model. OpenAI's wire has one only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmbeddingMethod {
    Predict,
    #[default]
    EmbedContent,
}

impl ModelRow {
    pub fn ended(&self, today: NaiveDate) -> bool {
        self.ends_on.is_some_and(|end| end <= today)
    }

    /// `vertex/gemini-3.8-flash`: this row and no other.
    pub fn name(&self) -> String {
        format!("{}/{}", self.provider, self.id)
    }
}

/// The model file: rows, and aliases in order of preference. An alias names a model id, meaning
/// every provider's row in the order of the file, or one row as `provider/id`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Models {
    pub aliases: BTreeMap<String, Vec<String>>,
    pub models: Vec<ModelRow>,
}

impl Models {
    /// The rows compiled into this crate.
    pub fn embedded() -> Self {
        Self::parse(include_str!("../data/models.json")).expect("the embedded model file is valid")
    }

    /// # Errors
    /// What is wrong with the file: not this shape, a row twice, an alias for an unknown model.
    pub fn parse(text: &str) -> Result<Self, String> {
        let models: Self = parse_expanded(text, "models")?;
        models.check()?;
        Ok(models)
    }

    fn check(&self) -> Result<(), String> {
        let mut seen = HashSet::new();
        for row in &self.models {
            if !seen.insert((&row.provider, &row.id)) {
                return Err(format!("model {} is listed twice", row.name()));
            }
            match (&row.embedding, row.kind) {
                (None, Kind::Embedding) => {
                    return Err(format!("model {} lacks its embedding part", row.name()));
                }
                (Some(spec), _) if spec.dimensions == 0 || spec.texts_per_call == 0 => {
                    return Err(format!("model {} embeds nothing", row.name()));
                }
                _ => {}
            }
        }
        for (alias, ids) in &self.aliases {
            if ids.is_empty() {
                return Err(format!("alias {alias} names no model"));
            }
            if self.row(alias).is_some() && alias != "offline" {
                return Err(format!("{alias} is both an alias and a model"));
            }
            if let Some(id) = ids.iter().find(|id| self.row(id).is_none()) {
                return Err(format!("alias {alias} names the unknown model {id}"));
            }
        }
        Ok(())
    }

    /// The first row of a model id, or the row `provider/id`.
    pub fn row(&self, name: &str) -> Option<&ModelRow> {
        self.rows(name).next()
    }

    /// Every row of a model id, or the one row `provider/id`. Ids may hold slashes themselves.
    pub fn rows<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a ModelRow> {
        self.models.iter().filter(move |row| {
            row.id == name
                || name
                    .split_once('/')
                    .is_some_and(|(provider, id)| row.provider == provider && row.id == id)
        })
    }

    /// The rows an alias or id means, best first; `None` when it means nothing.
    pub fn candidates(&self, name: &str) -> Option<Vec<&ModelRow>> {
        let rows: Vec<_> = match self.aliases.get(name) {
            Some(ids) => ids.iter().flat_map(|id| self.rows(id)).collect(),
            None => self.rows(name).collect(),
        };
        (!rows.is_empty()).then_some(rows)
    }
}

/// Reads a data file whose rows, the list under `list`, may name several providers: each such row
/// stands for one per provider.
pub(crate) fn parse_expanded<T: for<'de> Deserialize<'de>>(
    text: &str,
    list: &str,
) -> Result<T, String> {
    let mut file: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if let Some(rows) = file.get_mut(list).and_then(Value::as_array_mut) {
        *rows = std::mem::take(rows).into_iter().flat_map(each).collect();
    }
    serde_path_to_error::deserialize(file).map_err(|error| error.to_string())
}

fn each(row: Value) -> Vec<Value> {
    let Some(providers) = row["provider"].as_array() else {
        return vec![row];
    };
    let one = |provider: &Value| {
        let mut row = row.clone();
        row["provider"] = provider.clone();
        row
    };
    providers.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alias_of_the_plan_is_there() {
        let models = Models::embedded();
        for alias in [
            "cheap",
            "fast",
            "standard",
            "premium",
            "heavy",
            "lord",
            "fallback",
            "embedding",
            "offline",
        ] {
            assert!(!models.candidates(alias).unwrap().is_empty(), "{alias}");
        }
        assert!(models.candidates("gpt-4").is_none());
    }

    #[test]
    fn a_model_may_have_a_row_for_each_provider() {
        let models = Models::embedded();
        let names = |name: &str| -> Vec<String> {
            let rows = models.candidates(name).unwrap();
            rows.into_iter().map(ModelRow::name).collect()
        };
        assert_eq!(
            names("gemini-3.8-flash"),
            ["vertex/gemini-3.8-flash", "gemini-api/gemini-3.8-flash"]
        );
        assert_eq!(
            names("gemini-api/gemini-3.8-flash"),
            ["gemini-api/gemini-3.8-flash"]
        );
        assert!(names("standard").len() > 3, "a cascade crosses providers");
        assert!(models.candidates("openai/gemini-3.8-flash").is_none());
    }

    #[test]
    fn a_broken_file_is_refused_with_the_place() {
        let refused = |text: &str| Models::parse(text).unwrap_err();
        assert_eq!(
            refused(r#"{"aliases":{"a":["nope"]},"models":[]}"#),
            "alias a names the unknown model nope"
        );
        assert!(refused(r#"{"aliases":{},"models":[],"extra":1}"#).contains("extra"));
        let message = refused(r#"{"aliases":{},"models":[{"id":1}]}"#);
        assert!(message.contains("models[0].id"), "{message}");
        let row = r#"{"id":"m","provider":["a","a"],"location":"x","source":"s","read_on":"2026-01-01",
            "capabilities":{"sampling":"ignored","efforts":[],"tools":true,"schema":true,"schema_with_tools":true}}"#;
        assert_eq!(
            refused(&format!(r#"{{"aliases":{{}},"models":[{row}]}}"#)),
            "model a/m is listed twice"
        );
    }
}
