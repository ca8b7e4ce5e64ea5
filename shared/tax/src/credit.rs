//! Credit notes: a part of an invoice, or all of it, taken back.
//!
//! Source: CGST Act s. 34 and Rule 53(1A): a credit note says the value and the tax that are credited.
//! How an amount that was paid back is divided into them no rule says; here it is in the invoice's own
//! proportions, and such that notes never credit more of anything than the invoice has and, when they
//! have credited all that was paid, have credited each head, each line and the rounding to the paisa.

use chrono::{Datelike, NaiveDate};
use domain::Inr;
use rust_decimal::Decimal;

use crate::compute::sums;
use crate::document::{Document, DocumentKind, DocumentLine, Totals};
use crate::number::FinancialYear;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreditError {
    #[error("a credit note is about an invoice, not about a credit note")]
    NotAnInvoice,
    #[error("what is credited must be at least a paisa, and a whole number of them")]
    Amount,
    #[error(
        "₹{asked} is more than the ₹{remaining} that are not credited yet: credit at most that"
    )]
    TooMuch { asked: Decimal, remaining: Decimal },
    #[error("the invoice's totals are not those of its lines: it can't be credited by parts")]
    Sums,
    #[error("more was credited already than the invoice has: its credit notes need a look")]
    Overcredited,
}

/// The last day on which a credit note may take tax back for a supply of this day: 30 November after the end
/// of its financial year, or earlier if the annual return has been furnished, which nobody here knows.
///
/// Source: CGST Act s. 34(2).
pub fn last_day(supplied: NaiveDate) -> NaiveDate {
    let year = FinancialYear::of(supplied).last_day().year();
    NaiveDate::from_ymd_opt(year, 11, 30).unwrap_or_default()
}

/// What of an invoice's totals its credit notes have left.
pub fn remaining(invoice: &Totals, already_credited: &[Totals]) -> Totals {
    let mut left = *invoice;
    for note in already_credited {
        left.taxable -= note.taxable;
        left.cgst -= note.cgst;
        left.sgst -= note.sgst;
        left.utgst -= note.utgst;
        left.igst -= note.igst;
        left.total_tax -= note.total_tax;
        left.round_off -= note.round_off;
        left.payable -= note.payable;
    }
    left
}

/// Lines and totals of the credit note whose payable is `gross`, after those whose totals are given.
///
/// A head's part is what of it belongs to all that is credited so far, to the paisa half up, less what
/// was credited of it; the taxable value is the rest. So when `gross` is all that remains, every head and
/// the rounding is all that remains. A paisa or two that fit nowhere (in notes of a few paise) stand in
/// `round_off`.
///
/// A line that is credited whole stands as on the invoice; of others the value credited stands as the
/// price of one.
///
/// # Errors
/// The document is no invoice or contradicts itself, or the amount is nothing or more than remains.
pub fn credit(
    invoice: &Document,
    already_credited: &[Totals],
    gross: Inr,
) -> Result<(Vec<DocumentLine>, Totals), CreditError> {
    if invoice.kind != DocumentKind::TaxInvoice {
        return Err(CreditError::NotAnInvoice);
    }
    if gross.is_negative() || gross.is_zero() || gross != gross.round_paise() {
        return Err(CreditError::Amount);
    }
    let whole = Parts::of(&invoice.totals);
    if whole.heads() != Parts::of(&sums(&invoice.lines)).heads() {
        return Err(CreditError::Sums);
    }
    let left = Parts::of(&remaining(&invoice.totals, already_credited));
    if left.payable < 0 || left.heads().iter().any(|head| *head < 0) {
        return Err(CreditError::Overcredited);
    }
    let asked = paise(gross);
    if asked > left.payable {
        return Err(CreditError::TooMuch {
            asked: gross.0,
            remaining: rupees(left.payable).0,
        });
    }
    let note = share(&whole, &left, asked, !invoice.reverse_charge);
    let before = whole.less(&left);
    let after = before.plus(&note);
    let lines = allotted(&invoice.lines, before.heads(), after.heads());
    Ok((lines, note.totals()))
}

/// The tax in what credit notes over `credited` together take back of an invoice over `amount`, as [`credit`]
/// divides it: of each of its `heads` (1, or 2 of the same size) to the paisa, half up.
pub fn tax_share(tax: Inr, heads: u32, amount: Inr, credited: Inr) -> Inr {
    let heads = i128::from(heads.max(1));
    rupees(heads * half_up(paise(tax) / heads * paise(credited), paise(amount)))
}

/// Amounts in paise.
#[derive(Debug, Clone, Copy)]
struct Parts {
    taxable: i128,
    cgst: i128,
    sgst: i128,
    utgst: i128,
    igst: i128,
    round_off: i128,
    payable: i128,
}

impl Parts {
    fn of(totals: &Totals) -> Self {
        Self {
            taxable: paise(totals.taxable),
            cgst: paise(totals.cgst),
            sgst: paise(totals.sgst),
            utgst: paise(totals.utgst),
            igst: paise(totals.igst),
            round_off: paise(totals.round_off),
            payable: paise(totals.payable),
        }
    }

    /// What lines have.
    fn heads(&self) -> [i128; 5] {
        [self.taxable, self.cgst, self.sgst, self.utgst, self.igst]
    }

