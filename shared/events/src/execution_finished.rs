use crate::Event;
use domain::{ExecutionId, ExecutionStatus};
use serde::{Deserialize, Serialize};

/// Nothing of an execution runs any more: its cost is known and its hold can be settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionFinishedV1 {
    pub execution_id: ExecutionId,
    pub status: ExecutionStatus,
}

impl Event for ExecutionFinishedV1 {
    const TYPE: &'static str = "execution.finished";
    const VERSION: u16 = 1;
    fn topic(&self) -> &'static str {
        "execution-finished-v1"
    }
}
