use std::sync::Arc;

use domain::Clock;

use crate::http::is_loopback;
use crate::{
    Aliases, Category, Endpoint, Error, Gateway, GatewayBuilder, GcpTokens, GeminiApi, Models,
    OpenAi, Prices, Residency, StaticToken, TokenSource, Vertex, VertexAnthropic,
};

/// Environment of every function that calls models; flatten it into the function's own settings.
/// With none of it set, the offline model answers everything.
#[derive(Clone, Default, clap::Args)]
// Two of them stand in one command: no group by the struct's name.
#[group(skip)]
pub struct Settings {
    /// Model providers to use, separated by commas: `vertex` (Gemini on Google Cloud),
    /// `vertex-anthropic` (Claude there), `gemini-api`, `openai`, or names from
    /// LLM_LOCAL_ENDPOINTS. Empty: the local endpoints, and `vertex` if LLM_VERTEX_BASE_URL is set;
    /// with neither, the offline model. A key alone turns nothing on.
    #[arg(
        long,
        env = "LLM_PROVIDERS",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub llm_providers: Vec<String>,

    /// Where Vertex AI is reached, for Gemini and Claude, such as http://127.0.0.1:9900 for a fake
    /// one. Derived from the location when not set.
    #[arg(long, env = "LLM_VERTEX_BASE_URL")]
    pub llm_vertex_base_url: Option<String>,

    /// Where Gemini models run: `global`, `us`, `eu` or a region. Each model's own when not set.
    #[arg(long, env = "LLM_VERTEX_LOCATION")]
    pub llm_vertex_location: Option<String>,

    /// Where Claude models run on Vertex AI. Each model's own when not set.
    #[arg(long, env = "LLM_VERTEX_ANTHROPIC_LOCATION")]
    pub llm_vertex_anthropic_location: Option<String>,

    /// A ready access token, in place of the machine's Google credentials.
    #[arg(long, env = "LLM_VERTEX_ACCESS_TOKEN", hide_env_values = true)]
    pub llm_vertex_access_token: Option<String>,

    /// Key of the Gemini API, for the provider `gemini-api`.
    #[arg(long, env = "GEMINI_API_KEY", hide_env_values = true)]
    pub gemini_api_key: Option<String>,

    /// Where the Gemini API is reached. Google's own address when not set.
    #[arg(long, env = "LLM_GEMINI_BASE_URL")]
    pub llm_gemini_base_url: Option<String>,

    /// Key of the OpenAI API, for the provider `openai`.
    #[arg(long, env = "OPENAI_API_KEY", hide_env_values = true)]
    pub openai_api_key: Option<String>,

    /// Where the OpenAI API is reached, `/v1` included. OpenAI's own address when not set.
    #[arg(long, env = "LLM_OPENAI_BASE_URL")]
    pub llm_openai_base_url: Option<String>,

    /// Servers that speak OpenAI's wire, separated by spaces:
    /// `ollama=http://127.0.0.1:11434/v1;model=qwen3:8b;kind=ollama`. See `llm::Endpoint` for all
    /// fields.
    #[arg(long, env = "LLM_LOCAL_ENDPOINTS", hide_env_values = true)]
    pub llm_local_endpoints: Option<String>,

    /// Places where models may run, separated by commas, such as `asia-south1,local`; models
    /// elsewhere are never asked. Anywhere when empty.
    #[arg(long, env = "LLM_ALLOWED_LOCATIONS", value_delimiter = ',')]
    pub llm_allowed_locations: Vec<String>,

    /// A file of models and aliases in place of shared/llm/data/models.json.
    #[arg(long, env = "LLM_MODELS_FILE")]
    pub llm_models_file: Option<String>,

    /// A file of prices in place of shared/llm/data/prices.json.
    #[arg(long, env = "LLM_PRICES_FILE")]
    pub llm_prices_file: Option<String>,
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

fn invalid(message: impl Into<String>) -> Error {
    Error::new(Category::InvalidRequest, message)
}

/// A variable that is set to nothing is not set.
fn given(value: Option<&String>) -> Option<&str> {
    value
        .map(|value| value.trim())
        .filter(|value| !value.is_empty())
}

fn listed(values: &[String]) -> Vec<&str> {
    let values = values.iter().map(|value| value.trim());
    values.filter(|value| !value.is_empty()).collect()
}

impl Settings {
    /// `project` is the Google Cloud project that pays.
    ///
    /// # Errors
    /// `InvalidRequest` that says which variable is wrong or missing.
    pub fn gateway(&self, project: Option<&str>, clock: Arc<dyn Clock>) -> Result<Gateway, Error> {
        let endpoints = given(self.llm_local_endpoints.as_ref())
            .map_or(Ok(Vec::new()), Endpoint::parse_list)
            .map_err(|problem| invalid(format!("LLM_LOCAL_ENDPOINTS: {problem}")))?;
        let (models, prices) = self.data()?;
        for endpoint in &endpoints {
            if let Aliases::Only(list) = &endpoint.aliases
                && let Some(alias) = list
                    .iter()
                    .find(|alias| !models.aliases.contains_key(*alias))
            {
                return Err(invalid(format!(
                    "LLM_LOCAL_ENDPOINTS: {} wants alias={alias}, and there is no such alias",
                    endpoint.name
                )));
            }
        }
        let mut builder = Gateway::builder(clock).data(models, prices);
        for name in self.wanted(&endpoints)? {
            builder = self.add(builder, name, project, &endpoints)?;
        }
        let places = [
            ("vertex", &self.llm_vertex_location),
            ("vertex-anthropic", &self.llm_vertex_anthropic_location),
        ];
        for (provider, location) in places {
            if let Some(location) = given(location.as_ref()) {
                builder = builder.location(provider, location);
            }
        }
        let allowed = listed(&self.llm_allowed_locations);
        if !allowed.is_empty() {
            builder = builder.residency(Residency::anywhere().locations(allowed));
        }
        Ok(builder.build())
    }

