//! When a workspace is told about its budget.

use rust_decimal::Decimal;
use store::budgets::Charged;

/// Percent of the month's limit.
const THRESHOLDS: [i32; 2] = [80, 100];

/// The thresholds that this charge reached: spending was below before it and is not below after.
pub fn crossed(charged: &Charged) -> impl Iterator<Item = i32> {
    let after = charged.spent_usd;
    let before = charged.spent_usd - charged.cost;
    let limit = charged.limit_usd;
    THRESHOLDS.into_iter().filter(move |percent| {
        let mark = limit.0 * Decimal::from(*percent) / Decimal::ONE_HUNDRED;
        before.0 < mark && after.0 >= mark
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Period, Usd};

    fn charged(before: &str, cost: &str) -> Charged {
        let cost = Usd(cost.parse().unwrap());
        Charged {
            period: "2026-11".parse::<Period>().unwrap(),
            cost,
            spent_usd: Usd(before.parse().unwrap()) + cost,
            limit_usd: Usd("10".parse().unwrap()),
        }
    }

    #[test]
    fn a_threshold_is_crossed_by_the_charge_that_reaches_it() {
        let crossed = |before, cost| super::crossed(&charged(before, cost)).collect::<Vec<_>>();
        assert_eq!(crossed("7", "0.999999"), Vec::<i32>::new());
        assert_eq!(crossed("7", "1"), vec![80]);
        assert_eq!(crossed("8", "1"), Vec::<i32>::new());
        assert_eq!(crossed("7.9", "2.1"), vec![80, 100]);
        assert_eq!(crossed("10", "1"), Vec::<i32>::new());
        assert_eq!(crossed("8", "0"), Vec::<i32>::new());
    }
}
