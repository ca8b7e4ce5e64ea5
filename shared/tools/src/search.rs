//! `web_search`: several engines asked at once, their results in turns and each page once. An engine
//! that fails, is slow or is not set up is left out, and the answer says so.

mod brave;
mod canonical;
mod duckduckgo;
mod engine;
mod google;
mod merge;
#[cfg(test)]
mod tests;
mod text;

pub use engine::EngineName;

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::{Breaker, Seams, Usd};
use futures::future::join_all;
use moka::future::Cache;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::settings::given;
use crate::wire::{self, Failure};
use crate::{Rate, Settings, Spec, Tool, ToolContext, ToolError};
use engine::{Ask, Engine, Freshness, Hit};

/// For each engine; the others' answers wait for it.
const ENGINE_TIMEOUT: Duration = Duration::from_secs(6);
const MAX_RESULTS: u64 = 20;
const RESULTS: u64 = 10;
/// Answers that are kept, of some 10 KiB each.
const KEPT: u64 = 1_000;
const KEPT_FOR: Duration = Duration::from_secs(3_600);
/// An answer that an engine is missing from is kept as long as that engine's breaker would stay open:
/// after that it may be back, and until then the same question does not pay the others again.
const KEPT_PARTLY_FOR: Duration = Duration::from_secs(60);
/// Of a query, these keep their case: engines take them as operators.
const OPERATORS: &[&str] = &["AND", "NOT", "OR"];

/// The tool.
pub struct WebSearch {
    spec: Spec,
    engines: Vec<Slot>,
    /// Of this process, for all workspaces: what the web says depends on none of them.
    answers: Cache<Question, Kept>,
}

/// What makes two questions one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Question {
    query: String,
    most: usize,
    language: Option<String>,
    freshness: Option<Freshness>,
}

#[derive(Clone)]
struct Kept {
    answer: Value,
    /// By the caller's clock.
    until: DateTime<Utc>,
}

/// An engine that was chosen.
enum Slot {
    Ready {
        engine: Box<dyn Engine>,
        breaker: Breaker,
    },
    /// It lacks the variable.
    Lacks(EngineName, &'static str),
}

impl WebSearch {
    pub fn new(settings: &Settings) -> Self {
        Self::over(engines(settings))
    }

    fn over(engines: Vec<Slot>) -> Self {
        let parameters = json!({
            "type": "object", "additionalProperties": false, "required": ["query"],
            "properties": {
                "query": { "type": "string", "minLength": 1, "maxLength": 400, "pattern": "\\S", "description": "What to look for, as typed into a search engine" },
                "max_results": { "type": "integer", "minimum": 1, "maximum": MAX_RESULTS, "description": "10 if not given" },
                "language": { "type": "string", "pattern": "^[a-z]{2}$", "description": "ISO 639-1 code of the language of the results, such as hi" },
                "freshness": { "enum": ["day", "week", "month", "year"], "description": "Only pages at most this old" }
            }
        });
        let cost = engines.iter().map(Slot::cost).sum();
        Self {
            spec: Spec {
                name: "web_search",
                description: "Searches the web, for India: titles, addresses and snippets of pages, and which engines found them.",
                parameters,
                // As if every engine were asked: an upper bound.
                cost,
                timeout: ENGINE_TIMEOUT + Duration::from_secs(4),
                rate: Rate {
                    calls: 30,
                    per: Duration::from_secs(60),
                },
            },
            engines,
            answers: Cache::builder()
                .max_capacity(KEPT)
                .time_to_live(KEPT_FOR)
                .build(),
        }
    }
}

/// The engines that are named in the settings, or all that have what they need.
fn engines(settings: &Settings) -> Vec<Slot> {
    let named = &settings.search_engines.0;
    let client = wire::client();
    let base = |url: &Option<String>, own: &str| {
        let url = given(url.as_deref()).unwrap_or(own);
        url.trim_end_matches('/').to_owned()
    };
    let key = |value: &Option<String>, variable| {
        given(value.as_deref()).map(str::to_owned).ok_or(variable)
    };
    let engine = |name| -> Result<Box<dyn Engine>, &'static str> {
        Ok(match name {
            EngineName::Brave => Box::new(brave::Brave {
                client: client.clone(),
                base_url: base(&settings.search_brave_base_url, brave::BASE_URL),
                key: key(&settings.search_brave_api_key, "SEARCH_BRAVE_API_KEY")?,
            }),
            EngineName::Google => Box::new(google::Google {
                client: client.clone(),
                base_url: base(&settings.search_google_base_url, google::BASE_URL),
                key: key(&settings.search_google_api_key, "SEARCH_GOOGLE_API_KEY")?,
                cx: key(&settings.search_google_cx, "SEARCH_GOOGLE_CX")?,
            }),
            EngineName::DuckDuckGo => Box::new(duckduckgo::DuckDuckGo {
                client: client.clone(),
                base_url: base(&settings.search_duckduckgo_base_url, duckduckgo::BASE_URL),
            }),
        })
    };
    let wanted = if named.is_empty() {
        &EngineName::ALL[..]
    } else {
        named
    };
    let slots = wanted.iter().filter_map(|&name| match engine(name) {
        Ok(engine) => Some(Slot::ready(engine)),
        Err(variable) if !named.is_empty() => Some(Slot::Lacks(name, variable)),
        Err(_) => None,
    });
    slots.collect()
}

