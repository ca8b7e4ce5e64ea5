//! A workspace's month: its limit, what is spent, what is held; and the holds themselves. The hold of
//! a new execution is part of [`crate::submit`]; this is everything after it.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{ExecutionId, Period, Tier, Usd, WorkspaceId};

use crate::{Result, StoreError, Tx};

#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Budget {
    pub period: Period,
    pub limit_usd: Usd,
    pub spent_usd: Usd,
    pub held_usd: Usd,
    /// `None` is unlimited.
    pub limit_tokens: Option<i64>,
    pub spent_tokens: i64,
    pub executions: i32,
}

impl Budget {
    /// What a new hold may take.
    pub fn remaining_usd(&self) -> Usd {
        (self.limit_usd - self.spent_usd - self.held_usd).at_least_zero()
    }
}

/// This tenant's tier.
pub async fn tier(tx: &mut Tx) -> Result<Tier> {
    let tier = sqlx::query_scalar!(
        "SELECT tier FROM workspaces WHERE id = $1",
        tx.workspace().0
    )
    .fetch_one(tx.conn())
    .await?;
    tier.parse()
        .map_err(|error: domain::UnknownValue| StoreError::Config(error.to_string().into()))
}

/// This tenant's budget of a month: its row, or what its tier would give it.
pub async fn current(tx: &mut Tx, period: Period) -> Result<Budget> {
    let row = sqlx::query!(
        r#"SELECT coalesce(b.limit_usd, p.limit_usd) AS "limit_usd!", coalesce(b.spent_usd, 0) AS "spent_usd!",
             coalesce(b.held_usd, 0) AS "held_usd!",
             CASE WHEN b.period IS NULL THEN p.limit_tokens ELSE b.limit_tokens END AS limit_tokens,
             coalesce(b.spent_tokens, 0) AS "spent_tokens!", coalesce(b.executions, 0) AS "executions!"
           FROM workspaces w JOIN plans p ON p.tier = w.tier
           LEFT JOIN budgets b ON b.workspace_id = w.id AND b.period = $2
           WHERE w.id = $1"#,
        tx.workspace().0,
        period.first_day(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Budget {
        period,
        limit_usd: Usd(row.limit_usd),
        spent_usd: Usd(row.spent_usd),
        held_usd: Usd(row.held_usd),
        limit_tokens: row.limit_tokens,
        spent_tokens: row.spent_tokens,
        executions: row.executions,
    })
}

/// Changes the hold of an execution to `amount`: down always, up only within the limit. `false` when
/// the limit refused. One statement; the ledger gets a posting under `part`.
pub async fn resize_hold(
    tx: &mut Tx,
    execution: ExecutionId,
    amount: Usd,
    part: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    let resized = sqlx::query_scalar!(
        r#"WITH hold AS (
             SELECT workspace_id, period, amount_usd, $2 - amount_usd AS more
             FROM budget_holds WHERE execution_id = $1 AND status = 'held' FOR UPDATE),
           budget AS (
             UPDATE budgets b SET held_usd = b.held_usd + hold.more FROM hold
             WHERE b.workspace_id = hold.workspace_id AND b.period = hold.period
               AND (hold.more <= 0 OR b.spent_usd + b.held_usd + hold.more <= b.limit_usd)
             RETURNING 1),
           resized AS (
             UPDATE budget_holds h SET amount_usd = $2 FROM budget WHERE h.execution_id = $1 RETURNING 1),
           posting AS (
             INSERT INTO ledger_entries (reference_id, kind, part, workspace_id, period, from_account, to_account, amount_usd, at)
             SELECT $1, CASE WHEN more > 0 THEN 'hold' ELSE 'release' END, $3, workspace_id, period,
               CASE WHEN more > 0 THEN 'available' ELSE 'held' END, CASE WHEN more > 0 THEN 'held' ELSE 'available' END,
               abs(more), $4
             FROM hold, resized WHERE more <> 0)
           SELECT count(*) AS "resized!" FROM resized"#,
        execution.0,
        amount.0,
        part,
        now,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(resized == 1)
}

/// A budget just after it changed, for deciding on alerts.
#[derive(Debug, Clone, PartialEq)]
pub struct Charged {
    pub period: Period,
    /// What this charge added.
    pub cost: Usd,
    pub spent_usd: Usd,
    pub limit_usd: Usd,
}

/// Ends the hold of a finished execution: its recorded usage is spent, the rest is released. `None`
/// when there is no open hold (settled before, or never made). One statement, 3 round trips with open
/// and commit, 1 durable commit.
pub async fn settle(
    tx: &mut Tx,
    execution: ExecutionId,
    now: DateTime<Utc>,
) -> Result<Option<Charged>> {
    let row = sqlx::query!(
        r#"WITH hold AS (
             UPDATE budget_holds SET status = 'settled', settled_at = $2
             WHERE execution_id = $1 AND status = 'held'
             RETURNING workspace_id, period, amount_usd),
           used AS (
             SELECT coalesce(sum(cost_usd), 0) AS cost, coalesce(sum(tokens_input + tokens_output), 0)::bigint AS tokens
             FROM cost_logs WHERE execution_id = $1 AND NOT late),
           budget AS (
             UPDATE budgets b
             SET held_usd = b.held_usd - hold.amount_usd, spent_usd = b.spent_usd + used.cost,
                 spent_tokens = b.spent_tokens + used.tokens
             FROM hold, used
             WHERE b.workspace_id = hold.workspace_id AND b.period = hold.period
             RETURNING b.spent_usd, b.limit_usd),
           posting AS (
             INSERT INTO ledger_entries (reference_id, kind, workspace_id, period, from_account, to_account, amount_usd, at)
             SELECT $1, p.kind, hold.workspace_id, hold.period, p.from_account, p.to_account, p.amount, $2
             FROM hold, used, LATERAL (VALUES
               ('settle', 'held', 'spent', least(used.cost, hold.amount_usd)),
               ('release', 'held', 'available', greatest(hold.amount_usd - used.cost, 0)),
               ('overrun', 'available', 'spent', greatest(used.cost - hold.amount_usd, 0)))
               AS p (kind, from_account, to_account, amount)
             WHERE p.amount > 0)
           SELECT hold.period, used.cost AS "cost!", budget.spent_usd, budget.limit_usd FROM hold, used, budget"#,
        execution.0,
        now,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Charged {
        period: row.period.into(),
        cost: Usd(row.cost),
        spent_usd: Usd(row.spent_usd),
        limit_usd: Usd(row.limit_usd),
    }))
}

