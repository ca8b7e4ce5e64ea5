//! A page, fetched politely and from the public internet alone: for every tool that reads pages.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use moka::future::Cache;
use reqwest::{Client, RequestBuilder, Response, StatusCode, header, redirect};
use url::Url;

use super::turns::{MAX_GAP, Turn, Turns};
use super::{Policy, address, manners, robots};
use crate::ToolError;
use crate::wire::USER_AGENT;

const TIMEOUT: Duration = Duration::from_secs(10);
const MAX_REDIRECTS: usize = 5;
/// After decompression.
const MAX_BYTES: usize = 2 * 1024 * 1024;
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
/// All pages that are kept, in bytes.
const KEPT: u64 = 64 * 1024 * 1024;
/// Long enough for the steps of one plan to share a page, short enough for a page that was just mended to
/// be looked at again.
const KEPT_FOR: Duration = Duration::from_secs(300);

/// What was read.
pub(super) struct Page {
    /// Where redirects led.
    pub url: Url,
    /// Of success, or what the site says of a page that it does not have.
    pub status: StatusCode,
    /// Without parameters, in small letters.
    pub kind: String,
    pub body: String,
}

impl Page {
    pub fn is_html(&self) -> bool {
        self.kind.contains("html")
    }

    pub fn refusal(&self) -> Option<ToolError> {
        (!self.status.is_success()).then(|| unsuccessful(self.status))
    }
}

/// Reads pages; its memory of sites and pages is its own, so tools share one.
pub struct Fetcher {
    client: Client,
    policy: Arc<Policy>,
    robots: robots::Robots,
    turns: Turns,
    /// The same for all workspaces: pages are asked for without cookies or names.
    pages: Cache<String, Arc<Page>>,
}

impl Fetcher {
    pub fn new(policy: Policy) -> Self {
        let policy = Arc::new(policy);
        let client = Client::builder()
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .timeout(TIMEOUT)
            .connect_timeout(Duration::from_secs(5))
            .dns_resolver(Arc::new(address::PublicResolver::new(policy.clone())));
        let client = match &policy.proxy {
            Some(proxy) => client.proxy(proxy.for_all()),
            None => client.no_proxy(),
        };
        let weigh = |key: &String, page: &Arc<Page>| {
            u32::try_from(key.len() + page.body.len()).unwrap_or(u32::MAX)
        };
        Self {
            client: client.build().expect("the client's settings are constant"),
            policy,
            robots: robots::Robots::new(),
            turns: Turns::new(),
            pages: Cache::builder()
                .weigher(weigh)
                .max_capacity(KEPT)
                .time_to_live(KEPT_FOR)
                .build(),
        }
    }

    /// A text page, or what the site says in its place.
    ///
    /// # Errors
    /// `url.*` when the address may not be read, `robots.disallowed`, `site.busy`, and `page.*` when it
    /// can't be read: those that may pass are retryable.
    pub(super) async fn page(&self, text: &str) -> Result<Arc<Page>, ToolError> {
        let mut url = Url::parse(text).map_err(|_| {
            ToolError::new(
                "url.invalid",
                format!("{text:?} is not an address such as https://example.com/page"),
            )
        })?;
        url.set_fragment(None);
        let key = url.to_string();
        if let Some(page) = self.pages.get(&key).await {
            return Ok(page);
        }
        let (url, response, _turn) = self.follow(url).await?;
        let status = response.status();
        if is_passing(status) {
            return Err(unsuccessful(status));
        }
        let head = |name| {
            let value = response.headers().get(name);
            value.and_then(|value| value.to_str().ok())
        };
        let kind = head(header::CONTENT_TYPE).unwrap_or("text/html");
        let kind = kind.split(';').next().unwrap_or_default();
        let kind = kind.trim().to_lowercase();
        let keep = status.is_success()
            && !head(header::CACHE_CONTROL).is_some_and(|value| value.contains("no-store"));
        if !READABLE.contains(&kind.as_str()) {
            if !status.is_success() {
                return Err(unsuccessful(status));
            }
            return Err(ToolError::new(
                "page.type",
                format!("the page is {kind}, not something to read"),
            ));
        }
        let body = read(&url, response).await?;
        let page = Arc::new(Page {
            url,
            status,
            kind,
            body,
        });
        if keep {
            self.pages.insert(key, page.clone()).await;
        }
        Ok(page)
    }

    /// Follows redirects by hand: every address is checked like the first.
    async fn follow(&self, start: Url) -> Result<(Url, Response, Turn), ToolError> {
        let mut url = start;
        let mut turn: Option<Turn> = None;
        for _ in 0..=MAX_REDIRECTS {
            self.policy.check(&url)?;
            let host = url.host_str().unwrap_or_default().to_owned();
            if self.policy.proxy.is_some() {
                self.policy.check_name(&host).await?;
            }
            // A turn is over before another site's begins: two sites that lead to each other never wait
            // for each other.
            let mut held = match turn.take().filter(|turn| turn.host == host) {
                Some(turn) => turn,
                None => self.turns.take(&host).await?,
            };
            let manners = manners::of(&host);
            let rules = self
                .robots
                .rules(&self.client, &self.policy, &url, PRODUCT)
                .await;
            if !rules.allowed {
                return Err(ToolError::new(
                    "robots.disallowed",
                    format!("{host} asks robots not to read this page"),
                ));
            }
            if !self.policy.at_once {
                held.pause(manners.pause(rules.delay));
            }
            let mut request = self.client.get(url.clone());
            if let Some(language) = manners.language {
                request = request.header(header::ACCEPT_LANGUAGE, language);
            }
            let response = send(&url, request).await?;
            if let Some(wait) = asked_to_wait(&response) {
                held.pause(wait);
            }
            let target = response
                .headers()
                .get(header::LOCATION)
                .and_then(|value| value.to_str().ok())
                .filter(|_| response.status().is_redirection());
            let Some(target) = target else {
                return Ok((url, response, held));
            };
            url = url.join(target).map_err(|_| {
                ToolError::new(
                    "url.invalid",
                    "the page redirects to something that is no address",
                )
            })?;
            turn = Some(held);
        }
        Err(ToolError::new(
            "url.redirects",
            format!("the page redirects more than {MAX_REDIRECTS} times"),
        ))
    }
}

async fn send(url: &Url, request: RequestBuilder) -> Result<Response, ToolError> {
    request.send().await.map_err(|error| failed(url, &error))
}

/// How long a site that has had enough of us wants to be left alone.
fn asked_to_wait(response: &Response) -> Option<Duration> {
    let status = response.status();
    if status != StatusCode::TOO_MANY_REQUESTS && status != StatusCode::SERVICE_UNAVAILABLE {
        return None;
    }
    let value = response.headers().get(header::RETRY_AFTER);
    let seconds = value.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Some(seconds.map_or(MAX_GAP, Duration::from_secs))
}

fn is_passing(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

fn unsuccessful(status: StatusCode) -> ToolError {
    let error = ToolError::new("page.status", format!("the page answered {status}"));
    if is_passing(status) {
        error.retryable()
    } else {
        error
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
