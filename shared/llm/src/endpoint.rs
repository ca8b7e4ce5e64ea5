//! Servers of one's own that speak OpenAI's wire, and the model rows made for them.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::models::Kind;
use crate::openai::Flags;
use crate::{
    Caching, Capabilities, Effort, EmbeddingMethod, EmbeddingSpec, ModelRow, PriceRow, Sampling,
    Thinking, Tier,
};

/// One server: `NAME=URL;model=ID`, and more fields after further semicolons.
///
/// | field | meaning |
/// |---|---|
/// | `model=ID` | a chat model it serves; again for each |
/// | `embedding=ID:N` | an embedding model and the length of its vectors; again for each |
/// | `kind=` | `ollama`, `vllm`, `llamacpp` or `other` (the default): presets of the switches below |
/// | `key=SECRET` | sent as a bearer token |
/// | `alias=` | an alias whose last candidate its models become; again for each; `all` (the default) or `none` |
/// | `context=N`, `output=N` | the most tokens its models read and write |
/// | `tools=`, `tool_choice=`, `response_format=`, `reasoning_effort=`, `include_usage=`, `cached_tokens=`, `max_completion_tokens=` | `on` or `off`: what it takes, where that differs from the preset |
///
/// What vLLM and llama.cpp take depends on how they were started, so their presets promise little.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Lives as long as the process: there is one for each configured server.
    pub name: &'static str,
    pub base_url: String,
    pub key: Option<String>,
    pub models: Vec<String>,
    /// Each with the length of its vectors.
    pub embeddings: Vec<(String, usize)>,
    pub aliases: Aliases,
    pub flags: Flags,
    pub context: Option<u64>,
    pub output: Option<u32>,
    tools: bool,
    tool_choice: bool,
    response_format: bool,
    reasoning_effort: bool,
}

/// Which aliases a server's models stand behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aliases {
    All,
    Only(Vec<String>),
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint")
            .field("name", &self.name)
            .field("base_url", &self.base_url)
            .field("models", &self.models)
            .finish_non_exhaustive()
    }
}

/// Names with a meaning of their own.
const TAKEN: &[&str] = &[
    "vertex",
    "vertex-anthropic",
    "gemini-api",
    "openai",
    "offline",
];

