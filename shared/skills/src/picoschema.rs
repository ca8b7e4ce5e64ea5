//! Picoschema, dotprompt's short form of JSON Schema: `city?: string, where the shop is`.

use serde_json::{Map, Value, json};

const SCALARS: &[&str] = &["string", "number", "integer", "boolean", "null", "any"];

/// A schema as JSON Schema 2020-12: as it is when it already is one, translated when it is Picoschema.
pub(crate) fn canonical(schema: &Value) -> Result<Value, String> {
    let Some(object) = schema.as_object() else {
        return Err(
            "a schema is a mapping of properties, or a JSON Schema with `type: object`".to_owned(),
        );
    };
    let mut canonical =
        if object.get("type").is_some_and(|t| t == "object") || object.contains_key("properties") {
            schema.clone()
        } else {
            properties(object)?
        };
    close(&mut canonical);
    canonical["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    Ok(canonical)
}

/// A property that the schema does not name is a mistake, unless it says otherwise.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.contains_key("properties") && !object.contains_key("additionalProperties") {
                object.insert("additionalProperties".to_owned(), json!(false));
            }
            object.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

fn properties(object: &Map<String, Value>) -> Result<Value, String> {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (key, value) in object {
        let (key, kind, note) = heading(key)?;
        let (name, optional) = key
            .strip_suffix('?')
            .map_or((key, false), |name| (name, true));
        let mut schema = match kind {
            None => scalar_or_object(name, value)?,
            Some("array") => json!({ "type": "array", "items": scalar_or_object(name, value)? }),
            Some("object") => scalar_or_object(name, value)?,
            Some("enum") => json!({ "enum": value }),
            Some(other) => {
                return Err(format!(
                    "{name}: ({other}) is not known: use array, object or enum"
                ));
            }
        };
        if let Some(note) = note {
            schema["description"] = json!(note);
        }
        properties.insert(name.to_owned(), schema);
        if !optional {
            required.push(json!(name));
        }
    }
    Ok(json!({ "type": "object", "properties": properties, "required": required }))
}

/// `tags?(array, what it is about)` -> (`tags?`, `array`, `what it is about`)
fn heading(key: &str) -> Result<(&str, Option<&str>, Option<&str>), String> {
    let Some((name, rest)) = key.split_once('(') else {
        return Ok((key, None, None));
    };
    let inner = rest
        .strip_suffix(')')
        .ok_or_else(|| format!("{key}: the parenthesis is not closed"))?;
    let (kind, note) = inner
        .split_once(',')
        .map_or((inner, None), |(kind, note)| (kind, Some(note.trim())));
    Ok((name, Some(kind.trim()), note))
}

fn scalar_or_object(name: &str, value: &Value) -> Result<Value, String> {
    match value {
        Value::Object(object) => properties(object),
        Value::String(text) => {
            let (kind, note) = text
                .split_once(',')
                .map_or((text.as_str(), None), |(k, n)| (k, Some(n.trim())));
            let kind = kind.trim();
            if !SCALARS.contains(&kind) {
                return Err(format!(
                    "{name}: {kind:?} is not a type: use one of {}",
                    SCALARS.join(", ")
                ));
            }
            let mut schema = if kind == "any" {
                json!({})
            } else {
                json!({ "type": kind })
            };
            if let Some(note) = note {
                schema["description"] = json!(note);
            }
            Ok(schema)
        }
        other => Err(format!(
            "{name}: expected a type such as `string`, not {other}"
        )),
    }
}
