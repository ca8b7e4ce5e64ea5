//! Two schemas of the same thing, compared by what each lets through.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Change, Step};

/// Who has to cope with a change: callers with what is taken, readers with what is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Input,
    Output,
}

/// What the new schema lets through against the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lets {
    More,
    Less,
    /// Some more, some less, or nobody can tell.
    Else,
}

pub(super) fn compare(side: Side, old: &Value, new: &Value, changes: &mut Vec<Change>) {
    let at = match side {
        Side::Input => "input",
        Side::Output => "output",
    };
    Compare { side, changes }.schemas(at, old, new);
}

struct Compare<'a> {
    side: Side,
    changes: &'a mut Vec<Change>,
}

impl Compare<'_> {
    fn put(&mut self, at: &str, step: Step, message: impl Into<String>) {
        self.changes.push(Change {
            what: at.to_owned(),
            step,
            message: message.into(),
        });
    }

    /// A narrower input breaks callers, a wider output breaks readers.
    fn lets(&mut self, at: &str, lets: Lets, message: impl Into<String>) {
        let breaks = matches!(
            (self.side, lets),
            (_, Lets::Else) | (Side::Input, Lets::Less) | (Side::Output, Lets::More)
        );
        self.put(at, if breaks { Step::Major } else { Step::Minor }, message);
    }

    fn schemas(&mut self, at: &str, old: &Value, new: &Value) {
        if old == new {
            return;
        }
        self.types(at, old, new);
        self.values(at, old, new);
        self.limits(at, old, new);
        self.properties(at, old, new);
        for (key, mark) in [("items", "[]"), ("additionalProperties", ".*")] {
            self.inner(&format!("{at}{mark}"), &old[key], &new[key]);
        }
        for key in [
            "anyOf",
            "oneOf",
            "allOf",
            "not",
            "if",
            "then",
            "else",
            "$ref",
            "$defs",
            "prefixItems",
            "patternProperties",
            "dependentRequired",
            "contains",
            "propertyNames",
        ] {
            if old[key] != new[key] {
                self.lets(
                    at,
                    Lets::Else,
                    format!("{key} changed: see whether callers must change"),
                );
            }
        }
        if old["description"] != new["description"] {
            self.put(at, Step::Patch, "described otherwise");
        }
        if old["default"] != new["default"] {
            self.put(
                at,
                Step::Minor,
                format!("default {} -> {}", old["default"], new["default"]),
            );
        }
    }

    /// Of items, or of properties that are not named.
    fn inner(&mut self, at: &str, old: &Value, new: &Value) {
        match (old, new) {
            _ if old == new => {}
            (Value::Object(_), Value::Object(_)) => self.schemas(at, old, new),
            (Value::Bool(false), _) => self.lets(at, Lets::More, "allowed now"),
            (_, Value::Bool(false)) => self.lets(at, Lets::Less, "no longer allowed"),
            (Value::Object(_), _) => self.lets(at, Lets::More, "anything is allowed now"),
            (_, Value::Object(_)) => self.lets(at, Lets::Less, "no longer anything"),
            // Absent and `true` are the same.
            _ => {}
        }
    }

    fn properties(&mut self, at: &str, old: &Value, new: &Value) {
        let named = |schema: &Value| -> BTreeSet<String> {
            let all = schema["properties"].as_object().into_iter().flatten();
            all.map(|(name, _)| name.clone()).collect()
        };
        let needs = |schema: &Value, name: &str| {
            let mut all = schema["required"].as_array().into_iter().flatten();
            all.any(|one| one == name)
        };
        let (before, after) = (named(old), named(new));
        for name in before.union(&after) {
            let at = format!("{at}.{name}");
            match (before.contains(name), after.contains(name)) {
                (true, false) => self.put(&at, Step::Major, "removed"),
                (false, true) if self.side == Side::Input && needs(new, name) => {
                    self.put(&at, Step::Major, "added, and required");
                }
                (false, true) => self.put(&at, Step::Minor, "added"),
                _ => {
                    match (needs(old, name), needs(new, name)) {
                        (true, false) => self.lets(&at, Lets::More, "optional now"),
                        (false, true) => self.lets(&at, Lets::Less, "required now"),
                        _ => {}
                    }
                    self.schemas(&at, &old["properties"][name], &new["properties"][name]);
                }
            }
        }
    }

    fn types(&mut self, at: &str, old: &Value, new: &Value) {
        let (before, after) = (types(old), types(new));
        if before == after {
            return;
        }
        let shown = |kinds: &Option<BTreeSet<String>>| {
            kinds.as_ref().map_or_else(
                || "anything".to_owned(),
                |kinds| kinds.iter().cloned().collect::<Vec<_>>().join(" or "),
            )
        };
        let covers = |wide: &Option<BTreeSet<String>>, narrow: &Option<BTreeSet<String>>| match (
            wide, narrow,
        ) {
            (None, _) => true,
            (_, None) => false,
            (Some(wide), Some(narrow)) => narrow
                .iter()
                .all(|kind| wide.contains(kind) || (kind == "integer" && wide.contains("number"))),
        };
        let lets = direction(covers(&after, &before), covers(&before, &after));
        self.lets(
            at,
            lets,
            format!("type {} -> {}", shown(&before), shown(&after)),
        );
    }

    fn values(&mut self, at: &str, old: &Value, new: &Value) {
        let missing = |from: &[String], those: &[String]| -> Vec<String> {
            from.iter()
                .filter(|one| !those.contains(one))
                .cloned()
                .collect()
        };
        match (values(old), values(new)) {
            (Some(before), Some(after)) => {
                let (added, removed) = (missing(&after, &before), missing(&before, &after));
                if !removed.is_empty() {
                    self.lets(at, Lets::Less, format!("no longer {}", removed.join(", ")));
                }
                if !added.is_empty() {
                    self.lets(at, Lets::More, format!("{} too", added.join(", ")));
                }
            }
            (None, Some(after)) => {
                self.lets(at, Lets::Less, format!("only {} now", after.join(", ")))
            }
            (Some(_), None) => self.lets(at, Lets::More, "any value now"),
            (None, None) => {}
        }
    }

    fn limits(&mut self, at: &str, old: &Value, new: &Value) {
        for key in [
            "minimum",
            "exclusiveMinimum",
            "minLength",
            "minItems",
            "minProperties",
        ] {
            self.limit(at, key, &old[key], &new[key], |before, after| {
                after > before
            });
        }
        for key in [
            "maximum",
            "exclusiveMaximum",
            "maxLength",
            "maxItems",
            "maxProperties",
        ] {
            self.limit(at, key, &old[key], &new[key], |before, after| {
                after < before
            });
        }
        for key in ["pattern", "format", "multipleOf", "uniqueItems"] {
            let (before, after) = (&old[key], &new[key]);
            if before != after {
                let lets = direction(after.is_null(), before.is_null());
                self.lets(at, lets, format!("{key} {before} -> {after}"));
            }
        }
    }

    fn limit(
        &mut self,
        at: &str,
        key: &str,
        old: &Value,
        new: &Value,
        tighter: fn(f64, f64) -> bool,
    ) {
        if old == new {
            return;
        }
        let less = match (old.as_f64(), new.as_f64()) {
            (Some(before), Some(after)) => tighter(before, after),
            (_, after) => after.is_some(),
        };
        let lets = if less { Lets::Less } else { Lets::More };
        self.lets(at, lets, format!("{key} {old} -> {new}"));
    }
}

