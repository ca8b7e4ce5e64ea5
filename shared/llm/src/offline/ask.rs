//! Arguments of the tools whose arguments are more than values by name.

use chrono::{Datelike, Months};
use serde_json::{Value, json};

use super::brief::{Brief, Kind};
use super::ideas::{self, Season};
use super::schema::{DEPTH, flat};
use super::{leads, sums, tables, tame};

/// The longest query that search engines take well.
const QUERY: usize = 120;

/// The arguments for a tool known here: `None` for other tools, `Some(None)` when there is nothing to ask
/// it.
pub(super) fn known(brief: &Brief<'_>, tool: &str, output: &Value) -> Option<Option<Value>> {
    Some(match tool {
        "web_search" => search(brief),
        "keyword_data" => phrases(brief).map(|phrases| json!({ "phrases": phrases })),
        "business_calculator" => {
            let sums: Vec<Value> = sums::wanted(brief)
                .iter()
                .map(sums::Sum::as_value)
                .collect();
            (!sums.is_empty()).then(|| json!({ "calculations": sums }))
        }
        "lead_scorer" => {
            let leads = leads::wanted(brief);
            (!leads.is_empty()).then(|| {
                let mut args = json!({ "leads": leads });
                if let Some(least) = sums::input(brief, &["minimum_budget_inr"]) {
                    args["minimum_budget_inr"] = json!(least.normalize().to_string());
                }
                args
            })
        }
        "record_cleaner" => rows(brief).map(|rows| json!({ "records": rows })),
        "database_reader" => reader(brief),
        "festival_calendar" => festivals(brief, output),
        _ => return None,
    })
}

/// Rows as they were given: what is in them is for the cleaner to judge, only Aadhaar numbers stay here.
pub(super) fn rows(brief: &Brief<'_>) -> Option<Vec<Value>> {
    let inputs = &brief.facts.inputs;
    let given = ["records", "rows", "contacts", "text", "pasted", "data"]
        .iter()
        .find_map(|name| tables::rows(inputs.get(*name)?));
    let rows = given.or_else(|| match brief.kind {
        Kind::Cleanup => tables::rows(inputs)
            .or_else(|| tables::rows(&json!(brief.facts.prompt)))
            .or_else(|| brief.replies("database_reader").find_map(tables::rows)),
        _ => None,
    })?;
    Some(rows.iter().map(|row| without_aadhaar(brief, row)).collect())
}

fn without_aadhaar(brief: &Brief<'_>, row: &Value) -> Value {
    let Some(row) = row.as_object() else {
        return row.clone();
    };
    row.iter()
        .map(|(name, value)| {
            let text = match value {
                Value::String(text) => bharat::aadhaar::without(text, tame::NO_AADHAAR),
                Value::Number(number) => {
                    bharat::aadhaar::without(&number.to_string(), tame::NO_AADHAAR)
                }
                _ => None,
            };
            // Lines that give orders to machines are no records where they were pasted beside others.
            let tamed = match (&text, value) {
                (None, Value::String(text)) if brief.kind != Kind::Cleanup => {
                    Some(tame::text(text).0).filter(|kept| kept != text)
                }
                _ => None,
            };
            let value = text.or(tamed).map_or_else(|| value.clone(), Value::from);
            (name.clone(), value)
        })
        .collect()
}

/// What a search is for: what it is about, and where.
fn search(brief: &Brief<'_>) -> Option<Value> {
    // Rows that were pasted are the work; a search needs a subject beside them.
    let pasted = rows(brief).is_some();
    let named = [
        "phrase",
        "query",
        "competitor",
        "product",
        "topic",
        "industry",
    ];
    let about = named
        .iter()
        .find_map(|name| brief.given(&[*name]))
        .or_else(|| rival(brief))
        .or_else(|| brief.found.product.clone())
        .or_else(|| brief.given(&["own_name", "business", "own_business"]))
        .or_else(|| words_of(&brief.prompt).filter(|_| !pasted))?;
    let about = about
        .split(['(', ';', '\n'])
        .next()
        .unwrap_or(&about)
        .trim()
        .to_owned();
    let place = brief
        .subject
        .place
        .as_ref()
        .filter(|place| !about.to_lowercase().contains(&place.to_lowercase()));
    let query = match place {
        Some(place) => format!("{about} {place}"),
        None => about,
    };
    let query: String = query.chars().take(QUERY).collect();
    let mut args = json!({ "query": query.trim() });
    if brief.language.code() != "en" && !query.is_ascii() {
        args["language"] = json!(brief.language.code());
    }
    Some(args)
}

