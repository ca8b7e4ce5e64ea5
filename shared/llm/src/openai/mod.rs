//! OpenAI's Chat Completions, and the many servers that speak the same: Ollama, vLLM, llama.cpp.
//! Shapes as in OpenAI's own SDK (3.52.0).

mod decode;
#[cfg(test)]
mod decode_tests;
mod embed;
mod encode;
#[cfg(test)]
mod encode_tests;

use std::fmt;

use async_trait::async_trait;
use reqwest::RequestBuilder;
use serde::Serialize;

use crate::endpoint::Endpoint;
use crate::failure::Who;
use crate::http::{Http, Sink, versioned};
use crate::{
    Control, EmbedRequest, Error, ModelRow, Provider, RawEmbeddings, RawResponse, Request,
};
use decode::Reader;

/// Marks the provider messages of this wire in a history.
const WIRE: &str = "openai";

const OPENAI: &str = "https://api.openai.com";

/// What a server that speaks this wire takes of it. Those that differ by model are in the model's
/// row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flags {
    /// A stream ends with the count.
    pub include_usage: bool,
    /// `prompt_tokens_details` can be believed.
    pub cached_tokens: bool,
    /// The limit is `max_completion_tokens`; else `max_tokens`.
    pub max_completion_tokens: bool,
    /// `prompt_cache_key` and `strict` schemas.
    pub extensions: bool,
}

/// The `openai` provider, or a server like it under a name of its own.
pub struct OpenAi {
    name: &'static str,
    http: Http,
    base_url: String,
    key: Option<String>,
    flags: Flags,
}

impl fmt::Debug for OpenAi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenAi")
            .field("name", &self.name)
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}

impl OpenAi {
    /// OpenAI itself. `base_url` replaces its address; `/v1` is added when it has no path.
    ///
    /// # Errors
    /// `InvalidRequest` when `base_url` is not an HTTP address.
    pub fn new(key: &str, base_url: Option<&str>) -> Result<Self, Error> {
        let who = Who {
            name: "OpenAI",
            refused: "check OPENAI_API_KEY",
        };
        Ok(Self {
            name: "openai",
            http: Http::new(who, "LLM_OPENAI_BASE_URL", base_url)?,
            base_url: versioned(base_url.unwrap_or(OPENAI), "v1"),
            key: Some(key.to_owned()),
            flags: Flags {
                include_usage: true,
                cached_tokens: true,
                max_completion_tokens: true,
                extensions: true,
            },
        })
    }

    /// A server of one's own.
    ///
    /// # Errors
    /// `InvalidRequest` when its address is not an HTTP address.
    pub fn endpoint(endpoint: &Endpoint) -> Result<Self, Error> {
        let who = Who {
            name: endpoint.name,
            refused: "check the endpoint's key in LLM_LOCAL_ENDPOINTS",
        };
        Ok(Self {
            name: endpoint.name,
            http: Http::new(who, "LLM_LOCAL_ENDPOINTS", Some(&endpoint.base_url))?,
            base_url: versioned(&endpoint.base_url, "v1"),
            key: endpoint.key.clone(),
            flags: endpoint.flags,
        })
    }

    fn post(&self, path: &str, body: &impl Serialize, stream: bool) -> RequestBuilder {
        let url = format!("{}/{path}", self.base_url);
        let post = self.http.post(url, body, stream);
        match &self.key {
            Some(key) => post.bearer_auth(key),
            None => post,
        }
    }
}

#[async_trait]
impl Provider for OpenAi {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn generate(
        &self,
        model: &ModelRow,
        request: &Request,
        control: &Control,
        sink: Sink<'_>,
    ) -> Result<RawResponse, Error> {
        let (body, dropped) = encode::body(self.name, self.flags, model, request, control.stream);
        let post = self.post("chat/completions", &body, control.stream);
        let answer = Reader::new(self.http.who(), self.flags, model, &request.tools, dropped);
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
        let body = embed::body(model, request);
        let post = self.post("embeddings", &body, false);
        let sent = self.http.send(post, &model.id);
        let answer = self.http.whole(sent, control).await?;
        embed::read(self.http.who(), &answer)
    }
}
