//! From who sells what to whom: the place of supply, the tax of each line by head, and the totals.
//!
//! Sources: IGST Act s. 12(2) (place of supply of services), s. 7(5) and 16 (exports and zones), CGST Act
//! s. 2(94) (who is registered: the holder of a UIN is not), s. 9(3) (reverse charge), s. 15 (value after
//! discount) and s. 170 (rounding to the rupee).

use bharat::gstin;
pub use bharat::states::OUTSIDE_INDIA;
use bharat::states::State;
use domain::Inr;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::document::{DocumentLine, Party, RecipientKind, Totals};
use crate::{Kind, Split, Supply, before_tax, split};

/// What one line may come to before tax: the most that the e-invoice portal takes, ₹999999999999.99.
const MOST: Decimal = Decimal::from_parts(276_447_231, 23_283, 0, false, 2);

/// The most digits after the point that a unit's price or a quantity may have.
const FINEST: u32 = 6;

/// One thing that is sold.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub description: String,
    /// Services accounting code, 4 or 6 digits.
    pub sac: String,
    /// More than zero, up to six digits after the point.
    pub quantity: Decimal,
    /// A unit's price, with tax in it if the terms say so; up to six digits after the point.
    pub unit_price: Inr,
    /// Off the whole line, in rupees; with tax in it if the price has it.
    pub discount: Inr,
    /// All heads together, 0 to 100.
    pub rate_percent: Decimal,
}

/// Who is supplied, as far as it decides the tax.
#[derive(Debug, Clone, Copy)]
pub struct Recipient<'a> {
    pub kind: RecipientKind,
    /// Of an unregistered recipient: a UIN.
    pub gstin: Option<&'a str>,
    /// Of the address on record. For a registered recipient the GSTIN's state counts, not this.
    pub state: Option<&'static State>,
}

impl<'a> Recipient<'a> {
    pub fn of(party: &'a Party, kind: RecipientKind) -> Self {
        Self {
            kind,
            gstin: party.gstin.as_deref(),
            state: State::by_code(&party.address.state_code),
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Terms {
    /// The supplier has a letter of undertaking: exports and supplies to zones bear no tax. It changes
    /// nothing for other recipients.
    pub lut: bool,
    /// The recipient pays the tax to the state: it is shown, and not part of what is payable.
    pub reverse_charge: bool,
    /// Prices and discounts have their tax in them.
    pub tax_inclusive: bool,
    /// What is payable comes to whole rupees, 50 paise and more going up.
    pub round_to_rupee: bool,
}

/// Which heads a supply is taxed under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Heads {
    CgstSgst,
    CgstUtgst,
    Igst,
    /// Zero-rated under a letter of undertaking.
    None,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Computed {
    /// GST code of the state, `96` for an export.
    pub place_of_supply: String,
    pub heads: Heads,
    pub lines: Vec<DocumentLine>,
    pub totals: Totals,
    /// What the tax-inclusive prices come to beyond taxable values and taxes: zero, but for amounts that no
    /// taxable value gives (at 9 + 9 percent 0.05 comes to 0.05 and 0.06 to 0.08; nothing comes to 0.07).
    /// It is a part of `totals.round_off`, a paisa for a line at most, so that what is payable is what
    /// the prices say.
    pub odd_paise: Inr,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComputeError {
    #[error("there is no line: give what is sold")]
    NoLines,
    #[error(
        "a registered recipient, or one in a special economic zone, has a GSTIN: give it, or say that the recipient is unregistered"
    )]
    NoGstin,
    #[error("the recipient's GSTIN {number:?} {fault}")]
    Gstin { number: String, fault: String },
    #[error(
        "a recipient with a GSTIN is registered or in a special economic zone: say which, or leave the GSTIN out"
    )]
    NeedlessGstin,
    #[error(
        "{0:?} is the UIN of an embassy or a body of the United Nations, which is no registered person: say that the recipient is unregistered"
    )]
    Uin(String),
    #[error(
        "a recipient outside India has no Indian state: leave it out, or say that the recipient is unregistered"
    )]
    StateOverseas,
    #[error(
        "only a registered recipient can be charged in reverse: an unregistered one, or one outside India, files no return"
    )]
    ReverseCharge,
    #[error(
        "a price can't have tax in it that the recipient pays to the state: leave tax_inclusive or reverse_charge out"
    )]
    InclusiveReverse,
    #[error("item {line}: the quantity must be more than zero: a reduction is a credit note")]
    Quantity { line: usize },
    #[error(
        "item {line}: the unit price must not be negative: a reduction is a discount or a credit note"
    )]
    UnitPrice { line: usize },
    #[error("item {line}: the {what} has more than {most} digits after the point: round it first")]
    Places {
        line: usize,
        what: &'static str,
        most: u32,
    },
    #[error("item {line}: the discount must be from 0 to what the line costs, ₹{gross}")]
    Discount { line: usize, gross: Decimal },
    #[error("item {line}: the rate must be from 0 to 100 percent")]
    Rate { line: usize },
    #[error("item {line}: an item can't come to more than ₹{MOST}: split it")]
    TooMuch { line: usize },
}

