use crate::Event;
use serde::{Deserialize, Serialize};

/// What a workspace is to the tax office has changed: its GSTIN is to be looked up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxProfileChangedV1 {}

impl Event for TaxProfileChangedV1 {
    const TYPE: &'static str = "tax.profile.changed";
    const VERSION: u16 = 1;
    fn topic(&self) -> &'static str {
        "tax-profile-changed-v1"
    }
}
