//! What a model takes. What it doesn't take is left out of the request and reported.

use serde::{Deserialize, Serialize};

use crate::{Effort, ModelRow, Request};

/// What one model takes of what a [`Request`] may hold. Forced tool choice and a prefilled answer
/// are never sent to any model: their fields are here for people who read the table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capabilities {
    pub sampling: Sampling,
    /// The efforts it knows, least first. Another one becomes the nearest of these.
    pub efforts: Vec<Effort>,
    #[serde(default)]
    pub thinking: Thinking,
    /// How a Claude model is told not to think: what [`Effort::Minimal`] becomes.
    pub thinking_off: Option<String>,
    /// Whether it thinks while tools are declared. OpenAI's chat completions refuse both together.
    #[serde(default = "yes")]
    pub thinking_with_tools: bool,
    pub tools: bool,
    #[serde(default)]
    pub forced_tools: bool,
    #[serde(default)]
    pub prefill: bool,
    /// An answer held to a JSON Schema.
    pub schema: bool,
    /// The same while tools are declared.
    pub schema_with_tools: bool,
    #[serde(default)]
    pub caching: Caching,
    /// Tokens; shorter prompts are not cached.
    pub cache_minimum: Option<u64>,
}

fn yes() -> bool {
    true
}

/// What a model does with a temperature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

/// How a model is told how long to think.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thinking {
    #[default]
    None,
    /// Gemini 3 and later: `thinkingLevel`.
    Level,
    /// A number of tokens: Gemini 2.5, older Claude.
    Budget,
    /// Claude: `thinking: adaptive`, steered by `output_config.effort`.
    Adaptive,
    /// OpenAI: `reasoning_effort`.
    Effort,
}

/// Whether a prompt's beginning may be cached, which is cheap to read and can be dear to write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Caching {
    #[default]
    None,
    /// The provider caches by itself.
    Implicit,
    /// Only where a request says so. It does when tools are declared: a tool loop sends the same
    /// beginning again, while a single call would pay for a write that nobody reads.
    Marked,
}

/// How much a model reads at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ContextClass {
    /// Under 64,000 tokens: most models on one's own machine.
    Short,
    /// Under 400,000.
    Medium,
    Long,
}

impl Capabilities {
    /// Whether a call may write to the provider's cache, and so pay the dearer price of a write.
    pub fn may_write_cache(&self, request: &Request) -> bool {
        match self.caching {
            Caching::None => false,
            Caching::Implicit => true,
            Caching::Marked => !request.tools.is_empty(),
        }
    }

    /// The highest known effort that is not above `wanted`, else the lowest known.
    fn nearest(&self, wanted: Effort) -> Option<Effort> {
        let known = self.efforts.iter().copied();
        known
            .clone()
            .rev()
            .find(|effort| *effort <= wanted)
            .or(known.min())
    }
}

/// What remains of the optional wishes of a request for one model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Accepted {
    pub temperature: Option<f64>,
    pub effort: Option<Effort>,
    /// Send the output schema.
    pub schema: bool,
    /// Declare the tools.
    pub tools: bool,
    /// 0 when neither the request nor the row says.
    pub max_output_tokens: u32,
    pub dropped: Vec<String>,
}

impl ModelRow {
    /// Applies the capability table. Nothing is left out silently.
    pub fn accept(&self, request: &Request) -> Accepted {
        let takes = &self.capabilities;
        let mut accepted = Accepted {
            max_output_tokens: self.most_output(request),
            tools: takes.tools && !request.tools.is_empty(),
            ..Accepted::default()
        };
        let dropped = &mut accepted.dropped;
        if accepted.max_output_tokens < request.max_output_tokens {
            dropped.push(format!(
                "max_output_tokens {} (sent {})",
                request.max_output_tokens, accepted.max_output_tokens
            ));
        }
        if !request.tools.is_empty() && !takes.tools {
            dropped.push("tools".to_owned());
        }
        accepted.effort = self.effort(request, accepted.tools, dropped);
        if let Some(wanted) = request.temperature {
            let taken = match takes.sampling {
                Sampling::Honoured => true,
                Sampling::AtLeastOne => wanted >= 1.0,
                Sampling::Ignored | Sampling::Rejected => false,
            };
            // Claude takes no temperature while it thinks.
            let thinks = matches!(takes.thinking, Thinking::Adaptive | Thinking::Budget)
                && accepted
                    .effort
                    .is_some_and(|effort| effort > Effort::Minimal);
            if taken && !thinks {
                accepted.temperature = Some(wanted);
            } else {
                dropped.push(format!("temperature {wanted}"));
            }
        }
        if request.output_schema.is_some() {
            accepted.schema = takes.schema && (!accepted.tools || takes.schema_with_tools);
            if !accepted.schema {
                dropped.push(IN_WORDS.to_owned());
            }
        }
        accepted
    }

    /// The most that may be written: what was asked for, within what the model can.
    pub(crate) fn most_output(&self, request: &Request) -> u32 {
        let most = self.max_output_tokens.unwrap_or(u32::MAX);
        match request.max_output_tokens {
            0 => self.max_output_tokens.unwrap_or(0),
            asked => asked.min(most),
        }
    }

