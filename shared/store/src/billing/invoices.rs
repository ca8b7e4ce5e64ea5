//! Invoices and credit notes. Numbers come from a locked counter, in the transaction that writes the
//! document they are for: they have no gaps.

use chrono::{DateTime, NaiveDate, Utc};
use domain::billing::InvoiceStatus;
use domain::{Inr, InvoiceId, PaymentId, RefundId, WorkspaceId};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use super::parse;
use crate::{Result, Tx};

#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Invoice {
    pub id: InvoiceId,
    pub workspace_id: WorkspaceId,
    /// tax_invoice or credit_note.
    pub kind: String,
    pub status: InvoiceStatus,
    pub number: String,
    /// In India.
    pub date: NaiveDate,
    pub payment_id: PaymentId,
    pub refund_id: Option<RefundId>,
    /// Of a credit note: the invoice.
    pub against_id: Option<InvoiceId>,
    /// `tax::document::Document`; never changed.
    pub content: Value,
    pub taxable: Inr,
    pub tax: Inr,
    pub payable: Inr,
    pub language: String,
    /// By the e-invoice portal.
    pub needs_registration: bool,
    /// `tax::document::Registered`.
    pub registered: Option<Value>,
    pub registered_at: Option<DateTime<Utc>>,
    /// Of the PDF, once it is stored.
    pub object_name: Option<String>,
    pub sha256: Option<Vec<u8>>,
    pub cancel_requested_at: Option<DateTime<Utc>>,
    pub cancel_reason: Option<String>,
    pub cancelled_at: Option<DateTime<Utc>>,
    pub next_try_at: Option<DateTime<Utc>>,
    pub tries: i32,
    pub last_error: Option<String>,
    pub created_at: DateTime<Utc>,
}

struct Row {
    id: Uuid,
    workspace_id: Uuid,
    kind: String,
    status: String,
    number: String,
    date: NaiveDate,
    payment_id: Uuid,
    refund_id: Option<Uuid>,
    against_id: Option<Uuid>,
    content: Value,
    taxable_inr: Decimal,
    tax_inr: Decimal,
    payable_inr: Decimal,
    language: String,
    needs_registration: bool,
    registered: Option<Value>,
    registered_at: Option<DateTime<Utc>>,
    object_name: Option<String>,
    sha256: Option<Vec<u8>>,
    cancel_requested_at: Option<DateTime<Utc>>,
    cancel_reason: Option<String>,
    cancelled_at: Option<DateTime<Utc>>,
    next_try_at: Option<DateTime<Utc>>,
    tries: i32,
    last_error: Option<String>,
    created_at: DateTime<Utc>,
}

impl Row {
    fn read(self) -> Result<Invoice> {
        Ok(Invoice {
            id: self.id.into(),
            workspace_id: self.workspace_id.into(),
            kind: self.kind,
            status: parse(&self.status)?,
            number: self.number,
            date: self.date,
            payment_id: self.payment_id.into(),
            refund_id: self.refund_id.map(Into::into),
            against_id: self.against_id.map(Into::into),
            content: self.content,
            taxable: Inr(self.taxable_inr),
            tax: Inr(self.tax_inr),
            payable: Inr(self.payable_inr),
            language: self.language,
            needs_registration: self.needs_registration,
            registered: self.registered,
            registered_at: self.registered_at,
            object_name: self.object_name,
            sha256: self.sha256,
            cancel_requested_at: self.cancel_requested_at,
            cancel_reason: self.cancel_reason,
            cancelled_at: self.cancelled_at,
            next_try_at: self.next_try_at,
            tries: self.tries,
            last_error: self.last_error,
            created_at: self.created_at,
        })
    }
}

macro_rules! select {
    ($($rest:literal),+; $($value:expr),* $(,)?) => {
        sqlx::query_as!(
            Row,
            "SELECT id, workspace_id, kind, status, number, date, payment_id, refund_id, against_id, content, taxable_inr, tax_inr,
               payable_inr, language, needs_registration, registered, registered_at, object_name, sha256, cancel_requested_at,
               cancel_reason, cancelled_at, next_try_at, tries, last_error, created_at
             FROM invoices " $(+ $rest)+,
            $($value),*
        )
    };
}

/// Takes the next number of a series and financial year (`26-27`). The counter stays locked until the
/// transaction ends; when it rolls back the number is free again. Take it last.
pub async fn next_number(tx: &mut Tx, series: &str, financial_year: &str) -> Result<i32> {
    let number = sqlx::query_scalar!(
        "INSERT INTO invoice_counters AS c (series, financial_year, last) VALUES ($1, $2, 1)
         ON CONFLICT (series, financial_year) DO UPDATE SET last = c.last + 1 RETURNING last",
        series,
        financial_year
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(number)
}

#[derive(Debug, Clone)]
pub struct NewInvoice<'a> {
    pub id: InvoiceId,
    pub kind: &'a str,
    pub status: InvoiceStatus,
    pub series: &'a str,
    pub financial_year: &'a str,
    pub sequence: i32,
    pub number: &'a str,
    pub date: NaiveDate,
    pub payment_id: PaymentId,
    pub refund_id: Option<RefundId>,
    pub against_id: Option<InvoiceId>,
    pub content: &'a Value,
    pub taxable: Inr,
    pub tax: Inr,
    pub payable: Inr,
    pub language: &'a str,
    pub needs_registration: bool,
    pub now: DateTime<Utc>,
}

