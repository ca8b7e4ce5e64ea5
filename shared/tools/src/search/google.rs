use async_trait::async_trait;
use domain::Usd;
use reqwest::{Client, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::engine::{Ask, Engine, EngineName, Freshness, Hit};
use super::text;
use crate::prices;
use crate::wire::{self, Failure};

pub(super) const BASE_URL: &str = "https://www.googleapis.com";
/// A request for more is refused; a second page would be a second price.
const MAX_COUNT: usize = 10;
/// Of ISO 639-1, the languages that `lr` restricts results to under the same name. Hindi and India's
/// other languages are not among them: those are only preferred, by `hl`.
const LANGUAGES: &[&str] = &[
    "ar", "bg", "ca", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "hr", "hu", "id", "is",
    "it", "ja", "ko", "lt", "lv", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv", "tr",
];

/// Google's Custom Search JSON API (`/customsearch/v1`), results for India. Google has closed it to new
/// customers and ends it on 1 January 2027 (its overview page).
pub(super) struct Google {
    pub client: Client,
    pub base_url: String,
    pub key: String,
    pub cx: String,
}

#[derive(Deserialize)]
struct Answer {
    /// Missing when nothing was found.
    #[serde(default)]
    items: Vec<Found>,
    /// What tells an answer without items from something else.
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    title: String,
    link: String,
    #[serde(default)]
    snippet: String,
    #[serde(default)]
    pagemap: Value,
}

#[async_trait]
impl Engine for Google {
    fn name(&self) -> EngineName {
        EngineName::Google
    }

    fn cost(&self) -> Usd {
        prices::GOOGLE_REQUEST
    }

    async fn search(&self, ask: &Ask) -> Result<Vec<Hit>, Failure> {
        let mut query = vec![
            ("key", self.key.clone()),
            ("cx", self.cx.clone()),
            ("q", ask.query.clone()),
            ("num", ask.most.min(MAX_COUNT).to_string()),
            ("start", "1".to_owned()),
            ("gl", "in".to_owned()),
        ];
        if let Some(language) = &ask.language {
            query.push(("hl", language.clone()));
            if LANGUAGES.contains(&language.as_str()) {
                query.push(("lr", format!("lang_{language}")));
            }
        }
        if let Some(freshness) = ask.freshness {
            let code = match freshness {
                Freshness::Day => "d1",
                Freshness::Week => "w1",
                Freshness::Month => "m1",
                Freshness::Year => "y1",
            };
            query.push(("dateRestrict", code.to_owned()));
        }
        let request = self
            .client
            .get(format!("{}/customsearch/v1", self.base_url))
            .query(&query);
        let (status, body) = wire::ask(request).await?;
        if status != StatusCode::OK {
            return Err(Failure::Status(status.as_u16()));
        }
        let answer: Answer = serde_json::from_slice(&body).map_err(|_| Failure::Malformed)?;
        if answer.items.is_empty() && answer.kind.is_none() {
            return Err(Failure::Malformed);
        }
        let hits = answer.items.iter().filter_map(|found| {
            let metatags = &found.pagemap["metatags"];
            let published = metatags.as_array().into_iter().flatten().find_map(|tags| {
                let date = tags["article:published_time"].as_str()?;
                text::day(date, ask.today)
            });
            let hit = Hit::clean(&found.title, &found.link, &found.snippet)?;
            Some(hit.published(published))
        });
        Ok(hits.take(ask.most).collect())
    }
}
