//! route on a real PostgreSQL: plans are made and moved forward.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod asking;

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use bus::Verify;
use chrono::TimeDelta;
use clap::Parser;
use domain::{CorrelationId, ExecutionId, ExecutionStatus, Seams, StepStatus, Tier, Tokens, Usd};
use events::{
    Event, ExecutionRequestedV1, Message, StepFinishedV1, TestEventV1, WorkspaceCreatedV1,
};
use route::{Config, Deps, NAME, advance, app, make_plan, requeue_steps};
use serde_json::{Value, json};
use store::DbRole;
use store::claims::{self, Finish};
use store::events::{Planned, PlannedStep};
use testkit::{Asker, Database, ManualClock, manual_seams, open_work, push_body};
use tower::ServiceExt;

const SKILLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../skills");
const TWO: &str =
    "Research competitors of FabIndia in Jaipur and plan a Diwali campaign for my handloom store";

struct World {
    db: Database,
    seams: Seams,
    clock: Arc<ManualClock>,
    asker: Asker,
    deps: Deps,
}

impl World {
    async fn new() -> Self {
        Self::with(&[]).await
    }

    async fn with(arguments: &[&str]) -> Self {
        let db = Database::create().await;
        let (seams, clock) = manual_seams();
        let asker = Asker::new(&db, &seams, Tier::Growth).await;
        let fixed = ["route", "--skills-dir", SKILLS];
        let config = Config::try_parse_from(fixed.iter().chain(arguments)).unwrap();
        let deps = Deps::new(&config, db.store(DbRole::Route), seams.clone())
            .await
            .unwrap();
        Self {
            db,
            seams,
            clock,
            asker,
            deps,
        }
    }

    async fn open(&self, prompt: &str) -> ExecutionId {
        self.asker.submit(prompt, json!({}), None, "0.06").await
    }

    async fn plan(&self, id: ExecutionId) {
        make_plan(&self.deps, self.asker.workspace, id)
            .await
            .unwrap();
    }

    async fn advance(&self, id: ExecutionId) {
        advance(&self.deps, self.asker.workspace, id).await.unwrap();
    }

    /// Accepted work with a plan of `count` steps, each after the one before.
    async fn planned(&self, count: i32) -> ExecutionId {
        let step = |step: i32| PlannedStep {
            step,
            skill_id: format!("skill.n{step}"),
            version: "1.0.0".into(),
            hash: "h".into(),
            depends_on: if step == 0 { vec![] } else { vec![step - 1] },
            input: json!({}),
        };
        let plan = Planned {
            steps: (0..count).map(step).collect(),
            why: None,
        };
        self.asker
            .submit("several", json!({}), Some(plan), "0.06")
            .await
    }

    /// What a worker does.
    async fn work(
        &self,
        id: ExecutionId,
        step: i32,
        status: StepStatus,
    ) -> Option<Vec<(String, Value)>> {
        let worker = self.db.store(DbRole::ExecuteSkill);
        let now = self.seams.now();
        let tx = worker.tenant(self.asker.workspace).await.unwrap();
        let until = now + TimeDelta::seconds(30);
        let claim = claims::claim(tx, id, step, self.seams.uuid(), now, until)
            .await
            .unwrap()?;
        let failed = status == StepStatus::Failed;
        let finish = Finish {
            status,
            output: (!failed).then(|| json!({ "from": step })),
            error_code: failed.then(|| "output.invalid".to_owned()),
            error_detail: failed.then(|| "it did not fit".to_owned()),
            model: None,
            cost: Usd::ZERO,
            tokens: Tokens::default(),
            calls: vec![],
            events: vec![],
            messages: vec![],
            now,
        };
        let tx = worker.tenant(self.asker.workspace).await.unwrap();
        assert!(claims::finish(tx, &claim, finish).await.unwrap());
        Some(claim.prior)
    }

    async fn status(&self, id: ExecutionId) -> ExecutionStatus {
        self.asker.look(id).await.0.status
    }

    async fn push<E: Event>(&self, event: &E) -> StatusCode {
        let correlation = CorrelationId::from(self.seams.uuid());
        let message = Message::new(
            event,
            "test",
            self.asker.workspace,
            correlation,
            None,
            &self.seams,
        );
        self.push_message(&message).await
    }

