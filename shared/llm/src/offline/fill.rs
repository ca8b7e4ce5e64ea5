//! Walks an output schema and fills it with what the brief knows. What isn't known becomes null, an
//! empty list, a left-out property, or a text that says so: never an invention.

use std::cell::RefCell;

use serde_json::{Map, Value, json};

use super::brief::Brief;
use super::ideas::Idea;
use super::index::words;
use super::lists::{self, List};
use super::roles::{self, Shape};
use super::schema::{self, DEPTH, Validators, flat, merge, required, standalone, types};
use super::{numbers, phrase, pick};

/// A value, and whether anything known went into it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Filled {
    pub value: Value,
    pub known: bool,
}

pub(super) fn known(value: impl Into<Value>) -> Filled {
    Filled {
        value: value.into(),
        known: true,
    }
}

pub(super) fn unknown(value: impl Into<Value>) -> Filled {
    Filled {
        value: value.into(),
        known: false,
    }
}

/// What surrounds the value being filled.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scope<'a> {
    pub idea: Option<&'a Idea>,
    /// The sentence this list item is about.
    pub line: Option<&'a str>,
    /// An object that has the item's values by name.
    pub record: Option<&'a Value>,
    /// Position in the nearest list, from 0.
    pub position: usize,
    pub in_list: bool,
    /// Within an object of the answer.
    pub nested: bool,
}

/// Names too general to take from whatever a tool returned.
const GENERAL: &[&str] = &[
    "name",
    "title",
    "date",
    "id",
    "type",
    "kind",
    "status",
    "description",
    "text",
    "message",
    "note",
    "notes",
    "result",
    "results",
    "content",
    "summary",
    "items",
    "data",
    "records",
    "error",
    "source",
    "count",
    "url",
    "website",
    "link",
    "phone",
    "email",
];

pub(super) struct Filler<'a> {
    pub brief: &'a Brief<'a>,
    pub root: &'a Value,
    validators: &'a Validators,
    /// What could not be known, for the lists that say so.
    pub unknown: RefCell<Vec<String>>,
    /// Only what the schema demands, for schemas the full answer doesn't fit.
    pub bare: bool,
}

/// An answer that fits `schema`.
///
/// # Errors
/// Why nothing was found that fits.
pub(super) fn answer(
    brief: &Brief<'_>,
    schema: &Value,
    validators: &Validators,
) -> Result<Value, String> {
    let validator = validators.get(schema)?;
    let mut last = String::new();
    for bare in [false, true] {
        let filler = Filler {
            brief,
            root: schema,
            validators,
            unknown: RefCell::default(),
            bare,
        };
        let value = filler.fill(schema, "", Scope::default(), DEPTH).value;
        match validator.validate(&value) {
            Ok(()) => return Ok(value),
            Err(error) => last = format!("{error} at {}", error.instance_path()),
        }
    }
    Err(last)
}

impl<'a> Filler<'a> {
    pub fn fits(&self, schema: &Value, value: &Value) -> bool {
        self.validators
            .get(&standalone(self.root, schema))
            .is_ok_and(|validator| validator.is_valid(value))
    }

    pub fn fill(&self, schema: &Value, name: &str, scope: Scope<'_>, depth: usize) -> Filled {
        let own = flat(self.root, schema, DEPTH);
        if depth == 0 {
            return unknown(empty(&own));
        }
        if let Some(value) = own.get("const") {
            return known(value.clone());
        }
        for key in ["oneOf", "anyOf"] {
            if let Some(branches) = own.get(key).and_then(Value::as_array)
                && let Some(filled) = self.branch(schema, &own, key, branches, name, scope, depth)
            {
                return filled;
            }
        }
        if let Some(found) = self.looked_up(schema, &own, name, scope) {
            return known(found);
        }
        if let Some(options) = own.get("enum").and_then(Value::as_array) {
            return pick::option(self.brief, options, name, scope);
        }
        let types = types(&own);
        let filled = match types.iter().find(|kind| **kind != "null").copied() {
            Some("object") => self.object(&own, name, scope, depth),
            Some("array") => self.array(&own, name, scope, depth),
            Some(kind @ ("number" | "integer")) => {
                let made = numbers::number(self.brief, &own, name, scope, kind == "integer");
                if !made.known {
                    self.note(name, scope);
                }
                made
            }
            Some("boolean") => numbers::truth(self.brief, name),
            Some(_) => self.string(&own, name, scope),
            None => return unknown(Value::Null),
        };
        if !filled.known && types.contains(&"null") {
            unknown(Value::Null)
        } else {
            filled
        }
    }

