//! Whatever is due to be asked about at the gateway: callbacks may come late or never.

use futures::{StreamExt, stream};
use store::billing::{mandates, payments, refunds};

use crate::gateway::{advance_mandate, advance_payment, advance_refund};
use crate::{Deps, Result};

/// Of each kind in one run; the next run takes the rest.
const BATCH: i64 = 200;
const AT_ONCE: usize = 8;

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
    let mut done = Polled {
        payments: payments.len(),
        refunds: refunds.len(),
        mandates: mandates.len(),
        failed: 0,
    };
    // Mandates first: a debit is announced under an active one.
    let asked = stream::iter(mandates)
        .map(|(workspace, id)| async move { advance_mandate(deps, workspace, id).await })
        .buffer_unordered(AT_ONCE);
    done.failed += count_failed(asked).await;
    let asked = stream::iter(payments)
        .map(|(workspace, id)| async move { advance_payment(deps, workspace, id).await })
        .buffer_unordered(AT_ONCE);
    done.failed += count_failed(asked).await;
    let asked = stream::iter(refunds)
        .map(|(workspace, id)| async move { advance_refund(deps, workspace, id).await })
        .buffer_unordered(AT_ONCE);
    done.failed += count_failed(asked).await;
    Ok(done)
}

async fn count_failed(asked: impl futures::Stream<Item = Result<bool>>) -> usize {
    asked
        .fold(0, |failed, result| async move {
            match result {
                Ok(_) => failed,
                Err(error) => {
                    tracing::error!(%error, "left for the next run");
                    failed + 1
                }
            }
        })
        .await
}
