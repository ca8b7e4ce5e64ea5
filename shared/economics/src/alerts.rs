//! When a workspace is told about its budget.

use domain::Usd;
use rust_decimal::Decimal;

/// Percent of the month's limit.
pub const THRESHOLDS: [i32; 3] = [50, 80, 100];

/// The thresholds, in percent, that spending is not below, lowest first. It does not matter how it came to
/// be there: a charge adds to it, and a plan that goes back takes from the limit. Whoever asks notes each
/// once. A limit of zero is no budget, and has no thresholds.
pub fn reached(spent: Usd, limit: Usd) -> impl DoubleEndedIterator<Item = i32> {
    THRESHOLDS.into_iter().filter(move |percent| {
        let mark = limit.0 * Decimal::from(*percent) / Decimal::ONE_HUNDRED;
        limit > Usd::ZERO && spent.0 >= mark
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(spent: &str, limit: &str) -> Vec<i32> {
        let usd = |text: &str| Usd(text.parse().unwrap());
        reached(usd(spent), usd(limit)).collect()
    }

    #[test]
    fn a_threshold_is_reached_when_spending_is_not_below_it() {
        let none = Vec::<i32>::new();
        assert_eq!(of("4.999999", "10"), none);
        assert_eq!(of("5", "10"), [50]);
        assert_eq!(of("7.999999", "10"), [50]);
        assert_eq!(of("8", "10"), [50, 80]);
        assert_eq!(of("10", "10"), [50, 80, 100]);
        assert_eq!(of("11", "10"), [50, 80, 100]);
    }

    /// $12 of $25 are 48 %; when the limit goes down to what is spent, all of it is.
    #[test]
    fn a_limit_that_goes_down_reaches_thresholds() {
        assert_eq!(of("12", "25"), Vec::<i32>::new());
        assert_eq!(of("12", "12"), [50, 80, 100]);
    }

    #[test]
    fn no_budget_has_no_thresholds() {
        assert_eq!(of("1", "0"), Vec::<i32>::new());
        assert_eq!(of("0", "0"), Vec::<i32>::new());
    }

    proptest! {
        #[test]
        fn more_spent_or_less_allowed_reaches_no_fewer(
            spent in 0i64..100_000_000, more in 0i64..10_000_000, limit in 1i64..100_000_000, less in 0i64..10_000_000,
        ) {
            let usd = |micros: i64| Usd(Decimal::new(micros, 6));
            let before: Vec<i32> = reached(usd(spent), usd(limit)).collect();
            let lower = (limit - less).max(1);
            for after in [(spent + more, limit), (spent, lower)] {
                let after: Vec<i32> = reached(usd(after.0), usd(after.1)).collect();
                // What is reached is the lowest ones, without a gap.
                prop_assert!(THRESHOLDS.starts_with(&after) && after.starts_with(&before));
            }
        }
    }
}
