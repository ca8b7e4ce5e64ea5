//! What Claude on Vertex AI answers with 400.

use serde_json::{Value, json};

use super::super::catalogue::generation;
use super::super::memory::Memory;

type Checked = Result<(), String>;

fn must(holds: bool, otherwise: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(otherwise()) }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

const FIELDS: &[&str] = &[
    "anthropic_version",
    "anthropic_beta",
    "max_tokens",
    "messages",
    "system",
    "tools",
    "tool_choice",
    "thinking",
    "output_config",
    "cache_control",
    "stop_sequences",
    "stream",
    "temperature",
    "top_p",
    "top_k",
    "metadata",
];

pub(super) fn check(model: &str, body: &Value, memory: &Memory) -> Checked {
    // The model is in the address.
    for name in body.as_object().into_iter().flat_map(|map| map.keys()) {
        must(FIELDS.contains(&name.as_str()), || {
            format!("{name}: Extra inputs are not permitted")
        })?;
    }
    must(!body["anthropic_version"].is_null(), || {
        "anthropic_version: Field required".to_owned()
    })?;
    must(body["anthropic_version"] == "vertex-2023-10-16", || {
        "anthropic_version: \"vertex-2023-10-16\" was expected".to_owned()
    })?;
    must(!body["max_tokens"].is_null(), || {
        "max_tokens: Field required".to_owned()
    })?;
    must(
        body["max_tokens"].as_u64().is_some_and(|most| most > 0),
        || "max_tokens: Input should be greater than or equal to 1".to_owned(),
    )?;
    messages(body)?;
    sampling(model, body)?;
    tools(model, body)?;
    thinking(model, body)?;
    output(body)?;
    results_match(body)?;
    let last = list(&body["messages"]).last();
    must(
        generation(model) < (5, 0) || last.is_some_and(|last| last["role"] == "user"),
        || {
            "This model does not support assistant message prefill. The conversation must end with a user message.".to_owned()
        },
    )?;
    thoughts_unchanged(model, body, memory)
}

pub(super) fn messages(body: &Value) -> Checked {
    let messages = list(&body["messages"]);
    must(!messages.is_empty(), || {
        "messages: at least one message is required".to_owned()
    })?;
    must(messages[0]["role"] == "user", || {
        "messages: first message must use the \"user\" role".to_owned()
    })?;
    for (at, message) in messages.iter().enumerate() {
        let role = message["role"].as_str().unwrap_or_default();
        must(matches!(role, "user" | "assistant"), || {
            format!(
                "messages: Unexpected role \"{role}\". The Messages API accepts a top-level `system` parameter, not \"system\" as an input message role."
            )
        })?;
        let content = &message["content"];
        must(content != "" && *content != Value::Array(vec![]), || {
            format!("messages.{at}: all messages must have non-empty content")
        })?;
        must(content.is_string() || content.is_array(), || {
            format!("messages.{at}.content: Field required")
        })?;
        blocks(list(content), &format!("messages.{at}.content"))?;
    }
    blocks(list(&body["system"]), "system")
}

fn blocks(blocks: &[Value], path: &str) -> Checked {
    for (at, block) in blocks.iter().enumerate() {
        must(block["type"].is_string(), || {
            format!("{path}.{at}.type: Field required")
        })?;
        must(block["type"] != "text" || block["text"] != "", || {
            format!("{path}.{at}: text content blocks must be non-empty")
        })?;
        must(
            block["type"] != "tool_use" || block["input"].is_object(),
            || format!("{path}.{at}.tool_use.input: Input should be a valid dictionary"),
        )?;
    }
    Ok(())
}

/// 4.7 and later take no sampling but the default; older ones do while they don't think.
fn sampling(model: &str, body: &Value) -> Checked {
    let default = |name: &str| body[name].is_null() || body[name].as_f64() == Some(1.0);
    if generation(model) < (4, 7) {
        let thinks = matches!(
            body["thinking"]["type"].as_str(),
            Some("adaptive" | "enabled")
        );
        return must(!thinks || default("temperature"), || {
            "`temperature` may only be set to 1 when thinking is enabled.".to_owned()
        });
    }
    must(default("temperature"), || {
        "`temperature` may only be set to 1 for this model.".to_owned()
    })?;
    must(default("top_p") && body["top_k"].is_null(), || {
        "`top_p` and `top_k` are not supported for this model.".to_owned()
    })
}