    async fn push_message(&self, message: &Message) -> StatusCode {
        let request = Request::post(format!("/push/{}.{NAME}", message.topic))
            .header("content-type", "application/json")
            .body(Body::from(push_body(message, 1).to_string()));
        app(&self.deps, Verify::Off)
            .oneshot(request.unwrap())
            .await
            .unwrap()
            .status()
    }
}

#[tokio::test]
async fn a_request_gets_its_plan_and_a_hold_that_fits() {
    let world = World::new().await;
    let id = world.open(TWO).await;
    assert_eq!(
        world.push(&ExecutionRequestedV1 { execution_id: id }).await,
        StatusCode::NO_CONTENT
    );
    let (execution, runs) = world.asker.look(id).await;
    assert_eq!(execution.status, ExecutionStatus::Queued);
    let steps: Vec<_> = runs
        .iter()
        .map(|run| (run.skill_id.as_str(), run.status))
        .collect();
    assert_eq!(
        steps,
        [
            ("research.competitor", StepStatus::Ready),
            ("campaign.diwali", StepStatus::Waiting)
        ]
    );
    let mut tx = world
        .asker
        .store
        .tenant(world.asker.workspace)
        .await
        .unwrap();
    let budget = store::budgets::current(&mut tx, domain::Period::of(world.seams.now()))
        .await
        .unwrap();
    assert_eq!(budget.held_usd, Usd("0.16".parse().unwrap()));
    // One step is asked for; the message coming again asks for nothing more.
    assert_eq!(open_work(&world.db).await.outbox, 1);
    world.plan(id).await;
    assert_eq!(open_work(&world.db).await.outbox, 1);
}

#[tokio::test]
async fn what_no_skill_can_do_ends_with_a_reason() {
    let world = World::new().await;
    let id = world.open("What should I cook for dinner tonight?").await;
    world.plan(id).await;
    let (execution, _) = world.asker.look(id).await;
    assert_eq!(execution.status, ExecutionStatus::Failed);
    assert_eq!(
        execution.error_code.as_deref(),
        Some("request.out_of_scope")
    );
    assert!(execution.error_detail.unwrap().contains("campaign.diwali"));
    // bill is told, so that the hold is released.
    assert_eq!(open_work(&world.db).await.outbox, 1);
}

#[tokio::test]
async fn a_plan_dearer_than_what_is_left_ends_with_a_reason() {
    let world = World::new().await;
    for _ in 0..4 {
        world.asker.submit("big", json!({}), None, "6.2").await;
    }
    let id = world.open(TWO).await;
    world.asker.submit("rest", json!({}), None, "0.13").await;
    world.plan(id).await;
    let (execution, _) = world.asker.look(id).await;
    assert_eq!(execution.error_code.as_deref(), Some("budget.exceeded"));
}

#[tokio::test]
async fn input_that_the_chosen_skill_refuses_ends_with_the_fields() {
    let world = World::new().await;
    let id = world
        .asker
        .submit(
            "Help me with customers, leads perhaps",
            json!({ "colour": "red" }),
            None,
            "0.06",
        )
        .await;
    world.plan(id).await;
    let (execution, _) = world.asker.look(id).await;
    assert_eq!(
        execution.error_code.as_deref(),
        Some("request.input_invalid")
    );
    assert!(execution.error_detail.unwrap().contains("colour"));
}

#[tokio::test]
async fn steps_follow_each_other_with_what_came_before_and_end_once() {
    let world = World::new().await;
    let id = world.planned(3).await;
    assert!(
        world.work(id, 1, StepStatus::Completed).await.is_none(),
        "it waits for step 0"
    );
    for step in 0..3 {
        let prior = world.work(id, step, StepStatus::Completed).await.unwrap();
        assert_eq!(prior.len(), usize::from(step > 0));
        let finished = StepFinishedV1 {
            execution_id: id,
            step,
            status: StepStatus::Completed,
        };
        // Twice, as messages may.
        for _ in 0..2 {
            assert_eq!(world.push(&finished).await, StatusCode::NO_CONTENT);
        }
    }
    let (execution, _) = world.asker.look(id).await;
    assert_eq!(execution.status, ExecutionStatus::Completed);
    assert_eq!(
        execution.output.unwrap(),
        json!({ "skill.n0": {"from": 0}, "skill.n1": {"from": 1}, "skill.n2": {"from": 2} })
    );
    let ends = world.asker.count(id, "execution.finished").await;
    assert_eq!(ends, 1);
    // step 1, step 2, the end: each said once.
    assert_eq!(open_work(&world.db).await.outbox, 3);
}

