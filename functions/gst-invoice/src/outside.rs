//! What the providers outside have in common: an address, and one exchange over HTTP.

use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::{Client, RequestBuilder, Url};

/// How long the slowest answer is waited for. The e-invoice portal takes seconds on busy days.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(30);
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// No answer is larger; one that is comes from something else.
const LARGEST: usize = 1 << 20;

/// Longer messages say nothing more.
const MESSAGE_LEN: usize = 300;

/// What is wrong with the environment; it names the variable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub(crate) String);

/// A variable that is set to nothing is not set.
pub(crate) fn given(value: Option<&str>) -> Option<&str> {
    value.map(str::trim).filter(|value| !value.is_empty())
}

/// Where a provider is. Credentials go there: only to this machine without TLS.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// Without a slash at its end.
    base: String,
    is_local: bool,
}

impl Place {
    pub fn parse(variable: &str, text: &str) -> Result<Self, SettingsError> {
        let url = Url::parse(text).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let wrong = |why: &str| SettingsError(format!("{variable} {why}"));
        let url = url.ok_or_else(|| wrong("is not an http(s) address"))?;
        let host = url.host_str().unwrap_or_default();
        let number = host.trim_start_matches('[').trim_end_matches(']');
        let number = number.parse::<std::net::IpAddr>();
        let is_local = host == "localhost" || number.is_ok_and(|number| number.is_loopback());
        if url.scheme() == "http" && !is_local {
            return Err(wrong("must be an https address"));
        }
        Ok(Self {
            base: text.trim_end_matches('/').to_owned(),
            is_local,
        })
    }

    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub fn client(&self, answer_within: Duration) -> Result<Client, SettingsError> {
        let mut client = Client::builder()
            .connect_timeout(CONNECT_WITHIN.min(answer_within))
            .timeout(answer_within)
            // A redirect would take the credentials elsewhere.
            .redirect(reqwest::redirect::Policy::none());
        if self.is_local {
            client = client.no_proxy();
        }
        client
            .build()
            .map_err(|error| SettingsError(format!("no HTTP client: {error}")))
    }
}

/// A header's value that is not shown in logs.
pub(crate) fn secret(variable: &str, text: &str) -> Result<HeaderValue, SettingsError> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| SettingsError(format!("{variable} has letters that no header carries")))?;
    value.set_sensitive(true);
    Ok(value)
}

pub(crate) struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// # Errors
/// Why there is no answer, or none that can be read to its end. It may have been acted on.
pub(crate) async fn exchange(request: RequestBuilder) -> Result<Answer, String> {
    let mut response = request.send().await.map_err(told)?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(told)? {
        body.extend_from_slice(&chunk);
        if body.len() > LARGEST {
            return Err(format!("its answer has more than {LARGEST} bytes"));
        }
    }
    Ok(Answer { status, body })
}

/// The error with its causes, without the address: a GSTIN may be in it.
fn told(error: reqwest::Error) -> String {
    let mut text = if error.is_timeout() {
        "it did not answer in time".to_owned()
    } else if error.is_connect() {
        "no connection".to_owned()
    } else {
        "the connection broke".to_owned()
    };
    let error = error.without_url();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text += &format!(": {inner}");
        cause = inner.source();
    }
    short(&text)
}

/// One line, not too long.
pub(crate) fn short(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_control())
        .take(MESSAGE_LEN)
        .collect()
}
