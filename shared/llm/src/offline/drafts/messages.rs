//! Single texts: a message, a mail, an answer to a customer.

use super::{offer, rules_that_apply};
use crate::offline::brief::Brief;
use crate::offline::ideas::Season;
use crate::offline::roles;

/// A promotion or reminder for a channel, with how to stop it.
pub(in crate::offline) fn message(brief: &Brief<'_>, channel: &str) -> String {
    let mut parts = vec![greeting(brief), from(brief)];
    if brief.subject.season == Season::Dues {
        parts.push(brief.say("dues", &[]));
    } else {
        parts.extend(season(brief));
        if brief.found.product.is_some() || brief.found.business.is_none() {
            parts.push(brief.say("look", &[("product", &brief.subject.product)]));
        }
        parts.extend(offered(brief));
        parts.push(brief.say("ask", &[]));
    }
    if matches!(channel, "whatsapp" | "sms") {
        parts.push(brief.say("stop", &[]));
    }
    let text = parts.join(" ");
    // One rupee sign makes an SMS of 160 characters one of 70.
    if channel == "sms" {
        text.replace('₹', "Rs ")
    } else {
        text
    }
}

pub(super) fn greeting(brief: &Brief<'_>) -> String {
    brief.say("greeting", &[])
}

/// Who writes, and from where.
pub(super) fn from(brief: &Brief<'_>) -> String {
    let business = brief.business();
    let place = brief
        .subject
        .place
        .as_ref()
        .filter(|place| !business.contains(place.as_str()));
    let who = place.map_or_else(
        || business.to_owned(),
        |place| format!("{business}, {place}"),
    );
    brief.say("from", &[("business", &who)])
}

fn season(brief: &Brief<'_>) -> Option<String> {
    let year_end =
        brief.facts.skill_id.contains("eofy") || brief.prompt.to_lowercase().contains("year end");
    match &brief.subject.occasion {
        Some(occasion) => Some(brief.say("season", &[("occasion", occasion)])),
        None if year_end => Some(brief.say("year_end", &[])),
        None => None,
    }
}

/// The offer and its last day.
pub(super) fn offered(brief: &Brief<'_>) -> Vec<String> {
    let offer =
        offer(brief).map(|offer| brief.say("offer", &[("offer", offer.trim_end_matches('.'))]));
    let until = brief
        .given(&["ends_on"])
        .map(|day| brief.say("until", &[("until", &day)]));
    offer.into_iter().chain(until).collect()
}

/// The sign-off.
fn signed(brief: &Brief<'_>) -> String {
    brief.say(
        "thanks",
        &[(
            "business",
            brief
                .given(&["sender"])
                .as_deref()
                .unwrap_or(brief.business()),
        )],
    )
}

pub(in crate::offline) fn footer(brief: &Brief<'_>) -> String {
    brief.say("unsubscribe", &[("business", brief.business())])
}

/// A whole mail.
pub(in crate::offline) fn body(brief: &Brief<'_>) -> String {
    let mut lines = vec![greeting(brief), from(brief)];
    lines.extend(season(brief));
    lines.extend(brief.statements(&[]).map(str::to_owned));
    lines.extend(offered(brief));
    lines.push(brief.say("ask", &[]));
    lines.push(signed(brief));
    lines.push(footer(brief));
    lines.join("\n\n")
}

/// What stands beside a picture: what it is of, who and where.
pub(super) fn caption(brief: &Brief<'_>, about: Option<&str>) -> String {
    let mut parts: Vec<String> = about.map(str::to_owned).into_iter().collect();
    parts.extend(season(brief));
    let place = brief.subject.place.as_ref();
    let who = place.map_or_else(
        || brief.business().to_owned(),
        |place| format!("{}, {place}", brief.business()),
    );
    parts.push(format!("{}: {who}", brief.say("visit", &[])));
    parts.join("\n")
}

/// An answer to a customer that promises nothing but the shop's own rules.
pub(in crate::offline) fn reply(brief: &Brief<'_>) -> String {
    let name = brief.given(&["customer_name"]);
    let greeting = match name {
        Some(name) => {
            let said = greeting(brief);
            let gap = said.find('[').zip(said.find(']'));
            let said = gap.map_or(said.clone(), |(start, end)| {
                format!("{}{name}{}", &said[..start], &said[end + 1..])
            });
            // `[name] ji` is polite to a first name; one that brings its own title needs no second.
            said.replace(&format!("{name} जी"), &name)
                .replace(&format!("{name} గారు"), &name)
        }
        None => greeting(brief),
    };
    let mut parts = vec![greeting, brief.say("sorry", &[])];
    parts.extend(
        rules_that_apply(brief)
            .iter()
            .map(|rule| format!("{}.", rule.trim_end_matches('.'))),
    );
    let back = roles::worked_out(brief)
        .into_iter()
        .find(|result| result.operation == "percent_of")
        .map(|result| {
            result
                .value
                .parse()
                .map_or(result.value.clone(), bharat::rupees::written)
        });
    parts.extend(back.map(|amount| brief.say("refund", &[("amount", &amount)])));
    parts.push(brief.say("checking", &[]));
    if brief
        .inputs
        .get("order")
        .is_none_or(serde_json::Value::is_null)
    {
        parts.push(brief.say("order", &[]));
    }
    parts.push(signed(brief));
    parts.join(" ")
}