/// The place of supply of a service: for a registered recipient the state of the GSTIN, for another the
/// state of the address on record, else the supplier's own (IGST Act s. 12(2)); `None` for one outside
/// India. Of the holder of a UIN whose address nobody gave, the number says the state.
///
/// # Errors
/// The recipient is not described so that the place follows.
pub fn place_of_supply(
    supplier: &'static State,
    recipient: &Recipient<'_>,
) -> Result<Option<&'static State>, ComputeError> {
    match (recipient.kind, recipient.gstin) {
        (RecipientKind::Registered | RecipientKind::Sez, None) => Err(ComputeError::NoGstin),
        (RecipientKind::Registered | RecipientKind::Sez, Some(number)) => {
            match gstin::parse(number) {
                Ok((_, state)) => Ok(Some(state)),
                Err(gstin::Fault::NoTaxpayer(gstin::Kind::Uin)) => {
                    Err(ComputeError::Uin(number.to_owned()))
                }
                Err(fault) => Err(wrong(number, fault)),
            }
        }
        (RecipientKind::Unregistered, Some(number)) => {
            let examined = gstin::examine(number);
            if examined.kind != Some(gstin::Kind::Uin) {
                return Err(ComputeError::NeedlessGstin);
            }
            match examined.faults.first() {
                Some(fault) => Err(wrong(number, *fault)),
                None => Ok(recipient.state.or(examined.state).or(Some(supplier))),
            }
        }
        (RecipientKind::Unregistered, None) => Ok(Some(recipient.state.unwrap_or(supplier))),
        (RecipientKind::Overseas, Some(_)) => Err(ComputeError::NeedlessGstin),
        (RecipientKind::Overseas, None) if recipient.state.is_some() => {
            Err(ComputeError::StateOverseas)
        }
        (RecipientKind::Overseas, None) => Ok(None),
    }
}

fn wrong(number: &str, fault: gstin::Fault) -> ComputeError {
    ComputeError::Gstin {
        number: number.to_owned(),
        fault: fault.to_string(),
    }
}

/// Lines and totals of an invoice.
///
/// Each head of each line is rounded to the paisa, half up, and the totals are sums of lines. With
/// tax-inclusive prices a line's taxable value is such that with its tax it comes to the price exactly,
/// wherever there is such a value; where there is none, the paisa goes into `round_off` (see
/// [`Computed::odd_paise`]). Then a unit's price before tax is rounded, and quantity times price may
/// differ from the taxable value by paise.
///
/// # Errors
/// What is wrong with the parties, the terms or an item (counted from 1), and what to do about it.
pub fn compute(
    supplier: &'static State,
    recipient: &Recipient<'_>,
    items: &[Item],
    terms: Terms,
) -> Result<Computed, ComputeError> {
    let place = place_of_supply(supplier, recipient)?;
    compute_at(supplier, recipient.kind, place, items, terms)
}

