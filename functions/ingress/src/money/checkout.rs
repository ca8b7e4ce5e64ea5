//! Beginning to pay: the first period, the first after a time without, or the one that is owed.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::billing::{PaymentMethod, PaymentPurpose, PaymentStatus, SubscriptionStatus};
use domain::{Inr, PaymentId, Role, Tier};
use economics::cycle::{Anchor, day_of, midnight};
use economics::mandate::{Collection, WITHOUT_AUTHENTICATION, collection};
use runtime::{Json, Problem};
use serde::{Deserialize, Serialize};
use store::Tx;
use store::billing::payments::Payment;
use store::billing::subscriptions::Subscription;
use store::billing::{payments, periods, subscriptions, tax_profiles};
use utoipa::ToSchema;

use super::key::{Key, replayed};
use super::order::{self, Checkout, Order, answer, in_the_way, under_way};
use super::{begin_trial, open, prices};
use crate::caller::{Member, Origin};
use crate::{Deps, problem};

/// How to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// UPI AutoPay: this payment also sets up a mandate, and renewals are taken under it.
    Autopay,
    /// This payment only.
    Once,
}

impl Method {
    fn of(method: PaymentMethod) -> Self {
        match method {
            PaymentMethod::Checkout => Self::Once,
            PaymentMethod::MandateSetup | PaymentMethod::MandateDebit => Self::Autopay,
        }
    }
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartCheckout {
    /// starter, growth or agency.
    #[schema(value_type = String)]
    tier: Tier,
    method: Method,
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Subscribe {
    /// starter, growth or agency.
    #[schema(value_type = String)]
    tier: Tier,
}

/// Begins a subscription, or pays what is owed, on the payment gateway's page. Admins and owners only.
///
/// Send the customer to `redirect_url`. That they come back is no proof of payment: only the status in
/// GET /v1/payments/{payment_id} is, which the gateway itself was asked for. Needs a tax profile (422
/// `tax_profile.required`). Only one payment is open at a time: the same plan and method again gets the open
/// one (200), another is refused (409 `payment.under_way`).
///
/// autopay needs an amount of at most ₹15,000 with tax (422 `mandate.over_limit`): above it the customer
/// authenticates each payment, by RBI's rule for mandates. A mandate allows a fifth more than the month's
/// price and lasts 10 years; the customer ends it in their UPI app or here.
#[utoipa::path(post, path = "/subscription/checkout", tag = "money", request_body = StartCheckout,
    params(("Idempotency-Key" = String, Header, description = "1 to 255 printable characters of your own. The same request with the same key is made once.")),
    responses((status = 201, body = Checkout), (status = 200, body = Checkout, description = "An open payment for the same."),
        (status = 202, body = Checkout, description = "The gateway is being asked: look at Location."),
        (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 502, body = Problem)))]
pub async fn checkout(
    State(deps): State<Deps>,
    member: Member,
    origin: Origin,
    key: Key,
    Json(body): Json<StartCheckout>,
) -> Result<Response, Problem> {
    let wish = Wish {
        action: "subscription.checkout",
        tier: body.tier,
        method: Some(body.method),
    };
    wish.start(&deps, &member, &origin, &key).await
}

/// The same as `/subscription/checkout`, by autopay where its amount allows that. Admins and owners only.
///
/// That the customer comes back from `redirect_url` is no proof of payment.
#[utoipa::path(post, path = "/payments/phonepe/subscribe", tag = "money", request_body = Subscribe,
    params(("Idempotency-Key" = String, Header, description = "1 to 255 printable characters of your own. The same request with the same key is made once.")),
    responses((status = 201, body = Checkout), (status = 200, body = Checkout, description = "An open payment for the same."),
        (status = 202, body = Checkout, description = "The gateway is being asked: look at Location."),
        (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem), (status = 502, body = Problem)))]
pub async fn subscribe(
    State(deps): State<Deps>,
    member: Member,
    origin: Origin,
    key: Key,
    Json(body): Json<Subscribe>,
) -> Result<Response, Problem> {
    let wish = Wish {
        action: "payments.subscribe",
        tier: body.tier,
        method: None,
    };
    wish.start(&deps, &member, &origin, &key).await
}

/// What somebody wants to pay for.
#[derive(Clone, Copy)]
struct Wish {
    action: &'static str,
    tier: Tier,
    /// `None`: by autopay where the amount allows it.
    method: Option<Method>,
}

