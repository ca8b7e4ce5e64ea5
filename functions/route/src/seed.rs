//! What a new workspace starts with, and the bus's smoke test.

use bus::Meta;
use domain::WorkspaceId;
use store::agents::{self, AgentSeed};
use store::audit::{self, AuditRow};

use crate::{Deps, Result};

/// The Council: seven supervisors, one row each.
const LORDS: [AgentSeed<'static>; 7] = [
    AgentSeed {
        key: "lord_architect",
        title: "System design and evolution",
        guild: "council",
    },
    AgentSeed {
        key: "lord_cognition",
        title: "Research and knowledge",
        guild: "council",
    },
    AgentSeed {
        key: "lord_strategos",
        title: "Strategy and execution",
        guild: "council",
    },
    AgentSeed {
        key: "lord_aesthete",
        title: "Brand quality and creative oversight",
        guild: "council",
    },
    AgentSeed {
        key: "lord_seer",
        title: "Trends and intelligence",
        guild: "council",
    },
    AgentSeed {
        key: "lord_arbiter",
        title: "Rules, compliance and conflicts",
        guild: "council",
    },
    AgentSeed {
        key: "lord_herald",
        title: "Communication and messaging",
        guild: "council",
    },
];

/// Seats the Council of a workspace. Those already seated stay.
pub async fn council(deps: &Deps, workspace: WorkspaceId) -> Result<()> {
    let mut tx = deps.store.tenant(workspace).await?;
    agents::seed(&mut tx, &LORDS).await?;
    Ok(tx.commit().await?)
}

/// Proves that a message arrives: a log line and an audit row, one for each message.
pub async fn note_test(deps: &Deps, meta: &Meta, note: &str) -> Result<()> {
    tracing::info!(note, "test event");
    let mut tx = deps.store.tenant(meta.workspace_id).await?;
    let row = AuditRow {
        id: meta.message_id,
        action: "bus.test",
        resource: note,
        ok: true,
        correlation_id: Some(&meta.correlation_id),
        at: deps.seams.now(),
        ..AuditRow::default()
    };
    match audit::insert(&mut tx, &row).await {
        // The same message twice: its row is there.
        Err(error) if error.is_conflict() => Ok(()),
        other => {
            other?;
            Ok(tx.commit().await?)
        }
    }
}
