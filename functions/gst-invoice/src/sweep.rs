//! Whatever was left: payments whose message was lost, documents that are not finished, GSTINs that could
//! not be looked up.

use chrono::{DateTime, TimeDelta, Utc};
use domain::WorkspaceId;
use store::billing::{invoices, payments, refunds, tax_profiles};

use crate::finish::finish;
use crate::gstins::Found;
use crate::issue::{issue_credit_note, issue_invoice};
use crate::{Deps, Result};

/// Of each kind in one run; the next run takes the rest.
const BATCH: i64 = 200;
/// A message has this long to come by itself.
const PATIENCE: TimeDelta = TimeDelta::minutes(2);

/// A run stops taking up more then; the next one goes on.
const LONGEST: TimeDelta = TimeDelta::seconds(60);

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Swept {
    pub invoices: usize,
    pub credit_notes: usize,
    pub unfinished: usize,
    pub gstins: usize,
    /// Left for the next run; the reason is in the log.
    pub failed: usize,
}

/// Issues what was lost, finishes what is not done, looks up GSTINs. What fails is passed over, so that it
/// does not stand before the rest.
pub async fn finish_invoices(deps: &Deps) -> Result<Swept> {
    let began = deps.seams.now();
    let mut done = Swept::default();
    let steps = [
        lost_invoices(deps, began, &mut done).await,
        lost_credit_notes(deps, began, &mut done).await,
        unfinished(deps, began, &mut done).await,
        unverified(deps, began, &mut done).await,
    ];
    for error in steps.into_iter().filter_map(Result::err) {
        tracing::error!(%error, "a part of the sweep is left for the next run");
        done.failed += 1;
    }
    Ok(done)
}

async fn lost_invoices(deps: &Deps, began: DateTime<Utc>, done: &mut Swept) -> Result<()> {
    let mut seen = vec![];
    loop {
        let mut tx = deps.store.sweep().await?;
        let paid = payments::without_invoice(&mut tx, began - PATIENCE, &seen, BATCH).await?;
        tx.rollback().await?;
        if paid.is_empty() || deps.seams.now() > began + LONGEST {
            return Ok(());
        }
        for (workspace, payment) in paid {
            seen.push(payment.0);
            let issued = issue_invoice(deps, workspace, payment).await;
            count(issued, &mut done.invoices, &mut done.failed);
        }
    }
}

async fn lost_credit_notes(deps: &Deps, began: DateTime<Utc>, done: &mut Swept) -> Result<()> {
    let mut seen = vec![];
    loop {
        let mut tx = deps.store.sweep().await?;
        let back = refunds::without_credit_note(&mut tx, began - PATIENCE, &seen, BATCH).await?;
        tx.rollback().await?;
        if back.is_empty() || deps.seams.now() > began + LONGEST {
            return Ok(());
        }
        for (workspace, refund) in back {
            seen.push(refund.0);
            let issued = issue_credit_note(deps, workspace, refund).await;
            count(issued, &mut done.credit_notes, &mut done.failed);
        }
    }
}

async fn unfinished(deps: &Deps, began: DateTime<Utc>, done: &mut Swept) -> Result<()> {
    let mut tx = deps.store.sweep().await?;
    let open = invoices::unfinished(&mut tx, deps.seams.now(), BATCH).await?;
    tx.rollback().await?;
    for (workspace, invoice) in open {
        if deps.seams.now() > began + LONGEST {
            break;
        }
        let finished = finish(deps, workspace, invoice).await;
        count(finished, &mut done.unfinished, &mut done.failed);
    }
    Ok(())
}

async fn unverified(deps: &Deps, began: DateTime<Utc>, done: &mut Swept) -> Result<()> {
    let mut tx = deps.store.sweep().await?;
    let gstins = tax_profiles::unverified(&mut tx, began - PATIENCE, BATCH).await?;
    tx.rollback().await?;
    for workspace in gstins {
        if deps.seams.now() > began + LONGEST {
            break;
        }
        let verified = verify(deps, workspace).await;
        count(verified, &mut done.gstins, &mut done.failed);
    }
    Ok(())
}

fn count<T>(done: Result<T>, well: &mut usize, failed: &mut usize) {
    match done {
        Ok(_) => *well += 1,
        Err(error) => {
            tracing::error!(%error, "left for the next run");
            *failed += 1;
        }
    }
}

/// Looks a workspace's GSTIN up in the register. Where the register can't be asked it is `unknown`, never
/// wrong.
pub async fn verify(deps: &Deps, workspace: WorkspaceId) -> Result<()> {
    let mut tx = deps.store.tenant(workspace).await?;
    let gstin = tax_profiles::get(&mut tx)
        .await?
        .and_then(|profile| profile.gstin);
    tx.rollback().await?;
    let Some(gstin) = gstin else {
        return Ok(());
    };
    let (verification, name) = match deps.gstins.look_up(&gstin).await {
        Found::Active { name } => ("valid", Some(name)),
        Found::Inactive { name, .. } => ("inactive", Some(name)),
        Found::NotFound => ("not_found", None),
        Found::Unknown(reason) => {
            tracing::info!(reason, "a GSTIN could not be looked up");
            ("unknown", None)
        }
    };
    let mut tx = deps.store.tenant(workspace).await?;
    let now = deps.seams.now();
    tax_profiles::verified(&mut tx, &gstin, verification, name.as_deref(), now).await?;
    tx.commit().await?;
    Ok(())
}
