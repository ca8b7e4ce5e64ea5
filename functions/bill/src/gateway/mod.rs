//! Everything that asks the payment gateway. Whoever asks holds a lease on the payment or refund, and no
//! transaction; what the gateway answers is taken into the books in one transaction afterwards. A process
//! that dies in between leaves a row that is due to be asked about, under the same id.

mod mandates;
mod payments;
mod refunds;
mod write;

use chrono::TimeDelta;

pub use mandates::advance_mandate;
pub use payments::{advance_payment, seen_order};
pub use refunds::advance_refund;
pub use write::{load, message, write};

/// How long asking may take (up to four calls of 30 seconds): somebody else asks after it.
const LEASE: TimeDelta = TimeDelta::seconds(150);
/// When the gateway could not be asked.
const AGAIN: TimeDelta = TimeDelta::seconds(30);

/// Notes that the gateway could not be asked: once, here. The row is due again soon.
fn trouble(error: &phonepe::Error, what: &'static str) {
    metrics::counter!("gateway_errors_total", "call" => what).increment(1);
    if matches!(error, phonepe::Error::Unauthorised(_)) {
        tracing::error!(%error, what, "the payment gateway refuses our credentials");
    } else {
        tracing::warn!(%error, what, "the payment gateway could not be asked");
    }
}

/// Its code for people's eyes, short.
fn code(error: &phonepe::Error) -> String {
    match error.refusal() {
        Some(refusal) if !refusal.code.is_empty() => refusal.code.clone(),
        _ => "gateway.refused".to_owned(),
    }
}
