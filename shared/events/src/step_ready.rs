use crate::Event;
use domain::{ExecutionId, Priority};
use serde::{Deserialize, Serialize};

/// A step has all it depends on and may run. Its priority chooses the topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepReadyV1 {
    pub execution_id: ExecutionId,
    /// Its place in the plan, from 0.
    pub step: i32,
    pub skill_id: String,
    pub priority: Priority,
}

impl Event for StepReadyV1 {
    const TYPE: &'static str = "step.ready";
    const VERSION: u16 = 1;
    fn topic(&self) -> &'static str {
        match self.priority {
            Priority::Realtime => "step-ready-realtime-v1",
            Priority::Standard => "step-ready-standard-v1",
            Priority::Batch => "step-ready-batch-v1",
        }
    }
}
