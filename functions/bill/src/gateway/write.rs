//! Reading the books of a payment, locked, and writing what was decided.

use chrono::{DateTime, TimeDelta, Utc};
use domain::billing::RefundStatus;
use domain::{CorrelationId, PaymentId, Period, RefundId};
use events::{
    Event, MandateCancelRequestedV1, Message, PaymentCapturedV1, RefundCompletedV1,
    RefundRequestedV1,
};
use store::Tx;
use store::billing::payments::Payment;
use store::billing::refunds::{NewRefund, Refund};
use store::billing::{mandates, money, payments, periods, refunds, subscriptions};

use super::AGAIN;
use crate::books::{Books, Effect};
use crate::{Deps, Error, NAME, Result, settle};

/// Before a refund that failed is tried as another: twice as long after each, up to 8 days.
const MUCH_LATER: TimeDelta = TimeDelta::hours(6);
const DOUBLED: usize = 5;
/// People have to look at a refund that has failed so often.
const TOO_OFTEN: usize = 3;

/// The books of a payment. Locks the subscription, then the payment: everybody does so in this order.
pub async fn load(tx: &mut Tx, id: PaymentId) -> Result<Books> {
    let subscription = subscriptions::lock(tx).await?;
    let payment = payments::lock(tx, id).await?;
    let parts = periods::parts(tx, payment.period_start).await?;
    Ok(Books::new(payment, subscription, &parts))
}

/// Writes the changed rows and what follows from them.
pub async fn write(
    deps: &Deps,
    tx: &mut Tx,
    books: &Books,
    refund: Option<&Refund>,
    effects: Vec<Effect>,
    now: DateTime<Utc>,
) -> Result<()> {
    let payment = &books.payment;
    payments::save(tx, payment, now).await?;
    if let Some(subscription) = books.subscription.as_ref().filter(|_| !effects.is_empty()) {
        subscriptions::save(tx, subscription, now).await?;
    }
    for effect in effects {
        match effect {
            Effect::Post {
                reference,
                kind,
                amount,
            } => money::post(tx, reference, kind, amount, now).await?,
            Effect::PayPeriod => {
                let period = (payment.period_start, payment.period_end);
                let paid = periods::pay(tx, payment.id, period, payment.tier, now);
                if !paid.await? {
                    // Decided under the subscription's lock, so nobody can have been quicker.
                    return Err(Error::PaidTwice(payment.id));
                }
            }
            Effect::EndPeriod => periods::end(tx, payment.id, now).await?,
            Effect::Grant {
                tier,
                access,
                lower,
            } => {
                let period = Period::of(now);
                let lowered = subscriptions::grant(tx, tier, access, lower, period).await?;
                if let Some(budget) = lowered {
                    settle::note_alerts(tx, deps, &budget).await?;
                }
            }
            Effect::Invoice(payment_id) => emit(deps, tx, books, &PaymentCapturedV1 { payment_id }),
            Effect::CreditNote => {
                if let Some(refund) = refund {
                    let (refund_id, payment_id) = (refund.id, payment.id);
                    let event = RefundCompletedV1 {
                        refund_id,
                        payment_id,
                    };
                    emit(deps, tx, books, &event);
                }
            }
            Effect::GiveBack {
                amount,
                reason,
                again,
            } => {
                let id = RefundId(deps.seams.uuid());
                let wait = match again {
                    true => before_another(tx, payment).await?,
                    false => AGAIN,
                };
                let refund = NewRefund {
                    id,
                    payment_id: payment.id,
                    amount,
                    of_allocated: false,
                    reason,
                    requested_by: None,
                    next_check_at: now + wait,
                    now,
                };
                refunds::insert(tx, &refund).await?;
                tracing::warn!(payment.id = %payment.id, refund.id = %id, reason, "money goes back");
                if !again {
                    emit(deps, tx, books, &RefundRequestedV1 { refund_id: id });
                }
            }
            Effect::CancelMandate(mandate_id) => {
                mandates::request_cancel(tx, mandate_id, now).await?;
                emit(deps, tx, books, &MandateCancelRequestedV1 { mandate_id });
            }
            Effect::CheckMandate(mandate_id) => {
                mandates::check_at(tx, mandate_id, now).await?;
            }
        }
    }
    Ok(())
}

/// How long a refund waits that is made because an earlier one failed.
async fn before_another(tx: &mut Tx, payment: &Payment) -> Result<TimeDelta> {
    let earlier = refunds::list(tx, Some(payment.id), None, 100).await?;
    let failed = earlier
        .iter()
        .filter(|refund| refund.status == RefundStatus::Failed)
        .count();
    if failed >= TOO_OFTEN {
        tracing::error!(payment.id = %payment.id, failed, "money that can't be used can't be given back");
    }
    Ok(MUCH_LATER * (1 << failed.saturating_sub(1).min(DOUBLED)))
}

fn emit<E: Event>(deps: &Deps, tx: &mut Tx, books: &Books, event: &E) {
    tx.emit(message(deps, books.payment.workspace_id, event));
}

/// A fact to tell the others.
pub fn message<E: Event>(deps: &Deps, workspace: domain::WorkspaceId, event: &E) -> Message {
    let correlation = runtime::context::correlation_id()
        .unwrap_or_else(|| CorrelationId::from(deps.seams.uuid()));
    let trace = runtime::context::traceparent();
    Message::new(event, NAME, workspace, correlation, trace, &deps.seams)
}
