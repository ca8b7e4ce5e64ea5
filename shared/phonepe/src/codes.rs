//! What PhonePe's error codes mean: the only place that knows them. Callers ask [`crate::Error`].
//!
//! Seen in PhonePe's documentation or SDKs: BAD_REQUEST, AUTHORIZATION_FAILED, INTERNAL_SERVER_ERROR,
//! INVALID_MERCHANT_ORDER_ID, ORDER_NOT_FOUND, MERCHANT_ORDER_MAPPING_NOT_FOUND, INVALID_CLIENT.
//! Everything else is marked UNVERIFIED.

/// A status was asked for of an id that PhonePe does not know. The status that comes with them is
/// UNVERIFIED (400 or 404), so the code decides.
pub const NOT_FOUND: &[&str] = &[
    "INVALID_MERCHANT_ORDER_ID",
    "ORDER_NOT_FOUND",
    "MERCHANT_ORDER_MAPPING_NOT_FOUND",
    // UNVERIFIED: no page shows what an unknown refund, transaction or mandate answers.
    "REFUND_NOT_FOUND",
    "INVALID_MERCHANT_REFUND_ID",
    "TRANSACTION_NOT_FOUND",
    "INVALID_TRANSACTION_ID",
    "SUBSCRIPTION_NOT_FOUND",
    "INVALID_MERCHANT_SUBSCRIPTION_ID",
];

/// UNVERIFIED: the merchant's id was used before. No official page or SDK shows the answer;
/// ORDER_ALREADY_EXISTS is from an unreliable third-party file, the others are its likely sisters, and
/// HTTP 409 is what the status is for. Nothing may rest on this alone: whoever sees a duplicate asks
/// for the status.
pub const DUPLICATE: &[&str] = &[
    "ORDER_ALREADY_EXISTS",
    "DUPLICATE_ORDER",
    "DUPLICATE_MERCHANT_ORDER_ID",
    "REFUND_ALREADY_EXISTS",
    "DUPLICATE_REFUND",
    "DUPLICATE_MERCHANT_REFUND_ID",
    "SUBSCRIPTION_ALREADY_EXISTS",
];

/// Whether a refusal says that the id was used before.
pub fn is_duplicate(status: u16, code: &str) -> bool {
    status == 409 || DUPLICATE.contains(&code)
}

/// Whether a refused question says that nothing has this id.
pub fn is_not_found(status: u16, code: &str) -> bool {
    status == 404 || NOT_FOUND.contains(&code)
}
