//! Moves one payment forward: asks the gateway to take it on, or where it stands.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::billing::{Access, PaymentMethod, PaymentStatus};
use domain::{PaymentId, WorkspaceId};
use phonepe::{
    AmountType, AuthWorkflow, Error as Gateway, Frequency, MandateState, Meta, Notify, OrderState,
    OrderStatus, Pay, RetryStrategy, SetupMandate, Started, schedule, window,
};
use store::billing::{mandates, payments, payments::Payment, periods, subscriptions};

use super::{AGAIN, LEASE, code, load, trouble, write};
use crate::books::{Effect, SeenOrder, check_mandate, debit_wanted, order_seen, usable};
use crate::{Deps, Result};

/// How long a customer may take on the gateway's page.
const CHECKOUT: Duration = Duration::from_secs(1800);
/// An order that never reached the gateway is sent again for this long.
const OVERTIME: TimeDelta = TimeDelta::hours(1);
/// An order that has expired and that the gateway has not closed is asked about for this long, then given up:
/// money that comes later still counts.
const GIVEN_UP: TimeDelta = TimeDelta::hours(24);
/// Between two questions about a debit.
const DEBIT_POLL: TimeDelta = TimeDelta::seconds(60);
/// How long a debit may be tried on its day.
const DEBIT_OPEN: TimeDelta = TimeDelta::hours(6);
const NOTICE_POLL: TimeDelta = TimeDelta::minutes(5);

/// What came of asking.
enum Answer {
    Seen(SeenOrder),
    /// The gateway has a page for the customer.
    Started(Started, DateTime<Utc>),
    /// It will not be taken on.
    Refused(String),
    /// It was taken on, but the page's address was lost with the answer: nobody can pay it.
    Lost,
    /// Nothing is known; ask again.
    Later,
}

/// Asks the gateway about a payment, as it stands, and takes the answer in. Somebody else who is asking is
/// left to it. 2 transactions and at most two calls.
/// `false` when somebody else is asking.
pub async fn advance_payment(deps: &Deps, workspace: WorkspaceId, id: PaymentId) -> Result<bool> {
    let now = deps.seams.now();
    let mut tx = deps.store.tenant(workspace).await?;
    let Some(payment) = payments::lease(&mut tx, id, now, now + LEASE).await? else {
        return Ok(false);
    };
    if payment.status == PaymentStatus::Created && payment.sent_at.is_none() {
        // Before the call: whatever happens to us then, the gateway may know of it.
        payments::mark_sent(&mut tx, id, now).await?;
    }
    tx.commit().await?;
    let answer = ask(deps, &payment, now).await;
    take_in(deps, workspace, id, answer, now).await?;
    Ok(true)
}

async fn ask(deps: &Deps, payment: &Payment, now: DateTime<Utc>) -> Answer {
    let id = payment.merchant_id().to_string();
    match payment.status {
        PaymentStatus::Created => {
            if payment.sent_at.is_some() {
                match deps.phonepe.order_status(&id).await {
                    Ok(status) => {
                        let seen = seen_order(status, now);
                        let page = payment.method != PaymentMethod::MandateDebit;
                        return if page && seen.state == OrderState::Pending {
                            Answer::Lost
                        } else {
                            Answer::Seen(seen)
                        };
                    }
                    // It never got there: it may be sent again, under the same id.
                    Err(Gateway::NotFound(_)) => {}
                    Err(error) => return later(&error, "order_status"),
                }
                if now >= overtime(payment) {
                    return Answer::Refused("gateway.never_reached".to_owned());
                }
            }
            send(deps, payment, &id, now).await
        }
        PaymentStatus::Notified
            if payment.not_before.is_some_and(|before| now >= before) && window::permitted(now) =>
        {
            // An answer to an earlier try may have been lost: what the order says now decides.
            match deps.phonepe.order_status(&id).await {
                Ok(status) if status.state == OrderState::Notified && now < expires(payment) => {
                    redeem(deps, payment, &id, now).await
                }
                Ok(status) => Answer::Seen(seen_order(status, now)),
                Err(error) => later(&error, "order_status"),
            }
        }
        _ => match deps.phonepe.order_status(&id).await {
            Ok(status) => Answer::Seen(seen_order(status, now)),
            Err(error) => later(&error, "order_status"),
        },
    }
}

