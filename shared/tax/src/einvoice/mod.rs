//! E-invoices: what the invoice registration portal is sent, and what it makes of it.
//!
//! Sources: CGST Rules, Rule 48(4) and Notification 13/2020 with its later thresholds (who must register
//! which documents), form INV-01, schema version 1.1 (names, lengths and ranges), and the portal's list of
//! validations. Whether the supplier is above the turnover from which registration is asked (₹5 crore
//! since 2023-08-01) is the caller's to know.

mod check;
mod wire;

use sha2::{Digest, Sha256};

pub use check::{Problem, validate};
pub use wire::{
    Amount, BuyerDtls, DocDtls, DocPerdDtls, ExpDtls, Invoice, ItemDtls, PrecDocDtls, RefDtls,
    SellerDtls, TranDtls, ValDtls,
};

use crate::document::{Document, DocumentKind, DocumentLine, Party, RecipientKind};
use crate::number::FinancialYear;

/// The GSTIN of a buyer who has none.
pub const UNREGISTERED: &str = "URP";

/// The PIN code of addresses outside India.
pub const PIN_OUTSIDE_INDIA: u32 = 999_999;

/// Why a document can't be sent to the portal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotForPortal {
    #[error("the recipient is unregistered: the portal takes no invoices to consumers")]
    Consumer,
    #[error("{0} is missing: the portal does without none of it")]
    Missing(&'static str),
    #[error("the {0} PIN code has other than six digits")]
    Pin(&'static str),
}

/// Whether the portal registers such a document, if its supplier is above the turnover: to registered
/// recipients, to zones and out of India, and the credit notes to them; never to consumers.
///
/// Uncertain: the holder of a UIN is a consumer here, because Notification 13/2020 asks for supplies "to a
/// registered person", which such a holder is not (CGST Act s. 2(94)). Returns list them with businesses all
/// the same (GSTR-1, table 4), and some accounting software registers such invoices.
pub fn needs_einvoice(document: &Document) -> bool {
    match document.recipient_kind {
        RecipientKind::Registered | RecipientKind::Sez | RecipientKind::Overseas => true,
        RecipientKind::Unregistered => false,
    }
}

/// The portal's name for a kind of document.
pub fn type_code(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::TaxInvoice => "INV",
        DocumentKind::CreditNote => "CRN",
    }
}

/// The invoice reference number: SHA-256 of seller, year, type and number in one piece, as 64 small
/// hexadecimal digits. The portal computes the same, so that it is known before it answers.
pub fn irn(seller_gstin: &str, year: FinancialYear, type_code: &str, number: &str) -> String {
    let digest = Sha256::digest(format!("{seller_gstin}{year}{type_code}{number}"));
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    digest
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// The reference number of a document; `None` when its supplier has no GSTIN.
pub fn irn_of(document: &Document) -> Option<String> {
    Some(irn(
        document.supplier.gstin.as_deref()?,
        FinancialYear::of(document.date),
        type_code(document.kind),
        &document.number,
    ))
}

/// What the portal is sent. It has the form; whether the content holds together says [`validate`].
///
/// Under reverse charge the values of lines and of the whole are without the tax, which the portal takes
/// as well as with it.
///
/// # Errors
/// The document is none for the portal, or lacks what the form can't be written without.
pub fn request(document: &Document) -> Result<Invoice, NotForPortal> {
    if !needs_einvoice(document) {
        return Err(NotForPortal::Consumer);
    }
    let totals = &document.totals;
    let head = |amount| Amount::of(amount);
    Ok(Invoice {
        version: "1.1".into(),
        tran_dtls: TranDtls {
            tax_sch: "GST".into(),
            sup_typ: supply_type(document).into(),
            reg_rev: yes_or_no(document.reverse_charge),
        },
        doc_dtls: DocDtls {
            typ: type_code(document.kind).into(),
            no: document.number.clone(),
            dt: document.date.format(wire::DATE).to_string(),
        },
        seller_dtls: seller(&document.supplier)?,
        buyer_dtls: buyer(document)?,
        item_list: document
            .lines
            .iter()
            .enumerate()
            .map(|(at, line)| item(at + 1, line, document.reverse_charge))
            .collect(),
        val_dtls: ValDtls {
            ass_val: head(totals.taxable),
            cgst_val: head(totals.cgst),
            // The form has one place for the tax of the state and of the territory.
            sgst_val: head(totals.sgst + totals.utgst),
            igst_val: head(totals.igst),
            rnd_off_amt: head(totals.round_off),
            tot_inv_val: head(totals.payable),
        },
        ref_dtls: references(document),
        exp_dtls: (document.recipient_kind == RecipientKind::Overseas).then(|| ExpDtls {
            cnt_code: document.recipient.address.country.clone(),
        }),
    })
}

fn supply_type(document: &Document) -> &'static str {
    match (document.recipient_kind, document.under_lut) {
        (RecipientKind::Registered | RecipientKind::Unregistered, _) => "B2B",
        (RecipientKind::Sez, false) => "SEZWP",
        (RecipientKind::Sez, true) => "SEZWOP",
        (RecipientKind::Overseas, false) => "EXPWP",
        (RecipientKind::Overseas, true) => "EXPWOP",
    }
}

