use crate::Event;
use serde::{Deserialize, Serialize};

/// Proves that the bus works, in any environment. It has no effect but a log line and an audit row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestEventV1 {
    pub note: String,
}

impl Event for TestEventV1 {
    const TYPE: &'static str = "test.event";
    const VERSION: u16 = 1;
    fn topic(&self) -> &'static str {
        "test-event-v1"
    }
}