impl Endpoint {
    /// Reads a list of servers, with spaces or line ends between them.
    ///
    /// # Errors
    /// Which server and which field is wrong. Never says a key.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, String> {
        let mut endpoints: Vec<Self> = Vec::new();
        for item in text.split_whitespace() {
            let endpoint = Self::parse(item)?;
            if endpoints.iter().any(|other| other.name == endpoint.name) {
                return Err(format!("{} is there twice", endpoint.name));
            }
            endpoints.push(endpoint);
        }
        Ok(endpoints)
    }

    fn parse(item: &str) -> Result<Self, String> {
        let mut fields = item.split(';').filter(|field| !field.is_empty());
        let (name, url) = fields
            .next()
            .and_then(|field| field.split_once('='))
            .ok_or("expected NAME=URL;model=ID, such as ollama=http://127.0.0.1:11434/v1;model=qwen3:8b;kind=ollama")?;
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || !name.chars().all(fits) || TAKEN.contains(&name) {
            return Err(format!(
                "{name:?} can't be a server's name: use letters a to z, digits and -, and none of {}",
                TAKEN.join(", ")
            ));
        }
        let fields: Vec<(&str, &str)> = fields
            .map(|field| {
                field
                    .split_once('=')
                    .ok_or_else(|| format!("{name}: a field has no ="))
            })
            .collect::<Result<_, _>>()?;
        let kind = fields.iter().rfind(|(key, _)| *key == "kind");
        let mut endpoint = Self::preset(name, url, kind.map_or("other", |(_, kind)| *kind))?;
        for (key, value) in fields {
            endpoint
                .set(key, value)
                .map_err(|problem| format!("{name}: {problem}"))?;
        }
        if endpoint.models.is_empty() && endpoint.embeddings.is_empty() {
            return Err(format!("{name}: which model? add ;model=ID"));
        }
        Ok(endpoint)
    }

    fn preset(name: &str, url: &str, kind: &str) -> Result<Self, String> {
        let (tools, response_format, reasoning_effort, include_usage) = match kind {
            "ollama" => (true, true, true, true),
            "vllm" | "llamacpp" => (false, true, false, true),
            "other" => (false, false, false, false),
            unknown => {
                return Err(format!(
                    "{name}: kind {unknown:?} is none of ollama, vllm, llamacpp, other"
                ));
            }
        };
        Ok(Self {
            name: Box::leak(name.to_owned().into_boxed_str()),
            base_url: url.to_owned(),
            key: None,
            models: Vec::new(),
            embeddings: Vec::new(),
            aliases: Aliases::All,
            flags: Flags {
                include_usage,
                cached_tokens: false,
                max_completion_tokens: false,
                extensions: false,
            },
            context: None,
            output: None,
            tools,
            tool_choice: false,
            response_format,
            reasoning_effort,
        })
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let switch = || match value {
            "on" => Ok(true),
            "off" => Ok(false),
            other => Err(format!("{key}={other} is neither on nor off")),
        };
        let whole = || format!("{key}={value} is no number of tokens");
        match key {
            "kind" => {}
            "model" => self.models.push(value.to_owned()),
            "embedding" => {
                let (id, size) = value.rsplit_once(':').unwrap_or((value, ""));
                let size = size.parse().ok().filter(|size| *size > 0);
                let size = size.ok_or_else(|| {
                    format!("embedding={value} lacks the length of its vectors: embedding=ID:768")
                })?;
                self.embeddings.push((id.to_owned(), size));
            }
            "key" => self.key = Some(value.to_owned()),
            "alias" => match (value, &mut self.aliases) {
                ("all", aliases) => *aliases = Aliases::All,
                ("none", aliases) => *aliases = Aliases::Only(Vec::new()),
                (alias, Aliases::Only(list)) => list.push(alias.to_owned()),
                (alias, aliases) => *aliases = Aliases::Only(vec![alias.to_owned()]),
            },
            "context" => self.context = Some(value.parse().map_err(|_| whole())?),
            "output" => self.output = Some(value.parse().map_err(|_| whole())?),
            "tools" => self.tools = switch()?,
            "tool_choice" => self.tool_choice = switch()?,
            "response_format" => self.response_format = switch()?,
            "reasoning_effort" => self.reasoning_effort = switch()?,
            "include_usage" => self.flags.include_usage = switch()?,
            "cached_tokens" => self.flags.cached_tokens = switch()?,
            "max_completion_tokens" => self.flags.max_completion_tokens = switch()?,
            unknown => return Err(format!("there is no field {unknown}")),
        }
        Ok(())
    }

    /// A row for each of its models.
    pub fn rows(&self, today: NaiveDate) -> Vec<ModelRow> {
        let chat = self.models.iter().map(|id| self.row(id, None, today));
        let embeddings = self.embeddings.iter();
        chat.chain(embeddings.map(|(id, size)| self.row(id, Some(*size), today)))
            .collect()
    }

    fn row(&self, id: &str, vector: Option<usize>, today: NaiveDate) -> ModelRow {
        let chat = vector.is_none();
        let reasons = chat && self.reasoning_effort;
        ModelRow {
            id: id.to_owned(),
            provider: self.name.to_owned(),
            location: "local".to_owned(),
            kind: if chat { Kind::Chat } else { Kind::Embedding },
            capabilities: Capabilities {
                sampling: Sampling::Honoured,
                efforts: if reasons {
                    vec![Effort::Minimal, Effort::Low, Effort::Medium, Effort::High]
                } else {
                    Vec::new()
                },
                thinking: if reasons {
                    Thinking::Effort
                } else {
                    Thinking::None
                },
                thinking_off: None,
                thinking_with_tools: true,
                tools: chat && self.tools,
                forced_tools: chat && self.tool_choice,
                prefill: false,
                schema: chat && self.response_format,
                // A grammar that allows JSON alone leaves no room for a call.
                schema_with_tools: false,
                caching: Caching::None,
                cache_minimum: None,
            },
            embedding: vector.map(|size| EmbeddingSpec {
                dimensions: size,
                native_dimensions: size,
                method: EmbeddingMethod::default(),
                texts_per_call: 64,
                task_types: false,
            }),
            max_prompt_tokens: self.context,
            prefer_up_to_tokens: None,
            max_output_tokens: self.output,
            ends_on: None,
            assured_until: None,
            note: None,
            source: "LLM_LOCAL_ENDPOINTS".to_owned(),
            read_on: today,
        }
    }

    /// What its models cost: nothing that a provider bills.
    pub fn prices(&self, today: NaiveDate) -> Vec<PriceRow> {
        let embeddings = self.embeddings.iter().map(|(id, _)| id);
        let free = |id: &String| PriceRow {
            provider: self.name.to_owned(),
            model: id.clone(),
            location: "local".to_owned(),
            tier: Tier::Standard,
            over_prompt_tokens: 0,
            up_to_prompt_tokens: None,
            valid_from: None,
            valid_until: None,
            input: Decimal::ZERO,
            output: Decimal::ZERO,
            cached_input: Decimal::ZERO,
            cache_write_5m: None,
            cache_write_1h: None,
            per_search: None,
            note: None,
            source: "LLM_LOCAL_ENDPOINTS".to_owned(),
            read_on: today,
        };
        self.models.iter().chain(embeddings).map(free).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_describes_a_server() {
        let text = "ollama=http://127.0.0.1:11434/v1;model=qwen3:8b;kind=ollama
            box=http://10.0.0.5:8000/v1;model=a/b;model=c;embedding=e5:1024;kind=vllm;key=hush;alias=cheap;alias=fast;context=32768;output=4096;tools=on";
        let endpoints = Endpoint::parse_list(text).unwrap();
        let today = "2026-11-20".parse().unwrap();
        let [ollama, own] = &endpoints[..] else {
            panic!("{endpoints:?}");
        };
        let row = &ollama.rows(today)[0];
        assert_eq!(
            (row.id.as_str(), row.provider.as_str()),
            ("qwen3:8b", "ollama")
        );
        assert!(
            row.capabilities.tools && row.capabilities.schema && !row.capabilities.forced_tools
        );
        assert_eq!(ollama.aliases, Aliases::All);

        let rows = own.rows(today);
        let ids: Vec<_> = rows.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(ids, ["a/b", "c", "e5"]);
        assert_eq!(rows[0].max_prompt_tokens, Some(32_768));
        assert!(rows[0].capabilities.tools && rows[0].capabilities.efforts.is_empty());
        assert_eq!(rows[2].embedding.unwrap().dimensions, 1_024);
        assert_eq!(own.prices(today).len(), 3);
        assert_eq!(
            own.aliases,
            Aliases::Only(vec!["cheap".into(), "fast".into()])
        );
        assert!(!format!("{own:?}").contains("hush"));
    }

    #[test]
    fn a_wrong_line_says_what_is_wrong() {
        for (text, word) in [
            ("http://h", "NAME=URL"),
            ("openai=http://h;model=m", "openai"),
            ("a=http://h", "which model"),
            ("a=http://h;model=m;kind=lmstudio", "lmstudio"),
            ("a=http://h;model=m;tools=yes", "neither on nor off"),
            ("a=http://h;model=m;context=much", "context"),
            ("a=http://h;embedding=e", "embedding=ID:768"),
            ("a=http://h;model=m;colour=red", "colour"),
            ("a=http://h;model=m a=http://h;model=m", "twice"),
            ("a=http://h;model=m;keysecret", "no ="),
        ] {
            let problem = Endpoint::parse_list(text).unwrap_err();
            assert!(problem.contains(word), "{problem}");
            assert!(!problem.contains("secret"), "{problem}");
        }
    }
}
