//! What a change of plan costs within a paid month.
//!
//! The day of the change counts as the first day of the new plan: an upgrade on the first day costs the
//! whole difference, and one on the last day a day of it, so no day of a dearer plan is free. Prices and
//! charges are without GST; the tax is worked out on the charge.

use chrono::NaiveDate;
use domain::Inr;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::cycle::Cycle;

/// What happens when a subscription changes its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// To a dearer plan: at once, against a charge.
    Upgrade(Upgrade),
    /// To a cheaper plan: nothing is charged or given back, and the paid plan stays to the end.
    Downgrade {
        /// The first day of the new plan, which is then paid in full.
        effective: NaiveDate,
    },
    /// To a plan of the same price: at once, without money.
    Even,
}

/// An upgrade's sums: `charge = cost - credit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Upgrade {
    /// Days of the new plan in this billing month, the day of the change included.
    pub days_left: i64,
    /// Days of the billing month.
    pub days: i64,
    /// What the new plan costs for the days left.
    pub cost: Inr,
    /// What was paid for the old plan and is not used.
    pub credit: Inr,
    /// To pay now, to the paisa, half up; from zero to the difference of the prices.
    pub charge: Inr,
}

/// The change from the `old` to the `new` monthly price on `day` of a billing month that is paid for.
pub fn change(old: Inr, new: Inr, cycle: Cycle, day: NaiveDate) -> Change {
    use std::cmp::Ordering::{Equal, Greater, Less};
    match new.cmp(&old) {
        Greater => Change::Upgrade(upgrade(old, new, cycle, day)),
        Less => Change::Downgrade {
            effective: cycle.until,
        },
        Equal => Change::Even,
    }
}

/// The charge for going from `old` to `new`, which is not below it, for the rest of the month. Against a
/// lower price nothing is charged.
pub fn upgrade(old: Inr, new: Inr, cycle: Cycle, day: NaiveDate) -> Upgrade {
    let days_left = cycle.days_left(day);
    let credit = share(old, cycle, days_left);
    let charge = share((new - old).at_least_zero(), cycle, days_left);
    Upgrade {
        days_left,
        days: cycle.days(),
        // Not rounded by itself: the three sums on an invoice must add up.
        cost: credit + charge,
        credit,
        charge,
    }
}

/// The part of a month's price that falls on some of its days.
fn share(price: Inr, cycle: Cycle, days: i64) -> Inr {
    if days == 0 {
        return Inr::ZERO;
    }
    Inr(price.0 * Decimal::from(days) / Decimal::from(cycle.days())).round_paise()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cycle::Anchor;
    use chrono::Days;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn inr(text: &str) -> Inr {
        Inr(text.parse().unwrap())
    }

    /// TalentCards' help pages, "What happens when I upgrade or downgrade mid-month": from 49 to 79 a
    /// month, renewed on the 10th, changed on the 28th of a month of 30 days: 12 days of the new plan at
    /// 79 x 12/30 = 31.6, 18 days used of the old at 49 x 18/30 = 29.4 (so 19.6 are left).
    #[test]
    fn a_published_example() {
        let on = day("2026-11-28");
        let cycle = Anchor::try_from(10).unwrap().cycle(on);
        let sums = upgrade(inr("49"), inr("79"), cycle, on);
        assert_eq!((sums.days_left, sums.days), (12, 30));
        assert_eq!(sums.cost, inr("31.60"));
        assert_eq!(sums.credit, inr("19.60"));
        assert_eq!(sums.charge, inr("12.00"));
    }

    /// Nadles' documentation, "Upgrades and downgrades": from 100 to 300, 5 of 31 days left: 48.39 less
    /// 16.13 is 32.26.
    #[test]
    fn another_published_example() {
        let on = day("2026-01-27");
        let cycle = Anchor::try_from(1).unwrap().cycle(on);
        let sums = upgrade(inr("100"), inr("300"), cycle, on);
        assert_eq!(sums.days_left, 5);
        assert_eq!(
            (sums.cost, sums.credit, sums.charge),
            (inr("48.39"), inr("16.13"), inr("32.26"))
        );
    }

    #[test]
    fn the_first_day_costs_the_difference_and_the_last_one_a_day_of_it() {
        let cycle = Anchor::try_from(1).unwrap().cycle(day("2026-11-01"));
        let charge = |on| upgrade(inr("2999"), inr("9999"), cycle, day(on)).charge;
        assert_eq!(charge("2026-11-01"), inr("7000"));
        // 7000 / 30 = 233.33...
        assert_eq!(charge("2026-11-30"), inr("233.33"));
        assert_eq!(charge("2026-12-01"), Inr::ZERO);
    }

    #[test]
    fn half_a_paisa_goes_up() {
        // 0.25 x 14/28 = 0.125
        let cycle = Anchor::try_from(1).unwrap().cycle(day("2026-02-15"));
        assert_eq!(
            upgrade(Inr::ZERO, inr("0.25"), cycle, day("2026-02-15")).charge,
            inr("0.13")
        );
    }

    #[test]
    fn a_downgrade_waits_for_the_end_and_moves_no_money() {
        let cycle = Anchor::try_from(31).unwrap().cycle(day("2026-02-10"));
        assert_eq!(
            change(inr("9999"), inr("2999"), cycle, day("2026-02-10")),
            Change::Downgrade {
                effective: day("2026-02-28")
            }
        );
        assert_eq!(
            change(inr("5"), inr("5.00"), cycle, day("2026-02-10")),
            Change::Even
        );
        assert_eq!(
            upgrade(inr("9"), inr("5"), cycle, day("2026-02-10")).charge,
            Inr::ZERO
        );
    }

    prop_compose! {
        fn a_day_of_a_cycle()(anchor in 1u32..=31, offset in 0u64..4000, within in -3i64..40) -> (Cycle, NaiveDate) {
            let cycle = Anchor::try_from(anchor).unwrap().cycle(day("2024-01-01") + Days::new(offset));
            (cycle, cycle.from + chrono::TimeDelta::days(within))
        }
    }

    proptest! {
        #[test]
        fn a_charge_is_from_zero_to_the_difference(
            (cycle, on) in a_day_of_a_cycle(), old in 0i64..20_000_000, more in 0i64..20_000_000,
        ) {
            let (old, new) = (Inr(Decimal::new(old, 2)), Inr(Decimal::new(old + more, 2)));
            let sums = upgrade(old, new, cycle, on);
            prop_assert!(!sums.charge.is_negative() && sums.charge <= new - old);
            prop_assert!(!sums.credit.is_negative() && sums.credit <= old);
            prop_assert_eq!(sums.cost - sums.credit, sums.charge);
            prop_assert_eq!(sums.charge, sums.charge.round_paise());
            // A day later it is not dearer.
            let later = upgrade(old, new, cycle, on + Days::new(1));
            prop_assert!(later.charge <= sums.charge);
        }

        #[test]
        fn two_steps_cost_what_one_does_to_the_paisa(
            (cycle, on) in a_day_of_a_cycle(), a in 0i64..20_000_000, b in 0i64..20_000_000, c in 0i64..20_000_000,
        ) {
            let inr = |paise| Inr(Decimal::new(paise, 2));
            let charge = |old, new| upgrade(inr(old), inr(new), cycle, on).charge;
            let apart = charge(a, a + b) + charge(a + b, a + b + c);
            let together = charge(a, a + b + c);
            prop_assert!((apart - together).0.abs() <= Decimal::new(1, 2));
        }
    }
}
