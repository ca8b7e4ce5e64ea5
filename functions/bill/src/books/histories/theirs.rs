//! The gateway's side of a history.

use chrono::{DateTime, Utc};
use domain::{Inr, PaymentId};
use phonepe::RefundState;
use rust_decimal::Decimal;
use store::billing::payments::Payment;

use super::world::World;

/// Each thing's states in order, with when it came to them.
pub struct Theirs<State> {
    pub states: Vec<(DateTime<Utc>, State)>,
}

impl<State: Clone> Theirs<State> {
    pub fn at(&self, ago: u8) -> (DateTime<Utc>, State) {
        let last = self.states.len() - 1;
        self.states[last.saturating_sub(usize::from(ago))].clone()
    }
}

impl World {
    /// What the gateway would still give back of a payment.
    pub fn left_there(&self, payment: PaymentId) -> Inr {
        let came = self.payments.iter().find(|p| p.id == payment).unwrap();
        let going: Inr = self
            .backs
            .iter()
            .zip(&self.refunds)
            .filter(|(back, refund)| {
                refund.payment_id == payment && back.at(0).1 != RefundState::Failed
            })
            .map(|(_, refund)| refund.amount)
            .sum();
        came.amount - going
    }

    /// Whether a refund is under way after which nothing is left of what the payment paid for.
    pub fn is_ending(&self, payment: &Payment) -> bool {
        self.refunds.iter().any(|refund| {
            refund.payment_id == payment.id
                && refund.status.is_open()
                && (refund.requested_by.is_some()
                    || payment.allocated - refund.amount < Inr(Decimal::ONE))
        })
    }

    /// Whether a refund that failed may have gone all the same. What nobody asked for is tried again by
    /// itself, so that only people can say what became of the first.
    pub fn may_still_go(&self, at: usize) -> bool {
        let refund = &self.refunds[at];
        let wanted = refund.of_allocated || refund.requested_by.is_some();
        wanted && self.left_there(refund.payment_id) >= refund.amount
    }
}
