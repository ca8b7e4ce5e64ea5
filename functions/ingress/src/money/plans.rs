//! What there is to buy.

use axum::extract::State;
use domain::{Inr, Tier, Usd};
use economics::mandate::{Collection, collection};
use runtime::Problem;
use serde::Serialize;
use store::billing::tax_profiles;
use utoipa::ToSchema;

use super::prices::{self, Price};
use super::{checkout::Method, open};
use crate::caller::Member;
use crate::{Deps, problem};

#[derive(Serialize, ToSchema)]
pub struct Plans {
    /// Whether tax is that of the workspace's tax profile; else that of an unregistered person in the
    /// supplier's state.
    for_your_tax_profile: bool,
    /// Cheapest first.
    plans: Vec<PlanOffer>,
}

#[derive(Serialize, ToSchema)]
pub struct PlanOffer {
    #[schema(value_type = String)]
    tier: Tier,
    /// A month's price on the list, in rupees.
    #[schema(value_type = String, example = "2999")]
    list_price: Inr,
    /// What is asked for a month.
    #[serde(flatten)]
    price: Price,
    /// auto_debit: renewals may be taken under a mandate. authenticated: the customer confirms each payment,
    /// since it is above ₹15,000 (RBI's rule for mandates).
    #[schema(value_type = String)]
    collection: Collection,
    /// What POST /v1/subscription/checkout takes for it; none when it is sold by people.
    methods: Vec<Method>,
    /// Write to sales.
    contact_sales: bool,
    limits: PlanLimits,
    features: Vec<String>,
}

/// A month's limits.
#[derive(Serialize, ToSchema)]
pub struct PlanLimits {
    #[schema(value_type = String)]
    cost_usd: Usd,
    /// Null is unlimited.
    tokens: Option<i64>,
}

/// Plans with what this workspace would pay a month, by the list: what its own next month costs, or what it
/// owes, is in GET /v1/subscription.
#[utoipa::path(get, path = "/plans", tag = "money", responses((status = 200, body = Plans)))]
pub async fn list(State(deps): State<Deps>, member: Member) -> Result<axum::Json<Plans>, Problem> {
    let mut tx = open(&deps, &member).await?;
    let tiers = store::tiers::all(&mut tx).await.map_err(problem)?;
    let profile = tax_profiles::get(&mut tx).await.map_err(problem)?;
    tx.rollback().await.map_err(problem)?;
    let plans = tiers
        .into_iter()
        .map(|row| {
            let quote = prices::quote(&deps.money.prices, row.price, profile.as_ref())?;
            let collection = collection(quote.amount);
            let contact_sales = prices::sold_here(row.tier).is_err();
            let methods = match collection {
                _ if contact_sales => vec![],
                Collection::AutoDebit => vec![Method::Autopay, Method::Once],
                Collection::Authenticated => vec![Method::Once],
            };
            Ok(PlanOffer {
                tier: row.tier,
                list_price: row.price,
                price: quote.into(),
                collection,
                methods,
                contact_sales,
                limits: PlanLimits {
                    cost_usd: row.limit_usd,
                    tokens: row.limit_tokens,
                },
                features: row.features,
            })
        })
        .collect::<Result<_, Problem>>()?;
    Ok(axum::Json(Plans {
        for_your_tax_profile: profile.is_some(),
        plans,
    }))
}
