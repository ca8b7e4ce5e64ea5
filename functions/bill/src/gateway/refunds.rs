//! Moves one refund forward.

use chrono::{DateTime, TimeDelta, Utc};
use domain::billing::RefundStatus;
use domain::{RefundId, WorkspaceId};
use phonepe::{Error as Gateway, Refund as Wanted, RefundState, RefundStatus as Status};
use store::billing::{payments, refunds, refunds::Refund};

use super::{AGAIN, LEASE, code, load, trouble, write};
use crate::books::{SeenRefund, refund_seen};
use crate::{Deps, Result};

/// Between two questions about a refund that is on its way: it takes days.
const POLL: TimeDelta = TimeDelta::minutes(15);
/// What was sent and is not known there is sent again for this long.
const SENT_AGAIN: TimeDelta = TimeDelta::hours(24);
/// While it is new.
const POLL_NEW: TimeDelta = TimeDelta::seconds(30);

/// Asks the gateway to give money back, or where that stands, and takes the answer in.
/// `false` when somebody else is asking.
pub async fn advance_refund(deps: &Deps, workspace: WorkspaceId, id: RefundId) -> Result<bool> {
    let now = deps.seams.now();
    let mut tx = deps.store.tenant(workspace).await?;
    let Some(refund) = refunds::lease(&mut tx, id, now, now + LEASE).await? else {
        return Ok(false);
    };
    let payment = payments::get(&mut tx, refund.payment_id).await?;
    if refund.status == RefundStatus::Requested && refund.sent_at.is_none() {
        refunds::mark_sent(&mut tx, id, now).await?;
    }
    tx.commit().await?;
    let order = payment.merchant_id().to_string();
    let seen = ask(deps, &refund, order, now).await;
    take_in(deps, workspace, id, seen).await?;
    Ok(true)
}

/// What the gateway says; `None` when nothing is known.
async fn ask(
    deps: &Deps,
    refund: &Refund,
    order: String,
    now: DateTime<Utc>,
) -> Option<SeenRefund> {
    let id = refund.merchant_id().to_string();
    if refund.sent_at.is_some() {
        match deps.phonepe.refund_status(&id).await {
            Ok(status) => return Some(seen_refund(status, now)),
            // It never got there: it may be sent again, under the same id.
            Err(Gateway::NotFound(_)) if refund.status == RefundStatus::Requested => {}
            Err(error) => {
                trouble(&error, "refund_status");
                return None;
            }
        }
    }
    let wanted = Wanted {
        merchant_refund_id: id,
        original_merchant_order_id: order,
        amount: refund.amount,
    };
    match deps.phonepe.refund(&wanted).await {
        Ok(started) => Some(SeenRefund {
            state: started.state,
            asked_at: now,
            refund_id: Some(started.refund_id),
            error_code: None,
        }),
        Err(error) => {
            trouble(&error, "refund");
            let unsure = error.may_have_happened()
                || error.is_retryable()
                || error.is_duplicate()
                || matches!(error, Gateway::Unauthorised(_))
                // It was sent before: the refusal may be about the second time.
                || refund.sent_at.is_some() && now < refund.created_at + SENT_AGAIN;
            (!unsure).then(|| SeenRefund {
                state: RefundState::Failed,
                asked_at: now,
                refund_id: None,
                error_code: Some(code(&error)),
            })
        }
    }
}

fn seen_refund(status: Status, asked_at: DateTime<Utc>) -> SeenRefund {
    SeenRefund {
        state: status.state,
        asked_at,
        refund_id: status.refund_id,
        error_code: status.detailed_error_code.or(status.error_code),
    }
}

async fn take_in(
    deps: &Deps,
    workspace: WorkspaceId,
    id: RefundId,
    seen: Option<SeenRefund>,
) -> Result<()> {
    let now = deps.seams.now();
    let mut tx = deps.store.tenant(workspace).await?;
    // The subscription and the payment are locked before the refund, by everybody.
    let payment = refunds::get(&mut tx, id).await?.payment_id;
    let mut books = load(&mut tx, payment).await?;
    let mut refund = refunds::lock(&mut tx, id).await?;
    let before = refund.status;
    let effects = match &seen {
        Some(seen) => refund_seen(&mut books, &mut refund, seen, now),
        None => vec![],
    };
    if refund.status.is_open() {
        let young = now < refund.created_at + TimeDelta::minutes(10);
        let wait = match (&seen, young) {
            (None, _) => AGAIN,
            (Some(_), true) => POLL_NEW,
            (Some(_), false) => POLL,
        };
        refund.next_check_at = Some(now + wait);
    }
    if refund.status != before {
        let (from, to) = (before.as_str(), refund.status.as_str());
        tracing::info!(refund.id = %id, from, to, code = refund.error_code, "refund");
        metrics::counter!("refunds_total", "status" => to).increment(1);
    }
    refunds::save(&mut tx, &refund, now).await?;
    write(deps, &mut tx, &books, Some(&refund), effects, now).await?;
    tx.commit().await?;
    Ok(())
}
