//! Every order, debit and refund that moved since the last comparison, held against the gateway. What
//! differs is reported, and put right where the gateway's word decides (money that came or went).

use chrono::{DateTime, TimeDelta, Utc};
use domain::WorkspaceId;
use domain::billing::{PaymentStatus, RefundStatus};
use futures::{StreamExt, stream};
use phonepe::{OrderState, RefundState};
use serde_json::{Value, json};
use store::billing::payments::Payment;
use store::billing::reconciliations::{self, Reconciliation};
use store::billing::refunds::Refund;
use store::billing::{payments, refunds};
use uuid::Uuid;

use crate::gateway::{advance_payment, advance_refund, seen_order};
use crate::{Deps, Result};

/// A page; progress is written after each.
const PAGE: i64 = 50;
/// Questions to the gateway at a time. Its limits are not published.
const AT_ONCE: usize = 8;
/// A run stops then; the next call goes on where it ended.
const LONGEST: TimeDelta = TimeDelta::seconds(80);
/// What moved this long ago is compared, at the least: twice a day's length, so that a missed day is
/// covered by the next.
const AT_LEAST: TimeDelta = TimeDelta::hours(48);

enum Item {
    Payment(Box<Payment>),
    Refund(Box<Refund>),
}

impl Item {
    fn id(&self) -> Uuid {
        match self {
            Self::Payment(payment) => payment.id.0,
            Self::Refund(refund) => refund.id.0,
        }
    }
}

/// Compares the day's movements, or goes on comparing them: a day that was not finished comes first. A day
/// that is finished stays as it is.
pub async fn reconcile(deps: &Deps) -> Result<Reconciliation> {
    let began = deps.seams.now();
    let today = economics::cycle::day_of(began);
    loop {
        let mut tx = deps.store.sweep().await?;
        let run = match reconciliations::unfinished(&mut tx, today).await? {
            Some(run) => run,
            None => reconciliations::begin(&mut tx, today, began).await?,
        };
        let last = reconciliations::last_finished(&mut tx, run.day).await?;
        tx.commit().await?;
        let since = last
            .unwrap_or(DateTime::UNIX_EPOCH)
            .min(run.started_at - AT_LEAST);
        let run = compare(deps, run, since, began + LONGEST).await?;
        if run.day == today || run.finished_at.is_none() {
            return Ok(run);
        }
    }
}

/// Compares what has changed since then, until all is compared or the time is up.
async fn compare(
    deps: &Deps,
    mut run: Reconciliation,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Reconciliation> {
    let day = run.day;
    while run.finished_at.is_none() {
        let page = page(deps, since, run.after_id).await?;
        let (compared, last) = (page.len(), page.last().map(Item::id));
        let found: Vec<Option<Value>> = stream::iter(page)
            .map(|item| differs(deps, item))
            .buffered(AT_ONCE)
            .collect()
            .await;
        run.checked += i32::try_from(compared).unwrap_or(0);
        run.after_id = last.or(run.after_id);
        if let Value::Array(all) = &mut run.differences {
            all.extend(found.into_iter().flatten());
        }
        let now = deps.seams.now();
        if compared < usize::try_from(PAGE).unwrap_or_default() {
            run.finished_at = Some(now);
        }
        let mut tx = deps.store.sweep().await?;
        reconciliations::save(&mut tx, &run).await?;
        tx.commit().await?;
        let differences = run.differences.as_array().map_or(0, Vec::len);
        tracing::info!(%day, checked = run.checked, differences, "compared with the gateway");
        if now > until {
            break;
        }
    }
    let differences = run.differences.as_array().map_or(0, Vec::len);
    if differences > 0 {
        tracing::error!(%day, differences, "our books and the gateway's differ");
    }
    metrics::gauge!("reconciliation_differences")
        .set(f64::from(u32::try_from(differences).unwrap_or(u32::MAX)));
    Ok(run)
}

/// The next payments and refunds by id, together at most a page.
async fn page(deps: &Deps, since: DateTime<Utc>, after: Option<Uuid>) -> Result<Vec<Item>> {
    let after = after.unwrap_or_default();
    let mut tx = deps.store.sweep().await?;
    let paid = payments::changed(&mut tx, since, after, PAGE).await?;
    let back = refunds::changed(&mut tx, since, after, PAGE).await?;
    tx.rollback().await?;
    let mut items: Vec<Item> = paid
        .into_iter()
        .map(|payment| Item::Payment(Box::new(payment)))
        .collect();
    items.extend(
        back.into_iter()
            .map(|refund| Item::Refund(Box::new(refund))),
    );
    items.sort_by_key(Item::id);
    items.truncate(usize::try_from(PAGE).unwrap_or_default());
    Ok(items)
}

/// How a status looks from outside, so that the two sides can be compared.
fn outside(status: PaymentStatus) -> &'static str {
    match status {
        PaymentStatus::Captured | PaymentStatus::PartlyRefunded | PaymentStatus::Refunded => {
            "completed"
        }
        // What we gave up and the gateway calls failed is the same to the books: no money.
        PaymentStatus::Failed | PaymentStatus::Expired => "failed",
        PaymentStatus::Created
        | PaymentStatus::Notifying
        | PaymentStatus::Notified
        | PaymentStatus::Pending => "open",
    }
}

