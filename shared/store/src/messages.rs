//! The fate of messages: confirmed, dead or rejected. Implements [`events::MessageLog`].

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::WorkspaceId;
use events::{DeadLetter, Message, MessageLog, Rejection};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

use crate::{Result, Store, StoreError, Tx, outbox};

fn workspace_of(attributes: &BTreeMap<String, String>) -> Option<Uuid> {
    attributes
        .get("workspace_id")
        .and_then(|id| id.parse().ok())
}

#[async_trait]
impl MessageLog for Store {
    async fn confirm(&self, ids: Vec<Uuid>) -> Result<(), String> {
        let cleared = async {
            let mut tx = self.sweep().await?;
            outbox::delete(&mut tx, &ids).await?;
            tx.commit().await
        };
        cleared.await.map_err(|error: StoreError| error.to_string())
    }

    async fn dead_letter(&self, letter: DeadLetter) -> Result<(), String> {
        let stored = async {
            let mut tx = self.sweep().await?;
            sqlx::query!(
                "INSERT INTO dead_letters (subscription, message_id, workspace_id, attributes, data, attempts, reason)
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
                letter.subscription,
                letter.message_id,
                workspace_of(&letter.attributes),
                serde_json::json!(letter.attributes),
                letter.data,
                letter.attempts,
                letter.reason,
            )
            .execute(tx.conn())
            .await?;
            tx.commit().await
        };
        stored.await.map_err(|error: StoreError| error.to_string())
    }

    async fn reject(&self, rejection: Rejection) -> Result<(), String> {
        let stored = async {
            let mut tx = self.sweep().await?;
            sqlx::query!(
                "INSERT INTO rejected_messages (subscription, message_id, workspace_id, attributes, data, code, reason)
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
                rejection.subscription,
                rejection.message_id,
                workspace_of(&rejection.attributes),
                serde_json::json!(rejection.attributes),
                rejection.data,
                rejection.code,
                rejection.reason,
            )
            .execute(tx.conn())
            .await?;
            tx.commit().await
        };
        stored.await.map_err(|error: StoreError| error.to_string())
    }
}

#[derive(Debug, Clone, serde::Serialize)]
pub struct StoredLetter {
    pub id: Uuid,
    pub subscription: String,
    pub message_id: String,
    pub workspace_id: Option<WorkspaceId>,
    pub attributes: BTreeMap<String, String>,
    /// As text; what is not UTF-8 is replaced.
    pub data: String,
    pub attempts: i32,
    pub reason: String,
    pub created_at: DateTime<Utc>,
    pub replayed_at: Option<DateTime<Utc>>,
}

struct LetterRow {
    id: Uuid,
    subscription: String,
    message_id: String,
    workspace_id: Option<Uuid>,
    attributes: Value,
    data: Vec<u8>,
    attempts: i32,
    reason: String,
    created_at: DateTime<Utc>,
    replayed_at: Option<DateTime<Utc>>,
}

impl From<LetterRow> for StoredLetter {
    fn from(row: LetterRow) -> Self {
        Self {
            id: row.id,
            subscription: row.subscription,
            message_id: row.message_id,
            workspace_id: row.workspace_id.map(WorkspaceId),
            attributes: serde_json::from_value(row.attributes).unwrap_or_default(),
            data: String::from_utf8_lossy(&row.data).into_owned(),
            attempts: row.attempts,
            reason: row.reason,
            created_at: row.created_at,
            replayed_at: row.replayed_at,
        }
    }
}

/// Dead letters, newest first; those replayed before only if asked. Needs a sweeping operator's
/// transaction.
pub async fn dead_letters(
    tx: &mut Tx,
    replayed_too: bool,
    limit: i64,
) -> Result<Vec<StoredLetter>> {
    let rows = sqlx::query_as!(
        LetterRow,
        "SELECT id, subscription, message_id, workspace_id, attributes, data, attempts, reason, created_at, replayed_at
         FROM dead_letters WHERE $1 OR replayed_at IS NULL ORDER BY created_at DESC LIMIT $2",
        replayed_too,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(StoredLetter::from).collect())
}

pub async fn dead_letter(tx: &mut Tx, id: Uuid) -> Result<StoredLetter> {
    let row = sqlx::query_as!(
        LetterRow,
        "SELECT id, subscription, message_id, workspace_id, attributes, data, attempts, reason, created_at, replayed_at
         FROM dead_letters WHERE id = $1",
        id
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.into())
}

/// Puts a dead letter's message back in the outbox of the function that sent it, whose sweep sends it.
/// Every subscription of the topic hears it again; they are idempotent. `fresh_id` names the new
/// message, so that no broker takes it for the old one.
pub async fn replay(
    store: &Store,
    id: Uuid,
    fresh_id: Uuid,
    now: DateTime<Utc>,
) -> Result<Message> {
    let mut tx = store.sweep().await?;
    let letter = dead_letter(&mut tx, id).await?;
    let topic = letter
        .subscription
        .rsplit_once('.')
        .map_or(letter.subscription.as_str(), |(topic, _)| topic);
    let mut message =
        Message::from_parts(topic, &letter.attributes, letter.data.into_bytes().into()).map_err(
            |error| StoreError::Config(format!("the letter can't be replayed: {error}").into()),
        )?;
    message.id = fresh_id;
    sqlx::query!(
        "UPDATE dead_letters SET replayed_at = $2 WHERE id = $1",
        id,
        now
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "SELECT set_config('app.workspace_id', $1, true) AS workspace",
        message.workspace_id.to_string()
    )
    .fetch_one(tx.conn())
    .await?;
    outbox::OutboxRows::new(std::slice::from_ref(&message))
        .insert(message.workspace_id, &message.source, tx.conn())
        .await?;
    tx.commit().await?;
    Ok(message)
}

#[derive(Debug, Clone, serde::Serialize)]
pub struct StoredRejection {
    pub id: Uuid,
    pub subscription: String,
    pub message_id: String,
    pub code: String,
    pub reason: String,
    pub created_at: DateTime<Utc>,
}

/// Rejected messages, newest first. Needs a sweeping operator's transaction.
pub async fn rejections(tx: &mut Tx, limit: i64) -> Result<Vec<StoredRejection>> {
    let rows = sqlx::query_as!(
        StoredRejection,
        "SELECT id, subscription, message_id, code, reason, created_at
         FROM rejected_messages ORDER BY created_at DESC LIMIT $1",
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}
