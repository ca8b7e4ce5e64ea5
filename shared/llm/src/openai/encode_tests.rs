//! Golden requests of Chat Completions.

use serde_json::{Value, json};

use super::Flags;
use super::encode::body;
use crate::{Effort, Endpoint, ModelRow, Models, Request, ToolCall, ToolResult, ToolSpec, Turn};

const FULL: Flags = Flags {
    include_usage: true,
    cached_tokens: true,
    max_completion_tokens: true,
    extensions: true,
};

fn model(id: &str) -> ModelRow {
    Models::embedded().row(id).unwrap().clone()
}

fn encode(id: &str, request: &Request) -> (Value, Vec<String>) {
    let model = model(id);
    let (body, dropped) = body("openai", FULL, &model, request, true);
    (serde_json::to_value(body).unwrap(), dropped)
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

#[test]
fn a_whole_request() {
    let schema = json!({"type": "object", "additionalProperties": false, "required": ["x"], "properties": {"x": {"type": "string"}}});
    let request = Request {
        system: "be brief".into(),
        output_schema: Some(schema.clone()),
        temperature: Some(0.2),
        effort: Some(Effort::Max),
        labels: [("skill".to_owned(), "campaign-diwali".to_owned())].into(),
        ..ask("hi")
    };
    let (sent, dropped) = encode("gpt-6.1-terra", &request);
    assert_eq!(
        sent,
        json!({
            "model": "gpt-6.1-terra",
            "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}],
            "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": true}},
            "max_completion_tokens": 1000,
            "reasoning_effort": "max",
            "prompt_cache_key": "campaign-diwali",
            "stream": true,
            "stream_options": {"include_usage": true},
        })
    );
    assert_eq!(dropped, ["temperature 0.2", "labels"]);

    // Beside tools it may not reason, not even by its own choice.
    let with_tools = Request {
        tools: vec![tool("crm.find")],
        ..request
    };
    let (sent, dropped) = encode("gpt-6.1-terra", &with_tools);
    assert_eq!(
        sent["tools"],
        json!([{"type": "function", "function": {"name": "crm_find", "description": "d", "parameters": {"type": "object"}}}])
    );
    assert_eq!(sent["reasoning_effort"], "none");
    assert!(dropped.contains(&"effort max (none beside tools)".to_owned()));
    assert!(sent.get("tool_choice").is_none());

    let (sent, _) = encode("gpt-4o", &with_tools);
    assert_eq!(sent["temperature"], 0.2);
    assert!(sent.get("reasoning_effort").is_none());
}

#[test]
fn a_loose_schema_is_advice_and_not_a_promise() {
    let request = Request {
        output_schema: Some(json!({"type": "object"})),
        ..ask("hi")
    };
    let (sent, dropped) = encode("gpt-6-luna", &request);
    assert_eq!(sent["response_format"]["json_schema"]["strict"], false);
    assert!(dropped.is_empty());
}

fn local(line: &str, request: &Request) -> (Value, Vec<String>) {
    let endpoint = &Endpoint::parse_list(line).unwrap()[0];
    let row = &endpoint.rows("2026-11-20".parse().unwrap())[0];
    let (body, dropped) = body(endpoint.name, endpoint.flags, row, request, true);
    (serde_json::to_value(body).unwrap(), dropped)
}