    fn both(&self, other: &Self, of: impl Fn(i128, i128) -> i128) -> Self {
        Self {
            taxable: of(self.taxable, other.taxable),
            cgst: of(self.cgst, other.cgst),
            sgst: of(self.sgst, other.sgst),
            utgst: of(self.utgst, other.utgst),
            igst: of(self.igst, other.igst),
            round_off: of(self.round_off, other.round_off),
            payable: of(self.payable, other.payable),
        }
    }

    fn less(&self, other: &Self) -> Self {
        self.both(other, |a, b| a - b)
    }

    fn plus(&self, other: &Self) -> Self {
        self.both(other, |a, b| a + b)
    }

    fn totals(&self) -> Totals {
        Totals {
            taxable: rupees(self.taxable),
            cgst: rupees(self.cgst),
            sgst: rupees(self.sgst),
            utgst: rupees(self.utgst),
            igst: rupees(self.igst),
            total_tax: rupees(self.cgst + self.sgst + self.utgst + self.igst),
            round_off: rupees(self.round_off),
            payable: rupees(self.payable),
        }
    }
}

/// The part of `whole` that makes `asked` more of it payable, with no part above what is `left`.
/// `collected` says whether what is payable has the tax in it.
fn share(whole: &Parts, left: &Parts, asked: i128, collected: bool) -> Parts {
    let so_far = whole.payable - left.payable + asked;
    // Parts have one sign, but for the rounding, which may be negative.
    let part = |whole_part: i128, left_part: i128| {
        let due = half_up(whole_part * so_far, whole.payable) - (whole_part - left_part);
        due.clamp(left_part.min(0), left_part.max(0))
    };
    let mut note = Parts {
        taxable: 0,
        cgst: part(whole.cgst, left.cgst),
        sgst: part(whole.sgst, left.sgst),
        utgst: part(whole.utgst, left.utgst),
        igst: part(whole.igst, left.igst),
        round_off: part(whole.round_off, left.round_off),
        payable: asked,
    };
    let tax = if collected {
        note.cgst + note.sgst + note.utgst + note.igst
    } else {
        0
    };
    note.taxable = (asked - tax - note.round_off).clamp(0, left.taxable);
    note.round_off = asked - tax - note.taxable;
    note
}

/// Each line's part of what is credited between two sums of credits.
fn allotted(lines: &[DocumentLine], before: [i128; 5], after: [i128; 5]) -> Vec<DocumentLine> {
    let of_line = |line: &DocumentLine| {
        [line.taxable, line.cgst, line.sgst, line.utgst, line.igst].map(paise)
    };
    let mut parts = vec![[0; 5]; lines.len()];
    for head in 0..5 {
        let votes: Vec<i128> = lines.iter().map(|line| of_line(line)[head]).collect();
        let (then, now) = (seats(&votes, before[head]), seats(&votes, after[head]));
        for (part, (then, now)) in parts.iter_mut().zip(then.into_iter().zip(now)) {
            part[head] = now - then;
        }
    }
    let mut credited: Vec<DocumentLine> = Vec::new();
    for (line, part) in lines.iter().zip(&parts) {
        if *part == of_line(line) {
            if part.iter().any(|amount| *amount != 0) {
                credited.push(line.clone());
            }
        } else if part.iter().any(|amount| *amount != 0) {
            credited.push(partly(line, part));
        }
    }
    if credited.is_empty() {
        // A note of rounding alone, or of an invoice without amounts, still says what it is about.
        credited.extend(lines.first().map(|line| partly(line, &[0; 5])));
    }
    credited
}

fn partly(line: &DocumentLine, part: &[i128; 5]) -> DocumentLine {
    let [taxable, cgst, sgst, utgst, igst] = part.map(rupees);
    DocumentLine {
        quantity: Decimal::ONE,
        unit_price: taxable,
        discount: Inr::ZERO,
        taxable,
        cgst,
        sgst,
        utgst,
        igst,
        total: taxable + cgst + sgst + utgst + igst,
        ..line.clone()
    }
}

/// `count` divided among lines by what they have, in D'Hondt's way: of all it is the one that never takes
/// back from one what a smaller count gave it, so that no note credits less than nothing of a line; and
/// when all is divided each has what it has.
fn seats(votes: &[i128], count: i128) -> Vec<i128> {
    let all: i128 = votes.iter().sum();
    if all <= 0 {
        return vec![0; votes.len()];
    }
    let count = count.min(all);
    let mut seats: Vec<i128> = votes.iter().map(|votes| votes * count / all).collect();
    let given: i128 = seats.iter().sum();
    for _ in given..count {
        // The first of equals, so that the same count is always divided in the same way.
        let mut best = 0;
        for at in 1..votes.len() {
            if votes[at] * (seats[best] + 1) > votes[best] * (seats[at] + 1) {
                best = at;
            }
        }
        seats[best] += 1;
    }
    seats
}

/// `above / below`, halves going up in size.
fn half_up(above: i128, below: i128) -> i128 {
    if below == 0 {
        return 0;
    }
    let size = (2 * above.abs() + below) / (2 * below);
    size * above.signum()
}

fn paise(amount: Inr) -> i128 {
    let mut amount = amount.round_paise().0;
    amount.rescale(2);
    amount.mantissa()
}

fn rupees(paise: i128) -> Inr {
    Inr(Decimal::from_i128_with_scale(paise, 2))
}
