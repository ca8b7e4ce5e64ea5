//! Texts for customers and readers, put together from phrases and from what was given. They hold no
//! fact of their own, and a gap in square brackets where one is missing.

mod messages;
mod schedule;

use serde_json::{Value, json};

use super::brief::{Brief, Kind};
use super::roles::{self, Shape};
use super::sums;

pub(super) use messages::{body, footer, message, reply};
pub(super) use schedule::period;

/// Lists of drafts, by the names of their properties.
pub(super) fn records(brief: &Brief<'_>, shape: &Shape<'_>) -> Option<Vec<Value>> {
    if shape.has(&["caption", "date"]) {
        Some(schedule::posts(brief))
    } else if shape.has(&["opening", "text"]) {
        Some(written_posts(brief))
    } else if shape.has(&["step", "day", "text"]) {
        Some(schedule::steps(brief))
    } else if shape.has(&["channel", "text"]) {
        Some(messages(brief))
    } else if shape.has(&["channel", "per_week"]) {
        Some(schedule::rhythm(brief))
    } else if shape.has(&["heading", "text"]) {
        Some(sections(brief))
    } else if shape.has(&["question", "answer"]) {
        Some(questions(brief))
    } else if shape.has(&["action", "by"]) {
        Some(steps_to_take(brief))
    } else {
        None
    }
}

/// Objects of drafts.
pub(super) fn object(brief: &Brief<'_>, shape: &Shape<'_>) -> Option<Value> {
    if shape.called(&["document"]) {
        return Some(document(brief));
    }
    if shape.called(&["period"]) && shape.has(&["from", "to"]) {
        let (from, to) = schedule::period(brief);
        return Some(json!({ "from": from.to_string(), "to": to.to_string() }));
    }
    if shape.called(&["enquiry"]) && shape.has(&["subject", "text"]) {
        let product = brief.found.product.as_ref()?;
        let quantity = brief
            .given(&["quantity"])
            .unwrap_or_else(|| "[quantity]".to_owned());
        let place = brief
            .subject
            .place
            .clone()
            .unwrap_or_else(|| "[place]".to_owned());
        let text = brief.say(
            "enquiry",
            &[
                ("product", product),
                ("quantity", &quantity),
                ("place", &place),
            ],
        );
        return Some(json!({ "subject": format!("{product}, {quantity}"), "text": text }));
    }
    if shape.has(&["text", "leads_to"]) {
        return Some(
            json!({ "text": brief.say("reply", &[]), "leads_to": brief.found.urls.first() }),
        );
    }
    if shape.called(&["recipients"]) {
        let count = roles::contacts(brief).len();
        return Some(json!({ "checked": (count > 0).then_some(count) }));
    }
    if shape.called(&["scope"]) {
        return Some(json!({ "product": brief.found.product, "place": brief.subject.place }));
    }
    if shape.called(&["suggested"]) && shape.has(&["title", "h1"]) {
        let product = brief
            .found
            .product
            .clone()
            .or_else(|| brief.found.business.clone())?;
        let place = brief.subject.place.clone()?;
        let line = super::ideas::capital(&format!("{product} {place}"));
        return Some(json!({ "title": line, "h1": line, "description": null }));
    }
    None
}

/// Everything a printed page needs.
fn document(brief: &Brief<'_>) -> Value {
    let title = brief
        .given(&["title"])
        .or_else(|| super::phrase::title(brief))
        .unwrap_or_else(|| brief.say("list", &[]));
    let latin: Vec<String> = title
        .to_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    let file = if latin.is_empty() {
        "document".to_owned()
    } else {
        latin.join("-")
    };
    let worked = roles::worked_out(brief);
    let mut summary: Vec<String> = worked.iter().take(4).map(|result| result.said()).collect();
    if summary.is_empty() {
        summary.push(super::summary::of(brief));
    }
    json!({
        "title": title, "subtitle": brief.inputs.pointer("/data/period"), "prepared_for": brief.given(&["prepared_for"]),
        "prepared_by": brief.given(&["prepared_by"]), "date": brief.facts.today.to_string(), "page": "a4_portrait",
        "file_name": format!("{file}.pdf"), "summary": summary, "sections": roles::sections(brief), "closing": null,
    })
}