#[test]
fn a_local_server_is_sent_what_it_takes() {
    let request = Request {
        system: "s".into(),
        tools: vec![tool("t")],
        output_schema: Some(json!({"type": "object"})),
        effort: Some(Effort::High),
        temperature: Some(0.2),
        labels: [("skill".to_owned(), "x".to_owned())].into(),
        ..ask("hi")
    };
    let (sent, dropped) = local("ollama=http://h;model=qwen3:8b;kind=ollama", &request);
    let system = "s\n\nWhen no more tools are needed, answer with JSON alone that fits this JSON Schema:\n{\"type\":\"object\"}";
    assert_eq!(
        sent,
        json!({
            "model": "qwen3:8b",
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": "hi"}],
            "tools": [{"type": "function", "function": {"name": "t", "description": "d", "parameters": {"type": "object"}}}],
            "max_tokens": 1000,
            "temperature": 0.2,
            "reasoning_effort": "high",
            "stream": true,
            "stream_options": {"include_usage": true},
        })
    );
    assert_eq!(dropped, ["output_schema (asked for in words)", "labels"]);

    let (sent, dropped) = local("bare=http://h;model=m", &request);
    for key in [
        "tools",
        "response_format",
        "reasoning_effort",
        "stream_options",
    ] {
        assert!(sent.get(key).is_none(), "{key}");
    }
    assert_eq!(
        dropped,
        [
            "tools",
            "effort high",
            "output_schema (asked for in words)",
            "labels"
        ]
    );
    let (sent, _) = local(
        "v=http://h;model=m;kind=vllm;max_completion_tokens=on;include_usage=off",
        &request,
    );
    assert_eq!(
        (
            &sent["max_completion_tokens"],
            &sent["response_format"]["type"]
        ),
        (&json!(1000), &json!("json_schema"))
    );
    assert!(
        sent["response_format"]["json_schema"]
            .get("strict")
            .is_none()
    );
    assert!(sent.get("stream_options").is_none());
}

#[test]
fn its_own_turns_go_back_unchanged_and_others_are_rebuilt() {
    let call = |id: &str| ToolCall {
        id: id.into(),
        name: "crm.find".into(),
        args: json!({"n": 1}),
    };
    let answers = || {
        let answer = |id: &str, content: Value, is_error| ToolResult {
            call_id: id.into(),
            name: "crm.find".into(),
            content,
            is_error,
        };
        Turn::results(vec![
            answer("local-1", json!("plain"), false),
            answer("c2", json!("no such"), true),
        ])
    };
    let turn = |raw| Turn::Model {
        text: String::new(),
        tool_calls: vec![call("local-1"), call("c2")],
        raw,
    };
    let sent = |raw: Option<Value>| {
        let request = Request {
            turns: vec![Turn::user("hi"), turn(raw), answers()],
            ..Request::default()
        };
        encode("gpt-4o", &request).0["messages"].clone()
    };
    let message = json!({"role": "assistant", "content": null, "reasoning_content": "hm", "tool_calls": [
        {"id": "local-1", "type": "function", "function": {"name": "crm_find", "arguments": "{ \"n\":1}"}, "extra_content": {"sig": "x"}},
        {"id": "c2", "type": "function", "function": {"name": "crm_find", "arguments": "{}"}}]});
    let own = json!({"wire": "openai", "provider": "openai", "message": message});
    let messages = sent(Some(own));
    assert_eq!(messages[1], message);
    assert_eq!(
        messages[2],
        json!({"role": "tool", "content": "plain", "tool_call_id": "local-1"})
    );
    assert_eq!(
        messages[3],
        json!({"role": "tool", "content": "{\"error\":\"no such\"}", "tool_call_id": "c2"})
    );

    let elsewhere = json!({"wire": "openai", "provider": "ollama", "message": message});
    for raw in [Some(elsewhere), Some(json!({"wire": "gemini"})), None] {
        let messages = sent(raw);
        assert_eq!(
            messages[1]["tool_calls"][0],
            json!({"id": "call_1_1", "type": "function", "function": {"name": "crm_find", "arguments": "{\"n\":1}"}})
        );
        assert!(messages[1].get("reasoning_content").is_none());
        assert_eq!(messages[2]["tool_call_id"], "call_1_1");
        assert_eq!(messages[3]["tool_call_id"], "call_1_2");
    }
    // A message of nothing is refused, so it isn't said again.
    let silent = Turn::Model {
        text: String::new(),
        tool_calls: Vec::new(),
        raw: Some(
            json!({"wire": "openai", "provider": "openai", "message": {"role": "assistant", "content": null}}),
        ),
    };
    let request = Request {
        turns: vec![Turn::user("a"), silent, Turn::user("b")],
        ..Request::default()
    };
    assert_eq!(
        encode("gpt-4o", &request).0["messages"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}
