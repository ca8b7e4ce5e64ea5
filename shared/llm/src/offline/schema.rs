//! JSON Schema as far as filling one needs it: references, merged branches, bounds, and the
//! shortest text that fits a pattern.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::Validator;
use regex_syntax::hir::{Class, Hir, HirKind};
use serde_json::{Map, Value, json};

/// How deep references and branches are followed.
pub(super) const DEPTH: usize = 12;

/// Compiled schemas, since the same few are asked for again and again.
#[derive(Default)]
pub(super) struct Validators(Mutex<HashMap<String, Arc<Validator>>>);

impl Validators {
    const KEPT: usize = 256;

    /// # Errors
    /// Why this is not a JSON Schema.
    pub fn get(&self, schema: &Value) -> Result<Arc<Validator>, String> {
        let key = schema.to_string();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(validator) = kept.get(&key) {
            return Ok(Arc::clone(validator));
        }
        let validator = jsonschema::validator_for(schema).map_err(|error| error.to_string())?;
        if kept.len() >= Self::KEPT {
            kept.clear();
        }
        let validator = Arc::new(validator);
        kept.insert(key, Arc::clone(&validator));
        Ok(validator)
    }
}

/// `schema` with its reference followed and its `allOf` merged in; branches stay.
pub(super) fn flat(root: &Value, schema: &Value, depth: usize) -> Map<String, Value> {
    let Some(own) = schema.as_object() else {
        return Map::new();
    };
    let mut merged = Map::new();
    if depth > 0 {
        if let Some(target) = own
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|path| pointer(root, path))
        {
            merged = flat(root, target, depth - 1);
        }
        for part in own
            .get("allOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            merge(&mut merged, flat(root, part, depth - 1));
        }
    }
    let rest = own
        .iter()
        .filter(|(key, _)| *key != "$ref" && *key != "allOf");
    merge(
        &mut merged,
        rest.map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
    );
    merged
}

fn pointer<'a>(root: &'a Value, path: &str) -> Option<&'a Value> {
    root.pointer(path.strip_prefix('#')?)
}

