//! Dynamic pricing (ECO-19), off unless it is switched on: `price = base x (1 - min(overage / 1,000,000,
//! 0.3)) x regional multiplier`.
//!
//! Read as C-05 settled it: the discount is for tokens used beyond the allowance; the 0.8 for India is
//! applied to a list in dollars only, because the rupee list is Indian already; and no price goes below
//! what keeps a margin over costs. A price never goes above the list either: where the list itself does not
//! keep the margin, the list stands.
//!
//! It makes renewals cheaper ([`Renewals`]); a first month and the rest of one in a dearer plan go by the
//! list. What is used beyond an allowance is counted by budget months (calendar months in India), as the
//! allowance is given. The requirement comes to little as it stands: nothing is accepted once a month's
//! tokens are used, so beyond the allowance is only what was under way then, or what a plan that went back
//! takes from it.

use domain::{Inr, Usd};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use crate::margin::Fx;
use crate::quote::Prices;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Off: every price is the list's.
    pub enabled: bool,
    /// Tokens beyond the allowance that would make the discount 100 percent.
    pub discount_tokens: u64,
    /// The largest discount, from 0 to 1.
    pub max_discount: Decimal,
    /// For India, on a list in dollars.
    pub india_multiplier: Decimal,
    /// The share of a price that is kept over its costs, from 0 to below 1.
    pub floor_margin: Decimal,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: false,
            discount_tokens: 1_000_000,
            max_discount: Decimal::new(3, 1),
            india_multiplier: Decimal::new(8, 1),
            floor_margin: Decimal::new(5, 1),
        }
    }
}

/// What functions that quote renewals are told; flatten it into their own settings. All must be told the
/// same.
#[derive(Debug, Clone, Copy, clap::Args)]
#[group(skip)]
pub struct Arguments {
    /// Dynamic pricing of renewals as JSON, as in {"enabled":true,"max_discount":"0.3"}. Off by default.
    #[arg(long, env = "DYNAMIC_PRICING", default_value = "{}", value_parser = settings)]
    pub dynamic_pricing: Settings,

    /// Rupees a US dollar is taken for in the floor of dynamic prices.
    #[arg(long, env = "USD_INR", default_value = "83.3")]
    pub usd_inr: Fx,
}

fn settings(text: &str) -> Result<Settings, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

impl Arguments {
    /// `None` when renewals cost what the list says.
    pub fn renewals(&self) -> Option<Renewals> {
        let settings = self.dynamic_pricing;
        settings.enabled.then_some(Renewals {
            settings,
            fx: self.usd_inr,
        })
    }
}

/// What renewals cost while dynamic pricing is on.
#[derive(Debug, Clone, Copy)]
pub struct Renewals {
    pub settings: Settings,
    pub fx: Fx,
}

/// A workspace's budget month: what it was allowed, what it used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    /// `None` is unlimited.
    pub limit_tokens: Option<i64>,
    pub spent_tokens: i64,
    pub spent_usd: Usd,
}

impl Renewals {
    /// The listed price of a month (with GST in it where listed prices have it) for a workspace that paid
    /// for the period before. `month` is the budget month in which that period began: every budget month
    /// counts for one renewal, whatever day periods begin on.
    pub fn price(&self, list: Inr, month: &Month, prices: &Prices) -> Inr {
        let over = month
            .limit_tokens
            .map_or(0, |limit| month.spent_tokens - limit);
        // Of GST nothing is kept: the margin is one of what is left without it.
        let cost = prices.as_listed(self.fx.to_inr(month.spent_usd));
        inr(list, cost, over.max(0).unsigned_abs(), &self.settings).price
    }
}

/// Where the customer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Region {
    India,
    Elsewhere,
}

/// What moved a price off the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Dynamic pricing is switched off.
    Off,
    Volume,
    Regional,
    /// The floor lifted it.
    Floor,
}

/// A price and how it came about. Money is in the list's currency, a month, without tax, in whole paise
/// or cents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Quote<Money> {
    pub base: Money,
    /// From 0 to the largest discount.
    pub discount: Decimal,
    pub multiplier: Decimal,
    /// Below which it does not go: costs by one less the margin, but no more than the base.
    pub floor: Money,
    pub price: Money,
    pub steps: Vec<Step>,
}

