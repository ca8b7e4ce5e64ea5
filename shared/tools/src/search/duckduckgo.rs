use async_trait::async_trait;
use chrono::NaiveDate;
use domain::Usd;
use reqwest::{Client, StatusCode};
use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::engine::{Ask, Engine, EngineName, Freshness, Hit};
use super::text;
use crate::scrape::page;
use crate::wire::{self, Failure};

pub(super) const BASE_URL: &str = "https://html.duckduckgo.com";
/// In the page that asks whether a person is there, which comes with 202 or 200.
const CHALLENGE: &str =
    ".anomaly-modal__title, .anomaly-modal__modal, #challenge-form, form[action*='anomaly.js']";

/// DuckDuckGo's page for browsers without scripts. There is no API for its results: the page may change
/// and may ask for a person at any time, so this engine is never the only one to count on.
pub(super) struct DuckDuckGo {
    pub client: Client,
    pub base_url: String,
}

#[async_trait]
impl Engine for DuckDuckGo {
    fn name(&self) -> EngineName {
        EngineName::DuckDuckGo
    }

    fn cost(&self) -> Usd {
        Usd::ZERO
    }

    async fn search(&self, ask: &Ask) -> Result<Vec<Hit>, Failure> {
        // India's results come in English whatever is asked: there is no region for its other languages.
        let mut query = vec![("q", ask.query.as_str()), ("kl", "in-en")];
        if let Some(freshness) = ask.freshness {
            let code = match freshness {
                Freshness::Day => "d",
                Freshness::Week => "w",
                Freshness::Month => "m",
                Freshness::Year => "y",
            };
            query.push(("df", code));
        }
        let request = self
            .client
            .get(format!("{}/html/", self.base_url))
            .query(&query);
        let (status, body) = wire::ask(request).await?;
        match status {
            StatusCode::OK => read(&String::from_utf8_lossy(&body), ask),
            StatusCode::ACCEPTED => Err(Failure::Robot),
            _ => Err(Failure::Status(status.as_u16())),
        }
    }
}

fn read(body: &str, ask: &Ask) -> Result<Vec<Hit>, Failure> {
    let page: Html = page::parse(body).ok_or(Failure::Malformed)?;
    let root = page.root_element();
    if first(root, CHALLENGE).is_some() {
        return Err(Failure::Robot);
    }
    let results = selector(".result:not(.result--ad):not(.result--no-result)");
    let mut hits = vec![];
    for result in page.select(&results) {
        hits.extend(hit(result, ask.today));
        if hits.len() == ask.most {
            break;
        }
    }
    // A page that lists nothing says so; any other is none of theirs, or of a shape not known yet.
    if hits.is_empty() && first(root, ".no-results, .result--no-result").is_none() {
        return Err(Failure::Malformed);
    }
    Ok(hits)
}

fn hit(result: ElementRef<'_>, today: NaiveDate) -> Option<Hit> {
    let link = first(result, "a.result__a[href]")?;
    let url = target(link.attr("href")?)?;
    let snippet = first(result, ".result__snippet").map(|element| text::of(element, 500));
    let mut hit = Hit::clean("", &url, "")?;
    let title = text::of(link, 300);
    if !title.is_empty() {
        hit.title = title;
    }
    hit.snippet = snippet.unwrap_or_default();
    // The day stands beside the address, when it is known.
    let extras = selector(".result__extras span");
    let published = result
        .select(&extras)
        .find_map(|span| text::day(&text::of(span, 40), today));
    Some(hit.published(published))
}

/// Where a link leads, without the redirect that counts clicks. `None` for advertisements and whatever
/// else stays on the engine's own site.
fn target(href: &str) -> Option<String> {
    let own = Url::parse("https://duckduckgo.com/").ok()?;
    let url = own.join(href).ok()?;
    let host = url.host_str()?;
    if host != "duckduckgo.com" && !host.ends_with(".duckduckgo.com") {
        return Some(url.into());
    }
    if url.path().trim_end_matches('/') != "/l" {
        return None;
    }
    url.query_pairs()
        .find(|(name, _)| name == "uddg")
        .map(|(_, target)| target.into_owned())
}

fn first<'a>(element: ElementRef<'a>, css: &str) -> Option<ElementRef<'a>> {
    element.select(&selector(css)).next()
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).expect("constant selectors")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_is_unwrapped_and_an_advertisement_leads_nowhere() {
        for (href, leads) in [
            (
                "//duckduckgo.com/l/?uddg=https%3A%2F%2Fsilk.example%2Fa%3Fb%3D1&rut=ff",
                Some("https://silk.example/a?b=1"),
            ),
            (
                "/l/?kh=-1&uddg=https%3A%2F%2Fsilk.example",
                Some("https://silk.example"),
            ),
            ("https://silk.example/a", Some("https://silk.example/a")),
            ("https://duckduckgo.com/y.js?ad_domain=x.example", None),
            ("//html.duckduckgo.com/html/?q=more", None),
            ("/l/?rut=ff", None),
        ] {
            assert_eq!(target(href).as_deref(), leads, "{href}");
        }
    }
}
