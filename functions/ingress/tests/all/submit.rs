use axum::http::Method;
use domain::Tier;
use serde_json::{Value, json};

use crate::{DIWALI, World};

#[tokio::test]
async fn a_clear_request_is_planned_and_its_cost_reserved_at_once() {
    let world = World::new().await;
    let (_, _, token) = world.person(Tier::Growth).await;
    let answer = world
        .post("/v1/agents/execute", &token, json!({ "prompt": DIWALI }))
        .await
        .expect(202);
    assert_eq!(answer.body["status"], "queued");
    assert_eq!(answer.body["skills"], json!(["campaign.diwali"]));
    let budget = world.get("/v1/budget", &token).await.expect(200);
    assert_eq!(budget.body["held_usd"], answer.body["estimated_cost_usd"]);
    assert_eq!(budget.body["executions"], 1);
    let found = world
        .get(
            &format!("/v1/executions/{}", answer.text("execution_id")),
            &token,
        )
        .await
        .expect(200);
    assert_eq!(found.body["steps"][0]["status"], "ready");
    assert_eq!(found.body["prompt"], DIWALI);
    assert_eq!(world.open_work().await.outbox, 1);
}

#[tokio::test]
async fn an_unclear_request_waits_for_a_plan() {
    let world = World::new().await;
    let (_, _, token) = world.person(Tier::Growth).await;
    let body = json!({ "prompt": "Help me with customers" });
    let answer = world
        .post("/v1/agents/execute", &token, body)
        .await
        .expect(202);
    assert_eq!(answer.body["status"], "pending");
    assert_eq!(answer.body["skills"], json!([]));
}

#[tokio::test]
async fn the_same_key_and_request_is_accepted_once_and_another_request_is_refused() {
    let world = World::new().await;
    let (_, _, token) = world.person(Tier::Growth).await;
    let key = [("idempotency-key", "order-7")];
    let body = json!({ "prompt": DIWALI, "input": { "city": "Jaipur", "business": "handloom" } });
    let first = world
        .call_with(Method::POST, "/v1/agents/execute", &token, body, &key)
        .await
        .expect(202);
    // The same, written in another order.
    let again = json!({ "input": { "business": "handloom", "city": "Jaipur" }, "prompt": DIWALI, "priority": null });
    let second = world
        .call_with(Method::POST, "/v1/agents/execute", &token, again, &key)
        .await
        .expect(202);
    assert_eq!(second.body["execution_id"], first.body["execution_id"]);
    assert_eq!(second.headers["idempotency-replayed"], "true");
    assert_eq!(
        second.body["estimated_cost_usd"],
        first.body["estimated_cost_usd"]
    );
    assert_eq!(second.body["skills"], first.body["skills"]);
    let other = json!({ "prompt": "Create Diwali offers for our sweet shop" });
    let reused = world
        .call_with(Method::POST, "/v1/agents/execute", &token, other, &key)
        .await
        .expect(409);
    assert_eq!(reused.code(), "idempotency.key_reused");
    assert_eq!(world.open_work().await.executions, 1);
    // Another tenant's key is another key.
    let (_, _, ravi) = world.person(Tier::Growth).await;
    let own = world
        .call_with(
            Method::POST,
            "/v1/agents/execute",
            &ravi,
            json!({ "prompt": DIWALI }),
            &key,
        )
        .await;
    assert!(!own.expect(202).headers.contains_key("idempotency-replayed"));
}

#[tokio::test]
async fn forty_submissions_with_one_key_at_once_are_one_execution() {
    let world = World::new().await;
    let (_, _, token) = world.person(Tier::Agency).await;
    let key = [("idempotency-key", "k")];
    let calls = (0..40).map(|_| {
        world.call_with(
            Method::POST,
            "/v1/agents/execute",
            &token,
            json!({ "prompt": DIWALI }),
            &key,
        )
    });
    let answers = futures::future::join_all(calls).await;
    let ids: std::collections::BTreeSet<String> = answers
        .into_iter()
        .map(|answer| answer.expect(202).text("execution_id"))
        .collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(world.open_work().await.executions, 1);
}

#[tokio::test]
async fn what_does_not_fit_the_budget_is_refused_with_402() {
    let world = World::with(&["--rate-limit-executions", "10000/3600"]).await;
    let (_, _, token) = world.person(Tier::Starter).await;
    let body = json!({ "skill_id": "campaign.diwali", "prompt": DIWALI });
    let calls = (0..200).map(|_| world.post("/v1/agents/execute", &token, body.clone()));
    let answers = futures::future::join_all(calls).await;
    let accepted = answers.iter().filter(|answer| answer.status == 202).count();
    let refused: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == 402)
        .collect();
    // 10 dollars a month, 0.06 each.
    assert_eq!((accepted, refused.len()), (166, 34));
    assert_eq!(refused[0].code(), "budget.exceeded");
    let detail = refused[0].text("detail");
    assert!(
        detail.contains("$10") && detail.contains("$0.04"),
        "{detail}"
    );
    assert_eq!(
        world.get("/v1/budget", &token).await.expect(200).body["held_usd"],
        "9.96"
    );
}

#[tokio::test]
async fn executions_are_limited_by_person_and_say_when_to_come_back() {
    let world = World::with(&["--rate-limit-executions", "3/3600"]).await;
    let (_, _, token) = world.person(Tier::Growth).await;
    for _ in 0..3 {
        world.execute(&token).await;
    }
    let refused = world
        .post("/v1/agents/execute", &token, json!({ "prompt": DIWALI }))
        .await
        .expect(429);
    assert!(refused.headers.contains_key("retry-after"));
    // Looking is another limit.
    world.get("/v1/executions", &token).await.expect(200);
    let (_, _, ravi) = world.person(Tier::Growth).await;
    world.execute(&ravi).await;
}

