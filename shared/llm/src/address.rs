//! Vertex AI, for Google's own models and for its partners': where one is served, and how it is asked.

use std::sync::Arc;

use reqwest::Response;
use serde::Serialize;

use crate::failure::Who;
use crate::http::Http;
use crate::{Error, ModelRow, TokenSource};

/// `v1beta1` is what Google's SDK uses; `v1` what its Rust crate uses, and enough for this wire.
const VERSION: &str = "v1";

/// One publisher's models on Vertex AI, at the cost of one project.
pub(crate) struct VertexDoor {
    pub http: Http,
    /// `google` or `anthropic`.
    publisher: &'static str,
    address: VertexAddress,
    tokens: Arc<dyn TokenSource>,
}

impl VertexDoor {
    /// # Errors
    /// `InvalidRequest` when `base_url` is not an HTTP address.
    pub fn new(
        who: Who,
        publisher: &'static str,
        project: &str,
        base_url: Option<&str>,
        tokens: Arc<dyn TokenSource>,
    ) -> Result<Self, Error> {
        Ok(Self {
            http: Http::new(who, "LLM_VERTEX_BASE_URL", base_url)?,
            publisher,
            address: VertexAddress::new(project, base_url),
            tokens,
        })
    }

    /// A good response's head, or the refusal. `method` may end in a query.
    pub async fn send(
        &self,
        model: &ModelRow,
        method: &str,
        body: &(impl Serialize + Sync),
        stream: bool,
    ) -> Result<Response, Error> {
        let url = self.address.method(self.publisher, model, method);
        let post = self.http.post(url, body, stream);
        let token = self.tokens.token().await?;
        self.http.send(post.bearer_auth(token), &model.id).await
    }
}

/// The addresses one project is served at.
#[derive(Debug, Clone)]
struct VertexAddress {
    project: String,
    base_url: Option<String>,
}

impl VertexAddress {
    fn new(project: &str, base_url: Option<&str>) -> Self {
        let base_url = base_url.map(|base| base.trim_end_matches('/').to_owned());
        Self {
            project: project.to_owned(),
            base_url,
        }
    }

    /// `publisher` is `google` or `anthropic`; `method` may end in a query.
    fn method(&self, publisher: &str, model: &ModelRow, method: &str) -> String {
        let derived;
        let base = match &self.base_url {
            Some(base) => base,
            None => {
                derived = host(&model.location);
                &derived
            }
        };
        format!(
            "{base}/{VERSION}/projects/{}/locations/{}/publishers/{publisher}/models/{}:{method}",
            self.project, model.location, model.id
        )
    }
}

/// The three host rules. There is no `global-aiplatform` host.
fn host(location: &str) -> String {
    match location {
        "global" => "https://aiplatform.googleapis.com".to_owned(),
        "us" | "eu" => format!("https://aiplatform.{location}.rep.googleapis.com"),
        region => format!("https://{region}-aiplatform.googleapis.com"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Models;

    #[test]
    fn each_kind_of_location_has_its_host() {
        let address = VertexAddress::new("p", None);
        let mut model = Models::embedded().row("claude-haiku-5-5").unwrap().clone();
        let mut url = |location: &str| {
            location.clone_into(&mut model.location);
            address.method("anthropic", &model, "rawPredict")
        };
        for (location, host) in [
            ("global", "aiplatform.googleapis.com"),
            ("us", "aiplatform.us.rep.googleapis.com"),
            ("eu", "aiplatform.eu.rep.googleapis.com"),
            ("asia-south1", "asia-south1-aiplatform.googleapis.com"),
        ] {
            assert_eq!(
                url(location),
                format!(
                    "https://{host}/v1/projects/p/locations/{location}/publishers/anthropic/models/claude-haiku-5-5:rawPredict"
                )
            );
        }
    }
}
