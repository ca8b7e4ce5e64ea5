//! Golden requests of the Messages API.

use serde_json::{Value, json};

use super::encode::{About, body};
use crate::{Effort, ModelRow, Models, Request, Thinking, ToolCall, ToolResult, ToolSpec, Turn};

fn model(id: &str) -> ModelRow {
    Models::embedded().row(id).unwrap().clone()
}

fn encode(id: &str, request: &Request) -> (Value, About) {
    let (body, about) = body(&model(id), request, false);
    (serde_json::to_value(body).unwrap(), about)
}

fn tool(name: &str) -> ToolSpec {
    ToolSpec {
        name: name.into(),
        description: "d".into(),
        parameters: json!({"type": "object"}),
    }
}

fn ask(text: &str) -> Request {
    Request {
        turns: vec![Turn::user(text)],
        max_output_tokens: 1_000,
        ..Request::default()
    }
}

fn call(id: &str) -> ToolCall {
    ToolCall {
        id: id.into(),
        name: "crm.find".into(),
        args: json!({"n": 1}),
    }
}

fn results(ids: &[&str]) -> Turn {
    let answer = |id: &&str| ToolResult {
        call_id: (*id).into(),
        name: "crm.find".into(),
        content: json!({"found": 2}),
        is_error: *id == "bad",
    };
    Turn::results(ids.iter().map(answer).collect())
}

