//! One workspace, its customer and the gateway, played without a database.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use domain::billing::{
    Access, MandateStatus, PaymentMethod, PaymentPurpose, PaymentStatus, RefundStatus,
    SubscriptionStatus,
};
use domain::{Inr, MandateId, PaymentId, RefundId, Tier, UserId, WorkspaceId};
use phonepe::{MandateState, OrderState, RefundState};
use rust_decimal::Decimal;
use store::billing::mandates::Mandate;
use store::billing::money::Kind;
use store::billing::payments::Payment;
use store::billing::periods::{Part, Parts};
use store::billing::refunds::Refund;
use store::billing::subscriptions::Subscription;
use uuid::Uuid;

use super::Happening;
use super::theirs::Theirs;
use crate::books::*;

pub struct World {
    pub now: DateTime<Utc>,
    pub subscription: Option<Subscription>,
    pub payments: Vec<Payment>,
    pub orders: Vec<Theirs<OrderState>>,
    pub refunds: Vec<Refund>,
    pub backs: Vec<Theirs<RefundState>>,
    pub mandates: Vec<Mandate>,
    pub permissions: Vec<Theirs<MandateState>>,
    /// The ledger: its natural keys make a second posting a failure.
    pub postings: BTreeMap<(Uuid, &'static str), (Kind, Inr)>,
    /// (start, part) -> payment
    pub periods: BTreeMap<(DateTime<Utc>, usize), PaymentId>,
    /// Payments whose part of a period has ended.
    pub ended: BTreeSet<PaymentId>,
    /// Periods of which a refund went after it had failed.
    pub thought_better: BTreeSet<DateTime<Utc>>,
    pub invoiced: BTreeSet<Uuid>,
    pub credited: BTreeSet<Uuid>,
    pub activations: BTreeMap<Uuid, usize>,
    pub access: Access,
    pub next: u128,
}

const START: &str = "2026-11-21T18:30:00Z";

impl World {
    pub fn new() -> Self {
        Self {
            now: START.parse().unwrap(),
            subscription: None,
            payments: vec![],
            orders: vec![],
            refunds: vec![],
            backs: vec![],
            mandates: vec![],
            permissions: vec![],
            postings: BTreeMap::new(),
            periods: BTreeMap::new(),
            ended: BTreeSet::new(),
            thought_better: BTreeSet::new(),
            invoiced: BTreeSet::new(),
            credited: BTreeSet::new(),
            activations: BTreeMap::new(),
            access: Access::Full,
            next: 1,
        }
    }

    pub fn id(&mut self) -> Uuid {
        self.next += 1;
        Uuid::from_u128(self.next)
    }

