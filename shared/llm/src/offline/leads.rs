//! The leads that a request or its inputs tell of, as `lead_scorer` takes them.

use std::sync::LazyLock;

use bharat::cities::City;
use bharat::phone;
use chrono::{Datelike, Months, NaiveDate};
use regex::Regex;
use serde_json::{Map, Value, json};

use super::brief::Brief;
use super::extract::Extract;

/// A lead's fields beside those that the scorer takes come back from the inputs, not from here.
pub(super) fn wanted(brief: &Brief<'_>) -> Vec<Value> {
    let given = brief.inputs.get("leads").and_then(Value::as_array);
    match given {
        Some(leads) if !leads.is_empty() => leads
            .iter()
            .filter_map(|lead| of_object(lead, brief.facts.today))
            .collect(),
        _ => told(brief)
            .iter()
            .map(|lead| of_words(lead, brief.facts.today))
            .collect(),
    }
}

/// One lead told in words.
pub(super) struct Told {
    pub name: String,
    pub text: String,
    pub found: Extract,
}

/// A sentence that names somebody begins a lead; those after it that name nobody belong to it.
pub(super) fn told(brief: &Brief<'_>) -> Vec<Told> {
    let mut leads: Vec<Told> = Vec::new();
    for line in brief.prompt.split('\n') {
        // What stands before a colon says what to do with the leads.
        let line = line.split_once(": ").map_or(line, |(_, rest)| rest);
        for sentence in line.split_inclusive(['.', '?', '!', ';']) {
            let found = Extract::of(sentence);
            let named = opening_name(sentence).or_else(|| found.names.first().cloned());
            let tells = !found.quantities.is_empty()
                || !found.amounts.is_empty()
                || sentence.split_whitespace().count() > 3;
            match (named, leads.last_mut()) {
                (Some(name), _) if tells => leads.push(Told {
                    name,
                    text: sentence.trim().to_owned(),
                    found,
                }),
                (None, Some(last)) => {
                    last.text.push_str(sentence);
                    last.found = Extract::of(&last.text);
                }
                _ => {}
            }
        }
    }
    // Of a request in words, only what has an enquiry in it is a lead.
    leads.retain(|lead| {
        let found = &lead.found;
        let facts = [
            !found.quantities.is_empty(),
            !found.amounts.is_empty(),
            found.deadline.is_some(),
            !found.phones.is_empty(),
            asks(&lead.text),
        ];
        facts.contains(&true)
    });
    leads
}

static OPENING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(\p{Lu}[\p{L}&.]+(?:\s+(?:ji|sahab|saheb|bhai|ben|\p{Lu}[\p{L}&.]+))*)")
        .expect("a valid pattern")
});
static ASKS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:wants?|needs?|asks?|asked|enquir\w*|inquir\w*|rate|quotation|chahiye|maang\w*|order)\b")
        .expect("a valid pattern")
});
static ORDER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\s*(?:please\s+)?(?:score|qualify|rank|plan|make|write|tell|give|find|check|which|who|what|how|is|are|should|we|i|this|these|our|my|ye|yeh|is|kaun|kis)\b")
        .expect("a valid pattern")
});

fn asks(text: &str) -> bool {
    ASKS.is_match(text)
}

/// `Sharma ji` at the head of a sentence, where a capital alone would say nothing.
fn opening_name(sentence: &str) -> Option<String> {
    if ORDER.is_match(sentence) {
        return None;
    }
    let name = OPENING.captures(sentence)?.get(1)?.as_str();
    let many = name.split_whitespace().count() > 1;
    let without_place = match name.rsplit_once(' ') {
        Some((who, last)) if City::find(last).is_some() => who,
        _ => name,
    };
    many.then(|| without_place.to_owned())
}

fn of_words(lead: &Told, today: NaiveDate) -> Value {
    let found = &lead.found;
    let mut args = Map::from_iter([("name".to_owned(), json!(lead.name))]);
    let wanted = found.quantities.first();
    if let Some(wanted) = wanted {
        args.insert(
            "need".into(),
            json!(format!("{} {}", wanted.count, wanted.noun)),
        );
        args.insert("quantity".into(), json!(wanted.count));
    }
    if let Some(budget) = found.budget().or(found.amount()) {
        args.insert("budget_inr".into(), json!(budget.normalize().to_string()));
    }
    if let Some(days) = days_until(&lead.text, today) {
        args.insert("timeline_days".into(), json!(days));
    }
    if let Some(who) = authority(&lead.text) {
        args.insert("authority".into(), json!(who));
    }
    if !found.phones.is_empty() || !found.emails.is_empty() {
        args.insert("contactable".into(), json!(true));
    }
    args.into()
}

