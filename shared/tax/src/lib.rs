//! Indian GST arithmetic: which heads a supply is taxed under, and how much each is.
//!
//! Sources: IGST Act s. 7, 8, 12 and 16 (inter- and intra-State, place of supply, zero rating), CGST Act
//! s. 9, UTGST Act s. 7, CGST Act s. 170 (rounding).

pub mod compute;
pub mod country;
pub mod credit;
pub mod document;
pub mod einvoice;
pub mod number;

use bharat::states::State;
use domain::Inr;
use rust_decimal::Decimal;
use serde::Serialize;

/// What is sold to whom.
#[derive(Debug, Clone, Copy)]
pub struct Supply<'a> {
    /// After discounts, before tax.
    pub taxable: Inr,
    /// 0 to 100.
    pub rate_percent: Decimal,
    pub supplier: &'a State,
    pub place_of_supply: &'a State,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Domestic,
    /// To a special economic zone: inter-State wherever it lies. Under a letter of undertaking no tax is
    /// charged.
    Sez {
        lut: bool,
    },
    /// Out of India; as for a zone.
    Export {
        lut: bool,
    },
}

/// The tax by head. Heads that do not apply are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Split {
    pub taxable: Inr,
    pub cgst: Inr,
    pub sgst: Inr,
    pub utgst: Inr,
    pub igst: Inr,
    pub total_tax: Inr,
    pub total: Inr,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TaxError {
    #[error("the amount must not be negative: a reduction is a credit note")]
    NegativeAmount,
    #[error("the rate must be from 0 to 100 percent")]
    Rate,
}

/// The tax on a supply. Each head is rounded to the paisa, half up; the two halves of an intra-State tax
/// are equal, because each is computed at half the rate.
pub fn split(supply: &Supply<'_>) -> Result<Split, TaxError> {
    if supply.taxable.is_negative() {
        return Err(TaxError::NegativeAmount);
    }
    if supply.rate_percent.is_sign_negative() && !supply.rate_percent.is_zero()
        || supply.rate_percent > Decimal::ONE_HUNDRED
    {
        return Err(TaxError::Rate);
    }
    let taxable = supply.taxable.round_paise();
    let at = |percent: Decimal| Inr(taxable.0 * percent / Decimal::ONE_HUNDRED).round_paise();
    let (mut cgst, mut sgst, mut utgst, mut igst) = (Inr::ZERO, Inr::ZERO, Inr::ZERO, Inr::ZERO);
    match supply.kind {
        Kind::Sez { lut: true } | Kind::Export { lut: true } => {}
        Kind::Sez { lut: false } | Kind::Export { lut: false } => igst = at(supply.rate_percent),
        Kind::Domestic if supply.supplier.code != supply.place_of_supply.code => {
            igst = at(supply.rate_percent)
        }
        Kind::Domestic => {
            cgst = at(supply.rate_percent / Decimal::TWO);
            if supply
                .place_of_supply
                .is_union_territory_without_legislature()
            {
                utgst = cgst;
            } else {
                sgst = cgst;
            }
        }
    }
    let total_tax = cgst + sgst + utgst + igst;
    Ok(Split {
        taxable,
        cgst,
        sgst,
        utgst,
        igst,
        total_tax,
        total: taxable + total_tax,
    })
}

/// The taxable part of an amount that includes its tax, to the paisa.
pub fn before_tax(inclusive: Inr, rate_percent: Decimal) -> Inr {
    Inr(inclusive.0 * Decimal::ONE_HUNDRED / (Decimal::ONE_HUNDRED + rate_percent)).round_paise()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn inr(text: &str) -> Inr {
        Inr(text.parse().unwrap())
    }

    fn run(taxable: &str, from: &str, to: &str, kind: Kind) -> Split {
        split(&Supply {
            taxable: inr(taxable),
            rate_percent: 18.into(),
            supplier: State::find(from).unwrap(),
            place_of_supply: State::find(to).unwrap(),
            kind,
        })
        .unwrap()
    }

    #[test]
    fn one_state_halves_it_two_states_do_not() {
        let within = run("25000", "Gujarat", "Surat", Kind::Domestic);
        assert_eq!(
            (within.cgst, within.sgst, within.igst, within.total),
            (inr("2250"), inr("2250"), inr("0"), inr("29500"))
        );
        let across = run("25000", "Rajasthan", "Maharashtra", Kind::Domestic);
        assert_eq!(
            (across.igst, across.cgst, across.total),
            (inr("4500"), inr("0"), inr("29500"))
        );
        let territory = run("100", "Chandigarh", "Chandigarh", Kind::Domestic);
        assert_eq!(
            (territory.cgst, territory.utgst, territory.sgst),
            (inr("9"), inr("9"), inr("0"))
        );
        let delhi = run("100", "Delhi", "Delhi", Kind::Domestic);
        assert_eq!(
            (delhi.sgst, delhi.utgst),
            (inr("9"), inr("0")),
            "it has a legislature"
        );
    }

    #[test]
    fn zones_and_exports_are_never_within_a_state() {
        assert_eq!(
            run("100", "Gujarat", "Gujarat", Kind::Sez { lut: false }).igst,
            inr("18")
        );
        assert_eq!(
            run("100", "Gujarat", "Gujarat", Kind::Export { lut: true }).total,
            inr("100")
        );
    }

    #[test]
    fn half_a_paisa_goes_up_in_each_half() {
        // 9 % of 0.50 is 0.045.
        let split = run("0.50", "Kerala", "Kerala", Kind::Domestic);
        assert_eq!((split.cgst, split.sgst), (inr("0.05"), inr("0.05")));
        assert_eq!(before_tax(inr("118"), 18.into()), inr("100"));
        // The published starter price with GST (2,999 + 18 %).
        assert_eq!(
            run("2999", "Karnataka", "Kerala", Kind::Domestic).total,
            inr("3538.82")
        );
    }

    #[test]
    fn nonsense_is_refused() {
        let state = State::find("Goa").unwrap();
        let supply = |taxable, rate_percent| Supply {
            taxable,
            rate_percent,
            supplier: state,
            place_of_supply: state,
            kind: Kind::Domestic,
        };
        assert_eq!(
            split(&supply(inr("-1"), 18.into())),
            Err(TaxError::NegativeAmount)
        );
        assert_eq!(split(&supply(inr("1"), 101.into())), Err(TaxError::Rate));
        assert_eq!(split(&supply(inr("1"), (-1).into())), Err(TaxError::Rate));
    }

    proptest! {
        #[test]
        fn sums_hold_and_halves_are_equal(paise in 0i64..10_000_000_000, rate in 0u32..=100, from in 0usize..37, to in 0usize..37) {
            let (supplier, place_of_supply) = (&State::all()[from], &State::all()[to]);
            let taxable = Inr(Decimal::new(paise, 2));
            let s = split(&Supply { taxable, rate_percent: rate.into(), supplier, place_of_supply, kind: Kind::Domestic }).unwrap();
            prop_assert_eq!(s.total, s.taxable + s.cgst + s.sgst + s.utgst + s.igst);
            prop_assert_eq!(s.cgst, s.sgst + s.utgst);
            prop_assert!(s.igst.is_zero() || s.cgst.is_zero());
            let exact = taxable.0 * Decimal::from(rate) / Decimal::ONE_HUNDRED;
            prop_assert!((s.total_tax.0 - exact).abs() <= Decimal::new(1, 2));
        }
    }
}
