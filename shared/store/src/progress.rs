//! Moving a plan: giving an execution its plan, releasing steps whose dependencies are met, ending an
//! execution. The caller holds the execution's row ([`crate::executions::lock`]) and decides; these
//! write the decision down.

use chrono::{DateTime, Utc};
use domain::{ExecutionId, ExecutionStatus, Priority, StepStatus, WorkspaceId};
use serde_json::Value;

use crate::events::{self, ExecutionEvent, Planned};
use crate::executions::Execution;
use crate::{Result, StoreError, Tx};

/// Gives a pending execution its plan and makes it queued. Steps without dependencies are ready.
pub async fn set_plan(
    tx: &mut Tx,
    id: ExecutionId,
    plan: &Planned,
    now: DateTime<Utc>,
    due_at: DateTime<Utc>,
) -> Result<()> {
    let steps = serde_json::json!(plan.steps);
    let done = sqlx::query!(
        "WITH execution AS (
           UPDATE agent_executions SET plan = $3, step_count = $4, status = 'queued', due_at = NULL WHERE id = $1 AND status = 'pending' RETURNING 1)
         INSERT INTO agent_runs (execution_id, step, workspace_id, skill_id, skill_version, skill_hash, status, depends_on, input, due_at)
         SELECT $1, s.step, $2, s.skill_id, s.version, s.hash,
           CASE WHEN cardinality(s.depends_on) = 0 THEN 'ready' ELSE 'waiting' END, s.depends_on, s.input, $5
         FROM execution, jsonb_to_recordset($6) AS s (step int, skill_id text, version text, hash text, depends_on int[], input jsonb)",
        id.0,
        tx.workspace().0,
        serde_json::json!(plan),
        i32::try_from(plan.steps.len()).unwrap_or(i32::MAX),
        due_at,
        steps,
    )
    .execute(tx.conn())
    .await?;
    if done.rows_affected() == 0 {
        return Err(StoreError::NotFound);
    }
    events::append(tx, id, &[ExecutionEvent::PlanMade(plan.clone())], now).await
}

/// Makes waiting steps ready.
pub async fn release_steps(
    tx: &mut Tx,
    id: ExecutionId,
    steps: &[i32],
    now: DateTime<Utc>,
    due_at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "UPDATE agent_runs SET status = 'ready', due_at = $3 WHERE execution_id = $1 AND step = ANY($2) AND status = 'waiting'",
        id.0,
        steps,
        due_at
    )
    .execute(tx.conn())
    .await?;
    let log: Vec<_> = steps
        .iter()
        .map(|step| ExecutionEvent::StepReady { step: *step })
        .collect();
    events::append(tx, id, &log, now).await
}

/// Ends steps that will not run (or whose worker is gone): cancelled, or failed with a reason.
pub async fn end_steps(
    tx: &mut Tx,
    id: ExecutionId,
    steps: &[i32],
    status: StepStatus,
    error: Option<(&str, &str)>,
    now: DateTime<Utc>,
) -> Result<()> {
    let (code, detail) = error.unzip();
    sqlx::query!(
        "UPDATE agent_runs SET status = $3, error_code = $4, error_detail = $5, completed_at = $6,
           lease_token = NULL, lease_until = NULL
         WHERE execution_id = $1 AND step = ANY($2) AND status IN ('waiting', 'ready', 'running')",
        id.0,
        steps,
        status.as_str(),
        code,
        detail,
        now,
    )
    .execute(tx.conn())
    .await?;
    let log: Vec<_> = steps
        .iter()
        .map(|step| ExecutionEvent::StepFinished {
            step: *step,
            status,
            output: None,
            error_code: code.map(str::to_owned),
            error_detail: detail.map(str::to_owned),
            model: None,
            cost_usd: domain::Usd::ZERO,
            tokens: domain::Tokens::default(),
        })
        .collect();
    events::append(tx, id, &log, now).await
}

/// Ends an execution. The caller emits `execution.finished`.
pub async fn end_execution(
    tx: &mut Tx,
    execution: &Execution,
    status: ExecutionStatus,
    output: Option<&Value>,
    error: Option<(&str, &str)>,
    now: DateTime<Utc>,
) -> Result<()> {
    let (code, detail) = error.unzip();
    let done = sqlx::query!(
        "UPDATE agent_executions SET status = $2, output = $3, error_code = $4, error_detail = $5, completed_at = $6, due_at = NULL
         WHERE id = $1 AND status NOT IN ('completed', 'failed', 'cancelled')",
        execution.id.0,
        status.as_str(),
        output,
        code,
        detail,
        now,
    )
    .execute(tx.conn())
    .await?;
    if done.rows_affected() == 0 {
        return Err(StoreError::NotFound);
    }
    let event = ExecutionEvent::Finished {
        status,
        error_code: code.map(str::to_owned),
        error_detail: detail.map(str::to_owned),
    };
    events::append(tx, execution.id, &[event], now).await
}

/// Something that should have moved by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue {
    pub workspace_id: WorkspaceId,
    pub execution_id: ExecutionId,
    /// `None`: the execution has no plan yet.
    pub step: Option<i32>,
}

/// Ready steps nobody took, running steps whose lease ran out, pending executions without a plan.
/// Needs a sweeping transaction.
pub async fn overdue(tx: &mut Tx, now: DateTime<Utc>, limit: i64) -> Result<Vec<Overdue>> {
    let rows = sqlx::query!(
        r#"(SELECT workspace_id AS "workspace_id!", execution_id AS "execution_id!", step, due_at AS "due_at!"
            FROM agent_runs WHERE status IN ('ready', 'running') AND due_at < $1 ORDER BY due_at LIMIT $2)
           UNION ALL
           (SELECT workspace_id, id, NULL, due_at
            FROM agent_executions WHERE status = 'pending' AND due_at < $1 ORDER BY due_at LIMIT $2)"#,
        now,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Overdue {
            workspace_id: row.workspace_id.into(),
            execution_id: row.execution_id.into(),
            step: row.step,
        })
        .collect())
}

/// An overdue step as it stands now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requeued {
    pub attempt: i32,
    pub skill_id: String,
    pub priority: Priority,
}

/// Puts off when a step is due again, if it is still overdue, so that only one sweep asks for it.
pub async fn requeue_step(
    tx: &mut Tx,
    id: ExecutionId,
    step: i32,
    now: DateTime<Utc>,
    due_at: DateTime<Utc>,
) -> Result<Option<Requeued>> {
    let row = sqlx::query!(
        "UPDATE agent_runs r SET due_at = $4 FROM agent_executions e
         WHERE r.execution_id = $1 AND r.step = $2 AND r.status IN ('ready', 'running') AND r.due_at < $3 AND e.id = $1
         RETURNING r.attempt, r.skill_id, e.priority",
        id.0,
        step,
        now,
        due_at
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Requeued {
        attempt: row.attempt,
        skill_id: row.skill_id,
        priority: row.priority.parse().unwrap_or(Priority::Standard),
    }))
}

/// Puts off when a pending execution is due again, if it is still overdue.
pub async fn requeue_execution(
    tx: &mut Tx,
    id: ExecutionId,
    now: DateTime<Utc>,
    due_at: DateTime<Utc>,
) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE agent_executions SET due_at = $3 WHERE id = $1 AND status = 'pending' AND due_at < $2",
        id.0,
        now,
        due_at
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}