impl Slot {
    fn ready(engine: Box<dyn Engine>) -> Self {
        Self::Ready {
            engine,
            breaker: Breaker::default(),
        }
    }

    fn cost(&self) -> Usd {
        match self {
            Self::Ready { engine, .. } => engine.cost(),
            Self::Lacks(..) => Usd::ZERO,
        }
    }

    async fn ask(&self, ask: &Ask, seams: &Seams) -> (EngineName, Result<Vec<Hit>, Failure>) {
        let (engine, breaker) = match self {
            Self::Ready { engine, breaker } => (engine, breaker),
            Self::Lacks(name, variable) => return (*name, Err(Failure::NotConfigured(variable))),
        };
        let name = engine.name();
        let Ok(pass) = breaker.ask(seams.now()) else {
            return (name, Err(Failure::Resting));
        };
        let answer = timeout(ENGINE_TIMEOUT, engine.search(ask))
            .await
            .unwrap_or(Err(Failure::TimedOut(ENGINE_TIMEOUT)));
        match &answer {
            Ok(_) => pass.succeeded(),
            Err(failure) => {
                pass.failed(seams.now());
                tracing::warn!(engine = name.as_str(), %failure, "a search engine is left out");
            }
        }
        (name, answer)
    }
}

#[async_trait]
impl Tool for WebSearch {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    async fn call(&self, context: &ToolContext, args: Value) -> Result<Value, ToolError> {
        let now = context.seams.now();
        let (ask, question) = read(&args, now);
        if ask.query.is_empty() {
            return Err(ToolError::new("query.empty", "the query has no words"));
        }
        if let Some(kept) = self.answers.get(&question).await
            && now < kept.until
        {
            return Ok(kept.answer);
        }
        let asked = self
            .engines
            .iter()
            .map(|slot| slot.ask(&ask, &context.seams));
        let answers = join_all(asked).await;
        let engines: Vec<Value> = answers
            .iter()
            .map(|(name, answer)| match answer {
                Ok(_) => json!({ "name": name.as_str(), "ok": true }),
                Err(failure) => {
                    json!({ "name": name.as_str(), "ok": false, "error": failure.to_string() })
                }
            })
            .collect();
        let failures = answers.iter().filter_map(|(name, answer)| {
            let failure = answer.as_ref().err()?;
            Some((*name, *failure))
        });
        let failures: Vec<(EngineName, Failure)> = failures.collect();
        if failures.len() == answers.len() {
            return Err(unavailable(&failures));
        }
        let hits = answers
            .into_iter()
            .filter_map(|(name, answer)| Some((name, answer.ok()?)))
            .collect();
        let results: Vec<Value> = merge::interleave(hits, ask.most)
            .into_iter()
            .map(|found| {
                let engines: Vec<&str> = found.engines.iter().map(|name| name.as_str()).collect();
                let mut result = json!({ "title": found.title, "url": found.url.as_str(), "snippet": found.snippet, "engines": engines });
                if let Some(day) = found.published {
                    result["published"] = json!(day);
                }
                result
            })
            .collect();
        let answer = json!({ "results": results, "engines": engines, "searched_at": now });
        let whole = failures.iter().all(|(_, failure)| is_lasting(*failure));
        let keep = if whole { KEPT_FOR } else { KEPT_PARTLY_FOR };
        let kept = Kept {
            answer: answer.clone(),
            until: now + TimeDelta::from_std(keep).unwrap_or_default(),
        };
        self.answers.insert(question, kept).await;
        Ok(answer)
    }
}

fn read(args: &Value, now: DateTime<Utc>) -> (Ask, Question) {
    let query = args["query"].as_str().unwrap_or_default();
    let query = text::single_spaced(query, usize::MAX);
    let most = args["max_results"].as_u64().unwrap_or(RESULTS);
    let most = usize::try_from(most.min(MAX_RESULTS)).unwrap_or_default();
    let language = args["language"].as_str().map(str::to_owned);
    let freshness = match args["freshness"].as_str() {
        Some("day") => Some(Freshness::Day),
        Some("week") => Some(Freshness::Week),
        Some("month") => Some(Freshness::Month),
        Some("year") => Some(Freshness::Year),
        _ => None,
    };
    let words = query.split(' ').map(|word| {
        if OPERATORS.contains(&word) {
            word.to_owned()
        } else {
            word.to_lowercase()
        }
    });
    let question = Question {
        query: words.collect::<Vec<_>>().join(" "),
        most,
        language: language.clone(),
        freshness,
    };
    let ask = Ask {
        query,
        most,
        language,
        freshness,
        today: now.date_naive(),
    };
    (ask, question)
}

fn unavailable(failures: &[(EngineName, Failure)]) -> ToolError {
    let reasons: Vec<String> = failures
        .iter()
        .map(|(name, failure)| format!("{}: {failure}", name.as_str()))
        .collect();
    let reasons = reasons.join("; ");
    if failures.iter().all(|(_, failure)| is_lasting(*failure)) {
        return ToolError::new(
            "tool.disabled",
            format!("no search engine is set up; {reasons}"),
        );
    }
    let message = format!("no search engine answered; {reasons}");
    ToolError::new("search.unavailable", message).retryable()
}

/// An engine that is not set up will not be back in a minute.
fn is_lasting(failure: Failure) -> bool {
    matches!(failure, Failure::NotConfigured(_))
}