/// Writes a document with its number. A second one for the same payment or refund is a conflict on
/// `invoices_payment_key` or `invoices_refund_key`.
pub async fn insert(tx: &mut Tx, new: &NewInvoice<'_>) -> Result<()> {
    sqlx::query!(
        "INSERT INTO invoices (id, workspace_id, kind, status, series, financial_year, sequence, number, date, payment_id, refund_id,
           against_id, content, taxable_inr, tax_inr, payable_inr, language, needs_registration, next_try_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $19)",
        new.id.0,
        tx.workspace().0,
        new.kind,
        new.status.as_str(),
        new.series,
        new.financial_year,
        new.sequence,
        new.number,
        new.date,
        new.payment_id.0,
        new.refund_id.map(|id| id.0),
        new.against_id.map(|id| id.0),
        new.content,
        new.taxable.0,
        new.tax.0,
        new.payable.0,
        new.language,
        new.needs_registration,
        new.now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub async fn get(tx: &mut Tx, id: InvoiceId) -> Result<Invoice> {
    let row = select!("WHERE id = $1"; id.0).fetch_one(tx.conn()).await?;
    row.read()
}

/// The document, locked until the transaction ends.
pub async fn lock(tx: &mut Tx, id: InvoiceId) -> Result<Invoice> {
    let row = select!("WHERE id = $1 FOR UPDATE"; id.0)
        .fetch_one(tx.conn())
        .await?;
    row.read()
}

/// The invoice of a payment, locked until the transaction ends: whoever credits it waits for the others.
pub async fn lock_of_payment(tx: &mut Tx, payment: PaymentId) -> Result<Option<Invoice>> {
    let row = select!("WHERE payment_id = $1 AND kind = 'tax_invoice' AND status <> 'cancelled' FOR UPDATE"; payment.0)
        .fetch_optional(tx.conn())
        .await?;
    row.map(Row::read).transpose()
}

/// The invoice of a payment.
pub async fn of_payment(tx: &mut Tx, payment: PaymentId) -> Result<Option<Invoice>> {
    let row = select!("WHERE payment_id = $1 AND kind = 'tax_invoice' AND status <> 'cancelled'"; payment.0)
        .fetch_optional(tx.conn())
        .await?;
    row.map(Row::read).transpose()
}

/// The credit note of a refund.
pub async fn of_refund(tx: &mut Tx, refund: RefundId) -> Result<Option<Invoice>> {
    let row = select!("WHERE refund_id = $1"; refund.0)
        .fetch_optional(tx.conn())
        .await?;
    row.map(Row::read).transpose()
}

/// The credit notes against an invoice, oldest first.
pub async fn against(tx: &mut Tx, invoice: InvoiceId) -> Result<Vec<Invoice>> {
    let rows = select!("WHERE against_id = $1 ORDER BY id"; invoice.0)
        .fetch_all(tx.conn())
        .await?;
    rows.into_iter().map(Row::read).collect()
}

/// Of this tenant, newest first, older than `before` when it is given.
pub async fn list(tx: &mut Tx, before: Option<InvoiceId>, limit: i64) -> Result<Vec<Invoice>> {
    let rows = select!(
        "WHERE workspace_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3";
        tx.workspace().0, before.map(|id| id.0), limit
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// Writes what may change of a document: where it stands, the portal's answer, where its file is.
pub async fn save(tx: &mut Tx, invoice: &Invoice) -> Result<()> {
    sqlx::query!(
        "UPDATE invoices SET status = $2, registered = $3, registered_at = $4, object_name = $5, sha256 = $6, cancelled_at = $7,
           next_try_at = $8, tries = $9, last_error = $10, cancel_requested_at = $11
         WHERE id = $1",
        invoice.id.0,
        invoice.status.as_str(),
        invoice.registered,
        invoice.registered_at,
        invoice.object_name,
        invoice.sha256,
        invoice.cancelled_at,
        invoice.next_try_at,
        invoice.tries,
        invoice.last_error,
        invoice.cancel_requested_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes the right to finish a document until `until`: nobody else tries before. `false` when it is not due.
pub async fn take(
    tx: &mut Tx,
    id: InvoiceId,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE invoices SET next_try_at = $3, tries = tries + 1 WHERE id = $1 AND next_try_at <= $2",
        id.0,
        now,
        until
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// An operator takes an invoice back: `gst-invoice` does it if the law still allows. Needs an operator's
/// transaction for the tenant. `false` when it was asked for before.
pub async fn request_cancel(
    tx: &mut Tx,
    id: InvoiceId,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    let done = sqlx::query!(
        "UPDATE invoices SET cancel_requested_at = $2, cancel_reason = $3, next_try_at = $2 WHERE id = $1 AND cancel_requested_at IS NULL",
        id.0,
        now,
        reason
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Documents of all tenants that are not finished. Needs a sweeping transaction.
pub async fn unfinished(
    tx: &mut Tx,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<(WorkspaceId, InvoiceId)>> {
    let rows = sqlx::query!(
        "SELECT workspace_id, id FROM invoices WHERE next_try_at <= $1 ORDER BY next_try_at LIMIT $2",
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
