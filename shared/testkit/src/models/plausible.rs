//! What a model could plausibly answer to a schema.

use serde_json::{Map, Value, json};

/// A value that fits the plain parts of a JSON Schema. Prefers what the schema itself offers.
pub fn plausible(root: &Value, schema: &Value, name: &str, depth: usize) -> Value {
    for key in ["const", "default"] {
        if let Some(value) = schema.get(key) {
            return value.clone();
        }
    }
    for key in ["examples", "enum"] {
        if let Some(value) = schema[key].get(0) {
            return value.clone();
        }
    }
    if depth > 8 {
        return Value::Null;
    }
    if let Some(target) = schema["$ref"]
        .as_str()
        .and_then(|path| root.pointer(path.trim_start_matches('#')))
    {
        return plausible(root, target, name, depth + 1);
    }
    if let Some(branch) = ["anyOf", "oneOf", "allOf"]
        .iter()
        .find_map(|key| schema[*key].get(0))
    {
        return plausible(root, branch, name, depth + 1);
    }
    let kind = schema["type"]
        .as_str()
        .or_else(|| schema["type"][0].as_str());
    match kind.unwrap_or(if schema["properties"].is_object() {
        "object"
    } else {
        "string"
    }) {
        "object" => {
            let required: Vec<&str> = schema["required"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let properties = schema["properties"].as_object().into_iter().flatten();
            let filled: Map<String, Value> = properties
                .filter(|(name, _)| required.contains(&name.as_str()) || depth < 2)
                .map(|(name, schema)| (name.clone(), plausible(root, schema, name, depth + 1)))
                .collect();
            filled.into()
        }
        "array" => {
            let least = schema["minItems"].as_u64().unwrap_or(1).clamp(1, 20);
            let most = schema["maxItems"].as_u64().unwrap_or(20);
            let item = |at: u64| match plausible(root, &schema["items"], name, depth + 1) {
                Value::String(text)
                    if schema["items"]["enum"].is_null()
                        && at > 0
                        && schema["items"]["maxLength"].is_null() =>
                {
                    json!(format!("{text} {}", at + 1))
                }
                other => other,
            };
            (0..least.min(most)).map(item).collect()
        }
        "integer" => json!(bounded(schema, 1.0).ceil() as i64),
        "number" => json!(bounded(schema, 100.0)),
        "boolean" => json!(true),
        "null" => Value::Null,
        _ => json!(word(schema, name)),
    }
}

fn bounded(schema: &Value, wanted: f64) -> f64 {
    let low = schema["minimum"]
        .as_f64()
        .or(schema["exclusiveMinimum"].as_f64().map(|low| low + 1.0));
    let high = schema["maximum"]
        .as_f64()
        .or(schema["exclusiveMaximum"].as_f64().map(|high| high - 1.0));
    let value = wanted
        .max(low.unwrap_or(f64::MIN))
        .min(high.unwrap_or(f64::MAX));
    schema["multipleOf"]
        .as_f64()
        .map_or(value, |step| (value / step).ceil() * step)
}

fn word(schema: &Value, name: &str) -> String {
    let lower = name.to_lowercase();
    let has = |part: &str| lower.contains(part);
    let text = match schema["format"].as_str().unwrap_or_default() {
        "date" => "2027-01-15".to_owned(),
        "date-time" => "2027-01-15T09:00:00Z".to_owned(),
        "email" => "buyer@example.in".to_owned(),
        "uri" => "https://example.com/".to_owned(),
        "uuid" => "00000000-0000-7000-8000-000000000001".to_owned(),
        _ if schema["pattern"]
            .as_str()
            .is_some_and(|pattern| pattern.contains("\\d{4}-\\d{2}-\\d{2}")) =>
        {
            "2027-01-15".to_owned()
        }
        _ if schema["pattern"]
            .as_str()
            .is_some_and(|pattern| pattern.contains("{2}")) =>
        {
            "27".to_owned()
        }
        _ if schema["pattern"]
            .as_str()
            .is_some_and(|pattern| pattern.contains("\\d") || pattern.contains("[0-9]")) =>
        {
            "18".to_owned()
        }
        _ if has("url") || has("link") => "https://example.com/".to_owned(),
        _ if has("state") || has("supply") => "Maharashtra".to_owned(),
        _ if has("festival") => "Diwali".to_owned(),
        _ if has("city") => "Jaipur".to_owned(),
        _ if has("date") || has("from") => "2027-01-15".to_owned(),
        _ if has("amount") || has("price") => "25000".to_owned(),
        _ if has("rate") => "18".to_owned(),
        _ if name.is_empty() => "A plausible answer".to_owned(),
        _ => format!("A plausible {}", name.replace('_', " ")),
    };
    let least = usize::try_from(schema["minLength"].as_u64().unwrap_or(0)).unwrap_or(0);
    let most = usize::try_from(schema["maxLength"].as_u64().unwrap_or(10_000)).unwrap_or(10_000);
    let mut text: String = text.chars().take(most).collect();
    while text.chars().count() < least {
        text.push('.');
    }
    text
}
