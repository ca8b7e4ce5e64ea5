//! bill on a real PostgreSQL: its consumers through the push route and its schedules.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod close;
mod money;
mod rows;
mod watch;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use bill::{Config, Deps, NAME, app};
use bus::Verify;
use chrono::TimeDelta;
use clap::Parser;
use domain::{
    CorrelationId, ExecutionId, ExecutionStatus, Seams, StepStatus, Tokens, Usd, WorkspaceId,
};
use events::{ExecutionFinishedV1, Message, UsageRecordedV1};
use serde_json::{Value, json};
use store::claims::{CallCost, Claim, Finish};
use store::events::{Planned, PlannedStep};
use store::{DbRole, Store};
use testkit::{Asker, Database, ManualClock, manual_seams, push_body};
use tower::ServiceExt;

struct World {
    db: Database,
    seams: Seams,
    clock: Arc<ManualClock>,
    workspace: WorkspaceId,
    asker: Asker,
    worker: Store,
    deps: Deps,
    app: Router,
}

impl World {
    async fn new() -> Self {
        let db = Database::create().await;
        let (seams, clock) = manual_seams();
        let asker = Asker::new(&db, &seams, domain::Tier::Starter).await;
        let deps = deps(db.store(DbRole::Bill), &seams);
        let app = app(&deps, Verify::Off);
        let worker = db.store(DbRole::ExecuteSkill);
        Self {
            db,
            seams,
            clock,
            workspace: asker.workspace,
            asker,
            worker,
            deps,
            app,
        }
    }

    async fn submit(&self, hold: &str) -> ExecutionId {
        let step = PlannedStep {
            step: 0,
            skill_id: "campaign.diwali".into(),
            version: "1.0.0".into(),
            hash: "h".into(),
            depends_on: vec![],
            input: json!({}),
        };
        let plan = Planned {
            steps: vec![step],
            why: None,
        };
        let prompt = "Plan a Diwali campaign";
        self.asker.submit(prompt, json!({}), Some(plan), hold).await
    }

    async fn claim(&self, id: ExecutionId) -> Claim {
        let now = self.seams.now();
        let tx = self.worker.tenant(self.workspace).await.unwrap();
        let until = now + TimeDelta::seconds(30);
        store::claims::claim(tx, id, 0, self.seams.uuid(), now, until)
            .await
            .unwrap()
            .unwrap()
    }

    async fn finish(&self, id: ExecutionId, cost: &str) {
        let claim = self.claim(id).await;
        let finish = Finish {
            status: StepStatus::Completed,
            output: Some(json!("done")),
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
            messages: vec![],
            now: self.seams.now(),
        };
        let tx = self.worker.tenant(self.workspace).await.unwrap();
        assert!(store::claims::finish(tx, &claim, finish).await.unwrap());
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

    fn finished(&self, id: ExecutionId) -> Message {
        let event = ExecutionFinishedV1 {
            execution_id: id,
            status: ExecutionStatus::Completed,
        };
        Message::new(
            &event,
            "execute-skill",
            self.workspace,
            CorrelationId::from(id.0),
            None,
            &self.seams,
        )
    }

    async fn push(&self, message: &Message) -> StatusCode {
        self.post(
            &format!("/push/{}.bill", message.topic),
            push_body(message, 1),
        )
        .await
        .0
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let request = Request::post(path)
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()));
        let response = self.app.clone().oneshot(request.unwrap()).await.unwrap();
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20)
            .await
            .unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    async fn budget(&self) -> (Usd, Usd) {
        let mut tx = self.deps.store.tenant(self.workspace).await.unwrap();
        let budget = store::budgets::current(&mut tx, domain::Period::of(self.seams.now()))
            .await
            .unwrap();
        (budget.spent_usd, budget.held_usd)
    }

    async fn balanced(&self) {
        let mut tx = self.db.store(DbRole::Operator).sweep().await.unwrap();
        let wrong = store::ledger::imbalances(&mut tx).await.unwrap();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}

/// Nobody asks the gateway here.
fn deps(store: Store, seams: &Seams) -> Deps {
    let config = Config::try_parse_from(["bill"]).unwrap();
    let account = phonepe::Account::at("http://127.0.0.1:1", "client", "secret");
    Deps::new(&config, store, account, seams.clone()).unwrap()
}

