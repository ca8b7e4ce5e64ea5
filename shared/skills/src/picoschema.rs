//! Picoschema, dotprompt's short form of JSON Schema: `city?: string, where the shop is`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::problem::hint;

const SCALARS: &[&str] = &["string", "number", "integer", "boolean", "null", "any"];
/// What `type:` says at the top of a JSON Schema, as against a property called "type".
const JSON_TYPES: &[&str] = &[
    "object", "array", "string", "number", "integer", "boolean", "null",
];

/// Schemas that a head can name.
pub(crate) type Named = BTreeMap<String, Value>;

/// A schema as JSON Schema 2020-12: as it is when it already is one, translated when it is Picoschema.
pub(crate) fn canonical(schema: &Value, named: &Named) -> Result<Value, String> {
    let mut canonical = match schema {
        Value::String(text) => scalar("schema", text, named)?,
        Value::Object(object) if is_json_schema(object) => {
            let mut schema = schema.clone();
            if !object.contains_key("type") {
                schema["type"] = json!("object");
            }
            schema
        }
        Value::Object(object) => properties(object, named)?,
        _ => {
            return Err(
                "a schema is a mapping of properties, a JSON Schema with `type: object`, or the name of a \
                 file in schemas/"
                    .to_owned(),
            );
        }
    };
    if canonical["type"] != "object" {
        return Err(
            "the schema must be an object: give its parts names, as in `text: string`".into(),
        );
    }
    close(&mut canonical);
    canonical["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    Ok(canonical)
}

fn is_json_schema(object: &Map<String, Value>) -> bool {
    let typed = object
        .get("type")
        .and_then(Value::as_str)
        .is_some_and(|kind| JSON_TYPES.contains(&kind));
    typed || object.contains_key("$ref") || object.get("properties").is_some_and(Value::is_object)
}

/// A property that the schema does not name is a mistake, unless it says otherwise.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.get("properties").is_some_and(Value::is_object)
                && !object.contains_key("additionalProperties")
            {
                object.insert("additionalProperties".to_owned(), json!(false));
            }
            for (key, inner) in object.iter_mut() {
                // What stands there are values, not schemas.
                if !matches!(key.as_str(), "enum" | "const" | "default" | "examples") {
                    close(inner);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

fn properties(object: &Map<String, Value>, named: &Named) -> Result<Value, String> {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    let mut others = json!(false);
    for (key, value) in object {
        if key == "(*)" {
            others = inner("(*)", value, named)?;
            continue;
        }
        let (key, kind, note) = heading(key)?;
        let (name, optional) = key
            .strip_suffix('?')
            .map_or((key, false), |name| (name, true));
        let mut schema = match kind {
            None | Some("object") => inner(name, value, named)?,
            Some("array") => json!({ "type": "array", "items": inner(name, value, named)? }),
            Some("enum") if value.is_array() => json!({ "enum": value }),
            Some("enum") => return Err(format!("{name}: an enum is a list, as in [light, deep]")),
            Some(other) => {
                return Err(format!(
                    "{name}: ({other}) is not known: use array, object or enum"
                ));
            }
        };
        if let Some(note) = note {
            schema["description"] = json!(note);
        }
        if optional {
            allow_null(&mut schema);
        } else {
            required.push(json!(name));
        }
        properties.insert(name.to_owned(), schema);
    }
    let mut schema =
        json!({ "type": "object", "properties": properties, "additionalProperties": others });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    Ok(schema)
}

/// What need not be there may be null.
fn allow_null(schema: &mut Value) {
    if let Some(kind) = schema.get("type").and_then(Value::as_str) {
        schema["type"] = json!([kind, "null"]);
    } else if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut)
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
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

fn inner(name: &str, value: &Value, named: &Named) -> Result<Value, String> {
    match value {
        Value::Object(object) if is_json_schema(object) => Ok(value.clone()),
        Value::Object(object) => properties(object, named),
        Value::String(text) => scalar(name, text, named),
        other => Err(format!(
            "{name}: expected a type such as `string`, not {other}"
        )),
    }
}

/// `string, where the shop is`, or the name of a schema.
fn scalar(name: &str, text: &str, named: &Named) -> Result<Value, String> {
    let (kind, note) = text
        .split_once(',')
        .map_or((text, None), |(k, n)| (k, Some(n.trim())));
    let kind = kind.trim();
    let mut schema = match named.get(kind) {
        Some(schema) => schema.clone(),
        None if kind == "any" => json!({}),
        None if SCALARS.contains(&kind) => json!({ "type": kind }),
        None => {
            let known: Vec<&str> = SCALARS
                .iter()
                .copied()
                .chain(named.keys().map(String::as_str))
                .collect();
            return Err(format!(
                "{name}: {kind:?} is neither a type nor a file in schemas/: {}",
                hint(kind, &known)
            ));
        }
    };
    if let Some(note) = note {
        schema["description"] = json!(note);
    }
    Ok(schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What dotprompt's own description of Picoschema asks for.
    #[test]
    fn the_short_form_means_what_dotprompt_says() {
        let named = Named::from([(
            "Foo".to_owned(),
            json!({ "type": "number", "description": "a foo" }),
        )]);
        for (short, long) in [
            (
                json!({ "a": "boolean", "b?": "string, it, with commas" }),
                json!({ "a": { "type": "boolean" }, "b": { "type": ["string", "null"], "description": "it, with commas" } }),
            ),
            (
                json!({ "t(array, list of tags)": "string,the tag" }),
                json!({ "t": { "type": "array", "description": "list of tags", "items": { "type": "string", "description": "the tag" } } }),
            ),
            (
                json!({ "o?(object, nested)": { "n?": "string" } }),
                json!({ "o": { "type": ["object", "null"], "description": "nested", "additionalProperties": false, "properties": { "n": { "type": ["string", "null"] } } } }),
            ),
            (
                json!({ "c?(enum, the enum)": ["RED", "BLUE"] }),
                json!({ "c": { "description": "the enum", "enum": ["RED", "BLUE", null] } }),
            ),
            (
                json!({ "x": "any", "y?": "any, could be anything" }),
                json!({ "x": {}, "y": { "description": "could be anything" } }),
            ),
            (
                json!({ "f": "Foo", "g?": "Foo, this one is optional" }),
                json!({ "f": { "type": "number", "description": "a foo" }, "g": { "type": ["number", "null"], "description": "this one is optional" } }),
            ),
        ] {
            assert_eq!(
                canonical(&short, &named).unwrap()["properties"],
                long,
                "{short}"
            );
        }
        let free = canonical(&json!({ "(*)": "number, lucky number" }), &named).unwrap();
        assert_eq!(free["additionalProperties"]["description"], "lucky number");
        assert_eq!(free.get("required"), None);
        let inferred = canonical(
            &json!({ "properties": { "foo": { "type": "string" } } }),
            &named,
        )
        .unwrap();
        assert_eq!(
            (inferred["type"].as_str(), &inferred["additionalProperties"]),
            (Some("object"), &json!(false))
        );
        for wrong in [
            json!("string"),
            json!(["a"]),
            json!({ "a": "strin" }),
            json!({ "a(list)": "string" }),
            json!({ "a(array": "string" }),
            json!({ "a(enum)": "x" }),
            json!({ "type": "array" }),
        ] {
            assert!(canonical(&wrong, &named).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_property_called_type_is_not_a_json_schema() {
        let schema = canonical(
            &json!({ "type": "string, kind of shop", "city": "string" }),
            &Named::new(),
        )
        .unwrap();
        assert_eq!(schema["properties"]["type"]["description"], "kind of shop");
    }
}