impl Wish {
    async fn start(
        self,
        deps: &Deps,
        member: &Member,
        origin: &Origin,
        key: &Key,
    ) -> Result<Response, Problem> {
        member.require(Role::Admin)?;
        prices::sold_here(self.tier)?;
        let now = deps.seams.now();
        let mut tx = open(deps, member).await?;
        let subscription = match subscriptions::lock(&mut tx).await.map_err(problem)? {
            Some(subscription) => subscription,
            None => billed(deps, &mut tx, member, now).await?,
        };
        let waiting = payments::open(&mut tx).await.map_err(problem)?;
        let begun = under_way(&waiting, now);
        let same = begun.filter(|payment| self.is(payment));
        let id = same.map_or_else(|| PaymentId(deps.seams.uuid()), |payment| payment.id);
        let request = (self.tier, self.method);
        let first = key
            .claim(&mut tx, (self.action, &request), id.0, now)
            .await?;
        if let Some(first) = first {
            tx.rollback().await.map_err(problem)?;
            let answer = answer(deps, member, first.into(), StatusCode::CREATED).await?;
            return Ok(replayed(answer));
        }
        order::not_paused(&mut tx).await?;
        if same.is_some() {
            // A debit may have paid since: this would be the second payment.
            unpaid_period(&mut tx, &subscription, now).await?;
            // The key is theirs now; nothing else has changed.
            tx.commit().await.map_err(problem)?;
            return answer(deps, member, id, StatusCode::OK).await;
        }
        let debit = |payment: &&Payment| {
            payment.purpose == PaymentPurpose::Renewal && payment.status == PaymentStatus::Pending
        };
        if let Some(payment) = begun.or(waiting.iter().find(debit)) {
            return Err(in_the_way(payment));
        }
        let order = self.order(deps, &mut tx, id, &subscription, now).await?;
        order::place(deps, tx, member, origin, self.action, &order).await?;
        answer(deps, member, id, StatusCode::CREATED).await
    }

    /// Whether an open payment is for just this.
    fn is(self, payment: &Payment) -> bool {
        let method = Method::of(payment.method);
        payment.purpose == PaymentPurpose::Start
            && payment.tier == self.tier
            && self.method.is_none_or(|wanted| wanted == method)
    }

    async fn order(
        self,
        deps: &Deps,
        tx: &mut Tx,
        id: PaymentId,
        subscription: &Subscription,
        now: DateTime<Utc>,
    ) -> Result<Order, Problem> {
        let period = unpaid_period(tx, subscription, now).await?;
        let profile = tax_profiles::get(tx).await.map_err(problem)?;
        let profile = prices::known(profile)?;
        let tiers = store::tiers::all(tx).await.map_err(problem)?;
        let list = prices::listed(&tiers, self.tier)?;
        let price = match subscription.status {
            // What is owed is a renewal, paid by hand.
            SubscriptionStatus::PastDue => {
                prices::renewal(deps, tx, self.tier, subscription).await?
            }
            _ => list,
        };
        // A mandate is for months to come, and those may cost what the list says.
        let monthly = prices::quote(&deps.money.prices, list, Some(&profile))?.amount;
        Ok(Order {
            id,
            purpose: PaymentPurpose::Start,
            tier: self.tier,
            period,
            quote: prices::quote(&deps.money.prices, price, Some(&profile))?,
            mandate_for: self.mandate(monthly)?,
        })
    }

    /// The month's price that a mandate is set up for.
    fn mandate(self, amount: Inr) -> Result<Option<Inr>, Problem> {
        match (self.method, collection(amount)) {
            (Some(Method::Once), _) | (None, Collection::Authenticated) => Ok(None),
            (Some(Method::Autopay) | None, Collection::AutoDebit) => Ok(Some(amount)),
            (Some(Method::Autopay), Collection::Authenticated) => Err(Problem::validation(format!(
                "A mandate debits at most {WITHOUT_AUTHENTICATION} without the customer's doing (RBI's e-mandate framework), and this plan is {amount} a month with tax: choose the method once, and each month is paid on the gateway's page."
            ))
            .code("mandate.over_limit")
            .field("method", "over_limit", "once")),
        }
    }
}

/// The subscription of a workspace that was never billed: it begins with a trial of the plan it has, which
/// stays if a payment follows. Two at once take turns here.
async fn billed(
    deps: &Deps,
    tx: &mut Tx,
    member: &Member,
    now: DateTime<Utc>,
) -> Result<Subscription, Problem> {
    begin_trial(deps, tx, member.tier, now).await?;
    let begun = subscriptions::lock(tx).await.map_err(problem)?;
    begun.ok_or_else(|| Problem::internal("a trial that was begun is not there"))
}

