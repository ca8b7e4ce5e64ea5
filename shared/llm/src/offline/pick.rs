//! One of several given values, and texts whose form is prescribed.

use serde_json::Value;

use super::brief::{Brief, Kind};
use super::fill::{Filled, Scope, known, unknown};
use super::index::words;
use bharat::cities::word_at;

/// The option that what is known speaks for; else the one that says so; else the first.
pub(super) fn option(brief: &Brief<'_>, options: &[Value], name: &str, scope: Scope<'_>) -> Filled {
    if let Some(found) = favoured(brief, options, name, scope) {
        return known(found);
    }
    let says_so = [
        "unknown",
        "not_known",
        "not known",
        "unspecified",
        "none",
        "other",
        "n/a",
        "undetermined",
    ];
    let spare = options.iter().find(|option| {
        option.is_null() || lower(option).is_some_and(|text| says_so.contains(&text.as_str()))
    });
    unknown(spare.or(options.first()).cloned().unwrap_or(Value::Null))
}

/// The options a list may hold: those the request or the plan names.
pub(super) fn options(
    brief: &Brief<'_>,
    options: &[Value],
    name: &str,
    scope: Scope<'_>,
) -> Vec<Value> {
    let text = brief.prompt.to_lowercase();
    let planned: Vec<String> = match (scope.idea, brief.kind) {
        (Some(idea), _) => vec![idea.channel.to_lowercase()],
        (None, Kind::Campaign) => brief
            .ideas
            .iter()
            .map(|idea| idea.channel.to_lowercase())
            .collect(),
        _ => Vec::new(),
    };
    let mut chosen: Vec<Value> = options
        .iter()
        .filter(|option| {
            lower(option).is_some_and(|option| {
                word_at(&text, &option).is_some()
                    || planned.iter().any(|channel| same(channel, &option))
            })
        })
        .cloned()
        .collect();
    if chosen.is_empty() {
        chosen.extend(favoured(brief, options, name, scope));
    }
    chosen
}

fn favoured(brief: &Brief<'_>, options: &[Value], name: &str, scope: Scope<'_>) -> Option<Value> {
    let words = words(name);
    let is = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
    let named = |wanted: &str| {
        options
            .iter()
            .find(|option| lower(option).is_some_and(|option| same(&option, wanted)))
            .cloned()
    };
    if is(&["confidence", "certainty"]) {
        return named("low");
    }
    if let Some(record) = scope.record {
        return record
            .get(name)
            .and_then(lower)
            .and_then(|wanted| named(&wanted));
    }
    if let Some(idea) = scope.idea {
        return named(&idea.channel).or_else(|| named(idea.phase));
    }
    if is(&["language", "locale", "lang"]) {
        return named(brief.language.key())
            .or_else(|| named(brief.language.code()))
            .or_else(|| named(brief.language.name()));
    }
    if brief.kind == Kind::Support
        && let Some(found) = of_message(brief, options, &is)
    {
        return Some(found);
    }
    if is(&["source"]) && is(&["data"]) {
        return named(if brief.found.urls.is_empty() {
            "none"
        } else {
            "public_web"
        });
    }
    if let (Some(from), Some(to)) = (brief.found.from, brief.found.to) {
        let way: &[&str] = if from.code == to.code {
            &[
                "intra",
                "intra_state",
                "intrastate",
                "cgst_sgst",
                "cgst+sgst",
            ]
        } else {
            &["inter", "inter_state", "interstate", "igst"]
        };
        if let Some(found) = way.iter().find_map(|word| named(word)) {
            return Some(found);
        }
    }
    for state in [brief.found.from, brief.found.to]
        .into_iter()
        .flatten()
        .chain(brief.found.state())
    {
        if let Some(found) = named(&state.name).or_else(|| named(&state.code)) {
            return Some(found);
        }
    }
    let text = brief.prompt.to_lowercase();
    options
        .iter()
        .find(|option| {
            lower(option)
                .filter(|option| option.len() > 2)
                .is_some_and(|option| word_at(&text, &option.replace('_', " ")).is_some())
        })
        .cloned()
}

