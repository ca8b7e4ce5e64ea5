//! A model takes a closer look where the words are not clear.

use domain::Tier;
use serde_json::{Value, json};
use testkit::models::{FakeModels, Reply, Script};

use crate::World;

const VAGUE: &str = "Help me with customers";

async fn asked() -> (FakeModels, World) {
    let vertex = FakeModels::start(Script::auto()).await;
    let url = vertex.base_url();
    let world = World::with(&[
        "--llm-vertex-base-url",
        &url,
        "--llm-vertex-access-token",
        "t",
        "--gcp-project-id",
        "p",
    ])
    .await;
    (vertex, world)
}

#[tokio::test]
async fn a_model_chooses_where_words_do_not_and_only_among_the_candidates() {
    let (vertex, world) = asked().await;
    let vague = "Help me with customers";
    let ask = routing::Ask {
        text: vague,
        tier: Tier::Growth,
        locale: None,
    };
    let decision = world.deps.shelf.production().router().route(&ask);
    assert!(!decision.confident, "{decision:?}");
    let last = decision.candidates.last().unwrap().skill_id.clone();
    for skills in [json!([last]), json!(["world.domination"]), json!([])] {
        vertex.push(Reply::Json(json!({ "skills": skills })));
    }
    let mut chosen = Vec::new();
    for _ in 0..3 {
        let id = world.open(vague).await;
        world.plan(id).await;
        let (execution, runs) = world.asker.look(id).await;
        chosen.push(
            runs.first()
                .map_or(execution.error_code.unwrap_or_default(), |run| {
                    run.skill_id.clone()
                }),
        );
    }
    assert_eq!(chosen[0], last);
    assert_eq!(
        chosen[1..],
        ["request.out_of_scope", "request.out_of_scope"]
    );
    // The request stands in a marked block, not among the instructions.
    let seen = &vertex.requests()[0].body;
    assert!(
        !seen["systemInstruction"]
            .to_string()
            .contains("Help me with customers")
    );
    assert!(
        seen["contents"]
            .to_string()
            .contains("Help me with customers")
    );
}

fn intent() -> Value {
    json!({
        "primary_intent": "keep customers", "complexity": 4, "required_data_types": ["records"],
        "urgency": "high", "market_focus": "region",
    })
}

#[tokio::test]
async fn a_model_may_ask_back() {
    let (vertex, world) = asked().await;
    let question = "Which customers, and what should they do?";
    vertex.push(Reply::Json(
        json!({ "skills": [], "question": question, "intent": intent() }),
    ));
    let id = world.open(VAGUE).await;
    world.plan(id).await;
    let (execution, runs) = world.asker.look(id).await;
    assert_eq!(
        (
            execution.error_code.as_deref(),
            execution.error_detail.as_deref(),
            runs.len()
        ),
        (Some("request.unclear"), Some(question), 0)
    );
}

#[tokio::test]
async fn what_was_understood_is_kept_with_the_plan() {
    let (vertex, world) = asked().await;
    vertex.push(Reply::Json(
        json!({ "skills": ["support.customer"], "question": null, "intent": intent() }),
    ));
    let id = world.open(VAGUE).await;
    world.plan(id).await;
    let plan = world.asker.look(id).await.0.plan.unwrap();
    assert_eq!(plan["why"]["intent"], intent(), "{plan}");
    assert!(plan["why"]["candidates"][0]["score"].is_number());
    assert!(plan["why"]["estimate"]["seconds"].is_number());
}

#[tokio::test]
async fn an_answer_that_cant_be_read_twice_leaves_it_to_the_rules() {
    let (vertex, world) = asked().await;
    for _ in 0..2 {
        vertex.push(Reply::Text("certainly! here is my choice".into()));
    }
    let decision = world.deps.shelf.production().router().route(&routing::Ask {
        text: VAGUE,
        tier: Tier::Growth,
        locale: None,
    });
    let id = world.open(VAGUE).await;
    world.plan(id).await;
    let (_, runs) = world.asker.look(id).await;
    assert_eq!(
        vertex.requests().len(),
        2,
        "asked once more, then no further"
    );
    // The house pays for it, and can say so by the label the provider knows.
    let labels = &vertex.requests()[1].body["labels"];
    assert_eq!(labels["skill"], "routing", "{labels}");
    let owner = world.db.owner().await;
    let (calls, dear): (i64, bool) = sqlx::query_as(
        "SELECT count(*), sum(cost_usd) > 0 FROM house_costs WHERE execution_id = $1 AND purpose = 'routing' AND provider = 'vertex'",
    )
    .bind(id.0)
    .fetch_one(&owner)
    .await
    .unwrap();
    assert_eq!((calls, dear), (2, true));
    let planned: Vec<&str> = runs.iter().map(|run| run.skill_id.as_str()).collect();
    assert_eq!(planned, decision.skills());
}
