//! Arguments of a tool from what is known, by the names in its schema.

use bharat::states::State;
use chrono::Datelike;
use serde_json::{Map, Value, json};

use super::brief::{Brief, Kind};
use super::calls::is_writer;
use super::index::words;
use super::schema::{DEPTH, flat, required, types};
use super::{numbers, phrase, summary, sums};
use crate::ToolSpec;

/// The arguments, or `None` when a required one is not known or nothing says that the tool is of
/// use here.
pub(super) fn arguments(
    brief: &Brief<'_>,
    tool: &ToolSpec,
    output: &Value,
    address: Option<&&String>,
) -> Option<Value> {
    let own = flat(&tool.parameters, &tool.parameters, DEPTH);
    let none = Map::new();
    let properties = own
        .get("properties")
        .and_then(Value::as_object)
        .unwrap_or(&none);
    let required = required(&own);
    let mut args = Map::new();
    for (name, schema) in properties {
        let schema = Value::Object(flat(&tool.parameters, schema, DEPTH));
        let needed = required.contains(&name.as_str());
        match argument(brief, tool, name, &schema, output, address, needed) {
            Some(value) => {
                args.insert(name.clone(), value);
            }
            None if needed => return None,
            None => {}
        }
    }
    if words(&tool.name).iter().any(|word| word == "gst") && !tax_is_known(&own, &args) {
        return None;
    }
    let relevant = !required.is_empty() || !args.is_empty() || mentioned(brief, tool);
    relevant.then(|| args.into())
}

/// Tax is worked out only where rate and place were said; a usual rate is a guess.
fn tax_is_known(own: &Map<String, Value>, args: &Map<String, Value>) -> bool {
    let takes =
        |any: &[&str], name: &str| words(name).iter().any(|word| any.contains(&word.as_str()));
    let properties = own.get("properties").and_then(Value::as_object);
    let has = |any: &[&str]| {
        let asked = properties.is_some_and(|all| all.keys().any(|name| takes(any, name)));
        !asked || args.keys().any(|name| takes(any, name))
    };
    has(&["rate", "percent"]) && has(&["state"])
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
    address: Option<&&String>,
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
    if let Some(state) = side(brief, &words) {
        return as_state(state, schema);
    }
    if is(&["url", "uri", "link", "website"]) {
        return match kind {
            "array" => (!found.urls.is_empty()).then(|| json!(found.urls)),
            _ => address.map(|url| json!(url)),
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
    if let Some(value) = brief.inputs.get(name).filter(|value| !value.is_null()) {
        return numbers::coerced(value, &kinds);
    }
    match kind {
        "number" | "integer" | "string"
            if is(&["amount", "taxable", "value", "price", "base"]) && !is_writer(tool) =>
        {
            let amount = sums::input(brief, &["mrp_inr", "current_price_inr", "price_inr"])
                .or_else(|| {
                    found
                        .amount()
                        .filter(|_| brief.kind == Kind::Tax || !tool_is(&["gst"]))
                })?;
            in_kind(&amount.normalize().to_string(), kind)
        }
        "number" | "integer" | "string" if is(&["rate", "percent", "percentage"]) => {
            let rate = sums::input(brief, &["gst_rate_percent", "gst_percent"]).or_else(|| {
                found
                    .percentages
                    .first()
                    .copied()
                    .filter(|_| brief.kind == Kind::Tax)
            })?;
            in_kind(&rate.normalize().to_string(), kind)
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
            .any(|word| text.contains(word))
                // The printed price always has its tax in it.
                || brief.inputs.get("mrp_inr").is_some();
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
fn side(brief: &Brief<'_>, words: &[String]) -> Option<&'static State> {
    let found = &brief.found;
    let input = |names: &[&str]| {
        let text = brief.given(names)?;
        // A GSTIN begins with its state's code.
        State::find(&text).or_else(|| State::find(text.get(..2)?))
    };
    let from =
        || input(&["supplier_state", "from_state", "supplier_gstin", "state"]).or(found.from);
    let to = || input(&["recipient_state", "to_state", "recipient_gstin"]).or(found.to);
    let is = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
    let place = is(&["state", "supply", "place", "region", "location"]);
    if is(&["from", "supplier", "seller", "origin", "source", "vendor"])
        && (place || words.len() == 1 && is(&["origin", "supplier", "seller"]))
    {
        return from();
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
        return to();
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
        Kind::Research => Some("finding"),
        Kind::Campaign => Some("campaign"),
        Kind::Cleanup => Some("contact"),
        Kind::Tax => Some("invoice"),
        Kind::Draft | Kind::Support | Kind::Report | Kind::General => None,
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
        .and_then(|_| brief.inputs.get(words.join("_")))
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
        json!({ "summary": summary::of(brief) })
    };
    Some(match kind {
        "array" => json!([found]),
        _ => found,
    })
}

/// A text for a writer: what it is called, or what it says.
fn written(brief: &Brief<'_>, name: &str, needed: bool) -> Option<Value> {
    let words = words(name);
    let is = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
    if is(&["title", "name", "key", "label"]) {
        let title = phrase::title(brief).unwrap_or_else(|| summary::of(brief));
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
        return Some(json!(summary::of(brief)));
    }
    if is(&["source"]) {
        return Some(json!("offline"));
    }
    needed
        .then(|| phrase::text(brief, name, phrase::Place::default()))
        .flatten()
        .map(Value::from)
}