fn of_object(lead: &Value, today: NaiveDate) -> Option<Value> {
    let text = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| lead.get(*name)?.as_str())
            .map(str::trim)
            .filter(|text| !text.is_empty())
    };
    let mut args = Map::from_iter([(
        "name".to_owned(),
        json!(text(&["name", "company", "contact"])?),
    )]);
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            args.insert(name.to_owned(), value);
        }
    };
    add(
        "need",
        text(&["need", "message", "requirement"]).map(Value::from),
    );
    let budget = ["budget_inr", "budget"]
        .iter()
        .find_map(|name| lead.get(*name));
    add(
        "budget_inr",
        budget
            .filter(|budget| super::sums::number(budget).is_some())
            .cloned(),
    );
    let days = lead
        .get("timeline_days")
        .and_then(Value::as_i64)
        .filter(|days| *days >= 0);
    let told = || text(&["timeline", "deadline", "when"]).and_then(|text| days_until(text, today));
    add("timeline_days", days.or_else(told).map(Value::from));
    let who = lead
        .get("authority")
        .filter(|who| matches!(who.as_str(), Some("owner" | "manager" | "staff")));
    add(
        "authority",
        who.cloned()
            .or_else(|| authority(text(&["message", "notes"])?).map(Value::from)),
    );
    let quantity = lead
        .get("quantity")
        .filter(|count| count.as_f64().is_some_and(|count| count > 0.0));
    add("quantity", quantity.cloned());
    let reached = text(&["phone", "mobile"])
        .map(|number| phone::parse(number).is_ok())
        .or_else(|| text(&["email"]).map(|email| email.contains('@')));
    add(
        "contactable",
        lead.get("contactable")
            .filter(|value| value.is_boolean())
            .cloned()
            .or(reached.map(Value::from)),
    );
    let consent = lead.get("consent").and_then(|consent| match consent {
        Value::Bool(yes) => Some(*yes),
        Value::String(text) => yes(text),
        _ => None,
    });
    add("consent", consent.map(Value::from));
    add(
        "fit",
        lead.get("fit")
            .filter(|fit| matches!(fit.as_str(), Some("strong" | "partial" | "none")))
            .cloned(),
    );
    add("source", text(&["source"]).map(Value::from));
    Some(args.into())
}

/// A yes or no that opens a text.
pub(super) fn yes(text: &str) -> Option<bool> {
    let lower = text.trim().to_lowercase();
    let starts = |any: &[&str]| any.iter().any(|word| lower.starts_with(word));
    if starts(&["no", "nahi", "stop", "false", "नहीं"]) {
        Some(false)
    } else if starts(&["yes", "haan", "true", "agreed", "opt", "हाँ"])
        || lower.contains(" yes")
        || lower.contains("agreed")
    {
        Some(true)
    } else {
        None
    }
}

fn authority(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    let has = |any: &[&str]| any.iter().any(|word| lower.contains(word));
    if has(&[
        "owner",
        "proprietor",
        "malik",
        "मालिक",
        "director",
        "founder",
    ]) {
        Some("owner")
    } else if has(&["manager", "purchase head", "मैनेजर"]) {
        Some("manager")
    } else {
        None
    }
}

static SPAN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(\d{1,3})\s*(days?|din|weeks?|hafte|months?|mahine)\b")
        .expect("a valid pattern")
});
static TAREEKH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(\d{1,2})\s*(?:tareekh|tarikh|तारीख)").expect("a valid pattern")
});
static MONTH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:\b(\d{1,2})(?:st|nd|rd|th)?\s+)?\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b(?:\s+(\d{1,2})\b)?(?:,?\s+(\d{4}))?")
        .expect("a valid pattern")
});

/// How many days from today a text says that something is wanted. A month alone is its first day.
fn days_until(text: &str, today: NaiveDate) -> Option<i64> {
    let lower = text.to_lowercase();
    if lower.contains("today") || lower.contains("aaj") {
        return Some(0);
    }
    if lower.contains("tomorrow") || lower.contains("next week") {
        return Some(if lower.contains("tomorrow") { 1 } else { 7 });
    }
    if let Some(span) = SPAN.captures(&lower) {
        let count: i64 = span[1].parse().ok()?;
        return Some(match &span[2][..1] {
            "d" => count,
            "w" | "h" => count * 7,
            _ => count * 30,
        });
    }
    if let Some(day) = TAREEKH.captures(&lower) {
        let day = day[1].parse().ok()?;
        let this = today.with_day(day).filter(|date| *date >= today);
        let next = || today.checked_add_months(Months::new(1))?.with_day(day);
        return Some((this.or_else(next)? - today).num_days());
    }
    let date = lower
        .split_whitespace()
        .find_map(|word| word.parse::<NaiveDate>().ok());
    let date = date.or_else(|| month_named(&lower, today))?;
    Some((date - today).num_days()).filter(|days| *days >= 0)
}

fn month_named(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    let names = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let found = MONTH.captures(text)?;
    let month = u32::try_from(names.iter().position(|name| *name == &found[2])? + 1).ok()?;
    let stated = found
        .get(1)
        .or(found.get(3))
        .and_then(|day| day.as_str().parse().ok());
    let day = stated.unwrap_or(1);
    if let Some(year) = found.get(4).and_then(|year| year.as_str().parse().ok()) {
        return NaiveDate::from_ymd_opt(year, month, day);
    }
    let this = NaiveDate::from_ymd_opt(today.year(), month, day)?;
    if this >= today {
        Some(this)
    } else if stated.is_none() && month == today.month() {
        Some(today)
    } else {
        NaiveDate::from_ymd_opt(today.year() + 1, month, day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_what_people_say() {
        let today = "2026-11-21".parse().unwrap();
        for (text, days) in [
            ("within 15 days", Some(15)),
            ("in 2 weeks", Some(14)),
            ("25 tareekh ko chahiye", Some(4)),
            ("10 tareekh", Some(19)),
            ("by December", Some(10)),
            ("by 15 December 2026", Some(24)),
            ("before Jan 5", Some(45)),
            ("2026-12-01", Some(10)),
            ("this month or in November", Some(0)),
            ("soon", None),
        ] {
            assert_eq!(days_until(text, today), days, "{text}");
        }
    }
}
