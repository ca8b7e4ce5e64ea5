//! What a workspace has subscribed to, and ending that.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Days, NaiveDate, Utc};
use domain::billing::{Access, MandateStatus, SubscriptionStatus};
use domain::{Inr, MandateId, Role, Tier};
use economics::cycle::day_of;
use runtime::Problem;
use serde::Serialize;
use store::Tx;
use store::billing::mandates::Mandate;
use store::billing::subscriptions::Subscription;
use store::billing::{mandates, subscriptions, tax_profiles};
use utoipa::ToSchema;

use super::key::{Key, replayed};
use super::open;
use super::prices::{self, Price};
use crate::caller::{Member, Origin};
use crate::{Deps, audit, problem};

#[derive(Serialize, ToSchema)]
pub struct SubscriptionView {
    /// trialing, active, past_due, read_only, cancelled; none for a workspace that is not billed.
    #[schema(example = "active")]
    status: &'static str,
    #[schema(value_type = String)]
    tier: Tier,
    /// What the workspace may do now: full, read_only or paused.
    #[schema(value_type = String)]
    access: Access,
    /// Of the running period, or of the last one. Periods begin at midnight in India.
    period_start: Option<DateTime<Utc>>,
    /// Not included.
    period_end: Option<DateTime<Utc>>,
    /// From the next period on, when it is another.
    #[schema(value_type = Option<String>)]
    next_tier: Option<Tier>,
    /// It ends then, and nothing more is charged.
    cancel_at_period_end: bool,
    /// What renewals are taken under.
    mandate: Option<MandateSummary>,
    /// What is owed now. Only while past_due.
    due: Option<Due>,
    /// What the next period will cost, as things stand. Only while active and not ending.
    next: Option<Renewal>,
}

#[derive(Serialize, ToSchema)]
pub struct MandateSummary {
    #[schema(value_type = String, format = Uuid)]
    id: MandateId,
    #[schema(value_type = String)]
    status: MandateStatus,
    /// The most that one debit may take, in rupees.
    #[schema(value_type = String)]
    max_amount: Inr,
    expires_at: DateTime<Utc>,
}

