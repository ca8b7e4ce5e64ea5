use crate::Event;
use domain::MandateId;
use serde::{Deserialize, Serialize};

/// The gateway says that something happened to a mandate. Nobody has checked it: ask the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MandateReportedV1 {
    pub mandate_id: MandateId,
    /// The gateway's word for it: `subscription.paused`.
    pub event: String,
}

impl Event for MandateReportedV1 {
    const TYPE: &'static str = "mandate.reported";
    const VERSION: u16 = 1;
    fn topic(&self) -> &'static str {
        "mandate-reported-v1"
    }
}
