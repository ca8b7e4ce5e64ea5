//! One step from its message to its end: lease it, run it while the lease is kept, give it back with
//! the result.

use std::time::Duration;

use domain::{Tokens, Usd, WorkspaceId};
use events::{ExecutionFinishedV1, Message, StepFinishedV1, StepReadyV1, UsageRecordedV1};
use store::claims::{self, CallCost, Claim, Finish, Heartbeat};
use tokio_util::sync::CancellationToken;

use crate::error::{Error, Result, StepError};
use crate::execute::execute;
use crate::report::{Reporter, write_down};
use crate::session::Attempt;
use crate::{Deps, NAME};

/// A step that failed for a passing reason is given back until it was started this often.
const MAX_ATTEMPTS: i32 = 3;
/// How long the work may take to stop once its lease is lost.
const STOP: Duration = Duration::from_secs(5);

/// Runs the step that a message asks for, if it is there to be run. A message that comes twice finds
/// the step leased or finished, and changes nothing.
pub async fn run(deps: &Deps, workspace: WorkspaceId, event: &StepReadyV1) -> Result<()> {
    let now = deps.seams.now();
    let tx = deps.store.tenant_relaxed(workspace).await?;
    let until = now + deps.lease();
    let Some(claim) = claims::claim(
        tx,
        event.execution_id,
        event.step,
        deps.seams.uuid(),
        now,
        until,
    )
    .await?
    else {
        tracing::debug!(execution.id = %event.execution_id, step = event.step, "not there to be run");
        return Ok(());
    };
    let cancel = CancellationToken::new();
    if claim.cancel_requested {
        cancel.cancel();
    }
    let (reporter, news) = Reporter::new();
    let work = async {
        let work = execute(deps, workspace, &claim, &cancel, reporter);
        let mut work = std::pin::pin!(work);
        tokio::select! {
            attempt = &mut work => Some(attempt),
            () = keep_lease(deps, workspace, &claim, &cancel) => {
                // The step is somebody else's now; what was spent here still has to be paid.
                cancel.cancel();
                let attempt = tokio::time::timeout(STOP, work).await.unwrap_or_default();
                tracing::warn!(execution.id = %claim.execution_id, step = claim.step, "the lease was lost");
                if let Err(error) = pay_late(deps, workspace, &claim, &attempt.calls).await {
                    tracing::error!(%error, "spending after a lost lease was not recorded");
                }
                None
            }
        }
    };
    let (attempt, told) = tokio::join!(work, write_down(deps, workspace, &claim, news));
    let Some(attempt) = attempt else {
        return Ok(());
    };
    if let Err(error) = &attempt.result
        && error.transient
        && claim.attempt < MAX_ATTEMPTS
        && !cancel.is_cancelled()
    {
        return give_back(deps, workspace, &claim, &attempt.calls, error).await;
    }
    finish(
        deps,
        workspace,
        &claim,
        attempt,
        told,
        cancel.is_cancelled(),
    )
    .await
}

/// Beats until the lease is lost. Hears of a request to cancel and passes it on.
async fn keep_lease(
    deps: &Deps,
    workspace: WorkspaceId,
    claim: &Claim,
    cancel: &CancellationToken,
) {
    let lease = deps.lease();
    let pause = (lease / 3)
        .to_std()
        .unwrap_or(Duration::from_secs(1))
        .min(Duration::from_secs(2));
    loop {
        tokio::time::sleep(pause).await;
        let beat = async {
            let mut tx = deps.store.tenant_relaxed(workspace).await?;
            let beat = claims::heartbeat(&mut tx, claim, deps.seams.now() + lease).await?;
            tx.commit().await?;
            Ok::<_, store::StoreError>(beat)
        };
        match beat.await {
            Ok(Heartbeat::Held {
                cancel_requested: true,
            }) => cancel.cancel(),
            Ok(Heartbeat::Held {
                cancel_requested: false,
            }) => {}
            Ok(Heartbeat::Lost) => return,
            // If the database stays away the lease runs out, and the end of the step finds out.
            Err(error) => tracing::warn!(%error, "a heartbeat failed"),
        }
    }
}

