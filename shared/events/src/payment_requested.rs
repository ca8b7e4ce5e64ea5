use crate::Event;
use domain::PaymentId;
use serde::{Deserialize, Serialize};

/// A payment was written down: the gateway is to be asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentRequestedV1 {
    pub payment_id: PaymentId,
}

impl Event for PaymentRequestedV1 {
    const TYPE: &'static str = "payment.requested";
    const VERSION: u16 = 1;
    fn topic(&self) -> &'static str {
        "payment-requested-v1"
    }
}
