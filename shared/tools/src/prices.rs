//! What calls to outside services cost, in US dollars. List prices, unconfirmed: what is charged to
//! a plan before an invoice says better.

use domain::Usd;
use rust_decimal::Decimal;

const fn thousandths(count: u32) -> Usd {
    Usd(Decimal::from_parts(count, 0, 0, false, 3))
}

/// One page read by us: our own traffic and processor time.
pub(crate) const PAGE: Usd = thousandths(1);
/// Brave Search API: 3 to 5 USD for 1,000 requests, by plan; the higher one.
pub(crate) const BRAVE_REQUEST: Usd = thousandths(5);
/// Custom Search JSON API: 5 USD for 1,000 requests past the free ones.
pub(crate) const GOOGLE_REQUEST: Usd = thousandths(5);
/// SEMrush: ten units for a line of `phrase_these`, a unit at about 0.0001 USD.
pub(crate) const SEMRUSH_LINE: Usd = thousandths(1);
