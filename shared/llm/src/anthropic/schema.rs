//! JSON Schema as Claude's structured outputs take it: closed objects, and no limits on values.
//! What is left out of the grammar is said in the description, and checked by whoever asked.
//! (Anthropic's structured outputs guide, "JSON Schema limitations".)

use serde_json::{Map, Value};

/// Kept as they are.
const PLAIN: &[&str] = &["type", "enum", "const", "default", "title", "$ref"];
/// Limits the grammar can't hold.
const LIMITS: &[&str] = &[
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
];
const FORMATS: &[&str] = &[
    "date-time",
    "time",
    "date",
    "duration",
    "email",
    "hostname",
    "uri",
    "ipv4",
    "ipv6",
    "uuid",
];
/// Deeper schemas are asked for in words.
const DEEPEST: usize = 32;

/// The schema Claude can be held to, or `None` when it says something that can't be put so: an
/// object of unknown properties, a recursion, a negation.
pub(super) fn closed(schema: &Value) -> Option<Value> {
    let object = schema["type"] == "object";
    if !object || refers_to_itself(schema) {
        return None;
    }
    close(schema, 0)
}

fn close(schema: &Value, depth: usize) -> Option<Value> {
    let from = schema.as_object().filter(|_| depth < DEEPEST)?;
    let mut to = Map::new();
    let mut unsaid = Vec::new();
    for (key, value) in from {
        match key.as_str() {
            "description"
            | "$schema"
            | "$id"
            | "$comment"
            | "examples"
            | "required"
            | "additionalProperties" => {}
            key if PLAIN.contains(&key) => {
                to.insert(key.to_owned(), value.clone());
            }
            "format"
                if value
                    .as_str()
                    .is_some_and(|format| FORMATS.contains(&format)) =>
            {
                to.insert("format".to_owned(), value.clone());
            }
            "minItems" if value.as_u64().is_some_and(|least| least <= 1) => {
                to.insert("minItems".to_owned(), value.clone());
            }
            "format" => unsaid.push(format!("format: {value}")),
            key if LIMITS.contains(&key) => unsaid.push(format!("{key}: {value}")),
            "properties" | "$defs" | "definitions" => {
                to.insert(key.clone(), parts(value, depth)?);
            }
            "items" => {
                to.insert(key.clone(), close(value, depth + 1)?);
            }
            // One of several is the same as any of them to a grammar.
            "anyOf" | "oneOf" => {
                let branches = value.as_array()?.iter();
                let branches: Option<Vec<_>> =
                    branches.map(|branch| close(branch, depth + 1)).collect();
                to.insert("anyOf".to_owned(), branches?.into());
            }
            // Nothing else can be held to.
            _ => return None,
        }
    }
    if from.get("type").is_some_and(is_object) {
        let open = from
            .get("additionalProperties")
            .is_some_and(|more| more.is_object());
        let known = from
            .get("properties")
            .and_then(Value::as_object)
            .is_some_and(|properties| !properties.is_empty());
        if open || !known {
            return None;
        }
        to.insert("additionalProperties".to_owned(), false.into());
        if let Some(required) = from.get("required") {
            to.insert("required".to_owned(), required.clone());
        }
    }
    if !["type", "anyOf", "$ref", "enum", "const"]
        .iter()
        .any(|key| to.contains_key(*key))
    {
        return None;
    }
    let said = from
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or("");
    let description = match (said.is_empty(), unsaid.is_empty()) {
        (_, true) => said.to_owned(),
        (true, false) => format!("({})", unsaid.join(", ")),
        (false, false) => format!("{said} ({})", unsaid.join(", ")),
    };
    if !description.is_empty() {
        to.insert("description".to_owned(), description.into());
    }
    Some(to.into())
}

fn is_object(kind: &Value) -> bool {
    let named = |kind: &Value| kind == "object";
    named(kind) || kind.as_array().is_some_and(|kinds| kinds.iter().any(named))
}

fn parts(parts: &Value, depth: usize) -> Option<Value> {
    let closed = parts.as_object()?.iter().map(|(name, part)| {
        let part = close(part, depth + 1)?;
        Some((name.clone(), part))
    });
    Some(closed.collect::<Option<Map<_, _>>>()?.into())
}

/// Whether a definition leads back to itself, or a reference leaves the document.
fn refers_to_itself(schema: &Value) -> bool {
    fn visit<'a>(root: &'a Value, at: &'a Value, path: &mut Vec<&'a str>) -> bool {
        match at {
            Value::Object(map) => map.iter().any(|(key, value)| {
                if key == "$defs" || key == "definitions" {
                    return false;
                }
                let Some(target) = value.as_str().filter(|_| key == "$ref") else {
                    return visit(root, value, path);
                };
                if path.contains(&target) {
                    return true;
                }
                let Some(found) = target.strip_prefix('#').and_then(|to| root.pointer(to)) else {
                    return true;
                };
                path.push(target);
                let round = visit(root, found, path);
                path.pop();
                round
            }),
            Value::Array(list) => list.iter().any(|value| visit(root, value, path)),
            _ => false,
        }
    }
    visit(schema, schema, &mut vec!["#"])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn limits_move_into_the_description() {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "required": ["score"],
            "properties": {
                "score": {"type": "integer", "minimum": 0, "maximum": 100, "description": "How hot."},
                "tags": {"type": "array", "items": {"type": "string", "maxLength": 9}, "minItems": 3},
                "on": {"type": "string", "format": "date"},
                "phone": {"type": ["string", "null"], "format": "e164"},
                "grade": {"oneOf": [{"const": "hot"}, {"$ref": "#/$defs/cold"}]},
            },
            "$defs": {"cold": {"enum": ["cold", "warm"]}},
        });
        assert_eq!(
            closed(&schema).unwrap(),
            json!({
                "type": "object",
                "required": ["score"],
                "additionalProperties": false,
                "properties": {
                    "score": {"type": "integer", "description": "How hot. (maximum: 100, minimum: 0)"},
                    "tags": {"type": "array", "items": {"type": "string", "description": "(maxLength: 9)"}, "description": "(minItems: 3)"},
                    "on": {"type": "string", "format": "date"},
                    "phone": {"type": ["string", "null"], "description": "(format: \"e164\")"},
                    "grade": {"anyOf": [{"const": "hot"}, {"$ref": "#/$defs/cold"}]},
                },
                "$defs": {"cold": {"enum": ["cold", "warm"]}},
            })
        );
    }

    #[test]
    fn what_cannot_be_held_to_is_asked_for_in_words() {
        let object = |part: Value| json!({"type": "object", "properties": {"x": part}});
        for schema in [
            json!({"type": "array", "items": {"type": "string"}}),
            json!({"type": "object"}),
            object(json!({"type": "object", "additionalProperties": {"type": "string"}})),
            object(json!({})),
            object(json!(true)),
            object(json!({"not": {"type": "string"}})),
            object(json!({"$ref": "#"})),
            object(json!({"$ref": "https://example.com/schema.json"})),
            json!({"type": "object", "properties": {"tree": {"$ref": "#/$defs/tree"}}, "$defs": {"tree": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}}),
        ] {
            assert_eq!(closed(&schema), None, "{schema}");
        }
        let twice = json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/s"}, "b": {"$ref": "#/$defs/s"}}, "$defs": {"s": {"type": "string"}}});
        assert!(closed(&twice).is_some(), "used twice is no recursion");
    }
}
