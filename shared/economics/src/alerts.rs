//! When a workspace is told about its budget.

use domain::Usd;
use rust_decimal::Decimal;

/// Percent of the month's limit.
pub const THRESHOLDS: [i32; 3] = [50, 80, 100];

/// The thresholds, in percent, that a charge reached: spending was below one before it and is not below
/// it after. However a month's spending is cut into charges, each threshold is crossed once. A limit of
/// zero is no budget, and has no thresholds to cross.
pub fn crossed(before: Usd, after: Usd, limit: Usd) -> impl Iterator<Item = i32> {
    THRESHOLDS.into_iter().filter(move |percent| {
        let mark = limit.0 * Decimal::from(*percent) / Decimal::ONE_HUNDRED;
        before.0 < mark && after.0 >= mark
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of_ten(before: &str, cost: &str) -> Vec<i32> {
        let before = Usd(before.parse().unwrap());
        let after = before + Usd(cost.parse().unwrap());
        crossed(before, after, Usd(Decimal::TEN)).collect()
    }

    #[test]
    fn a_threshold_is_crossed_by_the_charge_that_reaches_it() {
        let none = Vec::<i32>::new();
        assert_eq!(of_ten("4", "0.999999"), none);
        assert_eq!(of_ten("4", "1"), [50]);
        assert_eq!(of_ten("5", "1"), none);
        assert_eq!(of_ten("7", "1"), [80]);
        assert_eq!(of_ten("8", "1"), none);
        assert_eq!(of_ten("7.9", "2.1"), [80, 100]);
        assert_eq!(of_ten("0", "10"), [50, 80, 100]);
        assert_eq!(of_ten("10", "1"), none);
        assert_eq!(of_ten("8", "0"), none);
    }

    #[test]
    fn no_budget_has_no_thresholds() {
        assert_eq!(crossed(Usd::ZERO, Usd(Decimal::ONE), Usd::ZERO).count(), 0);
    }

    proptest! {
        #[test]
        fn each_threshold_is_crossed_once_however_the_spending_is_cut(
            limit in 1i64..100_000_000,
            charges in prop::collection::vec(0i64..10_000_000, 0..40),
        ) {
            let usd = |micros: i64| Usd(Decimal::new(micros, 6));
            let mut spent = 0;
            let mut piecewise = vec![];
            for charge in charges {
                piecewise.extend(crossed(usd(spent), usd(spent + charge), usd(limit)));
                spent += charge;
            }
            let at_once: Vec<i32> = crossed(Usd::ZERO, usd(spent), usd(limit)).collect();
            prop_assert_eq!(piecewise, at_once);
        }
    }
}
