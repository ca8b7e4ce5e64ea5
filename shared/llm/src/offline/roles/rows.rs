//! Businesses that were listed: rows that somebody pasted, cleaned, and pages whose addresses were given.

use bharat::cities;
use serde_json::{Value, json};

use super::pages::{first_price, gst_said, owner, pages};
use super::text;
use crate::offline::ask;
use crate::offline::brief::Brief;
use crate::offline::tables;

pub(super) fn listed(brief: &Brief<'_>) -> Vec<Value> {
    let mut rows = cleaned(brief);
    let given = |url: &str| {
        brief
            .found
            .urls
            .iter()
            .any(|known| known.trim_end_matches('/') == url.trim_end_matches('/'))
    };
    for page in pages(brief)
        .into_iter()
        .filter(|page| page.read && given(&page.url))
    {
        let Some(name) = owner(&page) else {
            continue;
        };
        let place = cities::named_in(&page.text)
            .into_iter()
            .find(|place| place.city.is_some());
        let price = first_price(&page.text);
        let gstin = page
            .text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .find(|word| tables::is_gstin(word));
        rows.push(json!({
            "name": name, "city": place.and_then(|place| place.city), "state": place.map(|place| place.state.name.as_str()),
            "product": brief.found.product, "price": price.as_ref().map(|(printed, _)| printed.as_str()),
            "price_inr": price.and_then(|(_, amount)| amount.normalize().to_string().parse::<serde_json::Number>().ok()),
            "gst": gst_said(&page.text), "gstin": gstin, "gstin_check": if gstin.is_some() { "well_formed" } else { "missing" },
            "phone": null, "phone_check": "missing", "kind": "not_said", "website": page.url,
            "source_url": page.url, "seen_on": brief.facts.today.to_string(),
        }));
    }
    // One firm of which several people are listed is one firm.
    let mut seen: Vec<(String, String, String)> = Vec::new();
    rows.retain(|row| {
        let key = ["name", "phone", "gstin"].map(|field| text(row, field).to_lowercase());
        let [name, phone, gstin] = key;
        let key = (name, phone, gstin);
        !seen.contains(&key) && {
            seen.push(key);
            true
        }
    });
    rows
}

/// The cleaner's rows; as they were given where it was not asked.
fn cleaned(brief: &Brief<'_>) -> Vec<Value> {
    let reply = brief.replies("record_cleaner").next();
    let problems = reply.and_then(|reply| reply.get("problems")?.as_array());
    let rows = match reply.and_then(|reply| reply.get("records")?.as_array()) {
        Some(rows) => rows.clone(),
        None => ask::rows(brief).unwrap_or_default(),
    };
    let check = |row: usize, record: &Value, field: &str| {
        let wrong = problems
            .into_iter()
            .flatten()
            .any(|problem| problem["row"] == row + 1 && problem["field"] == field);
        match text(record, field) {
            "" => "missing",
            _ if wrong => "malformed",
            _ => "well_formed",
        }
    };
    rows.iter()
        .enumerate()
        .filter(|(_, row)| name(row).is_some() && !is_private(row))
        .map(|(at, row)| {
            let mut record = row.clone();
            record["name"] = json!(name(row));
            let price = text(row, "price").to_owned();
            record["phone_check"] = json!(check(at, row, "phone"));
            record["gstin_check"] = json!(check(at, row, "gstin"));
            record["gst"] = json!(gst_said(&format!("{price} {}", text(row, "notes"))));
            record["kind"] = json!("not_said");
            record["product"] = json!(brief.found.product);
            let amount = price
                .split(['+', '('])
                .next()
                .and_then(|price| bharat::rupees::parse(price.split(" gst").next()?));
            record["price_inr"] = amount
                .and_then(|amount| {
                    amount
                        .normalize()
                        .to_string()
                        .parse::<serde_json::Number>()
                        .ok()
                })
                .map_or(Value::Null, Value::Number);
            record["seen_on"] = json!(brief.facts.today.to_string());
            record
        })
        .collect()
}

/// What a row is called: a firm before a person.
fn name(row: &Value) -> Option<String> {
    let row = row.as_object()?;
    let of = |wanted: &[&str]| {
        row.iter()
            .find(|(key, _)| wanted.contains(&key.to_lowercase().as_str()))
            .and_then(|(_, value)| value.as_str())
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    of(&["company", "firm"]).or_else(|| of(&["name", "naam", "नाम"]))
}

/// Whether a row says that it is somebody's home or not for others.
pub(in crate::offline) fn is_private(row: &Value) -> bool {
    let said = row.to_string().to_lowercase();
    [
        "do not print",
        "do not call",
        "private",
        "(home",
        "residence",
    ]
    .iter()
    .any(|words| said.contains(words))
}
