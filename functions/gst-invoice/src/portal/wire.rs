//! How a GSP writes what the portal says: paths, headers, envelopes, codes.
//!
//! UNVERIFIED, for GSPs differ and there was no account to try: everything in this file that the list below
//! does not name. It follows the portal's own pages (einv-apisandbox.nic.in), whose paths and headers the
//! GSPs that only do the encryption keep; one that has its own needs its own file like this.
//!
//! Verified in answers of the portal's sandbox that others published: the fields of an answer (`AckNo`,
//! `AckDt`, `Irn`, `SignedInvoice`, `SignedQRCode`, `Status`), `InfoDtls` with `DUPIRN`, the body of a
//! cancellation (`Irn`, `Cnlrsn`, `Cnlrem`), and the codes 1005, 2150, 2270, 2283, 2305 and 9999. The
//! other codes are of the portal's own list (einvoice1.gst.gov.in/others/geterrorcodes/INV).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{CancelReason, PortalError};
use crate::outside::short;

pub(super) const LOGIN: &str = "/eivital/v1.04/auth";
pub(super) const REGISTER: &str = "/eicore/v1.03/Invoice";
pub(super) const CANCEL: &str = "/eicore/v1.03/Invoice/Cancel";

pub(super) fn by_irn(irn: &str) -> String {
    format!("/eicore/v1.03/Invoice/irn/{irn}")
}

pub(super) const CLIENT_ID: &str = "client_id";
pub(super) const CLIENT_SECRET: &str = "client_secret";
pub(super) const GSTIN: &str = "gstin";
pub(super) const USER_NAME: &str = "user_name";
pub(super) const TOKEN: &str = "authtoken";

pub(super) fn login(username: &str, password: &str) -> Value {
    json!({ "UserName": username, "Password": password, "ForceRefreshAccessToken": false })
}

/// The portal takes 100 characters on one line, without double quotes and backslashes.
pub(super) fn cancellation(irn: &str, reason: CancelReason, remark: &str) -> Value {
    let words: Vec<&str> = remark.split_whitespace().collect();
    let remark: String = words.join(" ").chars().take(100).collect();
    let remark = remark.replace('"', "'").replace('\\', "/");
    let remark = if remark.is_empty() {
        reason.words()
    } else {
        &remark
    };
    json!({ "Irn": irn, "Cnlrsn": reason.code(), "Cnlrem": remark })
}

/// An answer, however good.
pub(super) enum Reply {
    Done(Value),
    Failed(Failed),
}

/// What the portal says when it does not do it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Failed {
    /// Codes and words, in the portal's order; at least one.
    errors: Vec<(String, String)>,
    info: Value,
}

/// What follows from a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The token is not taken: another may be.
    Token,
    /// Our login is not taken. It says nothing of the document.
    Credentials,
    /// The document is registered already.
    Duplicate,
    /// A registration to take back is taken back already.
    NotActive,
    /// There is no such registration ("or the operation is too late", the list adds).
    Absent,
    /// A fault of the portal's or of the GSP's.
    Later,
    /// A fault of the document's.
    Refusal,
}

/// By the portal's list of codes. A code that is not of its kind, four digits, is the GSP's own: what the
/// portal thinks of the document is not known then.
fn meaning(code: &str) -> Meaning {
    match code {
        "1005" => Meaning::Token,
        "1004" | "1006" | "1007" | "1008" | "1010" | "1011" | "1012" | "1013" | "1014" | "1015"
        | "1016" | "1017" | "1018" | "1019" | "3000" => Meaning::Credentials,
        "2150" => Meaning::Duplicate,
        "9999" => Meaning::NotActive,
        "2148" => Meaning::Absent,
        // "Try after some time", and "application error".
        "2139" | "2141" | "2146" | "2147" | "5001" | "5002" => Meaning::Later,
        code if code.len() == 4 && code.bytes().all(|byte| byte.is_ascii_digit()) => {
            Meaning::Refusal
        }
        _ => Meaning::Later,
    }
}

/// Whether the portal says so of a document whose number it has: a duplicate, one that was taken back, one
/// whose registration is too old to be given again.
pub(super) fn is_of_one_there(code: &str) -> bool {
    matches!(code, "2150" | "2278" | "2283")
}

