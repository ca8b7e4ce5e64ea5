//! What a caller asks of a model: the same shape for every provider.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::OfflineFacts;

/// One call of a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Request {
    /// An alias (`standard`) or a model id (`gemini-3.8-flash`).
    pub model: String,
    /// More of them, to ask in this order when all of `model`'s fail. Names that nothing serves are
    /// passed over.
    pub fallbacks: Vec<String>,
    /// Stable text first: providers cache the beginning of a prompt by themselves.
    pub system: String,
    pub turns: Vec<Turn>,
    /// What the model may call. A skill gets only the tools it declares.
    pub tools: Vec<ToolSpec>,
    /// JSON Schema (2020-12) the answer must fit. Without one the answer is free text.
    pub output_schema: Option<Value>,
    /// Upper limit of everything the model writes, thinking included.
    pub max_output_tokens: u32,
    /// 0.0 to 2.0. Many current models ignore or refuse it: then it is left out and
    /// [`crate::Response::dropped`] says so. `effort` is the portable knob.
    pub temperature: Option<f64>,
    pub effort: Option<Effort>,
    /// Billing labels for the provider's own invoice: workspace, skill, run class. Never personal
    /// data.
    pub labels: BTreeMap<String, String>,
    /// What the offline model works from. Other providers ignore it.
    pub facts: OfflineFacts,
}

/// How long a model should think.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    Minimal,
    Low,
    Medium,
    High,
    Max,
}

impl Effort {
    pub const ALL: &'static [Self] = &[
        Self::Minimal,
        Self::Low,
        Self::Medium,
        Self::High,
        Self::Max,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Max => "max",
        }
    }
}

impl std::str::FromStr for Effort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|effort| effort.as_str() == text)
            .ok_or_else(|| {
                let known: Vec<_> = Self::ALL.iter().map(|effort| effort.as_str()).collect();
                format!(
                    "{text:?} is not an effort: expected one of {}",
                    known.join(", ")
                )
            })
    }
}

/// One turn of the conversation so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "role", content = "content", rename_all = "snake_case")]
pub enum Turn {
    User {
        text: String,
    },
    /// What a model answered. Copy it from a [`crate::Response`] with [`crate::Response::turn`].
    Model {
        text: String,
        #[serde(default)]
        tool_calls: Vec<ToolCall>,
        /// The provider's own message, verbatim: `{"wire": "...", ...}`. It carries signatures that
        /// can't be rebuilt from the text, so it goes back unchanged to the wire it came from.
        #[serde(default)]
        raw: Option<Value>,
    },
    /// The answers to every call of the model turn before it.
    ToolResults(Vec<ToolResult>),
}

impl Turn {
    pub fn user(text: impl Into<String>) -> Self {
        Self::User { text: text.into() }
    }

    pub fn results(results: Vec<ToolResult>) -> Self {
        Self::ToolResults(results)
    }
}

/// A tool a model may call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// At most 128 characters of `A-Z a-z 0-9 _ - .`.
    pub name: String,
    pub description: String,
    /// JSON Schema of the arguments, an object.
    pub parameters: Value,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Unique within the response. Made up here when the provider sends none.
    pub id: String,
    pub name: String,
    /// An object, not yet checked against the tool's schema.
    pub args: Value,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolResult {
    pub call_id: String,
    pub name: String,
    pub content: Value,
    #[serde(default)]
    pub is_error: bool,
}

/// What is heard while a model is still answering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delta {
    /// More of the answer.
    Text(String),
    /// The model asks for this tool.
    ToolCall(String),
    /// What was heard so far is void: the call is made again, perhaps by another model.
    Restarted { model: String },
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_history_survives_being_stored() {
        let call = ToolCall {
            id: "1".into(),
            name: "t".into(),
            args: json!({}),
        };
        let result = ToolResult {
            call_id: "1".into(),
            name: "t".into(),
            content: json!(2),
            is_error: true,
        };
        let turns = vec![
            Turn::user("hi"),
            Turn::Model {
                text: "x".into(),
                tool_calls: vec![call],
                raw: Some(json!({"wire": "w"})),
            },
            Turn::results(vec![result]),
        ];
        let stored = serde_json::to_string(&turns).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Turn>>(&stored).unwrap(), turns);
    }
}