fn seller(party: &Party) -> Result<SellerDtls, NotForPortal> {
    let (addr1, addr2) =
        address_lines(party).ok_or(NotForPortal::Missing("the supplier's address"))?;
    Ok(SellerDtls {
        gstin: party
            .gstin
            .clone()
            .ok_or(NotForPortal::Missing("the supplier's GSTIN"))?,
        lgl_nm: plain(&party.legal_name),
        trd_nm: optional(party.trade_name.as_deref(), 3, 100),
        addr1,
        addr2,
        loc: plain(&party.address.place),
        pin: pin(party, "supplier's")?.ok_or(NotForPortal::Missing("the supplier's PIN code"))?,
        stcd: party.address.state_code.clone(),
        ph: phone(party),
        em: email(party),
    })
}

fn buyer(document: &Document) -> Result<BuyerDtls, NotForPortal> {
    let party = &document.recipient;
    let (addr1, addr2) =
        address_lines(party).ok_or(NotForPortal::Missing("the recipient's address"))?;
    let abroad = document.recipient_kind == RecipientKind::Overseas;
    let (gstin, pin, stcd) = if abroad {
        (
            UNREGISTERED.to_owned(),
            Some(PIN_OUTSIDE_INDIA),
            crate::compute::OUTSIDE_INDIA.to_owned(),
        )
    } else {
        let gstin = party.gstin.clone();
        (
            gstin.ok_or(NotForPortal::Missing("the recipient's GSTIN"))?,
            pin(party, "recipient's")?,
            party.address.state_code.clone(),
        )
    };
    Ok(BuyerDtls {
        gstin,
        lgl_nm: plain(&party.legal_name),
        trd_nm: optional(party.trade_name.as_deref(), 3, 100),
        pos: document.place_of_supply.clone(),
        addr1,
        addr2,
        loc: plain(&party.address.place),
        pin,
        stcd,
        ph: phone(party),
        em: email(party),
    })
}

fn item(number: usize, line: &DocumentLine, reverse_charge: bool) -> ItemDtls {
    ItemDtls {
        sl_no: number.to_string(),
        prd_desc: optional(Some(&line.description), 3, 300),
        // Chapter 99 of the code is services.
        is_servc: yes_or_no(line.sac.starts_with("99")),
        hsn_cd: line.sac.clone(),
        qty: Amount(line.quantity.round_dp(3)),
        unit: "NOS".into(),
        unit_price: Amount(line.unit_price.0.round_dp(3)),
        // Not quantity times price, which may differ by paise where prices have their tax in them.
        tot_amt: Amount::of(line.taxable + line.discount),
        discount: Amount::of(line.discount),
        ass_amt: Amount::of(line.taxable),
        gst_rt: Amount(line.rate_percent),
        igst_amt: Amount::of(line.igst),
        cgst_amt: Amount::of(line.cgst),
        sgst_amt: Amount::of(line.sgst + line.utgst),
        tot_item_val: Amount::of(if reverse_charge {
            line.taxable
        } else {
            line.total
        }),
    }
}

fn references(document: &Document) -> Option<RefDtls> {
    let references = RefDtls {
        doc_perd_dtls: document.period.map(|(first, last)| DocPerdDtls {
            inv_st_dt: first.format(wire::DATE).to_string(),
            inv_end_dt: last.format(wire::DATE).to_string(),
        }),
        prec_doc_dtls: document.against.as_ref().map(|against| {
            vec![PrecDocDtls {
                inv_no: against.number.clone(),
                inv_dt: against.date.format(wire::DATE).to_string(),
            }]
        }),
    };
    let any = references.doc_perd_dtls.is_some() || references.prec_doc_dtls.is_some();
    any.then_some(references)
}

fn yes_or_no(yes: bool) -> String {
    if yes { "Y" } else { "N" }.to_owned()
}

/// The first line, and the others in one if the form has room for them.
fn address_lines(party: &Party) -> Option<(String, Option<String>)> {
    let mut lines = party
        .address
        .lines
        .iter()
        .map(|line| plain(line))
        .filter(|line| !line.is_empty());
    let first = lines.next()?;
    let others: Vec<String> = lines.collect();
    Some((first, optional(Some(&others.join(", ")), 3, 100)))
}

fn pin(party: &Party, whose: &'static str) -> Result<Option<u32>, NotForPortal> {
    party
        .address
        .pin
        .as_deref()
        .map(|text| {
            bharat::pin::parse(text)
                .and_then(|pin| pin.parse().ok())
                .ok_or(NotForPortal::Pin(whose))
        })
        .transpose()
}

/// Digits alone; left out when the form has no room for so many or asks for more.
fn phone(party: &Party) -> Option<String> {
    let digits: String = party
        .phone
        .as_deref()?
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    (6..=12).contains(&digits.len()).then_some(digits)
}

fn email(party: &Party) -> Option<String> {
    let email = plain(party.email.as_deref()?);
    (6..=100).contains(&email.chars().count()).then_some(email)
}

/// What the form can do without: left out when it is too short, cut when it is too long.
fn optional(text: Option<&str>, least: usize, most: usize) -> Option<String> {
    let text: String = plain(text?).chars().take(most).collect();
    let text = text.trim_end().to_owned();
    (text.chars().count() >= least).then_some(text)
}

/// On one line, without the double quotes and backslashes that the portal refuses.
fn plain(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace('"', "'").replace('\\', "/")
}
