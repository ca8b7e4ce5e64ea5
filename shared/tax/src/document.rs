//! What stands on a tax invoice or credit note: every fact of Rule 46 (invoice) and Rule 53(1A) (credit
//! note) of the CGST Rules. It is written once, when the document gets its number, and never changed: the
//! PDF, the e-invoice and the API's answer are all made from it.

use bharat::states::State;
use chrono::{DateTime, NaiveDate, Utc};
use domain::Inr;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    TaxInvoice,
    CreditNote,
}

/// Who the recipient is to the law, and so which rules hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecipientKind {
    /// Has a GSTIN: B2B.
    Registered,
    /// Has none: B2C. So are embassies and bodies of the United Nations, though they have a UIN: it stands in
    /// the party's `gstin`, and is printed (Rule 46(d), "GSTIN or UIN").
    Unregistered,
    /// A unit or developer of a special economic zone: always inter-State.
    Sez,
    /// Outside India: an export of services.
    Overseas,
}

impl RecipientKind {
    pub const ALL: [Self; 4] = [
        Self::Registered,
        Self::Unregistered,
        Self::Sez,
        Self::Overseas,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Unregistered => "unregistered",
            Self::Sez => "sez",
            Self::Overseas => "overseas",
        }
    }
}

impl std::str::FromStr for RecipientKind {
    type Err = domain::UnknownValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| domain::UnknownValue {
                what: "kind of recipient",
                value: text.to_owned(),
                expected: Self::ALL.map(Self::as_str).join(", "),
            })
    }
}

/// The supplier, or who is supplied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    pub legal_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trade_name: Option<String>,
    /// Of an unregistered recipient: a UIN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gstin: Option<String>,
    pub address: Address,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// One or two lines without place, PIN code and state.
    pub lines: Vec<String>,
    /// The town.
    pub place: String,
    /// Six digits; none outside India.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
    /// The GST code of the state, two digits; `96` outside India.
    pub state_code: String,
    /// ISO 3166, two letters.
    pub country: String,
}

/// One line, computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentLine {
    pub description: String,
    /// Services accounting code, 4 or 6 digits.
    pub sac: String,
    pub quantity: Decimal,
    /// A unit's price before tax; where prices have their tax in them, to the paisa, so that quantity times
    /// price may be paise off.
    pub unit_price: Inr,
    pub discount: Inr,
    /// After the discount, before tax.
    pub taxable: Inr,
    /// All heads together; 0 under a letter of undertaking.
    pub rate_percent: Decimal,
    pub cgst: Inr,
    pub sgst: Inr,
    pub utgst: Inr,
    pub igst: Inr,
    /// Taxable and tax.
    pub total: Inr,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub taxable: Inr,
    pub cgst: Inr,
    pub sgst: Inr,
    pub utgst: Inr,
    pub igst: Inr,
    pub total_tax: Inr,
    /// What was added (or taken, negative) to come to a whole rupee. Where totals keep their paise it is
    /// zero, but for the odd paise of tax-inclusive prices (see [`crate::compute::Computed`]) and of
    /// credit notes of a few paise.
    pub round_off: Inr,
    /// What the recipient pays. Under reverse charge it is without the tax.
    pub payable: Inr,
}

/// The invoice that a credit note is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Against {
    pub number: String,
    pub date: NaiveDate,
}

/// How it was paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// `UPI`, `UPI AutoPay`, `Card` …
    pub method: String,
    /// The bank's reference (UTR) or the gateway's.
    pub reference: String,
    pub at: DateTime<Utc>,
}

/// What the e-invoice portal answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// 64 hex digits.
    pub irn: String,
    pub ack_number: String,
    /// IST, as the portal writes it: `2026-11-21 10:15:00`.
    pub ack_date: String,
    /// A JWT signed by the portal: what the QR code holds.
    pub signed_qr: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    pub kind: DocumentKind,
    /// At most 16 characters.
    pub number: String,
    /// The day in India.
    pub date: NaiveDate,
    pub supplier: Party,
    pub recipient: Party,
    pub recipient_kind: RecipientKind,
    /// GST code of the state, `96` for an export.
    pub place_of_supply: String,
    pub reverse_charge: bool,
    /// The supply is zero-rated under a letter of undertaking.
    #[serde(default)]
    pub under_lut: bool,
    /// It bears the declaration of Rule 46(s): see [`Document::declaration`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub declares_no_einvoice: bool,
    pub lines: Vec<DocumentLine>,
    pub totals: Totals,
    /// First and last day of what was supplied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<(NaiveDate, NaiveDate)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<Against>,
    /// Why a credit note was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement: Option<Settlement>,
}

impl Document {
    /// The state of the place of supply; `None` for an export.
    pub fn place_of_supply(&self) -> Option<&'static State> {
        State::find(&self.place_of_supply)
    }

    /// The words of Rule 46(s) (Notification 14/2022, from 2022-07-05), where the supplier's turnover asks for
    /// e-invoices and this is none. UNVERIFIED that it is meant for invoices to consumers: practitioners put
    /// it there; some read it as being for the exempt classes of suppliers alone. It does no harm.
    pub fn declaration(&self) -> Option<&'static str> {
        self.declares_no_einvoice.then_some(
            "I/We hereby declare that though our aggregate turnover in any preceding financial year from 2017-18 onwards is more than the aggregate turnover notified under sub-rule (4) of rule 48, we are not required to prepare an invoice in terms of the provisions of the said sub-rule.",
        )
    }

    /// The words that Rule 46 wants on a zero-rated supply.
    pub fn endorsement(&self) -> Option<&'static str> {
        let sez = match self.recipient_kind {
            RecipientKind::Sez => true,
            RecipientKind::Overseas => false,
            RecipientKind::Registered | RecipientKind::Unregistered => return None,
        };
        Some(match (sez, self.under_lut) {
            (true, true) => {
                "SUPPLY TO SEZ UNIT OR SEZ DEVELOPER FOR AUTHORISED OPERATIONS UNDER BOND OR LETTER OF UNDERTAKING WITHOUT PAYMENT OF INTEGRATED TAX"
            }
            (true, false) => {
                "SUPPLY TO SEZ UNIT OR SEZ DEVELOPER FOR AUTHORISED OPERATIONS ON PAYMENT OF INTEGRATED TAX"
            }
            (false, true) => {
                "SUPPLY MEANT FOR EXPORT UNDER BOND OR LETTER OF UNDERTAKING WITHOUT PAYMENT OF INTEGRATED TAX"
            }
            (false, false) => "SUPPLY MEANT FOR EXPORT ON PAYMENT OF INTEGRATED TAX",
        })
    }
}
