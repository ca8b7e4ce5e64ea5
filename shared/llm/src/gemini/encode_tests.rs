//! Golden requests of `generateContent`.

use serde_json::{Value, json};

use super::WIRE;
use super::encode::{Door, FOREIGN_SIGNATURE, body};
use crate::{Effort, Models, Request, ToolCall, ToolResult, ToolSpec, Turn};

fn encode(door: Door, model: &str, request: &Request) -> (Value, Vec<String>) {
    let (body, dropped) = body(door, Models::embedded().row(model).unwrap(), request);
    (serde_json::to_value(body).unwrap(), dropped)
}

fn sent(turns: Vec<Turn>) -> Value {
    let request = Request {
        turns,
        ..Request::default()
    };
    encode(Door::Vertex, "gemini-3.8-flash", &request).0["contents"].clone()
}

fn request() -> Request {
    let tool = ToolSpec {
        name: "t".into(),
        description: "d".into(),
        parameters: json!({"type": "object"}),
    };
    Request {
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
    }
}

#[test]
fn only_what_the_model_takes_is_sent() {
    let golden = json!({
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
    });
    let (body, dropped) = encode(Door::Vertex, "gemini-3.8-flash", &request());
    assert_eq!(
        (&body, dropped),
        (&golden, vec!["temperature 0.2".to_owned()])
    );

    // By key there are no labels.
    let (body, dropped) = encode(Door::Key, "gemini-3.8-flash", &request());
    let mut unlabelled = golden;
    unlabelled.as_object_mut().unwrap().remove("labels");
    assert_eq!(body, unlabelled);
    assert_eq!(dropped, ["temperature 0.2", "labels"]);

    // Older models refuse a schema beside tools: it is asked for in words, and reported.
    let (body, dropped) = encode(Door::Vertex, "gemini-2.5-flash", &request());
    assert!(body["generationConfig"].get("responseJsonSchema").is_none());
    let system = body["systemInstruction"]["parts"][0]["text"].as_str();
    assert!(system.unwrap().contains(r#"{"type":"object"}"#));
    let said = dropped.contains(&"output_schema (asked for in words)".to_owned());
    assert!(said, "{dropped:?}");
}

#[test]
fn nothing_asked_is_nothing_sent() {
    let bare = Request {
        turns: vec![Turn::user("hi")],
        ..Request::default()
    };
    let (body, dropped) = encode(Door::Key, "gemini-4-argon", &bare);
    assert_eq!(
        body,
        json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]})
    );
    assert_eq!(dropped, Vec::<String>::new());
}

#[test]
fn a_budget_is_for_models_that_know_no_levels() {
    let mut old = Models::embedded().row("gemini-2.5-pro").unwrap().clone();
    old.capabilities.efforts = Effort::ALL.to_vec();
    let request = Request {
        effort: Some(Effort::Medium),
        ..Request::default()
    };
    let (body, _) = body(Door::Vertex, &old, &request);
    let body = serde_json::to_value(body).unwrap();
    assert_eq!(
        body["generationConfig"]["thinkingConfig"],
        json!({"thinkingBudget": 8192})
    );
}

#[test]
fn provider_parts_go_back_verbatim_and_foreign_turns_are_marked() {
    let parts = json!([{"text": "", "thoughtSignature": "AbC=", "future": 1}, {"functionCall": {"id": "f1", "name": "t", "args": {}}, "thoughtSignature": "dEf="}]);
    let call = |id: &str| ToolCall {
        id: id.into(),
        name: "t".into(),
        args: json!({"n": 1}),
    };
    let model = |raw| Turn::Model {
        text: "so".into(),
        tool_calls: vec![call("f1"), call("f2")],
        raw,
    };
    let results = || {
        let answer = |call_id: &str, is_error| ToolResult {
            call_id: call_id.into(),
            name: "t".into(),
            content: json!(7),
            is_error,
        };
        Turn::results(vec![answer("f1", false), answer("local-1", true)])
    };
    let own = json!({"wire": WIRE, "content": {"role": "model", "parts": parts}});
    let contents = sent(vec![model(Some(own)), results()]);
    assert_eq!(contents[0]["parts"], parts);
    // Results carry only ids that Gemini gave.
    assert_eq!(
        contents[1]["parts"],
        json!([
            {"functionResponse": {"id": "f1", "name": "t", "response": {"output": 7}}},
            {"functionResponse": {"name": "t", "response": {"error": 7}}},
        ])
    );

    for foreign in [None, Some(json!({"wire": "anthropic", "content": []}))] {
        let contents = sent(vec![model(foreign), results()]);
        assert_eq!(
            contents[0],
            json!({"role": "model", "parts": [
                {"text": "so"},
                {"functionCall": {"name": "t", "args": {"n": 1}}, "thoughtSignature": FOREIGN_SIGNATURE},
                {"functionCall": {"name": "t", "args": {"n": 1}}},
            ]})
        );
        assert!(
            contents[1]["parts"][0]["functionResponse"]
                .get("id")
                .is_none()
        );
    }
}

#[test]
fn no_turn_is_empty_and_none_is_left_half_written() {
    let silent = |raw| Turn::Model {
        text: String::new(),
        tool_calls: Vec::new(),
        raw,
    };
    let empty = json!({"wire": WIRE, "content": {"role": "model", "parts": []}});
    let contents = sent(vec![
        Turn::user("a"),
        silent(Some(empty)),
        silent(None),
        Turn::user("b"),
    ]);
    assert_eq!(contents.as_array().unwrap().len(), 2);
    let half = Turn::Model {
        text: "Once".into(),
        tool_calls: Vec::new(),
        raw: None,
    };
    let contents = sent(vec![Turn::user("a"), half]);
    assert_eq!(
        contents[2],
        json!({"role": "user", "parts": [{"text": "Go on."}]})
    );
}
