//! Payments: one row an order at the gateway.

use chrono::{DateTime, Utc};
use domain::billing::{MerchantId, MerchantKind, PaymentMethod, PaymentPurpose, PaymentStatus};
use domain::{Inr, MandateId, PaymentId, Tier, UserId, WorkspaceId};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::parse;
use crate::{Result, Tx};

/// A payment as it stands. What never changes after it was made: everything up to `requested_by`.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Payment {
    pub id: PaymentId,
    pub workspace_id: WorkspaceId,
    pub created_at: DateTime<Utc>,
    pub purpose: PaymentPurpose,
    pub method: PaymentMethod,
    pub tier: Tier,
    /// What it pays for; the end is not included.
    pub period_start: DateTime<Utc>,
    pub period_end: DateTime<Utc>,
    /// Of a debit: 0 on the day, then one more for each day of dunning.
    pub attempt: i32,
    pub taxable: Inr,
    pub tax: Inr,
    /// 2 of the same size within a state, else 1.
    pub tax_heads: u32,
    pub amount: Inr,
    pub mandate_id: Option<MandateId>,
    /// `None` for a renewal.
    pub requested_by: Option<UserId>,
    pub status: PaymentStatus,
    pub gateway_order_id: Option<String>,
    pub redirect_url: Option<String>,
    pub expires_at: Option<DateTime<Utc>>,
    /// Of a debit: it may not be taken earlier.
    pub not_before: Option<DateTime<Utc>>,
    /// The gateway was asked, whatever came of it.
    pub sent_at: Option<DateTime<Utc>>,
    /// When to ask the gateway again; `None` when nothing is awaited.
    pub next_check_at: Option<DateTime<Utc>>,
    /// When the gateway was asked for what stands here.
    pub observed_at: DateTime<Utc>,
    pub received: Inr,
    /// Used for what it was meant for; the rest is held.
    pub allocated: Inr,
    /// Of refunds under way.
    pub refunding: Inr,
    pub refunded: Inr,
    pub captured_at: Option<DateTime<Utc>>,
    pub payment_mode: Option<String>,
    pub utr: Option<String>,
    pub transaction_id: Option<String>,
    pub error_code: Option<String>,
}

impl Payment {
    /// What the gateway knows it by.
    pub fn merchant_id(&self) -> MerchantId {
        MerchantId {
            kind: MerchantKind::Payment,
            workspace_id: self.workspace_id,
            id: self.id.0,
        }
    }

    /// What may still be given back.
    pub fn refundable(&self) -> Inr {
        self.received - self.refunded - self.refunding
    }
}

/// The columns as they are.
struct Row {
    id: Uuid,
    workspace_id: Uuid,
    purpose: String,
    method: String,
    status: String,
    tier: String,
    period_start: DateTime<Utc>,
    period_end: DateTime<Utc>,
    attempt: i32,
    taxable_inr: Decimal,
    tax_inr: Decimal,
    tax_heads: i32,
    amount_inr: Decimal,
    mandate_id: Option<Uuid>,
    requested_by: Option<Uuid>,
    gateway_order_id: Option<String>,
    redirect_url: Option<String>,
    expires_at: Option<DateTime<Utc>>,
    not_before: Option<DateTime<Utc>>,
    sent_at: Option<DateTime<Utc>>,
    next_check_at: Option<DateTime<Utc>>,
    observed_at: DateTime<Utc>,
    received_inr: Decimal,
    allocated_inr: Decimal,
    refunding_inr: Decimal,
    refunded_inr: Decimal,
    captured_at: Option<DateTime<Utc>>,
    payment_mode: Option<String>,
    utr: Option<String>,
    transaction_id: Option<String>,
    error_code: Option<String>,
    created_at: DateTime<Utc>,
}

impl Row {
    fn read(self) -> Result<Payment> {
        Ok(Payment {
            id: self.id.into(),
            workspace_id: self.workspace_id.into(),
            created_at: self.created_at,
            purpose: parse(&self.purpose)?,
            method: parse(&self.method)?,
            tier: parse(&self.tier)?,
            period_start: self.period_start,
            period_end: self.period_end,
            attempt: self.attempt,
            taxable: Inr(self.taxable_inr),
            tax: Inr(self.tax_inr),
            tax_heads: self.tax_heads.unsigned_abs(),
            amount: Inr(self.amount_inr),
            mandate_id: self.mandate_id.map(Into::into),
            requested_by: self.requested_by.map(Into::into),
            status: parse(&self.status)?,
            gateway_order_id: self.gateway_order_id,
            redirect_url: self.redirect_url,
            expires_at: self.expires_at,
            not_before: self.not_before,
            sent_at: self.sent_at,
            next_check_at: self.next_check_at,
            observed_at: self.observed_at,
            received: Inr(self.received_inr),
            allocated: Inr(self.allocated_inr),
            refunding: Inr(self.refunding_inr),
            refunded: Inr(self.refunded_inr),
            captured_at: self.captured_at,
            payment_mode: self.payment_mode,
            utr: self.utr,
            transaction_id: self.transaction_id,
            error_code: self.error_code,
        })
    }
}

