//! Everything the offline model has to work with for one request.

use chrono::NaiveDate;
use serde_json::Value;

use super::OfflineFacts;
use super::clean::{self, Cleaned};
use super::extract::Extract;
use super::ideas::{self, Idea, Subject};
use super::index::{Index, Source};
use super::language::{self, Language};
use super::lead::{self, Signal};
use super::money::{self, decimal};
use crate::{Request, ToolResult, Turn};

/// What kind of work it is, which decides a few of the words and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Campaign,
    Tax,
    Lead,
    Research,
    Cleanup,
    General,
}

#[derive(Debug)]
pub(super) struct Brief<'a> {
    pub facts: &'a OfflineFacts,
    /// The person's own sentence.
    pub prompt: String,
    pub kind: Kind,
    pub language: Language,
    pub found: Extract,
    pub index: Index,
    pub results: Vec<&'a ToolResult>,
    /// The tools already called.
    pub called: Vec<&'a str>,
    pub subject: Subject,
    pub ideas: Vec<Idea>,
    pub signals: Vec<Signal>,
    pub cleaned: Option<Cleaned>,
}

impl<'a> Brief<'a> {
    pub fn of(request: &'a Request) -> Self {
        let facts = &request.facts;
        let prompt = prompt(request);
        let mut text = prompt.clone();
        for word in strings(&facts.inputs) {
            if !text.contains(word) {
                text += "\n";
                text += word;
            }
        }
        let mut found = Extract::of(&text);

        let mut results = Vec::new();
        let mut called = Vec::new();
        for turn in &request.turns {
            match turn {
                Turn::ToolResults(some) => results.extend(some),
                Turn::Model { tool_calls, .. } => {
                    called.extend(tool_calls.iter().map(|call| call.name.as_str()))
                }
                Turn::User { .. } => {}
            }
        }
        let mut index = Index::default();
        index.add(&facts.inputs, Source::Input);
        for result in results.iter().filter(|result| !result.is_error) {
            index.add(&result.content, Source::Tool);
        }
        take_inputs(&mut found, &index);

        let kind = kind(&facts.skill_id, &text);
        let day = found
            .festival
            .and_then(|festival| occasion_day(&results, festival, facts.today));
        let occasion = found.festival.map(str::to_owned).or_else(|| {
            index
                .named("festival")
                .find_map(Value::as_str)
                .map(str::to_owned)
        });
        let subject = Subject {
            product: found
                .product
                .clone()
                .unwrap_or_else(|| "products".to_owned()),
            business: found
                .business
                .clone()
                .unwrap_or_else(|| "business".to_owned()),
            place: found
                .city()
                .or(found.state().map(|state| state.name.as_str()))
                .map(str::to_owned),
            occasion,
            day,
            channels: found.channels.clone(),
            today: facts.today,
        };
        let records = match kind {
            Kind::Cleanup => clean::find_records(&facts.inputs)
                .or_else(|| clean::find_records(&Value::from(prompt.as_str())))
                .or_else(|| {
                    results
                        .iter()
                        .filter(|result| !result.is_error)
                        .find_map(|result| clean::find_records(&result.content))
                }),
            _ => None,
        };
        Self {
            kind,
            language: language::detect(&prompt, facts.language.as_deref()),
            ideas: ideas::of(&subject),
            signals: lead::signals(&found),
            cleaned: records.map(|records| clean::clean(&records)),
            facts,
            prompt,
            found,
            index,
            results,
            called,
            subject,
        }
    }

    pub fn score(&self) -> u32 {
        lead::score(&self.signals)
    }
}

