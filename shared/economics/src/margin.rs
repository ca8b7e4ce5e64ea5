//! What a tier earns over what it costs, and how many customers carry the fixed costs (ECO-24).

use domain::{Inr, Tier, Usd};
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// Rupees for a dollar, from configuration: the only way between the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Decimal", into = "Decimal")]
pub struct Fx(Decimal);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an exchange rate is rupees for a dollar, from 0.0001 to 1,000,000, not {0}")]
pub struct BadRate(Decimal);

impl TryFrom<Decimal> for Fx {
    type Error = BadRate;
    fn try_from(rate: Decimal) -> Result<Self, BadRate> {
        let range = Decimal::new(1, 4)..=Decimal::from(1_000_000);
        range
            .contains(&rate)
            .then_some(Self(rate))
            .ok_or(BadRate(rate))
    }
}

/// As a setting has it.
impl std::str::FromStr for Fx {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let rate: Decimal = text.parse().map_err(|_| "expected a number".to_owned())?;
        Self::try_from(rate).map_err(|error| error.to_string())
    }
}

impl From<Fx> for Decimal {
    fn from(fx: Fx) -> Self {
        fx.0
    }
}

impl Fx {
    /// To the paisa, half up.
    pub fn to_inr(self, amount: Usd) -> Inr {
        Inr(amount.0 * self.0).round_paise()
    }

    /// To the micro-dollar, half up.
    pub fn to_usd(self, amount: Inr) -> Usd {
        Usd((amount.0 / self.0)
            .round_dp_with_strategy(Usd::SCALE, RoundingStrategy::MidpointAwayFromZero))
    }
}

/// What one customer of a tier brings in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Margin {
    pub tier: Tier,
    /// Without GST, which is not ours.
    pub price: Inr,
    pub price_usd: Usd,
    /// What serving the customer costs: models, tools, and whatever else grows with customers.
    pub cost_usd: Usd,
    pub cost: Inr,
    /// The price less the cost: what there is for fixed costs. Negative where the tier loses money.
    pub contribution: Inr,
    /// The contribution in percent of the price, to 2 places; `None` of a price of zero.
    pub percent: Option<Decimal>,
}

/// The margin of a tier at its monthly price and the cost of serving one customer for a month.
pub fn margin(tier: Tier, price: Inr, cost: Usd, fx: Fx) -> Margin {
    let cost_inr = fx.to_inr(cost);
    let contribution = price - cost_inr;
    Margin {
        tier,
        price,
        price_usd: fx.to_usd(price),
        cost_usd: cost,
        cost: cost_inr,
        contribution,
        percent: percent(contribution.0, price.0),
    }
}

/// How many customers of a tier carry fixed costs of so much a month. `None` when none are enough: each
/// costs what it pays, or more.
pub fn break_even(fixed: Inr, margin: &Margin) -> Option<u64> {
    if margin.contribution <= Inr::ZERO {
        return None;
    }
    (fixed.at_least_zero().0 / margin.contribution.0)
        .ceil()
        .to_u64()
}

/// What an outcome that was accepted cost, those that were not included; `None` while none was. Up to the
/// micro-dollar.
pub fn cost_per_outcome(cost: Usd, accepted: u64) -> Option<Usd> {
    let each = cost.0.checked_div(Decimal::from(accepted))?;
    Some(Usd(each).ceil_micros())
}

/// Tokens that a task takes (ECO-23).
pub const TOKENS_PER_TASK: std::ops::RangeInclusive<u64> = 5_000..=10_000;

/// How many tasks a month a tier's token allowance lasts for, from dear tasks to cheap ones. So that an
/// owner sees what an allowance means: 100,000 tokens are 10 to 20 tasks (C-04).
pub fn tasks_a_month(allowance_tokens: u64) -> std::ops::RangeInclusive<u64> {
    allowance_tokens / TOKENS_PER_TASK.end()..=allowance_tokens / TOKENS_PER_TASK.start()
}

