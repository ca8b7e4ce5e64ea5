//! Idempotency keys: the same request with the same key is done once. Accepting work claims its key in its
//! own statement ([`crate::submit`]).

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{Result, Tx};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// Go on: what is made has the id that was given.
    New,
    /// The first request made this.
    Replayed(Uuid),
    /// The key was used for another request.
    Reused,
}

/// Claims a key for a request, by a hash of its content, and what it makes. A request that comes while the
/// first is at work waits for it.
pub async fn claim(
    tx: &mut Tx,
    key: &str,
    request_hash: &[u8],
    resource: Uuid,
    now: DateTime<Utc>,
) -> Result<Claimed> {
    let done = sqlx::query!(
        "INSERT INTO idempotency_keys (workspace_id, key, request_hash, resource_id, created_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING",
        tx.workspace().0,
        key,
        request_hash,
        resource,
        now
    )
    .execute(tx.conn())
    .await?;
    if done.rows_affected() == 1 {
        return Ok(Claimed::New);
    }
    let first = sqlx::query!(
        "SELECT request_hash, resource_id FROM idempotency_keys WHERE workspace_id = $1 AND key = $2",
        tx.workspace().0,
        key
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(if first.request_hash == request_hash {
        Claimed::Replayed(first.resource_id)
    } else {
        Claimed::Reused
    })
}
