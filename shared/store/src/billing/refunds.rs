//! Refunds: one row a refund at the gateway.

use chrono::{DateTime, Utc};
use domain::billing::{MerchantId, MerchantKind, RefundStatus};
use domain::{Inr, PaymentId, RefundId, UserId, WorkspaceId};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::parse;
use crate::{Result, Tx};

#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Refund {
    pub id: RefundId,
    pub workspace_id: WorkspaceId,
    pub payment_id: PaymentId,
    pub amount: Inr,
    /// An invoice was made for this money: a credit note follows.
    pub of_allocated: bool,
    pub reason: String,
    pub status: RefundStatus,
    /// `None` when nobody asked: money that could not be used.
    pub requested_by: Option<UserId>,
    pub gateway_refund_id: Option<String>,
    pub error_code: Option<String>,
    pub sent_at: Option<DateTime<Utc>>,
    pub next_check_at: Option<DateTime<Utc>>,
    pub observed_at: DateTime<Utc>,
    pub completed_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

impl Refund {
    /// What the gateway knows it by.
    pub fn merchant_id(&self) -> MerchantId {
        MerchantId {
            kind: MerchantKind::Refund,
            workspace_id: self.workspace_id,
            id: self.id.0,
        }
    }
}

struct Row {
    id: Uuid,
    workspace_id: Uuid,
    payment_id: Uuid,
    amount_inr: Decimal,
    of_allocated: bool,
    reason: String,
    status: String,
    requested_by: Option<Uuid>,
    gateway_refund_id: Option<String>,
    error_code: Option<String>,
    sent_at: Option<DateTime<Utc>>,
    next_check_at: Option<DateTime<Utc>>,
    observed_at: DateTime<Utc>,
    completed_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl Row {
    fn read(self) -> Result<Refund> {
        Ok(Refund {
            id: self.id.into(),
            workspace_id: self.workspace_id.into(),
            payment_id: self.payment_id.into(),
            amount: Inr(self.amount_inr),
            of_allocated: self.of_allocated,
            reason: self.reason,
            status: parse(&self.status)?,
            requested_by: self.requested_by.map(Into::into),
            gateway_refund_id: self.gateway_refund_id,
            error_code: self.error_code,
            sent_at: self.sent_at,
            next_check_at: self.next_check_at,
            observed_at: self.observed_at,
            completed_at: self.completed_at,
            created_at: self.created_at,
        })
    }
}

macro_rules! select {
    ($($rest:literal),+; $($value:expr),* $(,)?) => {
        sqlx::query_as!(
            Row,
            "SELECT id, workspace_id, payment_id, amount_inr, of_allocated, reason, status, requested_by, gateway_refund_id, error_code,
               sent_at, next_check_at, CASE WHEN observed_at = '-infinity' THEN to_timestamp(0) ELSE observed_at END AS \"observed_at!\",
               completed_at, created_at
             FROM refunds " $(+ $rest)+,
            $($value),*
        )
    };
}

#[derive(Debug, Clone)]
pub struct NewRefund<'a> {
    pub id: RefundId,
    pub payment_id: PaymentId,
    pub amount: Inr,
    pub of_allocated: bool,
    pub reason: &'a str,
    pub requested_by: Option<UserId>,
    /// When somebody looks after it if nobody has by then.
    pub next_check_at: DateTime<Utc>,
    pub now: DateTime<Utc>,
}

