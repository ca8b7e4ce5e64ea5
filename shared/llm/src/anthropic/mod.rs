//! Claude on Vertex AI: the Messages API behind `rawPredict` and `streamRawPredict`, with the model
//! in the address and `anthropic_version` in the body. Shapes as in Anthropic's own SDK (2.11.0).

mod decode;
#[cfg(test)]
mod decode_tests;
mod encode;
#[cfg(test)]
mod encode_tests;
mod schema;

use std::sync::Arc;

use async_trait::async_trait;

use crate::address::VertexDoor;
use crate::failure::Who;
use crate::http::Sink;
use crate::{Control, Error, ModelRow, Provider, RawResponse, Request, TokenSource};
use decode::Reader;

/// Marks the provider messages of this wire in a history.
const WIRE: &str = "anthropic";

const WHO: Who = Who {
    name: "Claude on Vertex AI",
    refused: "is the model enabled for the project, and may the service account use it? role roles/aiplatform.user",
};

/// The `vertex-anthropic` provider.
pub struct VertexAnthropic {
    door: VertexDoor,
}

impl VertexAnthropic {
    /// `project` pays. `base_url` replaces the address derived from each model's location.
    ///
    /// # Errors
    /// `InvalidRequest` when `base_url` is not an HTTP address.
    pub fn new(
        project: &str,
        base_url: Option<&str>,
        tokens: Arc<dyn TokenSource>,
    ) -> Result<Self, Error> {
        let door = VertexDoor::new(WHO, "anthropic", project, base_url, tokens)?;
        Ok(Self { door })
    }
}

fn method(stream: bool) -> &'static str {
    if stream {
        "streamRawPredict"
    } else {
        "rawPredict"
    }
}

#[async_trait]
impl Provider for VertexAnthropic {
    fn name(&self) -> &'static str {
        "vertex-anthropic"
    }

    async fn generate(
        &self,
        model: &ModelRow,
        request: &Request,
        control: &Control,
        sink: Sink<'_>,
    ) -> Result<RawResponse, Error> {
        let (body, about) = encode::body(model, request, control.stream);
        let answer = Reader::new(model, &request.tools, about);
        let stream = control.stream;
        let sent = self.door.send(model, method(stream), &body, stream);
        self.door
            .http
            .exchange(sent, answer, request, control, sink)
            .await
    }
}