macro_rules! select {
    ($($rest:literal),+; $($value:expr),* $(,)?) => {
        sqlx::query_as!(
            Row,
            "SELECT id, workspace_id, purpose, method, status, tier, period_start, period_end, attempt, taxable_inr, tax_inr, tax_heads, amount_inr,
               mandate_id, requested_by, gateway_order_id, redirect_url, expires_at, not_before, sent_at, next_check_at,
               CASE WHEN observed_at = '-infinity' THEN to_timestamp(0) ELSE observed_at END AS \"observed_at!\",
               received_inr, allocated_inr, refunding_inr, refunded_inr, captured_at, payment_mode, utr, transaction_id, error_code, created_at
             FROM payments " $(+ $rest)+,
            $($value),*
        )
    };
}

/// A payment to be made. The amount is `taxable + tax`.
#[derive(Debug, Clone)]
pub struct NewPayment {
    pub id: PaymentId,
    pub purpose: PaymentPurpose,
    pub method: PaymentMethod,
    pub tier: Tier,
    pub period_start: DateTime<Utc>,
    pub period_end: DateTime<Utc>,
    pub attempt: i32,
    pub taxable: Inr,
    pub tax: Inr,
    pub tax_heads: u32,
    pub mandate_id: Option<MandateId>,
    pub requested_by: Option<UserId>,
    pub not_before: Option<DateTime<Utc>>,
    /// When somebody looks after it if nobody has by then.
    pub next_check_at: DateTime<Utc>,
    pub now: DateTime<Utc>,
}

/// Writes a payment down. `false` when the debit of this period and attempt exists already.
pub async fn insert(tx: &mut Tx, new: &NewPayment) -> Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO payments (id, workspace_id, purpose, method, tier, period_start, period_end, attempt, taxable_inr, tax_inr, amount_inr,
           mandate_id, requested_by, not_before, next_check_at, created_at, updated_at, tax_heads)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16, $17)
         ON CONFLICT (workspace_id, period_start, attempt) WHERE method = 'mandate_debit' DO NOTHING",
        new.id.0,
        tx.workspace().0,
        new.purpose.as_str(),
        new.method.as_str(),
        new.tier.as_str(),
        new.period_start,
        new.period_end,
        new.attempt,
        new.taxable.0,
        new.tax.0,
        (new.taxable + new.tax).0,
        new.mandate_id.map(|id| id.0),
        new.requested_by.map(|id| id.0),
        new.not_before,
        new.next_check_at,
        new.now,
        i32::try_from(new.tax_heads).unwrap_or(1),
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

pub async fn get(tx: &mut Tx, id: PaymentId) -> Result<Payment> {
    let row = select!("WHERE id = $1"; id.0).fetch_one(tx.conn()).await?;
    row.read()
}

/// The payment, locked until the transaction ends.
pub async fn lock(tx: &mut Tx, id: PaymentId) -> Result<Payment> {
    let row = select!("WHERE id = $1 FOR UPDATE"; id.0)
        .fetch_one(tx.conn())
        .await?;
    row.read()
}

