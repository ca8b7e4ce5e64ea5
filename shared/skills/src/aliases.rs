//! Keys of the first drafts and dotted keys, rewritten to the canonical ones. Each old key comes with a
//! warning that says what to write.

use serde_json::{Map, Value, json};

use crate::problem::Findings;
use crate::yaml::{Key, Node};

/// (old, new)
const ALIASES: &[(&str, &str)] = &[
    ("skill_id", "name"),
    ("temperature", "config.temperature"),
    ("max_cost_limit", "raptor.max_cost_usd"),
    ("category", "raptor.category"),
    ("indian_specific", "raptor.indian_focus"),
    ("min_tier", "raptor.min_tier"),
    ("priority", "raptor.priority"),
    ("inputs", "input.schema"),
    ("outputs", "output.schema"),
];

/// The canonical name of an old key.
pub(crate) fn canonical(old: &str) -> Option<&'static str> {
    ALIASES
        .iter()
        .find_map(|(known, new)| (*known == old).then_some(*new))
}

pub(crate) fn apply(entries: &[(Key, Node)], findings: &mut Findings) -> Map<String, Value> {
    let mut top: Map<String, Value> = Map::new();
    let has_id = entries.iter().any(|(key, _)| key.text == "skill_id");
    for (key, node) in entries {
        let old = ALIASES.iter().find(|(old, _)| *old == key.text);
        match (key.text.as_str(), old) {
            // The drafts' `name` is what people read.
            ("name", _) if has_id => {
                findings.warn(
                    key.place,
                    "old-key",
                    "write `raptor.title` in place of `name` beside `skill_id`",
                );
                put(&mut top, "raptor.title", node.value());
            }
            (_, Some((old, new))) => {
                findings.warn(
                    key.place,
                    "old-key",
                    format!("write `{new}` in place of `{old}`"),
                );
                let value = match *old {
                    "inputs" => inputs(node, findings),
                    "outputs" => outputs(node, findings),
                    _ => Some(node.value()),
                };
                if let Some(value) = value {
                    put(&mut top, new, value);
                }
            }
            (name, None) if name.starts_with("raptor.") => put(&mut top, name, node.value()),
            (name, None) => {
                merge(&mut top, name, node.value());
            }
        }
    }
    top
}

/// A section may be there already, from a dotted or an old key before it.
fn merge(top: &mut Map<String, Value>, name: &str, value: Value) {
    match (top.get_mut(name), value) {
        (Some(Value::Object(there)), Value::Object(more)) => there.extend(more),
        (_, value) => {
            top.insert(name.to_owned(), value);
        }
    }
}

fn put(top: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            top.entry(path.to_owned()).or_insert(value);
        }
        Some((section, key)) => {
            let section = top
                .entry(section.to_owned())
                .or_insert_with(|| Value::Object(Map::new()));
            if let Some(section) = section.as_object_mut() {
                section.entry(key.to_owned()).or_insert(value);
            }
        }
    }
}

/// `- {name, type, required, values, default}` as JSON Schema.
pub(crate) fn inputs(node: &Node, findings: &mut Findings) -> Option<Value> {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for item in list(node, "inputs", findings)? {
        let Value::Object(given) = item.value() else {
            findings.error(
                item.place,
                "wrong-type",
                "each input is a mapping with `name` and `type`",
            );
            continue;
        };
        for (key, _) in item.entries().into_iter().flatten() {
            const KNOWN: &[&str] = &[
                "name",
                "type",
                "required",
                "values",
                "default",
                "description",
            ];
            if !KNOWN.contains(&key.text.as_str()) {
                let hint = crate::problem::hint(&key.text, KNOWN);
                findings.error(
                    key.place,
                    "unknown-key",
                    format!("`{}` is not a key of an input: {hint}", key.text),
                );
            }
        }
        let Some(name) = given.get("name").and_then(Value::as_str) else {
            findings.error(item.place, "wrong-type", "the input has no name");
            continue;
        };
        let kind = given
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or("string");
        let mut schema = match kind {
            "string" | "number" | "integer" | "boolean" | "array" | "object" => {
                json!({ "type": kind })
            }
            "enum" => match given.get("values").filter(|values| values.is_array()) {
                Some(values) => json!({ "enum": values }),
                None => {
                    findings.error(
                        item.place,
                        "wrong-type",
                        format!("{name}: an enum has `values`, as in [light, deep]"),
                    );
                    continue;
                }
            },
            other => {
                let said = format!(
                    "{name}: {other:?} is not a type: use string, number, integer, boolean, array, object or enum"
                );
                findings.error(item.place_of(&["type"]), "bad-schema", said);
                continue;
            }
        };
        for key in ["default", "description"] {
            if let Some(value) = given.get(key) {
                schema[key] = value.clone();
            }
        }
        if given.get("required") == Some(&json!(true)) {
            required.push(json!(name));
        }
        properties.insert(name.to_owned(), schema);
    }
    Some(json!({ "type": "object", "properties": properties, "required": required }))
}

/// `- {name, type, schema}` as JSON Schema; `schema` names a file in `schemas/`.
pub(crate) fn outputs(node: &Node, findings: &mut Findings) -> Option<Value> {
    let mut properties = Map::new();
    for item in list(node, "outputs", findings)? {
        let given = item.value();
        let Some(name) = given["name"].as_str() else {
            findings.error(item.place, "wrong-type", "the output has no name");
            continue;
        };
        let kind = given["type"].as_str().unwrap_or("json");
        let short = match (kind, given["schema"].as_str()) {
            ("json" | "object", Some(named)) => json!(named),
            ("json" | "object", None) => json!("any"),
            ("array" | "list", named) => {
                properties.insert(format!("{name}(array)"), json!(named.unwrap_or("any")));
                continue;
            }
            (kind, _) => json!(kind),
        };
        properties.insert(name.to_owned(), short);
    }
    Some(Value::Object(properties))
}

fn list<'a>(node: &'a Node, key: &str, findings: &mut Findings) -> Option<&'a [Node]> {
    if let crate::yaml::Shape::List(items) = &node.shape {
        return Some(items);
    }
    findings.error(
        node.place,
        "wrong-type",
        format!("`{key}` must be a list; better, write a schema"),
    );
    None
}
