//! What PhonePe sends by itself. The body is not signed: it says what to ask about, never what is true.
//! The state and the amount that count come from a status call.

use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::request::is_id;

/// Whoever knows the user name and password that are set in PhonePe's dashboard. PhonePe sends the
/// lower-case hexadecimal SHA-256 of `username:password` as the whole `Authorization` header, without a
/// scheme (both SDKs compare exactly that).
///
/// UNVERIFIED and not supported: a second scheme, HMAC with a secret, of which PhonePe's newer pages name
/// neither the header nor the signed text.
#[derive(Clone)]
pub struct Authenticator {
    expected: [u8; 64],
}

impl Authenticator {
    /// Computes what to expect once, so that a check costs next to nothing.
    pub fn new(username: &str, password: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(username);
        hash.update(":");
        hash.update(password);
        let mut expected = [0; 64];
        for (pair, byte) in expected.chunks_exact_mut(2).zip(hash.finalize()) {
            pair[0] = HEX[usize::from(byte >> 4)];
            pair[1] = HEX[usize::from(byte & 15)];
        }
        Self { expected }
    }

    /// Whether this is the `Authorization` header PhonePe sends. Takes the same time wherever a wrong one
    /// of the right length differs.
    pub fn check(&self, header: &[u8]) -> bool {
        self.expected.as_slice().ct_eq(header).into()
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

impl std::fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authenticator(***)")
    }
}

/// One callback, as far as it is worth anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// What happened, such as `checkout.order.completed`; at most 100 printable ASCII characters.
    pub event: String,
    /// What to ask the status of.
    pub subject: Subject,
}

/// What a callback is about, by the id the merchant gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    Order {
        merchant_order_id: String,
    },
    Refund {
        merchant_refund_id: String,
    },
    Mandate {
        merchant_subscription_id: String,
    },
    /// An event newer than this code.
    Unknown,
}

/// Why a body is no callback. It never repeats the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    #[error("not the JSON of a callback")]
    Json,
    #[error("neither a usable event nor a usable type")]
    Event,
    #[error("a known event without the id it is about")]
    Subject,
}

/// Reads a body.
///
/// # Errors
/// [`ParseError`]; never panics, whatever the bytes.
pub fn parse(body: &[u8]) -> Result<Callback, ParseError> {
    let read: Envelope = serde_json::from_slice(body).map_err(|_| ParseError::Json)?;
    let event = match (read.event, read.kind) {
        (Some(event), _) => event,
        // `type` is deprecated: CHECKOUT_ORDER_COMPLETED is checkout.order.completed.
        (None, Some(kind)) => kind.to_ascii_lowercase().replace('_', "."),
        (None, None) => return Err(ParseError::Event),
    };
    let usable = !event.is_empty()
        && event.len() <= MAX_EVENT
        && event.bytes().all(|byte| byte.is_ascii_graphic());
    if !usable {
        return Err(ParseError::Event);
    }
    let payload = read.payload.unwrap_or_default();
    let id = |id: Option<String>| id.filter(|id| is_id(id)).ok_or(ParseError::Subject);
    let subject = match about(&event) {
        Some(About::Order) => Subject::Order {
            merchant_order_id: id(payload.merchant_order_id)?,
        },
        Some(About::Refund) => Subject::Refund {
            merchant_refund_id: id(payload.merchant_refund_id)?,
        },
        Some(About::Mandate) => Subject::Mandate {
            merchant_subscription_id: id(payload.merchant_subscription_id)?,
        },
        None => Subject::Unknown,
    };
    Ok(Callback { event, subject })
}

const MAX_EVENT: usize = 100;

enum About {
    Order,
    Refund,
    Mandate,
}

fn about(event: &str) -> Option<About> {
    Some(match event {
        "checkout.order.completed"
        | "checkout.order.failed"
        | "checkout.transaction.attempt.failed"
        | "pg.order.completed"
        | "pg.order.failed"
        | "pg.transaction.attempt.failed"
        | "subscription.setup.order.completed"
        | "subscription.setup.order.failed"
        | "subscription.notification.completed"
        | "subscription.notification.failed"
        | "subscription.redemption.order.completed"
        | "subscription.redemption.order.failed"
        | "subscription.redemption.transaction.completed"
        | "subscription.redemption.transaction.failed" => About::Order,
        "pg.refund.accepted" | "pg.refund.completed" | "pg.refund.failed" => About::Refund,
        "subscription.paused"
        | "subscription.unpaused"
        | "subscription.revoked"
        | "subscription.cancelled" => About::Mandate,
        _ => return None,
    })
}

#[derive(Deserialize)]
struct Envelope {
    event: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    payload: Option<Payload>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    merchant_order_id: Option<String>,
    merchant_refund_id: Option<String>,
    merchant_subscription_id: Option<String>,
}
