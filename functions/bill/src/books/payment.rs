//! News about an order at the gateway.

use chrono::{DateTime, Utc};
use domain::Inr;
use domain::billing::{Access, PaymentMethod, PaymentPurpose, PaymentStatus, SubscriptionStatus};
use economics::cycle::{Anchor, day_of};
use phonepe::OrderState;
use store::billing::money::Kind;
use store::billing::payments::Payment;
use store::billing::subscriptions::Subscription;

use super::{Books, Effect, later};

/// What the gateway answered about an order. Never what a callback claimed.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenOrder {
    pub state: OrderState,
    pub amount: Inr,
    /// When we asked: an older answer that comes later changes nothing but money.
    pub asked_at: DateTime<Utc>,
    pub order_id: Option<String>,
    pub expires_at: Option<DateTime<Utc>>,
    /// Of a debit: when the payer was told.
    pub notified_at: Option<DateTime<Utc>>,
    pub payment_mode: Option<String>,
    pub utr: Option<String>,
    pub transaction_id: Option<String>,
    pub error_code: Option<String>,
}

/// Another amount came than was asked for: it is held, and people look at it.
pub const AMOUNT_DIFFERS: &str = "amount.differs";

/// Takes news about the payment's order into the books.
pub fn order_seen(books: &mut Books, seen: &SeenOrder, now: DateTime<Utc>) -> Vec<Effect> {
    let target = match &seen.state {
        OrderState::Completed => PaymentStatus::Captured,
        OrderState::Failed => PaymentStatus::Failed,
        OrderState::NotificationInProgress => PaymentStatus::Notifying,
        OrderState::Notified => PaymentStatus::Notified,
        OrderState::Pending => PaymentStatus::Pending,
        // Newer than this code: nothing is known, so nothing changes.
        OrderState::Unknown(_) => books.payment.status,
    };
    let payment = &mut books.payment;
    let stale = seen.asked_at < payment.observed_at;
    payment.observed_at = later(payment.observed_at, seen.asked_at);
    let fill = |old: &mut Option<String>, new: &Option<String>| {
        if new.is_some() {
            old.clone_from(new);
        }
    };
    fill(&mut payment.gateway_order_id, &seen.order_id);
    if payment.expires_at.is_none() {
        payment.expires_at = seen.expires_at;
    }
    // Money counts whenever it is seen; anything else only when it is newer than what is known.
    if !payment.status.may_become(target) || stale && target != PaymentStatus::Captured {
        return vec![];
    }
    payment.status = target;
    match target {
        PaymentStatus::Captured => {
            fill(&mut payment.payment_mode, &seen.payment_mode);
            fill(&mut payment.utr, &seen.utr);
            fill(&mut payment.transaction_id, &seen.transaction_id);
            captured(books, seen.amount, now)
        }
        PaymentStatus::Failed => {
            payment.next_check_at = None;
            fill(&mut payment.error_code, &seen.error_code);
            check_mandate(payment)
        }
        PaymentStatus::Notified => {
            let told = seen.notified_at.unwrap_or(now);
            let earliest = told + phonepe::window::NOTICE;
            payment.not_before = Some(
                payment
                    .not_before
                    .map_or(earliest, |before| later(before, earliest)),
            );
            vec![]
        }
        _ => vec![],
    }
}

/// The money came: once, because no status leads to `captured` twice.
fn captured(books: &mut Books, amount: Inr, now: DateTime<Utc>) -> Vec<Effect> {
    let payment = &mut books.payment;
    payment.received = amount;
    payment.captured_at = Some(now);
    payment.next_check_at = None;
    payment.error_code = None;
    let mut effects = vec![Effect::Post {
        reference: payment.id.0,
        kind: Kind::Received,
        amount,
    }];
    effects.extend(check_mandate(payment));
    if amount != payment.amount {
        payment.error_code = Some(AMOUNT_DIFFERS.to_owned());
        return effects;
    }
    let subscription = books.subscription.as_ref();
    if let Some(reason) = unusable(
        payment,
        subscription,
        books.period_paid,
        books.touched_since,
    ) {
        payment.refunding += amount;
        effects.push(Effect::GiveBack {
            amount,
            reason,
            again: false,
        });
        // A mandate that came with money we give back is not wanted either.
        if payment.method == PaymentMethod::MandateSetup {
            effects.extend(payment.mandate_id.map(Effect::CancelMandate));
        }
        return effects;
    }
    payment.allocated = amount;
    let post = |kind, amount| Effect::Post {
        reference: payment.id.0,
        kind,
        amount,
    };
    effects.extend([
        post(Kind::Allocated, payment.taxable),
        post(Kind::Tax, payment.tax),
        Effect::PayPeriod,
    ]);
    let subscription = subscribed(payment, books.subscription.take());
    let former = subscription.1;
    let subscription = subscription.0;
    if let Some(former) = former.filter(|former| Some(*former) != subscription.mandate_id) {
        effects.push(Effect::CancelMandate(former));
    }
    effects.push(Effect::Grant {
        tier: subscription.tier,
        access: Access::Full,
        lower: false,
    });
    effects.push(Effect::Invoice(payment.id));
    books.subscription = Some(subscription);
    effects
}

