//! Words for a property, chosen by its name. `None` means that nothing known fits.

use serde_json::Value;

use super::brief::{Brief, Kind};
use super::ideas::{Idea, capital};
use super::index::words;
use super::lead;
use super::money::rupees;

/// Where in the answer a text goes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place<'a> {
    /// The activity this list item is about.
    pub idea: Option<&'a Idea>,
}

pub(super) fn text(brief: &Brief<'_>, name: &str, place: Place<'_>) -> Option<String> {
    let mut words = words(name);
    let singular: Vec<String> = words
        .iter()
        .filter_map(|word| word.strip_suffix('s'))
        .map(str::to_owned)
        .collect();
    words.extend(singular);
    let is = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
    if let Some(text) = place.idea.and_then(|idea| of_idea(brief, idea, &is)) {
        return Some(text);
    }
    let found = &brief.found;
    let owned = |text: &str| Some(text.to_owned());
    if is(&[
        "summary",
        "overview",
        "answer",
        "result",
        "conclusion",
        "brief",
        "abstract",
        "verdict",
    ]) {
        return Some(summary(brief));
    }
    if is(&[
        "explanation",
        "rationale",
        "reasoning",
        "why",
        "reason",
        "justification",
        "analysis",
        "basis",
    ]) {
        return Some(explanation(brief));
    }
    if is(&["email", "mail"]) {
        return found.emails.first().cloned();
    }
    if is(&["phone", "mobile", "whatsapp"]) {
        return found.phones.first().cloned();
    }
    if is(&["contact"]) {
        return found.phones.first().or(found.emails.first()).cloned();
    }
    if is(&["festival", "occasion", "event"]) {
        return brief.subject.occasion.clone();
    }
    if is(&["language", "locale"]) {
        return owned(brief.language.name());
    }
    if is(&["currency"]) {
        return owned("INR");
    }
    if is(&["city", "town"]) {
        return found.city().map(str::to_owned);
    }
    if is(&["state"]) {
        return found.state().map(|state| state.name.clone());
    }
    if is(&["location", "place", "region", "geography", "market", "area"]) {
        return brief.subject.place.clone();
    }
    if is(&[
        "product",
        "products",
        "offering",
        "item",
        "interest",
        "requirement",
        "need",
    ]) {
        let wanted = found
            .quantities
            .first()
            .map(|wanted| format!("{} {}", wanted.count, wanted.noun));
        return if is(&["product", "products", "offering", "item"]) {
            found.product.clone()
        } else {
            wanted.or(found.product.clone())
        };
    }
    if is(&[
        "deadline",
        "due",
        "timeline",
        "timeframe",
        "when",
        "date",
        "timing",
        "by",
    ]) {
        return found
            .deadline
            .clone()
            .or_else(|| brief.subject.day.map(|day| day.to_string()))
            .filter(|_| brief.kind != Kind::Campaign)
            .or_else(|| {
                let occasion = brief.subject.occasion.as_ref()?;
                Some(match brief.subject.day {
                    Some(day) => {
                        format!("From 3 weeks before {occasion} ({day}) to 3 days after it")
                    }
                    None => format!("From 3 weeks before {occasion} to 3 days after it"),
                })
            });
    }
    if is(&["budget", "spend", "cost"]) {
        return found.budget().map(rupees);
    }
    if is(&[
        "audience",
        "segment",
        "persona",
        "customers",
        "who",
        "target",
    ]) {
        return found.audience.clone().or_else(|| audience(brief));
    }
    if is(&[
        "grade",
        "temperature",
        "rating",
        "priority",
        "qualification",
        "status",
        "band",
    ]) && brief.kind == Kind::Lead
    {
        return owned(lead::grade(brief.score()));
    }
    if is(&["objective", "goal", "aim"]) {
        return objective(brief);
    }
    if is(&[
        "recommendation",
        "advice",
        "next",
        "follow",
        "action",
        "suggestion",
    ]) {
        return super::lists::next_steps(brief).into_iter().next();
    }
    if is(&["title", "headline", "subject", "campaign"])
        || (is(&["name"]) && brief.kind == Kind::Campaign)
    {
        return title(brief);
    }
    if is(&["name", "lead", "company", "customer", "buyer", "competitor"]) {
        return found.names.first().cloned();
    }
    if is(&["brand", "business", "store", "seller"]) {
        return found.business.clone();
    }
    if is(&["url", "link", "source", "website", "site"]) {
        return found.urls.first().cloned();
    }
    if is(&["tagline", "slogan", "hook", "theme", "concept"]) && brief.kind == Kind::Campaign {
        return theme(brief);
    }
    if is(&[
        "message", "copy", "caption", "pitch", "cta", "offer", "text", "body",
    ]) && brief.kind == Kind::Campaign
    {
        let idea = if is(&["cta"]) { 1 } else { 0 };
        return if is(&["offer"]) {
            brief.ideas.get(2).map(|idea| idea.title.clone())
        } else {
            brief.ideas.get(idea).map(|idea| idea.message.clone())
        };
    }
    if is(&["channel", "platform", "medium"]) {
        return brief
            .ideas
            .first()
            .filter(|_| brief.kind == Kind::Campaign || !found.channels.is_empty())
            .map(|idea| idea.channel.clone());
    }
    if is(&["metric", "kpi", "measure"]) && brief.kind == Kind::Campaign {
        return owned(brief.ideas[2].metric);
    }
    if is(&["tone", "style", "voice"]) {
        return brief
            .subject
            .occasion
            .as_ref()
            .map(|_| "Warm, festive and plain-spoken".to_owned());
    }
    if is(&["model", "generator"]) {
        return owned("offline");
    }
    if is(&["disclaimer", "note", "notes", "caveat"]) {
        return owned(HONEST);
    }
    if is(&["prompt", "request", "query", "question"]) && !brief.prompt.is_empty() {
        return Some(brief.prompt.clone());
    }
    None
}