/// Channels that were asked for, else those that small businesses use.
pub(super) fn channels(brief: &Brief<'_>) -> Vec<String> {
    // What somebody owes is between two; it goes where nobody else reads.
    if brief.subject.season == super::ideas::Season::Dues {
        return ["whatsapp", "phone"].map(str::to_owned).to_vec();
    }
    let given: Vec<String> = brief
        .statements(&["channels"])
        .map(|channel| channel.to_lowercase())
        .collect();
    if !given.is_empty() {
        return given;
    }
    let named: Vec<String> = brief
        .found
        .channels
        .iter()
        .map(|channel| channel.to_lowercase())
        .collect();
    let single = brief.given(&["channel"]).into_iter().collect::<Vec<_>>();
    match (single.is_empty(), named.is_empty()) {
        (false, _) => single,
        (true, false) => named,
        _ if brief.kind == Kind::Draft => vec!["whatsapp".to_owned()],
        _ => ["whatsapp", "sms", "instagram"].map(str::to_owned).to_vec(),
    }
}

/// Channels that a contact's own words cover; WhatsApp and phone are not the same yes.
pub(super) fn channels_agreed(contact: &Value) -> Vec<String> {
    let said = ["consent", "notes"]
        .iter()
        .filter_map(|key| contact.get(*key)?.as_str())
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase();
    let named: Vec<String> = ["whatsapp", "email", "sms", "phone", "call"]
        .iter()
        .filter(|channel| said.contains(**channel) && !said.contains(&format!("no {channel}")))
        .map(|channel| if *channel == "call" { "phone" } else { channel }.to_owned())
        .collect();
    if named.is_empty() {
        vec!["phone".to_owned()]
    } else {
        named
    }
}

/// One message for each channel.
fn messages(brief: &Brief<'_>) -> Vec<Value> {
    let whom = brief
        .found
        .audience
        .clone()
        .unwrap_or_else(|| brief.say("customers", &[]));
    channels(brief)
        .iter()
        .take(3)
        .map(|channel| json!({ "channel": channel, "text": message(brief, channel), "for_whom": whom }))
        .collect()
}

/// A post for each that was asked for; only the first has the facts.
fn written_posts(brief: &Brief<'_>) -> Vec<Value> {
    let facts: Vec<&str> = brief.statements(&[]).collect();
    let topic = brief
        .given(&["topic"])
        .or_else(|| brief.found.product.clone());
    let opening = facts.first().map(|fact| (*fact).to_owned());
    let Some(opening) = opening.or_else(|| told(brief)).or(topic) else {
        return vec![];
    };
    let about = brief.given(&["about", "business"]);
    let worked: Vec<String> = roles::worked_out(brief)
        .iter()
        .map(|result| result.said())
        .collect();
    let lines = std::iter::once(opening.clone())
        .chain(facts.iter().skip(1).map(|fact| (*fact).to_owned()))
        .chain(worked)
        .chain(about.clone());
    vec![json!({
        "opening": opening, "text": lines.collect::<Vec<_>>().join("\n\n"), "format": brief.given(&["format"]).unwrap_or_else(|| "text".to_owned()),
        "hashtags": schedule::hashtags(brief), "first_comment": null, "picture": null,
    })]
}

/// What the request says beside the order itself: `write a post, we need two accountants in Surat`. What
/// may not be asked of applicants or buyers is no part of it.
fn told(brief: &Brief<'_>) -> Option<String> {
    const ORDERS: &[&str] = &[
        "write",
        "make",
        "create",
        "draft",
        "prepare",
        "post",
        "bana",
        "banao",
        "likho",
        "likh",
        "बनाओ",
        "लिखो",
    ];
    const UNFAIR: &[&str] = &[
        "unmarried",
        "married",
        "male",
        "female",
        "ladka",
        "ladki",
        "men",
        "women",
        "caste",
        "religion",
    ];
    let clauses = brief
        .prompt
        .split([',', ';', '\n'])
        .map(str::trim)
        .filter(|clause| {
            let words = super::index::words(clause);
            let has = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
            words.len() > 1 && !has(ORDERS) && !has(UNFAIR)
        });
    let clauses: Vec<&str> = clauses.collect();
    (!clauses.is_empty()).then(|| super::ideas::capital(&clauses.join(", ")))
}

