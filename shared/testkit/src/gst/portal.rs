//! The portal's book: who may write in it, what stands in it, and for how long it can be changed.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::faults::{Call, Twist};
use super::{Asked, Fake, error, form, india, lock, sign, stamp};

/// How long a registration can be taken back (the portal's page on cancelling).
const CANCEL_WITHIN: TimeDelta = TimeDelta::hours(24);

/// How long its signed code is given again (the portal's page on getting details by reference number).
const GIVE_WITHIN: TimeDelta = TimeDelta::days(3);

/// One registration.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub irn: String,
    pub seller: String,
    pub ack_number: u64,
    pub registered_at: DateTime<Utc>,
    pub cancelled_at: Option<DateTime<Utc>>,
    /// As it was sent.
    pub invoice: Value,
    pub signed_qr: String,
    signed_invoice: String,
}

#[derive(Default)]
pub(super) struct World {
    /// With whose they are and when they end.
    pub tokens: BTreeMap<String, (String, DateTime<Utc>)>,
    /// By reference number.
    pub entries: BTreeMap<String, Entry>,
}

/// A refusal: codes and words of the portal's list, and what it knows besides.
struct Refusal {
    errors: Vec<(String, String)>,
    info: Value,
}

fn refused(code: &str, message: &str) -> Refusal {
    Refusal {
        errors: vec![(code.to_owned(), message.to_owned())],
        info: Value::Null,
    }
}

pub(super) fn answer(fake: &Fake, asked: &Asked, twist: Option<Twist>) -> (u16, Value) {
    let style = fake.options.style;
    let answered = client(fake, asked).and_then(|()| match asked.call {
        Call::Login => log_in(fake, asked),
        Call::Register => registered(fake, asked, twist),
        Call::ByIrn => by_irn(fake, asked, twist),
        Call::Cancel => cancel(fake, asked),
        Call::Search => Err(refused("3001", "Requested data is not available")),
    });
    // The portal refuses with 200.
    match answered {
        Ok(data) => (200, error::done(style, &data)),
        Err(Refusal { errors, info }) => (200, error::said(style, &errors, info)),
    }
}

/// Who asks: the headers that every call bears, and the token that all but one do.
fn client(fake: &Fake, asked: &Asked) -> Result<(), Refusal> {
    let options = &fake.options;
    let gstin = asked.header("gstin");
    let known = asked.header("client_id") == options.client_id
        && asked.header("client_secret") == options.client_secret;
    if asked.header("client_id").is_empty() {
        return Err(refused("1011", "Client Id is required"));
    }
    if !known {
        return Err(refused("1010", "Invalid Client-ID/Client-Secret"));
    }
    if gstin.is_empty() {
        return Err(refused("1004", "Header GSTIN is required"));
    }
    if asked.call == Call::Login {
        return Ok(());
    }
    if asked.header("user_name").is_empty() {
        return Err(refused("1006", "User Name is required"));
    }
    let world = lock(&fake.world);
    let valid = world
        .tokens
        .get(asked.header("authtoken"))
        .is_some_and(|(owner, until)| owner == gstin && fake.now() < *until);
    if valid && asked.header("user_name") == options.username {
        Ok(())
    } else {
        Err(refused("1005", "Invalid Token"))
    }
}

fn log_in(fake: &Fake, asked: &Asked) -> Result<Value, Refusal> {
    let (options, gstin, now) = (&fake.options, asked.header("gstin"), fake.now());
    if asked.body["UserName"] != json!(options.username) {
        return Err(refused("1017", "Incorrect user id/User does not exists"));
    }
    if asked.body["Password"] != json!(options.password) {
        return Err(refused("1019", "Incorrect Password"));
    }
    if !options.suppliers.is_empty() && !options.suppliers.iter().any(|one| one == gstin) {
        return Err(refused("1015", "Invalid GSTIN for this user"));
    }
    let mut world = lock(&fake.world);
    // As long as a token lives, the same one is given again.
    let living = world
        .tokens
        .iter()
        .find(|(_, (owner, until))| owner == gstin && now < *until);
    let (token, until) = match living {
        Some((token, (_, until))) => (token.clone(), *until),
        None => {
            let token = options.seams.uuid().simple().to_string();
            let until = now + options.token_life;
            let kept = (gstin.to_owned(), until);
            world.tokens.insert(token.clone(), kept);
            (token, until)
        }
    };
    Ok(json!({
        "ClientId": options.client_id,
        "UserName": options.username,
        "AuthToken": token,
        "Sek": "",
        "TokenExpiry": stamp(until),
    }))
}

fn registered(fake: &Fake, asked: &Asked, twist: Option<Twist>) -> Result<Value, Refusal> {
    let now = fake.now();
    let (invoice, seller) = (&asked.body, asked.header("gstin"));
    let today = now.with_timezone(&india()).date_naive();
    let errors = form::errors(invoice, seller, today);
    if !errors.is_empty() {
        let info = Value::Null;
        return Err(Refusal { errors, info });
    }
    let irn = irn(seller, invoice);
    let mut world = lock(&fake.world);
    if let Some(first) = world.entries.get(&irn) {
        if first.cancelled_at.is_some() {
            return Err(refused(
                "2278",
                "IRN is already generated and is cancelled for this Document number",
            ));
        }
        let shown = shown(first, twist);
        let first = json!({
            "AckNo": shown["AckNo"], "AckDt": shown["AckDt"], "Irn": shown["Irn"],
        });
        return Err(Refusal {
            info: json!([{ "InfCd": "DUPIRN", "Desc": first }]),
            ..refused("2150", "Duplicate IRN")
        });
    }
    let ack_number = 112_610_000_000_001 + world.entries.len() as u64;
    let (signed_invoice, signed_qr) = signed(invoice, &irn, ack_number, now, None);
    let entry = Entry {
        irn: irn.clone(),
        seller: seller.to_owned(),
        ack_number,
        registered_at: now,
        cancelled_at: None,
        invoice: invoice.clone(),
        signed_qr,
        signed_invoice,
    };
    let shown = shown(&entry, twist);
    world.entries.insert(irn, entry);
    Ok(shown)
}

