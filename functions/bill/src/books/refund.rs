//! News about a refund at the gateway.

use chrono::{DateTime, Utc};
use domain::Inr;
use domain::billing::{Access, PaymentPurpose, PaymentStatus, RefundStatus, SubscriptionStatus};
use phonepe::RefundState;
use rust_decimal::Decimal;
use store::billing::money::Kind;
use store::billing::payments::Payment;
use store::billing::refunds::Refund;
use tax::credit::tax_share;

use super::{Books, Effect, later};

#[derive(Debug, Clone, PartialEq)]
pub struct SeenRefund {
    pub state: RefundState,
    pub asked_at: DateTime<Utc>,
    pub refund_id: Option<String>,
    pub error_code: Option<String>,
}

/// The gateway takes and gives back no less.
const LEAST: Inr = Inr(Decimal::ONE);

/// Takes news about a refund into the books of its payment.
pub fn refund_seen(
    books: &mut Books,
    refund: &mut Refund,
    seen: &SeenRefund,
    now: DateTime<Utc>,
) -> Vec<Effect> {
    let target = match &seen.state {
        RefundState::Pending => RefundStatus::Pending,
        RefundState::Confirmed => RefundStatus::Confirmed,
        RefundState::Completed => RefundStatus::Completed,
        RefundState::Failed => RefundStatus::Failed,
        RefundState::Unknown(_) => refund.status,
    };
    let stale = seen.asked_at < refund.observed_at;
    refund.observed_at = later(refund.observed_at, seen.asked_at);
    if seen.refund_id.is_some() {
        refund.gateway_refund_id.clone_from(&seen.refund_id);
    }
    let ended = matches!(target, RefundStatus::Completed | RefundStatus::Failed);
    if !refund.status.may_become(target) || stale && !ended {
        return vec![];
    }
    if refund.status == RefundStatus::Failed {
        // Its amount was set free then. If that has gone another way since, people have to look: the daily
        // comparison says so.
        if books.payment.refundable() < refund.amount {
            return vec![];
        }
        books.payment.refunding += refund.amount;
    }
    refund.status = target;
    match target {
        RefundStatus::Completed => completed(books, refund, now),
        RefundStatus::Failed => {
            refund.error_code.clone_from(&seen.error_code);
            refund.next_check_at = None;
            if refund.requested_by.is_none() && !refund.of_allocated {
                // Nobody would ask for it again: it stays set aside.
                return vec![Effect::GiveBack {
                    amount: refund.amount,
                    reason: "an earlier refund failed",
                    again: true,
                }];
            }
            books.payment.refunding -= refund.amount;
            vec![]
        }
        _ => vec![],
    }
}

/// The money went back: once, because no status leads to `completed` twice.
fn completed(books: &mut Books, refund: &mut Refund, now: DateTime<Utc>) -> Vec<Effect> {
    refund.completed_at = Some(now);
    refund.error_code = None;
    refund.next_check_at = None;
    let payment = &mut books.payment;
    payment.refunding -= refund.amount;
    payment.refunded += refund.amount;
    payment.status = if payment.refunded == payment.received {
        PaymentStatus::Refunded
    } else {
        PaymentStatus::PartlyRefunded
    };
    let post = |kind, amount| Effect::Post {
        reference: refund.id.0,
        kind,
        amount,
    };
    let mut effects = vec![];
    if refund.of_allocated {
        let tax = tax_back(payment, refund.amount);
        payment.allocated -= refund.amount;
        effects.push(post(Kind::Deallocated, refund.amount - tax));
        effects.push(post(Kind::TaxBack, tax));
        effects.push(Effect::CreditNote);
    }
    effects.push(post(Kind::Refunded, refund.amount));
    // What a customer takes back ends what it gave, whole or in part; what an operator gives back leaves it,
    // unless nothing is left.
    let left = payment.allocated >= LEAST && refund.requested_by.is_none();
    if refund.of_allocated && !left {
        effects.extend(unpaid(books));
    }
    effects
}

/// The tax in a refund: that of its credit note, so that many together give back exactly all of it.
fn tax_back(payment: &Payment, amount: Inr) -> Inr {
    let share = |credited| tax_share(payment.tax, payment.tax_heads, payment.amount, credited);
    let before = payment.amount - payment.allocated;
    share(before + amount) - share(before)
}

/// All that a payment paid for has gone back: what it gave ends, if it has not ended before. Under an upgrade
/// the workspace keeps what it has: no refund begins there, but one that failed may go all the same. The audit
/// names such an upgrade, and people decide.
fn unpaid(books: &mut Books) -> Vec<Effect> {
    if books.ended {
        return vec![];
    }
    let mut effects = vec![Effect::EndPeriod];
    if !books.covered {
        effects.extend(lowered(books));
    }
    effects
}

/// What the workspace loses by it.
fn lowered(books: &mut Books) -> Vec<Effect> {
    let payment = &books.payment;
    let Some(subscription) = &mut books.subscription else {
        return vec![];
    };
    let running = subscription.period_start == payment.period_start
        && matches!(
            subscription.status,
            SubscriptionStatus::Active | SubscriptionStatus::PastDue
        );
    if !running {
        return vec![];
    }
    // An upgrade goes back to what the period was paid as.
    if payment.purpose == PaymentPurpose::Upgrade
        && let Some(tier) = books.tier_without
    {
        subscription.tier = tier;
        return vec![Effect::Grant {
            tier,
            access: Access::Full,
            lower: true,
        }];
    }
    subscription.status = SubscriptionStatus::Cancelled;
    let mut effects = vec![Effect::Grant {
        tier: subscription.tier,
        access: SubscriptionStatus::Cancelled.access(),
        lower: true,
    }];
    effects.extend(subscription.mandate_id.take().map(Effect::CancelMandate));
    effects
}
