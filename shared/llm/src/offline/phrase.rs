//! Words for a property, chosen by its name. `None` means that nothing known fits.

use bharat::rupees::written as rupees;
use serde_json::Value;

use super::brief::{Brief, Kind};
use super::ideas::{Idea, capital};
use super::index::words;
use super::{drafts, lists, roles, summary};

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
    if is(&["year"]) && is(&["end"]) {
        return Some(super::ideas::year_end(brief.facts.today).to_string());
    }
    if is(&["query"]) {
        return brief.searched.clone();
    }
    if is(&["headline"]) && brief.kind == Kind::Report {
        return Some(summary::of(brief));
    }
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
        return Some(summary::of(brief));
    }
    if let Some(text) = drafted(brief, &is) {
        return Some(text);
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
        return Some(summary::explanation(brief));
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
    ]) && !is(&["send"])
    {
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
        return lists::next_steps(brief).into_iter().next();
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
    if is(&["disclaimer", "caveat"]) {
        return Some(brief.say("draft", &[]));
    }
    None
}

/// Texts for customers and readers.
fn drafted(brief: &Brief<'_>, is: &dyn Fn(&[&str]) -> bool) -> Option<String> {
    let known = brief.found.business.is_some() || brief.found.product.is_some();
    if is(&["reply"]) && !is(&["rate"]) {
        return Some(drafts::reply(brief));
    }
    if brief.kind == Kind::Support {
        if is(&["refund"]) {
            let results = roles::worked_out(brief);
            let back = results
                .iter()
                .find(|result| result.operation == "percent_of")?;
            return Some(if is(&["formula"]) {
                back.formula.clone()
            } else {
                back.value.clone()
            });
        }
        if is(&["why"]) {
            return Some("Somebody with authority checks the order and decides.".to_owned());
        }
        if is(&["note"]) {
            return Some("The draft holds out nothing but the shop's own rules. Check the order and the message before it is sent.".to_owned());
        }
    }
    if is(&["footer"]) {
        return Some(drafts::footer(brief));
    }
    if is(&["offer"]) {
        return drafts::offer(brief);
    }
    if is(&["slug"]) {
        let title = title(brief)?.to_lowercase();
        let parts: Vec<&str> = title
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|part| !part.is_empty())
            .take(6)
            .collect();
        return (!parts.is_empty()).then(|| parts.join("-"));
    }
    if is(&["body"]) {
        return Some(drafts::body(brief));
    }
    if is(&["cta", "call"]) {
        return Some(brief.say("ask", &[]));
    }
    if is(&["message", "copy", "text", "caption"]) && brief.kind != Kind::Support {
        return Some(drafts::message(brief, "whatsapp"));
    }
    if is(&["subject"]) {
        return title(brief).or_else(|| Some(brief.business().to_owned()));
    }
    if !known {
        return None;
    }
    if is(&["preheader", "opening", "meta", "intro", "hook"]) {
        let first =
            drafts::offer(brief).or_else(|| brief.statements(&[]).next().map(str::to_owned));
        let business = brief.given(&["business", "about", "own_business"]);
        return first.or(business).or_else(|| title(brief));
    }
    if is(&["send"]) && !is(&["when"]) {
        return brief.found.audience.clone();
    }
    None
}

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
        _ => None,
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
        Kind::Report => {
            let period = brief.given(&["period"]);
            brief.found.business.as_ref().map(|_| match period {
                Some(period) => format!("{}: {period}", brief.business()),
                None => brief.business().to_owned(),
            })
        }
        _ => {
            if let Some(topic) = brief.given(&["topic", "title"]) {
                return Some(topic);
            }
            let about = drafts::offer(brief).or(product);
            match (about, &brief.found.business) {
                (Some(about), Some(_)) => Some(format!("{}: {about}", brief.business())),
                (Some(about), None) => Some(format!("{about}{place}")),
                (None, Some(_)) => Some(format!("{}{place}", brief.business())),
                (None, None) => None,
            }
        }
    }
}

fn theme(brief: &Brief<'_>) -> Option<String> {
    let product = brief.found.product.as_ref()?;
    let occasion = brief.subject.occasion.as_deref().unwrap_or("The season");
    Some(format!(
        "{occasion}, from hands you know: {product} with a story"
    ))
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
