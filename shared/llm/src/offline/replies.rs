//! What tools and earlier steps answered.

use chrono::NaiveDate;
use serde_json::Value;

use super::tame;
use crate::{Request, Turn};

/// How results of earlier steps are named.
pub(super) const EARLIER: &str = "step ";

/// What a tool or an earlier step answered.
#[derive(Debug)]
pub(super) struct Reply {
    pub tool: String,
    /// Made tame. Null when the call failed.
    pub content: Value,
    pub failed: bool,
}

/// The tools' answers in order, after those of earlier steps that stand in the first turn.
pub(super) fn replies<'a>(
    request: &'a Request,
    first: &str,
    left_out: &mut Vec<String>,
) -> (Vec<Reply>, Vec<&'a str>) {
    let mut replies: Vec<Reply> = earlier(first)
        .map(|(skill, content)| Reply {
            tool: format!("{EARLIER}{skill}"),
            content: tame::value(&content, &format!("the result of {skill}"), left_out),
            failed: false,
        })
        .collect();
    let mut called = Vec::new();
    for turn in &request.turns {
        match turn {
            Turn::ToolResults(some) => replies.extend(some.iter().map(|result| Reply {
                tool: result.name.clone(),
                content: if result.is_error {
                    Value::Null
                } else {
                    tame::value(
                        &result.content,
                        &format!("what {} returned", result.name),
                        left_out,
                    )
                },
                failed: result.is_error,
            })),
            Turn::Model { tool_calls, .. } => {
                called.extend(tool_calls.iter().map(|call| call.name.as_str()))
            }
            Turn::User { .. } => {}
        }
    }
    (replies, called)
}

/// The results of earlier steps among the marked blocks of a prompt.
fn earlier(prompt: &str) -> impl Iterator<Item = (&str, Value)> {
    prompt
        .split("<<<data result of ")
        .skip(1)
        .filter_map(|block| {
            let (head, rest) = block.split_once(">>>")?;
            let (skill, mark) = head.rsplit_once(' ')?;
            let (content, _) = rest.split_once(&format!("<<<end {mark}>>>"))?;
            Some((skill, serde_json::from_str(content.trim()).ok()?))
        })
}

/// The day a tool gives for the festival: the next one from `today`.
pub(super) fn occasion_day(
    replies: &[Reply],
    festival: &str,
    today: NaiveDate,
) -> Option<NaiveDate> {
    let mut days = Vec::new();
    for reply in replies.iter().filter(|reply| !reply.failed) {
        let relevant = reply.tool.contains("festival");
        collect_days(&reply.content, festival, relevant, &mut days);
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
