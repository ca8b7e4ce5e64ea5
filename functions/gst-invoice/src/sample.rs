//! An invoice that nobody gets, made from the configuration and held against the portal's form before any
//! number is taken: what is wrong with a variable is said at the start, and not of each invoice.

use chrono::NaiveDate;
use domain::Inr;
use economics::quote::Prices;
use tax::compute::{Recipient, compute};
use tax::document::{Address, Document, DocumentKind, Party, RecipientKind};
use tax::einvoice::{NotForPortal, request, validate};
use tax::number::{FinancialYear, LAST_SERIAL, Number};

use crate::Config;

/// Published as valid, of Maharashtra.
const CUSTOMER: &str = "27AAPFU0939F1ZV";
const DAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 11, 21).expect("it is a day");

/// Places of the form, and whose they are. The first that fits counts.
const VARIABLES: [(&str, &str); 9] = [
    ("/SellerDtls/LglNm", "SUPPLIER_LEGAL_NAME"),
    ("/SellerDtls/Addr", "SUPPLIER_ADDRESS"),
    ("/SellerDtls/Loc", "SUPPLIER_PLACE"),
    ("/SellerDtls/Pin", "SUPPLIER_PIN"),
    ("/SellerDtls/Em", "SUPPLIER_EMAIL"),
    ("/SellerDtls", "SUPPLIER_GSTIN"),
    ("/DocDtls/No", "INVOICE_SERIES"),
    ("/ItemList/0/HsnCd", "SERVICE_SAC"),
    // Taxes and sums follow from it.
    ("", "GST_RATE_PERCENT"),
];

/// What can't stand on an invoice: the variable, and why. Nothing while `SUPPLIER_GSTIN` is none, which is
/// said elsewhere.
pub fn faults(config: &Config) -> Vec<(&'static str, String)> {
    let (Ok(supplier), Ok(prices)) = (config.supplier(), Prices::new(&config.quote)) else {
        return vec![];
    };
    let document = match invoice(config, supplier, &prices) {
        Ok(document) => document,
        Err(error) => return vec![("GST_RATE_PERCENT", error)],
    };
    let form = match request(&document) {
        Ok(form) => form,
        Err(error) => {
            let variable = match error {
                NotForPortal::Pin(_) => "SUPPLIER_PIN",
                NotForPortal::Missing(_) | NotForPortal::Consumer => "SUPPLIER_ADDRESS",
            };
            return vec![(variable, error.to_string())];
        }
    };
    let form = serde_json::to_value(form).unwrap_or_default();
    let named = validate(&form).into_iter().map(|problem| {
        let whose = VARIABLES
            .iter()
            .find(|(path, _)| problem.path.starts_with(path));
        (
            whose.map_or("SUPPLIER_GSTIN", |(_, variable)| variable),
            problem.message,
        )
    });
    named.collect()
}

/// To a business in another state.
fn invoice(config: &Config, supplier: Party, prices: &Prices) -> Result<Document, String> {
    let kind = RecipientKind::Registered;
    let recipient = Party {
        legal_name: "Sahyadri Foods".to_owned(),
        trade_name: None,
        gstin: Some(CUSTOMER.to_owned()),
        address: Address {
            lines: vec!["1 Example Road".to_owned()],
            place: "Mumbai".to_owned(),
            pin: Some("400001".to_owned()),
            state_code: "27".to_owned(),
            country: "IN".to_owned(),
        },
        email: None,
        phone: None,
    };
    let (item, terms) = prices.paid(kind, "RaptorFlow Starter plan", Inr(2_999.into()));
    let of = Recipient::of(&recipient, kind);
    let computed =
        compute(prices.supplier(), &of, &[item], terms).map_err(|error| error.to_string())?;
    let year = FinancialYear::of(DAY);
    let number = Number::new(config.invoice_series.clone(), year, LAST_SERIAL)
        .map_err(|error| error.to_string())?;
    Ok(Document {
        kind: DocumentKind::TaxInvoice,
        number: number.to_string(),
        date: DAY,
        supplier,
        recipient,
        recipient_kind: kind,
        place_of_supply: computed.place_of_supply,
        reverse_charge: false,
        under_lut: false,
        declares_no_einvoice: false,
        lines: computed.lines,
        totals: computed.totals,
        period: Some((DAY, DAY)),
        against: None,
        reason: None,
        settlement: None,
    })
}
