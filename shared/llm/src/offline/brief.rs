//! Everything the offline model has to work with for one request, made tame.

use serde_json::Value;

use super::OfflineFacts;
use super::extract::Extract;
use super::ideas::{self, Idea, Subject};
use super::index::{Index, Source};
use super::language::{self, Language};
use super::money::{self, decimal};
use super::phrasebook::say;
use super::replies::{EARLIER, Reply, occasion_day, replies};
use super::tame;
use super::vocabulary::in_hindi;
use crate::{Request, Turn};

/// What kind of work it is, which decides a few of the words and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Campaign,
    /// A text for customers or readers.
    Draft,
    Support,
    Tax,
    Lead,
    Research,
    Report,
    Cleanup,
    General,
}

#[derive(Debug)]
pub(super) struct Brief<'a> {
    pub facts: &'a OfflineFacts,
    /// The person's own sentence, made tame.
    pub prompt: String,
    /// The inputs, made tame.
    pub inputs: Value,
    pub kind: Kind,
    pub language: Language,
    pub found: Extract,
    pub index: Index,
    pub replies: Vec<Reply>,
    /// The tools already called.
    pub called: Vec<&'a str>,
    /// What was searched for.
    pub searched: Option<String>,
    pub subject: Subject,
    pub ideas: Vec<Idea>,
    /// Where something was left out because it spoke to machines.
    pub left_out: Vec<String>,
}

impl<'a> Brief<'a> {
    pub fn of(request: &'a Request) -> Self {
        let facts = &request.facts;
        let mut left_out = Vec::new();
        let first = request.turns.iter().find_map(|turn| match turn {
            Turn::User { text } => Some(text.as_str()),
            _ => None,
        });
        let asked = facts.prompt.as_deref().or(first).unwrap_or_default().trim();
        let prompt = tamed(asked, "the request", &mut left_out);
        let inputs = match &facts.inputs {
            Value::Object(map) => map
                .iter()
                .map(|(name, value)| (name.clone(), tame::value(value, name, &mut left_out)))
                .collect(),
            _ => Value::Object(serde_json::Map::new()),
        };
        let mut found = Extract::of(&prompt);
        let mut text = prompt.clone();
        for word in strings(&inputs) {
            if !text.contains(word) {
                text += "\n";
                text += word;
            }
        }
        found.take_plain(&Extract::of(&text));
        // `campaign.diwali` says which festival it is about.
        found.festival = found
            .festival
            .or_else(|| Extract::of(&facts.skill_id.replace('.', " ")).festival);

        let (replies, called) = replies(request, first.unwrap_or_default(), &mut left_out);
        let mut index = Index::default();
        index.add(&inputs, Source::Input);
        for reply in replies.iter().filter(|reply| !reply.failed) {
            index.add(&reply.content, Source::Tool);
        }
        take_inputs(&mut found, &inputs);

        let hint = inputs
            .get("language")
            .and_then(Value::as_str)
            .or(facts.language.as_deref());
        let language = language::detect(&prompt, hint);
        let day = found
            .festival
            .and_then(|festival| occasion_day(&replies, festival, facts.today));
        let occasion = found.festival.map(|festival| match language {
            Language::Hindi => in_hindi(festival).unwrap_or(festival).to_owned(),
            _ => festival.to_owned(),
        });
        let place = given(&inputs, &["city", "location", "place", "area"])
            .or_else(|| found.city().map(str::to_owned))
            .or_else(|| found.state().map(|state| state.name.clone()));
        let year_end = says_year_end(&format!("{} {prompt}", facts.skill_id));
        let dues = given(&inputs, &["goal"]).as_deref() == Some("collect_dues");
        let day = day.or_else(|| year_end.then(|| ideas::year_end(facts.today)));
        let subject = Subject {
            season: match (dues, year_end && found.festival.is_none()) {
                (true, _) => ideas::Season::Dues,
                (false, true) => ideas::Season::YearEnd,
                (false, false) => ideas::Season::Festive,
            },
            hindi: language == Language::Hindi,
            product: found
                .product
                .clone()
                .unwrap_or_else(|| say(language, "gap_product", &[])),
            business: found
                .business
                .as_deref()
                .and_then(short)
                .unwrap_or_else(|| say(language, "gap_business", &[])),
            place,
            occasion,
            day,
            channels: found.channels.clone(),
            today: facts.today,
        };
        let searched = request.turns.iter().find_map(|turn| match turn {
            Turn::Model { tool_calls, .. } => tool_calls
                .iter()
                .find_map(|call| call.args.get("query")?.as_str().map(str::to_owned)),
            _ => None,
        });
        Self {
            searched,
            kind: kind(&facts.skill_id, &text),
            language,
            ideas: ideas::of(&subject),
            facts,
            prompt,
            inputs,
            found,
            index,
            replies,
            called,
            subject,
            left_out,
        }
    }

    /// What a tool answered, each time it was called.
    pub fn replies<'b>(&'b self, tool: &'b str) -> impl Iterator<Item = &'b Value> {
        self.replies
            .iter()
            .filter(move |reply| reply.tool == tool && !reply.failed)
            .map(|reply| &reply.content)
    }

    /// A phrase in the language of the answer.
    pub fn say(&self, phrase: &str, slots: &[(&str, &str)]) -> String {
        say(self.language, phrase, slots)
    }

    /// A text among the inputs, by the first of the names that has one.
    pub fn given(&self, names: &[&str]) -> Option<String> {
        given(&self.inputs, names)
    }