impl From<&Mandate> for MandateSummary {
    fn from(mandate: &Mandate) -> Self {
        Self {
            id: mandate.id,
            status: mandate.status,
            max_amount: mandate.max_amount,
            expires_at: mandate.expires_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct Due {
    #[schema(value_type = String)]
    tier: Tier,
    #[serde(flatten)]
    price: Price,
    /// The day (IST) on which the workspace becomes read-only unless this is paid.
    read_only_on: NaiveDate,
}

#[derive(Serialize, ToSchema)]
pub struct Renewal {
    #[schema(value_type = String)]
    tier: Tier,
    #[serde(flatten)]
    price: Price,
    /// The first day (IST) of the next period.
    on: NaiveDate,
}

/// What the workspace has subscribed to, what is due, and what it may do.
#[utoipa::path(get, path = "/subscription", tag = "money", responses((status = 200, body = SubscriptionView)))]
pub async fn get(
    State(deps): State<Deps>,
    member: Member,
) -> Result<axum::Json<SubscriptionView>, Problem> {
    let mut tx = open(&deps, &member).await?;
    let subscription = subscriptions::get(&mut tx).await.map_err(problem)?;
    let view = view(&deps, &mut tx, &member, subscription).await?;
    tx.rollback().await.map_err(problem)?;
    Ok(axum::Json(view))
}

async fn view(
    deps: &Deps,
    tx: &mut Tx,
    member: &Member,
    subscription: Option<Subscription>,
) -> Result<SubscriptionView, Problem> {
    let access = subscriptions::access(tx).await.map_err(problem)?;
    let Some(subscription) = subscription else {
        return Ok(SubscriptionView {
            status: "none",
            tier: member.tier,
            access,
            period_start: None,
            period_end: None,
            next_tier: None,
            cancel_at_period_end: false,
            mandate: None,
            due: None,
            next: None,
        });
    };
    let mandate = match subscription.mandate_id {
        Some(id) => Some(mandates::get(tx, id).await.map_err(problem)?),
        None => None,
    };
    let tier = subscription.renews_as();
    let status = subscription.status;
    let renews = status == SubscriptionStatus::Active && !subscription.cancel_at_period_end;
    let price = if renews || status == SubscriptionStatus::PastDue {
        let list = prices::renewal(deps, tx, tier, &subscription).await?;
        let profile = tax_profiles::get(tx).await.map_err(problem)?;
        let quote = prices::quote(&deps.money.prices, list, profile.as_ref())?;
        Some(Price::from(quote))
    } else {
        None
    };
    let end = day_of(subscription.period_end);
    Ok(SubscriptionView {
        status: status.as_str(),
        tier: subscription.tier,
        access,
        period_start: Some(subscription.period_start),
        period_end: Some(subscription.period_end),
        next_tier: subscription.next_tier,
        cancel_at_period_end: subscription.cancel_at_period_end,
        mandate: mandate.as_ref().map(MandateSummary::from),
        due: price.filter(|_| !renews).map(|price| Due {
            tier,
            price,
            read_only_on: end + Days::new(economics::cycle::GRACE_DAYS),
        }),
        next: price.filter(|_| renews).map(|price| Renewal {
            tier,
            price,
            on: end,
        }),
    })
}

/// Ends the subscription with its period: nothing more is charged then, and what is paid stays usable until
/// its end. Admins and owners only.
#[utoipa::path(post, path = "/subscription/cancel", tag = "money",
    params(("Idempotency-Key" = String, Header, description = "1 to 255 printable characters of your own.")),
    responses((status = 200, body = SubscriptionView), (status = 403, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn cancel(
    State(deps): State<Deps>,
    member: Member,
    origin: Origin,
    key: Key,
) -> Result<Response, Problem> {
    end(&deps, &member, &origin, &key, "subscription.cancel", true).await
}

/// Takes a cancellation back while the period is still running. Admins and owners only.
#[utoipa::path(post, path = "/subscription/resume", tag = "money",
    params(("Idempotency-Key" = String, Header, description = "1 to 255 printable characters of your own.")),
    responses((status = 200, body = SubscriptionView), (status = 403, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn resume(
    State(deps): State<Deps>,
    member: Member,
    origin: Origin,
    key: Key,
) -> Result<Response, Problem> {
    end(&deps, &member, &origin, &key, "subscription.resume", false).await
}

/// Marks whether the subscription ends with its period; `bill` ends it.
async fn end(
    deps: &Deps,
    member: &Member,
    origin: &Origin,
    key: &Key,
    action: &str,
    at_end: bool,
) -> Result<Response, Problem> {
    member.require(Role::Admin)?;
    let now = deps.seams.now();
    let mut tx = open(deps, member).await?;
    let subscription = subscriptions::lock(&mut tx).await.map_err(problem)?;
    let what = member.workspace_id;
    let first = key.claim(&mut tx, (action, &()), what.0, now).await?;
    if first.is_some() {
        let view = view(deps, &mut tx, member, subscription).await?;
        tx.rollback().await.map_err(problem)?;
        return Ok(replayed(axum::Json(view).into_response()));
    }
    let running = |s: &Subscription| s.status != SubscriptionStatus::Cancelled;
    let Some(mut subscription) = subscription.filter(running) else {
        return Err(Problem::conflict(
            "There is no running subscription: POST /v1/subscription/checkout begins one.",
        )
        .code("subscription.not_running"));
    };
    if subscription.cancel_at_period_end != at_end {
        subscription.cancel_at_period_end = at_end;
        subscriptions::save(&mut tx, &subscription, now)
            .await
            .map_err(problem)?;
        let tier = subscription.tier.as_str();
        audit::note(
            deps,
            &mut tx,
            Some(member.user_id),
            origin,
            action,
            tier,
            true,
        )
        .await?;
    }
    let view = view(deps, &mut tx, member, Some(subscription)).await?;
    tx.commit().await.map_err(problem)?;
    Ok(axum::Json(view).into_response())
}
