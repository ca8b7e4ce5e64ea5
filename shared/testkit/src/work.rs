//! Accepted executions, as ingress accepts them.

use chrono::TimeDelta;
use domain::{CorrelationId, ExecutionId, Priority, Seams, Tier, Usd, UserId, WorkspaceId};
use serde_json::{Value, json};
use store::events::Planned;
use store::submit::{Submission, Submitted};
use store::{DbRole, Store};

use crate::Database;

/// A person with a workspace, who asks for work.
pub struct Asker {
    pub user: UserId,
    pub workspace: WorkspaceId,
    /// As ingress.
    pub store: Store,
    seams: Seams,
}

impl Asker {
    /// # Panics
    /// When the database refuses.
    pub async fn new(db: &Database, seams: &Seams, tier: Tier) -> Self {
        let (user, workspace) = db.workspace(seams, tier).await;
        let (store, seams) = (db.store(DbRole::Ingress), seams.clone());
        Self {
            user,
            workspace,
            store,
            seams,
        }
    }

    /// An execution with this plan, or one that still needs a plan. It emits nothing.
    ///
    /// # Panics
    /// When it is not accepted.
    pub async fn submit(
        &self,
        prompt: &str,
        input: Value,
        plan: Option<Planned>,
        hold: &str,
    ) -> ExecutionId {
        let id = ExecutionId(self.seams.uuid());
        let now = self.seams.now();
        let submission = Submission {
            id,
            user_id: self.user,
            prompt,
            skill_id: None,
            input: &input,
            priority: Priority::Standard,
            plan,
            hold: Usd(hold.parse().expect("a decimal")),
            correlation_id: &CorrelationId::from(id.0),
            idempotency: None,
            messages: vec![],
            now,
            hold_expires_at: now + TimeDelta::hours(1),
            due_at: now + TimeDelta::minutes(1),
        };
        let tx = self
            .store
            .tenant(self.workspace)
            .await
            .expect("a transaction");
        let submitted = store::submit::submit(tx, submission).await;
        assert_eq!(submitted.expect("an answer"), Submitted::Accepted);
        id
    }

    /// An execution as it stands, with its steps.
    ///
    /// # Panics
    /// When it is not there.
    pub async fn look(
        &self,
        id: ExecutionId,
    ) -> (store::executions::Execution, Vec<store::executions::Run>) {
        let mut tx = self
            .store
            .tenant(self.workspace)
            .await
            .expect("a transaction");
        let execution = store::executions::get(&mut tx, id)
            .await
            .expect("it is there");
        let runs = store::executions::runs(&mut tx, id)
            .await
            .expect("its steps");
        (execution, runs)
    }

    /// What happened to it, by name.
    ///
    /// # Panics
    /// When the log can't be read.
    pub async fn kinds(&self, id: ExecutionId) -> Vec<String> {
        let mut tx = self
            .store
            .tenant(self.workspace)
            .await
            .expect("a transaction");
        let events = store::events::of_execution(&mut tx, id, 0, 1000).await;
        let kind = |event: &store::events::LoggedEvent| json!(event.event)["kind"].to_string();
        let events = events.expect("a log");
        let kinds = events.iter().map(kind);
        kinds
            .map(|kind| kind.trim_matches('"').to_owned())
            .collect()
    }

    /// How often a thing of this name happened to it.
    ///
    /// # Panics
    /// When the log can't be read.
    pub async fn count(&self, id: ExecutionId, kind: &str) -> usize {
        let kinds = self.kinds(id).await;
        kinds.iter().filter(|one| *one == kind).count()
    }
}

/// What is open in a whole database: executions, holds, messages.
///
/// # Panics
/// When the database refuses.
pub async fn open_work(db: &Database) -> store::ledger::OpenWork {
    let mut tx = db
        .store(DbRole::Operator)
        .sweep()
        .await
        .expect("a transaction");
    store::ledger::open_work(&mut tx).await.expect("counts")
}
