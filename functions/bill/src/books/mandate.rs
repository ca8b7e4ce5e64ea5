//! News about a mandate at the gateway.

use chrono::{DateTime, Utc};
use domain::Inr;
use domain::billing::MandateStatus;
use phonepe::MandateState;
use store::billing::mandates::Mandate;
use store::billing::subscriptions::Subscription;

use super::later;

#[derive(Debug, Clone, PartialEq)]
pub struct SeenMandate {
    pub state: MandateState,
    pub asked_at: DateTime<Utc>,
    pub subscription_id: Option<String>,
}

/// Takes news about a mandate in. One that has ended leaves its subscription, which is then paid by hand.
pub fn mandate_seen(
    mandate: &mut Mandate,
    subscription: Option<&mut Subscription>,
    seen: &SeenMandate,
) {
    let target = match &seen.state {
        MandateState::ActivationInProgress => MandateStatus::Pending,
        MandateState::Active => MandateStatus::Active,
        // On the way to a pause, or back from one, nothing may be taken.
        MandateState::PauseInProgress | MandateState::Paused | MandateState::UnpauseInProgress => {
            MandateStatus::Paused
        }
        MandateState::CancelInProgress | MandateState::RevokeInProgress => {
            MandateStatus::Cancelling
        }
        MandateState::Cancelled => MandateStatus::Cancelled,
        MandateState::Revoked => MandateStatus::Revoked,
        MandateState::Failed => MandateStatus::Failed,
        MandateState::Expired => MandateStatus::Expired,
        MandateState::Unknown(_) => mandate.status,
    };
    let stale = seen.asked_at < mandate.observed_at;
    mandate.observed_at = later(mandate.observed_at, seen.asked_at);
    if seen.subscription_id.is_some() {
        mandate.gateway_id.clone_from(&seen.subscription_id);
    }
    if !stale && mandate.status.may_become(target) {
        mandate.status = target;
    }
    if mandate.status.is_final() {
        mandate.next_check_at = None;
        if let Some(subscription) = subscription
            && subscription.mandate_id == Some(mandate.id)
        {
            subscription.mandate_id = None;
        }
    }
}

/// Whether a mandate stands that nobody uses nor wants ended: unless the payment that sets it up is still open,
/// nobody will.
pub fn unused(mandate: &Mandate, subscription: Option<&Subscription>) -> bool {
    matches!(
        mandate.status,
        MandateStatus::Active | MandateStatus::Paused
    ) && mandate.cancel_requested_at.is_none()
        && subscription.is_none_or(|subscription| subscription.mandate_id != Some(mandate.id))
}

/// Whether a debit of this amount may be announced under the mandate.
pub fn usable(mandate: &Mandate, amount: Inr, now: DateTime<Utc>) -> bool {
    mandate.status == MandateStatus::Active
        && mandate.cancel_requested_at.is_none()
        && mandate.expires_at > now
        && amount <= mandate.max_amount
        && economics::mandate::collection(amount) == economics::mandate::Collection::AutoDebit
}
