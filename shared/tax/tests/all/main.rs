//! GST by worked examples and by what must hold for every amount.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod arbitrary;
mod compute;
mod credit;
mod einvoice;
mod number;

use bharat::states::State;
use chrono::NaiveDate;
use domain::Inr;
use rust_decimal::Decimal;
use tax::compute::{Computed, Item, Recipient, Terms, compute};
use tax::document::{Address, Document, DocumentKind, Party, RecipientKind};

/// Karnataka's and Maharashtra's numbers that are published as valid (see bharat::gstin).
pub const KARNATAKA: &str = "29AAGCB7383J1Z4";
pub const MAHARASHTRA: &str = "27AAPFU0939F1ZV";

pub fn inr(text: &str) -> Inr {
    Inr(text.parse().unwrap())
}

pub fn state(text: &str) -> &'static State {
    State::find(text).unwrap()
}

pub fn item(quantity: &str, unit_price: &str, discount: &str, rate: &str) -> Item {
    Item {
        description: "Starter plan, monthly".into(),
        sac: "998314".into(),
        quantity: quantity.parse().unwrap(),
        unit_price: inr(unit_price),
        discount: inr(discount),
        rate_percent: rate.parse().unwrap(),
    }
}

pub fn one(unit_price: &str) -> Vec<Item> {
    vec![item("1", unit_price, "0", "18")]
}

/// Without a GSTIN, at an address in a state.
pub fn consumer(place: &str) -> Recipient<'static> {
    Recipient {
        kind: RecipientKind::Unregistered,
        gstin: None,
        state: Some(state(place)),
    }
}

pub fn business(gstin: &str) -> Recipient<'_> {
    Recipient {
        kind: RecipientKind::Registered,
        gstin: Some(gstin),
        state: None,
    }
}

pub fn zone(gstin: &str) -> Recipient<'_> {
    Recipient {
        kind: RecipientKind::Sez,
        ..business(gstin)
    }
}

pub fn abroad() -> Recipient<'static> {
    Recipient {
        kind: RecipientKind::Overseas,
        gstin: None,
        state: None,
    }
}

pub fn from_karnataka(recipient: &Recipient<'_>, items: &[Item], terms: Terms) -> Computed {
    compute(state("29"), recipient, items, terms).unwrap()
}

fn party(name: &str, gstin: Option<&str>, place: &str, pin: &str, state_code: &str) -> Party {
    Party {
        legal_name: name.into(),
        trade_name: None,
        gstin: gstin.map(Into::into),
        address: Address {
            lines: vec!["12 Residency Road".into(), "Ashok Nagar".into()],
            place: place.into(),
            pin: (!pin.is_empty()).then(|| pin.into()),
            state_code: state_code.into(),
            country: if state_code == "96" { "US" } else { "IN" }.into(),
        },
        email: Some("accounts@example.in".into()),
        phone: Some("+919876543210".into()),
    }
}

/// An invoice from Karnataka.
pub fn invoice(recipient: &Recipient<'_>, items: &[Item], terms: Terms) -> Document {
    let computed = from_karnataka(recipient, items, terms);
    let (place, pin, code) = match recipient.gstin.map(|number| &number[..2]) {
        Some("27") => ("Mumbai", "400001", "27"),
        _ if recipient.kind == RecipientKind::Overseas => ("Austin", "", "96"),
        _ => ("Bengaluru", "560025", "29"),
    };
    Document {
        kind: DocumentKind::TaxInvoice,
        number: "RF/26-27/000001".into(),
        date: NaiveDate::from_ymd_opt(2026, 11, 21).unwrap(),
        supplier: party(
            "RaptorFlow Private Limited",
            Some(KARNATAKA),
            "Bengaluru",
            "560025",
            "29",
        ),
        recipient: party("Mehta Textiles", recipient.gstin, place, pin, code),
        recipient_kind: recipient.kind,
        place_of_supply: computed.place_of_supply,
        reverse_charge: terms.reverse_charge,
        under_lut: terms.lut
            && matches!(recipient.kind, RecipientKind::Sez | RecipientKind::Overseas),
        declares_no_einvoice: false,
        lines: computed.lines,
        totals: computed.totals,
        period: None,
        against: None,
        reason: None,
        settlement: None,
    }
}

pub fn paise(paise: i64) -> Inr {
    Inr(Decimal::new(paise, 2))
}
