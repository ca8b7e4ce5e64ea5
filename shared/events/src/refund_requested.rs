use crate::Event;
use domain::RefundId;
use serde::{Deserialize, Serialize};

/// A refund was written down: the gateway is to be asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundRequestedV1 {
    pub refund_id: RefundId,
}

impl Event for RefundRequestedV1 {
    const TYPE: &'static str = "refund.requested";
    const VERSION: u16 = 1;
    fn topic(&self) -> &'static str {
        "refund-requested-v1"
    }
}
