use domain::{ExecutionStatus, StepStatus};
use serde_json::json;
use store::claims::Heartbeat;
use store::events::ExecutionEvent;
use store::submit::Submitted;

use crate::World;

#[tokio::test]
async fn one_step_runs_to_its_end_and_the_log_rebuilds_it() {
    let world = World::new().await;
    let (id, submitted) = world.submit(1, "0.10", None).await;
    assert_eq!(submitted, Submitted::Accepted);
    let claim = world.claim(id, 0, 30).await.unwrap();
    assert_eq!(
        (claim.attempt, claim.step_count, claim.prompt.as_str()),
        (1, 1, "Plan a Diwali campaign")
    );
    assert!(
        world.claim(id, 0, 30).await.is_none(),
        "a leased step is not given twice"
    );
    assert!(world.finish(&claim, "0.01", json!({ "answer": 42 })).await);
    assert!(
        world.claim(id, 0, 30).await.is_none(),
        "a finished step is not given again"
    );
    assert!(
        !world.finish(&claim, "0.01", json!("again")).await,
        "nor finished again"
    );

    let mut tx = world.ingress.tenant(world.workspace).await.unwrap();
    let execution = store::executions::get(&mut tx, id).await.unwrap();
    let runs = store::executions::runs(&mut tx, id).await.unwrap();
    let log = store::events::of_execution(&mut tx, id, 0, 100)
        .await
        .unwrap();
    assert_eq!(
        log.iter().map(|e| e.seq).collect::<Vec<_>>(),
        (1..=log.len() as i32).collect::<Vec<_>>()
    );
    assert_eq!(execution.event_seq, log.len() as i32);
    let state = store::replay::replay(log.iter().map(|e| &e.event)).unwrap();
    assert_eq!(state.status, ExecutionStatus::Completed);
    assert_eq!(
        (state.status, &state.output),
        (execution.status, &execution.output)
    );
    assert_eq!(
        (state.cost_usd, state.tokens),
        (execution.cost_usd, execution.tokens)
    );
    assert_eq!(state.steps[&0].status, runs[0].status);
    assert_eq!(state.steps[&0].output, runs[0].output);
}