fn by_irn(fake: &Fake, asked: &Asked, twist: Option<Twist>) -> Result<Value, Refusal> {
    let world = lock(&fake.world);
    let entry = owned(world.entries.get(&asked.id), asked)?;
    if fake.now() - entry.registered_at > GIVE_WITHIN {
        let message = "IRN details cannot be provided as it is generated more than 3 days prior";
        return Err(refused("2283", message));
    }
    Ok(shown(entry, twist))
}

fn cancel(fake: &Fake, asked: &Asked) -> Result<Value, Refusal> {
    let now = fake.now();
    let said = |name: &str| asked.body[name].as_str().unwrap_or_default();
    let mut world = lock(&fake.world);
    let found = world.entries.get(said("Irn"));
    let irn = owned(found, asked)?.irn.clone();
    let reason = ["1", "2", "3", "4"].contains(&said("Cnlrsn"));
    // UNVERIFIED that the portal has this code for it.
    if !reason || !(1..=100).contains(&said("Cnlrem").chars().count()) {
        return Err(refused(
            "2140",
            "Error while validating invoice: reason or remark",
        ));
    }
    let entry = world.entries.get_mut(&irn).expect("it was found above");
    if entry.cancelled_at.is_some() {
        return Err(refused("9999", "Invoice is not active"));
    }
    if now - entry.registered_at > CANCEL_WITHIN {
        let message = "The allowed cancellation time limit is crossed, you cannot cancel the IRN";
        return Err(refused("2270", message));
    }
    entry.cancelled_at = Some(now);
    Ok(json!({ "Irn": irn, "CancelDate": stamp(now) }))
}

fn owned<'a>(found: Option<&'a Entry>, asked: &Asked) -> Result<&'a Entry, Refusal> {
    let entry = found.ok_or_else(|| refused("2148", "Requested IRN data is not available"))?;
    if entry.seller == asked.header("gstin") {
        Ok(entry)
    } else {
        Err(refused(
            "2143",
            "Invoice does not belongs to the user GSTIN",
        ))
    }
}

/// SHA-256 of seller, financial year, type and number.
fn irn(seller: &str, invoice: &Value) -> String {
    let of = |name: &str| invoice["DocDtls"][name].as_str().unwrap_or_default();
    let mut date = of("Dt").split('/').rev().map(str::parse::<i32>);
    let mut next = || date.next().and_then(Result::ok).unwrap_or_default();
    let (year, month) = (next(), next());
    let first = if month < 4 { year - 1 } else { year };
    let year = format!("{first}-{:02}", (first + 1) % 100);
    let digest = Sha256::digest([seller, &year, of("Typ"), of("No")].concat());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn signed(
    invoice: &Value,
    irn: &str,
    ack_number: u64,
    at: DateTime<Utc>,
    twist: Option<Twist>,
) -> (String, String) {
    let forged = twist == Some(Twist::Signature);
    let mut whole = json!({ "AckNo": ack_number, "AckDt": stamp(at), "Irn": irn });
    if let (Some(whole), Some(sent)) = (whole.as_object_mut(), invoice.as_object()) {
        whole.extend(sent.clone());
    }
    let items = invoice["ItemList"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let worth = |item: &&Value| form::number(&item["AssAmt"]).unwrap_or_default();
    let main = items.iter().max_by_key(worth);
    let mut code = json!({
        "SellerGstin": invoice["SellerDtls"]["Gstin"],
        "BuyerGstin": invoice["BuyerDtls"]["Gstin"],
        "DocNo": invoice["DocDtls"]["No"],
        "DocTyp": invoice["DocDtls"]["Typ"],
        "DocDt": invoice["DocDtls"]["Dt"],
        "TotInvVal": invoice["ValDtls"]["TotInvVal"].as_f64(),
        "ItemCnt": items.len(),
        "MainHsnCode": main.map(|item| &item["HsnCd"]),
        "Irn": irn,
        "IrnDt": stamp(at),
    });
    if let Some(Twist::Code(field)) = twist {
        code[field] = match field {
            "TotInvVal" => json!(1.0),
            _ => json!("OTHER"),
        };
    }
    (sign::jwt(&whole, forged), sign::jwt(&code, forged))
}

/// What is answered about a registration.
fn shown(entry: &Entry, twist: Option<Twist>) -> Value {
    let mut irn = entry.irn.clone();
    if twist == Some(Twist::Irn) {
        irn = irn.chars().rev().collect();
    }
    let mut codes = (entry.signed_invoice.clone(), entry.signed_qr.clone());
    if twist.is_some() {
        codes = signed(
            &entry.invoice,
            &entry.irn,
            entry.ack_number,
            entry.registered_at,
            twist,
        );
    }
    json!({
        "AckNo": entry.ack_number,
        "AckDt": stamp(entry.registered_at),
        "Irn": irn,
        "SignedInvoice": codes.0,
        "SignedQRCode": codes.1,
        "Status": if entry.cancelled_at.is_some() { "CNL" } else { "ACT" },
        "EwbNo": null, "EwbDt": null, "EwbValidTill": null, "Remarks": null,
    })
}
