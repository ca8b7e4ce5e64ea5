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

    /// A site without the file, or whose file can't be read, says nothing against it (RFC 9309, 2.3.1);
    /// one that answers with a server error is left alone.
    pub async fn allows(&self, client: &Client, policy: &Policy, url: &Url, agent: &str) -> bool {
        let Ok(address) = url.join("/robots.txt") else {
            return true;
        };
        if policy.check(&address).is_err() {
            return true; // the page itself is refused
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
        Robot::new(agent, text.as_bytes()).is_ok_and(|robot| robot.allowed(url.as_str()))
            || text.is_empty()
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