/// Whose site is to be looked at, by its address.
fn rival(brief: &Brief<'_>) -> Option<String> {
    let url = brief.given(&["competitor_url", "rival_url"])?;
    let host = url.split("://").last()?.trim_start_matches("www.");
    Some(host.split(['.', '/']).next()?.to_owned())
}

/// The request itself as a query, when it says enough.
fn words_of(prompt: &str) -> Option<String> {
    let line = prompt.lines().next().unwrap_or_default().trim();
    (line.split_whitespace().count() >= 4)
        .then(|| line.trim_end_matches(['?', '.', '!']).to_owned())
}

fn phrases(brief: &Brief<'_>) -> Option<Vec<String>> {
    let listed = brief.statements(&["phrases"]).map(str::to_owned);
    let mut phrases: Vec<String> = listed.chain(brief.given(&["phrase"])).collect();
    if phrases.is_empty() {
        let about = brief.given(&["topic", "product"]).or_else(|| {
            // Of a business, what it sells stands after its name.
            let business = brief.given(&["business", "own_business"])?;
            Some(
                business
                    .split(',')
                    .nth(1)
                    .unwrap_or(&business)
                    .trim()
                    .to_owned(),
            )
        });
        let about = about.or_else(|| brief.found.product.clone())?;
        phrases.push(match &brief.subject.place {
            Some(place) => format!("{about} {place}"),
            None => about,
        });
    }
    phrases.truncate(10);
    let fits = |phrase: String| -> String {
        phrase
            .replace([';', '\n'], " ")
            .to_lowercase()
            .chars()
            .take(80)
            .collect()
    };
    Some(
        phrases
            .into_iter()
            .map(fits)
            .filter(|phrase| !phrase.trim().is_empty())
            .collect(),
    )
}

/// The kind of record that the work is about.
fn reader(brief: &Brief<'_>) -> Option<Value> {
    let prompt = brief.prompt.to_lowercase();
    let speaks = |any: &[&str]| any.iter().any(|word| prompt.contains(word));
    let skill = brief.facts.skill_id.as_str();
    let kind = if speaks(&["lead", "enquir", "quotation", "prospect"]) || brief.kind == Kind::Lead {
        "lead"
    } else if brief.kind == Kind::Cleanup
        || speaks(&["contact", "customer list"]) && brief.kind != Kind::Support
    {
        "contact"
    } else if skill.contains("competitor") || skill.contains("pricing") {
        "competitor_profile"
    } else if skill.contains("social") || brief.kind == Kind::Campaign {
        "campaign_idea"
    } else if skill.contains("outreach") {
        "lead"
    } else {
        "finding"
    };
    // Rows that were given are not looked for again.
    let given = matches!(kind, "lead" | "contact") && brief.lists().next().is_some();
    (!given).then(|| json!({ "kind": kind, "limit": 50 }))
}

/// A festival that is named; else those of the time ahead, where the answer has a place for them.
fn festivals(brief: &Brief<'_>, output: &Value) -> Option<Value> {
    let from = brief
        .given(&["from", "start"])
        .filter(|day| day.parse::<chrono::NaiveDate>().is_ok())
        .unwrap_or_else(|| brief.facts.today.to_string());
    if let Some(festival) = brief.found.festival {
        return Some(json!({ "festival": festival, "from": from }));
    }
    // Before the year's end, its last two months and the first weeks of the next.
    if brief.subject.season != Season::Festive
        && let Some(first) = ideas::year_end(brief.facts.today)
            .with_day(1)
            .and_then(|march| march.checked_sub_months(Months::new(1)))
    {
        let from = first.max(brief.facts.today).to_string();
        return Some(json!({ "from": from, "months_ahead": 3 }));
    }
    let place = |name: &String| {
        ["festival", "occasion", "season"]
            .iter()
            .any(|word| name.contains(word))
    };
    let wanted = output
        .as_object()
        .is_some_and(|output| output.keys().any(place));
    let weeks = brief.inputs.get("weeks").and_then(Value::as_u64);
    // To the end of the financial year from any time of it, or as far as a schedule goes.
    let months = weeks.map_or(6, |weeks| (weeks / 4 + 1).min(12));
    wanted.then(|| json!({ "from": from, "months_ahead": months }))
}

/// The names of an output schema's properties, with nothing in them yet: what an answer has place for.
pub(super) fn outline(schema: &Value) -> Value {
    let own = flat(schema, schema, DEPTH);
    own.get("properties").cloned().unwrap_or_default()
}
