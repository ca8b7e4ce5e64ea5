use crate::Event;
use domain::{PaymentId, RefundId};
use serde::{Deserialize, Serialize};

/// Money that an invoice was made for went back: a credit note is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundCompletedV1 {
    pub refund_id: RefundId,
    pub payment_id: PaymentId,
}

impl Event for RefundCompletedV1 {
    const TYPE: &'static str = "refund.completed";
    const VERSION: u16 = 1;
    fn topic(&self) -> &'static str {
        "refund-completed-v1"
    }
}
