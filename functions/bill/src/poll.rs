//! Whatever is due to be asked about at the gateway: callbacks may come late or never.

use chrono::{DateTime, TimeDelta, Utc};
use domain::WorkspaceId;
use futures::{StreamExt, join, stream};
use store::billing::{mandates, payments, refunds};

use crate::gateway::{advance_mandate, advance_payment, advance_refund};
use crate::{Deps, Result};

/// Of each kind in one run; the next run takes the rest.
const BATCH: i64 = 200;
const AT_ONCE: usize = 8;
/// Nothing is begun after it: a call may take 30 seconds, and a run has two minutes.
const LONGEST: TimeDelta = TimeDelta::seconds(60);

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Polled {
    pub payments: usize,
    pub refunds: usize,
    pub mandates: usize,
    /// Left for the next run; the reason is in the log.
    pub failed: usize,
}

/// Asks about everything that is due. A payment that another run asks about is left to it.
pub async fn poll_pending(deps: &Deps) -> Result<Polled> {
    let now = deps.seams.now();
    let mut tx = deps.store.sweep().await?;
    let payments = payments::due(&mut tx, now, BATCH).await?;
    let refunds = refunds::due(&mut tx, now, BATCH).await?;
    let mandates = mandates::due(&mut tx, now, BATCH).await?;
    tx.rollback().await?;
    // Side by side, so that a part of the gateway that hangs holds up its own kind only.
    let (payments, refunds, mandates) = join!(
        each(deps, now, payments, |workspace, id| advance_payment(
            deps, workspace, id
        )),
        each(deps, now, refunds, |workspace, id| advance_refund(
            deps, workspace, id
        )),
        each(deps, now, mandates, |workspace, id| advance_mandate(
            deps, workspace, id
        )),
    );
    Ok(Polled {
        payments: payments.0,
        refunds: refunds.0,
        mandates: mandates.0,
        failed: payments.1 + refunds.1 + mandates.1,
    })
}

/// Asks about some, a few at a time, until the time is up. How many were asked about, and how many of them
/// failed.
async fn each<Id, Asked>(
    deps: &Deps,
    began: DateTime<Utc>,
    due: Vec<(WorkspaceId, Id)>,
    ask: impl Fn(WorkspaceId, Id) -> Asked,
) -> (usize, usize)
where
    Asked: Future<Output = Result<bool>>,
{
    let in_time = due
        .into_iter()
        .take_while(|_| deps.seams.now() <= began + LONGEST);
    stream::iter(in_time)
        .map(|(workspace, id)| ask(workspace, id))
        .buffer_unordered(AT_ONCE)
        .fold((0, 0), |(asked, failed), result| async move {
            match result {
                Ok(_) => (asked + 1, failed),
                Err(error) => {
                    tracing::error!(%error, "left for the next run");
                    (asked + 1, failed + 1)
                }
            }
        })
        .await
}
