//! The store on a real PostgreSQL, connected as the functions connect.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod budget;
mod feed;
mod lifecycle;
mod outbox;
mod partitions;
mod tenancy;

use domain::{CorrelationId, ExecutionId, Priority, Seams, StepStatus, Tokens, Usd, UserId};
use events::{ExecutionFinishedV1, Message, StepReadyV1};
use serde_json::{Value, json};
use store::claims::{CallCost, Claim, Finish};
use store::events::{Planned, PlannedStep};
use store::submit::{Submission, Submitted};
use store::{DbRole, Store};
use testkit::Database;

/// A database with one workspace, and the stores of the functions that move an execution.
struct World {
    db: Database,
    seams: Seams,
    user: UserId,
    workspace: domain::WorkspaceId,
    ingress: Store,
    worker: Store,
    bill: Store,
    route: Store,
    operator: Store,
}

impl World {
    async fn new() -> Self {
        let db = Database::create().await;
        let seams = runtime::system_seams();
        let (user, workspace) = db.workspace(&seams, domain::Tier::Starter).await;
        Self {
            ingress: db.store(DbRole::Ingress),
            worker: db.store(DbRole::ExecuteSkill),
            bill: db.store(DbRole::Bill),
            route: db.store(DbRole::Route),
            operator: db.store(DbRole::Operator),
            db,
            seams,
            user,
            workspace,
        }
    }

    fn message<E: events::Event>(&self, event: &E, source: &str) -> Message {
        Message::new(
            event,
            source,
            self.workspace,
            CorrelationId::from(self.seams.uuid()),
            None,
            &self.seams,
        )
    }

    /// Submits a plan of `steps` steps, each depending on the one before it, holding `hold` dollars.
    async fn submit(
        &self,
        steps: i32,
        hold: &str,
        key: Option<(&str, &[u8])>,
    ) -> (ExecutionId, Submitted) {
        let id = ExecutionId(self.seams.uuid());
        let plan = Planned {
            steps: (0..steps)
                .map(|step| PlannedStep {
                    step,
                    skill_id: format!("skill.{step}"),
                    version: "1.0.0".into(),
                    hash: "h".into(),
                    depends_on: if step == 0 { vec![] } else { vec![step - 1] },
                    input: json!({}),
                })
                .collect(),
            why: None,
        };
        let ready = StepReadyV1 {
            execution_id: id,
            step: 0,
            skill_id: "skill.0".into(),
            priority: Priority::Standard,
        };
        let now = self.seams.now();
        let correlation_id = CorrelationId::from(id.0);
        let submission = Submission {
            id,
            user_id: self.user,
            prompt: "Plan a Diwali campaign",
            skill_id: None,
            input: &json!({ "city": "Jaipur" }),
            priority: Priority::Standard,
            plan: Some(plan),
            hold: usd(hold),
            correlation_id: &correlation_id,
            idempotency: key,
            messages: vec![self.message(&ready, "ingress")],
            now,
            hold_expires_at: now + chrono::TimeDelta::hours(1),
            due_at: now + chrono::TimeDelta::minutes(1),
        };
        let tx = self.ingress.tenant(self.workspace).await.unwrap();
        (id, store::submit::submit(tx, submission).await.unwrap())
    }

    async fn claim(&self, id: ExecutionId, step: i32, lease_seconds: i64) -> Option<Claim> {
        let now = self.seams.now();
        let tx = self.worker.tenant_relaxed(self.workspace).await.unwrap();
        let until = now + chrono::TimeDelta::seconds(lease_seconds);
        store::claims::claim(tx, id, step, self.seams.uuid(), now, until)
            .await
            .unwrap()
    }

    async fn finish(&self, claim: &Claim, cost: &str, output: Value) -> bool {
        let finished = ExecutionFinishedV1 {
            execution_id: claim.execution_id,
            status: domain::ExecutionStatus::Completed,
        };
        let finish = Finish {
            status: StepStatus::Completed,
            output: Some(output),
            error_code: None,
            error_detail: None,
            model: Some("fake".into()),
            cost: usd(cost),
            tokens: Tokens {
                input: 100,
                output: 20,
            },
            calls: vec![self.call(cost)],
            events: vec![],
            messages: vec![self.message(&finished, "execute-skill")],
            now: self.seams.now(),
        };
        let tx = self.worker.tenant(self.workspace).await.unwrap();
        store::claims::finish(tx, claim, finish).await.unwrap()
    }

    fn call(&self, cost: &str) -> CallCost {
        CallCost {
            model: "fake".into(),
            provider: "fake".into(),
            tokens_input: 100,
            tokens_cached: 0,
            tokens_output: 20,
            certainty: "reported",
            cost: usd(cost),
            at: self.seams.now(),
        }
    }

    async fn settle(&self, id: ExecutionId) -> Option<store::budgets::Charged> {
        let mut tx = self.bill.tenant(self.workspace).await.unwrap();
        let charged = store::budgets::settle(&mut tx, id, self.seams.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        charged
    }

    async fn budget(&self) -> store::budgets::Budget {
        let mut tx = self.bill.tenant(self.workspace).await.unwrap();
        store::budgets::current(&mut tx, domain::Period::of(self.seams.now()))
            .await
            .unwrap()
    }

    async fn assert_balanced(&self) {
        let mut tx = self.operator.sweep().await.unwrap();
        let wrong = store::ledger::imbalances(&mut tx).await.unwrap();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}

fn usd(text: &str) -> Usd {
    Usd(text.parse().unwrap())
}
