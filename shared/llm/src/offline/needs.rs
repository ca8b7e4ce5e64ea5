//! What is not known: what must be asked for first, what tools did not give, what was left out.

use serde_json::Value;

use super::brief::{Brief, Kind};
use super::language::Language;
use super::{phrasebook, roles};

/// What must be known before the work can be done well, by the kind of work: names of phrases.
pub(super) fn of(brief: &Brief<'_>) -> Vec<&'static str> {
    let found = &brief.found;
    let has = |names: &[&str]| {
        names.iter().any(|name| {
            brief
                .inputs
                .get(*name)
                .is_some_and(|value| !value.is_null())
        })
    };
    let skill = brief.facts.skill_id.as_str();
    let (business, product, place) = (
        found.business.is_some(),
        found.product.is_some(),
        brief.subject.place.is_some(),
    );
    let told = brief.statements(&[]).next().is_some();
    let wanted: Vec<(&'static str, bool)> = match brief.kind {
        Kind::Campaign => vec![
            ("need_business", business || product),
            ("need_city", place),
            (
                "need_offer",
                has(&["offer", "discount_percent", "price_inr", "stock"]),
            ),
            ("need_audience", found.audience.is_some()),
            ("need_budget", found.budget().is_some()),
        ],
        Kind::Draft => vec![
            ("need_business", business),
            ("need_product", product || told || has(&["offer"])),
            ("need_city", place),
            (
                "need_audience",
                found.audience.is_some() || told || has(&["contacts", "goal"]),
            ),
        ],
        Kind::Support => vec![
            ("need_message", has(&["message"])),
            ("need_business", business),
        ],
        Kind::Tax => vec![
            (
                "need_amount",
                found.amount().is_some() || has(&["amount_inr", "lines"]),
            ),
            (
                "need_rate",
                !found.percentages.is_empty() || has(&["rate_percent", "lines"]),
            ),
            (
                "need_states",
                found.from.is_some() && found.to.is_some()
                    || has(&["supplier_state", "supplier_gstin"]),
            ),
        ],
        Kind::Lead => vec![
            ("need_leads", brief.replies("lead_scorer").next().is_some()),
            ("need_product", product || has(&["offer"])),
        ],
        Kind::Cleanup => vec![(
            "need_rows",
            brief.replies("record_cleaner").next().is_some(),
        )],
        Kind::Report => vec![
            (
                "need_figures",
                has(&["figures", "data"])
                    || !roles::worked_out(brief).is_empty()
                    || brief
                        .replies("database_reader")
                        .any(|reply| reply["count"] != 0),
            ),
            (
                "need_contents",
                has(&["data", "figures", "events", "sections"])
                    || brief
                        .replies("database_reader")
                        .any(|reply| reply["count"] != 0),
            ),
            ("need_business", business),
        ],
        Kind::Research => vec![
            ("need_url", !skill.contains("seo") || !found.urls.is_empty()),
            (
                "need_rival",
                !skill.contains("competitor")
                    || has(&["competitor", "competitor_url"])
                    || !found.urls.is_empty(),
            ),
            ("need_product", product || business),
            (
                "need_cost",
                !skill.contains("pricing") || has(&["cost_inr"]),
            ),
            ("need_city", place),
        ],
        Kind::General => vec![("need_business", business), ("need_product", product)],
    };
    wanted
        .into_iter()
        .filter(|(_, known)| !known)
        .map(|(phrase, _)| phrase)
        .collect()
}

/// The sentences of a list of unknowns, most useful first.
pub(super) fn limits(brief: &Brief<'_>, unknown: &[String]) -> Vec<String> {
    let mut limits = vec![brief.say("draft", &[])];
    limits.extend(of(brief).into_iter().map(|need| brief.say(need, &[])));
    if !phrasebook::speaks(brief.language) {
        limits.push(format!(
            "The offline model does not write {}: texts are in English.",
            brief.language.name()
        ));
    } else if !matches!(brief.language, Language::English) {
        limits.push(format!(
            "The offline model writes only its own phrases in {}; lists and reasons are in English.",
            brief.language.name()
        ));
    }
    for place in &brief.left_out {
        limits.push(format!("A part of {place} speaks to machines instead of readers; it was left out and not followed."));
    }
    for reply in &brief.replies {
        let empty = reply
            .content
            .get("results")
            .or_else(|| reply.content.get("records"));
        if reply.failed {
            limits.push(format!("{} gave no result.", reply.tool));
        } else if reply.tool == "web_search"
            && empty.and_then(Value::as_array).is_some_and(Vec::is_empty)
        {
            limits.push("web_search found nothing.".to_owned());
        }
    }
    limits.extend(cleaner_questions(brief));
    if !unknown.is_empty() {
        limits.push(format!("Not known offline: {}.", unknown.join("; ")));
    }
    limits.dedup();
    limits
}

/// What the cleaner left for a person.
fn cleaner_questions(brief: &Brief<'_>) -> Vec<String> {
    let reply = brief
        .replies("record_cleaner")
        .next()
        .filter(|_| brief.kind == Kind::Cleanup);
    let all = |name: &str| {
        reply
            .and_then(|reply| reply.get(name)?.as_array())
            .cloned()
            .unwrap_or_default()
    };
    let problems = all("problems").into_iter().map(|problem| {
        format!(
            "Row {}, {}: {}",
            problem["row"],
            problem["field"].as_str().unwrap_or_default(),
            problem["message"].as_str().unwrap_or_default()
        )
    });
    let pairs = all("ambiguous").into_iter().map(|pair| {
        format!(
            "Rows {} and {}: {}. One or two?",
            pair["rows"][0],
            pair["rows"][1],
            pair["why"].as_str().unwrap_or_default()
        )
    });
    pairs.chain(problems).take(8).collect()
}
