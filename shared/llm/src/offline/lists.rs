//! Lists of sentences for a property, chosen by its name.

use serde_json::{Value, json};

use super::brief::{Brief, Kind};
use super::index::{Index, Source, words};
use super::money::rupees;
use super::phrase::HONEST;
use crate::ToolResult;

/// What a list property holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    /// What could not be known: written last.
    Limits,
    Assumptions,
    /// Marketing activities.
    Ideas,
    Steps,
    Risks,
    Reasons,
    Questions,
    Channels,
    /// What the law and the platforms ask.
    Rules,
    Sources,
    Names,
    Records,
    Changes,
    Unknown,
}

/// What holds for any marketing in India.
const RULES: [&str; 4] = [
    "WhatsApp and SMS go only to people who agreed to them, and each message says how to stop.",
    "Promotional SMS needs a registered header and template (DLT) and goes out between 10:00 and 21:00 (TRAI).",
    "No claim that can't be shown; the conditions of an offer are readable (ASCI, Consumer Protection Act).",
    "Names and numbers of customers are used only for what they were given for, and deleted on request (DPDP Act).",
];

pub(super) fn of(brief: &Brief<'_>, name: &str) -> List {
    let words = words(name);
    let is = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
    if is(&[
        "limits",
        "limitations",
        "unknowns",
        "unknown",
        "missing",
        "caveats",
        "gaps",
        "warnings",
    ]) {
        List::Limits
    } else if is(&["assumptions"]) {
        List::Assumptions
    } else if is(&["risks", "threats", "concerns"]) {
        List::Risks
    } else if is(&["questions"]) {
        List::Questions
    } else if is(&["changes", "fixes", "corrections", "issues", "log"])
        && brief.kind == Kind::Cleanup
    {
        List::Changes
    } else if is(&["records", "rows", "cleaned", "data", "contacts", "entries"])
        && brief.kind == Kind::Cleanup
    {
        List::Records
    } else if is(&[
        "reasons",
        "signals",
        "evidence",
        "factors",
        "criteria",
        "breakdown",
        "findings",
        "observations",
        "facts",
    ]) {
        List::Reasons
    } else if is(&["next", "recommendations", "follow"])
        || (is(&["steps", "actions", "todo"]) && brief.kind != Kind::Campaign)
    {
        List::Steps
    } else if is(&["channels", "platforms"]) {
        List::Channels
    } else if is(&["compliance", "rules", "legal", "regulations"]) {
        List::Rules
    } else if is(&["sources", "urls", "links", "references", "citations"]) {
        List::Sources
    } else if brief.kind == Kind::Campaign && !is(&["competitors", "hashtags", "keywords", "names"])
    {
        List::Ideas
    } else if is(&["competitors", "companies", "names", "leads", "brands"]) {
        List::Names
    } else {
        List::Unknown
    }
}

/// The competitors that are named or whose address is given, each with what was read about it.
pub(super) fn competitors(brief: &Brief<'_>) -> Vec<Value> {
    let mut names = brief.found.names.clone();
    for url in &brief.found.urls {
        let plain = |text: &str| {
            text.to_lowercase()
                .replace(|c: char| !c.is_alphanumeric(), "")
        };
        let host = url
            .split("://")
            .last()
            .unwrap_or(url)
            .trim_start_matches("www.");
        let label = host.split(['.', '/']).next().unwrap_or(host);
        if !names
            .iter()
            .any(|name| plain(name).contains(&plain(label)) || plain(label).contains(&plain(name)))
        {
            names.push(super::ideas::capital(label));
        }
    }
    names.iter().map(|name| competitor(brief, name)).collect()
}

