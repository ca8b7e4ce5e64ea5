//! What Gemini answers with 400.

use serde_json::Value;

use super::super::catalogue::generation;
use super::super::memory::Memory;
use super::Door;

/// Stand for the signature of a call that another model made (Google's thought signature guide).
const PLACEHOLDERS: &[&str] = &[
    "skip_thought_signature_validator",
    "context_engineering_is_the_way_to_go",
];

const FIELDS: &[&str] = &[
    "contents",
    "systemInstruction",
    "tools",
    "toolConfig",
    "generationConfig",
    "safetySettings",
    "cachedContent",
    "serviceTier",
    "continuationToken",
];
const VERTEX_FIELDS: &[&str] = &["labels", "modelArmorConfig"];

type Checked = Result<(), String>;

pub(super) fn check(door: Door, model: &str, body: &Value, memory: &Memory) -> Checked {
    for name in body.as_object().into_iter().flat_map(|map| map.keys()) {
        let known = FIELDS.contains(&name.as_str())
            || (door == Door::Vertex && VERTEX_FIELDS.contains(&name.as_str()));
        must(known, || {
            format!("Invalid JSON payload received. Unknown name \"{name}\": Cannot find field.")
        })?;
    }
    contents(body)?;
    tools(body)?;
    config(model, &body["generationConfig"])?;
    must(
        body["modelArmorConfig"].is_null() || body["safetySettings"].is_null(),
        || "Only one of model_armor_config and safety_settings may be set.".to_owned(),
    )?;
    labels(&body["labels"])?;
    calls_are_answered(body)?;
    if generation(model) >= (3, 0) {
        signatures(body, memory)?;
    }
    Ok(())
}

fn must(holds: bool, otherwise: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(otherwise()) }
}

pub(super) fn contents(body: &Value) -> Checked {
    let turns = list(&body["contents"]);
    must(!turns.is_empty(), || {
        "GenerateContentRequest.contents: contents is not specified".to_owned()
    })?;
    for turn in turns {
        must(
            matches!(turn["role"].as_str(), None | Some("user" | "model")),
            || "Please use a valid role: user, model.".to_owned(),
        )?;
        must(!list(&turn["parts"]).is_empty(), || {
            "Unable to submit request because it must have a parts field with at least one part."
                .to_owned()
        })?;
    }
    Ok(())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn tools(body: &Value) -> Checked {
    for function in list(&body["tools"])
        .iter()
        .flat_map(|tool| list(&tool["functionDeclarations"]))
    {
        let name = function["name"].as_str().unwrap_or_default();
        let fits = |c: char| c.is_ascii_alphanumeric() || "_.-:".contains(c);
        must(
            (1..=128).contains(&name.len())
                && name.chars().all(fits)
                && !name.starts_with(|c: char| c.is_ascii_digit()),
            || {
                format!(
                    "Invalid function name \"{name}\". Must start with a letter or an underscore; at most 128 characters."
                )
            },
        )?;
        must(
            function["parameters"].is_null() || function["parametersJsonSchema"].is_null(),
            || {
                format!(
                    "Function \"{name}\": only one of parameters and parameters_json_schema may be set."
                )
            },
        )?;
    }
    Ok(())
}

fn config(model: &str, config: &Value) -> Checked {
    let thinking = &config["thinkingConfig"];
    let level = thinking["thinkingLevel"].as_str();
    let budget = !thinking["thinkingBudget"].is_null();
    must(!(budget && level.is_some()), || {
        "You can only set one of thinking budget and thinking level.".to_owned()
    })?;
    let argon = model.contains("argon");
    must(!(argon && budget), || {
        "Thinking budget is not supported by this model; use thinking level.".to_owned()
    })?;
    if let Some(level) = level {
        let known = match level.to_ascii_uppercase().as_str() {
            "LOW" | "MEDIUM" | "HIGH" => true,
            "MINIMAL" => !argon && model != "gemini-3.8-flash",
            "XHIGH" => !argon,
            _ => false,
        };
        must(known, || {
            format!("Thinking level {level} is not supported for this model.")
        })?;
    }
    let schemas = ["responseSchema", "responseJsonSchema"];
    let given = schemas.iter().filter(|name| !config[**name].is_null());
    match given.count() {
        0 => {}
        1 => must(config["responseMimeType"] == "application/json", || {
            "A response schema needs response_mime_type application/json.".to_owned()
        })?,
        _ => {
            return Err(
                "Only one of response_schema and response_json_schema may be set.".to_owned(),
            );
        }
    }
    let candidates = config["candidateCount"].as_u64().unwrap_or(1);
    must(candidates == 1 || generation(model) < (3, 0), || {
        "Multiple candidates is not enabled for this model".to_owned()
    })
}

/// At most 63 characters of lowercase letters, digits, `_` and `-`; keys start with a letter.
fn labels(labels: &Value) -> Checked {
    let fits = |text: &str| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
        text.chars().count() <= 63 && text.chars().all(plain)
    };
    for (key, value) in labels.as_object().into_iter().flatten() {
        let good = fits(key)
            && key.starts_with(|c: char| c.is_ascii_lowercase())
            && value.as_str().is_some_and(fits);
        must(good, || format!("Invalid label {key}: {value}."))?;
    }
    Ok(())
}

