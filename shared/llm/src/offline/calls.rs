//! Which declared tools to call now, with arguments taken from what is known. A tool is called
//! only when its schema's required arguments can be filled.

use chrono::Datelike;
use serde_json::{Map, Value, json};

use super::brief::{Brief, Kind};
use super::extract::Extract;
use super::index::words;
use super::places::State;
use super::schema::{DEPTH, Validators, flat, types};
use super::{numbers, phrase};
use crate::ToolSpec;

/// Pages read in one go.
const PAGES: usize = 3;

/// The calls of this turn: those the caller asks for, then readers and calculators, then, once they
/// have answered, writers.
pub(super) fn wanted(
    brief: &Brief<'_>,
    tools: &[ToolSpec],
    output: &Value,
    validators: &Validators,
) -> Vec<(String, Value)> {
    let fresh = |tool: &&ToolSpec| !brief.called.contains(&tool.name.as_str());
    let asked: Vec<_> = brief
        .facts
        .required_tools
        .iter()
        .filter(|(name, _)| tools.iter().filter(fresh).any(|tool| tool.name == *name))
        .cloned()
        .collect();
    if !asked.is_empty() {
        return asked;
    }
    let (writers, others): (Vec<_>, Vec<_>) =
        tools.iter().filter(fresh).partition(|tool| is_writer(tool));
    let mut calls = Vec::new();
    for tool in others {
        calls.extend(of_tool(brief, tool, output, validators));
    }
    if calls.is_empty() && worth_keeping(brief) {
        for tool in writers {
            calls.extend(of_tool(brief, tool, output, validators));
        }
    }
    calls
}

fn is_writer(tool: &ToolSpec) -> bool {
    words(&tool.name).iter().any(|word| {
        [
            "writer", "write", "save", "store", "insert", "upsert", "record",
        ]
        .contains(&word.as_str())
    })
}

/// Whether there is anything to save that the request alone didn't say.
fn worth_keeping(brief: &Brief<'_>) -> bool {
    match brief.kind {
        Kind::Lead => !brief.found.names.is_empty(),
        Kind::Cleanup => brief.cleaned.is_some(),
        _ => brief.results.iter().any(|result| !result.is_error),
    }
}

fn of_tool(
    brief: &Brief<'_>,
    tool: &ToolSpec,
    output: &Value,
    validators: &Validators,
) -> Vec<(String, Value)> {
    let rounds = if takes_address(tool) {
        brief.found.urls.len().min(PAGES)
    } else {
        1
    };
    let mut calls = Vec::new();
    for round in 0..rounds {
        if let Some(args) = arguments(brief, tool, output, round)
            && validators
                .get(&tool.parameters)
                .is_ok_and(|validator| validator.is_valid(&args))
        {
            calls.push((tool.name.clone(), args));
        }
    }
    calls
}

fn takes_address(tool: &ToolSpec) -> bool {
    tool.parameters["properties"]
        .as_object()
        .is_some_and(|properties| properties.contains_key("url"))
}

/// The arguments, or `None` when a required one is not known or nothing says that the tool is of
/// use here.
fn arguments(brief: &Brief<'_>, tool: &ToolSpec, output: &Value, round: usize) -> Option<Value> {
    let own = flat(&tool.parameters, &tool.parameters, DEPTH);
    let none = Map::new();
    let properties = own
        .get("properties")
        .and_then(Value::as_object)
        .unwrap_or(&none);
    let required: Vec<&str> = own
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut args = Map::new();
    for (name, schema) in properties {
        let schema = Value::Object(flat(&tool.parameters, schema, DEPTH));
        let needed = required.contains(&name.as_str());
        match argument(brief, tool, name, &schema, output, round, needed) {
            Some(value) => {
                args.insert(name.clone(), value);
            }
            None if needed => return None,
            None => {}
        }
    }
    let relevant = !required.is_empty() || !args.is_empty() || mentioned(brief, tool);
    relevant.then(|| args.into())
}

/// Whether the request speaks of what the tool's name says.
fn mentioned(brief: &Brief<'_>, tool: &ToolSpec) -> bool {
    let text = brief.prompt.to_lowercase();
    let about_festivals = words(&tool.name)
        .iter()
        .any(|word| word.starts_with("festival"))
        && brief.found.festival.is_some();
    about_festivals
        || words(&tool.name)
            .iter()
            .any(|word| word.len() > 2 && text.contains(word.as_str()))
}

