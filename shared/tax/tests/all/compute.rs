use bharat::states::State;
use domain::Inr;
use proptest::prelude::*;
use rust_decimal::Decimal;
use tax::compute::{ComputeError, Heads, Item, Recipient, Terms, compute, whole_rupees};
use tax::document::{RecipientKind, Totals};

use crate::arbitrary::{items, recipients};
use crate::{
    KARNATAKA, MAHARASHTRA, abroad, business, consumer, from_karnataka, inr, item, one, paise,
    state, zone,
};

fn heads(totals: &Totals) -> (Inr, Inr, Inr, Inr, Inr) {
    (
        totals.cgst,
        totals.sgst,
        totals.utgst,
        totals.igst,
        totals.payable,
    )
}

/// The list prices with 18 percent: ₹2,999, ₹9,999 and ₹24,999 come to ₹3,538.82, ₹11,798.82 and
/// ₹29,498.82 (the published prices of the plans).
#[test]
fn the_plans_come_to_their_published_prices() {
    for (price, half, whole, payable) in [
        ("2999", "269.91", "539.82", "3538.82"),
        ("9999", "899.91", "1799.82", "11798.82"),
        ("24999", "2249.91", "4499.82", "29498.82"),
    ] {
        let zero = Inr::ZERO;
        let within = from_karnataka(&consumer("Mysuru"), &one(price), Terms::default());
        assert_eq!(
            (within.place_of_supply.as_str(), within.heads),
            ("29", Heads::CgstSgst)
        );
        assert_eq!(
            heads(&within.totals),
            (inr(half), inr(half), zero, zero, inr(payable))
        );
        let across = from_karnataka(&business(MAHARASHTRA), &one(price), Terms::default());
        assert_eq!(
            (across.place_of_supply.as_str(), across.heads),
            ("27", Heads::Igst)
        );
        assert_eq!(
            heads(&across.totals),
            (zero, zero, zero, inr(whole), inr(payable))
        );
        // And back from what was paid.
        let inclusive = Terms {
            tax_inclusive: true,
            ..Terms::default()
        };
        for recipient in [consumer("29"), business(MAHARASHTRA)] {
            let back = from_karnataka(&recipient, &one(payable), inclusive);
            assert_eq!(
                (back.totals.taxable, back.totals.payable, back.odd_paise),
                (inr(price), inr(payable), zero)
            );
            assert_eq!(back.lines[0].unit_price, inr(price));
        }
    }
}

/// IGST Act s. 12(2)(a) and (b)(i), (ii).
#[test]
fn the_place_of_supply_is_the_recipients_or_the_suppliers() {
    let place = |recipient: &Recipient<'_>| {
        from_karnataka(recipient, &one("100"), Terms::default()).place_of_supply
    };
    assert_eq!(place(&business(MAHARASHTRA)), "27");
    // The registration counts, not the address.
    let elsewhere = Recipient {
        state: Some(state("Kerala")),
        ..business(MAHARASHTRA)
    };
    assert_eq!(place(&elsewhere), "27");
    assert_eq!(place(&consumer("Kerala")), "32");
    let unknown = Recipient {
        state: None,
        ..consumer("Kerala")
    };
    assert_eq!(place(&unknown), "29");
    assert_eq!(place(&abroad()), "96");
    // A body of the United Nations in Delhi, of which only the UIN is known.
    let office = Recipient {
        gstin: Some("0717UNO00157UNO"),
        ..unknown
    };
    assert_eq!(place(&office), "07");
}

/// UTGST Act s. 7: territories without a legislature have UTGST; Delhi and Puducherry SGST.
#[test]
fn territories_without_a_legislature_have_utgst() {
    for (code, expected) in [
        ("04", Heads::CgstUtgst),
        ("26", Heads::CgstUtgst),
        ("31", Heads::CgstUtgst),
        ("35", Heads::CgstUtgst),
        ("38", Heads::CgstUtgst),
        ("97", Heads::CgstUtgst),
        ("01", Heads::CgstSgst),
        ("07", Heads::CgstSgst),
        ("34", Heads::CgstSgst),
    ] {
        let computed = compute(state(code), &consumer(code), &one("100"), Terms::default());
        let computed = computed.unwrap();
        assert_eq!(computed.heads, expected, "{code}");
        let second = match expected {
            Heads::CgstUtgst => computed.totals.utgst,
            _ => computed.totals.sgst,
        };
        assert_eq!(
            (computed.totals.cgst, second),
            (inr("9"), inr("9")),
            "{code}"
        );
    }
}

