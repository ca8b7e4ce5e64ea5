//! Closing a month: how far it has come, and what stood in it, for many workspaces at once. All of this
//! needs a sweeping transaction of bill.

use chrono::{DateTime, NaiveDate, Utc};
use domain::billing::{MerchantId, MerchantKind};
use domain::{Inr, Period, Tier, Tokens, Usd, WorkspaceId};
use uuid::Uuid;

use crate::executions::tokens;
use crate::{Result, StoreError, Tx};

/// How far the closing of a month has come.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Close {
    pub period: Period,
    /// The last workspace looked at, by id.
    pub after: Option<WorkspaceId>,
    pub looked_at: i64,
    /// Of workspaces in which anything happened.
    pub reports: i64,
    pub started_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
}

struct Row {
    period: NaiveDate,
    after_id: Option<Uuid>,
    looked_at: i64,
    reports: i64,
    started_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

impl From<Row> for Close {
    fn from(row: Row) -> Self {
        Self {
            period: row.period.into(),
            after: row.after_id.map(Into::into),
            looked_at: row.looked_at,
            reports: row.reports,
            started_at: row.started_at,
            finished_at: row.finished_at,
        }
    }
}

/// Every month that is closed or being closed, oldest first. An operator may ask too.
pub async fn all(tx: &mut Tx) -> Result<Vec<Close>> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT period, after_id, looked_at, reports, started_at, finished_at FROM month_closes ORDER BY period"
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Close::from).collect())
}