fn competitor(brief: &Brief<'_>, name: &str) -> Value {
    let key = name.to_lowercase().replace(' ', "");
    let url = brief
        .found
        .urls
        .iter()
        .find(|url| url.to_lowercase().contains(&key));
    let about = |result: &&&ToolResult| {
        let content = result.content.to_string().to_lowercase();
        !result.is_error && (content.contains(&name.to_lowercase()) || content.contains(&key))
    };
    let mut index = Index::default();
    for result in brief.results.iter().filter(about) {
        index.add(&result.content, Source::Tool);
    }
    let read: Vec<String> = index
        .tool_facts()
        .into_iter()
        .filter_map(|(name, value)| {
            Some(format!(
                "{}: {}",
                name.replace('_', " "),
                super::phrase::plain(value)?
            ))
        })
        .take(6)
        .collect();
    let mut record =
        json!({ "name": name, "company": name, "competitor": name, "brand": name, "title": name });
    for key in ["url", "website", "source", "link"] {
        if let Some(url) = url {
            record[key] = json!(url);
        }
    }
    for key in [
        "facts",
        "findings",
        "observations",
        "evidence",
        "highlights",
        "notes",
    ] {
        if !read.is_empty() {
            record[key] = json!(read);
        }
    }
    record
}

/// The sentences of a list, most useful first; empty when nothing is known.
pub(super) fn lines(brief: &Brief<'_>, list: List, unknown: &[String]) -> Vec<String> {
    let found = &brief.found;
    match list {
        List::Limits => limits(brief, unknown),
        List::Assumptions => assumptions(brief),
        List::Ideas => brief
            .ideas
            .iter()
            .map(|idea| {
                format!(
                    "{} ({}, {}): {}",
                    idea.title, idea.channel, idea.timing, idea.action
                )
            })
            .collect(),
        List::Steps => next_steps(brief),
        List::Risks => risks(brief),
        List::Reasons => match brief.kind {
            Kind::Lead => brief
                .signals
                .iter()
                .map(|signal| {
                    format!(
                        "{} of {} for {}: {}",
                        signal.points, signal.of, signal.name, signal.text
                    )
                })
                .collect(),
            _ => brief
                .index
                .tool_facts()
                .into_iter()
                .take(6)
                .filter_map(|(name, value)| {
                    Some(format!(
                        "{}: {}",
                        name.replace('_', " "),
                        super::phrase::plain(value)?
                    ))
                })
                .collect(),
        },
        List::Questions => questions(brief),
        List::Channels => {
            let mut channels: Vec<String> = Vec::new();
            let named = found.channels.iter().map(|channel| (*channel).to_owned());
            let planned = brief
                .ideas
                .iter()
                .filter(|_| brief.kind == Kind::Campaign)
                .map(|idea| idea.channel.clone());
            for channel in named.chain(planned) {
                if !channels.contains(&channel) {
                    channels.push(channel);
                }
            }
            channels
        }
        List::Sources => {
            let tools = brief
                .results
                .iter()
                .filter(|result| !result.is_error)
                .map(|result| format!("tool: {}", result.name));
            let mut sources = found.urls.clone();
            for tool in tools {
                if !sources.contains(&tool) {
                    sources.push(tool);
                }
            }
            sources
        }
        List::Names => found.names.clone(),
        List::Changes => brief
            .cleaned
            .iter()
            .flat_map(|cleaned| &cleaned.changes)
            .map(|change| {
                format!(
                    "row {}, {}: {} ({:?} -> {:?})",
                    change.row, change.field, change.rule, change.before, change.after
                )
            })
            .collect(),
        List::Rules => RULES.map(str::to_owned).to_vec(),
        List::Records | List::Unknown => Vec::new(),
    }
}

fn limits(brief: &Brief<'_>, unknown: &[String]) -> Vec<String> {
    let mut limits = vec![HONEST.to_owned()];
    if let super::language::Language::Other(name) = brief.language {
        limits.push(format!(
            "The offline model writes English and some Hindi, not {name}."
        ));
    }
    for result in brief.results.iter().filter(|result| result.is_error) {
        limits.push(format!("{} gave no result.", result.name));
    }
    limits.extend(
        unknown
            .iter()
            .map(|name| format!("Not known offline: {name}.")),
    );
    limits
}

