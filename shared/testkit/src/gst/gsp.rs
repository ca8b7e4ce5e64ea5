//! The register of taxpayers, as a GSP shows it.
//!
//! UNVERIFIED: the name of the header with the key, and every field but `rgdt`, `ctb` and `sts`; the code
//! FO8000 is seen in public clients of several GSPs.

use serde_json::{Value, json};

use super::faults::Twist;
use super::{Asked, Fake, lock};

/// One that the register knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taxpayer {
    pub gstin: String,
    pub legal_name: String,
    /// `Active`, `Cancelled`, `Suspended` …
    pub status: String,
}

impl Taxpayer {
    pub fn new(gstin: &str, legal_name: &str, status: &str) -> Self {
        Self {
            gstin: gstin.to_owned(),
            legal_name: legal_name.to_owned(),
            status: status.to_owned(),
        }
    }

    /// Numbers that are published as valid, with invented names.
    pub fn examples() -> Vec<Self> {
        vec![
            Self::new("27AAPFU0939F1ZV", "UDAY SILK TRADERS LLP", "Active"),
            Self::new(
                "29AAGCB7383J1Z4",
                "BANGALORE SAMPLE PRIVATE LIMITED",
                "Active",
            ),
            Self::new(
                "24AAQCA8719H1ZC",
                "AHMEDABAD SAMPLE PRIVATE LIMITED",
                "Active",
            ),
            Self::new("05AAACG2115R1ZN", "DEHRADUN SAMPLE LIMITED", "Suspended"),
            Self::new("06AACCG0527D1Z8", "GURUGRAM SAMPLE LIMITED", "Cancelled"),
        ]
    }
}

pub(super) fn answer(fake: &Fake, asked: &Asked, twist: Option<Twist>) -> (u16, Value) {
    if asked.header("x-api-key") != fake.options.api_key {
        return (401, json!({ "message": "Unauthorized" }));
    }
    if asked.parameter("action").as_deref() != Some("TP") {
        return (400, refusal("SWEB_9000", "Invalid action"));
    }
    let gstin = asked.parameter("gstin").unwrap_or_default();
    let taxpayers = lock(&fake.taxpayers);
    let found = match twist {
        Some(Twist::Taxpayer) => taxpayers.iter().find(|taxpayer| taxpayer.gstin != gstin),
        _ => taxpayers.iter().find(|taxpayer| taxpayer.gstin == gstin),
    };
    let body = found.map_or_else(
        || refusal("FO8000", "No records found for the provided GSTIN."),
        shown,
    );
    (200, body)
}

pub(super) fn refusal(code: &str, message: &str) -> Value {
    json!({ "status_cd": "0", "error": { "error_cd": code, "message": message } })
}

fn shown(taxpayer: &Taxpayer) -> Value {
    json!({ "status_cd": "1", "data": {
        "gstin": taxpayer.gstin,
        "lgnm": taxpayer.legal_name,
        "tradeNam": taxpayer.legal_name,
        "sts": taxpayer.status,
        "rgdt": "01/07/2017",
        "ctb": "Private Limited Company",
        "dty": "Regular",
        "pradr": { "addr": { "bno": "12", "st": "Residency Road", "loc": "Sample", "pncd": "560025" } },
    }})
}
