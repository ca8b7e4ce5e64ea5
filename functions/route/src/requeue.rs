//! What should have moved and did not: a message was lost, a worker died. Ask again.

use chrono::TimeDelta;
use domain::StepStatus;
use events::{ExecutionRequestedV1, StepReadyV1};
use store::progress::{self, Overdue};
use store::{Tx, executions};

use crate::advance::{advance_in, message};
use crate::{Deps, Result};

/// Items looked at in one run; the next run takes the rest.
const BATCH: i64 = 500;
/// A step that was started this often and never ended is given up.
const MAX_ATTEMPTS: i32 = 5;
/// How long the worker of the last attempt is waited for beyond its lease.
const GRACE: TimeDelta = TimeDelta::seconds(2);

/// What a run came to.
#[derive(Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Requeued {
    pub steps: usize,
    pub executions: usize,
    /// Steps that were given up.
    pub given_up: usize,
}

/// Asks again for every overdue step and plan. Two runs at once do no harm: an item is put off by
/// whoever comes first.
pub async fn requeue_steps(deps: &Deps) -> Result<Requeued> {
    let now = deps.seams.now() - GRACE;
    let mut tx = deps.store.sweep().await?;
    let overdue = progress::overdue(&mut tx, now, BATCH).await?;
    tx.rollback().await?;
    let mut done = Requeued::default();
    for item in overdue {
        let mut tx = deps.store.tenant(item.workspace_id).await?;
        match item.step {
            Some(step) => requeue_step(deps, &mut tx, &item, step, &mut done).await?,
            None => requeue_execution(deps, &mut tx, &item, &mut done).await?,
        }
        tx.commit().await?;
    }
    if done != Requeued::default() {
        tracing::info!(
            steps = done.steps,
            executions = done.executions,
            given_up = done.given_up,
            "asked again"
        );
    }
    Ok(done)
}

async fn requeue_step(
    deps: &Deps,
    tx: &mut Tx,
    item: &Overdue,
    step: i32,
    done: &mut Requeued,
) -> Result<()> {
    let now = deps.seams.now();
    let execution = executions::lock(tx, item.execution_id).await?;
    let Some(found) =
        progress::requeue_step(tx, item.execution_id, step, now - GRACE, now + service::DUE)
            .await?
    else {
        return Ok(());
    };
    if execution.cancel_requested_at.is_some() || found.attempt >= MAX_ATTEMPTS {
        let (status, error) = if found.attempt >= MAX_ATTEMPTS {
            (
                StepStatus::Failed,
                Some((
                    "step.attempts_exhausted",
                    "it was started five times and never ended",
                )),
            )
        } else {
            (StepStatus::Cancelled, None)
        };
        progress::end_steps(tx, item.execution_id, &[step], status, error, now).await?;
        advance_in(deps, tx, &execution).await?;
        done.given_up += 1;
        return Ok(());
    }
    let event = StepReadyV1 {
        execution_id: item.execution_id,
        step,
        skill_id: found.skill_id,
        priority: found.priority,
    };
    tx.emit(message(deps, &execution, &event));
    done.steps += 1;
    Ok(())
}

async fn requeue_execution(
    deps: &Deps,
    tx: &mut Tx,
    item: &Overdue,
    done: &mut Requeued,
) -> Result<()> {
    let now = deps.seams.now();
    let execution = executions::lock(tx, item.execution_id).await?;
    if progress::requeue_execution(tx, item.execution_id, now - GRACE, now + service::DUE).await? {
        tx.emit(message(
            deps,
            &execution,
            &ExecutionRequestedV1 {
                execution_id: item.execution_id,
            },
        ));
        done.executions += 1;
    }
    Ok(())
}
