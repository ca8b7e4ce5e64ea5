//! Schemas in plain words, for people who read neither JSON Schema nor code.

use serde_json::Value;

/// One property of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub name: String,
    pub required: bool,
    /// `text`, `list of numbers`, `one of en, hi`.
    pub kind: String,
    /// What the schema says of it; may be empty.
    pub about: String,
}

/// The properties of an object's schema, the required ones first.
pub(crate) fn parts(schema: &Value) -> Vec<Part> {
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut parts: Vec<Part> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, schema)| Part {
            name: name.clone(),
            required: required.contains(&name.as_str()),
            kind: kind(schema),
            about: schema["description"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        })
        .collect();
    parts.sort_by(|a, b| (!a.required, &a.name).cmp(&(!b.required, &b.name)));
    parts
}

fn kind(schema: &Value) -> String {
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values
            .iter()
            .filter(|value| !value.is_null())
            .map(|value| {
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned)
            })
            .collect();
        return format!("one of {}", values.join(", "));
    }
    match word(schema) {
        Some("string") => "text".to_owned(),
        Some("number") => "number".to_owned(),
        Some("integer") => "whole number".to_owned(),
        Some("boolean") => "yes or no".to_owned(),
        Some("array") => {
            let items = &schema["items"];
            let of = match word(items) {
                Some("string") if items.get("enum").is_none() => "texts".to_owned(),
                Some("number" | "integer") => "numbers".to_owned(),
                Some("object") => return format!("list, each with {}", names(items)),
                _ if items.get("enum").is_some() => kind(items),
                _ => "things".to_owned(),
            };
            format!("list of {of}")
        }
        Some("object") if schema["properties"].is_object() => format!("with {}", names(schema)),
        Some("object") => "values by name".to_owned(),
        _ => "anything".to_owned(),
    }
}

/// Its type, null left aside.
fn word(schema: &Value) -> Option<&str> {
    match &schema["type"] {
        Value::String(word) => Some(word),
        Value::Array(words) => words
            .iter()
            .filter_map(Value::as_str)
            .find(|word| *word != "null"),
        _ => None,
    }
}

fn names(schema: &Value) -> String {
    let names: Vec<String> = parts(schema).into_iter().map(|part| part.name).collect();
    match names.len() {
        0 => "anything".to_owned(),
        _ => names.join(", "),
    }
}
