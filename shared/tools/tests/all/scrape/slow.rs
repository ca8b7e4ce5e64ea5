//! Sites that take their time. The clock is stopped once the site has the request, so that it moves on
//! by itself to the next deadline.

use std::future::pending;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::{Html, Response};
use axum::routing::get;
use futures::{StreamExt, stream};
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::{self, Instant};
use tools::ToolError;
use tools::scrape::Scraper;

use super::read;
use crate::support::Site;

/// Reads `/` and answers how many seconds it took from when the site was `reached`.
async fn outwait(site: Site, reached: Arc<Notify>) -> (Result<Value, ToolError>, u64) {
    let (scraper, url) = (Scraper::new(site.policy()), site.url("/"));
    let reading = tokio::spawn(async move { read(&scraper, &url).await });
    reached.notified().await;
    time::pause();
    let since = Instant::now();
    let result = reading.await.unwrap();
    (result, since.elapsed().as_secs())
}

#[tokio::test]
async fn a_page_that_does_not_answer_is_left_after_ten_seconds() {
    let reached = Arc::new(Notify::new());
    let noted = reached.clone();
    let routes = Router::new().route(
        "/",
        get(|| async move {
            noted.notify_one();
            pending::<Html<&str>>().await
        }),
    );
    let (result, seconds) = outwait(Site::serve(routes).await, reached).await;
    let error = result.unwrap_err();
    assert_eq!((error.code, error.retryable), ("page.timeout", true));
    assert_eq!(error.message, "127.0.0.1 did not answer within 10s");
    assert!((9..=10).contains(&seconds), "{seconds} s");
}

#[tokio::test]
async fn a_page_that_stops_in_the_middle_is_left_after_ten_seconds() {
    let reached = Arc::new(Notify::new());
    let noted = reached.clone();
    let routes = Router::new().route(
        "/",
        get(|| async move {
            let first = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"<p>one"))]);
            let rest = stream::once(async move {
                noted.notify_one();
                pending().await
            });
            Response::builder()
                .header("content-type", "text/html")
                .body(Body::from_stream(first.chain(rest)))
                .unwrap()
        }),
    );
    let (result, seconds) = outwait(Site::serve(routes).await, reached).await;
    let error = result.unwrap_err();
    assert_eq!((error.code, error.retryable), ("page.timeout", true));
    assert!((9..=10).contains(&seconds), "{seconds} s");
}

#[tokio::test]
async fn a_robots_txt_that_does_not_answer_says_nothing_against_the_page() {
    let reached = Arc::new(Notify::new());
    let (asked, noted) = (reached.clone(), reached.clone());
    let routes = Router::new()
        .route(
            "/robots.txt",
            get(|| async move {
                asked.notify_one();
                pending::<&str>().await
            }),
        )
        .route(
            "/",
            get(|| async move {
                noted.notify_one();
                Html("<p>front")
            }),
        );
    let site = Site::serve(routes).await;
    let (scraper, url) = (Scraper::new(site.policy()), site.url("/"));
    let reading = tokio::spawn(async move { read(&scraper, &url).await });
    reached.notified().await;
    time::pause();
    time::advance(std::time::Duration::from_secs(10)).await;
    // The page itself is read over a socket, which does not wait for a clock that leaps.
    time::resume();
    reached.notified().await;
    assert_eq!(reading.await.unwrap().unwrap()["text"], "front");
}