/// The period to be paid for; a problem when it is paid.
async fn unpaid_period(
    tx: &mut Tx,
    subscription: &Subscription,
    now: DateTime<Utc>,
) -> Result<(DateTime<Utc>, DateTime<Utc>), Problem> {
    let period = period(subscription, now)?;
    let parts = periods::parts(tx, period.0).await.map_err(problem)?;
    if parts.is_paid() {
        return Err(Problem::conflict(
            "The period that begins then is paid for already: GET /v1/subscription.",
        )
        .code("subscription.paid"));
    }
    Ok(period)
}

/// What a first payment pays for: a month from today on, or the one that is owed.
fn period(
    subscription: &Subscription,
    now: DateTime<Utc>,
) -> Result<(DateTime<Utc>, DateTime<Utc>), Problem> {
    match subscription.status {
        SubscriptionStatus::Active => Err(Problem::conflict(
            "The running period is paid for: POST /v1/subscription/change takes another plan.",
        )
        .code("subscription.active")),
        SubscriptionStatus::PastDue => {
            let anchor = Anchor::try_from(subscription.anchor_day).map_err(Problem::internal)?;
            let end = anchor.next_after(day_of(subscription.period_end));
            Ok((subscription.period_end, midnight(end)))
        }
        SubscriptionStatus::Trialing
        | SubscriptionStatus::ReadOnly
        | SubscriptionStatus::Cancelled => {
            let today = day_of(now);
            let cycle = Anchor::on(today).cycle(today);
            Ok((cycle.begins(), cycle.ends()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscription(status: SubscriptionStatus, end: &str, anchor_day: u32) -> Subscription {
        Subscription {
            workspace_id: uuid::Uuid::from_u128(1).into(),
            status,
            tier: Tier::Starter,
            period_start: "2026-01-01T00:00:00Z".parse().unwrap(),
            period_end: end.parse().unwrap(),
            anchor_day,
            next_tier: None,
            cancel_at_period_end: false,
            mandate_id: None,
        }
    }

    fn period_of(status: SubscriptionStatus, now: &str) -> (String, String) {
        // Midnight of 28 February in India, of a subscription that renews on the 31st.
        let subscription = subscription(status, "2026-02-27T18:30:00Z", 31);
        let (start, end) = period(&subscription, now.parse().unwrap()).unwrap();
        (start.to_rfc3339(), end.to_rfc3339())
    }

    #[test]
    fn a_first_payment_pays_from_today_and_a_late_one_what_is_owed() {
        // 01:00 of 2 March in India.
        let now = "2026-03-01T19:30:00Z";
        for status in [
            SubscriptionStatus::Trialing,
            SubscriptionStatus::ReadOnly,
            SubscriptionStatus::Cancelled,
        ] {
            let expected = (
                "2026-03-01T18:30:00+00:00".into(),
                "2026-04-01T18:30:00+00:00".into(),
            );
            assert_eq!(period_of(status, now), expected, "{status}");
        }
        // From 28 February to 31 March.
        let owed = (
            "2026-02-27T18:30:00+00:00".into(),
            "2026-03-30T18:30:00+00:00".into(),
        );
        assert_eq!(period_of(SubscriptionStatus::PastDue, now), owed);
        let active = subscription(SubscriptionStatus::Active, "2026-02-27T18:30:00Z", 31);
        let problem = period(&active, now.parse().unwrap()).unwrap_err();
        assert_eq!(problem.stable_code(), "subscription.active");
    }

    #[test]
    fn a_mandate_is_set_up_up_to_fifteen_thousand_rupees() {
        let mandate = |method, rupees: &str| {
            let wish = Wish {
                action: "test",
                tier: Tier::Agency,
                method,
            };
            wish.mandate(Inr(rupees.parse().unwrap()))
                .map(|monthly| monthly.is_some())
        };
        assert!(mandate(Some(Method::Autopay), "15000").unwrap());
        let refused = mandate(Some(Method::Autopay), "15000.01").unwrap_err();
        assert_eq!(refused.stable_code(), "mandate.over_limit");
        assert!(!mandate(Some(Method::Once), "100").unwrap());
        assert!(mandate(None, "15000").unwrap());
        assert!(!mandate(None, "29498.82").unwrap());
    }
}
