//! What a model call gave back, and what it used.

use std::ops::AddAssign;

use domain::{Tokens, Usd};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Tier, ToolCall, Turn};

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Response {
    /// The answer without thinking. JSON text when an output schema was asked for.
    pub text: String,
    pub tool_calls: Vec<ToolCall>,
    pub finish: Finish,
    /// Everything this call used, failed attempts included.
    pub usage: Usage,
    /// Everything this call cost, failed attempts included, each attempt rounded up to a whole
    /// micro-dollar.
    pub cost: Usd,
    /// The model that really answered, as the provider names it.
    pub model: String,
    pub provider: &'static str,
    /// The provider's message verbatim, for [`Turn::Model`].
    pub raw: Option<Value>,
    /// What was asked for and not sent, because the model's capabilities leave it out.
    pub dropped: Vec<String>,
    /// One entry per request made, the last being the one that answered.
    pub attempts: Vec<Attempt>,
}

impl Response {
    /// This answer as a turn of the history.
    pub fn turn(&self) -> Turn {
        Turn::Model {
            text: self.text.clone(),
            tool_calls: self.tool_calls.clone(),
            raw: self.raw.clone(),
        }
    }
}

/// A provider's answer, before it is priced.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RawResponse {
    pub text: String,
    pub tool_calls: Vec<ToolCall>,
    pub finish: Finish,
    pub usage: Usage,
    /// The service tier that really answered, which sets the price.
    pub tier: Tier,
    /// As the provider reports it; empty when it doesn't.
    pub model: String,
    pub raw: Option<Value>,
    pub dropped: Vec<String>,
}

/// Why the model stopped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "class", content = "reason", rename_all = "snake_case")]
pub enum Finish {
    #[default]
    Done,
    /// It waits for the results of its tool calls.
    ToolCalls,
    /// `max_output_tokens` was reached, perhaps by thinking alone.
    Truncated,
    /// The provider's policy stopped the answer.
    Policy(String),
    /// The model broke its own protocol, such as a malformed call. Tried again before it is
    /// returned.
    Fault(String),
    /// A reason this version doesn't know.
    Other(String),
}

/// Tokens one call used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// All that was read, cached tokens and tool results included.
    pub input: u64,
    /// The part of `input` that came from the provider's cache.
    pub cached_input: u64,
    /// The part of `input` written to the provider's cache for 5 minutes.
    pub cache_write_5m: u64,
    /// The part of `input` written to the provider's cache for 1 hour.
    pub cache_write_1h: u64,
    /// What was written as the answer, without thinking.
    pub output: u64,
    pub thinking: u64,
    /// Web searches the provider bills for.
    pub searches: u64,
    pub certainty: Certainty,
}

/// A count out of an answer: absent is 0, and none is so large that sums of them overflow.
pub(crate) fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0).min(1 << 40)
}

impl Usage {
    pub fn tokens(&self) -> Tokens {
        Tokens {
            input: self.input,
            output: self.output + self.thinking,
        }
    }

    /// What is charged for a call whose own count broke off: never less than what was heard here.
    pub(crate) fn settled(reported: Option<Self>, counted: Self) -> Self {
        let Some(reported) = reported else {
            return counted;
        };
        Self {
            input: if reported.input > 0 {
                reported.input
            } else {
                counted.input
            },
            output: reported.output.max(counted.output),
            certainty: counted.certainty.max(reported.certainty),
            ..reported
        }
    }

    pub fn is_zero(&self) -> bool {
        *self
            == Self {
                certainty: self.certainty,
                ..Self::default()
            }
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.input += other.input;
        self.cached_input += other.cached_input;
        self.cache_write_5m += other.cache_write_5m;
        self.cache_write_1h += other.cache_write_1h;
        self.output += other.output;
        self.thinking += other.thinking;
        self.searches += other.searches;
        self.certainty = self.certainty.max(other.certainty);
    }
}

/// How far a [`Usage`] can be trusted, best first. A sum is as certain as its worst part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    #[default]
    Reported,
    /// Counted here, because the provider's own count never arrived.
    Estimated,
    /// Something was used and nothing is known about how much.
    Missing,
}

impl Certainty {
    /// As the ledger writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Estimated => "estimated",
            Self::Missing => "missing",
        }
    }
}

/// One request to one model: what the ledger keeps.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attempt {
    pub provider: &'static str,
    /// The model asked for.
    pub model: String,
    pub usage: Usage,
    pub cost: Usd,
    /// The price row used, such as `gemini-3.8-flash/global/standard/2026-09-02`.
    pub price: String,
    /// `done`, or the category of the error or fault.
    pub outcome: String,
}