fn lower(value: &Value) -> Option<String> {
    value.as_str().map(str::to_lowercase)
}

/// Equal but for case, spaces and punctuation.
fn same(one: &str, other: &str) -> bool {
    let plain = |text: &str| -> String {
        text.to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric())
            .collect()
    };
    plain(one) == plain(other)
}

/// A text with a JSON Schema `format`; `None` when the format prescribes nothing here.
pub(super) fn formatted(
    brief: &Brief<'_>,
    format: &str,
    name: &str,
    scope: Scope<'_>,
) -> Option<Filled> {
    let found = &brief.found;
    let day = scope.idea.and_then(|idea| idea.date).or_else(|| {
        let stated = found.deadline.as_deref().and_then(|text| text.parse().ok());
        stated
            .or(brief.subject.day)
            .filter(|_| !words(name).iter().any(|word| word == "today"))
    });
    let date = |day: chrono::NaiveDate| day.format("%Y-%m-%d").to_string();
    let one = |known_text: Option<String>, otherwise: String| match known_text {
        Some(text) => known(text),
        None => unknown(otherwise),
    };
    Some(match format {
        // A date has no way to say that it isn't known: today's, and a word among the limits.
        "date" => one(day.map(date), date(brief.facts.today)),
        "date-time" => one(
            day.map(|day| format!("{}T00:00:00Z", date(day))),
            format!("{}T00:00:00Z", date(brief.facts.today)),
        ),
        "time" => unknown("00:00:00Z"),
        "email" => one(
            found.emails.first().cloned(),
            "unknown@example.invalid".to_owned(),
        ),
        "uri" | "url" | "iri" => one(
            found.urls.first().cloned(),
            "https://example.invalid/".to_owned(),
        ),
        "uuid" => unknown("00000000-0000-0000-0000-000000000000"),
        _ => return None,
    })
}

/// What a customer's message is about, as far as its words show, and how urgent it is.
fn of_message(brief: &Brief<'_>, options: &[Value], is: &dyn Fn(&[&str]) -> bool) -> Option<Value> {
    const KINDS: &[(&str, &[&str])] = &[
        (
            "damaged_or_wrong",
            &[
                "stain",
                "broken",
                "crack",
                "damage",
                "defect",
                "torn",
                "wrong",
                "टूट",
                "खराब",
            ],
        ),
        (
            "refund",
            &["refund", "money back", "paise wapas", "पैसे वापस"],
        ),
        (
            "delivery",
            &[
                "delivery",
                "not come",
                "arrive",
                "late",
                "kab aayega",
                "कब आएगा",
                "రాలేదు",
                "வரவில்லை",
            ],
        ),
        ("order_status", &["where is my order", "tracking", "status"]),
        ("payment", &["payment", "paid twice", "upi", "भुगतान"]),
        ("price_question", &["price", "rate", "kitne ka", "दाम"]),
        ("praise", &["thank you", "very good", "loved", "बहुत अच्छा"]),
    ];
    const DANGER: &[&str] = &[
        "fraud", "injured", "hospital", "shock", "poison", "police", "legal",
    ];
    const ANGER: &[&str] = &[
        "again",
        "third time",
        "angry",
        "consumer court",
        "worst",
        "बार बार",
    ];
    let message = brief.given(&["message"]).unwrap_or_default().to_lowercase();
    let has = |any: &[&str]| any.iter().any(|word| message.contains(word));
    let wanted = if is(&["kind", "type", "topic", "category", "about"]) {
        KINDS
            .iter()
            .find(|(_, words)| has(words))
            .map_or("other", |(kind, _)| kind)
    } else if is(&["urgency", "priority"]) {
        match (has(DANGER), has(ANGER)) {
            (true, _) => "now",
            (_, true) => "today",
            _ => "normal",
        }
    } else {
        return None;
    };
    options.iter().find(|option| option == &wanted).cloned()
}
