//! An answer as a Messages API message, whole or in events.

use serde_json::{Value, json};

use super::super::answer::{Answer, BROKEN_ARGS, End, Piece};
use super::super::script::Count;

/// A content block, and the deltas that bring it.
struct Block {
    whole: Value,
    start: Value,
    deltas: Vec<Value>,
}

pub(super) fn whole(answer: &Answer) -> Value {
    let content: Vec<Value> = blocks(answer)
        .into_iter()
        .map(|block| block.whole)
        .collect();
    let mut message = message(answer);
    message["content"] = content.into();
    message["stop_reason"] = stop_reason(answer).into();
    if let Some(count) = answer.count {
        message["usage"] = input(count);
        output(&mut message["usage"], count);
        if answer.strange {
            message["usage"]["service_tier"] = json!("on_the_house");
        }
    }
    message
}

pub(super) fn events(answer: &Answer) -> Vec<Value> {
    let mut start = message(answer);
    if let Some(count) = answer.count {
        start["usage"] = input(count);
        // What the first token cost; the final count replaces it.
        start["usage"]["output_tokens"] = json!(1);
    }
    let mut events = vec![json!({ "type": "message_start", "message": start })];
    let blocks = blocks(answer);
    if answer.strange {
        events.push(json!({ "type": "weather_report", "sky": "clear" }));
    }
    events.extend(if answer.scattered {
        interleaved(&blocks)
    } else {
        in_order(&blocks)
    });
    let mut end = json!({ "type": "message_delta", "delta": { "stop_reason": stop_reason(answer), "stop_sequence": null } });
    if let Some(count) = answer.count {
        // Cumulative. How the written part splits is told at the start alone.
        let mut usage = input(count);
        if let Some(usage) = usage.as_object_mut() {
            usage.remove("cache_creation");
        }
        output(&mut usage, count);
        end["usage"] = usage;
    }
    events.push(end);
    events.push(json!({ "type": "message_stop" }));
    events
}

fn message(answer: &Answer) -> Value {
    json!({
        "id": format!("msg_vrtx_{:08}", answer.serial),
        "type": "message",
        "role": "assistant",
        "model": answer.model,
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
    })
}

/// Cache traffic is beside `input_tokens`, not in it.
fn input(count: Count) -> Value {
    let written = count.written_5m + count.written_1h;
    json!({
        "input_tokens": count.read.saturating_sub(count.cached + written),
        "cache_read_input_tokens": count.cached,
        "cache_creation_input_tokens": written,
        "cache_creation": {
            "ephemeral_5m_input_tokens": count.written_5m,
            "ephemeral_1h_input_tokens": count.written_1h,
        },
    })
}

/// Thinking is in `output_tokens`.
fn output(usage: &mut Value, count: Count) {
    usage["output_tokens"] = json!(count.output + count.thinking);
    usage["output_tokens_details"] = json!({ "thinking_tokens": count.thinking });
}

fn stop_reason(answer: &Answer) -> &'static str {
    match &answer.end {
        End::Blocked(_) => "refusal",
        End::Length => "max_tokens",
        End::Strange => "stars_misaligned",
        End::Done | End::Malformed if answer.calls() => "tool_use",
        End::Done | End::Malformed => "end_turn",
    }
}

fn blocks(answer: &Answer) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut calls = 0;
    if answer.strange {
        let hologram = json!({ "type": "hologram", "depth": 3 });
        blocks.push(Block {
            start: hologram.clone(),
            whole: hologram,
            deltas: Vec::new(),
        });
    }
    for piece in &answer.pieces {
        match piece {
            Piece::Thought(text) => blocks.push(thinking(text, answer.serial, blocks.len())),
            Piece::Text(text) => {
                let delta = json!({ "type": "text_delta", "text": text });
                match blocks
                    .last_mut()
                    .filter(|block| block.whole["type"] == "text")
                {
                    Some(block) => {
                        let so_far = block.whole["text"].as_str().unwrap_or_default();
                        block.whole["text"] = json!(format!("{so_far}{text}"));
                        block.deltas.push(delta);
                    }
                    None => blocks.push(Block {
                        whole: json!({ "type": "text", "text": text }),
                        start: json!({ "type": "text", "text": "" }),
                        deltas: vec![delta],
                    }),
                }
            }
            Piece::Call { name, args, .. } => {
                calls += 1;
                blocks.push(call(
                    name,
                    args.clone(),
                    &args.to_string(),
                    answer.serial,
                    calls,
                ));
            }
            Piece::BrokenCall(name) => {
                calls += 1;
                let broken = json!(BROKEN_ARGS);
                blocks.push(call(name, broken, BROKEN_ARGS, answer.serial, calls));
            }
        }
    }
    blocks
}

fn thinking(text: &str, serial: u64, at: usize) -> Block {
    let signature = format!("RXJrZmFrZQ{serial:08}{at:02}==");
    Block {
        whole: json!({ "type": "thinking", "thinking": text, "signature": signature }),
        start: json!({ "type": "thinking", "thinking": "", "signature": "" }),
        deltas: (!text.is_empty())
            .then(|| json!({ "type": "thinking_delta", "thinking": text }))
            .into_iter()
            .chain([json!({ "type": "signature_delta", "signature": signature })])
            .collect(),
    }
}

/// The arguments come as text in pieces that are no JSON by themselves, the first one empty.
fn call(name: &str, input: Value, text: &str, serial: u64, at: u32) -> Block {
    let id = format!("toolu_vrtx_{serial:08}{at:02}");
    let letters: Vec<char> = text.chars().collect();
    let size = letters.len().div_ceil(3).max(1);
    let pieces = letters.chunks(size).map(|piece| piece.iter().collect());
    let deltas = std::iter::once(String::new())
        .chain(pieces)
        .map(|piece| json!({ "type": "input_json_delta", "partial_json": piece }))
        .collect();
    Block {
        whole: json!({ "type": "tool_use", "id": id, "name": name, "input": input }),
        start: json!({ "type": "tool_use", "id": id, "name": name, "input": {} }),
        deltas,
    }
}

fn start(at: usize, block: &Block) -> Value {
    json!({ "type": "content_block_start", "index": at, "content_block": block.start })
}

fn delta(at: usize, delta: &Value) -> Value {
    json!({ "type": "content_block_delta", "index": at, "delta": delta })
}

fn stop(at: usize) -> Value {
    json!({ "type": "content_block_stop", "index": at })
}

fn in_order(blocks: &[Block]) -> Vec<Value> {
    let mut events = Vec::new();
    for (at, block) in blocks.iter().enumerate() {
        events.push(start(at, block));
        if at == 0 {
            events.push(json!({ "type": "ping" }));
        }
        events.extend(block.deltas.iter().map(|each| delta(at, each)));
        events.push(stop(at));
    }
    events
}

/// All blocks open at once, a delta of each in turn: what their indices are for.
fn interleaved(blocks: &[Block]) -> Vec<Value> {
    let mut events: Vec<Value> = blocks
        .iter()
        .enumerate()
        .map(|(at, block)| start(at, block))
        .collect();
    let longest = blocks.iter().map(|block| block.deltas.len()).max();
    for turn in 0..longest.unwrap_or(0) {
        for (at, block) in blocks.iter().enumerate().rev() {
            events.extend(block.deltas.get(turn).map(|each| delta(at, each)));
        }
    }
    events.extend((0..blocks.len()).map(stop));
    events
}
