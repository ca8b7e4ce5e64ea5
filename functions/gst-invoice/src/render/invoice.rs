//! A document as its template takes it: every text ready, in the order in which it stands.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use bharat::gstin;
use bharat::states::State;
use domain::Inr;
use rust_decimal::Decimal;
use serde::Serialize;
use tax::document::{Document, DocumentKind, DocumentLine, Party, RecipientKind};

use super::qr::Symbol;
use super::text::{date, days, percent, plain, quantity, rupees, soft, softer, time};
use super::{Language, Look};

/// The GST code for places out of India.
const ABROAD: &str = "96";

/// English names by ISO 3166 code.
static COUNTRIES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("countries.json")).expect("a test reads it")
});

/// A key of `labels.json`.
type Label = &'static str;

#[derive(Serialize)]
pub(super) struct View {
    language: Language,
    kind: Label,
    title: String,
    number: String,
    logo: bool,
    supplier: Side,
    recipient: Side,
    facts: Vec<Fact>,
    registered: Option<Portal>,
    endorsement: Option<&'static str>,
    /// Whether any line has one.
    discounts: bool,
    heads: Vec<Column>,
    lines: Vec<Line>,
    totals: Vec<Total>,
    words: Option<String>,
    local_words: Option<String>,
    settlement: Option<Settled>,
    declaration: Option<&'static str>,
    /// Whose signature it has, needs, or does not need.
    signed: Label,
}

#[derive(Serialize)]
struct Side {
    name: String,
    lines: Vec<String>,
    facts: Vec<Pair>,
    /// The recipient has no GSTIN, and says so.
    unregistered: bool,
}

/// What has no label in another language: it is called so in all of them.
#[derive(Serialize)]
struct Pair {
    label: &'static str,
    value: String,
    strong: bool,
}

#[derive(Serialize)]
struct Fact {
    label: Label,
    value: String,
    /// A key of `labels.json` in place of a value.
    answer: Option<Label>,
    strong: bool,
}

#[derive(Serialize)]
struct Portal {
    irn: String,
    ack_number: String,
    ack_date: String,
    qr_mm: usize,
}

#[derive(Serialize)]
struct Line {
    description: String,
    sac: String,
    quantity: String,
    unit_price: String,
    discount: String,
    taxable: String,
    heads: Vec<Share>,
    total: String,
}

#[derive(Serialize)]
struct Column {
    label: Label,
    /// The same in all lines.
    rate: Option<String>,
}

#[derive(Serialize)]
struct Share {
    amount: String,
    /// In this line, where lines differ.
    rate: Option<String>,
}

#[derive(Serialize)]
struct Total {
    label: Label,
    rate: Option<String>,
    value: String,
    strong: bool,
}

#[derive(Serialize)]
struct Settled {
    label: Label,
    method: String,
    at: String,
    reference: String,
}

/// A head of the tax: CGST, SGST, UTGST or IGST.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Head {
    Cgst,
    Sgst,
    Utgst,
    Igst,
}

impl Head {
    const ALL: [Self; 4] = [Self::Cgst, Self::Sgst, Self::Utgst, Self::Igst];

    fn label(self) -> Label {
        match self {
            Self::Cgst => "cgst",
            Self::Sgst => "sgst",
            Self::Utgst => "utgst",
            Self::Igst => "igst",
        }
    }

    fn of_line(self, line: &DocumentLine) -> Inr {
        match self {
            Self::Cgst => line.cgst,
            Self::Sgst => line.sgst,
            Self::Utgst => line.utgst,
            Self::Igst => line.igst,
        }
    }

    fn of_totals(self, document: &Document) -> Inr {
        let totals = &document.totals;
        match self {
            Self::Cgst => totals.cgst,
            Self::Sgst => totals.sgst,
            Self::Utgst => totals.utgst,
            Self::Igst => totals.igst,
        }
    }

    /// Its part of the rate of all heads.
    fn rate(self, all: Decimal) -> Decimal {
        match self {
            Self::Igst => all,
            Self::Cgst | Self::Sgst | Self::Utgst => all / Decimal::TWO,
        }
    }

