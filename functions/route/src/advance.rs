//! Doing what was decided, in one transaction that holds the execution's row.

use domain::{CorrelationId, ExecutionId, ExecutionStatus, StepStatus, WorkspaceId};
use events::{ExecutionFinishedV1, Message, StepReadyV1};
use store::executions::{self, Execution, Run};
use store::{Tx, progress, replay};

use crate::decide::{Step, decide};
use crate::{Deps, NAME, Result};

/// Moves an execution on after something about its steps changed. Repeating it changes nothing.
pub async fn advance(deps: &Deps, workspace: WorkspaceId, id: ExecutionId) -> Result<()> {
    let mut tx = deps.store.tenant(workspace).await?;
    let execution = match executions::lock(&mut tx, id).await {
        Ok(execution) => execution,
        // Another tenant's, or of a database that was reset: nothing to move.
        Err(store::StoreError::NotFound) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    if advance_in(deps, &mut tx, &execution).await? {
        tx.commit().await?;
    }
    Ok(())
}

/// As [`advance`], inside a transaction that holds the execution. Answers whether anything changed.
pub async fn advance_in(deps: &Deps, tx: &mut Tx, execution: &Execution) -> Result<bool> {
    if execution.status.is_final() {
        return Ok(false);
    }
    let now = deps.seams.now();
    let mut runs = executions::runs(tx, execution.id).await?;
    let steps: Vec<Step> = runs
        .iter()
        .map(|run| Step {
            step: run.step,
            status: run.status,
            depends_on: run.depends_on.clone(),
        })
        .collect();
    let cancelled = execution.cancel_requested_at.is_some();
    let decision = decide(&steps, cancelled);
    if !decision.release.is_empty() {
        progress::release_steps(tx, execution.id, &decision.release, now, now + service::DUE)
            .await?;
        for step in &decision.release {
            if let Some(run) = runs.iter().find(|run| run.step == *step) {
                tx.emit(ready(deps, execution, run));
            }
        }
    }
    if !decision.cancel.is_empty() {
        progress::end_steps(
            tx,
            execution.id,
            &decision.cancel,
            StepStatus::Cancelled,
            None,
            now,
        )
        .await?;
    }
    let changed = !decision.release.is_empty() || !decision.cancel.is_empty();
    let Some(status) = decision.finish else {
        return Ok(changed);
    };
    runs.sort_by_key(|run| run.step);
    let output = (status == ExecutionStatus::Completed).then(|| {
        replay::final_output(
            runs.iter()
                .map(|run| (run.skill_id.as_str(), run.output.as_ref())),
        )
    });
    let failed = runs.iter().find(|run| run.status == StepStatus::Failed);
    let error = failed.map(|run| {
        (
            run.error_code.as_deref().unwrap_or("step.failed"),
            run.error_detail.as_deref().unwrap_or("a step failed"),
        )
    });
    finish(deps, tx, execution, status, output.as_ref(), error).await?;
    Ok(true)
}

/// Ends an execution and says so.
pub async fn finish(
    deps: &Deps,
    tx: &mut Tx,
    execution: &Execution,
    status: ExecutionStatus,
    output: Option<&serde_json::Value>,
    error: Option<(&str, &str)>,
) -> Result<()> {
    progress::end_execution(tx, execution, status, output, error, deps.seams.now()).await?;
    let event = ExecutionFinishedV1 {
        execution_id: execution.id,
        status,
    };
    tx.emit(message(deps, execution, &event));
    Ok(())
}

/// Asks for a step to be run.
pub fn ready(deps: &Deps, execution: &Execution, run: &Run) -> Message {
    let event = StepReadyV1 {
        execution_id: execution.id,
        step: run.step,
        skill_id: run.skill_id.clone(),
        priority: execution.priority,
    };
    message(deps, execution, &event)
}

pub fn message<E: events::Event>(deps: &Deps, execution: &Execution, event: &E) -> Message {
    let correlation: CorrelationId = execution.correlation_id.clone();
    Message::new(
        event,
        NAME,
        execution.workspace_id,
        correlation,
        runtime::context::traceparent(),
        &deps.seams,
    )
}
