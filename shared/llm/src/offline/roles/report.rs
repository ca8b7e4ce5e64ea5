//! Parts of a report: what went well and badly, what is to be decided, and tables of what was given.

use bharat::rupees;
use serde_json::{Map, Value, json};

use super::results;
use crate::offline::brief::Brief;
use crate::offline::ideas::capital;
use crate::offline::index::words;
use crate::offline::sums;

/// What is bad when it grows.
const BAD_WHEN_MORE: &[&str] = &[
    "cost",
    "costs",
    "receivables",
    "dues",
    "complaints",
    "returns",
    "rejection",
    "expense",
    "expenses",
    "debt",
    "loan",
    "overdue",
    "refunds",
    "advertising",
    "wastage",
    "days",
];
/// Words of events that went badly.
const BAD: &[&str] = &[
    "down",
    "dearer",
    "late",
    "fell",
    "loss",
    "lost",
    "complaints",
    "complaint",
    "delayed",
    "closed",
    "cancelled",
    "broke",
    "rejected",
    "rejection",
    "strike",
    "fire",
    "theft",
    "returned",
    "stopped",
];

/// The figures' changes and the events, good or bad.
pub(super) fn points(brief: &Brief<'_>, good: bool) -> Vec<Value> {
    let changes = results::all(brief).into_iter().filter_map(|result| {
        let told = result.name.strip_prefix("Change from").is_some();
        let name = result
            .name
            .strip_suffix(": change")
            .unwrap_or(if told { "The figure" } else { "" })
            .to_owned();
        if result.operation != "percent_change" || name.is_empty() {
            return None;
        }
        let fell = result.value.starts_with('-');
        let bad_when_more = words(&name)
            .iter()
            .any(|word| BAD_WHEN_MORE.contains(&word.as_str()));
        let well = fell == bad_when_more;
        let change = result.value.trim_start_matches('-');
        let way = if fell { "fell" } else { "rose" };
        (well == good && change != "0").then(|| {
            json!({ "point": format!("{name} {way} by {change}%."), "evidence": result.formula })
        })
    });
    let events = brief.statements(&["events"]).filter(|event| {
        let bad = words(event).iter().any(|word| BAD.contains(&word.as_str()));
        bad != good
    });
    let events = events.map(|event| json!({ "point": capital(event), "evidence": "As reported." }));
    changes.chain(events).take(4).collect()
}

/// What went badly may go on.
pub(super) fn risks(brief: &Brief<'_>) -> Vec<Value> {
    points(brief, false)
        .iter()
        .take(3)
        .map(|point| {
            let what = super::text(point, "point").trim_end_matches('.');
            json!({
                "risk": format!("This goes on: {what}."), "effect": brief.say("not_known", &[]),
                "answer": "To be named by who is responsible for it.",
            })
        })
        .collect()
}

/// Plans that were given, as questions.
pub(super) fn decisions(brief: &Brief<'_>) -> Vec<Value> {
    brief
        .statements(&["plans"])
        .map(|plan| {
            let amount = crate::offline::extract::Extract::of(plan).amount();
            json!({
                "question": format!("Shall this be done: {}?", plan.trim_end_matches('.')),
                "options": ["Yes", "Not now"],
                "recommendation": "The data is not enough to say.",
                "amount_inr": amount.and_then(|amount| amount.normalize().to_string().parse::<serde_json::Number>().ok()),
            })
        })
        .collect()
}

/// Where the contents of a document are from.
pub(super) fn origins(brief: &Brief<'_>) -> Vec<Value> {
    let inputs = brief.inputs.as_object().into_iter().flatten();
    let inputs = inputs
        .filter(|(name, value)| !value.is_null() && !matches!(name.as_str(), "language" | "kind"))
        .map(|(name, _)| json!({ "what": name.replace('_', " "), "from": "as given" }));
    let replies = brief
        .replies
        .iter()
        .filter(|reply| !reply.failed)
        .map(|reply| {
            let count = reply.content.get("count").and_then(Value::as_u64);
            let from = count.map_or_else(
                || reply.tool.clone(),
                |count| format!("{}, {count} records", reply.tool),
            );
            json!({ "what": "figures and records", "from": from })
        });
    inputs.chain(replies).collect()
}

