//! What this customer is asked for: list prices with the tax of their tax profile, and what a renewal costs.

use bharat::states::State;
use domain::{Inr, Period, Tier};
use economics::pricing::Month;
use economics::quote::{Prices, Quote};
use runtime::Problem;
use serde::Serialize;
use store::billing::subscriptions::Subscription;
use store::billing::tax_profiles::TaxProfile;
use store::tiers::TierRow;
use store::{Tx, budgets};
use tax::compute::{OUTSIDE_INDIA, Recipient};
use tax::document::RecipientKind;
use utoipa::ToSchema;

use crate::{Deps, problem};

/// `amount = taxable + tax`, in rupees.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Price {
    #[schema(value_type = String, example = "2999")]
    pub taxable: Inr,
    #[schema(value_type = String, example = "539.82")]
    pub tax: Inr,
    #[schema(value_type = String, example = "3538.82")]
    pub amount: Inr,
}

impl From<Quote> for Price {
    fn from(quote: Quote) -> Self {
        Self {
            taxable: quote.taxable,
            tax: quote.tax,
            amount: quote.amount,
        }
    }
}

/// Who is supplied; without a profile an unregistered person in the supplier's state.
fn recipient<'a>(
    prices: &Prices,
    profile: Option<&'a TaxProfile>,
) -> Result<Recipient<'a>, Problem> {
    let Some(profile) = profile else {
        return Ok(Recipient {
            kind: RecipientKind::Unregistered,
            gstin: None,
            state: Some(prices.supplier()),
        });
    };
    let state = (profile.state_code != OUTSIDE_INDIA)
        .then(|| State::find(&profile.state_code))
        .flatten();
    Ok(Recipient {
        kind: profile.kind.parse().map_err(Problem::internal)?,
        gstin: profile.gstin.as_deref(),
        state,
    })
}

/// A list price for the holder of `profile`.
pub fn quote(prices: &Prices, list: Inr, profile: Option<&TaxProfile>) -> Result<Quote, Problem> {
    let recipient = recipient(prices, profile)?;
    prices.quote(list, &recipient).map_err(|error| {
        Problem::validation(format!(
            "No tax follows from this workspace's tax profile: {error}. PUT /v1/tax-profile."
        ))
        .code("tax_profile.unusable")
    })
}

/// The profile that whoever pays must have given.
pub fn known(profile: Option<TaxProfile>) -> Result<TaxProfile, Problem> {
    profile.ok_or_else(|| {
        Problem::validation(
            "An invoice needs to know whom it is for: PUT /v1/tax-profile first, then send this again.",
        )
        .code("tax_profile.required")
    })
}

/// The price on the list of a tier.
pub fn listed(tiers: &[TierRow], tier: Tier) -> Result<Inr, Problem> {
    let row = tiers.iter().find(|row| row.tier == tier);
    row.map(|row| row.price)
        .ok_or_else(|| Problem::internal(format!("the tier {tier} has no row")))
}

/// The listed price of a month in `tier` that follows the subscription's paid period: the list's, or with
/// dynamic pricing less where more than the allowance was used. `bill` debits the same.
pub async fn renewal(
    deps: &Deps,
    tx: &mut Tx,
    tier: Tier,
    subscription: &Subscription,
) -> Result<Inr, Problem> {
    let tiers = store::tiers::all(tx).await.map_err(problem)?;
    let list = listed(&tiers, tier)?;
    let Some(renewals) = &deps.money.renewals else {
        return Ok(list);
    };
    let month = Period::of(subscription.period_start);
    let budget = budgets::current(tx, month).await.map_err(problem)?;
    let month = Month {
        limit_tokens: budget.limit_tokens,
        spent_tokens: budget.spent_tokens,
        spent_usd: budget.spent_usd,
    };
    Ok(renewals.price(list, &month, &deps.money.prices))
}

/// The largest plan is sold by people (PAY-02).
pub fn sold_here(tier: Tier) -> Result<(), Problem> {
    if tier != Tier::Enterprise {
        return Ok(());
    }
    Err(
        Problem::validation("The enterprise plan is agreed on with people: write to sales.")
            .code("plan.contact_sales")
            .field(
                "tier",
                "contact_sales",
                "starter, growth and agency are sold here",
            ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        settings: economics::quote::Settings,
    }

    fn profile(kind: &str, gstin: Option<&str>, state: &str) -> TaxProfile {
        TaxProfile {
            kind: kind.into(),
            legal_name: "Jaipur Looms".into(),
            trade_name: None,
            gstin: gstin.map(Into::into),
            address_lines: vec!["1 MI Road".into()],
            place: "Jaipur".into(),
            pin: None,
            state_code: state.into(),
            country: "IN".into(),
            email: None,
            language: "en".into(),
            verification: "unverified".into(),
            verified_name: None,
            verified_at: None,
        }
    }

    /// 18 % of 2,999 is 539.82, under whichever heads (published prices, requirement C-02); 27AAPFU0939F1ZV
    /// is the GST network's own example of a number.
    #[test]
    fn every_kind_of_profile_has_a_price() {
        let command = Command::try_parse_from(["test"]).unwrap();
        let prices = Prices::new(&command.settings).unwrap();
        let list: Inr = serde_json::from_str("\"2999\"").unwrap();
        let profiles = [
            profile("registered", Some("27AAPFU0939F1ZV"), "27"),
            profile("sez", Some("27AAPFU0939F1ZV"), "27"),
            profile("unregistered", None, "08"),
            profile("overseas", None, "96"),
        ];
        for profile in profiles.iter().map(Some).chain([None]) {
            let quote = quote(&prices, list, profile).unwrap();
            assert_eq!(quote.amount.to_string(), "₹3538.82", "{profile:?}");
        }
        let broken = profile("registered", None, "27");
        let problem = quote(&prices, list, Some(&broken)).unwrap_err();
        assert_eq!(problem.stable_code(), "tax_profile.unusable");
    }

    #[test]
    fn enterprise_is_not_sold_here() {
        assert_eq!(
            sold_here(Tier::Enterprise).unwrap_err().stable_code(),
            "plan.contact_sales"
        );
        assert!(sold_here(Tier::Agency).is_ok());
    }
}
