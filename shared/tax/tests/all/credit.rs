use domain::Inr;
use proptest::prelude::*;
use tax::compute::Terms;
use tax::credit::{CreditError, credit, remaining, tax_share};
use tax::document::{Document, DocumentKind, DocumentLine, Totals};

use crate::arbitrary::{items, recipients};
use crate::{MAHARASHTRA, business, consumer, inr, invoice, item, one, paise};

#[test]
fn all_of_an_invoice_is_credited_as_it_stands() {
    let terms = Terms {
        round_to_rupee: true,
        ..Terms::default()
    };
    let invoice = invoice(&consumer("29"), &[item("2", "2999", "100", "18")], terms);
    let (lines, totals) = credit(&invoice, &[], invoice.totals.payable).unwrap();
    assert_eq!((lines, totals), (invoice.lines.clone(), invoice.totals));
}

/// By hand, of ₹3,538.82 (2999 + 269.91 + 269.91) ₹1,000: 269.91 × 1000 / 3538.82 = 76.271…, so twice
/// 76.27, and 847.46 is left. Of the other 2,538.82 the heads are 193.64, and 2151.54 is left.
#[test]
fn a_part_has_the_invoices_proportions_and_the_rest_the_rest() {
    let invoice = invoice(&consumer("29"), &one("2999"), Terms::default());
    let (lines, first) = credit(&invoice, &[], inr("1000")).unwrap();
    assert_eq!(
        (
            first.taxable,
            first.cgst,
            first.sgst,
            first.round_off,
            first.payable
        ),
        (
            inr("847.46"),
            inr("76.27"),
            inr("76.27"),
            inr("0"),
            inr("1000")
        )
    );
    assert_eq!(
        (lines.len(), lines[0].unit_price, lines[0].total),
        (1, inr("847.46"), inr("1000"))
    );
    assert_eq!(lines[0].description, invoice.lines[0].description);
    let (_, second) = credit(&invoice, &[first], inr("2538.82")).unwrap();
    assert_eq!(
        (second.taxable, second.cgst, second.sgst),
        (inr("2151.54"), inr("193.64"), inr("193.64"))
    );
    assert_eq!(
        remaining(&invoice.totals, &[first, second]),
        Totals::default()
    );
}

#[test]
fn tax_in_reverse_is_credited_beside_what_is_paid_back() {
    let terms = Terms {
        reverse_charge: true,
        ..Terms::default()
    };
    let invoice = invoice(&business(MAHARASHTRA), &one("1000"), terms);
    let (_, note) = credit(&invoice, &[], inr("250")).unwrap();
    assert_eq!(
        (note.taxable, note.igst, note.payable),
        (inr("250"), inr("45"), inr("250"))
    );
}

/// A note that somebody made by hand took all the tax back: none is left for the next ones.
#[test]
fn notes_in_other_proportions_are_respected() {
    let invoice = invoice(&consumer("29"), &one("2999"), Terms::default());
    let by_hand = Totals {
        taxable: inr("460.18"),
        cgst: inr("269.91"),
        sgst: inr("269.91"),
        total_tax: inr("539.82"),
        payable: inr("1000"),
        ..Totals::default()
    };
    let (_, note) = credit(&invoice, &[by_hand], inr("500")).unwrap();
    assert_eq!(
        (note.taxable, note.cgst, note.sgst, note.round_off),
        (inr("500"), inr("0"), inr("0"), inr("0"))
    );
    let (_, last) = credit(&invoice, &[by_hand, note], inr("2038.82")).unwrap();
    assert_eq!(last.taxable, inr("2038.82"));
}

#[test]
fn more_than_there_is_and_nothing_are_refused() {
    let invoice = invoice(&consumer("29"), &one("2999"), Terms::default());
    let (_, first) = credit(&invoice, &[], inr("3000")).unwrap();
    assert_eq!(
        credit(&invoice, &[first], inr("538.83")),
        Err(CreditError::TooMuch {
            asked: inr("538.83").0,
            remaining: inr("538.82").0
        })
    );
    for amount in ["0", "-1", "0.001"] {
        assert_eq!(credit(&invoice, &[], inr(amount)), Err(CreditError::Amount));
    }
    assert_eq!(
        credit(&invoice, &[first, first], inr("1")),
        Err(CreditError::Overcredited)
    );
    let elsewhere = Totals {
        payable: inr("4000"),
        ..Totals::default()
    };
    assert_eq!(
        credit(&invoice, &[elsewhere], inr("1")),
        Err(CreditError::Overcredited)
    );
    let note = Document {
        kind: DocumentKind::CreditNote,
        ..invoice.clone()
    };
    assert_eq!(credit(&note, &[], inr("1")), Err(CreditError::NotAnInvoice));
    let mut wrong = invoice;
    wrong.lines[0].taxable = inr("1");
    assert_eq!(credit(&wrong, &[], inr("1")), Err(CreditError::Sums));
}

/// What lines come to by head, of the invoice's lines with this description.
fn of_lines<'a>(lines: impl Iterator<Item = &'a DocumentLine>) -> [Inr; 5] {
    let mut sums = [Inr::ZERO; 5];
    for line in lines {
        for (sum, amount) in
            sums.iter_mut()
                .zip([line.taxable, line.cgst, line.sgst, line.utgst, line.igst])
        {
            *sum += amount;
        }
    }
    sums
}