    /// The providers to use. `offline` may be named; it is there anyway.
    fn wanted<'a>(&'a self, endpoints: &'a [Endpoint]) -> Result<Vec<&'a str>, Error> {
        const KNOWN: &[&str] = &[
            "vertex",
            "vertex-anthropic",
            "gemini-api",
            "openai",
            "offline",
        ];
        let local = || endpoints.iter().map(|endpoint| endpoint.name);
        let named = listed(&self.llm_providers);
        if named.is_empty() {
            let vertex = given(self.llm_vertex_base_url.as_ref()).map(|_| "vertex");
            return Ok(vertex.into_iter().chain(local()).collect());
        }
        for name in &named {
            if !KNOWN.contains(name) && !local().any(|local| local == *name) {
                return Err(invalid(format!(
                    "LLM_PROVIDERS names {name:?}: expected {} or a name from LLM_LOCAL_ENDPOINTS",
                    KNOWN.join(", ")
                )));
            }
        }
        Ok(named)
    }

    fn add(
        &self,
        builder: GatewayBuilder,
        name: &str,
        project: Option<&str>,
        endpoints: &[Endpoint],
    ) -> Result<GatewayBuilder, Error> {
        let vertex_url = given(self.llm_vertex_base_url.as_ref());
        let key = |value: &Option<String>, variable: &str| {
            let key = given(value.as_ref()).map(str::to_owned);
            key.ok_or_else(|| invalid(format!("LLM_PROVIDERS has {name}: set {variable} as well")))
        };
        Ok(match name {
            "vertex" => {
                let project = pays(name, project, vertex_url)?;
                let tokens = self.tokens(vertex_url);
                builder.provider(Arc::new(Vertex::new(project, vertex_url, tokens)?))
            }
            "vertex-anthropic" => {
                let project = pays(name, project, vertex_url)?;
                let tokens = self.tokens(vertex_url);
                let claude = VertexAnthropic::new(project, vertex_url, tokens)?;
                builder.provider(Arc::new(claude))
            }
            "gemini-api" => {
                let key = key(&self.gemini_api_key, "GEMINI_API_KEY")?;
                let base_url = given(self.llm_gemini_base_url.as_ref());
                builder.provider(Arc::new(GeminiApi::new(&key, base_url)?))
            }
            "openai" => {
                let key = key(&self.openai_api_key, "OPENAI_API_KEY")?;
                let base_url = given(self.llm_openai_base_url.as_ref());
                builder.provider(Arc::new(OpenAi::new(&key, base_url)?))
            }
            name => match endpoints.iter().find(|endpoint| endpoint.name == name) {
                Some(endpoint) => builder
                    .provider(Arc::new(OpenAi::endpoint(endpoint)?))
                    .endpoint(endpoint.clone()),
                // The offline model is always there.
                None => builder,
            },
        })
    }

    fn data(&self) -> Result<(Models, Prices), Error> {
        let models = match given(self.llm_models_file.as_ref()) {
            Some(path) => read("LLM_MODELS_FILE", path, Models::parse)?,
            None => Models::embedded(),
        };
        let prices = match given(self.llm_prices_file.as_ref()) {
            Some(path) => read("LLM_PRICES_FILE", path, Prices::parse)?,
            None => Prices::embedded(),
        };
        Ok((models, prices))
    }

    fn tokens(&self, base_url: Option<&str>) -> Arc<dyn TokenSource> {
        match given(self.llm_vertex_access_token.as_ref()) {
            Some(token) => Arc::new(StaticToken::new(token)),
            // Real credentials are never sent to a stand-in on this machine.
            None if base_url.is_some_and(is_loopback) => Arc::new(StaticToken::new("local")),
            None => Arc::new(GcpTokens::default()),
        }
    }
}

fn read<T>(
    variable: &str,
    path: &str,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, Error> {
    let refused = |problem: String| invalid(format!("{variable} {path}: {problem}"));
    let text = std::fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
    parse(&text).map_err(refused)
}

fn pays<'a>(
    name: &str,
    project: Option<&'a str>,
    base_url: Option<&str>,
) -> Result<&'a str, Error> {
    match project.filter(|project| !project.is_empty()) {
        Some(project) => Ok(project),
        None if base_url.is_some() => Ok("local"),
        None => Err(invalid(format!(
            "LLM_PROVIDERS has {name}: set GCP_PROJECT_ID as well"
        ))),
    }
}
