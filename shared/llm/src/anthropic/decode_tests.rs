//! Recorded answers of the Messages API.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::decode::Reader;
use super::encode::About;
use crate::http::Answer;
use crate::loose::json_of;
use crate::{
    Category, Certainty, Delta, Error, Finish, ModelRow, Models, RawResponse, Tier, ToolSpec, Usage,
};

fn model(id: &str) -> ModelRow {
    Models::embedded().row(id).unwrap().clone()
}

fn tool(name: &str) -> ToolSpec {
    ToolSpec {
        name: name.into(),
        description: "d".into(),
        parameters: json!({"type": "object"}),
    }
}

/// Reads events and says what was heard.
fn read(events: &[Value]) -> (Result<RawResponse, Error>, Vec<Delta>) {
    let (model, tools) = (model("claude-haiku-5-5"), [tool("crm.find")]);
    let mut reader = Reader::new(&model, &tools, About::default());
    let mut heard = Vec::new();
    for event in events {
        let data = event.to_string();
        if let Err(error) = reader.event(data.as_bytes(), &mut |delta| heard.push(delta)) {
            return (Err(error), heard);
        }
    }
    let counted = Usage {
        input: 9,
        output: reader.heard(),
        certainty: Certainty::Estimated,
        ..Usage::default()
    };
    (reader.finish(counted), heard)
}

fn begin(index: u64, block: Value) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

fn delta(index: u64, delta: Value) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": delta})
}

fn end(reason: &str) -> Value {
    json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 30}})
}

#[test]
fn a_stream_is_one_message_whatever_the_order_of_its_blocks() {
    let usage = json!({"input_tokens": 100, "cache_read_input_tokens": 1000, "cache_creation_input_tokens": 50,
        "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 30}, "output_tokens": 1});
    let part = |index, text: &str| {
        delta(
            index,
            json!({"type": "input_json_delta", "partial_json": text}),
        )
    };
    let (answer, heard) = read(&[
        json!({"type": "message_start", "message": {"model": "claude-haiku-5-5", "content": [], "usage": usage}}),
        json!({"type": "ping"}),
        begin(
            0,
            json!({"type": "thinking", "thinking": "", "signature": ""}),
        ),
        delta(0, json!({"type": "thinking_delta", "thinking": "hm"})),
        delta(0, json!({"type": "signature_delta", "signature": "c2ln"})),
        begin(
            3,
            json!({"type": "tool_use", "id": "toolu_b", "name": "other", "input": {}}),
        ),
        begin(1, json!({"type": "text", "text": ""})),
        begin(
            2,
            json!({"type": "tool_use", "id": "toolu_a", "name": "crm_find", "input": {}}),
        ),
        part(3, ""),
        part(2, "{\"city\": \"जय"),
        delta(1, json!({"type": "text_delta", "text": "Let me"})),
        part(2, "पुर\"}"),
        delta(1, json!({"type": "text_delta", "text": " look"})),
        delta(
            1,
            json!({"type": "citations_delta", "citation": {"url": "u"}}),
        ),
        begin(4, json!({"type": "hologram", "depth": 3})),
        delta(
            4,
            json!({"type": "hologram_delta", "depth": 4, "glow": "a"}),
        ),
        delta(4, json!({"type": "hologram_delta", "glow": "b"})),
        json!({"type": "weather_report"}),
        end("tool_use"),
        json!({"type": "message_stop"}),
    ]);
    let answer = answer.unwrap();
    assert_eq!(
        (answer.text.as_str(), &answer.finish),
        ("Let me look", &Finish::ToolCalls)
    );
    let calls: Vec<_> = answer
        .tool_calls
        .iter()
        .map(|call| (call.id.as_str(), call.name.as_str(), call.args.clone()))
        .collect();
    assert_eq!(
        calls,
        [
            ("toolu_a", "crm.find", json!({"city": "जयपुर"})),
            ("toolu_b", "other", json!({}))
        ]
    );
    assert_eq!(
        heard,
        [
            Delta::ToolCall("other".into()),
            Delta::ToolCall("crm.find".into()),
            Delta::Text("Let me".into()),
            Delta::Text(" look".into()),
        ]
    );
    assert_eq!(
        answer.usage,
        Usage {
            input: 1_150,
            cached_input: 1_000,
            cache_write_5m: 20,
            cache_write_1h: 30,
            output: 30,
            ..Usage::default()
        }
    );
    assert_eq!(
        answer.raw.unwrap()["content"],
        json!([
            {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
            {"type": "text", "text": "Let me look", "citations": [{"url": "u"}]},
            {"type": "tool_use", "id": "toolu_a", "name": "crm_find", "input": {"city": "जयपुर"}},
            {"type": "tool_use", "id": "toolu_b", "name": "other", "input": {}},
            {"type": "hologram", "depth": 4, "glow": "ab"},
        ])
    );
}

#[test]
fn a_whole_answer_is_read_the_same() {
    let message = json!({"type": "message", "model": "claude-haiku-5-5-x", "stop_reason": "end_turn", "content": [
        {"type": "redacted_thinking", "data": "eA=="}, {"type": "text", "text": "yes"}],
        "usage": {"input_tokens": 5, "output_tokens": 7, "output_tokens_details": {"thinking_tokens": 4}, "service_tier": "batch", "server_tool_use": {"web_search_requests": 2}}});
    let model = model("claude-haiku-5-5");
    let mut reader = Reader::new(&model, &[], About::default());
    reader
        .whole(message.to_string().as_bytes(), &mut |_| {})
        .unwrap();
    assert!(reader.is_complete());
    let answer = reader.finish(Usage::default()).unwrap();
    assert_eq!((answer.text.as_str(), answer.finish), ("yes", Finish::Done));
    assert_eq!(
        (answer.model.as_str(), answer.tier),
        ("claude-haiku-5-5-x", Tier::Batch)
    );
    let usage = answer.usage;
    assert_eq!((usage.output, usage.thinking, usage.searches), (3, 4, 2));
    assert_eq!(answer.raw.unwrap()["content"], message["content"]);
}

#[test]
fn every_stop_reason_has_its_class() {
    let ends = |reason: &str| read(&[end(reason)]).0.unwrap().finish;
    assert_eq!(ends("end_turn"), Finish::Done);
    assert_eq!(ends("stop_sequence"), Finish::Done);
    for reason in ["max_tokens", "pause_turn", "model_context_window_exceeded"] {
        assert_eq!(ends(reason), Finish::Truncated, "{reason}");
    }
    assert_eq!(ends("refusal"), Finish::Policy("refusal".into()));
    assert_eq!(ends("tired"), Finish::Other("tired".into()));
    assert!(matches!(ends("tool_use"), Finish::Fault(_)));
}

#[test]
fn half_a_call_is_a_fault_or_the_end_of_the_room() {
    let call = |reason: &str| {
        let block = json!({"type": "tool_use", "id": "t", "name": "crm_find", "input": {}});
        let cut = delta(
            0,
            json!({"type": "input_json_delta", "partial_json": "{\"n\": [1,"}),
        );
        read(&[begin(0, block), cut, end(reason)]).0.unwrap()
    };
    let broken = call("tool_use");
    assert!(matches!(broken.finish, Finish::Fault(_)) && broken.tool_calls.is_empty());
    let full = call("max_tokens");
    assert_eq!((full.finish, full.tool_calls.len()), (Finish::Truncated, 0));
    assert_eq!(
        full.raw.unwrap()["content"],
        json!([]),
        "it can't be given back"
    );
}

#[test]
fn a_stream_without_a_count_is_counted_here() {
    let (answer, _) = read(&[
        begin(0, json!({"type": "text", "text": "hello there"})),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}),
    ]);
    let usage = answer.unwrap().usage;
    assert_eq!(
        (usage.input, usage.output, usage.certainty),
        (9, 4, Certainty::Estimated)
    );
}

#[test]
fn impossible_counts_break_nothing() {
    let most = u64::MAX;
    let usage = json!({"input_tokens": most, "cache_read_input_tokens": most, "cache_creation_input_tokens": most,
        "cache_creation": {"ephemeral_1h_input_tokens": most}, "output_tokens": most, "output_tokens_details": {"thinking_tokens": most}});
    let end =
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage});
    let usage = read(&[end]).0.unwrap().usage;
    assert!(usage.tokens().total() > 1 << 40);
}