async fn finish(
    deps: &Deps,
    workspace: WorkspaceId,
    claim: &Claim,
    attempt: Attempt,
    events: Vec<store::events::ExecutionEvent>,
    cancelled: bool,
) -> Result<()> {
    use domain::StepStatus::{Cancelled, Completed, Failed};
    let (status, output, error) = match attempt.result {
        Ok(output) => (Completed, Some(output), None),
        Err(_) if cancelled => (
            Cancelled,
            None,
            Some(StepError::new("execution.cancelled", "cancelled")),
        ),
        Err(error) => (Failed, None, Some(error)),
    };
    let calls = attempt.calls;
    let mut finish = Finish {
        status,
        output,
        error_code: error.as_ref().map(|error| error.code.to_owned()),
        error_detail: error.map(|error| error.detail),
        model: attempt.model,
        cost: calls.iter().map(|call| call.cost).sum::<Usd>(),
        tokens: calls.iter().fold(Tokens::default(), |sum, call| {
            sum + Tokens {
                input: call.tokens_input,
                output: call.tokens_output,
            }
        }),
        calls: calls.clone(),
        events,
        messages: vec![],
        now: deps.seams.now(),
    };
    let execution_id = claim.execution_id;
    finish.messages.push(if claim.step_count == 1 {
        message(
            deps,
            workspace,
            claim,
            &ExecutionFinishedV1 {
                execution_id,
                status: finish.execution_status(),
            },
        )
    } else {
        message(
            deps,
            workspace,
            claim,
            &StepFinishedV1 {
                execution_id,
                step: claim.step,
                status,
            },
        )
    });
    metrics::counter!("steps_finished_total", "status" => status.as_str()).increment(1);
    let tx = deps.store.tenant(workspace).await?;
    if claims::finish(tx, claim, finish).await? {
        return Ok(());
    }
    tracing::warn!(execution.id = %execution_id, step = claim.step, "finished too late: the lease was lost");
    pay_late(deps, workspace, claim, &calls).await
}

/// Gives the step back for another attempt, and pays for this one.
async fn give_back(
    deps: &Deps,
    workspace: WorkspaceId,
    claim: &Claim,
    calls: &[CallCost],
    error: &StepError,
) -> Result<()> {
    pay_late(deps, workspace, claim, calls).await?;
    let now = deps.seams.now();
    let tx = deps.store.tenant(workspace).await?;
    if claims::release(tx, claim, now, now + service::DUE).await? {
        return Err(Error::GivenBack(format!(
            "{}: {}",
            error.code, error.detail
        )));
    }
    Ok(())
}

/// Records what was spent outside the step's own result, and has it charged.
async fn pay_late(
    deps: &Deps,
    workspace: WorkspaceId,
    claim: &Claim,
    calls: &[CallCost],
) -> Result<()> {
    if calls.iter().all(|call| call.cost.is_zero()) {
        return Ok(());
    }
    let mut tx = deps.store.tenant(workspace).await?;
    if claims::charge_late(&mut tx, claim, calls).await? > 0 {
        let event = UsageRecordedV1 {
            execution_id: claim.execution_id,
            step: claim.step,
            attempt: claim.attempt,
        };
        tx.emit(message(deps, workspace, claim, &event));
        tx.commit().await?;
    }
    Ok(())
}

fn message<E: events::Event>(
    deps: &Deps,
    workspace: WorkspaceId,
    claim: &Claim,
    event: &E,
) -> Message {
    let correlation = claim.correlation_id.clone();
    Message::new(
        event,
        NAME,
        workspace,
        correlation,
        runtime::context::traceparent(),
        &deps.seams,
    )
}