/// Columns that no printed page needs.
const PRIVATE: &[&str] = &["phone", "mobile", "email", "consent", "id", "whatsapp"];

/// A section with a table for each list that was given or found, then what was worked out.
pub(in crate::offline) fn sections(brief: &Brief<'_>) -> Vec<Value> {
    let found = brief
        .replies("database_reader")
        .filter_map(|reply| Some(("records", reply.get("records")?.as_array()?.as_slice())));
    let lists: Vec<(&str, &[Value])> = brief
        .lists()
        .chain(found)
        .filter(|(_, rows)| !rows.is_empty())
        .collect();
    let mut sections: Vec<Value> = lists
        .iter()
        .filter_map(|(name, rows)| section(brief, name, rows))
        .collect();
    let worked: Vec<String> = results::all(brief)
        .iter()
        .map(|result| result.said())
        .collect();
    if !worked.is_empty() {
        sections.push(json!({ "heading": brief.say("worked_out", &[]), "paragraphs": [], "bullets": worked, "tables": [], "charts": [] }));
    }
    let told: Vec<&str> = told(&brief.inputs);
    if !told.is_empty() {
        sections.push(json!({ "heading": brief.say("further", &[]), "paragraphs": told, "bullets": [], "tables": [], "charts": [] }));
    }
    sections
}

/// Sentences inside given data, beside its tables.
fn told(inputs: &Value) -> Vec<&str> {
    let data = inputs
        .get("data")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    data.filter_map(|(_, value)| value.as_str())
        .filter(|text| text.split_whitespace().count() > 2)
        .collect()
}

fn section(brief: &Brief<'_>, name: &str, rows: &[Value]) -> Option<Value> {
    let mut columns: Vec<&String> = Vec::new();
    for key in rows.iter().filter_map(Value::as_object).flat_map(Map::keys) {
        let shown = !PRIVATE.contains(&key.as_str()) && !columns.contains(&key);
        if shown && columns.len() < 6 {
            columns.push(key);
        }
    }
    // What a row is called comes first.
    columns.sort_by_key(|name| {
        !matches!(
            name.as_str(),
            "name" | "item" | "channel" | "title" | "product"
        )
    });
    let heads: Vec<String> = columns.iter().map(|name| head(name)).collect();
    let cells: Vec<Vec<String>> = rows
        .iter()
        // A row of which nothing usable is left is no row.
        .filter(|row| sums::label(row).is_some())
        .map(|row| {
            columns
                .iter()
                .map(|name| cell(name, row.get(name.as_str())))
                .collect()
        })
        .collect();
    if cells.is_empty() || heads.is_empty() {
        return None;
    }
    let caption = match name {
        "" | "records" | "data" => brief
            .given(&["title"])
            .unwrap_or_else(|| brief.say("list", &[])),
        name => capital(&words(name).join(" ")),
    };
    Some(json!({
        "heading": caption, "paragraphs": [], "bullets": [], "charts": [],
        "tables": [{ "caption": caption, "columns": heads, "rows": cells, "note": null }],
    }))
}

/// `spent_inr` as `Spent (₹)`.
fn head(name: &str) -> String {
    let mut words = words(name);
    let rupees = words.iter().any(|word| word == "inr");
    words.retain(|word| word != "inr");
    let text = capital(&words.join(" ").replace("percent", "%"));
    if rupees {
        format!("{text} (₹)")
    } else {
        text
    }
}

fn cell(name: &str, value: Option<&Value>) -> String {
    match value {
        Some(Value::Number(number)) if words(name).iter().any(|word| word == "inr") => {
            number.to_string().parse().map_or_else(
                |_| number.to_string(),
                |amount| rupees::written(amount).trim_start_matches('₹').to_owned(),
            )
        }
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::String(text)) if !text.trim().is_empty() => text.clone(),
        Some(Value::Bool(yes)) => if *yes { "yes" } else { "no" }.to_owned(),
        _ => "–".to_owned(),
    }
}
