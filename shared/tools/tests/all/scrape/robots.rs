use std::io::Write;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;
use tools::scrape::Scraper;

use super::{pages, read};
use crate::support::Site;

async fn with_robots(robots: impl IntoResponse + Clone + Send + Sync + 'static) -> Site {
    let routes = pages(&[
        ("/", "<p>front"),
        ("/private/", "<p>private"),
        ("/private/open", "<p>open"),
    ]);
    Site::serve(routes.route("/robots.txt", get(|| async { robots }))).await
}

async fn allowed(site: &Site, path: &str) -> bool {
    match read(&Scraper::new(site.policy()), &site.url(path)).await {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(
                (error.code, error.retryable),
                ("robots.disallowed", false),
                "{error}"
            );
            assert!(
                error.message.starts_with("127.0.0.1 asks robots"),
                "{error}"
            );
            false
        }
    }
}

#[tokio::test]
async fn what_robots_txt_disallows_is_not_asked_for() {
    let site = with_robots("User-agent: *\nDisallow: /private/\nAllow: /private/open\n").await;
    assert!(allowed(&site, "/").await);
    assert!(allowed(&site, "/private/open").await);
    assert!(!allowed(&site, "/private/").await);
    assert_eq!(site.count("/private/"), 0);
}

#[tokio::test]
async fn a_rule_for_our_bot_by_name_counts_before_the_rule_for_all() {
    let refused =
        with_robots("User-agent: *\nDisallow:\n\nUser-agent: RaptorFlowBot\nDisallow: /\n").await;
    assert!(!allowed(&refused, "/").await);
    let invited = with_robots(
        "User-agent: *\nDisallow: /\n\nUser-agent: raptorflowbot\nDisallow: /private/\n",
    )
    .await;
    assert!(allowed(&invited, "/").await);
    assert!(!allowed(&invited, "/private/").await);
    let others = with_robots("User-agent: OtherBot\nDisallow: /\n").await;
    assert!(allowed(&others, "/").await);
}

#[tokio::test]
async fn our_bot_says_who_it_is() {
    let routes = axum::Router::new().route(
        "/",
        get(|headers: axum::http::HeaderMap| async move {
            headers[header::USER_AGENT].to_str().unwrap().to_owned()
        }),
    );
    let site = Site::serve(routes).await;
    let page = read(&Scraper::new(site.policy()), &site.url("/"))
        .await
        .unwrap();
    assert_eq!(
        page["text"],
        "RaptorFlowBot/1.0 (+https://raptorflow.com/bot)"
    );
}

#[tokio::test]
async fn a_site_without_robots_txt_or_with_an_empty_one_allows_all() {
    for status in [
        StatusCode::NOT_FOUND,
        StatusCode::FORBIDDEN,
        StatusCode::GONE,
        StatusCode::OK,
    ] {
        assert!(
            allowed(&with_robots(status).await, "/private/").await,
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_site_whose_robots_txt_is_a_server_error_is_left_alone() {
    for status in [
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::SERVICE_UNAVAILABLE,
    ] {
        let site = with_robots(status).await;
        assert!(!allowed(&site, "/").await, "{status}");
        assert_eq!(site.seen(), ["/robots.txt"]);
    }
}

#[tokio::test]
async fn robots_txt_is_asked_for_once_a_site() {
    let site = with_robots("User-agent: *\nDisallow: /private/\n").await;
    let scraper = Scraper::new(site.policy());
    for path in ["/", "/private/", "/?page=2", "/private/open"] {
        let page = read(&scraper, &site.url(path)).await;
        assert_eq!(
            page.is_ok(),
            path.starts_with("/?") || path == "/",
            "{path}"
        );
    }
    assert_eq!(site.seen(), ["/robots.txt", "/", "/?page=2"]);
}

#[tokio::test]
async fn rules_in_the_first_half_mebibyte_count_however_long_the_file_is() {
    let mut long = b"User-agent: *\nDisallow: /private/\n".to_vec();
    long.resize(64 << 20, b'#');
    let mut packed = GzEncoder::new(vec![], Compression::fast());
    packed.write_all(&long).unwrap();
    let packed = packed.finish().unwrap();
    let robots = |body: Vec<u8>, encoding: &'static str| -> Response {
        (
            [
                (header::CONTENT_TYPE, "text/plain"),
                (header::CONTENT_ENCODING, encoding),
            ],
            body,
        )
            .into_response()
    };
    let routes = pages(&[("/", "<p>front"), ("/private/", "<p>private")]);
    let site = Site::serve(routes.route(
        "/robots.txt",
        get(move || async move { robots(packed, "gzip") }),
    ))
    .await;
    assert!(allowed(&site, "/").await);
    assert!(!allowed(&site, "/private/").await);
}

#[tokio::test]
async fn robots_txt_that_is_no_text_does_not_stop_the_scraper() {
    let noise: Vec<u8> = (0..=255).cycle().take(4_096).collect();
    assert!(allowed(&with_robots(noise).await, "/").await);
    let page_instead = "<!doctype html><html><body>Disallow: nothing here";
    assert!(allowed(&with_robots(page_instead).await, "/").await);
}
