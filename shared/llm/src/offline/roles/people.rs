//! People: who may be written to, who competes, and what can be said to a customer.

use serde_json::{Value, json};

use super::text;
use crate::offline::brief::Brief;
use crate::offline::{drafts, leads};

/// Contacts of the inputs and of records, apart by whether what is known of them allows writing to them.
pub(super) fn recipients(brief: &Brief<'_>, allowed: bool) -> Vec<Value> {
    contacts(brief)
        .iter()
        .filter_map(|contact| {
            let name = ["name", "company"].iter().map(|key| text(contact, key)).find(|name| !name.is_empty())?;
            let basis = basis(contact);
            match (allowed, basis) {
                (true, Ok(basis)) => Some(json!({ "name": name, "channels": drafts::channels_agreed(contact), "basis": basis })),
                (false, Err(why)) => Some(json!({ "name": name, "why": why })),
                _ => None,
            }
        })
        .collect()
}

/// The people that were given or found.
pub(in crate::offline) fn contacts(brief: &Brief<'_>) -> Vec<Value> {
    let given = brief.inputs.get("contacts").and_then(Value::as_array);
    let found = brief
        .replies("database_reader")
        .filter_map(|reply| reply.get("records")?.as_array());
    given
        .into_iter()
        .flatten()
        .chain(found.flatten())
        .cloned()
        .collect()
}

/// Sources that nobody agreed to hear from us by.
const NO_BASIS: &[&str] = &[
    "purchased",
    "bought",
    "list",
    "group",
    "unknown",
    "scraped",
    "directory",
];
/// Ways of asking us themselves.
const ASKED: &[&str] = &[
    "own", "website", "form", "walk", "enquiry", "inquiry", "call", "showroom", "customer",
];

/// What in a contact's data allows writing to them, or why not.
fn basis(contact: &Value) -> Result<String, String> {
    let (consent, notes, source) = (
        text(contact, "consent"),
        text(contact, "notes"),
        text(contact, "source"),
    );
    let said = format!("{consent} {notes}").to_lowercase();
    let words = |text: &str| -> Vec<String> {
        text.to_lowercase()
            .split(|c: char| !c.is_alphanumeric())
            .map(str::to_owned)
            .collect()
    };
    let stopped = words(&format!("{consent} {notes}"))
        .iter()
        .any(|word| word == "stop" || word == "unsubscribe");
    if stopped || leads::yes(consent) == Some(false) {
        return Err("Said no or STOP.".to_owned());
    }
    let (source_words, given) = (
        words(source),
        leads::yes(consent) == Some(true) || said.contains("agreed"),
    );
    if given {
        let basis = if consent.is_empty() { notes } else { consent };
        return Ok(basis.to_owned());
    }
    if NO_BASIS
        .iter()
        .any(|word| source_words.iter().any(|known| known == word))
    {
        return Err(format!(
            "No consent on record; the contact is from: {source}."
        ));
    }
    if ASKED
        .iter()
        .any(|word| source_words.iter().any(|known| known.starts_with(word)))
    {
        return Ok(format!("Own enquiry: {source}"));
    }
    Err("No consent and no enquiry of their own on record.".to_owned())
}

/// Competitors that were named or whose address was given, with what their pages say.
pub(super) fn rivals(brief: &Brief<'_>) -> Vec<Value> {
    let pages = super::pages(brief);
    let mut rivals: Vec<Value> = Vec::new();
    for url in &brief.found.urls {
        let same =
            |page: &&super::Page| page.url.trim_end_matches('/') == url.trim_end_matches('/');
        let page = pages.iter().find(same);
        let name = page
            .and_then(super::pages::owner)
            .unwrap_or_else(|| super::pages::label(url));
        let mut rival = json!({ "name": name, "url": url, "why": "Its address was given." });
        if let Some(page) = page.filter(|page| page.read && !page.text.is_empty()) {
            for key in ["findings", "facts", "observations", "evidence"] {
                rival[key] = json!([page.text]);
            }
        }
        rivals.push(rival);
    }
    let plain = |text: &str| {
        text.to_lowercase()
            .replace(|c: char| !c.is_alphanumeric(), "")
    };
    let named = brief
        .given(&["competitor"])
        .into_iter()
        .chain(brief.found.names.clone());
    for name in named {
        let known = rivals.iter().any(|rival| {
            let known = plain(text(rival, "name"));
            known.contains(&plain(&name)) || plain(&name).contains(&known)
        });
        if !known && name != brief.business() {
            rivals.push(json!({ "name": name, "url": null, "why": "It was named." }));
        }
    }
    rivals
}

/// What is known of an order, and which of the shop's rules can be held out to the customer.
pub(super) fn support(brief: &Brief<'_>, promises: bool) -> Vec<Value> {
    if promises {
        return drafts::rules_that_apply(brief)
            .iter()
            .map(|rule| json!({ "promise": rule, "allowed_by": rule }))
            .collect();
    }
    let order = brief.inputs.get("order").and_then(Value::as_object);
    let order = order.into_iter().flatten().filter_map(|(name, value)| {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        Some(json!({ "fact": format!("{}: {value}", name.replace('_', " ")), "from": "order" }))
    });
    let rules = drafts::rules_that_apply(brief)
        .into_iter()
        .map(|rule| json!({ "fact": rule, "from": "policies" }));
    order.chain(rules).collect()
}
