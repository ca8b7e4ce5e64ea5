use crate::Event;
use domain::PaymentId;
use serde::{Deserialize, Serialize};

/// The gateway says that something happened to a payment. Nobody has checked it: ask the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentReportedV1 {
    pub payment_id: PaymentId,
    /// The gateway's word for it: `checkout.order.completed`.
    pub event: String,
}

impl Event for PaymentReportedV1 {
    const TYPE: &'static str = "payment.reported";
    const VERSION: u16 = 1;
    fn topic(&self) -> &'static str {
        "payment-reported-v1"
    }
}
