//! A payment that is asked for, from the wish to the gateway's page.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Months, Utc};
use domain::billing::{Access, PaymentMethod, PaymentPurpose, PaymentStatus};
use domain::{Inr, MandateId, PaymentId, Tier};
use economics::mandate::max_amount;
use economics::quote::Quote;
use events::PaymentRequestedV1;
use runtime::Problem;
use serde::Serialize;
use store::Tx;
use store::billing::payments::{NewPayment, Payment};
use store::billing::{mandates, payments, subscriptions};
use utoipa::ToSchema;

use super::payments::PaymentView;
use super::{LOOK, emit, open};
use crate::caller::{Member, Origin};
use crate::submit::no_access;
use crate::{Deps, audit, problem};

/// How long a mandate lasts. The gateway's own default is 30 years; a permission to debit that long is not
/// what a customer expects of a monthly plan. The framework for mandates wants an end and leaves it to us.
const MANDATE: Months = Months::new(120);

/// A payment to come, and where it is made.
#[derive(Serialize, ToSchema)]
pub struct Checkout {
    payment: PaymentView,
    /// The gateway's page, to send the customer to; null while the gateway is being asked (then look at
    /// `Location`) and when the payment has ended.
    redirect_url: Option<String>,
}

/// What is to be paid for.
pub struct Order {
    pub id: PaymentId,
    pub purpose: PaymentPurpose,
    pub tier: Tier,
    /// The end is not included.
    pub period: (DateTime<Utc>, DateTime<Utc>),
    pub quote: Quote,
    /// The month's price that a mandate is set up for with this payment, if one is.
    pub mandate_for: Option<Inr>,
}

impl Order {
    fn method(&self) -> PaymentMethod {
        match self.mandate_for {
            Some(_) => PaymentMethod::MandateSetup,
            None => PaymentMethod::Checkout,
        }
    }
}

/// Writes an order down with the message that sends it to the gateway, and commits.
pub async fn place(
    deps: &Deps,
    mut tx: Tx,
    member: &Member,
    origin: &Origin,
    action: &str,
    order: &Order,
) -> Result<(), Problem> {
    let now = deps.seams.now();
    let mandate_id = match order.mandate_for {
        None => None,
        Some(monthly) => {
            let id = MandateId(deps.seams.uuid());
            mandates::insert(&mut tx, id, max_amount(monthly), now + MANDATE, now)
                .await
                .map_err(problem)?;
            Some(id)
        }
    };
    let new = NewPayment {
        id: order.id,
        purpose: order.purpose,
        method: order.method(),
        tier: order.tier,
        period_start: order.period.0,
        period_end: order.period.1,
        attempt: 0,
        taxable: order.quote.taxable,
        tax: order.quote.tax,
        tax_heads: order.quote.tax_heads,
        mandate_id,
        requested_by: Some(member.user_id),
        not_before: None,
        // `bill` asks the gateway then if the message was lost.
        next_check_at: now + service::DUE,
        now,
    };
    payments::insert(&mut tx, &new).await.map_err(problem)?;
    let what = format!("{} {} {}", order.id, order.tier, order.quote.amount);
    audit::note(
        deps,
        &mut tx,
        Some(member.user_id),
        origin,
        action,
        &what,
        true,
    )
    .await?;
    let event = PaymentRequestedV1 {
        payment_id: order.id,
    };
    emit(deps, &mut tx, member, order.id.0, &event);
    tx.commit().await.map_err(problem)
}

/// The order that a customer has begun and may still pay, if there is one.
pub fn under_way(open: &[Payment], now: DateTime<Utc>) -> Option<&Payment> {
    let waits = |payment: &&Payment| {
        payment.purpose != PaymentPurpose::Renewal && payment.expires_at.is_none_or(|end| end > now)
    };
    open.iter().find(waits)
}

/// Who is stopped may not pay for what can't be used.
pub async fn not_paused(tx: &mut Tx) -> Result<(), Problem> {
    match subscriptions::access(tx).await.map_err(problem)? {
        Access::Paused => Err(no_access(Access::Paused)),
        Access::Full | Access::ReadOnly => Ok(()),
    }
}

/// 409 naming what is in the way.
pub fn in_the_way(payment: &Payment) -> Problem {
    let what = match payment.purpose {
        PaymentPurpose::Start => "a checkout",
        PaymentPurpose::Upgrade => "an upgrade",
        PaymentPurpose::Renewal => "a debit for a renewal",
    };
    let method = match payment.method {
        PaymentMethod::Checkout => "once",
        PaymentMethod::MandateSetup | PaymentMethod::MandateDebit => "autopay",
    };
    Problem::conflict(format!(
        "The payment {} is open: {what} to {} ({method}) over {}. Finish it, or wait until it ends: GET /v1/payments/{} tells.",
        payment.id, payment.tier, payment.amount, payment.id
    ))
    .code("payment.under_way")
}

/// The answer with a payment: `made` with the gateway's page, 202 with where to look while the gateway is
/// being asked. Waits for the page a while, without a transaction.
pub async fn answer(
    deps: &Deps,
    member: &Member,
    id: PaymentId,
    made: StatusCode,
) -> Result<Response, Problem> {
    let payment = wait(deps, member, id).await?;
    if payment.status == PaymentStatus::Failed && payment.redirect_url.is_none() {
        return Err(Problem::new(
            StatusCode::BAD_GATEWAY,
            "payment.refused",
            format!(
                "The payment gateway did not take the payment {id}, and no money has moved: try again with a new Idempotency-Key."
            ),
        ));
    }
    let redirect_url = payment
        .redirect_url
        .clone()
        .filter(|_| payment.status.is_open());
    let waits = payment.status.is_open() && redirect_url.is_none();
    let body = Checkout {
        payment: payment.into(),
        redirect_url,
    };
    let location =
        HeaderValue::from_str(&format!("/v1/payments/{id}")).map_err(Problem::internal)?;
    let headers = [(header::LOCATION, location)];
    let status = if waits { StatusCode::ACCEPTED } else { made };
    Ok((status, headers, axum::Json(body)).into_response())
}

/// The payment as soon as its page is known or it has ended; as it is when neither happens in time.
async fn wait(deps: &Deps, member: &Member, id: PaymentId) -> Result<Payment, Problem> {
    let mut looks = deps.money.looks;
    loop {
        let mut tx = open(deps, member).await?;
        let payment = payments::get(&mut tx, id).await.map_err(problem)?;
        tx.rollback().await.map_err(problem)?;
        let settled = payment.redirect_url.is_some() || !payment.status.is_open();
        if settled || looks == 0 || deps.shutdown.is_cancelled() {
            return Ok(payment);
        }
        looks -= 1;
        tokio::time::sleep(LOOK).await;
    }
}
