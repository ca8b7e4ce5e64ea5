//! Drafts over days: posts, and messages one after another.

use chrono::{Datelike, Days, NaiveDate};
use serde_json::{Value, json};

use super::channels;
use super::messages::{caption, from, greeting, offered};
use crate::offline::brief::Brief;

const WEEKS: u64 = 2;
const POSTS_A_WEEK: u64 = 3;

fn count(brief: &Brief<'_>, name: &str) -> Option<u64> {
    brief
        .inputs
        .get(name)
        .and_then(Value::as_u64)
        .filter(|count| (1..=1_000).contains(count))
}

/// The first and last day that are asked for; two weeks from today where nothing is said.
pub(in crate::offline) fn period(brief: &Brief<'_>) -> (NaiveDate, NaiveDate) {
    let from = brief
        .given(&["from"])
        .and_then(|day| day.parse().ok())
        .filter(|day: &NaiveDate| (1..=9_999).contains(&day.year()))
        .unwrap_or(brief.facts.today);
    let days = count(brief, "weeks").unwrap_or(WEEKS).min(52) * 7;
    (
        from,
        from.checked_add_days(Days::new(days - 1)).unwrap_or(from),
    )
}

pub(super) fn rhythm(brief: &Brief<'_>) -> Vec<Value> {
    let channels = social(brief);
    let all = count(brief, "posts_per_week").unwrap_or(POSTS_A_WEEK);
    let each = u64::try_from(channels.len()).unwrap_or(1).max(1);
    channels
        .iter()
        .enumerate()
        .map(|(at, channel)| {
            let more = u64::try_from(at).is_ok_and(|at| at < all % each);
            json!({ "channel": channel, "per_week": all / each + u64::from(more), "why": "As many as were asked for, in turn." })
        })
        .collect()
}

fn social(brief: &Brief<'_>) -> Vec<String> {
    let asked =
        brief.statements(&["channels"]).next().is_some() || !brief.found.channels.is_empty();
    if asked {
        channels(brief)
    } else {
        vec!["instagram".to_owned(), "whatsapp_status".to_owned()]
    }
}

/// Posts spread over the period, one for each piece of material while there is some; on a festival's day
/// it is named.
pub(super) fn posts(brief: &Brief<'_>) -> Vec<Value> {
    let (from, to) = period(brief);
    let days = u64::try_from((to - from).num_days() + 1).unwrap_or(1);
    let wanted =
        (days.div_ceil(7) * count(brief, "posts_per_week").unwrap_or(POSTS_A_WEEK)).min(30);
    let material: Vec<&str> = brief.statements(&["material"]).collect();
    let channels = social(brief);
    let festivals = festivals(brief);
    let mut posts = Vec::new();
    for at in 0..wanted {
        let day = from + Days::new(at * days / wanted);
        let next = from + Days::new((at + 1) * days / wanted);
        let place = usize::try_from(at).unwrap_or(0);
        let about = material.get(place % material.len().max(1)).copied();
        let festival = festivals
            .iter()
            .find(|(_, date)| (day..next).contains(date));
        let day = festival.map_or(day, |(_, date)| *date);
        let lower = about.unwrap_or_default().to_lowercase();
        let person = lower.contains("video") || lower.contains("review");
        let mut needs = vec![about.map_or_else(
            || "A photo of your own.".to_owned(),
            |about| format!("The material: {about}"),
        )];
        if person {
            needs.push("The agreement of whoever is seen or quoted.".to_owned());
        }
        posts.push(json!({
            "date": day.to_string(), "time": "19:00", "channel": channels[place % channels.len()],
            "kind": if lower.contains("video") { "reel" } else { "photo" },
            "caption": match festival {
                Some((name, _)) => format!("{name}\n{}", caption(brief, about)),
                None => caption(brief, about),
            },
            "picture": about.unwrap_or("[photo]"), "hashtags": hashtags(brief),
            "occasion": festival.map(|(name, _)| name), "needs": needs,
        }));
    }
    posts
}

/// Festivals that the calendar named, with their days.
fn festivals(brief: &Brief<'_>) -> Vec<(String, NaiveDate)> {
    brief
        .replies("festival_calendar")
        .filter_map(|reply| reply.get("festivals")?.as_array())
        .flatten()
        .filter_map(|festival| {
            let day = festival.get("date")?.as_str()?.parse().ok()?;
            Some((festival.get("festival")?.as_str()?.to_owned(), day))
        })
        .collect()
}

/// Of the place alone: trades have too many names to guess one.
pub(super) fn hashtags(brief: &Brief<'_>) -> Vec<String> {
    let word = |text: &str| text.split_whitespace().collect::<String>();
    brief
        .subject
        .place
        .iter()
        .map(|place| format!("#{}", word(place)))
        .collect()
}

/// Messages one after another with growing gaps, each with something new, the last one saying so.
pub(super) fn steps(brief: &Brief<'_>) -> Vec<Value> {
    let wanted = count(brief, "steps").unwrap_or(3).clamp(2, 6);
    let over = count(brief, "over_days").unwrap_or(10).min(365);
    let channels = channels(brief);
    let (last, total) = (wanted - 1, wanted * (wanted - 1) / 2);
    let mut day = 0;
    let mut steps = Vec::new();
    for at in 0..wanted {
        day += at * over / total;
        let place = usize::try_from(at).unwrap_or(0);
        let channel = &channels[place % channels.len()];
        let (phrases, purpose): (Vec<String>, &str) = match at {
            0 => (
                vec![brief.say("follow", &[])],
                "Asks whether what was sent was read.",
            ),
            at if at == last => (vec![brief.say("last", &[])], "Ends the series politely."),
            _ => {
                let mut said = offered(brief);
                if said.is_empty() {
                    said.push(brief.say("look", &[("product", &brief.subject.product)]));
                }
                said.push(brief.say("ask", &[]));
                (said, "Says what is offered and what to do.")
            }
        };
        let mut text = vec![greeting(brief), from(brief)];
        text.extend(phrases);
        if matches!(channel.as_str(), "whatsapp" | "sms" | "email") {
            text.push(brief.say("stop", &[]));
        }
        steps.push(json!({
            "step": at + 1, "day": day, "channel": channel, "send_between": "11:00-13:00",
            "subject": (channel == "email").then(|| brief.business()), "text": text.join(" "),
            "purpose": purpose, "skip_if": "They have answered, ordered or asked to stop.",
        }));
    }
    steps
}