/// As [`compute`], where the place of supply is known otherwise than from the recipient. Invoices are not
/// made so.
///
/// # Errors
/// What is wrong with the terms or a line.
pub fn compute_at(
    supplier: &'static State,
    recipient: RecipientKind,
    place: Option<&'static State>,
    items: &[Item],
    terms: Terms,
) -> Result<Computed, ComputeError> {
    if items.is_empty() {
        return Err(ComputeError::NoLines);
    }
    if terms.reverse_charge {
        if matches!(
            recipient,
            RecipientKind::Unregistered | RecipientKind::Overseas
        ) {
            return Err(ComputeError::ReverseCharge);
        }
        if terms.tax_inclusive {
            return Err(ComputeError::InclusiveReverse);
        }
    }
    let kind = match recipient {
        RecipientKind::Registered | RecipientKind::Unregistered => Kind::Domestic,
        RecipientKind::Sez => Kind::Sez { lut: terms.lut },
        RecipientKind::Overseas => Kind::Export { lut: terms.lut },
    };
    let taxed = Taxed {
        supplier,
        // An export is inter-State whatever stands here.
        place: place.unwrap_or(supplier),
        kind,
    };
    let mut lines = Vec::with_capacity(items.len());
    let mut odd_paise = Inr::ZERO;
    for (at, item) in items.iter().enumerate() {
        let (line, odd) = taxed.line(at + 1, item, terms.tax_inclusive)?;
        odd_paise += odd;
        lines.push(line);
    }
    let mut totals = sums(&lines);
    let collected = if terms.reverse_charge {
        Inr::ZERO
    } else {
        totals.total_tax
    };
    let due = totals.taxable + collected;
    totals.payable = due + odd_paise;
    if terms.round_to_rupee {
        totals.payable = whole_rupees(totals.payable);
    }
    totals.round_off = totals.payable - due;
    Ok(Computed {
        place_of_supply: place.map_or_else(|| OUTSIDE_INDIA.to_owned(), |place| place.code.clone()),
        heads: taxed.heads(),
        lines,
        totals,
        odd_paise,
    })
}

/// To the rupee, 50 paise and more going up (CGST Act s. 170).
pub fn whole_rupees(amount: Inr) -> Inr {
    Inr(amount
        .0
        .round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero))
}

/// What lines come to, without rounding; `payable` is left at zero, since it depends on the terms.
pub(crate) fn sums(lines: &[DocumentLine]) -> Totals {
    let mut totals = Totals::default();
    for line in lines {
        totals.taxable += line.taxable;
        totals.cgst += line.cgst;
        totals.sgst += line.sgst;
        totals.utgst += line.utgst;
        totals.igst += line.igst;
    }
    totals.total_tax = totals.cgst + totals.sgst + totals.utgst + totals.igst;
    totals
}

/// What decides the heads of every line alike.
struct Taxed {
    supplier: &'static State,
    place: &'static State,
    kind: Kind,
}

impl Taxed {
    fn zero_rated(&self) -> bool {
        matches!(
            self.kind,
            Kind::Sez { lut: true } | Kind::Export { lut: true }
        )
    }

    fn heads(&self) -> Heads {
        match self.kind {
            _ if self.zero_rated() => Heads::None,
            Kind::Domestic if self.supplier.code == self.place.code => {
                if self.place.is_union_territory_without_legislature() {
                    Heads::CgstUtgst
                } else {
                    Heads::CgstSgst
                }
            }
            _ => Heads::Igst,
        }
    }

