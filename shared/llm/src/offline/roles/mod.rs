//! What a list or an object of an output schema is about, told by its name and the names of its
//! properties; and the records that fill it, each with its values under the names that schemas use.

mod leads;
mod pages;
mod people;
mod report;
mod results;
mod rows;

use serde_json::{Map, Value, json};

use super::brief::Brief;
use super::drafts;
use super::index::words;

pub(super) use leads::next_step;
pub(super) use pages::{Page, fix, pages};
pub(super) use people::contacts;
pub(super) use report::sections;
pub(super) use results::all as worked_out;
pub(super) use rows::is_private;

/// A list's name and its items' properties.
pub(super) struct Shape<'a> {
    pub name: &'a str,
    pub properties: Vec<&'a str>,
    pub required: Vec<&'a str>,
}

impl Shape<'_> {
    pub fn has(&self, all: &[&str]) -> bool {
        all.iter().all(|name| self.properties.contains(name))
    }

    pub fn any(&self, any: &[&str]) -> bool {
        any.iter().any(|name| self.properties.contains(name))
    }

    /// Whether a word of the list's name is among these.
    pub fn called(&self, any: &[&str]) -> bool {
        words(self.name)
            .iter()
            .any(|word| any.contains(&word.as_str()))
    }
}

/// The records of a list; `None` where nothing here says what it is about.
pub(super) fn records(brief: &Brief<'_>, shape: &Shape<'_>) -> Option<Vec<Value>> {
    let found = if shape.called(&["leads"]) && shape.any(&["score", "grade"]) {
        leads::scored(brief)
    } else if shape.called(&["sources", "references", "citations"]) && shape.has(&["url"]) {
        pages::sources(brief)
    } else if shape.has(&["what", "from"]) && shape.called(&["sources"]) {
        report::origins(brief)
    } else if shape.has(&["formula", "value"]) || shape.has(&["value", "basis"]) {
        results::calculations(brief)
    } else if shape.has(&["said", "from"]) {
        results::figures_said(brief)
    } else if shape.has(&["value", "previous"]) {
        results::figures_compared(brief)
    } else if shape.called(&["offers"]) && shape.any(&["price_after_inr", "offer"]) {
        results::offers(brief)
    } else if shape.called(&["allowed", "held", "held_back"]) {
        people::recipients(brief, shape.called(&["allowed"]))
    } else if shape.has(&["point", "evidence"]) && shape.called(&["went", "well", "badly"]) {
        report::points(brief, shape.called(&["well"]))
    } else if shape.has(&["risk", "effect"]) {
        report::risks(brief)
    } else if shape.has(&["question", "options"]) {
        report::decisions(brief)
    } else if shape.has(&["heading", "tables"]) {
        report::sections(brief)
    } else if shape.has(&["seen_on", "price"]) && shape.called(&["pricing", "prices"]) {
        pages::prices(brief)
    } else if shape.has(&["name", "seen_on"]) {
        rows::listed(brief)
    } else if shape.called(&["festivals", "festival", "occasions", "seasons"]) {
        festivals(brief, shape.called(&["occasions"]))
    } else if shape.has(&["name", "url", "why"])
        || (shape.called(&["competitors", "rivals"]) && shape.has(&["name"]))
    {
        people::rivals(brief)
    } else if shape.any(&["source_url"])
        && shape.any(&["finding", "claim", "what"])
        && !shape.has(&["check"])
    {
        pages::findings(brief, shape.has(&["value"]))
    } else if shape.has(&["fact", "from"]) || shape.has(&["promise"]) {
        people::support(brief, shape.has(&["promise"]))
    } else {
        drafts::records(brief, shape).or_else(|| given(brief, shape))?
    };
    Some(found)
}

/// An object's values, where one answer or input holds most of what it asks for.
pub(super) fn object(brief: &Brief<'_>, shape: &Shape<'_>) -> Option<Value> {
    if let Some(made) = results::object(brief, shape).or_else(|| drafts::object(brief, shape)) {
        return Some(made);
    }
    let contents = brief
        .replies
        .iter()
        .filter(|reply| !reply.failed)
        .map(|reply| &reply.content);
    let nested = contents.flat_map(|content| {
        let inner = content
            .as_object()
            .into_iter()
            .flat_map(Map::values)
            .filter(|value| value.is_object());
        std::iter::once(content).chain(inner)
    });
    nested
        .filter_map(|value| {
            let held = shape
                .properties
                .iter()
                .filter(|name| value.get(**name).is_some())
                .count();
            (held >= 3 && held * 2 >= shape.properties.len()).then_some((held, value))
        })
        .max_by_key(|(held, _)| *held)
        .map(|(_, value)| value.clone())
}