/// Said wherever there is room for it.
pub(super) const HONEST: &str = "Written by the offline model from your words and the tools' results alone: no outside knowledge, no creative model.";

fn of_idea(brief: &Brief<'_>, idea: &Idea, is: &dyn Fn(&[&str]) -> bool) -> Option<String> {
    let text = if is(&["channel", "platform", "medium", "where"]) {
        idea.channel.clone()
    } else if is(&["date", "day"]) {
        idea.date
            .map_or_else(|| idea.timing.clone(), |day| day.to_string())
    } else if is(&[
        "when", "timing", "start", "schedule", "time", "week", "deadline",
    ]) {
        match idea.date {
            Some(day) => format!("{day} ({})", idea.timing),
            None => idea.timing.clone(),
        }
    } else if is(&[
        "metric",
        "kpi",
        "measure",
        "success",
        "goal",
        "objective",
        "outcome",
        "target",
    ]) && !is(&["audience"])
    {
        idea.metric.to_owned()
    } else if is(&["audience", "segment", "who", "persona", "for"]) {
        idea.audience(&brief.subject)
    } else if is(&["phase", "stage", "period", "milestone"]) {
        idea.phase.to_owned()
    } else if is(&["message", "copy", "caption", "text", "body", "hook", "post"]) {
        idea.message.clone()
    } else if is(&[
        "action",
        "activity",
        "description",
        "details",
        "detail",
        "how",
        "task",
        "what",
        "step",
        "execution",
        "plan",
        "content",
        "tactic",
    ]) {
        idea.action.clone()
    } else if is(&[
        "title", "name", "idea", "headline", "theme", "concept", "campaign", "subject",
    ]) {
        idea.title.clone()
    } else if is(&["why", "rationale", "reason"]) {
        format!(
            "Reaches: {}. Judge it by: {}.",
            idea.audience(&brief.subject).to_lowercase(),
            idea.metric.to_lowercase()
        )
    } else if is(&["cta"]) {
        "Reply to this message, or visit the shop".to_owned()
    } else {
        return None;
    };
    Some(text)
}

/// Who would buy, only as far as the request says what is sold where.
fn audience(brief: &Brief<'_>) -> Option<String> {
    let product = brief.found.product.as_ref()?;
    let place = brief
        .subject
        .place
        .as_ref()
        .map(|place| format!(" in and around {place}"))
        .unwrap_or_default();
    Some(match &brief.subject.occasion {
        Some(occasion) => format!(
            "People{place} who buy {product} for themselves or as gifts for {occasion}; regular customers first"
        ),
        None => format!("People{place} who buy {product}; regular customers first"),
    })
}

fn objective(brief: &Brief<'_>) -> Option<String> {
    match brief.kind {
        Kind::Campaign => {
            let business = brief
                .found
                .business
                .as_ref()
                .or(brief.found.product.as_ref())?;
            let occasion = brief
                .subject
                .occasion
                .as_ref()
                .map(|name| format!(" before {name}"))
                .unwrap_or_default();
            Some(format!(
                "Bring regular and new customers to the {business}{occasion}, and have them come back after it"
            ))
        }
        Kind::General => None,
        _ => Some(brief.prompt.clone()).filter(|prompt| !prompt.is_empty()),
    }
}

pub(super) fn title(brief: &Brief<'_>) -> Option<String> {
    let occasion = brief.subject.occasion.clone();
    let product = brief.found.product.as_ref().map(|product| capital(product));
    let place = brief
        .subject
        .place
        .as_ref()
        .map(|place| format!(", {place}"))
        .unwrap_or_default();
    match brief.kind {
        Kind::Campaign => {
            let parts: Vec<String> = [occasion, product].into_iter().flatten().collect();
            (!parts.is_empty()).then(|| format!("{} campaign{place}", parts.join(" ")))
        }
        Kind::Lead => brief
            .found
            .names
            .first()
            .map(|name| format!("{name}{place}")),
        _ => Some(brief.prompt.clone()).filter(|prompt| !prompt.is_empty()),
    }
}