/// Until when an order that never reached the gateway is sent again. A debit still has its day as long as
/// the payer can be told of it in time.
fn overtime(payment: &Payment) -> DateTime<Utc> {
    let soon = payment.created_at + OVERTIME;
    let told_by = payment.not_before.map(|before| before - window::NOTICE);
    told_by.map_or(soon, |told_by| told_by.max(soon))
}

fn later(error: &Gateway, what: &'static str) -> Answer {
    trouble(error, what);
    Answer::Later
}

/// A refusal is final; whatever may have happened is asked about later, under the same id.
fn not_sent(error: &Gateway, what: &'static str) -> Answer {
    trouble(error, what);
    if error.may_have_happened()
        || error.is_retryable()
        || error.is_duplicate()
        || matches!(error, Gateway::Unauthorised(_))
    {
        Answer::Later
    } else {
        Answer::Refused(code(error))
    }
}

fn meta(payment: &Payment) -> Meta {
    Meta::default()
        .udf(1, payment.purpose.as_str())
        .udf(2, payment.tier.as_str())
}

async fn send(deps: &Deps, payment: &Payment, id: &str, now: DateTime<Utc>) -> Answer {
    let redirect = format!("{}?payment_id={}", deps.success_url, payment.id);
    let started = match payment.method {
        PaymentMethod::Checkout => {
            let mut pay = Pay::new(id, payment.amount, redirect);
            pay.expire_after = Some(CHECKOUT);
            pay.meta = meta(payment);
            deps.phonepe.pay(&pay).await
        }
        PaymentMethod::MandateSetup => {
            let mandate = match mandate_of(deps, payment).await {
                Ok(mandate) => mandate,
                Err(answer) => return answer,
            };
            let setup = SetupMandate {
                merchant_order_id: id.to_owned(),
                merchant_subscription_id: mandate.merchant_id().to_string(),
                amount: payment.amount,
                auth_workflow: AuthWorkflow::Transaction,
                amount_type: AmountType::Variable,
                max_amount: mandate.max_amount,
                frequency: Frequency::Monthly,
                mandate_expires_at: Some(mandate.expires_at),
                redirect_url: redirect.clone(),
                cancel_redirect_url: Some(redirect),
                expire_after: Some(CHECKOUT),
                message: None,
                meta: meta(payment),
            };
            deps.phonepe.setup_mandate(&setup).await
        }
        PaymentMethod::MandateDebit => return announce(deps, payment, id, now).await,
    };
    match started {
        Ok(started) => Answer::Started(started, now),
        Err(error) => not_sent(&error, "pay"),
    }
}

async fn mandate_of(deps: &Deps, payment: &Payment) -> Result<mandates::Mandate, Answer> {
    let Some(id) = payment.mandate_id else {
        return Err(Answer::Refused("mandate.missing".to_owned()));
    };
    let found = async {
        let mut tx = deps.store.tenant(payment.workspace_id).await?;
        let mandate = mandates::get(&mut tx, id).await?;
        tx.rollback().await?;
        Ok::<_, store::StoreError>(mandate)
    };
    found.await.map_err(|error| {
        tracing::warn!(%error, "the mandate could not be read");
        Answer::Later
    })
}

/// Has the payer told of a debit. The gateway must say that the mandate is active: the payer may have
/// paused it in their own app.
async fn announce(deps: &Deps, payment: &Payment, id: &str, now: DateTime<Utc>) -> Answer {
    let mandate = match active(deps, payment).await {
        Ok(mandate) => mandate,
        Err(answer) => return answer,
    };
    let notify = Notify {
        merchant_order_id: id.to_owned(),
        merchant_subscription_id: mandate,
        amount: payment.amount,
        // Each day of dunning is announced anew, by us.
        retry: RetryStrategy::Custom,
        auto_debit: false,
        expire_at: payment.not_before.map(|before| debit_ends(before, now)),
        meta: meta(payment),
    };
    match deps.phonepe.notify(&notify).await {
        Ok(started) => Answer::Seen(SeenOrder {
            state: started.state,
            amount: payment.amount,
            asked_at: now,
            order_id: Some(started.order_id),
            expires_at: started.expire_at,
            notified_at: None,
            payment_mode: None,
            utr: None,
            transaction_id: None,
            error_code: None,
        }),
        Err(error) => not_sent(&error, "notify"),
    }
}

