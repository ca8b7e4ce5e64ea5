//! A [`Request`] as Gemini's `generateContent` body. Texts and schemas are borrowed: a long history
//! is written once, into the bytes that are sent.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::WIRE;
use crate::capabilities::{GO_ON, PREFILL, Thinking, in_words};
use crate::{Accepted, Effort, ModelRow, Request, ToolCall, ToolResult, Turn};

/// Ids made up here; Gemini sent none, so it gets none back.
pub(super) const LOCAL_ID: &str = "local-";

/// Stands for the signature of a call another model made (Google's documented placeholder).
pub(super) const FOREIGN_SIGNATURE: &str = "skip_thought_signature_validator";

/// Where the models are reached, which differ in a few fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    Vertex,
    Key,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body<'a> {
    contents: Vec<Content<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_instruction: Option<System<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<[Tools<'a>; 1]>,
    #[serde(skip_serializing_if = "Config::is_empty")]
    generation_config: Config<'a>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
struct System<'a> {
    parts: [Text<'a>; 1],
}

#[derive(Debug, Serialize)]
struct Text<'a> {
    text: Cow<'a, str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Tools<'a> {
    function_declarations: Vec<Function<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Function<'a> {
    name: &'a str,
    description: &'a str,
    parameters_json_schema: &'a Value,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Config<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_config: Option<ThinkingConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_mime_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_json_schema: Option<&'a Value>,
}

impl Config<'_> {
    fn is_empty(&self) -> bool {
        self.max_output_tokens.is_none()
            && self.temperature.is_none()
            && self.thinking_config.is_none()
            && self.response_json_schema.is_none()
    }
}

/// One of the two: sending both fails.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum ThinkingConfig {
    ThinkingLevel(&'static str),
    ThinkingBudget(i32),
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Content<'a> {
    /// As Gemini said it.
    Verbatim(&'a Value),
    Made {
        role: &'static str,
        parts: Vec<Part<'a>>,
    },
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Part<'a> {
    Text {
        text: &'a str,
    },
    #[serde(rename_all = "camelCase")]
    Call {
        function_call: Call<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        thought_signature: Option<&'static str>,
    },
    #[serde(rename_all = "camelCase")]
    Result {
        function_response: Answered<'a>,
    },
}

#[derive(Debug, Serialize)]
struct Call<'a> {
    name: &'a str,
    args: &'a Value,
}

#[derive(Debug, Serialize)]
struct Answered<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    name: &'a str,
    response: Outcome<'a>,
}

/// An object whose key has a meaning for the model.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome<'a> {
    Output(&'a Value),
    Error(&'a Value),
}

/// The body, and what was left out of it.
pub(super) fn body<'a>(
    door: Door,
    model: &ModelRow,
    request: &'a Request,
) -> (Body<'a>, Vec<String>) {
    let accepted = model.accept(request);
    let config = config(model, request, &accepted);
    let mut dropped = accepted.dropped;

    let mut system = Cow::Borrowed(request.system.as_str());
    if let Some(schema) = request.output_schema.as_ref().filter(|_| !accepted.schema) {
        system.to_mut().push_str(&in_words(schema));
    }
    let mut contents = contents(&request.turns);
    if matches!(request.turns.last(), Some(Turn::Model { .. })) {
        contents.push(user(GO_ON));
        dropped.push(PREFILL.to_owned());
    }
    let labels = match door {
        Door::Vertex => labels(&request.labels),
        Door::Key => {
            if !request.labels.is_empty() {
                dropped.push("labels".to_owned());
            }
            BTreeMap::new()
        }
    };
    let body = Body {
        contents,
        system_instruction: (!system.is_empty()).then_some(System {
            parts: [Text { text: system }],
        }),
        tools: accepted.tools.then(|| [functions(request)]),
        generation_config: config,
        labels,
    };
    (body, dropped)
}

