//! What a period costs a customer.

use chrono::{DateTime, Utc};
use domain::{Inr, Tier};
use economics::quote::{Prices, Quote};
use store::Tx;
use store::billing::tax_profiles::TaxProfile;
use tax::compute::Recipient;

use crate::{Deps, Error, Result};

/// The price on the list of a month in this tier. With dynamic pricing on, what the workspace used beyond
/// its allowance since `since` makes it cheaper.
pub async fn list(deps: &Deps, tx: &mut Tx, tier: Tier, since: DateTime<Utc>) -> Result<Inr> {
    let tiers = store::tiers::all(tx).await?;
    let row = tiers
        .iter()
        .find(|row| row.tier == tier)
        .ok_or(Error::NoPrice(tier))?;
    let Some(rules) = &deps.pricing else {
        return Ok(row.price);
    };
    let used = store::usage::since(tx, since).await?;
    let over = used
        .tokens
        .saturating_sub(row.limit_tokens.unwrap_or(i64::MAX).unsigned_abs());
    let quote = economics::pricing::inr(row.price, deps.fx.to_inr(used.cost), over, rules);
    Ok(quote.price)
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
