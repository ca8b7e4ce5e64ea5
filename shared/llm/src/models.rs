//! Which models there are, what each takes, and which of them an alias means: `data/models.json`.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::{Effort, Request};

/// One model of one provider.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelRow {
    pub id: String,
    pub provider: String,
    /// Where inference runs: `global`, `us`, `eu`, a region, or `local`.
    pub location: String,
    pub capabilities: Capabilities,
    /// Larger prompts are refused before they are sent.
    pub max_prompt_tokens: Option<u64>,
    /// The first day it may be gone.
    pub ends_on: Option<NaiveDate>,
    pub note: Option<String>,
    pub source: String,
    pub read_on: NaiveDate,
}

/// What a model takes. What it doesn't take is left out of the request and reported.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capabilities {
    pub sampling: Sampling,
    /// The efforts it knows, least first. Another one becomes the nearest of these.
    pub efforts: Vec<Effort>,
    pub tools: bool,
    /// An answer held to a JSON Schema.
    pub schema: bool,
    /// The same while tools are declared.
    pub schema_with_tools: bool,
}

/// What a model does with a temperature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    Honoured,
    /// Values under 1.0 make it loop.
    AtLeastOne,
    /// Accepted without effect.
    Ignored,
    /// Answered with an error.
    Rejected,
}

/// What remains of the optional wishes of a request for one model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Accepted {
    pub temperature: Option<f64>,
    pub effort: Option<Effort>,
    /// Send the output schema.
    pub schema: bool,
    pub dropped: Vec<String>,
}

impl ModelRow {
    /// Applies the capability table. Nothing is left out silently.
    pub fn accept(&self, request: &Request) -> Accepted {
        let mut accepted = Accepted::default();
        if let Some(wanted) = request.temperature {
            let taken = match self.capabilities.sampling {
                Sampling::Honoured => true,
                Sampling::AtLeastOne => wanted >= 1.0,
                Sampling::Ignored | Sampling::Rejected => false,
            };
            if taken {
                accepted.temperature = Some(wanted);
            } else {
                accepted.dropped.push(format!("temperature {wanted}"));
            }
        }
        if let Some(wanted) = request.effort {
            accepted.effort = self.nearest(wanted);
            match accepted.effort {
                Some(taken) if taken == wanted => {}
                Some(taken) => accepted.dropped.push(format!(
                    "effort {} (sent {})",
                    wanted.as_str(),
                    taken.as_str()
                )),
                None => accepted.dropped.push(format!("effort {}", wanted.as_str())),
            }
        }
        if request.output_schema.is_some() {
            accepted.schema = self.capabilities.schema
                && (request.tools.is_empty() || self.capabilities.schema_with_tools);
            if !accepted.schema {
                accepted
                    .dropped
                    .push("output_schema (asked for in words)".to_owned());
            }
        }
        accepted
    }

    /// The highest known effort that is not above `wanted`, else the lowest known.
    fn nearest(&self, wanted: Effort) -> Option<Effort> {
        let efforts = &self.capabilities.efforts;
        efforts
            .iter()
            .rev()
            .copied()
            .find(|known| *known <= wanted)
            .or(efforts.first().copied())
    }

    pub fn ended(&self, today: NaiveDate) -> bool {
        self.ends_on.is_some_and(|end| end <= today)
    }
}

/// The model file: rows, and aliases in order of preference.
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
    /// What is wrong with the file: not this shape, an id twice, an alias for an unknown model.
    pub fn parse(text: &str) -> Result<Self, String> {
        let models: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        for (at, row) in models.models.iter().enumerate() {
            if models.models[..at]
                .iter()
                .any(|earlier| earlier.id == row.id)
            {
                return Err(format!("model {} is listed twice", row.id));
            }
        }
        for (alias, ids) in &models.aliases {
            if ids.is_empty() {
                return Err(format!("alias {alias} names no model"));
            }
            if let Some(id) = ids.iter().find(|id| models.row(id).is_none()) {
                return Err(format!("alias {alias} names the unknown model {id}"));
            }
        }
        Ok(models)
    }

    pub fn row(&self, id: &str) -> Option<&ModelRow> {
        self.models.iter().find(|row| row.id == id)
    }

    /// The rows an alias or id means, best first; `None` when it means nothing.
    pub fn candidates(&self, name: &str) -> Option<Vec<&ModelRow>> {
        match self.aliases.get(name) {
            Some(ids) => Some(ids.iter().filter_map(|id| self.row(id)).collect()),
            None => self.row(name).map(|row| vec![row]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(temperature: f64, effort: Effort) -> Request {
        Request {
            temperature: Some(temperature),
            effort: Some(effort),
            ..Request::default()
        }
    }

    #[test]
    fn what_a_model_does_not_take_is_reported() {
        let models = Models::embedded();
        let flash = models.row("gemini-3.8-flash").unwrap();
        let accepted = flash.accept(&ask(0.7, Effort::Minimal));
        assert_eq!(
            (accepted.temperature, accepted.effort),
            (None, Some(Effort::Low))
        );
        assert_eq!(
            accepted.dropped,
            ["temperature 0.7", "effort minimal (sent low)"]
        );

        let lite = models.row("gemini-3.1-flash-lite").unwrap();
        assert_eq!(
            lite.accept(&ask(1.2, Effort::Minimal)).temperature,
            Some(1.2)
        );
        assert_eq!(lite.accept(&ask(0.2, Effort::Max)).temperature, None);
        assert_eq!(
            lite.accept(&ask(0.2, Effort::Max)).effort,
            Some(Effort::High)
        );
    }

    #[test]
    fn every_alias_of_the_plan_is_there() {
        let models = Models::embedded();
        for alias in [
            "cheap", "fast", "standard", "premium", "heavy", "lord", "fallback", "offline",
        ] {
            assert!(!models.candidates(alias).unwrap().is_empty(), "{alias}");
        }
        assert!(models.candidates("gpt-4").is_none());
    }

    #[test]
    fn a_broken_file_is_refused() {
        let twice = r#"{"aliases":{"a":["nope"]},"models":[]}"#;
        assert_eq!(
            Models::parse(twice).unwrap_err(),
            "alias a names the unknown model nope"
        );
        assert!(Models::parse(r#"{"aliases":{},"models":[],"extra":1}"#).is_err());
    }
}
