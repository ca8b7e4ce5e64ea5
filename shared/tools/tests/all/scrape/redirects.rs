use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::Html;
use axum::routing::get;
use tools::scrape::Scraper;

use super::{named, pages, private, read};
use crate::support::Site;

/// `/hops/n` redirects n times within the site, then to `end`.
fn chain(end: String) -> Router {
    let hop = move |Path(left): Path<u32>| {
        let target = if left == 0 {
            end.clone()
        } else {
            format!("/hops/{}", left - 1)
        };
        async move { (StatusCode::FOUND, [(header::LOCATION, target)]) }
    };
    Router::new()
        .route("/hops/{left}", get(hop))
        .route("/end", get(|| async { Html("<p>arrived") }))
}

fn to(status: StatusCode, target: &str) -> Router {
    let target = target.to_owned();
    Router::new().route(
        "/",
        get(move || async move { (status, [(header::LOCATION, target)]) }),
    )
}

#[tokio::test]
async fn a_redirect_is_followed_and_the_answer_says_where_it_led() {
    let site = Site::serve(chain("/end".to_owned())).await;
    let scraper = Scraper::new(site.policy());
    let page = read(&scraper, &site.url("/hops/2")).await.unwrap();
    assert_eq!(
        (&page["text"], &page["status"]),
        (&"arrived".into(), &200.into())
    );
    assert_eq!(page["url"], site.url("/hops/2"));
    assert_eq!(page["final_url"], site.url("/end"));
}

#[tokio::test]
async fn a_redirect_to_a_private_address_is_refused() {
    for status in [301, 302, 303, 307, 308] {
        let status = StatusCode::from_u16(status).unwrap();
        for target in [
            "http://127.0.0.1/",
            "http://10.0.0.1/",
            "http://192.168.0.1/admin",
            "http://169.254.169.254/latest/meta-data/",
            "//169.254.169.254/latest/meta-data/",
            "http://2852039166/",
            "http://0251.0376.0251.0376/",
            "http://[::1]/",
            "http://[::ffff:169.254.169.254]/",
            "http://localhost/",
            "http://inside.test/",
        ] {
            // Not 127.0.0.1: what a policy lets through is no test of what it refuses.
            let here = "127.0.0.3:0".parse().unwrap();
            let site = Site::serve_at(here, to(status, target)).await;
            let scraper = Scraper::new(named(&site, &[("inside.test", &["10.0.0.5"])]));
            let error = read(&scraper, &site.url("/")).await.unwrap_err();
            assert_eq!(
                (error.code, error.retryable),
                ("url.not_public", false),
                "{status} {target}: {error}"
            );
        }
    }
}

#[tokio::test]
async fn every_hop_is_checked_and_the_private_site_is_not_asked() {
    for hops in 0..5 {
        let site = Site::serve_at("127.0.0.1:0".parse().unwrap(), Router::new()).await;
        let port = site.address.port();
        let inside = Site::serve_at(([127, 0, 0, 2], port).into(), private()).await;
        for end in [inside.url("/"), format!("http://inside.test:{port}/")] {
            let entry = Site::serve(chain(end.clone())).await;
            let mut policy = named(&entry, &[("inside.test", &["127.0.0.2"])]);
            policy.allow.push(site.address);
            let error = read(&Scraper::new(policy), &entry.url(&format!("/hops/{hops}")))
                .await
                .unwrap_err();
            assert_eq!(
                error.code, "url.not_public",
                "{end} after {hops} hops: {error}"
            );
            assert_eq!(entry.count("/hops/0"), 1, "the last hop was reached");
        }
        assert!(inside.seen().is_empty(), "after {hops} hops");
    }
}

#[tokio::test]
async fn a_redirect_to_another_scheme_port_or_user_is_refused() {
    for target in [
        "file:///etc/passwd",
        "ftp://example.com/",
        "http://example.com:22/",
        "http://asha:pw@example.com/",
        "data:text/html,x",
    ] {
        let site = Site::serve(to(StatusCode::FOUND, target)).await;
        let error = read(&Scraper::new(site.policy()), &site.url("/"))
            .await
            .unwrap_err();
        assert_eq!(
            (error.code, error.retryable),
            ("url.invalid", false),
            "{target}: {error}"
        );
    }
}

#[tokio::test]
async fn a_redirect_to_nothing_readable_is_an_error_and_not_a_page() {
    for target in ["http://[", "http://"] {
        let site = Site::serve(to(StatusCode::FOUND, target)).await;
        let error = read(&Scraper::new(site.policy()), &site.url("/"))
            .await
            .unwrap_err();
        assert_eq!(error.code, "url.invalid", "{target}");
    }
    let nowhere = Site::serve(Router::new().route("/", get(|| async { StatusCode::FOUND }))).await;
    let error = read(&Scraper::new(nowhere.policy()), &nowhere.url("/"))
        .await
        .unwrap_err();
    assert_eq!((error.code, error.retryable), ("page.status", false));
}

#[tokio::test]
async fn five_redirects_are_followed_and_a_sixth_is_not() {
    let site = Site::serve(chain("/end".to_owned())).await;
    let scraper = Scraper::new(site.policy());
    let page = read(&scraper, &site.url("/hops/4")).await.unwrap();
    assert_eq!(page["text"], "arrived");
    let error = read(&scraper, &site.url("/hops/5")).await.unwrap_err();
    assert_eq!((error.code, error.retryable), ("url.redirects", false));
    assert!(error.message.contains("more than 5 times"), "{error}");
    assert_eq!(site.count("/end"), 1);
}

#[tokio::test]
async fn a_page_that_redirects_to_itself_is_left_alone() {
    let site = Site::serve(to(StatusCode::MOVED_PERMANENTLY, "/")).await;
    let error = read(&Scraper::new(site.policy()), &site.url("/"))
        .await
        .unwrap_err();
    assert_eq!(error.code, "url.redirects");
    assert_eq!(site.count("/"), 6, "the first and five more");
}

#[tokio::test]
async fn the_site_that_is_redirected_to_is_asked_for_its_robots_txt() {
    let strict = Site::serve(pages(&[("/", "<p>private")]).route(
        "/robots.txt",
        get(|| async { "User-agent: *\nDisallow: /" }),
    ))
    .await;
    let open = Site::serve(to(StatusCode::FOUND, &strict.url("/"))).await;
    let mut policy = open.policy();
    policy.allow.push(strict.address);
    let error = read(&Scraper::new(policy), &open.url("/"))
        .await
        .unwrap_err();
    assert_eq!(error.code, "robots.disallowed");
    assert_eq!(strict.seen(), ["/robots.txt"]);
}