#[tokio::test]
async fn many_at_once_move_a_plan_once() {
    let world = World::new().await;
    let id = world.planned(2).await;
    world.work(id, 0, StepStatus::Completed).await.unwrap();
    futures::future::join_all((0..12).map(|_| world.advance(id))).await;
    assert_eq!(open_work(&world.db).await.outbox, 1);
    let released = world.asker.count(id, "step.ready").await;
    assert_eq!(released, 1);
}

#[tokio::test]
async fn a_failed_step_ends_the_plan_and_says_why() {
    let world = World::new().await;
    let id = world.planned(2).await;
    world.work(id, 0, StepStatus::Failed).await.unwrap();
    world.advance(id).await;
    let (execution, runs) = world.asker.look(id).await;
    assert_eq!(
        (execution.status, runs[1].status),
        (ExecutionStatus::Failed, StepStatus::Cancelled)
    );
    assert_eq!(execution.error_code.as_deref(), Some("output.invalid"));
    assert_eq!(execution.error_detail.as_deref(), Some("it did not fit"));
}

#[tokio::test]
async fn cancelling_ends_what_has_not_started() {
    let world = World::new().await;
    for id in [
        world.open("Help me with customers").await,
        world.planned(2).await,
    ] {
        let mut tx = world
            .asker
            .store
            .tenant(world.asker.workspace)
            .await
            .unwrap();
        store::executions::request_cancel(&mut tx, id, world.asker.user, world.seams.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        world.plan(id).await;
        assert_eq!(world.status(id).await, ExecutionStatus::Cancelled);
        assert!(world.work(id, 0, StepStatus::Completed).await.is_none());
    }
}

#[tokio::test]
async fn what_nobody_took_up_is_asked_for_again_and_given_up_in_the_end() {
    let world = World::new().await;
    let (open, planned) = (
        world.open("Help me with customers").await,
        world.planned(1).await,
    );
    assert_eq!(
        requeue_steps(&world.deps).await.unwrap(),
        route::Requeued::default()
    );
    world.clock.advance(TimeDelta::seconds(90));
    let done = requeue_steps(&world.deps).await.unwrap();
    assert_eq!((done.steps, done.executions, done.given_up), (1, 1, 0));
    // Not again before its time.
    assert_eq!(
        requeue_steps(&world.deps).await.unwrap(),
        route::Requeued::default()
    );
    world.plan(open).await;
    // A worker takes the step and dies, five times.
    for _ in 0..5 {
        let worker = world.db.store(DbRole::ExecuteSkill);
        let now = world.seams.now();
        let tx = worker.tenant(world.asker.workspace).await.unwrap();
        let until = now + TimeDelta::seconds(30);
        claims::claim(tx, planned, 0, world.seams.uuid(), now, until)
            .await
            .unwrap()
            .unwrap();
        world.clock.advance(TimeDelta::seconds(90));
        requeue_steps(&world.deps).await.unwrap();
    }
    let (execution, _) = world.asker.look(planned).await;
    assert_eq!(execution.status, ExecutionStatus::Failed);
    assert_eq!(
        execution.error_code.as_deref(),
        Some("step.attempts_exhausted")
    );
}

#[tokio::test]
async fn a_new_workspace_gets_its_council_once() {
    let world = World::new().await;
    let event = WorkspaceCreatedV1 {
        name: "Looms".into(),
        owner_id: world.asker.user,
        tier: Tier::Growth,
    };
    for _ in 0..2 {
        assert_eq!(world.push(&event).await, StatusCode::NO_CONTENT);
    }
    let mut tx = world
        .asker
        .store
        .tenant(world.asker.workspace)
        .await
        .unwrap();
    assert_eq!(store::agents::list(&mut tx).await.unwrap().len(), 7);
}

#[tokio::test]
async fn a_test_event_leaves_one_audit_row() {
    let world = World::new().await;
    let correlation = CorrelationId::from(world.seams.uuid());
    let event = TestEventV1 {
        note: "hello".into(),
    };
    let message = Message::new(
        &event,
        "test",
        world.asker.workspace,
        correlation,
        None,
        &world.seams,
    );
    for _ in 0..2 {
        assert_eq!(world.push_message(&message).await, StatusCode::NO_CONTENT);
    }
}