/// IGST Act s. 7(5)(b) and 16(3).
#[test]
fn zones_and_exports_bear_igst_or_nothing() {
    let lut = Terms {
        lut: true,
        ..Terms::default()
    };
    for (recipient, place) in [(zone(KARNATAKA), "29"), (abroad(), "96")] {
        let with = from_karnataka(&recipient, &one("100"), Terms::default());
        assert_eq!(
            (with.heads, with.totals.igst, with.totals.payable),
            (Heads::Igst, inr("18"), inr("118"))
        );
        assert_eq!(with.place_of_supply, place);
        let without = from_karnataka(&recipient, &one("100"), lut);
        assert_eq!(
            (
                without.heads,
                without.totals.total_tax,
                without.totals.payable
            ),
            (Heads::None, inr("0"), inr("100"))
        );
        assert_eq!(without.lines[0].rate_percent, Decimal::ZERO);
    }
    // Others have nothing of the letter.
    let domestic = from_karnataka(&consumer("29"), &one("100"), lut);
    assert_eq!(domestic.totals.payable, inr("118"));
}

#[test]
fn tax_in_reverse_is_shown_and_not_payable() {
    let terms = Terms {
        reverse_charge: true,
        ..Terms::default()
    };
    let computed = from_karnataka(&business(MAHARASHTRA), &one("2999"), terms);
    assert_eq!(
        (
            computed.totals.igst,
            computed.totals.payable,
            computed.totals.round_off
        ),
        (inr("539.82"), inr("2999"), inr("0"))
    );
    assert_eq!(computed.lines[0].total, inr("3538.82"));
    let rounded = Terms {
        round_to_rupee: true,
        ..terms
    };
    let computed = from_karnataka(&business(MAHARASHTRA), &one("2999.50"), rounded);
    assert_eq!(
        (computed.totals.payable, computed.totals.round_off),
        (inr("3000"), inr("0.50"))
    );
}

/// CGST Act s. 170: "where such amount contains a part of a rupee consisting of paise, then, if such part
/// is fifty paise or more, it shall be increased to one rupee and if such part is less than fifty paise it
/// shall be ignored".
#[test]
fn fifty_paise_go_up_to_the_rupee_and_less_go() {
    for (exact, rounded) in [
        ("3538.82", "3539"),
        ("100.50", "101"),
        ("100.49", "100"),
        ("7", "7"),
    ] {
        assert_eq!(whole_rupees(inr(exact)), inr(rounded));
    }
    let terms = Terms {
        round_to_rupee: true,
        ..Terms::default()
    };
    let computed = from_karnataka(&consumer("29"), &one("2999"), terms);
    assert_eq!(
        (
            computed.totals.payable,
            computed.totals.round_off,
            computed.totals.total_tax
        ),
        (inr("3539"), inr("0.18"), inr("539.82"))
    );
    let down = from_karnataka(&consumer("29"), &one("100.25"), terms);
    // 100.25 and twice 9.0225, so 118.29.
    assert_eq!(
        (down.totals.payable, down.totals.round_off),
        (inr("118"), inr("-0.29"))
    );
}

/// By hand: 3 × 33.335 = 100.005, so 100.01; less 10 is 90.01; 9 % is 8.1009, so 8.10. 1.5 × 0.37 =
/// 0.555, so 0.56; 6 % is 0.0336, so 0.03. 12 × 250 less 500 is 2500, free of tax.
#[test]
fn quantities_discounts_and_rates_go_by_the_line() {
    let items = [
        item("3", "33.335", "10", "18"),
        item("1.5", "0.37", "0", "12"),
        item("12", "250", "500", "0"),
    ];
    let computed = from_karnataka(&consumer("29"), &items, Terms::default());
    let of_lines: Vec<_> = computed
        .lines
        .iter()
        .map(|line| (line.taxable, line.cgst, line.total))
        .collect();
    assert_eq!(
        of_lines,
        [
            (inr("90.01"), inr("8.10"), inr("106.21")),
            (inr("0.56"), inr("0.03"), inr("0.62")),
            (inr("2500"), inr("0"), inr("2500")),
        ]
    );
    assert_eq!(computed.totals.payable, inr("2606.83"));
}

