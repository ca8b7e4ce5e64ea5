//! Accepting a request: budget hold, execution, steps, events and messages in one statement.
//!
//! Hot path: 3 round trips (open, statement, commit), 1 durable commit. With an Idempotency-Key the
//! statement also claims the key.

use chrono::{DateTime, Utc};
use domain::billing::Access;
use domain::{CorrelationId, ExecutionId, ExecutionStatus, Period, Priority, Usd, UserId};
use events::Message;
use serde_json::Value;

use crate::billing;
use crate::budgets::{self, Budget};
use crate::events::{EventRows, ExecutionEvent, Planned};
use crate::outbox::OutboxRows;
use crate::{Result, Tx};

/// A request that has been validated, planned if one skill clearly answers it, and estimated.
#[derive(Debug, Clone)]
pub struct Submission<'a> {
    pub id: ExecutionId,
    pub user_id: UserId,
    pub prompt: &'a str,
    pub skill_id: Option<&'a str>,
    pub input: &'a Value,
    pub priority: Priority,
    /// `None` leaves it to `route`.
    pub plan: Option<Planned>,
    /// Reserved until the execution is settled.
    pub hold: Usd,
    pub correlation_id: &'a CorrelationId,
    /// The key a client chose and a hash of its request.
    pub idempotency: Option<(&'a str, &'a [u8])>,
    /// Sent once this commits: `step.ready` for the steps that can run, or `execution.requested`.
    pub messages: Vec<Message>,
    pub now: DateTime<Utc>,
    /// An unfinished execution's hold is looked into after this.
    pub hold_expires_at: DateTime<Utc>,
    /// A step or plan that nobody took up by then is asked for again.
    pub due_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Submitted {
    Accepted,
    /// The same request with the same key was accepted before, as this execution.
    Replayed(ExecutionId),
    /// The key was used for another request.
    KeyReused,
    /// The workspace may not run work now: unpaid, or stopped.
    NoAccess(Access),
    /// Spent + held + this hold would pass a limit of this month's budget.
    OverBudget(Budget),
}

