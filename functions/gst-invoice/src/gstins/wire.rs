//! How a GSP shows the register.
//!
//! Documented: the path and its parameters, and the fields `rgdt`, `ctb` and `sts`. UNVERIFIED, from memory
//! and from public clients of GSPs: the fields `lgnm`, `tradeNam`, `dty` and `pradr`, the name of the header
//! with the key, the envelopes (`data`, `result`, or neither; an object, or Base64 of it), and that there
//! are two ways to say that there is no such number.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::Found;
use crate::outside::short;

pub(super) const SEARCH: &str = "/commonapi/v1.1/search";
pub(super) const KEY: &str = "x-api-key";

pub(super) fn query(gstin: &str) -> [(&'static str, &str); 2] {
    [("action", "TP"), ("gstin", gstin)]
}

/// Codes and words that say that there is no such number; the second code has other meanings too.
const NO_SUCH: [(&str, &str); 2] = [("FO8000", ""), ("SWEB_9035", "invalid gstin")];

/// What a GSP says, once it can be read.
pub(super) enum Said {
    Taxpayer(Taxpayer),
    NoSuch,
    /// Something else is wrong.
    Refused(String),
}

pub(super) struct Taxpayer {
    gstin: Option<String>,
    name: String,
    status: String,
}

impl Taxpayer {
    pub fn is_other_than(&self, asked: &str) -> bool {
        self.gstin.as_ref().is_some_and(|gstin| gstin != asked)
    }
}

impl Said {
    pub fn found(self) -> Found {
        match self {
            Self::Taxpayer(Taxpayer { name, status, .. }) => {
                if status.eq_ignore_ascii_case("active") {
                    Found::Active { name }
                } else {
                    Found::Inactive { name, status }
                }
            }
            Self::NoSuch => Found::NotFound,
            Self::Refused(why) => Found::Unknown(format!("the GSP refuses: {why}")),
        }
    }
}

/// `None` when it is neither a taxpayer nor an error.
pub(super) fn read(body: &[u8]) -> Option<Said> {
    let mut value: Value = serde_json::from_slice(body).ok()?;
    // GSPs put each other's answers into their own.
    for _ in 0..4 {
        if let Some(said) = error(&value).or_else(|| taxpayer(&value)) {
            return Some(said);
        }
        let inner = ["data", "result"].into_iter().find_map(|name| {
            let inner = value.get_mut(name)?;
            Some(inner.take())
        });
        value = match inner? {
            Value::String(text) => {
                let bytes = STANDARD.decode(text.trim()).ok()?;
                serde_json::from_slice(&bytes).ok()?
            }
            inner => inner,
        };
    }
    None
}

fn taxpayer(value: &Value) -> Option<Said> {
    let of = |name: &str| {
        let text = value.get(name)?.as_str()?.trim();
        (!text.is_empty()).then(|| short(text))
    };
    Some(Said::Taxpayer(Taxpayer {
        status: of("sts")?,
        name: of("lgnm").or_else(|| of("tradeNam")).unwrap_or_default(),
        gstin: of("gstin"),
    }))
}

fn error(value: &Value) -> Option<Said> {
    let inner = match value.get("error") {
        Some(Value::Array(errors)) => errors.first()?,
        Some(inner @ Value::Object(_)) => inner,
        _ => value,
    };
    let of = |names: &[&str]| names.iter().find_map(|name| inner.get(*name)?.as_str());
    let code = of(&["error_cd", "errorCode", "error_code"]);
    // A plain `code` is a status as well, where it does not stand inside an error.
    let code = code.or_else(|| (!std::ptr::eq(inner, value)).then(|| of(&["code"]))?)?;
    let message = of(&["message", "errorMessage", "desc"]).unwrap_or_default();
    let says = |words: &str| message.to_ascii_lowercase().contains(words);
    if NO_SUCH
        .iter()
        .any(|(no_such, words)| *no_such == code && says(words))
    {
        return Some(Said::NoSuch);
    }
    Some(Said::Refused(short(&format!("{code} {message}"))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(body: &Value) -> Option<Found> {
        read(body.to_string().as_bytes()).map(Said::found)
    }

    #[test]
    fn a_taxpayer_is_found_in_every_envelope() {
        let taxpayer = json!({ "gstin": "27AAPFU0939F1ZV", "lgnm": "UDAY LLP", "sts": "Active" });
        let active = Some(Found::Active {
            name: "UDAY LLP".to_owned(),
        });
        let text = STANDARD.encode(taxpayer.to_string());
        for body in [
            taxpayer.clone(),
            json!({ "status_cd": "1", "data": taxpayer }),
            json!({ "success": true, "message": "fetched", "result": taxpayer }),
            json!({ "code": 200, "data": { "data": taxpayer, "status_cd": "1" } }),
            json!({ "status_cd": "1", "data": text }),
        ] {
            assert_eq!(found(&body), active, "{body}");
        }
    }

    #[test]
    fn the_legal_name_comes_first() {
        let of = |body: Value| match found(&body) {
            Some(Found::Active { name } | Found::Inactive { name, .. }) => name,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            of(json!({ "sts": "Active", "lgnm": "A", "tradeNam": "B" })),
            "A"
        );
        assert_eq!(
            of(json!({ "sts": "Active", "lgnm": " ", "tradeNam": "B" })),
            "B"
        );
        assert_eq!(of(json!({ "sts": "Cancelled" })), "");
    }

    #[test]
    fn only_the_registers_own_word_says_that_there_is_none() {
        let no_such = [
            json!({ "status_cd": "0", "error": { "error_cd": "FO8000", "message": "No records found" } }),
            json!({ "error": [{ "code": "FO8000", "message": "No records found" }] }),
            json!({ "errorCode": "FO8000", "message": "No records found" }),
            json!({ "data": { "status_cd": "0", "error": { "error_cd": "SWEB_9035", "message": "Invalid GSTIN / UID" } } }),
        ];
        for body in no_such {
            assert_eq!(found(&body), Some(Found::NotFound), "{body}");
        }
        let others = [
            json!({ "status_cd": "0", "error": { "error_cd": "SWEB_9035", "message": "Account is Locked" } }),
            json!({ "status_cd": "0", "error": { "error_cd": "GEN5008", "message": "GSTN Server Error" } }),
            json!({ "errorCode": "RTN_24", "message": "" }),
        ];
        for body in others {
            assert!(matches!(found(&body), Some(Found::Unknown(_))), "{body}");
        }
    }

    #[test]
    fn what_is_neither_is_not_read() {
        for body in [
            "",
            "null",
            "[]",
            "{}",
            "<html>",
            r#"{"data":"no Base64!"}"#,
            r#"{"data":null}"#,
            r#"{"sts":""}"#,
            r#"{"code":404,"message":"Not Found"}"#,
            r#"{"error":[]}"#,
            r#"{"error":"FO8000"}"#,
        ] {
            assert!(read(body.as_bytes()).is_none(), "{body}");
        }
    }
}
