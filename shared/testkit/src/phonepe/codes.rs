//! What is refused, in PhonePe's words. Codes and statuses that no page of PhonePe's and neither SDK
//! shows are marked UNVERIFIED: nothing may depend on them.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An error body and its status.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub status: u16,
    pub body: Value,
}

impl Refusal {
    pub fn new(status: u16, code: &str, message: &str) -> Self {
        Self {
            status,
            body: json!({"code": code, "message": message}),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        (status, Json(self.body)).into_response()
    }
}

/// Documented: a request that breaks a rule. The message is ours and says which.
pub(super) fn bad_request(message: &str) -> Refusal {
    Refusal::new(400, "BAD_REQUEST", message)
}

/// Documented code; the status is UNVERIFIED.
pub(super) fn no_order() -> Refusal {
    Refusal::new(
        404,
        "INVALID_MERCHANT_ORDER_ID",
        "No entry found for given merchant order id",
    )
}

/// UNVERIFIED.
pub(super) fn no_transaction() -> Refusal {
    Refusal::new(
        404,
        "TRANSACTION_NOT_FOUND",
        "No entry found for given transaction id",
    )
}

/// UNVERIFIED.
pub(super) fn no_refund() -> Refusal {
    Refusal::new(
        404,
        "REFUND_NOT_FOUND",
        "No entry found for given merchant refund id",
    )
}

/// UNVERIFIED.
pub(super) fn no_mandate() -> Refusal {
    Refusal::new(
        404,
        "SUBSCRIPTION_NOT_FOUND",
        "No entry found for given merchant subscription id",
    )
}

/// UNVERIFIED: an id of the merchant's that was used before.
pub(super) fn duplicate(what: &str) -> Refusal {
    let code = match what {
        "refund" => "REFUND_ALREADY_EXISTS",
        "subscription" => "SUBSCRIPTION_ALREADY_EXISTS",
        _ => "ORDER_ALREADY_EXISTS",
    };
    Refusal::new(
        409,
        code,
        &format!("The merchant's {what} id was used before"),
    )
}

/// UNVERIFIED: a debit or notice that the mandate's or the debit's state does not allow.
pub(super) fn not_allowed(message: &str) -> Refusal {
    Refusal::new(400, "BAD_REQUEST", message)
}

/// Documented, with partners' calls.
pub(super) fn unauthorised() -> Refusal {
    Refusal::new(
        401,
        "AUTHORIZATION_FAILED",
        "Authorization failed [message = Please check the authorization token and try again]",
    )
}

/// As in the Python SDK's own tests.
pub(super) fn invalid_client() -> Refusal {
    Refusal {
        status: 400,
        body: json!({
            "code": "INVALID_CLIENT",
            "errorCode": "OIM000",
            "message": "Bad Request: Invalid Client, trackingId: simulated",
            "context": {"error_description": "Client authentication failure"},
        }),
    }
}

/// Documented body.
pub(super) fn internal(status: u16) -> Refusal {
    Refusal::new(
        status,
        "INTERNAL_SERVER_ERROR",
        "There is an error trying to process your transaction at the moment. Please try again in a while.",
    )
}

/// UNVERIFIED; both SDKs know the status.
pub(super) fn too_many() -> Refusal {
    Refusal::new(429, "TOO_MANY_REQUESTS", "Too many requests")
}

/// Why a payment failed: `errorCode`, `detailedErrorCode`, and for people.
#[derive(Debug, Clone, Copy)]
pub(super) struct Failure {
    pub code: &'static str,
    pub detailed: &'static str,
    pub source: &'static str,
    pub stage: &'static str,
    pub description: &'static str,
}

/// Documented.
pub(super) const DECLINED: Failure = Failure {
    code: "INVALID_MPIN",
    detailed: "ZM",
    source: "CUSTOMER",
    stage: "AUTHENTICATION",
    description: "Wrong MPIN was entered",
};

/// Documented, without the context.
pub(super) const NO_BALANCE: Failure = Failure {
    code: "INSUFFICIENT_BALANCE",
    detailed: "Z9",
    source: "CUSTOMER",
    stage: "DEBIT",
    description: "The account has too little",
};

/// UNVERIFIED.
pub(super) const CANCELLED: Failure = Failure {
    code: "TXN_CANCELLED",
    detailed: "TXN_CANCELLED",
    source: "CUSTOMER",
    stage: "INITIATION",
    description: "The payer cancelled",
};

/// UNVERIFIED.
pub(super) const EXPIRED: Failure = Failure {
    code: "ORDER_EXPIRED",
    detailed: "ORDER_EXPIRED",
    source: "CUSTOMER",
    stage: "INITIATION",
    description: "The order expired",
};

/// Documented of a refund.
pub(super) const REFUND_FAILED: Failure = Failure {
    code: "OTHERS",
    detailed: "500",
    source: "BANK",
    stage: "REFUND",
    description: "The bank did not take it",
};