    /// The line, and what its tax-inclusive price comes to beyond it.
    fn line(
        &self,
        number: usize,
        item: &Item,
        inclusive: bool,
    ) -> Result<(DocumentLine, Inr), ComputeError> {
        let gross = checked_gross(number, item)?;
        // A zero-rated line has the rate 0, so that its tax is its rate of its value, as elsewhere.
        let rate = if self.zero_rated() {
            Decimal::ZERO
        } else {
            item.rate_percent
        };
        let net = gross - item.discount;
        let (split, odd) = if inclusive {
            self.within(number, net, rate)?
        } else {
            (self.split(number, net, rate)?, Inr::ZERO)
        };
        let (unit_price, discount) = if inclusive {
            let discount = before_tax(item.discount, rate);
            let unit = (split.taxable + discount).0 / item.quantity;
            (Inr(unit).round_paise(), discount)
        } else {
            (item.unit_price, item.discount)
        };
        let line = DocumentLine {
            description: item.description.clone(),
            sac: item.sac.clone(),
            quantity: item.quantity,
            unit_price,
            discount,
            taxable: split.taxable,
            rate_percent: rate,
            cgst: split.cgst,
            sgst: split.sgst,
            utgst: split.utgst,
            igst: split.igst,
            total: split.total,
        };
        Ok((line, odd))
    }

    /// The split whose total is `amount`, or nearest to it, and what is then left over.
    fn within(
        &self,
        number: usize,
        amount: Inr,
        rate: Decimal,
    ) -> Result<(Split, Inr), ComputeError> {
        let near = before_tax(amount, rate);
        let mut best: Option<(Split, Inr)> = None;
        // A paisa more of value is at least a paisa more in all, so the right one is never farther off.
        for step in [0, -1, 1, -2, 2] {
            let taxable = near + Inr(Decimal::new(step, 2));
            if taxable.is_negative() {
                continue;
            }
            let split = self.split(number, taxable, rate)?;
            let odd = amount - split.total;
            if odd.is_zero() {
                return Ok((split, odd));
            }
            let closer = best.is_none_or(|(_, least)| {
                // Of two that are as near the one that taxes less.
                let (now, then) = (odd.0.abs(), least.0.abs());
                now < then || (now == then && odd > least)
            });
            if closer {
                best = Some((split, odd));
            }
        }
        best.ok_or(ComputeError::TooMuch { line: number })
    }

    fn split(&self, number: usize, taxable: Inr, rate: Decimal) -> Result<Split, ComputeError> {
        split(&Supply {
            taxable,
            rate_percent: rate,
            supplier: self.supplier,
            place_of_supply: self.place,
            kind: self.kind,
        })
        .map_err(|_| ComputeError::Rate { line: number })
    }
}

/// Quantity times price, to the paisa, of a line that makes sense.
fn checked_gross(line: usize, item: &Item) -> Result<Inr, ComputeError> {
    let negative = |number: Decimal| number.is_sign_negative() && !number.is_zero();
    if negative(item.quantity) || item.quantity.is_zero() {
        return Err(ComputeError::Quantity { line });
    }
    if item.unit_price.is_negative() {
        return Err(ComputeError::UnitPrice { line });
    }
    if negative(item.rate_percent) || item.rate_percent > Decimal::ONE_HUNDRED {
        return Err(ComputeError::Rate { line });
    }
    for (what, number, most) in [
        ("quantity", item.quantity, FINEST),
        ("unit price", item.unit_price.0, FINEST),
        ("discount", item.discount.0, 2),
        ("rate", item.rate_percent, 3),
    ] {
        if number.normalize().scale() > most {
            return Err(ComputeError::Places { line, what, most });
        }
    }
    let gross = item
        .quantity
        .checked_mul(item.unit_price.0)
        .filter(|gross| *gross <= MOST)
        .ok_or(ComputeError::TooMuch { line })?;
    let gross = Inr(gross).round_paise();
    if item.discount.is_negative() || item.discount > gross {
        return Err(ComputeError::Discount {
            line,
            gross: gross.0,
        });
    }
    Ok(gross)
}
