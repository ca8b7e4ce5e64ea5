//! A [`Request`] as a Chat Completions body. Texts and schemas are borrowed: a long history is
//! written once, into the bytes that are sent.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::{Flags, WIRE};
use crate::capabilities::{GO_ON, PREFILL, Thinking, in_words};
use crate::names::plain;
use crate::{Effort, ModelRow, Request, ToolCall, ToolResult, Turn};

#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<Format<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cache_key: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
}

#[derive(Debug, Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "function")]
struct Tool<'a> {
    function: Function<'a>,
}

#[derive(Debug, Serialize)]
struct Function<'a> {
    name: Cow<'a, str>,
    description: &'a str,
    parameters: &'a Value,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "json_schema")]
struct Format<'a> {
    json_schema: JsonSchema<'a>,
}

#[derive(Debug, Serialize)]
struct JsonSchema<'a> {
    name: &'static str,
    schema: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    strict: Option<bool>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Message<'a> {
    /// As the same server said it.
    Verbatim(&'a Value),
    Made {
        role: &'static str,
        content: Option<Cow<'a, str>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<Value>,
        #[serde(skip_serializing_if = "Option::is_none")]
        tool_call_id: Option<String>,
    },
}

impl<'a> Message<'a> {
    fn text(role: &'static str, text: impl Into<Cow<'a, str>>) -> Self {
        Self::Made {
            role,
            content: Some(text.into()),
            tool_calls: Vec::new(),
            tool_call_id: None,
        }
    }
}

/// The body, and what was left out of it. `provider` is the server's name.
pub(super) fn body<'a>(
    provider: &str,
    flags: Flags,
    model: &'a ModelRow,
    request: &'a Request,
    stream: bool,
) -> (Body<'a>, Vec<String>) {
    let accepted = model.accept(request);
    let mut dropped = accepted.dropped;
    let mut system = Cow::Borrowed(request.system.as_str());
    let format = match &request.output_schema {
        Some(schema) if accepted.schema => Some(Format {
            json_schema: JsonSchema {
                name: "answer",
                schema,
                strict: flags.extensions.then(|| is_strict(schema, true)),
            },
        }),
        Some(schema) => {
            system.to_mut().push_str(&in_words(schema));
            None
        }
        None => None,
    };
    let mut messages = Vec::with_capacity(request.turns.len() + 2);
    if !system.is_empty() {
        messages.push(Message::text("system", system));
    }
    turns(provider, &request.turns, &mut messages);
    if matches!(request.turns.last(), Some(Turn::Model { .. })) {
        messages.push(Message::text("user", GO_ON));
        dropped.push(PREFILL.to_owned());
    }
    if !request.labels.is_empty() {
        dropped.push("labels".to_owned());
    }
    let tools = request.tools.iter().filter(|_| accepted.tools);
    let most =
        Some(accepted.max_output_tokens).filter(|most| *most > 0 && request.max_output_tokens > 0);
    let body = Body {
        model: &model.id,
        messages,
        tools: tools
            .map(|tool| Tool {
                function: Function {
                    name: plain(&tool.name),
                    description: &tool.description,
                    parameters: &tool.parameters,
                },
            })
            .collect(),
        response_format: format,
        max_completion_tokens: most.filter(|_| flags.max_completion_tokens),
        max_tokens: most.filter(|_| !flags.max_completion_tokens),
        temperature: accepted.temperature,
        reasoning_effort: accepted
            .effort
            .filter(|_| model.capabilities.thinking == Thinking::Effort)
            .map(effort),
        // Calls of one skill begin alike: they are sent where that beginning is cached.
        prompt_cache_key: request
            .labels
            .get("skill")
            .filter(|_| flags.extensions)
            .map(String::as_str),
        stream,
        stream_options: (stream && flags.include_usage).then_some(StreamOptions {
            include_usage: true,
        }),
    };
    (body, dropped)
}

fn effort(effort: Effort) -> &'static str {
    match effort {
        Effort::Minimal => "none",
        other => other.as_str(),
    }
}

fn turns<'a>(provider: &str, turns: &'a [Turn], messages: &mut Vec<Message<'a>>) {
    // Ids of the last turn's calls as given and as sent: other wires repeat theirs in every turn.
    let mut ids: HashMap<&str, String> = HashMap::new();
    for (at, turn) in turns.iter().enumerate() {
        match turn {
            Turn::User { text } => messages.push(Message::text("user", text.as_str())),
            Turn::Model {
                text,
                tool_calls,
                raw,
            } => {
                ids.clear();
                match raw.as_ref().and_then(|raw| said(raw, provider)) {
                    Some(message) => messages.push(Message::Verbatim(message)),
                    None => messages.extend(rebuilt(at, text, tool_calls, &mut ids)),
                }
            }
            Turn::ToolResults(results) => {
                messages.extend(results.iter().map(|answer| result(answer, &ids)));
            }
        }
    }
}

