use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::OnceCell;

use crate::{Category, Error};

const SCOPES: &[&str] = &["https://www.googleapis.com/auth/cloud-platform"];

/// Where access tokens come from.
#[async_trait]
pub trait TokenSource: Send + Sync {
    /// An OAuth bearer token that is valid now. Called for every request: implementations cache.
    async fn token(&self) -> Result<String, Error>;
}

/// The machine's Google credentials: a key file, the application default ones, or the metadata
/// server. Looked up at the first call.
#[derive(Default)]
pub struct GcpTokens(OnceCell<Arc<dyn gcp_auth::TokenProvider>>);

#[async_trait]
impl TokenSource for GcpTokens {
    async fn token(&self) -> Result<String, Error> {
        let refused = |error: gcp_auth::Error| {
            let message = format!(
                "no Google credentials ({error}): give the service an account, run `gcloud auth application-default login`, or set LLM_VERTEX_ACCESS_TOKEN"
            );
            Error::new(Category::Provider, message)
        };
        let provider = self
            .0
            .get_or_try_init(gcp_auth::provider)
            .await
            .map_err(refused)?;
        let token = provider.token(SCOPES).await.map_err(refused)?;
        Ok(token.as_str().to_owned())
    }
}

/// A token that is given and never renewed: for tests and short local runs.
#[derive(Clone)]
pub struct StaticToken(String);

impl StaticToken {
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }
}

impl fmt::Debug for StaticToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StaticToken(..)")
    }
}

#[async_trait]
impl TokenSource for StaticToken {
    async fn token(&self) -> Result<String, Error> {
        Ok(self.0.clone())
    }
}
