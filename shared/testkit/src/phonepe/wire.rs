//! What the simulator knows, in PhonePe's JSON. Amounts in paise, times in milliseconds since 1970.

use serde_json::{Value, json};

use super::codes::Failure;
use super::world::{Attempt, Family, Kind, Mandate, Order, OrderState, Refund, RefundState, World};

/// An order's status. `details`: every attempt, else the latest alone.
pub(super) fn order(world: &World, order: &Order, details: bool, context: bool) -> Value {
    let shown = if details {
        0
    } else {
        order.attempts.len().saturating_sub(1)
    };
    let attempts: Vec<_> = order.attempts[shown..]
        .iter()
        .map(|attempt| payment_detail(world, order, attempt))
        .collect();
    let mut body = json!({
        "merchantId": world.merchant_id,
        "merchantOrderId": order.id,
        "orderId": order.order_id,
        "state": order.state.wire(),
        "currency": "INR",
        "amount": order.amount,
        "payableAmount": order.amount,
        "feeAmount": 0,
        "expireAt": order.expire_at.timestamp_millis(),
        "paymentFlow": flow(world, order),
        "paymentDetails": attempts,
    });
    if !order.meta.is_null() {
        body["metaInfo"] = order.meta.clone();
    }
    if let Some(failure) = order.failure.filter(|_| order.state == OrderState::Failed) {
        put_failure(&mut body, failure);
        if context {
            body["errorContext"] = json!({
                "errorCode": failure.code,
                "detailedErrorCode": failure.detailed,
                "source": failure.source,
                "stage": failure.stage,
                "description": failure.description,
            });
        }
    }
    body
}

/// An order with one attempt alone.
pub(super) fn transaction(world: &World, whole: &Order, transaction_id: &str) -> Value {
    let mut one = whole.clone();
    one.attempts
        .retain(|attempt| attempt.transaction_id == transaction_id);
    order(world, &one, true, false)
}

fn flow(world: &World, order: &Order) -> Value {
    let hosted = order.family == Family::Hosted;
    match &order.kind {
        Kind::Payment => json!({"type": "PG_CHECKOUT"}),
        Kind::Setup(id) => {
            let mandate = &world.mandates[id];
            json!({
                "type": if hosted { "SUBSCRIPTION_CHECKOUT_SETUP" } else { "SUBSCRIPTION_SETUP" },
                "merchantSubscriptionId": mandate.id,
                "subscriptionId": mandate.subscription_id,
                "authWorkflowType": mandate.auth_workflow,
                "amountType": mandate.amount_type,
                "maxAmount": mandate.max_amount,
                "frequency": mandate.frequency,
                "expireAt": mandate.expire_at.timestamp_millis(),
                "productType": null,
                "authInstrumentType": null,
            })
        }
        Kind::Debit(debit) => {
            let mut flow = json!({
                "type": if hosted { "SUBSCRIPTION_CHECKOUT_REDEMPTION" } else { "SUBSCRIPTION_REDEMPTION" },
                "merchantSubscriptionId": debit.mandate,
                "redemptionRetryStrategy": if debit.standard { "STANDARD" } else { "CUSTOM" },
                "autoDebit": debit.auto_debit,
            });
            if let Some(notified) = debit.notified_at {
                flow["notifiedAt"] = json!(notified.timestamp_millis());
                let after = notified + super::rules::NOTICE;
                flow["validAfter"] = json!(after.timestamp_millis());
                flow["validUpto"] = json!(order.expire_at.timestamp_millis());
            }
            flow
        }
    }
}

fn payment_detail(world: &World, order: &Order, attempt: &Attempt) -> Value {
    let mut detail = json!({
        "transactionId": attempt.transaction_id,
        "paymentMode": attempt.mode,
        "timestamp": attempt.at.timestamp_millis(),
        "currency": "INR",
        "amount": order.amount,
        "payableAmount": order.amount,
        "feeAmount": 0,
        "state": attempt.state.wire(),
    });
    if let Some(failure) = attempt.failure {
        put_failure(&mut detail, failure);
    }
    if attempt.state == OrderState::Completed {
        let umn = match &order.kind {
            Kind::Payment => None,
            Kind::Setup(id) | Kind::Debit(super::world::Debit { mandate: id, .. }) => {
                Some(world.mandates[id].umn.as_str())
            }
        };
        put_ways(&mut detail, order.amount, &attempt.utr, umn);
    }
    detail
}

/// A refund's status.
pub(super) fn refund(world: &World, refund: &Refund) -> Value {
    let mut detail = json!({
        "transactionId": refund.refund_id,
        "paymentMode": "UPI_INTENT",
        "timestamp": refund.at.timestamp_millis(),
        "amount": refund.amount,
        "state": refund.state.wire(),
    });
    let mut body = json!({
        "merchantId": world.merchant_id,
        "merchantRefundId": refund.id,
        "originalMerchantOrderId": refund.order,
        "refundId": refund.refund_id,
        "currency": "INR",
        "amount": refund.amount,
        "state": refund.state.wire(),
        "timestamp": refund.at.timestamp_millis(),
    });
    if let Some(failure) = refund.failure {
        put_failure(&mut detail, failure);
        put_failure(&mut body, failure);
    }
    if refund.state == RefundState::Completed {
        put_ways(&mut detail, refund.amount, &refund.utr, None);
        body["splitInstruments"] = detail["splitInstruments"].clone();
    }
    body["paymentDetails"] = json!([detail]);
    body
}

/// A mandate's status.
pub(super) fn mandate(mandate: &Mandate) -> Value {
    let (from, until) = mandate.paused.unzip();
    json!({
        "merchantSubscriptionId": mandate.id,
        "subscriptionId": mandate.subscription_id,
        "state": mandate.state.wire(),
        "productType": "UPI_MANDATE",
        "authInstrumentType": "UPI",
        "authWorkflowType": mandate.auth_workflow,
        "amountType": mandate.amount_type,
        "currency": "INR",
        "maxAmount": mandate.max_amount,
        "frequency": mandate.frequency,
        "expireAt": mandate.expire_at.timestamp_millis(),
        "pauseStartDate": from.map(|time| time.timestamp_millis()),
        "pauseEndDate": until.map(|time| time.timestamp_millis()),
    })
}

fn put_failure(body: &mut Value, failure: Failure) {
    body["errorCode"] = json!(failure.code);
    body["detailedErrorCode"] = json!(failure.detailed);
}

/// From which account and how.
fn put_ways(detail: &mut Value, amount: i64, utr: &str, umn: Option<&str>) {
    let instrument = json!({
        "type": "ACCOUNT",
        "maskedAccountNumber": "XXXXXX6392",
        "ifsc": "SBIN0011290",
        "accountType": "SAVINGS",
    });
    let mut rail = json!({
        "type": "UPI",
        "utr": utr,
        "upiTransactionId": format!("YBL{utr}"),
        "vpa": "as****ri@ybl",
    });
    if let Some(umn) = umn {
        rail["umn"] = json!(umn);
    }
    detail["splitInstruments"] =
        json!([{"instrument": instrument, "rail": rail, "amount": amount}]);
    detail["instrument"] = instrument;
    detail["rail"] = rail;
}
