//! Turning what an execution used into what a workspace has spent.

use domain::{ExecutionId, WorkspaceId};
use economics::alerts::reached;
use store::budgets::{self, Charged};

use crate::{Deps, Result};

/// Settles the hold of a finished execution: its usage is spent, the rest released, thresholds that
/// are reached are noted. Doing it again changes nothing.
///
/// 3 round trips and 1 durable commit; from half of the limit on one more round trip, and one for each alert.
pub async fn settle(deps: &Deps, workspace: WorkspaceId, execution: ExecutionId) -> Result<()> {
    let now = deps.seams.now();
    let mut tx = deps.store.tenant(workspace).await?;
    let Some(charged) = budgets::settle(&mut tx, execution, now).await? else {
        tracing::debug!(execution.id = %execution, "settled before");
        return Ok(());
    };
    note_alerts(&mut tx, deps, &charged).await?;
    tx.commit().await?;
    metrics::counter!("settlements_total").increment(1);
    Ok(())
}

/// Charges what a worker spent after it had lost its lease. Once per attempt.
pub async fn charge_late(
    deps: &Deps,
    workspace: WorkspaceId,
    execution: ExecutionId,
    step: i32,
    attempt: i32,
) -> Result<()> {
    let mut tx = deps.store.tenant(workspace).await?;
    if let Some(charged) =
        budgets::charge_late(&mut tx, execution, step, attempt, deps.seams.now()).await?
    {
        note_alerts(&mut tx, deps, &charged).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Notes the thresholds that spending has reached, by this change of a budget or by an earlier one.
pub async fn note_alerts(tx: &mut store::Tx, deps: &Deps, charged: &Charged) -> Result<()> {
    // Those below one that is known were noted with it.
    for threshold in reached(charged.spent_usd, charged.limit_usd).rev() {
        if !budgets::alert_once(tx, charged, threshold, deps.seams.now()).await? {
            break;
        }
        tracing::warn!(threshold, spent = %charged.spent_usd, limit = %charged.limit_usd, "budget threshold reached");
        metrics::counter!("budget_alerts_total", "threshold" => threshold.to_string()).increment(1);
    }
    Ok(())
}