/// A day's debit is over before the next day's is announced. It may begin late, when a window or the
/// notice makes it.
fn debit_ends(not_before: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    window::next(not_before.max(now + window::NOTICE)) + DEBIT_OPEN
}

/// Whether our own books still want a debit that was announced: the customer may have cancelled, paid by
/// hand, changed the plan or ended the mandate since, and nobody who is stopped is charged.
async fn wanted(deps: &Deps, payment: &Payment) -> Result<bool> {
    let mut tx = deps.store.tenant(payment.workspace_id).await?;
    let Some(subscription) = subscriptions::get(&mut tx).await? else {
        return Ok(false);
    };
    let paid = periods::parts(&mut tx, payment.period_start)
        .await?
        .is_paid();
    let paused = subscriptions::access(&mut tx).await? == Access::Paused;
    let mandate = match payment.mandate_id {
        Some(id) => Some(mandates::get(&mut tx, id).await?),
        None => None,
    };
    tx.rollback().await?;
    let now = deps.seams.now();
    Ok(!paused
        && debit_wanted(payment, &subscription, paid)
        && mandate.is_some_and(|mandate| usable(&mandate, payment.amount, now)))
}

/// The mandate's id at the gateway, if a debit may be taken under it now.
async fn active(deps: &Deps, payment: &Payment) -> Result<String, Answer> {
    match wanted(deps, payment).await {
        Ok(true) => {}
        Ok(false) => return Err(Answer::Refused("debit.not_wanted".to_owned())),
        Err(error) => {
            tracing::warn!(%error, "the books could not be read");
            return Err(Answer::Later);
        }
    }
    let mandate = mandate_of(deps, payment).await?;
    let id = mandate.merchant_id().to_string();
    match deps.phonepe.mandate_status(&id).await {
        Ok(status) if status.state == MandateState::Active => Ok(id),
        Ok(_) => Err(Answer::Refused("mandate.not_active".to_owned())),
        Err(error) => Err(later(&error, "mandate_status")),
    }
}

async fn redeem(deps: &Deps, payment: &Payment, id: &str, now: DateTime<Utc>) -> Answer {
    if let Err(answer) = active(deps, payment).await {
        return answer;
    }
    match deps.phonepe.redeem(id).await {
        Ok(started) => Answer::Seen(SeenOrder {
            state: started.state,
            amount: payment.amount,
            asked_at: now,
            order_id: None,
            expires_at: None,
            notified_at: None,
            payment_mode: None,
            utr: None,
            transaction_id: started.transaction_id,
            error_code: None,
        }),
        // Whatever it says, the order's state is what ends a debit.
        Err(error) => later(&error, "redeem"),
    }
}

/// What counts of an order's status: the state at its root, and the attempt that succeeded.
pub fn seen_order(status: OrderStatus, asked_at: DateTime<Utc>) -> SeenOrder {
    let paid = status
        .payment_details
        .into_iter()
        .find(|detail| detail.state == Some(OrderState::Completed));
    let (payment_mode, utr, transaction_id) = paid.map_or((None, None, None), |detail| {
        let utr = detail.rail.and_then(|rail| rail.utr);
        (detail.payment_mode, utr, detail.transaction_id)
    });
    SeenOrder {
        state: status.state,
        amount: status.amount,
        asked_at,
        order_id: Some(status.order_id).filter(|id| !id.is_empty()),
        expires_at: status.expire_at,
        notified_at: status.payment_flow.and_then(|flow| flow.notified_at),
        payment_mode,
        utr,
        transaction_id,
        error_code: status.detailed_error_code.or(status.error_code),
    }
}