/// Adds `more` to a schema: properties and requirements are joined, the rest is overridden.
pub(super) fn merge(into: &mut Map<String, Value>, more: Map<String, Value>) {
    for (key, value) in more {
        match (into.get_mut(&key), value) {
            (Some(Value::Object(known)), Value::Object(new)) if key == "properties" => {
                known.extend(new)
            }
            (Some(Value::Array(known)), Value::Array(new)) if key == "required" => {
                known.extend(new)
            }
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

/// A sub-schema that can be checked on its own, its references still leading somewhere.
pub(super) fn standalone(root: &Value, schema: &Value) -> Value {
    let mut alone = match schema {
        Value::Object(own) => own.clone(),
        other => return other.clone(),
    };
    for key in ["$defs", "definitions"] {
        if let (Some(defs), false) = (root.get(key), alone.contains_key(key)) {
            alone.insert(key.to_owned(), defs.clone());
        }
    }
    alone.into()
}

/// What an object must have.
pub(super) fn required(schema: &Map<String, Value>) -> Vec<&str> {
    let names = schema.get("required").and_then(Value::as_array);
    names
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// The types a schema allows; told by its other words when it doesn't say.
pub(super) fn types(schema: &Map<String, Value>) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ if ["properties", "required", "additionalProperties"]
            .iter()
            .any(|key| schema.contains_key(*key)) =>
        {
            vec!["object"]
        }
        _ if ["items", "minItems", "prefixItems"]
            .iter()
            .any(|key| schema.contains_key(*key)) =>
        {
            vec!["array"]
        }
        _ if ["minimum", "maximum", "multipleOf"]
            .iter()
            .any(|key| schema.contains_key(*key)) =>
        {
            vec!["number"]
        }
        _ => vec!["string"],
    }
}

/// `value` brought within the bounds of a number schema.
pub(super) fn within(schema: &Map<String, Value>, value: f64, integer: bool) -> Value {
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    let step = bound("multipleOf")
        .filter(|step| *step > 0.0)
        .unwrap_or(if integer { 1.0 } else { 0.0 });
    let nudge = if step > 0.0 { step } else { 0.001 };
    let low = bound("minimum")
        .into_iter()
        .chain(bound("exclusiveMinimum").map(|low| low + nudge))
        .reduce(f64::max);
    let high = bound("maximum")
        .into_iter()
        .chain(bound("exclusiveMaximum").map(|high| high - nudge))
        .reduce(f64::min);
    let mut value = value
        .max(low.unwrap_or(f64::MIN))
        .min(high.unwrap_or(f64::MAX));
    if step > 0.0 {
        value = (value / step).round() * step;
        if low.is_some_and(|low| value < low) {
            value = (low.unwrap_or(value) / step).ceil() * step;
        }
        if high.is_some_and(|high| value > high) {
            value = (high.unwrap_or(value) / step).floor() * step;
        }
    }
    number(value, integer)
}

fn number(value: f64, integer: bool) -> Value {
    if (integer || value.fract().abs() < f64::EPSILON) && value.abs() < 9e15 {
        return json!(value as i64);
    }
    json!(value)
}

/// Cuts or pads `text` to the lengths of a string schema, in characters.
pub(super) fn sized(schema: &Map<String, Value>, text: &str) -> String {
    let length = |key: &str| {
        schema
            .get(key)
            .and_then(Value::as_u64)
            .and_then(|count| usize::try_from(count).ok())
    };
    let mut text = text.to_owned();
    if let Some(most) = length("maxLength").filter(|most| text.chars().count() > *most) {
        text = text.chars().take(most).collect();
        // Cut between words where that leaves enough.
        let least = length("minLength").unwrap_or(0).max(most / 2);
        if let Some((head, _)) = text
            .rsplit_once(' ')
            .filter(|(head, _)| head.chars().count() >= least)
        {
            text = head.trim_end_matches([',', ';', ':', '.']).to_owned();
        }
    }
    let least = length("minLength").unwrap_or(0);
    let count = text.chars().count();
    if count < least {
        text.extend(std::iter::repeat_n('.', least - count));
    }
    text
}

/// A short text that fits a pattern; `None` when it is beyond this.
pub(super) fn fitting(pattern: &str) -> Option<String> {
    let hir = regex_syntax::parse(pattern).ok()?;
    let mut text = String::new();
    write(&hir, &mut text)?;
    Some(text)
}

fn write(hir: &Hir, text: &mut String) -> Option<()> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(Class::Unicode(class)) => {
            let liked = ['a', '0', 'A', '1', '-'];
            let has = |c: &char| {
                class
                    .iter()
                    .any(|range| (range.start()..=range.end()).contains(c))
            };
            text.push(
                liked
                    .into_iter()
                    .find(has)
                    .or(class.iter().next().map(|range| range.start()))?,
            );
        }
        HirKind::Class(Class::Bytes(class)) => text.push(char::from(class.iter().next()?.start())),
        HirKind::Repetition(repeated) => {
            for _ in 0..repeated.min {
                write(&repeated.sub, text)?;
            }
        }
        HirKind::Capture(group) => write(&group.sub, text)?,
        HirKind::Concat(parts) => {
            for part in parts {
                write(part, text)?;
            }
        }
        HirKind::Alternation(branches) => write(branches.first()?, text)?,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_gets_a_fitting_text() {
        for pattern in [
            r"^\d{2}$",
            r"^[A-Z]{3}-[0-9]{4}$",
            r"^(hot|cold)$",
            r"^[a-z0-9-]{1,5}@x\.in$",
            r"^\p{Lu}+",
        ] {
            let text = fitting(pattern).unwrap();
            assert!(
                regex::Regex::new(pattern).unwrap().is_match(&text),
                "{pattern}: {text}"
            );
        }
    }

    #[test]
    fn numbers_and_texts_are_brought_within_bounds() {
        let schema = |value: Value| value.as_object().unwrap().clone();
        assert_eq!(
            within(&schema(json!({"minimum": 1, "maximum": 5})), 90.0, true),
            json!(5)
        );
        assert_eq!(
            within(&schema(json!({"exclusiveMinimum": 0})), 0.0, true),
            json!(1)
        );
        assert_eq!(
            within(&schema(json!({"multipleOf": 5, "minimum": 12})), 0.0, true),
            json!(15)
        );
        assert_eq!(
            sized(&schema(json!({"maxLength": 12})), "handloom store"),
            "handloom"
        );
        assert_eq!(sized(&schema(json!({"minLength": 3})), "a"), "a..");
    }
}
