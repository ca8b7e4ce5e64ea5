//! The first thing a person reads, and why it is so.

use bharat::rupees::written as rupees;
use serde_json::Value;

use super::brief::{Brief, Kind};
use super::language::Language;
use super::phrase::{plain, title};
use super::{needs, roles};

/// The first thing a person reads: what the tools found, else what the draft is; else what is needed.
pub(super) fn of(brief: &Brief<'_>) -> String {
    let told = match brief.kind {
        Kind::Lead => of_leads(brief),
        Kind::Cleanup => of_rows(brief),
        Kind::Tax => of_tax(brief),
        Kind::Campaign => of_campaign(brief),
        _ => None,
    };
    let told = told.or_else(|| of_tools(brief)).or_else(|| {
        let known = brief.found.business.is_some() || brief.found.product.is_some();
        known.then(|| {
            let business = brief
                .given(&["business"])
                .unwrap_or_else(|| brief.business().to_owned());
            brief.say("summary_draft", &[("business", &business)])
        })
    });
    told.unwrap_or_else(|| {
        let missing: Vec<String> = needs::of(brief)
            .into_iter()
            .map(|need| brief.say(need, &[]))
            .collect();
        brief.say("summary_little", &[("missing", &missing.join(" "))])
    })
}

fn of_leads(brief: &Brief<'_>) -> Option<String> {
    let leads: Vec<&Value> = brief
        .replies("lead_scorer")
        .filter_map(|reply| reply.get("leads")?.as_array())
        .flatten()
        .collect();
    let text = |lead: &Value, key: &str| plain(&lead[key]).unwrap_or_default();
    let first = leads.first()?;
    let mut said = brief.say(
        "summary_lead",
        &[
            ("name", &text(first, "name")),
            ("score", &text(first, "score")),
            ("grade", &text(first, "grade")),
        ],
    );
    let rest: Vec<String> = leads
        .iter()
        .skip(1)
        .take(5)
        .map(|lead| {
            format!(
                "{} ({}, {})",
                text(lead, "name"),
                text(lead, "score"),
                text(lead, "grade")
            )
        })
        .collect();
    if !rest.is_empty() {
        said.push(' ');
        said.push_str(&brief.say("summary_next", &[("names", &rest.join(", "))]));
    }
    Some(said)
}

fn of_rows(brief: &Brief<'_>) -> Option<String> {
    let counts = brief
        .replies("record_cleaner")
        .find_map(|reply| reply.get("counts"))?;
    let count = |key: &str| counts[key].to_string();
    Some(brief.say(
        "summary_clean",
        &[
            ("rows", &count("rows")),
            ("changes", &count("changes")),
            ("duplicates", &count("duplicate_rows")),
            ("ambiguous", &count("ambiguous_pairs")),
            ("problems", &count("problems")),
        ],
    ))
}

fn of_tax(brief: &Brief<'_>) -> Option<String> {
    let reply = brief.replies("gst_calculator").next()?;
    let amount = |names: &[&str]| {
        let value = names.iter().find_map(|name| reply.get(*name))?;
        Some(rupees(super::sums::number(value)?))
    };
    let said = brief.say(
        "summary_tax",
        &[
            ("taxable", &amount(&["taxable_amount", "taxable"])?),
            ("tax", &amount(&["total_tax", "tax"])?),
            ("total", &amount(&["total"])?),
        ],
    );
    let why = reply
        .get("explanation")
        .and_then(Value::as_str)
        .unwrap_or_default();
    Some(format!("{said} {why}").trim().to_owned())
}

/// What a campaign is and when, in English; in other languages what the draft is for.
fn of_campaign(brief: &Brief<'_>) -> Option<String> {
    let what = title(brief)?;
    let day = match (&brief.subject.occasion, brief.subject.day) {
        (Some(occasion), Some(day)) => format!(" {occasion}: {}.", day.format("%-d %B %Y")),
        _ => String::new(),
    };
    if brief.language != Language::English {
        return Some(format!(
            "{}{day}",
            brief.say("summary_draft", &[("business", brief.business())])
        ));
    }
    let first = brief
        .ideas
        .first()
        .map(|idea| idea.timing.clone())
        .unwrap_or_default();
    let budget = brief.found.budget().map_or_else(String::new, |budget| {
        format!(" Budget: {}.", rupees(budget))
    });
    Some(format!(
        "{what}: activities from {first} on, regular customers first, then people nearby.{day}{budget}"
    ))
}

/// What the tools found, in one or two sentences.
fn of_tools(brief: &Brief<'_>) -> Option<String> {
    let mut said: Vec<String> = Vec::new();
    for audit in brief.replies("page_audit") {
        let problems = audit.get("problems").and_then(Value::as_array);
        let first = problems.and_then(|problems| problems.first()?.get("message")?.as_str());
        if let (Some(problems), Some(first)) = (problems, first) {
            said.push(brief.say(
                "summary_audit",
                &[("count", &problems.len().to_string()), ("first", first)],
            ));
        }
    }
    let sums: Vec<String> = roles::worked_out(brief)
        .iter()
        .filter(|_| brief.kind != Kind::Draft)
        .take(5)
        .map(|result| result.said())
        .collect();
    if !sums.is_empty() {
        said.push(brief.say("summary_sums", &[("sums", &sums.join("; "))]));
    }
    let rows = brief
        .replies("record_cleaner")
        .find_map(|reply| reply.pointer("/counts/rows")?.as_u64());
    if let Some(rows) = rows.filter(|_| brief.kind == Kind::Research) {
        said.push(brief.say("summary_rows", &[("count", &rows.to_string())]));
    }
    let pages = roles::pages(brief);
    if said.is_empty() && !pages.is_empty() && brief.kind != Kind::Draft {
        said.push(brief.say("summary_pages", &[("count", &pages.len().to_string())]));
        said.extend(
            pages
                .iter()
                .take(2)
                .map(|page| format!("{}.", page.title.trim_end_matches('.'))),
        );
    }
    (!said.is_empty()).then(|| {
        let place = brief
            .subject
            .place
            .as_ref()
            .filter(|_| brief.kind == Kind::Research);
        let about = match (&brief.found.product, place) {
            (Some(product), Some(place)) => format!("{product}, {place}: "),
            (None, Some(place)) => format!("{place}: "),
            _ => String::new(),
        };
        format!("{about}{}", said.join(" "))
    })
}

/// Why it is so.
pub(super) fn explanation(brief: &Brief<'_>) -> String {
    if brief.kind == Kind::Tax {
        let told = brief
            .replies("gst_calculator")
            .find_map(|reply| reply.get("explanation")?.as_str());
        let from_tool = of_tax(brief);
        return from_tool
            .or_else(|| told.map(str::to_owned))
            .unwrap_or_else(|| {
                let missing: Vec<String> = needs::of(brief)
                    .into_iter()
                    .map(|need| brief.say(need, &[]))
                    .collect();
                brief.say("summary_little", &[("missing", &missing.join(" "))])
            });
    }
    match roles::worked_out(brief).first() {
        Some(result) => result.formula.clone(),
        None => brief.say("draft", &[]),
    }
}
