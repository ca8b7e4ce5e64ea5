//! `scraper`: one public web page, read politely. The address comes from people and models, so nothing
//! but the public internet may be reached, whatever a name resolves to and wherever a page redirects.

mod address;
mod page;
mod robots;

pub use address::{Policy, is_indian_host, is_public};

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::Usd;
use futures::StreamExt;
use reqwest::{Client, Response, StatusCode, header, redirect};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use url::Url;

use crate::{Rate, Spec, Tool, ToolContext, ToolError};

const TIMEOUT: Duration = Duration::from_secs(10);
const MAX_REDIRECTS: usize = 5;
/// After decompression.
const MAX_BYTES: usize = 2 * 1024 * 1024;
const USER_AGENT: &str = "RaptorFlowBot/1.0 (+https://raptorflow.com/bot)";
/// What a robots.txt calls us (RFC 9309, 2.2.1): the user agent without its version and comment.
const PRODUCT: &str = "RaptorFlowBot";
const READABLE: &[&str] = &[
    "text/html",
    "application/xhtml+xml",
    "text/plain",
    "application/json",
    "text/xml",
    "application/xml",
];

pub struct Scraper {
    spec: Spec,
    client: Client,
    policy: Arc<Policy>,
    robots: robots::Robots,
}

impl Scraper {
    pub fn new(policy: Policy) -> Self {
        let policy = Arc::new(policy);
        let client = Client::builder()
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(TIMEOUT)
            .connect_timeout(Duration::from_secs(5))
            .dns_resolver(Arc::new(address::PublicResolver::new(policy.clone())))
            .build()
            .expect("the client's settings are constant");
        let parameters = json!({
            "type": "object", "additionalProperties": false, "required": ["url"],
            "properties": {
                "url": { "type": "string", "maxLength": 2048, "description": "A public http or https address" },
                "selectors": {
                    "type": "object", "maxProperties": 20, "additionalProperties": { "type": "string", "maxLength": 200 },
                    "description": "Names and CSS selectors of what to pick out"
                }
            }
        });
        let spec = Spec {
            name: "scraper",
            description: "Reads one public web page: title, description, text, and what CSS selectors pick out.",
            parameters,
            cost: Usd(Decimal::new(1, 3)),
            timeout: Duration::from_secs(25),
            rate: Rate {
                calls: 30,
                per: Duration::from_secs(60),
            },
        };
        let robots = robots::Robots::new();
        Self {
            spec,
            client,
            policy,
            robots,
        }
    }

    /// Follows redirects by hand: every address is checked like the first.
    async fn fetch(&self, start: Url) -> Result<(Url, Response), ToolError> {
        let mut url = start;
        for _ in 0..=MAX_REDIRECTS {
            self.policy.check(&url)?;
            if !self
                .robots
                .allows(&self.client, &self.policy, &url, PRODUCT)
                .await
            {
                return Err(ToolError::new(
                    "robots.disallowed",
                    format!(
                        "{} asks robots not to read this page",
                        url.host_str().unwrap_or_default()
                    ),
                ));
            }
            let response = self
                .client
                .get(url.clone())
                .send()
                .await
                .map_err(|error| failed(&url, &error))?;
            if !response.status().is_redirection() {
                return Ok((url, response));
            }
            let target = response
                .headers()
                .get(header::LOCATION)
                .and_then(|value| value.to_str().ok());
            let Some(target) = target else {
                return Ok((url, response));
            };
            url = url.join(target).map_err(|_| {
                ToolError::new(
                    "url.invalid",
                    "the page redirects to something that is no address",
                )
            })?;
        }
        Err(ToolError::new(
            "url.redirects",
            format!("the page redirects more than {MAX_REDIRECTS} times"),
        ))
    }
}

#[async_trait]
impl Tool for Scraper {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    async fn call(&self, _: &ToolContext, args: Value) -> Result<Value, ToolError> {
        let text = args["url"].as_str().unwrap_or_default().trim();
        let url = Url::parse(text).map_err(|_| {
            ToolError::new(
                "url.invalid",
                format!("{text:?} is not an address such as https://example.com/page"),
            )
        })?;
        let (url, response) = self.fetch(url).await?;
        let status = response.status();
        if !status.is_success() {
            let error = ToolError::new("page.status", format!("the page answered {status}"));
            let later = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
            return Err(if later { error.retryable() } else { error });
        }
        let kind = response
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .unwrap_or("text/html");
        let kind = kind
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_lowercase();
        if !READABLE.contains(&kind.as_str()) {
            return Err(ToolError::new(
                "page.type",
                format!("the page is {kind}, not something to read"),
            ));
        }
        let body = read(&url, response).await?;
        let mut page = page::extract(&body, kind.contains("html"), &args["selectors"])?;
        page["url"] = json!(text);
        page["final_url"] = json!(url.as_str());
        page["status"] = json!(status.as_u16());
        page["indian_site"] = json!(url.host_str().is_some_and(is_indian_host));
        Ok(page)
    }
}

/// At most [`MAX_BYTES`], counted as they come out of any compression. Without NUL, which PostgreSQL
/// does not keep.
async fn read(url: &Url, response: Response) -> Result<String, ToolError> {
    let mut body = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| failed(url, &error))?;
        if body.len() + chunk.len() > MAX_BYTES {
            return Err(ToolError::new(
                "page.too_large",
                format!("the page is larger than {} MiB", MAX_BYTES >> 20),
            ));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&body).replace('\0', "\u{fffd}"))
}

fn failed(url: &Url, error: &reqwest::Error) -> ToolError {
    let host = url.host_str().unwrap_or_default();
    // The resolver's refusal lies somewhere below what the client reports.
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(inner) = cause {
        if inner.to_string().contains(address::NOT_PUBLIC) {
            return address::refused(host);
        }
        cause = inner.source();
    }
    if error.is_timeout() {
        return ToolError::new(
            "page.timeout",
            format!("{host} did not answer within {TIMEOUT:?}"),
        )
        .retryable();
    }
    ToolError::new("page.unreachable", format!("{host} could not be read")).retryable()
}