    /// Sentences among the inputs: lists of texts by these names, or by any that say something.
    pub fn statements<'b>(&'b self, names: &'b [&str]) -> impl Iterator<Item = &'b str> {
        const TELLING: &[&str] = &[
            "facts", "events", "material", "plans", "policies", "history",
        ];
        let names = if names.is_empty() { TELLING } else { names };
        names
            .iter()
            .filter_map(|name| self.inputs.get(*name)?.as_array())
            .flatten()
            .filter_map(Value::as_str)
    }

    /// Lists of objects among the inputs and what earlier steps gave, each with its name.
    pub fn lists(&self) -> impl Iterator<Item = (&str, &[Value])> {
        let earlier = self
            .replies
            .iter()
            .filter(|reply| reply.tool.starts_with(EARLIER))
            .map(|reply| &reply.content);
        let mut found: Vec<(&str, &[Value])> = Vec::new();
        for value in std::iter::once(&self.inputs).chain(earlier) {
            lists_in(value, "", &mut found);
        }
        found.into_iter()
    }

    /// What the business is called, or a gap for it.
    pub fn business(&self) -> &str {
        &self.subject.business
    }
}

/// Whether a text speaks of the end of the financial year.
fn says_year_end(text: &str) -> bool {
    const SAYS: &[&str] = &[
        "eofy",
        "year end",
        "year-end",
        "fy end",
        "march end",
        "march closing",
        "31 march",
        "financial year",
        "मार्च",
        "માર્ચ",
        "साल का अंत",
    ];
    let lower = text.to_lowercase();
    SAYS.iter().any(|words| lower.contains(words))
}

/// What a business sells, of a line such as `Nidra Mattress Works, Faridabad, makers of mattresses`: what
/// stands after its name. A line that names no firm is what it sells.
fn sells(business: &str) -> Option<String> {
    let clauses: Vec<&str> = business
        .split([',', ';'])
        .map(str::trim)
        .filter(|clause| !clause.is_empty() && bharat::cities::City::find(clause).is_none())
        .collect();
    let first = clauses.first()?;
    let named = first
        .chars()
        .next()
        .is_some_and(|c| c.is_uppercase() || !c.is_ascii());
    if !named {
        return Some((*first).to_owned());
    }
    let sold: Vec<&str> = clauses
        .iter()
        .skip(1)
        .filter(|clause| !clause.contains(|c: char| c.is_ascii_digit()))
        .copied()
        .collect();
    (!sold.is_empty()).then(|| sold.join(", "))
}

fn tamed(text: &str, place: &str, left_out: &mut Vec<String>) -> String {
    let (kept, dropped) = tame::text(text);
    if dropped {
        left_out.push(place.to_owned());
    }
    kept
}

fn given(inputs: &Value, names: &[&str]) -> Option<String> {
    names
        .iter()
        .filter_map(|name| inputs.get(*name)?.as_str())
        .map(str::trim)
        .find(|text| !text.is_empty())
        .map(str::to_owned)
}

/// A name without what explains it: `Nidra Mattress Works, Faridabad, makers of ...`. What is no name, as
/// in `school shoes`, stays for the gap to say.
fn short(text: &str) -> Option<String> {
    let first = text.split([',', ';', '|']).next().unwrap_or(text).trim();
    let named = first
        .chars()
        .next()
        .is_some_and(|c| c.is_uppercase() || !c.is_ascii());
    named.then(|| first.to_owned())
}

fn lists_in<'v>(value: &'v Value, name: &'v str, found: &mut Vec<(&'v str, &'v [Value])>) {
    match value {
        Value::Array(list) if !list.is_empty() && list.iter().all(Value::is_object) => {
            found.push((name, list));
            for item in list {
                lists_in(item, name, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|item| lists_in(item, name, found)),
        Value::Object(map) => map
            .iter()
            .for_each(|(name, item)| lists_in(item, name, found)),
        _ => {}
    }
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
fn take_inputs(found: &mut Extract, inputs: &Value) {
    let text = |names: &[&str]| given(inputs, names);
    let first = |own: Option<String>, other: &mut Option<String>| {
        if own.is_some() {
            *other = own;
        }
    };
    first(
        text(&["product", "products", "topic", "query", "industry"]),
        &mut found.product,
    );
    first(
        text(&[
            "business",
            "own_business",
            "about",
            "prepared_by",
            "own_name",
        ]),
        &mut found.business,
    );
    if let Some(business) = text(&["business", "own_business", "about"])
        && text(&["product", "products", "topic", "query", "industry"]).is_none()
    {
        found.product = sells(&business).or_else(|| found.product.take());
    }
    first(
        text(&["audience", "target_audience", "segment"]),
        &mut found.audience,
    );
    first(
        text(&["deadline", "timeline", "needed_by", "by_date"]),
        &mut found.deadline,
    );
    if let Some(name) =
        text(&["company", "competitor", "customer_name", "name"]).filter(|name| name.len() < 80)
    {
        found.names.retain(|known| *known != name);
        found.names.insert(0, name);
    }
    let budget = ["budget_inr", "budget"]
        .iter()
        .find_map(|name| match inputs.get(*name)? {
            Value::Number(number) => decimal(&number.to_string()),
            Value::String(text) => bharat::rupees::parse(text),
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
        let kinds: [(Kind, &[&str]); 8] = [
            (Kind::Tax, &["gst", "tax", "invoice"]),
            (Kind::Lead, &["lead", "qualif"]),
            (Kind::Cleanup, &["clean", "dedup", "duplicate"]),
            (Kind::Campaign, &["campaign", "festival"]),
            (Kind::Report, &["report"]),
            (Kind::Support, &["support", "complaint"]),
            (
                Kind::Draft,
                &[
                    "content", "outreach", "social", "email", "post", "blog", "write",
                ],
            ),
            (
                Kind::Research,
                &[
                    "research",
                    "competitor",
                    "compare",
                    "analysis",
                    "scrape",
                    "market",
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
