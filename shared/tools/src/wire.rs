//! One request to an outside service: bounded in size, never redirected, and its failure said
//! without the address, which may hold a key.

use std::time::Duration;

use futures::StreamExt;
use reqwest::{Client, RequestBuilder, StatusCode, redirect};

pub(crate) const USER_AGENT: &str = "RaptorFlowBot/1.0 (+https://raptorflow.com/bot)";
/// The largest answer that is read, after decompression.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// Why an outside service gave nothing. Its text is for models and logs: it names no address and no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    #[error("rate limited")]
    RateLimited,
    #[error("answered {0}")]
    Status(u16),
    #[error("did not answer within {}s", .0.as_secs())]
    TimedOut(Duration),
    #[error("could not be reached")]
    Unreachable,
    #[error("gave an answer that could not be read")]
    Malformed,
    #[error("gave an answer of more than {} MiB", MAX_BYTES >> 20)]
    TooLarge,
    #[error("took the request for a robot's")]
    Robot,
    #[error("failed again and again, and rests for a minute")]
    Resting,
    /// The variable that is not set.
    #[error("not configured: {0} is not set")]
    NotConfigured(&'static str),
}

impl Failure {
    /// The same request may succeed later.
    pub fn may_pass(self) -> bool {
        match self {
            Self::Status(status) => status >= 500,
            Self::NotConfigured(_) => false,
            _ => true,
        }
    }
}

/// Redirects are not followed: they would carry a key elsewhere.
pub(crate) fn client() -> Client {
    Client::builder()
        .user_agent(USER_AGENT)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(Duration::from_secs(3))
        .build()
        .expect("the client's settings are constant")
}

/// The answer to a request, whatever its status but 429.
pub(crate) async fn ask(request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), Failure> {
    let response = request.send().await.map_err(|_| Failure::Unreachable)?;
    let status = response.status();
    if status == StatusCode::TOO_MANY_REQUESTS {
        return Err(Failure::RateLimited);
    }
    let mut body = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Failure::Unreachable)?;
        if body.len() + chunk.len() > MAX_BYTES {
            return Err(Failure::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok((status, body))
}
