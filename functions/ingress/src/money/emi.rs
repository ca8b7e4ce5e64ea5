//! What an amount would come to in instalments.

use economics::emi::{self, Offer};
use runtime::{Problem, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::rupees;
use crate::caller::Member;

/// The gateway's payment interface knows no instalments: neither its documents nor its own libraries have a
/// mode, field or endpoint for them. If that changes, this is the place that says so.
const NOTE: &str = "A calculation only. The payment gateway offers no instalments through this API, so no payment here is made in them; a card's issuer may offer to turn a payment into instalments by itself, and decides on that alone.";

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct EmiQuery {
    /// Rupees with tax, as in 11798.82.
    amount: String,
    /// As the header X-Workspace-Id.
    #[param(value_type = Option<String>)]
    #[serde(rename = "workspace_id")]
    _workspace_id: Option<domain::WorkspaceId>,
}

#[derive(Serialize, ToSchema)]
pub struct Instalments {
    /// eligible, the reason when it is not, and a schedule for each plan: 3 months at 0 %, 6 at 12 %, 12 at
    /// 18 % a year on the reducing balance.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    offer: Offer,
    /// Whether a payment can be made so: never.
    payable_here: bool,
    note: &'static str,
}

/// What an amount would come to in monthly instalments. A calculation: no payment is made in instalments
/// through the gateway, and nobody's credit is looked at.
#[utoipa::path(get, path = "/emi", tag = "money", params(EmiQuery),
    responses((status = 200, body = Instalments), (status = 422, body = Problem)))]
pub async fn offer(
    _member: Member,
    Query(query): Query<EmiQuery>,
) -> Result<axum::Json<Instalments>, Problem> {
    let amount = rupees(&query.amount).ok_or_else(|| {
        Problem::validation("There is nothing to calculate.").field(
            "amount",
            "invalid",
            "expected rupees such as 11798.82",
        )
    })?;
    Ok(axum::Json(Instalments {
        offer: emi::offer(amount),
        payable_here: false,
        note: NOTE,
    }))
}