#[tokio::test]
async fn requests_and_executions_are_limited_by_person_and_a_tier_may_have_more() {
    let rules = r#"{"api":{"limit":4,"seconds":60},"executions":{"limit":1,"seconds":60},"tiers":{"agency":{"api":{"limit":6,"seconds":60},"executions":{"limit":2,"seconds":60}}}}"#;
    let world = World::with(&["--rate-limits", rules]).await;
    let (_, _, agency) = world.person(Tier::Agency).await;
    world.execute(&agency).await;
    world.execute(&agency).await;
    world
        .post("/v1/agents/execute", &agency, json!({ "prompt": DIWALI }))
        .await
        .expect(429);
    for _ in 0..3 {
        world.get("/v1/budget", &agency).await.expect(200);
    }
    world.get("/v1/budget", &agency).await.expect(429);
    let (_, _, starter) = world.person(Tier::Starter).await;
    world.execute(&starter).await;
    world
        .post("/v1/agents/execute", &starter, json!({ "prompt": DIWALI }))
        .await
        .expect(429);
}

#[tokio::test]
async fn a_plan_says_what_would_run_and_why_and_runs_nothing() {
    let world = World::new().await;
    let (_, _, token) = world.person(Tier::Growth).await;
    let plan = world
        .post("/v1/agents/plan", &token, json!({ "prompt": DIWALI }))
        .await
        .expect(200);
    assert_eq!(plan.body["plan"]["steps"][0]["skill_id"], "campaign.diwali");
    assert_eq!(plan.body["confident"], true);
    let why = plan.body["candidates"][0]["why"].as_array().unwrap();
    assert!(why.contains(&json!("diwali")), "{why:?}");
    assert!(plan.body["estimate"]["cost_usd"].is_string());
    let several = json!({ "prompt": "Research competitors of FabIndia in Jaipur and plan a Diwali campaign for my handloom store" });
    let several = world
        .post("/v1/agents/plan", &token, several)
        .await
        .expect(200);
    let steps = several.body["plan"]["steps"].as_array().unwrap().clone();
    let skills: Vec<&Value> = steps.iter().map(|step| &step["skill_id"]).collect();
    assert_eq!(skills, ["research.competitor", "campaign.diwali"]);
    assert_eq!(steps[1]["depends_on"], json!([0]));
    let nothing = json!({ "prompt": "What should I cook for dinner tonight?" });
    let nothing = world
        .post("/v1/agents/plan", &token, nothing.clone())
        .await
        .expect(200);
    assert_eq!(nothing.body["plan"], Value::Null);
    assert!(nothing.text("reason").contains("skill"), "{}", nothing.body);
    assert_eq!(world.open_work().await.executions, 0);
}

#[tokio::test]
async fn skills_are_listed_with_what_they_take() {
    let world = World::new().await;
    let (_, _, token) = world.person(Tier::Starter).await;
    let all = world.get("/v1/agents/skills", &token).await.expect(200);
    assert_eq!(all.body["total"], 15, "those of the lowest tier");
    assert_eq!(all.body["faults"], json!([]));
    assert!(all.body["skills"][0]["input_schema"].is_object());
    let some = world
        .get(
            "/v1/agents/skills?category=campaign&indian_specific=true",
            &token,
        )
        .await
        .expect(200);
    assert_eq!(some.body["skills"][0]["id"], "campaign.diwali");
    assert_eq!(some.body["total"], 2);
}

#[tokio::test]
async fn a_bad_skill_file_is_named_and_disturbs_no_other() {
    let bucket = tempfile::tempdir().unwrap();
    let objects = objects::open(
        bucket.path().to_str().unwrap(),
        objects::Options::default(),
        testkit::manual_seams().0.clock,
    )
    .await
    .unwrap();
    let bad = "---\nname: fair.stall\ndescripton: Plans a stall.\n---\n# MISSION\n";
    objects
        .put(
            "fair/stall/SKILL.md",
            bad.into(),
            "text/markdown",
            objects::Precondition::Any,
        )
        .await
        .unwrap();
    let world = World::with(&["--skills-bucket", bucket.path().to_str().unwrap()]).await;
    let (_, _, token) = world.person(Tier::Starter).await;
    // The first look gives the bucket a moment; the next one follows by itself.
    world.deps.shelf.refresh().await;
    let all = world.get("/v1/agents/skills", &token).await.expect(200);
    assert_eq!(all.body["total"], 15);
    let fault = &all.body["faults"][0];
    assert_eq!(
        (&fault["file"], &fault["line"], &fault["code"]),
        (
            &json!("fair/stall/SKILL.md"),
            &json!(3),
            &json!("unknown-key")
        ),
        "{}",
        all.body["faults"]
    );
    assert_eq!(fault["last_good_served"], false);
}

#[tokio::test]
async fn instances_share_their_counts() {
    let rules = ["--rate-limit-executions", "3/3600"];
    let one = World::with(&rules).await;
    let other = one.beside(&rules).await;
    for world in [&one, &other] {
        tokio::spawn(ingress::background(world.deps.clone(), world.stop.clone()));
    }
    let (_, _, token) = one.person(Tier::Agency).await;
    for _ in 0..3 {
        one.execute(&token).await;
    }
    // The other learns of them when it shares its own, about a second later.
    let mut accepted = 0;
    for _ in 0..8 {
        let body = json!({ "prompt": DIWALI });
        let answer = other.post("/v1/agents/execute", &token, body).await;
        if answer.status == 429 {
            break;
        }
        answer.expect(202);
        accepted += 1;
        tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    }
    // By itself it would have accepted three and then refused; both syncs may be late by one.
    assert!(
        accepted <= 2,
        "{accepted} more than the limit were accepted"
    );
}