    pub fn happen(&mut self, what: &Happening) {
        let pick = |n: u8, len: usize| (len > 0).then(|| usize::from(n) % len);
        match *what {
            Happening::Pay {
                purpose,
                tier,
                period,
                mandate,
            } => {
                self.pay(purpose, tier, period, mandate);
            }
            Happening::GatewayOrder { order, to } => {
                let Some(at) = pick(order, self.orders.len()) else {
                    return;
                };
                let debit = self.payments[at].method == PaymentMethod::MandateDebit;
                let next: &[OrderState] = match self.orders[at].at(0).1 {
                    OrderState::NotificationInProgress => {
                        &[OrderState::Notified, OrderState::Failed]
                    }
                    OrderState::Notified => &[OrderState::Pending, OrderState::Failed],
                    OrderState::Pending if debit => &[OrderState::Completed, OrderState::Failed],
                    OrderState::Pending => &[OrderState::Completed, OrderState::Failed],
                    _ => return,
                };
                let to = next[usize::from(to) % next.len()].clone();
                self.tick();
                self.orders[at].states.push((self.now, to));
            }
            Happening::HearOrder { order, ago } => {
                let Some(at) = pick(order, self.orders.len()) else {
                    return;
                };
                let (asked_at, state) = self.orders[at].at(ago);
                self.hear_order(at, state, asked_at);
            }
            Happening::WantRefund { order, share } => {
                let Some(at) = pick(order, self.payments.len()) else {
                    return;
                };
                self.want_refund(at, share);
            }
            Happening::GatewayRefund { refund, to } => {
                let Some(at) = pick(refund, self.backs.len()) else {
                    return;
                };
                let next: &[RefundState] = match self.backs[at].at(0).1 {
                    RefundState::Pending => &[RefundState::Confirmed, RefundState::Failed],
                    RefundState::Confirmed => &[RefundState::Completed, RefundState::Failed],
                    // It thought better of it.
                    RefundState::Failed if self.may_still_go(at) => &[RefundState::Completed],
                    _ => return,
                };
                let to = next[usize::from(to) % next.len()].clone();
                if self.backs[at].at(0).1 == RefundState::Failed {
                    let payment = self.refunds[at].payment_id;
                    let payment = self.payments.iter().find(|p| p.id == payment).unwrap();
                    self.thought_better.insert(payment.period_start);
                }
                self.tick();
                self.backs[at].states.push((self.now, to));
            }
            Happening::HearRefund { refund, ago } => {
                let Some(at) = pick(refund, self.backs.len()) else {
                    return;
                };
                let (asked_at, state) = self.backs[at].at(ago);
                self.hear_refund(at, state, asked_at);
            }
            Happening::GatewayMandate { mandate, to } => {
                let Some(at) = pick(mandate, self.permissions.len()) else {
                    return;
                };
                let next = [
                    MandateState::Active,
                    MandateState::Paused,
                    MandateState::Revoked,
                    MandateState::Cancelled,
                ];
                if self.permissions[at].at(0).1.is_final() {
                    return;
                }
                self.tick();
                let to = next[usize::from(to) % next.len()].clone();
                self.permissions[at].states.push((self.now, to));
            }
            Happening::HearMandate { mandate, ago } => {
                let Some(at) = pick(mandate, self.permissions.len()) else {
                    return;
                };
                let (asked_at, state) = self.permissions[at].at(ago);
                let seen = SeenMandate {
                    state,
                    asked_at,
                    subscription_id: None,
                };
                mandate_seen(&mut self.mandates[at], self.subscription.as_mut(), &seen);
            }
            Happening::TimePasses { hours } => {
                self.now += TimeDelta::hours(i64::from(hours));
            }
            Happening::Calendar => self.calendar(),
            Happening::WantCancel => {
                if let Some(subscription) = &mut self.subscription {
                    subscription.cancel_at_period_end = true;
                }
            }
        }
    }

    /// Two answers of the gateway are never at the same moment.
    pub fn tick(&mut self) {
        self.now += TimeDelta::seconds(1);
    }

