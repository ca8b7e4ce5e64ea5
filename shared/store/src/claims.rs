//! A worker's hold on a step: claimed by a conditional update, kept by a lease, given back with the
//! result in one transaction that succeeds only while the lease is the worker's.

use chrono::{DateTime, Utc};
use domain::{
    CorrelationId, ExecutionId, ExecutionStatus, Priority, StepStatus, Tokens, Usd, UserId,
};
use events::Message;
use serde_json::Value;
use uuid::Uuid;

use crate::events::{EventRows, ExecutionEvent};
use crate::outbox::OutboxRows;
use crate::{Result, StoreError, Tx};

/// A step in the hands of a worker, with all it needs to run.
#[derive(Debug, Clone)]
pub struct Claim {
    pub execution_id: ExecutionId,
    pub step: i32,
    pub lease_token: Uuid,
    pub attempt: i32,
    pub user_id: UserId,
    pub prompt: String,
    pub skill_id: String,
    pub skill_version: String,
    pub skill_hash: String,
    pub input: Value,
    pub priority: Priority,
    pub step_count: i32,
    pub depth: i32,
    pub cancel_requested: bool,
    pub correlation_id: CorrelationId,
    /// (skill id, output) of the steps this one depends on, in order.
    pub prior: Vec<(String, Value)>,
    /// When the execution was accepted.
    pub created_at: DateTime<Utc>,
}

/// Leases a step that is ready, or whose lease has run out. `None`: it is finished, or somebody else
/// has it. Use [`crate::Store::tenant_relaxed`]: a claim lost in a crash is claimed again.
///
/// 3 round trips with open and commit; the commit does not wait for the disk.
pub async fn claim(
    mut tx: Tx,
    execution: ExecutionId,
    step: i32,
    lease_token: Uuid,
    now: DateTime<Utc>,
    lease_until: DateTime<Utc>,
) -> Result<Option<Claim>> {
    let row = sqlx::query!(
        r#"WITH execution AS (
             UPDATE agent_executions e
             SET status = 'running', started_at = coalesce(e.started_at, $4), event_seq = e.event_seq + 1
             WHERE e.id = $1 AND e.status IN ('queued', 'running') AND EXISTS (
               SELECT FROM agent_runs r WHERE r.execution_id = $1 AND r.step = $2
                 AND (r.status = 'ready' OR (r.status = 'running' AND r.lease_until < $4)))
             RETURNING e.*),
           run AS (
             UPDATE agent_runs r
             SET status = 'running', attempt = r.attempt + 1, lease_token = $3, lease_until = $5, due_at = $5,
                 started_at = coalesce(r.started_at, $4)
             FROM execution
             WHERE r.execution_id = $1 AND r.step = $2
               AND (r.status = 'ready' OR (r.status = 'running' AND r.lease_until < $4))
             RETURNING r.*),
           event AS (
             INSERT INTO execution_events (execution_id, seq, workspace_id, kind, data, at)
             SELECT $1, execution.event_seq, execution.workspace_id, 'step.started',
                    jsonb_build_object('step', run.step, 'attempt', run.attempt), $4
             FROM execution, run)
           SELECT run.attempt AS "attempt!", run.skill_id AS "skill_id!", run.skill_version AS "skill_version!",
             run.skill_hash AS "skill_hash!", run.input AS "input!", e.user_id AS "user_id!", e.prompt AS "prompt!",
             e.priority AS "priority!", e.step_count AS "step_count!", e.depth AS "depth!",
             e.cancel_requested_at, e.correlation_id AS "correlation_id!", e.created_at AS "created_at!",
             CASE WHEN cardinality(run.depends_on) > 0 THEN (
               SELECT jsonb_agg(jsonb_build_array(d.skill_id, d.output) ORDER BY d.step)
               FROM agent_runs d WHERE d.execution_id = $1 AND d.step = ANY(run.depends_on)) END AS prior
           FROM execution e, run"#,
        execution.0,
        step,
        lease_token,
        now,
        lease_until,
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else {
        tx.rollback().await?;
        return Ok(None);
    };
    tx.commit().await?;
    let prior = match row.prior {
        Some(prior) => serde_json::from_value(prior)
            .map_err(|error| StoreError::Config(format!("prior outputs: {error}").into()))?,
        None => Vec::new(),
    };
    Ok(Some(Claim {
        execution_id: execution,
        step,
        lease_token,
        attempt: row.attempt,
        user_id: row.user_id.into(),
        prompt: row.prompt,
        skill_id: row.skill_id,
        skill_version: row.skill_version,
        skill_hash: row.skill_hash,
        input: row.input,
        priority: row.priority.parse().unwrap_or(Priority::Standard),
        step_count: row.step_count,
        depth: row.depth,
        cancel_requested: row.cancel_requested_at.is_some(),
        correlation_id: CorrelationId::parse(&row.correlation_id)
            .unwrap_or_else(|| CorrelationId::from(execution.0)),
        prior,
        created_at: row.created_at,
    }))
}