/// At 9 + 9 percent 0.05 bears no tax (0.0045 a head) and 0.06 bears 0.02 (0.0054): nothing comes to 0.07,
/// nor to 0.06.
#[test]
fn a_price_that_no_value_comes_to_leaves_its_paisa_in_the_rounding() {
    let terms = Terms {
        tax_inclusive: true,
        ..Terms::default()
    };
    for (price, taxable, odd) in [
        ("0.05", "0.05", "0"),
        ("0.06", "0.05", "0.01"),
        ("0.07", "0.06", "-0.01"),
        ("0.08", "0.06", "0"),
    ] {
        let computed = from_karnataka(&consumer("29"), &one(price), terms);
        assert_eq!(
            (
                computed.totals.taxable,
                computed.odd_paise,
                computed.totals.round_off,
                computed.totals.payable
            ),
            (inr(taxable), inr(odd), inr(odd), inr(price)),
            "{price}"
        );
    }
}

/// At 18 percent 0.02 bears nothing (0.0036) and 0.03 bears 0.01 (0.0054), so 0.03 lies as far from one as
/// from the other: the one that taxes less is taken.
#[test]
fn of_two_values_that_are_as_near_the_one_taxed_less_is_taken() {
    let terms = Terms {
        tax_inclusive: true,
        ..Terms::default()
    };
    let computed = from_karnataka(&business(MAHARASHTRA), &one("0.03"), terms);
    assert_eq!(
        (
            computed.totals.taxable,
            computed.totals.igst,
            computed.odd_paise,
            computed.totals.payable
        ),
        (inr("0.02"), inr("0"), inr("0.01"), inr("0.03"))
    );
}

/// The number of a body of the United Nations, as the India Compliance app's source lists it. Its holder is no
/// registered person (CGST Act s. 2(94)), so that the address counts (IGST Act s. 12(2)(b)).
#[test]
fn the_holder_of_a_uin_is_supplied_where_its_address_is() {
    let office = Recipient {
        gstin: Some("0717UNO00157UNO"),
        ..consumer("27")
    };
    let maharashtra = compute(state("27"), &office, &one("100"), Terms::default()).unwrap();
    assert_eq!(maharashtra.place_of_supply, "27");
    assert_eq!(maharashtra.heads, Heads::CgstSgst);
    assert_eq!(maharashtra.totals.cgst, inr("9"));
    let reverse = Terms {
        reverse_charge: true,
        ..Terms::default()
    };
    let refused = |recipient: &Recipient<'_>, terms| {
        compute(state("27"), recipient, &one("100"), terms).unwrap_err()
    };
    assert_eq!(refused(&office, reverse), ComputeError::ReverseCharge);
    let business = business("0717UNO00157UNO");
    let uin = ComputeError::Uin("0717UNO00157UNO".into());
    assert_eq!(refused(&business, Terms::default()), uin);
}

#[test]
fn nonsense_is_refused_with_what_to_do() {
    let told = |recipient: &Recipient<'_>, items: &[Item], terms: Terms| {
        compute(state("29"), recipient, items, terms).unwrap_err()
    };
    let plain = Terms::default();
    let with = |change: fn(&mut Item)| {
        let mut items = vec![item("1", "100", "0", "18"), item("2", "100", "0", "18")];
        change(&mut items[1]);
        items
    };
    let home = consumer("29");
    assert_eq!(told(&home, &[], plain), ComputeError::NoLines);
    assert_eq!(
        told(&home, &with(|item| item.quantity = Decimal::ZERO), plain),
        ComputeError::Quantity { line: 2 }
    );
    let said = ComputeError::Quantity { line: 2 }.to_string();
    assert!(said.starts_with("item 2: "), "{said}");
    assert_eq!(
        told(&home, &with(|item| item.unit_price = inr("-1")), plain),
        ComputeError::UnitPrice { line: 2 }
    );
    assert_eq!(
        told(&home, &with(|item| item.discount = inr("200.01")), plain),
        ComputeError::Discount {
            line: 2,
            gross: Decimal::from(200)
        }
    );
    assert_eq!(
        told(
            &home,
            &with(|item| item.rate_percent = Decimal::from(101)),
            plain
        ),
        ComputeError::Rate { line: 2 }
    );
    assert_eq!(
        told(
            &home,
            &with(|item| item.unit_price = inr("0.0000001")),
            plain
        ),
        ComputeError::Places {
            line: 2,
            what: "unit price",
            most: 6
        }
    );
    assert_eq!(
        told(
            &home,
            &with(|item| item.unit_price = inr("500000000000")),
            plain
        ),
        ComputeError::TooMuch { line: 2 }
    );
    assert_eq!(
        told(
            &home,
            &with(|item| item.unit_price = Inr(Decimal::MAX)),
            plain
        ),
        ComputeError::TooMuch { line: 2 }
    );
    let nobody = Recipient {
        gstin: None,
        ..business(MAHARASHTRA)
    };
    assert_eq!(told(&nobody, &one("1"), plain), ComputeError::NoGstin);
    assert_eq!(
        told(
            &Recipient {
                kind: RecipientKind::Unregistered,
                ..business(MAHARASHTRA)
            },
            &one("1"),
            plain
        ),
        ComputeError::NeedlessGstin
    );
    assert_eq!(
        told(
            &Recipient {
                state: Some(state("29")),
                ..abroad()
            },
            &one("1"),
            plain
        ),
        ComputeError::StateOverseas
    );
    // From the list of popular examples that are none.
    let mistyped = told(&business("22AAAAA0000A1Z5"), &one("1"), plain).to_string();
    assert!(
        mistyped.contains("22AAAAA0000A1Z5") && mistyped.contains("give C"),
        "{mistyped}"
    );
    let reverse = Terms {
        reverse_charge: true,
        ..plain
    };
    assert_eq!(told(&home, &one("1"), reverse), ComputeError::ReverseCharge);
    assert_eq!(
        told(&abroad(), &one("1"), reverse),
        ComputeError::ReverseCharge
    );
    assert_eq!(
        told(
            &business(MAHARASHTRA),
            &one("1"),
            Terms {
                tax_inclusive: true,
                ..reverse
            }
        ),
        ComputeError::InclusiveReverse
    );
}

