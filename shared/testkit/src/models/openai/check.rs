//! What OpenAI answers with 400, and what of it servers like it answer too.

use serde_json::Value;

use super::super::catalogue::generation;

type Checked = Result<(), String>;

fn must(holds: bool, otherwise: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(otherwise()) }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn check(model: &str, local: bool, body: &Value) -> Checked {
    must(!list(&body["messages"]).is_empty(), || {
        "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.".to_owned()
    })?;
    calls_are_answered(list(&body["messages"]))?;
    if local {
        return Ok(());
    }
    // The models that think count it within the limit, hence the other name.
    must(
        body["max_tokens"].is_null() || generation(model) < (5, 0),
        || {
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.".to_owned()
        },
    )?;
    must(
        body["stream_options"].is_null() || body["stream"] == true,
        || "The 'stream_options' parameter is only allowed when 'stream' is enabled.".to_owned(),
    )?;
    effort(model, body)?;
    tools(body)?;
    format(&body["response_format"])
}

/// How GPT-5 and later take thinking (OpenAI's deployment checklist and model pages, 2026-10).
fn effort(model: &str, body: &Value) -> Checked {
    let effort = body["reasoning_effort"].as_str();
    if generation(model) < (5, 0) {
        return must(effort.is_none(), || {
            "Unsupported parameter: 'reasoning_effort' is not supported with this model.".to_owned()
        });
    }
    let never_off = model == "gpt-6.1-sol";
    let known = match effort {
        None | Some("low" | "medium" | "high" | "xhigh") => true,
        Some("none" | "max") => !never_off,
        Some(_) => false,
    };
    must(known, || {
        format!(
            "Unsupported value: 'reasoning_effort' does not support '{}' with this model.",
            effort.unwrap_or_default()
        )
    })?;
    let thinks = effort != Some("none");
    must(!thinks || list(&body["tools"]).is_empty(), || {
        format!(
            "Function tools with reasoning_effort are not supported for {model} in /v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to 'none'."
        )
    })?;
    for name in ["temperature", "top_p"] {
        let default = body[name].is_null() || body[name].as_f64() == Some(1.0);
        must(!thinks || default, || {
            format!(
                "Unsupported value: '{name}' does not support {} with this model. Only the default (1) value is supported.",
                body[name]
            )
        })?;
    }
    Ok(())
}

fn tools(body: &Value) -> Checked {
    must(body["tools"] != Value::Array(vec![]), || {
        "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.".to_owned()
    })?;
    let none = list(&body["tools"]).is_empty();
    must(body["tool_choice"].is_null() || !none, || {
        "'tool_choice' is only allowed when 'tools' are specified.".to_owned()
    })?;
    must(body["parallel_tool_calls"].is_null() || !none, || {
        "'parallel_tool_calls' is only allowed when 'tools' are specified.".to_owned()
    })?;
    for (at, tool) in list(&body["tools"]).iter().enumerate() {
        let function = &tool["function"];
        name(&function["name"], &format!("tools[{at}].function.name"))?;
        must(
            function["parameters"].is_null() || function["parameters"]["type"] == "object",
            || {
                format!(
                    "Invalid schema for function {}: schema must be a JSON Schema of 'type: \"object\"'.",
                    function["name"]
                )
            },
        )?;
        if function["strict"] == true {
            let context = format!("function {}", function["name"]);
            strict(&function["parameters"], &context)?;
        }
    }
    Ok(())
}

fn name(name: &Value, path: &str) -> Checked {
    let name = name.as_str().unwrap_or_default();
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    must(
        (1..=64).contains(&name.len()) && name.chars().all(fits),
        || {
            format!(
                "Invalid '{path}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$', at most 64 long."
            )
        },
    )
}

fn format(format: &Value) -> Checked {
    if format["type"] != "json_schema" {
        return Ok(());
    }
    let schema = &format["json_schema"];
    must(!schema["name"].is_null(), || {
        "Missing required parameter: 'response_format.json_schema.name'.".to_owned()
    })?;
    name(&schema["name"], "response_format.json_schema.name")?;
    if schema["strict"] == true {
        let context = format!("response_format {}", schema["name"]);
        strict(&schema["schema"], &context)?;
    }
    Ok(())
}

/// A strict schema has closed objects whose properties are all required (OpenAI's structured
/// outputs guide, "Supported schemas").
fn strict(schema: &Value, context: &str) -> Checked {
    let Some(map) = schema.as_object() else {
        return Ok(());
    };
    if schema["type"] == "object" || map.contains_key("properties") {
        must(schema["additionalProperties"] == false, || {
            format!(
                "Invalid schema for {context}: 'additionalProperties' is required to be supplied and to be false."
            )
        })?;
        let required = list(&schema["required"]);
        let properties = schema["properties"].as_object().into_iter().flatten();
        for (name, part) in properties {
            must(required.iter().any(|key| key == name), || {
                format!(
                    "Invalid schema for {context}: 'required' is required to be supplied and to be an array including every key in properties. Missing '{name}'."
                )
            })?;
            strict(part, context)?;
        }
    }
    for key in ["$defs", "definitions"] {
        for part in schema[key]
            .as_object()
            .into_iter()
            .flat_map(|map| map.values())
        {
            strict(part, context)?;
        }
    }
    for key in ["oneOf", "allOf", "not", "if", "patternProperties"] {
        must(schema[key].is_null(), || {
            format!("Invalid schema for {context}: '{key}' is not permitted.")
        })?;
    }
    for part in list(&schema["anyOf"]) {
        strict(part, context)?;
    }
    strict(&schema["items"], context)
}

/// Calls are followed by one tool message each, and tool messages by nothing else's.
fn calls_are_answered(messages: &[Value]) -> Checked {
    let mut open: Vec<&str> = Vec::new();
    let left = |open: &[&str]| {
        must(open.is_empty(), || {
            format!(
                "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: {}",
                open.join(", ")
            )
        })
    };
    for (at, message) in messages.iter().enumerate() {
        if message["role"] == "tool" {
            let id = message["tool_call_id"].as_str().unwrap_or_default();
            let place = open.iter().position(|asked| *asked == id);
            let place = place.ok_or_else(|| {
                format!("Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls' (messages[{at}]).")
            })?;
            open.remove(place);
            must(
                message["content"].is_string() || message["content"].is_array(),
                || {
                    format!(
                        "Invalid type for 'messages[{at}].content': expected a string or an array."
                    )
                },
            )?;
            continue;
        }
        left(&open)?;
        for call in list(&message["tool_calls"]) {
            open.push(call["id"].as_str().unwrap_or_default());
            must(call["function"]["arguments"].is_string(), || {
                format!(
                    "Invalid type for 'messages[{at}].tool_calls[0].function.arguments': expected a string."
                )
            })?;
        }
        let role = message["role"].as_str().unwrap_or_default();
        must(
            ["system", "developer", "user", "assistant"].contains(&role),
            || format!("Invalid value: '{role}'."),
        )?;
        let silent = message["content"].is_null() && list(&message["tool_calls"]).is_empty();
        must(!silent, || {
            format!("Invalid value for 'content': expected a string, got null (messages[{at}]).")
        })?;
    }
    left(&open)
}
