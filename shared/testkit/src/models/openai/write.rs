//! An answer as a chat completion, whole or in chunks.

use serde_json::{Value, json};

use super::super::answer::{Answer, BROKEN_ARGS, End, Piece};
use super::super::script::Count;

pub(super) fn whole(answer: &Answer) -> Value {
    let text = answer.text();
    let calls: Vec<Value> = calls(answer)
        .into_iter()
        .map(|(id, name, args)| {
            json!({ "id": id, "type": "function", "function": { "name": name, "arguments": args } })
        })
        .collect();
    let mut message = json!({ "role": "assistant", "content": null, "refusal": null });
    if !text.is_empty() || calls.is_empty() {
        message["content"] = json!(text);
    }
    if !calls.is_empty() {
        message["tool_calls"] = calls.into();
    }
    if let Some(thought) = thoughts(answer) {
        message["reasoning_content"] = json!(thought);
    }
    let mut object = envelope(answer, "chat.completion");
    let mut choice = json!({ "index": 0, "message": message, "logprobs": null, "finish_reason": finish(answer) });
    if answer.strange {
        choice["hologram"] = json!({ "depth": 3 });
        object["service_tier"] = json!("on_the_house");
    }
    object["choices"] = json!([choice]);
    if let Some(count) = answer.count {
        object["usage"] = usage(count);
    }
    object
}

/// The chunks, and at which of them the final count is told.
pub(super) fn chunks(answer: &Answer, counts: bool) -> (Vec<Value>, usize) {
    let mut deltas = vec![json!({ "role": "assistant", "content": "", "refusal": null })];
    let mut later = Vec::new();
    let mut at = 0;
    for piece in &answer.pieces {
        match piece {
            Piece::Thought(text) => deltas.push(json!({ "reasoning_content": text })),
            Piece::Text(text) => deltas.push(json!({ "content": text })),
            Piece::Call { .. } | Piece::BrokenCall(_) => {
                let pieces = call_deltas(answer, at);
                at += 1;
                if answer.scattered {
                    later.push(pieces);
                } else {
                    deltas.extend(pieces);
                }
            }
        }
    }
    // A fragment of each call in turn, the last call first: only the index tells whose it is.
    let longest = later.iter().map(Vec::len).max().unwrap_or(0);
    for turn in 0..longest {
        for call in later.iter().rev() {
            deltas.extend(call.get(turn).cloned());
        }
    }
    let mut chunks: Vec<Value> = deltas
        .into_iter()
        .map(|delta| chunk(answer, delta, None))
        .collect();
    chunks.push(chunk(answer, json!({}), Some(finish(answer))));
    if answer.strange {
        for chunk in &mut chunks {
            chunk["choices"][0]["delta"]["hologram"] = json!({ "depth": 3 });
            chunk["service_tier"] = json!("on_the_house");
        }
    }
    let count_at = chunks.len();
    if let Some(count) = answer.count.filter(|_| counts) {
        for chunk in &mut chunks {
            chunk["usage"] = Value::Null;
        }
        let mut last = envelope(answer, "chat.completion.chunk");
        last["choices"] = json!([]);
        last["usage"] = usage(count);
        chunks.push(last);
    }
    (chunks, count_at)
}

fn envelope(answer: &Answer, object: &str) -> Value {
    json!({
        "id": format!("chatcmpl-fake{:08}", answer.serial),
        "object": object,
        "created": 1_790_000_000,
        "model": answer.model,
        "service_tier": "default",
    })
}

fn chunk(answer: &Answer, delta: Value, finish: Option<&str>) -> Value {
    let mut chunk = envelope(answer, "chat.completion.chunk");
    chunk["choices"] =
        json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish }]);
    chunk
}

fn finish(answer: &Answer) -> &'static str {
    match &answer.end {
        End::Blocked(_) => "content_filter",
        End::Length => "length",
        End::Strange => "stars_misaligned",
        End::Done | End::Malformed if answer.calls() => "tool_calls",
        End::Done | End::Malformed => "stop",
    }
}

/// Tokens from and to the cache are part of the prompt, thinking is part of the completion.
fn usage(count: Count) -> Value {
    let completion = count.output + count.thinking;
    json!({
        "prompt_tokens": count.read,
        "completion_tokens": completion,
        "total_tokens": count.read + completion,
        "prompt_tokens_details": {
            "cached_tokens": count.cached,
            "cache_write_tokens": count.written_5m + count.written_1h,
            "audio_tokens": 0,
        },
        "completion_tokens_details": { "reasoning_tokens": count.thinking, "audio_tokens": 0 },
    })
}

/// Id, name and arguments of each call.
fn calls(answer: &Answer) -> Vec<(String, &str, String)> {
    let calls = answer.pieces.iter().filter_map(|piece| match piece {
        Piece::Call { name, args, .. } => Some((name.as_str(), args.to_string())),
        Piece::BrokenCall(name) => Some((name.as_str(), BROKEN_ARGS.to_owned())),
        Piece::Text(_) | Piece::Thought(_) => None,
    });
    calls
        .enumerate()
        .map(|(at, (name, args))| (format!("call_fake{:08}{at:02}", answer.serial), name, args))
        .collect()
}

/// The beginning of the call at this place, then its arguments in pieces.
fn call_deltas(answer: &Answer, at: usize) -> Vec<Value> {
    let Some((id, name, args)) = calls(answer).into_iter().nth(at) else {
        return Vec::new();
    };
    let mut deltas = vec![
        json!({ "tool_calls": [{ "index": at, "id": id, "type": "function", "function": { "name": name, "arguments": "" } }] }),
    ];
    let letters: Vec<char> = args.chars().collect();
    let size = letters.len().div_ceil(3).max(1);
    deltas.extend(letters.chunks(size).map(|piece| {
        let piece: String = piece.iter().collect();
        json!({ "tool_calls": [{ "index": at, "function": { "arguments": piece } }] })
    }));
    deltas
}

/// As vLLM and llama.cpp tell it; OpenAI doesn't.
fn thoughts(answer: &Answer) -> Option<String> {
    let thoughts: String = answer
        .pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Thought(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    (!thoughts.is_empty()).then_some(thoughts)
}
