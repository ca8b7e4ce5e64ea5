//! Gemini on Vertex AI, over its REST interface: `generateContent` and, streamed,
//! `streamGenerateContent?alt=sse`. Shapes as in Google's own SDK (google-genai 3.4.0).

mod address;
mod decode;
mod encode;
mod failure;
mod sse;
mod token;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use reqwest::header::ACCEPT;

use crate::estimate::{prompt_tokens, text_tokens};
use crate::{
    Category, Certainty, Control, Delta, Error, ModelRow, Provider, RawResponse, Request, Usage,
};
use address::Address;
use decode::Answer;
use sse::Splitter;

pub(crate) use address::is_loopback;
pub use token::{GcpTokens, StaticToken, TokenSource};

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// A stream this long without a byte is dead. Thinking sends nothing meanwhile, so be patient.
const IDLE: Duration = Duration::from_secs(120);

/// The `vertex` provider.
pub struct Vertex {
    http: reqwest::Client,
    address: Address,
    tokens: Arc<dyn TokenSource>,
}

impl Vertex {
    /// `project` pays. `base_url` replaces the address derived from each model's location.
    ///
    /// # Errors
    /// `InvalidRequest` when `base_url` is not an HTTP address.
    pub fn new(
        project: &str,
        base_url: Option<&str>,
        tokens: Arc<dyn TokenSource>,
    ) -> Result<Self, Error> {
        let address = Address::new(project, base_url)?;
        let mut http = reqwest::Client::builder()
            .connect_timeout(CONNECT_WITHIN)
            .read_timeout(IDLE);
        if base_url.is_some_and(is_loopback) {
            http = http.no_proxy();
        }
        let http = http
            .build()
            .map_err(|error| Error::new(Category::Provider, format!("no HTTP client: {error}")))?;
        Ok(Self {
            http,
            address,
            tokens,
        })
    }

    /// Sends the request and returns a good response's head, or the refusal.
    async fn send(
        &self,
        model: &ModelRow,
        body: &serde_json::Value,
        stream: bool,
    ) -> Result<reqwest::Response, Error> {
        let token = self.tokens.token().await?;
        let url = self.address.method(model, stream);
        let accept = if stream {
            "text/event-stream"
        } else {
            "application/json"
        };
        let sent = self
            .http
            .post(url)
            .bearer_auth(token)
            .header(ACCEPT, accept)
            .json(body)
            .send();
        let response = sent.await.map_err(|error| failure::of_transport(&error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(failure::of_response(response, &model.id).await)
    }
}

#[async_trait]
impl Provider for Vertex {
    fn name(&self) -> &'static str {
        "vertex"
    }

    async fn generate(
        &self,
        model: &ModelRow,
        request: &Request,
        control: &Control,
        sink: &mut (dyn FnMut(Delta) + Send),
    ) -> Result<RawResponse, Error> {
        let (body, dropped) = encode::body(model, request);
        let sent = control.run(self.send(model, &body, control.stream)).await;
        let response = match sent {
            Ok(outcome) => outcome?,
            // The prompt was on its way: assume that it was read.
            Err(stopped) => return Err(stopped.with_usage(estimate(request, &Answer::default()))),
        };
        let mut answer = Answer::default();
        let read = async {
            if control.stream {
                read_stream(response, &mut answer, sink).await
            } else {
                read_whole(response, &mut answer, sink).await
            }
        };
        let read = control.run(read).await.unwrap_or_else(Err);
        if let Err(error) = read {
            let usage = answer.usage.unwrap_or_else(|| estimate(request, &answer));
            return Err(error.with_usage(usage));
        }
        let counted = estimate(request, &answer);
        let mut raw = answer.finish(counted)?;
        raw.dropped = dropped;
        Ok(raw)
    }
}

/// What a call without a final count probably used: the whole prompt, and what was heard.
fn estimate(request: &Request, answer: &Answer) -> Usage {
    Usage {
        input: prompt_tokens(request),
        output: text_tokens(&answer.heard()),
        certainty: Certainty::Estimated,
        ..Usage::default()
    }
}

async fn read_whole(
    response: reqwest::Response,
    answer: &mut Answer,
    sink: &mut (dyn FnMut(Delta) + Send),
) -> Result<(), Error> {
    let bytes = response
        .bytes()
        .await
        .map_err(|error| failure::of_transport(&error))?;
    answer.take(&bytes, sink)
}

async fn read_stream(
    response: reqwest::Response,
    answer: &mut Answer,
    sink: &mut (dyn FnMut(Delta) + Send),
) -> Result<(), Error> {
    let mut chunks = response.bytes_stream();
    let mut splitter = Splitter::default();
    while let Some(chunk) = chunks.next().await {
        let chunk = match chunk {
            Ok(chunk) => chunk,
            // Everything had arrived, only the end of the connection was not clean.
            Err(_) if answer.is_complete() => return Ok(()),
            Err(error) => return Err(failure::of_transport(&error)),
        };
        for event in splitter.push(&chunk) {
            answer.take(&event, sink)?;
        }
    }
    for event in splitter.end() {
        // The last event may lack its blank line. If it lacks more than that, it was cut.
        answer.take(&event, sink).map_err(|_| failure::cut())?;
    }
    if answer.is_complete() {
        Ok(())
    } else {
        Err(failure::cut())
    }
}
