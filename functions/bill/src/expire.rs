//! Holds whose execution never reported back: ask the execution.

use chrono::TimeDelta;
use store::{budgets, executions};

use crate::settle::settle;
use crate::{Deps, Result};

/// How much longer a hold gets when its execution is still at work.
const EXTENSION: TimeDelta = TimeDelta::minutes(15);
/// Holds looked at in one run; the next run takes the rest.
const BATCH: i64 = 500;

/// What a run came to.
#[derive(Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Expired {
    /// Its execution had finished (the message was lost) or never came to be.
    pub settled: usize,
    /// Its execution is still at work.
    pub extended: usize,
}

/// Settles or extends every hold past its time. Two runs at once do no harm: a hold is settled once.
pub async fn expire_holds(deps: &Deps) -> Result<Expired> {
    let now = deps.seams.now();
    let mut tx = deps.store.sweep().await?;
    let holds = budgets::expired_holds(&mut tx, now, BATCH).await?;
    tx.rollback().await?;
    let mut done = Expired::default();
    for hold in holds {
        let mut tx = deps.store.tenant(hold.workspace_id).await?;
        let status = executions::status(&mut tx, hold.execution_id).await?;
        if status.is_some_and(|status| !status.is_final()) {
            budgets::extend_hold(&mut tx, hold.execution_id, now + EXTENSION).await?;
            tx.commit().await?;
            done.extended += 1;
        } else {
            tx.rollback().await?;
            settle(deps, hold.workspace_id, hold.execution_id).await?;
            done.settled += 1;
        }
    }
    if done != Expired::default() {
        tracing::info!(
            settled = done.settled,
            extended = done.extended,
            "looked into expired holds"
        );
    }
    Ok(done)
}