fn assumptions(brief: &Brief<'_>) -> Vec<String> {
    let mut assumed = Vec::new();
    if let Some(amount) = brief.found.amount() {
        assumed.push(format!("Amounts are Indian rupees ({}).", rupees(amount)));
    }
    if let (Some(city), Some(state)) = (brief.found.city(), brief.found.state()) {
        assumed.push(format!("{city} is {city} in {}.", state.name));
    }
    if brief.kind == Kind::Campaign {
        assumed.push("There is a list of customers who agreed to be written to.".to_owned());
        if brief.found.budget().is_none() {
            assumed.push(
                "No budget was given, so the activities need time more than money.".to_owned(),
            );
        }
    }
    if brief.kind == Kind::Lead {
        assumed.push("What the lead says is true: nothing was checked.".to_owned());
    }
    assumed
}

pub(super) fn next_steps(brief: &Brief<'_>) -> Vec<String> {
    let found = &brief.found;
    let mut steps = Vec::new();
    match brief.kind {
        Kind::Campaign => {
            steps.extend(brief.ideas.iter().take(3).map(|idea| match idea.date {
                Some(day) => format!("By {day}: {}", idea.action),
                None => format!("{}: {}", super::ideas::capital(&idea.timing), idea.action),
            }));
            steps.push("Decide the budget and write it beside each activity.".to_owned());
        }
        Kind::Lead => {
            let who = found.names.first().map_or("the lead", String::as_str);
            let wanted = found
                .quantities
                .first()
                .map(|wanted| format!(" for {} {}", wanted.count, wanted.noun))
                .unwrap_or_default();
            let by = found
                .deadline
                .as_ref()
                .map(|by| format!(", delivered by {by}"))
                .unwrap_or_default();
            match super::lead::grade(brief.score()) {
                "hot" => steps.push(format!(
                    "Call {who} today and send a quotation{wanted}{by}."
                )),
                "warm" => steps.push(format!("Write to {who} and ask for what is missing.")),
                _ => steps.push(format!(
                    "Keep {who} on the newsletter list until there is a need and a date."
                )),
            }
            steps.extend(
                questions(brief)
                    .into_iter()
                    .map(|question| format!("Ask: {question}")),
            );
        }
        Kind::Tax => {
            steps.push("Check the HSN or SAC code: it decides the rate.".to_owned());
            steps.push("Put the place of supply and both GSTINs on the invoice.".to_owned());
        }
        Kind::Research => {
            steps.push("Name the competitors' websites, so that they can be read.".to_owned())
        }
        Kind::Cleanup => steps
            .push("Look through the changes before the records replace the old ones.".to_owned()),
        Kind::General => steps.extend(questions(brief)),
    }
    steps
}

fn risks(brief: &Brief<'_>) -> Vec<String> {
    match brief.kind {
        Kind::Campaign => {
            let occasion = brief.subject.occasion.as_deref().unwrap_or("the season");
            vec![
                format!(
                    "Couriers are slow before {occasion}: set the last order day early and say it everywhere."
                ),
                format!(
                    "Running out of the {} that the posts show.",
                    brief.subject.product
                ),
                "Messages to people who never agreed to them.".to_owned(),
            ]
        }
        Kind::Lead => brief
            .signals
            .iter()
            .filter(|signal| signal.points == 0)
            .map(|signal| super::ideas::capital(&signal.text))
            .collect(),
        _ => Vec::new(),
    }
}

fn questions(brief: &Brief<'_>) -> Vec<String> {
    let found = &brief.found;
    let mut questions = Vec::new();
    if found.budget().is_none() && brief.kind != Kind::Tax {
        questions.push("What is the budget, in rupees?".to_owned());
    }
    if found.deadline.is_none() && brief.subject.occasion.is_none() && brief.kind != Kind::Tax {
        questions.push("By when?".to_owned());
    }
    match brief.kind {
        Kind::Lead => {
            if found.phones.is_empty() && found.emails.is_empty() {
                questions.push(
                    "What is the phone number or email of the person who decides?".to_owned(),
                );
            }
            if found.quantities.is_empty() {
                questions.push("Which product, and how many?".to_owned());
            }
        }
        Kind::Campaign => {
            if found.audience.is_none() {
                questions.push("Who bought most last year?".to_owned());
            }
            questions.push("How many customers agreed to WhatsApp or email messages?".to_owned());
        }
        Kind::Tax => questions.push("What is the HSN or SAC code?".to_owned()),
        _ => {}
    }
    questions
}