fn argument(
    brief: &Brief<'_>,
    tool: &ToolSpec,
    name: &str,
    schema: &Value,
    output: &Value,
    round: usize,
    needed: bool,
) -> Option<Value> {
    let own = schema.as_object()?;
    if let Some(value) = own.get("const") {
        return Some(value.clone());
    }
    let found = &brief.found;
    let kinds = types(own);
    let kind = kinds
        .iter()
        .find(|kind| **kind != "null")
        .copied()
        .unwrap_or("string");
    let words = words(name);
    let is = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
    let tool_words = super::index::words(&tool.name);
    let tool_is = |any: &[&str]| tool_words.iter().any(|word| any.contains(&word.as_str()));

    if is_writer(tool) && matches!(kind, "object" | "array") {
        return findings(brief, kind, own, output);
    }
    if let Some(state) = side(found, &words) {
        return as_state(state, schema);
    }
    if is(&["url", "uri", "link", "website"]) {
        return match kind {
            "array" => (!found.urls.is_empty()).then(|| json!(found.urls)),
            _ => found.urls.get(round).map(|url| json!(url)),
        };
    }
    if is(&["selectors", "selector"]) {
        return needed.then(|| match kind {
            "object" => {
                json!({ "title": "title", "headings": "h1, h2", "prices": "[class*=price]" })
            }
            "array" => json!(["title", "h1", "h2"]),
            _ => json!("title, h1, h2"),
        });
    }
    if own.contains_key("enum") {
        return choice(brief, tool, own.get("enum")?.as_array()?, &words, needed);
    }
    if let Some(value) = brief
        .facts
        .inputs
        .get(name)
        .filter(|value| !value.is_null())
    {
        return numbers::coerced(value, &kinds);
    }
    match kind {
        "number" | "integer" | "string"
            if is(&["amount", "taxable", "value", "price", "base"]) && !is_writer(tool) =>
        {
            in_kind(&found.amount()?.normalize().to_string(), kind)
        }
        "number" | "integer" | "string" if is(&["rate", "percent", "percentage"]) => {
            in_kind(&found.percentages.first()?.normalize().to_string(), kind)
        }
        "boolean" if is(&["inclusive", "included", "includes"]) => {
            let text = brief.prompt.to_lowercase();
            let says = [
                "inclusive",
                "including gst",
                "including tax",
                "gst included",
            ]
            .iter()
            .any(|word| text.contains(word));
            (says || needed).then_some(json!(says))
        }
        "string"
            if is(&["festival", "occasion"])
                || (is(&["name"]) && tool_is(&["festival", "festivals"])) =>
        {
            found.festival.map(|name| json!(name))
        }
        "array" if is(&["festivals"]) => found.festival.map(|name| json!([name])),
        "string" if is(&["from", "after", "since", "today", "start", "on", "date"]) => {
            (needed || found.festival.is_some()).then(|| json!(brief.facts.today.to_string()))
        }
        "integer" if is(&["year"]) => {
            (needed || found.festival.is_some()).then(|| json!(brief.facts.today.year()))
        }
        "integer" if is(&["months", "ahead"]) => needed.then_some(json!(12)),
        "integer" | "number" if is(&["limit", "max", "count", "top"]) => {
            needed.then_some(json!(20))
        }
        "string" if is(&["kind", "type", "table", "collection", "category"]) => {
            record_kind(brief).map(|kind| json!(kind))
        }
        "string"
            if is(&[
                "query", "q", "search", "term", "keyword", "keywords", "topic",
            ]) =>
        {
            topic(brief).map(|topic| json!(topic))
        }
        "string" if is(&["city"]) => found.city().map(|city| json!(city)),
        "string" if is_writer(tool) => written(brief, name, needed),
        _ if needed => own.get("default").cloned(),
        _ => None,
    }
}

/// The state an argument's name points at: where goods leave, or where they go.
fn side(found: &Extract, words: &[String]) -> Option<&'static State> {
    let is = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
    let place = is(&["state", "supply", "place", "region", "location"]);
    if is(&["from", "supplier", "seller", "origin", "source", "vendor"])
        && (place || words.len() == 1 && is(&["origin", "supplier", "seller"]))
    {
        return found.from;
    }
    if is(&[
        "to",
        "recipient",
        "buyer",
        "customer",
        "destination",
        "consumer",
        "supply",
    ]) && (place || is(&["destination", "buyer"]))
    {
        // With one state named, nothing says that the buyer is elsewhere or not.
        return found.to;
    }
    if words.len() == 1 && is(&["state", "region"]) {
        return found.state();
    }
    None
}

/// A state the way the schema spells states: by name, two-digit code or abbreviation.
fn as_state(state: &State, schema: &Value) -> Option<Value> {
    let spellings = [&state.name, &state.code, &state.abbreviation];
    if let Some(options) = schema["enum"].as_array() {
        return options
            .iter()
            .find(|option| {
                option.as_str().is_some_and(|option| {
                    spellings
                        .iter()
                        .any(|name| name.eq_ignore_ascii_case(option))
                })
            })
            .cloned();
    }
    if let Some(pattern) = schema["pattern"]
        .as_str()
        .and_then(|pattern| regex::Regex::new(pattern).ok())
    {
        return spellings
            .into_iter()
            .find(|text| pattern.is_match(text))
            .map(|text| json!(text));
    }
    let short = schema["maxLength"].as_u64().is_some_and(|most| most <= 2);
    Some(json!(if short { &state.code } else { &state.name }))
}

