//! Giving money back and taking invoices back, when the customer's own way is over.

use std::str::FromStr;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::billing::{InvoiceStatus, MerchantId, MerchantKind, RefundStatus};
use domain::{Inr, PaymentId, RefundId};
use economics::cycle::day_of;
use rust_decimal::Decimal;
use serde_json::json;
use store::billing::payments::Payment;
use store::billing::refunds::{NewRefund, Refund};
use store::billing::{invoices, payments, periods, refunds};
use store::operating;

use super::{note, operator, reason};
use crate::{Outcome, print};

/// Take an invoice back. gst-invoice does it within minutes, if the law still allows; after that only a
/// refund with a credit note helps.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: raptor money cancel-invoice RF/26-27/000042 --reason \"wrong recipient\""
)]
pub struct CancelArgs {
    /// As it is printed.
    number: String,
    /// In 3 to 200 characters.
    #[arg(long, value_parser = reason)]
    reason: String,
    #[arg(long)]
    json: bool,
}

pub async fn cancel(args: &CancelArgs) -> Result<Outcome> {
    let store = operator()?;
    let seams = runtime::system_seams();
    let number = args.number.trim();
    let mut tx = store.sweep().await?;
    let found = operating::invoice(&mut tx, number).await?;
    tx.rollback().await?;
    let (workspace, id) = found.with_context(|| format!("no invoice has the number {number}"))?;
    let mut tx = store.tenant(workspace).await?;
    let invoice = invoices::get(&mut tx, id).await?;
    if !invoice.status.may_become(InvoiceStatus::Cancelled) {
        bail!(
            "{number} is {}: it can't be taken back. Money goes back by `raptor money refund {}`",
            invoice.status,
            invoice.payment_id
        );
    }
    if !invoices::request_cancel(&mut tx, id, &args.reason, seams.now()).await? {
        bail!(
            "{number} is being taken back already: {}",
            invoice.cancel_reason.unwrap_or_default()
        );
    }
    note(
        &mut tx,
        &seams,
        "operator.cancel_invoice",
        number,
        &args.reason,
    )
    .await?;
    tx.commit().await?;
    if args.json {
        print::json(&json!({ "number": number, "invoice_id": id, "workspace_id": workspace }));
    } else {
        print::note(format!(
            "{number} is to be taken back; gst-invoice looks at it within minutes."
        ));
    }
    Ok(Outcome::OK)
}

/// A payment by its id, or by the one the gateway knows it by.
#[derive(Debug, Clone, Copy)]
struct Named(PaymentId);

impl FromStr for Named {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "expected a payment's id, or the order id at the gateway (P_…)".to_owned();
        match text.parse::<MerchantId>() {
            Ok(id) if id.kind == MerchantKind::Payment => Ok(Self(PaymentId(id.id))),
            Ok(_) => Err(wrong()),
            Err(_) => Ok(Self(PaymentId(text.parse().map_err(|_| wrong())?))),
        }
    }
}

/// Give a payment back, wholly or in part, after the customer's own days for it: until 30 November after its
/// financial year, while a credit note takes its tax back (CGST Act s. 34(2)). bill asks the gateway within a minute;
/// where an invoice was made a credit note follows.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: raptor money refund 019a3c5e-0000-7000-8000-000000000000 --amount 1500.50 --reason \"double purchase\""
)]
pub struct RefundArgs {
    /// Its id, or the order id at the gateway.
    payment: Named,
    /// Rupees. Default: all that is left.
    #[arg(long)]
    amount: Option<Decimal>,
    /// In 3 to 200 characters; it is printed on the credit note.
    #[arg(long, value_parser = reason)]
    reason: String,
    /// Although the same amount of the same payment went back within the last day.
    #[arg(long)]
    again: bool,
    #[arg(long)]
    json: bool,
}