/// The message as this very server said it, if it can be said again. Servers add fields that
/// others refuse.
fn said<'a>(raw: &'a Value, provider: &str) -> Option<&'a Value> {
    let message = &raw["message"];
    let calls = message["tool_calls"]
        .as_array()
        .is_some_and(|calls| !calls.is_empty());
    let own = raw["wire"] == WIRE && raw["provider"] == provider;
    (own && (calls || message["content"].is_string())).then_some(message)
}

fn rebuilt<'a>(
    at: usize,
    text: &'a str,
    calls: &'a [ToolCall],
    ids: &mut HashMap<&'a str, String>,
) -> Option<Message<'a>> {
    if text.is_empty() && calls.is_empty() {
        return None;
    }
    let tool_calls = calls.iter().enumerate().map(|(nth, call)| {
        let id = format!("call_{at}_{}", nth + 1);
        ids.insert(&call.id, id.clone());
        json!({
            "id": id, "type": "function",
            "function": { "name": plain(&call.name), "arguments": call.args.to_string() },
        })
    });
    Some(Message::Made {
        role: "assistant",
        content: (!text.is_empty()).then_some(Cow::Borrowed(text)),
        tool_calls: tool_calls.collect(),
        tool_call_id: None,
    })
}

fn result<'a>(answer: &'a ToolResult, ids: &HashMap<&str, String>) -> Message<'a> {
    // This wire has no word for a failed call but the content's own.
    let marked = !answer.is_error || answer.content.get("error").is_some();
    let content = match &answer.content {
        Value::String(text) if marked => Cow::Borrowed(text.as_str()),
        content if marked => Cow::Owned(content.to_string()),
        content => Cow::Owned(json!({ "error": content }).to_string()),
    };
    let id = ids.get(answer.call_id.as_str());
    Message::Made {
        role: "tool",
        content: Some(content),
        tool_calls: Vec::new(),
        tool_call_id: Some(id.cloned().unwrap_or_else(|| answer.call_id.clone())),
    }
}

/// Whether OpenAI can hold an answer to the schema to the letter: closed objects whose properties
/// are all required (its structured outputs guide, "Supported schemas"). Another schema is sent as
/// advice.
fn is_strict(schema: &Value, root: bool) -> bool {
    const KNOWN: &[&str] = &[
        "type",
        "description",
        "title",
        "enum",
        "const",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "anyOf",
        "$ref",
        "$defs",
        "$schema",
        "minItems",
        "maxItems",
        "minimum",
        "maximum",
        "pattern",
    ];
    let Some(map) = schema.as_object() else {
        return false;
    };
    if !map.keys().all(|key| KNOWN.contains(&key.as_str())) || (root && schema["type"] != "object")
    {
        return false;
    }
    if schema["type"] == "object" || map.contains_key("properties") {
        let no_properties = serde_json::Map::new();
        let properties = schema["properties"].as_object().unwrap_or(&no_properties);
        let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
        let all = properties
            .keys()
            .all(|name| required.iter().any(|required| required == name));
        if !all || schema["additionalProperties"] != false {
            return false;
        }
    } else if !["type", "enum", "const", "anyOf", "$ref"]
        .iter()
        .any(|key| map.contains_key(*key))
    {
        return false;
    }
    let children = ["properties", "$defs"]
        .into_iter()
        .filter_map(|key| map.get(key)?.as_object())
        .flat_map(|parts| parts.values())
        .chain(
            map.get("anyOf")
                .and_then(Value::as_array)
                .into_iter()
                .flatten(),
        )
        .chain(map.get("items"));
    children.into_iter().all(|child| is_strict(child, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_closed_and_complete_schemas_are_strict() {
        let closed = json!({"type": "object", "additionalProperties": false, "required": ["a"], "properties": {
            "a": {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/s"}}, {"type": "null"}]}}, "$defs": {"s": {"type": "string", "enum": ["x"]}}});
        assert!(is_strict(&closed, true));
        for (path, value) in [
            ("/additionalProperties", json!(true)),
            ("/required", json!([])),
            ("/type", json!("array")),
            ("/properties/a", json!({})),
            ("/properties/a", json!({"type": "string", "format": "date"})),
            ("/properties/a", json!({"type": "object"})),
            ("/$defs/s", json!({"oneOf": []})),
            ("/properties/a", json!(true)),
        ] {
            let mut schema = closed.clone();
            *schema.pointer_mut(path).unwrap() = value;
            assert!(!is_strict(&schema, true), "{schema}");
        }
    }
}
