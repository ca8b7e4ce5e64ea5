//! An answer as `GenerateContentResponse`, whole or in chunks.

use serde_json::{Value, json};

use super::super::answer::{Answer, End, Piece};

/// One response object a part; the reason and the final count are in the last.
pub(super) fn chunks(answer: &Answer) -> Vec<Value> {
    if let End::Blocked(reason) = &answer.end {
        let mut object = envelope(answer);
        object["promptFeedback"] = json!({ "blockReason": reason });
        if let Some(count) = answer.count {
            object["usageMetadata"] =
                json!({ "promptTokenCount": count.read, "totalTokenCount": count.read });
        }
        return vec![object];
    }
    let mut groups: Vec<Vec<Value>> = Vec::new();
    let mut after_call = false;
    for (part, is_call) in parts(answer) {
        // Calls of one turn come together.
        match groups.last_mut() {
            Some(group) if after_call && is_call && !answer.scattered => group.push(part),
            _ => groups.push(vec![part]),
        }
        after_call = is_call;
    }
    if groups.is_empty() {
        groups.push(Vec::new());
    }
    let last = groups.len() - 1;
    groups
        .into_iter()
        .enumerate()
        .map(|(at, parts)| chunk(answer, parts, at == last))
        .collect()
}

/// The chunks folded into one object.
pub(super) fn whole(answer: &Answer) -> Value {
    let chunks = chunks(answer);
    let parts: Vec<Value> = chunks
        .iter()
        .filter_map(|chunk| chunk["candidates"][0]["content"]["parts"].as_array())
        .flatten()
        .cloned()
        .collect();
    let mut whole = chunks.into_iter().next_back().unwrap_or_default();
    if !parts.is_empty() {
        whole["candidates"][0]["content"]["parts"] = parts.into();
    }
    whole
}

fn envelope(answer: &Answer) -> Value {
    json!({ "modelVersion": answer.model, "responseId": format!("fake-{}", answer.serial) })
}

/// The parts, and which of them are calls. The first call is signed; an answer without calls is
/// signed on its last text.
fn parts(answer: &Answer) -> Vec<(Value, bool)> {
    let signature = format!("c2lnbmVkLW{:08}==", answer.serial);
    let mut calls = 0;
    let mut parts = Vec::new();
    for piece in &answer.pieces {
        match piece {
            Piece::Thought(text) => parts.push((json!({ "text": text, "thought": true }), false)),
            Piece::Text(text) => parts.push((json!({ "text": text }), false)),
            Piece::Call { name, args, id } => {
                calls += 1;
                let mut part = json!({ "functionCall": { "name": name, "args": args } });
                if *id {
                    let more = if calls > 1 {
                        format!("-{calls}")
                    } else {
                        String::new()
                    };
                    part["functionCall"]["id"] = json!(format!("call-{}{more}", answer.serial));
                }
                if calls == 1 {
                    part["thoughtSignature"] = json!(signature);
                }
                parts.push((part, true));
            }
            // Gemini sees it itself and keeps it back.
            Piece::BrokenCall(_) => {}
        }
    }
    if calls == 0
        && let Some((part, _)) = parts.last_mut()
    {
        part["thoughtSignature"] = json!(signature);
    }
    parts
}

fn chunk(answer: &Answer, parts: Vec<Value>, last: bool) -> Value {
    let mut content = json!({ "role": "model" });
    if !parts.is_empty() {
        content["parts"] = parts.into();
    }
    let mut candidate = json!({ "content": content, "index": 0 });
    if last {
        candidate["finishReason"] = json!(match &answer.end {
            End::Done | End::Blocked(_) => "STOP",
            End::Length => "MAX_TOKENS",
            End::Malformed => "MALFORMED_FUNCTION_CALL",
            End::Strange => "STARS_MISALIGNED",
        });
    }
    let mut object = envelope(answer);
    if let Some(count) = answer.count {
        // Cached tokens are part of the prompt; thoughts are apart from the candidates.
        let mut usage = json!({ "promptTokenCount": count.read, "trafficType": "ON_DEMAND" });
        if last {
            usage["candidatesTokenCount"] = json!(count.output);
            usage["thoughtsTokenCount"] = json!(count.thinking);
            usage["totalTokenCount"] = json!(count.read + count.output + count.thinking);
            if count.cached > 0 {
                usage["cachedContentTokenCount"] = json!(count.cached);
            }
        }
        object["usageMetadata"] = usage;
    }
    if answer.strange {
        candidate["safetyRatings"] =
            json!([{ "category": "HARM_CATEGORY_NEW", "probability": "SOMEWHAT" }]);
        if let Some(part) = candidate.pointer_mut("/content/parts/0") {
            part["hologram"] = json!({ "depth": 3 });
        }
        object["somethingNew"] = json!([1, { "two": null }]);
        object["usageMetadata"]["trafficType"] = json!("ON_THE_HOUSE");
    }
    object["candidates"] = json!([candidate]);
    object
}