proptest! {
    #[test]
    fn sums_hold_and_halves_are_equal(
        items in items(), recipient in recipients(), from in 0usize..37,
        lut in any::<bool>(), round_to_rupee in any::<bool>(),
    ) {
        let terms = Terms { lut, round_to_rupee, ..Terms::default() };
        let found = compute(&State::all()[from], &recipient, &items, terms).unwrap();
        let sum = |of: fn(&tax::document::DocumentLine) -> Inr| -> Inr { found.lines.iter().map(of).sum() };
        let totals = &found.totals;
        prop_assert_eq!(totals.taxable, sum(|line| line.taxable));
        prop_assert_eq!(totals.cgst, sum(|line| line.cgst));
        prop_assert_eq!(totals.igst, sum(|line| line.igst));
        prop_assert_eq!(totals.cgst, totals.sgst + totals.utgst);
        prop_assert_eq!(totals.total_tax, totals.cgst + totals.sgst + totals.utgst + totals.igst);
        prop_assert_eq!(totals.payable, totals.taxable + totals.total_tax + totals.round_off);
        prop_assert!(found.odd_paise.is_zero());
        if round_to_rupee {
            prop_assert!(totals.payable.0.fract().is_zero());
            prop_assert!(totals.round_off.0.abs() <= Decimal::new(50, 2));
        } else {
            prop_assert!(totals.round_off.is_zero());
        }
        for line in &found.lines {
            prop_assert_eq!(line.cgst, line.sgst + line.utgst);
            prop_assert_eq!(line.total, line.taxable + line.cgst + line.sgst + line.utgst + line.igst);
            prop_assert!(line.igst.is_zero() || line.cgst.is_zero());
            prop_assert!(line.sgst.is_zero() || line.utgst.is_zero());
        }
    }

    #[test]
    fn inclusive_prices_are_kept_and_agree_with_exclusive_ones(items in items(), recipient in recipients(), from in 0usize..37) {
        let supplier = &State::all()[from];
        let inclusive = Terms { tax_inclusive: true, ..Terms::default() };
        let found = compute(supplier, &recipient, &items, inclusive).unwrap();
        let asked: Inr = items.iter().map(|item| Inr(item.quantity * item.unit_price.0).round_paise() - item.discount).sum();
        prop_assert_eq!(found.totals.payable, asked);
        // A paisa for a line at most, and only where no taxable value near comes to the price.
        prop_assert!(found.odd_paise.0.abs() <= Decimal::new(i64::try_from(items.len()).unwrap(), 2));
        for (line, given) in found.lines.iter().zip(&items) {
            let asked = Inr(given.quantity * given.unit_price.0).round_paise() - given.discount;
            let exclusive = |taxable: Inr| {
                let given = Item { quantity: Decimal::ONE, unit_price: taxable, discount: Inr::ZERO, ..given.clone() };
                compute(supplier, &recipient, &[given], Terms::default()).unwrap().totals
            };
            // The same value, sold without tax in its price, comes to the same.
            let same = exclusive(line.taxable);
            prop_assert_eq!((same.cgst, same.igst, same.payable), (line.cgst, line.igst, line.total));
            if line.total != asked {
                for step in -3i64..=3 {
                    let near = line.taxable + paise(step);
                    if !near.is_negative() {
                        prop_assert!(exclusive(near).payable != asked, "{} comes to {}", near, asked);
                    }
                }
            }
        }
    }
}