fn direction(wider: bool, narrower: bool) -> Lets {
    match (wider, narrower) {
        (true, false) => Lets::More,
        (false, true) => Lets::Less,
        _ => Lets::Else,
    }
}

/// The types a schema lets through; `None` is any.
fn types(schema: &Value) -> Option<BTreeSet<String>> {
    let name = |value: &Value| match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    match (&schema["type"], all_values(schema)) {
        (_, Some(values)) => Some(values.iter().map(|value| name(value).to_owned()).collect()),
        (Value::String(kind), None) => Some(BTreeSet::from([kind.clone()])),
        (Value::Array(kinds), None) => {
            let kinds = kinds.iter().filter_map(Value::as_str);
            Some(kinds.map(str::to_owned).collect())
        }
        _ => None,
    }
}

fn all_values(schema: &Value) -> Option<Vec<&Value>> {
    if let Some(values) = schema["enum"].as_array() {
        return Some(values.iter().collect());
    }
    schema.get("const").map(|value| vec![value])
}

/// The values it is limited to; null is a matter of types.
fn values(schema: &Value) -> Option<Vec<String>> {
    let values = all_values(schema)?.into_iter();
    Some(
        values
            .filter(|value| !value.is_null())
            .map(Value::to_string)
            .collect(),
    )
}
