//! One exchange over HTTP, and what it means when it does not end well.

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Error, Refusal, codes};

/// The Python SDK's: connecting, and the slowest of AutoPay's endpoints.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(30);

const TOKEN_WITHIN: Duration = Duration::from_secs(5);

/// No answer of PhonePe's is larger; one that is comes from something else.
const LARGEST: usize = 1 << 20;

/// Longer messages say nothing more.
const MESSAGE_LEN: usize = 300;

/// A connection pool.
#[derive(Clone)]
pub(crate) struct Http {
    client: Client,
    timeout: Duration,
}

impl Http {
    pub fn new(timeout: Duration, local: bool) -> Result<Self, Error> {
        let mut client = Client::builder()
            .connect_timeout(CONNECT_WITHIN.min(timeout))
            .timeout(timeout)
            // A redirect would take the token elsewhere.
            .redirect(reqwest::redirect::Policy::none());
        if local {
            client = client.no_proxy();
        }
        let client = client.build();
        let client = client.map_err(|error| Error::NotSent(format!("no HTTP client: {error}")))?;
        Ok(Self { client, timeout })
    }

    pub fn get(&self, url: String) -> RequestBuilder {
        self.client.get(url).header(ACCEPT, JSON)
    }

    pub fn post(&self, url: String, body: &impl Serialize) -> RequestBuilder {
        let body = serde_json::to_vec(body).expect("a request of ours is JSON");
        self.client
            .post(url)
            .header(ACCEPT, JSON)
            .header(CONTENT_TYPE, JSON)
            .body(body)
    }

    pub fn post_nothing(&self, url: String) -> RequestBuilder {
        self.client
            .post(url)
            .header(ACCEPT, JSON)
            .header(CONTENT_TYPE, JSON)
    }

    /// For a token: while somebody waits for a new one, the old one may still be good.
    pub fn form(&self, url: String, form: &[(&str, &str)]) -> RequestBuilder {
        self.client
            .post(url)
            .timeout(TOKEN_WITHIN.min(self.timeout))
            .header(ACCEPT, JSON)
            .form(form)
    }

    /// A good answer's body.
    pub async fn exchange(&self, request: RequestBuilder) -> Result<Vec<u8>, Error> {
        let response = request.send().await.map_err(|error| of_transport(&error))?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = read(response).await;
        if status.is_success() {
            return body;
        }
        // What it was about can be read or not: the status has said enough.
        Err(of_status(
            status.as_u16(),
            &headers,
            &body.unwrap_or_default(),
        ))
    }
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");

async fn read(mut response: Response) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body),
            Err(error) => return Err(Error::OutcomeUnknown(told(&error))),
        }
        if body.len() > LARGEST {
            return Err(Error::Malformed(format!("more than {LARGEST} bytes")));
        }
    }
}

/// What a body says. The error tells where it is wrong, not what stands there: that may be personal.
pub(crate) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    let reader = &mut serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let (inner, path) = (error.inner(), error.path());
        let said = inner.to_string();
        // The name of a field of ours is all that it repeats.
        let missing = said.split(" at line ").next();
        let missing = missing.filter(|said| said.starts_with("missing field `"));
        let what = missing.unwrap_or("unexpected");
        let (line, column) = (inner.line(), inner.column());
        Error::Malformed(format!("{what} at {path} (line {line}, column {column})"))
    })
}

fn of_transport(error: &reqwest::Error) -> Error {
    // A connection that never stood has carried nothing. Any other end may have come after the request.
    if error.is_connect() || error.is_builder() {
        Error::NotSent(told(error))
    } else {
        Error::OutcomeUnknown(told(error))
    }
}

/// The error with its causes, without the address: ids are in it.
fn told(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() {
        "timed out".to_owned()
    } else if error.is_connect() {
        "no connection".to_owned()
    } else {
        "the connection broke".to_owned()
    };
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text += &format!(": {inner}");
        cause = inner.source();
    }
    short(&text)
}

fn of_status(status: u16, headers: &HeaderMap, body: &[u8]) -> Error {
    let said: Said = serde_json::from_slice(body).unwrap_or_default();
    // OAuth has both: the first says no more than the second.
    let code = said.error_code.or(said.code).unwrap_or_default();
    let message = said.message.unwrap_or_else(|| "no message".to_owned());
    let refusal = Refusal {
        status,
        code: short(&code),
        message: short(&message),
    };
    match status {
        401 => Error::Unauthorised(refusal),
        404 => Error::NotFound(refusal),
        429 => Error::RateLimited {
            refusal,
            retry_after: retry_after(headers),
        },
        500.. => Error::Unavailable(refusal),
        _ => Error::Refused(refusal),
    }
}

/// `retry-after` in seconds. UNVERIFIED that PhonePe sends one.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse();
    seconds.ok().map(Duration::from_secs)
}

/// A refused question about an id that PhonePe does not know.
pub(crate) fn of_question(error: Error) -> Error {
    match error {
        Error::Refused(refusal) if codes::is_not_found(refusal.status, &refusal.code) => {
            Error::NotFound(refusal)
        }
        error => error,
    }
}

fn short(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_control())
        .take(MESSAGE_LEN)
        .collect()
}

/// `{code, message, data?}`; from OAuth `{code, errorCode, message, context}`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Said {
    code: Option<String>,
    error_code: Option<String>,
    message: Option<String>,
}
