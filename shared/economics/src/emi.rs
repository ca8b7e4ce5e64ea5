//! Equated monthly instalments: who may pay in them, and what they come to.
//!
//! Only arithmetic: PhonePe's gateway has no EMI, and whether somebody is given credit is for the issuer
//! to say. Nobody is scored here.

use domain::Inr;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;

/// The least amount that is offered in instalments.
pub const FLOOR: Inr = Inr(Decimal::from_parts(1_000, 0, 0, false, 0));

/// The most: beyond any subscription of ours, and far from where decimals end.
pub const CEILING: Inr = Inr(Decimal::from_parts(1_000_000_000, 0, 0, false, 0));

/// How long, and at what interest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Plan {
    pub months: u32,
    /// Percent a year, on what is still owed.
    pub annual_percent: Decimal,
}

/// The plans on offer.
pub const PLANS: [Plan; 3] = [
    Plan {
        months: 3,
        annual_percent: Decimal::ZERO,
    },
    Plan {
        months: 6,
        annual_percent: Decimal::from_parts(12, 0, 0, false, 0),
    },
    Plan {
        months: 12,
        annual_percent: Decimal::from_parts(18, 0, 0, false, 0),
    },
];

/// Whether an amount may be paid in instalments, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offer {
    pub eligible: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// One of each plan; none when not eligible.
    pub schedules: Vec<Schedule>,
}

/// What each instalment is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Schedule {
    #[serde(flatten)]
    pub plan: Plan,
    pub amount: Inr,
    /// Each but the last, which absorbs what rounding left.
    pub monthly: Inr,
    pub total: Inr,
    pub interest: Inr,
    pub instalments: Vec<Instalment>,
}

/// `payment = principal + interest`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Instalment {
    /// From 1.
    pub number: u32,
    pub payment: Inr,
    pub principal: Inr,
    pub interest: Inr,
    /// Still owed after it.
    pub balance: Inr,
}

/// What can be offered for an amount (rupees, tax included; rounded to the paisa).
pub fn offer(amount: Inr) -> Offer {
    if !(FLOOR..=CEILING).contains(&amount) {
        return Offer {
            eligible: false,
            reason: Some(format!("instalments are offered from {FLOOR} to {CEILING}")),
            schedules: vec![],
        };
    }
    let amount = amount.round_paise();
    Offer {
        eligible: true,
        reason: None,
        schedules: PLANS.iter().map(|plan| schedule(amount, *plan)).collect(),
    }
}

/// The instalment that repays `amount` in equal parts, interest on the reducing balance: P r (1+r)^n /
/// ((1+r)^n - 1) with r a twelfth of the annual rate. To the paisa, half up. No months: all at once.
pub fn monthly(amount: Inr, plan: Plan) -> Inr {
    let rate = monthly_rate(plan);
    let months = plan.months.max(1);
    if rate.is_zero() {
        return Inr(amount.0 / Decimal::from(months)).round_paise();
    }
    let growth = (0..months).fold(Decimal::ONE, |power, _| power * (Decimal::ONE + rate));
    Inr(amount.0 * rate * growth / (growth - Decimal::ONE)).round_paise()
}

/// How `amount` is repaid month by month. The principals sum to it exactly.
pub fn schedule(amount: Inr, plan: Plan) -> Schedule {
    let monthly = monthly(amount, plan);
    let months = plan.months.max(1);
    let rate = monthly_rate(plan);
    let mut balance = amount;
    let instalments: Vec<Instalment> = (1..=months)
        .map(|number| {
            let interest = Inr(balance.0 * rate).round_paise();
            // Rounding up may repay an amount of a few paise early: never more than is owed.
            let principal = if number == months {
                balance
            } else {
                (monthly - interest).min(balance)
            };
            balance -= principal;
            Instalment {
                number,
                payment: principal + interest,
                principal,
                interest,
                balance,
            }
        })
        .collect();
    Schedule {
        plan,
        amount,
        monthly,
        total: instalments.iter().map(|i| i.payment).sum(),
        interest: instalments.iter().map(|i| i.interest).sum(),
        instalments,
    }
}