/// A price from the rupee list. `cost` is what serving the customer costs in a month.
pub fn inr(base: Inr, cost: Inr, overage_tokens: u64, settings: &Settings) -> Quote<Inr> {
    quote(base.0, cost.0, overage_tokens, Decimal::ONE, settings).map(Inr)
}

/// A price from the dollar list.
pub fn usd(
    base: Usd,
    cost: Usd,
    overage_tokens: u64,
    region: Region,
    settings: &Settings,
) -> Quote<Usd> {
    let multiplier = match region {
        Region::India => settings.india_multiplier.clamp(Decimal::ZERO, Decimal::ONE),
        Region::Elsewhere => Decimal::ONE,
    };
    quote(base.0, cost.0, overage_tokens, multiplier, settings).map(Usd)
}

impl Quote<Decimal> {
    fn map<Money>(self, money: impl Fn(Decimal) -> Money) -> Quote<Money> {
        Quote {
            base: money(self.base),
            discount: self.discount,
            multiplier: self.multiplier,
            floor: money(self.floor),
            price: money(self.price),
            steps: self.steps,
        }
    }
}

fn quote(
    base: Decimal,
    cost: Decimal,
    overage_tokens: u64,
    multiplier: Decimal,
    settings: &Settings,
) -> Quote<Decimal> {
    let floor = floor(base, cost, settings);
    if !settings.enabled {
        return Quote {
            base,
            discount: Decimal::ZERO,
            multiplier: Decimal::ONE,
            floor,
            price: base,
            steps: vec![Step::Off],
        };
    }
    let discount = discount(overage_tokens, settings);
    let wanted = (base * (Decimal::ONE - discount) * multiplier)
        .round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
        .min(base);
    let mut steps = vec![];
    if !discount.is_zero() {
        steps.push(Step::Volume);
    }
    if multiplier != Decimal::ONE {
        steps.push(Step::Regional);
    }
    if wanted < floor {
        steps.push(Step::Floor);
    }
    Quote {
        base,
        discount,
        multiplier,
        floor,
        price: wanted.max(floor),
        steps,
    }
}

fn discount(overage_tokens: u64, settings: &Settings) -> Decimal {
    let most = settings.max_discount.clamp(Decimal::ZERO, Decimal::ONE);
    Decimal::from(overage_tokens)
        .checked_div(Decimal::from(settings.discount_tokens))
        .map_or(Decimal::ZERO, |share| share.min(most))
}

