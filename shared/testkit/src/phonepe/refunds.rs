//! Money back.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::Refunds;
use super::codes::{REFUND_FAILED, Refusal, bad_request, duplicate, no_order, not_allowed};
use super::rules;
use super::wire;
use super::world::{OrderState, Refund, RefundState, World};

impl World {
    /// `POST /payments/v2/refund`
    pub fn refund(&mut self, body: &Value) -> Result<String, Refusal> {
        let id = rules::id(body, "merchantRefundId")?;
        let original = rules::id(body, "originalMerchantOrderId")?;
        let amount = rules::amount(body, "amount")?;
        if self.refunds.contains_key(&id) {
            return Err(duplicate("refund"));
        }
        let order = self.orders.get(&original).ok_or_else(no_order)?;
        if order.state != OrderState::Completed {
            return Err(not_allowed("The order is not completed"));
        }
        let open = |refund: &Refund| refund.order == original && !refund.state.is_final();
        if self.refunds.values().any(open) {
            return Err(not_allowed("A refund of the order is in progress"));
        }
        if amount > order.amount - self.refunded(&original) {
            return Err(bad_request("amount is above what is left of the order"));
        }
        let now = self.now();
        let refund = Refund {
            refund_id: self.make_id("OMR"),
            utr: self.make_utr(),
            id: id.clone(),
            order: original,
            amount,
            state: RefundState::Pending,
            created: now,
            at: now,
            failure: None,
        };
        self.refunds.insert(id.clone(), refund);
        Ok(id)
    }

    pub fn tick_refunds(&mut self, now: DateTime<Utc>) {
        let Refunds::ByThemselves(after) = self.refunding else {
            return;
        };
        let due: Vec<String> = self
            .refunds
            .values()
            .filter(|refund| !refund.state.is_final() && now >= refund.created + after)
            .map(|refund| refund.id.clone())
            .collect();
        for id in due {
            if World::spend(&mut self.failing_refunds) {
                self.fail_refund(&id);
            } else {
                self.confirm_refund(&id);
                self.complete_refund(&id);
            }
        }
    }

    /// The bank takes it. False when it is further than that.
    pub fn confirm_refund(&mut self, id: &str) -> bool {
        self.move_refund(id, RefundState::Confirmed, "pg.refund.accepted")
    }

    /// The payer has it. False when it is final.
    pub fn complete_refund(&mut self, id: &str) -> bool {
        self.move_refund(id, RefundState::Completed, "pg.refund.completed")
    }

    /// It comes back. False when it is final.
    pub fn fail_refund(&mut self, id: &str) -> bool {
        self.move_refund(id, RefundState::Failed, "pg.refund.failed")
    }

    /// The payer has it after all, although it was called failed: PhonePe's documents know nothing of the
    /// kind, so nobody is told. False when it did not fail.
    pub fn complete_failed_refund(&mut self, id: &str) -> bool {
        let now = self.now();
        let Some(refund) = self
            .refunds
            .get_mut(id)
            .filter(|refund| refund.state == RefundState::Failed)
        else {
            return false;
        };
        refund.state = RefundState::Completed;
        refund.at = now;
        refund.failure = None;
        true
    }

    fn move_refund(&mut self, id: &str, to: RefundState, event: &str) -> bool {
        let now = self.now();
        let Some(refund) = self.refunds.get_mut(id) else {
            return false;
        };
        if refund.state.is_final() || refund.state == to {
            return false;
        }
        refund.state = to;
        refund.at = now;
        refund.failure = (to == RefundState::Failed).then_some(REFUND_FAILED);
        let refund = refund.clone();
        let payload = wire::refund(self, &refund);
        self.say(event, payload);
        true
    }
}