#[test]
fn errors_in_a_stream_have_their_category() {
    let failed = |kind: &str| {
        let event = json!({"type": "error", "error": {"type": kind, "message": "m"}});
        read(&[event]).0.unwrap_err().category
    };
    assert_eq!(failed("overloaded_error"), Category::Transient);
    assert_eq!(failed("invalid_request_error"), Category::InvalidRequest);
    let limited = Category::RateLimited { retry_after: None };
    assert_eq!(failed("rate_limit_error"), limited);
    assert_eq!(failed("something_new"), Category::Transient);
}

#[test]
fn loose_json_never_fails() {
    for odd in [
        json!(1),
        json!([]),
        json!({"type": 3}),
        json!({"type": "message_start"}),
        json!({"type": "content_block_delta", "index": "x", "delta": {"text": 3, "citation": 1}}),
        json!({"type": "content_block_start", "index": 2, "content_block": 3}),
        json!({"type": "message_delta", "delta": null, "usage": {"output_tokens": "many"}}),
    ] {
        assert!(read(std::slice::from_ref(&odd)).0.is_ok(), "{odd}");
    }
    // A text that becomes another one.
    let (answer, _) = read(&[
        begin(0, json!({"type": "text", "text": "hello"})),
        delta(0, json!({"text": 3})),
        delta(0, json!({"text": "é"})),
    ]);
    assert_eq!(answer.unwrap().text, "é");
}

const WORDS: &[&str] = &[
    "type",
    "index",
    "content_block",
    "delta",
    "text",
    "thinking",
    "signature",
    "tool_use",
    "id",
    "name",
    "input",
    "partial_json",
    "citation",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_start",
    "message_delta",
    "message",
    "usage",
    "input_tokens",
    "cache_creation",
    "ephemeral_1h_input_tokens",
    "cache_creation_input_tokens",
    "output_tokens",
    "output_tokens_details",
    "thinking_tokens",
    "stop_reason",
    "end_turn",
    "error",
];

proptest! {
    #[test]
    fn no_event_is_too_strange(events in prop::collection::vec(json_of(WORDS), 1..8)) {
        let _ = read(&events);
    }
}