/// A turn of calls is followed by a turn with as many results.
fn calls_are_answered(body: &Value) -> Checked {
    let count = |turn: &Value, key: &str| {
        let parts = list(&turn["parts"]).iter();
        parts.filter(|part| part.get(key).is_some()).count()
    };
    let turns = list(&body["contents"]);
    for (at, turn) in turns.iter().enumerate() {
        let calls = count(turn, "functionCall");
        let results = turns
            .get(at + 1)
            .map(|next| count(next, "functionResponse"));
        must(calls == 0 || results == Some(calls), || {
            "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.".to_owned()
        })?;
        let answers = count(turn, "functionResponse");
        let asked = at
            .checked_sub(1)
            .map_or(0, |before| count(&turns[before], "functionCall"));
        must(answers == 0 || asked > 0, || {
            "Please ensure that function response turn comes immediately after a function call turn.".to_owned()
        })?;
        for part in list(&turn["parts"]) {
            let response = &part["functionResponse"];
            must(
                response.is_null() || response["response"].is_object(),
                || "function_response.response must be an object.".to_owned(),
            )?;
        }
    }
    Ok(())
}

/// Signatures come back on the parts they were given with. A turn this fake never said may carry
/// Google's placeholder on its first call.
fn signatures(body: &Value, memory: &Memory) -> Checked {
    for (at, turn) in list(&body["contents"]).iter().enumerate() {
        if turn["role"] != "model" {
            continue;
        }
        let parts = list(&turn["parts"]);
        let signature = |part: &Value| part["thoughtSignature"].as_str().map(str::to_owned);
        if let Some(call) = parts.iter().find(|part| part.get("functionCall").is_some()) {
            must(signature(call).is_some(), || {
                let name = &call["functionCall"]["name"];
                format!(
                    "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly. Additional data, function call {name}, position {}.",
                    at + 1
                )
            })?;
        }
        let mut foreign = false;
        for part in parts {
            let Some(given) = signature(part) else {
                continue;
            };
            if PLACEHOLDERS.contains(&given.as_str()) {
                foreign = true;
                continue;
            }
            let known = memory
                .said()
                .any(|said| list(&said["parts"]).contains(part));
            must(known, || "Corrupted thought signature.".to_owned())?;
        }
        if foreign {
            continue;
        }
        // What was signed when it was said is signed when it comes back.
        let bare = unsigned(turn);
        let mut alike = memory
            .said()
            .filter(|said| unsigned(said) == bare)
            .peekable();
        let unchanged = alike.peek().is_none() || alike.any(|said| said["parts"] == turn["parts"]);
        must(unchanged, || {
            format!(
                "The parts of content {at} are not as the model gave them: a thought_signature is missing or out of place."
            )
        })?;
    }
    Ok(())
}

fn unsigned(content: &Value) -> Vec<Value> {
    let bare = |part: &Value| {
        let mut part = part.clone();
        if let Some(part) = part.as_object_mut() {
            part.remove("thoughtSignature");
        }
        part
    };
    list(&content["parts"]).iter().map(bare).collect()
}