#[tokio::test]
async fn a_plan_of_two_waits_and_hands_outputs_on() {
    let world = World::new().await;
    let (id, _) = world.submit(2, "0.10", None).await;
    assert!(
        world.claim(id, 1, 30).await.is_none(),
        "it waits for step 0"
    );
    let first = world.claim(id, 0, 30).await.unwrap();
    assert!(world.finish(&first, "0.01", json!({ "found": 3 })).await);
    let now = world.seams.now();
    let mut tx = world.route.tenant(world.workspace).await.unwrap();
    let execution = store::executions::lock(&mut tx, id).await.unwrap();
    assert_eq!(execution.status, ExecutionStatus::Running);
    store::progress::release_steps(&mut tx, id, &[1], now, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let second = world.claim(id, 1, 30).await.unwrap();
    assert_eq!(
        second.prior,
        vec![("skill.0".to_owned(), json!({ "found": 3 }))]
    );
    assert!(world.finish(&second, "0.01", json!({ "plan": "p" })).await);
    let mut tx = world.route.tenant(world.workspace).await.unwrap();
    let execution = store::executions::lock(&mut tx, id).await.unwrap();
    let runs = store::executions::runs(&mut tx, id).await.unwrap();
    let output = store::replay::final_output(
        runs.iter()
            .map(|r| (r.skill_id.as_str(), r.output.as_ref())),
    );
    store::progress::end_execution(
        &mut tx,
        &execution,
        ExecutionStatus::Completed,
        Some(&output),
        None,
        now,
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let mut tx = world.ingress.tenant(world.workspace).await.unwrap();
    let execution = store::executions::get(&mut tx, id).await.unwrap();
    let log = store::events::of_execution(&mut tx, id, 0, 100)
        .await
        .unwrap();
    let state = store::replay::replay(log.iter().map(|e| &e.event)).unwrap();
    assert_eq!(
        (state.status, state.output, state.cost_usd),
        (execution.status, execution.output, execution.cost_usd)
    );
    assert_eq!(
        output,
        json!({ "skill.0": { "found": 3 }, "skill.1": { "plan": "p" } })
    );
}

#[tokio::test]
async fn a_heartbeat_keeps_a_lease_and_hears_of_cancelling() {
    let world = World::new().await;
    let (id, _) = world.submit(1, "0.10", None).await;
    let claim = world.claim(id, 0, 1).await.unwrap();
    let beat = async || {
        let mut tx = world.worker.tenant_relaxed(world.workspace).await.unwrap();
        let until = world.seams.now() + chrono::TimeDelta::seconds(30);
        let beat = store::claims::heartbeat(&mut tx, &claim, until)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        beat
    };
    assert_eq!(
        beat().await,
        Heartbeat::Held {
            cancel_requested: false
        }
    );
    for first in [true, false] {
        let mut tx = world.ingress.tenant(world.workspace).await.unwrap();
        let now = world.seams.now();
        assert_eq!(
            store::executions::request_cancel(&mut tx, id, world.user, now)
                .await
                .unwrap(),
            first
        );
        tx.commit().await.unwrap();
    }
    assert_eq!(
        beat().await,
        Heartbeat::Held {
            cancel_requested: true
        }
    );
    assert!(world.finish(&claim, "0", json!(null)).await);
    assert_eq!(beat().await, Heartbeat::Lost);
}

#[tokio::test]
async fn a_released_step_can_be_claimed_again() {
    let world = World::new().await;
    let (id, _) = world.submit(1, "0.10", None).await;
    let claim = world.claim(id, 0, 30).await.unwrap();
    let tx = world.worker.tenant(world.workspace).await.unwrap();
    assert!(
        store::claims::release(tx, &claim, world.seams.now(), world.seams.now())
            .await
            .unwrap()
    );
    let again = world.claim(id, 0, 30).await.unwrap();
    assert_eq!(again.attempt, 2);
    let tx = world.worker.tenant(world.workspace).await.unwrap();
    assert!(
        !store::claims::release(tx, &claim, world.seams.now(), world.seams.now())
            .await
            .unwrap()
    );
    let mut tx = world.ingress.tenant(world.workspace).await.unwrap();
    let log = store::events::of_execution(&mut tx, id, 0, 100)
        .await
        .unwrap();
    assert!(
        matches!(
            log.last().unwrap().event,
            ExecutionEvent::StepStarted {
                step: 0,
                attempt: 2
            }
        ),
        "{log:?}"
    );
}

#[tokio::test]
async fn an_idempotency_key_answers_the_same_and_refuses_another_body() {
    let world = World::new().await;
    let (first, submitted) = world.submit(1, "0.10", Some(("k1", b"a"))).await;
    assert_eq!(submitted, Submitted::Accepted);
    assert_eq!(
        world.submit(1, "0.10", Some(("k1", b"a"))).await.1,
        Submitted::Replayed(first)
    );
    assert_eq!(
        world.submit(1, "0.10", Some(("k1", b"b"))).await.1,
        Submitted::KeyReused
    );
    assert_eq!(world.budget().await.executions, 1, "a replay holds nothing");
    // A refused request does not use its key up.
    assert!(matches!(
        world.submit(1, "50", Some(("k2", b"a"))).await.1,
        Submitted::OverBudget(_)
    ));
    assert_eq!(
        world.submit(1, "0.10", Some(("k2", b"a"))).await.1,
        Submitted::Accepted
    );
}

#[tokio::test]
async fn overdue_steps_are_found_and_put_off_once() {
    let world = World::new().await;
    let (id, _) = world.submit(1, "0.10", None).await;
    let later = world.seams.now() + chrono::TimeDelta::minutes(5);
    let mut tx = world.route.sweep().await.unwrap();
    assert!(
        store::progress::overdue(&mut tx, world.seams.now(), 10)
            .await
            .unwrap()
            .is_empty()
    );
    let overdue = store::progress::overdue(&mut tx, later, 10).await.unwrap();
    assert_eq!(
        (overdue.len(), overdue[0].execution_id, overdue[0].step),
        (1, id, Some(0))
    );
    for again in [true, false] {
        let mut tx = world.route.tenant(world.workspace).await.unwrap();
        let due = later + chrono::TimeDelta::minutes(1);
        let requeued = store::progress::requeue_step(&mut tx, id, 0, later, due)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(requeued.is_some(), again);
    }
    let mut tx = world.route.tenant(world.workspace).await.unwrap();
    let now = world.seams.now();
    store::progress::end_steps(
        &mut tx,
        id,
        &[0],
        StepStatus::Failed,
        Some(("step.attempts_exhausted", "gone")),
        now,
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    assert!(world.claim(id, 0, 30).await.is_none());
}
