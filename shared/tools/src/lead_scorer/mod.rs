//! How promising leads are, by one table of weights: the same facts give the same score.

mod weights;

use std::time::Duration;

use async_trait::async_trait;
use domain::Usd;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::decimals::decimal;
use crate::{Rate, Spec, Tool, ToolContext, ToolError};
use weights::{
    AUTHORITIES, AUTHORITY, BUDGET, BUDGET_SHARE, BUDGET_STATED, CONSENT, CONTACT, FIT, FITS, HOT,
    NEED, NEED_WORDS, QUANTITY, SOURCE, SOURCE_OTHER, SOURCES, TIMELINE, TIMELINE_DAYS,
    TIMELINE_LATER, VAGUE, WARM,
};

const MAX_LEADS: usize = 200;
/// In rupees; more than there are.
const MAX_AMOUNT: i64 = 1_000_000_000_000_000;

/// Scores leads from 0 to 100 with each point's reason. What is not known gives no points and is
/// named; the score is about facts, so no name, place or language counts.
pub struct LeadScorer {
    spec: Spec,
}

impl LeadScorer {
    pub fn new() -> Self {
        let names = |options: &[(&'static str, u32)]| -> Vec<&'static str> {
            options.iter().map(|(name, _)| *name).collect()
        };
        let parameters = json!({
            "type": "object", "additionalProperties": false, "required": ["leads"],
            "properties": {
                "leads": {
                    "type": "array", "minItems": 1, "maxItems": MAX_LEADS,
                    "description": "The leads, each with only what it said or what records say; leave out what is not known, never guess",
                    "items": {
                        "type": "object", "additionalProperties": false, "required": ["name"],
                        "properties": {
                            "name": { "type": "string", "minLength": 1, "maxLength": 200, "description": "The person or company" },
                            "need": { "type": "string", "maxLength": 2000, "description": "What they want, in their words" },
                            "budget_inr": { "type": ["number", "string"], "description": "Their stated budget in rupees, as in 400000 or \"4 lakh\"" },
                            "timeline_days": { "type": "integer", "minimum": 0, "maximum": 3650, "description": "Days from today until they want it" },
                            "authority": { "enum": names(&AUTHORITIES), "description": "Who asks: owner decides alone, manager has a say, staff only collects offers" },
                            "quantity": { "type": "number", "exclusiveMinimum": 0, "description": "How many or how much they want" },
                            "contactable": { "type": "boolean", "description": "Whether a phone number or e-mail address in a right form is there" },
                            "consent": { "type": "boolean", "description": "Whether they agreed to be written to" },
                            "fit": { "enum": names(&FITS), "description": "How far what they want is what we sell" },
                            "source": { "type": "string", "maxLength": 200, "description": "Where the lead came from, as in referral, website, IndiaMART, trade fair, bought list" }
                        }
                    }
                },
                "minimum_budget_inr": { "type": ["number", "string"], "description": "The smallest order worth taking, in rupees; without it a stated budget counts for itself" }
            }
        });
        Self {
            spec: Spec {
                name: "lead_scorer",
                description: "Scores leads from 0 to 100 by fixed weights, with the reason for each point, a grade (hot, warm, cold) and what is missing. Use it for every score; never score by feeling.",
                parameters,
                cost: Usd::ZERO,
                timeout: Duration::from_secs(2),
                rate: Rate {
                    calls: 600,
                    per: Duration::from_secs(60),
                },
            },
        }
    }
}

#[async_trait]
impl Tool for LeadScorer {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    async fn call(&self, _: &ToolContext, args: Value) -> Result<Value, ToolError> {
        let minimum = amount(&args["minimum_budget_inr"], "minimum_budget_inr")?
            .filter(|minimum| *minimum > Decimal::ZERO);
        let leads = args["leads"].as_array().into_iter().flatten();
        let mut scored: Vec<Scored> = leads
            .map(|lead| score(lead, minimum))
            .collect::<Result<_, _>>()?;
        scored.sort_by(|one, other| {
            (other.score, &one.name, other.could_reach).cmp(&(
                one.score,
                &other.name,
                one.could_reach,
            ))
        });
        let leads: Vec<Value> = scored.iter().map(Scored::as_value).collect();
        Ok(json!({ "leads": leads, "weights": weights::table() }))
    }
}

/// An amount in rupees, not negative; `None` when it is not given.
fn amount(value: &Value, name: &str) -> Result<Option<Decimal>, ToolError> {
    if value.is_null() {
        return Ok(None);
    }
    match decimal(value) {
        Some(amount) if (Decimal::ZERO..Decimal::from(MAX_AMOUNT)).contains(&amount) => {
            Ok(Some(amount))
        }
        _ => Err(ToolError::new(
            "args.invalid",
            format!("{name} is not an amount in rupees, as in 400000 or \"4 lakh\""),
        )),
    }
}

struct Scored {
    name: String,
    score: u32,
    /// The score with everything that is missing at its best.
    could_reach: u32,
    grade: &'static str,
    points: Vec<Value>,
    missing: Vec<&'static str>,
}

impl Scored {
    fn as_value(&self) -> Value {
        json!({
            "name": self.name, "score": self.score, "grade": self.grade, "could_reach": self.could_reach,
            "points": self.points, "missing": self.missing,
        })
    }
}

/// One factor: its points and why, or nothing where it is not known.
type Factor = (&'static str, u32, Option<(u32, String)>);

fn score(lead: &Value, minimum: Option<Decimal>) -> Result<Scored, ToolError> {
    let name = lead["name"].as_str().unwrap_or_default().trim().to_owned();
    let budget = amount(&lead["budget_inr"], &format!("budget_inr of {name:?}"))?;
    let factors: [Factor; 9] = [
        ("need", NEED, need(&lead["need"])),
        (
            "budget",
            BUDGET,
            budget.map(|budget| of_budget(budget, minimum)),
        ),
        (
            "timeline",
            TIMELINE,
            lead["timeline_days"].as_u64().map(of_timeline),
        ),
        (
            "authority",
            AUTHORITY,
            of_list(&lead["authority"], &AUTHORITIES, "asked by:"),
        ),
        ("quantity", QUANTITY, quantity(&lead["quantity"])),
        (
            "contactable",
            CONTACT,
            lead["contactable"].as_bool().map(|yes| match yes {
                true => (CONTACT, "can be called or written to".to_owned()),
                false => (0, "has left no way to be reached".to_owned()),
            }),
        ),
        (
            "consent",
            CONSENT,
            lead["consent"].as_bool().map(|yes| match yes {
                true => (CONSENT, "agreed to be written to".to_owned()),
                false => (
                    0,
                    "did not agree to promotion: answer only what was asked".to_owned(),
                ),
            }),
        ),
        (
            "fit",
            FIT,
            of_list(&lead["fit"], &FITS, "fit with what is sold:"),
        ),
        ("source", SOURCE, source(&lead["source"])),
    ];
    let mut scored = Scored {
        name,
        score: 0,
        could_reach: 0,
        grade: "cold",
        points: Vec::new(),
        missing: Vec::new(),
    };
    for (factor, of, known) in factors {
        let (points, why) = known.unwrap_or_else(|| {
            scored.missing.push(factor);
            scored.could_reach += of;
            (
                0,
                "not known: no points, and none lost by a bad answer; ask".to_owned(),
            )
        });
        scored.score += points;
        scored
            .points
            .push(json!({ "factor": factor, "points": points, "of": of, "why": why }));
    }
    scored.could_reach += scored.score;
    let fits = lead["fit"] != "none";
    scored.grade = match scored.score {
        HOT.. if fits => "hot",
        WARM.. if fits => "warm",
        _ => "cold",
    };
    Ok(scored)
}

fn need(value: &Value) -> Option<(u32, String)> {
    let text = value.as_str()?.trim();
    if text.is_empty() {
        return None;
    }
    let telling = text
        .to_lowercase()
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '.' | ';' | ':' | '?' | '!' | '/'))
        .filter(|word| !word.is_empty() && !VAGUE.contains(word))
        .count();
    let (_, points) = NEED_WORDS.iter().find(|(words, _)| telling >= *words)?;
    let why = match telling {
        0 => "asks without saying what for",
        1 | 2 => "says what is wanted, in a word or two",
        _ => "says clearly what is wanted",
    };
    Some((*points, why.to_owned()))
}

fn of_budget(budget: Decimal, minimum: Option<Decimal>) -> (u32, String) {
    let stated = bharat::rupees::written(budget);
    if budget.is_zero() {
        return (0, "a budget of ₹0".to_owned());
    }
    let Some(minimum) = minimum else {
        let why = format!("a budget of {stated}; no minimum was given to measure it by");
        return (BUDGET_STATED, why);
    };
    let reaches = |share: u32| {
        minimum
            .checked_mul(Decimal::from(share))
            .is_some_and(|part| budget >= part / Decimal::ONE_HUNDRED)
    };
    let points = BUDGET_SHARE
        .iter()
        .find(|(share, _)| reaches(*share))
        .map_or(0, |(_, points)| *points);
    let least = bharat::rupees::written(minimum);
    let why = if budget >= minimum {
        format!("a budget of {stated} reaches the minimum of {least}")
    } else {
        format!("a budget of {stated} is below the minimum of {least}")
    };
    (points, why)
}

fn of_timeline(days: u64) -> (u32, String) {
    let points = TIMELINE_DAYS
        .iter()
        .find(|(most, _)| days <= *most)
        .map_or(TIMELINE_LATER, |(_, points)| *points);
    let why = match days {
        0 => "wanted today".to_owned(),
        1 => "wanted tomorrow".to_owned(),
        _ => format!("wanted in {days} days"),
    };
    (points, why)
}

fn quantity(value: &Value) -> Option<(u32, String)> {
    let number = value.as_number()?;
    Some((
        QUANTITY,
        format!("names a quantity, {number}: it can be quoted for"),
    ))
}

fn of_list(value: &Value, options: &[(&str, u32)], what: &str) -> Option<(u32, String)> {
    let text = value.as_str()?;
    let (name, points) = options.iter().find(|(name, _)| *name == text)?;
    Some((*points, format!("{what} {name}")))
}

fn source(value: &Value) -> Option<(u32, String)> {
    let text = value.as_str()?.trim().to_lowercase();
    if text.is_empty() {
        return None;
    }
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
    let known = SOURCES.iter().find(|(names, _, _)| {
        names.iter().any(|name| {
            // Short names are words; longer ones may have an ending: `exhibitions`.
            words.contains(name) || (name.len() > 3 && text.contains(name))
        })
    });
    Some(match known {
        Some((_, why, points)) => (*points, (*why).to_owned()),
        None => (
            SOURCE_OTHER,
            "comes from a source of no known kind".to_owned(),
        ),
    })
}