    fn effort(&self, request: &Request, tools: bool, dropped: &mut Vec<String>) -> Option<Effort> {
        let takes = &self.capabilities;
        // Not even the effort it would choose by itself is let through beside tools.
        if tools && !takes.thinking_with_tools {
            if let Some(wanted) = request.effort.filter(|wanted| *wanted > Effort::Minimal) {
                dropped.push(format!("effort {} (none beside tools)", wanted.as_str()));
            }
            return Some(Effort::Minimal);
        }
        let wanted = request.effort?;
        let taken = takes.nearest(wanted);
        match taken {
            Some(taken) if taken == wanted => {}
            Some(taken) => dropped.push(format!(
                "effort {} (sent {})",
                wanted.as_str(),
                taken.as_str()
            )),
            None => dropped.push(format!("effort {}", wanted.as_str())),
        }
        taken
    }

    pub fn context_class(&self) -> ContextClass {
        match self.max_prompt_tokens {
            Some(0..64_000) => ContextClass::Short,
            Some(64_000..400_000) => ContextClass::Medium,
            _ => ContextClass::Long,
        }
    }
}

/// What is reported when a schema is asked for in the system text.
pub(crate) const IN_WORDS: &str = "output_schema (asked for in words)";

/// The request for JSON that stands in for a schema the model doesn't take.
pub(crate) fn in_words(schema: &serde_json::Value) -> String {
    format!(
        "\n\nWhen no more tools are needed, answer with JSON alone that fits this JSON Schema:\n{schema}"
    )
}

/// Said for the user when a history ends with the model's own words: no model is asked to go on
/// with a half-written answer.
pub(crate) const GO_ON: &str = "Go on.";
pub(crate) const PREFILL: &str = "prefilled answer (asked to go on)";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Models, ToolSpec};

    fn ask(temperature: f64, effort: Effort) -> Request {
        Request {
            temperature: Some(temperature),
            effort: Some(effort),
            ..Request::default()
        }
    }

    fn accept(model: &str, request: &Request) -> Accepted {
        Models::embedded().row(model).unwrap().accept(request)
    }

    #[test]
    fn what_a_model_does_not_take_is_reported() {
        let accepted = accept("gemini-3.8-flash", &ask(0.7, Effort::Minimal));
        assert_eq!(
            (accepted.temperature, accepted.effort),
            (None, Some(Effort::Low))
        );
        assert_eq!(
            accepted.dropped,
            ["effort minimal (sent low)", "temperature 0.7"]
        );

        let lite = "gemini-3.1-flash-lite";
        assert_eq!(
            accept(lite, &ask(1.2, Effort::Minimal)).temperature,
            Some(1.2)
        );
        let accepted = accept(lite, &ask(0.2, Effort::Max));
        assert_eq!(
            (accepted.temperature, accepted.effort),
            (None, Some(Effort::High))
        );
    }

    #[test]
    fn claude_takes_a_temperature_only_while_it_does_not_think() {
        let model = "claude-sonnet-4-6";
        assert_eq!(accept(model, &ask(0.3, Effort::High)).temperature, None);
        assert_eq!(
            accept(model, &ask(0.3, Effort::Minimal)).temperature,
            Some(0.3)
        );
        let unasked = Request {
            effort: None,
            ..ask(0.3, Effort::Low)
        };
        assert_eq!(accept(model, &unasked).temperature, Some(0.3));
    }

    #[test]
    fn beside_tools_a_gpt_does_not_reason() {
        let tool = ToolSpec {
            name: "t".into(),
            description: String::new(),
            parameters: serde_json::json!({"type": "object"}),
        };
        let request = Request {
            tools: vec![tool],
            effort: Some(Effort::High),
            ..Request::default()
        };
        let accepted = accept("gpt-6.1-terra", &request);
        assert_eq!(accepted.effort, Some(Effort::Minimal));
        assert_eq!(accepted.dropped, ["effort high (none beside tools)"]);
        let unasked = Request {
            effort: None,
            ..request.clone()
        };
        let accepted = accept("gpt-6.1-terra", &unasked);
        assert_eq!(
            (accepted.effort, accepted.dropped.len()),
            (Some(Effort::Minimal), 0),
            "its own default is refused as well, so none must be said"
        );
        let accepted = accept("gpt-6.1-sol", &request);
        assert!(!accepted.tools && accepted.dropped.contains(&"tools".to_owned()));
        assert_eq!(accepted.effort, Some(Effort::High));
    }

    #[test]
    fn output_stays_within_what_the_model_writes() {
        let request = Request {
            max_output_tokens: 100_000,
            ..Request::default()
        };
        let accepted = accept("gemini-3.8-flash", &request);
        assert_eq!(accepted.max_output_tokens, 65_536);
        assert_eq!(accepted.dropped, ["max_output_tokens 100000 (sent 65536)"]);
        assert_eq!(
            accept("gpt-4o", &Request::default()).max_output_tokens,
            16_384
        );
    }
}
