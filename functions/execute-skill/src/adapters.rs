//! What tools need of the database, on the store.

use std::time::Duration;

use async_trait::async_trait;
use backon::{ExponentialBuilder, Retryable};
use domain::{ExecutionId, WorkspaceId};
use serde_json::Value;
use store::audit::AuditRow;
use store::{Store, StoreError};
use tools::{AuditEntry, RecordsError, StoredRecord};
use uuid::Uuid;

/// Typed records of a workspace.
pub struct StoreRecords {
    pub store: Store,
    pub seams: domain::Seams,
}

fn unavailable(error: StoreError) -> RecordsError {
    RecordsError(error.to_string())
}

#[async_trait]
impl tools::Records for StoreRecords {
    async fn upsert(
        &self,
        workspace: WorkspaceId,
        execution: Option<ExecutionId>,
        kind: &str,
        natural_key: &str,
        data: &Value,
    ) -> Result<(Uuid, bool), RecordsError> {
        let mut tx = self.store.tenant(workspace).await.map_err(unavailable)?;
        let written = store::records::upsert(
            &mut tx,
            self.seams.uuid(),
            kind,
            natural_key,
            data,
            execution,
        )
        .await
        .map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)?;
        Ok(written)
    }

    async fn find(
        &self,
        workspace: WorkspaceId,
        kind: &str,
        equals: &Value,
        text: Option<&str>,
        limit: i64,
    ) -> Result<Vec<StoredRecord>, RecordsError> {
        let mut tx = self.store.tenant(workspace).await.map_err(unavailable)?;
        let rows = store::records::find(&mut tx, kind, equals, text, limit)
            .await
            .map_err(unavailable)?;
        tx.rollback().await.map_err(unavailable)?;
        Ok(rows
            .into_iter()
            .map(|row| StoredRecord {
                id: row.id,
                kind: row.kind,
                natural_key: row.natural_key,
                data: row.data,
                updated_at: row.updated_at,
            })
            .collect())
    }
}

/// One audit row for each tool call.
pub struct StoreAudit {
    pub store: Store,
}

#[async_trait]
impl tools::Audit for StoreAudit {
    async fn record(&self, entry: AuditEntry) -> Result<(), String> {
        let context = &entry.context;
        let row = AuditRow {
            id: context.seams.uuid(),
            actor: context.actor_user_id,
            agent: context.agent_id.as_deref(),
            action: "tool.call",
            resource: &entry.tool,
            execution: context.execution_id.zip(context.step),
            input: Some(entry.input),
            output: Some(entry.output),
            ok: entry.ok,
            error_code: entry.error_code.as_deref(),
            cost: entry.cost,
            duration_ms: i32::try_from(entry.duration.as_millis()).ok(),
            correlation_id: context.correlation_id.as_ref(),
            at: entry.at,
            ..AuditRow::default()
        };
        let write = || async {
            let mut tx = self.store.tenant_relaxed(context.workspace_id).await?;
            store::audit::insert(&mut tx, &row).await?;
            tx.commit().await
        };
        // The call is made and can't be undone: its row outlasts a restart of the database.
        let pace = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(100))
            .with_max_times(5);
        match write.retry(pace).when(StoreError::is_transient).await {
            // Written before; only the answer was lost.
            Err(error) if error.is_conflict() => Ok(()),
            other => other.map_err(|error| error.to_string()),
        }
    }
}