    /// Those that apply: with an amount, or, where nothing is taxed, those that it would be under.
    fn that_apply(document: &Document) -> Vec<Self> {
        if document.under_lut {
            return Vec::new();
        }
        let charged: Vec<Self> = Self::ALL
            .into_iter()
            .filter(|head| !head.of_totals(document).is_zero())
            .collect();
        if !charged.is_empty() {
            return charged;
        }
        let out_of_state = document.supplier.address.state_code != document.place_of_supply;
        let zero_rated = matches!(
            document.recipient_kind,
            RecipientKind::Sez | RecipientKind::Overseas
        );
        if out_of_state || zero_rated {
            return vec![Self::Igst];
        }
        let territory = document
            .place_of_supply()
            .is_some_and(State::is_union_territory_without_legislature);
        vec![Self::Cgst, if territory { Self::Utgst } else { Self::Sgst }]
    }
}

pub(super) fn view(document: &Document, look: &Look<'_>, symbol: Option<&Symbol>) -> View {
    let (kind, name) = match document.kind {
        DocumentKind::TaxInvoice => ("tax_invoice", "Tax Invoice"),
        DocumentKind::CreditNote => ("credit_note", "Credit Note"),
    };
    let heads = Head::that_apply(document);
    let uniform = uniform_rate(document);
    let at = |head: Head| uniform.map(|all| format!("@ {}", percent(head.rate(all))));
    let lines = document.lines.iter().map(|line| Line {
        description: softer(&line.description),
        sac: line.sac.clone(),
        quantity: quantity(line.quantity),
        unit_price: plain(line.unit_price),
        discount: plain(line.discount),
        taxable: plain(line.taxable),
        heads: heads
            .iter()
            .map(|head| Share {
                amount: plain(head.of_line(line)),
                rate: uniform
                    .is_none()
                    .then(|| percent(head.rate(line.rate_percent))),
            })
            .collect(),
        total: plain(line.total),
    });
    let portal = look
        .registered
        .zip(symbol)
        .map(|(registered, symbol)| Portal {
            irn: registered.irn.clone(),
            ack_number: registered.ack_number.clone(),
            ack_date: registered.ack_date.clone(),
            qr_mm: symbol.mm,
        });
    let in_words = |language| bharat::words::rupees(document.totals.payable.0, language);
    View {
        language: look.language,
        kind,
        title: format!("{name} {}", document.number),
        number: document.number.clone(),
        logo: look.logo.is_some(),
        supplier: side(&document.supplier, false),
        recipient: side(&document.recipient, true),
        facts: facts(document),
        registered: portal,
        endorsement: document.endorsement(),
        discounts: document.lines.iter().any(|line| !line.discount.is_zero()),
        lines: lines.collect(),
        totals: totals(document, &heads),
        heads: heads
            .iter()
            .map(|head| Column {
                label: head.label(),
                rate: at(*head),
            })
            .collect(),
        words: in_words(bharat::words::Language::English),
        local_words: match look.language {
            Language::Hi => in_words(bharat::words::Language::Hindi),
            Language::En | Language::Ta | Language::Te | Language::Bn => None,
        },
        settlement: document.settlement.as_ref().map(|settlement| Settled {
            label: match document.kind {
                DocumentKind::TaxInvoice => "paid",
                DocumentKind::CreditNote => "refunded",
            },
            method: soft(&settlement.method),
            at: time(settlement.at),
            reference: soft(&settlement.reference),
        }),
        declaration: document.declaration(),
        signed: signed(document.kind, look),
    }
}

/// An electronic invoice needs no signature (Rule 46, as Notification 74/2018 changed it); a credit note has
/// no such leave (Rule 53(1A): that notification changed Rules 46, 49 and 54 alone). UNVERIFIED that the
/// portal's signature on a registered one is enough.
fn signed(kind: DocumentKind, look: &Look<'_>) -> Label {
    match kind {
        DocumentKind::TaxInvoice => "generated",
        DocumentKind::CreditNote if look.registered.is_some() => "signed_by_portal",
        DocumentKind::CreditNote => "signature",
    }
}

