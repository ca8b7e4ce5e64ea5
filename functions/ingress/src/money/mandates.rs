//! Customers' standing permissions to debit.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use domain::{MandateId, Role};
use events::MandateCancelRequestedV1;
use runtime::{Path, Problem, Query};
use serde::{Deserialize, Serialize};
use store::billing::mandates::{self, Mandate};
use store::billing::subscriptions;
use utoipa::{IntoParams, ToSchema};

use super::key::{Key, replayed};
use super::subscription::MandateSummary;
use super::{cut, emit, missing, open, page_size};
use crate::caller::{Member, Origin};
use crate::{Deps, audit, problem};

const ACTION: &str = "mandates.cancel";

#[derive(Serialize, ToSchema)]
pub struct MandateView {
    /// Its status: created, pending, active, paused, cancelling, cancelled, revoked, failed or expired.
    #[serde(flatten)]
    summary: MandateSummary,
    /// What the payment gateway knows it by.
    subscription_order_id: String,
    /// Renewals are taken under it.
    in_use: bool,
    /// By a member of the workspace, here.
    cancel_requested_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl MandateView {
    fn of(mandate: &Mandate, in_use: Option<MandateId>) -> Self {
        Self {
            summary: mandate.into(),
            subscription_order_id: mandate.merchant_id().to_string(),
            in_use: in_use == Some(mandate.id),
            cancel_requested_at: mandate.cancel_requested_at,
            created_at: mandate.created_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct Mandates {
    /// Newest first.
    mandates: Vec<MandateView>,
    /// For the next page: `cursor`.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<MandateId>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct MandateQuery {
    /// 1 to 100. Default: 20.
    limit: Option<i64>,
    /// The next_cursor of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<MandateId>,
    /// As the header X-Workspace-Id.
    #[param(value_type = Option<String>)]
    #[serde(rename = "workspace_id")]
    _workspace_id: Option<domain::WorkspaceId>,
}

#[derive(Deserialize)]
pub struct ByMandate {
    mandate_id: MandateId,
}

/// Mandates, newest first. Admins and owners only.
#[utoipa::path(get, path = "/mandates", tag = "money", params(MandateQuery),
    responses((status = 200, body = Mandates), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn list(
    State(deps): State<Deps>,
    member: Member,
    Query(query): Query<MandateQuery>,
) -> Result<axum::Json<Mandates>, Problem> {
    member.require(Role::Admin)?;
    let limit = page_size(query.limit)?;
    let mut tx = open(&deps, &member).await?;
    let subscription = subscriptions::get(&mut tx).await.map_err(problem)?;
    let rows = mandates::list(&mut tx, query.cursor, limit + 1).await;
    let mut rows = rows.map_err(problem)?;
    tx.rollback().await.map_err(problem)?;
    let next_cursor = cut(&mut rows, limit, |mandate| mandate.id);
    let in_use = subscription.and_then(|s| s.mandate_id);
    let mandates = rows
        .iter()
        .map(|row| MandateView::of(row, in_use))
        .collect();
    Ok(axum::Json(Mandates {
        mandates,
        next_cursor,
    }))
}

/// Ends a mandate: nothing more is debited under it, and the next period is paid by checkout. Admins and
/// owners only.
///
/// Ending is all that can be done from here. The payer pauses a mandate, lets it go on and revokes it in
/// their UPI app; what they do there shows in its status.
#[utoipa::path(post, path = "/mandates/{mandate_id}/cancel", tag = "money",
    params(("mandate_id" = uuid::Uuid, Path),
        ("Idempotency-Key" = String, Header, description = "1 to 255 printable characters of your own.")),
    responses((status = 202, body = MandateView), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn cancel(
    State(deps): State<Deps>,
    member: Member,
    origin: Origin,
    Path(path): Path<ByMandate>,
    key: Key,
) -> Result<Response, Problem> {
    member.require(Role::Admin)?;
    let now = deps.seams.now();
    let id = path.mandate_id;
    let mut tx = open(&deps, &member).await?;
    let subscription = subscriptions::lock(&mut tx).await.map_err(problem)?;
    let in_use = subscription.and_then(|s| s.mandate_id);
    let mandate = mandates::lock(&mut tx, id).await;
    let mandate = mandate.map_err(missing("mandate"))?;
    let answer = |mandate: &Mandate| {
        let view = MandateView::of(mandate, in_use);
        (StatusCode::ACCEPTED, axum::Json(view)).into_response()
    };
    let first = key.claim(&mut tx, (ACTION, &id), id.0, now).await?;
    if first.is_some() {
        tx.rollback().await.map_err(problem)?;
        return Ok(replayed(answer(&mandate)));
    }
    if mandate.status.is_final() {
        return Err(Problem::conflict(format!(
            "This mandate has ended: it is {}.",
            mandate.status
        ))
        .code("mandate.ended"));
    }
    // Asking twice is asking once.
    if mandates::request_cancel(&mut tx, id, now)
        .await
        .map_err(problem)?
    {
        let (actor, what) = (Some(member.user_id), id.to_string());
        audit::note(&deps, &mut tx, actor, &origin, ACTION, &what, true).await?;
        let event = MandateCancelRequestedV1 { mandate_id: id };
        emit(&deps, &mut tx, &member, id.0, &event);
    }
    let mandate = mandates::get(&mut tx, id).await.map_err(problem)?;
    tx.commit().await.map_err(problem)?;
    Ok(answer(&mandate))
}
