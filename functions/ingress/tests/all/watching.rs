use chrono::TimeDelta;
use domain::Tier;
use serde_json::Value;

use crate::World;

#[tokio::test]
async fn a_list_is_read_page_by_page_without_gap_or_repetition() {
    let world = World::new().await;
    let (user, workspace, token) = world.person(Tier::Agency).await;
    let mut made = Vec::new();
    for n in 0..7 {
        made.push(world.execute(&token).await.to_string());
        // Some at the same instant.
        world.clock.advance(TimeDelta::milliseconds(n % 2));
    }
    world.work(workspace, made[2].parse().unwrap()).await;
    let mut seen = Vec::new();
    let mut path = "/v1/executions?limit=3".to_owned();
    loop {
        let page = world.get(&path, &token).await.expect(200);
        let ids = page.body["executions"].as_array().unwrap().iter();
        seen.extend(ids.map(|e| e["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page.body["next_cursor"].as_str() else {
            break;
        };
        path = format!("/v1/executions?limit=3&cursor={cursor}");
    }
    let mut sorted = made.clone();
    sorted.sort();
    let mut found = seen.clone();
    found.sort();
    assert_eq!(found, sorted);
    assert_eq!(seen[0], made[6], "newest first");
    let count = |answer: &crate::Answer| answer.body["executions"].as_array().unwrap().len();
    let done = world
        .get("/v1/executions?status=completed", &token)
        .await
        .expect(200);
    assert_eq!(
        (count(&done), done.body["executions"][0]["id"].as_str()),
        (1, Some(made[2].as_str()))
    );
    let skill = world
        .get("/v1/executions?skill_id=campaign.diwali", &token)
        .await
        .expect(200);
    assert_eq!(count(&skill), 7);
    let mine = world
        .get(
            &format!("/v1/executions?user_id={user}&status=queued"),
            &token,
        )
        .await
        .expect(200);
    assert_eq!(count(&mine), 6);
}

#[tokio::test]
async fn a_finished_execution_shows_its_answer_and_cost_and_is_used_up() {
    let world = World::new().await;
    let (_, workspace, token) = world.person(Tier::Growth).await;
    let id = world.execute(&token).await;
    world.work(workspace, id).await;
    let found = world
        .get(&format!("/v1/agents/status/{id}"), &token)
        .await
        .expect(200);
    assert_eq!(found.body["status"], "completed");
    assert_eq!(found.body["output"]["summary"], "done");
    assert_eq!(found.body["cost_usd"], "0.001");
    assert_eq!(found.body["tokens"]["input"], 100);
    assert_eq!(found.body["steps"][0]["model"], "fake");
    let usage = world.get("/v1/usage", &token).await.expect(200);
    assert_eq!(usage.body["cost_usd"], "0.001");
    assert_eq!(usage.body["lines"][0]["skill_id"], "campaign.diwali");
    let before = world
        .get("/v1/usage?from=2026-01-01&to=2026-01-31", &token)
        .await
        .expect(200);
    assert_eq!(before.body["lines"], serde_json::json!([]));
}

#[tokio::test]
async fn cancelling_is_asked_for_once_and_an_ended_execution_stays() {
    let world = World::new().await;
    let (_, workspace, token) = world.person(Tier::Growth).await;
    let id = world.execute(&token).await;
    let path = format!("/v1/executions/{id}/cancel");
    world.post(&path, &token, Value::Null).await.expect(202);
    world.post(&path, &token, Value::Null).await.expect(202);
    let found = world
        .get(&format!("/v1/executions/{id}"), &token)
        .await
        .expect(200);
    assert!(found.body["cancel_requested_at"].is_string());
    // The work itself and one word to route.
    assert_eq!(world.open_work().await.outbox, 2);
    let done = world.execute(&token).await;
    world.work(workspace, done).await;
    let answer = world
        .post(
            &format!("/v1/executions/{done}/cancel"),
            &token,
            Value::Null,
        )
        .await
        .expect(202);
    assert_eq!(answer.body["status"], "completed");
    let found = world
        .get(&format!("/v1/executions/{done}"), &token)
        .await
        .expect(200);
    assert_eq!(found.body["cancel_requested_at"], Value::Null);
}
