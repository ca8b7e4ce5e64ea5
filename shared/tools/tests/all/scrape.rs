//! The scraper against sites on loopback. `Policy` is its seam: it lets a test's own address through
//! besides the public internet, and answers names in place of DNS. Everything else is as in production.

mod addresses;
mod manners;
mod pages;
mod proxy;
mod redirects;
mod robots;
mod slow;

use std::net::IpAddr;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use serde_json::{Value, json};
use tools::scrape::{Policy, Scraper};
use tools::{Tool, ToolError};

use crate::support::{Site, context};

const SECRET: &str = "instance credentials";

async fn read(scraper: &Scraper, url: &str) -> Result<Value, ToolError> {
    scraper.call(&context().0, json!({ "url": url })).await
}

/// A site that only has something to hide.
fn private() -> Router {
    Router::new().fallback(|| async { SECRET })
}

/// A site with these pages.
fn pages(pages: &[(&'static str, &'static str)]) -> Router {
    pages.iter().fold(Router::new(), |routes, &(path, body)| {
        routes.route(path, get(move || async move { Html(body) }))
    })
}

/// The policy of a site with names beside it.
fn named(site: &Site, names: &[(&str, &[&str])]) -> Policy {
    let addresses = |all: &[&str]| {
        all.iter()
            .map(|one| one.parse::<IpAddr>().unwrap())
            .collect()
    };
    Policy {
        names: names
            .iter()
            .map(|(name, all)| ((*name).to_owned(), addresses(all)))
            .collect(),
        ..site.policy()
    }
}