    pub fn pay(&mut self, purpose: u8, tier: u8, period: u8, with_mandate: bool) {
        self.tick();
        let purpose = PaymentPurpose::ALL[usize::from(purpose) % 3];
        let tier = Tier::ALL[usize::from(tier) % 3];
        let start: DateTime<Utc> = START.parse().unwrap();
        let (from, to) = match (&self.subscription, purpose) {
            (Some(s), PaymentPurpose::Upgrade) => (s.period_start, s.period_end),
            (Some(s), PaymentPurpose::Renewal) => {
                (s.period_end, s.period_end + TimeDelta::days(30))
            }
            _ => {
                let from = start + TimeDelta::days(30 * i64::from(period));
                (from, from + TimeDelta::days(30))
            }
        };
        let mandate_id = with_mandate.then(|| MandateId(self.id()));
        let method = match (purpose, with_mandate) {
            (PaymentPurpose::Renewal, _) => PaymentMethod::MandateDebit,
            (_, true) => PaymentMethod::MandateSetup,
            (_, false) => PaymentMethod::Checkout,
        };
        let taxable = Inr(Decimal::new(99_900 + 33 * i64::from(period), 2));
        let tax = Inr(taxable.0 * Decimal::new(18, 2)).round_paise();
        let id = PaymentId(self.id());
        self.payments.push(Payment {
            id,
            workspace_id: WorkspaceId(Uuid::from_u128(1)),
            created_at: self.now,
            purpose,
            method,
            tier,
            period_start: from,
            period_end: to,
            attempt: 0,
            taxable,
            tax,
            tax_heads: 1,
            amount: taxable + tax,
            mandate_id,
            requested_by: None,
            status: PaymentStatus::Created,
            gateway_order_id: None,
            redirect_url: None,
            expires_at: None,
            not_before: None,
            sent_at: Some(self.now),
            next_check_at: None,
            observed_at: DateTime::UNIX_EPOCH,
            received: Inr::ZERO,
            allocated: Inr::ZERO,
            refunding: Inr::ZERO,
            refunded: Inr::ZERO,
            captured_at: None,
            payment_mode: None,
            utr: None,
            transaction_id: None,
            error_code: None,
        });
        let first = if method == PaymentMethod::MandateDebit {
            OrderState::NotificationInProgress
        } else {
            OrderState::Pending
        };
        self.orders.push(Theirs {
            states: vec![(self.now, first)],
        });
        if method == PaymentMethod::MandateSetup
            && let Some(id) = mandate_id
        {
            self.mandates.push(Mandate {
                id,
                workspace_id: WorkspaceId(Uuid::from_u128(1)),
                status: MandateStatus::Created,
                max_amount: Inr(15_000.into()),
                expires_at: self.now + TimeDelta::days(3_650),
                gateway_id: None,
                cancel_requested_at: None,
                observed_at: DateTime::UNIX_EPOCH,
                next_check_at: None,
                created_at: self.now,
            });
            self.permissions.push(Theirs {
                states: vec![(self.now, MandateState::ActivationInProgress)],
            });
        }
    }

    /// What was paid for a period.
    fn parts(&self, start: DateTime<Utc>) -> Parts {
        let parts = self.periods.range((start, 0)..=(start, usize::MAX));
        let part = |id: &PaymentId| {
            let payment = self.payments.iter().find(|p| p.id == *id).unwrap();
            Part {
                payment_id: *id,
                tier: payment.tier,
                created_at: payment.captured_at.unwrap(),
                ended_at: self.ended.contains(id).then_some(self.now),
                is_ending: self.is_ending(payment),
            }
        };
        Parts(parts.map(|(_, id)| part(id)).collect())
    }

    /// Whether something that was paid for later lies over it: that goes back first.
    fn covered(&self, payment: &Payment) -> bool {
        self.parts(payment.period_start).is_covered(payment.id)
    }

    pub fn books(&self, at: usize) -> Books {
        let payment = self.payments[at].clone();
        let parts = self.parts(payment.period_start);
        Books::new(payment, self.subscription.clone(), &parts)
    }

    pub fn hear_order(&mut self, at: usize, state: OrderState, asked_at: DateTime<Utc>) {
        let mut books = self.books(at);
        let seen = SeenOrder {
            state,
            amount: books.payment.amount,
            asked_at,
            order_id: None,
            expires_at: None,
            notified_at: None,
            payment_mode: None,
            utr: None,
            transaction_id: None,
            error_code: None,
        };
        let effects = order_seen(&mut books, &seen, self.now);
        self.take(at, books, None, effects);
    }

    pub fn want_refund(&mut self, at: usize, share: u8) {
        if self.covered(&self.payments[at]) {
            return;
        }
        let payment = &mut self.payments[at];
        let most = payment.refundable();
        let amount =
            Inr(most.0 * Decimal::from(u32::from(share) + 1) / Decimal::from(256)).round_paise();
        // As ingress asks for it: one at a time, a rupee at least.
        let busy = !payment.refunding.is_zero();
        if !payment.status.is_paid() || busy || amount < Inr(Decimal::ONE) || amount > most {
            return;
        }
        payment.refunding += amount;
        let of_allocated = !payment.allocated.is_zero();
        // Some are a customer's wish, some an operator's.
        let asked = share.is_multiple_of(2).then(|| UserId(Uuid::from_u128(2)));
        self.refund(at, amount, of_allocated, asked);
    }

