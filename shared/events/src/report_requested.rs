use crate::Event;
use domain::Period;
use serde::{Deserialize, Serialize};

/// Somebody wants the report of a closed month on paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRequestedV1 {
    /// The month.
    pub period: Period,
}

impl Event for ReportRequestedV1 {
    const TYPE: &'static str = "report.requested";
    const VERSION: u16 = 1;
    fn topic(&self) -> &'static str {
        "report-requested-v1"
    }
}
