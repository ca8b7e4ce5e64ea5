//! What stands on a document, from a payment or a refund: decided on values alone.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use domain::billing::PaymentPurpose;
use economics::cycle::day_of;
use economics::quote::Prices;
use rust_decimal::Decimal;
use store::billing::payments::Payment;
use store::billing::tax_profiles::TaxProfile;
use tax::compute::{Recipient, compute};
use tax::credit::credit;
use tax::document::{
    Address, Against, Document, DocumentKind, Party, RecipientKind, Settlement, Totals,
};
use tax::einvoice::needs_einvoice;

use crate::{Error, Result};

/// Who is invoiced.
pub fn recipient(profile: &TaxProfile) -> Party {
    Party {
        legal_name: profile.legal_name.clone(),
        trade_name: profile.trade_name.clone(),
        gstin: profile.gstin.clone(),
        address: Address {
            lines: profile.address_lines.clone(),
            place: profile.place.clone(),
            pin: profile.pin.clone(),
            state_code: profile.state_code.clone(),
            country: profile.country.clone(),
        },
        email: profile.email.clone(),
        phone: None,
    }
}

/// The invoice for a payment, under this number: what is payable is what was paid, to the paisa.
/// `registers`: the supplier's turnover asks for e-invoices, so that one which is none says so.
///
/// # Errors
/// When the profile can't be taxed.
pub fn invoice(
    payment: &Payment,
    profile: &TaxProfile,
    supplier: &Party,
    prices: &Prices,
    registers: bool,
    (number, date): (&str, NaiveDate),
) -> Result<Document> {
    let kind: RecipientKind = profile.kind.parse()?;
    let party = recipient(profile);
    let last = day_of(payment.period_end) - Days::new(1);
    let period = (day_of(payment.period_start), last);
    let (item, terms) = prices.paid(kind, &description(payment, period), payment.amount);
    let computed = compute(
        prices.supplier(),
        &Recipient::of(&party, kind),
        &[item],
        terms,
    )?;
    if computed.totals.payable != payment.amount {
        return Err(Error::Sum {
            document: computed.totals.payable,
            paid: payment.amount,
        });
    }
    // A paisa may lie otherwise, between heads of one state and of two.
    let difference = (computed.totals.total_tax - payment.tax).0.abs();
    if difference > Decimal::new(2, 2) {
        return Err(Error::Charged {
            document: computed.totals.total_tax,
            paid: payment.tax,
        });
    }
    let mut document = Document {
        kind: DocumentKind::TaxInvoice,
        number: number.to_owned(),
        date,
        supplier: supplier.clone(),
        recipient: party,
        recipient_kind: kind,
        place_of_supply: computed.place_of_supply,
        reverse_charge: false,
        under_lut: prices.under_lut(kind),
        declares_no_einvoice: false,
        lines: computed.lines,
        totals: computed.totals,
        period: Some(period),
        against: None,
        reason: None,
        settlement: settlement(payment),
    };
    document.declares_no_einvoice = registers && !needs_einvoice(&document);
    Ok(document)
}

/// The credit note for a refund of `amount`, after those that were made against the invoice.
///
/// # Errors
/// When more would be credited than the invoice has.
pub fn credit_note(
    invoice: &Document,
    already: &[Totals],
    amount: domain::Inr,
    reason: &str,
    (number, date): (&str, NaiveDate),
) -> Result<Document> {
    let (lines, totals) = credit(invoice, already, amount)?;
    Ok(Document {
        kind: DocumentKind::CreditNote,
        number: number.to_owned(),
        date,
        lines,
        totals,
        against: Some(Against {
            number: invoice.number.clone(),
            date: invoice.date,
        }),
        reason: Some(reason.to_owned()),
        settlement: None,
        // Rule 53(1A) asks for no such words.
        declares_no_einvoice: false,
        ..invoice.clone()
    })
}

fn description(payment: &Payment, (from, to): (NaiveDate, NaiveDate)) -> String {
    let tier = payment.tier.as_str();
    let name: String = tier
        .chars()
        .take(1)
        .flat_map(char::to_uppercase)
        .chain(tier.chars().skip(1))
        .collect();
    let (from, to) = (written(from), written(to));
    match payment.purpose {
        PaymentPurpose::Start | PaymentPurpose::Renewal => {
            format!("RaptorFlow {name} plan, {from} to {to}")
        }
        PaymentPurpose::Upgrade => format!("Upgrade to the RaptorFlow {name} plan, until {to}"),
    }
}

/// `1 November 2026`
fn written(day: NaiveDate) -> String {
    format!("{} {}", day.day(), day.format("%B %Y"))
}

fn settlement(payment: &Payment) -> Option<Settlement> {
    let at: DateTime<Utc> = payment.captured_at?;
    let mode = payment.payment_mode.as_deref().unwrap_or_default();
    let method = match mode {
        "UPI_INTENT" | "UPI_COLLECT" | "UPI_QR" => "UPI",
        "UPI_AUTO_PAY" => "UPI AutoPay",
        "CARD" | "TOKEN" => "Card",
        "NET_BANKING" => "Net banking",
        _ => "PhonePe",
    };
    let reference = payment
        .utr
        .as_ref()
        .or(payment.transaction_id.as_ref())
        .or(payment.gateway_order_id.as_ref());
    Some(Settlement {
        method: method.to_owned(),
        reference: reference.cloned().unwrap_or_default(),
        at,
    })
}
