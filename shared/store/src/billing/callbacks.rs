//! Callbacks of the payment gateway, as they came.

use chrono::{DateTime, Utc};
use domain::WorkspaceId;

use crate::{Result, Tx};

#[derive(Debug, Clone)]
pub struct Callback<'a> {
    /// SHA-256 of the body.
    pub body_hash: &'a [u8],
    /// Of the id in it; `None` when that is none of ours. The transaction is that tenant's, or a sweeping
    /// one.
    pub workspace_id: Option<WorkspaceId>,
    pub event: &'a str,
    pub merchant_id: Option<&'a str>,
    pub body: &'a [u8],
    pub now: DateTime<Utc>,
}

/// Records a callback once. `false` when it was recorded before.
pub async fn record(tx: &mut Tx, callback: &Callback<'_>) -> Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO payment_callbacks (body_hash, workspace_id, event, merchant_id, body, received_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        callback.body_hash,
        callback.workspace_id.map(|id| id.0),
        callback.event,
        callback.merchant_id,
        callback.body,
        callback.now,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}
