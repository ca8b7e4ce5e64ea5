//! Another plan within a paid period: upwards at once against a charge, downwards at the period's end.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, Utc};
use domain::billing::{PaymentPurpose, SubscriptionStatus};
use domain::{Inr, PaymentId, Role, Tier};
use economics::cycle::{Cycle, day_of};
use economics::mandate::{Collection, collection};
use economics::proration::{self, Change};
use runtime::{Json, Problem};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use store::Tx;
use store::billing::subscriptions::Subscription;
use store::billing::tax_profiles::TaxProfile;
use store::billing::{mandates, payments, periods, subscriptions, tax_profiles};
use utoipa::ToSchema;

use super::key::{Key, replayed};
use super::order::{self, Checkout, Order, answer, in_the_way, under_way};
use super::{open, prices};
use crate::caller::{Member, Origin};
use crate::{Deps, audit, problem};

/// The gateway takes no less.
const LEAST: Inr = Inr(Decimal::ONE);
const ACTION: &str = "subscription.change";

#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePlan {
    /// starter, growth or agency.
    #[schema(value_type = String)]
    tier: Tier,
}

/// A change without a payment.
#[derive(Serialize, ToSchema)]
pub struct Changed {
    /// Until then.
    #[schema(value_type = String)]
    tier: Tier,
    /// Null when it stays the same.
    #[schema(value_type = Option<String>)]
    next_tier: Option<Tier>,
    /// The first day (IST) of the next plan.
    effective_on: Option<NaiveDate>,
}

impl From<&Subscription> for Changed {
    fn from(subscription: &Subscription) -> Self {
        let effective = subscription
            .next_tier
            .map(|_| day_of(subscription.period_end));
        Self {
            tier: subscription.tier,
            next_tier: subscription.next_tier,
            effective_on: effective,
        }
    }
}

/// What 200 stands for: a change that needs no payment has `tier`, an upgrade under way has `payment`.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(
    dead_code,
    clippy::large_enum_variant,
    reason = "it describes answers that are made as what they are"
)]
pub enum ChangedOrOpen {
    Changed(Changed),
    Open(Checkout),
}

/// Takes another plan. Admins and owners only, for an active subscription.
///
/// A dearer plan begins as soon as the rest of the period is paid for: today counts as its first day, and
/// what the old plan costs by the list is credited by days. The answer is that of
/// /v1/subscription/checkout, also where the same upgrade is under way already (200); that the customer comes
/// back from `redirect_url` is no proof of payment. A new mandate is set up with it where the present one does
/// not cover the new price.
///
/// A cheaper plan begins with the next period (200); where there is none, since the subscription ends with
/// this one, it is refused (409 `subscription.ending`). The plan that the workspace has takes such a change
/// back.
#[utoipa::path(post, path = "/subscription/change", tag = "money", request_body = ChangePlan,
    params(("Idempotency-Key" = String, Header, description = "1 to 255 printable characters of your own. The same request with the same key is made once.")),
    responses((status = 200, body = ChangedOrOpen, description = "Changed without a payment, or the open payment for the same upgrade."),
        (status = 201, body = Checkout), (status = 202, body = Checkout, description = "The gateway is being asked: look at Location."),
        (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 502, body = Problem)))]
