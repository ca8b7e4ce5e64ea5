//! What must hold, whatever has happened.

use std::collections::BTreeSet;

use domain::Inr;
use domain::billing::{PaymentPurpose, RefundStatus};
use phonepe::{OrderState, RefundState};
use rust_decimal::Decimal;
use store::billing::payments::Payment;

use super::world::World;

impl World {
    /// What must hold after every single step.
    pub fn check(&self) {
        let balance = |account: &str| -> Decimal {
            self.postings
                .values()
                .map(|(kind, amount)| {
                    let (from, to) = kind.accounts();
                    match (from == account, to == account) {
                        (true, _) => -amount.0,
                        (_, true) => amount.0,
                        _ => Decimal::ZERO,
                    }
                })
                .sum()
        };
        let (held, revenue, gst) = (balance("held"), balance("revenue"), balance("gst"));
        let received = -balance("customer");
        assert_eq!(
            received,
            held + revenue + gst,
            "received = allocated + held"
        );
        assert!(held >= Decimal::ZERO && revenue >= Decimal::ZERO && gst >= Decimal::ZERO);
        let allocated: Inr = self.payments.iter().map(|p| p.allocated).sum();
        assert_eq!(allocated.0, revenue + gst, "what payments say is allocated");
        for payment in &self.payments {
            let back = payment.refunded + payment.refunding;
            assert!(
                back <= payment.received,
                "more goes back than came: {payment:?}"
            );
            assert!(payment.allocated + payment.refunded <= payment.received);
            let done: Inr = self.of(payment, |status| status == RefundStatus::Completed);
            let open: Inr = self.of(payment, RefundStatus::is_open);
            assert_eq!((payment.refunded, payment.refunding), (done, open));
            assert!(self.activations.get(&payment.id.0).copied().unwrap_or(0) <= 1);
            if payment.status.is_paid() {
                // Nothing received lies about: it is used, held for a refund, or went back.
                assert_eq!(payment.received, payment.amount);
                assert_eq!(
                    self.invoiced.contains(&payment.id.0),
                    self.periods.values().any(|id| *id == payment.id)
                );
            } else {
                assert!(payment.received.is_zero());
            }
        }
        // The tax of what stays is that of what stays, to the paisa.
        if allocated.is_zero() {
            assert!(gst.is_zero() && revenue.is_zero());
        }
        if let Some(subscription) = &self.subscription {
            assert_eq!(self.access, subscription.status.access());
        }
        let mut standing = BTreeSet::new();
        for ((start, _), id) in &self.periods {
            let payment = self.payments.iter().find(|p| p.id == *id).unwrap();
            if self.ended.contains(id) {
                continue;
            }
            if payment.purpose == PaymentPurpose::Upgrade {
                let base = standing.contains(start) || self.thought_better.contains(start);
                assert!(base, "an upgrade of what has ended");
            } else {
                assert!(standing.insert(*start), "a period is paid for twice");
            }
        }
        let paid_for = self.periods.values().collect::<BTreeSet<_>>();
        assert_eq!(
            paid_for.len(),
            self.periods.len(),
            "one payment, one period"
        );
    }

    pub fn of(&self, payment: &Payment, which: impl Fn(RefundStatus) -> bool) -> Inr {
        self.refunds
            .iter()
            .filter(|refund| refund.payment_id == payment.id && which(refund.status))
            .map(|refund| refund.amount)
            .sum()
    }

    /// At the end everything is heard of, as polling and reconciliation see to: what came too early on one
    /// day is heard again on the next.
    pub fn settle(&mut self) {
        self.hear_all();
        self.hear_all();
        for (order, payment) in self.orders.iter().zip(&self.payments) {
            let came = order.at(0).1 == OrderState::Completed;
            assert_eq!(
                payment.status.is_paid(),
                came,
                "the gateway's word: {payment:?}"
            );
        }
        for (back, refund) in self.backs.iter().zip(&self.refunds) {
            let done = back.at(0).1 == RefundState::Completed;
            assert_eq!(refund.status == RefundStatus::Completed, done);
        }
    }

    fn hear_all(&mut self) {
        for at in 0..self.orders.len() {
            let (asked_at, state) = self.orders[at].at(0);
            self.hear_order(at, state, asked_at);
            self.check();
        }
        let mut at = 0;
        while at < self.backs.len() {
            let (asked_at, state) = self.backs[at].at(0);
            self.hear_refund(at, state, asked_at);
            self.check();
            at += 1;
        }
    }
}