/// Festivals as the calendar named them; for a schedule, those of its days.
fn festivals(brief: &Brief<'_>, scheduled: bool) -> Vec<Value> {
    let found = brief
        .replies("festival_calendar")
        .filter_map(|reply| reply.get("festivals")?.as_array())
        .flatten();
    let mut found: Vec<Value> = found.cloned().collect();
    if found.is_empty() {
        // A calendar of another shape: one festival by itself.
        found.extend(
            brief
                .replies("festival_calendar")
                .filter(|reply| reply.get("date").is_some())
                .cloned(),
        );
    }
    if scheduled {
        let (_, to) = drafts::period(brief);
        found.retain(|festival| text(festival, "date") <= to.to_string().as_str());
    }
    for festival in &mut found {
        let name = match text(festival, "festival") {
            "" => text(festival, "name"),
            name => name,
        };
        let (name, day) = (name.to_owned(), text(festival, "date").to_owned());
        festival["when"] = json!(format!("{name}, {day}"));
        let themes = festival
            .get("themes")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let themes: Vec<&str> = themes.iter().filter_map(Value::as_str).collect();
        festival["what"] = json!(themes.join(", "));
        festival["festival"] = json!(name);
    }
    found
}

/// A list that a tool or an input gave, whose items hold what is asked for.
fn given(brief: &Brief<'_>, shape: &Shape<'_>) -> Option<Vec<Value>> {
    let stem = |word: &str| word.strip_suffix('s').unwrap_or(word).to_owned();
    let wanted: Vec<String> = words(shape.name).iter().map(|word| stem(word)).collect();
    let contents = brief
        .replies
        .iter()
        .filter(|reply| !reply.failed && reply.tool != "web_search");
    let tools = contents.flat_map(|reply| {
        reply
            .content
            .as_object()
            .into_iter()
            .flatten()
            .filter_map(|(name, list)| Some((name.as_str(), list.as_array()?.as_slice())))
    });
    let fitting = |(name, list): (&str, &[Value])| {
        let first = enriched(brief, list.first().filter(|item| item.is_object())?);
        let named = words(name).iter().any(|word| wanted.contains(&stem(word)));
        let held = |names: &[&str]| {
            names
                .iter()
                .filter(|name| first.get(**name).is_some())
                .count()
        };
        let (required, all) = (held(&shape.required), held(&shape.properties));
        let enough = if shape.properties.is_empty() {
            named
        } else if named {
            all > 0 && required * 2 >= shape.required.len()
        } else {
            required >= 2 && required * 4 >= shape.required.len() * 3
        };
        enough.then(|| (usize::from(named) * 10 + all, list.to_vec()))
    };
    tools
        .chain(brief.lists())
        .filter_map(fitting)
        .max_by_key(|(score, _)| *score)
        .map(|(_, list)| match shape.properties[..] {
            // An item of any shape is as it was given.
            [] => list,
            _ => list.iter().map(|item| enriched(brief, item)).collect(),
        })
}

/// A row under further names for the same values.
fn enriched(brief: &Brief<'_>, item: &Value) -> Value {
    let mut item = item.clone();
    let price = item.get("price_inr").and_then(super::sums::number);
    if let (Some(price), None) = (price, item.get("price")) {
        item["price"] = json!(bharat::rupees::written(price));
    }
    if item.get("code").is_some() && item.get("message").is_some() && item.get("who").is_none() {
        item["fix"] = json!(pages::fix(item["code"].as_str().unwrap_or_default()));
        item["who"] = json!("web_person");
    }
    for (standard, others) in [
        ("name", ["naam", "नाम"]),
        ("phone", ["mobile", "mobile no"]),
        ("city", ["shahar", "शहर"]),
        ("notes", ["note", "remarks"]),
    ] {
        let other = others.iter().find_map(|other| item.get(*other).cloned());
        if let (None, Some(value)) = (item.get(standard), other) {
            item[standard] = value;
        }
    }
    if item.get("seen_on").is_none() {
        item["seen_on"] = json!(brief.facts.today.to_string());
    }
    item
}

/// A record's text under a name, or nothing.
fn text<'v>(record: &'v Value, name: &str) -> &'v str {
    record.get(name).and_then(Value::as_str).unwrap_or_default()
}
