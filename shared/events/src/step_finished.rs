use crate::Event;
use domain::{ExecutionId, StepStatus};
use serde::{Deserialize, Serialize};

/// A step of a plan with several steps has ended, well or badly. (A plan of one step ends with its
/// step: that is `execution.finished` at once.)
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepFinishedV1 {
    pub execution_id: ExecutionId,
    pub step: i32,
    pub status: StepStatus,
}

impl Event for StepFinishedV1 {
    const TYPE: &'static str = "step.finished";
    const VERSION: u16 = 1;
    fn topic(&self) -> &'static str {
        "step-finished-v1"
    }
}
