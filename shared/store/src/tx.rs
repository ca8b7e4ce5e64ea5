use domain::WorkspaceId;
use events::Message;
use sqlx::{AssertSqlSafe, PgConnection, Postgres, Transaction};

use crate::outbox::OutboxRows;
use crate::{Result, Store, StoreError};

/// An open transaction. Dropping it rolls back. Messages given to it go out after [`Tx::commit`].
pub struct Tx {
    inner: Transaction<'static, Postgres>,
    store: Store,
    workspace: Option<WorkspaceId>,
    /// Not yet written to the outbox.
    unwritten: Vec<Message>,
    /// Written by the statement that made the change.
    written: Vec<Message>,
}

impl Tx {
    pub(crate) async fn begin(
        store: &Store,
        open: String,
        workspace: Option<WorkspaceId>,
    ) -> Result<Self> {
        // After a restart of the database every pooled connection is stale and fails its first
        // statement. Nothing has been done yet, so take the next one.
        let tries = store.pool().size() + 1;
        let mut last = None;
        for _ in 0..tries {
            // Only identifiers that this crate formats (UUIDs) enter the text.
            match store.pool().begin_with(AssertSqlSafe(open.clone())).await {
                Ok(inner) => {
                    round_trip();
                    let (unwritten, written) = (Vec::new(), Vec::new());
                    return Ok(Self {
                        inner,
                        store: store.clone(),
                        workspace,
                        unwritten,
                        written,
                    });
                }
                Err(error) => {
                    let error = StoreError::from(error);
                    if !error.is_transient() || store.pool().size() == 0 {
                        return Err(error);
                    }
                    last = Some(error);
                }
            }
        }
        Err(last.expect("at least one try was made"))
    }

    /// For one statement.
    pub(crate) fn conn(&mut self) -> &mut PgConnection {
        round_trip();
        &mut self.inner
    }

    pub(crate) fn workspace(&self) -> WorkspaceId {
        self.workspace
            .expect("this operation needs a tenant transaction")
    }

    pub(crate) fn store(&self) -> Store {
        self.store.clone()
    }

    pub(crate) fn sender(&self) -> &'static str {
        self.store.role().sender()
    }

    /// Messages that the caller's own statement has already put in the outbox.
    pub(crate) fn wrote(&mut self, messages: Vec<Message>) {
        self.written.extend(messages);
    }

    /// A message that follows from what this transaction changes.
    pub fn emit(&mut self, message: Message) {
        self.unwritten.push(message);
    }

    /// Commits the change with its messages (1 round trip, 2 when messages were emitted), then hands
    /// the messages to the relay. The hand-over can't fail: what does not go out now is swept up.
    pub async fn commit(mut self) -> Result<()> {
        if !self.unwritten.is_empty() {
            let rows = OutboxRows::new(&self.unwritten);
            let (workspace, sender) = (self.workspace(), self.sender());
            rows.insert(workspace, sender, self.conn()).await?;
            self.written.append(&mut self.unwritten);
        }
        round_trip();
        self.inner.commit().await?;
        if let Some(relay) = self.store.relay.get()
            && !self.written.is_empty()
        {
            relay.dispatch(self.written).await;
        }
        Ok(())
    }

    pub async fn rollback(self) -> Result<()> {
        round_trip();
        Ok(self.inner.rollback().await?)
    }
}

/// Counts what the database is asked, for the benchmark: an atomic addition.
fn round_trip() {
    metrics::counter!("store_round_trips_total").increment(1);
}