fn tools(model: &str, body: &Value) -> Checked {
    for (at, tool) in list(&body["tools"]).iter().enumerate() {
        let name = tool["name"].as_str().unwrap_or_default();
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        must(
            (1..=128).contains(&name.len()) && name.chars().all(fits),
            || {
                format!(
                    "tools.{at}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"
                )
            },
        )?;
        must(tool["input_schema"]["type"] == "object", || {
            format!("tools.{at}.custom.input_schema.type: Field required")
        })?;
        if tool["strict"] == true {
            schema(
                &tool["input_schema"],
                &format!("tools.{at}.custom.input_schema"),
            )?;
        }
    }
    let forced = matches!(body["tool_choice"]["type"].as_str(), Some("any" | "tool"));
    let refuses = ["claude-sonnet-5-5", "claude-opus-5-5", "claude-fable-5-1"].contains(&model);
    must(!(forced && refuses), || {
        "tool_choice: forced tool use is not supported for this model; use \"auto\".".to_owned()
    })?;
    must(
        body["tool_choice"].is_null() || !list(&body["tools"]).is_empty(),
        || "tool_choice: tool_choice may only be specified while providing tools.".to_owned(),
    )
}

/// Anthropic's migration guides for the 5.5 models.
fn thinking(model: &str, body: &Value) -> Checked {
    let Some(kind) = body["thinking"]["type"].as_str() else {
        return must(body["thinking"].is_null(), || {
            "thinking.type: Field required".to_owned()
        });
    };
    let effort = body["output_config"]["effort"].as_str();
    let sonnet = model == "claude-sonnet-5-5";
    let always = matches!(model, "claude-opus-5-5" | "claude-fable-5-1");
    let taken = match kind {
        "adaptive" => generation(model) >= (4, 6),
        "disabled" => !sonnet && !always,
        "between_tools" => sonnet && !matches!(effort, Some("xhigh" | "max")),
        "enabled" => generation(model) < (4, 7),
        other => {
            return Err(format!(
                "thinking: Input tag '{other}' found using 'type' does not match any of the expected tags"
            ));
        }
    };
    must(taken, || {
        format!(
            "\"thinking.type.{kind}\" is not supported for this model. Use \"thinking.type.adaptive\" and \"output_config.effort\" to control thinking behavior."
        )
    })?;
    if kind != "enabled" {
        return Ok(());
    }
    let budget = body["thinking"]["budget_tokens"].as_u64().unwrap_or(0);
    must(budget >= 1_024, || {
        "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024".to_owned()
    })?;
    must(body["max_tokens"].as_u64() > Some(budget), || {
        "`max_tokens` must be greater than `thinking.budget_tokens`.".to_owned()
    })
}

fn output(body: &Value) -> Checked {
    let config = &body["output_config"];
    if let Some(effort) = config["effort"].as_str() {
        let known = ["low", "medium", "high", "xhigh", "max"].contains(&effort);
        must(known, || {
            "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'"
                .to_owned()
        })?;
    }
    let format = &config["format"];
    if format.is_null() {
        return Ok(());
    }
    must(
        format["type"] == "json_schema" && format["schema"].is_object(),
        || "output_config.format.schema: Field required".to_owned(),
    )?;
    schema(&format["schema"], "output_config.format.schema")
}

/// Structured outputs take a part of JSON Schema and refuse the rest: no limits on values, and only
/// closed objects (Anthropic's structured outputs guide, "JSON Schema limitations").
pub(super) fn schema(schema: &Value, path: &str) -> Checked {
    const LIMITS: &[&str] = &[
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "maxItems",
        "uniqueItems",
        "contains",
        "minProperties",
        "maxProperties",
        "patternProperties",
        "propertyNames",
        "if",
        "not",
    ];
    let Some(map) = schema.as_object() else {
        return Ok(());
    };
    let kind = schema["type"].as_str().unwrap_or("object");
    if let Some(limit) = LIMITS.iter().find(|limit| map.contains_key(**limit)) {
        return Err(format!(
            "{path}: For '{kind}' type, property '{limit}' is not supported"
        ));
    }
    must(schema["minItems"].as_u64().unwrap_or(0) <= 1, || {
        format!("{path}: For 'array' type, 'minItems' values other than 0 or 1 are not supported")
    })?;
    if schema["type"] == "object" || map.contains_key("properties") {
        must(schema["additionalProperties"] == false, || {
            format!(
                "{path}: For 'object' type, 'additionalProperties' must be explicitly set to false"
            )
        })?;
    }
    for key in ["properties", "$defs", "definitions"] {
        for part in schema[key]
            .as_object()
            .into_iter()
            .flat_map(|map| map.values())
        {
            self::schema(part, path)?;
        }
    }
    for key in ["anyOf", "allOf", "oneOf"] {
        must(key != "oneOf" || schema[key].is_null(), || {
            format!("{path}: Schema type 'oneOf' is not supported")
        })?;
        for part in list(&schema[key]) {
            self::schema(part, path)?;
        }
    }
    self::schema(&schema["items"], path)
}

