use crate::Event;
use domain::ExecutionId;
use serde::{Deserialize, Serialize};

/// A worker that had lost its lease still spent money: its usage is charged outside the settlement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageRecordedV1 {
    pub execution_id: ExecutionId,
    pub step: i32,
    /// The attempt that spent it; with the step, the natural key of the charge.
    pub attempt: i32,
}

impl Event for UsageRecordedV1 {
    const TYPE: &'static str = "usage.recorded";
    const VERSION: u16 = 1;
    fn topic(&self) -> &'static str {
        "usage-recorded-v1"
    }
}