/// Writes a refund down. Its amount has been set aside before ([`super::payments::set_aside`]).
pub async fn insert(tx: &mut Tx, new: &NewRefund<'_>) -> Result<()> {
    sqlx::query!(
        "INSERT INTO refunds (id, workspace_id, payment_id, amount_inr, of_allocated, reason, requested_by, next_check_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
        new.id.0,
        tx.workspace().0,
        new.payment_id.0,
        new.amount.0,
        new.of_allocated,
        new.reason,
        new.requested_by.map(|id| id.0),
        new.next_check_at,
        new.now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn get(tx: &mut Tx, id: RefundId) -> Result<Refund> {
    let row = select!("WHERE id = $1"; id.0).fetch_one(tx.conn()).await?;
    row.read()
}

/// The refund, locked until the transaction ends.
pub async fn lock(tx: &mut Tx, id: RefundId) -> Result<Refund> {
    let row = select!("WHERE id = $1 FOR UPDATE"; id.0)
        .fetch_one(tx.conn())
        .await?;
    row.read()
}

/// Takes the right to ask the gateway about a refund until `until`. `None` when somebody has it;
/// not found when there is none of that id.
pub async fn lease(
    tx: &mut Tx,
    id: RefundId,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Option<Refund>> {
    let taken = sqlx::query!(
        "UPDATE refunds SET leased_until = $3 WHERE id = $1 AND (leased_until IS NULL OR leased_until < $2)",
        id.0,
        now,
        until
    )
    .execute(tx.conn())
    .await?;
    let row = get(tx, id).await?;
    Ok((taken.rows_affected() == 1).then_some(row))
}

/// As [`super::payments::mark_sent`].
pub async fn mark_sent(tx: &mut Tx, id: RefundId, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "UPDATE refunds SET sent_at = $2, updated_at = $2 WHERE id = $1",
        id.0,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes what may change of a refund, and gives its lease back.
pub async fn save(tx: &mut Tx, refund: &Refund, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "UPDATE refunds SET status = $2, gateway_refund_id = $3, error_code = $4, sent_at = $5, next_check_at = $6, observed_at = $7,
           completed_at = $8, leased_until = NULL, updated_at = $9
         WHERE id = $1",
        refund.id.0,
        refund.status.as_str(),
        refund.gateway_refund_id,
        refund.error_code,
        refund.sent_at,
        refund.next_check_at,
        refund.observed_at,
        refund.completed_at,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Of this tenant, newest first, older than `before` when it is given; of one payment when that is.
pub async fn list(
    tx: &mut Tx,
    payment: Option<PaymentId>,
    before: Option<RefundId>,
    limit: i64,
) -> Result<Vec<Refund>> {
    let rows = select!(
        "WHERE workspace_id = $1 AND ($2::uuid IS NULL OR payment_id = $2) AND ($3::uuid IS NULL OR id < $3)
         ORDER BY id DESC LIMIT $4";
        tx.workspace().0, payment.map(|id| id.0), before.map(|id| id.0), limit
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// Refunds of all tenants that are due to be asked about. Needs a sweeping transaction.
pub async fn due(
    tx: &mut Tx,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<(WorkspaceId, RefundId)>> {
    let rows = sqlx::query!(
        "SELECT workspace_id, id FROM refunds WHERE next_check_at <= $1 ORDER BY next_check_at LIMIT $2",
        now,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.workspace_id.into(), row.id.into()))
        .collect())
}

/// Refunds of all tenants that changed since `since`, by id after `after` (nil for the first). Needs a sweeping transaction.
pub async fn changed(
    tx: &mut Tx,
    since: DateTime<Utc>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Refund>> {
    let rows = select!(
        "WHERE updated_at >= $1 AND sent_at IS NOT NULL AND id > $2 ORDER BY id LIMIT $3";
        since, after, limit
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// Completed refunds of all tenants whose invoice has no credit note for them, of the last 60 days (the audit
/// finds what is older): their message was lost.
/// Needs a sweeping transaction of gst-invoice.
pub async fn without_credit_note(
    tx: &mut Tx,
    before: DateTime<Utc>,
    but: &[Uuid],
    limit: i64,
) -> Result<Vec<(WorkspaceId, RefundId)>> {
    let rows = sqlx::query!(
        "SELECT r.workspace_id, r.id FROM refunds r
         WHERE r.of_allocated AND r.status = 'completed' AND r.completed_at < $1 AND r.completed_at >= $1 - interval '60 days' AND NOT r.id = ANY ($2)
           AND NOT EXISTS (SELECT FROM invoices i WHERE i.refund_id = r.id)
         ORDER BY r.completed_at LIMIT $3",
        before,
        but,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.workspace_id.into(), row.id.into()))
        .collect())
}