/// Every `tool_use` is answered in the next message, at its beginning, and nothing else is.
fn results_match(body: &Value) -> Checked {
    let messages = list(&body["messages"]);
    let ids = |message: Option<&Value>, kind: &str, key: &str| -> Vec<String> {
        let blocks = message.map_or(&[][..], |message| list(&message["content"]));
        let blocks = blocks.iter().filter(|block| block["type"] == kind);
        blocks
            .map(|block| block[key].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    for (at, message) in messages.iter().enumerate() {
        let results = ids(Some(message), "tool_result", "tool_use_id");
        let before = at.checked_sub(1).and_then(|before| messages.get(before));
        let asked = ids(before, "tool_use", "id");
        if let Some(stray) = results.iter().find(|id| !asked.contains(id)) {
            return Err(format!(
                "messages.{at}.content: unexpected `tool_use_id` found in `tool_result` blocks: {stray}. Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
            ));
        }
        let open: Vec<String> = asked
            .into_iter()
            .filter(|id| !results.contains(id))
            .collect();
        must(open.is_empty(), || {
            format!(
                "messages.{}: `tool_use` ids were found without `tool_result` blocks immediately after: {}. Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
                at - 1,
                open.join(", ")
            )
        })?;
        let blocks = list(&message["content"]);
        let first_other = blocks
            .iter()
            .position(|block| block["type"] != "tool_result");
        let last_result = blocks
            .iter()
            .rposition(|block| block["type"] == "tool_result");
        must(
            last_result.is_none_or(|last| first_other.is_none_or(|other| last < other)),
            || format!("messages.{at}: `tool_result` blocks must come first in the content"),
        )?;
    }
    let unanswered = ids(messages.last(), "tool_use", "id");
    must(unanswered.is_empty(), || {
        format!(
            "messages.{}: `tool_use` ids were found without `tool_result` blocks immediately after: {}.",
            messages.len() - 1,
            unanswered.join(", ")
        )
    })
}

/// What stood before the message at this place, without the marks of what to cache.
pub(super) fn behind(body: &Value, at: usize) -> Value {
    let messages = list(&body["messages"]);
    let messages = &messages[..at.min(messages.len())];
    let mut behind =
        json!({ "system": body["system"], "tools": body["tools"], "messages": messages });
    unmark(&mut behind);
    behind
}

fn unmark(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.remove("cache_control");
            map.values_mut().for_each(unmark);
        }
        Value::Array(list) => list.iter_mut().for_each(unmark),
        _ => {}
    }
}

/// Thinking comes back as it was, in its place, to the model that thought it. From 5.1 on it is
/// bound to the conversation too: nothing before it may have changed.
fn thoughts_unchanged(model: &str, body: &Value, memory: &Memory) -> Checked {
    let thought = |block: &Value| {
        matches!(
            block["type"].as_str(),
            Some("thinking" | "redacted_thinking")
        )
    };
    let without = |content: &Value| -> Vec<Value> {
        let blocks = list(content).iter().filter(|block| !thought(block));
        blocks.cloned().collect()
    };
    for (at, message) in list(&body["messages"]).iter().enumerate() {
        let content = &message["content"];
        if message["role"] != "assistant" || !content.is_array() {
            continue;
        }
        let here = behind(body, at);
        let bound = generation(model) >= (5, 1);
        let mine: Vec<&Value> = memory
            .said()
            .filter(|said| said["model"] == model && (!bound || said["behind"] == here))
            .collect();
        for (nth, block) in list(content).iter().enumerate() {
            let known = || {
                mine.iter()
                    .any(|said| list(&said["content"]).contains(block))
            };
            must(!thought(block) || known(), || {
                format!("messages.{at}.content.{nth}: Invalid `signature` in `thinking` block")
            })?;
        }
        // Where the conversation is another one, they may be left out altogether.
        let bare = without(content);
        let unchanged = mine.iter().all(|said| without(&said["content"]) != bare)
            || mine.iter().any(|said| said["content"] == *content);
        must(unchanged, || {
            format!(
                "messages.{at}.content: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. These blocks must remain as they were in the original response."
            )
        })?;
    }
    Ok(())
}