/// How the two sides differ, if they do. What can't be compared is said and stops no other.
async fn differs(deps: &Deps, item: Item) -> Option<Value> {
    let (kind, id, difference) = match &item {
        Item::Payment(payment) => (
            "payment",
            payment.merchant_id(),
            payment_differs(deps, payment).await,
        ),
        Item::Refund(refund) => (
            "refund",
            refund.merchant_id(),
            refund_differs(deps, refund).await,
        ),
    };
    difference.unwrap_or_else(|error| Some(unknown(kind, &id.to_string(), &error)))
}

async fn payment_differs(deps: &Deps, payment: &Payment) -> Result<Option<Value>> {
    let id = payment.merchant_id().to_string();
    let ours = outside(payment.status);
    let (theirs, amount) = match deps.phonepe.order_status(&id).await {
        Ok(status) => {
            let seen = seen_order(status, deps.seams.now());
            let theirs = match seen.state {
                OrderState::Completed => "completed",
                OrderState::Failed => "failed",
                OrderState::Pending
                | OrderState::NotificationInProgress
                | OrderState::Notified
                | OrderState::Unknown(_) => "open",
            };
            (theirs, Some(seen.amount))
        }
        Err(phonepe::Error::NotFound(_)) => ("missing", None),
        Err(error) => return Ok(Some(unknown("payment", &id, &error))),
    };
    // An order that was never taken on, or that we gave up and that they have not closed, is no money.
    let quiet = matches!(
        (ours, theirs),
        ("failed" | "open", "missing") | ("failed", "open")
    );
    let received = payment.status.is_paid().then_some(payment.received);
    let amount_differs = theirs == "completed" && received.is_some() && received != amount;
    let asked_differs =
        theirs == "completed" && amount.is_some_and(|amount| amount != payment.amount);
    if (ours == theirs || quiet) && !amount_differs && !asked_differs {
        return Ok(None);
    }
    // Money that came and that we do not know of, or an order that ended: taken in like any news.
    advance_payment(deps, payment.workspace_id, payment.id).await?;
    let after = status_after(deps, payment.workspace_id, payment).await?;
    Ok(Some(json!({
        "kind": "payment", "id": id, "payment_id": payment.id, "workspace_id": payment.workspace_id,
        "ours": ours, "theirs": theirs, "amount": payment.amount, "received": payment.received,
        "their_amount": amount, "put_right": outside(after) == theirs && !amount_differs && !asked_differs,
    })))
}

async fn status_after(
    deps: &Deps,
    workspace: WorkspaceId,
    payment: &Payment,
) -> Result<PaymentStatus> {
    let mut tx = deps.store.tenant(workspace).await?;
    let after = payments::get(&mut tx, payment.id).await?;
    tx.rollback().await?;
    Ok(after.status)
}

async fn refund_differs(deps: &Deps, refund: &Refund) -> Result<Option<Value>> {
    let id = refund.merchant_id().to_string();
    let ours = match refund.status {
        RefundStatus::Completed => "completed",
        RefundStatus::Failed => "failed",
        RefundStatus::Requested | RefundStatus::Pending | RefundStatus::Confirmed => "open",
    };
    let (theirs, amount) = match deps.phonepe.refund_status(&id).await {
        Ok(status) => {
            let theirs = match status.state {
                RefundState::Completed => "completed",
                RefundState::Failed => "failed",
                RefundState::Pending | RefundState::Confirmed | RefundState::Unknown(_) => "open",
            };
            (theirs, Some(status.amount))
        }
        Err(phonepe::Error::NotFound(_)) => ("missing", None),
        Err(error) => return Ok(Some(unknown("refund", &id, &error))),
    };
    let quiet = matches!((ours, theirs), ("failed" | "open", "missing"));
    let amount_differs = amount.is_some_and(|amount| amount != refund.amount);
    if (ours == theirs || quiet) && !amount_differs {
        return Ok(None);
    }
    advance_refund(deps, refund.workspace_id, refund.id).await?;
    let mut tx = deps.store.tenant(refund.workspace_id).await?;
    let after = refunds::get(&mut tx, refund.id).await?;
    tx.rollback().await?;
    Ok(Some(json!({
        "kind": "refund", "id": id, "refund_id": refund.id, "workspace_id": refund.workspace_id,
        "ours": ours, "theirs": theirs, "amount": refund.amount, "their_amount": amount,
        "put_right": after.status.as_str() == theirs && !amount_differs,
    })))
}

/// One of the two sides could not be asked: said, not passed over.
fn unknown(kind: &str, id: &str, error: &dyn std::error::Error) -> Value {
    json!({ "kind": kind, "id": id, "theirs": "unknown", "reason": error.to_string(), "put_right": false })
}