/// What a heartbeat learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heartbeat {
    Held {
        cancel_requested: bool,
    },
    /// Somebody else has the step, or it is finished: stop at once.
    Lost,
}

/// Keeps a lease, and asks whether the execution should stop.
pub async fn heartbeat(
    tx: &mut Tx,
    claim: &Claim,
    lease_until: DateTime<Utc>,
) -> Result<Heartbeat> {
    let row = sqlx::query!(
        "UPDATE agent_runs r SET lease_until = $4, due_at = $4
         FROM agent_executions e
         WHERE r.execution_id = $1 AND r.step = $2 AND r.lease_token = $3 AND r.status = 'running' AND e.id = $1
         RETURNING e.cancel_requested_at",
        claim.execution_id.0,
        claim.step,
        claim.lease_token,
        lease_until,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map_or(Heartbeat::Lost, |row| Heartbeat::Held {
        cancel_requested: row.cancel_requested_at.is_some(),
    }))
}

/// Gives a step back unfinished, ready for whoever asks next. `false` when the lease was lost.
pub async fn release(
    mut tx: Tx,
    claim: &Claim,
    now: DateTime<Utc>,
    due_at: DateTime<Utc>,
) -> Result<bool> {
    // The execution's row first, as everywhere, so that two transactions can't wait for each other.
    crate::events::append(
        &mut tx,
        claim.execution_id,
        &[ExecutionEvent::StepReady { step: claim.step }],
        now,
    )
    .await?;
    let done = sqlx::query!(
        "UPDATE agent_runs SET status = 'ready', lease_token = NULL, lease_until = NULL, due_at = $4
         WHERE execution_id = $1 AND step = $2 AND lease_token = $3 AND status = 'running'",
        claim.execution_id.0,
        claim.step,
        claim.lease_token,
        due_at,
    )
    .execute(tx.conn())
    .await?;
    if done.rows_affected() == 0 {
        tx.rollback().await?;
        return Ok(false);
    }
    tx.commit().await?;
    Ok(true)
}

/// One model call, for the cost log.
#[derive(Debug, Clone)]
pub struct CallCost {
    pub model: String,
    pub provider: String,
    pub tokens_input: u64,
    pub tokens_cached: u64,
    pub tokens_output: u64,
    /// `reported`, `estimated` or `missing`.
    pub certainty: &'static str,
    pub cost: Usd,
    pub at: DateTime<Utc>,
}

/// How a step ended.
#[derive(Debug, Clone)]
pub struct Finish {
    pub status: StepStatus,
    pub output: Option<Value>,
    pub error_code: Option<String>,
    pub error_detail: Option<String>,
    pub model: Option<String>,
    /// Model calls and tool fees.
    pub cost: Usd,
    pub tokens: Tokens,
    pub calls: Vec<CallCost>,
    /// What happened since the last event, before the end.
    pub events: Vec<ExecutionEvent>,
    /// `execution.finished` for a plan of one step, `step.finished` otherwise.
    pub messages: Vec<Message>,
    pub now: DateTime<Utc>,
}

