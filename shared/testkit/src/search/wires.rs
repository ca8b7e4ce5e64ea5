//! How each engine says what it found.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use reqwest::Url;
use serde_json::{Value, json};

use super::corpus::{self, Page};
use super::{Engine, Seen};

pub const ANOMALY: &str = r#"<!doctype html><html><head><title>DuckDuckGo</title></head><body>
<form id="challenge-form" action="//duckduckgo.com/anomaly.js?sv=html" method="POST">
<div class="anomaly-modal__title">Unfortunately, bots use DuckDuckGo too.</div>
<div class="anomaly-modal__description">Please complete the following challenge.</div></form></body></html>"#;

/// What is answered to a request without its key.
pub fn refusal(seen: &Seen) -> Option<Response> {
    let lacks = |name: &str| seen.query.get(name).is_none_or(String::is_empty);
    match seen.engine {
        Engine::Brave if seen.token.as_ref().is_none_or(String::is_empty) => {
            let error = json!({ "type": "ErrorResponse", "error": { "code": "SUBSCRIPTION_TOKEN_INVALID", "status": 422 } });
            Some((StatusCode::UNPROCESSABLE_ENTITY, Json(error)).into_response())
        }
        Engine::Google if lacks("key") || lacks("cx") => {
            let error = json!({ "error": { "code": 400, "message": "Request is missing required parameters.", "status": "INVALID_ARGUMENT" } });
            Some((StatusCode::BAD_REQUEST, Json(error)).into_response())
        }
        Engine::Semrush if lacks("key") => Some(typed(
            seen.engine,
            "ERROR 120 :: WRONG KEY - ID PAIR".to_owned(),
        )),
        _ => None,
    }
}

/// `None`: what the engine finds of the pages that there are. No engine finds all of them, and each
/// spells their addresses its own way.
pub fn found(seen: &Seen, pages: Option<Vec<Page>>) -> Response {
    let asked = |name: &str| seen.query.get(name).map(String::as_str).unwrap_or_default();
    let most = |name: &str, least: usize| asked(name).parse().unwrap_or(least);
    let chosen = |part: &[usize], spell: fn(&str) -> String| {
        let all = corpus::pages(asked("q"));
        let spelled = |place: &usize| Page {
            url: spell(&all[*place].url),
            ..all[*place].clone()
        };
        part.iter().map(spelled).collect::<Vec<Page>>()
    };
    match seen.engine {
        Engine::Brave => {
            let pages = pages.unwrap_or_else(|| chosen(&[0, 1, 2, 3, 4, 5], str::to_owned));
            brave(asked("q"), &pages, most("count", 20))
        }
        Engine::Google => {
            let spell = |url: &str| url.replace("https://", "http://www.");
            let pages = pages.unwrap_or_else(|| chosen(&[1, 0, 3, 6, 4], spell));
            google(&pages, most("num", 10))
        }
        Engine::DuckDuckGo => {
            let spell = |url: &str| format!("{url}/?utm_source=duckduckgo");
            let pages = pages.unwrap_or_else(|| chosen(&[2, 7, 0, 5], spell));
            duckduckgo(&pages)
        }
        Engine::Semrush => semrush(asked("phrase"), pages.is_none()),
    }
}

/// 200 with the engine's own type.
pub fn typed(engine: Engine, body: String) -> Response {
    let kind = match engine {
        Engine::Brave | Engine::Google => "application/json",
        Engine::DuckDuckGo => "text/html; charset=UTF-8",
        Engine::Semrush => "text/plain; charset=utf-8",
    };
    ([(header::CONTENT_TYPE, kind)], body).into_response()
}

