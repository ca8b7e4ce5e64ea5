//! Payments as they stand.

use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::billing::{PaymentMethod, PaymentPurpose, PaymentStatus};
use domain::{Inr, MandateId, PaymentId, Role, Tier, UserId};
use runtime::{Path, Problem, Query};
use serde::{Deserialize, Serialize};
use store::billing::payments::{self, Payment};
use utoipa::{IntoParams, ToSchema};

use super::prices::Price;
use super::{cut, missing, open, page_size};
use crate::caller::Member;
use crate::{Deps, problem};

#[derive(Serialize, ToSchema)]
pub struct PaymentView {
    #[schema(value_type = String, format = Uuid)]
    id: PaymentId,
    /// What the payment gateway knows it by.
    order_id: String,
    /// start, renewal or upgrade.
    #[schema(value_type = String)]
    purpose: PaymentPurpose,
    /// checkout, mandate_setup or mandate_debit.
    #[schema(value_type = String)]
    method: PaymentMethod,
    /// created, notifying, notified, pending, captured, failed, expired, partly_refunded or refunded. Only
    /// captured and what follows it mean that the money came.
    #[schema(value_type = String)]
    status: PaymentStatus,
    #[schema(value_type = String)]
    tier: Tier,
    /// What it pays for.
    period_start: DateTime<Utc>,
    /// Not included.
    period_end: DateTime<Utc>,
    #[serde(flatten)]
    price: Price,
    #[schema(value_type = Option<String>, format = Uuid)]
    mandate_id: Option<MandateId>,
    /// Null for a renewal.
    #[schema(value_type = Option<String>, format = Uuid)]
    requested_by: Option<UserId>,
    /// Where the customer pays, while it is open.
    redirect_url: Option<String>,
    /// Until when the customer may pay.
    expires_at: Option<DateTime<Utc>>,
    #[schema(value_type = String)]
    received: Inr,
    #[schema(value_type = String)]
    refunded: Inr,
    /// Of refunds under way.
    #[schema(value_type = String)]
    refunding: Inr,
    /// What may still be given back.
    #[schema(value_type = String)]
    refundable: Inr,
    captured_at: Option<DateTime<Utc>>,
    /// UPI_INTENT, CARD …
    payment_mode: Option<String>,
    /// The bank's reference.
    utr: Option<String>,
    transaction_id: Option<String>,
    error_code: Option<String>,
    created_at: DateTime<Utc>,
}

impl From<Payment> for PaymentView {
    fn from(payment: Payment) -> Self {
        Self {
            order_id: payment.merchant_id().to_string(),
            refundable: payment.refundable(),
            id: payment.id,
            purpose: payment.purpose,
            method: payment.method,
            status: payment.status,
            tier: payment.tier,
            period_start: payment.period_start,
            period_end: payment.period_end,
            price: Price {
                taxable: payment.taxable,
                tax: payment.tax,
                amount: payment.amount,
            },
            mandate_id: payment.mandate_id,
            requested_by: payment.requested_by,
            redirect_url: payment.redirect_url.filter(|_| payment.status.is_open()),
            expires_at: payment.expires_at,
            received: payment.received,
            refunded: payment.refunded,
            refunding: payment.refunding,
            captured_at: payment.captured_at,
            payment_mode: payment.payment_mode,
            utr: payment.utr,
            transaction_id: payment.transaction_id,
            error_code: payment.error_code,
            created_at: payment.created_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct Payments {
    /// Newest first.
    payments: Vec<PaymentView>,
    /// For the next page: `cursor`.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<PaymentId>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PaymentQuery {
    /// 1 to 100. Default: 20.
    limit: Option<i64>,
    /// The next_cursor of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<PaymentId>,
    /// As the header X-Workspace-Id.
    #[param(value_type = Option<String>)]
    #[serde(rename = "workspace_id")]
    _workspace_id: Option<domain::WorkspaceId>,
}

#[derive(Deserialize)]
pub struct ByPayment {
    pub payment_id: PaymentId,
}

/// Payments, newest first. Admins and owners only.
#[utoipa::path(get, path = "/payments", tag = "money", params(PaymentQuery),
    responses((status = 200, body = Payments), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn list(
    State(deps): State<Deps>,
    member: Member,
    Query(query): Query<PaymentQuery>,
) -> Result<axum::Json<Payments>, Problem> {
    member.require(Role::Admin)?;
    let limit = page_size(query.limit)?;
    let mut tx = open(&deps, &member).await?;
    let rows = payments::list(&mut tx, query.cursor, limit + 1).await;
    let mut rows = rows.map_err(problem)?;
    tx.rollback().await.map_err(problem)?;
    let next_cursor = cut(&mut rows, limit, |payment| payment.id);
    Ok(axum::Json(Payments {
        payments: rows.into_iter().map(PaymentView::from).collect(),
        next_cursor,
    }))
}

/// One payment, as the gateway last told. Admins and owners only.
#[utoipa::path(get, path = "/payments/{payment_id}", tag = "money", params(("payment_id" = uuid::Uuid, Path)),
    responses((status = 200, body = PaymentView), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get(
    State(deps): State<Deps>,
    member: Member,
    Path(path): Path<ByPayment>,
) -> Result<axum::Json<PaymentView>, Problem> {
    member.require(Role::Admin)?;
    let mut tx = open(&deps, &member).await?;
    let payment = payments::get(&mut tx, path.payment_id).await;
    let payment = payment.map_err(missing("payment"))?;
    tx.rollback().await.map_err(problem)?;
    Ok(axum::Json(payment.into()))
}
