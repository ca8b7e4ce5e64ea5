//! Messages on their way out. They commit with the change they follow from, go out from memory at
//! once, and their rows are deleted in batches when the broker has them.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{CorrelationId, WorkspaceId};
use events::{Custody, Message, Publisher};
use sqlx::PgConnection;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::{Result, Store, StoreError, Tx};

/// Columns of several messages, for `unnest`.
#[derive(Default)]
pub(crate) struct OutboxRows {
    pub ids: Vec<Uuid>,
    pub topics: Vec<String>,
    pub kinds: Vec<String>,
    pub versions: Vec<i32>,
    pub correlations: Vec<String>,
    pub traceparents: Vec<Option<String>>,
    pub data: Vec<Vec<u8>>,
    pub times: Vec<DateTime<Utc>>,
}

impl OutboxRows {
    pub fn new(messages: &[Message]) -> Self {
        let mut rows = Self::default();
        for message in messages {
            rows.ids.push(message.id);
            rows.topics.push(message.topic.clone());
            rows.kinds.push(message.kind.clone());
            rows.versions.push(i32::from(message.version));
            rows.correlations
                .push(message.correlation_id.as_str().to_owned());
            rows.traceparents.push(message.traceparent.clone());
            rows.data.push(message.data.to_vec());
            rows.times.push(message.time);
        }
        rows
    }

    pub async fn insert(
        &self,
        workspace: WorkspaceId,
        sender: &str,
        conn: &mut PgConnection,
    ) -> Result<()> {
        sqlx::query!(
            "INSERT INTO outbox (id, workspace_id, sender, topic, kind, version, correlation_id, traceparent, data, created_at)
             SELECT o.id, $1, $2, o.topic, o.kind, o.version, o.correlation_id, o.traceparent, o.data, o.created_at
             FROM unnest($3::uuid[], $4::text[], $5::text[], $6::int[], $7::text[], $8::text[], $9::bytea[], $10::timestamptz[])
               AS o (id, topic, kind, version, correlation_id, traceparent, data, created_at)",
            workspace.0,
            sender,
            &self.ids,
            &self.topics,
            &self.kinds,
            &self.versions,
            &self.correlations,
            &self.traceparents as _,
            &self.data,
            &self.times,
        )
        .execute(conn)
        .await?;
        Ok(())
    }
}

/// Messages of `sender` that were written before `before` and are still there, oldest first.
pub async fn stale(
    tx: &mut Tx,
    sender: &str,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Message>> {
    let rows = sqlx::query!(
        "SELECT id, workspace_id, topic, kind, version, correlation_id, traceparent, data, created_at
         FROM outbox WHERE sender = $1 AND created_at < $2 ORDER BY created_at LIMIT $3",
        sender,
        before,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Message {
                id: row.id,
                topic: row.topic,
                kind: row.kind,
                version: u16::try_from(row.version).map_err(|_| {
                    StoreError::Config("an outbox row has an impossible version".into())
                })?,
                source: sender.to_owned(),
                time: row.created_at,
                workspace_id: WorkspaceId(row.workspace_id),
                correlation_id: CorrelationId::parse(&row.correlation_id)
                    .unwrap_or_else(|| CorrelationId::from(row.id)),
                traceparent: row.traceparent,
                data: row.data.into(),
            })
        })
        .collect()
}

/// Forgets messages that are safely out. Needs a sweeping transaction.
pub async fn delete(tx: &mut Tx, ids: &[Uuid]) -> Result<u64> {
    let done = sqlx::query!("DELETE FROM outbox WHERE id = ANY($1)", ids)
        .execute(tx.conn())
        .await?;
    Ok(done.rows_affected())
}

/// How many messages wait, over all senders and tenants.
pub async fn waiting(tx: &mut Tx) -> Result<i64> {
    Ok(
        sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM outbox"#)
            .fetch_one(tx.conn())
            .await?,
    )
}

/// Rows deleted at once.
const BATCH: usize = 500;
/// How long a delete waits for company.
const LINGER: Duration = Duration::from_millis(20);

/// Carries committed messages to the broker and clears their rows.
#[derive(Clone)]
pub struct Relay {
    store: Store,
    publisher: Arc<dyn Publisher>,
    released: mpsc::Sender<Uuid>,
}

impl Relay {
    /// Starts the task that clears rows; it ends when the relay is dropped.
    pub fn start(store: Store, publisher: Arc<dyn Publisher>) -> Self {
        let (released, receiver) = mpsc::channel(10_000);
        tokio::spawn(clear_rows(store.clone(), receiver));
        Self {
            store,
            publisher,
            released,
        }
    }

    /// Sends committed messages. Returns when the broker has answered for each of them; a failure is
    /// logged and left to the sweep.
    pub async fn dispatch(&self, messages: Vec<Message>) {
        let ids: Vec<Uuid> = messages.iter().map(|message| message.id).collect();
        for (id, result) in ids.into_iter().zip(self.publisher.publish(messages).await) {
            match result {
                // A full queue only delays the delete until the next sweep sends the message again.
                Ok(Custody::Released) => drop(self.released.try_send(id)),
                Ok(Custody::Held) => {}
                Err(error) => {
                    metrics::counter!("outbox_publish_failures_total").increment(1);
                    tracing::debug!(%error, message.id = %id, "left for the sweep");
                }
            }
        }
    }

    /// Sends again what is older than `age`: what a crash or an outage left. Returns how many.
    pub async fn sweep(&self, now: DateTime<Utc>, age: Duration) -> Result<usize> {
        let before = now - chrono::Duration::from_std(age).unwrap_or_default();
        let mut tx = self.store.sweep().await?;
        let messages = stale(&mut tx, self.store.role().sender(), before, 1_000).await?;
        tx.rollback().await?;
        let count = messages.len();
        if count > 0 {
            tracing::info!(count, "sending outbox rows again");
            self.dispatch(messages).await;
        }
        Ok(count)
    }
}

async fn clear_rows(store: Store, mut released: mpsc::Receiver<Uuid>) {
    let mut batch = Vec::with_capacity(BATCH);
    while released.recv_many(&mut batch, BATCH).await > 0 {
        if batch.len() < BATCH {
            tokio::time::sleep(LINGER).await;
            while batch.len() < BATCH
                && let Ok(id) = released.try_recv()
            {
                batch.push(id);
            }
        }
        let cleared = async {
            let mut tx = store.sweep().await?;
            delete(&mut tx, &batch).await?;
            tx.commit().await
        };
        if let Err(error) = cleared.await {
            // The rows stay; the sweep sends them again and they come back here.
            tracing::warn!(%error, count = batch.len(), "outbox rows were not cleared");
        }
        batch.clear();
    }
}
