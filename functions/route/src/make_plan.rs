//! Planning a request that no single skill clearly answers.

use domain::{ExecutionId, ExecutionStatus, WorkspaceId};
use routing::{Ask, Intent, Label, PlanError};
use serde_json::{Value, json};
use skills::Catalogue;
use store::executions::{self, Execution};
use store::{StoreError, Tx, budgets, house_costs, progress};

use crate::advance::{advance_in, finish, ready};
use crate::ask::{self, Chosen};
use crate::{Deps, Result};

/// Chooses skills, makes the plan, fits the hold to it and releases the first steps; or ends the
/// execution with a reason. For an execution that has its plan, looks whether it should stop.
pub async fn make_plan(deps: &Deps, workspace: WorkspaceId, id: ExecutionId) -> Result<()> {
    let mut tx = deps.store.tenant(workspace).await?;
    let execution = match executions::get(&mut tx, id).await {
        Ok(execution) => execution,
        Err(StoreError::NotFound) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let tier = budgets::tier(&mut tx).await?;
    tx.rollback().await?;
    if execution.status != ExecutionStatus::Pending || execution.cancel_requested_at.is_some() {
        return crate::advance(deps, workspace, id).await;
    }

    // No transaction is open while a model is asked.
    let view = deps.shelf.view(workspace);
    let decision = view.router().route(&Ask {
        text: &execution.prompt,
        tier,
        locale: None,
    });
    let candidates = json!(decision.candidates);
    let chosen = ask::choose(deps, &view.catalogue, &execution, decision).await;

    if !chosen.calls.is_empty() {
        // By itself: it was spent, whatever becomes of the plan.
        let mut tx = deps.store.tenant(workspace).await?;
        house_costs::insert(&mut tx, id, ask::PURPOSE, &chosen.calls).await?;
        tx.commit().await?;
    }
    let mut tx = deps.store.tenant(workspace).await?;
    let execution = executions::lock(&mut tx, id).await?;
    if execution.status != ExecutionStatus::Pending {
        return Ok(());
    }
    if execution.cancel_requested_at.is_some() {
        advance_in(deps, &mut tx, &execution).await?;
    } else {
        plan_in(
            deps,
            &view.catalogue,
            &mut tx,
            &execution,
            chosen,
            candidates,
        )
        .await?;
    }
    Ok(tx.commit().await?)
}

async fn plan_in(
    deps: &Deps,
    catalogue: &Catalogue,
    tx: &mut Tx,
    execution: &Execution,
    chosen: Chosen,
    candidates: Value,
) -> Result<()> {
    let fail = ExecutionStatus::Failed;
    let skills = match chosen.label {
        Label::Skill(skill) => vec![skill],
        Label::Multi(skills) => skills,
        Label::Abstain { reason } => {
            let error = Some(("request.out_of_scope", reason.as_str()));
            return finish(deps, tx, execution, fail, None, error).await;
        }
        // Asked back: the answer comes as a new request.
        Label::Unclear { reason } => {
            let error = Some(("request.unclear", reason.as_str()));
            return finish(deps, tx, execution, fail, None, error).await;
        }
    };
    let plan = match routing::plan(&skills, catalogue, &execution.input) {
        Ok(plan) => plan,
        Err(error) => {
            let detail = describe(&error);
            let code = match error {
                PlanError::SwitchedOff { .. } => "skill.switched_off",
                _ => "request.input_invalid",
            };
            let error = Some((code, detail.as_str()));
            return finish(deps, tx, execution, fail, None, error).await;
        }
    };
    let estimate = routing::estimate(&plan, catalogue);
    let now = deps.seams.now();
    if !budgets::resize_hold(tx, execution.id, estimate.cost_usd, "plan", now).await? {
        let detail = format!(
            "the plan may cost {}, more than this month's budget has left",
            estimate.cost_usd
        );
        return finish(
            deps,
            tx,
            execution,
            fail,
            None,
            Some(("budget.exceeded", &detail)),
        )
        .await;
    }
    let intent = chosen
        .intent
        .unwrap_or_else(|| Intent::of(&execution.prompt, &skills, catalogue));
    let why = json!({ "intent": intent, "estimate": estimate, "candidates": candidates });
    let planned = service::planned(plan, why);
    progress::set_plan(tx, execution.id, &planned, now, now + service::DUE).await?;
    for run in executions::runs(tx, execution.id).await? {
        if run.depends_on.is_empty() {
            tx.emit(ready(deps, execution, &run));
        }
    }
    tracing::info!(execution.id = %execution.id, plan = %json!(skills), "planned");
    Ok(())
}

fn describe(error: &PlanError) -> String {
    match error {
        PlanError::Input { violations, .. } => {
            let lines: Vec<String> = violations
                .iter()
                .map(|v| format!("{}: {}", v.path, v.message))
                .collect();
            format!("{error}: {}", lines.join("; "))
        }
        _ => error.to_string(),
    }
}
