//! Reading executions, and asking for them to stop.

use chrono::{DateTime, Utc};
use domain::{
    CorrelationId, ExecutionId, ExecutionStatus, Priority, StepStatus, Tokens, Usd, UserId,
    WorkspaceId,
};
use serde_json::Value;

use crate::events::{self, ExecutionEvent};
use crate::{Result, StoreError, Tx};

#[derive(Debug, Clone, serde::Serialize)]
pub struct Execution {
    pub id: ExecutionId,
    pub workspace_id: WorkspaceId,
    pub user_id: UserId,
    pub status: ExecutionStatus,
    pub priority: Priority,
    pub prompt: String,
    pub skill_id: Option<String>,
    pub input: Value,
    pub plan: Option<Value>,
    pub output: Option<Value>,
    pub error_code: Option<String>,
    pub error_detail: Option<String>,
    pub model: Option<String>,
    pub cost_usd: Usd,
    pub tokens: Tokens,
    pub estimate_usd: Usd,
    pub step_count: i32,
    pub event_seq: i32,
    pub correlation_id: CorrelationId,
    pub cancel_requested_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub completed_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, serde::Serialize)]
pub struct Run {
    pub step: i32,
    pub skill_id: String,
    pub skill_version: String,
    pub skill_hash: String,
    pub status: StepStatus,
    pub depends_on: Vec<i32>,
    pub input: Value,
    pub output: Option<Value>,
    pub error_code: Option<String>,
    pub error_detail: Option<String>,
    pub model: Option<String>,
    pub cost_usd: Usd,
    pub tokens: Tokens,
    pub attempt: i32,
    pub started_at: Option<DateTime<Utc>>,
    pub completed_at: Option<DateTime<Utc>>,
}

/// A row as the table has it.
pub(crate) struct ExecutionRow {
    pub id: uuid::Uuid,
    pub workspace_id: uuid::Uuid,
    pub user_id: uuid::Uuid,
    pub status: String,
    pub priority: String,
    pub prompt: String,
    pub skill_id: Option<String>,
    pub input: Value,
    pub plan: Option<Value>,
    pub output: Option<Value>,
    pub error_code: Option<String>,
    pub error_detail: Option<String>,
    pub model: Option<String>,
    pub cost_usd: rust_decimal::Decimal,
    pub tokens_input: i64,
    pub tokens_output: i64,
    pub estimate_usd: rust_decimal::Decimal,
    pub step_count: i32,
    pub event_seq: i32,
    pub correlation_id: String,
    pub cancel_requested_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub completed_at: Option<DateTime<Utc>>,
}

fn known<T: std::str::FromStr<Err = domain::UnknownValue>>(text: &str) -> Result<T> {
    text.parse()
        .map_err(|error: domain::UnknownValue| StoreError::Config(error.to_string().into()))
}

pub(crate) fn tokens(input: i64, output: i64) -> Tokens {
    Tokens {
        input: input.unsigned_abs(),
        output: output.unsigned_abs(),
    }
}

impl TryFrom<ExecutionRow> for Execution {
    type Error = StoreError;
    fn try_from(row: ExecutionRow) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            workspace_id: row.workspace_id.into(),
            user_id: row.user_id.into(),
            status: known(&row.status)?,
            priority: known(&row.priority)?,
            prompt: row.prompt,
            skill_id: row.skill_id,
            input: row.input,
            plan: row.plan,
            output: row.output,
            error_code: row.error_code,
            error_detail: row.error_detail,
            model: row.model,
            cost_usd: Usd(row.cost_usd),
            tokens: tokens(row.tokens_input, row.tokens_output),
            estimate_usd: Usd(row.estimate_usd),
            step_count: row.step_count,
            event_seq: row.event_seq,
            correlation_id: CorrelationId::parse(&row.correlation_id)
                .unwrap_or_else(|| CorrelationId::from(row.id)),
            cancel_requested_at: row.cancel_requested_at,
            created_at: row.created_at,
            started_at: row.started_at,
            completed_at: row.completed_at,
        })
    }
}

/// One execution of this tenant; another tenant's is [`StoreError::NotFound`].
pub async fn get(tx: &mut Tx, id: ExecutionId) -> Result<Execution> {
    sqlx::query_as!(
        ExecutionRow,
        "SELECT id, workspace_id, user_id, status, priority, prompt, skill_id, input, plan, output, error_code,
           error_detail, model, cost_usd, tokens_input, tokens_output, estimate_usd, step_count, event_seq,
           correlation_id, cancel_requested_at, created_at, started_at, completed_at
         FROM agent_executions WHERE id = $1",
        id.0
    )
    .fetch_one(tx.conn())
    .await?
    .try_into()
}