/// `part` in percent of `whole`, to 2 places; `None` of zero.
pub(crate) fn percent(part: Decimal, whole: Decimal) -> Option<Decimal> {
    (part * Decimal::ONE_HUNDRED).checked_div(whole).map(|p| {
        p.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
            .normalize()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fx(rate: &str) -> Fx {
        rate.parse::<Decimal>().unwrap().try_into().unwrap()
    }

    fn of(tier: Tier, price: i64, cost: i64) -> Margin {
        margin(tier, Inr(price.into()), Usd(cost.into()), fx("83.3"))
    }

    /// ECO-24's own table: ₹2,999 ($36) cost $10, 72 %; ₹9,999 ($120) $25, 79 %; ₹24,999 ($300) $50, 83 %.
    #[test]
    fn the_plans_break_even_table() {
        for (tier, price, dollars, cost, margin) in [
            (Tier::Starter, 2_999, 36, 10, 72),
            (Tier::Growth, 9_999, 120, 25, 79),
            (Tier::Agency, 24_999, 300, 50, 83),
        ] {
            let row = of(tier, price, cost);
            assert_eq!(row.price_usd.0.round(), Decimal::from(dollars), "{tier}");
            assert_eq!(
                row.percent.unwrap().round(),
                Decimal::from(margin),
                "{tier}"
            );
        }
    }

    /// Starter: 2,999 - 833 = 2,166 a customer. ₹5,00,000 / 2,166 = 230.8; 2,166 x 3 is carried by 3.
    #[test]
    fn customers_that_carry_the_fixed_costs() {
        let starter = of(Tier::Starter, 2_999, 10);
        assert_eq!(starter.contribution, Inr(2_166.into()));
        assert_eq!(break_even(Inr(500_000.into()), &starter), Some(231));
        assert_eq!(break_even(Inr(6_498.into()), &starter), Some(3));
        assert_eq!(break_even(Inr::ZERO, &starter), Some(0));
        let losing = of(Tier::Starter, 833, 10);
        assert_eq!(break_even(Inr(1.into()), &losing), None);
    }

    #[test]
    fn an_accepted_outcome_carries_the_rejected_ones() {
        let cost = Usd("1".parse().unwrap());
        assert_eq!(
            cost_per_outcome(cost, 3),
            Some(Usd("0.333334".parse().unwrap()))
        );
        assert_eq!(cost_per_outcome(cost, 0), None);
    }

    #[test]
    fn an_allowance_in_tasks() {
        assert_eq!(tasks_a_month(100_000), 10..=20);
        assert_eq!(tasks_a_month(2_000_000), 200..=400);
    }

    #[test]
    fn a_rate_is_a_number_of_rupees() {
        assert!(Fx::try_from(Decimal::ZERO).is_err());
        assert!(Fx::try_from(Decimal::from(-83)).is_err());
        assert_eq!("83.3".parse(), Ok(fx("83.3")));
        assert!("eighty".parse::<Fx>().is_err() && "0".parse::<Fx>().is_err());
        assert!(serde_json::from_str::<Fx>(r#""83.3""#).is_ok());
        assert!(serde_json::from_str::<Fx>(r#""0""#).is_err());
        assert_eq!(of(Tier::Starter, 0, 1).percent, None);
    }

    proptest! {
        #[test]
        fn break_even_is_the_least_number_that_carries(
            fixed in 0i64..10_000_000_000, price in 1i64..10_000_000, cost in 0i64..100_000_000, rate in 5_000i64..20_000,
        ) {
            let fx = Fx::try_from(Decimal::new(rate, 2)).unwrap();
            let fixed = Inr(Decimal::new(fixed, 2));
            let row = margin(Tier::Growth, Inr(Decimal::new(price, 2)), Usd(Decimal::new(cost, 6)), fx);
            match break_even(fixed, &row) {
                None => prop_assert!(row.contribution <= Inr::ZERO),
                Some(customers) => {
                    let brought = |n: u64| row.contribution.0 * Decimal::from(n);
                    prop_assert!(brought(customers) >= fixed.0);
                    prop_assert!(customers == 0 || brought(customers - 1) < fixed.0);
                }
            }
        }

        #[test]
        fn there_and_back_is_the_same_to_the_paisa(paise in 0i64..1_000_000_000, rate in 5_000i64..20_000) {
            let fx = Fx::try_from(Decimal::new(rate, 2)).unwrap();
            let amount = Inr(Decimal::new(paise, 2));
            prop_assert_eq!(fx.to_inr(fx.to_usd(amount)), amount);
        }
    }
}