fn usd(text: &str) -> Usd {
    Usd(text.parse().unwrap())
}

#[tokio::test]
async fn a_finished_execution_is_settled_once_however_often_it_is_told() {
    let world = World::new().await;
    let id = world.submit("0.10").await;
    world.finish(id, "0.034567").await;
    let message = world.finished(id);
    for _ in 0..3 {
        assert_eq!(world.push(&message).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(world.budget().await, (usd("0.034567"), usd("0")));
    world.balanced().await;
}

#[tokio::test]
async fn late_usage_is_charged_once() {
    let world = World::new().await;
    let id = world.submit("0.10").await;
    let slow = world.claim(id).await;
    world.clock.advance(TimeDelta::minutes(1));
    world.finish(id, "0.02").await;
    world.push(&world.finished(id)).await;
    let mut tx = world.worker.tenant(world.workspace).await.unwrap();
    store::claims::charge_late(&mut tx, &slow, &[world.call("0.03")])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let event = UsageRecordedV1 {
        execution_id: id,
        step: 0,
        attempt: slow.attempt,
    };
    let message = Message::new(
        &event,
        "execute-skill",
        world.workspace,
        CorrelationId::from(id.0),
        None,
        &world.seams,
    );
    for _ in 0..2 {
        assert_eq!(world.push(&message).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(world.budget().await, (usd("0.05"), usd("0")));
    world.balanced().await;
}

#[tokio::test]
async fn alerts_come_at_50_80_and_100_percent_and_once() {
    let world = World::new().await;
    for cost in ["4.9", "2.1", "0.9", "0.2", "1.9", "0.1"] {
        let id = world.submit("0").await;
        world.finish(id, cost).await;
        assert_eq!(
            world.push(&world.finished(id)).await,
            StatusCode::NO_CONTENT
        );
    }
    let mut tx = world.deps.store.tenant(world.workspace).await.unwrap();
    let alerts = store::budgets::alerts(&mut tx, chrono::DateTime::UNIX_EPOCH)
        .await
        .unwrap();
    let found: Vec<_> = alerts
        .iter()
        .map(|a| (a.threshold_percent, a.spent_usd))
        .collect();
    assert_eq!(
        found,
        [(50, usd("7")), (80, usd("8.1")), (100, usd("10.0"))]
    );
}

/// $12 of $25 are below each threshold; when the limit goes down to $12 all are reached, and the next charge
/// says so, however small.
#[tokio::test]
async fn alerts_come_when_the_limit_went_down() {
    let world = World::new().await;
    let owner = world.db.owner().await;
    let limit = async |usd: i32| {
        sqlx::query("UPDATE budgets SET limit_usd = $2 WHERE workspace_id = $1")
            .bind(world.workspace.0)
            .bind(usd)
            .execute(&owner)
            .await
            .unwrap();
    };
    let alerts = async || {
        let mut tx = world.deps.store.tenant(world.workspace).await.unwrap();
        let alerts = store::budgets::alerts(&mut tx, chrono::DateTime::UNIX_EPOCH).await;
        let mut found: Vec<_> = alerts
            .unwrap()
            .into_iter()
            .map(|a| (a.threshold_percent, a.limit_usd))
            .collect();
        found.sort();
        found
    };
    let (first, second, third) = (
        world.submit("0").await,
        world.submit("0").await,
        world.submit("0").await,
    );
    limit(25).await;
    world.finish(first, "12").await;
    world.push(&world.finished(first)).await;
    assert_eq!(alerts().await, []);
    limit(12).await;
    let all = [50, 80, 100].map(|percent| (percent, usd("12")));
    for id in [second, third] {
        world.finish(id, "0.000001").await;
        world.push(&world.finished(id)).await;
        assert_eq!(alerts().await, all);
    }
}

#[tokio::test]
async fn an_orphaned_hold_asks_its_execution() {
    let world = World::new().await;
    let (finished, working) = (world.submit("0.10").await, world.submit("0.20").await);
    world.finish(finished, "0.01").await; // and its message is lost
    let (status, done) = world.post("/schedules/expire-holds", json!({})).await;
    assert_eq!(
        (status, done),
        (StatusCode::OK, json!({ "settled": 0, "extended": 0 })),
        "nothing has expired"
    );
    world.clock.advance(TimeDelta::hours(2));
    let (_, done) = world.post("/schedules/expire-holds", json!({})).await;
    assert_eq!(done, json!({ "settled": 1, "extended": 1 }));
    assert_eq!(world.budget().await, (usd("0.01"), usd("0.20")));
    let (_, done) = world.post("/schedules/expire-holds", json!({})).await;
    assert_eq!(
        done,
        json!({ "settled": 0, "extended": 0 }),
        "the extension holds"
    );
    world.claim(working).await;
    world.balanced().await;
}

#[tokio::test]
async fn a_malformed_or_unknown_message_is_recorded_and_not_asked_for_again() {
    let world = World::new().await;
    let mut message = world.finished(ExecutionId(world.seams.uuid()));
    message.data = r#"{"execution_id": 7}"#.into();
    assert_eq!(world.push(&message).await, StatusCode::NO_CONTENT);
    let mut message = world.finished(ExecutionId(world.seams.uuid()));
    message.version = 9;
    assert_eq!(world.push(&message).await, StatusCode::NO_CONTENT);
    let (status, _) = world
        .post("/push/execution-finished-v1.bill", json!("not a push"))
        .await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let mut tx = world.db.store(DbRole::Operator).sweep().await.unwrap();
    let codes: Vec<_> = store::messages::rejections(&mut tx, 10)
        .await
        .unwrap()
        .into_iter()
        .map(|r| r.code)
        .collect();
    assert_eq!(codes.len(), 3);
    assert_eq!(
        codes
            .iter()
            .filter(|c| *c == "message.unknown_version")
            .count(),
        1,
        "{codes:?}"
    );
    assert_eq!(
        world.post("/push/nonsense.bill", json!({})).await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn an_execution_nobody_knows_changes_nothing() {
    let world = World::new().await;
    let message = world.finished(ExecutionId(world.seams.uuid()));
    assert_eq!(world.push(&message).await, StatusCode::NO_CONTENT);
    assert_eq!(world.budget().await, (usd("0"), usd("0")));
}

#[tokio::test]
async fn without_its_database_messages_come_again_and_readiness_says_so() {
    let seams = runtime::system_seams();
    let store = Store::connect("postgres://nobody@127.0.0.1:1/none", DbRole::Bill, 2).unwrap();
    let app = app(&deps(store, &seams), Verify::Off);
    let event = ExecutionFinishedV1 {
        execution_id: ExecutionId(seams.uuid()),
        status: ExecutionStatus::Completed,
    };
    let workspace = WorkspaceId(seams.uuid());
    let message = Message::new(
        &event,
        "route",
        workspace,
        CorrelationId::from(seams.uuid()),
        None,
        &seams,
    );
    let push = Request::post("/push/execution-finished-v1.bill")
        .body(Body::from(push_body(&message, 1).to_string()));
    for (request, expected) in [
        (push.unwrap(), StatusCode::SERVICE_UNAVAILABLE),
        (
            Request::get("/ready").body(Body::empty()).unwrap(),
            StatusCode::SERVICE_UNAVAILABLE,
        ),
        (
            Request::get("/health").body(Body::empty()).unwrap(),
            StatusCode::OK,
        ),
    ] {
        assert_eq!(
            app.clone().oneshot(request).await.unwrap().status(),
            expected
        );
    }
}

#[tokio::test]
async fn partitions_are_made_by_schedule_and_every_declared_schedule_and_subscription_is_here() {
    let world = World::new().await;
    let (status, made) = world.post("/schedules/make-partitions", json!({})).await;
    assert_eq!((status, made), (StatusCode::OK, json!({ "made": 0 })));
    assert_eq!(
        bus::Consumer::missing(NAME, &bill::consumers(&world.deps)),
        Vec::<String>::new()
    );
    for schedule in events::schedules().iter().filter(|s| s.function == NAME) {
        let (status, _) = world
            .post(&format!("/schedules/{}", schedule.name), json!({}))
            .await;
        assert_ne!(status, StatusCode::NOT_FOUND, "{}", schedule.name);
    }
}