fn floor(base: Decimal, cost: Decimal, settings: &Settings) -> Decimal {
    let kept = Decimal::ONE - settings.floor_margin.max(Decimal::ZERO);
    // A margin of the whole price or more can't be kept by any price.
    if kept <= Decimal::ZERO {
        return base;
    }
    (cost / kept)
        .round_dp_with_strategy(2, RoundingStrategy::ToPositiveInfinity)
        .min(base)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rupees(text: &str) -> Inr {
        Inr(text.parse().unwrap())
    }

    fn dollars(text: &str) -> Usd {
        Usd(text.parse().unwrap())
    }

    fn on() -> Settings {
        Settings {
            enabled: true,
            ..Settings::default()
        }
    }

    #[test]
    fn it_is_off_by_default() {
        let quote = inr(rupees("9999"), Inr::ZERO, 5_000_000, &Settings::default());
        assert_eq!(
            (quote.price, quote.steps),
            (rupees("9999"), vec![Step::Off])
        );
    }

    /// By hand: 9,999 x (1 - 0.25) = 7,499.25; at most 30 %: 6,999.30.
    #[test]
    fn tokens_beyond_the_allowance_lower_the_price() {
        let of = |overage| inr(rupees("9999"), rupees("100"), overage, &on());
        assert_eq!(of(0).price, rupees("9999"));
        assert_eq!(of(0).steps, []);
        assert_eq!(of(250_000).price, rupees("7499.25"));
        assert_eq!(of(300_000).price, rupees("6999.30"));
        assert_eq!(of(9_000_000).price, rupees("6999.30"));
        assert_eq!(of(9_000_000).steps, [Step::Volume]);
    }

    /// 120 x 0.8 = 96; with the largest discount 120 x 0.7 x 0.8 = 67.20.
    #[test]
    fn india_pays_less_of_a_dollar_list_only() {
        let of = |overage, region| usd(dollars("120"), dollars("5"), overage, region, &on());
        assert_eq!(of(0, Region::India).price, dollars("96"));
        assert_eq!(of(0, Region::India).steps, [Step::Regional]);
        assert_eq!(of(0, Region::Elsewhere).price, dollars("120"));
        assert_eq!(of(300_000, Region::India).price, dollars("67.20"));
    }

    /// Costs of 40 and half of the price kept: not below 80. Costs of 70: not below 140, so the list of 120.
    #[test]
    fn the_margin_is_kept_as_far_as_the_list_keeps_it() {
        let of = |cost| usd(dollars("120"), dollars(cost), 300_000, Region::India, &on());
        let lifted = of("40");
        assert_eq!((lifted.price, lifted.floor), (dollars("80"), dollars("80")));
        assert_eq!(lifted.steps, [Step::Volume, Step::Regional, Step::Floor]);
        assert_eq!(of("70").price, dollars("120"));
    }

    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        prices: crate::quote::Settings,
        #[command(flatten)]
        dynamic: Arguments,
    }

    fn told(more: &[&str]) -> Command {
        use clap::Parser;
        Command::try_parse_from(["test"].iter().chain(more)).unwrap()
    }

    const ON: [&str; 4] = [
        "--dynamic-pricing",
        r#"{"enabled":true}"#,
        "--usd-inr",
        "100",
    ];

    /// 400,000 tokens of 100,000: 30 % off 2,999 is 2,099.30. Costs of $12.70 at ₹100 are ₹1,270, so at least
    /// ₹2,540 without GST keep half: 2,540, or 2,997.20 where 18 % are in the price.
    #[test]
    fn a_renewal_keeps_its_margin_without_the_tax() {
        let of = |more: &[&str], spent_usd: &str| {
            let told = told(&[&ON[..], more].concat());
            let month = Month {
                limit_tokens: Some(100_000),
                spent_tokens: 400_000,
                spent_usd: dollars(spent_usd),
            };
            let prices = Prices::new(&told.prices).unwrap();
            let renewals = told.dynamic.renewals().unwrap();
            renewals.price(rupees("2999"), &month, &prices)
        };
        let inclusive = ["--prices-include-tax", "true"];
        assert_eq!(of(&[], "1"), rupees("2099.30"));
        assert_eq!(of(&inclusive, "1"), rupees("2099.30"));
        assert_eq!(of(&[], "12.70"), rupees("2540"));
        assert_eq!(of(&inclusive, "12.70"), rupees("2997.20"));
    }

    #[test]
    fn within_the_allowance_or_without_one_the_list_stands() {
        let told = told(&ON);
        let prices = Prices::new(&told.prices).unwrap();
        let renewals = told.dynamic.renewals().unwrap();
        for (limit_tokens, spent_tokens) in [(Some(100_000), 100_000), (None, 9_000_000)] {
            let month = Month {
                limit_tokens,
                spent_tokens,
                spent_usd: Usd::ZERO,
            };
            let price = renewals.price(rupees("2999"), &month, &prices);
            assert_eq!(price, rupees("2999"));
        }
    }

    #[test]
    fn nobody_is_told_of_it_unless_it_is_switched_on() {
        use clap::Parser;
        assert!(told(&[]).dynamic.renewals().is_none());
        for wrong in ["{", r#"{"max_disount":"0.3"}"#] {
            assert!(Command::try_parse_from(["test", "--dynamic-pricing", wrong]).is_err());
        }
    }

    proptest! {
        #[test]
        fn a_price_is_never_under_the_floor_nor_above_the_base(
            base in 0i64..100_000_000, cost in 0i64..100_000_000, overage in 0u64..3_000_000,
            margin in 0i64..150, india: bool, enabled: bool,
        ) {
            let settings = Settings { enabled, floor_margin: Decimal::new(margin, 2), ..Settings::default() };
            let region = if india { Region::India } else { Region::Elsewhere };
            let (base, cost) = (Usd(Decimal::new(base, 2)), Usd(Decimal::new(cost, 2)));
            let quote = usd(base, cost, overage, region, &settings);
            prop_assert!(quote.floor <= quote.price && quote.price <= base);
            prop_assert_eq!(quote.price.0, quote.price.0.round_dp(2));
            let keeps = quote.price.0 * (Decimal::ONE - settings.floor_margin) >= cost.0;
            prop_assert!(keeps || quote.price == base);
            // More use is never dearer.
            prop_assert!(usd(base, cost, overage + 1000, region, &settings).price <= quote.price);
        }
    }
}