pub async fn refund(args: &RefundArgs) -> Result<Outcome> {
    let store = operator()?;
    let seams = runtime::system_seams();
    let Named(payment) = args.payment;
    let mut tx = store.sweep().await?;
    let workspace = operating::payer(&mut tx, payment).await?;
    tx.rollback().await?;
    let workspace = workspace.with_context(|| format!("no payment {payment}"))?;
    let now = seams.now();
    let mut tx = store.tenant(workspace).await?;
    // Locked, so that of two people only one finds that no refund is under way.
    let payment = payments::lock(&mut tx, payment).await?;
    let earlier = refunds::list(&mut tx, Some(payment.id), None, 100).await?;
    let amount = allowed(&payment, &earlier, args.amount.map(Inr))?;
    in_time(&payment, day_of(now))?;
    let parts = periods::parts(&mut tx, payment.period_start).await?;
    if amount == payment.refundable() && parts.is_covered(payment.id) {
        bail!(
            "a later upgrade was built on {}: give that back first, or leave a part of this one",
            payment.id
        );
    }
    if !args.again {
        once(&earlier, amount, now)?;
    }
    if !payments::set_aside(&mut tx, payment.id, amount, now).await? {
        bail!("of {} only {} is left", payment.id, payment.refundable());
    }
    let refund = NewRefund {
        id: RefundId(seams.uuid()),
        payment_id: payment.id,
        amount,
        of_allocated: payment.allocated > Inr::ZERO,
        reason: &args.reason,
        requested_by: None,
        // Due at once: bill's next poll takes it up.
        next_check_at: now - TimeDelta::seconds(1),
        now,
    };
    refunds::insert(&mut tx, &refund).await?;
    let what = format!("{} {amount} of {}", refund.id, payment.id);
    note(&mut tx, &seams, "operator.refund", &what, &args.reason).await?;
    tx.commit().await?;
    if args.json {
        print::json(&json!({
            "refund_id": refund.id,
            "payment_id": payment.id,
            "workspace_id": workspace,
            "amount": amount,
        }));
    } else {
        print::note(format!(
            "{amount} of {} goes back as {}; bill asks the gateway within a minute.",
            payment.id, refund.id
        ));
    }
    Ok(Outcome::OK)
}

/// How much goes back, if it may: the gateway's rules, not the customer's days.
fn allowed(payment: &Payment, earlier: &[Refund], wanted: Option<Inr>) -> Result<Inr> {
    if !payment.status.is_paid() {
        bail!(
            "no money has come by {}: it is {}",
            payment.id,
            payment.status
        );
    }
    if let Some(open) = earlier.iter().find(|refund| refund.status.is_open()) {
        bail!(
            "the refund {} of this payment is under way ({}): the gateway takes one at a time",
            open.id,
            open.amount
        );
    }
    let left = payment.refundable();
    let amount = wanted.unwrap_or(left);
    if amount != amount.round_paise() || amount < Inr(Decimal::ONE) || amount > left {
        bail!(
            "{amount} can't go back: from ₹1 to {left} of {} can, to the paisa",
            payment.id
        );
    }
    Ok(amount)
}

/// After that day a credit note takes no tax back, so that what goes back would be ours to bear.
fn in_time(payment: &Payment, today: NaiveDate) -> Result<()> {
    let Some(captured) = payment.captured_at else {
        return Ok(());
    };
    let last = tax::credit::last_day(day_of(captured));
    if payment.allocated > Inr::ZERO && payment.tax > Inr::ZERO && today > last {
        bail!(
            "the tax of {} could be taken back until {last} (CGST Act s. 34(2)): a credit note is too late. Settle it outside, without its tax",
            payment.id
        );
    }
    Ok(())
}

/// A command that is given twice gives back once.
fn once(earlier: &[Refund], amount: Inr, now: DateTime<Utc>) -> Result<()> {
    let same = |refund: &&Refund| {
        refund.amount == amount
            && refund.requested_by.is_none()
            && refund.status == RefundStatus::Completed
            && now < refund.created_at + TimeDelta::days(1)
    };
    if let Some(refund) = earlier.iter().find(same) {
        bail!(
            "{amount} of this payment went back within the last day, as {}: say --again if so much is to go back once more",
            refund.id
        );
    }
    Ok(())
}