impl Finish {
    /// What an execution with this as its only step has come to.
    pub fn execution_status(&self) -> ExecutionStatus {
        match self.status {
            StepStatus::Completed => ExecutionStatus::Completed,
            StepStatus::Cancelled => ExecutionStatus::Cancelled,
            _ => ExecutionStatus::Failed,
        }
    }
}

/// Gives a step back with its result: output, usage, events and messages in one statement. A plan of
/// one step ends its execution here too, because nothing is left to advance. `false` when the lease
/// was lost: then nothing was written, and what was spent must be charged by [`charge_late`].
///
/// 3 round trips with open and commit, 1 durable commit.
pub async fn finish(mut tx: Tx, claim: &Claim, finish: Finish) -> Result<bool> {
    let ends = claim.step_count == 1;
    let execution_status = finish.execution_status();
    let mut log = finish.events.clone();
    log.push(ExecutionEvent::StepFinished {
        step: claim.step,
        status: finish.status,
        output: finish.output.clone(),
        error_code: finish.error_code.clone(),
        error_detail: finish.error_detail.clone(),
        model: finish.model.clone(),
        cost_usd: finish.cost,
        tokens: finish.tokens,
    });
    if ends {
        log.push(ExecutionEvent::Finished {
            status: execution_status,
            error_code: finish.error_code.clone(),
            error_detail: finish.error_detail.clone(),
        });
    }
    let events = EventRows::new(&log);
    let outbox = OutboxRows::new(&finish.messages);
    let costs = CostRows::new(&finish.calls);
    let finished = sqlx::query_scalar!(
        r#"WITH execution AS (
             UPDATE agent_executions e
             SET event_seq = e.event_seq + $4, cost_usd = e.cost_usd + $5, tokens_input = e.tokens_input + $6,
                 tokens_output = e.tokens_output + $7, model = coalesce($8, e.model),
                 status = CASE WHEN $9 THEN $10 ELSE e.status END,
                 output = CASE WHEN $9 AND $10 = 'completed' THEN $11 ELSE e.output END,
                 error_code = CASE WHEN $9 THEN $12 ELSE e.error_code END,
                 error_detail = CASE WHEN $9 THEN $13 ELSE e.error_detail END,
                 completed_at = CASE WHEN $9 THEN $14 ELSE e.completed_at END
             WHERE e.id = $1 AND EXISTS (
               SELECT FROM agent_runs r WHERE r.execution_id = $1 AND r.step = $2 AND r.lease_token = $3 AND r.status = 'running')
             RETURNING e.event_seq, e.workspace_id),
           run AS (
             UPDATE agent_runs r
             SET status = $15, output = $11, error_code = $12, error_detail = $13, model = $8, cost_usd = $5,
                 tokens_input = $6, tokens_output = $7, completed_at = $14, lease_token = NULL, lease_until = NULL
             FROM execution
             WHERE r.execution_id = $1 AND r.step = $2 AND r.lease_token = $3 AND r.status = 'running'
             RETURNING r.skill_id, r.attempt),
           event AS (
             INSERT INTO execution_events (execution_id, seq, workspace_id, kind, data, at)
             SELECT $1, execution.event_seq - $4 + ev.n::int, execution.workspace_id, ev.kind, ev.data, $14
             FROM run, execution, unnest($16::text[], $17::jsonb[]) WITH ORDINALITY AS ev (kind, data, n)),
           cost AS (
             INSERT INTO cost_logs (execution_id, step, attempt, call, workspace_id, skill_id, model, provider,
               tokens_input, tokens_cached, tokens_output, certainty, cost_usd, at)
             SELECT $1, $2, run.attempt, c.n::int, execution.workspace_id, run.skill_id, c.model, c.provider,
               c.input, c.cached, c.output, c.certainty, c.cost, c.at
             FROM run, execution, unnest($18::text[], $19::text[], $20::bigint[], $21::bigint[], $22::bigint[], $23::text[], $24::numeric[], $25::timestamptz[])
               WITH ORDINALITY AS c (model, provider, input, cached, output, certainty, cost, at, n)),
           message AS (
             INSERT INTO outbox (id, workspace_id, sender, topic, kind, version, correlation_id, traceparent, data, created_at)
             SELECT o.id, execution.workspace_id, $26, o.topic, o.kind, o.version, $27, o.traceparent, o.data, $14
             FROM run, execution, unnest($28::uuid[], $29::text[], $30::text[], $31::int[], $32::text[], $33::bytea[])
               AS o (id, topic, kind, version, traceparent, data))
           SELECT count(*) AS "finished!" FROM run"#,
        claim.execution_id.0,
        claim.step,
        claim.lease_token,
        events.count,
        finish.cost.0,
        count(finish.tokens.input),
        count(finish.tokens.output),
        finish.model,
        ends,
        execution_status.as_str(),
        finish.output,
        finish.error_code,
        finish.error_detail,
        finish.now,
        finish.status.as_str(),
        &events.kinds,
        &events.data,
        &costs.models,
        &costs.providers,
        &costs.input,
        &costs.cached,
        &costs.output,
        &costs.certainty,
        &costs.cost,
        &costs.at,
        tx.sender(),
        claim.correlation_id.as_str(),
        &outbox.ids,
        &outbox.topics,
        &outbox.kinds,
        &outbox.versions,
        &outbox.traceparents as _,
        &outbox.data,
    )
    .fetch_one(tx.conn())
    .await?;
    if finished == 0 {
        tx.rollback().await?;
        return Ok(false);
    }
    tx.wrote(finish.messages);
    tx.commit().await?;
    Ok(true)
}

