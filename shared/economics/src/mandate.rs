//! UPI AutoPay mandates: the cap a customer agrees to, and which debits go through by themselves.

use domain::Inr;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// The largest debit that needs no authentication by the customer, for subscriptions like ours.
///
/// RBI, Digital Payments - E-mandate Framework, in force since 2026-04-21 (as reported by the business
/// press; the text itself was not read): cards, prepaid instruments and UPI. Insurance premiums, mutual
/// funds and card bills have a higher limit, of ₹1 lakh, which is not ours.
pub const WITHOUT_AUTHENTICATION: Inr = Inr(Decimal::from_parts(15_000, 0, 0, false, 0));

/// Hours before a debit at which the customer must have been told of it (the same framework).
pub const NOTICE_HOURS: u32 = 24;

/// The rules that may change, as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// [`WITHOUT_AUTHENTICATION`], in rupees with tax.
    pub without_authentication: Inr,
    /// [`NOTICE_HOURS`].
    pub notice_hours: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            without_authentication: WITHOUT_AUTHENTICATION,
            notice_hours: NOTICE_HOURS,
        }
    }
}

/// How a debit is collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Collection {
    /// After the notice, without the customer's doing.
    AutoDebit,
    /// The customer authenticates it, or pays by a link.
    Authenticated,
}

impl Rules {
    /// How a debit of `amount` (rupees, tax included) is collected. For later debits: the first one is
    /// authenticated together with the mandate, whatever its amount.
    pub fn collection(&self, amount: Inr) -> Collection {
        if amount <= self.without_authentication {
            Collection::AutoDebit
        } else {
            Collection::Authenticated
        }
    }
}

/// [`Rules::collection`] under the rules in force.
pub fn collection(amount: Inr) -> Collection {
    Rules::default().collection(amount)
}

/// The cap of a mandate over monthly debits of `amount` (rupees, tax included): a fifth more, so that a
/// change of price or tax needs no new mandate. Exact; a fraction of a paisa goes up, or the cap would be
/// less than was asked for.
pub fn max_amount(amount: Inr) -> Inr {
    let fifth_more = amount.0 * Decimal::from(6) / Decimal::from(5);
    Inr(fifth_more.round_dp_with_strategy(Inr::SCALE, RoundingStrategy::ToPositiveInfinity))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn inr(text: &str) -> Inr {
        Inr(text.parse().unwrap())
    }

    #[test]
    fn a_cap_is_a_fifth_more() {
        // 24,999 x 1.2 = 29,998.80; 3,538.82 x 1.2 = 4,246.584; 11,798.82 x 1.2 = 14,158.584.
        assert_eq!(max_amount(inr("24999")), inr("29998.80"));
        assert_eq!(max_amount(inr("3538.82")), inr("4246.59"));
        assert_eq!(max_amount(inr("11798.82")), inr("14158.59"));
    }

    #[test]
    fn above_fifteen_thousand_the_customer_authenticates() {
        assert_eq!(collection(inr("15000")), Collection::AutoDebit);
        assert_eq!(collection(inr("15000.01")), Collection::Authenticated);
        // The tiers with 18 % GST: starter, growth, agency.
        assert_eq!(collection(inr("3538.82")), Collection::AutoDebit);
        assert_eq!(collection(inr("11798.82")), Collection::AutoDebit);
        assert_eq!(collection(inr("29498.82")), Collection::Authenticated);
    }

    #[test]
    fn the_limit_is_data() {
        let rules: Rules = serde_json::from_str(r#"{"without_authentication": "5000"}"#).unwrap();
        assert_eq!(rules.collection(inr("5000.01")), Collection::Authenticated);
        assert_eq!(rules.notice_hours, 24);
    }

    proptest! {
        #[test]
        fn a_cap_is_whole_paise_and_less_than_one_above(paise in 0i64..1_000_000_000_000) {
            let cap = max_amount(Inr(Decimal::new(paise, 2)));
            // In integers: cap = ceil(paise x 6 / 5).
            prop_assert_eq!(cap, Inr(Decimal::new((paise * 6 + 4) / 5, 2)));
        }
    }
}
