//! What a renewal costs a customer.

use domain::{Inr, Period};
use economics::pricing::Month;
use economics::quote::{Prices, Quote};
use store::billing::subscriptions::Subscription;
use store::billing::tax_profiles::TaxProfile;
use store::{Tx, budgets};
use tax::compute::Recipient;

use crate::{Deps, Error, Result};

/// The price of the period after this one: the list's, or with dynamic pricing less where more than the
/// allowance was used. `ingress` says the same to the customer.
pub async fn renewal(deps: &Deps, tx: &mut Tx, subscription: &Subscription) -> Result<Inr> {
    let tier = subscription.renews_as();
    let tiers = store::tiers::all(tx).await?;
    let row = tiers.iter().find(|row| row.tier == tier);
    let list = row.ok_or(Error::NoPrice(tier))?.price;
    let Some(renewals) = &deps.renewals else {
        return Ok(list);
    };
    let budget = budgets::current(tx, Period::of(subscription.period_start)).await?;
    let month = Month {
        limit_tokens: budget.limit_tokens,
        spent_tokens: budget.spent_tokens,
        spent_usd: budget.spent_usd,
    };
    Ok(renewals.price(list, &month, &deps.prices))
}

/// A list price with the tax for this customer.
pub fn quote(prices: &Prices, list: Inr, profile: &TaxProfile) -> Result<Quote> {
    let kind = profile.kind.parse().map_err(Error::Profile)?;
    let recipient = Recipient {
        kind,
        gstin: profile.gstin.as_deref(),
        state: bharat::states::State::find(&profile.state_code),
    };
    Ok(prices.quote(list, &recipient)?)
}