fn config<'a>(model: &ModelRow, request: &'a Request, accepted: &Accepted) -> Config<'a> {
    let schema = request.output_schema.as_ref().filter(|_| accepted.schema);
    let thinking = accepted
        .effort
        .and_then(|effort| match model.capabilities.thinking {
            Thinking::Level => Some(ThinkingConfig::ThinkingLevel(level(effort))),
            Thinking::Budget => Some(ThinkingConfig::ThinkingBudget(budget(effort))),
            _ => None,
        });
    Config {
        max_output_tokens: Some(accepted.max_output_tokens)
            .filter(|most| *most > 0 && request.max_output_tokens > 0),
        temperature: accepted.temperature,
        thinking_config: thinking,
        response_mime_type: schema.map(|_| "application/json"),
        response_json_schema: schema,
    }
}

fn level(effort: Effort) -> &'static str {
    match effort {
        Effort::Minimal => "MINIMAL",
        Effort::Low => "LOW",
        Effort::Medium => "MEDIUM",
        Effort::High => "HIGH",
        Effort::Max => "XHIGH",
    }
}

/// Tokens; -1 lets the model choose.
fn budget(effort: Effort) -> i32 {
    match effort {
        Effort::Minimal => 512,
        Effort::Low => 2_048,
        Effort::Medium => 8_192,
        Effort::High => 24_576,
        Effort::Max => -1,
    }
}

fn functions(request: &Request) -> Tools<'_> {
    Tools {
        function_declarations: request
            .tools
            .iter()
            .map(|tool| Function {
                name: &tool.name,
                description: &tool.description,
                parameters_json_schema: &tool.parameters,
            })
            .collect(),
    }
}

fn user(text: &str) -> Content<'_> {
    Content::Made {
        role: "user",
        parts: vec![Part::Text { text }],
    }
}

fn contents(turns: &[Turn]) -> Vec<Content<'_>> {
    let mut contents = Vec::with_capacity(turns.len() + 1);
    // Whether the calls before were Gemini's own, with ids it knows.
    let mut own = false;
    for turn in turns {
        match turn {
            Turn::User { text } => contents.push(user(text)),
            Turn::Model {
                text,
                tool_calls,
                raw,
            } => {
                let said = raw.as_ref().filter(|raw| raw["wire"] == WIRE);
                own = said.is_some();
                match said.map(|raw| &raw["content"]) {
                    // A content without parts is refused.
                    Some(content) if has_parts(content) => {
                        contents.push(Content::Verbatim(content));
                    }
                    Some(_) => {}
                    None => contents.extend(rebuilt(text, tool_calls)),
                }
            }
            Turn::ToolResults(results) => contents.push(Content::Made {
                role: "user",
                parts: results.iter().map(|answer| result(answer, own)).collect(),
            }),
        }
    }
    contents
}

fn has_parts(content: &Value) -> bool {
    content["parts"]
        .as_array()
        .is_some_and(|parts| !parts.is_empty())
}

/// A turn that another wire's model made; nothing when it said nothing.
fn rebuilt<'a>(text: &'a str, calls: &'a [ToolCall]) -> Option<Content<'a>> {
    let said = (!text.is_empty()).then_some(Part::Text { text });
    let calls = calls.iter().enumerate().map(|(at, call)| Part::Call {
        function_call: Call {
            name: &call.name,
            args: &call.args,
        },
        thought_signature: (at == 0).then_some(FOREIGN_SIGNATURE),
    });
    let parts: Vec<_> = said.into_iter().chain(calls).collect();
    (!parts.is_empty()).then_some(Content::Made {
        role: "model",
        parts,
    })
}

fn result(result: &ToolResult, own: bool) -> Part<'_> {
    let given = own && !result.call_id.is_empty() && !result.call_id.starts_with(LOCAL_ID);
    Part::Result {
        function_response: Answered {
            id: given.then_some(&result.call_id),
            name: &result.name,
            response: if result.is_error {
                Outcome::Error(&result.content)
            } else {
                Outcome::Output(&result.content)
            },
        },
    }
}

/// Google takes at most 63 characters of lowercase letters, digits, `_` and `-`; keys start with a
/// letter.
fn labels(labels: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let fit = |text: &str| -> String {
        let plain = |c: char| match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() || c == '-' => c,
            _ => '_',
        };
        text.chars().take(63).map(plain).collect()
    };
    labels
        .iter()
        .map(|(key, value)| (fit(key), fit(value)))
        .filter(|(key, _)| key.starts_with(|c: char| c.is_ascii_lowercase()))
        .collect()
}
