//! Looks where a mandate stands, and ends it when that is wanted.

use chrono::TimeDelta;
use domain::billing::MandateStatus;
use domain::{MandateId, WorkspaceId};
use phonepe::{Error as Gateway, MandateState};
use store::billing::{mandates, payments, subscriptions};

use super::{AGAIN, trouble};
use crate::books::{SeenMandate, mandate_seen, unused};
use crate::{Deps, Result};

/// A mandate that the gateway does not know by then was never made.
const NEVER_MADE: TimeDelta = TimeDelta::hours(2);
/// A standing mandate is looked at daily: a callback may have been lost.
const DAILY: TimeDelta = TimeDelta::hours(24);
/// It is not urgent: before a debit the gateway is asked anyway.
const QUARTER: TimeDelta = TimeDelta::minutes(15);
const SOON: TimeDelta = TimeDelta::seconds(60);

/// Asks the gateway about a mandate (to end it, if that is wanted) and takes the answer in. Asking twice
/// at once does no harm: the newer answer stays.
pub async fn advance_mandate(deps: &Deps, workspace: WorkspaceId, id: MandateId) -> Result<bool> {
    let asked_at = deps.seams.now();
    let mut tx = deps.store.tenant(workspace).await?;
    let mandate = mandates::get(&mut tx, id).await?;
    tx.rollback().await?;
    let theirs = mandate.merchant_id().to_string();
    let wanted = mandate.cancel_requested_at.is_some()
        && !mandate.status.is_final()
        && mandate.status != MandateStatus::Cancelling;
    if wanted && let Err(error) = deps.phonepe.cancel_mandate(&theirs).await {
        // What became of it is asked below, and it is tried again.
        trouble(&error, "cancel_mandate");
    }
    let seen = match deps.phonepe.mandate_status(&theirs).await {
        Ok(status) => Some(SeenMandate {
            state: status.state,
            asked_at,
            subscription_id: status.subscription_id,
        }),
        Err(Gateway::NotFound(_)) if asked_at >= mandate.created_at + NEVER_MADE => {
            Some(SeenMandate {
                state: MandateState::Failed,
                asked_at,
                subscription_id: None,
            })
        }
        Err(Gateway::NotFound(_)) => None,
        Err(error) => {
            trouble(&error, "mandate_status");
            None
        }
    };
    let now = deps.seams.now();
    let mut tx = deps.store.tenant(workspace).await?;
    let mut subscription = subscriptions::lock(&mut tx).await?;
    let mut mandate = mandates::lock(&mut tx, id).await?;
    let before = mandate.status;
    if let Some(seen) = &seen {
        mandate_seen(&mut mandate, subscription.as_mut(), seen);
    }
    if unused(&mandate, subscription.as_ref()) {
        let setup = payments::setup_status(&mut tx, id).await?;
        if setup.is_none_or(|status| !status.is_open()) {
            tracing::warn!(mandate.id = %id, "a mandate that nobody uses is ended");
            mandate.cancel_requested_at = Some(now);
        }
    }
    let open_cancel = mandate.cancel_requested_at.is_some();
    mandate.next_check_at = match mandate.status {
        status if status.is_final() => None,
        MandateStatus::Active | MandateStatus::Paused if !open_cancel => {
            Some(now + if seen.is_none() { QUARTER } else { DAILY })
        }
        _ if seen.is_none() => Some(now + AGAIN),
        _ => Some(now + SOON),
    };
    if mandate.status != before {
        let (from, to) = (before.as_str(), mandate.status.as_str());
        tracing::info!(mandate.id = %id, from, to, "mandate");
    }
    mandates::save(&mut tx, &mandate, now).await?;
    if let Some(subscription) = &subscription {
        subscriptions::save(&mut tx, subscription, now).await?;
    }
    tx.commit().await?;
    Ok(true)
}