fn theme(brief: &Brief<'_>) -> Option<String> {
    let product = brief.found.product.as_ref()?;
    let occasion = brief.subject.occasion.as_deref().unwrap_or("The season");
    Some(format!(
        "{occasion}, from hands you know: {product} with a story"
    ))
}

/// The first thing a person reads.
pub(super) fn summary(brief: &Brief<'_>) -> String {
    let found = &brief.found;
    let said = match brief.kind {
        Kind::Campaign => {
            let what = title(brief).unwrap_or_else(|| "A campaign".to_owned());
            let day = match (&brief.subject.occasion, brief.subject.day) {
                (Some(occasion), Some(day)) => format!(" {occasion} is on {}.", day.format("%-d %B %Y")),
                (Some(occasion), None) => format!(" The date of {occasion} was not looked up."),
                _ => String::new(),
            };
            let first = brief.ideas.first().map(|idea| idea.timing.clone()).unwrap_or_default();
            let budget = found.budget().map_or_else(String::new, |budget| format!(" Budget: {}.", rupees(budget)));
            format!("{what}: activities from {first} on, regular customers first, then people nearby.{day}{budget}")
        }
        Kind::Lead => {
            let who = found.names.first().map_or("This lead", String::as_str);
            let known: Vec<&str> = brief.signals.iter().filter(|signal| signal.points > 0 && signal.name != "identity").map(|signal| signal.text.as_str()).collect();
            let missing: Vec<&str> = brief.signals.iter().filter(|signal| signal.points == 0).map(|signal| signal.text.as_str()).collect();
            let score = brief.score();
            let but = if missing.is_empty() { String::new() } else { format!(" Missing: {}.", missing.join("; ")) };
            let known = if known.is_empty() { "tells nothing about need, budget or time".to_owned() } else { known.join(", ") };
            format!("{who} {known}: {score} of 100, {}.{but}", lead::grade(score))
        }
        Kind::Cleanup => match &brief.cleaned {
            Some(cleaned) => format!(
                "{} records in, {} out: {} changes, {} of them removed duplicates.",
                cleaned.given,
                cleaned.records.len(),
                cleaned.changes.len(),
                cleaned.duplicates
            ),
            None => "No records were found to clean: send them as a list of objects, or as lines of comma-separated values under a heading line.".to_owned(),
        },
        Kind::Tax | Kind::Research | Kind::General => from_tools(brief).unwrap_or_else(|| {
            if brief.prompt.is_empty() { "Nothing was asked.".to_owned() } else { format!("Asked: {}. No tool gave a result to answer it from.", brief.prompt.trim_end_matches(['.', '?', '!'])) }
        }),
    };
    format!("{}{said}", brief.language.opening())
}

/// What the tools found, in one sentence.
fn from_tools(brief: &Brief<'_>) -> Option<String> {
    if !brief.index.has_tools() {
        return None;
    }
    let facts: Vec<String> = brief
        .index
        .tool_facts()
        .into_iter()
        .take(10)
        .map(|(name, value)| {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            format!("{} {value}", name.replace('_', " "))
        })
        .collect();
    let asked = brief.prompt.trim_end_matches(['.', '?', '!']);
    let asked = if asked.is_empty() {
        String::new()
    } else {
        format!("{asked}: ")
    };
    (!facts.is_empty()).then(|| format!("{asked}{}.", facts.join(", ")))
}

fn explanation(brief: &Brief<'_>) -> String {
    match brief.kind {
        Kind::Lead => {
            let points: Vec<String> = brief
                .signals
                .iter()
                .map(|signal| {
                    format!(
                        "{} {}/{} ({})",
                        signal.name, signal.points, signal.of, signal.text
                    )
                })
                .collect();
            format!("Points by what the lead says: {}.", points.join("; "))
        }
        Kind::Tax => {
            let tools: Vec<&str> = brief
                .results
                .iter()
                .filter(|result| !result.is_error)
                .map(|result| result.name.as_str())
                .collect();
            let rule = match (brief.found.from, brief.found.to) {
                (Some(from), Some(to)) if from.code == to.code => format!(
                    " Seller and buyer are both in {}, so the tax is CGST and SGST in equal halves.",
                    from.name
                ),
                (Some(from), Some(to)) => format!(
                    " The supply goes from {} to {}, so the tax is IGST.",
                    from.name, to.name
                ),
                _ => String::new(),
            };
            if tools.is_empty() {
                format!("No calculator gave a result, so no figure is given.{rule}")
            } else {
                format!("The figures are those of {}.{rule}", tools.join(", "))
            }
        }
        Kind::Campaign => format!(
            "Activities are ordered by their distance to the occasion, and use what you said about your business. {HONEST}"
        ),
        _ => HONEST.to_owned(),
    }
}

/// A plain value as words.
pub(super) fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(if *truth { "yes" } else { "no" }.to_owned()),
        _ => None,
    }
}
