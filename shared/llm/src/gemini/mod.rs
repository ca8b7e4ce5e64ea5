//! Gemini: `generateContent` and, streamed, `streamGenerateContent?alt=sse`, on Vertex AI with
//! Google credentials or on the Developer API with a key. Shapes as in Google's own SDK
//! (google-genai 3.4.0).

mod decode;
mod embed;
mod encode;
#[cfg(test)]
mod encode_tests;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::RequestBuilder;
use serde::Serialize;

use crate::address::VertexDoor;
use crate::failure::Who;
use crate::http::{Http, Sink, versioned};
use crate::{
    Control, EmbedRequest, Error, ModelRow, Provider, RawEmbeddings, RawResponse, Request,
    TokenSource,
};
use decode::Reader;
use encode::Door;

/// Marks the provider messages of this wire in a history.
const WIRE: &str = "gemini";

const ON_VERTEX: Who = Who {
    name: "Vertex AI",
    refused: "may the service account use Vertex AI? role roles/aiplatform.user",
};
const BY_KEY: Who = Who {
    name: "The Gemini API",
    refused: "check GEMINI_API_KEY",
};
const GEMINI_API: &str = "https://generativelanguage.googleapis.com";

/// The `vertex` provider: Gemini on Google Cloud.
pub struct Vertex {
    door: VertexDoor,
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
        let door = VertexDoor::new(ON_VERTEX, "google", project, base_url, tokens)?;
        Ok(Self { door })
    }
}

/// The `gemini-api` provider: the same models by API key.
pub struct GeminiApi {
    http: Http,
    base_url: String,
    key: String,
}

impl fmt::Debug for GeminiApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GeminiApi")
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}

impl GeminiApi {
    /// `base_url` replaces Google's address; `/v1beta` is added when it has no path.
    ///
    /// # Errors
    /// `InvalidRequest` when `base_url` is not an HTTP address.
    pub fn new(key: &str, base_url: Option<&str>) -> Result<Self, Error> {
        Ok(Self {
            http: Http::new(BY_KEY, "LLM_GEMINI_BASE_URL", base_url)?,
            base_url: versioned(base_url.unwrap_or(GEMINI_API), "v1beta"),
            key: key.to_owned(),
        })
    }

    fn post(
        &self,
        model: &ModelRow,
        method: &str,
        body: &impl Serialize,
        stream: bool,
    ) -> RequestBuilder {
        let url = format!("{}/models/{}:{method}", self.base_url, model.id);
        self.http
            .post(url, body, stream)
            .header("x-goog-api-key", &self.key)
    }
}

fn method(stream: bool) -> &'static str {
    if stream {
        "streamGenerateContent?alt=sse"
    } else {
        "generateContent"
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
        sink: Sink<'_>,
    ) -> Result<RawResponse, Error> {
        let (body, dropped) = encode::body(Door::Vertex, model, request);
        let stream = control.stream;
        let sent = self.door.send(model, method(stream), &body, stream);
        let answer = Reader::new(self.door.http.who(), &model.id, dropped);
        self.door
            .http
            .exchange(sent, answer, request, control, sink)
            .await
    }

    async fn embed(
        &self,
        model: &ModelRow,
        request: &EmbedRequest<'_>,
        control: &Control,
    ) -> Result<RawEmbeddings, Error> {
        let (method, body) = embed::body(Door::Vertex, model, request)?;
        let sent = self.door.send(model, method, &body, false);
        let answer = self.door.http.whole(sent, control).await?;
        embed::read(self.door.http.who(), &answer)
    }
}

#[async_trait]
impl Provider for GeminiApi {
    fn name(&self) -> &'static str {
        "gemini-api"
    }

    async fn generate(
        &self,
        model: &ModelRow,
        request: &Request,
        control: &Control,
        sink: Sink<'_>,
    ) -> Result<RawResponse, Error> {
        let (body, dropped) = encode::body(Door::Key, model, request);
        let post = self.post(model, method(control.stream), &body, control.stream);
        let answer = Reader::new(self.http.who(), &model.id, dropped);
        let sent = self.http.send(post, &model.id);
        self.http
            .exchange(sent, answer, request, control, sink)
            .await
    }

    async fn embed(
        &self,
        model: &ModelRow,
        request: &EmbedRequest<'_>,
        control: &Control,
    ) -> Result<RawEmbeddings, Error> {
        let (method, body) = embed::body(Door::Key, model, request)?;
        let post = self.post(model, method, &body, false);
        let sent = self.http.send(post, &model.id);
        let answer = self.http.whole(sent, control).await?;
        embed::read(self.http.who(), &answer)
    }
}