/// What was given, then what pages say, each with its address.
fn sections(brief: &Brief<'_>) -> Vec<Value> {
    let about = brief
        .given(&["topic"])
        .unwrap_or_else(|| brief.say("about", &[("product", &brief.subject.product)]));
    let facts: Vec<&str> = brief.statements(&[]).collect();
    let mut sections = Vec::new();
    if !facts.is_empty() || brief.found.business.is_some() {
        let business = brief.given(&["business", "about"]);
        let place = brief.subject.place.as_ref().map(|place| {
            brief.say(
                "in_place",
                &[("business", brief.business()), ("place", place)],
            )
        });
        let text: Vec<String> = business
            .into_iter()
            .chain(place)
            .chain(facts.iter().map(|fact| (*fact).to_owned()))
            .collect();
        sections.push(json!({ "heading": about, "text": text.join("\n\n") }));
    }
    for page in roles::pages(brief)
        .iter()
        .filter(|page| !page.text.is_empty())
        .take(3)
    {
        let date = page
            .published
            .as_ref()
            .map(|day| format!(", {day}"))
            .unwrap_or_default();
        sections.push(
            json!({ "heading": page.title, "text": format!("{} ({}{date})", page.text, page.url) }),
        );
    }
    sections
}

/// Questions that the given facts answer.
fn questions(brief: &Brief<'_>) -> Vec<Value> {
    let facts: Vec<&str> = brief.statements(&[]).collect();
    let mut questions = Vec::new();
    if !facts.is_empty() {
        let question = brief.given(&["topic"]).map_or_else(
            || brief.say("ask_about", &[("product", &brief.subject.product)]),
            |topic| format!("{topic}?"),
        );
        questions.push(json!({ "question": question, "answer": facts.join(". ") }));
    }
    if let (Some(place), Some(_)) = (&brief.subject.place, &brief.found.business) {
        let slots = [("business", brief.business()), ("place", place.as_str())];
        questions.push(json!({ "question": brief.say("ask_where", &slots[..1]), "answer": brief.say("in_place", &slots) }));
    }
    questions
}

/// What staff or owners do next.
fn steps_to_take(brief: &Brief<'_>) -> Vec<Value> {
    let steps: Vec<String> = match brief.kind {
        Kind::Support if brief.given(&["message"]).is_some() => {
            vec!["Look up the order and answer the customer.".to_owned()]
        }
        Kind::Support => vec![],
        _ => super::lists::next_steps(brief),
    };
    let (who, by) = match brief.kind {
        Kind::Support => (json!("counter"), json!("today")),
        _ => (Value::Null, Value::Null),
    };
    steps
        .iter()
        .map(|step| json!({ "action": step, "who": who, "by": by }))
        .collect()
}

/// Rules of the shop that can be held out to a customer who has a defect or wants money back.
pub(super) fn rules_that_apply(brief: &Brief<'_>) -> Vec<String> {
    const DEFECT: &[&str] = &[
        "defect",
        "broken",
        "damage",
        "damaged",
        "stain",
        "crack",
        "cracked",
        "wrong",
        "torn",
        "leak",
        "not working",
    ];
    let message = brief.given(&["message"]).unwrap_or_default().to_lowercase();
    let has = |text: &str, any: &[&str]| any.iter().any(|word| text.contains(word));
    if !has(&message, DEFECT) {
        return vec![];
    }
    let refund = roles::worked_out(brief)
        .iter()
        .any(|result| result.operation == "percent_of");
    brief
        .statements(&["policies"])
        .filter(|rule| {
            let rule = rule.to_lowercase();
            has(&rule, DEFECT) || (refund && rule.contains("refund"))
        })
        .map(str::to_owned)
        .collect()
}

/// The offer in words, as given or as worked out.
pub(super) fn offer(brief: &Brief<'_>) -> Option<String> {
    if let Some(offer) = brief.given(&["offer"]) {
        return Some(offer);
    }
    let off = sums::input(brief, &["discount_percent"])?;
    let results = roles::worked_out(brief);
    let after = results
        .iter()
        .find(|result| result.name == "Price after the discount");
    match (sums::input(brief, &["price_inr"]), after) {
        (Some(price), Some(after)) => Some(format!(
            "{} → {} (-{}%)",
            bharat::rupees::written(price),
            after.written(),
            off.normalize()
        )),
        // Of several things at several costs, not each bears it.
        _ if brief.lists().next().is_some() => None,
        _ => Some(format!("-{}%", off.normalize())),
    }
}