/// Why the money can't be used for what it was meant for.
fn unusable(
    payment: &Payment,
    subscription: Option<&Subscription>,
    period_paid: bool,
    touched_since: bool,
) -> Option<&'static str> {
    use SubscriptionStatus::{Active, Cancelled, PastDue, ReadOnly, Trialing};
    let status = subscription.map(|subscription| subscription.status);
    let runs = |s: &Subscription| {
        (s.period_start, s.period_end) == (payment.period_start, payment.period_end)
    };
    match payment.purpose {
        PaymentPurpose::Start | PaymentPurpose::Renewal if period_paid => {
            Some("the period is paid for already")
        }
        PaymentPurpose::Start => match status {
            None | Some(Trialing | PastDue | ReadOnly | Cancelled) => None,
            Some(Active) => Some("a subscription is running already"),
        },
        PaymentPurpose::Renewal => match subscription {
            Some(s) if s.cancel_at_period_end => Some("the subscription is to end"),
            Some(s)
                if matches!(s.status, Active | PastDue | ReadOnly)
                    && s.period_end == payment.period_start =>
            {
                None
            }
            _ => Some("the subscription has changed since"),
        },
        PaymentPurpose::Upgrade => match subscription {
            // What was paid for or taken back since was in no quote of this payment.
            Some(s) if s.status == Active && runs(s) && payment.tier > s.tier && !touched_since => {
                None
            }
            _ => Some("the subscription has changed since"),
        },
    }
}

/// Whether a debit that was announced is still to be taken: the customer may have done much since.
pub fn debit_wanted(payment: &Payment, subscription: &Subscription, period_paid: bool) -> bool {
    unusable(payment, Some(subscription), period_paid, false).is_none()
        && subscription.status != SubscriptionStatus::ReadOnly
        && subscription.renews_as() == payment.tier
        && subscription.mandate_id == payment.mandate_id
}

/// The subscription after its payment, and the mandate that it had before.
fn subscribed(
    payment: &Payment,
    before: Option<Subscription>,
) -> (Subscription, Option<domain::MandateId>) {
    let former = before.as_ref().and_then(|before| before.mandate_id);
    let mut subscription = before.unwrap_or(Subscription {
        workspace_id: payment.workspace_id,
        status: SubscriptionStatus::Cancelled,
        tier: payment.tier,
        period_start: payment.period_start,
        period_end: payment.period_end,
        anchor_day: 0,
        next_tier: None,
        cancel_at_period_end: false,
        mandate_id: None,
    });
    let day = day_of(payment.period_start);
    match payment.purpose {
        PaymentPurpose::Start => {
            subscription.next_tier = None;
            // Whoever owed a period keeps the day on which theirs begin; another period begins another.
            let kept = Anchor::try_from(subscription.anchor_day).is_ok_and(|anchor| {
                anchor.next_after(day) == day_of(payment.period_end)
                    && payment.period_start == subscription.period_end
            });
            if !kept {
                subscription.anchor_day = Anchor::on(day).into();
            }
        }
        PaymentPurpose::Renewal if subscription.next_tier == Some(payment.tier) => {
            subscription.next_tier = None;
        }
        PaymentPurpose::Renewal => {}
        // A wish for less is overtaken by one for more.
        PaymentPurpose::Upgrade => subscription.next_tier = None,
    }
    if payment.purpose == PaymentPurpose::Start {
        subscription.cancel_at_period_end = false;
    }
    subscription.status = SubscriptionStatus::Active;
    subscription.tier = payment.tier;
    subscription.period_start = payment.period_start;
    subscription.period_end = payment.period_end;
    match (payment.method, payment.purpose) {
        (PaymentMethod::MandateSetup, _) => subscription.mandate_id = payment.mandate_id,
        // Who pays by hand, this once, allows no debits.
        (PaymentMethod::Checkout, PaymentPurpose::Start) => subscription.mandate_id = None,
        (PaymentMethod::Checkout | PaymentMethod::MandateDebit, _) => {}
    }
    (subscription, former)
}

/// The mandate that a payment was to set up may be there, whatever became of the payment.
pub fn check_mandate(payment: &Payment) -> Vec<Effect> {
    let setup = payment.method == PaymentMethod::MandateSetup;
    let mandate = payment.mandate_id.filter(|_| setup);
    mandate.map(Effect::CheckMandate).into_iter().collect()
}
