//! How sites are asked: not too often, not twice, and in their language.

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Html;
use axum::routing::get;
use serde_json::json;
use tools::Tool;
use tools::scrape::{Policy, Scraper};

use super::{named, pages, read};
use crate::support::{Desk, Site, context};

/// The site may be reached, with the pauses of production.
fn unhurried(site: &Site) -> Policy {
    Policy {
        at_once: false,
        ..site.policy()
    }
}

#[tokio::test]
async fn a_crawl_delay_is_kept_and_the_caller_told_how_long() {
    let routes = pages(&[("/", "<p>front"), ("/next", "<p>next")]).route(
        "/robots.txt",
        get(|| async { "User-agent: *\nCrawl-delay: 20\n" }),
    );
    let site = Site::serve(routes).await;
    let scraper = Scraper::new(unhurried(&site));
    read(&scraper, &site.url("/")).await.unwrap();
    let error = read(&scraper, &site.url("/next")).await.unwrap_err();
    assert_eq!((error.code, error.retryable), ("site.busy", true));
    assert!(
        error
            .message
            .starts_with("127.0.0.1 is read a page at a time; try again in "),
        "{error}"
    );
    assert_eq!(site.count("/next"), 0);
    read(&scraper, &site.url("/"))
        .await
        .expect("what was read needs no turn");
}

#[tokio::test]
async fn a_site_that_has_had_enough_is_left_alone() {
    for (status, wait) in [
        (StatusCode::TOO_MANY_REQUESTS, Some("25")),
        (StatusCode::SERVICE_UNAVAILABLE, Some("86400")),
        (StatusCode::TOO_MANY_REQUESTS, None),
        (
            StatusCode::SERVICE_UNAVAILABLE,
            Some("Fri, 31 Dec 2027 23:59:59 GMT"),
        ),
    ] {
        let routes = pages(&[("/next", "<p>next")]).route(
            "/",
            get(move || async move {
                let mut headers = HeaderMap::new();
                if let Some(wait) = wait {
                    headers.insert(header::RETRY_AFTER, wait.parse().unwrap());
                }
                (status, headers)
            }),
        );
        let site = Site::serve(routes).await;
        let scraper = Scraper::new(site.policy());
        let error = read(&scraper, &site.url("/")).await.unwrap_err();
        assert_eq!((error.code, error.retryable), ("page.status", true));
        let error = read(&scraper, &site.url("/next")).await.unwrap_err();
        assert_eq!(error.code, "site.busy", "{status} {wait:?}");
        assert_eq!(site.count("/next"), 0);
    }
}

#[tokio::test]
async fn a_page_is_asked_for_once_for_all_tools_and_callers() {
    let site = Site::serve(pages(&[("/", "<title>Silk</title><p>front")])).await;
    let mut desk = Desk::with(site.policy());
    let first = desk.ok("scraper", json!({ "url": site.url("/") })).await;
    desk.context.workspace_id = crate::support::workspace(9);
    let again = desk
        .ok("scraper", json!({ "url": site.url("/#top") }))
        .await;
    assert_eq!(again["text"], first["text"]);
    let audit = desk.ok("page_audit", json!({ "url": site.url("/") })).await;
    assert_eq!(audit["title"], "Silk");
    assert_eq!(site.seen(), ["/robots.txt", "/"]);
}

#[tokio::test]
async fn what_failed_or_is_not_to_be_kept_is_asked_for_again() {
    let routes = Router::new().route(
        "/fresh",
        get(|| async {
            (
                [(header::CACHE_CONTROL, "private, no-store")],
                Html("<p>now"),
            )
        }),
    );
    let site = Site::serve(routes).await;
    let scraper = Scraper::new(site.policy());
    for _ in 0..2 {
        read(&scraper, &site.url("/fresh")).await.unwrap();
        read(&scraper, &site.url("/missing")).await.unwrap_err();
    }
    assert_eq!((site.count("/fresh"), site.count("/missing")), (2, 2));
}

#[tokio::test]
async fn indian_sites_are_asked_for_the_english_of_india() {
    let language = |headers: HeaderMap| async move {
        let language = headers.get(header::ACCEPT_LANGUAGE);
        language.map_or("none".to_owned(), |value| {
            value.to_str().unwrap().to_owned()
        })
    };
    let site = Site::serve(Router::new().route("/", get(language))).await;
    let hosts = ["shop.in", "www.justdial.com", "linkedin.info"];
    let names = hosts.map(|host| (host, &["127.0.0.1"][..]));
    let scraper = Scraper::new(named(&site, &names));
    for (host, asked) in hosts
        .into_iter()
        .zip(["en-IN,en;q=0.9", "en-IN,en;q=0.9", "none"])
    {
        let url = format!("http://{host}:{}/", site.address.port());
        let args = json!({ "url": url });
        let page = scraper.call(&context().0, args).await.unwrap();
        assert_eq!(page["text"], asked, "{host}");
    }
}
