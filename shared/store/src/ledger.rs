//! The double-entry ledger, read. Postings are made by the statements that move money
//! ([`crate::submit`], [`crate::budgets`]); each moves an amount from one account to another.

use domain::{ExecutionId, Period, Usd, WorkspaceId};

use crate::{Result, Tx};

#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Entry {
    pub kind: String,
    pub from_account: String,
    pub to_account: String,
    pub amount_usd: Usd,
}

/// The postings of one execution, oldest first.
pub async fn of_execution(tx: &mut Tx, execution: ExecutionId) -> Result<Vec<Entry>> {
    let rows = sqlx::query!(
        "SELECT kind, from_account, to_account, amount_usd FROM ledger_entries
         WHERE reference_id = $1 ORDER BY at, kind, part",
        execution.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Entry {
            kind: row.kind,
            from_account: row.from_account,
            to_account: row.to_account,
            amount_usd: Usd(row.amount_usd),
        })
        .collect())
}

/// A budget whose row and ledger (or cost log, or holds) disagree.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Imbalance {
    pub workspace_id: WorkspaceId,
    pub period: Period,
    pub spent_usd: Usd,
    pub spent_by_ledger: Usd,
    pub spent_by_calls: Usd,
    pub held_usd: Usd,
    pub held_by_ledger: Usd,
    pub held_by_holds: Usd,
}

/// Every budget that does not balance to the last digit: its row against the sums of the ledger, the
/// open holds, and the cost of the calls of settled executions. Needs a sweeping operator's
/// transaction. Empty is what it should be.
pub async fn imbalances(tx: &mut Tx) -> Result<Vec<Imbalance>> {
    let rows = sqlx::query!(
        r#"WITH ledger AS (
             SELECT workspace_id, period,
               sum(CASE WHEN to_account = 'spent' THEN amount_usd WHEN from_account = 'spent' THEN -amount_usd ELSE 0 END) AS spent,
               sum(CASE WHEN to_account = 'held' THEN amount_usd WHEN from_account = 'held' THEN -amount_usd ELSE 0 END) AS held
             FROM ledger_entries GROUP BY 1, 2),
           open AS (
             SELECT workspace_id, period, sum(amount_usd) AS held FROM budget_holds WHERE status = 'held' GROUP BY 1, 2),
           calls AS (
             SELECT h.workspace_id, h.period, sum(c.cost_usd) AS spent
             FROM cost_logs c JOIN budget_holds h ON h.execution_id = c.execution_id
             WHERE h.status = 'settled' AND NOT c.late GROUP BY 1, 2),
           late AS (
             SELECT workspace_id, period, sum(amount_usd) AS spent FROM ledger_entries WHERE kind = 'late_usage' GROUP BY 1, 2)
           SELECT b.workspace_id, b.period, b.spent_usd, b.held_usd,
             coalesce(ledger.spent, 0) AS "ledger_spent!", coalesce(ledger.held, 0) AS "ledger_held!",
             coalesce(open.held, 0) AS "open_held!", coalesce(calls.spent, 0) + coalesce(late.spent, 0) AS "calls_spent!"
           FROM budgets b
           LEFT JOIN ledger USING (workspace_id, period)
           LEFT JOIN open USING (workspace_id, period)
           LEFT JOIN calls USING (workspace_id, period)
           LEFT JOIN late USING (workspace_id, period)
           WHERE b.spent_usd <> coalesce(ledger.spent, 0) OR b.held_usd <> coalesce(ledger.held, 0)
              OR b.held_usd <> coalesce(open.held, 0)
              OR b.spent_usd <> coalesce(calls.spent, 0) + coalesce(late.spent, 0)"#
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Imbalance {
            workspace_id: row.workspace_id.into(),
            period: row.period.into(),
            spent_usd: Usd(row.spent_usd),
            spent_by_ledger: Usd(row.ledger_spent),
            spent_by_calls: Usd(row.calls_spent),
            held_usd: Usd(row.held_usd),
            held_by_ledger: Usd(row.ledger_held),
            held_by_holds: Usd(row.open_held),
        })
        .collect())
}

/// What an operator looks at after trouble: how much is unfinished. Needs a sweeping operator's
/// transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct OpenWork {
    pub executions: i64,
    pub holds: i64,
    pub outbox: i64,
    pub dead_letters: i64,
}

pub async fn open_work(tx: &mut Tx) -> Result<OpenWork> {
    let row = sqlx::query!(
        r#"SELECT
             (SELECT count(*) FROM agent_executions WHERE status NOT IN ('completed', 'failed', 'cancelled')) AS "executions!",
             (SELECT count(*) FROM budget_holds WHERE status = 'held') AS "holds!",
             (SELECT count(*) FROM outbox) AS "outbox!",
             (SELECT count(*) FROM dead_letters WHERE replayed_at IS NULL) AS "dead_letters!""#
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(OpenWork {
        executions: row.executions,
        holds: row.holds,
        outbox: row.outbox,
        dead_letters: row.dead_letters,
    })
}

/// Whether any hold is open, and so any work. Cheap: an index has the open ones. Needs a sweeping
/// operator's transaction.
pub async fn any_hold(tx: &mut Tx) -> Result<bool> {
    let any = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM budget_holds WHERE status = 'held' AND expires_at > '-infinity') AS "any!""#
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(any)
}

/// Whether an execution's hold is settled. Needs a sweeping operator's transaction.
pub async fn is_settled(tx: &mut Tx, execution: ExecutionId) -> Result<bool> {
    let settled = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM budget_holds WHERE execution_id = $1 AND status = 'settled') AS "settled!""#,
        execution.0
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(settled)
}

/// Every execution that ended, and how many `execution.finished` events its log has. Needs a sweeping
/// operator's transaction; for tests and drills, not for a large database.
pub async fn finished(tx: &mut Tx) -> Result<Vec<(ExecutionId, i64)>> {
    let rows = sqlx::query!(
        r#"SELECT e.id, count(v.seq) AS "times!" FROM agent_executions e
           LEFT JOIN execution_events v ON v.execution_id = e.id AND v.kind = 'execution.finished'
           WHERE e.status IN ('completed', 'failed', 'cancelled') GROUP BY e.id"#
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id.into(), row.times))
        .collect())
}