/// The facts' own prompt, else the first user turn.
fn prompt(request: &Request) -> String {
    let first = request.turns.iter().find_map(|turn| match turn {
        Turn::User { text } => Some(text.as_str()),
        _ => None,
    });
    request
        .facts
        .prompt
        .as_deref()
        .or(first)
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// The texts inside a value, without its numbers' punctuation.
fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(list) => list.iter().flat_map(strings).collect(),
        Value::Object(map) => map.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

/// What an input says by its name is surer than what a sentence seems to say.
fn take_inputs(found: &mut Extract, index: &Index) {
    let text = |names: &[&str]| -> Option<String> {
        let mut values = names.iter().flat_map(|name| index.named(name));
        values
            .find_map(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let first = |own: Option<String>, other: &mut Option<String>| {
        if own.is_some() {
            *other = own;
        }
    };
    first(
        text(&["product", "products", "offering", "category"]),
        &mut found.product,
    );
    first(
        text(&["business", "business_type", "brand", "store", "shop"]),
        &mut found.business,
    );
    first(
        text(&["audience", "target_audience", "segment"]),
        &mut found.audience,
    );
    first(
        text(&["deadline", "timeline", "needed_by", "by_date"]),
        &mut found.deadline,
    );
    if let Some(name) =
        text(&["company", "name", "lead", "contact_name"]).filter(|name| name.len() < 80)
    {
        found.names.retain(|known| *known != name);
        found.names.insert(0, name);
    }
    let budget = index.named("budget").find_map(|value| match value {
        Value::Number(number) => decimal(&number.to_string()),
        Value::String(text) => decimal(text),
        _ => None,
    });
    if let (Some(rupees), None) = (budget, found.budget()) {
        found.amounts.push(money::Amount {
            rupees,
            budget: true,
        });
    }
}

fn kind(skill: &str, text: &str) -> Kind {
    let by = |text: &str| {
        let kinds: [(Kind, &[&str]); 5] = [
            (Kind::Tax, &["gst", "tax", "invoice"]),
            (Kind::Lead, &["lead", "qualif"]),
            (Kind::Cleanup, &["clean", "dedup", "duplicate"]),
            (Kind::Research, &["research", "competitor", "compare"]),
            (
                Kind::Campaign,
                &[
                    "campaign", "content", "promot", "festival", "launch", "market",
                ],
            ),
        ];
        let text = text.to_lowercase();
        kinds
            .into_iter()
            .find(|(_, words)| words.iter().any(|word| text.contains(word)))
            .map(|(kind, _)| kind)
    };
    by(skill).or_else(|| by(text)).unwrap_or(Kind::General)
}

/// The day a tool gives for the festival: the next one from `today`.
fn occasion_day(results: &[&ToolResult], festival: &str, today: NaiveDate) -> Option<NaiveDate> {
    let mut days = Vec::new();
    for result in results.iter().filter(|result| !result.is_error) {
        collect_days(
            &result.content,
            festival,
            result.name.contains("festival"),
            &mut days,
        );
    }
    days.sort_unstable();
    days.into_iter().find(|day| *day >= today)
}

fn collect_days(value: &Value, festival: &str, relevant: bool, days: &mut Vec<NaiveDate>) {
    match value {
        Value::Object(map) => {
            let names_any = map.iter().any(|(key, value)| {
                value.is_string() && matches!(key.as_str(), "name" | "festival" | "title" | "id")
            });
            let names_it = map
                .values()
                .filter_map(Value::as_str)
                .any(|text| text.to_lowercase().contains(&festival.to_lowercase()));
            let relevant = if names_any { names_it } else { relevant };
            for (key, value) in map {
                // Where an object has its day, its other dates are around it (a lead time, a range).
                let beside = key != "date" && map.contains_key("date");
                let about_it = relevant
                    && !beside
                    && !matches!(key.as_str(), "today" | "from" | "after" | "until");
                match value
                    .as_str()
                    .and_then(|text| text.get(..10))
                    .and_then(|text| text.parse().ok())
                {
                    Some(day) if about_it => days.push(day),
                    Some(_) => {}
                    None => collect_days(value, festival, relevant, days),
                }
            }
        }
        Value::Array(list) => list
            .iter()
            .for_each(|value| collect_days(value, festival, relevant, days)),
        _ => {}
    }
}
