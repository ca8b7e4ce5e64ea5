//! How the portal says that something is wrong, or right.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// How a GSP hands on what the portal encrypts: both kinds are found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Style {
    /// `Data` is an object and `ErrorDetails` a list.
    #[default]
    Objects,
    /// `Data` is its text, `Status` as well, and `ErrorDetails` the Base64 of its text, as the portal's
    /// own page has it.
    Texts,
}

pub(super) fn done(style: Style, data: &Value) -> Value {
    match style {
        Style::Objects => {
            json!({ "Status": 1, "Data": data, "ErrorDetails": null, "InfoDtls": null })
        }
        Style::Texts => {
            json!({ "Status": "1", "Data": data.to_string(), "ErrorDetails": null, "InfoDtls": null })
        }
    }
}

pub(super) fn said(style: Style, errors: &[(String, String)], info: Value) -> Value {
    let errors: Vec<Value> = errors
        .iter()
        .map(|(code, message)| json!({ "ErrorCode": code, "ErrorMessage": message }))
        .collect();
    match style {
        Style::Objects => {
            json!({ "Status": 0, "Data": null, "ErrorDetails": errors, "InfoDtls": info })
        }
        Style::Texts => {
            let text = STANDARD.encode(json!(errors).to_string());
            json!({ "Status": "0", "Data": null, "ErrorDetails": text, "InfoDtls": info })
        }
    }
}