impl Failed {
    pub fn says(&self, wanted: Meaning) -> bool {
        self.errors.iter().any(|(code, _)| meaning(code) == wanted)
    }

    pub fn says_only(&self, wanted: Meaning) -> bool {
        self.errors.iter().all(|(code, _)| meaning(code) == wanted)
    }

    /// The reference number of the first registration, from `InfoDtls` of a duplicate.
    pub fn first_irn(&self) -> Option<&str> {
        let infos = self.info.as_array()?;
        let first = infos.iter().find(|info| info["InfCd"] == "DUPIRN")?;
        first["Desc"]["Irn"].as_str()
    }

    /// All that is said, on one line.
    pub fn words(&self) -> String {
        let each = self.errors.iter();
        let each: Vec<String> = each
            .map(|(code, words)| format!("{code} {words}"))
            .collect();
        short(&each.join("; "))
    }

    /// When no more is to be made of it: one fault of the document's is enough for a refusal.
    pub fn error(&self) -> PortalError {
        let stands = |code: &str| {
            matches!(
                meaning(code),
                Meaning::Refusal | Meaning::NotActive | Meaning::Duplicate | Meaning::Absent
            )
        };
        if let Some((code, _)) = self.errors.iter().find(|(code, _)| stands(code)) {
            PortalError::refused(code, self.words())
        } else if self.says(Meaning::Credentials) {
            PortalError::Unavailable(format!("it does not take our login: {}", self.words()))
        } else {
            PortalError::Unavailable(self.words())
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    status: Value,
    #[serde(default)]
    data: Value,
    #[serde(default)]
    error_details: Value,
    #[serde(default)]
    info_dtls: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Said {
    error_code: Value,
    #[serde(default)]
    error_message: String,
}

/// `None` when it can't be read: then it is not known what the portal did.
pub(super) fn reply(body: &[u8]) -> Option<Reply> {
    let envelope: Envelope = serde_json::from_slice(body).ok()?;
    match text(&envelope.status)?.as_str() {
        "1" => match unfolded(envelope.data) {
            Value::Null => None,
            data => Some(Reply::Done(data)),
        },
        "0" => {
            let said: Vec<Said> = serde_json::from_value(unfolded(envelope.error_details)).ok()?;
            let errors: Vec<(String, String)> = said
                .into_iter()
                .map(|said| Some((text(&said.error_code)?, said.error_message)))
                .collect::<Option<_>>()?;
            let info = unfolded(envelope.info_dtls);
            (!errors.is_empty()).then_some(Reply::Failed(Failed { errors, info }))
        }
        _ => None,
    }
}

/// What stands inside text, as JSON or as Base64 of it; anything else as it is.
fn unfolded(value: Value) -> Value {
    let Value::String(text) = &value else {
        return value;
    };
    let inner = serde_json::from_str(text).ok().or_else(|| {
        let bytes = STANDARD.decode(text.trim()).ok()?;
        serde_json::from_slice(&bytes).ok()
    });
    inner.unwrap_or(value)
}

/// A number or a text, as text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// What the portal says of a registration.
pub(super) struct Entry {
    pub irn: String,
    pub ack_number: String,
    /// In India.
    pub ack_date: String,
    pub signed_qr: String,
    pub is_cancelled: bool,
}

pub(super) fn entry(data: &Value) -> Option<Entry> {
    Some(Entry {
        irn: data["Irn"].as_str()?.to_owned(),
        ack_number: text(&data["AckNo"])?,
        ack_date: data["AckDt"].as_str()?.to_owned(),
        signed_qr: data["SignedQRCode"].as_str()?.to_owned(),
        is_cancelled: is_cancelled(data),
    })
}

/// `ACT` stands, `CNL` is taken back.
pub(super) fn is_cancelled(data: &Value) -> bool {
    data["Status"] == "CNL"
}

/// How long a token lives in production, and one whose end can't be read.
const TOKEN_LIFE: TimeDelta = TimeDelta::hours(6);
const UNKNOWN_LIFE: TimeDelta = TimeDelta::minutes(30);

/// A token, and when it ends: `TokenExpiry` is a time in India without an offset.
pub(super) fn token(data: &Value, now: DateTime<Utc>) -> Option<(String, DateTime<Utc>)> {
    let token = data["AuthToken"]
        .as_str()
        .filter(|token| !token.is_empty())?;
    let end = data["TokenExpiry"]
        .as_str()
        .and_then(|text| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok())
        .and_then(|time| time.and_local_timezone(bharat::ist()).single())
        .map(|end| end.with_timezone(&Utc).min(now + TOKEN_LIFE));
    Some((token.to_owned(), end.unwrap_or(now + UNKNOWN_LIFE)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(body: &Value) -> Failed {
        match reply(body.to_string().as_bytes()) {
            Some(Reply::Failed(failed)) => failed,
            _ => panic!("{body} is no failure"),
        }
    }

    /// As a client of the portal's noted it down in September 2024.
    #[test]
    fn a_duplicate_names_the_first_registration() {
        let irn = "51fccf1047cf806eb7ad51d1e9cb163e05b2c5f9f492f1d882dd930a3f747709";
        let failed = failed(&json!({
            "Status": 0,
            "ErrorDetails": [{ "ErrorCode": "2150", "ErrorMessage": "Duplicate IRN" }],
            "Data": null,
            "InfoDtls": [{ "InfCd": "DUPIRN", "Desc": {
                "AckNo": 112_410_193_157_267_u64, "AckDt": "2024-09-02 18:35:00", "Irn": irn,
            }}],
        }));
        assert!(failed.says(Meaning::Duplicate));
        assert_eq!(failed.first_irn(), Some(irn));
    }

    #[test]
    fn one_fault_of_the_document_is_a_refusal_and_anything_else_is_not() {
        let of = |codes: &[&str]| {
            let errors: Vec<Value> = codes
                .iter()
                .map(|code| json!({ "ErrorCode": code, "ErrorMessage": "words" }))
                .collect();
            failed(&json!({ "Status": 0, "ErrorDetails": errors })).error()
        };
        assert_eq!(
            of(&["5002", "2305"]),
            PortalError::refused("2305", "5002 words; 2305 words")
        );
        for codes in [&["2146"][..], &["GEN5008"], &["1017"], &["1005"], &["302"]] {
            assert!(
                matches!(of(codes), PortalError::Unavailable(_)),
                "{codes:?}"
            );
        }
    }

    #[test]
    fn what_is_not_the_portals_is_not_read() {
        for body in [
            "",
            "[]",
            "{}",
            "<html>",
            r#"{"Status":1}"#,
            r#"{"Status":2,"Data":{}}"#,
            r#"{"Status":0,"ErrorDetails":null}"#,
            r#"{"Status":0,"ErrorDetails":[]}"#,
            r#"{"Status":0,"ErrorDetails":"no JSON"}"#,
            r#"{"Status":0,"ErrorDetails":[{}]}"#,
        ] {
            assert!(reply(body.as_bytes()).is_none(), "{body}");
        }
    }

    #[test]
    fn a_token_ends_by_indias_clocks_and_never_later_than_the_portals_rule() {
        let now = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
        let ends = |expiry: &str| {
            let data = json!({ "AuthToken": "t", "TokenExpiry": expiry });
            token(&data, now).unwrap().1
        };
        // 1 795 000 000 is 2026-11-18 11:06:40 UTC, 16:36:40 in India.
        assert_eq!(ends("2026-11-18 17:36:40"), now + TimeDelta::hours(1));
        assert_eq!(ends("2027-11-18 17:36:40"), now + TimeDelta::hours(6));
        assert_eq!(ends("soon"), now + TimeDelta::minutes(30));
        assert!(token(&json!({ "AuthToken": "" }), now).is_none());
    }

    #[test]
    fn a_remark_is_made_to_fit() {
        let remark = |text: &str| {
            let body = cancellation("irn", CancelReason::OrderCancelled, text);
            body["Cnlrem"].as_str().unwrap().to_owned()
        };
        assert_eq!(remark(" a \"b\"\nc\\d "), "a 'b' c/d");
        assert_eq!(remark(" "), "Order cancelled");
        assert_eq!(remark(&"é".repeat(200)).chars().count(), 100);
    }
}