/// Writes down what a worker spent on a step that was no longer its own. The caller emits
/// `usage.recorded`, which charges it. The same attempt twice is written once.
pub async fn charge_late(tx: &mut Tx, claim: &Claim, calls: &[CallCost]) -> Result<u64> {
    let costs = CostRows::new(calls);
    let done = sqlx::query!(
        "INSERT INTO cost_logs (execution_id, step, attempt, call, workspace_id, late, skill_id, model, provider,
           tokens_input, tokens_cached, tokens_output, certainty, cost_usd, at)
         SELECT $1, $2, $3, c.n::int, $4, true, $5, c.model, c.provider, c.input, c.cached, c.output, c.certainty, c.cost, c.at
         FROM unnest($6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::numeric[], $13::timestamptz[])
           WITH ORDINALITY AS c (model, provider, input, cached, output, certainty, cost, at, n)
         ON CONFLICT DO NOTHING",
        claim.execution_id.0,
        claim.step,
        claim.attempt,
        tx.workspace().0,
        claim.skill_id,
        &costs.models,
        &costs.providers,
        &costs.input,
        &costs.cached,
        &costs.output,
        &costs.certainty,
        &costs.cost,
        &costs.at,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

fn count(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[derive(Default)]
pub(crate) struct CostRows {
    pub models: Vec<String>,
    pub providers: Vec<String>,
    pub input: Vec<i64>,
    pub cached: Vec<i64>,
    pub output: Vec<i64>,
    pub certainty: Vec<String>,
    pub cost: Vec<rust_decimal::Decimal>,
    pub at: Vec<DateTime<Utc>>,
}

impl CostRows {
    pub fn new(calls: &[CallCost]) -> Self {
        let mut rows = Self::default();
        for call in calls {
            rows.models.push(call.model.clone());
            rows.providers.push(call.provider.clone());
            rows.input.push(count(call.tokens_input));
            rows.cached.push(count(call.tokens_cached));
            rows.output.push(count(call.tokens_output));
            rows.certainty.push(call.certainty.to_owned());
            rows.cost.push(call.cost.0);
            rows.at.push(call.at);
        }
        rows
    }
}
