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
    /// With a report: those in which anything happened.
    pub workspaces: i64,
    pub cost_usd: Usd,
}

/// What a closed month cost, by tier.
pub async fn tier_costs(tx: &mut Tx, period: Period) -> Result<Vec<TierCost>> {
    let rows = sqlx::query!(
        r#"SELECT content ->> 'tier' AS "tier!", count(*) AS "workspaces!", sum((content #>> '{used,cost_usd}')::numeric) AS "cost!"
           FROM monthly_reports WHERE period = $1 GROUP BY 1"#,
        period.first_day()
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(TierCost {
                tier: known(&row.tier)?,
                workspaces: row.workspaces,
                cost_usd: Usd(row.cost),
            })
        })
        .collect()
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
