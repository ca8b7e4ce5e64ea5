//! Refresh tokens by hash. A family is one sign-in: each use spends a token and issues the next one
//! of its family; a spent token that comes back means it was stolen, and ends the family.

use chrono::{DateTime, Utc};
use domain::UserId;
use uuid::Uuid;

use crate::{Result, Tx};

#[derive(Debug, Clone)]
pub struct NewToken<'a> {
    /// SHA-256 of the token.
    pub hash: &'a [u8],
    pub family_id: Uuid,
    pub user_id: UserId,
    pub expires_at: DateTime<Utc>,
    pub user_agent: &'a str,
    pub now: DateTime<Utc>,
}

pub async fn insert(tx: &mut Tx, token: &NewToken<'_>) -> Result<()> {
    sqlx::query!(
        "INSERT INTO refresh_tokens (token_hash, family_id, user_id, created_at, expires_at, user_agent)
         VALUES ($1, $2, $3, $4, $5, $6)",
        token.hash,
        token.family_id,
        token.user_id.0,
        token.now,
        token.expires_at,
        token.user_agent,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What presenting a refresh token comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spend {
    /// It was good and is spent now: issue the next one of this family.
    Spent { family_id: Uuid, user_id: UserId },
    /// It had been spent before: the whole family is revoked.
    Reused { user_id: UserId },
    /// Unknown, expired or revoked.
    Refused,
}

/// Spends a token, once even under concurrent use. Commit whatever it answers: a reuse revokes.
pub async fn spend(tx: &mut Tx, hash: &[u8], now: DateTime<Utc>) -> Result<Spend> {
    let spent = sqlx::query!(
        "UPDATE refresh_tokens SET spent_at = $2
         WHERE token_hash = $1 AND spent_at IS NULL AND revoked_at IS NULL AND expires_at > $2
         RETURNING family_id, user_id",
        hash,
        now
    )
    .fetch_optional(tx.conn())
    .await?;
    if let Some(row) = spent {
        return Ok(Spend::Spent {
            family_id: row.family_id,
            user_id: row.user_id.into(),
        });
    }
    let known = sqlx::query!(
        "SELECT family_id, user_id FROM refresh_tokens WHERE token_hash = $1 AND spent_at IS NOT NULL",
        hash
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = known else {
        return Ok(Spend::Refused);
    };
    revoke_family(tx, row.family_id, now).await?;
    Ok(Spend::Reused {
        user_id: row.user_id.into(),
    })
}

/// The family of a token, to sign out of it.
pub async fn family_of(tx: &mut Tx, hash: &[u8]) -> Result<Option<(Uuid, UserId)>> {
    let row = sqlx::query!(
        "SELECT family_id, user_id FROM refresh_tokens WHERE token_hash = $1",
        hash
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| (row.family_id, row.user_id.into())))
}

pub async fn revoke_family(tx: &mut Tx, family: Uuid, now: DateTime<Utc>) -> Result<u64> {
    let done = sqlx::query!(
        "UPDATE refresh_tokens SET revoked_at = $2 WHERE family_id = $1 AND revoked_at IS NULL",
        family,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// Signs a person out everywhere.
pub async fn revoke_all(tx: &mut Tx, user: UserId, now: DateTime<Utc>) -> Result<u64> {
    let done = sqlx::query!(
        "UPDATE refresh_tokens SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL",
        user.0,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}
