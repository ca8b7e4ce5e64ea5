//! Pages read through a proxy: it connects, so what may be reached is checked before it is asked.

use axum::Router;
use axum::http::HeaderMap;
use tools::Settings;
use tools::scrape::{Policy, Proxy, Scraper};

use super::{named, read};
use crate::support::{Shelf, Site};

/// A proxy that answers by itself, with the authorization that it got.
async fn proxy() -> Site {
    let answer = |headers: HeaderMap| async move {
        let value = headers.get("proxy-authorization").cloned();
        value.map_or(String::new(), |value| value.to_str().unwrap().to_owned())
    };
    Site::serve(Router::new().fallback(answer)).await
}

fn through(proxy: &Site, names: &[(&str, &[&str])]) -> Policy {
    let address = format!("http://asha:secret@{}", proxy.address);
    Policy {
        allow: vec![],
        proxy: Proxy::parse(&address),
        ..named(proxy, names)
    }
}

#[tokio::test]
async fn a_page_is_asked_of_the_proxy() {
    let proxy = proxy().await;
    let policy = through(&proxy, &[("shop.test", &["93.184.216.34"])]);
    let page = read(&Scraper::new(policy), "http://shop.test/sarees")
        .await
        .unwrap();
    assert!(
        page["text"].as_str().unwrap().starts_with("Basic "),
        "{page}"
    );
    assert_eq!(
        proxy.seen(),
        ["http://shop.test/robots.txt", "http://shop.test/sarees"]
    );
}

#[tokio::test]
async fn the_proxy_is_not_asked_for_what_is_not_public() {
    let proxy = proxy().await;
    let names: &[(&str, &[&str])] = &[
        ("inside.test", &["10.0.0.5"]),
        ("mixed.test", &["93.184.216.34", "127.0.0.1"]),
    ];
    let scraper = Scraper::new(through(&proxy, names));
    for url in [
        "http://inside.test/",
        "http://mixed.test/",
        "http://127.0.0.1/",
        "http://169.254.169.254/latest/",
        "http://[::1]/",
        "http://localhost/",
    ] {
        let error = read(&scraper, url).await.unwrap_err();
        assert_eq!(
            (error.code, error.retryable),
            ("url.not_public", false),
            "{url}"
        );
    }
    assert!(proxy.seen().is_empty());
}

#[test]
fn a_proxy_is_an_http_address_and_is_not_printed() {
    let proxy = Proxy::parse("http://asha:secret@pool.example:8080").unwrap();
    let policy = Policy {
        proxy: Some(proxy),
        ..Policy::default()
    };
    assert!(!format!("{policy:?}").contains("secret"), "{policy:?}");
    for wrong in ["socks5://pool.example", "pool.example:8080", "", "http://"] {
        assert!(Proxy::parse(wrong).is_none(), "{wrong}");
    }
}

#[test]
fn a_setting_that_is_no_proxy_is_named_and_not_repeated() {
    let settings = Settings {
        scrape_proxy_url: Some("ftp://asha:secret@pool.example".to_owned()),
        ..Settings::default()
    };
    let shelf = std::sync::Arc::new(Shelf::default());
    let error = settings.tools(Policy::default(), shelf).err().unwrap();
    assert_eq!(error, "SCRAPE_PROXY_URL is not an http address");
}