/// Commits when accepted, rolls back otherwise.
pub async fn submit(mut tx: Tx, s: Submission<'_>) -> Result<Submitted> {
    let workspace = tx.workspace();
    let period = Period::of(s.now);
    let status = if s.plan.is_some() {
        ExecutionStatus::Queued
    } else {
        ExecutionStatus::Pending
    };
    let steps = s.plan.as_ref().map_or(&[][..], |plan| &plan.steps);
    let plan = s.plan.as_ref().map(|plan| serde_json::json!(plan));
    let steps_json = serde_json::json!(steps);
    let events = EventRows::new(&[ExecutionEvent::Accepted {
        user_id: s.user_id,
        prompt: s.prompt.to_owned(),
        skill_id: s.skill_id.map(str::to_owned),
        input: s.input.clone(),
        priority: s.priority,
        estimate_usd: s.hold,
        plan: s.plan.clone(),
    }]);
    let outbox = OutboxRows::new(&s.messages);
    let (key, hash) = s.idempotency.unzip();
    let accepted = sqlx::query_scalar!(
        r#"WITH key AS (
             INSERT INTO idempotency_keys (workspace_id, key, request_hash, resource_id, created_at)
             SELECT $1, $2, $3, $4, $5 WHERE $2::text IS NOT NULL
             ON CONFLICT DO NOTHING RETURNING 1),
           hold AS (
             INSERT INTO budgets AS b (workspace_id, period, limit_usd, limit_tokens, held_usd, executions)
             SELECT w.id, $6, p.limit_usd, p.limit_tokens, $7, 1
             FROM workspaces w JOIN plans p ON p.tier = w.tier
             WHERE w.id = $1 AND w.access = 'full' AND p.limit_usd >= $7 AND ($2::text IS NULL OR EXISTS (SELECT FROM key))
             ON CONFLICT (workspace_id, period) DO UPDATE
               SET held_usd = b.held_usd + excluded.held_usd, executions = b.executions + 1
               WHERE b.spent_usd + b.held_usd + excluded.held_usd <= b.limit_usd
                 AND (b.limit_tokens IS NULL OR b.spent_tokens < b.limit_tokens)
             RETURNING 1),
           hold_row AS (
             INSERT INTO budget_holds (execution_id, workspace_id, period, amount_usd, expires_at)
             SELECT $4, $1, $6, $7, $8 FROM hold),
           posting AS (
             INSERT INTO ledger_entries (reference_id, kind, workspace_id, period, from_account, to_account, amount_usd, at)
             SELECT $4, 'hold', $1, $6, 'available', 'held', $7, $5 FROM hold),
           execution AS (
             INSERT INTO agent_executions (id, workspace_id, user_id, status, priority, prompt, skill_id, input, plan,
               estimate_usd, step_count, event_seq, correlation_id, created_at, due_at)
             SELECT $4, $1, $9, $10, $11, $12, $13, $14, $15, $7, $16, 1, $17, $5, CASE WHEN $10 = 'pending' THEN $18::timestamptz END FROM hold
             RETURNING 1),
           run AS (
             INSERT INTO agent_runs (execution_id, step, workspace_id, skill_id, skill_version, skill_hash, status, depends_on, input, due_at)
             SELECT $4, s.step, $1, s.skill_id, s.version, s.hash,
               CASE WHEN cardinality(s.depends_on) = 0 THEN 'ready' ELSE 'waiting' END, s.depends_on, s.input, $18
             FROM hold, jsonb_to_recordset($19) AS s (step int, skill_id text, version text, hash text, depends_on int[], input jsonb)),
           event AS (
             INSERT INTO execution_events (execution_id, seq, workspace_id, kind, data, at)
             SELECT $4, ev.n::int, $1, ev.kind, ev.data, $5
             FROM hold, unnest($20::text[], $21::jsonb[]) WITH ORDINALITY AS ev (kind, data, n)),
           message AS (
             INSERT INTO outbox (id, workspace_id, sender, topic, kind, version, correlation_id, traceparent, data, created_at)
             SELECT o.id, $1, $22, o.topic, o.kind, o.version, $17, o.traceparent, o.data, $5
             FROM hold, unnest($23::uuid[], $24::text[], $25::text[], $26::int[], $27::text[], $28::bytea[])
               AS o (id, topic, kind, version, traceparent, data))
           SELECT count(*) AS "accepted!" FROM execution"#,
        workspace.0,
        key,
        hash,
        s.id.0,
        s.now,
        period.first_day(),
        s.hold.0,
        s.hold_expires_at,
        s.user_id.0,
        status.as_str(),
        s.priority.as_str(),
        s.prompt,
        s.skill_id,
        s.input,
        plan,
        i32::try_from(steps.len()).unwrap_or(i32::MAX),
        s.correlation_id.as_str(),
        s.due_at,
        steps_json,
        &events.kinds,
        &events.data,
        tx.sender(),
        &outbox.ids,
        &outbox.topics,
        &outbox.kinds,
        &outbox.versions,
        &outbox.traceparents as _,
        &outbox.data,
    )
    .fetch_one(tx.conn())
    .await?;
    if accepted == 1 {
        tx.wrote(s.messages);
        tx.commit().await?;
        return Ok(Submitted::Accepted);
    }
    // Refused. The key, if this statement claimed it, goes with the rollback; so look at what stood
    // before, in a fresh view.
    let (store, workspace) = (tx.store(), workspace);
    tx.rollback().await?;
    let mut tx = store.tenant(workspace).await?;
    if let Some((key, hash)) = s.idempotency
        && let Some(row) = sqlx::query!(
            "SELECT request_hash, resource_id FROM idempotency_keys WHERE workspace_id = $1 AND key = $2",
            workspace.0,
            key
        )
        .fetch_optional(tx.conn())
        .await?
    {
        let same = row.request_hash == hash;
        return Ok(if same { Submitted::Replayed(row.resource_id.into()) } else { Submitted::KeyReused });
    }
    let access = billing::subscriptions::access(&mut tx).await?;
    if access != Access::Full {
        return Ok(Submitted::NoAccess(access));
    }
    Ok(Submitted::OverBudget(
        budgets::current(&mut tx, period).await?,
    ))
}
