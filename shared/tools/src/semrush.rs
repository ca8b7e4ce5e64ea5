//! `keyword_data`: how often phrases are searched for and what advertisers pay for them, from SEMrush's
//! Keyword Overview for a batch (`phrase_these`, version 3 of its API).

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use domain::Usd;
use reqwest::{Client, StatusCode};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::settings::given;
use crate::wire::{self, Failure};
use crate::{Rate, Settings, Spec, Tool, ToolContext, ToolError, prices};

const BASE_URL: &str = "https://api.semrush.com";
const TIMEOUT: Duration = Duration::from_secs(10);
const MAX_PHRASES: u32 = 10;
/// "NOTHING FOUND": an answer, not a fault.
const NOTHING_FOUND: u32 = 50;

pub(crate) struct KeywordData {
    spec: Spec,
    client: Client,
    base_url: String,
    key: Option<String>,
}

/// What is known of one phrase.
struct Row {
    /// Searches a month, a year's average.
    volume: Option<u64>,
    cpc: Option<Decimal>,
    /// Of advertisers, 0 to 1.
    competition: Option<Decimal>,
}

enum Unanswered {
    Failed(Failure),
    /// SEMrush's own number for why.
    Refused(u32),
}

impl KeywordData {
    pub fn new(settings: &Settings) -> Self {
        let key = given(settings.semrush_api_key.as_deref()).map(str::to_owned);
        let parameters = json!({
            "type": "object", "additionalProperties": false, "required": ["phrases"],
            "properties": {
                "phrases": {
                    "type": "array", "minItems": 1, "maxItems": MAX_PHRASES,
                    "items": { "type": "string", "minLength": 1, "maxLength": 80, "pattern": "^[^;\\r\\n]*[^;\\s][^;\\r\\n]*$" },
                    "description": "Search phrases, such as \"silk saree online\""
                },
                "country": { "type": "string", "pattern": "^[a-z]{2}$", "description": "ISO 3166 code in small letters; in for India if not given" }
            }
        });
        let most = Usd(prices::SEMRUSH_LINE.0 * Decimal::from(MAX_PHRASES));
        Self {
            spec: Spec {
                name: "keyword_data",
                description: "How often people search for phrases in a month, what a click on an advertisement costs, and how many advertisers compete.",
                parameters,
                // Disabled, it asks nobody.
                cost: if key.is_some() { most } else { Usd::ZERO },
                timeout: TIMEOUT + Duration::from_secs(2),
                rate: Rate {
                    calls: 20,
                    per: Duration::from_secs(60),
                },
            },
            client: wire::client(),
            base_url: given(settings.semrush_base_url.as_deref())
                .unwrap_or(BASE_URL)
                .trim_end_matches('/')
                .to_owned(),
            key,
        }
    }

    async fn rows(
        &self,
        key: &str,
        phrases: &[String],
        country: &str,
    ) -> Result<HashMap<String, Row>, Unanswered> {
        // Databases go by country code, but for the United Kingdom.
        let database = if country == "gb" { "uk" } else { country };
        let query = [
            ("type", "phrase_these"),
            ("key", key),
            ("phrase", &phrases.join(";")),
            ("database", database),
            ("export_columns", "Ph,Nq,Cp,Co"),
        ];
        let request = self.client.get(format!("{}/", self.base_url)).query(&query);
        let (status, body) = timeout(TIMEOUT, wire::ask(request))
            .await
            .unwrap_or(Err(Failure::TimedOut(TIMEOUT)))
            .map_err(Unanswered::Failed)?;
        let body = String::from_utf8_lossy(&body);
        // Errors come as text, some of them with 200: "ERROR 50 :: NOTHING FOUND".
        let refusal = body.trim_start().strip_prefix("ERROR ").and_then(|rest| {
            let number = rest.split(|c: char| !c.is_ascii_digit()).next()?;
            number.parse::<u32>().ok()
        });
        match refusal {
            Some(NOTHING_FOUND) => return Ok(HashMap::new()),
            Some(number) => return Err(Unanswered::Refused(number)),
            None if status != StatusCode::OK => {
                return Err(Unanswered::Failed(Failure::Status(status.as_u16())));
            }
            None => {}
        }
        read(&body).ok_or(Unanswered::Failed(Failure::Malformed))
    }
}

/// Rows by phrase in small letters, from a header line and lines `phrase;volume;cpc;competition`. `None`
/// for what is no such table.
fn read(body: &str) -> Option<HashMap<String, Row>> {
    let mut table = csv::ReaderBuilder::new()
        .delimiter(b';')
        .flexible(true)
        .from_reader(body.as_bytes());
    if table.headers().ok()?.len() != 4 {
        return None;
    }
    let mut rows = HashMap::new();
    for record in table.records() {
        let record = record.ok()?;
        let number = |place: usize| record.get(place)?.trim().parse::<Decimal>().ok();
        let row = Row {
            volume: number(1).and_then(|volume| volume.to_u64()),
            cpc: number(2).filter(|cpc| !cpc.is_sign_negative()),
            competition: number(3).filter(|share| (Decimal::ZERO..=Decimal::ONE).contains(share)),
        };
        rows.insert(record.get(0)?.trim().to_lowercase(), row);
    }
    Some(rows)
}

#[async_trait]
impl Tool for KeywordData {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    async fn call(&self, _: &ToolContext, args: Value) -> Result<Value, ToolError> {
        let Some(key) = &self.key else {
            return Err(ToolError::new(
                "tool.disabled",
                "keyword_data is disabled: SEMRUSH_API_KEY is not set",
            ));
        };
        let mut phrases: Vec<String> = vec![];
        for phrase in args["phrases"].as_array().into_iter().flatten() {
            let words = phrase.as_str().unwrap_or_default().split_whitespace();
            let phrase = words.collect::<Vec<_>>().join(" ").to_lowercase();
            // Each line is paid for.
            if !phrases.contains(&phrase) {
                phrases.push(phrase);
            }
        }
        let country = args["country"].as_str().unwrap_or("in");
        let rows = self
            .rows(key, &phrases, country)
            .await
            .map_err(|unanswered| error(&unanswered))?;
        let known: Vec<Value> = phrases
            .iter()
            .map(|phrase| {
                // What is not known is said to be so, lest it be made up.
                let row = rows.get(phrase);
                json!({
                    "phrase": phrase,
                    "volume": row.and_then(|row| row.volume),
                    "cpc_usd": row.and_then(|row| row.cpc).map(|cpc| cpc.normalize().to_string()),
                    "competition": row.and_then(|row| row.competition?.to_f64()),
                })
            })
            .collect();
        Ok(json!({ "phrases": known }))
    }
}

fn error(unanswered: &Unanswered) -> ToolError {
    match unanswered {
        Unanswered::Failed(failure) => {
            let error = ToolError::new("keyword.unavailable", format!("SEMrush {failure}"));
            tracing::warn!(%failure, "SEMrush gave nothing");
            if failure.may_pass() {
                error.retryable()
            } else {
                error
            }
        }
        Unanswered::Refused(number) => {
            tracing::warn!(number, "SEMrush refused a request");
            let message = format!("SEMrush refused the request (its error {number})");
            ToolError::new("keyword.refused", message)
        }
    }
}