/// Charges the usage of a worker that had lost its lease, once per (step, attempt). `None` when it
/// was charged before or there is nothing to charge.
pub async fn charge_late(
    tx: &mut Tx,
    execution: ExecutionId,
    step: i32,
    attempt: i32,
    now: DateTime<Utc>,
) -> Result<Option<Charged>> {
    let period = Period::of(now);
    let row = sqlx::query!(
        r#"WITH used AS (
             SELECT sum(cost_usd) AS cost, sum(tokens_input + tokens_output)::bigint AS tokens
             FROM cost_logs WHERE execution_id = $1 AND step = $2 AND attempt = $3 AND late),
           posting AS (
             INSERT INTO ledger_entries (reference_id, kind, part, workspace_id, period, from_account, to_account, amount_usd, at)
             SELECT $1, 'late_usage', $4, $5, $6, 'available', 'spent', used.cost, $7 FROM used WHERE used.cost > 0
             ON CONFLICT DO NOTHING RETURNING amount_usd),
           budget AS (
             INSERT INTO budgets AS b (workspace_id, period, limit_usd, limit_tokens, spent_usd, spent_tokens)
             SELECT w.id, $6, p.limit_usd, p.limit_tokens, posting.amount_usd, used.tokens
             FROM posting, used, workspaces w JOIN plans p ON p.tier = w.tier WHERE w.id = $5
             ON CONFLICT (workspace_id, period) DO UPDATE
               SET spent_usd = b.spent_usd + excluded.spent_usd, spent_tokens = b.spent_tokens + excluded.spent_tokens
             RETURNING b.spent_usd, b.limit_usd)
           SELECT posting.amount_usd, budget.spent_usd, budget.limit_usd FROM posting, budget"#,
        execution.0,
        step,
        attempt,
        format!("{step}.{attempt}"),
        tx.workspace().0,
        period.first_day(),
        now,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Charged {
        period,
        cost: Usd(row.amount_usd),
        spent_usd: Usd(row.spent_usd),
        limit_usd: Usd(row.limit_usd),
    }))
}

/// A hold whose time has run out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiredHold {
    pub execution_id: ExecutionId,
    pub workspace_id: WorkspaceId,
}

/// Open holds past their time, oldest first. Needs a sweeping transaction.
pub async fn expired_holds(
    tx: &mut Tx,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<ExpiredHold>> {
    let rows = sqlx::query!(
        "SELECT execution_id, workspace_id FROM budget_holds
         WHERE status = 'held' AND expires_at < $1 ORDER BY expires_at LIMIT $2",
        now,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ExpiredHold {
            execution_id: row.execution_id.into(),
            workspace_id: row.workspace_id.into(),
        })
        .collect())
}

/// Gives a hold more time: its execution is still at work.
pub async fn extend_hold(tx: &mut Tx, execution: ExecutionId, until: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "UPDATE budget_holds SET expires_at = $2 WHERE execution_id = $1 AND status = 'held'",
        execution.0,
        until
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes an alert once per threshold and month; `true` when this is the first.
pub async fn alert_once(
    tx: &mut Tx,
    charged: &Charged,
    threshold_percent: i32,
    now: DateTime<Utc>,
) -> Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO budget_alerts (workspace_id, period, threshold_percent, spent_usd, limit_usd, at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        tx.workspace().0,
        charged.period.first_day(),
        threshold_percent,
        charged.spent_usd.0,
        charged.limit_usd.0,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

#[derive(Debug, Clone, serde::Serialize)]
pub struct Alert {
    pub workspace_id: WorkspaceId,
    pub period: NaiveDate,
    pub threshold_percent: i32,
    pub spent_usd: Usd,
    pub limit_usd: Usd,
    pub at: DateTime<Utc>,
}

/// Alerts after a moment: of this tenant, or of all in a sweeping transaction.
pub async fn alerts(tx: &mut Tx, after: DateTime<Utc>) -> Result<Vec<Alert>> {
    let rows = sqlx::query!(
        "SELECT * FROM budget_alerts WHERE at > $1 ORDER BY at",
        after
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Alert {
            workspace_id: row.workspace_id.into(),
            period: row.period,
            threshold_percent: row.threshold_percent,
            spent_usd: Usd(row.spent_usd),
            limit_usd: Usd(row.limit_usd),
            at: row.at,
        })
        .collect())
}
