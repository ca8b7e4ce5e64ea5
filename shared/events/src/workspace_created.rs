use crate::Event;
use domain::{Tier, UserId};
use serde::{Deserialize, Serialize};

/// A workspace exists, with its first member and its budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkspaceCreatedV1 {
    pub name: String,
    pub owner_id: UserId,
    pub tier: Tier,
}

impl Event for WorkspaceCreatedV1 {
    const TYPE: &'static str = "workspace.created";
    const VERSION: u16 = 1;
    fn topic(&self) -> &'static str {
        "workspace-created-v1"
    }
}