fn side(party: &Party, recipient: bool) -> Side {
    let address = &party.address;
    let abroad = address.state_code == ABROAD;
    let mut lines = Vec::new();
    if let Some(name) = party
        .trade_name
        .as_ref()
        .filter(|name| **name != party.legal_name)
    {
        lines.push(softer(name));
    }
    lines.extend(address.lines.iter().map(|line| soft(line)));
    let pin = address.pin.as_deref().unwrap_or_default();
    lines.push(soft(format!("{} {pin}", address.place).trim_end()));
    if abroad {
        lines.push(country(&address.country));
    }
    lines.retain(|line| !line.trim().is_empty());
    let mut facts = Vec::new();
    let mut fact = |label, value: Option<String>, strong| {
        facts.extend(value.map(|value| Pair {
            label,
            value,
            strong,
        }));
    };
    // Rule 46(d): "GSTIN or UIN"; embassies and bodies of the United Nations have the latter.
    let uin = |number| gstin::examine(number).kind == Some(gstin::Kind::Uin);
    let number = if party.gstin.as_deref().is_some_and(uin) {
        "UIN"
    } else {
        "GSTIN"
    };
    fact(number, party.gstin.clone(), true);
    fact(
        "State",
        (!abroad).then(|| state(&address.state_code)),
        false,
    );
    fact("Email", party.email.as_deref().map(soft), false);
    fact("Phone", party.phone.as_deref().map(soft), false);
    Side {
        name: softer(&party.legal_name),
        lines,
        facts,
        unregistered: recipient && party.gstin.is_none() && !abroad,
    }
}

/// `Karnataka (29)`.
fn state(code: &str) -> String {
    match State::by_code(code) {
        Some(state) => format!("{} ({})", state.name, state.code),
        None => code.to_owned(),
    }
}

fn country(code: &str) -> String {
    COUNTRIES
        .get(code)
        .cloned()
        .unwrap_or_else(|| code.to_owned())
}

/// What is said once, beside the recipient.
fn facts(document: &Document) -> Vec<Fact> {
    let fact = |label, value: String, strong| Fact {
        label,
        value,
        answer: None,
        strong,
    };
    let number = match document.kind {
        DocumentKind::TaxInvoice => "invoice_number",
        DocumentKind::CreditNote => "credit_note_number",
    };
    let mut facts = vec![
        fact(number, document.number.clone(), true),
        fact("date", date(document.date), true),
    ];
    if let Some(against) = &document.against {
        facts.push(fact("against_number", against.number.clone(), true));
        facts.push(fact("against_date", date(against.date), false));
    }
    if let Some(reason) = &document.reason {
        facts.push(fact("reason", softer(reason), false));
    }
    let place = match document.place_of_supply.as_str() {
        ABROAD => format!("Outside India ({ABROAD})"),
        code => state(code),
    };
    facts.push(fact("place_of_supply", place, false));
    if document.recipient_kind == RecipientKind::Overseas {
        // Rule 46, third proviso: an export names the country that it goes to.
        facts.push(fact(
            "destination",
            country(&document.recipient.address.country),
            false,
        ));
    }
    facts.push(Fact {
        label: "reverse_charge",
        value: String::new(),
        answer: Some(if document.reverse_charge { "yes" } else { "no" }),
        strong: false,
    });
    if let Some(period) = document.period {
        facts.push(fact("period", days(period), false));
    }
    facts
}

/// The rate of all lines; `None` where they differ.
fn uniform_rate(document: &Document) -> Option<Decimal> {
    let rate = document.lines.first()?.rate_percent;
    let same = document.lines.iter().all(|line| line.rate_percent == rate);
    same.then_some(rate)
}

fn totals(document: &Document, heads: &[Head]) -> Vec<Total> {
    let totals = &document.totals;
    let row = |label, rate: Option<String>, amount| Total {
        label,
        rate,
        value: rupees(amount),
        strong: false,
    };
    let uniform = uniform_rate(document);
    let mut rows = vec![row("taxable", None, totals.taxable)];
    for head in heads {
        let rate = uniform.map(|all| format!("@ {}", percent(head.rate(all))));
        rows.push(row(head.label(), rate, head.of_totals(document)));
    }
    if document.under_lut {
        rows.push(row("igst", Some("(zero-rated, LUT)".into()), totals.igst));
    }
    if heads.len() > 1 {
        rows.push(row("total_tax", None, totals.total_tax));
    }
    if document.reverse_charge {
        rows.push(row("tax_by_recipient", None, totals.total_tax));
    }
    if !totals.round_off.is_zero() {
        rows.push(row("round_off", None, totals.round_off));
    }
    rows.push(Total {
        strong: true,
        ..row(
            match document.kind {
                DocumentKind::TaxInvoice => "payable",
                DocumentKind::CreditNote => "credited",
            },
            None,
            totals.payable,
        )
    });
    rows
}