    /// The best branch of an `anyOf` or `oneOf`: one that is known, else null, else any that fits.
    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of one schema and its place"
    )]
    fn branch(
        &self,
        schema: &Value,
        own: &Map<String, Value>,
        key: &str,
        branches: &[Value],
        name: &str,
        scope: Scope<'_>,
        depth: usize,
    ) -> Option<Filled> {
        let mut spare: Option<Filled> = None;
        for branch in branches {
            let mut whole = own.clone();
            whole.remove(key);
            merge(&mut whole, flat(self.root, branch, DEPTH));
            let filled = self.fill(&Value::Object(whole), name, scope, depth - 1);
            if !self.fits(schema, &filled.value) {
                continue;
            }
            // Bare, the first that fits: what a nested choice likes best may fit two branches here.
            if filled.known || self.bare {
                return Some(filled);
            }
            if spare.as_ref().is_none_or(|spare| !spare.value.is_null()) {
                spare = Some(filled);
            }
        }
        spare
    }

    /// A value of this name that the item, a tool or the inputs already have.
    fn looked_up(
        &self,
        schema: &Value,
        own: &Map<String, Value>,
        name: &str,
        scope: Scope<'_>,
    ) -> Option<Value> {
        if self.bare || name.is_empty() {
            return None;
        }
        let kinds = types(own);
        let usable = |value: &Value| {
            let value = numbers::coerced(value, &kinds)?;
            let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
            (!empty && self.fits(schema, &value)).then_some(value)
        };
        if let Some(record) = scope.record {
            return record.get(name).and_then(usable);
        }
        if scope.in_list {
            return None;
        }
        let of = lists::of(self.brief, name);
        let general = GENERAL.contains(&name.to_lowercase().as_str());
        if general && kinds.contains(&"array") {
            // The cleaner's rows are what a list of records to clean is about, and nobody else's.
            let mut cleaned = self.brief.replies("record_cleaner");
            return cleaned.find_map(|reply| reply.get(name).and_then(usable));
        }
        if general || of == List::Limits {
            return self.brief.inputs.get(name).and_then(usable);
        }
        // What a list holds is decided by what it is about; a list of the same name may be another's.
        if kinds.contains(&"array") && !matches!(of, List::Unknown) {
            return None;
        }
        self.brief.index.named(name).find_map(usable)
    }

    fn object(
        &self,
        own: &Map<String, Value>,
        name: &str,
        scope: Scope<'_>,
        depth: usize,
    ) -> Filled {
        let none = Map::new();
        let properties = own
            .get("properties")
            .and_then(Value::as_object)
            .unwrap_or(&none);
        let required = required(own);
        let names = || properties.keys().map(String::as_str).collect();
        let made = (!self.bare && !name.is_empty() && scope.record.is_none() && !scope.in_list)
            .then(|| {
                let shape = Shape {
                    name,
                    properties: names(),
                    required: required.clone(),
                };
                roles::object(self.brief, &shape)
            })
            .flatten();
        let inner = Scope {
            record: made.as_ref().or(scope.record),
            nested: !name.is_empty(),
            ..scope
        };
        let mut object = Map::new();
        let mut any = false;
        let late = |name: &str| lists::of(self.brief, name) == List::Limits;
        let (last, first): (Vec<_>, Vec<_>) = properties.iter().partition(|(name, _)| late(name));
        for (property, schema) in first.into_iter().chain(last) {
            let needed = required.contains(&property.as_str());
            if self.bare && !needed {
                continue;
            }
            // What the made object doesn't have, the rest of what is known may have.
            let missing = made
                .as_ref()
                .is_some_and(|made| made.get(property).is_none());
            let within = if missing {
                Scope {
                    record: scope.record,
                    ..inner
                }
            } else {
                inner
            };
            let filled = self.fill(schema, property, within, depth - 1);
            if filled.known || needed {
                any |= filled.known;
                object.insert(property.clone(), filled.value);
            }
        }
        for property in required {
            if !object.contains_key(property) {
                let schema = own
                    .get("additionalProperties")
                    .filter(|more| more.is_object());
                let filled = self.fill(
                    schema.unwrap_or(&json!({ "type": "string" })),
                    property,
                    scope,
                    depth - 1,
                );
                object.insert(property.to_owned(), filled.value);
            }
        }
        let least = own
            .get("minProperties")
            .and_then(Value::as_u64)
            .unwrap_or(0);
        for at in 1.. {
            if object.len() as u64 >= least || at > 50 {
                break;
            }
            object
                .entry(format!(
                    "{}_{at}",
                    if name.is_empty() { "value" } else { name }
                ))
                .or_insert_with(|| "not known offline".into());
        }
        Filled {
            value: object.into(),
            known: any,
        }
    }

    fn string(&self, own: &Map<String, Value>, name: &str, scope: Scope<'_>) -> Filled {
        let format = own
            .get("format")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if let Some(made) = pick::formatted(self.brief, format, name, scope) {
            if !made.known {
                self.note(name, scope);
            }
            return made;
        }
        let said = self.said(own, name, scope);
        if let Some(pattern) = own.get("pattern").and_then(Value::as_str) {
            let fits = |text: &String| {
                let value = Value::from(text.as_str());
                self.fits(&Value::Object(own.clone()), &value)
            };
            let places = self
                .brief
                .found
                .places
                .iter()
                .flat_map(|place| [place.state.code.clone(), place.state.abbreviation.clone()]);
            if let Some(text) = said.into_iter().chain(places).find(fits) {
                return known(text);
            }
            self.note(name, scope);
            return unknown(
                schema::fitting(pattern).map_or_else(String::new, |text| schema::sized(own, &text)),
            );
        }
        if let Some(text) = said.filter(|text| !text.is_empty()) {
            return known(schema::sized(own, &text));
        }
        self.note(name, scope);
        unknown(schema::sized(own, &self.brief.say("not_known", &[])))
    }

    fn said(&self, own: &Map<String, Value>, name: &str, scope: Scope<'_>) -> Option<String> {
        if self.bare {
            return None;
        }
        if let Some(line) = scope.line {
            let worded = [
                "title",
                "step",
                "action",
                "description",
                "text",
                "risk",
                "question",
                "recommendation",
                "item",
                "detail",
                "details",
                "name",
                "limit",
                "assumption",
                "reason",
                "task",
                "url",
                "source",
                "channel",
                "what",
                "claim",
                "finding",
                "point",
                "signal",
                "evidence",
                "value",
            ];
            return words(name)
                .iter()
                .any(|word| worded.contains(&word.as_str()))
                .then(|| line.to_owned());
        }
        // Inside an object that nothing made, only what must be there is said.
        if scope.nested && types(own).contains(&"null") {
            return None;
        }
        if scope.record.is_some() || (scope.in_list && scope.idea.is_none()) {
            return None;
        }
        phrase::text(self.brief, name, phrase::Place { idea: scope.idea })
    }

    /// Remembers that something could not be known.
    fn note(&self, name: &str, scope: Scope<'_>) {
        // What an item or a made object lacks stands beside it.
        if scope.in_list || scope.record.is_some() {
            return;
        }
        let what = words(name).join(" ");
        let mut unknown = self.unknown.borrow_mut();
        if !what.is_empty() && !unknown.contains(&what) && unknown.len() < 8 {
            unknown.push(what);
        }
    }
}

/// The emptiest value of a schema's type.
fn empty(own: &Map<String, Value>) -> Value {
    let kinds = types(own);
    if kinds.contains(&"null") {
        return Value::Null;
    }
    match kinds.first().copied() {
        Some("object") => json!({}),
        Some("array") => json!([]),
        Some("number" | "integer") => schema::within(own, 0.0, true),
        Some("boolean") => json!(false),
        _ => own
            .get("enum")
            .and_then(|options| options.get(0))
            .cloned()
            .unwrap_or_else(|| json!("not known offline")),
    }
}
