//! Recorded answers of Chat Completions.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::Flags;
use super::decode::Reader;
use crate::failure::Who;
use crate::http::Answer;
use crate::loose::json_of;
use crate::{
    Category, Certainty, Delta, Error, Finish, ModelRow, Models, RawResponse, Tier, ToolSpec, Usage,
};

const WHO: Who = Who {
    name: "OpenAI",
    refused: "",
};
const FULL: Flags = Flags {
    include_usage: true,
    cached_tokens: true,
    max_completion_tokens: true,
    extensions: true,
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

/// Reads chunks and says what was heard.
fn read(flags: Flags, events: &[&str]) -> (Result<RawResponse, Error>, Vec<Delta>) {
    let (model, tools) = (model("gpt-4o"), [tool("crm.find")]);
    let mut reader = Reader::new(WHO, flags, &model, &tools, Vec::new());
    let mut heard = Vec::new();
    for event in events {
        if let Err(error) = reader.event(event.as_bytes(), &mut |delta| heard.push(delta)) {
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

fn chunk(delta: Value) -> String {
    json!({"model": "gpt-4o-x", "service_tier": "flex", "choices": [{"index": 0, "delta": delta, "finish_reason": null}], "usage": null}).to_string()
}

fn end(reason: &str) -> String {
    json!({"choices": [{"delta": {}, "finish_reason": reason}]}).to_string()
}

fn fragment(index: u64, fragment: Value) -> String {
    let mut call = fragment;
    call["index"] = index.into();
    chunk(json!({"tool_calls": [call]}))
}

#[test]
fn a_stream_is_one_message_and_calls_come_in_fragments() {
    let count = json!({"choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": 50,
        "prompt_tokens_details": {"cached_tokens": 40, "cache_write_tokens": 30}, "completion_tokens_details": {"reasoning_tokens": 20}}});
    let start = |index: u64, id: &str, name: &str| {
        fragment(
            index,
            json!({"id": id, "type": "function", "function": {"name": name, "arguments": ""}}),
        )
    };
    let more = |index: u64, text: &str| fragment(index, json!({"function": {"arguments": text}}));
    let events = [
        chunk(json!({"role": "assistant", "content": "", "refusal": null})),
        chunk(json!({"reasoning_content": "h"})),
        chunk(json!({"reasoning_content": "m", "hologram": {"depth": 3}})),
        chunk(json!({"content": "Let me"})),
        start(1, "b", "other"),
        start(0, "a", "crm_find"),
        more(1, ""),
        more(0, "{\"city\": \"जय"),
        more(0, "पुर\"}"),
        end("tool_calls"),
        count.to_string(),
        "[DONE]".to_owned(),
    ];
    let events: Vec<&str> = events.iter().map(String::as_str).collect();
    let (answer, heard) = read(FULL, &events);
    let answer = answer.unwrap();
    assert_eq!(
        (answer.text.as_str(), &answer.finish),
        ("Let me", &Finish::ToolCalls)
    );
    let calls: Vec<_> = answer
        .tool_calls
        .iter()
        .map(|call| (call.id.as_str(), call.name.as_str(), call.args.clone()))
        .collect();
    assert_eq!(
        calls,
        [
            ("a", "crm.find", json!({"city": "जयपुर"})),
            ("b", "other", json!({}))
        ]
    );
    assert_eq!(
        heard,
        [
            Delta::Text("Let me".into()),
            Delta::ToolCall("other".into()),
            Delta::ToolCall("crm.find".into()),
        ]
    );
    assert_eq!(
        answer.usage,
        Usage {
            input: 100,
            cached_input: 40,
            cache_write_5m: 30,
            output: 30,
            thinking: 20,
            ..Usage::default()
        }
    );
    assert_eq!(
        (answer.model.as_str(), answer.tier),
        ("gpt-4o-x", Tier::Flex)
    );
    assert_eq!(
        answer.raw.unwrap(),
        json!({"wire": "openai", "provider": "openai", "message": {
        "role": "assistant", "content": "Let me", "refusal": null, "reasoning_content": "hm", "hologram": {"depth": 3},
        "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "crm_find", "arguments": "{\"city\": \"जयपुर\"}"}},
            {"id": "b", "type": "function", "function": {"name": "other", "arguments": "{}"}},
        ]}})
    );
}

#[test]
fn servers_that_number_calls_badly_are_understood() {
    let whole = |id: &str, index: Option<u64>| {
        let mut call = json!({"id": id, "function": {"name": "t", "arguments": {"n": id}}});
        if let Some(index) = index {
            call["index"] = index.into();
        }
        chunk(json!({"tool_calls": [call]}))
    };
    for index in [None, Some(0)] {
        let (answer, _) = read(
            FULL,
            &[&whole("x", index), &whole("y", index), &end("stop")],
        );
        let answer = answer.unwrap();
        let ids: Vec<_> = answer
            .tool_calls
            .iter()
            .map(|call| call.id.as_str())
            .collect();
        assert_eq!(
            (ids, answer.finish),
            (vec!["x", "y"], Finish::ToolCalls),
            "{index:?}"
        );
    }
    let nameless =
        chunk(json!({"tool_calls": [{"function": {"name": "t"}}, {"function": {"name": "u"}}]}));
    let answer = read(FULL, &[&nameless, &end("tool_calls")]).0.unwrap();
    assert_eq!(answer.tool_calls[1].id, "call_2");
}

#[test]
fn every_finish_reason_has_its_class() {
    let ends = |reason: &str| read(FULL, &[&end(reason)]).0.unwrap().finish;
    assert_eq!(ends("stop"), Finish::Done);
    assert_eq!(ends("length"), Finish::Truncated);
    assert_eq!(
        ends("content_filter"),
        Finish::Policy("content_filter".into())
    );
    assert_eq!(ends("tired"), Finish::Other("tired".into()));
    assert!(matches!(ends("tool_calls"), Finish::Fault(_)));
    let refused = chunk(json!({"refusal": "I can't"}));
    let finish = read(FULL, &[&refused, &end("stop")]).0.unwrap().finish;
    assert_eq!(finish, Finish::Policy("refusal: I can't".into()));
}

#[test]
fn half_a_call_is_a_fault_or_the_end_of_the_room() {
    let cut = fragment(
        0,
        json!({"id": "a", "function": {"name": "t", "arguments": "{\"n\": "}}),
    );
    let broken = read(FULL, &[&cut, &end("tool_calls")]).0.unwrap();
    assert!(matches!(broken.finish, Finish::Fault(_)) && broken.tool_calls.is_empty());
    let full = read(FULL, &[&cut, &end("length")]).0.unwrap();
    assert_eq!((full.finish, full.tool_calls.len()), (Finish::Truncated, 0));
    assert!(full.raw.unwrap()["message"].get("tool_calls").is_none());
}

#[test]
fn a_missing_count_is_made_here_and_a_doubtful_one_is_not_believed() {
    let said = chunk(json!({"content": "hello there"}));
    let usage = read(FULL, &[&said, &end("stop")]).0.unwrap().usage;
    assert_eq!(
        (usage.input, usage.output, usage.certainty),
        (9, 4, Certainty::Estimated)
    );

    let count = json!({"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 99}}}).to_string();
    let doubt = Flags {
        cached_tokens: false,
        ..FULL
    };
    let usage = read(doubt, &[&said, &end("stop"), &count]).0.unwrap().usage;
    assert_eq!((usage.input, usage.cached_input), (10, 0));
    let usage = read(FULL, &[&said, &end("stop"), &count]).0.unwrap().usage;
    assert_eq!(usage.cached_input, 10, "no more than was read");
}

#[test]
fn impossible_counts_break_nothing() {
    let most = u64::MAX;
    let usage = json!({"prompt_tokens": most, "completion_tokens": most,
        "prompt_tokens_details": {"cached_tokens": most, "cache_write_tokens": most}, "completion_tokens_details": {"reasoning_tokens": most}});
    let count = json!({"choices": [], "usage": usage}).to_string();
    let usage = read(FULL, &[&end("stop"), &count]).0.unwrap().usage;
    assert_eq!((usage.cached_input, usage.cache_write_5m), (usage.input, 0));
}

#[test]
fn done_ends_an_answer_without_a_reason() {
    let model = model("gpt-4o");
    let mut reader = Reader::new(WHO, FULL, &model, &[], Vec::new());
    let said = chunk(json!({"content": "x"}));
    reader.event(b"[DONE]", &mut |_| {}).unwrap();
    assert!(!reader.is_complete(), "nothing was said yet");
    reader.event(said.as_bytes(), &mut |_| {}).unwrap();
    assert!(reader.is_complete());

    let mut whole = Reader::new(WHO, FULL, &model, &[], Vec::new());
    let body = json!({"choices": [{"message": {"role": "assistant", "content": "y"}, "finish_reason": "stop"}]});
    whole
        .whole(body.to_string().as_bytes(), &mut |_| {})
        .unwrap();
    assert_eq!(whole.finish(Usage::default()).unwrap().text, "y");
}

#[test]
fn errors_and_loose_json() {
    let failed = |event: &str| read(FULL, &[event]).0.unwrap_err().category;
    assert_eq!(failed(r#"{"error": "out of memory"}"#), Category::Transient);
    assert_eq!(
        failed(r#"{"error": {"code": "rate_limit_exceeded"}}"#),
        Category::RateLimited { retry_after: None }
    );
    assert_eq!(failed("{\"cho"), Category::Transient);
    assert_eq!(
        failed("[DONE]"),
        Category::Transient,
        "an answer of nothing"
    );
    for odd in [
        json!({"choices": [3], "error": null}),
        json!({"choices": [{"delta": 4, "finish_reason": 5}]}),
        json!({"choices": [{"delta": {"content": {"a": 1}, "tool_calls": [1, {"index": "x", "function": 7}]}}], "usage": []}),
    ] {
        assert!(read(FULL, &[&odd.to_string()]).0.is_ok(), "{odd}");
    }
}

const WORDS: &[&str] = &[
    "choices",
    "delta",
    "message",
    "content",
    "role",
    "tool_calls",
    "index",
    "id",
    "function",
    "name",
    "arguments",
    "refusal",
    "reasoning_content",
    "finish_reason",
    "stop",
    "usage",
    "prompt_tokens",
    "completion_tokens",
    "prompt_tokens_details",
    "cached_tokens",
    "cache_write_tokens",
    "completion_tokens_details",
    "reasoning_tokens",
    "model",
    "service_tier",
    "error",
];

fn choice(delta: Value) -> Value {
    json!({"choices": [{"delta": delta, "finish_reason": null}]})
}

proptest! {
    #[test]
    fn no_chunk_is_too_strange(
        chunks in prop::collection::vec(json_of(WORDS), 1..5),
        deltas in prop::collection::vec(json_of(WORDS).prop_map(choice), 0..5),
    ) {
        let chunks: Vec<String> = deltas.iter().chain(&chunks).map(Value::to_string).collect();
        let chunks: Vec<&str> = chunks.iter().map(String::as_str).collect();
        let _ = read(FULL, &chunks);
    }
}
