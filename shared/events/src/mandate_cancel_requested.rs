use crate::Event;
use domain::MandateId;
use serde::{Deserialize, Serialize};

/// Somebody who may wants no more debits under a mandate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MandateCancelRequestedV1 {
    pub mandate_id: MandateId,
}

impl Event for MandateCancelRequestedV1 {
    const TYPE: &'static str = "mandate.cancel.requested";
    const VERSION: u16 = 1;
    fn topic(&self) -> &'static str {
        "mandate-cancel-requested-v1"
    }
}