/// As [`get`], and no other transaction changes it before this one ends.
pub async fn lock(tx: &mut Tx, id: ExecutionId) -> Result<Execution> {
    sqlx::query_as!(
        ExecutionRow,
        "SELECT id, workspace_id, user_id, status, priority, prompt, skill_id, input, plan, output, error_code,
           error_detail, model, cost_usd, tokens_input, tokens_output, estimate_usd, step_count, event_seq,
           correlation_id, cancel_requested_at, created_at, started_at, completed_at
         FROM agent_executions WHERE id = $1 FOR NO KEY UPDATE",
        id.0
    )
    .fetch_one(tx.conn())
    .await?
    .try_into()
}

/// The steps of an execution, in order.
pub async fn runs(tx: &mut Tx, id: ExecutionId) -> Result<Vec<Run>> {
    let rows = sqlx::query!(
        "SELECT step, skill_id, skill_version, skill_hash, status, depends_on, input, output, error_code, error_detail,
           model, cost_usd, tokens_input, tokens_output, attempt, started_at, completed_at
         FROM agent_runs WHERE execution_id = $1 ORDER BY step",
        id.0
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Run {
                step: row.step,
                skill_id: row.skill_id,
                skill_version: row.skill_version,
                skill_hash: row.skill_hash,
                status: known(&row.status)?,
                depends_on: row.depends_on,
                input: row.input,
                output: row.output,
                error_code: row.error_code,
                error_detail: row.error_detail,
                model: row.model,
                cost_usd: Usd(row.cost_usd),
                tokens: tokens(row.tokens_input, row.tokens_output),
                attempt: row.attempt,
                started_at: row.started_at,
                completed_at: row.completed_at,
            })
        })
        .collect()
}

/// What a list shows, and where its next page starts.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub status: Option<ExecutionStatus>,
    pub user_id: Option<UserId>,
    pub skill_id: Option<String>,
    /// Executions older than this one (by creation, then id).
    pub before: Option<(DateTime<Utc>, ExecutionId)>,
    pub limit: i64,
}

/// Executions of this tenant, newest first.
pub async fn list(tx: &mut Tx, filter: &Filter) -> Result<Vec<Execution>> {
    let (before_at, before_id) = filter.before.unzip();
    let rows = sqlx::query_as!(
        ExecutionRow,
        "SELECT id, workspace_id, user_id, status, priority, prompt, skill_id, input, plan, output, error_code,
           error_detail, model, cost_usd, tokens_input, tokens_output, estimate_usd, step_count, event_seq,
           correlation_id, cancel_requested_at, created_at, started_at, completed_at
         FROM agent_executions
         WHERE workspace_id = $1
           AND ($2::text IS NULL OR status = $2)
           AND ($3::uuid IS NULL OR user_id = $3)
           AND ($4::text IS NULL OR skill_id = $4 OR EXISTS (
             SELECT FROM agent_runs r WHERE r.execution_id = agent_executions.id AND r.skill_id = $4))
           AND ($5::timestamptz IS NULL OR (created_at, id) < ($5, $6::uuid))
         ORDER BY created_at DESC, id DESC LIMIT $7",
        tx.workspace().0,
        filter.status.map(|s| s.as_str()),
        filter.user_id.map(|u| u.0),
        filter.skill_id,
        before_at,
        before_id.map(|e| e.0),
        filter.limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Execution::try_from).collect()
}

/// Notes that an execution should stop. `false` when it was asked for before. What is running sees
/// the mark and stops; what is not, `route`'s [`crate::progress`] ends.
pub async fn request_cancel(
    tx: &mut Tx,
    id: ExecutionId,
    by: UserId,
    now: DateTime<Utc>,
) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE agent_executions SET cancel_requested_at = $2
         WHERE id = $1 AND cancel_requested_at IS NULL AND status NOT IN ('completed', 'failed', 'cancelled')",
        id.0,
        now
    )
    .execute(tx.conn())
    .await?;
    let first = done.rows_affected() > 0;
    if first {
        events::append(tx, id, &[ExecutionEvent::CancelRequested { by }], now).await?;
    }
    Ok(first)
}

/// The status and workspace of an execution, for whoever asks on behalf of the system.
pub async fn status(tx: &mut Tx, id: ExecutionId) -> Result<Option<ExecutionStatus>> {
    let row = sqlx::query_scalar!("SELECT status FROM agent_executions WHERE id = $1", id.0)
        .fetch_optional(tx.conn())
        .await?;
    row.map(|status| known(&status)).transpose()
}
