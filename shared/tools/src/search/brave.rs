use async_trait::async_trait;
use domain::Usd;
use reqwest::{Client, StatusCode, header};
use serde::Deserialize;

use super::engine::{Ask, Engine, EngineName, Freshness, Hit};
use super::text;
use crate::prices;
use crate::wire::{self, Failure};

pub(super) const BASE_URL: &str = "https://api.search.brave.com";
/// A request for more is refused.
const MAX_COUNT: usize = 20;
/// A query of more words is refused.
const MAX_WORDS: usize = 50;
/// Of ISO 639-1, the languages that `search_lang` has under the same name; any other is refused.
const LANGUAGES: &[&str] = &[
    "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fi", "fr", "gl", "gu",
    "he", "hi", "hr", "hu", "is", "it", "kn", "ko", "lt", "lv", "ml", "mr", "ms", "nb", "nl", "pa",
    "pl", "ro", "ru", "sk", "sl", "sr", "sv", "ta", "te", "th", "tr", "uk", "vi",
];

/// The Brave Search API, version 1 (`/res/v1/web/search`).
pub(super) struct Brave {
    pub client: Client,
    pub base_url: String,
    pub key: String,
}

#[derive(Deserialize)]
struct Answer {
    /// Missing when nothing was found.
    web: Option<Web>,
}

#[derive(Deserialize)]
struct Web {
    #[serde(default)]
    results: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    title: String,
    url: String,
    #[serde(default)]
    description: String,
    /// `2026-09-30T10:00:00`.
    page_age: Option<String>,
    /// For people: `September 30, 2026`, or `3 days ago`.
    age: Option<String>,
}

#[async_trait]
impl Engine for Brave {
    fn name(&self) -> EngineName {
        EngineName::Brave
    }

    fn cost(&self) -> Usd {
        prices::BRAVE_REQUEST
    }

    async fn search(&self, ask: &Ask) -> Result<Vec<Hit>, Failure> {
        let words: Vec<&str> = ask.query.split(' ').take(MAX_WORDS).collect();
        let mut query = vec![
            ("q", words.join(" ")),
            ("count", ask.most.min(MAX_COUNT).to_string()),
            ("country", "IN".to_owned()),
        ];
        if let Some(language) = &ask.language
            && LANGUAGES.contains(&language.as_str())
        {
            query.push(("search_lang", language.clone()));
        }
        if let Some(freshness) = ask.freshness {
            let code = match freshness {
                Freshness::Day => "pd",
                Freshness::Week => "pw",
                Freshness::Month => "pm",
                Freshness::Year => "py",
            };
            query.push(("freshness", code.to_owned()));
        }
        let request = self
            .client
            .get(format!("{}/res/v1/web/search", self.base_url))
            .query(&query)
            .header(header::ACCEPT, "application/json")
            .header("X-Subscription-Token", &self.key);
        let (status, body) = wire::ask(request).await?;
        if status != StatusCode::OK {
            return Err(Failure::Status(status.as_u16()));
        }
        let answer: Answer = serde_json::from_slice(&body).map_err(|_| Failure::Malformed)?;
        let found = answer.web.map(|web| web.results).unwrap_or_default();
        let hits = found.iter().filter_map(|found| {
            let dates = [&found.page_age, &found.age];
            let published = dates
                .into_iter()
                .flatten()
                .find_map(|date| text::day(date, ask.today));
            let hit = Hit::clean(&found.title, &found.url, &found.description)?;
            Some(hit.published(published))
        });
        Ok(hits.take(ask.most).collect())
    }
}
