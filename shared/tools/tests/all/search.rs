//! `web_search` against engines on loopback that speak the real wires.

mod answers;
mod engines;
mod failures;

use serde_json::{Value, json};
use testkit::search::{FakeSearch, Page, Reply};
use tools::Settings;
use tools::scrape::Policy;

use crate::support::Desk;

pub const BRAVE_KEY: &str = "brave-key-4711";
pub const GOOGLE_KEY: &str = "google-key-4712";
pub const GOOGLE_CX: &str = "google-cx-4713";
pub const SECRETS: [&str; 3] = [BRAVE_KEY, GOOGLE_KEY, GOOGLE_CX];

/// All engines, with their keys, asked there.
pub fn settings(fake: &FakeSearch) -> Settings {
    let base = Some(fake.base_url());
    Settings {
        search_brave_api_key: Some(BRAVE_KEY.to_owned()),
        search_brave_base_url: base.clone(),
        search_google_api_key: Some(GOOGLE_KEY.to_owned()),
        search_google_cx: Some(GOOGLE_CX.to_owned()),
        search_google_base_url: base.clone(),
        search_duckduckgo_base_url: base,
        ..Settings::default()
    }
}

pub fn desk(fake: &FakeSearch) -> Desk {
    Desk::of(&settings(fake), Policy::default())
}

/// Only these engines.
pub fn desk_of(fake: &FakeSearch, engines: &str) -> Desk {
    let settings = Settings {
        search_engines: engines.parse().unwrap(),
        ..settings(fake)
    };
    Desk::of(&settings, Policy::default())
}

pub async fn search(desk: &Desk, query: &str) -> Value {
    desk.ok("web_search", json!({ "query": query })).await
}

pub fn page(url: &str) -> Page {
    Page {
        title: format!("At {url}"),
        url: url.to_owned(),
        snippet: "Sarees of silk".to_owned(),
        published: None,
    }
}

pub fn pages(urls: &[&str]) -> Reply {
    Reply::Pages(urls.iter().map(|url| page(url)).collect())
}

/// The addresses in an answer, in order.
pub fn urls(answer: &Value) -> Vec<&str> {
    let results = answer["results"].as_array().unwrap();
    results
        .iter()
        .map(|result| result["url"].as_str().unwrap())
        .collect()
}
