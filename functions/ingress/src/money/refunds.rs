//! Money that goes back.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use domain::billing::{PaymentPurpose, RefundStatus};
use domain::{Inr, PaymentId, RefundId, Role, UserId};
use events::RefundRequestedV1;
use runtime::{Json, Path, Problem, Query};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use store::billing::payments::Payment;
use store::billing::refunds::{NewRefund, Refund};
use store::billing::{payments, periods, refunds, subscriptions};
use utoipa::{IntoParams, ToSchema};

use super::key::{Key, replayed};
use super::payments::ByPayment;
use super::{LONGEST_PAGE, cut, emit, missing, open, order, page_size, rupees, words};
use crate::caller::{Member, Origin};
use crate::{Deps, audit, problem};

/// The gateway gives no less back.
const LEAST: Inr = Inr(Decimal::ONE);
/// Characters; it is printed on the credit note.
const LONGEST_REASON: usize = 200;

#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskRefund {
    /// Rupees, as text; from 1 to what is left of the payment. Default: all that is left.
    #[schema(example = "1500.50")]
    amount: Option<String>,
    /// 3 to 200 characters, for the credit note.
    #[schema(example = "Subscribed by mistake")]
    reason: String,
}

#[derive(Serialize, ToSchema)]
pub struct RefundView {
    #[schema(value_type = String, format = Uuid)]
    id: RefundId,
    /// What the payment gateway knows it by.
    refund_order_id: String,
    #[schema(value_type = String, format = Uuid)]
    payment_id: PaymentId,
    #[schema(value_type = String)]
    amount: Inr,
    reason: String,
    /// requested, pending, confirmed, completed or failed. A failed one is asked for again as another.
    #[schema(value_type = String)]
    status: RefundStatus,
    /// Null when nobody asked: money that could not be used.
    #[schema(value_type = Option<String>, format = Uuid)]
    requested_by: Option<UserId>,
    /// A credit note follows.
    credited: bool,
    error_code: Option<String>,
    completed_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl From<Refund> for RefundView {
    fn from(refund: Refund) -> Self {
        Self {
            refund_order_id: refund.merchant_id().to_string(),
            id: refund.id,
            payment_id: refund.payment_id,
            amount: refund.amount,
            reason: refund.reason,
            status: refund.status,
            requested_by: refund.requested_by,
            credited: refund.of_allocated,
            error_code: refund.error_code,
            completed_at: refund.completed_at,
            created_at: refund.created_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct Refunds {
    /// Newest first.
    refunds: Vec<RefundView>,
    /// For the next page: `cursor`.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<RefundId>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct RefundQuery {
    /// Of this payment only.
    #[param(value_type = Option<String>)]
    payment_id: Option<PaymentId>,
    /// 1 to 100. Default: 20.
    limit: Option<i64>,
    /// The next_cursor of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<RefundId>,
    /// As the header X-Workspace-Id.
    #[param(value_type = Option<String>)]
    #[serde(rename = "workspace_id")]
    _workspace_id: Option<domain::WorkspaceId>,
}

#[derive(Deserialize)]
pub struct ByRefund {
    refund_id: RefundId,
}

/// Gives a payment back, wholly or in part. Admins and owners only, within some days of the payment (422
/// `refund.window_passed` after them).
///
/// Whatever the amount, it ends what the payment paid for: the subscription is cancelled, the workspace is
/// read-only and its mandate is ended; of an upgrade, the plan before it stays. Where an invoice was made, a
/// credit note follows. One refund of a payment is under way at a time (409 `refund.under_way`), and what a
/// later upgrade was built on goes back after that (409 `refund.upgrade_first`, or `payment.under_way` while the
/// upgrade is being paid for).
#[utoipa::path(post, path = "/payments/{payment_id}/refunds", tag = "money", request_body = AskRefund,
    params(("payment_id" = uuid::Uuid, Path),
        ("Idempotency-Key" = String, Header, description = "1 to 255 printable characters of your own. The same request with the same key is made once.")),
    responses((status = 202, body = RefundView), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn create(
    State(deps): State<Deps>,
    member: Member,
    origin: Origin,
    Path(path): Path<ByPayment>,
    key: Key,
    Json(body): Json<AskRefund>,
) -> Result<Response, Problem> {
    member.require(Role::Admin)?;
    let wanted = asked(&body)?;
    let now = deps.seams.now();
    let mut tx = open(&deps, &member).await?;
    // In this order, as everywhere.
    subscriptions::lock(&mut tx).await.map_err(problem)?;
    let payment = payments::lock(&mut tx, path.payment_id).await;
    let payment = payment.map_err(missing("payment"))?;
    let id = RefundId(deps.seams.uuid());
    let request = (path.payment_id, &body);
    if let Some(first) = key
        .claim(&mut tx, ("payments.refund", &request), id.0, now)
        .await?
    {
        let refund = refunds::get(&mut tx, first.into()).await.map_err(problem)?;
        tx.rollback().await.map_err(problem)?;
        return Ok(replayed(accepted(refund)));
    }
    let earlier = refunds::list(&mut tx, Some(payment.id), None, LONGEST_PAGE).await;
    let earlier = earlier.map_err(problem)?;
    let amount = allowed(&deps, &payment, &earlier, wanted, now)?;
    let waiting = payments::open(&mut tx).await.map_err(problem)?;
    if let Some(upgrade) =
        order::under_way(&waiting, now).filter(|open| open.purpose == PaymentPurpose::Upgrade)
    {
        return Err(order::in_the_way(upgrade));
    }
    let parts = periods::parts(&mut tx, payment.period_start).await;
    if parts.map_err(problem)?.is_covered(payment.id) {
        return Err(Problem::conflict(
            "A later upgrade was built on this payment: take that back first.",
        )
        .code("refund.upgrade_first"));
    }
    let set_aside = payments::set_aside(&mut tx, payment.id, amount, now).await;
    if !set_aside.map_err(problem)? {
        return Err(too_much(&payment));
    }
    let new = NewRefund {
        id,
        payment_id: payment.id,
        amount,
        of_allocated: payment.allocated > Inr::ZERO,
        reason: body.reason.trim(),
        requested_by: Some(member.user_id),
        // `bill` asks the gateway then if the message was lost.
        next_check_at: now + service::DUE,
        now,
    };
    refunds::insert(&mut tx, &new).await.map_err(problem)?;
    let what = format!("{} {amount} of {}", id, payment.id);
    let actor = Some(member.user_id);
    audit::note(
        &deps,
        &mut tx,
        actor,
        &origin,
        "payments.refund",
        &what,
        true,
    )
    .await?;
    let event = RefundRequestedV1 { refund_id: id };
    emit(&deps, &mut tx, &member, id.0, &event);
    let refund = refunds::get(&mut tx, id).await.map_err(problem)?;
    tx.commit().await.map_err(problem)?;
    Ok(accepted(refund))
}

fn accepted(refund: Refund) -> Response {
    (StatusCode::ACCEPTED, axum::Json(RefundView::from(refund))).into_response()
}

/// The amount in the request, when it says one; all fields are looked at.
fn asked(body: &AskRefund) -> Result<Option<Inr>, Problem> {
    let mut found = Problem::validation("The refund can't be made like this.");
    let amount = body.amount.as_deref().map(rupees);
    match amount {
        Some(None) => {
            found = found.field("amount", "invalid", "expected rupees such as \"1500.50\"");
        }
        Some(Some(amount)) if amount < LEAST => {
            found = found.field("amount", "too_little", format!("at least {LEAST}"));
        }
        Some(Some(_)) | None => {}
    }
    if let Err(message) = words(body.reason.trim(), 3, LONGEST_REASON) {
        found = found.field("reason", "invalid", message);
    }
    if found.errors().is_empty() {
        Ok(amount.flatten())
    } else {
        Err(found)
    }
}

/// How much goes back, if it may.
fn allowed(
    deps: &Deps,
    payment: &Payment,
    earlier: &[Refund],
    wanted: Option<Inr>,
    now: DateTime<Utc>,
) -> Result<Inr, Problem> {
    let Some(captured) = payment.captured_at else {
        return Err(Problem::conflict(
            "No money has come by this payment: there is nothing to give back.",
        )
        .code("refund.not_captured"));
    };
    if now > captured + deps.money.refund_window {
        return Err(Problem::validation(format!(
            "A payment can be taken back here within {} days, and this one came on {}: write to support.",
            deps.money.refund_window_days,
            economics::cycle::day_of(captured)
        ))
        .code("refund.window_passed"));
    }
    // The gateway's rule: no refund while another of the same payment is under way.
    if let Some(open) = earlier.iter().find(|refund| refund.status.is_open()) {
        return Err(Problem::conflict(format!(
            "The refund {} of this payment is under way ({}): wait until it has ended.",
            open.id, open.amount
        ))
        .code("refund.under_way"));
    }
    let left = payment.refundable();
    let amount = wanted.unwrap_or(left);
    if amount > left || left < LEAST {
        return Err(too_much(payment));
    }
    Ok(amount)
}

fn too_much(payment: &Payment) -> Problem {
    let left = payment.refundable();
    Problem::validation(format!("Of this payment {left} can still be given back."))
        .code("refund.too_much")
        .field("amount", "too_much", format!("at most {left}"))
}

/// Refunds, newest first. Admins and owners only.
#[utoipa::path(get, path = "/refunds", tag = "money", params(RefundQuery),
    responses((status = 200, body = Refunds), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn list(
    State(deps): State<Deps>,
    member: Member,
    Query(query): Query<RefundQuery>,
) -> Result<axum::Json<Refunds>, Problem> {
    member.require(Role::Admin)?;
    let limit = page_size(query.limit)?;
    let mut tx = open(&deps, &member).await?;
    let rows = refunds::list(&mut tx, query.payment_id, query.cursor, limit + 1).await;
    let mut rows = rows.map_err(problem)?;
    tx.rollback().await.map_err(problem)?;
    let next_cursor = cut(&mut rows, limit, |refund| refund.id);
    Ok(axum::Json(Refunds {
        refunds: rows.into_iter().map(RefundView::from).collect(),
        next_cursor,
    }))
}

/// One refund. Admins and owners only.
#[utoipa::path(get, path = "/refunds/{refund_id}", tag = "money", params(("refund_id" = uuid::Uuid, Path)),
    responses((status = 200, body = RefundView), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get(
    State(deps): State<Deps>,
    member: Member,
    Path(path): Path<ByRefund>,
) -> Result<axum::Json<RefundView>, Problem> {
    member.require(Role::Admin)?;
    let mut tx = open(&deps, &member).await?;
    let refund = refunds::get(&mut tx, path.refund_id).await;
    let refund = refund.map_err(missing("refund"))?;
    tx.rollback().await.map_err(problem)?;
    Ok(axum::Json(refund.into()))
}
