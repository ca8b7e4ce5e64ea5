use std::time::Duration;

use futures::StreamExt;
use moka::future::Cache;
use reqwest::{Client, Response};
use texting_robots::Robot;
use url::Url;

use super::Policy;

/// What sites say to robots, remembered for an hour.
pub(super) struct Robots {
    texts: Cache<String, String>,
}

/// What a site says of one page.
pub(super) struct Rules {
    pub allowed: bool,
    /// Its crawl-delay: between two pages; zero when it names none.
    pub delay: Duration,
}

impl Rules {
    const NONE: Self = Self {
        allowed: true,
        delay: Duration::ZERO,
    };
}

/// The part of a robots.txt that is read; the rest is ignored (RFC 9309 asks for 500 KiB at least).
const MAX_BYTES: usize = 512 * 1024;

impl Robots {
    pub fn new() -> Self {
        Self {
            texts: Cache::builder()
                .max_capacity(1_000)
                .time_to_live(Duration::from_secs(3_600))
                .build(),
        }
    }

    /// What they say of one page. A site without the file, or whose file can't be read, says nothing against it (RFC 9309, 2.3.1);
    /// one that answers with a server error is left alone.
    pub async fn rules(&self, client: &Client, policy: &Policy, url: &Url, agent: &str) -> Rules {
        let Ok(address) = url.join("/robots.txt") else {
            return Rules::NONE;
        };
        if policy.check(&address).is_err() {
            return Rules::NONE; // the page itself is refused
        }
        let text = self
            .texts
            .get_with(address.origin().ascii_serialization(), async {
                match client.get(address).send().await {
                    Ok(response) if response.status().is_success() => beginning(response).await,
                    Ok(response) if response.status().is_server_error() => {
                        "User-agent: *\nDisallow: /".to_owned()
                    }
                    _ => String::new(),
                }
            })
            .await;
        if text.is_empty() {
            return Rules::NONE;
        }
        let robot = Robot::new(agent, text.as_bytes()).ok();
        let delay = robot.as_ref().and_then(|robot| robot.delay);
        Rules {
            allowed: robot.is_some_and(|robot| robot.allowed(url.as_str())),
            delay: delay
                .and_then(|seconds| Duration::try_from_secs_f32(seconds).ok())
                .unwrap_or_default(),
        }
    }
}

async fn beginning(response: Response) -> String {
    let mut text = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(Ok(chunk)) = stream.next().await {
        text.extend_from_slice(&chunk[..chunk.len().min(MAX_BYTES - text.len())]);
        if text.len() == MAX_BYTES {
            break;
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}