/// Begins to close a month, if nobody has.
pub async fn begin(tx: &mut Tx, period: Period, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "INSERT INTO month_closes (period, started_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        period.first_day(),
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// How far a month has come, locked until the transaction ends: two runs take turns, a page each.
pub async fn lock(tx: &mut Tx, period: Period) -> Result<Close> {
    let row = sqlx::query_as!(
        Row,
        "SELECT period, after_id, looked_at, reports, started_at, finished_at FROM month_closes WHERE period = $1 FOR UPDATE",
        period.first_day()
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.into())
}

/// Writes how far a month has come.
pub async fn save(tx: &mut Tx, close: &Close) -> Result<()> {
    sqlx::query!(
        "UPDATE month_closes SET after_id = $2, looked_at = $3, reports = $4, finished_at = $5 WHERE period = $1",
        close.period.first_day(),
        close.after.map(|id| id.0),
        close.looked_at,
        close.reports,
        close.finished_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// How many workspaces there are, for showing progress.
pub async fn count(tx: &mut Tx) -> Result<i64> {
    let count = sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM workspaces"#)
        .fetch_one(tx.conn())
        .await?;
    Ok(count)
}

/// A workspace's month, without the lists.
#[derive(Debug, Clone)]
pub struct Month {
    pub workspace_id: WorkspaceId,
    pub name: String,
    /// What was paid for at the month's end; where nothing was, what the workspace has now.
    pub tier: Tier,
    /// The month's, or what the tier would have given it.
    pub limit_usd: Usd,
    pub spent_usd: Usd,
    /// Requests that were accepted in the month, by what has become of them.
    pub executions: i64,
    pub completed: i64,
    pub failed: i64,
}

/// The next workspaces by id, with what they did in a month from `from` to `to` (not included).
pub async fn page(
    tx: &mut Tx,
    after: Option<WorkspaceId>,
    limit: i64,
    period: Period,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<Month>> {
    let rows = sqlx::query!(
        r#"SELECT w.id, w.name, p.tier, coalesce(b.limit_usd, p.limit_usd) AS "limit!", coalesce(b.spent_usd, 0) AS "spent!",
             e.total AS "total!", e.completed AS "completed!", e.failed AS "failed!"
           FROM (SELECT id, name, tier FROM workspaces WHERE id > $1 ORDER BY id LIMIT $2) w
           LEFT JOIN LATERAL (
             SELECT s.tier FROM subscription_periods s
             WHERE s.workspace_id = w.id AND s.period_start < $5 AND s.period_end >= $5 AND s.created_at < $5
             ORDER BY s.period_start DESC, s.part DESC LIMIT 1) paid ON true
           JOIN plans p ON p.tier = coalesce(paid.tier, w.tier)
           LEFT JOIN budgets b ON b.workspace_id = w.id AND b.period = $3
           CROSS JOIN LATERAL (
             SELECT count(*) AS total, count(*) FILTER (WHERE status = 'completed') AS completed,
               count(*) FILTER (WHERE status = 'failed') AS failed
             FROM agent_executions e WHERE e.workspace_id = w.id AND e.created_at >= $4 AND e.created_at < $5) e
           ORDER BY w.id"#,
        // No workspace has the nil id, and a plan that is made once needs a value to start from.
        after.map_or(Uuid::nil(), |id| id.0),
        limit,
        period.first_day(),
        from,
        to,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Month {
                workspace_id: row.id.into(),
                name: row.name,
                tier: known(&row.tier)?,
                limit_usd: Usd(row.limit),
                spent_usd: Usd(row.spent),
                executions: row.total,
                completed: row.completed,
                failed: row.failed,
            })
        })
        .collect()
}

/// Model and tool calls of a workspace by day, skill and model.
#[derive(Debug, Clone)]
pub struct Usage {
    pub workspace_id: WorkspaceId,
    /// In India.
    pub day: NaiveDate,
    pub skill_id: String,
    pub model: String,
    pub calls: i64,
    pub tokens: Tokens,
    pub cost_usd: Usd,
}

/// What these workspaces used, each one's lines together.
pub async fn usage(
    tx: &mut Tx,
    workspaces: &[Uuid],
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<Usage>> {
    let rows = sqlx::query!(
        r#"SELECT workspace_id, (at AT TIME ZONE 'Asia/Kolkata')::date AS "day!", skill_id, model, count(*) AS "calls!",
             sum(tokens_input)::bigint AS "input!", sum(tokens_output)::bigint AS "output!", sum(cost_usd) AS "cost!"
           FROM cost_logs WHERE workspace_id = ANY ($1) AND at >= $2 AND at < $3
           GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"#,
        workspaces,
        from,
        to,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Usage {
            workspace_id: row.workspace_id.into(),
            day: row.day,
            skill_id: row.skill_id,
            model: row.model,
            calls: row.calls,
            tokens: tokens(row.input, row.output),
            cost_usd: Usd(row.cost),
        })
        .collect())
}

/// Money that came, or went back.
#[derive(Debug, Clone)]
pub struct Movement {
    /// What the gateway knows it by.
    pub merchant_id: MerchantId,
    pub at: DateTime<Utc>,
    /// Negative when it went back.
    pub amount: Inr,
    /// The payment's as it stands now, or `refunded`.
    pub status: String,
}

/// What came from these workspaces and went back to them, each one's together, oldest first.
pub async fn movements(
    tx: &mut Tx,
    workspaces: &[Uuid],
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<Movement>> {
    let rows = sqlx::query!(
        // Workspace by workspace, which OFFSET 0 keeps it to: a plan that is made once would rather look through
        // everybody's month for each page.
        r#"SELECT w.id AS "workspace_id!", m.id AS "id!", came AS "came!", at AS "at!", amount AS "amount!", status AS "status!"
           FROM unnest($1::uuid[]) AS w (id)
           CROSS JOIN LATERAL (
             (SELECT id, true AS came, captured_at AS at, received_inr AS amount, status
              FROM payments WHERE workspace_id = w.id AND captured_at >= $2 AND captured_at < $3 OFFSET 0)
             UNION ALL
             (SELECT id, false, completed_at, -amount_inr, 'refunded'
              FROM refunds WHERE workspace_id = w.id AND status = 'completed' AND completed_at >= $2 AND completed_at < $3 OFFSET 0)) m
           ORDER BY 1, 4, 2"#,
        workspaces,
        from,
        to,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Movement {
            merchant_id: MerchantId {
                kind: if row.came {
                    MerchantKind::Payment
                } else {
                    MerchantKind::Refund
                },
                workspace_id: row.workspace_id.into(),
                id: row.id,
            },
            at: row.at,
            amount: Inr(row.amount),
            status: row.status,
        })
        .collect())
}

/// An invoice or credit note of the month.
#[derive(Debug, Clone)]
pub struct Document {
    pub workspace_id: WorkspaceId,
    pub number: String,
    /// In India.
    pub date: NaiveDate,
    pub is_credit_note: bool,
    /// With tax.
    pub payable: Inr,
}

/// The invoices and credit notes of these workspaces dated from `first` to `last`, each one's together,
/// oldest first. Those that were taken back are left out.
pub async fn documents(
    tx: &mut Tx,
    workspaces: &[Uuid],
    first: NaiveDate,
    last: NaiveDate,
) -> Result<Vec<Document>> {
    let rows = sqlx::query!(
        "SELECT workspace_id, number, date, kind, payable_inr FROM invoices
         WHERE workspace_id = ANY ($1) AND date >= $2 AND date <= $3 AND status <> 'cancelled'
         ORDER BY workspace_id, date, created_at, id",
        workspaces,
        first,
        last,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Document {
            workspace_id: row.workspace_id.into(),
            number: row.number,
            date: row.date,
            is_credit_note: row.kind == "credit_note",
            payable: Inr(row.payable_inr),
        })
        .collect())
}

pub(crate) fn known(tier: &str) -> Result<Tier> {
    tier.parse()
        .map_err(|error: domain::UnknownValue| StoreError::Config(error.to_string().into()))
}