fn brave(query: &str, pages: &[Page], most: usize) -> Response {
    let mut answer = json!({ "type": "search", "query": { "original": query, "country": "in" } });
    // Without a result there is no `web`.
    if !pages.is_empty() {
        let result = |page: &Page| {
            let mut result = json!({
                "type": "search_result", "subtype": "generic", "family_friendly": true,
                "title": page.title, "url": page.url, "description": marked(&page.snippet),
            });
            if let Some(day) = &page.published {
                result["page_age"] = json!(format!("{day}T09:30:00"));
            }
            result
        };
        let results: Vec<Value> = pages.iter().take(most).map(result).collect();
        answer["web"] = json!({ "type": "search", "results": results });
    }
    Json(answer).into_response()
}

fn google(pages: &[Page], most: usize) -> Response {
    let mut answer = json!({ "kind": "customsearch#search", "searchInformation": { "totalResults": pages.len().to_string() } });
    if !pages.is_empty() {
        let item = |page: &Page| {
            let mut tags = json!({ "viewport": "width=device-width" });
            if let Some(day) = &page.published {
                tags["article:published_time"] = json!(format!("{day}T09:30:00+05:30"));
            }
            json!({
                "kind": "customsearch#result", "title": page.title, "link": page.url,
                "snippet": page.snippet, "pagemap": { "metatags": [tags] },
            })
        };
        let items: Vec<Value> = pages.iter().take(most).map(item).collect();
        answer["items"] = json!(items);
    }
    Json(answer).into_response()
}

fn duckduckgo(pages: &[Page]) -> Response {
    let result = |page: &Page| {
        let href = escaped(&wrapped(&page.url));
        let day = page.published.as_ref().map_or_else(String::new, |day| {
            format!("<span>&nbsp; &nbsp; {day}T09:30:00.0000000</span>")
        });
        format!(
            r#"<div class="result results_links results_links_deep web-result"><div class="links_main links_deep result__body">
<h2 class="result__title"><a rel="nofollow" class="result__a" href="{href}">{}</a></h2>
<div class="result__extras"><div class="result__extras__url"><a class="result__url" href="{href}">{}</a>{day}</div></div>
<a class="result__snippet" href="{href}">{}</a></div></div>"#,
            escaped(&page.title),
            escaped(&page.url),
            marked(&page.snippet),
        )
    };
    let results: String = if pages.is_empty() {
        r#"<div class="result results_links result--no-result"><div class="no-results">No results.</div></div>"#.to_owned()
    } else {
        pages.iter().map(result).collect()
    };
    let advertisement = r#"<div class="result results_links result--ad"><h2 class="result__title"><a class="result__a" href="https://duckduckgo.com/y.js?ad_domain=advertiser.example">Buy now</a></h2></div>"#;
    Html(format!(
        r#"<!doctype html><html><head><title>at DuckDuckGo</title></head><body><div id="links" class="results">{advertisement}{results}</div></body></html>"#
    ))
    .into_response()
}

/// The redirect that counts clicks.
fn wrapped(url: &str) -> String {
    let parameters = [("uddg", url), ("rut", "5f1d")];
    let wrapped = Url::parse_with_params("https://duckduckgo.com/l/", parameters)
        .expect("a constant address");
    wrapped.as_str().replacen("https:", "", 1)
}

fn semrush(phrases: &str, known: bool) -> Response {
    if !known {
        return typed(Engine::Semrush, "ERROR 50 :: NOTHING FOUND".to_owned());
    }
    let mut table = "Keyword;Search Volume;CPC;Competition".to_owned();
    for phrase in phrases.split(';') {
        let seed = corpus::number(phrase);
        table.push_str(&format!(
            "\r\n{phrase};{};{}.{:02};0.{:02}",
            10 * (1 + seed % 5_000),
            seed / 3 % 3,
            seed / 7 % 100,
            seed / 11 % 100,
        ));
    }
    typed(Engine::Semrush, table)
}

/// HTML with the first word marked, as engines mark what was looked for.
fn marked(text: &str) -> String {
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    format!("<strong>{}</strong> {}", escaped(first), escaped(rest))
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}
