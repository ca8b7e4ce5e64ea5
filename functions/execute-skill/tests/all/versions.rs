//! Which version of a skill runs.

use serde_json::json;
use store::events::{Planned, PlannedStep};

use crate::{DIWALI, World, copied};

#[tokio::test]
async fn a_skill_that_changed_after_the_plan_is_not_run_in_its_place() {
    let world = World::offline().await;
    let step = PlannedStep {
        step: 0,
        skill_id: "campaign.diwali".into(),
        version: "0.9.0".into(),
        hash: "another".into(),
        depends_on: vec![],
        input: json!({}),
    };
    let plan = Planned {
        steps: vec![step],
        why: None,
    };
    let id = world
        .asker
        .submit(DIWALI, json!({}), Some(plan), "0.1")
        .await;
    world.run(id).await.unwrap();
    assert_eq!(
        world.asker.look(id).await.0.error_code.as_deref(),
        Some("skill.version_gone")
    );
}

#[tokio::test]
async fn a_step_runs_with_the_version_it_was_planned_with() {
    let mut world = World::offline().await;
    let id = world.submit(DIWALI, &["campaign.diwali"], json!({})).await;
    let planned = world.asker.look(id).await.1[0].skill_hash.clone();
    let folder = copied(|text| {
        text.replace("summary: {", "headline: {")
            .replace("[summary,", "[headline,")
    });
    world.serve(folder.path()).await;
    let view = world.deps.shelf.production();
    assert_ne!(view.catalogue.get("campaign.diwali").unwrap().hash, planned);
    world.run(id).await.unwrap();
    let (execution, _) = world.asker.look(id).await;
    let output = execution.output.unwrap();
    assert!(
        output.get("summary").is_some() && output.get("headline").is_none(),
        "{output}"
    );
}
