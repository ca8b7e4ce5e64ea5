//! A [`Request`] as Gemini's `generateContent` body.

use serde_json::{Map, Value, json};

use crate::{Effort, ModelRow, Request, ToolCall, ToolResult, Turn};

/// Marks the provider messages of this wire in a history.
pub(super) const WIRE: &str = "gemini";

/// Ids made up here; Gemini sent none, so it gets none back.
pub(super) const LOCAL_ID: &str = "local-";

/// Stands for the signature of a call another model made (Google's documented placeholder).
const FOREIGN_SIGNATURE: &str = "skip_thought_signature_validator";

/// The body, and what was left out of it.
pub(super) fn body(model: &ModelRow, request: &Request) -> (Value, Vec<String>) {
    let accepted = model.accept(request);
    let mut dropped = accepted.dropped.clone();

    let mut config = Map::new();
    if request.max_output_tokens > 0 {
        config.insert("maxOutputTokens".into(), request.max_output_tokens.into());
    }
    if let Some(temperature) = accepted.temperature {
        config.insert("temperature".into(), temperature.into());
    }
    if let Some(effort) = accepted.effort {
        config.insert(
            "thinkingConfig".into(),
            json!({ "thinkingLevel": level(effort) }),
        );
    }
    let mut system = request.system.clone();
    if let Some(schema) = &request.output_schema {
        if accepted.schema {
            config.insert("responseMimeType".into(), "application/json".into());
            config.insert("responseJsonSchema".into(), schema.clone());
        } else {
            system += &format!(
                "\n\nWhen no more tools are needed, answer with JSON alone that fits this JSON Schema:\n{schema}"
            );
        }
    }

    let mut body = Map::new();
    body.insert(
        "contents".into(),
        request.turns.iter().map(content).collect(),
    );
    if !system.is_empty() {
        body.insert(
            "systemInstruction".into(),
            json!({ "parts": [{ "text": system }] }),
        );
    }
    if !request.tools.is_empty() {
        if model.capabilities.tools {
            let functions: Vec<_> = request
                .tools
                .iter()
                .map(|tool| json!({ "name": tool.name, "description": tool.description, "parametersJsonSchema": tool.parameters }))
                .collect();
            body.insert(
                "tools".into(),
                json!([{ "functionDeclarations": functions }]),
            );
        } else {
            dropped.push("tools".to_owned());
        }
    }
    if !config.is_empty() {
        body.insert("generationConfig".into(), config.into());
    }
    let labels: Map<String, Value> = request
        .labels
        .iter()
        .filter_map(|(key, value)| label(key, value))
        .collect();
    if !labels.is_empty() {
        body.insert("labels".into(), labels.into());
    }
    (body.into(), dropped)
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

fn content(turn: &Turn) -> Value {
    match turn {
        Turn::User { text } => json!({ "role": "user", "parts": [{ "text": text }] }),
        Turn::Model {
            text,
            tool_calls,
            raw,
        } => match raw {
            Some(raw) if raw["wire"] == WIRE => raw["content"].clone(),
            _ => rebuilt(text, tool_calls),
        },
        Turn::ToolResults(results) => {
            json!({ "role": "user", "parts": results.iter().map(result).collect::<Vec<_>>() })
        }
    }
}

/// A turn that another wire's model made.
fn rebuilt(text: &str, calls: &[ToolCall]) -> Value {
    let mut parts = Vec::new();
    if !text.is_empty() || calls.is_empty() {
        parts.push(json!({ "text": text }));
    }
    for (at, call) in calls.iter().enumerate() {
        let mut part = json!({ "functionCall": { "name": call.name, "args": call.args } });
        if at == 0 {
            part["thoughtSignature"] = FOREIGN_SIGNATURE.into();
        }
        parts.push(part);
    }
    json!({ "role": "model", "parts": parts })
}

fn result(result: &ToolResult) -> Value {
    let key = if result.is_error { "error" } else { "output" };
    let mut response = json!({ "name": result.name, "response": { key: result.content } });
    if !result.call_id.starts_with(LOCAL_ID) && !result.call_id.is_empty() {
        response["id"] = result.call_id.clone().into();
    }
    json!({ "functionResponse": response })
}

/// Google takes at most 63 characters of lowercase letters, digits, `_` and `-`; keys start with a
/// letter.
fn label(key: &str, value: &str) -> Option<(String, Value)> {
    let fit = |text: &str| -> String {
        let lower = text.to_ascii_lowercase();
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        };
        lower.chars().take(63).map(plain).collect()
    };
    let key = fit(key);
    key.starts_with(|c: char| c.is_ascii_lowercase())
        .then(|| (key, fit(value).into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Models, ToolSpec};

    fn encode(model: &str, request: &Request) -> (Value, Vec<String>) {
        body(Models::embedded().row(model).unwrap(), request)
    }

    #[test]
    fn only_what_the_model_takes_is_sent() {
        let tool = ToolSpec {
            name: "t".into(),
            description: "d".into(),
            parameters: json!({"type": "object"}),
        };
        let request = Request {
            system: "be brief".into(),
            turns: vec![Turn::user("hi")],
            tools: vec![tool],
            output_schema: Some(json!({"type": "object"})),
            max_output_tokens: 100,
            temperature: Some(0.2),
            effort: Some(Effort::High),
            labels: [
                ("Skill".to_owned(), "campaign.diwali".to_owned()),
                ("9".to_owned(), "x".to_owned()),
            ]
            .into(),
            ..Request::default()
        };
        let (body, dropped) = encode("gemini-3.8-flash", &request);
        assert_eq!(
            body,
            json!({
                "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
                "systemInstruction": {"parts": [{"text": "be brief"}]},
                "tools": [{"functionDeclarations": [{"name": "t", "description": "d", "parametersJsonSchema": {"type": "object"}}]}],
                "generationConfig": {
                    "maxOutputTokens": 100,
                    "thinkingConfig": {"thinkingLevel": "HIGH"},
                    "responseMimeType": "application/json",
                    "responseJsonSchema": {"type": "object"},
                },
                "labels": {"skill": "campaign_diwali"},
            })
        );
        assert_eq!(dropped, ["temperature 0.2"]);

        // Older models refuse a schema beside tools: it is asked for in words, and reported.
        let (body, dropped) = encode("gemini-2.5-flash", &request);
        assert!(body["generationConfig"].get("responseJsonSchema").is_none());
        assert!(
            body["systemInstruction"]["parts"][0]["text"]
                .as_str()
                .unwrap()
                .contains(r#"{"type":"object"}"#)
        );
        assert!(
            dropped.contains(&"output_schema (asked for in words)".to_owned()),
            "{dropped:?}"
        );
    }

    #[test]
    fn provider_parts_go_back_verbatim_and_foreign_turns_are_marked() {
        let parts = json!([{"text": "", "thoughtSignature": "AbC="}, {"functionCall": {"id": "f1", "name": "t", "args": {}}, "thoughtSignature": "dEf="}]);
        let calls = vec![ToolCall {
            id: "f1".into(),
            name: "t".into(),
            args: json!({}),
        }];
        let own = json!({"wire": WIRE, "content": {"role": "model", "parts": parts}});
        let turn = |raw| Turn::Model {
            text: String::new(),
            tool_calls: calls.clone(),
            raw,
        };
        assert_eq!(content(&turn(Some(own)))["parts"], parts);
        let rebuilt = content(&turn(Some(json!({"wire": "other"}))));
        assert_eq!(rebuilt["parts"][0]["thoughtSignature"], FOREIGN_SIGNATURE);
        assert_eq!(rebuilt["parts"][0]["functionCall"]["name"], "t");
    }

    #[test]
    fn results_carry_only_ids_that_gemini_gave() {
        let answer = |call_id: &str, is_error| ToolResult {
            call_id: call_id.into(),
            name: "t".into(),
            content: json!(7),
            is_error,
        };
        let turn = content(&Turn::results(vec![
            answer("f1", false),
            answer("local-1", true),
        ]));
        assert_eq!(
            turn["parts"][0]["functionResponse"],
            json!({"id": "f1", "name": "t", "response": {"output": 7}})
        );
        assert_eq!(
            turn["parts"][1]["functionResponse"],
            json!({"name": "t", "response": {"error": 7}})
        );
    }
}