/// The newest first, older than `before` when it is given.
pub async fn list(tx: &mut Tx, before: Option<PaymentId>, limit: i64) -> Result<Vec<Payment>> {
    let rows = select!(
        "WHERE workspace_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3";
        tx.workspace().0, before.map(|id| id.0), limit
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// The payments of this tenant that the gateway may still change, oldest first.
pub async fn open(tx: &mut Tx) -> Result<Vec<Payment>> {
    let rows = select!(
        "WHERE workspace_id = $1 AND status IN ('created', 'notifying', 'notified', 'pending') ORDER BY id";
        tx.workspace().0
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// A payment of this tenant whose money came after `since` and was used and that has no invoice yet, or none
/// that stands: the tax profile will be read for it.
pub async fn uninvoiced(tx: &mut Tx, since: DateTime<Utc>) -> Result<Option<Payment>> {
    let row = select!(
        "WHERE workspace_id = $1 AND captured_at > $2
           AND EXISTS (SELECT FROM subscription_periods s WHERE s.payment_id = payments.id)
           AND NOT EXISTS (SELECT FROM invoices i WHERE i.payment_id = payments.id AND i.kind = 'tax_invoice' AND i.status <> 'cancelled')
         ORDER BY id LIMIT 1";
        tx.workspace().0, since
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(Row::read).transpose()
}

/// Debits of one period, by attempt.
pub async fn debits(tx: &mut Tx, period_start: DateTime<Utc>) -> Result<Vec<Payment>> {
    let rows = select!(
        "WHERE workspace_id = $1 AND method = 'mandate_debit' AND period_start = $2 ORDER BY attempt";
        tx.workspace().0, period_start
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// Where the payment stands that sets a mandate of this tenant up.
pub async fn setup_status(tx: &mut Tx, mandate: MandateId) -> Result<Option<PaymentStatus>> {
    let status = sqlx::query_scalar!(
        "SELECT status FROM payments WHERE workspace_id = $1 AND mandate_id = $2 AND method = 'mandate_setup'",
        tx.workspace().0,
        mandate.0,
    )
    .fetch_optional(tx.conn())
    .await?;
    status.map(|status| parse(&status)).transpose()
}

/// Takes the right to ask the gateway about a payment until `until`. `None` when somebody has it;
/// not found when there is none of that id.
pub async fn lease(
    tx: &mut Tx,
    id: PaymentId,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Option<Payment>> {
    let taken = sqlx::query!(
        "UPDATE payments SET leased_until = $3 WHERE id = $1 AND (leased_until IS NULL OR leased_until < $2)",
        id.0,
        now,
        until
    )
    .execute(tx.conn())
    .await?;
    let row = get(tx, id).await?;
    Ok((taken.rows_affected() == 1).then_some(row))
}

/// The gateway is about to be asked to take this on: whatever happens then, it may know of it.
pub async fn mark_sent(tx: &mut Tx, id: PaymentId, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "UPDATE payments SET sent_at = $2, updated_at = $2 WHERE id = $1",
        id.0,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes what may change of a payment, and gives its lease back.
pub async fn save(tx: &mut Tx, payment: &Payment, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "UPDATE payments SET status = $2, gateway_order_id = $3, redirect_url = $4, expires_at = $5, not_before = $6, sent_at = $7,
           next_check_at = $8, observed_at = $9, received_inr = $10, allocated_inr = $11, refunding_inr = $12, refunded_inr = $13,
           captured_at = $14, payment_mode = $15, utr = $16, transaction_id = $17, error_code = $18, mandate_id = $19,
           leased_until = NULL, updated_at = $20
         WHERE id = $1",
        payment.id.0,
        payment.status.as_str(),
        payment.gateway_order_id,
        payment.redirect_url,
        payment.expires_at,
        payment.not_before,
        payment.sent_at,
        payment.next_check_at,
        payment.observed_at,
        payment.received.0,
        payment.allocated.0,
        payment.refunding.0,
        payment.refunded.0,
        payment.captured_at,
        payment.payment_mode,
        payment.utr,
        payment.transaction_id,
        payment.error_code,
        payment.mandate_id.map(|id| id.0),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Sets aside a part of what was received for a refund. `false` when so much is not left. Everyone who
/// makes a refund goes through here, so two at once can't take more than there is.
pub async fn set_aside(
    tx: &mut Tx,
    id: PaymentId,
    amount: Inr,
    now: DateTime<Utc>,
) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE payments SET refunding_inr = refunding_inr + $2, updated_at = $3
         WHERE id = $1 AND refunding_inr + refunded_inr + $2 <= received_inr",
        id.0,
        amount.0,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Payments of all tenants that are due to be asked about, longest due first. Needs a sweeping transaction.
pub async fn due(
    tx: &mut Tx,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<(WorkspaceId, PaymentId)>> {
    let rows = sqlx::query!(
        "SELECT workspace_id, id FROM payments WHERE next_check_at <= $1 ORDER BY next_check_at LIMIT $2",
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

/// Payments of all tenants that changed since `since`, by id after `after` (nil for the first). Needs a sweeping transaction.
pub async fn changed(
    tx: &mut Tx,
    since: DateTime<Utc>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Payment>> {
    let rows = select!(
        "WHERE updated_at >= $1 AND sent_at IS NOT NULL AND id > $2 ORDER BY id LIMIT $3";
        since, after, limit
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// Payments of all tenants whose money was used and that have no invoice, made, or their invoice
/// cancelled, before `before` but not longer than 60 days ago (the audit finds what is older): their message
/// was lost, or another invoice is due. Needs a sweeping transaction of gst-invoice.
pub async fn without_invoice(
    tx: &mut Tx,
    before: DateTime<Utc>,
    but: &[Uuid],
    limit: i64,
) -> Result<Vec<(WorkspaceId, PaymentId)>> {
    let rows = sqlx::query!(
        "WITH candidate AS (
           SELECT id FROM payments WHERE captured_at >= $1::timestamptz - interval '60 days' AND captured_at < $1
           UNION
           SELECT payment_id FROM invoices WHERE cancelled_at >= $1::timestamptz - interval '60 days' AND kind = 'tax_invoice')
         SELECT p.workspace_id, p.id FROM candidate JOIN payments p USING (id)
         WHERE p.captured_at < $1 AND NOT p.id = ANY ($2) AND EXISTS (SELECT FROM subscription_periods s WHERE s.payment_id = p.id)
           AND NOT EXISTS (SELECT FROM invoices i WHERE i.payment_id = p.id AND i.kind = 'tax_invoice' AND i.status <> 'cancelled')
         ORDER BY p.captured_at LIMIT $3",
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
