//! What operators look up across tenants. Needs a sweeping operator's transaction.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{InvoiceId, PaymentId, Period, Tier, Usd, WorkspaceId};

use crate::closing::known;
use crate::{Result, Tx};

/// Whose invoice or credit note has this number. Numbers of different financial years differ too.
pub async fn invoice(tx: &mut Tx, number: &str) -> Result<Option<(WorkspaceId, InvoiceId)>> {
    let row = sqlx::query!(
        "SELECT workspace_id, id FROM invoices WHERE number = $1",
        number
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| (row.workspace_id.into(), row.id.into())))
}

/// Whose payment this is.
pub async fn payer(tx: &mut Tx, payment: PaymentId) -> Result<Option<WorkspaceId>> {
    let id = sqlx::query_scalar!("SELECT workspace_id FROM payments WHERE id = $1", payment.0)
        .fetch_optional(tx.conn())
        .await?;
    Ok(id.map(Into::into))
}

/// What the workspaces of a tier cost in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TierCost {
    pub tier: Tier,
    /// That paid for a period which touches the month, by money that has not gone back; used or not.
    pub customers: i64,
    /// What the customers cost.
    pub cost_usd: Usd,
    /// Workspaces without such a period in which anything happened: trials, ends, what was given away.
    pub free: i64,
    pub free_cost_usd: Usd,
}

/// What a closed month, from one moment to another (not included), cost, by tier. A customer's tier is the
/// last one that was paid for before the month's end, anybody else's that of their report.
pub async fn tier_costs(
    tx: &mut Tx,
    period: Period,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<TierCost>> {
    let rows = sqlx::query!(
        r#"WITH paid AS (
             SELECT DISTINCT ON (s.workspace_id) s.workspace_id, s.tier
             FROM subscription_periods s JOIN payments p ON p.id = s.payment_id
             WHERE s.period_start < $3 AND s.period_end > $2 AND s.created_at < $3 AND p.allocated_inr > 0
             ORDER BY s.workspace_id, s.period_start DESC, s.part DESC),
           report AS (
             SELECT workspace_id, content ->> 'tier' AS tier, (content #>> '{used,cost_usd}')::numeric AS cost
             FROM monthly_reports WHERE period = $1)
           SELECT coalesce(paid.tier, report.tier) AS "tier!", count(paid.workspace_id) AS "customers!",
             coalesce(sum(report.cost) FILTER (WHERE paid.workspace_id IS NOT NULL), 0) AS "cost!",
             count(*) FILTER (WHERE paid.workspace_id IS NULL) AS "free!",
             coalesce(sum(report.cost) FILTER (WHERE paid.workspace_id IS NULL), 0) AS "free_cost!"
           FROM paid FULL JOIN report USING (workspace_id) GROUP BY 1"#,
        period.first_day(),
        from,
        to,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(TierCost {
                tier: known(&row.tier)?,
                customers: row.customers,
                cost_usd: Usd(row.cost),
                free: row.free,
                free_cost_usd: Usd(row.free_cost),
            })
        })
        .collect()
}

/// What model calls that no customer pays for cost from one moment to another (not included).
pub async fn house_costs(tx: &mut Tx, (from, to): (DateTime<Utc>, DateTime<Utc>)) -> Result<Usd> {
    let cost = sqlx::query_scalar!(
        r#"SELECT coalesce(sum(cost_usd), 0) AS "cost!" FROM house_costs WHERE at >= $1 AND at < $2"#,
        from,
        to,
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(Usd(cost))
}

/// Our model calls as a provider's bill has them: by model, day and label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelled {
    pub provider: String,
    pub model: String,
    /// In UTC.
    pub day: NaiveDate,
    pub label: String,
    pub tokens_in: i64,
    pub tokens_out: i64,
    pub cost_usd: Usd,
}

/// Our calls to these providers in a span, those that no customer pays for too. The label is the one calls are sent with: the skill's id with
/// dashes for dots when `by_skill`, else the workspace's id.
pub async fn labelled(
    tx: &mut Tx,
    providers: &[String],
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    by_skill: bool,
) -> Result<Vec<Labelled>> {
    let rows = sqlx::query!(
        r#"SELECT provider AS "provider!", model AS "model!", (at AT TIME ZONE 'UTC')::date AS "day!",
             CASE WHEN $4 THEN replace(skill_id, '.', '-') ELSE workspace_id::text END AS "label!",
             sum(tokens_input)::bigint AS "input!", sum(tokens_output)::bigint AS "output!", sum(cost_usd) AS "cost!"
           FROM (
             SELECT workspace_id, skill_id, provider, model, tokens_input, tokens_output, cost_usd, at FROM cost_logs
             UNION ALL
             SELECT workspace_id, purpose, provider, model, tokens_input, tokens_output, cost_usd, at FROM house_costs) AS call
           WHERE provider = ANY ($1) AND at >= $2 AND at < $3 GROUP BY 1, 2, 3, 4"#,
        providers,
        from,
        to,
        by_skill,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Labelled {
            provider: row.provider,
            model: row.model,
            day: row.day,
            label: row.label,
            tokens_in: row.input,
            tokens_out: row.output,
            cost_usd: Usd(row.cost),
        })
        .collect())
}
