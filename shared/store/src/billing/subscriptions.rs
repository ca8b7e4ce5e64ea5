//! Subscriptions: one row a workspace.

use chrono::{DateTime, Utc};
use domain::billing::{Access, SubscriptionStatus};
use domain::{MandateId, Period, Tier, Usd, WorkspaceId};
use uuid::Uuid;

use super::parse;
use crate::budgets::Charged;
use crate::{Result, Tx};

#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Subscription {
    pub workspace_id: WorkspaceId,
    pub status: SubscriptionStatus,
    pub tier: Tier,
    pub period_start: DateTime<Utc>,
    /// Not included.
    pub period_end: DateTime<Utc>,
    /// The day of the month that periods begin on, where the month has it.
    pub anchor_day: u32,
    /// From the next period on.
    pub next_tier: Option<Tier>,
    pub cancel_at_period_end: bool,
    /// What renewals are taken under.
    pub mandate_id: Option<MandateId>,
}

impl Subscription {
    /// What the next period is for.
    pub fn renews_as(&self) -> Tier {
        self.next_tier.unwrap_or(self.tier)
    }
}

struct Row {
    workspace_id: Uuid,
    status: String,
    tier: String,
    period_start: DateTime<Utc>,
    period_end: DateTime<Utc>,
    anchor_day: i32,
    next_tier: Option<String>,
    cancel_at_period_end: bool,
    mandate_id: Option<Uuid>,
}

impl Row {
    fn read(self) -> Result<Subscription> {
        Ok(Subscription {
            workspace_id: self.workspace_id.into(),
            status: parse(&self.status)?,
            tier: parse(&self.tier)?,
            period_start: self.period_start,
            period_end: self.period_end,
            anchor_day: self.anchor_day.unsigned_abs(),
            next_tier: self.next_tier.as_deref().map(parse).transpose()?,
            cancel_at_period_end: self.cancel_at_period_end,
            mandate_id: self.mandate_id.map(Into::into),
        })
    }
}

macro_rules! select {
    ($($rest:literal),+; $($value:expr),* $(,)?) => {
        sqlx::query_as!(
            Row,
            "SELECT workspace_id, status, tier, period_start, period_end, anchor_day, next_tier, cancel_at_period_end, mandate_id
             FROM subscriptions " $(+ $rest)+,
            $($value),*
        )
    };
}

