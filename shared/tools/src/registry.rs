use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::Usd;
use jsonschema::Validator;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use crate::limits::Limits;
use crate::{Spec, Tool, ToolContext, ToolError, mask};

/// The longest message about arguments, in characters.
const MAX_SAID: usize = 1_000;

/// One call, for whoever looks later. Personal data is masked.
pub struct AuditEntry {
    pub context: ToolContext,
    pub tool: String,
    pub input: Value,
    pub output: Value,
    pub ok: bool,
    pub error_code: Option<String>,
    pub cost: Usd,
    pub duration: Duration,
    pub at: DateTime<Utc>,
}

/// Where calls are written down.
#[async_trait]
pub trait Audit: Send + Sync {
    async fn record(&self, entry: AuditEntry) -> Result<(), String>;
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no tool {0:?}")]
pub struct UnknownTool(pub String);

struct Registered {
    tool: Arc<dyn Tool>,
    arguments: Validator,
}

struct Shared {
    audit: Arc<dyn Audit>,
    limits: Limits,
}

/// All tools by name.
pub struct Registry {
    tools: BTreeMap<&'static str, Arc<Registered>>,
    shared: Arc<Shared>,
}

impl Registry {
    /// # Panics
    /// When a tool's own schema is not a JSON Schema, or two tools have one name: mistakes in the program.
    pub fn new(tools: Vec<Arc<dyn Tool>>, audit: Arc<dyn Audit>) -> Self {
        let mut all = BTreeMap::new();
        for tool in tools {
            let arguments = jsonschema::draft202012::new(&tool.spec().parameters)
                .expect("a tool's schema is a JSON Schema");
            let name = tool.spec().name;
            assert!(
                all.insert(name, Arc::new(Registered { tool, arguments }))
                    .is_none(),
                "two tools are called {name}"
            );
        }
        Self {
            tools: all,
            shared: Arc::new(Shared {
                audit,
                limits: Limits::default(),
            }),
        }
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.tools.keys().copied()
    }

    /// Only these tools, for one run of a skill.
    pub fn bind(&self, names: &[String]) -> Result<Bound, UnknownTool> {
        let tools = names
            .iter()
            .map(|name| {
                self.tools
                    .get(name.as_str())
                    .cloned()
                    .ok_or_else(|| UnknownTool(name.clone()))
            })
            .collect::<Result<_, _>>()?;
        Ok(Bound {
            tools,
            shared: self.shared.clone(),
        })
    }
}

/// What one run may call.
pub struct Bound {
    tools: Vec<Arc<Registered>>,
    shared: Arc<Shared>,
}

/// What a call came to.
#[derive(Debug)]
pub struct Outcome {
    pub result: Result<Value, ToolError>,
    /// Zero when the call was refused before it was made.
    pub cost: Usd,
    pub duration: Duration,
}

impl Bound {
    pub fn specs(&self) -> impl Iterator<Item = &Spec> {
        self.tools.iter().map(|registered| registered.tool.spec())
    }

    /// Makes a call: arguments checked, rate limited, time bounded, written down whatever comes of it.
    pub async fn call(&self, context: &ToolContext, name: &str, args: Value) -> Outcome {
        let started = Instant::now();
        let found = self
            .tools
            .iter()
            .find(|registered| registered.tool.spec().name == name);
        let (made, result) = match found {
            None => (
                false,
                Err(ToolError::new("tool.not_declared", self.not_declared(name))),
            ),
            Some(registered) => match self.allowed(context, registered, &args) {
                Err(error) => (false, Err(error)),
                Ok(()) => (true, make(context, &*registered.tool, args.clone()).await),
            },
        };
        let cost = found
            .filter(|_| made)
            .map_or(Usd::ZERO, |registered| registered.tool.spec().cost);
        let duration = started.elapsed();
        let label = found.map_or("unknown", |registered| registered.tool.spec().name);
        metrics::counter!("tool_calls_total", "tool" => label, "ok" => if result.is_ok() { "true" } else { "false" }).increment(1);
        let entry = AuditEntry {
            context: context.clone(),
            tool: name.chars().take(64).collect(),
            input: mask(&args),
            output: match &result {
                Ok(value) => mask(value),
                // Errors repeat what was wrong with the arguments.
                Err(error) => mask(&json!({ "error": error.message })),
            },
            ok: result.is_ok(),
            error_code: result.as_ref().err().map(|error| error.code.to_owned()),
            cost,
            duration,
            at: context.seams.now(),
        };
        if let Err(error) = self.shared.audit.record(entry).await {
            tracing::error!(error, tool = name, "a tool call was not written down");
            // What can't be accounted for is not used.
            let refused = ToolError::new(
                "audit.unavailable",
                "the call could not be recorded; try again",
            )
            .retryable();
            return Outcome {
                result: Err(refused),
                cost,
                duration,
            };
        }
        Outcome {
            result,
            cost,
            duration,
        }
    }

    fn allowed(
        &self,
        context: &ToolContext,
        registered: &Registered,
        args: &Value,
    ) -> Result<(), ToolError> {
        let spec = registered.tool.spec();
        if let Some(error) = registered.arguments.iter_errors(args).next() {
            let place = error.instance_path().to_string();
            let place = if place.is_empty() {
                "the arguments".to_owned()
            } else {
                format!("argument {place}")
            };
            // It repeats the value, which may be of any length: then only what it should be is told.
            let mut said = error.to_string();
            if said.len() > MAX_SAID {
                said = error.masked().to_string();
            }
            let message = format!("{}: {place}: {said}", spec.name);
            let message: String = message.chars().take(MAX_SAID).collect();
            return Err(ToolError::new("args.invalid", message));
        }
        self.shared
            .limits
            .take(
                spec.name,
                context.workspace_id,
                spec.rate,
                context.seams.now(),
            )
            .map_err(|seconds| {
                let message = format!(
                    "{} may be called {} times in {:?}; try again in {seconds} s",
                    spec.name, spec.rate.calls, spec.rate.per
                );
                ToolError::new("rate.limited", message).retryable()
            })
    }

    fn not_declared(&self, name: &str) -> String {
        let known: Vec<&str> = self.specs().map(|spec| spec.name).collect();
        format!(
            "this skill may not call {name:?}; it may call {}",
            if known.is_empty() {
                "nothing".to_owned()
            } else {
                known.join(", ")
            }
        )
    }
}

async fn make(context: &ToolContext, tool: &dyn Tool, args: Value) -> Result<Value, ToolError> {
    let spec = tool.spec();
    match timeout(spec.timeout, tool.call(context, args)).await {
        Ok(result) => result,
        Err(_) => {
            let message = format!("{} did not answer within {:?}", spec.name, spec.timeout);
            Err(ToolError::new("tool.timeout", message).retryable())
        }
    }
}
