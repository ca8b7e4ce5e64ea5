//! Numbers documents. Everything about one is computed before its number is taken, and the number, the
//! document and what it changes are one transaction: a number is given when its document is there.

use chrono::{DateTime, Utc};
use domain::billing::InvoiceStatus;
use domain::{InvoiceId, PaymentId, RefundId, WorkspaceId};
use economics::cycle::day_of;
use store::Tx;
use store::billing::invoices::{self, Invoice, NewInvoice};
use store::billing::{payments, refunds, tax_profiles};
use tax::document::{Document, Totals};
use tax::einvoice::needs_einvoice;
use tax::number::{FinancialYear, Number, Series};

use crate::{Deps, Error, Result, document};

/// Issues the invoice of a payment whose money was used; the one that is there, if there is one. 6 round
/// trips and 1 durable commit.
pub async fn issue_invoice(
    deps: &Deps,
    workspace: WorkspaceId,
    payment: PaymentId,
) -> Result<InvoiceId> {
    let now = deps.seams.now();
    let mut tx = deps.store.tenant(workspace).await?;
    if let Some(there) = invoices::of_payment(&mut tx, payment).await? {
        return Ok(there.id);
    }
    let payment = payments::get(&mut tx, payment).await?;
    let profile = tax_profiles::get(&mut tx).await?.ok_or(Error::NoProfile)?;
    let id = InvoiceId(deps.seams.uuid());
    let day = day_of(now);
    let number = take(&mut tx, &deps.invoice_series, day).await?;
    let (text, sequence) = (number.to_string(), serial(&number));
    let content = document::invoice(
        &payment,
        &profile,
        &deps.supplier,
        &deps.prices,
        deps.portal.is_some(),
        (&text, day),
    )?;
    let json = serde_json::to_value(&content)?;
    let new = NewInvoice {
        id,
        kind: "tax_invoice",
        status: status(deps, &content),
        series: deps.invoice_series.as_str(),
        financial_year: &number.year().short(),
        sequence,
        number: &text,
        date: day,
        payment_id: payment.id,
        refund_id: None,
        against_id: None,
        content: &json,
        taxable: content.totals.taxable,
        tax: content.totals.total_tax,
        payable: content.totals.payable,
        language: &profile.language,
        needs_registration: registers(deps, &content),
        now,
    };
    match invoices::insert(&mut tx, &new).await {
        Ok(()) => {
            tx.commit().await?;
            tracing::info!(invoice = text, payment.id = %payment.id, "invoice issued");
            metrics::counter!("invoices_total", "kind" => "tax_invoice").increment(1);
            Ok(id)
        }
        // Somebody else was quicker: our number goes back with the transaction.
        Err(error) if error.violates("invoices_payment_key") => {
            tx.rollback().await?;
            let mut tx = deps.store.tenant(workspace).await?;
            let there = invoices::of_payment(&mut tx, payment.id).await?;
            Ok(there.ok_or(store::StoreError::NotFound)?.id)
        }
        Err(error) => Err(error.into()),
    }
}

/// Issues the credit note of a refund that has gone through; the one that is there, if there is one. News
/// of a refund may come before that of its payment: then the invoice is issued first.
pub async fn issue_credit_note(
    deps: &Deps,
    workspace: WorkspaceId,
    refund: RefundId,
) -> Result<InvoiceId> {
    let now = deps.seams.now();
    let mut tx = deps.store.tenant(workspace).await?;
    if let Some(there) = invoices::of_refund(&mut tx, refund).await? {
        return Ok(there.id);
    }
    let refund = refunds::get(&mut tx, refund).await?;
    tx.rollback().await?;
    issue_invoice(deps, workspace, refund.payment_id).await?;
    let mut tx = deps.store.tenant(workspace).await?;
    // Locked: credit notes against one invoice are made one after the other.
    let mut invoice = invoices::lock_of_payment(&mut tx, refund.payment_id)
        .await?
        .ok_or(store::StoreError::NotFound)?;
    if let Some(there) = invoices::of_refund(&mut tx, refund.id).await? {
        return Ok(there.id);
    }
    if invoice.cancel_requested_at.is_some() && invoice.cancelled_at.is_none() {
        // First it is seen whether it can be; another may take its place.
        return Err(Error::BeingCancelled);
    }
    let content: Document = serde_json::from_value(invoice.content.clone())?;
    let before = invoices::against(&mut tx, invoice.id).await?;
    let already = before.iter().map(totals).collect::<Result<Vec<_>>>()?;
    let id = InvoiceId(deps.seams.uuid());
    let day = day_of(now);
    let number = take(&mut tx, &deps.credit_note_series, day).await?;
    let (text, sequence) = (number.to_string(), serial(&number));
    let numbered = (text.as_str(), day);
    let note = document::credit_note(&content, &already, refund.amount, &refund.reason, numbered)?;
    let json = serde_json::to_value(&note)?;
    let new = NewInvoice {
        id,
        kind: "credit_note",
        status: status(deps, &note),
        series: deps.credit_note_series.as_str(),
        financial_year: &number.year().short(),
        sequence,
        number: &text,
        date: day,
        payment_id: refund.payment_id,
        refund_id: Some(refund.id),
        against_id: Some(invoice.id),
        content: &json,
        taxable: note.totals.taxable,
        tax: note.totals.total_tax,
        payable: note.totals.payable,
        language: &invoice.language,
        needs_registration: registers(deps, &note),
        now,
    };
    invoices::insert(&mut tx, &new).await?;
    let credited: domain::Inr = already.iter().map(|totals| totals.payable).sum();
    let to = if credited + refund.amount == invoice.payable {
        InvoiceStatus::Credited
    } else {
        InvoiceStatus::PartlyCredited
    };
    if invoice.status.may_become(to) {
        invoice.status = to;
        invoices::save(&mut tx, &invoice).await?;
    }
    tx.commit().await?;
    tracing::info!(credit_note = text, refund.id = %refund.id, "credit note issued");
    metrics::counter!("invoices_total", "kind" => "credit_note").increment(1);
    Ok(id)
}

fn totals(note: &Invoice) -> Result<Totals> {
    let content: Document = serde_json::from_value(note.content.clone())?;
    Ok(content.totals)
}

async fn take(tx: &mut Tx, series: &Series, day: chrono::NaiveDate) -> Result<Number> {
    let year = FinancialYear::of(day);
    let serial = invoices::next_number(tx, series.as_str(), &year.short()).await?;
    Ok(Number::new(series.clone(), year, serial.unsigned_abs())?)
}

fn serial(number: &Number) -> i32 {
    i32::try_from(number.serial()).unwrap_or(i32::MAX)
}

/// Whether the portal must know of it before it is an invoice.
fn registers(deps: &Deps, content: &Document) -> bool {
    deps.portal.is_some() && needs_einvoice(content)
}

fn status(deps: &Deps, content: &Document) -> InvoiceStatus {
    if registers(deps, content) {
        InvoiceStatus::Draft
    } else {
        InvoiceStatus::Issued
    }
}

/// The end of a try to finish a document: nobody else tries before.
pub fn until(now: DateTime<Utc>) -> DateTime<Utc> {
    now + chrono::TimeDelta::minutes(5)
}
