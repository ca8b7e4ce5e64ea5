use crate::Event;
use domain::ExecutionId;
use serde::{Deserialize, Serialize};

/// A request was accepted that no single skill clearly answers: it needs a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionRequestedV1 {
    pub execution_id: ExecutionId,
}

impl Event for ExecutionRequestedV1 {
    const TYPE: &'static str = "execution.requested";
    const VERSION: u16 = 1;
    fn topic(&self) -> &'static str {
        "execution-requested-v1"
    }
}