    pub fn refund(
        &mut self,
        at: usize,
        amount: Inr,
        of_allocated: bool,
        requested_by: Option<UserId>,
    ) {
        self.tick();
        let id = RefundId(self.id());
        self.refunds.push(Refund {
            id,
            workspace_id: WorkspaceId(Uuid::from_u128(1)),
            payment_id: self.payments[at].id,
            amount,
            of_allocated,
            reason: "r".into(),
            status: RefundStatus::Requested,
            requested_by,
            gateway_refund_id: None,
            error_code: None,
            sent_at: Some(self.now),
            next_check_at: None,
            observed_at: DateTime::UNIX_EPOCH,
            completed_at: None,
            created_at: self.now,
        });
        // The gateway itself gives no more back than came.
        let first = if self.left_there(self.payments[at].id) >= amount {
            RefundState::Pending
        } else {
            RefundState::Failed
        };
        self.backs.push(Theirs {
            states: vec![(self.now, first)],
        });
    }

    pub fn hear_refund(&mut self, at: usize, state: RefundState, asked_at: DateTime<Utc>) {
        let payment = self.refunds[at].payment_id;
        let position = self.payments.iter().position(|p| p.id == payment).unwrap();
        let mut books = self.books(position);
        let mut refund = self.refunds[at].clone();
        let seen = SeenRefund {
            state,
            asked_at,
            refund_id: None,
            error_code: None,
        };
        let effects = refund_seen(&mut books, &mut refund, &seen, self.now);
        self.refunds[at] = refund;
        self.take(position, books, Some(at), effects);
    }

    /// Writes what was decided, as the database would: natural keys refuse a second time.
    pub fn take(&mut self, at: usize, books: Books, refund: Option<usize>, effects: Vec<Effect>) {
        let id = books.payment.id;
        let start = books.payment.period_start;
        self.payments[at] = books.payment;
        self.subscription = books.subscription;
        for effect in effects {
            match effect {
                Effect::Post {
                    reference,
                    kind,
                    amount,
                } => {
                    assert!(!amount.is_negative(), "{kind:?} of {amount}");
                    let before = self
                        .postings
                        .insert((reference, kind.as_str()), (kind, amount));
                    assert!(
                        before.is_none(),
                        "{kind:?} was booked twice for {reference}"
                    );
                }
                Effect::PayPeriod => {
                    let part = self.periods.range((start, 0)..=(start, usize::MAX)).count();
                    self.periods.insert((start, part), id);
                    *self.activations.entry(id.0).or_default() += 1;
                }
                Effect::EndPeriod => {
                    assert!(self.ended.insert(id), "it ends once");
                }
                Effect::Grant { access, .. } => self.access = access,
                Effect::Invoice(payment) => {
                    assert!(self.invoiced.insert(payment.0), "invoiced twice");
                }
                Effect::CreditNote => {
                    let refund = self.refunds[refund.unwrap()].id;
                    assert!(self.credited.insert(refund.0), "credited twice");
                }
                Effect::GiveBack { amount, .. } => self.refund(at, amount, false, None),
                Effect::CancelMandate(mandate) => {
                    if let Some(mandate) = self.mandates.iter_mut().find(|m| m.id == mandate) {
                        mandate.cancel_requested_at.get_or_insert(self.now);
                    }
                }
                Effect::CheckMandate(_) => {}
            }
        }
    }

    pub fn calendar(&mut self) {
        let Some(subscription) = &self.subscription else {
            return;
        };
        let end = subscription.period_end;
        let debit = |p: &&Payment| p.method == PaymentMethod::MandateDebit && p.period_start == end;
        let debits: Vec<_> = self.payments.iter().filter(debit).cloned().collect();
        for step in dues(subscription, &debits, false, self.now) {
            let Some(subscription) = &mut self.subscription else {
                return;
            };
            let to = match step {
                Step::ReadOnly => SubscriptionStatus::ReadOnly,
                Step::PastDue => SubscriptionStatus::PastDue,
                Step::Cancel => SubscriptionStatus::Cancelled,
                Step::Debit { .. } => continue,
            };
            assert!(
                subscription.status.may_become(to),
                "{} -> {to}",
                subscription.status
            );
            subscription.status = to;
            self.access = to.access();
        }
    }
}