/// As a fraction. Kept to 20 places, so that powers of it fit a decimal.
fn monthly_rate(plan: Plan) -> Decimal {
    (plan.annual_percent / Decimal::from(1200))
        .round_dp_with_strategy(20, RoundingStrategy::MidpointAwayFromZero)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn inr(text: &str) -> Inr {
        Inr(text.parse().unwrap())
    }

    fn plan(months: u32, annual_percent: &str) -> Plan {
        Plan {
            months,
            annual_percent: annual_percent.parse().unwrap(),
        }
    }

    /// Published: ₹10 lakh at 10.5 % for 120 months is ₹13,493 (digit-9.com and Wikipedia's "Equated
    /// monthly installment", to the rupee below); at 8.5 % for 240 months ₹8,678.23 (toolfest.in); at
    /// 12 % for 120 months ₹14,347 (equity2commodity.in).
    #[test]
    fn published_instalments() {
        let lakh10 = inr("1000000");
        assert_eq!(
            monthly(lakh10, plan(120, "10.5")).0.floor(),
            Decimal::from(13_493)
        );
        assert_eq!(monthly(lakh10, plan(240, "8.5")), inr("8678.23"));
        assert_eq!(
            monthly(lakh10, plan(120, "12")).0.round(),
            Decimal::from(14_347)
        );
    }

    /// Worked by hand, with the annuity factors that tables print: 5.795476 (1 %, 6 months) and 10.907505
    /// (1.5 %, 12 months): 10,000 / 5.795476 = 1,725.48 and 10,000 / 10.907505 = 916.80.
    #[test]
    fn our_plans_on_ten_thousand() {
        let offer = offer(inr("10000"));
        let of: Vec<(u32, Inr, Inr)> = offer
            .schedules
            .iter()
            .map(|s| {
                (
                    s.plan.months,
                    s.monthly,
                    s.instalments.last().unwrap().payment,
                )
            })
            .collect();
        assert_eq!(
            of,
            [
                (3, inr("3333.33"), inr("3333.34")),
                (6, inr("1725.48"), inr("1725.51")),
                (12, inr("916.80"), inr("916.81")),
            ]
        );
        let totals: Vec<Inr> = offer.schedules.iter().map(|s| s.total).collect();
        assert_eq!(totals, [inr("10000"), inr("10352.91"), inr("11001.61")]);
    }

    /// 1 % of 10,000 is 100; 1 % of the 8,374.52 left is 83.75; and so on to nothing.
    #[test]
    fn interest_is_on_what_is_owed() {
        let schedule = schedule(inr("10000"), PLANS[1]);
        let rows: Vec<[Inr; 3]> = schedule
            .instalments
            .iter()
            .map(|i| [i.interest, i.principal, i.balance])
            .collect();
        assert_eq!(rows[0], [inr("100"), inr("1625.48"), inr("8374.52")]);
        assert_eq!(rows[1], [inr("83.75"), inr("1641.73"), inr("6732.79")]);
        assert_eq!(rows[5], [inr("17.08"), inr("1708.43"), inr("0")]);
    }

    #[test]
    fn below_a_thousand_rupees_there_are_none() {
        let refused = offer(inr("999.99"));
        assert!(!refused.eligible && refused.schedules.is_empty());
        assert_eq!(
            refused.reason.unwrap(),
            "instalments are offered from ₹1000 to ₹1000000000"
        );
        assert!(offer(inr("1000")).eligible && offer(CEILING).eligible);
        assert!(!offer(Inr(Decimal::MAX)).eligible);
    }

    /// Ten paise in twelve parts: each rounds up to a paisa, so ten months repay it and two are free.
    #[test]
    fn no_instalment_is_negative() {
        let schedule = schedule(inr("0.10"), plan(12, "0"));
        assert_eq!(schedule.total, inr("0.10"));
        assert_eq!(schedule.instalments[9].balance, Inr::ZERO);
        assert_eq!(schedule.instalments[11].payment, Inr::ZERO);
    }

    proptest! {
        #[test]
        fn the_sums_are_exact(paise in 0i64..10_000_000_000, months in 1u32..=36, rate in 0i64..4000) {
            let amount = Inr(Decimal::new(paise, 2));
            let s = schedule(amount, Plan { months, annual_percent: Decimal::new(rate, 2) });
            prop_assert_eq!(s.instalments.iter().map(|i| i.principal).sum::<Inr>(), amount);
            prop_assert_eq!(s.total, amount + s.interest);
            prop_assert_eq!(s.instalments.len(), months as usize);
            for i in &s.instalments {
                prop_assert_eq!(i.payment, i.principal + i.interest);
                prop_assert!(!i.principal.is_negative() && !i.interest.is_negative() && !i.balance.is_negative());
                prop_assert_eq!(i.payment, i.payment.round_paise());
            }
            if rate == 0 { prop_assert!(s.interest.is_zero()); }
            // The last differs from the others by no more than the roundings of all months, with interest.
            let last = s.instalments.last().unwrap().payment;
            prop_assert!((last - s.monthly).0.abs() <= Decimal::new(i64::from(months) * 3, 2));
        }
    }
}
