use crate::Event;
use domain::RefundId;
use serde::{Deserialize, Serialize};

/// The gateway says that something happened to a refund. Nobody has checked it: ask the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundReportedV1 {
    pub refund_id: RefundId,
    /// The gateway's word for it: `pg.refund.completed`.
    pub event: String,
}

impl Event for RefundReportedV1 {
    const TYPE: &'static str = "refund.reported";
    const VERSION: u16 = 1;
    fn topic(&self) -> &'static str {
        "refund-reported-v1"
    }
}
