use std::sync::Arc;

use domain::Clock;

use crate::{Category, Error, Gateway, GcpTokens, StaticToken, TokenSource, Vertex};

/// Environment of every function that calls models; flatten it into the function's own settings.
/// With none of it set, the offline model answers everything.
#[derive(Clone, Default, clap::Args)]
pub struct Settings {
    /// Model providers to use, separated by commas: `vertex`. Empty: the offline model, unless
    /// LLM_VERTEX_BASE_URL is set.
    #[arg(
        long,
        env = "LLM_PROVIDERS",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub llm_providers: Vec<String>,

    /// Where Vertex AI is reached, such as http://127.0.0.1:9900 for a fake one. Derived from the
    /// location when not set.
    #[arg(long, env = "LLM_VERTEX_BASE_URL")]
    pub llm_vertex_base_url: Option<String>,

    /// Where Gemini models run: `global`, `us`, `eu` or a region. Each model's own when not set.
    #[arg(long, env = "LLM_VERTEX_LOCATION")]
    pub llm_vertex_location: Option<String>,

    /// A ready access token, in place of the machine's Google credentials.
    #[arg(long, env = "LLM_VERTEX_ACCESS_TOKEN", hide_env_values = true)]
    pub llm_vertex_access_token: Option<String>,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("llm_providers", &self.llm_providers)
            .field("llm_vertex_base_url", &self.llm_vertex_base_url)
            .field("llm_vertex_location", &self.llm_vertex_location)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// `project` is the Google Cloud project that pays.
    ///
    /// # Errors
    /// `InvalidRequest` that says which variable is wrong or missing.
    pub fn gateway(&self, project: Option<&str>, clock: Arc<dyn Clock>) -> Result<Gateway, Error> {
        let invalid = |message: String| Error::new(Category::InvalidRequest, message);
        let wanted: Vec<_> = self
            .llm_providers
            .iter()
            .map(|name| name.trim())
            .filter(|name| !name.is_empty())
            .collect();
        if let Some(name) = wanted
            .iter()
            .find(|name| !["vertex", "offline"].contains(name))
        {
            return Err(invalid(format!(
                "LLM_PROVIDERS names {name:?}: expected vertex or offline"
            )));
        }
        let base_url = self
            .llm_vertex_base_url
            .as_deref()
            .filter(|url| !url.is_empty());
        let mut builder = Gateway::builder(clock);
        if wanted.contains(&"vertex") || (wanted.is_empty() && base_url.is_some()) {
            let project = match project.filter(|project| !project.is_empty()) {
                Some(project) => project,
                None if base_url.is_some() => "local",
                None => {
                    return Err(invalid(
                        "LLM_PROVIDERS has vertex: set GCP_PROJECT_ID as well".to_owned(),
                    ));
                }
            };
            let vertex = Vertex::new(project, base_url, self.tokens(base_url))?;
            builder = builder.provider(Arc::new(vertex));
        }
        if let Some(location) = self
            .llm_vertex_location
            .as_deref()
            .filter(|place| !place.is_empty())
        {
            builder = builder.location("vertex", location);
        }
        Ok(builder.build())
    }

    fn tokens(&self, base_url: Option<&str>) -> Arc<dyn TokenSource> {
        match self
            .llm_vertex_access_token
            .as_deref()
            .filter(|token| !token.is_empty())
        {
            Some(token) => Arc::new(StaticToken::new(token)),
            // Real credentials are never sent to a stand-in on this machine.
            None if base_url.is_some_and(crate::vertex::is_loopback) => {
                Arc::new(StaticToken::new("local"))
            }
            None => Arc::new(GcpTokens::default()),
        }
    }
}