proptest! {
    #[test]
    fn notes_never_exceed_the_invoice_and_sum_to_it(
        mut items in items(), recipient in recipients(), shares in proptest::collection::vec(1u32..1000, 0..8),
        rounded in any::<bool>(), inclusive in any::<bool>(), tiny in any::<bool>(),
    ) {
        for (at, item) in items.iter_mut().enumerate() {
            item.description = format!("Thing {at}");
        }
        let terms = Terms { round_to_rupee: rounded, tax_inclusive: inclusive, ..Terms::default() };
        let invoice = invoice(&recipient, &items, terms);
        prop_assume!(!invoice.totals.payable.is_zero());
        let mut notes: Vec<Totals> = Vec::new();
        let mut credited: Vec<DocumentLine> = Vec::new();
        let steps = shares.iter().map(|share| Some(*share)).chain([None]);
        for share in steps {
            let left = remaining(&invoice.totals, &notes);
            let gross = match share {
                _ if left.payable.is_zero() => break,
                None => left.payable,
                Some(share) if tiny => paise(i64::from(share % 5 + 1)).min(left.payable),
                Some(share) => Inr((left.payable.0 * rust_decimal::Decimal::new(i64::from(share), 3)).round_dp(2)).max(paise(1)),
            };
            let (lines, note) = credit(&invoice, &notes, gross).unwrap();
            prop_assert_eq!(note.payable, gross);
            prop_assert_eq!(note.payable, note.taxable + note.total_tax + note.round_off);
            prop_assert_eq!(note.total_tax, note.cgst + note.sgst + note.utgst + note.igst);
            prop_assert_eq!(note.cgst, note.sgst + note.utgst);
            prop_assert_eq!(of_lines(lines.iter()), [note.taxable, note.cgst, note.sgst, note.utgst, note.igst]);
            for (part, most) in [(note.taxable, left.taxable), (note.cgst, left.cgst), (note.igst, left.igst)] {
                prop_assert!(!part.is_negative() && part <= most);
            }
            prop_assert!(!lines.is_empty());
            for line in &lines {
                prop_assert!(of_lines(std::iter::once(line)).iter().all(|amount| !amount.is_negative()));
                prop_assert_eq!(line.cgst, line.sgst + line.utgst);
            }
            notes.push(note);
            credited.extend(lines);
        }
        prop_assert_eq!(remaining(&invoice.totals, &notes), Totals::default());
        // Line by line as well.
        for line in &invoice.lines {
            let of_it = credited.iter().filter(|part| part.description == line.description);
            prop_assert_eq!(of_lines(of_it), of_lines(std::iter::once(line)));
        }
        prop_assert!(credit(&invoice, &notes, paise(1)).is_err());
    }

    #[test]
    fn a_note_worth_noting_needs_no_rounding_of_its_own(price in 10_000i64..10_000_000, part in 100i64..10_000) {
        let invoice = invoice(&consumer("29"), &one(&paise(price).0.to_string()), Terms::default());
        let (_, note) = credit(&invoice, &[], paise(part)).unwrap();
        prop_assert!(note.round_off.is_zero());
        // The heads are those of the value credited, to two paise.
        let exact = note.taxable.0 * rust_decimal::Decimal::new(9, 2);
        prop_assert!((note.cgst.0 - exact).abs() <= rust_decimal::Decimal::new(1, 2));
    }
}

#[test]
fn tax_is_taken_back_until_november_after_the_year() {
    // CGST Act s. 34(2): "not later than the thirtieth day of November following the end of the financial
    // year in which such supply was made".
    for (supplied, last) in [
        ("2026-04-01", "2027-11-30"),
        ("2026-12-31", "2027-11-30"),
        ("2027-03-31", "2027-11-30"),
        ("2027-04-01", "2028-11-30"),
    ] {
        let day = tax::credit::last_day(supplied.parse().unwrap());
        assert_eq!(day.to_string(), last, "{supplied}");
    }
}

/// By hand, of ₹3,538.82 with ₹539.82 of tax ₹100: 269.91 × 100 / 3538.82 = 7.627…, so twice 7.63; in one head
/// 539.82 × 100 / 3538.82 = 15.254…
#[test]
fn the_tax_in_a_part_is_rounded_by_head() {
    let share = |heads, credited: &str| {
        tax_share(inr("539.82"), heads, inr("3538.82"), inr(credited)).to_string()
    };
    assert_eq!(
        (share(2, "100"), share(1, "100")),
        ("₹15.26".into(), "₹15.25".into())
    );
    assert_eq!(share(2, "3538.82"), "₹539.82");
}

proptest! {
    /// Books that know no more of an invoice than its tax and its heads come to the same tax as its notes.
    #[test]
    fn notes_and_shares_come_to_the_same_tax(intra in any::<bool>(), price in 100_u32..10_000_000, parts in proptest::collection::vec(1_u32..1_000, 1..8)) {
        let (recipient, heads) = if intra { (consumer("29"), 2) } else { (consumer("27"), 1) };
        let price = paise(price.into()).0.to_string();
        let invoice = invoice(&recipient, &one(&price), Terms::default());
        let totals = invoice.totals;
        let mut notes: Vec<Totals> = vec![];
        for part in parts {
            let left = remaining(&totals, &notes).payable;
            let gross = Inr(left.0 * rust_decimal::Decimal::from(part) / rust_decimal::Decimal::from(1_000)).round_paise();
            if gross.is_zero() {
                continue;
            }
            notes.push(credit(&invoice, &notes, gross).unwrap().1);
            let credited: Inr = notes.iter().map(|note| note.payable).sum();
            let tax: Inr = notes.iter().map(|note| note.total_tax).sum();
            prop_assert_eq!(tax_share(totals.total_tax, heads, totals.payable, credited), tax);
        }
    }
}
