//! Typed records of a workspace: what tools write and read. Never SQL from outside.

use chrono::{DateTime, Utc};
use domain::ExecutionId;
use serde_json::Value;
use uuid::Uuid;

use crate::{Result, Tx};

#[derive(Debug, Clone, serde::Serialize)]
pub struct RecordRow {
    pub id: Uuid,
    pub kind: String,
    pub natural_key: String,
    pub data: Value,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Writes a record; one with the same kind and natural key is replaced. Answers its id and whether
/// it is new.
pub async fn upsert(
    tx: &mut Tx,
    id: Uuid,
    kind: &str,
    natural_key: &str,
    data: &Value,
    execution: Option<ExecutionId>,
) -> Result<(Uuid, bool)> {
    let row = sqlx::query!(
        r#"INSERT INTO records (id, workspace_id, kind, natural_key, data, execution_id) VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (workspace_id, kind, natural_key)
             DO UPDATE SET data = excluded.data, execution_id = excluded.execution_id
           RETURNING id, (id = $1) AS "new!""#,
        id,
        tx.workspace().0,
        kind,
        natural_key,
        data,
        execution.map(|e| e.0),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok((row.id, row.new))
}

/// Records of a kind: those whose data contains `equals` and whose text holds `text`, newest first.
pub async fn find(
    tx: &mut Tx,
    kind: &str,
    equals: &Value,
    text: Option<&str>,
    limit: i64,
) -> Result<Vec<RecordRow>> {
    let rows = sqlx::query_as!(
        RecordRow,
        "SELECT id, kind, natural_key, data, created_at, updated_at FROM records
         WHERE workspace_id = $1 AND kind = $2 AND data @> $3
           AND ($4::text IS NULL OR strpos(lower(data::text), lower($4)) > 0)
         ORDER BY updated_at DESC, id LIMIT $5",
        tx.workspace().0,
        kind,
        equals,
        text,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}