/// Begins a trial. `false` when the workspace has a subscription already.
pub async fn begin_trial(
    tx: &mut Tx,
    tier: Tier,
    anchor_day: u32,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO subscriptions (workspace_id, status, tier, period_start, period_end, anchor_day, created_at, updated_at)
         VALUES ($1, 'trialing', $2, $3, $4, $5, $3, $3) ON CONFLICT DO NOTHING",
        tx.workspace().0,
        tier.as_str(),
        now,
        until,
        i32::try_from(anchor_day).unwrap_or(1),
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// This tenant's subscription, if it has one.
pub async fn get(tx: &mut Tx) -> Result<Option<Subscription>> {
    let row = select!("WHERE workspace_id = $1"; tx.workspace().0)
        .fetch_optional(tx.conn())
        .await?;
    row.map(Row::read).transpose()
}

/// This tenant's subscription, locked until the transaction ends. Whoever locks a payment too locks this
/// first.
pub async fn lock(tx: &mut Tx) -> Result<Option<Subscription>> {
    let row = select!("WHERE workspace_id = $1 FOR UPDATE"; tx.workspace().0)
        .fetch_optional(tx.conn())
        .await?;
    row.map(Row::read).transpose()
}

/// Writes a subscription as it stands; a workspace's first one is made.
pub async fn save(tx: &mut Tx, subscription: &Subscription, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "INSERT INTO subscriptions (workspace_id, status, tier, period_start, period_end, anchor_day, next_tier, cancel_at_period_end,
           mandate_id, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
         ON CONFLICT (workspace_id) DO UPDATE SET status = excluded.status, tier = excluded.tier, period_start = excluded.period_start,
           period_end = excluded.period_end, anchor_day = excluded.anchor_day, next_tier = excluded.next_tier,
           cancel_at_period_end = excluded.cancel_at_period_end, mandate_id = excluded.mandate_id, updated_at = excluded.updated_at",
        subscription.workspace_id.0,
        subscription.status.as_str(),
        subscription.tier.as_str(),
        subscription.period_start,
        subscription.period_end,
        i32::try_from(subscription.anchor_day).unwrap_or(1),
        subscription.next_tier.map(Tier::as_str),
        subscription.cancel_at_period_end,
        subscription.mandate_id.map(|id| id.0),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What the workspace may do from now on: its tier, whether it may run work (a pause by an operator stays),
/// and this month's limits. They only grow within a month, unless they are to go down with money that went
/// back: then as far as nothing is used or reserved. Answers the month's budget where it went down, since
/// that may be a reason for alerts.
pub async fn grant(
    tx: &mut Tx,
    tier: Tier,
    access: Access,
    lower: bool,
    period: Period,
) -> Result<Option<Charged>> {
    let row = sqlx::query!(
        "WITH workspace AS (
           UPDATE workspaces SET tier = $2, access = CASE WHEN access = 'paused' THEN access ELSE $3 END WHERE id = $1)
         UPDATE budgets b SET
           limit_usd = CASE WHEN $5 THEN greatest(p.limit_usd, b.spent_usd + b.held_usd) ELSE greatest(b.limit_usd, p.limit_usd) END,
           limit_tokens = CASE WHEN $5 THEN p.limit_tokens WHEN b.limit_tokens IS NULL OR p.limit_tokens IS NULL THEN NULL
             ELSE greatest(b.limit_tokens, p.limit_tokens) END
         FROM plans p WHERE p.tier = $2 AND b.workspace_id = $1 AND b.period = $4 AND ($5 OR $3 = 'full')
         RETURNING b.spent_usd, b.limit_usd",
        tx.workspace().0,
        tier.as_str(),
        access.as_str(),
        period.first_day(),
        lower,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.filter(|_| lower).map(|row| Charged {
        period,
        cost: Usd::ZERO,
        spent_usd: Usd(row.spent_usd),
        limit_usd: Usd(row.limit_usd),
    }))
}

/// A workspace's word on running work, by an operator or the cost watch; `Full` lets it go on as its
/// subscription allows.
pub async fn set_access(tx: &mut Tx, access: Access) -> Result<()> {
    sqlx::query!(
        "UPDATE workspaces SET access = $2 WHERE id = $1",
        tx.workspace().0,
        access.as_str()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What this tenant may do now.
pub async fn access(tx: &mut Tx) -> Result<Access> {
    let access = sqlx::query_scalar!(
        "SELECT access FROM workspaces WHERE id = $1",
        tx.workspace().0
    )
    .fetch_one(tx.conn())
    .await?;
    parse(&access)
}

/// Workspaces that may be debited for a period that begins before `before` and have no debit under way, after
/// `after` in order of workspace (nil for the first). Needs a sweeping transaction.
pub async fn to_debit(
    tx: &mut Tx,
    before: DateTime<Utc>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<WorkspaceId>> {
    let rows = sqlx::query_scalar!(
        "SELECT s.workspace_id FROM subscriptions s
         WHERE s.status IN ('active', 'past_due') AND s.mandate_id IS NOT NULL AND s.period_end < $1 AND s.workspace_id > $2
           AND NOT EXISTS (SELECT FROM payments p WHERE p.workspace_id = s.workspace_id AND p.period_start = s.period_end
             AND p.method = 'mandate_debit' AND p.status IN ('created', 'notifying', 'notified', 'pending'))
         ORDER BY s.workspace_id LIMIT $3",
        before,
        after,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Workspaces whose period has ended and is not settled one way or the other, as [`to_debit`].
pub async fn ended(
    tx: &mut Tx,
    now: DateTime<Utc>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<WorkspaceId>> {
    let rows = sqlx::query_scalar!(
        "SELECT workspace_id FROM subscriptions
         WHERE status IN ('trialing', 'active', 'past_due') AND period_end <= $1 AND workspace_id > $2
         ORDER BY workspace_id LIMIT $3",
        now,
        after,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}
