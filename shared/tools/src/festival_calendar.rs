use std::time::Duration;

use async_trait::async_trait;
use bharat::festivals::{self, Festival, Occurrence};
use chrono::{Months, NaiveDate};
use domain::Usd;
use serde_json::{Value, json};

use crate::{Rate, Spec, Tool, ToolContext, ToolError};

const MONTHS_AHEAD: u32 = 3;

/// Festivals from the reviewed table.
pub struct FestivalCalendar {
    spec: Spec,
}

impl FestivalCalendar {
    pub fn new() -> Self {
        let parameters = json!({
            "type": "object", "additionalProperties": false,
            "properties": {
                "festival": { "type": "string", "description": "One festival by name, as in diwali; all if not given" },
                "from": { "type": "string", "format": "date", "description": "The first day to look at, as YYYY-MM-DD; today if not given" },
                "months_ahead": { "type": "integer", "minimum": 1, "maximum": 12, "description": "How far to look; 3 if not given" }
            }
        });
        Self {
            spec: Spec {
                name: "festival_calendar",
                description: "Dates of Indian festivals with campaign lead times; says which dates are tentative.",
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
impl Tool for FestivalCalendar {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    async fn call(&self, context: &ToolContext, args: Value) -> Result<Value, ToolError> {
        let from = match args["from"].as_str() {
            None => context
                .seams
                .now()
                .with_timezone(&bharat::ist())
                .date_naive(),
            Some(text) => text.parse::<NaiveDate>().map_err(|_| {
                ToolError::new(
                    "date.invalid",
                    format!("{text:?} is not a date as YYYY-MM-DD"),
                )
            })?,
        };
        let found: Vec<Occurrence> = match args["festival"].as_str() {
            Some(name) => {
                let festival = Festival::find(name).ok_or_else(|| unknown(name))?;
                let next = festival.next(from).ok_or_else(|| {
                    ToolError::new(
                        "date.unknown",
                        format!(
                            "{} after {from} is not in the calendar, which ends with {}",
                            festival.name,
                            festivals::UNTIL_YEAR
                        ),
                    )
                })?;
                // The days before Diwali belong to it.
                let first = from.max(next.date - chrono::Days::new(3));
                let eve = if next.key == "diwali" {
                    festivals::between(first, next.date)
                } else {
                    vec![]
                };
                if eve.is_empty() { vec![next] } else { eve }
            }
            None => {
                let months = args["months_ahead"]
                    .as_u64()
                    .and_then(|n| u32::try_from(n).ok())
                    .unwrap_or(MONTHS_AHEAD);
                festivals::between(
                    from,
                    from.checked_add_months(Months::new(months)).unwrap_or(from),
                )
            }
        };
        let festivals: Vec<Value> = found
            .iter()
            .map(|o| {
                json!({
                    "festival": o.festival, "date": o.date, "weekday": o.date.format("%A").to_string(),
                    "days_from_start": (o.date - from).num_days(), "tentative": o.tentative, "note": o.note,
                    "start_campaign_by": o.start_campaign_by, "themes": o.themes,
                })
            })
            .collect();
        Ok(json!({ "from": from, "festivals": festivals }))
    }
}

fn unknown(name: &str) -> ToolError {
    let known: Vec<&str> = Festival::all()
        .iter()
        .map(|festival| festival.key.as_str())
        .collect();
    ToolError::new(
        "festival.unknown",
        format!(
            "there is no festival {name:?} here; known are {}",
            known.join(", ")
        ),
    )
}
