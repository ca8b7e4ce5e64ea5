use crate::Event;
use domain::PaymentId;
use serde::{Deserialize, Serialize};

/// Money came and was used for what it was meant for: an invoice is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentCapturedV1 {
    pub payment_id: PaymentId,
}

impl Event for PaymentCapturedV1 {
    const TYPE: &'static str = "payment.captured";
    const VERSION: u16 = 1;
    fn topic(&self) -> &'static str {
        "payment-captured-v1"
    }
}
