//! Leads with the scorer's points.

use serde_json::{Value, json};

use super::text;
use crate::offline::brief::Brief;
use crate::offline::leads;

/// What the scorer says, with what the inputs tell of each lead beside it.
pub(super) fn scored(brief: &Brief<'_>) -> Vec<Value> {
    let given = brief.inputs.get("leads").and_then(Value::as_array);
    let told = leads::told(brief);
    let scored = brief
        .replies("lead_scorer")
        .filter_map(|reply| reply.get("leads")?.as_array())
        .flatten();
    scored
        .map(|lead| {
            let name = text(lead, "name");
            let input = given.into_iter().flatten().find(|input| {
                ["name", "company", "contact"]
                    .iter()
                    .any(|key| text(input, key).trim() == name)
            });
            let said = told.iter().find(|told| told.name == name);
            let mut record = input.cloned().unwrap_or_else(|| json!({}));
            if let (Some(said), None) = (said, input) {
                let found = &said.found;
                record["city"] = json!(found.city());
                record["need"] = json!(
                    found
                        .quantities
                        .first()
                        .map(|wanted| format!("{} {}", wanted.count, wanted.noun))
                );
                record["budget_inr"] = found
                    .budget()
                    .or(found.amount())
                    .and_then(|budget| {
                        budget
                            .normalize()
                            .to_string()
                            .parse::<serde_json::Number>()
                            .ok()
                    })
                    .map_or(Value::Null, Value::Number);
                record["timeline"] = json!(found.deadline);
            }
            for key in ["name", "company", "lead"] {
                record[key] = json!(name);
            }
            for key in ["score", "grade", "could_reach"] {
                record[key] = lead[key].clone();
            }
            record["missing"] = questions(lead);
            let reasons: Vec<Value> = points(lead);
            for key in ["reasons", "evidence", "points", "factors", "signals"] {
                record[key] = json!(reasons);
            }
            record["next_step"] = json!(next_step(lead));
            record["opening"] = json!(null);
            record
        })
        .collect()
}

fn points(lead: &Value) -> Vec<Value> {
    let missing = lead["missing"].as_array();
    lead["points"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|point| !missing.is_some_and(|missing| missing.contains(&point["factor"])))
        .map(|point| {
            json!(format!(
                "{}: {} of {} ({})",
                text(point, "factor"),
                point["points"],
                point["of"],
                text(point, "why")
            ))
        })
        .collect()
}

/// What to ask for each thing that is missing.
fn questions(lead: &Value) -> Value {
    let question = |factor: &str| match factor {
        "need" => "What exactly is wanted?",
        "budget" => "What is the budget?",
        "timeline" => "By when is it wanted?",
        "authority" => "Who decides?",
        "quantity" => "How many?",
        "contactable" => "Which phone number or e-mail address?",
        "consent" => "May we send offers?",
        "fit" => "Does what is wanted fit what is sold?",
        "source" => "How did they hear of us?",
        _ => "What else is known?",
    };
    lead["missing"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(question)
        .collect::<Vec<_>>()
        .into()
}

/// One action with a time, by grade and consent.
pub(in crate::offline) fn next_step(lead: &Value) -> String {
    let name = text(lead, "name");
    let refused = lead["points"]
        .as_array()
        .into_iter()
        .flatten()
        .any(|point| {
            point["factor"] == "consent"
                && point["points"] == 0
                && text(point, "why").starts_with("did not")
        });
    let only = if refused {
        " Answer only what was asked: there is no consent for offers."
    } else {
        ""
    };
    match text(lead, "grade") {
        "hot" => format!("Call {name} today with a quotation.{only}"),
        "warm" => {
            format!("Call or write to {name} within two days and ask for what is missing.{only}")
        }
        _ => format!("Answer {name} shortly within the week, and ask for what is missing.{only}"),
    }
}