#[test]
fn a_whole_request() {
    let request = Request {
        system: "be brief".into(),
        tools: vec![tool("crm.find")],
        output_schema: Some(json!({"type": "object", "properties": {"x": {"type": "string"}}})),
        temperature: Some(0.2),
        effort: Some(Effort::High),
        labels: [("skill".to_owned(), "s".to_owned())].into(),
        ..ask("hi")
    };
    let (sent, about) = encode("claude-sonnet-5-5", &request);
    assert_eq!(
        sent,
        json!({
            "anthropic_version": "vertex-2023-10-16",
            "max_tokens": 1000,
            "system": [{"type": "text", "text": "be brief", "cache_control": {"type": "ephemeral"}}],
            "messages": [{"role": "user", "content": [{"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}}]}],
            "tools": [{"name": "crm_find", "description": "d", "input_schema": {"type": "object"}}],
            "thinking": {"type": "adaptive"},
            "output_config": {
                "effort": "high",
                "format": {"type": "json_schema", "schema": {"type": "object", "properties": {"x": {"type": "string"}}, "additionalProperties": false}},
            },
        })
    );
    assert_eq!(about.dropped, ["temperature 0.2", "labels"]);
    let model = model("claude-sonnet-5-5");
    let (streamed, _) = body(&model, &request, true);
    assert_eq!(serde_json::to_value(streamed).unwrap()["stream"], true);
}

#[test]
fn a_bare_request_asks_for_nothing_more() {
    let bare = Request {
        max_output_tokens: 0,
        ..ask("hi")
    };
    let (sent, about) = encode("claude-haiku-5-5", &bare);
    assert_eq!(
        sent,
        json!({
            "anthropic_version": "vertex-2023-10-16",
            "max_tokens": 128_000,
            "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
        })
    );
    assert!(about.dropped.is_empty() && about.tools.is_null());
}

#[test]
fn thinking_has_the_form_each_model_knows() {
    let sent = |id: &str, effort: Effort| {
        let request = Request {
            effort: Some(effort),
            temperature: Some(1.4),
            ..ask("hi")
        };
        let (sent, about) = encode(id, &request);
        let fields = ["thinking", "output_config", "temperature"].map(|key| sent[key].clone());
        (fields, about.dropped)
    };
    let effort = |word: &str| json!({"effort": word});
    let ([thinking, output, temperature], _) = sent("claude-opus-5-5", Effort::Max);
    assert_eq!(
        (thinking, output),
        (json!({"type": "adaptive"}), effort("max"))
    );
    assert!(temperature.is_null());
    let ([thinking, output, _], dropped) = sent("claude-opus-5-5", Effort::Minimal);
    assert_eq!(
        (thinking, output),
        (json!({"type": "adaptive"}), effort("low"))
    );
    assert!(dropped.contains(&"effort minimal (sent low)".to_owned()));
    let ([thinking, output, _], _) = sent("claude-sonnet-5-5", Effort::Minimal);
    assert_eq!(
        (thinking, output),
        (json!({"type": "between_tools"}), effort("low"))
    );
    let ([thinking, _, temperature], dropped) = sent("claude-sonnet-4-6", Effort::Minimal);
    assert_eq!(
        (thinking, temperature),
        (json!({"type": "disabled"}), json!(1.0))
    );
    assert_eq!(dropped, ["temperature 1.4 (sent 1)"]);

    let mut old = model("claude-sonnet-4-6");
    old.capabilities.thinking = Thinking::Budget;
    let request = Request {
        effort: Some(Effort::High),
        max_output_tokens: 10_000,
        ..ask("hi")
    };
    let thinking = |request: &Request| {
        let (body, about) = body(&old, request, false);
        (
            serde_json::to_value(body).unwrap()["thinking"].clone(),
            about.dropped,
        )
    };
    assert_eq!(
        thinking(&request).0,
        json!({"type": "enabled", "budget_tokens": 5000})
    );
    let (none, dropped) = thinking(&Request {
        max_output_tokens: 1_500,
        ..request
    });
    assert!(none.is_null() && dropped == ["effort high"]);
}

#[test]
fn a_schema_that_cannot_be_held_to_is_asked_for_in_words() {
    let request = Request {
        output_schema: Some(json!({"type": "object"})),
        ..ask("hi")
    };
    let (sent, about) = encode("claude-haiku-5-5", &request);
    assert!(sent.get("output_config").is_none());
    let system = sent["system"][0]["text"].as_str().unwrap();
    assert!(system.contains(r#"{"type":"object"}"#));
    assert_eq!(about.dropped, ["output_schema (asked for in words)"]);
}

#[test]
fn its_own_turns_go_back_unchanged_in_place() {
    let content = json!([
        {"type": "thinking", "thinking": "", "signature": "c2ln", "future": 1},
        {"type": "text", "text": "so"},
        {"type": "tool_use", "id": "toolu_1", "name": "crm_find", "input": {"n": 1}},
    ]);
    let mut request = Request {
        system: "s".into(),
        tools: vec![tool("crm.find")],
        ..ask("hi")
    };
    let (_, about) = encode("claude-opus-5-5", &request);
    let raw = json!({"wire": "anthropic", "model": "claude-opus-5-5", "prefix": about.prefix, "tools": about.tools, "content": content});
    request.turns.push(Turn::Model {
        text: "so".into(),
        tool_calls: vec![call("toolu_1")],
        raw: Some(raw),
    });
    request.turns.push(results(&["toolu_1"]));
    let (sent, _) = encode("claude-opus-5-5", &request);
    assert_eq!(
        sent["messages"][1],
        json!({"role": "assistant", "content": content})
    );
    assert_eq!(
        sent["messages"][2]["content"][0],
        json!({"type": "tool_result", "tool_use_id": "toolu_1", "content": "{\"found\":2}", "cache_control": {"type": "ephemeral"}})
    );

    // The tools are gone, but thinking comes back only behind the same ones.
    let mut done = request.clone();
    done.tools.clear();
    let (last, _) = encode("claude-opus-5-5", &done);
    assert_eq!(last["tools"], sent["tools"]);
    assert_eq!(last["tool_choice"], json!({"type": "none"}));
    assert_eq!(last["messages"][1]["content"], content);

    // To another model, or behind another system text, it goes without.
    let other = Request {
        system: "other".into(),
        ..request.clone()
    };
    for (id, request) in [("claude-haiku-5-5", &request), ("claude-opus-5-5", &other)] {
        let (sent, _) = encode(id, request);
        let kinds: Vec<_> = sent["messages"][1]["content"]
            .as_array()
            .unwrap()
            .iter()
            .map(|block| block["type"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(kinds, ["text", "tool_use"], "{id}");
    }
}

#[test]
fn turns_of_other_wires_are_rebuilt_with_ids_of_their_own() {
    // Gemini's calls are numbered anew in every turn.
    let turn = || Turn::Model {
        text: String::new(),
        tool_calls: vec![call("local-1"), call("bad")],
        raw: Some(json!({"wire": "gemini", "content": {}})),
    };
    let mut request = ask("hi");
    request.turns.extend([
        turn(),
        results(&["local-1", "bad"]),
        turn(),
        results(&["local-1", "bad"]),
    ]);
    request.turns.push(Turn::user("and now?"));
    let (sent, _) = encode("claude-haiku-5-5", &request);
    let messages = sent["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 5, "results and question are one message");
    assert_eq!(
        messages[3]["content"][0],
        json!({"type": "tool_use", "id": "call_2_1", "name": "crm_find", "input": {"n": 1}})
    );
    assert_eq!(
        messages[4]["content"],
        json!([
            {"type": "tool_result", "tool_use_id": "call_2_1", "content": "{\"found\":2}"},
            {"type": "tool_result", "tool_use_id": "call_2_2", "content": "{\"found\":2}", "is_error": true},
            {"type": "text", "text": "and now?"},
        ])
    );
    // A history with calls needs tools declared.
    assert_eq!(sent["tools"][0]["name"], "crm_find");
    assert_eq!(sent["tool_choice"]["type"], "none");
}

#[test]
fn no_message_is_empty_and_none_is_prefilled() {
    let silent = |raw| Turn::Model {
        text: " ".into(),
        tool_calls: Vec::new(),
        raw,
    };
    let mut request = ask("");
    request.turns.push(silent(None));
    request
        .turns
        .push(silent(Some(json!({"wire": "anthropic", "content": []}))));
    let (sent, _) = encode("claude-haiku-5-5", &request);
    assert_eq!(
        sent["messages"],
        json!([{"role": "user", "content": [{"type": "text", "text": "(nothing)"}]}])
    );
    let mut request = ask("Tell me");
    request.turns.push(Turn::Model {
        text: "Once".into(),
        tool_calls: Vec::new(),
        raw: None,
    });
    let (sent, about) = encode("claude-haiku-5-5", &request);
    assert_eq!(sent["messages"][2]["role"], "user");
    assert_eq!(about.dropped, ["prefilled answer (asked to go on)"]);
}