/// Takes an answer into the books. 1 transaction.
async fn take_in(
    deps: &Deps,
    workspace: WorkspaceId,
    id: PaymentId,
    answer: Answer,
    asked_at: DateTime<Utc>,
) -> Result<()> {
    let now = deps.seams.now();
    let mut tx = deps.store.tenant(workspace).await?;
    let mut books = load(&mut tx, id).await?;
    let before = books.payment.status;
    let (mut effects, soon) = match answer {
        Answer::Seen(seen) => (order_seen(&mut books, &seen, now), None),
        Answer::Started(started, at) => {
            books.payment.redirect_url = Some(started.redirect_url);
            let seen = SeenOrder {
                state: started.state,
                amount: books.payment.amount,
                asked_at: at,
                order_id: Some(started.order_id),
                expires_at: started.expire_at,
                notified_at: None,
                payment_mode: None,
                utr: None,
                transaction_id: None,
                error_code: None,
            };
            (order_seen(&mut books, &seen, now), None)
        }
        Answer::Refused(code) => (end(&mut books.payment, PaymentStatus::Failed, code), None),
        Answer::Lost => {
            let code = "gateway.page_lost".to_owned();
            (end(&mut books.payment, PaymentStatus::Expired, code), None)
        }
        Answer::Later => (vec![], Some(asked_at.max(now) + AGAIN)),
    };
    let payment = &mut books.payment;
    let answered = soon.is_none() && payment.status != PaymentStatus::Created;
    if payment.status.is_open() && answered && now >= expires(payment) + GIVEN_UP {
        let code = "payment.not_made".to_owned();
        effects.extend(end(payment, PaymentStatus::Expired, code));
    }
    payment.next_check_at = match soon {
        Some(at) if payment.status.is_open() => Some(at),
        _ => next_check(payment, now),
    };
    if payment.status != before {
        let (from, to) = (before.as_str(), payment.status.as_str());
        tracing::info!(payment.id = %id, from, to, code = payment.error_code, "payment");
        metrics::counter!("payments_total", "status" => to).increment(1);
    }
    write(deps, &mut tx, &books, None, effects, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends a payment that no money came for, if nothing better is known of it.
fn end(payment: &mut Payment, status: PaymentStatus, code: String) -> Vec<Effect> {
    if !payment.status.may_become(status) {
        return vec![];
    }
    payment.status = status;
    payment.error_code = Some(code);
    check_mandate(payment)
}

/// When nobody can pay it any more: what the gateway said, else what it was asked for.
fn expires(payment: &Payment) -> DateTime<Utc> {
    let sent = payment.sent_at.unwrap_or(payment.created_at);
    payment.expires_at.unwrap_or_else(|| match payment.method {
        PaymentMethod::MandateDebit => debit_ends(payment.not_before.unwrap_or(sent), sent),
        PaymentMethod::Checkout | PaymentMethod::MandateSetup => {
            sent + TimeDelta::from_std(CHECKOUT).unwrap_or_default()
        }
    })
}

/// When the gateway is to be asked again.
fn next_check(payment: &Payment, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let sent = payment.sent_at.unwrap_or(payment.created_at);
    match payment.status {
        PaymentStatus::Created => Some(now + AGAIN),
        PaymentStatus::Notifying => Some(now + NOTICE_POLL),
        PaymentStatus::Notified => {
            let before = payment.not_before.unwrap_or(now);
            Some(window::next(before.max(now + TimeDelta::seconds(1))))
        }
        PaymentStatus::Pending if payment.method == PaymentMethod::MandateDebit => {
            Some(now + DEBIT_POLL)
        }
        PaymentStatus::Pending => {
            let expires = expires(payment);
            Some(
                schedule::next_poll_at(sent, expires, now)
                    .unwrap_or_else(|| (now + TimeDelta::minutes(15)).min(expires + GIVEN_UP))
                    .max(now + TimeDelta::seconds(1)),
            )
        }
        PaymentStatus::Captured
        | PaymentStatus::Failed
        | PaymentStatus::Expired
        | PaymentStatus::PartlyRefunded
        | PaymentStatus::Refunded => None,
    }
}
