use std::time::Duration;

use async_trait::async_trait;
use domain::{CorrelationId, ExecutionId, Seams, Usd, UserId, WorkspaceId};
use serde_json::Value;

/// Something a model may ask for.
#[async_trait]
pub trait Tool: Send + Sync {
    fn spec(&self) -> &Spec;

    /// `args` fits the spec's schema. The caller bounds the time.
    async fn call(&self, context: &ToolContext, args: Value) -> Result<Value, ToolError>;
}

/// What a tool is, for models and for whoever limits it.
#[derive(Debug, Clone)]
pub struct Spec {
    pub name: &'static str,
    /// For the model: what it does and when to use it.
    pub description: &'static str,
    /// JSON Schema 2020-12 of the arguments.
    pub parameters: Value,
    /// Charged for each call that is made.
    pub cost: Usd,
    pub timeout: Duration,
    /// For each workspace and process.
    pub rate: Rate,
}

#[derive(Debug, Clone, Copy)]
pub struct Rate {
    pub calls: u32,
    pub per: Duration,
}

/// On whose behalf a tool is called.
#[derive(Clone)]
pub struct ToolContext {
    pub workspace_id: WorkspaceId,
    pub actor_user_id: Option<UserId>,
    /// The skill that calls.
    pub agent_id: Option<String>,
    pub execution_id: Option<ExecutionId>,
    pub step: Option<i32>,
    pub correlation_id: Option<CorrelationId>,
    pub seams: Seams,
}

/// Why a call failed, as the model is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({code})")]
pub struct ToolError {
    /// Stable, `args.invalid`.
    pub code: &'static str,
    pub message: String,
    /// The same call may succeed later.
    pub retryable: bool,
}

impl ToolError {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            retryable: false,
        }
    }

    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }
}