pub async fn change(
    State(deps): State<Deps>,
    member: Member,
    origin: Origin,
    key: Key,
    Json(body): Json<ChangePlan>,
) -> Result<Response, Problem> {
    member.require(Role::Admin)?;
    prices::sold_here(body.tier)?;
    let now = deps.seams.now();
    let mut tx = open(&deps, &member).await?;
    let subscription = subscriptions::lock(&mut tx).await.map_err(problem)?;
    let tiers = store::tiers::all(&mut tx).await.map_err(problem)?;
    let waiting = payments::open(&mut tx).await.map_err(problem)?;
    let begun = under_way(&waiting, now);
    let same = begun.filter(|p| p.purpose == PaymentPurpose::Upgrade && p.tier == body.tier);
    let list = |tier| prices::listed(&tiers, tier);
    let (old, new) = (
        list(subscription.as_ref().map_or(body.tier, |s| s.tier))?,
        list(body.tier)?,
    );
    // What the key stands for: a payment, or the workspace's subscription as it is changed.
    let id = same.map_or_else(|| PaymentId(deps.seams.uuid()), |payment| payment.id);
    let (workspace, upwards) = (member.workspace_id.0, new > old);
    let made = if upwards { id.0 } else { workspace };
    if let Some(first) = key.claim(&mut tx, (ACTION, &body), made, now).await? {
        tx.rollback().await.map_err(problem)?;
        let answer = match subscription.filter(|_| first == workspace) {
            Some(subscription) => axum::Json(Changed::from(&subscription)).into_response(),
            None => answer(&deps, &member, first.into(), StatusCode::CREATED).await?,
        };
        return Ok(replayed(answer));
    }
    let active = |s: &Subscription| s.status == SubscriptionStatus::Active;
    let Some(mut subscription) = subscription.filter(active) else {
        return Err(Problem::conflict(
            "Nothing is paid for now: POST /v1/subscription/checkout takes the plan you want.",
        )
        .code("subscription.not_active"));
    };
    if !upwards {
        if subscription.cancel_at_period_end {
            return Err(Problem::conflict(
                "The subscription ends with this period, so no other follows: POST /v1/subscription/resume takes the end back, then send this again.",
            )
            .code("subscription.ending"));
        }
        let other = body.tier != subscription.tier;
        subscription.next_tier = Some(body.tier).filter(|_| other);
        subscriptions::save(&mut tx, &subscription, now)
            .await
            .map_err(problem)?;
        let (actor, tier) = (Some(member.user_id), body.tier.as_str());
        audit::note(&deps, &mut tx, actor, &origin, ACTION, tier, true).await?;
        tx.commit().await.map_err(problem)?;
        return Ok(axum::Json(Changed::from(&subscription)).into_response());
    }
    order::not_paused(&mut tx).await?;
    let parts = periods::parts(&mut tx, subscription.period_start).await;
    if parts.map_err(problem)?.is_ending() {
        return Err(Problem::conflict(
            "What the running period was paid with is on its way back: GET /v1/refunds tells when that has ended.",
        )
        .code("refund.under_way"));
    }
    if same.is_some() {
        tx.commit().await.map_err(problem)?;
        return answer(&deps, &member, id, StatusCode::OK).await;
    }
    if let Some(payment) = begun {
        return Err(in_the_way(payment));
    }
    let profile = tax_profiles::get(&mut tx).await.map_err(problem)?;
    let profile = prices::known(profile)?;
    let upgrade = Upgrade {
        subscription: &subscription,
        profile: &profile,
        prices: (old, new),
        now,
    };
    let order = upgrade.order(&deps, &mut tx, id, body.tier).await?;
    order::place(&deps, tx, &member, &origin, ACTION, &order).await?;
    answer(&deps, &member, id, StatusCode::CREATED).await
}

struct Upgrade<'a> {
    subscription: &'a Subscription,
    profile: &'a TaxProfile,
    /// Of the list: the old plan's and the new one's.
    prices: (Inr, Inr),
    now: DateTime<Utc>,
}

impl Upgrade<'_> {
    /// The rest of the period in the new plan.
    async fn order(
        &self,
        deps: &Deps,
        tx: &mut Tx,
        id: PaymentId,
        tier: Tier,
    ) -> Result<Order, Problem> {
        let subscription = self.subscription;
        let (old, new) = self.prices;
        let cycle = Cycle {
            from: day_of(subscription.period_start),
            until: day_of(subscription.period_end),
        };
        let charge = match proration::change(old, new, cycle, day_of(self.now)) {
            Change::Upgrade(upgrade) => upgrade.charge,
            Change::Downgrade { .. } | Change::Even => Inr::ZERO,
        };
        let quote = prices::quote(&deps.money.prices, charge, Some(self.profile))?;
        if quote.amount < LEAST {
            return Err(Problem::conflict(
                "Too little of the period is left to be paid for: change the plan when the next one has begun.",
            )
            .code("subscription.period_ending"));
        }
        let monthly = prices::quote(&deps.money.prices, new, Some(self.profile))?.amount;
        Ok(Order {
            id,
            purpose: PaymentPurpose::Upgrade,
            tier,
            period: (subscription.period_start, subscription.period_end),
            quote,
            mandate_for: self.mandate(tx, monthly).await?,
        })
    }

    /// The month's price that a new mandate is needed for: the present one covers less, and debits of that
    /// price are allowed.
    async fn mandate(&self, tx: &mut Tx, monthly: Inr) -> Result<Option<Inr>, Problem> {
        let Some(id) = self.subscription.mandate_id else {
            return Ok(None);
        };
        let mandate = mandates::get(tx, id).await.map_err(problem)?;
        let needed = !mandate.status.is_final()
            && monthly > mandate.max_amount
            && collection(monthly) == Collection::AutoDebit;
        Ok(needed.then_some(monthly))
    }
}