/// `text` as a number of the schema's kind, or as it is.
fn in_kind(text: &str, kind: &str) -> Option<Value> {
    match kind {
        "string" => Some(json!(text)),
        _ => numbers::coerced(&json!(text), &[kind]),
    }
}

/// What kind of record the request is about, by the words of the request and the skill.
fn record_kind(brief: &Brief<'_>) -> Option<&'static str> {
    match brief.kind {
        Kind::Lead => Some("lead"),
        Kind::Research => Some("competitor"),
        Kind::Campaign => Some("campaign"),
        Kind::Cleanup => Some("contact"),
        Kind::Tax => Some("invoice"),
        Kind::General => None,
    }
}

fn choice(
    brief: &Brief<'_>,
    tool: &ToolSpec,
    options: &[Value],
    words: &[String],
    needed: bool,
) -> Option<Value> {
    let text = format!("{} {}", brief.prompt, brief.facts.skill_id).to_lowercase();
    let stem = |option: &str| {
        option
            .to_lowercase()
            .replace('_', " ")
            .trim_end_matches('s')
            .to_owned()
    };
    let texts = || {
        options
            .iter()
            .filter_map(|option| Some((option, option.as_str()?)))
    };
    if let Some(input) = words
        .first()
        .and_then(|_| brief.facts.inputs.get(words.join("_")))
        .filter(|input| options.contains(input))
    {
        return Some(input.clone());
    }
    if let Some(rate) = options.iter().find(|option| {
        option.is_number()
            && brief
                .found
                .percentages
                .iter()
                .any(|percent| option.to_string() == percent.normalize().to_string())
    }) {
        return Some(rate.clone());
    }
    let festival = brief.found.festival.map(str::to_lowercase);
    let by_festival = texts()
        .find(|(_, option)| festival.as_deref() == Some(&option.to_lowercase().replace('_', " ")));
    let by_kind =
        record_kind(brief).and_then(|kind| texts().find(|(_, option)| stem(option).contains(kind)));
    let by_text = texts().find(|(_, option)| option.len() > 2 && text.contains(&stem(option)));
    let save = is_writer(tool)
        .then(|| {
            texts().find(|(_, option)| {
                ["finding", "note", "upsert", "insert", "create"].contains(&stem(option).as_str())
            })
        })
        .flatten();
    let found = by_festival
        .or(by_kind)
        .or(by_text)
        .or(save)
        .map(|(option, _)| option.clone());
    // An option nothing speaks for is taken only where there is no other.
    found.or_else(|| {
        options
            .first()
            .filter(|_| needed && options.len() == 1)
            .cloned()
    })
}

/// What to look for.
fn topic(brief: &Brief<'_>) -> Option<String> {
    let named = brief.found.names.first().cloned();
    let product = brief
        .found
        .product
        .as_ref()
        .map(|product| match brief.found.city() {
            Some(city) => format!("{product} {city}"),
            None => product.clone(),
        });
    named
        .or(product)
        .or_else(|| (!brief.prompt.is_empty()).then(|| brief.prompt.chars().take(120).collect()))
}

/// What a writer is given: the answer so far, or of its first item the fields that the writer names.
fn findings(
    brief: &Brief<'_>,
    kind: &str,
    schema: &Map<String, Value>,
    output: &Value,
) -> Option<Value> {
    if let Some(fields) = schema.get("properties").and_then(Value::as_object) {
        let lists = output.as_object().into_iter().flat_map(Map::values);
        let mut items = lists.filter_map(|list| list.get(0)?.as_object());
        let item = items.next().or_else(|| output.as_object())?;
        let kept: Map<String, Value> = item
            .iter()
            .filter(|(name, value)| fields.contains_key(*name) && !value.is_null())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        return (!kept.is_empty()).then(|| kept.into());
    }
    let found = if output.is_object() {
        output.clone()
    } else {
        json!({ "summary": phrase::summary(brief) })
    };
    Some(match (kind, &brief.cleaned) {
        ("array", Some(cleaned)) => cleaned.records.clone().into(),
        ("array", None) => json!([found]),
        _ => found,
    })
}

/// A text for a writer: what it is called, or what it says.
fn written(brief: &Brief<'_>, name: &str, needed: bool) -> Option<Value> {
    let words = words(name);
    let is = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
    if is(&["title", "name", "key", "label"]) {
        let title = phrase::title(brief).unwrap_or_else(|| phrase::summary(brief));
        return Some(json!(title.chars().take(100).collect::<String>()));
    }
    if is(&[
        "summary",
        "text",
        "content",
        "body",
        "note",
        "finding",
        "description",
    ]) {
        return Some(json!(phrase::summary(brief)));
    }
    if is(&["source"]) {
        return Some(json!("offline"));
    }
    needed
        .then(|| phrase::text(brief, name, phrase::Place::default()))
        .flatten()
        .map(Value::from)
}
